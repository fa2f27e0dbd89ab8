"""Halve a connected piece of a graph by a short cut: sweep lines, then move nodes over the cut."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

Float64 = NDArray[np.float64]
Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]

_PASSES = 6
_MOST_MOVES = 400


@njit(cache=True, nogil=True)
def sweep(
    nodes: Int64,
    group: Int64,
    own: int,
    area: Float64,
    projected: Float64,
    arc: Int64,
    head: Int64,
    weight: Float64,
    share: float,
    window: float,
    crooked: float,
    inside: NDArray[np.bool_],
) -> tuple[float, int, Int64]:
    """Take nodes in the order of their projection; return the best cost, its prefix, the order.

    The cost of a prefix is the weight of its cut, raised by ``crooked`` times its deviation from
    the wanted share (1 at the edge of the window). ``inside`` is false for all nodes before and
    after.
    """
    order = nodes[np.argsort(projected[nodes], kind="mergesort")]
    total = 0.0
    for v in nodes:
        total += area[v]
    taken, cut = 0.0, 0.0
    best, best_prefix = np.inf, 0
    for place in range(len(order) - 1):
        v = order[place]
        for k in range(arc[v], arc[v + 1]):
            u = head[k]
            if group[u] == own:
                cut += -weight[k] if inside[u] else weight[k]
        inside[v] = True
        taken += area[v]
        deviation = abs(taken / total - share) / window
        cost = cut * (1.0 + crooked * deviation * deviation)
        if deviation > 1.0:
            cost = 1e12 * deviation + cut
        if cost < best:
            best, best_prefix = cost, place + 1
    for v in order:
        inside[v] = False
    return best, best_prefix, order


@njit(cache=True, nogil=True)
def improve(
    nodes: Int64,
    group: Int64,
    own: int,
    area: Float64,
    arc: Int64,
    head: Int64,
    weight: Float64,
    low: float,
    high: float,
    inside: NDArray[np.bool_],
    gain: Float64,
    locked: NDArray[np.bool_],
    listed: NDArray[np.bool_],
) -> None:
    """Move nodes over the cut, the most gaining first, and go back to the shortest cut met.

    The passes of Fiduccia and Mattheyses: a node moves once in a pass, also at a loss.
    """
    taken = 0.0
    for v in nodes:
        if inside[v]:
            taken += area[v]
    border = np.empty(len(nodes), np.int64)
    moved = np.empty(_MOST_MOVES, np.int64)
    for _ in range(_PASSES):
        candidates = 0
        for v in nodes:
            locked[v] = False
            listed[v] = False
            gain[v] = 0.0
            for k in range(arc[v], arc[v + 1]):
                u = head[k]
                if group[u] == own:
                    if inside[u] != inside[v]:
                        gain[v] += weight[k]
                        listed[v] = True
                    else:
                        gain[v] -= weight[k]
            if listed[v]:
                border[candidates] = v
                candidates += 1
        collected, best, best_count, count = 0.0, 1e-9, 0, 0
        while count < _MOST_MOVES:
            chosen, chosen_gain = -1, -np.inf
            for place in range(candidates):
                v = border[place]
                if locked[v] or gain[v] <= chosen_gain:
                    continue
                after = taken - area[v] if inside[v] else taken + area[v]
                if low <= after <= high:
                    chosen, chosen_gain = v, gain[v]
            if chosen < 0:
                break
            inside[chosen] = not inside[chosen]
            taken += area[chosen] if inside[chosen] else -area[chosen]
            locked[chosen] = True
            moved[count] = chosen
            count += 1
            collected += chosen_gain
            for k in range(arc[chosen], arc[chosen + 1]):
                u = head[k]
                if group[u] == own:
                    gain[u] += -2 * weight[k] if inside[u] == inside[chosen] else 2 * weight[k]
                    if not listed[u]:
                        listed[u] = True
                        border[candidates] = u
                        candidates += 1
            if collected > best:
                best, best_count = collected, count
            if count - best_count > 60:
                break
        for back in range(count - 1, best_count - 1, -1):
            v = moved[back]
            inside[v] = not inside[v]
            taken += area[v] if inside[v] else -area[v]
        if best_count == 0:
            break


@njit(cache=True, nogil=True)
def keep_connected(
    nodes: Int64,
    group: Int64,
    own: int,
    area: Float64,
    arc: Int64,
    head: Int64,
    inside: NDArray[np.bool_],
    mark: Int64,
) -> None:
    """Give all but the largest connected piece of each side to the other side."""
    stack = np.empty(len(nodes), np.int64)
    for side in (True, False):
        for v in nodes:
            mark[v] = -1
        largest, largest_piece, piece = -1.0, -1, 0
        for first in nodes:
            if inside[first] != side or mark[first] >= 0:
                continue
            size = 0.0
            stack[0] = first
            waiting = 1
            mark[first] = piece
            while waiting > 0:
                waiting -= 1
                v = stack[waiting]
                size += area[v]
                for k in range(arc[v], arc[v + 1]):
                    u = head[k]
                    if group[u] == own and inside[u] == side and mark[u] < 0:
                        mark[u] = piece
                        stack[waiting] = u
                        waiting += 1
            if size > largest:
                largest, largest_piece = size, piece
            piece += 1
        for v in nodes:
            if inside[v] == side and mark[v] != largest_piece:
                inside[v] = not side


@njit(cache=True, nogil=True)
def halve(
    group: Int64,
    own: int,
    new: int,
    nodes: Int64,
    area: Float64,
    x: Float64,
    y: Float64,
    arc: Int64,
    head: Int64,
    weight: Float64,
    share: float,
    window: float,
    directions: int,
    crooked: float,
    inside: NDArray[np.bool_],
    gain: Float64,
    locked: NDArray[np.bool_],
    listed: NDArray[np.bool_],
    mark: Int64,
    projected: Float64,
) -> None:
    """Give about a share of the area of group ``own`` to group ``new``; both stay connected."""
    total = 0.0
    for v in nodes:
        total += area[v]
    best, best_prefix, best_order = np.inf, 0, nodes
    for direction in range(directions):
        angle = 2 * np.pi * direction / directions
        for v in nodes:
            projected[v] = np.cos(angle) * x[v] + np.sin(angle) * y[v]
        cost, prefix, order = sweep(
            nodes, group, own, area, projected, arc, head, weight, share, window, crooked, inside
        )
        if cost < best:
            best, best_prefix, best_order = cost, prefix, order
    for v in best_order[:best_prefix]:
        inside[v] = True
    low, high = (share - window) * total, (share + window) * total
    improve(nodes, group, own, area, arc, head, weight, low, high, inside, gain, locked, listed)
    keep_connected(nodes, group, own, area, arc, head, inside, mark)
    for v in nodes:
        if inside[v]:
            group[v] = new
            inside[v] = False


@njit(cache=True, nogil=True)
def divide_groups(
    group: Int64,
    groups: int,
    area: Float64,
    x: Float64,
    y: Float64,
    arc: Int64,
    head: Int64,
    weight: Float64,
    target: float,
    most: float,
    least_part: float,
    directions: int,
    crooked: float,
) -> int:
    """Halve every group larger than ``most`` until none is, or is one node; return their number.

    ``group`` is changed in place. A half is wanted of a whole number of targets.
    """
    n = len(area)
    inside, locked, listed = np.zeros(n, np.bool_), np.zeros(n, np.bool_), np.zeros(n, np.bool_)
    gain, projected, mark = np.zeros(n), np.zeros(n), np.full(n, -1, np.int64)
    order = np.argsort(group, kind="mergesort")
    # Ranges of the order that are still to be looked at; each holds the nodes of one group.
    begins, ends = np.empty(n + 1, np.int64), np.empty(n + 1, np.int64)
    waiting = 0
    for place in range(n):
        if place == 0 or group[order[place]] != group[order[place - 1]]:
            begins[waiting] = place
            waiting += 1
        ends[waiting - 1] = place + 1
    count = groups
    while waiting > 0:
        waiting -= 1
        begin, end = begins[waiting], ends[waiting]
        nodes = order[begin:end].copy()
        total = 0.0
        for v in nodes:
            total += area[v]
        if total <= most or len(nodes) < 2:
            continue
        own = group[nodes[0]]
        parts = max(2, int(np.round(total / target)))
        share = (parts // 2) / parts
        window = min(share - min(least_part, share * 0.7), 0.5)
        halve(
            group, own, count, nodes, area, x, y, arc, head, weight, share, window, directions,
            crooked, inside, gain, locked, listed, mark, projected,
        )  # fmt: skip
        given = group[nodes] == count
        size = given.sum()
        if size == 0 or size == len(nodes):
            for v in nodes:
                group[v] = own
            continue
        count += 1
        order[begin : begin + size] = nodes[given]
        order[begin + size : end] = nodes[~given]
        begins[waiting], ends[waiting] = begin, begin + size
        begins[waiting + 1], ends[waiting + 1] = begin + size, end
        waiting += 2
    return count
