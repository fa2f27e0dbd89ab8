"""How the pull of a facility fades with distance."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dizuo.model.errors import EngineError

__all__ = ["DECAYS", "Decay", "Zones", "epanechnikov", "even", "gaussian"]

Float64 = NDArray[np.float64]
Int32 = NDArray[np.int32]

Decay = Callable[[Int32, int], Float64]
"""Weight, from 0 to 1, of each cost up to a limit."""


def even(cost: Int32, limit: int) -> Float64:  # noqa: ARG001
    """Weight 1 everywhere within the limit, as in 2SFCA (Luo and Wang 2003)."""
    return np.ones(len(cost))


def gaussian(cost: Int32, limit: int) -> Float64:
    """Gaussian that falls from 1 at no cost to 0 at the limit (Dai 2010).

    ``(exp(-(d/D)^2 / 2) - exp(-1/2)) / (1 - exp(-1/2))``
    """
    share = cost / max(limit, 1)
    edge = np.exp(-0.5)
    weight: Float64 = (np.exp(-0.5 * share * share) - edge) / (1 - edge)
    return weight


def epanechnikov(cost: Int32, limit: int) -> Float64:
    """Kernel density ``3/4 (1 - (d/D)^2)``, as in KD2SFCA (Dai and Wang 2011)."""
    share = cost / max(limit, 1)
    weight: Float64 = 0.75 * (1 - share * share)
    return weight


@dataclass(frozen=True)
class Zones:
    """A table of steps, as in E2SFCA (Luo and Qi 2009).

    Attributes
    ----------
    bounds
        Largest cost of each zone, ascending, in the unit of the arcs. Beyond the last is nothing.
    weights
        Weight of each zone.
    """

    bounds: tuple[int, ...]
    weights: tuple[float, ...]

    def __post_init__(self) -> None:
        if len(self.bounds) != len(self.weights) or not self.bounds:
            raise EngineError("every zone needs one bound and one weight")
        if list(self.bounds) != sorted(set(self.bounds)):
            raise EngineError("the bounds of zones must ascend")

    def __call__(self, cost: Int32, limit: int) -> Float64:  # noqa: ARG002
        """Return the weight of the zone that each cost lies in."""
        weight = np.full(len(cost), self.weights[0])
        following = (*self.weights[1:], 0.0)
        for bound, next_weight in zip(self.bounds, following, strict=True):
            weight[cost > bound] = next_weight
        return weight


DECAYS: Final[dict[str, Decay]] = {
    "even": even,
    "gaussian": gaussian,
    "epanechnikov": epanechnikov,
}
"""Decays by name."""
