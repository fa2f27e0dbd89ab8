"""The alarms as they stand: a table derived from the events, one row an alarm.

The database itself refuses a second open alarm of one asset and rule. Two workers that raise the
same one each leave their event in the log; the second joins the alarm that is open already.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Float,
    Index,
    Integer,
    MetaData,
    Row,
    String,
    Table,
    select,
)

from dizuo.operations.cases.table import OPENED
from dizuo.operations.event_log.event import LoggedEvent
from dizuo.operations.event_log.tables import WHOLE
from dizuo.operations.signals.alarm_events import (
    ACKNOWLEDGED,
    CLEARED,
    DEESCALATED,
    ESCALATED,
    JUDGED,
    RAISED,
)

__all__ = ["LINKED", "AlarmProjection", "alarm_reports", "alarms"]

LINKED: Final = "case.linked"
"""A case about an asset met an alarm of it."""
_OF_AN_ALARM: Final = "signal:alarm:"
_METADATA = MetaData()


alarms = Table(
    "alarms",
    _METADATA,
    Column("alarm", String, primary_key=True),
    Column("asset", String, nullable=False),
    Column("rule", String, nullable=False),
    Column("stream", String, nullable=False),
    Column("measure", String, nullable=False),
    Column("level", Integer, nullable=False),
    Column("severity", Integer, nullable=False),
    Column("worst", Integer, nullable=False),
    Column("label_en", String, nullable=False),
    Column("label_zh", String, nullable=False),
    Column("colour", String),
    Column("value", Float),
    Column("raised", WHOLE, nullable=False),
    Column("changed", WHOLE, nullable=False),
    Column("acknowledged", WHOLE),
    Column("acknowledged_by", String),
    Column("cleared", WHOLE),
    Column("verdict", String),
    Column("case", String),
    Column("joined", Integer, nullable=False),
    Column("simulated", Boolean, nullable=False),
    Index("alarms_by_raising", "raised"),
    Index("alarms_by_asset", "asset", "raised"),
)
"""Times are whole microseconds since 1970. ``severity`` is the present one and ``worst`` the
highest, 0 to 3; a cleared alarm keeps its last. ``joined`` counts how often the alarm was raised
again by somebody else while it was open. ``case`` is the case that it became."""

alarm_reports = Table(
    "alarm_reports",
    _METADATA,
    Column("alarm", String, primary_key=True),
    Column("case", String, primary_key=True),
)
"""Cases about the same asset that came another way while the alarm was open."""

Index(
    "one_open_alarm",
    alarms.c.asset,
    alarms.c.rule,
    unique=True,
    sqlite_where=alarms.c.cleared.is_(None),
    postgresql_where=alarms.c.cleared.is_(None),
)

_LEVELS = {ESCALATED, DEESCALATED}
_SHOWN = ("level", "severity", "label_en", "label_zh", "colour", "value")


@dataclass(frozen=True)
class AlarmProjection:
    """Keeps the table of alarms up with the events."""

    tables: Sequence[Table] = (alarms, alarm_reports)

    def apply(self, connection: Connection, added: Sequence[LoggedEvent]) -> None:
        """Raise, change, acknowledge, judge and clear alarms, in the order of the events."""
        for one in added:
            if one.kind == RAISED:
                _raise(connection, one)
            elif one.kind in _LEVELS:
                _change(connection, one)
            elif one.kind == CLEARED:
                _clear(connection, one)
            elif one.kind == ACKNOWLEDGED:
                row = alarms.update().where(
                    alarms.c.alarm == one.subject, alarms.c.acknowledged.is_(None)
                )
                connection.execute(row.values(acknowledged=one.happened, acknowledged_by=one.actor))
            elif one.kind == JUDGED:
                row = alarms.update().where(alarms.c.alarm == one.subject)
                connection.execute(row.values(verdict=json.loads(one.facts)["verdict"]))
            elif one.kind == OPENED and one.id.startswith(_OF_AN_ALARM):
                alarm = one.id.removeprefix("signal:")
                row = alarms.update().where(alarms.c.alarm == alarm)
                connection.execute(row.values(case=one.subject))
            elif one.kind == LINKED:
                facts = json.loads(one.facts)
                values = {"alarm": facts["alarm"], "case": one.subject}
                connection.execute(alarm_reports.insert().values(values))

    def clear(self, connection: Connection) -> None:
        """Remove every alarm."""
        for table in self.tables:
            connection.execute(table.delete())


def _open(connection: Connection, facts: dict[str, Any]) -> Row[Any] | None:
    query = select(alarms).where(
        alarms.c.asset == facts["asset"],
        alarms.c.rule == facts["rule"],
        alarms.c.cleared.is_(None),
    )
    return connection.execute(query).one_or_none()


def _known(connection: Connection, alarm: str) -> Row[Any] | None:
    return connection.execute(select(alarms).where(alarms.c.alarm == alarm)).one_or_none()


def _raise(connection: Connection, one: LoggedEvent) -> None:
    facts = json.loads(one.facts)
    already = _open(connection, facts) or _known(connection, one.subject)
    if already is None:
        row = dict.fromkeys(_SHOWN) | {name: facts[name] for name in _SHOWN if name in facts}
        fixed = {name: facts[name] for name in ("asset", "rule", "stream", "measure")}
        connection.execute(
            alarms.insert().values(
                **row,
                **fixed,
                alarm=one.subject,
                worst=facts["severity"],
                raised=one.happened,
                changed=one.happened,
                joined=0,
                simulated=facts.get("simulated", False),
            )
        )
        return
    changes: dict[str, Any] = {"joined": already.joined + 1}
    if already.cleared is None and facts["level"] > already.level:
        changes |= _shown(facts, already, one)
    connection.execute(alarms.update().where(alarms.c.alarm == already.alarm).values(changes))


def _change(connection: Connection, one: LoggedEvent) -> None:
    facts = json.loads(one.facts)
    already = _open(connection, facts)
    if already is None or one.happened < already.changed:
        return
    changes = _shown(facts, already, one)
    connection.execute(alarms.update().where(alarms.c.alarm == already.alarm).values(changes))


def _clear(connection: Connection, one: LoggedEvent) -> None:
    facts = json.loads(one.facts)
    already = _open(connection, facts)
    if already is None or one.happened < already.raised:
        return
    changes = {"level": 0, "cleared": one.happened, "changed": one.happened}
    connection.execute(alarms.update().where(alarms.c.alarm == already.alarm).values(changes))


def _shown(facts: dict[str, Any], already: Row[Any], one: LoggedEvent) -> dict[str, Any]:
    """Return the columns that tell the present level."""
    told = {name: facts[name] for name in _SHOWN if name in facts}
    worst = max(already.worst, facts["severity"])
    return told | {"worst": worst, "changed": max(one.happened, already.changed)}
