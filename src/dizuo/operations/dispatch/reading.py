"""Read and write tables of dispatch rules: CSV, XLSX or TOML, in the order in which they apply."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from dizuo.base.toml_files import read_toml
from dizuo.model.errors import InputError
from dizuo.model.text import Text
from dizuo.operations.dispatch.rules import DispatchRule, Outcome, RuleTable
from dizuo.operations.dispatch.writing_conditions import (
    FIELDS,
    conditions_from_texts,
    items_of,
    texts_from_conditions,
)

__all__ = ["COLUMNS", "read_rules", "rule_from_texts", "texts_from_rule"]

COLUMNS: Final = ("rule", *FIELDS, "responsible", "supervising", "limit", "note")
"""The columns of a table, in order. Only ``rule`` and ``responsible`` must be there."""

_IN_CHINESE: Final = {
    "规则": "rule", "案件类型": "case_type", "类别": "category", "性质": "nature", "地点": "place",
    "权属": "owner", "时段": "hours", "星期": "weekdays", "季节": "season", "严重程度": "severity",
    "来源": "channel", "责任单位": "responsible", "监督单位": "supervising", "时限": "limit",
    "备注": "note",
}  # fmt: skip

Names = Mapping[str, Mapping[str, str]]
"""For a field, the id that each name stands for: ``{"nature": {"投诉": "complaint"}}``."""


def read_rules(file: Path, *, names: Names | None = None) -> RuleTable:
    """Read a table of dispatch rules.

    Parameters
    ----------
    file
        CSV or XLSX with the :data:`COLUMNS` in any order, headed in English or Chinese; or TOML
        with ``[[rule]]`` of the same fields, whose values may be lists.
    names
        Names that stand for ids, by field.

    Raises
    ------
    InputError
        If the file cannot be read or a cell not understood; it names file, row, field and cure.
    """
    toml = file.suffix.lower() == ".toml"
    numbered = _toml_rows(file) if toml else _table_rows(file)
    return RuleTable(
        tuple(
            rule_from_texts(_with_ids(texts, names or {}), row=row, file=str(file))
            for row, texts in numbered
        ),
        str(file),
    )


def rule_from_texts(texts: Mapping[str, str], *, row: int = 0, file: str = "") -> DispatchRule:
    """Return the rule that the cells of one row state; ``InputError`` if one makes no sense."""

    def refuse(problem: Text, field: str, cure: Text) -> InputError:
        return InputError(problem, file=file or None, row=row or None, field=field, cure=cure)

    for field in ("rule", "responsible"):
        if not texts.get(field, "").strip():
            cure = (
                Text("Name the rule.", "请给规则命名。")
                if field == "rule"
                else Text(
                    "Name the unit, @owner or @grid_duty.", "请写单位、@owner 或 @grid_duty。"
                )
            )
            raise refuse(Text("the cell is empty", "单元格为空"), field, cure)
    return DispatchRule(
        id=texts["rule"].strip(),
        when=conditions_from_texts(texts, refuse),
        then=Outcome(
            responsible=texts["responsible"].strip(),
            supervising=texts.get("supervising", "").strip(),
            limit=texts.get("limit", "").strip(),
        ),
        row=row,
        note=texts.get("note", "").strip(),
    )


def texts_from_rule(rule: DispatchRule) -> dict[str, str]:
    """Return the cells that state a rule, blank ones left out."""
    texts = {
        "rule": rule.id,
        **texts_from_conditions(rule.when),
        "responsible": rule.then.responsible,
        "supervising": rule.then.supervising,
        "limit": rule.then.limit,
        "note": rule.note,
    }
    return {field: text for field, text in texts.items() if text}


def _with_ids(texts: Mapping[str, str], names: Names) -> dict[str, str]:
    """Put ids in the place of names; what is no known name stays as it is."""
    found = dict(texts)
    for field, ids in names.items():
        if field in found:
            found[field] = ";".join(ids.get(item, item) for item in items_of(found[field]))
    return found


def _table_rows(file: Path) -> list[tuple[int, dict[str, str]]]:
    from dizuo.base.tables import read_table, refuse_torn_rows  # noqa: PLC0415 (pandas is slow to load)

    frame, torn = read_table(file)
    refuse_torn_rows(torn, file)
    columns = {str(name): _column(str(name)) for name in frame.columns if name != "row"}
    _refuse_columns(columns, file)
    return [
        (int(record["row"]), {columns[name]: str(record[name]) for name in columns})
        for record in frame.to_dict("records")
    ]


def _column(name: str) -> str:
    return _IN_CHINESE.get(name, name.casefold())


def _refuse_columns(columns: Mapping[str, str], file: Path) -> None:
    def refuse(problem: Text, field: str, cure: Text) -> InputError:
        return InputError(problem, file=file, row=1, field=field, cure=cure)

    _refuse_unknown(columns, refuse)
    for needed in ("rule", "responsible"):
        if needed not in columns.values():
            raise refuse(
                Text("the column is missing", "缺少该列"),
                needed,
                Text(f"Add a column {needed}.", f"请添加列 {needed}。"),
            )
    if len(set(columns.values())) < len(columns):
        raise refuse(
            Text("a column stands twice", "列重复"),
            " / ".join(columns),
            Text("Keep one of the two.", "请只保留一列。"),
        )


def _refuse_unknown(
    columns: Mapping[str, str], refuse: Callable[[Text, str, Text], InputError]
) -> None:
    for name, column in columns.items():
        if column not in COLUMNS:
            raise refuse(
                Text("the field is unknown", "未知字段"),
                name,
                Text(f"Known are: {', '.join(COLUMNS)}.", f"可用字段：{'、'.join(COLUMNS)}。"),
            )


def _toml_rows(file: Path) -> list[tuple[int, dict[str, str]]]:
    tables = read_toml(file)
    entries = tables.pop("rule", None)
    if tables or not isinstance(entries, list) or not entries:
        raise InputError(
            Text("there is no list of rules", "没有规则列表"),
            file=file,
            cure=Text("Write [[rule]] entries.", "请写成 [[rule]] 条目。"),
        )
    return [(number, _toml_texts(entry, number, file)) for number, entry in enumerate(entries, 1)]


def _toml_texts(entry: Any, number: int, file: Path) -> dict[str, str]:
    def refuse(problem: Text, field: str, cure: Text) -> InputError:
        return InputError(problem, file=file, row=number, field=field, cure=cure)

    if not isinstance(entry, dict):
        raise refuse(
            Text("the entry is no table", "条目不是表"),
            "rule",
            Text("Write [[rule]], twice bracketed.", "请写成 [[rule]]，双层方括号。"),
        )
    _refuse_unknown({name: name for name in entry}, refuse)
    texts: dict[str, str] = {}
    for field, value in entry.items():
        items = value if isinstance(value, list) else [value]
        if not all(isinstance(item, str | int) and not isinstance(item, bool) for item in items):
            raise refuse(
                Text(f"{value!r} is no text", f"{value!r} 不是文本"),
                field,
                Text("Write a text, a number or a list.", "请写文本、数字或列表。"),
            )
        texts[field] = ";".join(str(item) for item in items)
    return texts
