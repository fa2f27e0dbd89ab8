"""One bounded search in the order of costs (Dijkstra), over a calendar of narrow buckets.

An entry's key is ``cost * 2^32 + node``: equal costs are settled by their node numbers. An entry
whose node found a better cost stays and is passed over.
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
def settle(
    offsets: Int32,
    targets: Int32,
    costs: Int32,
    seed_nodes: Int32,
    seed_costs: Int32,
    limit: int,
    shift: int,
    cost_at: Int32,
    nodes: Int32,
    heads: Int32,
    keys: Int64,
    behind: Int32,
) -> tuple[int, Int64, Int32]:
    """Settle every node within ``limit`` of the seeds; return how many.

    ``nodes`` then lists them by cost, and ``cost_at`` tells their costs: NEVER for every node on
    entry, and to be set back by the caller. ``heads``, one for each ``2^shift`` of costs, comes in
    and goes out as -1. ``keys`` and ``behind`` are room for entries, returned with more room.
    """
    used = count = 0
    for k in range(len(seed_nodes)):
        node, cost = seed_nodes[k], seed_costs[k]
        if cost <= limit and cost < cost_at[node]:
            cost_at[node] = cost
            if used == len(keys):
                keys, behind = enlarged(keys, used, 2 * used), enlarged(behind, used, 2 * used)
            keys[used] = (np.int64(cost) << 32) + node
            behind[used] = heads[cost >> shift]
            heads[cost >> shift] = used
            used += 1
    for bucket in range(len(heads)):
        while heads[bucket] >= 0:
            # The smallest of the few entries that share a bucket.
            before, best = -1, heads[bucket]
            previous, entry = best, behind[best]
            while entry >= 0:
                if keys[entry] < keys[best]:
                    before, best = previous, entry
                previous, entry = entry, behind[entry]
            if before < 0:
                heads[bucket] = behind[best]
            else:
                behind[before] = behind[best]
            node, cost = keys[best] & _LOW, keys[best] >> 32
            if cost > cost_at[node]:
                continue
            nodes[count] = node
            count += 1
            for arc in range(offsets[node], offsets[node + 1]):
                further = cost + costs[arc]
                head = targets[arc]
                if further <= limit and further < cost_at[head]:
                    cost_at[head] = further
                    if used == len(keys):
                        keys = enlarged(keys, used, 2 * used)
                        behind = enlarged(behind, used, 2 * used)
                    keys[used] = (further << 32) + head
                    behind[used] = heads[further >> shift]
                    heads[further >> shift] = used
                    used += 1
    return count, keys, behind
