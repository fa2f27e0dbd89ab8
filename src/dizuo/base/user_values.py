"""Filled templates: amounts that a city tells of its places, checked against the indicator's row.

Reading and writing share :func:`template_columns`, so a template and its reader cannot part.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from dizuo.base.config import SourceSettings
from dizuo.base.config_table import nearest
from dizuo.base.privacy import refuse_personal_columns
from dizuo.base.rejects import join_rejects, rejected_rows
from dizuo.base.tables import read_table
from dizuo.model.errors import InputError
from dizuo.model.evidence import Evidence
from dizuo.model.place import PlaceKind
from dizuo.model.text import Text
from dizuo.standards.checkup_rows import CheckupRow, Measure, load_checkup_rows

__all__ = ["HELP_MARK", "KnownPlaces", "current_values", "read_user_values", "template_columns"]
__systems__ = ("S22.2",)

HELP_MARK: Final = "#"
"""Rows that begin with it explain the columns and are not read."""

_SUFFIXES: Final = (".csv", ".xlsx")
_FIRST: Final = ("indicator", "place_kind", "place")
_LAST: Final = ("value", "unit", "date", "source", "evidence", "note")
_TOLERANCE: Final = 0.005
"""A stated value may be rounded: it may differ by this share from numerator over denominator."""


def template_columns(row: CheckupRow) -> tuple[str, ...]:
    """Return the columns of an indicator's template, in order."""
    return (*_FIRST, *(field.name for field in row.fields), *_LAST)


@dataclass(frozen=True, eq=False)
class _Amount:
    """One measure of one row of a table, before it is checked against the places."""

    row: CheckupRow
    measure: Measure
    numbers: Mapping[str, float]
    value: float


