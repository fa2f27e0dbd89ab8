"""Compiled sweeps over the surroundings of a run of nodes, for sums within cut-offs.

A *region* is what a run of origins can reach within the largest cut-off: nodes in the order of
sweeps, numbered from 0, the core last from ``core_begin``, and their arcs to later ones. A chunk
of origins is cut into tiles and a tile into batches; each level's regions are found by one sweep
over the region above, with one lane a part.
"""

from typing import Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from dizuo.engines.streets._kernels_contraction import Whole, enlarged, pop, push
from dizuo.engines.streets._kernels_instructions import lowest_bit
from dizuo.engines.streets._kernels_sweeps import FAR, add_within_16, lower_row

Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]
UInt32 = NDArray[np.uint32]
UInt64 = NDArray[np.uint64]
Bool = NDArray[np.bool_]
Weights = Int32 | Int64

BATCH: Final = 32
"""Origins whose sums are found in one sweep."""
TILE: Final = 8 * BATCH
CHUNK: Final = 16 * TILE
LOW_WORD: Final = 0xFFFFFFFF


@njit(cache=True, nogil=True)
def surroundings(
    offsets: Int32,
    targets: Int32,
    steps: Int32,
    begin: Whole,
    end: Whole,
    limit: Whole,
    distance: Int32,
    found: Int32,
) -> int:
    """List the nodes within ``limit`` of any of ``begin:end``; ``distance`` is all -1 before.

    Writes them to ``found`` and returns their number. ``distance`` must be cleared after use.
    """
    heap = np.empty(1024, np.int64)
    size: Whole = np.int64(0)
    count = 0
    node: Whole
    for node in range(begin, end):
        distance[node] = 0
        found[count] = node
        count += 1
    settled = 0
    node = begin
    cost = np.int64(0)
    while True:
        if settled < end - begin:
            node = begin + settled
            settled += 1
        elif size > 0:
            node = heap[0] & LOW_WORD
            cost = heap[0] >> 32
            size = pop(heap, size)
            if cost > distance[node]:
                continue
        else:
            return count
        for arc in range(offsets[node], offsets[node + 1]):
            target = targets[arc]
            longer = cost + steps[arc]
            if longer <= limit and (distance[target] < 0 or longer < distance[target]):
                if distance[target] < 0:
                    found[count] = target
                    count += 1
                distance[target] = longer
                heap = enlarged(heap, size, size + 1)
                size = push(heap, size, (longer << 32) | np.int64(target))


@njit(cache=True, nogil=True)
def sort_by_rank(
    found: Int32, count: Whole, ranks: Int32, marks: UInt64, nodes: Int32, core: Int32
) -> Int32:
    """Return the nodes found in the order of sweeps; ``marks`` is all 0 before and after."""
    one = np.uint64(1)
    for k in range(count):
        rank = ranks[found[k]]
        marks[rank >> 6] |= one << np.uint64(rank & 63)
    members = np.empty(count, np.int32)
    at = 0
    for word in range(len(marks)):
        bits = marks[word]
        while bits != 0:
            rank = (word << 6) + np.int64(lowest_bit(bits))
            bits &= bits - one
            members[at] = nodes[rank] if rank < len(nodes) else core[rank - len(nodes)]
            at += 1
        marks[word] = 0
    return members


@njit(cache=True, nogil=True)
def load_region(
    members: Int32,
    places: Int32,
    ranks: Int32,
    offsets: Int32,
    targets: Int32,
    climbing: UInt32,
    descending: UInt32,
    core: Int32,
    core_offsets: Int32,
    core_targets: Int32,
    core_steps: UInt32,
    limit: Whole,
) -> tuple[Int32, Int32, UInt32, UInt32, int]:
    """Copy the arcs between members of a region, up to ``limit``; ``places`` says where they are.

    Returns offsets, targets, climbing and descending steps, and where the core begins.
    """
    taken = len(offsets) - 1
    room = 0
    for node in members:
        rank = ranks[node]
        if rank < taken:
            room += offsets[rank + 1] - offsets[rank]
        else:
            room += core_offsets[rank - taken + 1] - core_offsets[rank - taken]
    own_offsets = np.empty(len(members) + 1, np.int32)
    own_targets = np.empty(room, np.int32)
    climb = np.empty(room, np.uint32)
    descend = np.empty(room, np.uint32)
    used = 0
    core_begin = len(members)
    for i in range(len(members)):
        own_offsets[i] = used
        rank = ranks[members[i]]
        if rank < taken:
            for arc in range(offsets[rank], offsets[rank + 1]):
                target = places[targets[arc]]
                if target >= 0 and min(climbing[arc], descending[arc]) <= limit:
                    own_targets[used] = target
                    climb[used] = climbing[arc]
                    descend[used] = descending[arc]
                    used += 1
        else:
            core_begin = min(core_begin, i)
            for arc in range(core_offsets[rank - taken], core_offsets[rank - taken + 1]):
                target = places[core[core_targets[arc]]]
                if target >= 0 and core_steps[arc] <= limit:
                    own_targets[used] = target
                    climb[used] = core_steps[arc]
                    descend[used] = FAR
                    used += 1
    own_offsets[len(members)] = used
    return own_offsets, own_targets, climb, descend, core_begin


