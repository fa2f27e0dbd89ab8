"""The rows of the official check-up sets: what each counts, and who can compute it.

The rows stand in ``checkup_indicators.toml`` beside this module; its head explains the fields.
An indicator that realises a row keeps the row's numerator and denominator. Rows that open data
cannot compute are filled from a table; the names of the fields are the columns of its template.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal, cast, get_args

from dizuo.model.errors import RuleError
from dizuo.model.rule import Certainty
from dizuo.model.text import Text

__all__ = [
    "CheckupRow",
    "Direction",
    "Field",
    "Measure",
    "OpenData",
    "checkup_row",
    "load_checkup_rows",
    "parse_checkup_rows",
]

OpenData = Literal["yes", "partial", "no"]
"""Whether open data can compute a row."""

Direction = Literal["higher", "lower", "range", "not_lower", "none"]
"""Which way is good; ``not_lower`` compares with an earlier value."""

_FILE = "checkup_indicators.toml"
_DIMENSIONS = {
    "housing", "estate", "block", "urban_area", "four_goods",
    "security", "innovation", "coordination", "green", "openness", "sharing",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Field:
    """One amount that a table gives.

    Attributes
    ----------
    name
        Name of the column, the same wherever the same amount is asked for.
    label
        What it is called.
    unit
        Its unit.
    """

    name: str
    label: Text
    unit: str


@dataclass(frozen=True, slots=True)
class Measure:
    """One number of a row: numerator / denominator x factor.

    Attributes
    ----------
    id
        Tells the measures of a row apart; ``""`` where there is one.
    title
        What it measures, or None where the row's title says it.
    unit
        Unit of the value in both languages.
    direction
        Which way is good.
    numerator, denominator
        The amounts; without a denominator the value is the numerator times the factor.
    surveyed
        How much was looked at: a count over a survey means little without it.
    factor
        Turns the quotient into the unit.
    """

    id: str
    title: Text | None
    unit: Text
    direction: Direction
    numerator: Field
    denominator: Field | None = None
    surveyed: Field | None = None
    factor: float = 1.0

    @property
    def fields(self) -> tuple[Field, ...]:
        """The amounts that a table must give, in the order of its columns."""
        found = (self.numerator, self.denominator, self.surveyed)
        return tuple(field for field in found if field is not None)


@dataclass(frozen=True, slots=True)
class CheckupRow:
    """One item of a check-up set.

    Attributes
    ----------
    id
        Row id: ``B25``.
    checkup_set
        The set it belongs to; sets are never mixed in one score.
    dimension, group
        Where the set files it.
    title
        Its name.
    open_data
        Whether open data can compute it.
    by_table
        True where that open data is in neither OpenStreetMap nor GTFS: the city fills it in.
    article
        Article of the Opinions that it belongs to.
    systems
        Systems of the Opinions that it serves.
    certainty
        ``sure`` where the name is corroborated.
    rules
        Id of the rule that judges it, then those of its parameters.
    measures
        What is measured; none for a row that only regroups others.
    note
        What a reader must know.
    """

    id: str
    checkup_set: str
    dimension: str
    group: str
    title: Text
    open_data: OpenData
    by_table: bool
    article: int
    systems: tuple[str, ...]
    certainty: Certainty
    rules: tuple[str, ...]
    measures: tuple[Measure, ...]
    note: str = ""

    @property
    def fields(self) -> tuple[Field, ...]:
        """Every amount that a table of this row must give, each once."""
        unique = {field.name: field for measure in self.measures for field in measure.fields}
        return tuple(unique.values())


def load_checkup_rows() -> dict[str, CheckupRow]:
    """Return every row by its id, in the order of the sets."""
    return dict(_packaged())


def checkup_row(id: str) -> CheckupRow:  # noqa: A002 - the word that readers expect
    """Return one row.

    Raises
    ------
    RuleError
        If no row has the id.
    """
    try:
        return _packaged()[id]
    except KeyError:
        raise RuleError(
            Text(
                f"no row of the check-up sets has the id {id!r}.",
                f"体检指标体系中没有编号为“{id}”的指标。",
            )
        ) from None


def parse_checkup_rows(text: str, file: str) -> dict[str, CheckupRow]:
    """Read rows from TOML text.

    Raises
    ------
    RuleError
        If the text is not TOML, an id is given twice, or a row is not well formed.
    """
    try:
        entries = tomllib.loads(text).get("row", [])
    except tomllib.TOMLDecodeError as error:
        raise RuleError(
            Text(f"{file}: not valid TOML ({error}).", f"{file}：不符合 TOML 语法（{error}）。")
        ) from error
    rows: dict[str, CheckupRow] = {}
    for entry in entries:
        row = _row(entry, f"{file} [[row]] {entry.get('id', '?')}")
        if row.id in rows:
            raise RuleError(
                Text(
                    f"{file}: the row {row.id} is given twice.", f"{file}：指标 {row.id} 重复给出。"
                )
            )
        rows[row.id] = row
    return rows


@cache
def _packaged() -> dict[str, CheckupRow]:
    resource = files("dizuo.standards") / _FILE
    return parse_checkup_rows(resource.read_text(encoding="utf-8"), _FILE)


def _row(entry: Mapping[str, Any], where: str) -> CheckupRow:
    article = entry.get("article")
    if not isinstance(article, int) or not 1 <= article <= 23:
        raise RuleError(
            Text(
                f"{where}: 'article' must be a number from 1 to 23, not {article!r}.",
                f"{where}：“article”应为 1 至 23 之间的数，而不是 {article!r}。",
            )
        )
    return CheckupRow(
        id=_text(entry, "id", where),
        checkup_set=_text(entry, "set", where),
        dimension=_one_of(entry, "dimension", tuple(sorted(_DIMENSIONS)), where),
        group=str(entry.get("group", "")),
        title=Text(en=_text(entry, "en", where), zh=_text(entry, "zh", where)),
        by_table=entry.get("by_table", False) is True,
        open_data=cast("OpenData", _one_of(entry, "open_data", get_args(OpenData), where)),
        article=article,
        systems=_names(entry, "systems", where),
        certainty=Certainty(_one_of(entry, "certainty", tuple(Certainty), where)),
        rules=_names(entry, "rules", where) if "rules" in entry else (),
        measures=tuple(_measure(table, where) for table in entry.get("measure", [])),
        note=str(entry.get("note", "")),
    )


def _measure(table: Mapping[str, Any], where: str) -> Measure:
    unit = _text(table, "unit", where)
    titled = "en" in table or "zh" in table
    factor = table.get("factor", 1.0)
    if isinstance(factor, bool) or not isinstance(factor, int | float) or factor <= 0:
        raise RuleError(
            Text(
                f"{where}: 'factor' must be a number above 0, not {factor!r}.",
                f"{where}：“factor”应为大于 0 的数，而不是 {factor!r}。",
            )
        )
    return Measure(
        id=str(table.get("id", "")),
        title=Text(en=_text(table, "en", where), zh=_text(table, "zh", where)) if titled else None,
        unit=Text(en=unit, zh=str(table.get("unit_zh", unit))),
        direction=cast("Direction", _one_of(table, "direction", get_args(Direction), where)),
        numerator=_field(table, "numerator", where),
        denominator=_field(table, "denominator", where) if "denominator" in table else None,
        surveyed=_field(table, "surveyed", where) if "surveyed" in table else None,
        factor=float(factor),
    )


def _field(table: Mapping[str, Any], key: str, where: str) -> Field:
    entry = table.get(key)
    if not isinstance(entry, dict):
        raise RuleError(
            Text(
                f"{where}: '{key}' must be given, as {{ name, en, zh, unit }}.",
                f"{where}：须给出“{key}”，写成 {{ name, en, zh, unit }}。",
            )
        )
    inside = f"{where} {key}"
    return Field(
        name=_text(entry, "name", inside),
        label=Text(en=_text(entry, "en", inside), zh=_text(entry, "zh", inside)),
        unit=_text(entry, "unit", inside),
    )


def _text(table: Mapping[str, Any], key: str, where: str) -> str:
    value = table.get(key)
    if not isinstance(value, str) or not value.strip():
        raise RuleError(
            Text(f"{where}: '{key}' must be given as text.", f"{where}：“{key}”须以文本给出。")
        )
    return value


def _names(table: Mapping[str, Any], key: str, where: str) -> tuple[str, ...]:
    value = table.get(key)
    if not isinstance(value, list) or not value or not all(isinstance(name, str) for name in value):
        raise RuleError(
            Text(f"{where}: '{key}' must be a list of names.", f"{where}：“{key}”应为名称列表。")
        )
    return tuple(value)


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
