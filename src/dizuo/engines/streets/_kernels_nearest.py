"""Compiled searches from many sources at once.

Nodes that wait stand in bitmaps, one for each bucket of costs. A bitmap is read in the order of
the nodes, which is the order of a Hilbert curve, so that memory is read almost in sequence, and
what the next nodes need is asked for ahead. A node waits at most once in a bucket, however often
it was improved. Within a bucket labels are corrected until nothing changes, so arcs may be shorter
than a bucket is wide, or cost nothing.
"""

from typing import Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from dizuo.engines.streets._kernels_instructions import lowest_bit, prefetch

Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]
UInt8 = NDArray[np.uint8]
UInt32 = NDArray[np.uint32]
UInt64 = NDArray[np.uint64]

ROWS: Final = np.uint64(32)
"""Buckets kept at once, a power of two. What lies further ahead waits in the last of them."""

AHEAD: Final = np.uint64(8)
"""Nodes between asking for memory and using it."""

ONE: Final = np.uint64(1)
SIX: Final = np.uint64(6)
LOW_BITS: Final = np.uint64(63)
ITEM_BITS: Final = 32
ITEM_MASK: Final = 0xFFFFFFFF


@njit(cache=True, nogil=True)
def wait(waiting: UInt64, filled: UInt8, node: np.uint64, due: np.uint64, now: np.uint64) -> None:
    """Let a node wait for its bucket."""
    row = min(due, now + ROWS - ONE) & (ROWS - ONE)
    waiting[row, node >> SIX] |= ONE << (node & LOW_BITS)
    filled[row] = 1


@njit(cache=True, nogil=True)
def take(row: UInt64, queue: UInt32) -> np.uint64:
    """Empty a bitmap into a queue, and return how many nodes came."""
    size = np.uint64(0)
    for place in range(len(row)):
        word = np.uint64(place)
        bits = row[word]
        if bits != 0:
            row[word] = 0
            while bits != 0:
                queue[size] = (word << SIX) + lowest_bit(bits)
                size += ONE
                bits &= bits - ONE
    if size > 0:
        for beyond in range(2 * AHEAD):
            queue[size + np.uint64(beyond)] = queue[size - ONE]
    return size


@njit(cache=True, nogil=True)
def settle(
    offsets: Int32,
    targets: Int32,
    costs: Int32,
    seed_nodes: Int32,
    seed_labels: Int32 | Int64,
    beyond: np.int64,
    cost_shift: int,
    bucket_shift: int,
    best: Int32 | Int64,
) -> None:
    """Give every node the smallest label below ``beyond`` that reaches it, else ``beyond``.

    A label is ``cost << cost_shift``, with the item's number in the low bits.
    """
    waiting = np.zeros((ROWS, (len(best) + 63) >> 6), np.uint64)
    filled = np.zeros(ROWS, np.uint8)
    queue = np.empty(np.uint64(len(best)) + 2 * AHEAD, np.uint32)
    shift = np.uint64(bucket_shift)
    best[:] = beyond
    for seed in range(len(seed_nodes)):
        node = np.uint64(seed_nodes[seed])
        if seed_labels[seed] < best[node]:
            best[node] = seed_labels[seed]
            wait(waiting, filled, node, np.uint64(best[node]) >> shift, np.uint64(0))
    now = np.uint64(0)
    idle = 0
    while idle < ROWS:
        here = now & (ROWS - ONE)
        idle = 0 if filled[here] else idle + 1
        while filled[here]:
            filled[here] = 0
            size = take(waiting[here], queue)
            for rank in range(size):
                coming = np.uint64(queue[rank + 2 * AHEAD])
                prefetch(best, coming)
                prefetch(offsets, coming)
                soon = np.uint64(offsets[np.uint64(queue[rank + AHEAD])])
                prefetch(targets, soon)
                prefetch(costs, soon)
                node = np.uint64(queue[rank])
                label = best[node]
                due = np.uint64(label) >> shift
                if due > now:
                    wait(waiting, filled, node, due, now)
                if due != now:
                    continue
                for place in range(offsets[node], offsets[node + ONE]):
                    arc = np.uint64(place)
                    target = np.uint64(targets[arc])
                    reach = label + (np.int64(costs[arc]) << cost_shift)
                    if reach < best[target]:
                        best[target] = reach
                        wait(waiting, filled, target, np.uint64(reach) >> shift, now)
        now += ONE


