"""The bounded search that settles nodes in the order of their costs."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plain_twins import FAR, Street, all_costs, graph_of, towns

from dizuo.engines.streets import _kernels_dijkstra as kernels
from dizuo.engines.streets.centrality import closeness


def settled(graph, seeds, limit, shift, room):
    """Nodes and costs as they were settled, and the bare arrays for a second search."""
    cost_at = np.full(graph.node_count, kernels.NEVER, np.int32)
    nodes = np.empty(graph.node_count, np.int32)
    heads = np.full((limit >> shift) + 1, -1, np.int32)
    count, keys, behind = kernels.settle(
        graph.offsets, graph.targets, graph.costs,
        np.array([node for node, _ in seeds], np.int32),
        np.array([cost for _, cost in seeds], np.int32),
        limit, shift, cost_at, nodes, heads, np.empty(room, np.int64), np.empty(room, np.int32),
    )  # fmt: skip
    assert (heads == -1).all()
    assert len(keys) == len(behind) >= count
    found = nodes[:count].tolist()
    return [(int(cost_at[node]), node) for node in found], cost_at


@settings(max_examples=120, deadline=None)
@given(towns(), st.data())
def test_nodes_come_once_each_by_cost_whatever_the_buckets_and_the_room(town, data):
    graph = graph_of(*town)
    seed = st.tuples(st.integers(0, graph.node_count - 1), st.sampled_from([0, 1, 5, 60_000]))
    seeds = data.draw(st.lists(seed, max_size=4))
    limit = data.draw(st.sampled_from([0, 3, 60_000, 200_000]))
    shift = data.draw(st.integers(0, 18))
    room = data.draw(st.sampled_from([1, 2, 3, 1024]))
    found, cost_at = settled(graph, seeds, limit, shift, room)
    apart = all_costs(graph)
    best = np.full(graph.node_count, FAR)
    for node, cost in seeds:
        best = np.minimum(best, apart[node] + cost)
    near = np.flatnonzero(best <= limit)
    expected = sorted((int(best[node]), int(node)) for node in near)
    assert sorted(found) == expected
    assert [cost for cost, _ in found] == [cost for cost, _ in expected]
    assert found == expected or graph.costs.min() == 0
    assert (np.delete(cost_at, near) == kernels.NEVER).all()


def test_room_grows_with_many_seeds_and_many_arcs():
    star = graph_of(60, [Street(0, leaf, 60 - leaf, None) for leaf in range(1, 60)])
    for room in (1, 2, 7):
        found, _ = settled(star, [(0, 3)], 100, 3, room)
        assert found == [(3, 0), *((63 - leaf, leaf) for leaf in range(59, 0, -1))]
        found, _ = settled(star, [(leaf, leaf) for leaf in range(1, 60)], 100, 3, room)
        assert found == [(leaf, leaf) for leaf in range(1, 60)]


@pytest.mark.parametrize(("last", "count"), [(2, 3), (3, 2)])
def test_the_largest_cost_that_fits_is_found_and_one_more_is_not(last, count):
    streets = [Street(k, k + 1, cost, None) for k, cost in enumerate([2**30 - 2, 2**30 - 2, last])]
    found = closeness(graph_of(4, streets), [FAR - 1], sources=[0])
    assert found.count.tolist() == [[count]]
