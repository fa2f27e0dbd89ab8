"""Measures of form on towns drawn by hand, and against momepy."""

import warnings

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from dizuo.engines.form.blocks import block_sizes
from dizuo.engines.form.density import (
    coverage,
    density,
    floor_area_ratio,
    intersection_density,
    sum_by_place,
)
from dizuo.engines.form.heights import height_spread
from dizuo.engines.form.interface import blue_green_interface, interface_lines
from dizuo.engines.form.mix import land_use_mix
from dizuo.engines.streets.connectivity import dead_ends, degrees, intersections
from dizuo.model.errors import EngineError

# Two blocks of one hectare; three buildings on the first, one on the second, one on neither.
PLACE = np.array([0, 0, 1, 0, -1])
AREA = np.array([10_000.0, 10_000.0, 0.0])


def floats(*values):
    return np.array(values, dtype=float)


def assert_same(found, expected):
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12)


def test_floor_area_ratio_and_coverage():
    floors = floats(3000, 2000, 8000, 1000, 9e9)
    assert_same(floor_area_ratio(floors, PLACE, AREA), [0.6, 0.8, np.nan])
    assert_same(coverage(floors / 4, PLACE, AREA), [0.15, 0.2, np.nan])


def test_an_unknown_floor_area_makes_its_place_unknown():
    floors = floats(3000, np.nan, 8000, 1000, 0)
    assert_same(floor_area_ratio(floors, PLACE, AREA), [np.nan, 0.8, np.nan])


def test_a_place_without_buildings_has_a_density_of_nought():
    assert_same(sum_by_place(floats(), np.array([], dtype=int), 2), [0.0, 0.0])
    assert_same(density(floats(50, 7), floats(10_000, 0)), [0.005, np.nan])


def test_intersections_over_area():
    x, y = floats(5, 6, 50, 150, 100), floats(5, 5, 50, 50, 50)
    found = intersections(x, y, np.array([3, 4, 3, 4, 2]), tolerance=2.0)
    squares = shapely.box(floats(0, 100), 0, floats(100, 200), 100)
    assert_same(intersection_density(found, squares, floats(10_000, 10_000)) * 1e6, [200, 100])
    border = intersections(floats(100), floats(50), np.array([3]))
    assert_same(intersection_density(border, squares, floats(10_000, 10_000)) * 1e6, [100, 0])


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
    assert_same(found.known_share, [0.5, 0.0])


def test_a_building_without_weight_does_not_count_however_high():
    found = height_spread(floats(10, 300, 30), floats(1, 0, 3), np.array([0, 0, 0]), 1)
    assert_same([found.mean[0], found.highest[0], found.known_share[0]], [25, 30, 1])


def test_mix_of_uses():
    amount = floats(1, 1, 1, 1, 5, 5, 3)
    use = np.array([0, 1, 2, 3, 0, 1, 2])
    place = np.array([0, 0, 0, 0, 1, 1, 2])
    assert_same(land_use_mix(amount, use, place, 4, 4), [1.0, 0.5, 0.0, np.nan])


def test_a_single_use_is_no_mix_and_an_item_of_no_size_adds_nothing():
    mix = land_use_mix(floats(8, 0), np.array([0, 1]), np.array([0, 0]), 1, 2)
    assert mix.tolist() == [0.0]
    assert not np.signbit(mix[0])


@given(st.lists(st.tuples(st.floats(0.01, 1e4), st.integers(0, 5)), min_size=1), st.randoms())
def test_a_mix_lies_between_nought_and_one_whatever_the_order_and_unit(items, random):
    amount, use = floats(*[item[0] for item in items]), np.array([item[1] for item in items])
    place = np.zeros(len(items), dtype=int)
    mix = land_use_mix(amount, use, place, 1, 6)
    assert 0 <= mix[0] <= 1 + 1e-12
    random.shuffle(items)
    shuffled = floats(*[item[0] * 7.5 for item in items]), np.array([item[1] for item in items])
    np.testing.assert_allclose(land_use_mix(*shuffled, place, 1, 6), mix, atol=1e-9)


