"""Components, dead ends, bridges and intersections."""

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dizuo.engines.streets.connectivity import (
    bridge_losses,
    components,
    dead_ends,
    degrees,
    intersections,
    unbroken_components,
    undirected_components,
)
from dizuo.engines.streets.graph import Graph
from dizuo.model.errors import EngineError

# Two squares joined by a bridge street 3-4, a cul-de-sac 7-8, and a lone street 9-10.
STREETS = [(0, 1), (1, 2), (2, 3), (3, 0), (3, 4), (4, 5), (5, 6), (6, 7), (7, 4), (7, 8), (9, 10)]
START, END = np.array(STREETS, dtype=np.int32).T


def ints(values):
    return np.array(values, dtype=np.int32)


def random_streets(seed, nodes, streets):
    rng = np.random.default_rng(seed)
    return rng.integers(0, nodes, (2, streets)).astype(np.int32)


def as_sets(found):
    return {frozenset(np.flatnonzero(found.label == k).tolist()) for k in range(len(found.size))}


def test_a_town_in_two_parts():
    found = undirected_components(START, END, 12)
    assert found.label.tolist() == [0] * 9 + [1, 1, 2]
    assert found.size.tolist() == [9, 2, 1]
    assert found.largest == 0


def test_the_loss_of_the_bridge_street_cuts_off_the_smaller_side():
    loss = bridge_losses(START, END, 12)
    assert dict(zip(STREETS, loss.tolist(), strict=True))[3, 4] == 4
    bridges = {street for street, cut in zip(STREETS, loss, strict=True) if not np.isnan(cut)}
    assert bridges == {(3, 4), (7, 8), (9, 10)}
    residents = np.array([0, 0, 0, 0, 0, 0, 0, 0, 500, 3, 40, 7], dtype=float)
    loss = bridge_losses(START, END, 12, residents)
    assert loss[[4, 9, 10]].tolist() == [0.0, 0.0, 3.0]


def test_what_one_loss_cannot_break():
    found = unbroken_components(START, END, 12)
    assert as_sets(found) == {
        frozenset({0, 1, 2, 3}), frozenset({4, 5, 6, 7}), *map(frozenset, ({8}, {9}, {10}, {11})),
    }  # fmt: skip


def test_two_streets_between_the_same_junctions_are_no_bridge_and_one_neighbour():
    start, end = ints([0, 0, 1, 1]), ints([1, 1, 2, 1])
    assert np.isnan(bridge_losses(start, end, 3)).tolist() == [True, True, False, True]
    assert degrees(start, end, 3).tolist() == [1, 2, 1]
    assert dead_ends(start, end, 3).tolist() == [True, False, True]


def test_culs_de_sac():
    assert np.flatnonzero(dead_ends(START, END, 12)).tolist() == [8, 9, 10]


