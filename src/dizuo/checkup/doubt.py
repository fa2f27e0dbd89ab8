"""How far a city's value may be off: the same things under other estimates."""

import numpy as np
from numpy.typing import NDArray

from dizuo.checkup.judge import score
from dizuo.model.evidence import Evidence
from dizuo.model.place import PlaceKind
from dizuo.model.rule import Rule
from dizuo.model.values import Result, Values

__all__ = ["estimate_range", "source_range"]

Floats = NDArray[np.float64]


def estimate_range(result: Result, city_value: float, scale: Rule | None) -> tuple[float, float]:
    """Lowest and highest score of the city when estimated amounts are spread otherwise.

    The alternatives are the two ends of what could be assumed without any estimate of size: every
    thing counts the same, and each counts by the square root of its estimate (between the two).
    Measured results have one score.
    """
    if scale is None or not np.isfinite(city_value):
        return (float("nan"), float("nan"))
    values = [city_value]
    if (
        isinstance(result, Values)
        and result.evidence is Evidence.ESTIMATED
        and result.reduction == "ratio"
        and isinstance(result.denominator, np.ndarray)
    ):
        weight = result.denominator
        held = (result.support.places[PlaceKind.CITY] >= 0) & (weight > 0)
        share = result.numerator[held] / weight[held]
        values.extend(
            float((share * other).sum() / other.sum() * result.factor)
            for other in (np.ones(held.sum()), np.sqrt(weight[held]))
        )
    marks = score(np.array(values), scale)
    return float(marks.min()), float(marks.max())


def source_range(
    result: Result, city_value: float, completeness: float | None, scale: Rule | None
) -> tuple[float, float]:
    """Scores of the city if what the sources leave out changed the value at most.

    Only for shares of what lies within reach: the facilities that a source leaves out can serve
    nobody who is served already, and at best the same share of the others as they are of all
    facilities. NaN where no source states its completeness.
    """
    if (
        completeness is None
        or scale is None
        or not np.isfinite(city_value)
        or not isinstance(result, Values)
        or result.failing is None
    ):
        return (float("nan"), float("nan"))
    most = city_value + (result.factor - city_value) * (1.0 - completeness)
    marks = score(np.array([city_value, most]), scale)
    return float(marks.min()), float(marks.max())
