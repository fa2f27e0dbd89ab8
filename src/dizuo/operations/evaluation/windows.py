"""Satisfaction by service window, from the ratings of applications: never of who serves there."""

from typing import Final

import numpy as np
import pandas as pd

from dizuo.operations.evaluation.histories import Histories
from dizuo.operations.evaluation.intervals import bootstrap_mean, generator_for
from dizuo.operations.evaluation.parameters import EvaluationParameters
from dizuo.operations.evaluation.suppression import hidden
from dizuo.operations.evaluation.tallies import Period

__all__ = ["satisfaction_by_window"]
__systems__ = ("L2", "S22.5")  # ratings of applications (好差评)

_APPLICATION: Final = "service_application"
_COLUMNS: Final = ("window", "ratings", "value", "low", "high", "hidden", "simulated")


def satisfaction_by_window(
    told: Histories, period: Period, parameters: EvaluationParameters, seed: int
) -> pd.DataFrame:
    """Return how satisfied those were who rated an application in a period.

    The window is the asset of the case, or the unit that handled it where the case names none. Of
    several ratings of a case the last in the period counts; answers count as in the three rates.

    Parameters
    ----------
    seed
        Of the bootstrap; each window draws by itself.

    Returns
    -------
    DataFrame
        ``window`` (``""``: all), ``ratings``, ``value`` in % with its bootstrap interval ``low``
        and ``high``, ``simulated`` where any case was. Numbers are NaN where ``hidden`` is
        ``small_group``: too few ratings, or they would give others away.
    """
    rated = told.answers[told.answers["kind"] == "rating"]
    known = (rated["case_type"] == _APPLICATION) & (rated["satisfaction"] != "")
    rated = rated[known.to_numpy(dtype=bool) & period.holds(rated["at"])]
    rated = rated.drop_duplicates("case", keep="last")
    at = rated["case"].map(told.cases.set_index("case")["asset"])
    window = at.where(at != "", rated["unit"]).to_numpy(dtype=object)
    worth = rated["satisfaction"].map(parameters.satisfaction).to_numpy(dtype=np.float64)
    made_up = rated["simulated"].to_numpy(dtype=bool)
    names = sorted({str(one) for one in window if one})
    counts = {(one,): int((window == one).sum()) for one in names} | {("",): len(rated)}
    parts = [(one,) for one in names]
    gone = hidden(counts, [(("",), parts)], parameters.smallest_group)
    rows = []
    for one in ["", *names] if len(rated) else []:
        own = np.full(len(rated), fill_value=True) if not one else window == one
        low, high = bootstrap_mean(
            worth[own], parameters.interval_level, parameters.bootstrap_draws,
            generator_for(seed, one),
        )  # fmt: skip
        numbers = [float(own.sum()), *(100 * np.array([worth[own].mean(), low, high]))]
        small = (one,) in gone
        shown = [np.nan] * 4 if small else numbers
        rows.append([one, *shown, "small_group" if small else "", bool(made_up[own].any())])
    return pd.DataFrame(rows, columns=list(_COLUMNS))
