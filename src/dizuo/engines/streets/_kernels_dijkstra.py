"""One bounded search in the order of costs (Dijkstra), over a binary heap of whole numbers.

A key on the heap is ``cost * 2^32 + node``: equal costs are settled by their node numbers.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]

NEVER = 2**31 - 1  # UNREACHABLE, as a compile-time constant
_LOW = 2**32 - 1


@njit(cache=True, nogil=True)
def enlarged(array, used, room):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Copy an array of any type into a larger one. Loops compile faster than slices."""
    larger = np.empty(room, array.dtype)
    for k in range(used):
        larger[k] = array[k]
    return larger


@njit(cache=True, nogil=True)
def push(heap: Int64, size: int, key: int) -> None:
    """Put a key on a heap of ``size`` keys."""
    place = size
    while place > 0:
        parent = (place - 1) >> 1
        if heap[parent] <= key:
            break
        heap[place] = heap[parent]
        place = parent
    heap[place] = key


@njit(cache=True, nogil=True)
def pop(heap: Int64, size: int) -> None:
    """Take the smallest key, ``heap[0]``, off a heap of ``size`` keys."""
    key = heap[size - 1]
    size -= 1
    place = 0
    while True:
        child = 2 * place + 1
        if child >= size:
            break
        if child + 1 < size and heap[child + 1] < heap[child]:
            child += 1
        if key <= heap[child]:
            break
        heap[place] = heap[child]
        place = child
    heap[place] = key


@njit(cache=True, nogil=True)
def settle(
    offsets: Int32,
    targets: Int32,
    costs: Int32,
    seed_nodes: Int32,
    seed_costs: Int32,
    limit: int,
    cost_at: Int32,
    nodes: Int32,
    heap: Int64,
) -> tuple[int, Int64]:
    """Settle every node within ``limit`` of the seeds; return how many, and the heap to use next.

    ``nodes`` then lists them by cost, and ``cost_at`` tells their costs: NEVER for every node on
    entry, and to be set back by the caller.
    """
    size = count = 0
    for k in range(len(seed_nodes)):
        node, cost = seed_nodes[k], seed_costs[k]
        if cost <= limit and cost < cost_at[node]:
            cost_at[node] = cost
            if size == len(heap):
                heap = enlarged(heap, size, 2 * size)
            push(heap, size, (np.int64(cost) << 32) + node)
            size += 1
    while size:
        key = heap[0]
        pop(heap, size)
        size -= 1
        node, cost = key & _LOW, key >> 32
        if cost > cost_at[node]:
            continue
        nodes[count] = node
        count += 1
        for arc in range(offsets[node], offsets[node + 1]):
            further = cost + costs[arc]
            head = targets[arc]
            if further <= limit and further < cost_at[head]:
                cost_at[head] = further
                if size == len(heap):
                    heap = enlarged(heap, size, 2 * size)
                push(heap, size, (further << 32) + head)
                size += 1
    return count, heap
