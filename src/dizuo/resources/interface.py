"""Where water and green lie side by side."""

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from dizuo.model.values import Support
from dizuo.resources.layers import Layers
from dizuo.resources.places import Places
from dizuo.resources.wiring import resource

__all__ = ["BlueGreenInterface", "blue_green"]

BESIDE = 20.0
"""Water and green within this distance (m) of one another lie side by side."""

STEP = 10.0
"""Water edges are cut into stretches of this length (m)."""


@dataclass(frozen=True, eq=False)
class BlueGreenInterface:
    """Stretches of water edge that have green beside them, with their length in m."""

    support: Support
    length: NDArray[np.float64]


@resource
def blue_green(layers: Layers, places: Places) -> BlueGreenInterface:
    """Stretches of water edge beside green space, each in the place of its middle."""
    water = layers["water"]
    edges = np.asarray(water.geometry.array, dtype=object)
    flat = shapely.get_dimensions(edges) == 2
    lines = np.where(flat, shapely.boundary(edges), edges)
    lines = lines[shapely.get_dimensions(lines) == 1]
    parts = shapely.get_parts(shapely.line_merge(lines))
    x, y, length = _stretches(parts)
    green = np.asarray(layers["green"].geometry.array, dtype=object)
    green = green[shapely.get_dimensions(green) == 2]
    beside = np.zeros(len(x), dtype=bool)
    if len(green) and len(x):
        near = shapely.STRtree(green).query(
            shapely.points(x, y), predicate="dwithin", distance=BESIDE
        )
        beside[np.unique(near[0])] = True
    x, y, length = x[beside], y[beside], length[beside]
    ids = np.char.add("water_edge:", np.arange(len(x)).astype(str))
    return BlueGreenInterface(places.support("water edges", ids, x, y), length)


def _stretches(lines: NDArray[np.object_]) -> tuple[NDArray[np.float64], ...]:
    """Cut lines into equal stretches of at most the step; middles and lengths."""
    whole = shapely.length(lines)
    count = np.maximum(np.ceil(whole / STEP).astype(np.int64), 1)
    owner = np.repeat(np.arange(len(lines)), count)
    number = np.arange(len(owner)) - np.repeat(np.cumsum(count) - count, count)
    middle = (number + 0.5) / count[owner]
    points = shapely.line_interpolate_point(lines[owner], middle, normalized=True)
    return shapely.get_x(points), shapely.get_y(points), (whole / count)[owner]
