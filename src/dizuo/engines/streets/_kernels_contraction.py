"""Compiled loops that contract a street graph, tile by tile.

The graph that is left stands in compressed rows of *neighbours*. Neighbour ``targets[k]`` of a
node is reached for ``forth[k]``, and the node is reached from it for ``back[k]``; ``FAR`` where
no arc goes that way. Within a tile a row is a piece of ``pool``: target, forth, back. It has
``room`` to grow in, and moves to the end of the pool when that is full.

Counters begin as ``np.int64``, for the compiler makes another version of a function that is called
with a literal.
"""

from typing import Any, Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]
Bool = NDArray[np.bool_]
Whole = int | np.integer[Any]

FAR: Final = np.int32(np.iinfo(np.int32).max)
SPARE: Final = 4
"""Shortcuts that a row takes before it has to move."""
LOW_WORD: Final = 0xFFFFFFFF


@njit(cache=True, nogil=True)
def push(heap: Int64, size: Whole, key: Whole) -> Whole:
    """Put a key on a binary heap of ``size`` keys, and return the new size."""
    place = size
    while place > 0:
        parent = (place - 1) >> 1
        if heap[parent] <= key:
            break
        heap[place] = heap[parent]
        place = parent
    heap[place] = key
    return size + 1


@njit(cache=True, nogil=True)
def pop(heap: Int64, size: Whole) -> Whole:
    """Take the smallest key, ``heap[0]``, off a binary heap, and return the new size."""
    size -= 1
    key = heap[size]
    place, child = 0, 1
    while child < size:
        if child + 1 < size and heap[child + 1] < heap[child]:
            child += 1
        if heap[child] >= key:
            break
        heap[place] = heap[child]
        place = child
        child = 2 * place + 1
    heap[place] = key
    return size


@njit(cache=True, nogil=True)
def join_directions(
    offsets: Int32,
    targets: Int32,
    costs: Int32,
    back_offsets: Int32,
    back_targets: Int32,
    back_costs: Int32,
    limit: Whole,
) -> tuple[Int32, Int32, Int32, Int32]:
    """Merge the rows of a graph and its reverse into rows of neighbours, none above ``limit``.

    The rows returned have room to spare at the end.
    """
    n = len(offsets) - 1
    merged = np.empty(n + 1, np.int32)
    room = len(targets) + len(back_targets)
    neighbour = np.empty(room, np.int32)
    forth = np.empty(room, np.int32)
    back = np.empty(room, np.int32)
    used = 0
    for node in range(n):
        merged[node] = used
        i, j = offsets[node], back_offsets[node]
        while i < offsets[node + 1] or j < back_offsets[node + 1]:
            head = targets[i] if i < offsets[node + 1] else FAR
            tail = back_targets[j] if j < back_offsets[node + 1] else FAR
            neighbour[used] = min(head, tail)
            forth[used] = FAR
            back[used] = FAR
            if head <= tail:
                forth[used] = costs[i] if costs[i] <= limit else FAR
                i += 1
            if tail <= head:
                back[used] = back_costs[j] if back_costs[j] <= limit else FAR
                j += 1
            if forth[used] != FAR or back[used] != FAR:
                used += 1
    merged[n] = used
    return merged, neighbour, forth, back


