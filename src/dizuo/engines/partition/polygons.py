"""Which polygon each point lies in."""

from dataclasses import dataclass
from functools import partial

import numpy as np
import shapely
from numpy.typing import NDArray

from dizuo.engines.chunks import run_chunks
from dizuo.engines.partition import _kernels_polygons as kernels
from dizuo.model.errors import EngineError

__all__ = ["PolygonIndex", "points_in_polygons", "polygon_edges"]

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


@dataclass(frozen=True, eq=False)
class PolygonIndex:
    """Polygons laid out on a grid, to be asked many times which of them covers a point."""

    polygons: Shapes
    boxes: Float64
    slabs: _Slabs
    shape: tuple[float, float, float, int, int]
    starts: Int64
    members: Int32

    @classmethod
    def of(cls, polygons: Shapes) -> "PolygonIndex":
        """Lay out polygons: an array of valid shapely Polygons and MultiPolygons.

        Missing and empty ones cover nothing. They may overlap.

        Raises
        ------
        EngineError
            If a shape is not a polygon, or has a coordinate that is not finite.
        """
        polygons = np.asarray(polygons, dtype=object)
        edges, owner = polygon_edges(polygons)
        boxes = shapely.bounds(polygons)
        if not len(edges):
            none, start = np.empty(0, dtype=np.int32), np.zeros(1, dtype=np.int64)
            slabs = _Slabs(np.empty((0, 4)), start, np.empty((0, 4)))
            return cls(polygons, boxes, slabs, (0.0, 0.0, 1.0, 0, 0), start, none)
        slabs, shape = _slabs(edges, owner, boxes), _grid_over(boxes)
        first_edge = np.searchsorted(owner, np.arange(len(polygons) + 1))
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
        starts = np.zeros(shape[3] * shape[4] + 1, dtype=np.int64)
        enter(starts, np.empty(0, dtype=np.int32))
        starts = np.cumsum(starts)
        members = np.empty(int(starts[-1]), dtype=np.int32)
        enter(starts.copy(), members)
        return cls(polygons, boxes, slabs, shape, starts, members)

    def locate(self, x: Float64, y: Float64) -> Int32:
        """Find the lowest-numbered polygon that covers each point.

        A point on a boundary counts as covered, as in ``shapely.covers``: the answers are equal to
        it, for valid polygons, to the last bit of the coordinates.

        Parameters
        ----------
        x, y
            float64, p. Coordinates of the points, in the CRS of the polygons.

        Returns
        -------
        int32, p. Number of the polygon, -1 for none.

        Raises
        ------
        EngineError
            If a coordinate is not finite, or the arrays differ in length.
        """
        x = np.ascontiguousarray(x, dtype=np.float64)
        y = np.ascontiguousarray(y, dtype=np.float64)
        if x.shape != y.shape or x.ndim != 1:
            raise EngineError("x and y must be two rows of the same length")
        if not (np.isfinite(x).all() and np.isfinite(y).all()):
            raise EngineError("coordinates of points must be finite numbers")
        found = np.full(len(x), -1, dtype=np.int32)
        if not len(self.members) or not len(x):
            return found
        held = (self.boxes, self.slabs.shape, self.slabs.starts, self.slabs.edges)

        def search(first: int, last: int) -> None:
            kernels.locate_points(
                x, y, first, last, *self.shape, self.starts, self.members, *held, found
            )

        run_chunks(search, len(x), smallest=20_000)
        _settle_unsure(x, y, self.polygons, found)
        return found


def points_in_polygons(x: Float64, y: Float64, polygons: Shapes) -> Int32:
    """Find the lowest-numbered polygon that covers each point, asked only once.

    See ``PolygonIndex``.
    """
    return PolygonIndex.of(polygons).locate(x, y)


def _grid_over(boxes: Float64) -> tuple[float, float, float, int, int]:
    """Left, bottom, side of a cell, columns and rows of a grid, some cells to a polygon."""
    left, bottom = float(np.nanmin(boxes[:, 0])), float(np.nanmin(boxes[:, 1]))
    width = float(np.nanmax(boxes[:, 2])) - left
    height = float(np.nanmax(boxes[:, 3])) - bottom
    cells = min(max(_CELLS_A_POLYGON * len(boxes), _CELLS_AT_LEAST), _CELLS_AT_MOST)
    cell = float(max(np.sqrt(width * height / cells), max(width, height) / cells))
    # half a cell out: no polygon ends on the rim of the grid
    return left - cell / 2, bottom - cell / 2, cell, int(width / cell) + 2, int(height / cell) + 2


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
