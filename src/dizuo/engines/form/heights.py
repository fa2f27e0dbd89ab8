"""How evenly high the buildings of a place are."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dizuo.engines.form.density import density, sum_by_place

__all__ = ["HeightSpread", "height_spread"]

Float64 = NDArray[np.float64]
Integers = NDArray[np.integer]


@dataclass(frozen=True, eq=False)
class HeightSpread:
    """Heights of the buildings of each place, all arrays of length p.

    Attributes
    ----------
    mean
        float64, m. Mean height, each building by its weight.
    standard_deviation
        float64, m. Of the buildings as they stand, not of a sample.
    coefficient_of_variation
        float64. Standard deviation over mean: 0 for a level skyline.
    highest
        float64, m. Height of the highest building.
    known_share
        float64. Share of the weight whose height is known.
    """

    mean: Float64
    standard_deviation: Float64
    coefficient_of_variation: Float64
    highest: Float64
    known_share: Float64


def height_spread(
    height: Float64, weight: Float64, place: Integers, place_count: int
) -> HeightSpread:
    """Measure the spread of building heights in each place.

    Parameters
    ----------
    height
        float64, k, metres (or levels). NaN where unknown: left out, and told in ``known_share``.
    weight
        float64, k. Weight of each building, at least 0: its footprint for an area-weighted
        spread, 1 for each building the same.
    place
        k. Place of each building, -1 for none.
    place_count
        Number of places, p.

    Returns
    -------
    HeightSpread, NaN for places without a known height.
    """
    known = ~np.isnan(height)
    counted = known & (weight > 0) & (place >= 0)
    own, high, carried = place[counted], height[counted], weight[counted]
    total = sum_by_place(carried, own, place_count)
    mean = density(sum_by_place(carried * high, own, place_count), total)
    off = (high - mean[own]) ** 2
    deviation = np.sqrt(density(sum_by_place(carried * off, own, place_count), total))
    highest = np.full(place_count, -np.inf)
    np.maximum.at(highest, own, high)
    highest[np.isinf(highest)] = np.nan
    return HeightSpread(
        mean,
        deviation,
        density(deviation, mean),
        highest,
        density(total, sum_by_place(weight, place, place_count)),
    )
