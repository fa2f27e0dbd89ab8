"""Points of a regular lattice inside polygons, row by row."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

Float64 = NDArray[np.float64]
Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]


@njit(cache=True, nogil=True)
def first_at_or_after(value: float, origin: float, spacing: float) -> int:
    """Count lattice lines, at ``origin + (i + 0.5) * spacing``, up to the first not before it."""
    i = int(np.ceil((value - origin) / spacing - 0.5))
    while origin + (i + 0.5) * spacing < value:
        i += 1
    while origin + (i - 0.5) * spacing >= value:
        i -= 1
    return i


@njit(cache=True, nogil=True)
def sort_in_place(values: Int64) -> None:
    """Sort by insertion: a row of a polygon has few crossings, and this compiles in no time."""
    for k in range(1, len(values)):
        value, place = values[k], k
        while place > 0 and values[place - 1] > value:
            values[place] = values[place - 1]
            place -= 1
        values[place] = value


@njit(cache=True, nogil=True)
def scan_polygons(
    edges: Float64,
    first_edge: Int64,
    origin_x: float,
    origin_y: float,
    spacing: float,
    column_out: Int64,
    row_out: Int64,
    polygon_out: Int32,
) -> int:
    """List lattice points inside each polygon, by row and column; with no room, count only.

    Each edge is taken from its lower to its upper end, so that two polygons that share it agree
    on the side of every point; a point on it belongs to the polygon on its right.
    """
    counting = len(column_out) == 0
    total = 0
    for polygon in range(len(first_edge) - 1):
        begin, end = first_edge[polygon], first_edge[polygon + 1]
        if begin == end:
            continue
        low, high = edges[begin, 1], edges[begin, 1]
        for k in range(begin, end):
            low, high = min(low, edges[k, 1]), max(high, edges[k, 1])
        first_row = first_at_or_after(low, origin_y, spacing)
        last_row = first_at_or_after(high, origin_y, spacing)
        starts = np.zeros(last_row - first_row + 2, dtype=np.int64)
        for filling in range(2):
            crossings = np.empty(starts[-1] if filling else 0, dtype=np.int64)
            for k in range(begin, end):
                ax, ay, bx, by = edges[k, 0], edges[k, 1], edges[k, 2], edges[k, 3]
                if ay > by:
                    ax, ay, bx, by = bx, by, ax, ay
                row = first_at_or_after(ay, origin_y, spacing)
                y = origin_y + (row + 0.5) * spacing
                while y < by:
                    place = row - first_row
                    if filling:
                        x = ax + (y - ay) / (by - ay) * (bx - ax)
                        x = min(max(x, min(ax, bx)), max(ax, bx))
                        crossings[starts[place]] = first_at_or_after(x, origin_x, spacing)
                        starts[place] += 1
                    else:
                        starts[place + 1] += 1
                    row += 1
                    y = origin_y + (row + 0.5) * spacing
            if not filling:
                starts = np.cumsum(starts)
        for place in range(last_row - first_row + 1):
            # Filling moved each start to the start of the next row.
            line = crossings[(starts[place - 1] if place else 0) : starts[place]]
            sort_in_place(line)
            for pair in range(0, len(line) - 1, 2):
                if not counting:
                    for column in range(line[pair], line[pair + 1]):
                        at = total + column - line[pair]
                        column_out[at] = column
                        row_out[at] = first_row + place
                        polygon_out[at] = polygon
                total += line[pair + 1] - line[pair]
    return total
