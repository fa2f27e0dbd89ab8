"""Templates of the tables by which a city gives its own addresses and place names."""

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from openpyxl import Workbook
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from dizuo.base.layer_words import PLACE_NAME_KINDS
from dizuo.model.errors import InputError
from dizuo.model.text import Text

__all__ = ["REGISTERS", "write_gazetteer_templates"]
__systems__ = ("S22.2",)

_WHERE: Final = {
    "x": Text("longitude, or east coordinate", "经度或东坐标"),
    "y": Text("latitude, or north coordinate", "纬度或北坐标"),
}
REGISTERS: Final[Mapping[str, Mapping[str, Text]]] = {
    "addresses": {
        "id": Text("number that stays; may be empty", "固定编号,可留空"),
        "street": Text("street", "道路名称"),
        "number": Text(
            "house number down to the building, no flat", "门牌号,到楼栋为止,勿填单元和室"
        ),
        "place": Text("estate or village, where there is no street", "无道路时填小区或村名"),
        "postcode": Text("postcode", "邮政编码"),
        "city": Text("city", "城市"),
        "name": Text("name of the building", "楼宇名称"),
        **_WHERE,
    },
    "place_names": {
        "id": Text("number that stays; may be empty", "固定编号,可留空"),
        "kind": Text(", ".join(PLACE_NAME_KINDS), "地名类型,填左列英文之一"),
        "name": Text("name", "名称"),
        "name_zh": Text(
            "Chinese name, if the name is in another language", "中文名称(名称为外文时)"
        ),
        "other_names": Text("other names, with ; between", "别名、简称、旧名,以分号隔开"),
        **_WHERE,
    },
}
"""Columns of each register, as the base names them, with what to fill in."""
_SETTINGS: Final = """[[sources]]
id = "city_{layer}"
kind = "table"
file = "templates/{layer}.xlsx"
layer = "{layer}"
mode = "replace"
crs = "EPSG:4326"
date = 2025-12-31
licence = "internal"
"""


def write_gazetteer_templates(folder: str | Path, *, overwrite: bool = False) -> tuple[Path, ...]:
    """Write an empty workbook and an empty CSV file for each register.

    The workbook's second sheet explains every column in both languages, and holds the lines that
    name the filled table in ``city.toml``.

    Parameters
    ----------
    folder
        Where to write; it is made.
    overwrite
        Whether files that are there already may be replaced: they may be filled in.

    Returns
    -------
    tuple
        The files, two for each register.

    Raises
    ------
    InputError
        If a file is there already.
    """
    target = Path(folder)
    files = [target / f"{layer}{suffix}" for layer in REGISTERS for suffix in (".xlsx", ".csv")]
    there = [file for file in files if file.exists()]
    if there and not overwrite:
        raise InputError(
            Text("the file is there already and may be filled in", "文件已存在，可能已填写内容"),
            file=there[0],
            cure=Text(
                "Choose another folder, or say that it may be overwritten.",
                "请另选文件夹，或说明可以覆盖。",
            ),
        )
    target.mkdir(parents=True, exist_ok=True)
    for layer, columns in REGISTERS.items():
        _write_workbook(target / f"{layer}.xlsx", layer, columns)
        # Spreadsheet programs read UTF-8 only with a byte order mark.
        with (target / f"{layer}.csv").open("w", encoding="utf-8-sig", newline="") as stream:
            csv.writer(stream).writerow(columns)
    return tuple(files)


def _write_workbook(file: Path, layer: str, columns: Mapping[str, Text]) -> None:
    book = Workbook()
    data = book.create_sheet(layer, 0)
    about = book.create_sheet("about 说明", 1)
    del book["Sheet"]
    data.append(list(columns))
    data.freeze_panes = "A2"
    for number, (column, text) in enumerate(columns.items(), start=1):
        data.cell(1, number).font = Font(bold=True)
        data.column_dimensions[get_column_letter(number)].width = 20
        about.append([column, text.en, text.zh])
    about.append([])
    about.append(["city.toml"])
    for line in _SETTINGS.format(layer=layer).splitlines():
        about.append([line])
    about.column_dimensions["A"].width = 28
    about.column_dimensions["B"].width = about.column_dimensions["C"].width = 60
    book.save(file)
