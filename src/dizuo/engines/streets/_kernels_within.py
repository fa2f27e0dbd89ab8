"""Compiled searches that stay near: one bounded search for each source, or for 64 at a time.

Nodes that were met get numbers of their own, in the order of discovery, so that all that a search
writes stands close together. They wait in bitmaps, one for each bucket of costs,
and labels are corrected within a bucket, so arcs may be of any length.

Sums need no single pairs, so 64 neighbouring sources share a search: it finds the nodes that any
of them reaches, sorted by the cost from the nearest of the sources. On that small graph all 64
costs of a node are corrected together, in vector registers, the nodes nearest to the sources first.
"""

from typing import Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from dizuo.engines.streets._kernels_instructions import lowest_bit

Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]
UInt8 = NDArray[np.uint8]
UInt32 = NDArray[np.uint32]
UInt64 = NDArray[np.uint64]
Rows = tuple[Int64, Int32, Int32]
"""Compressed rows: offsets, numbers, costs."""

LANES: Final = 64
"""Sources that share a search."""

ROWS: Final = np.uint64(32)
"""Buckets kept at once, a power of two. What lies further ahead waits in the last of them."""

BINS: Final = 256
WIDTH: Final = np.uint64(LANES)
ONE: Final = np.uint64(1)
SIX: Final = np.uint64(6)
LOW_BITS: Final = np.uint64(63)


@njit(cache=True, nogil=True)
def offer(
    node: np.uint64, cost: int, due: np.uint64, limit: int, count: int, best: Int32,
    place: Int32, nodes: Int32, waiting: UInt64, filled: UInt8,
) -> int:  # fmt: skip
    """Give a node a better cost and let it wait; return the number of nodes met."""
    if best[node] > limit:
        place[node] = count
        nodes[count] = node
        count += 1
    best[node] = cost
    row = due & (ROWS - ONE)
    local = np.uint64(place[node])
    waiting[row, local >> SIX] |= ONE << (local & LOW_BITS)
    filled[row] = 1
    return count


@njit(cache=True, nogil=True)
def reach(
    network: tuple[Int32, Int32, Int32],
    seed_nodes: Int32,
    seed_costs: Int32,
    limit: int,
    shift: int,
    scratch: Int32,
    waiting: UInt64,
    filled: UInt8,
) -> int:
    """Search from seeds; return how many nodes cost at most ``limit``.

    The last three rows of ``scratch`` then hold the nodes, their costs, and the place of each node
    among them. The first row comes in and goes out as ``limit + 1``, ``waiting`` and ``filled`` as
    zeros.
    """
    offsets, targets, costs = network
    best, nodes, found, place = scratch[0], scratch[1], scratch[2], scratch[3]
    width = np.uint64(shift)
    count = 0
    for seed in range(len(seed_nodes)):
        node = np.uint64(seed_nodes[seed])
        cost = int(seed_costs[seed])
        if cost < best[node]:
            due = min(np.uint64(cost) >> width, ROWS - ONE)
            count = offer(node, cost, due, limit, count, best, place, nodes, waiting, filled)
    now = np.uint64(0)
    idle = 0
    while idle < ROWS:
        here = now & (ROWS - ONE)
        idle = 0 if filled[here] else idle + 1
        while filled[here]:
            filled[here] = 0
            word = np.uint64(0)
            while word < np.uint64((count + 63) >> 6):
                bits = waiting[here, word]
                if bits == 0:
                    word += ONE
                    continue
                waiting[here, word] = bits & (bits - ONE)
                local = (word << SIX) + lowest_bit(bits)
                node = np.uint64(nodes[local])
                cost = int(best[node])
                due = np.uint64(cost) >> width
                if due > now:
                    row = min(due, now + ROWS - ONE) & (ROWS - ONE)
                    waiting[row, word] |= ONE << (local & LOW_BITS)
                    filled[row] = 1
                if due != now:
                    continue
                for number in range(offsets[node], offsets[node + ONE]):
                    arc = np.uint64(number)
                    target = np.uint64(targets[arc])
                    further = cost + int(costs[arc])
                    if further < best[target]:
                        due = min(np.uint64(further) >> width, now + ROWS - ONE)
                        count = offer(
                            target, further, due, limit, count, best, place, nodes, waiting, filled
                        )
        now += ONE
    for rank in range(count):
        node = np.uint64(nodes[rank])
        found[rank] = best[node]
        best[node] = limit + 1
    return count


