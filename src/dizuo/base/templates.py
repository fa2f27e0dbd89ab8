"""Templates: the tables that a city fills where open data cannot compute an indicator."""

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from openpyxl import Workbook
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from dizuo.base.user_values import HELP_MARK, template_columns
from dizuo.model.errors import InputError
from dizuo.model.evidence import Evidence
from dizuo.model.place import PlaceKind
from dizuo.model.text import Text
from dizuo.standards.checkup_rows import CheckupRow, load_checkup_rows

__all__ = ["KnownPlace", "template_rows", "write_templates"]
__systems__ = ("S22.2",)

_LAST_ROW: Final = 5000
"""Rows that a workbook's drop-down lists reach."""
_HELP: Final = {
    "indicator": Text("id of the indicator; leave as it is", "指标编号,请勿改动"),
    "place_kind": Text(
        "kind of place: building, block, cell, community, district or city",
        "地点类型:building 建筑、block 街坊、cell 网格、community 社区、district 区、city 城市",
    ),
    "place": Text("id or name of the place; empty for the city", "地点编号或名称;整个城市时留空"),
    "value": Text(
        "the value itself, if its parts are not known; else empty", "指标值;已填分子分母时留空"
    ),
    "unit": Text("unit of the value; leave as it is", "指标值的单位,请勿改动"),
    "date": Text("day that the amounts are of: 2025-12-31", "数据日期,如 2025-12-31"),
    "source": Text("who says so: survey, register, document", "数据来源:调查、台账、文件等"),
    "evidence": Text(
        "measured, estimated or simulated; empty: as city.toml says",
        "measured 实测、estimated 估算、simulated 模拟;留空则按 city.toml",
    ),
    "note": Text("anything a reader must know", "备注"),
}
_FILL: Final = PatternFill("solid", fgColor="E8EEF4")
_HELP_FONT: Final = Font(italic=True, color="666666")


@dataclass(frozen=True, slots=True)
class KnownPlace:
    """A place of the city, for the list in the workbook."""

    kind: str
    id: str
    name: str


def template_rows(ids: Iterable[str] = ()) -> tuple[CheckupRow, ...]:
    """Return the indicators that get a template.

    Parameters
    ----------
    ids
        Only these; empty for all that open data cannot compute, or only in part.

    Raises
    ------
    InputError
        If an id is unknown or has nothing to fill in.
    """
    rows = load_checkup_rows()
    wanted = tuple(ids)
    for name in wanted:
        if name not in rows or not rows[name].measures:
            raise InputError(
                Text(f"there is no template for {name!r}", f"没有“{name}”的填报模板"),
                field="indicator",
                cure=Text(
                    "See the ids with: dizuo templates --list.",
                    "可用 dizuo templates --list 查看编号。",
                ),
            )
    if wanted:
        return tuple(rows[name] for name in wanted)
    return tuple(
        row for row in rows.values() if row.measures and (row.open_data != "yes" or row.by_table)
    )


def write_templates(
    folder: str | Path,
    *,
    ids: Iterable[str] = (),
    places: Sequence[KnownPlace] = (),
    overwrite: bool = False,
) -> tuple[Path, ...]:
    """Write a workbook and a CSV file for each indicator that a city must tell.

    The workbook has a sheet to fill in, with help in English and Chinese and drop-down lists, an
    example, and the places of the city. Filled in, either file is a source of kind ``values``.

    Parameters
    ----------
    folder
        Where to write; it is made.
    ids
        Only these indicators.
    places
        Places to list.
    overwrite
        Whether files that are there already may be replaced: they may be filled in.

    Returns
    -------
    tuple
        The files, two for each indicator.

    Raises
    ------
    InputError
        If an id has no template, or a file is there already.
    """
    target = Path(folder)
    rows = template_rows(ids)
    files = [target / f"{row.id}{suffix}" for row in rows for suffix in (".xlsx", ".csv")]
    there = [file for file in files if file.exists()]
    if there and not overwrite:
        raise InputError(
            Text("the file is there already and may be filled in", "文件已存在，可能已经填写"),
            file=there[0],
            cure=Text(
                "Choose another folder, or say that it may be overwritten.",
                "请换一个文件夹，或声明允许覆盖。",
            ),
        )
    target.mkdir(parents=True, exist_ok=True)
    for row in rows:
        _write_workbook(target / f"{row.id}.xlsx", row, places)
        _write_csv(target / f"{row.id}.csv", row)
    return tuple(files)


