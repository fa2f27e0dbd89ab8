"""Incidents, their tasks and the resources they hold: tables derived from the events.

An event carries what it changes, row by row, so that a rebuild needs no plan and no type of years
ago. The database itself refuses to give out more of a resource than there is.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Connection,
    Float,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
)

from dizuo.operations.event_log.changed_rows import CHANGES, put_row
from dizuo.operations.event_log.event import LoggedEvent
from dizuo.operations.event_log.tables import WHOLE

__all__ = [
    "IncidentProjection",
    "incident_assignments",
    "incident_resources",
    "incident_tasks",
    "incidents",
]

_KINDS: Final = ("incident.", "resource.")
_METADATA = MetaData()

incidents = Table(
    "incidents",
    _METADATA,
    Column("incident", String, primary_key=True),
    Column("incident_type", String, nullable=False),
    Column("grade", String, nullable=False),
    Column("severity", Integer, nullable=False),
    Column("worst", Integer, nullable=False),
    Column("state", String, nullable=False),
    Column("channel", String, nullable=False),
    Column("alarm", String),
    Column("case", String),
    Column("x", Float),
    Column("y", Float),
    Column("plan", String),
    Column("plan_version", String),
    Column("declared", WHOLE, nullable=False),
    Column("activated", WHOLE),
    Column("closed", WHOLE),
    Column("messages", Text, nullable=False),
    Column("simulated", Boolean, nullable=False),
    Column("changed", WHOLE, nullable=False),
    Column("version", Integer, nullable=False),
    Index("incidents_by_state", "state", "severity"),
)
"""Times are whole microseconds since 1970; ``x`` and ``y`` are metres in the city's own CRS.

``severity`` is the present one and ``worst`` the highest, 0 to 3. ``state`` is ``declared``,
``active`` or ``closed``. ``messages`` are the references of the messages sent, as JSON."""

for _origin in ("alarm", "case"):
    Index(
        f"one_open_incident_of_{_origin}",
        incidents.c[_origin],
        unique=True,
        sqlite_where=incidents.c.closed.is_(None),
        postgresql_where=incidents.c.closed.is_(None),
    )

incident_tasks = Table(
    "incident_tasks",
    _METADATA,
    Column("incident", String, primary_key=True),
    Column("task", String, primary_key=True),
    Column("position", Integer, nullable=False),
    Column("part_of", String, nullable=False),
    Column("en", String, nullable=False),
    Column("zh", String, nullable=False),
    Column("role", String, nullable=False),
    Column("unit", String),
    Column("owner_en", String, nullable=False),
    Column("owner_zh", String, nullable=False),
    Column("after", Text, nullable=False),
    Column("limit", String, nullable=False),
    Column("calendar", String, nullable=False),
    Column("state", String, nullable=False),
    Column("ready", WHOLE),
    Column("due", WHOLE),
    Column("deadline", Text),
    Column("started", WHOLE),
    Column("ended", WHOLE),
    Column("done_by", String),
    Index("incident_tasks_by_unit", "unit", "state", "due"),
)
"""``state`` is ``waiting``, ``ready``, ``started``, ``finished`` or ``skipped``. ``ready`` is when
all that comes before had ended, from which the limit runs to ``due``."""

incident_resources = Table(
    "incident_resources",
    _METADATA,
    Column("resource", String, primary_key=True),
    Column("kind", String, nullable=False),
    Column("en", String, nullable=False),
    Column("zh", String, nullable=False),
    Column("measure", String, nullable=False),
    Column("unit", String),
    Column("x", Float),
    Column("y", Float),
    Column("capacity", WHOLE, nullable=False),
    Column("assigned", WHOLE, nullable=False),
    Column("changed", WHOLE, nullable=False),
    CheckConstraint("assigned >= 0 AND assigned <= capacity", name="never_more_than_there_is"),
)
"""``capacity`` is how much there is in all (1 for a unit, places of a shelter, what is left of a
stock), ``assigned`` how much of it incidents hold."""

incident_assignments = Table(
    "incident_assignments",
    _METADATA,
    Column("incident", String, primary_key=True),
    Column("resource", String, primary_key=True),
    Column("amount", WHOLE, nullable=False),
    Column("used", WHOLE, nullable=False),
    Column("since", WHOLE, nullable=False),
    Column("released", WHOLE),
)
"""``amount`` is what the incident holds now, ``used`` what it has used up of a stock."""

_TABLES: Final = (incidents, incident_tasks, incident_resources, incident_assignments)
_BY_NAME: Final = {table.name: table for table in _TABLES}


@dataclass(frozen=True)
class IncidentProjection:
    """Keeps incidents, tasks and resources up with the events."""

    tables: Sequence[Table] = _TABLES

    def apply(self, connection: Connection, added: Sequence[LoggedEvent]) -> None:
        """Make and change the rows that the events name, in their order."""
        for one in added:
            if not one.kind.startswith(_KINDS):
                continue
            told: dict[str, dict[str, dict[str, Any]]] = json.loads(one.facts).get(CHANGES, {})
            if one.kind.startswith("incident."):
                own = told.setdefault(incidents.name, {}).setdefault(one.subject, {})
                own |= {"version": one.version, "changed": one.happened}
            for name in sorted(_BY_NAME.keys() & told.keys()):
                for key, values in told[name].items():
                    put_row(connection, _BY_NAME[name], _key(_BY_NAME[name], key, one), values)

    def clear(self, connection: Connection) -> None:
        """Remove every row."""
        for table in self.tables:
            connection.execute(table.delete())


def _key(table: Table, key: str, one: LoggedEvent) -> dict[str, str]:
    """Return the whole key of a row: tasks and assignments are those of the event's incident."""
    names = [column.name for column in table.primary_key.columns]
    return dict(zip(names, (key,) if len(names) == 1 else (one.subject, key), strict=True))
