"""On real streets, every node's answer equals scipy's Dijkstra on the same whole lengths.

Each answer is asked of the plain search and of the kept hierarchy.
"""

import numpy as np
import pytest
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from dizuo.engines.streets.catchments import catchments
from dizuo.engines.streets.graph import UNREACHABLE
from dizuo.engines.streets.hierarchy import contract
from dizuo.engines.streets.nearest import k_nearest, nearest
from dizuo.engines.streets.sweeps import (
    k_nearest_by_hierarchy,
    nearest_by_hierarchy,
    sums_within_by_hierarchy,
)
from dizuo.engines.streets.within import Places, sums_within

CATEGORIES = ("pharmacy", "bus_stop", "park", "primary_school", "fire_station", "supermarket")
CUTOFFS = np.array([500_000, 1_000_000, 1_500_000], dtype=np.int32)


@pytest.fixture(scope="session")
def walking(workshop):
    return workshop.get("walking")


@pytest.fixture(scope="session")
def hierarchy(walking):
    return contract(walking.graph)


def matrix(graph, extra_tails=(), extra_heads=(), extra_costs=(), extra_nodes=0):
    """The graph for scipy, with arcs from extra nodes; every cost is at least 1."""
    count = graph.node_count + extra_nodes
    tails = np.concatenate([graph.tails, extra_tails])
    heads = np.concatenate([graph.targets, extra_heads])
    costs = np.concatenate([graph.costs, extra_costs]).astype(np.float64)
    assert costs.min() >= 1
    return csr_array((costs, (tails, heads)), shape=(count, count))


def from_every_item(graph, seeds, count, limit):
    """Cost from each item to each node along the arcs: one extra node an item, entered for 1."""
    first = {}
    for item, node, cost in zip(seeds.item, seeds.node, seeds.cost, strict=True):
        key = (item, node)
        first[key] = min(cost, first.get(key, cost))
    items = np.array([item for item, _ in first], dtype=np.int64)
    nodes = np.array([node for _, node in first], dtype=np.int64)
    costs = np.array(list(first.values()), dtype=np.int64)
    whole = matrix(graph, graph.node_count + items, nodes, costs + 1, count)
    own = graph.node_count + np.arange(count)
    return dijkstra(whole, indices=own, limit=limit + 1)[:, : graph.node_count] - 1


def as_costs(found, limit):
    return np.where(np.isfinite(found) & (found <= limit), found, UNREACHABLE).astype(np.int32)


def test_the_nearest_facility_of_every_node(workshop, walking, hierarchy):
    limit = 3_000_000
    for category in CATEGORIES:
        facilities = workshop.get(category)
        seeds = walking.attach_facilities(facilities).arriving()
        groups = np.zeros(len(facilities), dtype=np.int32)
        expected = from_every_item(walking.graph.reversed, seeds, len(facilities), limit)
        expected = as_costs(expected.min(axis=0), limit)
        options = {"group_count": 1, "limit": limit}
        plain = nearest(walking.graph, seeds, groups, **options)
        kept = nearest_by_hierarchy(hierarchy, seeds, groups, **options)
        np.testing.assert_array_equal(plain[:, 0], expected)
        np.testing.assert_array_equal(kept[:, 0], expected)


def test_the_five_nearest_stops_of_every_node(workshop, walking, hierarchy):
    limit, k = 1_500_000, 5
    stops = workshop.get("bus_stop")
    seeds = walking.attach_facilities(stops).arriving()
    every = from_every_item(walking.graph.reversed, seeds, len(stops), limit)
    every = np.where(every <= limit, every, np.inf)
    order = np.argsort(every, axis=0, kind="stable")[:k]
    found = np.take_along_axis(every, order, axis=0).T
    items = np.where(np.isfinite(found), order.T, -1)
    for costs, chosen in (
        k_nearest(walking.graph, seeds, k, limit=limit),
        k_nearest_by_hierarchy(hierarchy, seeds, k, limit=limit),
    ):
        np.testing.assert_array_equal(costs, as_costs(found, limit))
        np.testing.assert_array_equal(chosen, items)


def residents_at_nodes(workshop, walking):
    homes = workshop.get("homes")
    attached = walking.attach(homes)
    weight = np.rint(homes.residents[attached.item]).astype(np.int64)
    return np.bincount(attached.start, weight, minlength=walking.graph.node_count).astype(np.int64)


def test_the_residents_around_every_node(workshop, walking, hierarchy):
    weights = residents_at_nodes(workshop, walking)
    graph = matrix(walking.graph)
    expected = np.empty((walking.graph.node_count, len(CUTOFFS)), dtype=np.int64)
    for first in range(0, walking.graph.node_count, 512):
        origins = np.arange(first, min(first + 512, walking.graph.node_count))
        costs = dijkstra(graph, indices=origins, limit=int(CUTOFFS[-1]))
        for column, cutoff in enumerate(CUTOFFS):
            expected[origins, column] = (costs <= cutoff) @ weights
    np.testing.assert_array_equal(sums_within(walking.graph, weights, CUTOFFS), expected)
    bounded = contract(walking.graph, limit=int(CUTOFFS[-1]))
    for one in (hierarchy, bounded):
        np.testing.assert_array_equal(sums_within_by_hierarchy(one, weights, CUTOFFS), expected)


def test_the_catchments_of_every_node(workshop, walking):
    limit = 1_200_000
    facilities = workshop.get("pharmacy")
    demand = residents_at_nodes(workshop, walking).astype(np.float64)
    supply = np.arange(1.0, len(facilities) + 1)
    attached = walking.attach_facilities(facilities)
    costs = from_every_item(walking.graph.reversed, attached.arriving(), len(facilities), limit)
    within = costs <= limit
    weighed = within @ demand
    ratio = np.divide(supply, weighed, out=np.full(len(supply), np.nan), where=weighed > 0)
    found = catchments(
        walking.graph,
        Places.at_nodes(np.arange(walking.graph.node_count)),
        demand,
        Places.at_points(attached, len(facilities)),
        supply,
        limit,
    )
    np.testing.assert_allclose(found.ratio, ratio, rtol=1e-12)
    np.testing.assert_allclose(found.access, within.T @ np.nan_to_num(ratio), rtol=1e-12)
