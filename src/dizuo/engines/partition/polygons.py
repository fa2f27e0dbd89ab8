"""Which polygon each point lies in."""

from dataclasses import dataclass
from functools import partial

import numpy as np
import shapely
from numpy.typing import NDArray

from dizuo.engines.chunks import run_chunks
from dizuo.engines.partition import _kernels_polygons as kernels
from dizuo.model.errors import EngineError

__all__ = ["points_in_polygons", "polygon_edges"]

Float64 = NDArray[np.float64]
Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]
Shapes = NDArray[np.object_]

_CELLS_A_POLYGON = 8
_CELLS_AT_LEAST = 4_096
_CELLS_AT_MOST = 4_000_000
_EDGES_A_SLAB = 8


@dataclass(frozen=True, eq=False)
class _Slabs:
    """The edges of every polygon, sorted into horizontal slabs."""

    shape: Float64
    starts: Int64
    edges: Float64


def points_in_polygons(x: Float64, y: Float64, polygons: Shapes) -> Int32:
    """Find the lowest-numbered polygon that covers each point.

    A point on a boundary counts as covered, as in ``shapely.covers``: the answers are equal to it,
    for valid polygons, to the last bit of the coordinates.

    Parameters
    ----------
    x, y
        float64, p. Coordinates of the points.
    polygons
        Array of valid shapely Polygons and MultiPolygons, in the CRS of the points. Missing and
        empty ones cover nothing. They may overlap.

    Returns
    -------
    int32, p. Number of the polygon, -1 for none.

    Raises
    ------
    EngineError
        If a coordinate is not finite, arrays differ in length, or a shape is not a polygon.
    """
    x, y = np.ascontiguousarray(x, dtype=np.float64), np.ascontiguousarray(y, dtype=np.float64)
    polygons = np.asarray(polygons, dtype=object)
    if x.shape != y.shape or x.ndim != 1:
        raise EngineError("x and y must be two rows of the same length")
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        raise EngineError("coordinates of points must be finite numbers")
    edges, owner = polygon_edges(polygons)
    found = np.full(len(x), -1, dtype=np.int32)
    if not len(edges) or not len(x):
        return found
    boxes = shapely.bounds(polygons)
    slabs = _slabs(edges, owner, boxes)
    left, bottom = float(np.nanmin(boxes[:, 0])), float(np.nanmin(boxes[:, 1]))
    width = float(np.nanmax(boxes[:, 2])) - left
    height = float(np.nanmax(boxes[:, 3])) - bottom
    cells = min(max(_CELLS_A_POLYGON * len(polygons), _CELLS_AT_LEAST), _CELLS_AT_MOST)
    cell = max(np.sqrt(width * height / cells), max(width, height) / cells)
    left, bottom = (
        float(left - cell / 2),
        float(bottom - cell / 2),
    )  # no polygon ends on the rim of the grid
    columns, rows = int(width / cell) + 2, int(height / cell) + 2
    first_edge = np.searchsorted(owner, np.arange(len(polygons) + 1))
    shape = (left, bottom, float(cell), columns, rows)
    enter = partial(
        kernels.classify_cells,
        boxes,
        slabs.shape,
        slabs.starts,
        slabs.edges,
        first_edge,
        edges,
        *shape,
    )
    starts = np.zeros(columns * rows + 1, dtype=np.int64)
    enter(starts, np.empty(0, dtype=np.int32))
    starts = np.cumsum(starts)
    members = np.empty(int(starts[-1]), dtype=np.int32)
    enter(starts.copy(), members)
    held = (boxes, slabs.shape, slabs.starts, slabs.edges)

    def locate(first: int, last: int) -> None:
        kernels.locate_points(x, y, first, last, *shape, starts, members, *held, found)

    run_chunks(locate, len(x), smallest=20_000)
    _settle_unsure(x, y, polygons, found)
    return found


def polygon_edges(polygons: Shapes) -> tuple[Float64, Int32]:
    """Return the edges of all rings, (x1, y1, x2, y2) each, and the polygon each belongs to.

    Raises
    ------
    EngineError
        If a shape is neither a Polygon nor a MultiPolygon, or has a coordinate that is not finite.
    """
    kinds = shapely.get_type_id(polygons)
    areal = (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON)
    wrong = np.flatnonzero(~np.isin(kinds, (-1, *areal)))
    if len(wrong):
        raise EngineError(f"shape {wrong[0]} is a {polygons[wrong[0]].geom_type}, not a polygon")
    parts, of_polygon = shapely.get_parts(polygons, return_index=True)
    rings, of_part = shapely.get_rings(parts, return_index=True)
    places, of_ring = shapely.get_coordinates(rings, return_index=True)
    if not np.isfinite(places).all():
        raise EngineError("coordinates of polygons must be finite numbers")
    same = of_ring[1:] == of_ring[:-1]
    edges = np.hstack([places[:-1][same], places[1:][same]])
    return np.ascontiguousarray(edges), of_polygon[of_part[of_ring[:-1][same]]].astype(np.int32)


def _slabs(edges: Float64, owner: Int32, boxes: Float64) -> _Slabs:
    """Cut each polygon into slabs of about equal height, some edges in each."""
    counts = np.maximum(np.bincount(owner, minlength=len(boxes)) // _EDGES_A_SLAB, 1)
    ends = np.cumsum(counts)
    height = boxes[:, 3] - boxes[:, 1]
    rate = np.divide(counts, height, out=np.zeros(len(boxes)), where=height > 0)
    shape = np.column_stack([np.nan_to_num(boxes[:, 1]), rate, ends - counts, counts])
    starts = np.zeros(int(ends[-1]) + 1, dtype=np.int64)
    kernels.fill_slabs(edges, owner, shape, starts, np.empty((0, 4)))
    starts = np.cumsum(starts)
    room = np.empty((int(starts[-1]), 4))
    kernels.fill_slabs(edges, owner, shape, starts.copy(), room)
    return _Slabs(shape, starts, room)


def _settle_unsure(x: Float64, y: Float64, polygons: Shapes, found: Int32) -> None:
    """Ask shapely's exact predicate about the few points that rounding left open."""
    unsure = np.flatnonzero(found == -2)
    if not len(unsure):
        return
    found[unsure] = -1
    point, polygon = shapely.STRtree(polygons).query(
        shapely.points(x[unsure], y[unsure]), predicate="covered_by"
    )
    order = np.lexsort((polygon, point))[::-1]
    found[unsure[point[order]]] = polygon[order]
