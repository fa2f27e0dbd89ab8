"""Where water meets green, on lakes and parks drawn by hand."""

import numpy as np
import pytest
import shapely
from drawn_places import assert_same, floats
from hypothesis import given, settings
from hypothesis import strategies as st

from dizuo.engines.form.interface import blue_green_interface, interface_lines
from dizuo.model.errors import EngineError

LAKE = shapely.box(0, 0, 100, 100)
EVERYWHERE = shapely.box(-500, -500, 500, 500)


def shapes(*some):
    return np.array(some, dtype=object)


def length(water, green, distance=0.0):
    return shapely.length(interface_lines(shapes(*water), shapes(*green), distance)).sum()


def test_a_park_on_the_shore_shares_its_length():
    park = shapely.box(100, 20, 150, 60)
    assert length([LAKE], [park]) == pytest.approx(40)
    assert length([LAKE], [park], 10.0) == pytest.approx(60)


def test_a_park_behind_the_promenade_faces_the_shore():
    park = shapely.box(106, 20, 150, 60)
    assert length([LAKE], [park], 5.9) == 0
    facing = 40 + 2 * np.sqrt(10**2 - 6**2)
    assert length([LAKE], [park], 10.0) == pytest.approx(facing, rel=2e-3)


def test_a_park_less_than_a_metre_away_faces_the_shore_and_one_at_a_corner_does_not():
    near = shapely.box(100.25, 20, 150, 60)
    facing = 40 + 2 * np.sqrt(0.5**2 - 0.25**2)
    assert length([LAKE], [near], 0.5) == pytest.approx(facing, rel=2e-3)
    corner = shapely.box(100, 100, 150, 150)
    assert len(interface_lines(shapes(LAKE), shapes(corner), 0.0)) == 0


def test_shores_and_parks_shorter_than_a_metre_count():
    assert length([shapely.box(0, 0, 0.5, 0.25)], [EVERYWHERE]) == pytest.approx(1.5)
    assert length([LAKE], [shapely.box(100, 20, 150, 20.125)]) == pytest.approx(0.125)


def test_the_reach_around_a_corner_is_a_circle_of_sixteen_chords_a_quarter():
    corner, count = shapely.box(-10, -10, 0, 0), 32
    angle = np.arange(count + 1) / count * np.pi / 2  # of streams that run away from it
    lengths = [
        length([shapely.LineString([(0, 0), (50 * np.cos(a), 50 * np.sin(a))])], [corner], 20.0)
        for a in angle
    ]
    assert_same(lengths[::2], 20)  # to the vertices
    assert_same(lengths[1::2], 20 * np.cos(np.pi / 64))  # to the middles of the chords


def test_an_island_has_a_shore_of_its_own():
    lake = LAKE.difference(shapely.box(40, 40, 60, 60))
    assert length([lake], [EVERYWHERE]) == pytest.approx(400 + 80)


def test_borders_between_waters_are_no_shore_and_streams_end_at_the_lake():
    stream = shapely.LineString([(50, 50), (50, 150)])
    water = [LAKE, shapely.box(100, 0, 200, 100), stream]
    assert length(water, [EVERYWHERE]) == pytest.approx(600 + 50)


def test_a_stream_that_is_mapped_twice_counts_once_and_a_well_not_at_all():
    stream = shapely.LineString([(0, 200), (70, 200)])
    water = [stream, stream.reverse(), shapely.Point(10, 300), shapely.Point(10, 200)]
    assert length(water, [EVERYWHERE]) == pytest.approx(70)


def test_a_stream_counts_within_the_park_and_beside_it():
    stream = shapely.LineString([(-50, 0), (150, 0)])
    assert length([stream], [shapely.box(0, -20, 100, 20)]) == pytest.approx(100)
    assert length([stream], [shapely.box(0, 10, 100, 20)], 10.0) == pytest.approx(100)


def test_two_parks_over_one_shore_count_once():
    parks = [shapely.box(100, 0, 120, 60), shapely.box(100, 40, 130, 100)]
    assert length([LAKE], parks) == pytest.approx(100)


