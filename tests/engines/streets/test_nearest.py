"""Nearest and k nearest: every node and every point on an edge, exactly."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plain_twins import (
    FAR,
    Point,
    Street,
    attach,
    best_items,
    best_several,
    graph_of,
    grid_streets,
    items_costs,
    seeded_costs,
    some_points,
    towns,
    within,
)

from dizuo.engines.streets import _kernels_nearest as kernels
from dizuo.engines.streets.attachments import Seeds
from dizuo.engines.streets.graph import Graph
from dizuo.engines.streets.nearest import k_nearest, k_nearest_of, nearest, nearest_of
from dizuo.model.errors import EngineError

LIMITS = [None, 0, 65_536, 400_000]


def int32(values):
    return np.array(values, dtype=np.int32)


def seeds_on(graph, items, count, random):
    return Seeds(
        int32(random.integers(0, items, count)),
        int32(random.integers(0, graph.node_count, count)),
        int32(random.integers(0, 60_000, count)),
    )


@pytest.mark.parametrize("towards", [True, False])
@pytest.mark.parametrize("limit", LIMITS)
def test_nearest_is_the_cheapest_item_by_dijkstra(town, limit, towards):
    graph = graph_of(*town)
    random = np.random.default_rng(5)
    seeds = seeds_on(graph, 60, 90, random)
    groups = random.integers(0, 4, 60)
    costs, items = nearest(
        graph, seeds, groups, group_count=5, limit=limit, towards=towards, return_item=True
    )
    truth = within(seeded_costs(graph, seeds, 60, towards=towards), limit)
    expected_costs, expected_items = best_items(truth, groups, 5)
    assert np.array_equal(costs, expected_costs)
    assert np.array_equal(items, expected_items)
    only = nearest(graph, seeds, groups, group_count=5, limit=limit, towards=towards)
    assert np.array_equal(only, expected_costs)
    assert (costs[:, 4] == FAR).all()


@pytest.mark.parametrize("towards", [True, False])
@pytest.mark.parametrize("limit", LIMITS)
@pytest.mark.parametrize("k", [1, 3, 50])
def test_k_nearest_are_the_cheapest_items_by_dijkstra(town, k, limit, towards):
    graph = graph_of(*town)
    seeds = seeds_on(graph, 40, 70, np.random.default_rng(6))
    costs, items = k_nearest(graph, seeds, k, limit=limit, towards=towards)
    truth = within(seeded_costs(graph, seeds, 40, towards=towards), limit)
    expected_costs, expected_items = best_several(truth, k)
    assert np.array_equal(costs, expected_costs)
    assert np.array_equal(items, expected_items)


@settings(max_examples=150, deadline=None)
@given(towns(), st.data())
def test_any_small_town_agrees_with_dijkstra(town, data):
    graph = graph_of(*town)
    node = st.integers(0, graph.node_count - 1)
    seed = st.tuples(st.integers(0, 4), node, st.sampled_from([0, 1, 2, 100_000]))
    chosen = data.draw(st.lists(seed, max_size=8))
    seeds = Seeds(*(int32(c) for c in int32(chosen).reshape(-1, 3).T))
    groups = int32(data.draw(st.lists(st.integers(0, 1), min_size=5, max_size=5)))
    limit = data.draw(st.sampled_from([None, 0, 3, 60_000]))
    towards = data.draw(st.booleans())
    truth = within(seeded_costs(graph, seeds, 5, towards=towards), limit)
    found = nearest(
        graph, seeds, groups, group_count=2, limit=limit, towards=towards, return_item=True
    )
    assert np.array_equal(found, best_items(truth, groups, 2))
    found = k_nearest(graph, seeds, 3, limit=limit, towards=towards)
    assert np.array_equal(found, best_several(truth, 3))


def homes_and_shops(seed, streets):
    random = np.random.default_rng(seed)
    return some_points(80, 50, streets, random), some_points(40, 25, streets, random)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("limit", [None, 250_000])
@pytest.mark.parametrize("towards", [True, False])
def test_points_on_edges_agree_with_dijkstra_on_streets_cut_at_the_points(seed, limit, towards):
    streets = grid_streets(7, np.random.default_rng(seed))
    graph = graph_of(49, streets)
    homes, shops = homes_and_shops(seed, streets)
    origins, destinations = attach(homes, streets), attach(shops, streets)
    groups = np.arange(25) % 3
    if towards:
        truth = items_costs(homes, shops, streets, 49, 50, 25)
    else:
        truth = items_costs(shops, homes, streets, 49, 25, 50).T
    truth = within(truth, limit)

    seeds = destinations.arriving() if towards else destinations.leaving()
    options = {"limit": limit, "towards": towards}
    lift = options | {"origin_count": 50}
    node_costs, node_items = nearest(
        graph, seeds, groups, group_count=3, return_item=True, **options
    )
    found = nearest_of(origins, destinations, groups, node_costs, node_items, **lift)
    assert np.array_equal(found, best_items(truth, groups, 3))

    node_costs, node_items = k_nearest(graph, seeds, 4, **options)
    found = k_nearest_of(origins, destinations, node_costs, node_items, **lift)
    assert np.array_equal(found, best_several(truth, 4))


def test_shuffled_and_renumbered_streets_give_the_same_costs(town):
    count, streets = town
    graph = graph_of(count, streets)
    random = np.random.default_rng(12)
    number = random.permutation(count)
    renumbered = graph_of(
        count,
        [
            Street(number[s.start], number[s.end], s.forward, s.backward)
            for s in random.permutation(np.array(streets, dtype=object))
        ],
    )
    seeds = seeds_on(graph, 60, 90, random)
    rows = random.permutation(90)
    moved = Seeds(seeds.item[rows], int32(number[seeds.node[rows]]), seeds.cost[rows])
    groups = np.arange(60) % 3
    for straight, other in (
        (
            nearest(graph, seeds, groups, group_count=3, return_item=True),
            nearest(renumbered, moved, groups, group_count=3, return_item=True),
        ),
        (k_nearest(graph, seeds, 4), k_nearest(renumbered, moved, 4)),
    ):
        assert np.array_equal(straight[0], other[0][number])
        assert np.array_equal(straight[1], other[1][number])


def test_results_do_not_depend_on_the_number_of_threads(town):
    graph = graph_of(*town)
    seeds = seeds_on(graph, 60, 90, np.random.default_rng(2))
    groups = np.arange(60) % 7
    one, two, many = (
        nearest(graph, seeds, groups, group_count=7, return_item=True, threads=threads)
        for threads in (1, 2, 5)
    )
    assert np.array_equal(one, two)
    assert np.array_equal(one, many)


def test_people_travel_towards_the_items_unless_told_otherwise():
    lane = [Street(0, 1, 100, None)]
    graph, groups = graph_of(2, lane), int32([0])
    shop, home = attach([Point(0, 0, 0.8, 0)], lane), attach([Point(0, 0, 0.1, 0)], lane)
    costs, items = nearest(graph, shop.arriving(), groups, group_count=1, return_item=True)
    assert costs[:, 0].tolist() == [80, FAR]
    several = k_nearest(graph, shop.arriving(), 1)
    assert several[0][:, 0].tolist() == [80, FAR]
    assert nearest_of(home, shop, groups, costs, items)[0].tolist() == [[70]]
    assert k_nearest_of(home, shop, *several)[0].tolist() == [[70]]
    assert nearest_of(shop, home, groups, costs, items)[0].tolist() == [[FAR]]


def test_equal_costs_go_to_the_item_with_the_smallest_number():
    ring = graph_of(4, [Street(k, (k + 1) % 4, 10, 10) for k in range(4)])
    seeds = Seeds(int32([2, 0, 1]), int32([1, 3, 0]), int32([0, 0, 10]))
    costs, items = nearest(ring, seeds, np.zeros(3, int), group_count=1, return_item=True)
    assert list(costs[:, 0]) == [10, 0, 10, 0]
    assert list(items[:, 0]) == [0, 2, 0, 0]
    assert k_nearest(ring, seeds, 3)[1].tolist() == [[0, 1, 2], [2, 0, 1], [0, 2, 1], [0, 1, 2]]


def test_an_arc_far_longer_than_the_others_is_crossed():
    streets = [Street(k, k + 1, 1_000, 1_000) for k in range(300)] + [Street(300, 301, 2**29, None)]
    graph = graph_of(302, streets)
    seeds = Seeds(int32([0]), int32([0]), int32([0]))
    costs = nearest(graph, seeds, np.array([0]), group_count=1, towards=False)[:, 0]
    assert costs[300] == 300_000
    assert costs[301] == 300_000 + 2**29
    assert k_nearest(graph, seeds, 2, towards=False)[0][301].tolist() == [300_000 + 2**29, FAR]


@pytest.mark.parametrize("buckets", [30, 31, 32, 33, 95])
def test_a_shop_far_from_its_first_junction_is_found(buckets):
    """Exactly as far as the last of the buckets that a search keeps, and farther."""
    graph = graph_of(10, [Street(k, k + 1, 1_024, 1_024) for k in range(9)])
    way = buckets << graph.bucket_shift
    seeds, away = Seeds(int32([0]), int32([0]), int32([way])), 1_024 * np.arange(10)
    plain = nearest(graph, seeds, np.array([0]), group_count=1)
    assert (plain[:, 0] == way + away).all()
    assert (nearest(graph, seeds, np.array([0]), group_count=1, return_item=True)[0] == plain).all()
    assert (k_nearest(graph, seeds, 1)[0] == plain).all()


def test_costs_beyond_what_fits_are_unreachable():
    streets = [Street(k, k + 1, 2**30 - 2, None) for k in range(4)]
    graph = graph_of(5, streets)
    seeds = Seeds(int32([0]), int32([0]), int32([0]))
    costs = nearest(graph, seeds, np.array([0]), group_count=1, towards=False)[:, 0]
    assert list(costs) == [0, 2**30 - 2, 2**31 - 4, FAR, FAR]


@pytest.mark.parametrize("nodes", [[], [5], [0, 63, 64, 130]])
def test_a_queue_ends_with_copies_of_its_last_node_to_look_ahead_to(nodes):
    bitmap, queue = np.zeros(3, np.uint64), np.full(99, 7_777, np.uint32)
    for node in nodes:
        bitmap[node // 64] |= np.uint64(1) << np.uint64(node % 64)
    assert kernels.take(bitmap, queue) == len(nodes)
    ahead = 2 * int(kernels.AHEAD) if nodes else 0
    expected = nodes + nodes[-1:] * ahead
    assert queue.tolist() == expected + [7_777] * (99 - len(expected))
    assert not bitmap.any()


def test_no_nodes_no_items_and_no_groups_are_no_trouble():
    empty = Graph.from_arcs(0, int32([]), int32([]), int32([]))
    nothing = Seeds(int32([]), int32([]), int32([]))
    assert nearest(empty, nothing, int32([]), group_count=2).shape == (0, 2)
    assert k_nearest(empty, nothing, 2)[0].shape == (0, 2)
    lonely = graph_of(2, [Street(0, 1, 5, 5)])
    assert (nearest(lonely, nothing, int32([]), group_count=2) == FAR).all()
    assert nearest(lonely, nothing, int32([]), group_count=0).shape == (2, 0)
    assert (k_nearest(lonely, nothing, 2)[1] == -1).all()


def test_origins_that_hang_on_no_street_reach_nothing():
    street = [Street(0, 1, 100, 100)]
    graph = graph_of(2, street)
    homes = attach([Point(1, 0, 0.5, 0)], street)
    shops = attach([Point(0, 0, 0.9, 0)], street)
    node = nearest(graph, shops.arriving(), int32([0]), group_count=1, return_item=True)
    costs, items = nearest_of(homes, shops, int32([0]), *node, origin_count=3)
    assert costs[:, 0].tolist() == [FAR, 40, FAR]
    assert items[:, 0].tolist() == [-1, 0, -1]
    assert len(nearest_of(homes, shops, int32([0]), *node)[0]) == 2
    with pytest.raises(EngineError, match="1 origins are too few"):
        nearest_of(homes, shops, int32([0]), *node, origin_count=1)


@pytest.mark.parametrize("groups", [[0, 2], [-1, 0]])
def test_groups_out_of_range_are_refused(town, groups):
    graph = graph_of(*town)
    seeds = Seeds(int32([0, 1]), int32([0, 1]), int32([0, 0]))
    with pytest.raises(EngineError, match=r"outside 0\.\.1"):
        nearest(graph, seeds, np.array(groups), group_count=2)


def test_k_below_one_is_refused(town):
    with pytest.raises(EngineError, match="at least 1"):
        k_nearest(graph_of(*town), Seeds(int32([0]), int32([0]), int32([0])), 0)
