"""Counts and sums within cut-offs: every node and every point on an edge, exactly."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plain_twins import (
    FAR,
    Point,
    Street,
    all_costs,
    attach,
    graph_of,
    grid_streets,
    items_costs,
    some_points,
    towns,
)

from dizuo.engines.streets.within import Places, pairs_within, sums_within, sums_within_points
from dizuo.model.errors import EngineError

CUTOFFS = [250_000, 0, 500_000, 131_072]


def plain_sums(costs, weights, cutoffs):
    """Sum over all pairs, cut-off by cut-off."""
    return np.stack([(costs <= cutoff) @ weights for cutoff in cutoffs], axis=1)


@pytest.mark.parametrize("towards", [True, False])
def test_sums_of_whole_weights_are_those_by_dijkstra(town, towards):
    graph = graph_of(*town)
    weights = np.random.default_rng(1).integers(0, 2**40, graph.node_count)
    costs = all_costs(graph) if towards else all_costs(graph).T
    found = sums_within(graph, weights, CUTOFFS, towards=towards)
    assert found.dtype == np.int64
    assert np.array_equal(found, plain_sums(costs, weights, CUTOFFS))


def test_sums_of_real_weights_are_close_and_do_not_depend_on_the_order(town):
    count, streets = town
    graph = graph_of(count, streets)
    random = np.random.default_rng(1)
    weights = random.lognormal(0, 3, count)
    found = sums_within(graph, weights, CUTOFFS)
    assert np.allclose(found, plain_sums(all_costs(graph), weights, CUTOFFS), rtol=1e-12)
    number = random.permutation(count)
    moved = [Street(number[s.start], number[s.end], s.forward, s.backward) for s in streets[::-1]]
    moved_weights = np.empty(count)
    moved_weights[number] = weights
    other = sums_within(graph_of(count, moved), moved_weights, CUTOFFS)
    assert np.array_equal(found, other[number])


@pytest.mark.parametrize("scale", [0.0, 5e-324, 1e-300, 1e300])
def test_real_weights_of_any_size_add_up(scale):
    line = graph_of(3, [Street(0, 1, 5, 5), Street(1, 2, 5, 5)])
    found = sums_within(line, np.array([1.0, 2.0, 4.0]) * scale, [5])
    assert found[:, 0] == pytest.approx(np.array([3.0, 7.0, 6.0]) * scale, rel=1e-12, abs=0)


@settings(max_examples=150, deadline=None)
@given(towns(), st.data())
def test_any_small_town_agrees_with_dijkstra(town, data):
    graph = graph_of(*town)
    whole = st.integers(-5, 2**30)
    weights = data.draw(st.lists(whole, min_size=graph.node_count, max_size=graph.node_count))
    cutoffs = data.draw(st.lists(st.sampled_from([0, 1, 5, 65_536, 200_000]), max_size=3))
    towards = data.draw(st.booleans())
    costs = all_costs(graph) if towards else all_costs(graph).T
    found = sums_within(graph, np.array(weights), cutoffs, towards=towards)
    assert np.array_equal(
        found, plain_sums(costs, np.array(weights), cutoffs) if cutoffs else found
    )
    assert found.shape == (graph.node_count, len(cutoffs))


def city_of_points(seed, homes, shops):
    streets = grid_streets(7, np.random.default_rng(seed))
    random = np.random.default_rng(seed)
    return (
        streets,
        some_points(2 * homes, homes, streets, random),
        some_points(2 * shops, shops, streets, random),
    )


@pytest.mark.parametrize("towards", [True, False])
@pytest.mark.parametrize(("homes", "shops"), [(40, 15), (12, 30), (150, 90), (90, 150)])
@pytest.mark.parametrize("seed", range(3))
def test_points_agree_with_dijkstra_on_streets_cut_at_the_points(seed, homes, shops, towards):
    streets, home_points, shop_points = city_of_points(seed, homes, shops)
    graph = graph_of(49, streets)
    if towards:
        truth = items_costs(home_points, shop_points, streets, 49, homes, shops)
    else:
        truth = items_costs(shop_points, home_points, streets, 49, shops, homes).T
    origins = Places.at_points(attach(home_points, streets), homes)
    destinations = Places.at_points(attach(shop_points, streets), shops)

    found = pairs_within(graph, origins, destinations, 300_000, towards=towards)
    near = truth <= 300_000
    assert np.array_equal(found.offsets, np.concatenate([[0], np.cumsum(near.sum(axis=1))]))
    assert np.array_equal(found.item, np.nonzero(near)[1])
    assert np.array_equal(found.cost, truth[near])

    weights = np.arange(shops) + 1
    sums = sums_within_points(graph, origins, destinations, weights, CUTOFFS, towards=towards)
    assert np.array_equal(sums, plain_sums(truth, weights, CUTOFFS))


@pytest.mark.parametrize("towards", [True, False])
def test_nodes_to_points_and_points_to_nodes(towards):
    streets, home_points, _ = city_of_points(5, 30, 1)
    graph = graph_of(49, streets)
    homes = Places.at_points(attach(home_points, streets), 30)
    nodes = np.array([3, 48, 3, 20], dtype=np.int32)
    gates = [Point(k, *_end_of(streets, node), 0) for k, node in enumerate(nodes)]
    if towards:
        truth = items_costs(gates, home_points, streets, 49, 4, 30)
    else:
        truth = items_costs(home_points, gates, streets, 49, 30, 4).T
    weights = np.arange(30) + 1
    sums = sums_within_points(
        graph, Places.at_nodes(nodes), homes, weights, CUTOFFS, towards=towards
    )
    assert np.array_equal(sums, plain_sums(truth, weights, CUTOFFS))
    back = sums_within_points(
        graph, homes, Places.at_nodes(nodes), np.arange(4) + 1, CUTOFFS, towards=not towards
    )
    assert np.array_equal(back, plain_sums(truth.T, np.arange(4) + 1, CUTOFFS))


@pytest.mark.parametrize("towards", [True, False])
def test_pairs_of_nodes_with_every_node(towards):
    graph = graph_of(49, grid_streets(7, np.random.default_rng(3)))
    every = np.arange(49)
    sources = np.array([30, 4, 30, 48, *range(20)])
    found = pairs_within(
        graph, Places.at_nodes(sources), Places.at_nodes(every), 300_000, towards=towards
    )
    costs = (all_costs(graph) if towards else all_costs(graph).T)[sources]
    row, item = np.nonzero(costs <= 300_000)
    assert np.array_equal(np.repeat(np.arange(24), np.diff(found.offsets)), row)
    assert np.array_equal(found.item, item)
    assert np.array_equal(found.cost, costs[row, item])


@pytest.mark.parametrize("items", [1, 2])
def test_later_groups_of_sources_may_reach_more_than_the_first(monkeypatch, items):
    """One part holds all groups, and the room of one must grow for the next."""
    monkeypatch.setattr("dizuo.engines.streets.within.PARTS_A_THREAD", 1)
    size = 3 * 64 + 10
    line = graph_of(size, [Street(k, k + 1, 10, 10) for k in range(size - 1)])
    places = Places.at_nodes(np.repeat(np.arange(size), items))
    every = Places.at_nodes(np.arange(size))
    sums = sums_within_points(line, every, places, np.ones(size * items, int), [95], threads=1)
    apart = np.abs(np.arange(size)[:, None] - np.arange(size))
    assert sums[:, 0].tolist() == ((apart <= 9).sum(axis=1) * items).tolist()


def _end_of(streets, node):
    """Edge and share of a place at a node, on a street open both ways."""
    for number, s in enumerate(streets):
        if s.backward is not None and node in {s.start, s.end}:
            return number, 0.0 if s.start == node else 1.0
    raise LookupError(node)


def test_supplies_of_powers_of_two_tell_exactly_what_was_reached():
    line = [Street(k, k + 1, 100, None) for k in range(5)]
    sums = sums_within(graph_of(6, line), 2 ** np.arange(6), [0, 100, 250])
    assert sums.tolist() == [
        [1, 3, 7],
        [2, 6, 14],
        [4, 12, 28],
        [8, 24, 56],
        [16, 48, 48],
        [32] * 3,
    ]


def test_a_real_weight_counts_if_it_is_the_2_to_the_60th_part_of_the_largest():
    apart = graph_of(4, [Street(0, 1, 9, None)])
    weights = np.array([2.0**-60, 0.0, 1.0, 2.0**-61])
    assert sums_within(apart, weights, [0])[:, 0].tolist() == [2.0**-60, 0, 1, 0]


def test_costs_are_from_the_sources_unless_told_otherwise():
    lane = graph_of(2, [Street(0, 1, 100, None)])
    nodes = Places.at_nodes([0, 1])
    assert pairs_within(lane, nodes, nodes, 100).item.tolist() == [0, 1, 1]
    weights = np.array([1, 2])
    assert sums_within(lane, weights, [100]).tolist() == [[3], [2]]
    assert sums_within_points(lane, nodes, nodes, weights, [100]).tolist() == [[3], [2]]


def test_results_do_not_depend_on_the_number_of_threads(town):
    graph = graph_of(*town)
    weights = np.random.default_rng(1).random(graph.node_count)
    one, two, many = (sums_within(graph, weights, CUTOFFS, threads=t) for t in (1, 2, 7))
    assert np.array_equal(one, two)
    assert np.array_equal(one, many)


def test_an_arc_far_longer_than_the_others_is_crossed():
    line = [Street(k, k + 1, 1_000, 1_000) for k in range(300)] + [Street(300, 301, 2**28, None)]
    graph = graph_of(302, line)
    sums = sums_within(graph, np.ones(302, int), [2**28, 2**28 + 5_000])
    assert sums[290:].tolist() == [[301, 301]] * 5 + [[301, 302]] * 5 + [[302, 302], [1, 1]]
    pairs = pairs_within(graph, Places.at_nodes([299]), Places.at_nodes([301, 0]), 2**28 + 1_000)
    assert pairs.item.tolist() == [0, 1]
    assert pairs.cost.tolist() == [2**28 + 1_000, 299_000]


def test_a_long_way_to_the_first_junction_is_walked():
    """Exactly as far as the last of the buckets that a search keeps, and farther."""
    streets = [Street(k, k + 1, 1_024, 1_024) for k in range(9)]
    graph = graph_of(10, streets)
    for buckets in (30, 31, 32, 33, 95):
        way = buckets << graph.bucket_shift
        home = Places.at_points(attach([Point(0, 4, 0.5, way)], streets))
        found = pairs_within(graph, home, Places.at_nodes(np.arange(10)), way + 3_000)
        assert found.item.tolist() == [2, 3, 4, 5, 6, 7]
        assert (found.cost - way).tolist() == [2_560, 1_536, 512, 512, 1_536, 2_560]


def test_a_very_large_limit_reaches_all_that_is_connected():
    graph = graph_of(4, [Street(0, 1, 2**29, 2**29), Street(1, 2, 1, 1)])
    assert sums_within(graph, np.ones(4, int), [FAR - 1])[:, 0].tolist() == [3, 3, 3, 1]


def test_items_that_hang_on_no_street_are_reached_by_nobody():
    street = [Street(0, 1, 100, 100)]
    homes = Places.at_points(attach([Point(1, 0, 0.5, 0)], street), 3)
    sums = sums_within_points(graph_of(2, street), homes, homes, np.array([1, 2, 4]), [50])
    assert sums[:, 0].tolist() == [0, 2, 0]
    nothing = Places.at_points(attach([], street))
    assert nothing.count == 0
    assert sums_within_points(graph_of(2, street), homes, nothing, np.empty(0, int), [5]).sum() == 0


@pytest.mark.parametrize(
    ("weights", "cutoffs", "problem"),
    [
        ([1], [5], "1 weights for 2"),
        ([1, 2**62], [5], "too large"),
        ([1.0, np.nan], [5], "finite"),
        ([1.0, np.inf], [5], "finite"),
        ([1, 1], [-1], "a limit must be"),
        ([1, 1], [FAR], "a limit must be"),
    ],
)
def test_weights_and_cutoffs_that_cannot_be_are_refused(weights, cutoffs, problem):
    with pytest.raises(EngineError, match=problem):
        sums_within(graph_of(2, [Street(0, 1, 1, 1)]), np.array(weights), cutoffs)


def test_fewer_items_than_the_attachments_name_are_refused():
    with pytest.raises(EngineError, match="1 items are too few"):
        Places.at_points(attach([Point(1, 0, 0.5, 0)], [Street(0, 1, 1, 1)]), 1)