def read_user_values(
    source: SourceSettings, places: pd.DataFrame, buildings: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Read a filled template, or a folder of them, into the table ``user_values``.

    Parameters
    ----------
    source
        A source of kind ``values``.
    places
        The layer ``places``: values must be of places that exist.
    buildings
        The layer ``buildings``, for values of single buildings.

    Returns
    -------
    tuple
        One row a value, with its ``row`` in the file; and the rejects: unknown indicator or place,
        another unit, impossible amounts.

    Raises
    ------
    InputError
        If a file cannot be read, lacks a column, identifies persons, or no row can be used.
    """
    known = KnownPlaces(places, buildings)
    found: list[dict[str, object]] = []
    rejects: list[pd.DataFrame] = []
    for file in _files(source.file):
        table, ragged = read_table(file, encoding=source.encoding, sheet=source.table)
        table = refuse_personal_columns(table, dropped=source.drop, file=file)
        table = _renamed(table, source, file)
        table = table[~table["indicator"].str.startswith(HELP_MARK)]
        rejects.append(ragged)
        of_file = file.stem if file.stem in load_checkup_rows() else ""
        for record in table.to_dict("records"):
            row = {str(name): str(value) for name, value in record.items()}
            row["indicator"] = row["indicator"] or of_file
            if source.file.is_dir():
                row["row"] = f"{file.name}:{row['row']}"
            try:
                found += _values_of(row, source, known)
            except InputError as error:
                rejects.append(_rejected(row, error))
    values = pd.DataFrame(found)
    rejected = join_rejects(rejects, source=source.id, layer="user_values")
    if len(values) == 0:
        reason = rejected["reason"].iloc[0] if len(rejected) else "no row is filled in"
        raise InputError(
            Text("no row of the table can be used", "表格没有任何一行可用"),
            file=source.file,
            cure=Text(f"First reason: {reason}.", f"首个原因：{reason}。"),
        )
    return values, rejected


def current_values(
    tables: Sequence[pd.DataFrame], reference: date
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Keep one value for each indicator and place: the newest that is not after a day.

    Returns
    -------
    tuple
        The table ``user_values``, and the rejects: values of later days, older values, and rows
        that repeat an earlier one of the same day.
    """
    values = pd.concat(tables, ignore_index=True)
    future = (values["date"] > reference.isoformat()).to_numpy()
    known = values[~future]
    repeated = known.duplicated(["id", "date"]).to_numpy()
    single = known[~repeated]
    newest = single.sort_values("date", kind="stable").drop_duplicates("id", keep="last")
    older = ~single.index.isin(newest.index)
    rejects = [
        rejected_rows(
            values,
            future,
            reason="the value is of a day after the reference date",
            field="date",
            cure="Set a later reference_date in city.toml, or leave the row out.",
        ),
        rejected_rows(
            known,
            repeated,
            reason="the indicator has a value for this place and day already",
            field="place",
            cure="Keep one of the rows.",
        ),
        rejected_rows(
            single, older, reason="a newer value stands", field="date", cure="Nothing is lost."
        ),
    ]
    kept = newest.sort_index().drop(columns="row").reset_index(drop=True)
    return kept, join_rejects(rejects, layer="user_values")


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    files = sorted(file for file in path.iterdir() if file.suffix.lower() in _SUFFIXES)
    if not files:
        raise InputError(
            Text("the folder holds no filled template", "文件夹中没有已填写的模板"),
            file=path,
            cure=Text("Put CSV or XLSX files into it.", "请将 CSV 或 XLSX 文件放入该文件夹。"),
        )
    return files


def _renamed(table: pd.DataFrame, source: SourceSettings, file: Path) -> pd.DataFrame:
    for target, name in source.columns.items():
        if name not in table.columns:
            raise InputError(
                Text(f"there is no column {name!r}", f"没有“{name}”列"),
                file=file,
                field=f"{source.id}.columns.{target}",
                cure=nearest(name, [str(column) for column in table.columns]),
            )
    renamed = table.rename(columns={name: target for target, name in source.columns.items()})
    for name, value in source.constants.items():
        renamed[name] = str(value)
    for name in _FIRST:
        if name not in renamed.columns:
            raise InputError(
                Text(f"there is no column {name!r}", f"没有“{name}”列"),
                file=file,
                field=name,
                cure=Text(
                    "Start from a template: dizuo templates.", "请从模板开始填写：dizuo templates。"
                ),
            )
    return renamed


def _rejected(row: Mapping[str, str], error: InputError) -> pd.DataFrame:
    frame = pd.DataFrame([{"row": row["row"], "id": row.get("indicator", "")}])
    return rejected_rows(
        frame, [True], reason=error.problem, field=error.field or "", cure=error.cure or ""
    )


def _values_of(
    row: Mapping[str, str], source: SourceSettings, known: "KnownPlaces"
) -> list[dict[str, object]]:
    """Return one record for each measure that a row tells.

    Raises
    ------
    InputError
        Says what is wrong with the row.
    """
    indicator = _indicator(row["indicator"])
    kind, place = known.find(row["place_kind"], row["place"])
    day = _day(row.get("date", ""), source.date)
    evidence = _evidence(row.get("evidence", ""), source.evidence)
    amounts = [
        amount
        for measure in indicator.measures
        if (amount := _amount(row, indicator, measure)) is not None
    ]
    if not amounts:
        raise InputError(
            Text("the row tells no amount", "该行没有填写数量"),
            field=indicator.fields[0].name,
            cure=Text("Fill in the amounts, or remove the row.", "请填写数量，或删去该行。"),
        )
    return [
        {
            "row": row["row"],
            "id": f"value:{_name(indicator, amount.measure)}.{place}",
            "source": source.id,
            "indicator": _name(indicator, amount.measure),
            "checkup_row": indicator.id,
            "place_kind": kind,
            "place": place,
            **amount.numbers,
            "value": amount.value,
            "unit": amount.measure.unit.en,
            "date": day.isoformat(),
            "reference": row.get("source", ""),
            "evidence": str(evidence),
            "note": row.get("note", ""),
        }
        for amount in amounts
    ]


def _name(indicator: CheckupRow, measure: Measure) -> str:
    """Return what a value is filed under: the row, and for its further measures their id too."""
    if measure is indicator.measures[0]:
        return indicator.id
    return f"{indicator.id}.{measure.id}"


def _indicator(name: str) -> CheckupRow:
    rows = load_checkup_rows()
    if name not in rows:
        raise InputError(
            Text(f"there is no indicator {name!r}", f"没有指标“{name}”"),
            field="indicator",
            cure=nearest(name, rows),
        )
    if not rows[name].measures:
        raise InputError(
            Text(f"the indicator {name!r} has no amount of its own", f"指标“{name}”没有自己的数量"),
            field="indicator",
            cure=Text("Leave the row out.", "请删去该行。"),
        )
    return rows[name]


def _amount(row: Mapping[str, str], indicator: CheckupRow, measure: Measure) -> _Amount | None:
    fields = {
        "numerator": measure.numerator,
        "denominator": measure.denominator,
        "surveyed": measure.surveyed,
    }
    numbers = {
        role: np.nan if field is None else _number(row.get(field.name, ""), field.name)
        for role, field in fields.items()
    }
    only = len(indicator.measures) == 1
    stated = _number(row.get("value", ""), "value") if only else np.nan
    if np.isnan(numbers["numerator"]) and np.isnan(stated):
        return None
    _check_unit(row.get("unit", ""), measure, only=only)
    _check_numbers(numbers, measure)
    return _Amount(indicator, measure, numbers, _value(numbers, stated, measure))


def _number(text: str, field: str) -> float:
    if text == "":
        return np.nan
    try:
        number = float(text)
    except ValueError:
        number = np.nan
    if not np.isfinite(number):
        raise InputError(
            Text(f"{text!r} is no number", f"“{text}”不是数字"),
            field=field,
            cure=Text(
                "Write digits, with a point for decimals.", "请用阿拉伯数字填写，小数点用“.”。"
            ),
        )
    return number


def _check_unit(unit: str, measure: Measure, *, only: bool) -> None:
    if only and unit not in {"", measure.unit.en, measure.unit.zh}:
        raise InputError(
            Text(
                f"the unit is {unit!r}, the indicator counts in {measure.unit.en!r}",
                f"填写的单位为“{unit}”，指标的计量单位为“{measure.unit.zh}”",
            ),
            field="unit",
            cure=Text("Convert the amounts.", "请换算数量。"),
        )


def _check_numbers(numbers: Mapping[str, float], measure: Measure) -> None:
    fields = (measure.numerator, measure.denominator, measure.surveyed)
    for number, field in zip(numbers.values(), fields, strict=True):
        if field is not None and number < 0:
            raise InputError(
                Text("an amount is negative", "数量为负"),
                field=field.name,
                cure=Text("Correct the amount.", "请更正数量。"),
            )
    numerator, denominator = numbers["numerator"], numbers["denominator"]
    if measure.denominator is None or np.isnan(numerator):
        return
    name = measure.denominator.name
    if np.isnan(denominator):
        raise InputError(
            Text("the amount to divide by is missing", "缺少作为分母的数量"),
            field=name,
            cure=Text("Fill it in.", "请补充填写。"),
        )
    if denominator == 0:
        raise InputError(
            Text("the amount to divide by is zero", "作为分母的数量为零"),
            field=name,
            cure=Text("Leave the row out.", "请删去该行。"),
        )
    if measure.unit.en == "%" and numerator > denominator:
        raise InputError(
            Text("the part is larger than the whole", "部分大于整体"),
            field=measure.numerator.name,
            cure=Text("Correct it.", "请更正。"),
        )


def _value(numbers: Mapping[str, float], stated: float, measure: Measure) -> float:
    numerator, denominator = numbers["numerator"], numbers["denominator"]
    if np.isnan(numerator):
        if measure.unit.en == "%" and not 0 <= stated <= 100:
            raise InputError(
                Text("a share must be from 0 to 100 %", "比例应在 0 至 100 % 之间"),
                field="value",
                cure=Text("Correct it.", "请更正。"),
            )
        return stated
    quotient = numerator if measure.denominator is None else numerator / denominator
    value = quotient * measure.factor
    if not np.isnan(stated) and abs(stated - value) > _TOLERANCE * max(abs(value), 1.0):
        raise InputError(
            Text(
                f"the value {stated:g} is not what its amounts give, {value:g}",
                f"填写的值 {stated:g} 与由数量算得的 {value:g} 不符",
            ),
            field="value",
            cure=Text("Leave the value empty: it is computed.", "请将值留空，由程序计算。"),
        )
    return float(value)


def _day(text: str, default: date) -> date:
    if text == "":
        return default
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InputError(
            Text(f"{text!r} is no day", f"“{text}”不是日期"),
            field="date",
            cure=Text("Write it as 2025-12-31.", "请写成 2025-12-31 的形式。"),
        ) from None


def _evidence(text: str, default: Evidence) -> Evidence:
    if text == "":
        return default
    try:
        return Evidence(text)
    except ValueError:
        raise InputError(
            Text(f"{text!r} is no mark of evidence", f"“{text}”不是证据等级"),
            field="evidence",
            cure=nearest(text, Evidence),
        ) from None


class KnownPlaces:
    """Finds places by id or by name, in the layers ``places`` and ``buildings``."""

    def __init__(self, places: pd.DataFrame, buildings: pd.DataFrame) -> None:
        self._ids: dict[str, set[str]] = {kind: set() for kind in PlaceKind}
        self._named: dict[tuple[str, str], list[str]] = {}
        for kind, name, name_zh, place in zip(
            places["kind"], places["name"], places["name_zh"], places["id"], strict=True
        ):
            self._ids[kind].add(place)
            for each in {name, name_zh} - {""}:
                self._named.setdefault((kind, each), []).append(place)
        self._ids[PlaceKind.BUILDING] |= set(buildings["id"])

    def find(self, kind: str, place: str) -> tuple[str, str]:
        """Return the kind and the id of a place.

        Raises
        ------
        InputError
            If there is none, or several have the name.
        """
        if kind not in self._ids:
            raise InputError(
                Text(f"{kind!r} is no kind of place", f"“{kind}”不是空间单元类型"),
                field="place_kind",
                cure=nearest(kind, self._ids),
            )
        if kind == PlaceKind.CITY and place == "":
            return kind, next(iter(self._ids[PlaceKind.CITY]))
        if place in self._ids[kind]:
            return kind, place
        named = self._named.get((kind, place), [])
        if len(named) == 1:
            return kind, named[0]
        if named:
            raise InputError(
                Text(f"several places are called {place!r}", f"有多个空间单元名为“{place}”"),
                field="place",
                cure=Text(
                    f"Give the id: {' or '.join(sorted(named))}.",
                    f"请填写编号：{' 或 '.join(sorted(named))}。",
                ),
            )
        known: Iterable[str] = (name for each, name in self._named if each == kind)
        raise InputError(
            Text(f"there is no {kind} {place!r}", f"没有名为“{place}”的空间单元（{kind}）"),
            field="place",
            cure=nearest(place, known),
        )
