"""Where water and green lie side by side."""

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from dizuo.engines.form.interface import interface_lines
from dizuo.model.values import Support
from dizuo.resources.analysis import Analysis
from dizuo.resources.layers import Layers
from dizuo.resources.places import Places
from dizuo.resources.wiring import resource

__all__ = ["BlueGreenInterface", "blue_green"]


@dataclass(frozen=True, eq=False)
class BlueGreenInterface:
    """Stretches of water edge that have green beside them, with their length in m."""

    support: Support
    length: NDArray[np.float64]


@resource
def blue_green(layers: Layers, places: Places, analysis: Analysis) -> BlueGreenInterface:
    """Stretches of water edge beside green space, each in the place of its middle."""
    water = np.asarray(layers["water"].geometry.array, dtype=object)
    green = np.asarray(layers["green"].geometry.array, dtype=object)
    areas = green[shapely.get_dimensions(green) == 2]
    lines = interface_lines(water, areas, analysis.shore_distance)
    x, y, length = _stretches(lines, analysis.shore_stretch)
    ids = np.char.add("water_edge:", np.arange(len(x)).astype(str))
    return BlueGreenInterface(places.support("water edges", ids, x, y), length)


def _stretches(lines: NDArray[np.object_], longest: float) -> tuple[NDArray[np.float64], ...]:
    """Cut lines into equal stretches; x and y of their middles, and lengths."""
    whole = shapely.length(lines)
    count = np.maximum(np.ceil(whole / longest).astype(np.int64), 1)
    owner = np.repeat(np.arange(len(lines)), count)
    number = np.arange(len(owner)) - np.repeat(np.cumsum(count) - count, count)
    middle = (number + 0.5) / count[owner]
    points = shapely.line_interpolate_point(lines[owner], middle, normalized=True)
    return shapely.get_x(points), shapely.get_y(points), (whole / count)[owner]