@njit(cache=True, nogil=True)
def insert(best: Int64, begin: np.uint64, k: np.uint64, label: int) -> bool:
    """Put a label into the ascending list at ``begin``, one label an item; tell if it went in."""
    if label >= best[begin + k - ONE]:
        return False
    place = begin + k - ONE
    for other in range(begin, begin + k):
        rank = np.uint64(other)
        if best[rank] & ITEM_MASK == label & ITEM_MASK:
            if best[rank] <= label:
                return False
            place = rank
            break
    while place > begin and best[place - ONE] > label:
        best[place] = best[place - ONE]
        place -= ONE
    best[place] = label
    return True


@njit(cache=True, nogil=True)
def settle_several(
    offsets: Int32,
    targets: Int32,
    costs: Int32,
    seed_nodes: Int32,
    seed_labels: Int64,
    beyond: np.int64,
    several: int,
    bucket_shift: int,
    best: Int64,
) -> None:
    """Give every node the ``several`` smallest labels below ``beyond``, of different items.

    A label is ``cost << 32 | item``; ``best`` holds an ascending list for each node.
    """
    k = np.uint64(several)
    node_count = len(offsets) - 1
    waiting = np.zeros((ROWS, (node_count + 63) >> 6), np.uint64)
    filled = np.zeros(ROWS, np.uint8)
    queue = np.empty(np.uint64(node_count) + 2 * AHEAD, np.uint32)
    shift = np.uint64(bucket_shift)
    best[:] = beyond
    for seed in range(len(seed_nodes)):
        node = np.uint64(seed_nodes[seed])
        if insert(best, node * k, k, seed_labels[seed]):
            wait(waiting, filled, node, np.uint64(seed_labels[seed]) >> shift, np.uint64(0))
    now = np.uint64(0)
    idle = 0
    while idle < ROWS:
        here = now & (ROWS - ONE)
        idle = 0 if filled[here] else idle + 1
        while filled[here]:
            filled[here] = 0
            size = take(waiting[here], queue)
            for turn in range(size):
                coming = np.uint64(queue[turn + 2 * AHEAD])
                prefetch(best, coming * k)
                prefetch(offsets, coming)
                soon = np.uint64(offsets[np.uint64(queue[turn + AHEAD])])
                prefetch(targets, soon)
                prefetch(costs, soon)
                node = np.uint64(queue[turn])
                for rank in range(node * k, node * k + k):
                    label = best[np.uint64(rank)]
                    due = np.uint64(label) >> shift
                    if label == beyond:
                        break
                    if due > now:
                        wait(waiting, filled, node, due, now)
                        break
                    if due < now:
                        continue
                    for place in range(offsets[node], offsets[node + ONE]):
                        arc = np.uint64(place)
                        target = np.uint64(targets[arc])
                        reach = label + (np.int64(costs[arc]) << ITEM_BITS)
                        if insert(best, target * k, k, reach):
                            wait(waiting, filled, target, np.uint64(reach) >> shift, now)
        now += ONE


@njit(cache=True, nogil=True)
def unpack(labels: Int64, beyond: np.int64, no_cost: np.int32, costs: Int32, items: Int32) -> None:
    """Split labels into costs and items; ``no_cost`` and -1 from ``beyond`` on."""
    for rank in range(len(labels)):
        found = labels[rank] < beyond
        costs[rank] = labels[rank] >> ITEM_BITS if found else no_cost
        items[rank] = labels[rank] & ITEM_MASK if found else -1
