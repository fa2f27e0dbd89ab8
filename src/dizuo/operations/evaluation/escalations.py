"""What came of cases that were put before the leader: how many were resolved, and how soon."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import pandas as pd

from dizuo.operations.evaluation.histories import Histories
from dizuo.operations.evaluation.intervals import quantile_interval
from dizuo.operations.evaluation.parameters import EvaluationParameters
from dizuo.operations.evaluation.tallies import Period, Tally, groups_of

__all__ = ["escalation_times", "escalations_resolved"]
__systems__ = ("S21.2",)

_DAY: Final = 86_400.0


def escalations_resolved(told: Histories, period: Period) -> Tally:
    """Count the escalations of a period that were resolved before its end.

    Resolved is a case whose owner told what came of the leader's decision, or that was closed.
    """
    table = told.cases
    before = table["unstuck"] < pd.Timestamp(period.end)
    resolved = np.asarray(before, dtype=np.float64)
    return Tally("escalations_resolved", table, period.holds(table["escalated"]), resolved)


def escalation_times(
    told: Histories, period: Period, parameters: EvaluationParameters, by: Sequence[str]
) -> pd.DataFrame:
    """Return the median of calendar days from escalation to what resolved it.

    Returns
    -------
    DataFrame
        Rows as :class:`.Indicators` has them, of escalations of the period that were resolved.
    """
    cases = told.cases
    resolved = (cases["unstuck"] < pd.Timestamp(period.end)).to_numpy(dtype=bool)
    table = cases[period.holds(cases["escalated"]) & resolved]
    group, keys = groups_of(table, by)
    waited = (table["unstuck"] - table["escalated"]).dt.total_seconds()
    days = waited.to_numpy(dtype=np.float64) / _DAY
    rows: list[dict[str, Any]] = []
    for number, key in enumerate(keys.to_dict("records")):
        own = days[group == number]
        if not len(own):
            continue
        low, high = quantile_interval(own, 0.5, parameters.interval_level)
        rows.append(
            {str(name): value for name, value in key.items()}
            | {"indicator": "escalation_median.days", "denominator": len(own)}
            | {"value": float(np.median(own)), "low": low, "high": high, "unit_of_value": "days"}
        )
    return pd.DataFrame(rows).assign(numerator=np.nan, excluded=0) if rows else pd.DataFrame()