def test_many_slivers_do_not_hide_a_superblock():
    area = floats(100, 100, 99_999, 100, 9700, 500)
    found = block_sizes(area, np.array([0, 0, -1, 0, 0, 2]), 3)
    assert_same(found.count, [4, 0, 1])
    assert_same(found.mean, [2500, np.nan, 500])
    assert_same(found.felt, [9412, np.nan, 500])
    assert_same(found.largest, [9700, np.nan, 500])


def test_wrong_numbers_are_refused():
    one = floats(1)
    with pytest.raises(EngineError, match="one amount and one place"):
        sum_by_place(one, np.array([0, 1]), 2)
    for place in (-2, 2, 3):
        with pytest.raises(EngineError, match=r"outside 0\.\.1"):
            sum_by_place(one, np.array([place]), 2)
    with pytest.raises(EngineError, match="one amount and one place"):
        sum_by_place(floats(1, 2), np.array([0]), 2)
    with pytest.raises(EngineError, match="at least two uses"):
        land_use_mix(one, np.array([0]), np.array([0]), 1, 1)
    for use in (-1, 3, 4):
        with pytest.raises(EngineError, match=r"use outside 0\.\.2"):
            land_use_mix(one, np.array([use]), np.array([0]), 1, 3)
    with pytest.raises(EngineError, match="one amount and one use"):
        land_use_mix(one, np.array([0, 1]), np.array([0]), 1, 3)
    with pytest.raises(EngineError, match="one amount and one use"):
        land_use_mix(floats(1, 2), np.array([0]), np.array([0, 0]), 1, 3)
    with pytest.raises(EngineError, match="at least 0"):
        land_use_mix(-one, np.array([0]), np.array([0]), 1, 3)
    square = np.array([shapely.box(0, 0, 1, 1)])
    with pytest.raises(EngineError, match="must be at least 0"):
        interface_lines(square, square, -1.0)
    with pytest.raises(EngineError, match="one area"):
        blue_green_interface(square, square, 1.0, square, floats(1, 2))
    with pytest.raises(EngineError, match="one area"):
        intersection_density(intersections(one, one, np.array([3])), square, floats(1, 2))
    squares = np.repeat(square, 2)
    with pytest.raises(EngineError, match="one area"):
        blue_green_interface(square, square, 1.0, squares, floats(1))
    with pytest.raises(EngineError, match="one area"):
        intersection_density(intersections(one, one, np.array([3])), squares, floats(1))


LAKE = shapely.box(0, 0, 100, 100)


def test_a_park_on_the_shore_shares_its_length():
    park = np.array([shapely.box(100, 20, 150, 60)])
    lines = interface_lines(np.array([LAKE]), park, 0.0)
    assert shapely.length(lines).sum() == pytest.approx(40)
    lines = interface_lines(np.array([LAKE]), park, 10.0)
    assert shapely.length(lines).sum() == pytest.approx(60)


def test_a_park_behind_the_promenade_faces_the_shore():
    park = np.array([shapely.box(106, 20, 150, 60)])
    water = np.array([LAKE])
    assert len(interface_lines(water, park, 5.9)) == 0
    length = shapely.length(interface_lines(water, park, 10.0)).sum()
    assert length == pytest.approx(40 + 2 * np.sqrt(10**2 - 6**2), rel=2e-3)


def test_a_park_less_than_a_metre_away_faces_the_shore_and_one_at_a_corner_does_not():
    near = np.array([shapely.box(100.25, 20, 150, 60)])
    length = shapely.length(interface_lines(np.array([LAKE]), near, 0.5)).sum()
    assert length == pytest.approx(40 + 2 * np.sqrt(0.5**2 - 0.25**2), rel=2e-3)
    corner = np.array([shapely.box(100, 100, 150, 150)])
    assert len(interface_lines(np.array([LAKE]), corner, 0.0)) == 0


def test_an_island_has_a_shore_of_its_own():
    lake = np.array([LAKE.difference(shapely.box(40, 40, 60, 60))])
    everywhere = np.array([shapely.box(-500, -500, 500, 500)])
    lines = interface_lines(lake, everywhere, 0.0)
    assert shapely.length(lines).sum() == pytest.approx(400 + 80)