@njit(cache=True, nogil=True)
def pairs(
    network: tuple[Int32, Int32, Int32],
    sources: Rows,
    stops: Rows,
    direct: Rows,
    rows: Int32,
    limit: int,
    shift: int,
    scratch: Int32,
    waiting: UInt64,
    item_place: Int32,
    items_are_nodes: bool,
) -> tuple[Int64, Int32, Int32]:
    """Find the items within ``limit`` of each source in ``rows``, with their smallest costs.

    ``sources`` holds the seeds of each source, ``stops`` the items at each node, and ``direct`` the
    items that a source reaches straight, without a node. With ``items_are_nodes``, item ``i``
    stands at node ``i``, and ``stops`` and ``direct`` may be empty. Results are compressed rows.
    ``item_place`` comes in and goes out as -1, and ``scratch`` and ``waiting`` as for ``reach``.
    """
    source_offsets, source_nodes, source_costs = sources
    stop_offsets, stop_items, stop_costs = stops
    direct_offsets, direct_items, direct_costs = direct
    nodes, found = scratch[1], scratch[2]
    filled = np.zeros(ROWS, np.uint8)
    bounds = np.zeros(len(rows) + 1, np.int64)
    pair_items = np.empty(1024, np.int32)
    pair_costs = np.empty(1024, np.int32)
    size = 0
    for rank in range(len(rows)):
        row = rows[rank]
        first, last = source_offsets[row], source_offsets[row + 1]
        count = reach(
            network, source_nodes[first:last], source_costs[first:last], limit, shift,
            scratch, waiting, filled,
        )  # fmt: skip
        if items_are_nodes:
            if size + count > len(pair_items):
                pair_items = grown(pair_items, size, size + count)
                pair_costs = grown(pair_costs, size, size + count)
            for local in range(count):
                pair_items[size + local] = nodes[local]
                pair_costs[size + local] = found[local]
            size += count
            bounds[rank + 1] = size
            continue
        begin = size
        room = direct_offsets[row + 1] - direct_offsets[row]
        for local in range(count):
            room += stop_offsets[nodes[local] + 1] - stop_offsets[nodes[local]]
        if size + room > len(pair_items):
            pair_items = grown(pair_items, size, size + room)
            pair_costs = grown(pair_costs, size, size + room)
        for pair in range(direct_offsets[row], direct_offsets[row + 1]):
            if direct_costs[pair] <= limit:
                item_place[direct_items[pair]] = size - begin
                pair_items[size] = direct_items[pair]
                pair_costs[size] = direct_costs[pair]
                size += 1
        for local in range(count):
            node = nodes[local]
            for stop in range(stop_offsets[node], stop_offsets[node + 1]):
                cost = np.int64(found[local]) + stop_costs[stop]
                if cost > limit:
                    continue
                item = stop_items[stop]
                known = item_place[item]
                if known < 0:
                    item_place[item] = size - begin
                    pair_items[size] = item
                    pair_costs[size] = cost
                    size += 1
                elif cost < pair_costs[begin + known]:
                    pair_costs[begin + known] = cost
        for pair in range(begin, size):
            item_place[pair_items[pair]] = -1
        bounds[rank + 1] = size
    return bounds, pair_items[:size], pair_costs[:size]


