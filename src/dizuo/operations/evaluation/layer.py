"""The evaluation as a layer of the base: of units and places, dated, without small counts."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dizuo.model.evidence import Evidence
from dizuo.operations.evaluation.histories import Histories
from dizuo.operations.evaluation.indicators import indicators
from dizuo.operations.evaluation.parameters import EvaluationParameters
from dizuo.operations.evaluation.suppression import hidden
from dizuo.operations.evaluation.tallies import Period
from dizuo.operations.evaluation.three_rates import RATES, three_rates

__all__ = ["COLUMNS", "evaluation_layer"]

_KINDS: Final = ("city", "unit", "community", "grid")
_CITY: Final = "city"
COLUMNS: Final = (
    "id", "source", "kind", "key", "case_type", "indicator", "value", "value_evidence", "low",
    "high", "unit_of_value", "numerator", "denominator", "excluded", "hidden", "period_begin",
    "period_end",
)  # fmt: skip
"""Columns of the layer, in their order."""
_COUNTED_WITH: Final = {
    "on_time": "due", "closure": "due", "overdue_open": "due",
    "rework": "handled", "extension": "handled", "reopening": "handled",
    "response": "answers", "resolution": "answers", "satisfaction": "answers", "score": "answers",
    "settled_on_time": "bound",
    "valid_report": "reports", "filing_accuracy": "filed", "dispatch_accuracy": "sent",
    "missed": "valid",
    "sorting": "checks",
    "escalations_resolved": "escalated", "escalation_median.days": "unstuck",
    "adoption": "proposals", "answer_median.days": "proposals", "participants": "participants",
}  # fmt: skip
"""What each indicator counts; those that count the same are hidden together."""
_Name = tuple[str, str, str]
_AMOUNTS: Final = ("value", "low", "high", "numerator", "denominator", "excluded")
_FROM_ANSWERS: Final = frozenset({*RATES, "score"})


def evaluation_layer(
    told: Histories,
    period: Period,
    parameters: EvaluationParameters,
    generator: np.random.Generator,
    *,
    patrols: pd.DataFrame | None = None,
    source: str = "operations",
) -> pd.DataFrame:
    """Return the evaluation of a period, one row for each unit or place, case type and indicator.

    Counts of people below the smallest group are hidden, with as many others as keep them from
    being worked out within the layer: answers of residents everywhere, and cases of types that are
    about people. Periods of several layers must not overlap, or their difference may tell.

    Returns
    -------
    DataFrame
        ``kind`` is ``city``, ``unit``, ``community`` or ``grid``, and ``key`` its id (for ``city``
        it is ``city``). ``value_evidence`` is ``measured``, ``simulated`` where any case of the
        unit or place was, and ``missing`` where there is no value; ``hidden`` tells why that is:
        ``small_group``, or ``""`` where nothing was counted. Periods are ISO texts, in UTC.
    """
    tables = []
    for kind in _KINDS:
        by = ("case_type",) if kind == _CITY else (kind, "case_type")
        rows = indicators(told, period, parameters, by=by, patrols=patrols).rows
        rates = _long(three_rates(told, period, parameters, generator, by=by).rows, by)
        parts = [one for one in (rows, rates) if len(one)]
        if not parts:
            return pd.DataFrame(columns=list(COLUMNS))  # nothing happened, anywhere
        table = pd.concat(parts, ignore_index=True)
        table["kind"] = kind
        table["key"] = _CITY if kind == _CITY else table[kind]
        tables.append(table[table["key"] != ""])
    table = pd.concat(tables, ignore_index=True)
    cells = told.cases.loc[told.cases["community"] != "", ["grid", "community"]]
    communities = dict(zip(cells["grid"], cells["community"], strict=True))
    small = _small(table, communities, parameters)
    marks = np.where(table["simulated"], Evidence.SIMULATED.value, Evidence.MEASURED.value)
    table.loc[small, list(_AMOUNTS)] = np.nan
    table["value_evidence"] = np.where(table["value"].isna(), Evidence.MISSING.value, marks)
    table["hidden"] = np.where(small, "small_group", "")
    begin, end = (one.isoformat() for one in (period.begin, period.end))
    table = table.assign(source=source, period_begin=begin, period_end=end)
    named = ["kind", "key", "case_type", "indicator", "period_begin"]
    table["id"] = "evaluation:" + table[named].astype(str).agg("/".join, axis=1)
    return table[list(COLUMNS)].sort_values("id", ignore_index=True)


def _long(rates: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """Return the three rates and the score with a row for each."""
    rows = []
    sums = {"response": "contacted", "resolution": "solved", "satisfaction": "worth"}
    for name in (*RATES, "score"):
        columns: dict[str, Any] = {one: rates[one] for one in by}
        columns |= {
            "indicator": name,
            "numerator": rates[sums[name]] if name in sums else np.nan,
            "denominator": rates["valid"],
            "excluded": rates["excluded"],
            "value": rates[name],
            "low": rates[f"{name}_low"],
            "high": rates[f"{name}_high"],
            "unit_of_value": "%" if name in sums else "points",
            "simulated": rates["simulated"],
        }
        rows.append(pd.DataFrame(columns))
    return pd.concat(rows, ignore_index=True)


def _small(
    table: pd.DataFrame, communities: Mapping[str, str], parameters: EvaluationParameters
) -> NDArray[np.bool_]:
    """Tell which rows hold counts of people that are not told."""
    small = np.zeros(len(table), dtype=bool)
    about_people = table["indicator"].isin(_FROM_ANSWERS) | table["case_type"].isin(
        parameters.types_about_people
    )
    for case_type, rows in table[about_people].groupby("case_type"):
        social = case_type in parameters.social_types
        least = parameters.smallest_social_group if social else parameters.smallest_group
        names = [
            (kind, key, _COUNTED_WITH.get(indicator, _clock_of(indicator)))
            for kind, key, indicator in rows[["kind", "key", "indicator"]].itertuples(index=False)
        ]
        # What is left out is about people too, and is told beside what counts.
        for column in ("denominator", "excluded"):
            counts = dict(zip(names, rows[column].astype(int), strict=True))
            gone = hidden(counts, list(_sums(list(counts), communities)), least)
            small[rows.index[[name in gone for name in names]]] = True
    return small


def _clock_of(indicator: str) -> str:
    """Return one name for the indicators that count the same things by the same clock."""
    return f"handled.{indicator.partition('.')[2]}"


def _sums(
    names: Sequence[_Name], communities: Mapping[str, str]
) -> Iterator[tuple[_Name, list[_Name]]]:
    """Return which counts add up to which: parts of the city, cells of a community, clocks."""
    # A count may be the sum of several kinds of parts, each kind a sum of its own.
    members: dict[tuple[str, _Name], list[_Name]] = defaultdict(list)
    for name in names:
        kind, key, counted = name
        if kind != _CITY:
            members[kind, (_CITY, _CITY, counted)].append(name)
        if kind == "grid" and key in communities:
            members["cells", ("community", communities[key], counted)].append(name)
        if counted.startswith("handled."):
            members["clocks", (kind, key, "handled")].append(name)
    for (_, total), parts in members.items():
        yield total, parts
