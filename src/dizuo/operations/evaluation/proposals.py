"""What came of proposals: how many were adopted, how soon they were answered, by how many."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import pandas as pd

from dizuo.operations.evaluation.histories import Histories
from dizuo.operations.evaluation.intervals import quantile_interval
from dizuo.operations.evaluation.parameters import EvaluationParameters
from dizuo.operations.evaluation.tallies import Period, Tally, groups_of

__all__ = ["adoption", "answers_to_proposals"]
__systems__ = ("S21.6",)

_DAY: Final = 86_400.0


def adoption(told: Histories, period: Period) -> Tally:
    """Count the proposals adopted, of those decided on in a period."""
    table = told.cases
    amount = table["adopted"].to_numpy(dtype=np.float64)
    return Tally("adoption", table, period.holds(table["answered"]), amount)


def answers_to_proposals(
    told: Histories, period: Period, parameters: EvaluationParameters, by: Sequence[str]
) -> pd.DataFrame:
    """Return how soon proposals were answered, and how many took part in deciding on them.

    Returns
    -------
    DataFrame
        Rows as :class:`.Indicators` has them, of proposals decided on in the period:
        ``answer_median.days`` (calendar days from proposal to decision) and ``participants``.
    """
    table = told.cases[period.holds(told.cases["answered"])]
    group, keys = groups_of(table, by)
    waited = (table["answered"] - table["opened"]).dt.total_seconds()
    days = waited.to_numpy(dtype=np.float64) / _DAY
    participants = table["participants"].to_numpy(dtype=np.int64)
    rows: list[dict[str, Any]] = []
    for number, key in enumerate(keys.to_dict("records")):
        own = group == number
        if not own.any():
            continue
        low, high = quantile_interval(days[own], 0.5, parameters.interval_level)
        many = int(participants[own].sum())
        known = {str(name): value for name, value in key.items()}
        rows += [
            known | {"indicator": "answer_median.days", "denominator": int(own.sum()),
                     "value": float(np.median(days[own])), "low": low, "high": high,
                     "unit_of_value": "days"},
            known | {"indicator": "participants", "denominator": many, "value": float(many),
                     "low": np.nan, "high": np.nan, "unit_of_value": "people"},
        ]  # fmt: skip
    return pd.DataFrame(rows).assign(numerator=np.nan, excluded=0) if rows else pd.DataFrame()
