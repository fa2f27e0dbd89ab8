"""Lines of equal distance around streets: a field on a grid, and marching squares over it."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from dizuo.engines.streets._kernels_dijkstra import enlarged
from dizuo.engines.streets._kernels_isochrones import burn

Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]
Int8 = NDArray[np.int8]
Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]

MARGIN = 0.02
"""Least share of a cell between a contour and a grid point: rings never touch."""
TOLERANCE = 0.01
"""Share of a cell by which a vertex may be off the simplified ring: less than the margin, so that
simplified rings do not touch either."""
LONGEST = 32
"""Most vertices that one straight side may replace."""


@njit(cache=True, nogil=True)
def link_cells(
    field: Float32, level: float, columns: int, rows: int, following: Int32, entries: Int32
) -> int:
    """Link the crossed grid edges so that the inside lies on the left; return how many.

    Grid edge ``2 k`` runs right from point k, ``2 k + 1`` up. ``following`` tells the next crossed
    edge of each, -1 on entry; ``entries`` lists them. Opposite corners of a cell are joined where
    the mean of its corners is inside.
    """
    count = 0
    square = np.float32(level * level)
    for row in range(rows - 1):
        below, above = row * columns, (row + 1) * columns
        left = (1 if field[below] < square else 0) + (8 if field[above] < square else 0)
        for column in range(columns - 1):
            k = below + column
            right = (2 if field[k + 1] < square else 0) + (
                4 if field[k + 1 + columns] < square else 0
            )
            code = left + right
            left = (1 if right & 2 else 0) + (8 if right & 4 else 0)
            if code in (0, 15):
                continue
            bottom, top, west, east = 2 * k, 2 * (k + columns), 2 * k + 1, 2 * k + 3
            source, target, source2, target2 = -1, -1, -1, -1
            if code in (5, 10):
                mean = (
                    np.sqrt(field[k])
                    + np.sqrt(field[k + 1])
                    + np.sqrt(field[k + columns])
                    + np.sqrt(field[k + columns + 1])
                ) / 4
                joined = mean < level
                if code == 5:
                    source, target = bottom, east if joined else west
                    source2, target2 = top, west if joined else east
                else:
                    source, target = west, bottom if joined else top
                    source2, target2 = east, top if joined else bottom
            else:
                if code in (1, 9, 13):
                    source = bottom
                elif code in (2, 3, 11):
                    source = east
                elif code in (4, 6, 7):
                    source = top
                else:
                    source = west
                if code in (1, 3, 7):
                    target = west
                elif code in (2, 6, 14):
                    target = bottom
                elif code in (4, 12, 13):
                    target = east
                else:
                    target = top
            following[source] = target
            entries[count] = source
            count += 1
            if source2 >= 0:
                following[source2] = target2
                entries[count] = source2
                count += 1
    return count


@njit(cache=True, nogil=True)
def place_on_edge(
    edge: int, field: Float32, level: float, columns: int, cell: float
) -> tuple[float, float]:
    """Where the contour crosses a grid edge, counted from the first grid point."""
    k = edge >> 1
    other = k + (columns if edge & 1 else 1)
    here, there = np.sqrt(np.float64(field[k])), np.sqrt(np.float64(field[other]))
    share = (level - here) / (there - here) if there != here else 0.5
    share = min(max(share, MARGIN), 1.0 - MARGIN)
    row, column = k // columns, k % columns
    if edge & 1:
        return column * cell, (row + share) * cell
    return (column + share) * cell, row * cell


@njit(cache=True, nogil=True)
def simplify_ring(ring: Float64, count: int, tolerance: float) -> int:
    """Keep vertices of a ring, in place, so that none is farther than a tolerance from it."""
    if count <= 8:
        return count
    kept, anchor, end = 1, 0, 2
    limit = tolerance * tolerance
    ax, ay = ring[0, 0], ring[0, 1]
    while end <= count:
        bx, by = ring[end % count, 0], ring[end % count, 1]
        dx, dy = bx - ax, by - ay
        norm = dx * dx + dy * dy
        straight = end - anchor <= LONGEST and norm > 0.0
        if straight:
            for k in range(anchor + 1, end):
                px, py = ring[k, 0] - ax, ring[k, 1] - ay
                t = min(max((px * dx + py * dy) / norm, 0.0), 1.0)
                px, py = px - t * dx, py - t * dy
                if px * px + py * py > limit:
                    straight = False
                    break
        if not straight:
            anchor = end - 1
            ax, ay = ring[anchor, 0], ring[anchor, 1]
            ring[kept, 0], ring[kept, 1] = ax, ay
            kept += 1
            end = anchor + 2
        else:
            end += 1
    return kept


@njit(cache=True, nogil=True)
def inside_ring(x: float, y: float, ring: Float64) -> bool:
    """Whether a point that is not on a ring lies inside it."""
    odd = False
    k = len(ring) - 1
    for i in range(len(ring)):
        if (ring[i, 1] > y) != (ring[k, 1] > y):
            share = (y - ring[i, 1]) / (ring[k, 1] - ring[i, 1])
            if x < ring[i, 0] + share * (ring[k, 0] - ring[i, 0]):
                odd = not odd
        k = i
    return odd


@njit(cache=True, nogil=True)
def signed_area(ring: Float64) -> float:
    """Area of a ring, positive where it runs anticlockwise."""
    area = 0.0
    for k in range(1, len(ring) - 1):
        area += (ring[k, 0] - ring[0, 0]) * (ring[k + 1, 1] - ring[0, 1])
        area -= (ring[k + 1, 0] - ring[0, 0]) * (ring[k, 1] - ring[0, 1])
    return area / 2


@njit(cache=True, nogil=True)
def own_shells(rings: Float64, bounds: Int64, areas: Float64, owner: Int32) -> None:
    """Find the smallest shell around each hole; a shell owns itself."""
    for k in range(len(areas)):
        owner[k] = k
        if areas[k] > 0.0:
            continue
        best = np.inf
        for shell in range(len(areas)):
            if (
                areas[shell] > -areas[k]
                and areas[shell] < best
                and inside_ring(
                    rings[bounds[k], 0],
                    rings[bounds[k], 1],
                    rings[bounds[shell] : bounds[shell + 1]],
                )
            ):
                best = areas[shell]
                owner[k] = shell


@njit(cache=True, nogil=True)
def enlarged_rows(places: Float64) -> Float64:
    """Copy places into an array twice as long."""
    larger = np.empty((2 * len(places), 2))
    for k in range(len(places)):
        larger[k, 0], larger[k, 1] = places[k, 0], places[k, 1]
    return larger


@njit(cache=True, nogil=True)
def outlines(
    row_offsets: Int64,
    first_row: int,
    last_row: int,
    line_offsets: Int64,
    places: Float64,
    width: float,
    cell: float,
    most_cells: int,
) -> tuple[Float64, Int64, Int32, Int32]:
    """Rings at a distance of ``width`` around the lines of each row.

    Returns the vertices of all rings, their bounds, the row of each ring, and the ring that is its
    shell. Grid points stand at whole multiples of the cell, so a row's rings do not depend on the
    rows beside it. A window of more than ``most_cells`` gives no bounds at all.
    """
    rings, total = np.empty((8192, 2)), 0
    bounds, ring_row = np.zeros(1024, np.int64), np.empty(1024, np.int32)
    owner, ring_count = np.empty(1024, np.int32), 0
    areas = np.empty(1024)
    field, following = np.empty(0, np.float32), np.empty(0, np.int32)
    entries = np.empty(0, np.int32)
    reach = width + 1.5 * cell
    for row in range(first_row, last_row):
        begin, finish = line_offsets[row_offsets[row]], line_offsets[row_offsets[row + 1]]
        if begin == finish:
            continue
        low_x = high_x = places[begin, 0]
        low_y = high_y = places[begin, 1]
        for k in range(begin, finish):
            low_x, high_x = min(low_x, places[k, 0]), max(high_x, places[k, 0])
            low_y, high_y = min(low_y, places[k, 1]), max(high_y, places[k, 1])
        left = np.floor((low_x - reach) / cell) * cell
        bottom = np.floor((low_y - reach) / cell) * cell
        columns = int(np.ceil((high_x + reach - left) / cell)) + 1
        rows = int(np.ceil((high_y + reach - bottom) / cell)) + 1
        if columns * rows > most_cells:
            return rings[:0], bounds[:0], ring_row[:0], owner[:0]
        if columns * rows > len(field):
            room = columns * rows * 5 // 4
            field = np.empty(room, np.float32)
            following = np.full(2 * room, -1, np.int32)
            entries = np.empty(2 * room, np.int32)
        for k in range(columns * rows):
            field[k] = reach * reach
        for line in range(row_offsets[row], row_offsets[row + 1]):
            for k in range(line_offsets[line], line_offsets[line + 1] - 1):
                burn(
                    places[k, 0] - left, places[k, 1] - bottom,
                    places[k + 1, 0] - left, places[k + 1, 1] - bottom,
                    reach, cell, columns, rows, field,
                )  # fmt: skip
        crossed = link_cells(field, width, columns, rows, following, entries)
        first_ring = ring_count
        for entry in range(crossed):
            edge = entries[entry]
            if following[edge] < 0:
                continue
            count = 0
            while following[edge] >= 0:
                if total + count == len(rings):
                    rings = enlarged_rows(rings)
                x, y = place_on_edge(edge, field, width, columns, cell)
                rings[total + count, 0], rings[total + count, 1] = x, y
                count += 1
                onward = following[edge]
                following[edge] = -1
                edge = onward
            count = simplify_ring(rings[total : total + count], count, TOLERANCE * cell)
            if ring_count + 2 > len(bounds):
                bounds = enlarged(bounds, ring_count + 1, 2 * len(bounds))
                ring_row = enlarged(ring_row, ring_count, len(bounds))
                owner = enlarged(owner, ring_count, len(bounds))
                areas = enlarged(areas, ring_count, len(bounds))
            areas[ring_count] = signed_area(rings[total : total + count])
            ring_row[ring_count] = row
            total += count
            ring_count += 1
            bounds[ring_count] = total
        own_shells(
            rings,
            bounds[first_ring : ring_count + 1],
            areas[first_ring:ring_count],
            owner[first_ring:ring_count],
        )
        for ring in range(first_ring, ring_count):
            owner[ring] += first_ring
        for k in range(bounds[first_ring], total):
            rings[k, 0] += left
            rings[k, 1] += bottom
    return (
        rings[:total].copy(),
        bounds[: ring_count + 1].copy(),
        ring_row[:ring_count].copy(),
        owner[:ring_count].copy(),
    )
