"""The report on an incident when it is over, from its events alone."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from dizuo.model.errors import InputError
from dizuo.model.text import Text
from dizuo.operations.event_log.changed_rows import CHANGES
from dizuo.operations.event_log.event import LoggedEvent
from dizuo.operations.event_log.tables import events
from dizuo.operations.event_log.vault import Erased, Vault
from dizuo.operations.event_log.verification import CONFIDENCES
from dizuo.operations.time import from_microseconds

__all__ = ["Happening", "IncidentHistory", "ResourceUse", "TaskHistory", "read_history"]

_WORDS = frozenset({"text", "reason", "note"})


@dataclass(frozen=True, slots=True)
class Happening:
    """One event of the timeline; ``said`` are words told in confidence, if they may be read."""

    time: datetime
    kind: str
    actor: str
    facts: Mapping[str, Any]
    said: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TaskHistory:
    """What became of one task."""

    id: str
    title: Text
    owner: Text
    state: str
    ready: datetime | None
    due: datetime | None
    started: datetime | None
    ended: datetime | None

    def minutes(self) -> float | None:
        """Return the minutes from when it could begin to its end, or None."""
        if self.ready is None or self.ended is None or self.state != "finished":
            return None
        return (self.ended - self.ready).total_seconds() / 60

    def minutes_late(self, at: datetime) -> float | None:
        """Return by how many minutes it was late, or is at a time if it has not ended; or None.

        What was skipped is never late.
        """
        if self.due is None or self.state == "skipped":
            return None
        late = ((self.ended or at) - self.due).total_seconds() / 60
        return late if late > 0 else None


@dataclass(frozen=True, slots=True)
class ResourceUse:
    """How much of a resource an incident was given in all, gave back, used up, and still holds."""

    resource: str
    given: int
    returned: int
    used: int

    @property
    def holds(self) -> int:
        """What the incident has not given back."""
        return self.given - self.returned


@dataclass(frozen=True, slots=True)
class IncidentHistory:
    """All that is known of an incident at a time; ``row`` are the columns of its table."""

    incident: str
    at: datetime
    row: Mapping[str, Any]
    timeline: tuple[Happening, ...]
    tasks: tuple[TaskHistory, ...]
    resources: tuple[ResourceUse, ...]

    def late(self) -> list[tuple[TaskHistory, float]]:
        """Return the tasks that were late and by how many minutes, the latest first."""
        found = [
            (one, late) for one in self.tasks if (late := one.minutes_late(self.at)) is not None
        ]
        return sorted(found, key=lambda pair: -pair[1])


def read_history(
    connection: Connection, incident: str, at: datetime, vault: Vault | None = None
) -> IncidentHistory:
    """Follow the events of an incident.

    Parameters
    ----------
    at
        Up to when; what is due is measured against it.
    vault
        Opens what was told in confidence, for readers who may see it; None leaves it out.

    Raises
    ------
    InputError
        If there is no such incident.
    """
    query = select(events).where(events.c.subject == incident).order_by(events.c.version)
    logged = [LoggedEvent(*row) for row in connection.execute(query)]
    logged = [one for one in logged if from_microseconds(one.happened) <= at]
    if not logged or not incident.startswith("incident:"):
        raise InputError(
            Text(f"there is no incident {incident!r}", f"没有突发事件 {incident!r}"),
            field="incident",
        )
    row: dict[str, Any] = {}
    tasks: dict[str, dict[str, Any]] = {}
    given: dict[str, list[int]] = {}
    timeline = []
    for one in logged:
        facts = one.known()
        changes = facts.pop(CHANGES, {})
        row |= changes.get("incidents", {}).get(incident, {})
        for task, columns in changes.get("incident_tasks", {}).items():
            tasks[task] = tasks.get(task, {}) | columns
        if one.kind == "incident.resource_assigned":
            given.setdefault(facts["resource"], [0, 0, 0])[0] += facts["amount"]
        if one.kind == "incident.resource_released":
            of = given[facts["resource"]]
            of[1] += facts["amount"]
            of[2] += facts["used"]
        said = _said(connection, facts.pop(CONFIDENCES, []), vault)
        when = from_microseconds(one.happened)
        timeline.append(Happening(when, one.kind.partition(".")[2], one.actor, facts, said))
    ordered = sorted(tasks.items(), key=lambda pair: pair[1]["position"])
    return IncidentHistory(
        incident, at, row, tuple(timeline),
        tuple(_task(task, columns) for task, columns in ordered),
        tuple(ResourceUse(name, *of) for name, of in sorted(given.items())),
    )  # fmt: skip


def _task(task: str, columns: Mapping[str, Any]) -> TaskHistory:
    def time(name: str) -> datetime | None:
        found = columns.get(name)
        return None if found is None else from_microseconds(found)

    return TaskHistory(
        task, Text(columns["en"], columns["zh"]), Text(columns["owner_en"], columns["owner_zh"]),
        columns["state"], time("ready"), time("due"), time("started"), time("ended"),
    )  # fmt: skip


def _said(
    connection: Connection, told: list[dict[str, str]], vault: Vault | None
) -> tuple[str, ...]:
    words = [one["digest"] for one in told if one["kind"] in _WORDS]
    if vault is None:
        return ()
    found = []
    for digest in words:
        try:
            found.append(vault.read(connection, digest).decode("utf-8"))
        except Erased:
            continue
    return tuple(found)
