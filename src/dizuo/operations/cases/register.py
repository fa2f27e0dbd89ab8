"""Look cases up: lists by filters, and the history of one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Select,
    func,
    literal,
    select,
    true,
    union_all,
)
from sqlalchemy import case as case_of
from sqlalchemy.sql.visitors import iterate

from dizuo.model.errors import InputError
from dizuo.operations.cases.squares import SQUARES, squares_in
from dizuo.operations.cases.table import CHANGES, cases
from dizuo.operations.event_log.event import LoggedEvent
from dizuo.operations.event_log.tables import events
from dizuo.operations.time import from_microseconds, to_microseconds

__all__ = ["INDEXED", "CaseFilter", "Step", "history", "list_cases", "one_case"]

INDEXED: Final = ("unit", "category", "case_type", "state")
"""Columns that have an index of their own, those with the rarest values first."""
_RARE: Final = 10_000
"""A value that fewer cases have is rare: all of them are read in a few milliseconds."""
_REACHED_BY: Final = frozenset({"unit", "supervisor", "grid", "place", "case_type"})
"""Columns by which somebody reaches cases, that have an index of their own."""
_SQUARES: Final = "squares"
_OPEN: Final = "open"
"""Open cases have an index of their own: they are few among all that ever were."""
_NEWEST = (cases.c.opened.desc(), cases.c.case)
_TOLD = [column for column in cases.c if column.name not in SQUARES]
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

    def conditions(self, leading: str | None = None) -> list[ColumnElement[bool]]:
        """Return the filter in SQL.

        Parameters
        ----------
        leading
            The column whose index shall be read, of those in :data:`INDEXED`; the others are
            written so that theirs are not. The database chooses if it is None.
        """
        asked = [
            (cases.c[name] if leading in {None, name} else cases.c[name].concat("")) == value
            for name, value in self.indexed().items()
        ]
        asked += [
            cases.c[name] == getattr(self, name)
            for name in ("nature", "listed")
            if getattr(self, name) is not None
        ]
        if self.open is not None:  # in the very words of the index of open cases
            asked.append(cases.c.open.is_(self.open))
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

    def indexed(self) -> dict[str, str]:
        """Return what is asked of the columns that have an index of their own."""
        told = {name: getattr(self, name) for name in INDEXED}
        return {name: value for name, value in told.items() if value is not None}


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
    if within is not None and _is_small(connection, within):
        query = select(cases).where(within, *wanted.conditions())
        newest = query.order_by((cases.c.opened + 0).desc(), cases.c.case)  # sorted, not searched
        return [_readable(dict(row)) for row in connection.execute(newest.limit(most)).mappings()]
    if within is not None:
        within = case_of((within, 1), else_=0) == 1  # met on the way: no index of its own is read
    squares = squares_in(wanted.box) if wanted.box is not None else None
    leading = _leading(connection, wanted, among_squares=squares is not None)
    query = select(*_TOLD).order_by(*_NEWEST)
    if squares is None or leading not in {None, _SQUARES}:
        query = query.where(_all_or(within), *wanted.conditions(leading)).limit(most)
    else:
        conditions = [_all_or(within), *wanted.conditions(leading)]
        query = query.where(cases.c.case.in_(_newest(conditions, *squares, most)))
    return [_readable(dict(row)) for row in connection.execute(query).mappings()]


def _is_small(connection: Connection, within: ColumnElement[bool]) -> bool:
    """Tell whether a reach holds few cases, where an index tells so.

    Many are soon met among the newest; few would be looked for through all that there are.
    """
    named = {one.name for one in iterate(within) if isinstance(one, Column)}
    if not named & _REACHED_BY:
        return False
    some = select(literal(1)).where(within).limit(_RARE).subquery()
    return connection.execute(select(func.count()).select_from(some)).scalar_one() < _RARE


def _leading(connection: Connection, asked: CaseFilter, *, among_squares: bool) -> str | None:
    """Choose whose index is read: of the open cases, of a rare value, else that of the squares.

    A database guesses this from averages, and is wrong by far where a unit has few cases in a
    square that has many. Counting no further than what is rare takes a millisecond or two.
    """
    told = asked.indexed()
    if asked.open or asked.overdue_at is not None:
        return _OPEN
    if not told or (len(told) == 1 and not among_squares):
        return None
    counts = {name: _count_up_to(connection, name, value) for name, value in told.items()}
    rarest = min(counts, key=lambda name: counts[name])
    if counts[rarest] < _RARE or not among_squares:
        return rarest
    return _SQUARES


def _count_up_to(connection: Connection, name: str, value: str) -> int:
    some = select(cases.c[name]).where(cases.c[name] == value).limit(_RARE).subquery()
    return connection.execute(select(func.count()).select_from(some)).scalar_one()


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
    merged = union_all(*lists)
    newest = merged.order_by(merged.selected_columns.opened.desc(), merged.selected_columns.case)
    return select(newest.limit(most).subquery().c.case)


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
    row = connection.execute(select(*_TOLD).where(named, _all_or(within))).mappings().one_or_none()
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