@njit(cache=True, nogil=True)
def grown(values: Int32, used: int, wanted: int) -> Int32:
    """Return a longer array with the same beginning."""
    longer = np.empty(max(wanted, 2 * len(values)), np.int32)
    for place in range(used):
        longer[place] = values[place]
    return longer


@njit(cache=True, nogil=True)
def relax(
    lanes: UInt32, begin: np.uint64, others: UInt32, other: np.uint64, leg: np.uint32
) -> np.uint32:
    """Offer all lanes at ``begin``, with a leg more, to those at ``other``; not 0 if any won."""
    won = np.uint32(0)
    for lane in range(LANES):
        offer = np.uint32(lanes[begin + np.uint64(lane)] + leg)
        known = others[other + np.uint64(lane)]
        won |= np.uint32(offer < known)
        others[other + np.uint64(lane)] = min(offer, known)
    return won


@njit(cache=True, nogil=True)
def sort_by_cost(found: Int32, count: int, limit: int, order: Int32, rank_of: Int32) -> None:
    """Sort nodes by their costs, in steps of 1/256 of the limit."""
    shift = 0
    while limit >> shift >= BINS:
        shift += 1
    first = np.zeros(BINS + 1, np.int64)
    for local in range(count):
        first[(found[local] >> shift) + 1] += 1
    for step in range(BINS):
        first[step + 1] += first[step]
    for local in range(count):
        step = found[local] >> shift
        order[first[step]] = local
        rank_of[local] = first[step]
        first[step] += 1


@njit(cache=True, nogil=True)
def correct(
    near_offsets: Int32, near_targets: UInt32, near_costs: UInt32, dirty: UInt64, words: int,
    lanes: UInt32,
) -> None:  # fmt: skip
    """Correct the lanes of all nodes from the ``dirty`` ones, always the first of them next."""
    end = np.uint64(words)
    word = np.uint64(0)
    while word < end:
        bits = dirty[word]
        if bits == 0:
            word += ONE
            continue
        dirty[word] = bits & (bits - ONE)
        rank = (word << SIX) + lowest_bit(bits)
        for place in range(near_offsets[rank], near_offsets[rank + ONE]):
            arc = np.uint64(place)
            target = np.uint64(near_targets[arc])
            if relax(lanes, rank * WIDTH, lanes, target * WIDTH, near_costs[arc]) != 0:
                dirty[target >> SIX] |= ONE << (target & LOW_BITS)
                word = min(word, target >> SIX)


@njit(cache=True, nogil=True)
def cut_out(
    network: tuple[Int32, Int32, Int32], count: int, nodes: Int32, place: Int32, order: Int32,
    rank_of: Int32, near_offsets: Int32, near_targets: UInt32, near_costs: UInt32,
) -> None:  # fmt: skip
    """Write the arcs between the nodes that a search met, in their order."""
    offsets, targets, costs = network
    size = 0
    for rank in range(count):
        near_offsets[rank] = size
        node = nodes[order[rank]]
        for arc in range(offsets[node], offsets[node + 1]):
            target = place[targets[arc]]
            if 0 <= target < count and nodes[target] == targets[arc]:
                near_targets[size] = rank_of[target]
                near_costs[size] = costs[arc]
                size += 1
    near_offsets[count] = size


@njit(cache=True, nogil=True)
def meet(
    item: int, least: int, count: int, item_place: Int32, items: Int32, nearest: Int32,
    item_lanes: UInt32, beyond: np.uint32,
) -> int:  # fmt: skip
    """Enter an item that is reached for ``least`` at best; return the number of items met."""
    known = item_place[item]
    if known >= 0:
        nearest[known] = min(nearest[known], least)
        return count
    item_place[item] = count
    items[count] = item
    nearest[count] = least
    for lane in range(LANES):
        item_lanes[count * LANES + lane] = beyond
    return count + 1