@njit(cache=True, nogil=True)
def load_tile(
    offsets: Int32, targets: Int32, forth: Int32, back: Int32, begin: Whole, end: Whole
) -> tuple[Int32, Int32, Int32, Int32, Whole, Bool]:
    """Copy the rows of nodes ``begin:end``, numbered from 0; neighbours outside turn negative.

    Returns the pool, where each row begins, its length and room, the length of the pool in use,
    and which nodes have all their neighbours inside.
    """
    n = end - begin
    first = np.empty(n, np.int32)
    count = np.empty(n, np.int32)
    room = np.empty(n, np.int32)
    interior = np.ones(n, np.bool_)
    pool = np.empty((2 * (offsets[end] - offsets[begin]) + 2 * SPARE * n + 64, 3), np.int32)
    used = 0
    for node in range(n):
        low, high = offsets[begin + node], offsets[begin + node + 1]
        first[node] = used
        count[node] = high - low
        room[node] = high - low + SPARE
        for k in range(low, high):
            inside = begin <= targets[k] < end
            interior[node] &= inside
            pool[used + k - low, 0] = targets[k] - begin if inside else -1 - targets[k]
            pool[used + k - low, 1] = forth[k]
            pool[used + k - low, 2] = back[k]
        used += room[node]
    return pool, first, count, room, used, interior


@njit(cache=True, nogil=True)
def find_arc(pool: Int32, first: Int32, count: Int32, node: Whole, target: Whole) -> int:
    """Return the place of a neighbour in a node's row, or -1."""
    for k in range(first[node], first[node] + count[node]):
        if pool[k, 0] == target:
            return k
    return -1


@njit(cache=True, nogil=True)
def search_witnesses(
    pool: Int32,
    first: Int32,
    count: Int32,
    distance: Int32,
    stamp: Int32,
    version: Whole,
    heap: Int64,
    source: Whole,
    avoided: Whole,
    bound: Whole,
    wanted: Bool,
    wanted_count: Whole,
    budget: Whole,
) -> None:
    """Find paths from ``source`` that do without ``avoided``, in the tile as far as it is left.

    Looks no further than ``bound``, and at no more than ``budget`` nodes: whoever is not found
    gets a shortcut, which costs memory but no exactness.
    """
    distance[source] = 0
    stamp[source] = version
    heap[0] = source
    size: Whole = np.int64(1)
    settled = 0
    while size > 0:
        node = heap[0] & LOW_WORD
        cost = heap[0] >> 32
        size = pop(heap, size)
        if cost > distance[node]:
            continue
        if wanted[node]:
            wanted_count -= 1
            if wanted_count == 0:
                return
        settled += 1
        if settled > budget:
            return
        for k in range(first[node], first[node] + count[node]):
            target = pool[k, 0]
            longer = cost + np.int64(pool[k, 1])
            if target < 0 or target == avoided or longer > bound:
                continue
            if stamp[target] != version or longer < distance[target]:
                stamp[target] = version
                distance[target] = longer
                if size < len(heap):
                    size = push(heap, size, (longer << 32) | np.int64(target))


@njit(cache=True, nogil=True)
def find_shortcuts(
    pool: Int32,
    first: Int32,
    count: Int32,
    distance: Int32,
    stamp: Int32,
    version: Whole,
    heap: Int64,
    node: Whole,
    wanted: Bool,
    budget: Whole,
    limit: Whole,
    symmetric: bool,
    found: Int32,
) -> tuple[int, int, Whole]:
    """List the shortcuts that taking out a node calls for: two places in its row, and the cost.

    Returns their number, how many pairs of neighbours would become adjacent, and the new version.
    """
    low, degree = first[node], count[node]
    found_count = 0
    new_pairs = 0
    for i in range(degree):
        into = np.int64(pool[low + i, 2])
        if into == FAR:
            continue
        bound = np.int64(-1)
        wanted_count = np.int64(0)
        begin = i + 1 if symmetric else 0
        for j in range(begin, degree):
            through = into + pool[low + j, 1]
            if j != i and through <= limit:
                wanted[pool[low + j, 0]] = True
                wanted_count += 1
                bound = max(bound, through)
        if wanted_count == 0:
            continue
        version += 1
        source = pool[low + i, 0]
        search_witnesses(
            pool, first, count, distance, stamp, version, heap, source, node, bound, wanted,
            wanted_count, budget,
        )  # fmt: skip
        for j in range(begin, degree):
            target = pool[low + j, 0]
            through = into + pool[low + j, 1]
            wanted[target] = False
            if j == i or through > limit:
                continue
            if stamp[target] == version and distance[target] <= through:
                continue
            found[found_count, 0] = i
            found[found_count, 1] = j
            found[found_count, 2] = through
            known = find_arc(pool, first, count, source, target) >= 0
            for f in range(found_count):
                known |= found[f, 0] == j and found[f, 1] == i
            found_count += 1
            new_pairs += not known
    return found_count, new_pairs, version


