"""Nearest point on a street, by a uniform grid over the segments of all edges."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

Float64 = NDArray[np.float64]
Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]


@njit(cache=True, nogil=True)
def measure_lines(coordinates: Float64, offsets: Int64, along: Float64) -> None:
    """Add up the way from the start of each line to its vertices; no line touches another's sum."""
    for line in range(len(offsets) - 1):
        total = 0.0
        for k in range(offsets[line], offsets[line + 1]):
            if k > offsets[line]:
                dx = coordinates[k, 0] - coordinates[k - 1, 0]
                dy = coordinates[k, 1] - coordinates[k - 1, 1]
                total += np.sqrt(dx * dx + dy * dy)
            along[k] = total


@njit(cache=True, nogil=True)
def row_span(
    ax: float, ay: float, bx: float, by: float, low: float, high: float
) -> tuple[float, float]:
    """Range of x that the segment a-b covers between y = low and y = high."""
    if ay == by:
        return min(ax, bx), max(ax, bx)
    s = min(max((low - ay) / (by - ay), 0.0), 1.0)
    t = min(max((high - ay) / (by - ay), 0.0), 1.0)
    u, v = ax + s * (bx - ax), ax + t * (bx - ax)
    return min(u, v), max(u, v)


@njit(cache=True, nogil=True)
def fill_grid(
    coordinates: Float64,
    segments: Int32,
    left: float,
    bottom: float,
    cell: float,
    columns: int,
    rows: int,
    starts: Int64,
    members: Int32,
) -> None:
    """Enter each segment into every cell it may touch; with no members, only count them.

    ``starts`` holds columns * rows + 1 zeros when counting, and the first free place of each cell
    when filling. Cells are widened by a thousandth, so that rounding never loses a segment.
    """
    counting = len(members) == 0
    slack = cell * 1e-3
    for segment in segments:
        ax, ay = coordinates[segment, 0], coordinates[segment, 1]
        bx, by = coordinates[segment + 1, 0], coordinates[segment + 1, 1]
        first_row = max(int((min(ay, by) - slack - bottom) // cell), 0)
        last_row = min(int((max(ay, by) + slack - bottom) // cell), rows - 1)
        for row in range(first_row, last_row + 1):
            low = bottom + row * cell - slack
            span_left, span_right = row_span(ax, ay, bx, by, low, low + cell + 2 * slack)
            first = max(int((span_left - slack - left) // cell), 0)
            last = min(int((span_right + slack - left) // cell), columns - 1)
            for column in range(first, last + 1):
                place = row * columns + column
                if counting:
                    starts[place + 1] += 1
                else:
                    members[starts[place]] = segment
                    starts[place] += 1


@njit(cache=True, nogil=True)
def squared_distance(
    x: float, y: float, ax: float, ay: float, bx: float, by: float
) -> tuple[float, float]:
    """Squared distance from (x, y) to the segment a-b, and the share of the way from a to b."""
    dx, dy = bx - ax, by - ay
    norm = dx * dx + dy * dy
    share = 0.0
    if norm > 0.0:
        share = ((x - ax) * dx + (y - ay) * dy) / norm
    if share <= 0.0:
        share, px, py = 0.0, ax, ay
    elif share >= 1.0:
        share, px, py = 1.0, bx, by
    else:
        px, py = ax + share * dx, ay + share * dy
    return (x - px) * (x - px) + (y - py) * (y - py), share


@njit(cache=True, nogil=True)
def nearest_segments(
    points: Float64,
    coordinates: Float64,
    left: float,
    bottom: float,
    cell: float,
    columns: int,
    rows: int,
    starts: Int64,
    members: Int32,
    limit: float,
    first_point: int,
    last_point: int,
    segment_out: Int32,
    share_out: Float64,
    distance_out: Float64,
) -> None:
    """Search rings of cells outward from each point until no nearer segment can come.

    Ties keep the lowest segment, and with it the lowest edge. ``segment_out`` is -1 beyond
    ``limit``.
    """
    far = 2.0**40
    for k in range(first_point, last_point):
        x, y = points[k, 0], points[k, 1]
        column = int(min(max(np.floor((x - left) / cell), -far), far))
        row = int(min(max(np.floor((y - bottom) / cell), -far), far))
        # Distance to the border of the point's own cell: ring r lies (r - 1) cells beyond it.
        inset = min(
            x - left - column * cell,
            left + (column + 1) * cell - x,
            y - bottom - row * cell,
            bottom + (row + 1) * cell - y,
        )
        inset = max(inset, 0.0)
        best, best_segment, best_share = limit * limit, -1, 0.0
        ring = max(-column, column - columns + 1, -row, row - rows + 1, 0)
        last_ring = max(column, columns - 1 - column, row, rows - 1 - row)
        while ring <= last_ring:
            reach = (inset + (ring - 1) * cell) * (1.0 - 1e-9) if ring > 0 else 0.0
            if reach > 0.0 and reach * reach > best:
                break
            for r in range(max(row - ring, 0), min(row + ring, rows - 1) + 1):
                # Whole rows at the top and bottom of the ring, two cells in between.
                first, last, step = max(column - ring, 0), min(column + ring, columns - 1), 1
                if row - ring < r < row + ring:
                    first, last, step = column - ring, column + ring, 2 * ring
                for c in range(first, last + 1, step):
                    if c < 0 or c >= columns:
                        continue
                    place = r * columns + c
                    for m in range(starts[place], starts[place + 1]):
                        segment = members[m]
                        found, share = squared_distance(
                            x,
                            y,
                            coordinates[segment, 0],
                            coordinates[segment, 1],
                            coordinates[segment + 1, 0],
                            coordinates[segment + 1, 1],
                        )
                        if found < best or (
                            found == best and (best_segment < 0 or segment < best_segment)
                        ):
                            best, best_segment, best_share = found, segment, share
            ring += 1
        segment_out[k] = best_segment
        share_out[k] = best_share
        distance_out[k] = np.sqrt(best) if best_segment >= 0 else np.inf
