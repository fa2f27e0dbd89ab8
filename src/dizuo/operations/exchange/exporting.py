"""Take cases out as a table: what stands openly, row by row, or counted, small counts hidden."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, func, select

from dizuo.model.errors import InputError
from dizuo.model.text import Text
from dizuo.operations.cases.case_type import CaseTypes
from dizuo.operations.cases.register import CaseFilter
from dizuo.operations.cases.table import COUNTERS, cases
from dizuo.operations.evaluation.suppression import hidden
from dizuo.operations.exchange.spreadsheet import write_table
from dizuo.operations.time import from_microseconds

__all__ = ["GROUPS", "CaseTable", "export_cases", "export_counts", "table_of_cases"]

_OPEN: Final = (
    "case", "case_type", "state", "open", "channel", "category", "nature", "severity", "grid",
    "place", "asset", "unit", "supervisor", "opened", "due", "closed", "merged_into", "simulated",
)  # fmt: skip
_TIMES: Final = frozenset({"opened", "due", "closed"})
_PLACES: Final = ("longitude", "latitude")
GROUPS: Final = ("case_type", "category", "nature", "unit", "grid", "state", "channel")
"""What counts can be made by."""
_HIDDEN: Final = "hidden"
Back = Callable[[float, float], tuple[float, float]]


@dataclass(frozen=True, slots=True)
class CaseTable:
    """Cases as they go out."""

    columns: tuple[str, ...]
    rows: list[list[Any]]


def table_of_cases(
    connection: Connection,
    types: CaseTypes,
    back: Back,
    asked: CaseFilter | None = None,
    within: ColumnElement[bool] | None = None,
    most: int | None = None,
) -> CaseTable:
    """Return cases as a table, the oldest first.

    No confidences, no tracking numbers. Where a type tells its places by block or not at all, as of
    homes, the cell of the grid alone is told.

    Parameters
    ----------
    back
        The city's metres to longitude and latitude.
    within
        Rows that whoever asks may see.
    most
        How many there may be; None: any number.

    Raises
    ------
    InputError
        If there are more.
    """
    conditions = [*(asked or CaseFilter()).conditions()]
    conditions += [] if within is None else [within]
    query = select(cases).where(*conditions).order_by(cases.c.opened, cases.c.case)
    query = query if most is None else query.limit(most + 1)
    rows: list[list[Any]] = []
    for row in connection.execute(query).mappings():
        exact = types.of_case(row["case_type"]).public_place == "exact" and row["x"] is not None
        place = back(row["x"], row["y"]) if exact else (None, None)
        rows.append([*(_told(row, name) for name in _OPEN), *place,
                     *(row[name] for name in COUNTERS)])  # fmt: skip
    if most is not None and len(rows) > most:
        raise InputError(
            Text(f"there are more than {most:,} such cases", f"符合条件的案件超过 {most:,} 件"),
            cure=Text(
                "Ask for fewer, by time or by unit; or use: dizuo cases CITY export FILE.",
                "请按时间或单位缩小范围，或使用：dizuo cases CITY export FILE。",
            ),
        )
    return CaseTable((*_OPEN, *_PLACES, *COUNTERS), rows)


def export_cases(
    connection: Connection,
    file: Path,
    types: CaseTypes,
    back: Back,
    asked: CaseFilter | None = None,
) -> int:
    """Write cases into a file, as :func:`table_of_cases` tells them; return how many."""
    table = table_of_cases(connection, types, back, asked)
    write_table(file, table.columns, table.rows)
    return len(table.rows)


def _told(row: Mapping[Any, Any], name: str) -> Any:
    value = row[name]
    return from_microseconds(value) if name in _TIMES and value is not None else value


def export_counts(
    connection: Connection,
    file: Path,
    by: Sequence[str],
    smallest_group: int,
    asked: CaseFilter | None = None,
) -> int:
    """Write how many cases there are of each kind; return how many rows.

    A count below the smallest group is not told, nor one more that would give it away with the sum.

    Parameters
    ----------
    by
        Columns of :data:`GROUPS`.

    Raises
    ------
    InputError
        If cases cannot be counted by one of them.
    """
    unknown = [one for one in by if one not in GROUPS]
    if unknown or not by:
        names = ", ".join(unknown)
        raise InputError(
            Text(f"cases are not counted by {names!r}", f"不能按 {names!r} 统计"),
            field="--by",
            cure=Text(f"Write one of: {', '.join(GROUPS)}.", f"可用：{'、'.join(GROUPS)}。"),
        )
    columns = [cases.c[one] for one in by]
    query = (
        select(*columns, func.count())
        .where(*(asked or CaseFilter()).conditions())
        .group_by(*columns)
        .order_by(*columns)
    )
    counts: Counter[tuple[str, ...]] = Counter()
    for row in connection.execute(query):
        counts[tuple(str(one or "") for one in row[:-1])] = row[-1]
    total = ("*", *[""] * (len(by) - 1))
    members = sorted(counts)
    every = {**counts, total: sum(counts.values())}
    gone = hidden(every, [(total, members)], smallest_group)
    rows = [[*name, _HIDDEN if name in gone else every[name]] for name in [*members, total]]
    write_table(file, [*by, "cases"], rows)
    return len(rows)
