"""Spread of building heights, by hand and against pandas and NumPy."""

from dataclasses import astuple

import numpy as np
import pandas as pd
from drawn_places import PLACE, assert_same, columns, floats, whole
from hypothesis import given, settings
from hypothesis import strategies as st

from dizuo.engines.form.heights import height_spread

# Height in quarters of a metre, weight in m², and place of the buildings of two places.
skylines = st.lists(
    st.tuples(st.integers(1, 400), st.integers(1, 9), st.integers(0, 1)), min_size=1, max_size=9
).map(lambda rows: columns([(row[0] / 4, *row[1:]) for row in rows], (float, float, int)))


def test_a_skyline_with_one_tower():
    height = floats(10, 10, 99, 40, 7)
    ground = floats(100, 100, 50, 200, 1)
    found = height_spread(height, ground, PLACE, 3)
    assert_same(found.mean, [25, 99, np.nan])
    assert_same(found.standard_deviation, [15, 0, np.nan])
    assert_same(found.coefficient_of_variation, [0.6, 0, np.nan])
    assert_same(found.highest, [40, 99, np.nan])
    assert_same(found.known_share, [1, 1, np.nan])


def test_unknown_heights_are_left_out_and_told():
    found = height_spread(floats(10, np.nan, np.nan, 30, 7), floats(1, 2, 5, 1, 1), PLACE, 2)
    assert_same(found.mean, [20, np.nan])
    assert_same(found.standard_deviation, [10, np.nan])
    assert_same(found.highest, [30, np.nan])
    assert_same(found.known_share, [0.5, 0.0])


def test_a_building_without_weight_does_not_count_however_high():
    found = height_spread(floats(10, 300, 30), floats(1, 0, 3), whole(0, 0, 0), 1)
    assert_same([found.mean[0], found.highest[0], found.known_share[0]], [25, 30, 1])


def test_without_buildings_nothing_is_known():
    for measure in astuple(height_spread(floats(), floats(), whole(), 2)):
        assert np.isnan(measure).tolist() == [True, True]


def test_equal_heights_are_level():
    found = height_spread(floats(12, 12, 12), floats(1, 5, 2), whole(0, 0, 0), 1)
    assert [float(measure[0]) for measure in astuple(found)] == [12, 0, 0, 12, 1]


def test_buildings_of_no_height_have_a_spread_but_no_ratio_to_the_mean():
    found = height_spread(floats(0, 0), floats(1, 1), whole(0, 0), 1)
    assert (found.mean[0], found.standard_deviation[0], found.highest[0]) == (0, 0, 0)
    assert np.isnan(found.coefficient_of_variation[0])


@settings(max_examples=50, deadline=None)
@given(skylines, st.randoms())
def test_the_order_of_buildings_and_the_unit_of_weights_do_not_matter(skyline, random):
    height, weight, place = skyline
    found = height_spread(height, weight, place, 2)
    order = random.sample(range(len(height)), len(height))
    again = height_spread(height[order], weight[order] * 0.25, place[order], 2)
    for measure, measured_again in zip(astuple(found), astuple(again), strict=True):
        np.testing.assert_allclose(measured_again, measure, rtol=1e-12, atol=1e-9)


@settings(max_examples=50, deadline=None)
@given(skylines)
def test_a_town_on_stilts_is_higher_and_a_model_of_it_lower_but_as_uneven(skyline):
    height, weight, place = skyline
    found = height_spread(height, weight, place, 2)
    raised = height_spread(height + 8, weight, place, 2)
    assert_same([raised.mean, raised.highest], [found.mean + 8, found.highest + 8])
    np.testing.assert_allclose(raised.standard_deviation, found.standard_deviation, atol=1e-9)
    model = height_spread(height / 512, weight, place, 2)
    assert_same(model.mean * 512, found.mean)
    assert_same(model.standard_deviation * 512, found.standard_deviation)
    assert_same(model.coefficient_of_variation, found.coefficient_of_variation)


@settings(max_examples=50, deadline=None)
@given(skylines)
def test_a_weight_of_three_is_three_buildings_of_one(skyline):
    height, weight, place = skyline
    weighted = height_spread(height, weight, place, 2)
    times = weight.astype(int)
    every = [np.repeat(part, times) for part in (height, np.ones(len(height)), place)]
    for measure, counted in zip(astuple(weighted), astuple(height_spread(*every, 2)), strict=True):
        np.testing.assert_allclose(measure, counted, rtol=1e-12, atol=1e-9)


@settings(max_examples=50, deadline=None)
@given(skylines)
def test_the_mean_lies_among_the_heights_and_the_spread_within_half_their_range(skyline):
    height, weight, _ = skyline
    found = height_spread(height, weight, np.zeros(len(height), dtype=int), 1)
    low, high = height.min(), height.max()
    assert low - 1e-9 <= found.mean[0] <= high + 1e-9
    assert found.highest[0] == high
    assert 0 <= found.standard_deviation[0] <= (high - low) / 2 + 1e-9
    assert found.known_share[0] == 1


def test_heights_equal_those_of_pandas():
    rng = np.random.default_rng(0)
    height, place = rng.uniform(3, 40, 90), rng.integers(0, 8, 90)
    ours = height_spread(height, np.ones(90), place, 8)
    town = pd.Series(height).groupby(place)
    assert_same(ours.mean, town.mean())
    assert_same(ours.highest, town.max())
    assert_same(ours.standard_deviation, town.std(ddof=0))


def test_weighted_heights_equal_those_of_numpy():
    rng = np.random.default_rng(1)
    height, place = rng.uniform(3, 40, 90), rng.integers(0, 8, 90)
    footprint = rng.uniform(40, 4000, 90)
    weighted = height_spread(height, footprint, place, 8)
    for k in range(8):
        mine = place == k
        mean = np.average(height[mine], weights=footprint[mine])
        spread = np.sqrt(np.average((height[mine] - mean) ** 2, weights=footprint[mine]))
        assert_same([weighted.mean[k], weighted.standard_deviation[k]], [mean, spread])