@njit(cache=True, nogil=True)
def enlarged(array: Int64, used: Whole, wanted: Whole) -> Int64:
    """Return the array, or a longer copy if there is no room for what is wanted."""
    if wanted <= len(array):
        return array
    longer = np.empty(2 * wanted, np.int64)
    for k in range(used):
        longer[k] = array[k]
    return longer


@njit(cache=True, nogil=True)
def enlarged_rows(array: Int32, used: Whole, wanted: Whole) -> Int32:
    """Return the table, or a longer copy if there is no room for the rows wanted."""
    if wanted <= len(array):
        return array
    longer = np.empty((2 * wanted, 3), np.int32)
    for k in range(used):
        for column in range(3):
            longer[k, column] = array[k, column]
    return longer


@njit(cache=True, nogil=True)
def put_arc(
    pool: Int32,
    first: Int32,
    count: Int32,
    room: Int32,
    used: Whole,
    node: Whole,
    target: Whole,
    forth: Whole,
    back: Whole,
) -> tuple[Int32, Whole]:
    """Lower the costs between a node and a neighbour, in the node's row, or add the neighbour."""
    at = find_arc(pool, first, count, node, target)
    if at < 0:
        if count[node] == room[node]:
            room[node] *= 2
            if used + room[node] > len(pool):
                pool = enlarged_rows(pool, used, used + room[node])
            for k in range(count[node]):
                for column in range(3):
                    pool[used + k, column] = pool[first[node] + k, column]
            first[node] = used
            used += room[node]
        at = first[node] + count[node]
        count[node] += 1
        pool[at, 0] = target
        pool[at, 1] = FAR
        pool[at, 2] = FAR
    pool[at, 1] = min(pool[at, 1], forth)
    pool[at, 2] = min(pool[at, 2], back)
    return pool, used


@njit(cache=True, nogil=True)
def take_out(pool: Int32, first: Int32, count: Int32, node: Whole) -> None:
    """Take a node out of the rows of its neighbours."""
    for k in range(first[node], first[node] + count[node]):
        neighbour = pool[k, 0]
        at = find_arc(pool, first, count, neighbour, node)
        last = first[neighbour] + count[neighbour] - 1
        for column in range(3):
            pool[at, column] = pool[last, column]
        count[neighbour] -= 1


@njit(cache=True, nogil=True)
def what_is_left(
    pool: Int32, first: Int32, count: Int32, gone: Bool, begin: Whole
) -> tuple[Int32, Int32]:
    """Return the length of every row (-1 for nodes taken out) and the rows of the others."""
    length = np.empty(len(gone), np.int32)
    total = 0
    for node in range(len(gone)):
        length[node] = -1 if gone[node] else count[node]
        total += 0 if gone[node] else count[node]
    rows = np.empty((total, 3), np.int32)
    at = 0
    for node in range(len(gone)):
        for k in range(first[node], first[node] + length[node]):
            target = pool[k, 0]
            rows[at, 0] = target + begin if target >= 0 else -1 - target
            rows[at, 1] = pool[k, 1]
            rows[at, 2] = pool[k, 2]
            at += 1
    return length, rows


