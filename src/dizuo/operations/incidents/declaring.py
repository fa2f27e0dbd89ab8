"""What an incident is declared from, and that it is declared once."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select

from dizuo.model.errors import InputError
from dizuo.model.text import Text
from dizuo.operations.event_log.tables import events
from dizuo.operations.incidents.tables import incidents

__all__ = ["Confidences", "Declared", "Lineage", "NewIncident", "require_origin"]

Confidences = Sequence[tuple[str, bytes]]
"""Pairs of a kind (``text``, ``reason``, ``photo``) and content."""


@dataclass(frozen=True, slots=True)
class NewIncident:
    """What is declared, and what it came from: an alarm, a case, or a report told in words.

    Attributes
    ----------
    alarm, case
        Their ids in the log, as far as there are any.
    confidences
        What was reported: pairs of a kind (``text``, ``contact``) and content.
    """

    incident_type: str
    grade: str
    alarm: str | None = None
    case: str | None = None
    x: float | None = None
    y: float | None = None
    confidences: Confidences = ()
    simulated: bool = False


@dataclass(frozen=True, slots=True)
class Declared:
    """What whoever declared is told."""

    incident: str
    new: bool


@dataclass(frozen=True, slots=True)
class Lineage:
    """What led to what: alarm, case, incident."""

    alarm: str | None
    case: str | None
    incident: str


def require_origin(connection: Connection, new: NewIncident) -> None:
    """Refuse an incident that comes from nothing, or whose origin has an open one.

    Raises
    ------
    InputError
        With the field.
    """
    if not (new.alarm or new.case or new.confidences):
        raise InputError(
            Text(
                "an incident comes from an alarm, a case or a report", "事件须来自报警、案件或报告"
            ),
            cure=Text("Name one, or tell it.", "请指明其一，或说明情况。"),
        )
    for name, origin in (("alarm", new.alarm), ("case", new.case)):
        if origin is None:
            continue
        known = select(events.c.number).where(events.c.subject == origin).limit(1)
        if connection.execute(known).first() is None:
            raise InputError(
                Text(f"the log knows no {name} {origin!r}", f"日志中没有 {name} {origin!r}"),
                field=name,
            )
        column = incidents.c[name]
        query = select(incidents.c.incident).where(column == origin, incidents.c.closed.is_(None))
        open_one = connection.execute(query.limit(1)).scalar_one_or_none()
        if open_one is not None:
            raise InputError(
                Text(
                    f"{origin} has the open incident {open_one}",
                    f"{origin} 已有未结束的事件 {open_one}",
                ),
                field=name,
                cure=Text("Act on that one.", "请处理该事件。"),
            )
