"""Response, resolution and satisfaction from call-backs; units side by side only where fair.

With V valid call-backs: response is the share that was contacted, resolution the share that was
solved, satisfaction the mean worth of the answers (1, the factor for basically satisfied, or 0).
The score weighs the three. Nobody who called, was called or handled a case is counted apart.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dizuo.operations.evaluation.histories import Histories
from dizuo.operations.evaluation.indicators import require, with_simulated
from dizuo.operations.evaluation.intervals import (
    bootstrap_mean,
    generator_for,
    rank_bounds,
    shrink,
    wilson,
)
from dizuo.operations.evaluation.parameters import EvaluationParameters
from dizuo.operations.evaluation.tallies import Period, groups_of

__all__ = ["RATES", "ThreeRates", "three_rates"]
__systems__ = ("S23.2",)

RATES: Final = ("response", "resolution", "satisfaction")
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class ThreeRates:
    """The rates by group, and what was left out.

    Attributes
    ----------
    rows
        The columns grouped by; ``valid`` call-backs and those ``excluded``; how many were
        ``contacted`` and ``solved``, and what the answers are worth (``worth``); for each of
        ``response``, ``resolution``, ``satisfaction`` (%) and ``score`` (0 to 100) the value, its
        interval ``…_low`` and ``…_high``, and ``…_shrunk``: drawn to the mean of its peers.
        ``score_shrunk_low`` and ``…_high`` bound the shrunk score by its parts' bounds, which is
        wider than need be. ``joint_low`` and ``joint_high`` bound the scores of all ranked peers
        together: ``rank_best`` and ``rank_worst`` are the ranks that these leave open, and ``rank``
        the rank where they leave one only; none where there are too few call-backs. ``simulated``
        where any case was.
    exclusions
        The same groups with ``reason`` and ``count``.
    """

    rows: pd.DataFrame
    exclusions: pd.DataFrame


def three_rates(
    told: Histories,
    period: Period,
    parameters: EvaluationParameters,
    generator: np.random.Generator,
    *,
    by: Sequence[str] = ("unit",),
    peers: Mapping[str, str] | None = None,
) -> ThreeRates:
    """Return the three rates of call-backs made in a period.

    Of several call-backs of one handling the last in the period counts.

    Parameters
    ----------
    generator
        Draws the bootstrap; it is asked once, so the same seed gives the same intervals whatever
        other units there are.
    by
        As for :func:`dizuo.operations.evaluation.indicators.indicators`.
    peers
        The kind of each unit (sub-district, department): units are shrunk to and ranked among their
        own kind. Without it all are of one kind. Only where grouped by ``unit`` alone.

    Raises
    ------
    InputError
        If the history ends before the period, or ``by`` names something that is not evaluated.
    """
    require(told, period, by)
    calls = told.answers[told.answers["kind"] == "call_back"]
    calls = calls[period.holds(calls["at"])].drop_duplicates(["case", "round"], keep="last")
    reasons = _reasons(calls, parameters)
    group, keys = groups_of(calls, by)
    size = len(keys)
    valid = (reasons == "").to_numpy(dtype=bool)
    inside, at = calls[valid], group[valid]
    worth = inside["satisfaction"].map(parameters.satisfaction).to_numpy(dtype=np.float64)
    parts = np.column_stack(
        [inside["contacted"].to_numpy(dtype=float), inside["solved"].to_numpy(dtype=float), worth]
    )
    rows = keys.copy()
    rows["valid"] = np.bincount(at, minlength=size)
    rows["excluded"] = np.bincount(group[~valid], minlength=size)
    for name, amount in zip(("contacted", "solved", "worth"), parts.T, strict=True):
        rows[name] = np.bincount(at, weights=amount, minlength=size)
    rows = _with_intervals(rows, by, parts, at, parameters, generator)
    rows = _with_peers(rows, by, parameters, peers)
    left_out = keys.iloc[group[~valid]].assign(reason=reasons[~valid].to_numpy())
    counted = left_out.groupby([*by, "reason"], sort=True).size()
    return ThreeRates(with_simulated(rows, told, by), counted.rename("count").reset_index())


def _reasons(calls: pd.DataFrame, parameters: EvaluationParameters) -> "pd.Series[str]":
    """Return why each call-back is left out, or ""."""
    unclear = calls["contacted"].isna() | calls["solved"].isna() | (calls["satisfaction"] == "")
    reasons = pd.Series("", index=calls.index, dtype="str")
    reasons[unclear] = "answer_not_known"
    if parameters.exclude_own_call_backs:
        reasons[calls["own"]] = "entered_by_the_unit"
    reasons[calls["nature"].isin(parameters.excluded_natures)] = "nature"
    named = calls["excluded"] != ""
    reasons[named] = calls.loc[named, "excluded"]
    return reasons


def _with_intervals(
    rows: pd.DataFrame,
    by: Sequence[str],
    parts: Floats,
    at: NDArray[np.int64],
    parameters: EvaluationParameters,
    generator: np.random.Generator,
) -> pd.DataFrame:
    level, draws = parameters.interval_level, parameters.bootstrap_draws
    seed = int(generator.integers(2**63))
    n = rows["valid"].to_numpy(dtype=np.float64)
    weights = np.array([parameters.three_rate_weights[name] for name in RATES])
    for name, column in zip(RATES, ("contacted", "solved", "worth"), strict=True):
        rows[name] = 100 * _share(rows[column].to_numpy(), n)
        if name != "satisfaction":
            low, high = wilson(rows[column], n, level)
            rows[f"{name}_low"], rows[f"{name}_high"] = 100 * low, 100 * high
    rows["score"] = sum(rows[name] * weight for name, weight in zip(RATES, weights, strict=True))
    order = np.argsort(at, kind="stable")
    answers = np.split(parts[order], np.searchsorted(at[order], np.arange(1, len(rows))))
    names = ["\n".join(map(str, key)) for key in rows[list(by)].itertuples(index=False)] or [""]
    bounds = []
    for name, own in zip(names, answers, strict=False):
        drawn = generator_for(seed, name)
        bounds.append(
            (
                *bootstrap_mean(own[:, 2], level, draws, drawn),
                *bootstrap_mean(own @ weights, level, draws, drawn),
            )
        )
    found = 100 * np.array(bounds, dtype=np.float64).reshape(-1, 4)
    ends = ("satisfaction_low", "satisfaction_high", "score_low", "score_high")
    return rows.assign(**{name: found[: len(rows), k] for k, name in enumerate(ends)})


def _with_peers(
    rows: pd.DataFrame,
    by: Sequence[str],
    parameters: EvaluationParameters,
    peers: Mapping[str, str] | None,
) -> pd.DataFrame:
    """Draw rates to the mean of their peers, and rank where numbers allow."""
    kinds = np.full(len(rows), "", dtype=object)
    if peers is not None and list(by) == ["unit"]:
        kinds = np.array([peers.get(unit, "") for unit in rows["unit"]], dtype=object)
    columns: dict[str, Any] = {
        name: np.full(len(rows), np.nan)
        for rate in (*RATES, "score")
        for name in (f"{rate}_shrunk", f"{rate}_shrunk_low", f"{rate}_shrunk_high")
    }
    columns |= {name: np.full(len(rows), np.nan) for name in ("joint_low", "joint_high")}
    best, worst = (np.full(len(rows), 0, dtype=np.int64) for _ in range(2))
    for kind in sorted(set(kinds)):
        own = np.flatnonzero(kinds == kind)
        _shrink_peers(rows.iloc[own], own, columns, parameters)
        ranked = own[_ranked(rows.iloc[own], by, parameters)]
        low, high = _joint(rows.iloc[ranked], parameters)
        columns["joint_low"][ranked], columns["joint_high"][ranked] = 100 * low, 100 * high
        best[ranked], worst[ranked] = rank_bounds(low, high)
    columns["rank_best"], columns["rank_worst"] = (_whole(side, best > 0) for side in (best, worst))
    columns["rank"] = _whole(best, (best > 0) & (best == worst))
    return rows.assign(**columns)


def _joint(rows: pd.DataFrame, parameters: EvaluationParameters) -> tuple[Floats, Floats]:
    """Return intervals that hold the scores of all these units at once, at the level.

    Each is of the level's root (Šidák), so that the ranks that they leave open hold together
    (Klein, Wright and Wieczorek 2020). Wilson's, of the sum of the scores: no score between 0 and 1
    varies more than a proportion of the same mean does, so they are wide enough, and nothing is
    drawn.
    """
    valid = rows["valid"].to_numpy(dtype=np.float64)
    amount = np.minimum(rows["score"].to_numpy(dtype=np.float64) / 100, 1) * valid
    return wilson(amount, valid, parameters.interval_level ** (1 / max(len(rows), 1)))


def _shrink_peers(
    rows: pd.DataFrame,
    own: NDArray[np.int64],
    columns: dict[str, Any],
    parameters: EvaluationParameters,
) -> None:
    score = np.zeros((3, len(own)))
    for name, column in zip(RATES, ("contacted", "solved", "worth"), strict=True):
        found = shrink(rows[column], rows["valid"], parameters.interval_level)
        for k, (end, side) in enumerate(
            (("", found.rate), ("_low", found.low), ("_high", found.high))
        ):
            columns[f"{name}_shrunk{end}"][own] = 100 * side
            score[k] += parameters.three_rate_weights[name] * 100 * side
    for end, side in zip(("", "_low", "_high"), score, strict=True):
        columns[f"score_shrunk{end}"][own] = side


def _ranked(rows: pd.DataFrame, by: Sequence[str], parameters: EvaluationParameters) -> Bools:
    """Tell which groups are ranked: units, with call-backs enough."""
    named = (rows["unit"] != "").to_numpy() if list(by) == ["unit"] else np.zeros(len(rows), bool)
    enough = rows["valid"] >= max(parameters.least_ranked, 1)
    return np.asarray(named & enough.to_numpy(), dtype=bool)


def _whole(values: NDArray[np.int64], known: Bools) -> Any:
    return pd.arrays.IntegerArray(values.copy(), ~known)


def _share(amount: Floats, n: Floats) -> Floats:
    share = np.full(len(n), np.nan)
    np.divide(amount, n, out=share, where=n > 0)
    return share
