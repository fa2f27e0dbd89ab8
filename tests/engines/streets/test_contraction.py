"""The steps of contracting a street graph, each by itself: heap, rows, witnesses and shortcuts."""

import heapq

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plain_twins import FAR, all_costs, towns

from dizuo.engines.streets import _kernels_contraction as kernels
from dizuo.engines.streets.graph import Graph

NO_LIMIT = FAR - 1
PATH = [(k, k + 1, 10, 10) for k in range(4)]
"""Streets of five nodes in a row: two ends, and costs there and back."""


def int32(values):
    return np.array(values, dtype=np.int32)


def rows_of(count, streets):
    """Offsets, targets, forth and back of a graph's rows of neighbours."""
    arcs = sorted([*streets, *((b, a, back, forth) for a, b, forth, back in streets)])
    tails, *columns = int32(arcs).reshape(-1, 4).T.copy()
    return int32(np.searchsorted(tails, range(count + 1))), *columns


def tile_of(count, streets):
    """Pool, first, count, room and used of a tile that holds all nodes."""
    return kernels.load_tile(*rows_of(count, streets), 0, count)[:5]


def row_of(pool, first, count, node):
    return sorted(pool[first[node] : first[node] + count[node]].tolist())


@pytest.mark.parametrize("length", [1, 2, 3, 10, 60])
def test_keys_leave_the_heap_in_their_order(length):
    random = np.random.default_rng(length)
    heap, twin = np.empty(length, np.int64), []
    keys = random.integers(-20, 20, 300).tolist()
    size = 0
    for key in keys:
        if size == length or (size and random.random() < 0.4):
            assert heap[0] == heapq.heappop(twin)
            size = kernels.pop(heap, size)
        if size < length:
            size = kernels.push(heap, size, key)
            heapq.heappush(twin, key)
        assert size == len(twin)
    while size:
        assert heap[0] == heapq.heappop(twin)
        size = kernels.pop(heap, size)


def test_both_directions_of_a_street_become_one_row_up_to_the_limit():
    # 0 -> 1 for 5, 1 -> 0 for 9, 0 -> 2 for 7, 2 -> 1 for 8
    offsets, targets, costs = int32([0, 2, 3, 4]), int32([1, 2, 0, 1]), int32([5, 7, 9, 8])
    back_offsets, back_targets = int32([0, 1, 3, 4]), int32([1, 0, 2, 0])
    back_costs = int32([9, 5, 8, 7])
    graph = offsets, targets, costs, back_offsets, back_targets, back_costs
    for limit, rows in {
        9: [[(1, 5, 9), (2, 7, FAR)], [(0, 9, 5), (2, FAR, 8)], [(0, FAR, 7), (1, 8, FAR)]],
        8: [[(1, 5, FAR), (2, 7, FAR)], [(0, FAR, 5), (2, FAR, 8)], [(0, FAR, 7), (1, 8, FAR)]],
        6: [[(1, 5, FAR)], [(0, FAR, 5)], []],
    }.items():
        merged, *columns = kernels.join_directions(*graph, limit)
        table = np.column_stack(columns).tolist()
        found = [table[merged[k] : merged[k + 1]] for k in range(3)]
        assert [[tuple(arc) for arc in row] for row in found] == rows


def test_a_tile_numbers_its_nodes_from_0_and_knows_who_is_inside():
    # nodes 1 to 3 of 0 - 1 - 2 - 3 - 4; it costs 2 per step to the right and 3 to the left
    rows = rows_of(5, [(k, k + 1, 2, 3) for k in range(4)])
    pool, first, count, room, used, interior = kernels.load_tile(*rows, 1, 4)
    assert interior.tolist() == [False, True, False]
    assert count.tolist() == [2, 2, 2]
    assert room.tolist() == [6, 6, 6]
    assert first.tolist() == [0, 6, 12]
    assert used == 18
    assert len(pool) >= used
    assert [row_of(pool, first, count, node) for node in range(3)] == [
        [[-1, 3, 2], [1, 2, 3]],
        [[0, 3, 2], [2, 2, 3]],
        [[-5, 2, 3], [1, 3, 2]],
    ]


