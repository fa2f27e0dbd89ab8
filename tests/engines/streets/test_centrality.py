"""Closeness and betweenness within cut-offs, against plain twins and networkx."""

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra

from dizuo.engines.streets.calendar_queue import calendar_shift
from dizuo.engines.streets.centrality import betweenness, closeness
from dizuo.engines.streets.graph import Graph
from dizuo.model.errors import EngineError


def random_graph(seed, nodes, *, symmetric, least=1):
    """Many ties: costs are small whole numbers."""
    rng = np.random.default_rng(seed)
    tails, heads = rng.integers(0, nodes, (2, 3 * nodes))
    costs = rng.integers(least, 6, 3 * nodes)
    if symmetric:
        tails, heads, costs = (
            np.concatenate(pair) for pair in ((tails, heads), (heads, tails), (costs, costs))
        )
    return Graph.from_arcs(nodes, tails, heads, costs)


def distances(graph):
    matrix = nx.DiGraph()
    matrix.add_nodes_from(range(graph.node_count))
    matrix.add_weighted_edges_from(
        zip(graph.tails.tolist(), graph.targets.tolist(), graph.costs.tolist(), strict=True)
    )
    return matrix


def plain_betweenness(graph, limit):
    """Slow plain twin: every shortest path of every pair, written out."""
    town = distances(graph)
    sums = np.zeros(graph.node_count)
    for source in town:
        apart = nx.single_source_dijkstra_path_length(town, source)
        for target, cost in apart.items():
            if target != source and cost <= limit:
                paths = list(nx.all_shortest_paths(town, source, target, weight="weight"))
                for path in paths:
                    sums[path[1:-1]] += 1 / len(paths)
    return sums


def street(*costs):
    nodes = np.arange(len(costs))
    tails, heads = np.concatenate([nodes, nodes + 1]), np.concatenate([nodes + 1, nodes])
    return Graph.from_arcs(len(costs) + 1, tails, heads, np.tile(costs, 2))


def test_a_square_may_have_more_streets_than_there_was_room_for():
    leaves = np.arange(1, 1_101)
    star = Graph.from_arcs(1_101, np.zeros(1_100, int), leaves, leaves)
    assert closeness(star, [1_090, 2_000]).count[0].tolist() == [1_090, 1_100]
    assert (betweenness(star, [1_090, 2_000]) == 0).all()


def test_along_a_street_of_four_junctions():
    found = closeness(street(100, 200, 300), [299, 500, 600])
    assert found.count.tolist() == [[1, 2, 3], [2, 3, 3], [1, 3, 3], [0, 2, 3]]
    assert found.cost_sum[0].tolist() == [100, 400, 1000]
    assert found.harmonic[0].tolist() == [1 / 100, 1 / 100 + 1 / 300, 1 / 100 + 1 / 300 + 1 / 600]
    np.testing.assert_array_equal(found.mean_cost[0], [100, 200, 1000 / 3])
    np.testing.assert_array_equal(found.mean_cost[3], [np.nan, 400, 1400 / 3])
    passed = betweenness(street(100, 200, 300), [300, 600])
    assert passed.tolist() == [[0, 0], [2, 4], [0, 4], [0, 0]]


def test_two_equal_ways_share_the_traffic():
    square = Graph.from_arcs(
        4, np.array([0, 0, 1, 2]), np.array([1, 2, 3, 3]), np.array([5, 5, 5, 5])
    )
    assert betweenness(square, [10]).ravel().tolist() == [0, 0.5, 0.5, 0]
    assert betweenness(square, [9]).ravel().tolist() == [0, 0, 0, 0]


def test_one_way_streets_count_from_the_source_and_reversed_towards_it():
    lane = Graph.from_arcs(3, np.array([0, 1]), np.array([1, 2]), np.array([7, 8]))
    assert closeness(lane, [100]).cost_sum.ravel().tolist() == [22, 8, 0]
    assert closeness(lane.reversed, [100]).cost_sum.ravel().tolist() == [0, 7, 23]