@njit(cache=True, nogil=True)
def narrow_region(
    members: Int32,
    places: Int32,
    offsets: Int32,
    targets: Int32,
    climb: UInt32,
    descend: UInt32,
    core_begin: Whole,
) -> tuple[Int32, Int32, UInt32, UInt32, int]:
    """Copy the arcs between some places of a region, as :func:`load_region`."""
    room = 0
    for place in members:
        room += offsets[place + 1] - offsets[place]
    own_offsets = np.empty(len(members) + 1, np.int32)
    own_targets = np.empty(room, np.int32)
    own_climb = np.empty(room, np.uint32)
    own_descend = np.empty(room, np.uint32)
    used = 0
    own_core_begin = len(members)
    for i in range(len(members)):
        own_offsets[i] = used
        place = members[i]
        if place >= core_begin:
            own_core_begin = min(own_core_begin, i)
        for arc in range(offsets[place], offsets[place + 1]):
            target = places[targets[arc]]
            if target >= 0:
                own_targets[used] = target
                own_climb[used] = climb[arc]
                own_descend[used] = descend[arc]
                used += 1
    own_offsets[len(members)] = used
    return own_offsets, own_targets, own_climb, own_descend, own_core_begin


@njit(cache=True, nogil=True)
def spread(
    members: Int32,
    inside: Bool,
    waiting: Bool,
    offsets: Int32,
    targets: Int32,
    climb: UInt32,
    descend: UInt32,
    core_begin: Whole,
    costs: UInt32,
    width: Whole,
) -> None:
    """Sweep rows up and down over some places of a region, from those that are ``waiting``.

    ``members`` are the places, ascending, and ``inside`` marks them; no other row is written.
    """
    below = len(members)
    while below > 0 and members[below - 1] >= core_begin:
        below -= 1
    for k in range(below):
        place = members[k]
        if waiting[place]:
            waiting[place] = False
            for arc in range(offsets[place], offsets[place + 1]):
                target = np.int64(targets[arc])
                if climb[arc] != FAR and inside[target]:
                    waiting[target] = True
                    lower_row(costs, target * width, np.int64(place) * width, climb[arc], width)
    more = below < len(members)
    while more:
        more = False
        for k in range(below, len(members)):
            place = members[k]
            if waiting[place]:
                waiting[place] = False
                for arc in range(offsets[place], offsets[place + 1]):
                    target = np.int64(targets[arc])
                    if inside[target] and lower_row(
                        costs, target * width, np.int64(place) * width, climb[arc], width
                    ):
                        waiting[target] = True
                        more = True
    for k in range(below - 1, -1, -1):
        place = np.int64(members[k])
        for arc in range(offsets[place], offsets[place + 1]):
            lower_row(costs, place * width, np.int64(targets[arc]) * width, descend[arc], width)