def test_a_one_way_pair_is_weakly_but_not_strongly_connected():
    graph = Graph.from_arcs(3, ints([0, 1, 2]), ints([1, 0, 0]), ints([1, 1, 1]))
    assert components(graph).label.tolist() == [0, 0, 0]
    assert components(graph, strong=True).label.tolist() == [0, 0, 1]


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 25), st.integers(0, 40))
def test_equal_to_networkx(seed, nodes, streets):
    start, end = random_streets(seed, nodes, streets)
    plain = nx.MultiGraph()
    plain.add_nodes_from(range(nodes))
    plain.add_edges_from(zip(start.tolist(), end.tolist(), range(streets), strict=True))
    simple = nx.Graph(plain)
    simple.remove_edges_from(list(nx.selfloop_edges(simple)))
    assert degrees(start, end, nodes).tolist() == [simple.degree[k] for k in range(nodes)]
    assert as_sets(undirected_components(start, end, nodes)) == set(
        map(frozenset, nx.connected_components(plain))
    )
    truth = np.full(streets, np.nan)
    for k, (a, b) in enumerate(zip(start.tolist(), end.tolist(), strict=True)):
        rest = plain.copy()
        rest.remove_edge(a, b, key=k)
        if not nx.has_path(rest, a, b):
            sides = [len(nx.node_connected_component(rest, node)) for node in (a, b)]
            truth[k] = min(sides)
    assert np.array_equal(bridge_losses(start, end, nodes), truth, equal_nan=True)
    plain.remove_edges_from(
        [(int(start[k]), int(end[k]), k) for k in np.flatnonzero(~np.isnan(truth))]
    )
    assert as_sets(unbroken_components(start, end, nodes)) == set(
        map(frozenset, nx.connected_components(plain))
    )
    keep = start != end
    graph = Graph.from_arcs(nodes, start[keep], end[keep], np.ones(keep.sum(), np.int32))
    arcs = nx.DiGraph(list(zip(start.tolist(), end.tolist(), strict=True)))
    arcs.add_nodes_from(range(nodes))
    assert as_sets(components(graph, strong=True)) == set(
        map(frozenset, nx.strongly_connected_components(arcs))
    )
    assert as_sets(components(graph)) == set(map(frozenset, nx.connected_components(simple)))


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_relabelled_nodes_and_shuffled_streets_change_nothing(seed):
    start, end = random_streets(seed, 20, 24)
    rng = np.random.default_rng(seed)
    name, order = rng.permutation(20).astype(np.int32), rng.permutation(24)
    weight = rng.integers(0, 9, 20).astype(float)
    shuffled = np.empty(20)
    shuffled[name] = weight
    loss = bridge_losses(start, end, 20, weight)
    again = bridge_losses(name[end[order]], name[start[order]], 20, shuffled)
    assert np.array_equal(again, loss[order], equal_nan=True)


def test_a_long_street_does_not_exhaust_the_stack():
    start = np.arange(200_000, dtype=np.int32)
    loss = bridge_losses(start, start + 1, 200_001)
    assert loss[0] == 1
    assert loss[99_999] == 100_000


def test_nodes_of_one_crossing_make_one_intersection():
    x = np.array([0.0, 11.0, 0.0, 11.0, 100.0, 200.0, 5.0])
    y = np.array([0.0, 0.0, 9.0, 9.0, 0.0, 0.0, 5.0])
    degree = ints([4, 4, 4, 4, 3, 1, 2])
    assert len(intersections(x, y, degree)) == 5
    found = intersections(x, y, degree, tolerance=11.0)
    assert found.intersection.tolist() == [0, 0, 0, 0, 1, -1, -1]
    assert (found.x.tolist(), found.y.tolist()) == ([5.5, 100.0], [4.5, 0.0])
    assert found.node_count.tolist() == [4, 1]
    assert len(intersections(x, y, degree, tolerance=10.9)) == 3
    assert len(intersections(x, y, degree, tolerance=8.9)) == 5
    assert len(intersections(x, y, degree, at_least=5)) == 0


def test_no_streets():
    nothing = ints([])
    assert undirected_components(nothing, nothing, 0).largest == -1
    assert degrees(nothing, nothing, 0).tolist() == []
    assert bridge_losses(nothing, nothing, 3).tolist() == []
    assert len(intersections(np.empty(0), np.empty(0), nothing, tolerance=5.0)) == 0


def test_crossings_apart_are_not_one_unless_a_tolerance_says_so():
    x, y, degree = np.array([0.0, 0.5]), np.zeros(2), np.array([3, 3])
    assert len(intersections(x, y, degree)) == 2
    assert len(intersections(x, y, degree, tolerance=0.5)) == 1


def test_wrong_arrays_are_refused():
    with pytest.raises(EngineError, match="same length"):
        degrees(ints([0]), ints([1, 2]), 3)
    for wrong in (-1, 2, 3):
        with pytest.raises(EngineError, match=r"outside 0\.\.1"):
            bridge_losses(ints([0]), ints([wrong]), 2)
    for weights in (1, 3):
        with pytest.raises(EngineError, match="one weight a node"):
            bridge_losses(ints([0]), ints([1]), 2, np.ones(weights))
