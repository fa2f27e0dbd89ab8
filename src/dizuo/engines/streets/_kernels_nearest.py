"""Compiled searches from many sources at once.

Nodes that wait stand in bitmaps, one for each bucket of costs. A bitmap is read in the order of
the nodes, which is the order of a Hilbert curve, so that memory is read almost in sequence; and a
node waits at most once in a bucket, however often it was improved. Within a bucket labels are
corrected until nothing changes, so arcs may be shorter than a bucket is wide, or cost nothing.
"""

from typing import TYPE_CHECKING, Any, Final, cast

import numpy as np
from numba import njit, types
from numba.extending import intrinsic
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Callable

Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]

ROWS: Final = 32
"""Buckets kept at once, a power of two. What lies further ahead waits in the last of them."""


def _count_trailing_zeros(typingctx: Any, word: Any) -> Any:  # noqa: ARG001
    from llvmlite import ir  # type: ignore[import-untyped]  # noqa: PLC0415

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:  # noqa: ARG001
        return builder.cttz(arguments[0], ir.Constant(ir.IntType(1), 1))

    return types.int64(types.uint64), generate


lowest_bit = cast("Callable[[np.uint64], int]", intrinsic(_count_trailing_zeros))
"""Place of the lowest set bit of a word that is not zero."""


@njit(cache=True, nogil=True)
def settle(
    offsets: Int32,
    targets: Int32,
    costs: Int32,
    seed_nodes: Int32,
    seed_labels: Int32 | Int64,
    limit: np.int64,
    label_shift: int,
    bucket_shift: int,
    best: Int32 | Int64,
) -> None:
    """Give every node the smallest label that reaches it.

    A label is ``cost << label_shift``, with the item's number in the low bits. ``best`` holds one
    label a node, and comes in filled with labels above ``limit``.
    """
    words = (len(best) + 63) >> 6
    waiting = np.zeros((ROWS, words), np.uint64)
    low = np.full(ROWS, words, np.int64)
    high = np.full(ROWS, -1, np.int64)
    last = ROWS - 1
    one = np.uint64(1)
    for seed in range(len(seed_nodes)):
        node = seed_nodes[seed]
        label = seed_labels[seed]
        if label <= limit and label < best[node]:
            best[node] = label
            row = min(label >> bucket_shift, last)
            word = node >> 6
            waiting[row, word] |= one << np.uint64(node & 63)
            low[row] = min(low[row], word)
            high[row] = max(high[row], word)
    bucket = 0
    idle = 0
    while idle < ROWS:
        here = bucket & last
        if low[here] > high[here]:
            idle += 1
            bucket += 1
            continue
        idle = 0
        while low[here] <= high[here]:
            word = low[here]
            low[here] = words
            while word <= high[here]:
                bits = waiting[here, word]
                if bits == 0:
                    word += 1
                    continue
                waiting[here, word] = bits & (bits - one)
                node = (word << 6) + lowest_bit(bits)
                label = best[node]
                due = label >> bucket_shift
                if due < bucket:
                    continue
                if due > bucket:
                    row = min(due, bucket + last) & last
                    waiting[row, word] |= one << np.uint64(node & 63)
                    low[row] = min(low[row], word)
                    high[row] = max(high[row], word)
                    continue
                for arc in range(offsets[node], offsets[node + 1]):
                    target = targets[arc]
                    reach = label + (np.int64(costs[arc]) << label_shift)
                    if reach <= limit and reach < best[target]:
                        best[target] = reach
                        row = min(reach >> bucket_shift, bucket + last) & last
                        there = target >> 6
                        waiting[row, there] |= one << np.uint64(target & 63)
                        if row != here or there < word:
                            low[row] = min(low[row], there)
                        high[row] = max(high[row], there)
            high[here] = -1 if low[here] == words else high[here]
        bucket += 1


@njit(cache=True, nogil=True)
def insert(best: Int64, node: int, label: int, k: int) -> bool:
    """Put a label into a node's ascending list, one label an item; say whether it went in."""
    if label >= best[node, k - 1]:
        return False
    item = label & 0xFFFFFFFF
    place = k - 1
    for rank in range(k):
        if best[node, rank] & 0xFFFFFFFF == item:
            if best[node, rank] <= label:
                return False
            place = rank
            break
    while place > 0 and best[node, place - 1] > label:
        best[node, place] = best[node, place - 1]
        place -= 1
    best[node, place] = label
    return True


@njit(cache=True, nogil=True)
def settle_several(
    offsets: Int32,
    targets: Int32,
    costs: Int32,
    seed_nodes: Int32,
    seed_labels: Int64,
    limit: np.int64,
    bucket_shift: int,
    best: Int64,
) -> None:
    """Give every node the smallest labels of ``k`` different items; ``best`` is n x k, ascending.

    A label is ``cost << 32 | item``; ``best`` comes in filled with labels above ``limit``.
    """
    k = best.shape[1]
    words = (len(best) + 63) >> 6
    waiting = np.zeros((ROWS, words), np.uint64)
    low = np.full(ROWS, words, np.int64)
    high = np.full(ROWS, -1, np.int64)
    last = ROWS - 1
    one = np.uint64(1)
    for seed in range(len(seed_nodes)):
        node = seed_nodes[seed]
        label = seed_labels[seed]
        if label <= limit and insert(best, node, label, k):
            row = min(label >> bucket_shift, last)
            word = node >> 6
            waiting[row, word] |= one << np.uint64(node & 63)
            low[row] = min(low[row], word)
            high[row] = max(high[row], word)
    bucket = 0
    idle = 0
    while idle < ROWS:
        here = bucket & last
        if low[here] > high[here]:
            idle += 1
            bucket += 1
            continue
        idle = 0
        while low[here] <= high[here]:
            word = low[here]
            low[here] = words
            while word <= high[here]:
                bits = waiting[here, word]
                if bits == 0:
                    word += 1
                    continue
                waiting[here, word] = bits & (bits - one)
                node = (word << 6) + lowest_bit(bits)
                for rank in range(k):
                    label = best[node, rank]
                    due = label >> bucket_shift
                    if due < bucket:
                        continue
                    if due > bucket:
                        if label <= limit:
                            row = min(due, bucket + last) & last
                            waiting[row, word] |= one << np.uint64(node & 63)
                            low[row] = min(low[row], word)
                            high[row] = max(high[row], word)
                        break
                    for arc in range(offsets[node], offsets[node + 1]):
                        target = targets[arc]
                        reach = label + (np.int64(costs[arc]) << 32)
                        if reach <= limit and insert(best, target, reach, k):
                            row = min(reach >> bucket_shift, bucket + last) & last
                            there = target >> 6
                            waiting[row, there] |= one << np.uint64(target & 63)
                            if row != here or there < word:
                                low[row] = min(low[row], there)
                            high[row] = max(high[row], there)
            high[here] = -1 if low[here] == words else high[here]
        bucket += 1