@njit(cache=True, nogil=True)
def go_on_to_items(
    stops: Rows, direct: Rows, rows: Int32, limit: int, count: int, nodes: Int32, found: Int32,
    order: Int32, lanes: UInt32, item_place: Int32, items: Int32, nearest: Int32,
    item_lanes: UInt32,
) -> int:  # fmt: skip
    """Carry the lanes from nodes to items; return the number of items met."""
    stop_offsets, stop_items, stop_costs = stops
    direct_offsets, direct_items, direct_costs = direct
    beyond = np.uint32(limit + 1)
    met = 0
    for lane in range(len(rows)):
        for pair in range(direct_offsets[rows[lane]], direct_offsets[rows[lane] + 1]):
            cost = direct_costs[pair]
            if cost <= limit:
                item = direct_items[pair]
                met = meet(item, cost, met, item_place, items, nearest, item_lanes, beyond)
                item_lanes[item_place[item] * LANES + lane] = cost
    for rank in range(count):
        node = nodes[order[rank]]
        for stop in range(stop_offsets[node], stop_offsets[node + 1]):
            least = np.int64(found[order[rank]]) + stop_costs[stop]
            if least <= limit:
                item = stop_items[stop]
                met = meet(item, least, met, item_place, items, nearest, item_lanes, beyond)
                begin = np.uint64(item_place[item]) * WIDTH
                leg = np.uint32(stop_costs[stop])
                relax(lanes, np.uint64(rank) * WIDTH, item_lanes, begin, leg)
    for known in range(met):
        item_place[items[known]] = -1
    return met


@njit(cache=True, nogil=True)
def add_to_rows(
    rows: Int32, met: int, items: Int32, nearest: Int32, item_lanes: UInt32, weights: Int64,
    cutoffs: Int32, totals: Int64,
) -> None:  # fmt: skip
    """Add the weights of items to the rows that reach them."""
    lane_totals = np.zeros((len(cutoffs), LANES), np.int64)
    for known in range(met):
        weight = weights[items[known]]
        for cutoff in range(len(cutoffs)):
            if weight != 0 and nearest[known] <= cutoffs[cutoff]:
                most = np.uint32(cutoffs[cutoff])
                begin = np.uint64(known) * WIDTH
                for lane in range(LANES):
                    within = item_lanes[begin + np.uint64(lane)] <= most
                    lane_totals[cutoff, lane] += weight if within else 0
    for lane in range(len(rows)):
        for cutoff in range(len(cutoffs)):
            totals[rows[lane], cutoff] = lane_totals[cutoff, lane]


@njit(cache=True, nogil=True)
def add_to_items(
    rows: Int32, met: int, items: Int32, nearest: Int32, item_lanes: UInt32, weights: Int64,
    cutoffs: Int32, totals: Int64,
) -> None:  # fmt: skip
    """Add the weights of rows to the items that they reach."""
    lane_weights = np.zeros(LANES, np.int64)
    for lane in range(len(rows)):
        lane_weights[lane] = weights[rows[lane]]
    for known in range(met):
        for cutoff in range(len(cutoffs)):
            if nearest[known] <= cutoffs[cutoff]:
                most = np.uint32(cutoffs[cutoff])
                begin = np.uint64(known) * WIDTH
                total = 0
                for lane in range(LANES):
                    within = item_lanes[begin + np.uint64(lane)] <= most
                    total += lane_weights[lane] if within else 0
                totals[items[known], cutoff] += total


