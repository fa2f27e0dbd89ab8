"""Write tables for spreadsheets: no cell runs as a formula, a file appears whole or not at all."""

import csv
import io
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from dizuo.model.errors import InputError
from dizuo.model.text import Text

__all__ = ["as_table", "safe_cell", "write_table"]

_RUNS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What makes a spreadsheet take text for a formula, as OWASP lists it."""


def safe_cell(value: Any) -> Any:
    """Return a value as a cell: text that a spreadsheet would run gets an apostrophe before it."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    if isinstance(value, str) and value.startswith(_RUNS):
        return f"'{value}"
    return value


def write_table(
    file: Path,
    columns: Sequence[str],
    rows: Sequence[Sequence[Any]],
    comments: Mapping[str, str] | None = None,
) -> None:
    """Write a table as CSV or XLSX, as its suffix says; see :func:`as_table`.

    Raises
    ------
    InputError
        If the file exists, or is neither.
    """
    if file.exists():
        raise InputError(
            Text("the file exists", "文件已存在"),
            file=file,
            cure=Text("Name another one.", "请另取名称。"),
        )
    content = as_table(file.suffix.lower(), columns, rows, comments, file=file)
    file.parent.mkdir(parents=True, exist_ok=True)
    partial = file.with_name(f".{file.name}.partial")
    partial.write_bytes(content)
    partial.replace(file)


def as_table(
    kind: str,
    columns: Sequence[str],
    rows: Sequence[Sequence[Any]],
    comments: Mapping[str, str] | None = None,
    *,
    file: Path | None = None,
) -> bytes:
    """Return a table as the bytes of a CSV (UTF-8 with a mark, as spreadsheets want it) or XLSX.

    Parameters
    ----------
    kind
        ``.csv`` or ``.xlsx``.
    comments
        Notes on headings, for XLSX.
    file
        What it is written to, to be named in a refusal.

    Raises
    ------
    InputError
        If it is neither.
    """
    cells = [[safe_cell(one) for one in row] for row in rows]
    if kind == ".csv":
        written = io.StringIO(newline="")
        csv.writer(written).writerows([list(columns), *cells])
        return written.getvalue().encode("utf-8-sig")
    if kind == ".xlsx":
        return _workbook(columns, cells, comments or {})
    raise InputError(
        Text("a table is written as .csv or .xlsx", "表格须为 .csv 或 .xlsx"), file=file
    )


def _workbook(
    columns: Sequence[str], rows: Sequence[Sequence[Any]], comments: Mapping[str, str]
) -> bytes:
    from openpyxl import Workbook  # noqa: PLC0415 - slow to load
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE  # noqa: PLC0415
    from openpyxl.comments import Comment  # noqa: PLC0415

    book = Workbook()
    sheet = book.worksheets[0]
    sheet.append([safe_cell(one) for one in columns])
    for row in rows:
        sheet.append(
            [ILLEGAL_CHARACTERS_RE.sub("", one) if isinstance(one, str) else one for one in row]
        )
    for position, name in enumerate(columns, start=1):
        if name in comments:
            sheet.cell(1, position).comment = Comment(comments[name], "dizuo")
    sheet.freeze_panes = "A2"
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()