def witnesses(tile, source, *, avoided=-1, bound=NO_LIMIT, wanted=(), budget=99, room=400):
    """Costs of what a search for witnesses meets."""
    pool, first, count, *_ = tile
    n = len(first)
    distance, stamp = np.zeros(n, np.int32), np.full(n, 6, np.int32)
    marks = np.isin(np.arange(n), wanted)
    kernels.search_witnesses(
        pool, first, count, distance, stamp, 7, np.empty(room, np.int64), source, avoided, bound,
        marks, len(wanted) or -1, budget,
    )  # fmt: skip
    return {node: int(distance[node]) for node in np.flatnonzero(stamp == 7).tolist()}


def test_witnesses_are_sought_as_near_as_asked():
    path = tile_of(5, PATH)
    assert witnesses(path, 0) == {0: 0, 1: 10, 2: 20, 3: 30, 4: 40}
    assert witnesses(path, 2) == {0: 20, 1: 10, 2: 0, 3: 10, 4: 20}
    assert witnesses(path, 0, avoided=3) == {0: 0, 1: 10, 2: 20}
    assert witnesses(path, 0, bound=20) == {0: 0, 1: 10, 2: 20}
    assert witnesses(path, 0, bound=19) == {0: 0, 1: 10}
    assert witnesses(path, 0, budget=2) == {0: 0, 1: 10, 2: 20}
    assert witnesses(path, 0, budget=0) == {0: 0}
    # the search ends where all that is wanted is found, and looks no further from there
    assert witnesses(path, 0, wanted=[2]) == {0: 0, 1: 10, 2: 20}
    assert witnesses(path, 2, wanted=[0, 3]) == {0: 20, 1: 10, 2: 0, 3: 10, 4: 20}
    assert witnesses(path, 1, wanted=[0, 2]) == {0: 10, 1: 0, 2: 10}


def test_neighbours_outside_the_tile_are_no_witnesses():
    rows = rows_of(5, PATH)
    assert witnesses(kernels.load_tile(*rows, 1, 4), 0) == {0: 0, 1: 10, 2: 20}


def test_a_full_heap_only_loses_witnesses():
    star = tile_of(5, [(0, leaf, leaf, leaf) for leaf in range(1, 5)] + [(1, 4, 1, 1)])
    assert witnesses(star, 0, room=4) == {0: 0, 1: 1, 2: 2, 3: 3, 4: 2}
    assert witnesses(star, 0, room=1) == {0: 0, 1: 1, 2: 2, 3: 3, 4: 2}


def town_rows(town, *, symmetric):
    """Streets of a small town, at most one between two nodes, and its graph."""
    cheapest = {}
    for street in town[1]:
        a, b = sorted((street.start, street.end))
        if a != b:
            forth = FAR if street.backward is None and not symmetric else street.forward
            known = cheapest.get((a, b), (FAR, FAR))
            cheapest[a, b] = min(known[0], forth), min(known[1], street.forward)
    streets = [(a, b, forth, back) for (a, b), (forth, back) in cheapest.items()]
    arcs = [(a, b, forth) for a, b, forth, _ in streets]
    arcs += [(b, a, back) for a, b, _, back in streets]
    arcs = [arc for arc in arcs if arc[2] < FAR]
    return streets, arcs


def shortcuts(tile, node, *, limit=NO_LIMIT, symmetric=False, budget=99, version=3):
    """Shortcuts as (from, to): cost, and how many pairs become adjacent."""
    pool, first, count, *_ = tile
    n = len(first)
    wanted, found = np.zeros(n, np.bool_), np.empty((count[node] ** 2, 3), np.int32)
    number, pairs, after = kernels.find_shortcuts(
        pool, first, count, np.zeros(n, np.int32), np.zeros(n, np.int32), version,
        np.empty(400, np.int64), node, wanted, budget, limit, symmetric, found,
    )  # fmt: skip
    assert not wanted.any()
    assert version <= after <= version + count[node]
    name = pool[first[node] : first[node] + count[node], 0].tolist()
    assert number == len({(i, j) for i, j, _ in found[:number].tolist()})
    return {(name[i], name[j]): cost for i, j, cost in found[:number].tolist()}, pairs


