"""The columns of a table of cases: what each means, and where it may go.

What points at a person goes to the vault or nowhere.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from dizuo.model.errors import InputError
from dizuo.model.text import Text

__all__ = ["COLUMNS", "IGNORED", "Column", "mapped_columns"]

IGNORED: Final = "ignore"
"""What a column is mapped to that is left out."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column.

    Attributes
    ----------
    confidence
        Kind of the confidence that it is kept as, or "" for what stands openly in the log.
    example
        A value, for the template.
    """

    id: str
    title: Text
    help: Text
    confidence: str = ""
    example: str = ""


COLUMNS: Final[Mapping[str, Column]] = {
    one.id: one
    for one in (
        Column(
            "external_id", Text("External id", "外部编号"),
            Text("number in the other system: the same number opens one case, ever (required)",
                 "原系统编号，同一编号只登记一次（必填）"), example="311-2026-000123",
        ),
        Column(
            "case_type", Text("Case type", "案件类型"),
            Text("id of the case type; empty: the one that the command names",
                 "案件类型编号，留空则按命令参数"), example="urban_event",
        ),
        Column(
            "category", Text("Category", "分类编码"),
            Text("code of the case type's list", "该类型分类表的编码"), example="0501",
        ),
        Column(
            "nature", Text("Nature", "诉求性质"),
            Text("of an appeal: complaint, suggestion ...", "诉求性质编码，如 complaint 投诉"),
        ),
        Column(
            "severity", Text("Severity", "严重程度"),
            Text("whole number, 0 is least", "整数，0 为最轻"),
        ),
        Column(
            "happened", Text("Reported at", "上报时间"),
            Text("time of the report; without a zone, the city's own",
                 "上报时间，未注明时区按本市时间"), example="2026-03-01 09:00",
        ),
        Column(
            "longitude", Text("Longitude", "经度"),
            Text("degrees of WGS 84; with latitude", "WGS 84 经度，与纬度同填"), example="7.42",
        ),
        Column(
            "latitude", Text("Latitude", "纬度"),
            Text("degrees of WGS 84; with longitude", "WGS 84 纬度，与经度同填"), example="43.73",
        ),
        Column(
            "place", Text("Place id", "地点编号"),
            Text("id of a place of the city, no address", "城市地点编号，不是地址"),
        ),
        Column("asset", Text("Asset id", "部件编号"), Text("id of an asset", "部件或设施编号")),
        Column(
            "text", Text("Description", "问题描述"),
            Text("what was said; kept in confidence", "诉求内容，加密保存"), "text",
            "stall on the pavement",
        ),
        Column(
            "address", Text("Address", "地址"),
            Text("address as told; kept in confidence", "上报地址，加密保存"), "address",
        ),
        Column(
            "name", Text("Name", "姓名"),
            Text("who reported; kept in confidence", "上报人姓名，加密保存"), "contact",
        ),
        Column(
            "phone", Text("Phone", "电话"),
            Text("kept in confidence", "联系电话，加密保存"), "contact",
        ),
        Column(
            "email", Text("Email", "邮箱"),
            Text("kept in confidence", "电子邮箱，加密保存"), "contact",
        ),
    )
}  # fmt: skip
"""What a table of cases may hold, by id."""

_OF_A_PERSON: Final = re.compile(
    r"姓名|名字|联系人|电话|手机|座机|身份证|证件|护照|微信|邮箱|住址|地址|车牌|银行|账号|"
    r"\b(name|phone|mobile|cell|telephone|tel|e-?mail|passport|id ?card|identity|ssn|address|"
    r"wechat|plate|contact|resident|caller|reporter|complainant|birth\w*)\b",
    re.IGNORECASE,
)
"""Headings of columns that hold what points at persons."""


def mapped_columns(
    headings: Iterable[str], mapping: Mapping[str, str], file: Path
) -> dict[str, Column]:
    """Return which column of ours each heading is; those that are left out are not in it.

    Parameters
    ----------
    mapping
        Heading to id of a column, or to ``ignore``; before what the headings say themselves.

    Raises
    ------
    InputError
        If a heading is not known, two are the same column, one that points at persons is mapped to
        what stands openly, or there is no external id.
    """
    named = {word.lower(): one.id for one in COLUMNS.values() for word in _names(one)}
    headings = list(headings)
    absent = sorted(set(mapping) - set(headings))
    if absent:
        raise _refused(
            file, absent[0], Text("there is no such column to map", "没有要对应的列"),
            Text(f"It has: {', '.join(headings)}.", f"现有列：{'、'.join(headings)}。"),
        )  # fmt: skip
    found: dict[str, Column] = {}
    for heading in headings:
        wanted = mapping.get(heading) or named.get(heading.lower(), "")
        if wanted == IGNORED:
            continue
        column = COLUMNS.get(wanted)
        personal = _OF_A_PERSON.search(heading.replace("_", " ")) is not None
        if column is None:
            raise _unknown(file, heading, personal=personal)
        if personal and not column.confidence and heading.lower() not in _names(column):
            raise _unknown(file, heading, personal=True)
        if any(one.id == column.id for one in found.values()):
            raise _refused(
                file, heading,
                Text(f"another column is {column.id} too", f"另一列也对应 {column.id}"),
                Text("Map one of them to ignore.", "请将其中一列对应为 ignore。"),
            )  # fmt: skip
        found[heading] = column
    if not any(one.id == "external_id" for one in found.values()):
        raise _refused(
            file, "external_id",
            Text("no column holds the external id", "没有外部编号列"),
            Text("Map one: --map 'No.=external_id'.", "请指定：--map '编号=external_id'。"),
        )  # fmt: skip
    return found


def _names(column: Column) -> set[str]:
    return {column.id.lower(), column.title.en.lower(), column.title.zh.lower()}


def _unknown(file: Path, heading: str, *, personal: bool) -> InputError:
    if not personal:
        return _refused(
            file, heading, Text("this column is not known", "未知的列"),
            Text(
                f"Map it: --map '{heading}=COLUMN', to {', '.join(COLUMNS)} or ignore.",
                f"请对应：--map '{heading}=列名'，可用 {'、'.join(COLUMNS)} 或 ignore。",
            ),
        )  # fmt: skip
    kept = [one.id for one in COLUMNS.values() if one.confidence]
    return _refused(
        file, heading,
        Text(
            "this column points at persons, and must not stand openly",
            "该列含个人信息，不得公开保存",
        ),
        Text(
            f"Map it to what is kept in confidence: {', '.join(kept)}; or to ignore.",
            f"请对应到加密保存的列：{'、'.join(kept)}，或 ignore。",
        ),
    )  # fmt: skip


def _refused(file: Path, heading: str, problem: Text, cure: Text) -> InputError:
    return InputError(problem, file=file, field=heading, cure=cure)
