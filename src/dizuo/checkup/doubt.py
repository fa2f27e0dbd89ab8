"""How far a city's value may be off: the same things under other estimates."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from dizuo.base.config import Completeness
from dizuo.checkup.judge import score
from dizuo.model.evidence import Evidence
from dizuo.model.indicator import Indicator
from dizuo.model.place import PlaceKind
from dizuo.model.rule import Rule
from dizuo.model.values import Result, Values
from dizuo.resources.wiring import resources_of

__all__ = ["estimate_range", "source_range", "stated_completeness"]
__systems__ = ("S9x.2",)  # how far a score may be off

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
    """Lowest and highest score of the city if what the sources leave out were there.

    A bound under two assumptions, not an estimate:

    - What is left out lies anywhere, so at worst it serves nobody who is not served already: the
      value as it stands is the lower end.
    - At best each left-out thing serves people of its own, as many as its share of all things:
      with a share ``c`` of the things known, a share ``1 - c`` of those who seem unserved is
      served in truth. A source that misses things where nobody else serves (a whole quarter
      without mapped facilities) breaks this assumption, and the range is then too narrow.

    It holds for shares of what lies within reach, where more things never make anything worse.
    Other values, and layers whose completeness nobody states, have no range.

    Parameters
    ----------
    completeness
        Share (0..1) of the real things that the layer holds, None where not known.

    Returns
    -------
    Two scores, NaN where nothing can be said.
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


_LAYER_OF = {
    "facility_layer": "facilities",
    "green_spaces": "green",
    "public_green": "green",
    "stops": "stops",
}


def stated_completeness(
    indicator: Indicator, stated: Mapping[str, Completeness]
) -> tuple[str, Completeness] | None:
    """Return the least complete of the layers that an indicator looks for things in.

    None where it looks in no such layer, or nobody states how complete one of them is.
    """
    if not stated:
        return None
    used = resources_of(indicator.function, indicator.needs)
    layers = {layer for name, layer in _LAYER_OF.items() if name in used}
    if not layers or not layers <= set(stated):
        return None
    least = min(sorted(layers), key=lambda layer: stated[layer].share)
    return least, stated[least]
