"""How much stands on the ground: sums, densities, floor area ratio and coverage of places.

Items (buildings, intersections) name the place that they belong to by its number, -1 for none.
Nothing is left out in silence: an unknown amount (NaN) makes the sum of its place unknown.
"""

import numpy as np
from numpy.typing import NDArray

from dizuo.engines.partition.polygons import points_in_polygons
from dizuo.engines.streets.connectivity import Intersections
from dizuo.model.errors import EngineError

__all__ = [
    "coverage",
    "density",
    "floor_area_ratio",
    "intersection_density",
    "sum_by_place",
]

Float64 = NDArray[np.float64]
Integers = NDArray[np.integer]
Shapes = NDArray[np.object_]


def sum_by_place(amount: Float64, place: Integers, place_count: int) -> Float64:
    """Add up the amounts of the items of each place.

    Parameters
    ----------
    amount
        float64, k. Amount of each item, NaN where unknown.
    place
        k. Place of each item, -1 for none.
    place_count
        Number of places, p.

    Returns
    -------
    float64, p. 0 for a place without items, NaN for one with an unknown amount.

    Raises
    ------
    EngineError
        If arrays differ in length or a place is out of range.
    """
    if len(amount) != len(place):
        raise EngineError("every item needs one amount and one place")
    if len(place) and not -1 <= place.min() <= place.max() < place_count:
        raise EngineError(f"an item names a place outside 0..{place_count - 1}")
    inside = place >= 0
    sums = np.bincount(place[inside], weights=amount[inside], minlength=place_count)
    return sums.astype(np.float64)


def density(amount: Float64, area: Float64) -> Float64:
    """Divide the amounts of places by their areas; NaN where there is no area.

    Parameters
    ----------
    amount
        float64, p: persons, dwellings, m of street ...
    area
        float64, p, m².

    Returns
    -------
    float64, p, per m²: times 10,000 for a hectare, times 1,000,000 for a km².
    """
    share = np.full(len(amount), np.nan)
    np.divide(amount, area, out=share, where=area > 0)
    return share


def floor_area_ratio(floor_area: Float64, place: Integers, area: Float64) -> Float64:
    """Gross floor area of the buildings of each place over the area of its land (容积率).

    Parameters
    ----------
    floor_area
        float64, k. Floor area of each building over all levels, m².
    place
        k. Place of each building, -1 for none.
    area
        float64, p. Land of each place, m².

    Returns
    -------
    float64, p, m² of floor per m² of land.
    """
    return density(sum_by_place(floor_area, place, len(area)), area)


def coverage(footprint_area: Float64, place: Integers, area: Float64) -> Float64:
    """Ground covered by the buildings of each place over the area of its land (建筑密度).

    Parameters are those of ``floor_area_ratio``, with footprints in m². Footprints that overlap
    count twice; one that reaches over the place's border counts whole where it belongs.
    """
    return density(sum_by_place(footprint_area, place, len(area)), area)


def intersection_density(found: Intersections, places: Shapes, area: Float64) -> Float64:
    """Street intersections in each place over its area, per m².

    Parameters
    ----------
    found
        Intersections, of ``dizuo.engines.streets.connectivity.intersections``.
    places
        Array of p shapely polygons; an intersection on a common border counts in the first.
    area
        float64, p, m².
    """
    if len(places) != len(area):
        raise EngineError("every place needs one area")
    place = points_in_polygons(found.x, found.y, np.asarray(places, dtype=object))
    return density(sum_by_place(np.ones(len(found)), place, len(area)), area)
