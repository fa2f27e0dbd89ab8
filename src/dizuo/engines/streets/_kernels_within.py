"""Compiled searches that stay near: one bounded search for each source.

Nodes that were met get numbers of their own, in the order of discovery, so that all that a search
writes stands close together. They wait in doubly linked lists, one for each bucket of costs; a
node waits in one list at most. Labels are corrected within a bucket, so arcs may be of any length.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]


@njit(cache=True, nogil=True)
def wait(
    node: int,
    cost: int,
    shift: int,
    count: int,
    place: Int32,
    nodes: Int32,
    found: Int32,
    bucket_of: Int32,
    heads: Int32,
    ahead: Int32,
    behind: Int32,
) -> int:
    """Offer a cost to a node and let it wait if it is better; return the number of nodes met."""
    local = place[node]
    if local < 0:
        local = count
        count += 1
        place[node] = local
        nodes[local] = node
        bucket_of[local] = -1
    elif cost >= found[local]:
        return count
    found[local] = cost
    bucket = cost >> shift
    old = bucket_of[local]
    if old == bucket:
        return count
    if old >= 0:
        if behind[local] >= 0:
            ahead[behind[local]] = ahead[local]
        else:
            heads[old] = ahead[local]
        if ahead[local] >= 0:
            behind[ahead[local]] = behind[local]
    first = heads[bucket]
    ahead[local] = first
    behind[local] = -1
    if first >= 0:
        behind[first] = local
    heads[bucket] = local
    bucket_of[local] = bucket
    return count


@njit(cache=True, nogil=True)
def reach(
    offsets: Int32,
    targets: Int32,
    costs: Int32,
    seed_nodes: Int32,
    seed_costs: Int32,
    first: int,
    last: int,
    limit: int,
    shift: int,
    place: Int32,
    nodes: Int32,
    found: Int32,
    bucket_of: Int32,
    heads: Int32,
    ahead: Int32,
    behind: Int32,
) -> int:
    """Search from seeds ``first:last``; return how many nodes cost at most ``limit``.

    ``nodes`` and ``found`` then hold the nodes and their costs; ``place`` tells the rank of each
    node in them. The caller sets ``place`` back to -1. ``heads`` comes in and goes out as -1.
    """
    count = 0
    for seed in range(first, last):
        if seed_costs[seed] <= limit:
            count = wait(
                seed_nodes[seed], seed_costs[seed], shift, count,
                place, nodes, found, bucket_of, heads, ahead, behind,
            )  # fmt: skip
    if count == 0:
        return 0
    for bucket in range(len(heads)):
        while heads[bucket] >= 0:
            local = heads[bucket]
            heads[bucket] = ahead[local]
            if ahead[local] >= 0:
                behind[ahead[local]] = -1
            bucket_of[local] = -1
            cost = found[local]
            node = nodes[local]
            for arc in range(offsets[node], offsets[node + 1]):
                further = cost + np.int64(costs[arc])
                if further <= limit:
                    count = wait(
                        targets[arc], further, shift, count,
                        place, nodes, found, bucket_of, heads, ahead, behind,
                    )  # fmt: skip
    return count


@njit(cache=True, nogil=True)
def pairs(
    offsets: Int32,
    targets: Int32,
    costs: Int32,
    source_offsets: Int64,
    source_nodes: Int32,
    source_costs: Int32,
    stop_offsets: Int64,
    stop_items: Int32,
    stop_costs: Int32,
    direct_offsets: Int64,
    direct_items: Int32,
    direct_costs: Int32,
    item_count: int,
    rows: Int32,
    limit: int,
    shift: int,
) -> tuple[Int64, Int32, Int32]:
    """Find the items within ``limit`` of each source in ``rows``, with their smallest costs.

    Sources enter the graph by their seeds; items stand at nodes by their stops, and may be reached
    straight, without a node, by the direct pairs. Results are compressed rows.
    """
    node_count = len(offsets) - 1
    place = np.full(node_count, -1, np.int32)
    nodes = np.empty(node_count, np.int32)
    found = np.empty(node_count, np.int32)
    bucket_of = np.empty(node_count, np.int32)
    ahead = np.empty(node_count, np.int32)
    behind = np.empty(node_count, np.int32)
    heads = np.full((limit >> shift) + 1, -1, np.int32)
    item_place = np.full(item_count, -1, np.int64)
    bounds = np.zeros(len(rows) + 1, np.int64)
    pair_items = np.empty(1024, np.int32)
    pair_costs = np.empty(1024, np.int32)
    size = 0
    for rank in range(len(rows)):
        row = rows[rank]
        count = reach(
            offsets, targets, costs,
            source_nodes, source_costs, source_offsets[row], source_offsets[row + 1],
            limit, shift, place, nodes, found, bucket_of, heads, ahead, behind,
        )  # fmt: skip
        begin = size
        room = direct_offsets[row + 1] - direct_offsets[row]
        for local in range(count):
            room += stop_offsets[nodes[local] + 1] - stop_offsets[nodes[local]]
        if size + room > len(pair_items):
            more = max(size + room, 2 * len(pair_items))
            grown = np.empty(more, np.int32)
            grown[:size] = pair_items[:size]
            pair_items = grown
            grown = np.empty(more, np.int32)
            grown[:size] = pair_costs[:size]
            pair_costs = grown
        for pair in range(direct_offsets[row], direct_offsets[row + 1]):
            if direct_costs[pair] <= limit:
                item_place[direct_items[pair]] = size
                pair_items[size] = direct_items[pair]
                pair_costs[size] = direct_costs[pair]
                size += 1
        for local in range(count):
            node = nodes[local]
            place[node] = -1
            for stop in range(stop_offsets[node], stop_offsets[node + 1]):
                cost = np.int64(found[local]) + stop_costs[stop]
                if cost > limit:
                    continue
                item = stop_items[stop]
                known = item_place[item]
                if known < 0:
                    item_place[item] = size
                    pair_items[size] = item
                    pair_costs[size] = cost
                    size += 1
                elif cost < pair_costs[known]:
                    pair_costs[known] = cost
        for pair in range(begin, size):
            item_place[pair_items[pair]] = -1
        bounds[rank + 1] = size
    return bounds, pair_items[:size].copy(), pair_costs[:size].copy()


@njit(cache=True, nogil=True)
def add_up(
    rows: Int32, bounds: Int64, items: Int32, costs: Int32, weights: Int64, cutoffs: Int32,
    by_row: bool, sums: Int64,
) -> None:  # fmt: skip
    """Add weights of pairs within each cut-off: of the items to their row, or of rows to items."""
    for rank in range(len(rows)):
        row = rows[rank]
        for pair in range(bounds[rank], bounds[rank + 1]):
            item = items[pair]
            to = row if by_row else item
            weight = weights[item if by_row else row]
            for cutoff in range(len(cutoffs)):
                if costs[pair] <= cutoffs[cutoff]:
                    sums[to, cutoff] += weight
