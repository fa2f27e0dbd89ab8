"""Where water meets green: the blue-green interface (蓝绿交界)."""

import numpy as np
import shapely
from numpy.typing import NDArray

from dizuo.engines.form.density import density, sum_by_place
from dizuo.model.errors import EngineError

__all__ = ["blue_green_interface", "interface_lines"]

Float64 = NDArray[np.float64]
Shapes = NDArray[np.object_]


def interface_lines(water: Shapes, green: Shapes, distance: float) -> Shapes:
    """Find the parts of the shore that touch green or face it within a distance.

    Parameters
    ----------
    water
        Array of shapely polygons and lines. The shore is the outline of all water areas together,
        and every line of water outside them.
    green
        Array of shapely polygons.
    distance
        Farthest that green may be from the shore, metres. 0 finds only boundaries drawn with the
        same vertices; a metre also those drawn apart.

    Returns
    -------
    Array of LineStrings that do not overlap, each straight.

    Raises
    ------
    EngineError
        If the distance is negative.
    """
    if not distance >= 0:
        raise EngineError("the distance between water and green must be at least 0")
    shore = _segments(_shore(np.asarray(water, dtype=object)))
    green = np.asarray(green, dtype=object)
    near = np.unique(shapely.STRtree(green).query(shore, "dwithin", distance)[1])
    around = shapely.buffer(green[near], distance, quad_segs=16) if distance > 0 else green[near]
    parts = shapely.get_parts(shapely.union_all(around))
    segment, part = shapely.STRtree(parts).query(shore, "intersects")
    return _lines(shapely.intersection(shore[segment], parts[part]))


def blue_green_interface(
    water: Shapes, green: Shapes, distance: float, places: Shapes, area: Float64
) -> Float64:
    """Length of the blue-green interface in each place over its area.

    Parameters
    ----------
    water, green, distance
        As for ``interface_lines``.
    places
        Array of p shapely polygons. A stretch on the common border of two counts in both.
    area
        float64, p, m².

    Returns
    -------
    float64, p, metres per hectare; NaN where there is no area.

    Raises
    ------
    EngineError
        If the distance is negative, or places and areas differ in number.
    """
    places = np.asarray(places, dtype=object)
    if len(places) != len(area):
        raise EngineError("every place needs one area")
    lines = interface_lines(water, green, distance)
    line, place = shapely.STRtree(places).query(lines, "intersects")
    inside = shapely.length(shapely.intersection(lines[line], places[place]))
    return density(sum_by_place(inside, place, len(area)), area) * 10_000


def _shore(water: Shapes) -> Shapes:
    """Outline of all water areas, and lines of water outside them."""
    flat = shapely.get_dimensions(water) == 2
    areas = shapely.union_all(water[flat])
    streams = shapely.difference(shapely.union_all(water[~flat]), areas)
    return np.array([shapely.boundary(areas), streams], dtype=object)


def _segments(lines: Shapes) -> Shapes:
    """Cut lines into their straight segments."""
    places, line = shapely.get_coordinates(shapely.get_parts(_lines(lines)), return_index=True)
    same = np.flatnonzero(line[1:] == line[:-1])
    pairs = np.stack([places[same], places[same + 1]], axis=1)
    return np.asarray(shapely.linestrings(pairs), dtype=object)


def _lines(shapes: Shapes) -> Shapes:
    """Take the lines out of shapes and collections; points have no length."""
    parts = shapely.get_parts(shapely.get_parts(shapes))
    return np.asarray(parts[shapely.length(parts) > 0], dtype=object)