@njit(cache=True, nogil=True)
def sums(
    network: tuple[Int32, Int32, Int32],
    sources: Rows,
    stops: Rows,
    direct: Rows,
    rows: Int32,
    limit: int,
    shift: int,
    scratch: Int32,
    waiting: UInt64,
    item_place: Int32,
    items_are_nodes: bool,
    by_row: bool,
    weights: Int64,
    cutoffs: Int32,
    totals: Int64,
) -> None:
    """Add up weights of pairs within each cut-off: of the items to their row, or of rows to items.

    Arguments as for ``pairs``.
    """
    offsets = network[0]
    source_offsets, source_nodes, source_costs = sources
    stop_offsets, direct_offsets = stops[0], direct[0]
    nodes, found, place = scratch[1], scratch[2], scratch[3]
    filled = np.zeros(ROWS, np.uint8)
    seed_nodes, seed_costs = np.empty(LANES, np.int32), np.empty(LANES, np.int32)
    order, rank_of = np.empty(0, np.int32), np.empty(0, np.int32)
    near_offsets = np.zeros(1, np.int32)
    near_targets, near_costs = np.empty(0, np.uint32), np.empty(0, np.uint32)
    lanes, item_lanes = np.empty(0, np.uint32), np.empty(0, np.uint32)
    dirty = np.zeros(0, np.uint64)
    items, nearest = np.empty(0, np.int32), np.empty(0, np.int32)
    for first in range(0, len(rows), LANES):
        group = rows[first : first + LANES]
        size = 0
        for row in group:
            for seed in range(source_offsets[row], source_offsets[row + 1]):
                if size == len(seed_nodes):
                    seed_nodes = grown(seed_nodes, size, size + 1)
                    seed_costs = grown(seed_costs, size, size + 1)
                seed_nodes[size] = source_nodes[seed]
                seed_costs[size] = source_costs[seed]
                size += 1
        count = reach(
            network, seed_nodes[:size], seed_costs[:size], limit, shift, scratch, waiting, filled
        )
        room, item_room = 0, 0
        for local in range(count):
            room += offsets[nodes[local] + 1] - offsets[nodes[local]]
        if items_are_nodes:
            item_room = count
        else:
            for local in range(count):
                item_room += stop_offsets[nodes[local] + 1] - stop_offsets[nodes[local]]
            for row in group:
                item_room += direct_offsets[row + 1] - direct_offsets[row]
            item_room = min(item_room, len(item_place))
        if count > len(order):
            order, rank_of = np.empty(2 * count, np.int32), np.empty(2 * count, np.int32)
            near_offsets = np.zeros(2 * count + 1, np.int32)
            lanes = np.empty(2 * count * LANES, np.uint32)
            dirty = np.zeros((2 * count + 63) >> 6, np.uint64)
        if room > len(near_targets):
            near_targets, near_costs = np.empty(2 * room, np.uint32), np.empty(2 * room, np.uint32)
        if item_room > len(items):
            items, nearest = np.empty(2 * item_room, np.int32), np.empty(2 * item_room, np.int32)
            item_lanes = np.empty(0 if items_are_nodes else 2 * item_room * LANES, np.uint32)
        sort_by_cost(found, count, limit, order, rank_of)
        cut_out(
            network, count, nodes, place, order, rank_of, near_offsets, near_targets, near_costs
        )
        for cell in range(count * LANES):
            lanes[cell] = np.uint32(limit + 1)
        for lane in range(len(group)):
            for seed in range(source_offsets[group[lane]], source_offsets[group[lane] + 1]):
                if source_costs[seed] <= limit:
                    rank = rank_of[place[source_nodes[seed]]]
                    cell = rank * LANES + lane
                    lanes[cell] = min(lanes[cell], np.uint32(source_costs[seed]))
                    dirty[rank >> 6] |= ONE << np.uint64(rank & 63)
        correct(near_offsets, near_targets, near_costs, dirty, (count + 63) >> 6, lanes)
        if items_are_nodes:
            met = count
            for rank in range(count):
                items[rank] = nodes[order[rank]]
                nearest[rank] = found[order[rank]]
        else:
            met = go_on_to_items(
                stops, direct, group, limit, count, nodes, found, order, lanes, item_place,
                items, nearest, item_lanes,
            )  # fmt: skip
        reached = lanes if items_are_nodes else item_lanes
        if by_row:
            add_to_rows(group, met, items, nearest, reached, weights, cutoffs, totals)
        else:
            add_to_items(group, met, items, nearest, reached, weights, cutoffs, totals)
