"""Graphs from arcs."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dizuo.engines.streets.graph import UNREACHABLE, Graph, largest_cost
from dizuo.model.errors import EngineError

ARCS = st.lists(
    st.tuples(st.integers(0, 5), st.integers(0, 5), st.integers(0, 2**30 - 2)), max_size=30
)


def graph_from(arcs, node_count=6):
    tails, heads, costs = np.array(arcs, dtype=np.int64).reshape(-1, 3).T
    return Graph.from_arcs(node_count, tails, heads, costs)


def arcs_of(graph):
    return list(zip(graph.tails, graph.targets, graph.costs, strict=True))


@given(ARCS)
def test_the_graph_holds_the_cheapest_of_parallel_arcs_and_no_loop(arcs):
    cheapest = {}
    for tail, head, cost in arcs:
        if tail != head:
            cheapest[tail, head] = min(cost, cheapest.get((tail, head), cost))
    expected = sorted((*ends, cost) for ends, cost in cheapest.items())
    assert arcs_of(graph_from(arcs)) == expected
    assert graph_from(arcs).arc_count == len(expected)


@given(ARCS, st.randoms(use_true_random=False))
def test_the_order_of_arcs_does_not_matter(arcs, random):
    assert arcs_of(graph_from(arcs)) == arcs_of(graph_from(random.sample(arcs, len(arcs))))


@given(ARCS)
def test_reversing_turns_every_arc_round(arcs):
    graph = graph_from(arcs)
    turned = sorted((head, tail, cost) for tail, head, cost in arcs_of(graph))
    assert arcs_of(graph.reversed) == turned
    assert arcs_of(graph.reversed.reversed) == arcs_of(graph)
    assert graph.is_symmetric == (turned == arcs_of(graph))


def test_arrays_are_contiguous_int32():
    graph = graph_from([(0, 1, 5), (1, 0, 5)])
    for array in (graph.offsets, graph.targets, graph.costs, graph.tails):
        assert array.dtype == np.int32
        assert array.flags.c_contiguous


@pytest.mark.parametrize(
    ("arcs", "problem"),
    [
        ([(0, 6, 1)], "outside 0..5"),
        ([(-1, 2, 1)], "outside 0..5"),
        ([(0, 1, -1)], "whole numbers"),
        ([(0, 1, int(UNREACHABLE) // 2)], "whole numbers"),
    ],
)
def test_arcs_that_cannot_be_are_refused(arcs, problem):
    with pytest.raises(EngineError, match=problem):
        graph_from(arcs)


@pytest.mark.parametrize("lengths", [(1, 2, 2), (2, 1, 1), (1, 1, 2), (2, 2, 1), (1, 2, 1)])
def test_arrays_of_different_length_are_refused(lengths):
    tails, heads, costs = (np.full(length, k) for k, length in enumerate(lengths))
    with pytest.raises(EngineError, match="same length"):
        Graph.from_arcs(3, tails, heads, costs)


@pytest.mark.parametrize(
    ("costs", "shift"), [([], 0), ([0], 0), ([1], 0), ([100, 156], 7), ([80_000], 17)]
)
def test_buckets_are_about_as_wide_as_an_arc_costs(costs, shift):
    assert graph_from([(0, k + 1, c) for k, c in enumerate(costs)]).bucket_shift == shift


def test_a_limit_is_kept_and_no_limit_is_all_that_fits():
    assert largest_cost(5) == 5
    assert largest_cost(None) == UNREACHABLE - 1


@pytest.mark.parametrize("limit", [-1, int(UNREACHABLE), int(UNREACHABLE) + 1])
def test_a_limit_out_of_range_is_refused(limit):
    with pytest.raises(EngineError, match="a limit must be"):
        largest_cost(limit)