@settings(max_examples=60, deadline=None)
@given(towns(), st.data())
def test_shortcuts_stand_for_the_paths_that_only_the_node_offers(town, data):
    count = town[0]
    symmetric = data.draw(st.booleans())
    node = data.draw(st.integers(0, count - 1))
    limit = data.draw(st.sampled_from([0, 2, 8, 100_000, NO_LIMIT]))
    streets, arcs = town_rows(town, symmetric=symmetric)
    costs = {(a, b): cost for a, b, cost in arcs}
    others = [arc for arc in arcs if node not in arc[:2]]
    tails, heads, lengths = np.array(others, dtype=np.int64).reshape(-1, 3).T
    around = all_costs(Graph.from_arcs(count, tails, heads, lengths))
    expected = {}
    for a in range(count):
        for b in range(a + 1 if symmetric else 0, count):
            through = costs.get((a, node), FAR) + costs.get((node, b), FAR)
            if a != b and through <= limit and around[a, b] > through:
                expected[a, b] = through
    found, pairs = shortcuts(tile_of(count, streets), node, limit=limit, symmetric=symmetric)
    assert found == expected
    adjacent = {frozenset(arc[:2]) for arc in arcs}
    assert pairs == len({frozenset(pair) for pair in expected} - adjacent)


def test_a_small_budget_finds_fewer_witnesses():
    #     1 --- 2 --- 3     without 0, the way from 1 to 3 leads through 2
    #     |           |
    #     +---- 0 ----+
    ring = tile_of(4, [(0, 1, 20, 20), (0, 3, 20, 20), (1, 2, 10, 10), (2, 3, 10, 10)])
    assert shortcuts(ring, 0, symmetric=True, budget=2) == ({}, 0)
    assert shortcuts(ring, 0, symmetric=True, budget=1) == ({(1, 3): 40}, 1)
    assert shortcuts(ring, 0, budget=1) == ({(1, 3): 40, (3, 1): 40}, 1)


def test_arcs_enter_a_row_until_it_must_move():
    pool, first, count, room, used = tile_of(3, [(0, 1, 5, 6), (1, 2, 7, 8)])
    for target in range(10, 14):  # there is room for four more
        pool, used = kernels.put_arc(pool, first, count, room, used, 0, target, target, FAR)
    assert (first[0], count[0], room[0], used) == (0, 5, 5, 16)
    pool, used = kernels.put_arc(pool, first, count, room, used, 0, 12, FAR, 3)
    pool, used = kernels.put_arc(pool, first, count, room, used, 0, 11, 9, 4)
    pool, used = kernels.put_arc(pool, first, count, room, used, 0, 11, 10, 5)
    assert (first[0], count[0], room[0], used) == (0, 5, 5, 16)
    pool, used = kernels.put_arc(pool, first, count, room, used, 0, 14, 1, 2)
    assert (first[0], count[0], room[0], used) == (16, 6, 10, 26)
    assert row_of(pool, first, count, 0) == [
        [1, 5, 6], [10, 10, FAR], [11, 9, 4], [12, 12, 3], [13, 13, FAR], [14, 1, 2],
    ]  # fmt: skip
    assert row_of(pool, first, count, 1) == [[0, 6, 5], [2, 7, 8]]


@pytest.mark.parametrize("spare", [0, 1, 9, 10, 11])
def test_the_pool_grows_for_a_row_that_moves(spare):
    pool, first, count, room, used = tile_of(2, [(0, 1, 5, 6)])
    pool = pool[: used + spare].copy()
    for target in range(2, 7):
        pool, used = kernels.put_arc(pool, first, count, room, used, 0, target, target, FAR)
    assert used == 20
    assert len(pool) == (40 if spare < 10 else 10 + spare)
    assert row_of(pool, first, count, 0) == [[1, 5, 6], *([k, k, FAR] for k in range(2, 7))]
    assert row_of(pool, first, count, 1) == [[0, 6, 5]]


def test_longer_arrays_keep_what_was_in_use():
    heap = np.array([3, 1, 4], dtype=np.int64)
    assert kernels.enlarged(heap, 3, 3) is heap
    longer = kernels.enlarged(heap, 2, 4)
    assert len(longer) == 8
    assert longer[:2].tolist() == [3, 1]