@njit(cache=True, nogil=True)
def parts_reached(
    starts: Int32,
    part: Whole,
    limit: Whole,
    offsets: Int32,
    targets: Int32,
    climb: UInt32,
    descend: UInt32,
    core_begin: Whole,
) -> tuple[Int32, Int32]:
    """List the places of a region within ``limit`` of each run of ``part`` starts.

    Returns one row of places a run, ascending, rows as long as the region, and how many places
    stand in each.
    """
    count = len(offsets) - 1
    parts = (len(starts) + part - 1) // part
    costs = np.empty(count * parts, np.uint32)
    waiting = np.zeros(count, np.bool_)
    inside = np.ones(count, np.bool_)
    everyone = np.empty(count, np.int32)
    for place in range(count):
        everyone[place] = place
    for at in range(len(costs)):
        costs[at] = FAR
    for k in range(len(starts)):
        costs[np.int64(starts[k]) * parts + k // part] = 0
        waiting[starts[k]] = True
    spread(everyone, inside, waiting, offsets, targets, climb, descend, core_begin, costs, parts)
    places = np.empty(parts * count, np.int32)
    size = np.zeros(parts, np.int32)
    for place in range(count):
        for lane in range(parts):
            if costs[place * parts + lane] <= limit:
                places[lane * count + size[lane]] = place
                size[lane] += 1
    return places, size


@njit(cache=True, nogil=True)
def number_places(members: Int32, places: Int32) -> None:
    """Note at which place of ``members`` each one stands."""
    for i in range(len(members)):
        places[members[i]] = i


@njit(cache=True, nogil=True)
def forget_places(members: Int32, places: Int32) -> None:
    """Undo :func:`number_places`."""
    for member in members:
        places[member] = -1


@njit(cache=True, nogil=True)
def picked(values: Int32, which: Int32, begin: Whole, end: Whole) -> Int32:
    """Return ``values[which[begin:end]]``."""
    found = np.empty(end - begin, np.int32)
    for k in range(begin, end):
        found[k - begin] = values[which[k]]
    return found


@njit(cache=True, nogil=True)
def add_up_batch(
    starts: Int32,
    begin: Whole,
    end: Whole,
    members: Int32,
    inside: Bool,
    waiting: Bool,
    offsets: Int32,
    targets: Int32,
    climb: UInt32,
    descend: UInt32,
    core_begin: Whole,
    nodes: Int32,
    weights: Weights,
    cutoffs: UInt32,
    costs: UInt32,
    totals: Weights,
) -> None:
    """Add up the weights within each cut-off of ``starts[begin:end]``, one lane each.

    ``costs`` is all ``FAR`` and ``inside`` and ``waiting`` all false, before and after.
    """
    for k in range(begin, end):
        costs[np.int64(starts[k]) * BATCH + k - begin] = 0
        waiting[starts[k]] = True
    for place in members:
        inside[place] = True
    spread(members, inside, waiting, offsets, targets, climb, descend, core_begin, costs, BATCH)
    for at in range(len(totals)):
        totals[at] = 0
    for place in members:
        inside[place] = False
        row = np.int64(place) * BATCH
        weight = weights[nodes[place]]
        if weight != 0:
            for number in range(len(cutoffs)):
                for lane in range(0, BATCH, 16):
                    at = number * BATCH + lane
                    add_within_16(totals, at, costs, row + lane, cutoffs[number], weight)
        for at in range(row, row + BATCH):
            costs[at] = FAR


@njit(cache=True, nogil=True)
def add_up_tile(
    starts: Int32,
    offsets: Int32,
    targets: Int32,
    climb: UInt32,
    descend: UInt32,
    core_begin: Whole,
    nodes: Int32,
    weights: Weights,
    cutoffs: UInt32,
    limit: Whole,
    origin: Whole,
    sums: Int64,
) -> None:
    """Add up the weights within each cut-off of the starts of a tile, nodes ``origin`` onward."""
    count = len(nodes)
    places, size = parts_reached(
        starts, np.int64(BATCH), limit, offsets, targets, climb, descend, core_begin
    )
    costs = np.empty(count * BATCH, np.uint32)
    for at in range(len(costs)):
        costs[at] = FAR
    inside = np.zeros(count, np.bool_)
    waiting = np.zeros(count, np.bool_)
    totals = np.zeros(len(cutoffs) * BATCH, weights.dtype)
    for begin in range(0, len(starts), BATCH):
        end = min(begin + BATCH, len(starts))
        batch = begin // BATCH
        members = places[batch * count : batch * count + size[batch]]
        add_up_batch(
            starts, begin, end, members, inside, waiting, offsets, targets, climb, descend,
            core_begin, nodes, weights, cutoffs, costs, totals,
        )  # fmt: skip
        for k in range(begin, end):
            for number in range(len(cutoffs)):
                sums[origin + k, number] = totals[number * BATCH + k - begin]


@njit(cache=True, nogil=True)
def sums_of_chunks(
    graph_offsets: Int32,
    graph_targets: Int32,
    graph_steps: Int32,
    nodes: Int32,
    offsets: Int32,
    targets: Int32,
    climbing: UInt32,
    descending: UInt32,
    core: Int32,
    core_offsets: Int32,
    core_targets: Int32,
    core_steps: UInt32,
    ranks: Int32,
    weights: Weights,
    cutoffs: UInt32,
    limit: Whole,
    begin: Whole,
    end: Whole,
    sums: Int64,
) -> None:
    """Add up the weights within each cut-off of nodes ``begin:end``."""
    places = np.empty(len(ranks), np.int32)
    for node in range(len(ranks)):
        places[node] = -1
    found = np.empty(len(ranks), np.int32)
    marks = np.zeros((len(ranks) >> 6) + 1, np.uint64)
    for chunk in range(begin, end, CHUNK):
        chunk_end = min(end, chunk + CHUNK)
        count = surroundings(
            graph_offsets, graph_targets, graph_steps, chunk, chunk_end, limit, places, found
        )
        members = sort_by_rank(found, count, ranks, marks, nodes, core)
        number_places(members, places)
        own_offsets, own_targets, climb, descend, core_begin = load_region(
            members, places, ranks, offsets, targets, climbing, descending, core,
            core_offsets, core_targets, core_steps, limit,
        )  # fmt: skip
        starts = places[chunk:chunk_end].copy()
        forget_places(members, places)
        reached, size = parts_reached(
            starts, np.int64(TILE), limit, own_offsets, own_targets, climb, descend, core_begin
        )
        for first in range(0, len(starts), TILE):
            tile = first // TILE
            own = reached[tile * count : tile * count + size[tile]]
            number_places(own, places)
            tile_offsets, tile_targets, tile_climb, tile_descend, tile_core = narrow_region(
                own, places, own_offsets, own_targets, climb, descend, core_begin
            )
            tile_starts = picked(places, starts, first, min(first + TILE, len(starts)))
            forget_places(own, places)
            add_up_tile(
                tile_starts, tile_offsets, tile_targets, tile_climb, tile_descend, tile_core,
                picked(members, own, np.int64(0), len(own)), weights, cutoffs, limit,
                chunk + first, sums,
            )  # fmt: skip
