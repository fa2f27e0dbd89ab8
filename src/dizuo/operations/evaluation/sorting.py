"""How much is sorted correctly: checks of points and streams, never of households."""

from typing import Final

import pandas as pd

from dizuo.operations.evaluation.histories import Histories
from dizuo.operations.evaluation.intervals import wilson
from dizuo.operations.evaluation.parameters import EvaluationParameters
from dizuo.operations.evaluation.tallies import Period, Tally, tally

__all__ = ["sorting", "sorting_by_point"]
__systems__ = ("L4", "S12.5")

_CHECK: Final = "sorting_check"


def sorting(told: Histories, period: Period, parameters: EvaluationParameters) -> Tally:
    """Count the checks that found a stream sorted correctly, of those decided, by their opening."""
    table = told.cases
    mine = (table["case_type"] == _CHECK).to_numpy(dtype=bool) & period.holds(table["opened"])
    right = table["state"].isin(parameters.states_passed).to_numpy(dtype=bool)
    decided = right | table["filed"].notna().to_numpy(dtype=bool)
    reasons = {"not_decided": mine & ~decided}
    return Tally("sorting", table, mine & decided, right.astype(float), reasons)


def sorting_by_point(
    told: Histories, period: Period, parameters: EvaluationParameters
) -> pd.DataFrame:
    """Return how much is sorted correctly at each point, and in each of its streams.

    Returns
    -------
    DataFrame
        ``point`` (the asset), ``stream`` (``""``: all), ``correct`` of ``checks``, ``not_decided``,
        ``value`` in % with its Wilson interval ``low``, ``high``; ``simulated`` where any was.
    """
    one = sorting(told, period, parameters)
    tables = [tally(one, by)[0] for by in (["asset"], ["asset", "category"])]
    rows = pd.concat(tables, ignore_index=True).rename(
        columns={
            "asset": "point", "category": "stream", "numerator": "correct",
            "denominator": "checks", "excluded": "not_decided",
        }
    )  # fmt: skip
    low, high = wilson(rows["correct"], rows["checks"], parameters.interval_level)
    made_up = set(one.table.loc[one.table["simulated"], "asset"])
    rows = rows.assign(
        stream=rows["stream"].fillna(""),
        value=100 * rows["correct"] / rows["checks"].where(rows["checks"] > 0),
        low=100 * low,
        high=100 * high,
        simulated=rows["point"].isin(made_up),
    )
    named = ["point", "stream", "correct", "checks", "not_decided", "value", "low", "high"]
    rows = rows[[*named, "simulated"]]
    return rows[rows["point"] != ""].sort_values(["point", "stream"], ignore_index=True)