def test_a_node_that_is_taken_out_leaves_its_neighbours():
    pool, first, count, *_ = tile_of(5, [*PATH, (1, 3, 4, 5)])
    kernels.take_out(pool, first, count, 1)
    rows = [row_of(pool, first, count, node) for node in (0, 2, 3, 4)]
    assert rows == [[], [[3, 10, 10]], [[2, 10, 10], [4, 10, 10]], [[3, 10, 10]]]
    gone = np.array([False, True, False, False, False])
    length, left = kernels.what_is_left(pool, first, count, gone, 100)
    assert length.tolist() == [0, -1, 1, 2, 1]
    assert sorted(left[1:3].tolist()) == [[102, 10, 10], [104, 10, 10]]
    assert left[[0, 3]].tolist() == [[103, 10, 10], [103, 10, 10]]


def test_what_is_left_names_neighbours_outside_the_tile():
    pool, first, count, *_ = kernels.load_tile(*rows_of(5, PATH), 1, 4)
    length, left = kernels.what_is_left(pool, first, count, np.zeros(3, np.bool_), 1)
    assert length.tolist() == [2, 2, 2]
    assert left[:, 0].tolist() == [0, 2, 1, 3, 2, 4]


def contracted(count, streets, begin=0, end=None, **question):
    """The nodes taken out, their arcs, and the rows that are left, by node."""
    asked = {
        "keep": 0, "most_neighbours": 64, "highest_price": 150, "budget": 50, "limit": NO_LIMIT,
        "symmetric": True, "eager": True,
    } | question  # fmt: skip
    end = count if end is None else end
    found = kernels.contract_tile(*rows_of(count, streets), begin, end, *asked.values())
    order, arc_count, arcs, length, left = found
    own = np.split(arcs, np.cumsum(arc_count)[:-1]) if len(order) else []
    ends = np.cumsum(np.maximum(length, 0))
    rest = {
        begin + k: sorted(map(tuple, left[ends[k] - length[k] : ends[k]].tolist()))
        for k in range(end - begin)
        if length[k] >= 0
    }
    return order.tolist(), [sorted(map(tuple, row.tolist())) for row in own], rest


def test_a_path_is_taken_from_its_ends():
    # what lies between two others would need a shortcut; the ends need none
    order, arcs, rest = contracted(5, PATH)
    assert order == [0, 4, 1, 3, 2]
    assert arcs == [[(1, 10, 10)], [(3, 10, 10)], [(2, 10, 10)], [(2, 10, 10)], []]
    assert rest == {}
    assert contracted(5, PATH, eager=False)[0] == [0, 4, 1, 2, 3]


@pytest.mark.parametrize("symmetric", [True, False])
def test_only_nodes_whose_neighbours_are_all_inside_are_taken_out(symmetric):
    streets = [(k, k + 1, 10, 10 if symmetric else 30) for k in range(6)]
    order, arcs, rest = contracted(7, streets, 1, 6, symmetric=symmetric)
    back = 10 if symmetric else 30
    assert order == [4, 2, 3]  # all need a shortcut, and 3 then crosses two of them
    assert arcs[0] == [(3, back, 10), (5, 10, back)]
    assert arcs[1] == [(1, back, 10), (3, 10, back)]
    assert arcs[2] == [(1, 2 * back, 20), (5, 20, 2 * back)]
    assert rest == {
        1: [(0, back, 10), (5, 40, 4 * back)],
        5: [(1, 4 * back, 40), (6, 10, back)],
    }


def test_contracting_stops_where_it_is_told_to():
    assert contracted(5, PATH, keep=2)[0] == [0, 4, 1]
    assert contracted(5, PATH, keep=5)[0] == []
    ring = [(k, (k + 1) % 5, 10, 10) for k in range(5)]
    # a node of the ring has two arcs to lose and joins one new pair: 8 - 2 = 6
    assert contracted(5, ring, highest_price=5)[0] == []
    assert len(contracted(5, ring, highest_price=6)[0]) == 5
    star = [(0, leaf, 10, 10) for leaf in range(1, 4)]
    assert contracted(4, star)[0] == [1, 2, 3, 0]
    assert contracted(4, star, most_neighbours=0)[0] == []
    assert contracted(4, star, most_neighbours=1)[0] == [1, 2, 3]


def test_the_queue_grows_with_prices_that_change_often():
    # ten hubs joined to each other and to all 13 leaves change their price with every leaf taken
    streets = [(a, hub, 10, 10) for hub in range(13, 23) for a in range(hub)]
    order, _, rest = contracted(23, streets, budget=1, highest_price=9_000)
    assert order[:12] == list(range(12))
    assert sorted(order) == list(range(23))
    assert rest == {}
