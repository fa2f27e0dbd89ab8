"""What the page of an evaluation tells, gathered from histories: pure, and of nobody.

Counts by place, class and hour are of matters that are about nobody in particular. What is about
people is told only as the evaluation's layer tells it, which hides small groups.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dizuo.model.text import Text
from dizuo.operations.evaluation.histories import Histories
from dizuo.operations.evaluation.indicators import graded, indicators
from dizuo.operations.evaluation.integrity import CHECKS, Findings, look_for_gaming
from dizuo.operations.evaluation.naming import name_of
from dizuo.operations.evaluation.parameters import EvaluationParameters
from dizuo.operations.evaluation.tallies import Period

__all__ = ["IN_ORDER", "Contents", "gather", "public_matters", "signs_of_gaming"]

_CLASSES: Final = 15
"""Classes that are listed: the most frequent."""
IN_ORDER: Final = (
    "on_time", "closure", "overdue_open", "settled_on_time", "handling_median", "handling_p90",
    "rework", "extension", "reopening", "dispatch_accuracy", "filing_accuracy", "valid_report",
    "missed", "sorting", "response", "resolution", "satisfaction", "score", "escalations_resolved",
    "escalation_median", "adoption", "answer_median", "participants", "uptake", "attendance",
    "no_show", "next_free",
)  # fmt: skip
"""Indicators as they are read: what is asked first stands first."""
_OF_UNITS: Final = ("settled_on_time", "closure", "overdue_open", "rework")
_NOBODY: Final = Text("nobody yet", "尚未派遣")
_NO_CLASS: Final = Text("no class yet", "未分类")

Whole = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Contents:
    """What the page tells. Times are of the city's zone.

    Attributes
    ----------
    figures
        ``opened``, ``settled`` (not void or merged away), ``open`` at the end and ``overdue`` of
        them: cases that are about nobody in particular.
    hours
        Cases opened by weekday (0 is Monday) and hour, 7 × 24.
    classes
        The most frequent classes: ``type``, ``title``, ``count``, ``share`` of the largest.
    case_types
        By type: ``title`` and its ``indicators``, each a row of the layer with ``title`` and
        ``counts``.
    units
        By unit: ``unit``, ``indicators`` and ``grade`` (``""`` where numbers do not allow one).
    opened
        Cases opened in the period that are about nobody in particular.
    sign_rows
        The cases in which signs of gaming were seen, as :class:`.integrity.Findings` has them.
    signs
        Signs of gaming: ``title``, ``found``, ``looked_at``, ``visible``.
    simulated
        Whether anything of it was made up.
    """

    figures: Mapping[str, int]
    hours: Whole
    classes: Sequence[Mapping[str, Any]]
    case_types: Sequence[Mapping[str, Any]]
    units: Sequence[Mapping[str, Any]]
    opened: pd.DataFrame
    sign_rows: pd.DataFrame
    signs: Sequence[Mapping[str, Any]]
    simulated: bool


def gather(
    told: Histories,
    period: Period,
    parameters: EvaluationParameters,
    layer: pd.DataFrame,
    titles: Mapping[tuple[str, str], Text],
    zone: ZoneInfo,
    unit_name: Callable[[str], str] = str,
) -> Contents:
    """Gather what the page tells of a period.

    Parameters
    ----------
    told
        Read until the period's end.
    layer
        Of :func:`dizuo.operations.evaluation.layer.evaluation_layer` for the same period.
    titles
        Names of a type and class; of a type alone under ``""``.
    zone
        In which hours and days are counted.
    unit_name
        Tells what people call a unit.
    """
    public = public_matters(told, parameters)
    opened = public.cases[period.holds(public.cases["opened"])]
    signs = signs_of_gaming(told, parameters)
    return Contents(
        figures=_figures(public.cases, opened, period, parameters),
        hours=_hours(opened, zone),
        classes=_classes(opened, titles),
        case_types=_case_types(layer, titles),
        units=_units(public, period, parameters, unit_name),
        opened=opened,
        sign_rows=signs.rows,
        signs=[{**row, "title": CHECKS[str(row["check"])]} for row in _records(signs.looked_at)],
        simulated=bool(told.cases["simulated"].any()),
    )


def public_matters(told: Histories, parameters: EvaluationParameters) -> Histories:
    """Return the histories without the types whose cases each tell of somebody."""
    return _without(told, parameters.types_about_people)


def signs_of_gaming(told: Histories, parameters: EvaluationParameters) -> Findings:
    """Look for signs of gaming, but not where a case alone tells of health or a dispute."""
    return look_for_gaming(_without(told, parameters.social_types), parameters)


def _without(told: Histories, case_types: Sequence[str]) -> Histories:
    tables = {
        name: (table := getattr(told, name))[~table["case_type"].isin(case_types)].reset_index(
            drop=True
        )
        for name in ("cases", "rounds", "answers", "moves", "contents")
    }
    return replace(told, **tables)


def _figures(
    cases: pd.DataFrame, opened: pd.DataFrame, period: Period, parameters: EvaluationParameters
) -> dict[str, int]:
    remain = cases[cases["open"].to_numpy(dtype=bool)]
    overdue = remain["due"] < period.end
    gone = cases["state"].isin([*parameters.states_not_valid, *parameters.states_left])
    return {
        "opened": len(opened),
        "settled": int((period.holds(cases["closed"]) & ~gone.to_numpy()).sum()),
        "open": len(remain),
        "overdue": int(overdue.sum()),
    }


def _hours(opened: pd.DataFrame, zone: ZoneInfo) -> Whole:
    local = opened["opened"].dt.tz_convert(zone)
    hours = np.zeros((7, 24), dtype=np.int64)
    np.add.at(hours, (local.dt.day_of_week.to_numpy(), local.dt.hour.to_numpy()), 1)
    return hours


def _classes(opened: pd.DataFrame, titles: Mapping[tuple[str, str], Text]) -> list[dict[str, Any]]:
    counts = opened.groupby(["case_type", "category"]).size().rename("count").reset_index()
    most = counts.sort_values("count", ascending=False, kind="stable").head(_CLASSES)
    return [
        {
            "type": _title(titles, row["case_type"], ""),
            "title": _title(titles, row["case_type"], row["category"])
            if row["category"]
            else _NO_CLASS,
            "count": row["count"],
            "share": row["count"] / most["count"].iloc[0],
        }
        for row in _records(most)
    ]


def _title(titles: Mapping[tuple[str, str], Text], kind: str, category: str) -> Text:
    plain = category or kind
    return titles.get((kind, category), Text(plain, plain))


def _case_types(
    layer: pd.DataFrame, titles: Mapping[tuple[str, str], Text]
) -> list[dict[str, Any]]:
    city = layer[layer["kind"] == "city"]
    return [
        {"title": _title(titles, str(kind), ""), "indicators": _indicators(rows)}
        for kind, rows in city.groupby("case_type", sort=True)
    ]


def _indicators(rows: pd.DataFrame) -> list[dict[str, Any]]:
    found = [
        row | {"title": name_of(row["indicator"]).title, "counts": name_of(row["indicator"]).counts}
        for row in _records(rows)
    ]
    return sorted(found, key=lambda one: (_place(str(one["indicator"])), str(one["indicator"])))


def _place(indicator: str) -> int:
    return IN_ORDER.index(indicator.partition(".")[0])


def _units(
    public: Histories,
    period: Period,
    parameters: EvaluationParameters,
    unit_name: Callable[[str], str],
) -> list[dict[str, Any]]:
    found = indicators(public, period, parameters, by=("unit",))
    rows = found.rows[found.rows["indicator"].isin(_OF_UNITS)]
    if rows.empty:
        return []
    grades = graded(found, parameters).set_index("unit")["grade"]
    return [
        {
            "unit": Text(unit_name(str(unit)), unit_name(str(unit))) if unit else _NOBODY,
            "indicators": {one["indicator"]: one for one in _records(own)},
            "grade": str(grades.get(unit, "")),
        }
        for unit, own in rows.groupby("unit", sort=True)
    ]


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(key): value for key, value in row.items()} for row in table.to_dict("records")]
