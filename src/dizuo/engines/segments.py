"""Which straight segment lies nearest to each point, by a grid that is laid out once."""

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from dizuo.engines.chunks import run_chunks
from dizuo.engines.streets import _kernels_attach as kernels
from dizuo.model.errors import EngineError

__all__ = ["NearestLines", "SegmentGrid"]

Float64 = NDArray[np.float64]
Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]
Shapes = NDArray[np.object_]

_CELLS_AT_MOST = 4_000_000


@dataclass(frozen=True, eq=False)
class SegmentGrid:
    """Segments sorted into square cells, about one cell a segment.

    Segment ``k`` runs from vertex ``k`` to vertex ``k + 1`` of ``coordinates``.
    """

    coordinates: Float64
    left: float
    bottom: float
    cell: float
    columns: int
    rows: int
    starts: Int64
    members: Int32

    @classmethod
    def of(cls, coordinates: Float64, segments: Int32) -> "SegmentGrid":
        """Lay out some segments.

        Parameters
        ----------
        coordinates
            float64, (c, 2), metres.
        segments
            int32. Numbers of the vertices that the segments begin at.
        """
        if not len(segments):
            nothing = np.zeros(1, dtype=np.int64)
            return cls(coordinates, 0.0, 0.0, 1.0, 0, 0, nothing, np.empty(0, dtype=np.int32))
        ends = np.concatenate([coordinates[segments], coordinates[segments + 1]])
        left, bottom = (float(least) for least in ends.min(axis=0))
        width, height = ends.max(axis=0) - (left, bottom)
        cells = min(len(segments), _CELLS_AT_MOST)
        cell = max(float(np.sqrt(width * height / cells)), float(max(width, height)) / cells, 1e-3)
        columns, rows = int(width // cell) + 1, int(height // cell) + 1
        starts = np.zeros(columns * rows + 1, dtype=np.int64)
        shape = (coordinates, segments, left, bottom, cell, columns, rows)
        kernels.fill_grid(*shape, starts, np.empty(0, dtype=np.int32))
        starts = np.cumsum(starts)
        members = np.empty(int(starts[-1]), dtype=np.int32)
        kernels.fill_grid(*shape, starts.copy(), members)
        return cls(coordinates, left, bottom, cell, columns, rows, starts, members)

    def nearest(
        self, points: Float64, maximum_distance: float = np.inf
    ) -> tuple[Int32, Float64, Float64]:
        """Find the segment nearest to each point, the lowest of several.

        Parameters
        ----------
        points
            float64, (p, 2), metres.
        maximum_distance
            Beyond this nothing is found.

        Returns
        -------
        Segment (int32, p, -1 for none), share of the way along it, and distance in metres
        (float64, p, ``inf`` for none).
        """
        segment = np.full(len(points), -1, dtype=np.int32)
        share = np.zeros(len(points))
        distance = np.full(len(points), np.inf)
        if not len(self.members):
            return segment, share, distance
        grid = (self.left, self.bottom, self.cell, self.columns, self.rows)
        places = np.ascontiguousarray(points, dtype=np.float64)

        def search(first: int, last: int) -> None:
            kernels.nearest_segments(
                places,
                self.coordinates,
                *grid,
                self.starts,
                self.members,
                float(maximum_distance),
                first,
                last,
                segment,
                share,
                distance,
            )

        run_chunks(search, len(points))
        return segment, share, distance


@dataclass(frozen=True, eq=False)
class NearestLines:
    """Points, lines and outlines of areas, laid out to be asked which is nearest to a point."""

    grid: SegmentGrid
    owner: Int32

    @classmethod
    def of(cls, shapes: Shapes) -> "NearestLines":
        """Lay out the outlines of shapes; missing and empty ones are nowhere.

        Raises
        ------
        EngineError
            If a coordinate is not a finite number.
        """
        parts, of_shape = shapely.get_parts(np.asarray(shapes, dtype=object), return_index=True)
        parts, of_part = shapely.get_parts(parts, return_index=True)
        of_shape = of_shape[of_part]
        flat = shapely.get_dimensions(parts) == 2
        rings, of_area = shapely.get_rings(parts[flat], return_index=True)
        lines = np.concatenate([parts[~flat], rings])
        shape = np.concatenate([of_shape[~flat], of_shape[flat][of_area]])
        order = np.argsort(shape, kind="stable")
        lines, shape = lines[order], shape[order]
        coordinates, line = shapely.get_coordinates(lines, return_index=True)
        if not np.isfinite(coordinates).all():
            raise EngineError("coordinates of shapes must be finite numbers")
        single = np.bincount(line, minlength=len(lines))[line] == 1
        repeats = np.where(single, 2, 1)  # a point is a segment that ends where it begins
        coordinates, line = np.repeat(coordinates, repeats, axis=0), np.repeat(line, repeats)
        segments = np.flatnonzero(line[1:] == line[:-1]).astype(np.int32)
        return cls(SegmentGrid.of(coordinates, segments), shape[line].astype(np.int32))

    def nearest(
        self, x: Float64, y: Float64, maximum_distance: float = np.inf
    ) -> tuple[Int32, Float64]:
        """Find the shape whose outline is nearest to each point, the lowest of several.

        Returns
        -------
        Number of the shape (int32, p, -1 beyond ``maximum_distance``) and distance in metres
        (float64, p, ``inf`` beyond it).

        Raises
        ------
        EngineError
            If a coordinate is not a finite number.
        """
        points = np.column_stack([x, y]).astype(np.float64, copy=False)
        if not np.isfinite(points).all():
            raise EngineError("coordinates of points must be finite numbers")
        segment, _, distance = self.grid.nearest(points, maximum_distance)
        found = segment >= 0
        shape = np.full(len(points), -1, dtype=np.int32)
        shape[found] = self.owner[segment[found]]
        return shape, distance
