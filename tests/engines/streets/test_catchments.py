"""Two-step floating catchments, with every decay."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plain_twins import (
    Street,
    all_costs,
    attach,
    graph_of,
    grid_streets,
    items_costs,
    some_points,
    towns,
)

from dizuo.engines.streets.catchments import catchments
from dizuo.engines.streets.decay import DECAYS, Zones, even, gaussian
from dizuo.engines.streets.within import Places
from dizuo.model.errors import EngineError

LIMIT = 400_000
ZONES = Zones((100_000, 250_000, LIMIT), (1.0, 0.68, 0.22))


def zone_weight(cost, limit):
    return 1.0 if cost <= 100_000 else 0.68 if cost <= 250_000 else 0.22


def gaussian_weight(cost, limit):
    edge = np.exp(-0.5)
    return (np.exp(-((cost / limit) ** 2) / 2) - edge) / (1 - edge)


DECAY_TWINS = [
    (even, lambda cost, limit: 1.0),
    (ZONES, zone_weight),
    (gaussian, gaussian_weight),
    (DECAYS["epanechnikov"], lambda cost, limit: 0.75 * (1 - (cost / limit) ** 2)),
]


def plain_catchments(costs, demand, supply, limit, weight):
    """Ratios and access by the formulas, from costs of homes x facilities."""
    weights = np.array(
        [[weight(cost, limit) if cost <= limit else 0.0 for cost in row] for row in costs]
    ).reshape(costs.shape)
    total = demand @ weights
    ratio = np.array(
        [s / t if t > 0 else np.nan for s, t in zip(supply, total, strict=True)], dtype=float
    )
    return ratio, weights @ np.nan_to_num(ratio)


@pytest.mark.parametrize(("decay", "weight"), DECAY_TWINS)
def test_catchments_of_nodes_follow_the_formulas(town, decay, weight):
    graph = graph_of(*town)
    random = np.random.default_rng(4)
    demand = random.integers(0, 90, graph.node_count)
    nodes = random.integers(0, graph.node_count, 60)
    supply = random.integers(0, 40, 60)
    every = Places.at_nodes(np.arange(graph.node_count))
    found = catchments(graph, every, demand, Places.at_nodes(nodes), supply, LIMIT, decay=decay)
    ratio, access = plain_catchments(all_costs(graph)[:, nodes], demand, supply, LIMIT, weight)
    np.testing.assert_allclose(found.ratio, ratio, rtol=1e-12)
    np.testing.assert_allclose(found.access, access, rtol=1e-12)


@pytest.mark.parametrize("seed", range(3))
def test_catchments_of_points_follow_the_formulas(seed):
    random = np.random.default_rng(seed)
    streets = grid_streets(7, random)
    homes, shops = some_points(60, 40, streets, random), some_points(20, 12, streets, random)
    demand, supply = random.random(40), random.random(12)
    found = catchments(
        graph_of(49, streets),
        Places.at_points(attach(homes, streets), 40),
        demand,
        Places.at_points(attach(shops, streets), 12),
        supply,
        LIMIT,
        decay=ZONES,
    )
    truth = items_costs(homes, shops, streets, 49, 40, 12)
    ratio, access = plain_catchments(truth, demand, supply, LIMIT, zone_weight)
    np.testing.assert_allclose(found.ratio, ratio, rtol=1e-12)
    np.testing.assert_allclose(found.access, access, rtol=1e-12)


@settings(max_examples=80, deadline=None)
@given(towns(), st.data())
def test_supply_is_shared_out_whole(town, data):
    graph = graph_of(*town)
    count = graph.node_count
    demand = np.array(data.draw(st.lists(st.integers(0, 9), min_size=count, max_size=count)))
    nodes = data.draw(st.lists(st.integers(0, count - 1), min_size=1, max_size=5))
    supply = np.arange(len(nodes)) + 1.0
    decay = data.draw(st.sampled_from([even, Zones((1, 60_000), (1.0, 0.5))]))
    every = Places.at_nodes(np.arange(count))
    found = catchments(graph, every, demand, Places.at_nodes(nodes), supply, 60_000, decay=decay)
    served = ~np.isnan(found.ratio)
    assert found.access @ demand == pytest.approx(supply[served].sum())
    near = all_costs(graph)[:, nodes] <= 60_000
    assert list(served) == list(demand @ near > 0)


def test_people_travel_from_home_to_the_facility():
    one_way = graph_of(2, [Street(0, 1, 10, None)])
    homes, school = Places.at_nodes([0, 1]), Places.at_nodes([1])
    found = catchments(one_way, homes, np.array([30, 10]), school, np.array([20]), 10)
    assert found.ratio.tolist() == [0.5]
    assert found.access.tolist() == [0.5, 0.5]
    away = catchments(one_way, homes, np.array([30, 10]), Places.at_nodes([0]), np.array([15]), 10)
    assert away.access.tolist() == [0.5, 0.0]


def test_a_facility_without_demand_has_no_ratio_and_gives_nothing():
    street = graph_of(2, [Street(0, 1, 10, 10)])
    every = Places.at_nodes([0, 1])
    found = catchments(street, every, np.zeros(2), Places.at_nodes([0]), np.ones(1), 10)
    assert np.isnan(found.ratio).all()
    assert found.access.tolist() == [0.0, 0.0]


def test_results_do_not_depend_on_the_number_of_threads_nor_on_numbers(town):
    count, streets = town
    random = np.random.default_rng(4)
    demand, supply = random.random(count), random.random(700)
    nodes = random.integers(0, count, 700)

    def run(graph, node, order, people, threads):
        every = Places.at_nodes(np.arange(count))
        stands = Places.at_nodes(node[nodes[order]])
        found = catchments(
            graph, every, people, stands, supply[order], LIMIT, decay=gaussian, threads=threads
        )
        return found.ratio, found.access

    plain, same = np.arange(count), np.arange(700)
    one, two, many = (run(graph_of(*town), plain, same, demand, t) for t in (1, 2, 5))
    assert np.array_equal(one[0], two[0])
    assert np.array_equal(one[1], two[1])
    assert np.array_equal(one[1], many[1])

    number, order = random.permutation(count), random.permutation(700)
    moved = [Street(number[s.start], number[s.end], s.forward, s.backward) for s in streets[::-1]]
    people = np.empty(count)
    people[number] = demand
    ratio, access = run(graph_of(count, moved), number, order, people, 2)
    np.testing.assert_allclose(ratio, one[0][order], rtol=1e-12)
    np.testing.assert_allclose(access[number], one[1], rtol=1e-12)


@pytest.mark.parametrize(
    ("demand", "supply", "limit", "problem"),
    [
        ([1], [1], 5, "1 values of demand for 2 places"),
        ([1, 1], [1, 2], 5, "2 values of supply for 1 places"),
        ([1, -1], [1], 5, "demand must be finite"),
        ([1, 1], [np.nan], 5, "supply must be finite"),
        ([1, 1], [1], -5, "a limit must be"),
    ],
)
def test_amounts_and_limits_that_cannot_be_are_refused(demand, supply, limit, problem):
    street = graph_of(2, [Street(0, 1, 10, 10)])
    with pytest.raises(EngineError, match=problem):
        catchments(
            street, Places.at_nodes([0, 1]), np.array(demand),
            Places.at_nodes([0]), np.array(supply), limit,
        )  # fmt: skip


@pytest.mark.parametrize(
    ("bounds", "weights", "problem"),
    [((), (), "one bound"), ((1,), (1.0, 0.5), "one bound"), ((2, 1), (1.0, 0.5), "ascend")],
)
def test_zones_that_cannot_be_are_refused(bounds, weights, problem):
    with pytest.raises(EngineError, match=problem):
        Zones(bounds, weights)


def test_beyond_the_last_zone_is_nothing():
    assert ZONES(np.array([LIMIT, LIMIT + 1], dtype=np.int32), LIMIT).tolist() == [0.22, 0.0]


@pytest.mark.parametrize("name", ["gaussian", "epanechnikov"])
def test_continuous_decays_fade_to_nothing_at_the_limit(name):
    weight = DECAYS[name](np.array([0, 500, 1000], dtype=np.int32), 1000)
    assert weight[2] == pytest.approx(0.0)
    assert weight[0] > weight[1] > 0
    shortest = DECAYS[name](np.array([0, 1], dtype=np.int32), 1)
    assert shortest.tolist() == pytest.approx([weight[0], 0.0])
    assert DECAYS[name](np.array([0], dtype=np.int32), 0).tolist() == [weight[0]]
