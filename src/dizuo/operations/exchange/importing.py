"""Bring cases in from a table: good rows all at once, bad ones into a file with their reasons.

The external id makes it idempotent: a table that is brought in again opens nothing twice.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from dizuo.base.tables import TableSize, read_table
from dizuo.model.errors import DizuoError, InputError
from dizuo.model.text import Text
from dizuo.operations.cases.codes import require_codes
from dizuo.operations.cases.office import Actor, NewCase
from dizuo.operations.exchange.columns import COLUMNS, Column, mapped_columns
from dizuo.operations.exchange.limits import ExchangeLimits
from dizuo.operations.exchange.spreadsheet import as_table, write_table
from dizuo.operations.exchange.written_times import read_written_time
from dizuo.operations.opening import Operations
from dizuo.operations.texts.identifiers import strip_identifiers
from dizuo.operations.time import to_microseconds

__all__ = [
    "Imported",
    "Project",
    "ReadTable",
    "RefusedRow",
    "RowImport",
    "import_cases",
    "import_template",
    "read_cases",
    "write_import_template",
]  # fmt: skip

_HELP: Final = "#"
_CHANNEL: Final = "import"
_CODES: Final = frozenset({"place", "asset", "external_id", "category", "nature"})
Project = Callable[[float, float], tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Imported:
    """What came of a table.

    Attributes
    ----------
    opened, known, rejected
        Rows that opened a case, that had opened one before, that were refused.
    rejects
        File of the refused rows with the reason of each, if there are any.
    """

    opened: int
    known: int
    rejected: int
    rejects: Path | None


@dataclass(frozen=True)
class RowImport:
    """How rows are read.

    Attributes
    ----------
    source
        Names the other system: external ids are its own.
    case_type
        Of rows that name none.
    project
        Longitude and latitude to the city's metres.
    cell_of
        The cell of the unit grid of a place, or None.
    """

    source: str
    project: Project
    cell_of: Callable[[float, float], str | None]
    case_type: str = ""


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """A row that became no case, with its cells and the reason."""

    row: int
    cells: list[str]
    reason: Text


@dataclass(frozen=True, slots=True)
class ReadTable:
    """A table that was read: headings, what its rows report, and the rows that were refused."""

    headings: list[str]
    new: list[NewCase]
    refused: list[RefusedRow]


def read_cases(
    operations: Operations,
    file: Path,
    reading: RowImport,
    actor: Actor,
    *,
    mapping: Mapping[str, str] | None = None,
    encoding: str = "auto",
    content: bytes | None = None,
    limits: ExchangeLimits | None = None,
) -> ReadTable:
    """Read what the rows of a table report; nothing is written.

    Parameters
    ----------
    mapping
        Heading of the table to id of a column (:data:`.columns.COLUMNS`) or ``ignore``.
    encoding
        ``auto`` (UTF-8, GBK, GB 18030) or a name.
    content
        What the table holds, if it is on no disk; ``file`` is then its name alone.
    limits
        How much it may hold; None: whatever it does.

    Raises
    ------
    InputError
        If the table cannot be read, holds too much, or its columns cannot be used.
    """
    most = TableSize(limits.most_rows, limits.most_cells) if limits else None
    table, ragged = read_table(file, encoding=encoding, content=content, most=most)
    headings = [str(one) for one in table.columns if one != "row"]
    columns = mapped_columns(headings, mapping or {}, file)
    reader = _Rows(operations, reading, actor, columns)
    new: list[NewCase] = []
    refused = [
        RefusedRow(int(one["row"]), [""] * len(headings),
                   Text(str(one["reason"]), "单元格数与表头不符"))
        for one in ragged.to_dict("records")
    ]  # fmt: skip
    for record in table.to_dict("records"):
        cells = {name: str(record[name] or "") for name in headings}
        if next(iter(cells.values())).startswith(_HELP):
            continue
        try:
            new.append(reader.read(cells, int(record["row"])))
        except DizuoError as error:
            told = getattr(error, "problem_text", error.text)
            refused.append(RefusedRow(int(record["row"]), list(cells.values()), told))
    return ReadTable(headings, new, sorted(refused, key=lambda one: one.row))


def import_cases(
    operations: Operations,
    file: Path,
    reading: RowImport,
    actor: Actor,
    *,
    mapping: Mapping[str, str] | None = None,
    encoding: str = "auto",
) -> Imported:
    """Open a case for each row that can be read, in one transaction.

    The refused rows are written before that, so that no row is ever in neither place.
    Parameters and errors are those of :func:`read_cases`.
    """
    read = read_cases(operations, file, reading, actor, mapping=mapping, encoding=encoding)
    rejects = _write_rejects(file, read.headings, read.refused) if read.refused else None
    with operations.engine.begin() as connection:
        opened = operations.office.open(connection, read.new, actor)
    fresh = sum(one.new for one in opened)
    return Imported(fresh, len(opened) - fresh, len(read.refused), rejects)


class _Rows:
    """Reads rows into reports, and refuses those that would be refused later."""

    def __init__(
        self,
        operations: Operations,
        reading: RowImport,
        actor: Actor,
        columns: Mapping[str, Column],
    ) -> None:
        self.operations = operations
        self.reading = reading
        self.actor = actor
        self.columns = columns
        self.now = operations.log.clock.now()
        office = operations.office
        self.zone = office.calendars.current(office.calendar, self.now.date()).zone
        self.seen: dict[str, int] = {}

    def read(self, cells: Mapping[str, str], row: int) -> NewCase:
        given = {
            column.id: cells[heading] for heading, column in self.columns.items() if cells[heading]
        }
        self._require_no_person(given)
        external = given.get("external_id", "")
        if not external:
            raise InputError(Text("external_id is empty", "external_id 为空"))
        if external in self.seen:
            before = self.seen[external]
            raise InputError(
                Text(
                    f"row {before} has the external id {external!r} too",
                    f"第 {before} 行也是外部编号 {external!r}",
                )
            )
        kind = self._case_type(given)
        require_codes(
            self.operations.office.types.get(kind), self.operations.taxonomy, given, self.now.date()
        )
        place = self._place(given)
        x, y = place or (None, None)
        read = NewCase(
            kind, f"{self.reading.source}:{external}", _CHANNEL,
            happened=self._time(given.get("happened", "")), category=given.get("category"),
            nature=given.get("nature"), severity=_whole(given.get("severity", "")),
            grid=self.reading.cell_of(*place) if place else None, place=given.get("place"),
            x=x, y=y, asset=given.get("asset"), confidences=_confidences(given),
        )  # fmt: skip
        self.seen[external] = row
        return read

    @staticmethod
    def _require_no_person(given: Mapping[str, str]) -> None:
        for name in sorted(_CODES & given.keys()):
            found = strip_identifiers(given[name])
            if found.text != given[name]:
                raise InputError(
                    Text(
                        f"{name} holds what points at a person",
                        f"{name} 含有个人信息",
                    )
                )

    def _case_type(self, given: Mapping[str, str]) -> str:
        wanted = given.get("case_type") or self.reading.case_type
        if not wanted:
            raise InputError(Text("case_type is empty", "case_type 为空"))
        kind = self.operations.office.types.get(wanted)
        if not kind.opened_by & self.actor.roles:
            raise InputError(
                Text(
                    f"{self.actor.id} may not open a case of {wanted}",
                    f"{self.actor.id} 无权登记 {wanted} 类案件",
                )
            )
        return wanted

    def _place(self, given: Mapping[str, str]) -> tuple[float, float] | None:
        told = [given.get(name, "") for name in ("longitude", "latitude")]
        if not any(told):
            return None
        try:
            longitude, latitude = (float(one) for one in told)
        except ValueError:
            longitude = latitude = float("nan")
        if not (abs(longitude) <= 180 and abs(latitude) <= 90):
            raise InputError(
                Text(
                    "longitude and latitude must both be degrees of WGS 84",
                    "经度和纬度须同为 WGS 84 度数",
                )
            )
        return self.reading.project(longitude, latitude)

    def _time(self, text: str) -> datetime | None:
        if not text:
            return None
        time = read_written_time(text, self.zone)
        if time > self.now:
            raise InputError(Text(f"{text} lies in the future", f"{text} 在将来"))
        to_microseconds(time)
        self.operations.office.calendars.current(self.operations.office.calendar, time.date())
        return time


def _whole(text: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise InputError(Text(f"{text!r} is no whole number", f"{text!r} 不是整数"))
    return int(text)


def _confidences(given: Mapping[str, str]) -> list[tuple[str, bytes]]:
    kept = []
    for name, value in given.items():
        kind = COLUMNS[name].confidence
        if kind == "contact":
            kept.append((kind, f"{name}={value}".encode()))
        elif kind:
            kept.append((kind, value.encode()))
    return kept


def _write_rejects(file: Path, headings: list[str], refused: list[RefusedRow]) -> Path:
    number = 1
    while (rejects := file.with_name(f"{file.stem}.rejected-{number}.csv")).exists():
        number += 1
    rows = [[one.row, one.reason.en, one.reason.zh, *one.cells] for one in refused]
    write_table(rejects, ["row", "reason", "原因", *headings], rows)
    return rejects


def write_import_template(file: Path) -> None:
    """Write an empty table of cases with help in both languages, as CSV or XLSX.

    Raises
    ------
    InputError
        If the file exists, or is neither.
    """
    write_table(file, list(COLUMNS), *_template())


def import_template(kind: str) -> bytes:
    """Return what :func:`write_import_template` writes, of the kind ``.csv`` or ``.xlsx``."""
    return as_table(kind, list(COLUMNS), *_template())


def _template() -> tuple[list[list[str]], dict[str, str]]:
    helps = {one.id: f"{one.help.en}\n{one.help.zh}" for one in COLUMNS.values()}
    first, *others = [f"{one.title.en} {one.title.zh}: {one.help.en}; {one.help.zh}"
                      for one in COLUMNS.values()]  # fmt: skip
    examples = [one.example for one in COLUMNS.values()]
    rows = [[f"{_HELP} {first}", *others], [f"{_HELP} {examples[0]}", *examples[1:]]]
    return rows, helps
