"""Look cases up: lists by filters, and the history of one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from math import isqrt
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Select,
    and_,
    false,
    func,
    literal,
    select,
    true,
    union,
)
from sqlalchemy import case as case_of
from sqlalchemy.sql.visitors import iterate

from dizuo.model.errors import InputError
from dizuo.model.text import Text
from dizuo.operations.cases.leading import INDEXED, RARE, choose_lead
from dizuo.operations.cases.reach import REACHED_BY, is_in_order, parts_of
from dizuo.operations.cases.squares import SQUARES, squares_in
from dizuo.operations.cases.table import CHANGES, cases
from dizuo.operations.event_log.event import LoggedEvent
from dizuo.operations.event_log.tables import events, log_end
from dizuo.operations.time import from_microseconds, to_microseconds

__all__ = ["CaseFilter", "Step", "history", "list_cases", "one_case", "readable"]

_NEWEST = (cases.c.opened.desc(), cases.c.case)
_TOLD = [column for column in cases.c if column.name not in SQUARES]
_TIMES = ("opened", "entered", "stage_due", "due", "closed", "changed", "decided")


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
        return [*self.qualities(), *self.span()]

    def qualities(self) -> list[ColumnElement[bool]]:
        """Return what is asked of a case, but when it was opened."""
        asked = [
            cases.c[name] == getattr(self, name)
            for name in (*INDEXED, "nature", "listed")
            if getattr(self, name) is not None
        ]
        if self.open is not None:
            asked.append(cases.c.open.is_(self.open))
        asked += self.place()
        if self.overdue_at is not None:
            asked += [cases.c.open.is_(True), cases.c.due < to_microseconds(self.overdue_at)]
        return asked

    def place(self) -> list[ColumnElement[bool]]:
        """Return what is asked of its place."""
        if self.box is None:
            return []
        west, south, east, north = self.box
        return [cases.c.x.between(west, east), cases.c.y.between(south, north)]

    def span(self) -> list[ColumnElement[bool]]:
        """Return what is asked of the time when it was opened, by which lists are ordered."""
        asked: list[ColumnElement[bool]] = []
        if self.opened_from is not None:
            asked.append(cases.c.opened >= to_microseconds(self.opened_from))
        if self.before is not None:
            asked.append(cases.c.opened < to_microseconds(self.before))
        if self.after is not None:
            opened, case = to_microseconds(self.after[0]), self.after[1]
            asked += [cases.c.opened <= opened, (cases.c.opened < opened) | (cases.c.case > case)]
        return asked

    def asks_open(self) -> bool:
        """Tell whether only open cases are asked for."""
        return bool(self.open) or self.overdue_at is not None

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
    if within is not None and _leads(connection, within, wanted, most):
        conditions = _newest_in_reach(connection, within, wanted, most)
    else:
        conditions = _newest_by_index(connection, within, wanted, most)
    query = select(*_TOLD).where(*conditions).order_by(*_NEWEST).limit(most)
    return [readable(dict(row)) for row in connection.execute(query).mappings()]


def _newest_by_index(
    connection: Connection, within: ColumnElement[bool] | None, wanted: CaseFilter, most: int
) -> list[ColumnElement[bool]]:
    """Name the newest cases as the rarest of what is asked leads to them."""
    told = wanted.indexed()
    lead = choose_lead(
        connection,
        told,
        square=squares_in(wanted.box) if wanted.box is not None else None,
        only_open=wanted.asks_open(),
    )
    met = [*wanted.qualities(), true() if within is None else within]
    conditions = [*wanted.span(), _met_on_the_way(*met)]
    if lead.only_open or lead.square is not None:
        conditions += wanted.place()  # which stands in its index
    conditions += lead.beside(told)
    if lead.square is None:
        return conditions
    column, squares = lead.square
    lists = [[cases.c[column] == one, *conditions] for one in squares]
    return [cases.c.case.in_(_newest(connection, lists, most))]


def _newest_in_reach(
    connection: Connection, within: ColumnElement[bool], wanted: CaseFilter, most: int
) -> list[ColumnElement[bool]]:
    """Name the newest cases of a reach: each of its parts gives its own."""
    conditions = [*wanted.span(), *wanted.place(), _met_on_the_way(true(), *wanted.qualities())]
    if wanted.asks_open():
        conditions.append(cases.c.open.is_(True))
    lists = [[part, *conditions] for part in parts_of(within)]
    return [cases.c.case.in_(_newest(connection, lists, most))]


def _met_on_the_way(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    """Say conditions so that no index of their own is read, nor their rarity guessed.

    A database that thinks few cases to be left reads and sorts all, where it should read the newest
    until it has enough.
    """
    return case_of((and_(*conditions), true()), else_=false())


def _leads(
    connection: Connection, within: ColumnElement[bool], wanted: CaseFilter, most: int
) -> bool:
    """Tell whether a reach leads to what is shown: it is all that is asked, or holds few cases.

    Few are gone through; many are soon met among the newest. Going through all takes as many rows
    as there are in reach, meeting those that are shown as many as lie between: as many again where
    the reach holds the root of what is shown times all that there are.
    """
    named = {one.name for one in iterate(within) if isinstance(one, Column)}
    if not named & REACHED_BY:
        return False
    parts = parts_of(within)
    if not wanted.qualities() and all(map(is_in_order, parts)):
        return True
    everything = connection.execute(select(log_end.c.number)).scalar() or 0
    few = max(RARE, isqrt(most * everything))
    # Part by part, because each is counted in its index alone; who is in two counts twice.
    some = [select(literal(1)).where(part).limit(few).subquery() for part in parts]
    counts = [select(func.count()).select_from(one).scalar_subquery() for one in some]
    return sum(connection.execute(select(*counts)).one()) < few


def _newest(
    connection: Connection, lists: Sequence[Sequence[ColumnElement[bool]]], most: int
) -> Select[tuple[str]]:
    """Name the newest cases of several lists: each gives its own in order, and the ends are merged.

    One list a square or part, because a database that is told of all at once sorts all their cases.
    A case that stands in two lists counts once. PostgreSQL merges lists that are short and in the
    order of their index alone; so those of one time come together, and may be a few more.
    """
    asked = [select(cases.c.case, cases.c.opened).where(*one) for one in lists]
    if connection.dialect.name == "sqlite":
        merged = union(*asked)
        ends = merged.selected_columns
        newest = merged.order_by(ends.opened.desc(), ends.case).limit(most).subquery()
        return select(newest.c.case)
    latest = cases.c.opened.desc()
    short = [one.order_by(latest).fetch(most, with_ties=True) for one in asked]
    both = union(*short).subquery().c
    return select(both.case).order_by(both.opened.desc()).fetch(most, with_ties=True)


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
        raise InputError(
            Text(f"there is no case {case!r}", f"没有案件 {case!r}"),
            field="case",
            cure=Text("See: dizuo cases CITY.", "请查看：dizuo cases CITY。"),
        )
    return readable(dict(row))


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


def readable(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row of cases with its times as such, in UTC."""
    times = {name: from_microseconds(row[name]) for name in _TIMES if row.get(name) is not None}
    return row | times
