"""Rates of closing in time and well, in the manner of GB/T 30428.4.

Every rate says what it counts: numerator, denominator, what was left out and why, and an interval.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dizuo.model.errors import InputError
from dizuo.model.text import Text
from dizuo.operations.evaluation.escalations import escalation_times, escalations_resolved
from dizuo.operations.evaluation.histories import Histories
from dizuo.operations.evaluation.intervals import quantile_interval, wilson
from dizuo.operations.evaluation.parameters import EvaluationParameters
from dizuo.operations.evaluation.proposals import adoption, answers_to_proposals
from dizuo.operations.evaluation.reading_events import REPLACED, RETURNED
from dizuo.operations.evaluation.sorting import sorting
from dizuo.operations.evaluation.tallies import GROUPS, Period, Tally, groups_of, tally

__all__ = ["LESS_IS_BETTER", "Indicators", "graded", "indicators"]
__systems__ = ("S22.6",)  # closure and what was on time

LESS_IS_BETTER: Final = frozenset({"overdue_open", "rework", "extension", "reopening", "missed"})
_QUANTILES: Final = {"handling_median": 0.5, "handling_p90": 0.9}
_PATROL_COLUMNS: Final = ("grid", "begin", "end")
Bools = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Indicators:
    """Values by group, and what was left out of each.

    Attributes
    ----------
    rows
        The columns grouped by, ``indicator``, ``numerator``, ``denominator``, ``excluded``,
        ``value``, ``low``, ``high``, ``unit_of_value`` and ``simulated``. Rates are in %. For
        handling times the value is in the clock that ends their name, the denominator counts them
        and there is no numerator (NaN). ``participants`` is a number of people, which the
        denominator repeats.
    exclusions
        The same groups with ``indicator``, ``reason`` and ``count``.
    """

    rows: pd.DataFrame
    exclusions: pd.DataFrame


def indicators(
    told: Histories,
    period: Period,
    parameters: EvaluationParameters,
    *,
    by: Sequence[str] = ("unit",),
    patrols: pd.DataFrame | None = None,
) -> Indicators:
    """Return the rates and handling times of a period.

    Parameters
    ----------
    told
        Read until the period's end at least.
    by
        ``unit``, ``case_type``, ``category``, ``nature``, ``grid``, ``community``, ``channel``, in
        any combination; none for the whole city.
    patrols
        When which grid cell was patrolled (``grid``, ``begin``, ``end``), for the miss rate.

    Raises
    ------
    InputError
        If the history ends before the period, or ``by`` names something else: nobody is evaluated
        but units and places.
    """
    require(told, period, by)
    counted = [*_of_rounds(told, period, parameters), *_of_cases(told, period, parameters)]
    counted += [adoption(told, period), escalations_resolved(told, period)]
    if "unit" not in by:  # what was sorted correctly came to no unit
        counted.append(sorting(told, period, parameters))
    if patrols is not None:
        counted.append(_missed(told, period, parameters, patrols))
    pairs = [tally(one, by) for one in counted]
    values = pd.concat([one for one, _ in pairs], ignore_index=True)
    share = values["numerator"] / values["denominator"].where(values["denominator"] > 0)
    low, high = wilson(values["numerator"], values["denominator"], parameters.interval_level)
    values["value"], values["low"], values["high"] = 100 * share, 100 * low, 100 * high
    values["unit_of_value"] = "%"
    times = _handling_times(told, period, parameters, by)
    answers = answers_to_proposals(told, period, parameters, by)
    escalated = escalation_times(told, period, parameters, by)
    values = pd.concat(
        [values, *(one for one in (times, answers, escalated) if len(one))], ignore_index=True
    )
    exclusions = pd.concat([one for _, one in pairs], ignore_index=True)
    order = [*by, "indicator"]
    return Indicators(
        with_simulated(values, told, by).sort_values(order, ignore_index=True),
        exclusions.sort_values([*order, "reason"], ignore_index=True),
    )


def require(told: Histories, period: Period, by: Sequence[str]) -> None:
    """Refuse what cannot be evaluated."""
    if told.until < period.end:
        until, end = told.until.isoformat(), period.end.isoformat()
        raise InputError(
            Text(
                f"the log is read until {until}, and the period ends at {end}",
                f"日志只读到{until}，而评价时段到{end}为止",
            ),
            field="period",
            cure=Text(
                "Give the histories until the end of the period: until=period.end.",
                "请读取到时段结束：until=period.end。",
            ),
        )
    if not set(by) <= GROUPS:
        others, known = ", ".join(sorted(set(by) - GROUPS)), ", ".join(sorted(GROUPS))
        raise InputError(
            Text(f"nothing is evaluated by {others}", f"不按{others}评价"),
            field="by",
            cure=Text(f"Possible are: {known}.", f"可选：{known}。"),
        )


def with_simulated(values: pd.DataFrame, told: Histories, by: Sequence[str]) -> pd.DataFrame:
    """Mark the groups in which a case was simulated."""
    if not by:
        return values.assign(simulated=bool(told.cases["simulated"].any()))
    # a case belongs to every unit that handled it, and to the one that it stands with
    tables = [told.rounds, told.cases]
    rows = pd.concat([one.loc[one["simulated"], list(by)] for one in tables]).drop_duplicates()
    marked = values.merge(rows.assign(simulated=True), on=list(by), how="left")
    return marked.assign(simulated=marked["simulated"].eq(True).to_numpy(dtype=bool))


def _of_rounds(
    told: Histories, period: Period, parameters: EvaluationParameters
) -> Iterator[Tally]:
    """Count closing in time, what is overdue, rework, more time, and sending to the right unit."""
    table = told.rounds
    settled = settled_rounds(table, parameters)
    end = pd.Timestamp(period.end)
    due, ended = table["due"], table["ended"]
    falls_due = period.holds(due)
    # What left in time owes nothing here; what left when it was overdue stays in the count.
    left = ended.notna().to_numpy() & ~settled & (ended <= due).to_numpy()
    away = table["outcome"].isin([RETURNED, REPLACED]).to_numpy()
    begun = period.holds(table["dispatched"])
    no_limit = (table["clock"] == "").to_numpy() & begun
    stands = (table["clock"] != "").to_numpy() & due.isna().to_numpy() & begun
    excluded = {
        "went_to_another_unit": falls_due & left & away,
        "not_settled_here": falls_due & left & ~away,
        "without_deadline": no_limit,
        "clock_stands": stands,
    }
    counts = falls_due & ~left
    closed = settled & (ended < end).to_numpy()
    on_time = settled & (ended <= due).to_numpy()
    runs = ~(ended < end).to_numpy()
    for name, rows in (("on_time", on_time), ("closure", closed), ("overdue_open", runs)):
        yield Tally(name, table, counts, _amount(rows), excluded)
    handled = settled & period.holds(ended)
    bound = due.notna().to_numpy()
    reasons = {"without_deadline": handled & ~bound}
    yield Tally("settled_on_time", table, handled & bound, _amount(on_time), reasons)
    for name, column in (("rework", "reworks"), ("extension", "extensions")):
        yield Tally(name, table, handled, _amount(table[column] > 0))
    yield Tally("reopening", table, handled, _amount(table["reopened"] < end))
    upheld, undecided = _returns(told)
    sent = begun & ~undecided
    reasons = {"return_not_decided": begun & undecided}
    yield Tally("dispatch_accuracy", table, sent, _amount(~upheld), reasons)


def _amount(rows: Any) -> NDArray[np.float64]:
    """Return 1 where something holds, else 0."""
    return np.asarray(rows, dtype=np.float64)


def settled_rounds(table: pd.DataFrame, parameters: EvaluationParameters) -> Bools:
    """Tell which rounds ended with the case being settled."""
    other = ["", RETURNED, REPLACED, *parameters.states_not_valid, *parameters.states_left]
    return ~table["outcome"].isin(other).to_numpy(dtype=bool)


def _returns(told: Histories) -> tuple[Bools, Bools]:
    """Tell which returns were upheld, and which are not decided yet.

    Upheld is a return after which the case went to another unit, or was no case for any; sent to
    the same unit again it was not.
    """
    table = told.rounds
    follows = table["case"].eq(table["case"].shift(-1)).to_numpy(dtype=bool)
    same = follows & table["unit"].eq(table["unit"].shift(-1)).to_numpy(dtype=bool)
    still = table["case"].isin(told.cases.loc[told.cases["open"], "case"]).to_numpy(dtype=bool)
    returned = table["outcome"].eq(RETURNED).to_numpy(dtype=bool)
    undecided = returned & ~follows & still
    return returned & ~same & ~undecided, undecided


def _of_cases(told: Histories, period: Period, parameters: EvaluationParameters) -> Iterator[Tally]:
    """Count valid reports, and filing as what it was."""
    table = told.cases
    void, valid, merged = _validity(told, parameters)
    opened = period.holds(table["opened"])
    yield Tally(
        "valid_report", table, opened & (valid | void), _amount(valid),
        {"merged": opened & merged, "not_decided": opened & ~(valid | void | merged)},
    )  # fmt: skip
    filed = period.holds(table["filed"])
    right = ~void & (table["recoded"] == 0).to_numpy()
    yield Tally("filing_accuracy", table, filed, _amount(right))


def _validity(told: Histories, parameters: EvaluationParameters) -> tuple[Bools, Bools, Bools]:
    table = told.cases
    void = table["state"].isin(parameters.states_not_valid).to_numpy(dtype=bool)
    merged = (table["merged_into"] != "").to_numpy(dtype=bool)
    taken = (table["filed"].notna() | table["dispatched"].notna() | ~table["open"]).to_numpy()
    return void, ~void & ~merged & taken, merged


def _missed(
    told: Histories, period: Period, parameters: EvaluationParameters, patrols: pd.DataFrame
) -> Tally:
    """Count cases that others found while the cell was patrolled, of all valid ones."""
    absent = [name for name in _PATROL_COLUMNS if name not in patrols.columns]
    if absent:
        names = ", ".join(absent)
        raise InputError(Text(f"patrols need {names}", f"巡查表缺少{names}"), layer="patrols")
    table = told.cases
    _, valid, _ = _validity(told, parameters)
    others = ~table["channel"].isin(parameters.collector_channels).to_numpy(dtype=bool)
    row = table.reset_index()[["index", "grid", "opened"]]
    met = row[row["grid"] != ""].merge(patrols[list(_PATROL_COLUMNS)], on="grid")
    during = met[(met["opened"] >= met["begin"]) & (met["opened"] < met["end"])]
    patrolled = np.zeros(len(table), dtype=bool)
    patrolled[during["index"].to_numpy()] = True
    counts = valid & period.holds(table["opened"])
    return Tally("missed", table, counts, _amount(patrolled & others))


def _handling_times(
    told: Histories, period: Period, parameters: EvaluationParameters, by: Sequence[str]
) -> pd.DataFrame:
    """Median and ninth decile of what had run at closure, in the clock of each rule."""
    table = told.rounds
    counts = settled_rounds(table, parameters) & period.holds(table["ended"])
    table = table[counts & table["elapsed"].notna().to_numpy()]
    rows: list[dict[str, Any]] = []
    group, keys = groups_of(table, [*by, "clock"])
    elapsed = table["elapsed"].to_numpy()
    order = np.argsort(group, kind="stable")
    parts = np.split(elapsed[order], np.searchsorted(group[order], np.arange(1, len(keys))))
    for key, part in zip(keys.to_dict("records"), parts, strict=False):
        clock = str(key.pop("clock"))
        for quantile, share in _QUANTILES.items():
            low, high = quantile_interval(part, share, parameters.interval_level)
            rows.append(
                {str(name): value for name, value in key.items()}
                | {
                    "indicator": f"{quantile}.{clock}",
                    "numerator": np.nan,
                    "denominator": len(part),
                }
                | {"excluded": 0, "value": float(np.quantile(part, share)), "low": low}
                | {"high": high, "unit_of_value": clock.rpartition("_")[2]}
            )
    return pd.DataFrame(rows)


def graded(
    found: Indicators, parameters: EvaluationParameters, *, by: Sequence[str] = ("unit",)
) -> pd.DataFrame:
    """Return the score and the grade of each group, from its rates.

    Returns
    -------
    DataFrame
        ``by`` with ``score`` (0 to 100, over the weight that has a value), ``present`` (the share
        of the weight that has one), ``fewest`` (the smallest denominator) and ``grade``: ``""``
        where too little is present or there are too few cases.
    """
    weights = pd.Series(dict(parameters.composite_weights), name="weight")
    rates = found.rows[found.rows["indicator"].isin(weights.index)].copy()
    rates = rates[rates["value"].notna()]
    reverse = rates["indicator"].isin(LESS_IS_BETTER)
    rates["points"] = rates["value"].where(~reverse, 100 - rates["value"])
    rates["weight"] = rates["indicator"].map(weights).astype(float)
    rates["weighted"] = rates["points"] * rates["weight"]
    group, keys = groups_of(rates, by)
    size = len(keys)
    present = np.bincount(group, weights=rates["weight"], minlength=size)
    with np.errstate(invalid="ignore", divide="ignore"):
        score = np.bincount(group, weights=rates["weighted"], minlength=size) / present
    fewest = np.full(size, np.iinfo(np.int64).max)
    np.minimum.at(fewest, group, rates["denominator"].to_numpy(dtype=np.int64))
    enough = (present >= parameters.least_weight_present) & (fewest >= parameters.least_ranked)
    grades = [
        _grade(value, parameters) if shown else ""
        for value, shown in zip(score, enough, strict=True)
    ]
    return keys.assign(score=score, present=present, fewest=fewest, grade=grades)


def _grade(score: float, parameters: EvaluationParameters) -> str:
    ladder = sorted(parameters.grades.items(), key=lambda one: -one[1])
    return next(name for name, least in ladder if score >= least)
