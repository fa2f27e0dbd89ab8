"""Look incidents up: lists, one with its tasks and resources, and the warnings that hold."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, select

from dizuo.model.errors import InputError
from dizuo.model.text import Text
from dizuo.operations.event_log.event import LoggedEvent
from dizuo.operations.event_log.tables import events
from dizuo.operations.event_log.vault import Vault
from dizuo.operations.event_log.verification import CONFIDENCES
from dizuo.operations.incidents.tables import (
    incident_assignments,
    incident_resources,
    incident_tasks,
    incidents,
)
from dizuo.operations.time import from_microseconds

__all__ = [
    "IncidentFilter",
    "SentWarning",
    "last_warning_time",
    "list_incidents",
    "list_resources",
    "one_incident",
    "sent_warning",
    "warnings_in_force",
]

_TIMES: Final = frozenset(
    {"declared", "activated", "closed", "changed", "ready", "due", "started", "ended", "since",
     "released"}
)  # fmt: skip
_SENT: Final = "incident.message_sent"


@dataclass(frozen=True, slots=True)
class IncidentFilter:
    """Which incidents are asked for; what is None is not asked."""

    state: str | None = None
    incident_type: str | None = None
    grade: str | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        """Return the filter in SQL."""
        names = ("state", "incident_type", "grade")
        return [
            incidents.c[name] == getattr(self, name)
            for name in names
            if getattr(self, name) is not None
        ]


@dataclass(frozen=True, slots=True)
class SentWarning:
    """A message that went out: its id, when it was sent, and its XML."""

    identifier: str
    sent: datetime
    xml: bytes


def list_incidents(
    connection: Connection,
    asked: IncidentFilter | None = None,
    *,
    most: int = 100,
    within: ColumnElement[bool] | None = None,
) -> list[dict[str, Any]]:
    """Return incidents, the newest first; times are in UTC."""
    conditions = (asked or IncidentFilter()).conditions()
    conditions += [] if within is None else [within]
    query = select(incidents).where(*conditions)
    ordered = query.order_by(incidents.c.declared.desc(), incidents.c.incident).limit(most)
    return [_readable(row) for row in connection.execute(ordered).mappings()]


def one_incident(
    connection: Connection, incident: str, *, within: ColumnElement[bool] | None = None
) -> dict[str, Any]:
    """Return one incident with its tasks, in the order of the plan, and its resources.

    Raises
    ------
    InputError
        If there is none, or none that may be seen.
    """
    conditions = [incidents.c.incident == incident, *([] if within is None else [within])]
    row = connection.execute(select(incidents).where(*conditions)).mappings().one_or_none()
    if row is None:
        raise InputError(
            Text(f"there is no incident {incident!r}", f"没有事件 {incident!r}"), field="incident"
        )
    of = incident_tasks.c.incident == incident
    tasks = connection.execute(
        select(incident_tasks).where(of).order_by(incident_tasks.c.position)
    ).mappings()
    given = connection.execute(
        select(incident_assignments)
        .where(incident_assignments.c.incident == incident)
        .order_by(incident_assignments.c.resource)
    ).mappings()
    return _readable(row) | {
        "tasks": [_task(one) for one in tasks],
        "resources": [_without(_readable(one), "incident") for one in given],
    }


def list_resources(connection: Connection) -> list[dict[str, Any]]:
    """Return what incidents can be given, and how much of it is."""
    query = select(incident_resources).order_by(incident_resources.c.resource)
    return [_readable(row) for row in connection.execute(query).mappings()]


def warnings_in_force(connection: Connection, at: datetime, vault: Vault) -> list[SentWarning]:
    """Return the last message of each real incident that holds at a time, the newest first."""
    query = select(incidents.c.messages).where(
        incidents.c.simulated.is_(False), incidents.c.messages != "[]"
    )
    found = []
    for text in connection.execute(query).scalars():
        last = json.loads(text)[-1]
        if datetime.fromisoformat(last["expires"]) > at:
            identifier = str(last["reference"]).split(",")[1]
            found.append(sent_warning(connection, identifier, vault))
    return sorted(found, key=lambda one: (one.sent, one.identifier), reverse=True)


def last_warning_time(connection: Connection) -> datetime | None:
    """Return when the last message of all was sent or ended, or None."""
    query = select(events.c.recorded).where(events.c.kind == _SENT)
    found = connection.execute(query.order_by(events.c.number.desc()).limit(1)).scalar()
    return None if found is None else from_microseconds(found)


def sent_warning(connection: Connection, identifier: str, vault: Vault) -> SentWarning:
    """Return a message of a real incident by its id.

    Raises
    ------
    InputError
        If there is none.
    """
    query = (
        select(events)
        .join(incidents, incidents.c.incident == events.c.subject)
        .where(
            events.c.subject == identifier.rpartition(".")[0],
            events.c.kind == _SENT,
            incidents.c.simulated.is_(False),
        )
    )
    for row in connection.execute(query):
        event = LoggedEvent(*row)
        facts = event.known()
        if str(facts["message"]).split(",")[1] == identifier:
            (digest,) = [one["digest"] for one in facts[CONFIDENCES] if one["kind"] == "cap"]
            xml = vault.read(connection, digest)
            return SentWarning(identifier, from_microseconds(event.happened), xml)
    raise InputError(
        Text(f"there is no warning {identifier!r}", f"没有预警信息 {identifier!r}"),
        field="identifier",
    )


def _task(row: Mapping[Any, Any]) -> dict[str, Any]:
    told = _without(_readable(row), "incident", "deadline", "position")
    return told | {"after": json.loads(told["after"])}


def _without(row: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in names}


def _readable(row: Mapping[Any, Any]) -> dict[str, Any]:
    told = {str(name): value for name, value in row.items()}
    times = {name: from_microseconds(told[name]) for name in _TIMES if told.get(name) is not None}
    return _without(told, "messages") | times
