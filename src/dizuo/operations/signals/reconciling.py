"""Bring the open alarms of the database and the state of the alarms together.

They part only where rules or the register changed while alarms were open: an alarm that nothing
judges any more is cleared as *withdrawn*, and one that new rules find open is told.
"""

from datetime import datetime
from typing import Any

import numpy as np
from sqlalchemy import Connection, Row, select

from dizuo.operations.event_log.event import Event
from dizuo.operations.signals.alarm_engine import Transition
from dizuo.operations.signals.alarm_events import CLEARED, as_events
from dizuo.operations.signals.alarm_table import alarms
from dizuo.operations.signals.following import Followed

__all__ = ["reconciled"]


def reconciled(
    connection: Connection, followed: Followed, now: datetime, *, channel: str, simulated: bool
) -> list[Event]:
    """Return the events that make the open alarms those of a state."""
    table = {
        (row.asset, row.rule): row
        for row in connection.execute(select(alarms).where(alarms.c.cleared.is_(None)))
    }
    state = followed.state.alarms
    alive = {
        (asset, rule.id): n
        for n, (asset, rule) in enumerate(followed.machines.alarms)
        if state.level[n]
    }
    ended = [
        _withdrawn(row, now, channel, simulated=simulated)
        for key, row in table.items()
        if key not in alive
    ]
    missing = [_as_raised(followed, n) for key, n in alive.items() if key not in table]
    return ended + as_events(missing, channel=channel, simulated=simulated)


def _withdrawn(row: Row[Any], now: datetime, channel: str, *, simulated: bool) -> Event:
    facts = {
        "asset": row.asset,
        "rule": row.rule,
        "measure": row.measure,
        "stream": row.stream,
        "level": 0,
        "reason": "withdrawn",
    }
    facts |= {"simulated": True} if simulated else {}
    name = f"{row.alarm}#withdrawn"
    return Event(name, CLEARED, row.alarm, now, f"rule:{row.rule}", channel, facts)


def _as_raised(followed: Followed, alarm: int) -> Transition:
    machines, state = followed.machines, followed.state
    asset, rule = machines.alarms[alarm]
    members = machines.members[alarm]
    worst = int(members[np.argmax(state.now.level[members])])
    raised = int(state.alarms.raised[alarm])
    return Transition(
        asset=asset,
        rule=rule,
        stream=machines.register.streams[int(machines.stream[worst])].id,
        time=raised,
        before=0,
        after=int(state.alarms.level[alarm]),
        value=None,
        number=int(state.alarms.number[alarm]),
        raised=raised,
        first=int(state.alarms.first[alarm]),
        reason="elapsed",
    )
