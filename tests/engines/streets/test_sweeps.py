"""Sweeps over a hierarchy find what Dijkstra finds, for every node."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plain_twins import (
    FAR,
    Street,
    all_costs,
    best_items,
    best_several,
    graph_of,
    grid_streets,
    seeded_costs,
    towns,
    within,
)

from dizuo.base.osm import read_osm
from dizuo.base.streets import build_streets
from dizuo.engines.streets import hierarchy as hierarchy_module
from dizuo.engines.streets.attachments import Seeds
from dizuo.engines.streets.graph import Graph
from dizuo.engines.streets.hierarchy import contract
from dizuo.engines.streets.nearest import k_nearest, nearest
from dizuo.engines.streets.sweeps import (
    k_nearest_by_hierarchy,
    nearest_by_hierarchy,
    sums_within_by_hierarchy,
)
from dizuo.engines.streets.within import sums_within
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


@pytest.fixture(scope="module")
def layered_town():
    """A town whose hierarchy has several rounds, many blocks and a core."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(hierarchy_module, "TILE", 48)
        patch.setattr(hierarchy_module, "HIGHEST_PRICE", 8)
        hierarchy = contract(graph_of(625, grid_streets(25, np.random.default_rng(2))))
    assert hierarchy.round_count > 2
    assert len(hierarchy.blocks) > 10
    assert len(hierarchy.core) > 10
    return hierarchy


@pytest.mark.parametrize("towards", [True, False])
@pytest.mark.parametrize("limit", LIMITS)
@pytest.mark.parametrize("group_count", [1, 4, 7, 37])
def test_nearest_is_the_cheapest_item_by_dijkstra(layered_town, group_count, limit, towards):
    random = np.random.default_rng(group_count)
    items = 3 * group_count
    seeds = seeds_on(layered_town.graph, items, 2 * items, random)
    groups = random.integers(0, group_count, items)
    question = {"group_count": group_count, "limit": limit, "towards": towards}
    costs, found = nearest_by_hierarchy(layered_town, seeds, groups, return_item=True, **question)
    truth = within(seeded_costs(layered_town.graph, seeds, items, towards=towards), limit)
    expected_costs, expected_items = best_items(truth, groups, group_count)
    np.testing.assert_array_equal(costs, expected_costs)
    np.testing.assert_array_equal(found, expected_items)
    only = nearest_by_hierarchy(layered_town, seeds, groups, **question)
    np.testing.assert_array_equal(only, expected_costs)
    assert only.dtype == np.int32


@given(
    town=towns(),
    places=st.lists(
        st.tuples(st.integers(0, 4), st.integers(0, 8), st.sampled_from([0, 1, 50_000])), max_size=9
    ),
    limit=st.sampled_from(LIMITS),
    towards=st.booleans(),
)
@settings(max_examples=60, deadline=None)
def test_nearest_of_any_town(town, places, limit, towards):
    graph = graph_of(*town)
    rows = [(item, node % town[0], cost) for item, node, cost in places]
    seeds = Seeds(*int32(rows).reshape(-1, 3).T.copy())
    groups = np.array([0, 1, 0, 2, 2])
    costs, items = nearest_by_hierarchy(
        contract(graph), seeds, groups, group_count=3, limit=limit, towards=towards,
        return_item=True,
    )  # fmt: skip
    truth = within(seeded_costs(graph, seeds, 5, towards=towards), limit)
    expected_costs, expected_items = best_items(truth, groups, 3)
    np.testing.assert_array_equal(costs, expected_costs)
    np.testing.assert_array_equal(items, expected_items)


def test_a_bounded_hierarchy_serves_up_to_its_limit(town):
    graph = graph_of(*town)
    seeds = seeds_on(graph, 20, 30, np.random.default_rng(1))
    hierarchy = contract(graph, limit=300_000)
    groups = np.zeros(20, dtype=np.int32)
    costs = nearest_by_hierarchy(hierarchy, seeds, groups, group_count=1, limit=300_000)
    truth = within(seeded_costs(graph, seeds, 20), 300_000)
    np.testing.assert_array_equal(costs[:, 0], truth.min(axis=1))
    with pytest.raises(EngineError, match="exact up to 300000"):
        nearest_by_hierarchy(hierarchy, seeds, groups, group_count=1, limit=300_001)
    with pytest.raises(EngineError, match="exact up to 300000"):
        nearest_by_hierarchy(hierarchy, seeds, groups, group_count=1)


