"""Tables of rows: CSV in any encoding of Chinese offices, and XLSX."""

import contextlib
import csv
import io
import re
import warnings
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pandas as pd

from dizuo.base.rejects import join_rejects, rejected_rows
from dizuo.base.text_encoding import decode
from dizuo.model.errors import InputError
from dizuo.model.text import Text

__all__ = ["read_table", "refuse_torn_rows"]

_DELIMITERS: Final = (",", ";", "\t", "|")
_LARGEST_CELL: Final = 10_000_000
_BROKEN: Final = (
    OSError, EOFError, zipfile.BadZipFile, zlib.error, SyntaxError, LookupError, ValueError,
    TypeError, AttributeError,
)  # fmt: skip
"""What a workbook that is damaged makes its reader raise: there is no one kind for it."""


@dataclass(frozen=True, slots=True)
class TableSize:
    """How much a table may hold: rows below the header, and cells."""

    rows: int
    cells: int


def read_table(
    file: Path,
    *,
    encoding: str = "auto",
    sheet: str | None = None,
    content: bytes | None = None,
    most: TableSize | None = None,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Read a table as text, with the row numbers that the user sees.

    Parameters
    ----------
    file
        ``.csv``, ``.tsv``, ``.txt`` or ``.xlsx``.
    encoding
        ``auto`` or the name of an encoding, for text files.
    sheet
        Sheet of a workbook; None for the first.
    content
        What the table holds, if it is on no disk; ``file`` is then its name alone.
    most
        A larger table, what is empty counted too, is not read to its end.

    Returns
    -------
    tuple
        The rows (all text, ``row`` first; the header is row 1), and the rejects: rows that have
        more or fewer cells than the header.

    Raises
    ------
    InputError
        If the file cannot be read or is too large, has no header or no row, or two columns share a
        name.
    """
    suffix = file.suffix.lower()
    if suffix in {".csv", ".tsv", ".txt"}:
        there = _bytes(file) if content is None else content
        rows = _csv_rows(file, there, encoding, most)
    elif suffix in {".xlsx", ".xlsm"}:
        rows = _workbook_rows(file, content, sheet, most)
    else:
        raise InputError(
            Text(
                f"a table cannot be read from {suffix or 'a file without suffix'}",
                f"无法从 {suffix or '无后缀文件'} 读取表格",
            ),
            file=file,
            cure=Text("Save it as CSV or XLSX.", "请另存为 CSV 或 XLSX。"),
        )
    numbered = [(number, row) for number, row in rows if any(cell != "" for cell in row)]
    if len(numbered) < 2:
        raise InputError(
            Text("the table has no row under its header", "表格只有表头，没有数据行")
            if numbered
            else Text("the table is empty", "表格为空"),
            file=file,
            cure=Text(
                "Fill it in, or remove the source from city.toml.",
                "请填写表格，或从 city.toml 中删去该数据源。",
            ),
        )
    header_row, header = numbered[0]
    names = _column_names(header, header_row, file)
    return _frame(numbered[1:], names)


def _column_names(header: Sequence[str], header_row: int, file: Path) -> list[str]:
    names = list(header)
    while names and names[-1] == "":
        names.pop()
    for position, name in enumerate(names, start=1):
        if name == "" or name in names[: position - 1]:
            what = (
                Text(f"is named {name!r} like another", f"与另一列同名：“{name}”")
                if name
                else Text("has no name", "没有名称")
            )
            raise InputError(
                Text(f"column {position} {what.en}", f"第 {position} 列{what.zh}"),
                file=file,
                row=header_row,
                cure=Text("Give every column its own name.", "每一列的名称应各不相同。"),
            )
    return names


def _frame(
    numbered: Sequence[tuple[int, Sequence[str]]], names: list[str]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    width = len(names)
    whole = [(number, row) for number, row in numbered if _fits(row, width)]
    ragged = [(number, row) for number, row in numbered if not _fits(row, width)]
    frame = pd.DataFrame([list(row[:width]) for _, row in whole], columns=names, dtype="str")
    frame.insert(0, "row", pd.Series([number for number, _ in whole], dtype="int64"))
    wrong = pd.DataFrame({"row": [number for number, _ in ragged]})
    reasons = pd.Series(
        [f"the row has {len(row)} cells, the header {width}" for _, row in ragged], dtype="str"
    )
    rejects = rejected_rows(
        wrong,
        [True] * len(wrong),
        reason=reasons,
        cure="Check the quotes and the delimiters of the row.",
    )
    return frame, join_rejects([rejects])


def refuse_torn_rows(rejects: pd.DataFrame, file: Path) -> None:
    """Refuse a table in which a row has more or fewer cells than the header.

    Parameters
    ----------
    rejects
        What :func:`read_table` returned beside the table.

    Raises
    ------
    InputError
        With the first of those rows.
    """
    if rejects.empty:
        return
    first = rejects.iloc[0]
    cells, header = re.findall(r"\d+", str(first["reason"]))
    raise InputError(
        Text(
            f"the row has {cells} cells, the header {header}",
            f"该行有 {cells} 格，表头 {header} 格",
        ),
        file=file,
        row=int(first["row"]),
        cure=Text("Check the quotes and the delimiters of the row.", "请检查该行的引号与分隔符。"),
    )


def _fits(row: Sequence[str], width: int) -> bool:
    return len(row) >= width and not any(row[width:])


def _csv_rows(
    file: Path, content: bytes, encoding: str, most: TableSize | None
) -> Iterable[tuple[int, list[str]]]:
    text = decode(content, encoding, file)
    if "\0" in text:
        raise InputError(
            Text("the file holds bytes that are no text", "文件含有非文本字节"),
            file=file,
            cure=Text("Save it as CSV.", "请另存为 CSV。"),
        )
    first_line = next((line for line in io.StringIO(text, newline=None) if line.strip()), "")
    delimiter = max(_DELIMITERS, key=first_line.count)
    csv.field_size_limit(_LARGEST_CELL)
    try:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        rows = _bounded(reader, file, most)
        return [
            (number, [cell.strip() for cell in row]) for number, row in enumerate(rows, start=1)
        ]
    except csv.Error as error:
        raise InputError(
            Text(f"this is not CSV: {error}", f"文件不是 CSV：{error}"),
            file=file,
            cure=Text("Check its quotes; each must be closed.", "请检查引号，每个引号都须成对。"),
        ) from error


def _bytes(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise InputError(
            Text(f"the file cannot be read: {error.strerror}", f"无法读取文件：{error.strerror}"),
            file=file,
            cure=Text("Correct its path.", "请更正路径。"),
        ) from error


def _workbook_rows(
    file: Path, content: bytes | None, sheet: str | None, most: TableSize | None
) -> Iterable[tuple[int, list[str]]]:
    import openpyxl  # noqa: PLC0415 (slow to load, and only workbooks need it)

    source = file if content is None else io.BytesIO(content)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            book = openpyxl.load_workbook(source, read_only=True, data_only=True)
        with contextlib.closing(book):
            names = book.sheetnames
            if sheet is not None and sheet not in names:
                raise _no_sheet(file, sheet, names)
            chosen = book[sheet if sheet is not None else names[0]]
            rows = _bounded(chosen.iter_rows(values_only=True), file, most)
            return [(number, _cells(row)) for number, row in enumerate(rows, start=1)]
    except _BROKEN as error:
        raise InputError(
            Text(
                f"this is no workbook that can be read ({error})", f"无法作为工作簿读取（{error}）"
            ),
            file=file,
            cure=Text("Save it as .xlsx.", "请另存为 .xlsx。"),
        ) from error


def _bounded(
    rows: Iterable[Sequence[Any]], file: Path, most: TableSize | None
) -> Iterator[Sequence[Any]]:
    """Hand rows out until there were too many of them, or too many cells."""
    cells = 0
    for number, row in enumerate(rows):
        cells += len(row)
        if most is not None and (number > most.rows or cells > most.cells):
            raise InputError(
                Text(
                    f"the table has more than {most.rows:,} rows or {most.cells:,} cells",
                    f"表格超过 {most.rows:,} 行或 {most.cells:,} 个单元格",
                ),
                file=file,
                cure=Text(
                    "Remove empty rows and columns, or bring it in in parts.",
                    "请删除空行空列，或分批导入。",
                ),
            )
        yield row


def _no_sheet(file: Path, sheet: str, names: Sequence[str]) -> InputError:
    return InputError(
        Text(f"there is no sheet {sheet!r}", f"没有工作表“{sheet}”"),
        file=file,
        field="table",
        cure=Text(f"The sheets are: {', '.join(names)}.", f"现有工作表：{'、'.join(names)}。"),
    )


def _cells(row: Sequence[Any]) -> list[str]:
    return [_cell_text(value) for value in row]


def _cell_text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if (
        hasattr(value, "hour")
        and hasattr(value, "date")
        and not any((value.hour, value.minute, value.second))
    ):
        return str(value.date().isoformat())
    return str(value).strip()
