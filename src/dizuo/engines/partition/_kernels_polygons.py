"""Points in polygons, by a grid of cells and, within each polygon, slabs of its edges.

A cell knows the polygons that touch it, and for each whether it lies wholly inside. Where it does
not, the edges in the slab of the point's height are counted that cross the ray to its right.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

Float64 = NDArray[np.float64]
Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]

OUTSIDE, INSIDE, UNSURE = 0, 1, 2
_ERROR_BOUND = 3.3306690738754716e-16  # (3 + 16 e) e for e = 2^-53, after Shewchuk (1997)


@njit(cache=True, nogil=True)
def slab_of(y: float, polygon: int, slabs: Float64) -> int:
    """Slab of a polygon that a height falls in; it never falls with ``y``.

    A row of ``slabs`` holds a polygon's bottom, slabs per metre, first slab and number of slabs.
    """
    count = int(slabs[polygon, 3])
    slab = min(max(int((y - slabs[polygon, 0]) * slabs[polygon, 1]), 0), count - 1)
    return int(slabs[polygon, 2]) + slab


@njit(cache=True, nogil=True)
def fill_slabs(
    edges: Float64,
    owner: Int32,
    slabs: Float64,
    starts: Int64,
    sorted_edges: Float64,
) -> None:
    """Enter each edge (x1, y1, x2, y2) into every slab of its polygon; with no room, count only."""
    counting = len(sorted_edges) == 0
    for k in range(len(edges)):
        low = slab_of(min(edges[k, 1], edges[k, 3]), owner[k], slabs)
        high = slab_of(max(edges[k, 1], edges[k, 3]), owner[k], slabs)
        for slab in range(low, high + 1):
            if counting:
                starts[slab + 1] += 1
            else:
                for i in range(4):
                    sorted_edges[starts[slab], i] = edges[k, i]
                starts[slab] += 1


@njit(cache=True, nogil=True)
def locate(
    x: float,
    y: float,
    polygon: int,
    slabs: Float64,
    starts: Int64,
    edges: Float64,
) -> int:
    """Whether a polygon covers (x, y); ``UNSURE`` where rounding could decide."""
    slab = slab_of(y, polygon, slabs)
    odd = False
    for k in range(starts[slab], starts[slab + 1]):
        ax, ay, bx, by = edges[k, 0], edges[k, 1], edges[k, 2], edges[k, 3]
        if (ay > y) == (by > y):
            if (ay == y and ax == x) or (by == y and bx == x):
                return INSIDE
            if ay == y and by == y and (ax > x) != (bx > x):
                return INSIDE
            continue
        if ax < x and bx < x:
            continue
        if ax > x and bx > x:
            odd = not odd
            continue
        left, right = (ax - x) * (by - y), (ay - y) * (bx - x)
        turn = left - right
        if abs(turn) <= _ERROR_BOUND * (abs(left) + abs(right)):
            return INSIDE if left == 0.0 and right == 0.0 else UNSURE
        if (turn > 0.0) == (by > ay):
            odd = not odd
    return INSIDE if odd else OUTSIDE


@njit(cache=True, nogil=True)
def classify_cells(
    boxes: Float64,
    slabs: Float64,
    slab_starts: Int64,
    edges: Float64,
    first_edge: Int64,
    raw_edges: Float64,
    left: float,
    bottom: float,
    cell: float,
    columns: int,
    rows: int,
    cell_starts: Int64,
    members: Int32,
) -> None:
    """Enter each polygon into the cells it touches; with no room for members, count only.

    A member is ``2 * polygon``, plus 1 where the whole cell lies inside. Cells near an edge,
    widened by a thousandth, are never taken as wholly inside.
    """
    counting = len(members) == 0
    slack = cell * 1e-3
    for polygon in range(len(boxes)):
        if first_edge[polygon] == first_edge[polygon + 1]:
            continue
        c0 = max(int((boxes[polygon, 0] - slack - left) / cell), 0)
        r0 = max(int((boxes[polygon, 1] - slack - bottom) / cell), 0)
        c1 = min(int((boxes[polygon, 2] + slack - left) / cell), columns - 1)
        r1 = min(int((boxes[polygon, 3] + slack - bottom) / cell), rows - 1)
        wide = c1 - c0 + 1
        touched = np.zeros((r1 - r0 + 1) * wide, dtype=np.bool_)
        for k in range(first_edge[polygon], first_edge[polygon + 1]):
            ax, ay, bx, by = raw_edges[k, 0], raw_edges[k, 1], raw_edges[k, 2], raw_edges[k, 3]
            first_row = max(int((min(ay, by) - slack - bottom) / cell), r0)
            last_row = min(int((max(ay, by) + slack - bottom) / cell), r1)
            for row in range(first_row, last_row + 1):
                low = bottom + row * cell - slack
                high = low + cell + 2 * slack
                u, v = ax, bx
                if ay != by:
                    s = min(max((low - ay) / (by - ay), 0.0), 1.0)
                    t = min(max((high - ay) / (by - ay), 0.0), 1.0)
                    u, v = ax + s * (bx - ax), ax + t * (bx - ax)
                first = max(int((min(u, v) - slack - left) / cell), c0)
                last = min(int((max(u, v) + slack - left) / cell), c1)
                for column in range(first, last + 1):
                    touched[(row - r0) * wide + column - c0] = True
        for row in range(r0, r1 + 1):
            known = UNSURE
            y = bottom + (row + 0.5) * cell
            for column in range(c0, c1 + 1):
                if touched[(row - r0) * wide + column - c0]:
                    known = UNSURE
                    member = 2 * polygon
                else:
                    if known == UNSURE:
                        x = left + (column + 0.5) * cell
                        known = locate(x, y, polygon, slabs, slab_starts, edges)
                    if known == OUTSIDE:
                        continue
                    member = 2 * polygon + 1 if known == INSIDE else 2 * polygon
                place = row * columns + column
                if counting:
                    cell_starts[place + 1] += 1
                else:
                    members[cell_starts[place]] = member
                    cell_starts[place] += 1


@njit(cache=True, nogil=True)
def locate_points(
    xs: Float64,
    ys: Float64,
    first: int,
    last: int,
    left: float,
    bottom: float,
    cell: float,
    columns: int,
    rows: int,
    cell_starts: Int64,
    members: Int32,
    boxes: Float64,
    slabs: Float64,
    slab_starts: Int64,
    edges: Float64,
    found: Int32,
) -> None:
    """Lowest polygon that covers each point, -1 for none, -2 where rounding could decide.

    Points are visited cell by cell, so that the edges they need are still in the cache.
    """
    places = np.empty(last - first, dtype=np.int32)
    counts = np.zeros(columns * rows + 1, dtype=np.int32)
    for k in range(last - first):
        across, up = (xs[first + k] - left) / cell, (ys[first + k] - bottom) / cell
        places[k] = -1
        found[first + k] = -1
        if across >= 0.0 and up >= 0.0 and across < columns and up < rows:
            place = int(up) * columns + int(across)
            places[k] = place
            counts[place + 1] += 1
    for place in range(columns * rows):
        counts[place + 1] += counts[place]
    order = np.empty(counts[-1], dtype=np.int32)
    for k in range(last - first):
        if places[k] >= 0:
            order[counts[places[k]]] = k
            counts[places[k]] += 1
    for k in order:
        x, y, place = xs[first + k], ys[first + k], places[k]
        for m in range(cell_starts[place], cell_starts[place + 1]):
            polygon = members[m] >> 1
            if members[m] & 1:
                found[first + k] = polygon
                break
            if (
                x < boxes[polygon, 0]
                or y < boxes[polygon, 1]
                or x > boxes[polygon, 2]
                or y > boxes[polygon, 3]
            ):
                continue
            answer = locate(x, y, polygon, slabs, slab_starts, edges)
            if answer != OUTSIDE:
                found[first + k] = polygon if answer == INSIDE else -2
                break