def test_relabelled_nodes_get_the_same_costs(town):
    graph = graph_of(*town)
    random = np.random.default_rng(6)
    number = random.permutation(graph.node_count)
    relabelled = Graph.from_arcs(
        graph.node_count, number[graph.tails], number[graph.targets], graph.costs
    )
    seeds = seeds_on(graph, 12, 20, random)
    groups = np.arange(12) % 3
    costs = nearest_by_hierarchy(contract(graph), seeds, groups, group_count=3)
    moved = Seeds(seeds.item, int32(number[seeds.node]), seeds.cost)
    again = nearest_by_hierarchy(contract(relabelled), moved, groups, group_count=3)
    np.testing.assert_array_equal(again[number], costs)


def test_the_river_is_crossed_at_the_bridge():
    #   0 - 1 - 2        all streets 100 m; the bridge 2 - 3 is 1 m long
    #           |        and open one way only
    #   5 - 4 - 3
    streets = [Street(a, b, 100_000, 100_000) for a, b in [(0, 1), (1, 2), (3, 4), (4, 5)]]
    streets.append(Street(2, 3, 1_000, None))
    hierarchy = contract(graph_of(6, streets))
    seeds = Seeds(int32([0, 1]), int32([5, 0]), int32([0, 0]))
    costs = nearest_by_hierarchy(hierarchy, seeds, np.array([0, 1]), group_count=2)
    assert costs[0].tolist() == [401_000, 0]
    assert costs[5].tolist() == [0, FAR]


def test_the_farthest_that_can_be_told_apart_is_told_apart():
    # 2^31 - 2 is the largest cost, and what lies beyond is out of reach
    half = 2**30 - 2
    streets = [Street(a, a + 1, half, half) for a in range(4)]
    seeds = Seeds(int32([0]), int32([0]), int32([2]))
    for item in (True, False):
        found = nearest_by_hierarchy(
            contract(graph_of(5, streets)), seeds, np.array([0]), group_count=1, return_item=item
        )
        costs = found[0] if item else found
        assert costs[:, 0].tolist() == [2, 2 + half, 2 + 2 * half, FAR, FAR]


def test_equal_costs_go_to_the_smallest_item():
    streets = [Street(a, a + 1, 10, 10) for a in range(4)]
    seeds = Seeds(int32([3, 2, 1]), int32([0, 4, 4]), int32([0, 0, 0]))
    _, items = nearest_by_hierarchy(
        contract(graph_of(5, streets)), seeds, np.zeros(4, int), group_count=1, return_item=True
    )
    assert items[:, 0].tolist() == [3, 3, 1, 1, 1]


@pytest.mark.parametrize("threads", [1, 3])
def test_nearest_does_not_depend_on_threads(layered_town, threads):
    seeds = seeds_on(layered_town.graph, 12, 20, np.random.default_rng(4))
    question = {"group_count": 3, "return_item": True}
    groups = np.arange(12) % 3
    expected = nearest_by_hierarchy(layered_town, seeds, groups, threads=2, **question)
    found = nearest_by_hierarchy(layered_town, seeds, groups, threads=threads, **question)
    np.testing.assert_array_equal(found, expected)


def test_no_seed_reaches_nobody(town):
    nothing = Seeds(int32([]), int32([]), int32([]))
    costs = nearest_by_hierarchy(contract(graph_of(*town)), nothing, int32([]), group_count=2)
    assert costs.shape == (town[0], 2)
    assert (costs == FAR).all()


def test_a_group_out_of_range_is_refused(town):
    seeds = Seeds(int32([0]), int32([0]), int32([0]))
    with pytest.raises(EngineError, match="group number"):
        nearest_by_hierarchy(contract(graph_of(*town)), seeds, np.array([2]), group_count=2)


