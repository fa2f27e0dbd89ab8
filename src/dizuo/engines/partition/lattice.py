"""Regular points over areas: the sample that shares of areas are measured on."""

import numpy as np
from numpy.typing import NDArray

from dizuo.engines.partition import _kernels_lattice as kernels
from dizuo.engines.partition.polygons import polygon_edges
from dizuo.model.errors import EngineError

__all__ = ["lattice_points"]

Float64 = NDArray[np.float64]
Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]


def lattice_points(
    polygons: NDArray[np.object_], spacing: float, origin: tuple[float, float] = (0.0, 0.0)
) -> tuple[Float64, Float64, Int32]:
    """Return the lattice points that lie in each polygon.

    The lattice is the same for all: its points are the centres of square cells counted from the
    origin of the CRS, so that a city cut into tiles has the points of the whole city. Polygons
    without overlap share no point: one on a common edge belongs to the polygon on its right
    (above, where the edge is level). A polygon smaller than a cell may hold no point.

    Parameters
    ----------
    polygons
        Array of valid shapely Polygons and MultiPolygons; missing and empty ones hold no point.
    spacing
        Side of a cell, metres.
    origin
        Corner of a cell.

    Returns
    -------
    x, y
        float64, p. Coordinates, ordered by polygon, then y, then x.
    polygon
        int32, p. Number of the polygon; a point in two overlapping polygons stands twice.

    Raises
    ------
    EngineError
        If the spacing is not a positive number, or a shape is not a polygon.
    """
    if not (np.isfinite(spacing) and spacing > 0):
        raise EngineError("the spacing of a lattice must be a positive number")
    polygons = np.asarray(polygons, dtype=object)
    edges, owner = polygon_edges(polygons)
    first_edge = np.searchsorted(owner, np.arange(len(polygons) + 1))
    shape = (edges, first_edge, float(origin[0]), float(origin[1]), float(spacing))
    whole, short = np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int32)
    count = kernels.scan_polygons(*shape, whole, whole, short)
    column, row = np.empty(count, dtype=np.int64), np.empty(count, dtype=np.int64)
    polygon = np.empty(count, dtype=np.int32)
    if count:
        kernels.scan_polygons(*shape, column, row, polygon)
    x = np.asarray(origin[0] + (column + 0.5) * spacing, dtype=np.float64)
    y = np.asarray(origin[1] + (row + 0.5) * spacing, dtype=np.float64)
    return x, y, polygon