@njit(cache=True, nogil=True)
def contract_tile(
    offsets: Int32,
    targets: Int32,
    forth: Int32,
    back: Int32,
    begin: Whole,
    end: Whole,
    keep: Whole,
    most_neighbours: Whole,
    highest_price: Whole,
    budget: Whole,
    limit: Whole,
    symmetric: bool,
    eager: bool,
) -> tuple[Int32, Int32, Int32, Int32, Int32]:
    """Take out nodes of ``begin:end`` that have all their neighbours there, cheapest first.

    The price of a node is how many pairs of neighbours it would make adjacent, less what goes with
    it, and how many generations of shortcuts hang on it. Prices are looked at again when a node's
    turn comes; ``eager`` also calls up the neighbours of every node taken out.
    Stops when ``keep`` nodes are left or the next has more than ``most_neighbours``.

    Returns the nodes taken out in order, the number of their arcs, the arcs (target, forth, back),
    and what is left, as from ``what_is_left``. Nodes are numbered as in ``targets``.
    """
    n = end - begin
    pool, first, count, room, used, interior = load_tile(offsets, targets, forth, back, begin, end)
    distance, stamp = np.zeros(n, np.int32), np.zeros(n, np.int32)
    wanted, gone = np.zeros(n, np.bool_), np.zeros(n, np.bool_)
    heap = np.empty(16 * budget + 256, np.int64)
    found = np.empty((256, 3), np.int32)
    generation, price = np.zeros(n, np.int64), np.zeros(n, np.int64)
    queue = np.empty(2 * n + 64, np.int64)
    order, arc_count = np.empty(n, np.int32), np.empty(n, np.int32)
    arcs = np.empty((4 * n + 64, 3), np.int32)
    version: Whole = np.int64(0)
    queued: Whole = np.int64(0)
    taken, arcs_used = 0, 0
    for node in range(n):
        if interior[node]:
            price[node] = -count[node]
            queued = push(queue, queued, (price[node] << 32) | node)

    while queued > 0 and n - taken > keep:
        node = queue[0] & LOW_WORD
        asked = queue[0] >> 32
        queued = pop(queue, queued)
        if gone[node] or asked != price[node]:
            continue
        low, degree = first[node], count[node]
        if degree > most_neighbours:
            continue
        found = enlarged_rows(found, np.int64(0), np.int64(degree * degree))
        found_count, new_pairs, version = find_shortcuts(
            pool, first, count, distance, stamp, version, heap, node, wanted, budget, limit,
            symmetric, found,
        )  # fmt: skip
        true_price = 8 * new_pairs - degree + generation[node]
        if true_price > asked:
            price[node] = true_price
            if queued > 0 and (queue[0] >> 32) < true_price:
                queued = push(queue, queued, (true_price << 32) | node)
                continue
        if true_price > highest_price:
            break

        gone[node] = True
        order[taken] = node + begin
        arc_count[taken] = degree
        taken += 1
        arcs = enlarged_rows(arcs, arcs_used, arcs_used + degree)
        for k in range(low, low + degree):
            arcs[arcs_used, 0] = pool[k, 0] + begin
            arcs[arcs_used, 1] = pool[k, 1]
            arcs[arcs_used, 2] = pool[k, 2]
            arcs_used += 1
            generation[pool[k, 0]] = max(generation[pool[k, 0]], generation[node] + 1)
        take_out(pool, first, count, node)
        for f in range(found_count):
            u, w = pool[low + found[f, 0], 0], pool[low + found[f, 1], 0]
            cost = found[f, 2]
            other = cost if symmetric else FAR
            pool, used = put_arc(pool, first, count, room, used, u, w, cost, other)
            pool, used = put_arc(pool, first, count, room, used, w, u, other, cost)
        if eager:
            for k in range(low, low + degree):
                neighbour = pool[k, 0]
                least = generation[neighbour] - count[neighbour]
                if interior[neighbour] and least < price[neighbour]:
                    price[neighbour] = least
                    queue = enlarged(queue, queued, queued + 1)
                    queued = push(queue, queued, (least << 32) | np.int64(neighbour))

    length, rows = what_is_left(pool, first, count, gone, begin)
    return order[:taken], arc_count[:taken], arcs[:arcs_used], length, rows
