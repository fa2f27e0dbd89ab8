"""Read the TOML files of the rule book: one file a standard, every entry checked.

A file holds one table ``[standard]``, whose fields every rule inherits, and any number of
``[[rule]]``. Two editions of one number are two rules with the same id and other dates.
"""

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, cast, get_args

from dizuo.model.errors import RuleError
from dizuo.model.rule import Certainty, Comparison, Rule, Scale
from dizuo.model.text import Text

__all__ = ["Standard", "parse_rule_file"]

_STANDARD_FIELDS = {
    "id", "en", "zh", "source", "edition", "valid_from", "valid_to", "jurisdiction", "date_note",
    "note",
}  # fmt: skip
_RULE_FIELDS = {
    "id", "en", "zh", "value", "upper", "unit", "comparison", "clause", "certainty", "scale",
    "note", "source", "edition", "valid_from", "valid_to", "jurisdiction",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Standard:
    """The document that a file of rules belongs to.

    Attributes
    ----------
    id
        First part of the id of every rule in the file.
    title
        Its names, in our words.
    source, edition
        Number of the document and its edition.
    valid_from, valid_to
        First day in force, and first day no longer in force.
    jurisdiction
        Where it applies; ``""`` means anywhere.
    date_note
        What is not known about the dates; becomes part of the note of every rule.
    note
        What else a reader should know.
    file
        Name of the file it was read from.
    """

    id: str
    title: Text
    source: str
    edition: str
    valid_from: date
    jurisdiction: str
    file: str
    valid_to: date | None = None
    date_note: str = ""
    note: str = ""


def parse_rule_file(text: str, file: str) -> tuple[Standard, list[Rule]] | None:
    """Return the standard and the rules of one file, or None if it has no ``[standard]`` table.

    Raises
    ------
    RuleError
        If an entry is not well formed; the message names the file, the rule, the key and the cure.
    """
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise RuleError(
            Text(f"{file}: not valid TOML ({error}).", f"{file}：不符合 TOML 语法（{error}）。")
        ) from error
    if "standard" not in tables:
        return None
    unknown = sorted(set(tables) - {"standard", "rule"})
    if unknown:
        raise RuleError(
            Text(
                f"{file}: unknown tables {', '.join(unknown)}. Give [standard], [[rule]].",
                f"{file}：未知的表 {'、'.join(unknown)}。应为 [standard]、[[rule]]。",
            )
        )
    standard = _standard(tables["standard"], file)
    entries = tables.get("rule", [])
    if not isinstance(entries, list):
        raise RuleError(
            Text(
                f"{file}: rules are written as [[rule]], with two brackets.",
                f"{file}：规则须写成 [[rule]]，用双重方括号。",
            )
        )
    return standard, [_rule(entry, standard) for entry in entries]


def _standard(table: Any, file: str) -> Standard:
    where = f"{file} [standard]"
    if not isinstance(table, dict):
        raise RuleError(Text(f"{where}: must be a table.", f"{where}：应为表。"))
    _refuse_unknown(table, _STANDARD_FIELDS, where)
    return Standard(
        id=_text(table, "id", where),
        title=Text(en=_text(table, "en", where), zh=_text(table, "zh", where)),
        source=_text(table, "source", where),
        edition=_text(table, "edition", where),
        valid_from=_day(table, "valid_from", where),
        valid_to=_day(table, "valid_to", where) if "valid_to" in table else None,
        jurisdiction=_jurisdiction(table, where),
        date_note=str(table.get("date_note", "")),
        note=str(table.get("note", "")),
        file=file,
    )


def _rule(entry: Any, standard: Standard) -> Rule:
    if not isinstance(entry, dict) or not isinstance(entry.get("id"), str):
        raise RuleError(
            Text(
                f"{standard.file} [[rule]]: every rule needs an 'id' that is text.",
                f"{standard.file} [[rule]]：每条规则须有文本形式的“id”。",
            )
        )
    where = f"{standard.file} [[rule]] {entry['id']}"
    _refuse_unknown(entry, _RULE_FIELDS, where)
    if not entry["id"].startswith(f"{standard.id}."):
        raise RuleError(
            Text(
                f"{where}: the id must start with the standard's, '{standard.id}.'.",
                f"{where}：编号须以标准的编号“{standard.id}.”开头。",
            )
        )
    inherited: dict[str, Any] = {
        "source": standard.source,
        "edition": standard.edition,
        "valid_from": standard.valid_from,
        "jurisdiction": standard.jurisdiction,
    }
    if standard.valid_to is not None:
        inherited["valid_to"] = standard.valid_to
    fields = inherited | entry
    valid_from, valid_to = _validity(fields, where)
    comparison = _one_of(fields, "comparison", get_args(Comparison), where)
    value, upper = _limits(fields, comparison, where)
    return Rule(
        id=entry["id"],
        title=Text(en=_text(fields, "en", where), zh=_text(fields, "zh", where)),
        value=value,
        unit=_text(fields, "unit", where),
        comparison=cast("Comparison", comparison),
        source=_text(fields, "source", where),
        edition=_text(fields, "edition", where),
        valid_from=valid_from,
        valid_to=valid_to,
        jurisdiction=_jurisdiction(fields, where),
        certainty=Certainty(_one_of(fields, "certainty", tuple(Certainty), where)),
        clause=str(fields.get("clause", "")),
        upper=upper,
        scale=_scale(fields["scale"], where) if "scale" in fields else None,
        note=" ".join(filter(None, (str(fields.get("note", "")), standard.date_note))),
    )


def _validity(fields: Mapping[str, Any], where: str) -> tuple[date, date | None]:
    valid_from = _day(fields, "valid_from", where)
    valid_to = _day(fields, "valid_to", where) if "valid_to" in fields else None
    if valid_to is not None and valid_to <= valid_from:
        raise RuleError(
            Text(
                f"{where}: valid_to ({valid_to}) must be later than valid_from.",
                f"{where}：valid_to（{valid_to}）须晚于 valid_from。",
            )
        )
    return valid_from, valid_to


def _limits(fields: Mapping[str, Any], comparison: str, where: str) -> tuple[float, float | None]:
    value, upper = _number(fields, "value", where), None
    if "upper" in fields:
        upper = _number(fields, "upper", where)
    if (comparison == "between") != (upper is not None) and comparison != "given":
        raise RuleError(
            Text(
                f"{where}: 'upper' is given exactly when comparison is \"between\".",
                f'{where}：当且仅当 comparison 为 "between" 时给出“upper”。',
            )
        )
    if upper is not None and upper < value:
        raise RuleError(
            Text(
                f"{where}: upper ({upper}) must not be below value ({value}).",
                f"{where}：upper（{upper}）不得小于 value（{value}）。",
            )
        )
    return value, upper


def _scale(table: Any, where: str) -> Scale:
    if not isinstance(table, dict) or set(table) != {"floor", "passing", "excellent"}:
        raise RuleError(
            Text(
                f"{where}: 'scale' needs exactly floor, passing and excellent.",
                f"{where}：“scale”须恰好包含 floor、passing 和 excellent。",
            )
        )
    floor, passing, excellent = (
        _number(table, key, f"{where} scale") for key in ("floor", "passing", "excellent")
    )
    if not (floor < passing <= excellent or floor > passing >= excellent):
        raise RuleError(
            Text(
                f"{where}: floor, passing and excellent must run in one direction.",
                f"{where}：floor、passing 和 excellent 须单调排列。",
            )
        )
    return Scale(floor, passing, excellent)


def _refuse_unknown(table: Mapping[str, Any], known: set[str], where: str) -> None:
    unknown = sorted(set(table) - known)
    if unknown:
        raise RuleError(
            Text(
                f"{where}: unknown keys {', '.join(unknown)}. Known: {sorted(known)}.",
                f"{where}：未知的键 {'、'.join(unknown)}。可用：{sorted(known)}。",
            )
        )


def _text(table: Mapping[str, Any], key: str, where: str) -> str:
    value = table.get(key)
    if not isinstance(value, str) or not value.strip():
        raise RuleError(
            Text(f"{where}: '{key}' must be given as text.", f"{where}：“{key}”须以文本给出。")
        )
    return value


def _jurisdiction(table: Mapping[str, Any], where: str) -> str:
    value = table.get("jurisdiction")
    if not isinstance(value, str):
        raise RuleError(
            Text(
                f"{where}: 'jurisdiction' must be text (a country code, or \"\" anywhere).",
                f'{where}：“jurisdiction”应为文本（国家或地区代码；"" 表示任何地区）。',
            )
        )
    return value


def _number(table: Mapping[str, Any], key: str, where: str) -> float:
    value = table.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise RuleError(
            Text(
                f"{where}: '{key}' must be a number, not {value!r}.",
                f"{where}：“{key}”应为数字，而不是 {value!r}。",
            )
        )
    return float(value)


def _day(table: Mapping[str, Any], key: str, where: str) -> date:
    value = table.get(key)
    if isinstance(value, datetime) or not isinstance(value, date):
        raise RuleError(
            Text(
                f"{where}: '{key}' must be a date such as 2018-12-01, without quotes.",
                f"{where}：“{key}”应为日期，如 2018-12-01，不加引号。",
            )
        )
    return value


def _one_of(table: Mapping[str, Any], key: str, allowed: tuple[str, ...], where: str) -> str:
    value = table.get(key)
    if value not in allowed:
        raise RuleError(
            Text(
                f"{where}: '{key}' is {value!r}; give one of {', '.join(allowed)}.",
                f"{where}：“{key}”为 {value!r}；应为以下之一：{'、'.join(allowed)}。",
            )
        )
    return str(value)
