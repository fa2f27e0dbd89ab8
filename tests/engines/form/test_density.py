"""Sums and densities of places on towns drawn by hand."""

import numpy as np
import pytest
import shapely
from drawn_places import AREA, PLACE, amounts_in_places, assert_same, floats, whole
from hypothesis import given, settings
from hypothesis import strategies as st

from dizuo.engines.form.density import (
    coverage,
    density,
    floor_area_ratio,
    intersection_density,
    sum_by_place,
)
from dizuo.engines.streets.connectivity import dead_ends, degrees, intersections
from dizuo.model.errors import EngineError


def test_floor_area_ratio_and_coverage():
    floors = floats(3000, 2000, 8000, 1000, 9e9)
    assert_same(floor_area_ratio(floors, PLACE, AREA), [0.6, 0.8, np.nan])
    assert_same(coverage(floors / 4, PLACE, AREA), [0.15, 0.2, np.nan])


def test_ten_storeys_on_a_tenth_of_the_land_make_a_ratio_of_one():
    ground, land = floats(500), floats(5000)
    assert coverage(ground, whole(0), land).tolist() == [0.1]
    assert floor_area_ratio(10 * ground, whole(0), land).tolist() == [1.0]


def test_an_unknown_floor_area_makes_its_place_unknown():
    floors = floats(3000, np.nan, 8000, 1000, 0)
    assert_same(floor_area_ratio(floors, PLACE, AREA), [np.nan, 0.8, np.nan])


def test_an_unknown_amount_in_no_place_leaves_all_places_known():
    assert sum_by_place(floats(4, np.nan), whole(1, -1), 2).tolist() == [0, 4]


def test_a_place_without_buildings_has_a_density_of_nought():
    assert_same(sum_by_place(floats(), whole(), 2), [0.0, 0.0])
    assert_same(density(floats(50, 7), floats(10_000, 0)), [0.005, np.nan])
    assert sum_by_place(floats(), whole(), 0).shape == density(floats(), floats()).shape == (0,)


def test_land_that_is_none_or_unknown_has_no_density():
    assert np.isnan(density(floats(7, 7, 7, 0), floats(0, -10, np.nan, 0))).all()
    assert density(floats(7, 2), floats(0.5, 1)).tolist() == [14, 2]


def test_sums_of_whole_numbers_are_real_numbers():
    sums = sum_by_place(whole(2, 3), np.array([0, 0], dtype=np.int8), 2)
    assert (sums.tolist(), sums.dtype) == ([5, 0], np.float64)


@settings(max_examples=50, deadline=None)
@given(amounts_in_places, st.randoms())
def test_no_amount_is_lost_and_order_does_not_matter(items, random):
    amount, place = items
    sums = sum_by_place(amount, place, 4)
    assert sums.tolist() == [amount[place == k].sum() for k in range(4)]
    order = random.sample(range(len(amount)), len(amount))
    assert sum_by_place(amount[order], place[order], 4).tolist() == sums.tolist()


@settings(max_examples=50, deadline=None)
@given(amounts_in_places)
def test_two_places_made_one_hold_what_both_held(items):
    amount, place = items
    sums, joined = sum_by_place(amount, place, 4), np.where(place == 3, 2, place)
    assert sum_by_place(amount, joined, 3).tolist() == [sums[0], sums[1], sums[2] + sums[3]]


@settings(max_examples=50, deadline=None)
@given(amounts_in_places, st.integers(1, 9))
def test_the_ratio_of_a_place_does_not_depend_on_the_unit(items, unit):
    floors, place = items
    land = floats(100, 2000, 30_000, 0)
    in_metres = floor_area_ratio(floors, place, land)
    assert_same(floor_area_ratio(floors * unit**2, place, land * unit**2), in_metres)
    assert (np.isnan(in_metres) == [False, False, False, True]).all()


def test_intersections_over_area():
    x, y = floats(5, 6, 50, 150, 100), floats(5, 5, 50, 50, 50)
    found = intersections(x, y, whole(3, 4, 3, 4, 2), tolerance=2.0)
    squares = shapely.box(floats(0, 100), 0, floats(100, 200), 100)
    assert_same(intersection_density(found, squares, floats(10_000, 10_000)) * 1e6, [200, 100])
    border = intersections(floats(100), floats(50), whole(3))
    assert_same(intersection_density(border, squares, floats(10_000, 10_000)) * 1e6, [100, 0])


def test_places_without_land_or_crossings_and_crossings_without_place():
    found = intersections(floats(5, 500), floats(5, 500), whole(4, 4))
    places = np.array([shapely.box(0, 0, 10, 10), None, shapely.box(90, 0, 99, 10)], dtype=object)
    assert_same(intersection_density(found, places, floats(100, 0, 90)), [0.01, np.nan, 0])
    nothing = intersections(floats(), floats(), whole())
    assert_same(intersection_density(nothing, places[:1], floats(100)), [0])


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), unique=True, max_size=20))
def test_density_of_crossings_moves_and_turns_with_the_town(crossings):
    x, y = np.array(crossings, dtype=float).reshape(-1, 2).T * 10 + 5
    degree = np.full(len(x), 3)
    places, area = shapely.box(floats(0, 200), 0, floats(200, 410), 410), floats(82_000, 86_100)
    found = intersection_density(intersections(x, y, degree), places, area)
    west = (x < 200).sum()
    assert_same(found * area, [west, len(x) - west])
    moved = shapely.transform(places, lambda corners: corners[:, ::-1] + (4096, -512))
    turned = intersections(y + 4096, x - 512, degree)
    assert_same(intersection_density(turned, moved, area), found)


def test_sums_that_cannot_be_are_refused():
    one = floats(1)
    for amount, place in ((one, whole(0, 1)), (floats(1, 2), whole(0))):
        with pytest.raises(EngineError, match="one amount and one place"):
            sum_by_place(amount, place, 2)
    for place in (-2, 2, 3):
        with pytest.raises(EngineError, match=r"outside 0\.\.1"):
            sum_by_place(one, whole(place), 2)
    square = np.array([shapely.box(0, 0, 1, 1)])
    for places, area in ((square, floats(1, 2)), (np.repeat(square, 2), one)):
        with pytest.raises(EngineError, match="one area"):
            intersection_density(intersections(one, one, whole(3)), places, area)


def test_sums_and_ratios_equal_those_of_momepy(bubenec):
    momepy, buildings, _ = bubenec
    place = np.arange(len(buildings)) % 7
    height = 3.0 + 3 * (np.arange(len(buildings)) % 5)
    floors = momepy.floor_area(buildings.area, height)
    sums = floors.groupby(place).sum()
    land = floats(*range(10_000, 17_000, 1000))
    assert_same(sum_by_place(floors.to_numpy(), place, 7), sums)
    assert_same(floor_area_ratio(floors.to_numpy(), place, land), sums / land)


def test_connectivity_equals_that_of_momepy(bubenec):
    momepy, _, streets = bubenec
    graph = momepy.node_degree(momepy.gdf_to_nx(streets))
    number = {node: k for k, node in enumerate(graph.nodes)}
    start = np.array([number[a] for a, b, _ in graph.edges], dtype=np.int32)
    end = np.array([number[b] for a, b, _ in graph.edges], dtype=np.int32)
    degree = degrees(start, end, len(number))
    theirs = np.array([graph.nodes[node]["degree"] for node in graph.nodes])
    assert degree.tolist() == theirs.tolist()
    assert dead_ends(start, end, len(number)).sum() == (theirs == 1).sum() > 0
