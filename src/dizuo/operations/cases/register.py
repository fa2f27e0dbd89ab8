"""Look cases up: lists by filters, and the history of one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, select, true, union_all

from dizuo.model.errors import InputError
from dizuo.operations.cases.squares import squares_in
from dizuo.operations.cases.table import CHANGES, cases
from dizuo.operations.event_log.event import LoggedEvent
from dizuo.operations.event_log.tables import events
from dizuo.operations.time import from_microseconds, to_microseconds

__all__ = ["CaseFilter", "Step", "history", "list_cases", "one_case"]

_NEWEST = (cases.c.opened.desc(), cases.c.case)
_TIMES = ("opened", "entered", "stage_due", "due", "closed", "changed")


@dataclass(frozen=True, slots=True)
class CaseFilter:
    """Which cases are asked for; what is None is not asked.

    Attributes
    ----------
    box
        West, south, east, north in metres of the city's CRS.
    overdue_at
        Cases that are open and were due before this time.
    before
        Cases opened before this time.
    after
        Cases that stand after this one in the list, by its time of opening and its id: the last of
        one page begins the next, and none is left out where many were opened at one time.
    """

    case_type: str | None = None
    state: str | None = None
    open: bool | None = None
    unit: str | None = None
    category: str | None = None
    nature: str | None = None
    listed: bool | None = None
    box: tuple[float, float, float, float] | None = None
    opened_from: datetime | None = None
    before: datetime | None = None
    after: tuple[datetime, str] | None = None
    overdue_at: datetime | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        """Return the filter in SQL."""
        plain = ("case_type", "state", "open", "unit", "category", "nature", "listed")
        asked = [
            cases.c[name] == getattr(self, name)
            for name in plain
            if getattr(self, name) is not None
        ]
        if self.box is not None:
            west, south, east, north = self.box
            asked += [cases.c.x.between(west, east), cases.c.y.between(south, north)]
        if self.opened_from is not None:
            asked.append(cases.c.opened >= to_microseconds(self.opened_from))
        if self.before is not None:
            asked.append(cases.c.opened < to_microseconds(self.before))
        if self.after is not None:
            opened, case = to_microseconds(self.after[0]), self.after[1]
            asked += [cases.c.opened <= opened, (cases.c.opened < opened) | (cases.c.case > case)]
        if self.overdue_at is not None:
            asked += [cases.c.open.is_(True), cases.c.due < to_microseconds(self.overdue_at)]
        return asked


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that was done with a case."""

    number: int
    action: str
    happened: datetime
    actor: str
    channel: str
    state: str | None
    facts: dict[str, Any]


def list_cases(
    connection: Connection,
    asked: CaseFilter | None = None,
    *,
    most: int = 100,
    within: ColumnElement[bool] | None = None,
) -> list[dict[str, Any]]:
    """Return cases, the newest first; times are in UTC.

    Parameters
    ----------
    within
        Which cases whoever asks may reach (:meth:`.Visitor.rows`); all of them if it is None.
    """
    wanted = asked or CaseFilter()
    conditions = [_all_or(within), *wanted.conditions()]
    squares = squares_in(wanted.box) if wanted.box is not None else None
    query = select(cases).order_by(*_NEWEST)
    if squares is None:
        query = query.where(*conditions).limit(most)
    else:
        query = query.where(cases.c.case.in_(_newest(conditions, *squares, most)))
    return [_readable(dict(row)) for row in connection.execute(query).mappings()]


def _newest(
    conditions: Sequence[ColumnElement[bool]], column: str, squares: Sequence[int], most: int
) -> Select[tuple[str]]:
    """Name the newest cases in some squares: each gives its own in order, and the ends are merged.

    One list a square, because a database that is told of all squares at once sorts all their cases.
    """
    lists = [
        select(cases.c.case, cases.c.opened).where(cases.c[column] == one, *conditions)
        for one in squares
    ]
    merged = union_all(*lists).subquery()
    return select(merged.c.case).order_by(merged.c.opened.desc(), merged.c.case).limit(most)


def one_case(
    connection: Connection, case: str, *, within: ColumnElement[bool] | None = None
) -> dict[str, Any]:
    """Return one case, by its id or its tracking number.

    Parameters
    ----------
    within
        Which cases whoever asks may reach; one out of reach is not there.

    Raises
    ------
    InputError
        If there is none.
    """
    named = (cases.c.case == case) | (cases.c.token == case)
    row = connection.execute(select(cases).where(named, _all_or(within))).mappings().one_or_none()
    if row is None:
        raise InputError(f"there is no case {case!r}", field="case", cure="See: dizuo cases CITY.")
    return _readable(dict(row))


def history(connection: Connection, case: str) -> list[Step]:
    """Return what was done with a case, in order."""
    query = select(events).where(events.c.subject == case).order_by(events.c.version)
    return [_step(LoggedEvent(*row)) for row in connection.execute(query)]


def _all_or(within: ColumnElement[bool] | None) -> ColumnElement[bool]:
    return true() if within is None else within


def _step(one: LoggedEvent) -> Step:
    facts = one.known()
    changes = facts.pop(CHANGES, {})
    return Step(
        one.number, one.kind.removeprefix("case."), from_microseconds(one.happened), one.actor,
        one.channel, changes.get("state"), facts,
    )  # fmt: skip


def _readable(row: dict[str, Any]) -> dict[str, Any]:
    times = {name: from_microseconds(row[name]) for name in _TIMES if row[name] is not None}
    return row | times