@pytest.mark.parametrize("towards", [True, False])
@pytest.mark.parametrize("limit", LIMITS)
@pytest.mark.parametrize("k", [1, 3, 12])
def test_k_nearest_are_the_cheapest_items_by_dijkstra(layered_town, k, limit, towards):
    seeds = seeds_on(layered_town.graph, 30, 50, np.random.default_rng(k))
    costs, items = k_nearest_by_hierarchy(layered_town, seeds, k, limit=limit, towards=towards)
    truth = within(seeded_costs(layered_town.graph, seeds, 30, towards=towards), limit)
    expected_costs, expected_items = best_several(truth, k)
    np.testing.assert_array_equal(costs, expected_costs)
    np.testing.assert_array_equal(items, expected_items)


@given(
    town=towns(),
    places=st.lists(
        st.tuples(st.integers(0, 4), st.integers(0, 8), st.sampled_from([0, 1, 50_000])), max_size=9
    ),
    k=st.integers(1, 6),
    towards=st.booleans(),
)
@settings(max_examples=60, deadline=None)
def test_k_nearest_of_any_town(town, places, k, towards):
    graph = graph_of(*town)
    rows = [(item, node % town[0], cost) for item, node, cost in places]
    seeds = Seeds(*int32(rows).reshape(-1, 3).T.copy())
    costs, items = k_nearest_by_hierarchy(contract(graph), seeds, k, towards=towards)
    expected_costs, expected_items = best_several(seeded_costs(graph, seeds, 5, towards=towards), k)
    np.testing.assert_array_equal(costs, expected_costs)
    np.testing.assert_array_equal(items, expected_items)


def test_k_below_one_is_refused(town):
    seeds = Seeds(int32([0]), int32([0]), int32([0]))
    with pytest.raises(EngineError, match="k must be"):
        k_nearest_by_hierarchy(contract(graph_of(*town)), seeds, 0)


CUTOFFS = [0, 65_536, 400_000, 150_000]


def sums_by_dijkstra(graph, weights, cutoffs, *, towards=True):
    costs = all_costs(graph)
    costs = costs if towards else costs.T
    return np.stack([(costs <= cutoff) @ weights for cutoff in cutoffs], axis=1)


