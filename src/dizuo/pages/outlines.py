"""Geometry as paths of SVG, for still maps."""

import numpy as np
import shapely
from numpy.typing import NDArray

__all__ = ["polygon_path"]


def polygon_path(geometry: NDArray[np.object_], west: float, north: float, scale: float) -> str:
    """Write polygons as one SVG path, to a tenth of a unit; ``""`` if there are none.

    Parameters
    ----------
    west, north
        What becomes the upper left corner, in metres.
    scale
        Units of the drawing in a metre.
    """
    if not len(geometry):
        return ""
    rings = shapely.get_rings(shapely.get_parts(geometry))
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    x = np.round((xy[:, 0] - west) * scale, 1)
    y = np.round((north - xy[:, 1]) * scale, 1)
    starts = np.append(True, ring[1:] != ring[:-1]) if len(ring) else np.zeros(0, dtype=bool)
    pieces = [
        f"{'ZM' if start else 'L'}{across:g} {down:g}"
        for start, across, down in zip(starts, x, y, strict=True)
    ]
    return "".join(pieces)[1:] + "Z" if pieces else ""
