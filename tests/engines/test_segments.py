"""The grid of segments against shapely's distances, and by hand."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from dizuo.engines.segments import NearestLines, SegmentGrid
from dizuo.model.errors import EngineError

SQUARE = shapely.box(0, 0, 10, 10)
RINGED = shapely.Polygon(
    [(100, 0), (140, 0), (140, 40), (100, 40)], [[(110, 10), (130, 10), (130, 30), (110, 30)]]
)
STREAM = shapely.LineString([(50, -20), (50, 20)])
WELL = shapely.Point(200, 0)


def nearest(shapes, x, y, *limit):
    shape, distance = NearestLines.of(np.array(shapes, dtype=object)).nearest(
        np.array(x, dtype=float), np.array(y, dtype=float), *limit
    )
    return shape.tolist(), distance.tolist()


def test_outlines_lines_and_points_by_hand():
    shapes = [SQUARE, RINGED, STREAM, WELL]
    #  5 m inside the square, 3 m west of the stream, in the hole's middle, 1 m from the well
    assert nearest(shapes, [5, 47, 120, 200], [5, 0, 20, 1]) == ([0, 2, 1, 3], [5, 3, 10, 1])


def test_between_the_rim_of_an_area_and_its_hole_runs_no_line():
    assert nearest([RINGED], [105, 135, 105], [5, 35, 20]) == ([0, 0, 0], [5, 5, 5])


def test_of_shapes_equally_near_the_first_wins_whatever_it_is():
    assert nearest([STREAM, WELL], [125], [0])[0] == [0]
    assert nearest([WELL, STREAM], [125], [0])[0] == [0]


def test_beyond_the_limit_there_is_nothing():
    assert nearest([WELL], [190, 190.5], [0, 0], 9.75) == ([-1, 0], [np.inf, 9.5])


def test_a_long_row_of_wells_has_cells_of_its_own_to_the_end():
    wells, x = 10.0 * np.arange(300), np.arange(2_990.0)
    apart = np.abs(x[:, None] - wells)
    found = nearest(shapely.points(wells, 0), x, np.zeros(2_990))
    assert found == (apart.argmin(axis=1).tolist(), apart.min(axis=1).tolist())


def test_missing_and_empty_shapes_are_nowhere():
    assert nearest([None, shapely.Polygon(), WELL], [200], [7]) == ([2], [7])
    assert nearest([], [1], [1]) == ([-1], [np.inf])
    assert nearest([WELL], [], []) == ([], [])


def test_without_segments_none_is_found():
    grid = SegmentGrid.of(np.array([(3.0, 4.0)]), np.empty(0, dtype=np.int32))
    segment, share, distance = grid.nearest(np.array([(3.0, 4.0)]))
    assert (segment.tolist(), share.tolist(), distance.tolist()) == ([-1], [0], [np.inf])


def test_parts_of_collections_belong_to_their_shape():
    both = shapely.GeometryCollection([WELL, shapely.MultiPolygon([SQUARE])])
    assert nearest([STREAM, both], [201, 12], [0, 5]) == ([1, 1], [1, 2])


def test_coordinates_must_be_numbers():
    with pytest.raises(EngineError, match="points"):
        nearest([WELL], [np.nan], [0])
    with pytest.raises(EngineError, match="shapes"):
        nearest([shapely.LineString([(0, 0), (np.inf, 0)])], [0], [0])


def test_a_segment_longer_than_all_others_is_found_where_it_leaves_them():
    rng = np.random.default_rng(3)
    begin = rng.uniform(0, 1, (100, 2)) * (10, 100)
    short = np.stack([begin, np.minimum(begin + 0.2, (10, 100))], axis=1).reshape(-1, 2)
    unused = np.array([(5.0, 5.0), (6.0, 6.0)])
    coordinates = np.concatenate([[(10, 0), (13, 100)], unused, [(9.9, 100), (10, 100)], short])
    segments = np.arange(4, len(coordinates), 2, dtype=np.int32)
    grid = SegmentGrid.of(coordinates, np.append(np.int32(0), segments))
    points = np.array([(12.0, 100.0), (13.5, 100.0), (10.5, 100.0)])
    segment, share, distance = grid.nearest(points)
    assert segment.tolist() == [0, 0, 4]
    lines = shapely.linestrings(coordinates.reshape(-1, 2, 2)[[0, 0, 2]])
    np.testing.assert_allclose(distance, shapely.distance(lines, shapely.points(points)))
    assert share[1] == 1.0


places = arrays.arrays(float, (12, 2), elements=st.integers(-400, 400).map(lambda n: n / 8))


@settings(max_examples=150, deadline=None)
@given(places, places, st.sampled_from([5.0, 60.0, np.inf]), st.sampled_from([0.0, 4096.0]))
def test_distances_are_those_of_shapely(corners, points, limit, away):
    corners, points = corners + away, points + away
    hulls = shapely.convex_hull(shapely.multipoints(corners.reshape(4, 3, 2)))
    outlines = np.where(shapely.get_dimensions(hulls) == 2, shapely.boundary(hulls), hulls)
    x, y = points.T
    shape, distance = NearestLines.of(hulls).nearest(x, y, limit)
    table = shapely.distance(shapely.points(points)[:, None], outlines[None, :])
    expected = np.where(table.min(axis=1) <= limit, table.min(axis=1), np.inf)
    unsure = np.abs(table.min(axis=1) - limit) < 1e-9
    np.testing.assert_allclose(distance[~unsure], expected[~unsure], rtol=1e-12, atol=1e-9)
    found = np.flatnonzero(shape >= 0)
    np.testing.assert_allclose(table[found, shape[found]], distance[found], rtol=1e-12, atol=1e-9)
