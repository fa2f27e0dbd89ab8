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
Arcs = tuple[Int32, Int32, UInt32, UInt32]
"""Offsets, targets, and the steps to and from the target."""

BATCH: Final = 32
"""Origins whose sums are found in one sweep."""
BATCHES: Final = 8
"""Batches of a tile."""
TILES: Final = 16
"""Tiles of a chunk."""
CHUNK: Final = TILES * BATCHES * BATCH
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
    size = 0
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
    return own_offsets, own_targets[:used], climb[:used], descend[:used], core_begin


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
    return own_offsets, own_targets[:used], own_climb[:used], own_descend[:used], own_core_begin


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
    parts: Whole,
    offsets: Int32,
    targets: Int32,
    climb: UInt32,
    descend: UInt32,
    core_begin: Whole,
    limit: Whole,
) -> tuple[Int32, Int32]:
    """List the places of a region within ``limit`` of each run of ``part`` starts.

    Returns a table with one row a run, ascending, and how many places stand in each row.
    """
    count = len(offsets) - 1
    costs = np.full(count * parts, FAR, np.uint32)
    waiting = np.zeros(count, np.bool_)
    for k in range(len(starts)):
        costs[np.int64(starts[k]) * parts + k // part] = 0
        waiting[starts[k]] = True
    everyone = np.arange(count).astype(np.int32)
    inside = np.ones(count, np.bool_)
    spread(everyone, inside, waiting, offsets, targets, climb, descend, core_begin, costs, parts)
    places = np.empty((parts, count), np.int32)
    size = np.zeros(parts, np.int32)
    for place in range(count):
        for lane in range(parts):
            if costs[place * parts + lane] <= limit:
                places[lane, size[lane]] = place
                size[lane] += 1
    return places, size


@njit(cache=True, nogil=True)
def add_up_batch(
    starts: Int32,
    members: Int32,
    inside: Bool,
    waiting: Bool,
    offsets: Int32,
    targets: Int32,
    climb: UInt32,
    descend: UInt32,
    core_begin: Whole,
    weights: Int32 | Int64,
    cutoffs: UInt32,
    costs: UInt32,
    totals: Int32 | Int64,
) -> None:
    """Add up the weights within each cut-off of up to ``BATCH`` starts, one lane each.

    ``costs`` is all ``FAR`` and ``inside`` and ``waiting`` all false, before and after.
    """
    for lane in range(len(starts)):
        costs[np.int64(starts[lane]) * BATCH + lane] = 0
        waiting[starts[lane]] = True
    for place in members:
        inside[place] = True
    spread(members, inside, waiting, offsets, targets, climb, descend, core_begin, costs, BATCH)
    totals[:] = 0
    for place in members:
        inside[place] = False
        row = np.int64(place) * BATCH
        weight = weights[place]
        if weight != 0:
            for number in range(len(cutoffs)):
                for lane in range(0, BATCH, 16):
                    at = number * BATCH + lane
                    add_within_16(totals, at, costs, row + lane, cutoffs[number], weight)
        costs[row : row + BATCH] = FAR


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
    weights: Int32 | Int64,
    cutoffs: UInt32,
    limit: Whole,
    begin: Whole,
    end: Whole,
    sums: Int64,
) -> None:
    """Add up the weights within each cut-off of nodes ``begin:end``."""
    node_count = len(ranks)
    distance = np.full(node_count, -1, np.int32)
    found = np.empty(node_count, np.int32)
    marks = np.zeros((node_count >> 6) + 1, np.uint64)
    totals = np.zeros(len(cutoffs) * BATCH, weights.dtype)
    for chunk in range(begin, end, CHUNK):
        chunk_end = min(end, chunk + CHUNK)
        count = surroundings(
            graph_offsets, graph_targets, graph_steps, chunk, chunk_end, limit, distance, found
        )
        members = sort_by_rank(found, count, ranks, marks, nodes, core)
        for i in range(count):
            distance[members[i]] = i
        region = load_region(
            members, distance, ranks, offsets, targets, climbing, descending, core,
            core_offsets, core_targets, core_steps, limit,
        )  # fmt: skip
        starts = distance[chunk:chunk_end].copy()
        for i in range(count):
            distance[members[i]] = -1
        tile_members, tile_size = parts_reached(starts, BATCHES * BATCH, TILES, *region, limit)
        places = np.full(count, -1, np.int32)
        for tile in range(TILES):
            first = tile * BATCHES * BATCH
            if first >= len(starts):
                break
            own = tile_members[tile, : tile_size[tile]]
            for i in range(len(own)):
                places[own[i]] = i
            tile_region = narrow_region(own, places, *region)
            tile_starts = places[starts[first : first + BATCHES * BATCH]]
            places[own] = -1
            own_weights = weights[members[own]]
            batch_members, batch_size = parts_reached(
                tile_starts, BATCH, BATCHES, *tile_region, limit
            )
            costs = np.full(len(own) * BATCH, FAR, np.uint32)
            inside = np.zeros(len(own), np.bool_)
            waiting = np.zeros(len(own), np.bool_)
            for batch in range(-(-len(tile_starts) // BATCH)):
                batch_starts = tile_starts[batch * BATCH : (batch + 1) * BATCH]
                add_up_batch(
                    batch_starts, batch_members[batch, : batch_size[batch]], inside, waiting,
                    *tile_region, own_weights, cutoffs, costs, totals,
                )  # fmt: skip
                origin = chunk + first + batch * BATCH
                for lane in range(len(batch_starts)):
                    for number in range(len(cutoffs)):
                        sums[origin + lane, number] = totals[number * BATCH + lane]
