"""Edges whose loss cuts a network in two, by one depth-first walk."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

Float64 = NDArray[np.float64]
Int32 = NDArray[np.int32]


@njit(cache=True, nogil=True)
def cut_edges(
    offsets: Int32, neighbours: Int32, edges: Int32, weight: Float64, cut_off: Float64
) -> None:
    """Write what hangs on each bridge on its lighter side; other edges keep their value (Tarjan).

    ``neighbours`` and ``edges`` list both directions of every edge; parallel edges keep their own
    numbers, so that neither of two is a bridge.
    """
    count = len(offsets) - 1
    entered = np.full(count, -1, dtype=np.int32)
    lowest = np.empty(count, dtype=np.int32)
    place = offsets[:-1].copy()
    came_by = np.full(count, -1, dtype=np.int32)
    below = weight.copy()
    path = np.empty(count, dtype=np.int32)
    bridges = np.empty(count, dtype=np.int32)
    sides = np.empty(count, dtype=np.float64)
    clock = 0
    for root in range(count):
        if entered[root] >= 0:
            continue
        path[0] = root
        depth, found = 1, 0
        entered[root] = lowest[root] = clock
        clock += 1
        while depth:
            node = path[depth - 1]
            if place[node] < offsets[node + 1]:
                other, edge = neighbours[place[node]], edges[place[node]]
                place[node] += 1
                if edge == came_by[node]:
                    continue
                if entered[other] < 0:
                    came_by[other] = edge
                    entered[other] = lowest[other] = clock
                    clock += 1
                    path[depth] = other
                    depth += 1
                else:
                    lowest[node] = min(lowest[node], entered[other])
            else:
                depth -= 1
                if depth:
                    parent = path[depth - 1]
                    lowest[parent] = min(lowest[parent], lowest[node])
                    below[parent] += below[node]
                    if lowest[node] > entered[parent]:
                        bridges[found] = came_by[node]
                        sides[found] = below[node]
                        found += 1
        for k in range(found):
            cut_off[bridges[k]] = min(sides[k], below[root] - sides[k])