def test_stretches_are_straight_and_do_not_overlap():
    parks = [shapely.box(80, -50, 120, 60), shapely.box(90, 50, 130, 130)]
    lines = interface_lines(shapes(LAKE), shapes(*parks), 5.0)
    assert (shapely.get_type_id(lines) == shapely.GeometryType.LINESTRING).all()
    assert (shapely.get_num_coordinates(lines) == 2).all()
    assert shapely.union_all(lines).length == pytest.approx(shapely.length(lines).sum())
    assert (shapely.distance(lines, shapely.boundary(LAKE)) == 0).all()


def test_interface_per_hectare_of_each_place():
    places = shapes(shapely.box(80, 0, 180, 50), shapely.box(80, 50, 180, 150), LAKE)
    area = floats(5_000, 10_000, 0)
    park = shapes(shapely.box(100, 20, 150, 60))
    found = blue_green_interface(shapes(LAKE), park, 0.0, places, area)
    assert_same(found, [60.0, 10.0, np.nan])
    order = [2, 0, 1]
    again = blue_green_interface(shapes(LAKE), park, 0.0, places[order], area[order])
    assert_same(again, found[order])


def test_no_water_or_no_green_means_no_interface():
    nothing = shapes(None, shapely.Polygon())
    assert len(interface_lines(nothing, shapes(LAKE), 5.0)) == 0
    assert len(interface_lines(shapes(LAKE), nothing, 5.0)) == 0
    assert len(interface_lines(nothing[:0], nothing[:0], 5.0)) == 0
    places = shapes(LAKE, None)
    found = blue_green_interface(shapes(LAKE), nothing, 5.0, places, floats(1, 0))
    assert_same(found, [0.0, np.nan])
    assert blue_green_interface(shapes(LAKE), shapes(LAKE), 5.0, places[:0], floats()).shape == (0,)


def boxes(least):
    """Boxes of even metres within 128 m of the origin."""
    side = st.integers(1, 30)
    corner = st.integers(-64, 33)
    one = st.tuples(corner, corner, side, side).map(
        lambda drawn: shapely.box(
            2 * drawn[0], 2 * drawn[1], 2 * (drawn[0] + drawn[2]), 2 * (drawn[1] + drawn[3])
        )
    )
    return st.lists(one, min_size=least, max_size=4)


@settings(max_examples=40, deadline=None)
@given(boxes(1), boxes(0), st.sampled_from([0.0, 1.0, 16.0]), st.randoms())
def test_an_interface_moves_with_the_town_and_has_its_scale_but_no_order(
    water, green, distance, random
):
    here = length(water, green, distance)

    def moved(some):
        drawn = [shapely.transform(one, lambda corners: corners * 2 + (4096, -64)) for one in some]
        return random.sample(drawn, len(drawn))

    assert length(moved(water), moved(green), 2 * distance) == pytest.approx(2 * here, abs=1e-6)


@settings(max_examples=40, deadline=None)
@given(boxes(1), boxes(1), st.sampled_from([0.0, 1.0, 16.0]))
def test_an_interface_is_part_of_the_shore_and_grows_with_reach_and_green(water, green, distance):
    here = length(water, green, distance)
    shore = shapely.union_all(water).length
    assert 0 <= here <= shore * (1 + 1e-9)
    assert here <= length(water, green, distance + 4) + 1e-6
    assert length(water, green[:-1], distance) <= here + 1e-6
    assert length(water, [EVERYWHERE], distance) == pytest.approx(shore)


@settings(max_examples=40, deadline=None)
@given(boxes(1), boxes(1), st.sampled_from([0.0, 16.0]))
def test_places_share_the_interface_among_them(water, green, distance):
    cuts = floats(-200, -63, 1, 200)  # odd, so that no shore runs along them
    places = shapely.box(cuts[:-1], -200, cuts[1:], 200)
    area = shapely.area(places)
    dense = blue_green_interface(shapes(*water), shapes(*green), distance, places, area)
    whole = length(water, green, distance)
    assert (dense * area).sum() / 10_000 == pytest.approx(whole, abs=1e-6)


def test_distances_and_areas_that_cannot_be_are_refused():
    square = shapes(shapely.box(0, 0, 1, 1))
    for distance in (-1.0, np.nan):
        with pytest.raises(EngineError, match="must be at least 0"):
            interface_lines(square, square, distance)
    for places, area in ((square, floats(1, 2)), (np.repeat(square, 2), floats(1))):
        with pytest.raises(EngineError, match="one area"):
            blue_green_interface(square, square, 1.0, places, area)
