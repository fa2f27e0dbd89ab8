"""The cases as they stand: a table derived from the events, one row a case."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, Final

from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    Connection,
    Float,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    bindparam,
    true,
)

from dizuo.operations.cases.squares import square_of, wide_square_of
from dizuo.operations.event_log.event import LoggedEvent
from dizuo.operations.event_log.inserting import insert_rows
from dizuo.operations.event_log.tables import WHOLE

__all__ = ["CHANGES", "COUNTERS", "OPENED", "CaseProjection", "cases"]

OPENED: Final = "case.opened"
CHANGES: Final = "changes"
"""The fact of an event that says which columns of the case it changed, and to what."""
COUNTERS: Final = (
    "supplements", "urges", "returns", "suspensions", "extensions", "reworks", "reopenings",
    "escalations",
)  # fmt: skip


cases = Table(
    "cases",
    MetaData(),
    Column("case", String, primary_key=True),
    Column("case_type", String, nullable=False),
    Column("type_version", String, nullable=False),
    Column("token", String, nullable=False, unique=True),
    Column("state", String, nullable=False),
    Column("open", Boolean, nullable=False),
    Column("channel", String, nullable=False),
    Column("category", String),
    Column("nature", String),
    Column("severity", Integer),
    Column("grid", String),
    Column("place", String),
    Column("x", Float),
    Column("y", Float),
    Column("asset", String),
    Column("unit", String),
    Column("supervisor", String),
    Column("dispatched_by", String),
    Column("opened", WHOLE, nullable=False),
    Column("entered", WHOLE, nullable=False),
    Column("stage_due", WHOLE),
    Column("due", WHOLE),
    Column("deadline", Text),
    Column("closed", WHOLE),
    Column("merged_into", String),
    Column("listed", Boolean, nullable=False),
    Column("simulated", Boolean, nullable=False),
    Column("changed", WHOLE, nullable=False),
    Column("version", Integer, nullable=False),
    *(Column(name, Integer, nullable=False, default=0) for name in COUNTERS),
    Column("square", WHOLE),
    Column("wide_square", WHOLE),
    Index("cases_by_opening", "opened"),
    Index("cases_by_type", "case_type", "opened"),
    Index("cases_by_state", "state", "opened"),
    Index("cases_by_category", "category", "opened"),
    Index("cases_by_square", "square", "opened", "x", "y", "grid", "place"),
    Index("cases_by_wide_square", "wide_square", "opened", "x", "y", "grid", "place"),
    Index("cases_by_square_and_category", "square", "category", "opened"),
    Index("cases_by_wide_square_and_category", "wide_square", "category", "opened"),
)
"""Times are whole microseconds since 1970; ``x`` and ``y`` are metres in the city's own CRS.

``entered`` is when the present state was entered, ``stage_due`` by when it should be left, and
``due`` by when the case must be handled: NULL while its clock stands or does not run. The squares
(:mod:`.squares`) are those that ``x`` and ``y`` lie in. Every index goes on with the time of
opening, so a list of the newest is read from it and not sorted; where the place follows, what lies
elsewhere is passed over without a look at its row.
"""

_LOOKED_AT: Final = ("x", "y", "due")
"""Stand at the end of indexes of open cases, so that a window or a lateness looks at no row."""
_OPEN: Final = {
    "open_cases": ("opened", *_LOOKED_AT),
    "open_cases_by_unit": ("unit", "open", "opened", *_LOOKED_AT),
    "open_cases_by_category": ("category", "open", "opened", *_LOOKED_AT),
    "open_cases_by_supervisor": ("supervisor", "open", "opened"),
    "open_cases_by_grid": ("grid", "open", "opened"),
    "open_cases_by_due": ("due",), "open_cases_by_asset": ("asset",),
}  # fmt: skip
"""Indexes of the open cases only, few among all that ever were. That they are open stands in some,
so that SQLite prefers those to the ones of all cases; likewise that nobody has a case."""
_KNOWN: Final = {
    "cases_by_unit": ("unit", "opened", "x", "y"),
    "cases_by_unit_and_category": ("unit", "category", "opened"),
    "cases_by_unit_and_square": ("unit", "square", "opened"),
    "cases_by_unit_and_wide_square": ("unit", "wide_square", "opened"),
    "cases_by_supervisor": ("supervisor", "opened", "x", "y"),
    "cases_by_grid": ("grid", "opened", "x", "y"), "cases_by_place": ("place", "opened", "x", "y"),
    "merged_cases": ("merged_into",),
}  # fmt: skip
"""Indexes of all cases."""
for _name, _columns in (_OPEN | _KNOWN).items():
    _indexed = [cases.c[one] for one in _columns]
    _only: ColumnElement[bool] = cases.c.open.is_(True) if _name in _OPEN else true()
    if _indexed[0].nullable:  # a new case has no unit yet, and costs no entry
        _only &= _indexed[0].is_not(None)
    Index(_name, *_indexed, sqlite_where=_only, postgresql_where=_only)
_nobody = cases.c.unit.is_(None)
Index("cases_without_unit", cases.c.unit, cases.c.case_type, cases.c.opened,
      sqlite_where=_nobody, postgresql_where=_nobody)  # fmt: skip

_NAMES: Final = frozenset(cases.c.keys())
_UNTOLD: Final = dict.fromkeys(cases.c.keys()) | dict.fromkeys(COUNTERS, 0)
_AS_ROW: Final = itemgetter(*cases.c.keys())


@dataclass(frozen=True)
class CaseProjection:
    """Keeps the table of cases up with the events."""

    tables: Sequence[Table] = (cases,)

    def apply(self, connection: Connection, added: Sequence[LoggedEvent]) -> None:
        """Open cases, and change those that the events change, in their order."""
        opened: list[tuple[Any, ...]] = []
        for one in added:
            if not one.kind.startswith("case."):
                continue
            changes = _changes(one)
            if one.kind == OPENED:
                opened.append(_AS_ROW({**_UNTOLD, **changes}))
                continue
            insert_rows(connection, cases, opened)
            opened = []
            row = cases.update().where(cases.c.case == bindparam("of_case"))
            connection.execute(row.values(changes), {"of_case": one.subject})
        insert_rows(connection, cases, opened)

    def clear(self, connection: Connection) -> None:
        """Remove every case."""
        connection.execute(cases.delete())


def _changes(one: LoggedEvent) -> Mapping[str, Any]:
    told: dict[str, Any] = json.loads(one.facts).get(CHANGES, {})
    known = {name: value for name, value in told.items() if name in _NAMES}
    if "x" in known:
        place = known["x"], known["y"]
        known |= {"square": square_of(*place), "wide_square": wide_square_of(*place)}
    return known | {"case": one.subject, "version": one.version, "changed": one.happened}
