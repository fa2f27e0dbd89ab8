"""The state of the alarms, as it follows from the register, the rules and the batches so far.

Whoever follows the same batches under the same register and rules stands in the same state, so
several processes can take observations in, and one that crashed goes on where it was.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from heapq import merge
from operator import itemgetter

from sqlalchemy import Connection

from dizuo.operations.signals.alarm_engine import AlarmState, begin_alarms, step
from dizuo.operations.signals.alarm_machines import AlarmMachines, alarm_machines
from dizuo.operations.signals.alarm_states import carried_over, named
from dizuo.operations.signals.observation_store import (
    Kept,
    batches_after,
    last_received,
    times_after,
)
from dizuo.operations.signals.observations import Observations
from dizuo.operations.signals.register_table import load_register, register_revision
from dizuo.operations.signals.rules import AlarmRule
from dizuo.operations.signals.snapshots import load_snapshot
from dizuo.operations.time import from_microseconds

__all__ = ["Followed", "follow", "to_judge"]


@dataclass(frozen=True, slots=True, eq=False)
class Followed:
    """Where the alarms stand after a batch.

    Attributes
    ----------
    position
        The last batch that was judged; 0 before the first.
    revision
        Of the register.
    compared
        Whether the alarms that the database holds open are known to be those of the state.
    """

    machines: AlarmMachines
    state: AlarmState
    position: int
    revision: int
    rules: tuple[AlarmRule, ...]
    compared: bool


def follow(
    connection: Connection, before: Followed | None, rules: Sequence[AlarmRule], now: datetime
) -> Followed:
    """Bring a state up to the register, the rules, and the last batch.

    Parameters
    ----------
    before
        What this process had; None: begin with what is kept in the database.
    now
        From when on silence counts for streams that are new.

    Raises
    ------
    InputError
        If the rules do not fit the register.
    """
    revision = register_revision(connection)
    if before is None:
        before = _begun(connection, tuple(rules), revision, now)
    elif (before.revision, before.rules) != (revision, tuple(rules)):
        machines = alarm_machines(load_register(connection), rules)
        state = carried_over(named(before.machines, before.state), machines, now)
        before = Followed(machines, state, before.position, revision, tuple(rules), compared=False)
    state = before.state
    last = last_received(connection)
    if last > before.position:
        passed = ((one, None) for one in times_after(connection, before.position))
        batches = batches_after(connection, before.position)
        for received, kept in merge(passed, batches, key=itemgetter(0)):
            moment = from_microseconds(received) if kept is None else None
            batch = Observations.none() if kept is None else to_judge(kept)
            state, _, _ = step(before.machines, state, batch, moment)
    return replace(before, state=state, position=max(before.position, last))


def _begun(
    connection: Connection, rules: tuple[AlarmRule, ...], revision: int, now: datetime
) -> Followed:
    machines = alarm_machines(load_register(connection), rules)
    kept = load_snapshot(connection)
    if kept is None:
        # What came before this moment is judged first, and nothing is silent before it began.
        since = now if last_received(connection) == 0 else None
        return Followed(machines, begin_alarms(machines, since), 0, revision, rules, False)
    position, state = kept
    return Followed(
        machines, carried_over(state, machines, now), position, revision, rules, compared=False
    )


def to_judge(kept: Kept) -> Observations:
    """Return the observations of a batch that came in time."""
    return kept.observations.take(~kept.late)