@pytest.mark.parametrize("towards", [True, False])
@pytest.mark.parametrize("heaviest", [2_000, 2**24, 2**40])
def test_sums_count_who_is_within_by_dijkstra(layered_town, heaviest, towards):
    weights = np.random.default_rng(3).integers(-heaviest // 2, heaviest, 625)
    sums = sums_within_by_hierarchy(layered_town, weights, CUTOFFS, towards=towards)
    expected = sums_by_dijkstra(layered_town.graph, weights, CUTOFFS, towards=towards)
    np.testing.assert_array_equal(sums, expected)
    assert sums.dtype == np.int64


@given(
    town=towns(), cutoffs=st.lists(st.sampled_from([0, 1, 3, 50_000, 131_071]), max_size=3),
    towards=st.booleans(),
)  # fmt: skip
@settings(max_examples=60, deadline=None)
def test_sums_of_any_town(town, cutoffs, towards):
    graph = graph_of(*town)
    weights = 2 ** np.arange(town[0])
    limit = max(cutoffs, default=0)
    sums = sums_within_by_hierarchy(contract(graph, limit=limit), weights, cutoffs, towards=towards)
    expected = [sums_by_dijkstra(graph, weights, [c], towards=towards)[:, 0] for c in cutoffs]
    np.testing.assert_array_equal(sums.T, np.reshape(expected, (len(cutoffs), town[0])))


@pytest.mark.parametrize("side", [3, 66])
def test_sums_of_towns_of_few_and_many_tiles(side):
    streets = grid_streets(side, np.random.default_rng(side))
    graph = graph_of(side * side, streets)
    weights = np.random.default_rng(4).integers(0, 50, side * side)
    sums = sums_within_by_hierarchy(contract(graph), weights, CUTOFFS)
    np.testing.assert_array_equal(sums, sums_within(graph, weights, CUTOFFS))


@pytest.mark.parametrize("threads", [1, 3])
def test_sums_do_not_depend_on_threads(threads):
    graph = graph_of(4900, grid_streets(70, np.random.default_rng(4)))
    hierarchy = contract(graph)
    weights = np.arange(4900)
    expected = sums_within_by_hierarchy(hierarchy, weights, [300_000], threads=2)
    found = sums_within_by_hierarchy(hierarchy, weights, [300_000], threads=threads)
    np.testing.assert_array_equal(found, expected)


def test_relabelled_nodes_get_the_same_sums(town):
    graph = graph_of(*town)
    random = np.random.default_rng(6)
    number = random.permutation(town[0])
    relabelled = Graph.from_arcs(town[0], number[graph.tails], number[graph.targets], graph.costs)
    weights = random.integers(0, 9, town[0])
    moved = np.empty_like(weights)
    moved[number] = weights
    sums = sums_within_by_hierarchy(contract(graph), weights, CUTOFFS)
    again = sums_within_by_hierarchy(contract(relabelled), moved, CUTOFFS)
    np.testing.assert_array_equal(again[number], sums)


@pytest.mark.parametrize(
    ("weights", "cutoffs", "message"),
    [
        (np.ones(399, int), [1], "400 whole numbers"),
        (np.ones(400), [1], "400 whole numbers"),
        (np.full(400, 2**60), [1], "too large"),
        (np.repeat([2**61, 0], [2, 398]), [1], "too large"),
        (np.ones(400, int), [-1], "limit"),
        (np.ones(400, int), [1, 200_001], "exact up to 200000"),
    ],
)
def test_weights_and_cutoffs_that_do_not_fit_are_refused(town, weights, cutoffs, message):
    hierarchy = contract(graph_of(*town), limit=200_000)
    with pytest.raises(EngineError, match=message):
        sums_within_by_hierarchy(hierarchy, weights, cutoffs)


def test_the_largest_weights_are_added_up_exactly(town):
    weights = np.repeat([2**61 - 512, 0], [2, 398])
    sums = sums_within_by_hierarchy(contract(graph_of(*town)), weights, [FAR - 1])
    assert sums.max() == 2**62 - 1024


def streets_by_mode(file, crs, mode):
    """Graph of a real city's streets for one mode of travel."""
    nodes, edges = build_streets(read_osm(file).highways, crs)
    forward = edges[f"{mode}_forward"].to_numpy(bool)
    backward = edges[f"{mode}_backward"].to_numpy(bool)
    start, end, length = (edges[name].to_numpy() for name in ("start", "end", "length_mm"))
    return Graph.from_arcs(
        len(nodes),
        np.concatenate([start[forward], end[backward]]),
        np.concatenate([end[forward], start[backward]]),
        np.concatenate([length[forward], length[backward]]),
    )


def assert_as_plain(graph, facilities):
    random = np.random.default_rng(8)
    seeds = seeds_on(graph, facilities, facilities, random)
    groups = random.integers(0, 20, facilities)
    weights = random.integers(0, 40, graph.node_count)
    hierarchy = contract(graph)
    question = {"group_count": 20, "return_item": True}
    for towards in (True, False):
        for found, expected in (
            (
                nearest_by_hierarchy(hierarchy, seeds, groups, towards=towards, **question),
                nearest(graph, seeds, groups, towards=towards, **question),
            ),
            (
                k_nearest_by_hierarchy(hierarchy, seeds, 5, towards=towards),
                k_nearest(graph, seeds, 5, towards=towards),
            ),
            (
                sums_within_by_hierarchy(hierarchy, weights, CUTOFFS, towards=towards),
                sums_within(graph, weights, CUTOFFS, towards=towards),
            ),
        ):
            np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("mode", ["walk", "drive"])
def test_monaco_is_swept_as_it_is_searched(monaco, mode):
    graph = streets_by_mode(monaco / "monaco.osm.pbf", "EPSG:32632", mode)
    assert_as_plain(graph, facilities=300)


@pytest.mark.shared
def test_las_palmas_is_swept_as_it_is_searched(las_palmas):
    graph = streets_by_mode(las_palmas / "las_palmas_20230221.osm.pbf", "EPSG:32628", "walk")
    assert_as_plain(graph, facilities=3_000)
