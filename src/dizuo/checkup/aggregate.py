"""From amounts on things to values of places."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dizuo.engines.form.density import sum_by_place
from dizuo.engines.form.heights import height_spread
from dizuo.engines.form.mix import land_use_mix
from dizuo.model.errors import EngineError
from dizuo.model.place import PlaceKind
from dizuo.model.values import Values

__all__ = ["PlaceResult", "order_of", "reduce_to_places"]

Floats = NDArray[np.float64]
_KINDS = list(PlaceKind)


@dataclass(frozen=True, eq=False)
class PlaceResult:
    """Values of all places of one kind, NaN where nothing of the support lies in the place.

    ``edge`` is the share of the place's things whose search reached the edge of the data.
    """

    value: Floats
    numerator: Floats
    denominator: Floats
    edge: Floats


def order_of(kind: PlaceKind) -> int:
    """Rank of a kind of place, the smallest first."""
    return _KINDS.index(kind)


def reduce_to_places(
    values: Values, kind: PlaceKind, count: int, amounts: Mapping[str, Floats]
) -> PlaceResult:
    """Reduce amounts to the places of one kind.

    Parameters
    ----------
    count
        Number of places of the kind.
    amounts
        Amounts of each place by name (``residents``, ``area``, ``built_up``), for denominators
        that belong to the place.

    Raises
    ------
    EngineError
        If the reduction needs a denominator that is not given.
    """
    inside = values.support.places[kind]

    def total(amount: Floats) -> Floats:
        return sum_by_place(amount, inside, count)

    things = total(np.ones(len(inside)))
    edge = total(values.edge.astype(np.float64)) if values.edge is not None else np.zeros(count)
    edge = np.divide(edge, things, out=np.zeros(count), where=things > 0)
    if values.reduction == "entropy":
        return _entropy(values, inside, count, edge)
    if values.reduction in {"spread", *_REDUCERS}:
        return _one_by_one(values, inside, count, edge)
    numerator = total(values.numerator)
    if isinstance(values.denominator, str):
        denominator = amounts[values.denominator]
    elif values.denominator is None:
        denominator = np.ones(count)
    else:
        denominator = total(values.denominator)
    if values.reduction == "sum":
        return PlaceResult(numerator * values.factor, numerator, np.full(count, np.nan), edge)
    value = np.full(count, np.nan)
    np.divide(numerator * values.factor, denominator, out=value, where=denominator > 0)
    return PlaceResult(value, numerator, denominator, edge)


def _entropy(values: Values, inside: NDArray[np.int32], count: int, edge: Floats) -> PlaceResult:
    things, uses = values.numerator.shape
    mix = land_use_mix(
        values.numerator.T.ravel(),
        np.repeat(np.arange(uses), things),
        np.tile(inside, uses),
        count,
        uses,
    )
    whole = sum_by_place(values.numerator.sum(axis=1), inside, count)
    return PlaceResult(mix * values.factor, whole, np.full(count, np.nan), edge)


def _one_by_one(values: Values, inside: NDArray[np.int32], count: int, edge: Floats) -> PlaceResult:
    """Reductions that look at the things of a place one by one, place after place."""
    if isinstance(values.denominator, str):
        raise EngineError(f"{values.reduction} cannot divide by the place's {values.denominator}")
    weight = values.denominator if values.denominator is not None else np.ones(len(inside))
    known = (inside >= 0) & np.isfinite(values.numerator) & np.isfinite(weight)
    amount, weight, place = values.numerator[known], weight[known], inside[known]
    total, nothing = sum_by_place(weight, place, count), np.full(count, np.nan)
    if values.reduction == "spread":
        spread = height_spread(amount, weight, place, count).standard_deviation
        return PlaceResult(spread * values.factor, nothing, total, edge)
    order = np.lexsort((amount, place))
    amount, weight, place = amount[order], weight[order], place[order]
    starts = np.searchsorted(place, np.arange(count + 1))
    value = nothing.copy()
    for number in np.flatnonzero(np.diff(starts)):
        own = slice(starts[number], starts[number + 1])
        value[number] = _REDUCERS[values.reduction](amount[own], weight[own]) * values.factor
    return PlaceResult(value, nothing, total, edge)


def gini(amount: Floats, weight: Floats) -> float:
    """Gini coefficient of amounts given to groups of a weight (metrics: trapezes under Lorenz).

    ``amount`` is per unit of weight; groups are sorted here.
    """
    order = np.argsort(amount, kind="stable")
    amount, weight = amount[order], weight[order]
    people, held = np.cumsum(weight), np.cumsum(amount * weight)
    if people[-1] <= 0 or held[-1] <= 0:
        return float("nan")
    x = np.concatenate([[0.0], people / people[-1]])
    y = np.concatenate([[0.0], held / held[-1]])
    return float(1.0 - np.sum(np.diff(x) * (y[1:] + y[:-1])))


def _median(amount: Floats, weight: Floats) -> float:
    """Smallest amount at or below which half of the weight lies (amounts ascending)."""
    if weight.sum() <= 0:
        return float("nan")
    reached = np.cumsum(weight)
    return float(amount[np.searchsorted(reached, reached[-1] / 2)])


_REDUCERS: dict[str, Callable[[Floats, Floats], float]] = {
    "gini": gini,
    "median": _median,
    "maximum": lambda amount, _: float(amount[-1]),
    "minimum": lambda amount, _: float(amount[0]),
}
