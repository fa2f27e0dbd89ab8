"""What an indicator says of a single building, without telling how many people live there."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dizuo.checkup.compute import Computed
from dizuo.model.evidence import Evidence
from dizuo.model.text import Text
from dizuo.model.values import Result, Support, Values

__all__ = ["own_values", "rows_of_building"]

_NOT_LOOKED_AT = Text("This indicator does not look at this building.", "该指标不涉及此建筑。")


def own_values(result: Result) -> tuple[Support, NDArray[np.float64]] | None:
    """Return each building's own value, None of an indicator that stands on something else."""
    if (
        not isinstance(result, Values)
        or result.reduction != "ratio"
        or not isinstance(result.denominator, np.ndarray)
        or result.support.name not in {"homes", "buildings"}
    ):
        return None
    with np.errstate(invalid="ignore", divide="ignore"):
        return result.support, result.numerator / result.denominator * result.factor


def rows_of_building(one: Computed, rows: pd.DataFrame, building: str) -> pd.DataFrame:
    """Turn the rows of the city into those of one of its buildings.

    A rule about a share of many is not asked of one building: whether it falls short by itself
    stands among the things of the explanation. Amounts of persons are left out.
    """
    value = np.array([_own_value(one.results[str(name)], building) for name in rows["variant"]])
    unknown = np.isnan(value)
    untold = unknown & (rows["reason_en"] == "").to_numpy(dtype=bool)
    plain = rows.astype(object)
    return plain.assign(
        place=building,
        place_kind="building",
        value=value,
        numerator=None,
        denominator=None,
        evidence=plain["evidence"].mask(unknown, str(Evidence.MISSING)),
        edge=0.0,
        passes=None,
        score=None,
        reason_en=plain["reason_en"].mask(untold, _NOT_LOOKED_AT.en),
        reason_zh=plain["reason_zh"].mask(untold, _NOT_LOOKED_AT.zh),
    )


def _own_value(result: Result, building: str) -> float:
    found = own_values(result)
    if found is None:
        return float("nan")
    support, values = found
    return float(next(iter(values[support.ids == building]), np.nan))