def test_nodes_at_no_cost_count_but_have_no_harmonic_part():
    joined = Graph.from_arcs(3, np.array([0, 1]), np.array([1, 2]), np.array([0, 4]))
    found = closeness(joined, [10])
    assert found.count.ravel().tolist() == [2, 1, 0]
    assert found.harmonic.ravel().tolist() == [0.25, 0.25, 0]


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 30), st.booleans(), st.integers(0, 12))
def test_closeness_equals_dijkstra(seed, nodes, symmetric, limit):
    graph = random_graph(seed, nodes, symmetric=symmetric)
    matrix = csr_matrix((graph.costs, graph.targets, graph.offsets), (nodes, nodes), dtype=float)
    apart = dijkstra(matrix)
    np.fill_diagonal(apart, np.inf)
    found = closeness(graph, [limit, 2 * limit])
    for column, cutoff in enumerate((limit, 2 * limit)):
        near = np.where(apart <= cutoff, apart, np.inf)
        assert found.count[:, column].tolist() == np.isfinite(near).sum(axis=1).tolist()
        sums = np.where(np.isfinite(near), near, 0).sum(axis=1)
        assert found.cost_sum[:, column].tolist() == sums.tolist()
        np.testing.assert_allclose(found.harmonic[:, column], (1 / near).sum(axis=1), rtol=1e-12)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(2, 14), st.booleans(), st.integers(0, 12))
def test_betweenness_equals_all_paths_written_out(seed, nodes, symmetric, limit):
    graph = random_graph(seed, nodes, symmetric=symmetric)
    found = betweenness(graph, [limit, 100])
    np.testing.assert_allclose(found[:, 0], plain_betweenness(graph, limit), atol=1e-9)
    whole = nx.betweenness_centrality(distances(graph), weight="weight", normalized=False)
    np.testing.assert_allclose(found[:, 1], [whole[k] for k in range(nodes)], atol=1e-9)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_other_numbers_for_the_nodes_change_nothing(seed):
    graph = random_graph(seed, 25, symmetric=False)
    name = np.random.default_rng(seed).permutation(25)
    renamed = Graph.from_arcs(25, name[graph.tails], name[graph.targets], graph.costs)
    one, other = closeness(graph, [7]), closeness(renamed, [7])
    assert (other.cost_sum[name] == one.cost_sum).all()
    assert (other.harmonic[name] == one.harmonic).all()
    np.testing.assert_allclose(betweenness(renamed, [7])[name], betweenness(graph, [7]), atol=1e-9)


def test_sources_add_up_and_cut_offs_keep_their_order(monkeypatch):
    graph = random_graph(3, 300, symmetric=True)
    every = betweenness(graph, [9, 4])
    assert (betweenness(graph, [4, 9]) == every[:, ::-1]).all()
    halves = [betweenness(graph, [9, 4], sources=np.arange(k, 300, 2)) for k in (0, 1)]
    np.testing.assert_allclose(halves[0] + halves[1], every, rtol=1e-12)
    monkeypatch.setattr("dizuo.engines.streets.centrality.BLOCK", 16)
    np.testing.assert_allclose(betweenness(graph, [9, 4]), every, rtol=1e-12)
    few = closeness(graph, [4, 9, 4], sources=[17, 3])
    assert (few.count == closeness(graph, [4, 9, 4]).count[[17, 3]]).all()
    assert (few.count[:, 0] == few.count[:, 2]).all()


def test_long_costs_fit_the_calendar():
    far = Graph.from_arcs(
        3, np.array([0, 1, 0]), np.array([1, 2, 2]), np.array([1, 2**29, 2**30 - 9])
    )
    assert closeness(far, [2**30]).cost_sum.ravel().tolist() == [2**29 + 2, 2**29, 0]
    assert betweenness(far, [2**30]).ravel().tolist() == [0, 1, 0]


def test_the_calendar_has_neither_too_many_buckets_nor_too_few():
    assert calendar_shift(street(80_000), 2_000_000) == 12
    assert calendar_shift(street(1), 1_000) == 0
    assert (2**31 - 2) >> calendar_shift(street(1), 2**31 - 2) == 2**17 * 2 - 1


def test_wrong_requests_are_refused():
    graph = street(5)
    with pytest.raises(EngineError, match="at least one cut-off"):
        closeness(graph, [])
    with pytest.raises(EngineError, match="limit"):
        betweenness(graph, [-1])
    with pytest.raises(EngineError, match="more than nothing"):
        betweenness(street(0), [5])
    for wrong in (-1, 2, 3):
        with pytest.raises(EngineError, match=r"outside 0\.\.1"):
            closeness(graph, [5], sources=[wrong])
    assert closeness(graph, [5], sources=[1]).count.tolist() == [[1]]
    assert betweenness(graph, [5], sources=[]).tolist() == [[0.0], [0.0]]
    lone = Graph.from_arcs(2, *[np.empty(0, np.int32)] * 3)
    assert closeness(lone, [5]).count.tolist() == [[0], [0]]
    assert betweenness(lone, [5]).tolist() == [[0.0], [0.0]]