def test_borders_between_waters_are_no_shore_and_streams_end_at_the_lake():
    water = np.array(
        [LAKE, shapely.box(100, 0, 200, 100), shapely.LineString([(50, 50), (50, 150)])]
    )
    everywhere = np.array([shapely.box(-500, -500, 500, 500)])
    lines = interface_lines(water, everywhere, 0.0)
    assert shapely.length(lines).sum() == pytest.approx(600 + 50)


def test_two_parks_over_one_shore_count_once():
    parks = np.array([shapely.box(100, 0, 120, 60), shapely.box(100, 40, 130, 100)])
    lines = interface_lines(np.array([LAKE]), parks, 0.0)
    assert shapely.length(lines).sum() == pytest.approx(100)


def test_interface_per_hectare_of_each_place():
    places = np.array([shapely.box(80, 0, 180, 50), shapely.box(80, 50, 180, 150), LAKE])
    area = floats(5_000, 10_000, 0)
    park = np.array([shapely.box(100, 20, 150, 60)])
    found = blue_green_interface(np.array([LAKE]), park, 0.0, places, area)
    assert_same(found, [60.0, 10.0, np.nan])
    order = [2, 0, 1]
    again = blue_green_interface(np.array([LAKE]), park, 0.0, places[order], area[order])
    assert_same(again, found[order])


def test_no_water_or_no_green_means_no_interface():
    nothing = np.array([None, shapely.Polygon()], dtype=object)
    assert len(interface_lines(nothing, np.array([LAKE]), 5.0)) == 0
    assert len(interface_lines(np.array([LAKE]), nothing, 5.0)) == 0
    assert len(interface_lines(nothing[:0], nothing[:0], 5.0)) == 0
    assert_same(
        blue_green_interface(np.array([LAKE]), nothing, 5.0, np.array([LAKE]), floats(1)), [0.0]
    )


@pytest.fixture(scope="module")
def bubenec():
    """momepy's town: buildings and streets, and its own answers."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import momepy

        path = momepy.datasets.get_path("bubenec")
        buildings = gpd.read_file(path, layer="buildings")
        streets = gpd.read_file(path, layer="streets")
    return momepy, buildings, streets


def test_heights_and_sums_equal_those_of_momepy(bubenec):
    _, buildings, _ = bubenec
    rng = np.random.default_rng(0)
    height = rng.uniform(3, 40, len(buildings))
    place = rng.integers(0, 8, len(buildings))
    ours = height_spread(height, np.ones(len(place)), place, 8)
    theirs = pd.Series(height).groupby(place).agg(["mean", "max"])
    assert_same(ours.mean, theirs["mean"])
    assert_same(ours.highest, theirs["max"])
    assert_same(ours.standard_deviation, pd.Series(height).groupby(place).std(ddof=0))
    footprint = buildings.area.to_numpy()
    weighted = height_spread(height, footprint, place, 8)
    for k in range(8):
        mine = place == k
        mean = np.average(height[mine], weights=footprint[mine])
        spread = np.sqrt(np.average((height[mine] - mean) ** 2, weights=footprint[mine]))
        assert_same([weighted.mean[k], weighted.standard_deviation[k]], [mean, spread])


def test_mix_equals_the_shannon_diversity_of_momepy(bubenec):
    momepy, buildings, _ = bubenec
    rng = np.random.default_rng(1)
    use = rng.integers(0, 5, len(buildings))
    place = rng.integers(0, 6, len(buildings))
    ours = land_use_mix(np.ones(len(use)), use, place, 6, 5)
    theirs = [
        momepy.shannon_diversity(pd.Series(use[place == k]), categorical=True, categories=range(5))
        for k in range(6)
    ]
    assert_same(ours * np.log(5), theirs)


def test_connectivity_equals_that_of_momepy(bubenec):
    momepy, _, streets = bubenec
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        graph = momepy.node_degree(momepy.gdf_to_nx(streets))
    number = {node: k for k, node in enumerate(graph.nodes)}
    start = np.array([number[a] for a, b, _ in graph.edges], dtype=np.int32)
    end = np.array([number[b] for a, b, _ in graph.edges], dtype=np.int32)
    degree = degrees(start, end, len(number))
    theirs = np.array([graph.nodes[node]["degree"] for node in graph.nodes])
    assert degree.tolist() == theirs.tolist()
    assert dead_ends(start, end, len(number)).sum() == (theirs == 1).sum() > 0
