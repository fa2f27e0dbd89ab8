"""Points on edges: seeds and straight ways along a shared edge."""

import numpy as np
import pytest
from plain_twins import FAR, Point, Street, attach, graph_of, some_points

from dizuo.engines.streets.attachments import Seeds, direct_pairs
from dizuo.model.errors import EngineError

TWO_WAY = Street(0, 1, 100, 100)
ONE_WAY = Street(0, 1, 100, None)
OTHER_WAY = Street(0, 1, None, 100)


def seeds_of(seeds):
    return list(zip(seeds.item, seeds.node, seeds.cost, strict=True))


def test_a_point_leaves_and_arrives_along_both_directions_of_its_edge():
    home = attach([Point(0, 0, 0.3, 7)], [TWO_WAY])
    assert seeds_of(home.leaving()) == [(0, 0, 37), (0, 1, 77)]
    assert seeds_of(home.arriving()) == [(0, 0, 37), (0, 1, 77)]


def test_a_point_on_a_one_way_edge_leaves_with_it_and_is_reached_with_it():
    home = attach([Point(0, 0, 0.3, 7)], [ONE_WAY])
    assert seeds_of(home.leaving()) == [(0, 1, 77)]
    assert seeds_of(home.arriving()) == [(0, 0, 37)]


@pytest.mark.parametrize(
    ("street", "origin", "destination", "cost"),
    [
        (TWO_WAY, 0.2, 0.7, 50 + 3),
        (TWO_WAY, 0.7, 0.2, 50 + 3),
        (ONE_WAY, 0.2, 0.7, 50 + 3),
        (ONE_WAY, 0.7, 0.2, FAR),
        (ONE_WAY, 0.5, 0.5, 0 + 3),
        (OTHER_WAY, 0.2, 0.7, FAR),
        (OTHER_WAY, 0.7, 0.2, 50 + 3),
        (OTHER_WAY, 0.5, 0.5, 0 + 3),
    ],
)
def test_two_points_of_one_edge_reach_each_other_straight(street, origin, destination, cost):
    home = attach([Point(0, 0, origin, 1)], [street])
    shop = attach([Point(0, 0, destination, 2)], [street])
    row = np.zeros(1, dtype=np.int32)
    assert home.between(row, row, shop)[0] == cost


def test_direct_pairs_are_those_of_every_pair_of_rows(town):
    _, streets = town
    random = np.random.default_rng(3)
    near = streets[:6]
    homes = attach(some_points(60, 20, near, random), near)
    shops = attach(some_points(50, 10, near, random), near)
    limit = 120_000
    expected = {}
    for i in range(len(homes)):
        for j in range(len(shops)):
            if homes.edge[i] == shops.edge[j]:
                cost = homes.between(np.array([i]), np.array([j]), shops)[0]
                pair = (homes.item[i], shops.item[j])
                if cost <= min(limit, expected.get(pair, FAR)):
                    expected[pair] = cost
    found = direct_pairs(homes, shops, limit)
    pairs = list(zip(found.origin, found.destination, strict=True))
    assert pairs == sorted(expected)
    assert list(found.cost) == [expected[pair] for pair in pairs]
    assert len(pairs) > 20


def test_a_straight_way_of_just_the_limit_is_within_it():
    home, shop = attach([Point(0, 0, 0.2, 1)], [TWO_WAY]), attach([Point(0, 0, 0.7, 2)], [TWO_WAY])
    assert direct_pairs(home, shop, 53).cost.tolist() == [53]
    assert direct_pairs(home, shop, 52).cost.tolist() == []


def test_no_attachments_have_no_pairs():
    nobody = attach([], [])
    assert len(nobody) == 0
    assert len(direct_pairs(nobody, attach([Point(0, 0, 0.5, 0)], [TWO_WAY]), FAR).cost) == 0
    nobody.arriving().require_fit(graph_of(2, [TWO_WAY]), 0)


@pytest.mark.parametrize(
    ("item", "node", "cost", "problem"),
    [
        ([0, 1], [0], [0], "same length"),
        ([0], [0, 1], [0, 0], "same length"),
        ([0], [0], [0, 0], "same length"),
        ([3], [0], [0], "outside the 3 items"),
        ([-1], [0], [0], "outside the 3 items"),
        ([0], [2], [0], "outside 0..1"),
        ([0], [-1], [0], "outside 0..1"),
        ([0], [0], [-1], "negative"),
    ],
)
def test_seeds_that_do_not_fit_are_refused(item, node, cost, problem):
    seeds = Seeds(*(np.array(a, dtype=np.int32) for a in (item, node, cost)))
    with pytest.raises(EngineError, match=problem):
        seeds.require_fit(graph_of(2, [TWO_WAY]), 3)