def _help(row: CheckupRow, column: str) -> Text:
    fields = {field.name: field for field in row.fields}
    if column in fields:
        field = fields[column]
        return Text(f"{field.label.en} ({field.unit})", f"{field.label.zh}({field.unit})")
    return _HELP[column]


def _help_row(row: CheckupRow) -> list[str]:
    texts = [_help(row, column) for column in template_columns(row)]
    cells = [f"{text.zh} / {text.en}" for text in texts]
    return [f"{HELP_MARK} {cells[0]}", *cells[1:]]


def _unit(row: CheckupRow) -> str:
    return row.measures[0].unit.en if len(row.measures) == 1 else ""


def _example_row(row: CheckupRow) -> list[str]:
    parts = {measure.numerator.name for measure in row.measures}
    amounts = {field.name: "10" if field.name in parts else "1000" for field in row.fields}
    told = {
        "indicator": row.id,
        "place_kind": str(PlaceKind.DISTRICT),
        "place": "district:…",
        "unit": _unit(row),
        "date": "2025-12-31",
        "source": "调查 survey",
        "evidence": str(Evidence.MEASURED),
        **amounts,
    }
    return [told.get(column, "") for column in template_columns(row)]


def _write_csv(file: Path, row: CheckupRow) -> None:
    # Spreadsheet programs read UTF-8 only with a byte order mark.
    with file.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(template_columns(row))
        writer.writerow(_help_row(row))


def _write_workbook(file: Path, row: CheckupRow, places: Sequence[KnownPlace]) -> None:
    book = Workbook()
    data = book.create_sheet("data", 0)
    _fill_data(data, row, places)
    _fill_about(book.create_sheet("about 说明"), row)
    example = book.create_sheet("example 示例")
    example.append(list(template_columns(row)))
    example.append(_example_row(row))
    listed = book.create_sheet("places 地点")
    listed.append(["place_kind", "place", "name"])
    for place in places:
        listed.append([place.kind, place.id, place.name])
    del book["Sheet"]
    book.save(file)


def _fill_data(sheet: Worksheet, row: CheckupRow, places: Sequence[KnownPlace]) -> None:
    columns = template_columns(row)
    sheet.append(list(columns))
    sheet.append(_help_row(row))
    sheet.freeze_panes = "A3"
    for number, column in enumerate(columns, start=1):
        text = _help(row, column)
        head, below = sheet.cell(1, number), sheet.cell(2, number)
        head.font, head.fill = Font(bold=True), _FILL
        head.comment = Comment(f"{text.zh}\n{text.en}", "dizuo")
        below.font, below.alignment = _HELP_FONT, Alignment(wrap_text=True, vertical="top")
        sheet.column_dimensions[get_column_letter(number)].width = 24
    lists = {
        "place_kind": f'"{",".join(PlaceKind)}"',
        "evidence": f'"{",".join(mark for mark in Evidence if mark is not Evidence.MISSING)}"',
        "indicator": f'"{row.id}"',
    }
    if places:
        lists["place"] = f"'places 地点'!$B$2:$B${len(places) + 1}"
    for column, formula in lists.items():
        check = DataValidation(type="list", formula1=formula, allow_blank=True)
        # A name may stand in place of an id, so only the other lists are binding.
        check.showErrorMessage = column != "place"
        _apply(sheet, check, columns.index(column) + 1)
    for field in row.fields:
        check = DataValidation(type="decimal", operator="greaterThanOrEqual", formula1="0")
        check.showErrorMessage = True
        _apply(sheet, check, columns.index(field.name) + 1)


def _apply(sheet: Worksheet, check: DataValidation, column: int) -> None:
    letter = get_column_letter(column)
    check.add(f"{letter}3:{letter}{_LAST_ROW}")
    sheet.add_data_validation(check)


def _fill_about(sheet: Worksheet, row: CheckupRow) -> None:
    sheet.append(["指标 indicator", row.id])
    sheet.append(["名称", row.title.zh])
    sheet.append(["name", row.title.en])
    sheet.append(["体系 set", row.checkup_set])
    for measure in row.measures:
        divided = measure.denominator
        names = measure.numerator.name + (f" / {divided.name}" if divided else "")
        scaled = f"{names} × {measure.factor:g}" if measure.factor != 1 else names
        sheet.append(["计算 formula", f"{scaled} [{measure.unit.en} / {measure.unit.zh}]"])
    if row.note:
        sheet.append(["备注 note", row.note])
    sheet.column_dimensions["A"].width = 18
    sheet.column_dimensions["B"].width = 90
