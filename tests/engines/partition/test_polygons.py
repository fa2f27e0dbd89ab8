"""Points in polygons against the predicates of shapely."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from dizuo.engines.partition import polygons as module
from dizuo.engines.partition.polygons import points_in_polygons
from dizuo.model.errors import EngineError


def lowest_covering(x, y, polygons):
    """Slow plain twin: ask shapely about every pair."""
    covers = shapely.covers(np.asarray(polygons)[None, :], shapely.points(x, y)[:, None])
    return np.where(covers.any(axis=1), covers.argmax(axis=1), -1)


def rings(rng, count, extent, *, whole):
    """Valid polygons and multipolygons with holes, some of them overlapping."""
    places = rng.uniform(0, extent, (count, 2))
    shapes = shapely.buffer(shapely.points(places), rng.uniform(1, extent / 4, count), quad_segs=3)
    holes = shapely.buffer(shapely.points(places), rng.uniform(0.2, extent / 9, count), quad_segs=2)
    islands = shapely.buffer(shapely.points(rng.uniform(0, extent, (count, 2))), 2.0)
    shapes = np.where(rng.random(count) < 0.5, shapely.difference(shapes, holes), shapes)
    shapes = np.where(rng.random(count) < 0.3, shapely.union(shapes, islands), shapes)
    return shapely.set_precision(shapes, 1.0) if whole else shapes


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 30), st.booleans())
def test_equal_to_covers_also_on_boundaries_and_corners(seed, count, whole):
    rng = np.random.default_rng(seed)
    polygons = (
        rings(rng, count, 30.0, whole=whole) if count > 1 else np.array([shapely.box(1, 1, 9, 9)])
    )
    corners = shapely.get_coordinates(polygons)
    places = np.concatenate([
        rng.uniform(-5, 35, (100, 2)),
        rng.integers(-3, 33, (100, 2)).astype(float),
        corners[:60],
        (corners[:60] + corners[1:61][: len(corners[:60])]) / 2 if len(corners) > 60 else corners,
        np.column_stack([rng.uniform(-5, 35, 40), rng.choice(corners[:, 1], 40)]),
        np.array([[1e300, -1e300], [0.0, 1e12]]),
    ])  # fmt: skip
    x, y = places.T
    assert (points_in_polygons(x, y, polygons) == lowest_covering(x, y, polygons)).all()


@pytest.fixture
def settled(monkeypatch):
    """How many points were left to shapely's exact predicate, call by call."""
    counts = []
    plain = module._settle_unsure

    def counted(x, y, polygons, found):
        counts.append(int((found == -2).sum()))
        plain(x, y, polygons, found)

    monkeypatch.setattr(module, "_settle_unsure", counted)
    return counts


@pytest.mark.parametrize("scale", [1.0, 2.0**-20, 2.0**20])
def test_points_that_rounding_could_misjudge_are_settled_exactly(settled, scale):
    corners = np.array([(0.1, 0.1), (24, 24), (24, 0)])
    shapes = [shapely.box(5 * scale, 0, 6 * scale, scale), shapely.Polygon(corners * scale)]
    step = np.arange(64) * 2.0**-53
    x, y = (part.ravel() * scale for part in np.meshgrid(0.5 + step, 0.5 + step))
    found = points_in_polygons(x, y, np.array(shapes))
    assert (found == lowest_covering(x, y, shapes)).all()
    assert settled[0] > 100
    assert set(found.tolist()) == {-1, 1}


def test_points_off_the_edges_need_no_exact_predicate(settled):
    rng = np.random.default_rng(2)
    x, y = rng.uniform(-20, 120, (2, 3000))
    points_in_polygons(x, y, rings(rng, 30, 100.0, whole=False))
    assert settled == [0]


def test_of_overlapping_polygons_the_lowest_number_wins():
    squares = np.array([shapely.box(0, 0, 4, 4), shapely.box(2, 2, 6, 6)])
    x = y = np.array([1.0, 3.0, 4.0, 5.0, 7.0])
    assert points_in_polygons(x, y, squares).tolist() == [0, 0, 0, 1, -1]
    assert points_in_polygons(x, y, squares[::-1]).tolist() == [1, 0, 0, 0, -1]


def test_a_polygon_that_reaches_into_the_last_cell_is_found_there():
    # 66.6 by 61.5 cells: the upper right corner lies beyond the middle of the last one
    frame = np.array([shapely.box(0, 0, 1082.2, 1000)])
    x, y = np.array([1082.2, 1082.1, 1082.3]), np.array([1000.0, 999.9, 1000.0])
    assert points_in_polygons(x, y, frame).tolist() == [0, 0, -1]


def test_a_rim_on_the_border_of_cells_is_covered():
    # 64 cells of 1 m each way, from half a metre outside
    corners = [shapely.box(0, 0, 1, 1), shapely.box(63, 63, 64, 64)]
    square = np.array([*corners, shapely.box(10.5, 10.5, 20.5, 20.5)])
    x, y = np.array([(10.5, 15), (20.5, 15), (15, 10.5), (15, 20.5), (20.5, 20.5)]).T
    assert points_in_polygons(x, y, square).tolist() == [2] * 5
    assert points_in_polygons(x + 10.1, y + 10.1, square).tolist() == [-1] * 5


@pytest.mark.parametrize("turned", [False, True])
def test_a_rim_where_cells_end_but_for_rounding_is_covered(turned):
    # 64 cells of 3.2 m each way, where numbers are rounded to half a millionth of a millimetre
    corner, middle = np.array([458_000.0, 3_110_000.0]), np.array([102.4, 204.8])
    if turned:
        corner, middle = corner[::-1], middle[::-1]
    frame = np.array([shapely.box(*corner, *(corner + 204.8))])
    x, y = (corner + middle)[:, None]
    assert points_in_polygons(x, y, frame).tolist() == [0]
    assert points_in_polygons(x + 1e-9, y + 1e-9, frame).tolist() == [-1]


def test_holes_are_outside_and_their_rims_inside():
    ring = shapely.box(0, 0, 10, 10).difference(shapely.box(4, 4, 6, 6))
    x, y = np.array([5.0, 4.0, 3.0]), np.array([5.0, 5.0, 5.0])
    assert points_in_polygons(x, y, np.array([ring])).tolist() == [-1, 0, 0]


def test_missing_and_empty_polygons_cover_nothing():
    polygons = np.array([None, shapely.Polygon(), shapely.box(0, 0, 2, 2)], dtype=object)
    x, y = np.array([1.0, 3.0]), np.array([1.0, 3.0])
    assert points_in_polygons(x, y, polygons).tolist() == [2, -1]
    assert points_in_polygons(x, y, polygons[:2]).tolist() == [-1, -1]
    assert points_in_polygons(x[:0], y[:0], polygons).tolist() == []


def test_a_polygon_without_height_disturbs_no_other():
    flat, square = shapely.Polygon([(0, 0), (4, 0), (2, 0)]), shapely.box(0, 0, 4, 4)
    x, y = np.array([1.0, 1.0, 1.0]), np.array([2.0, -2.0, 5.0])
    assert points_in_polygons(x, y, np.array([flat, square])).tolist() == [1, -1, -1]


def test_order_of_points_does_not_matter():
    rng = np.random.default_rng(1)
    polygons = rings(rng, 40, 100.0, whole=False)
    x, y = rng.uniform(0, 100, (2, 100_000))
    order = rng.permutation(len(x))
    found = points_in_polygons(x, y, polygons)
    assert (points_in_polygons(x[order], y[order], polygons) == found[order]).all()
    few = rng.choice(len(x), 500, replace=False)
    assert (found[few] == lowest_covering(x[few], y[few], polygons)).all()


def test_wrong_arrays_are_refused():
    square = np.array([shapely.box(0, 0, 1, 1)])
    for columns, rows in ((2, 3), (3, 2)):
        with pytest.raises(EngineError, match="same length"):
            points_in_polygons(np.zeros(columns), np.zeros(rows), square)
    with pytest.raises(EngineError, match="two rows"):
        points_in_polygons(np.zeros((2, 2)), np.zeros((2, 2)), square)
    with pytest.raises(EngineError, match="points must be finite"):
        points_in_polygons(np.array([np.nan]), np.array([0.0]), square)
    line = np.array([shapely.box(0, 0, 1, 1), shapely.LineString([(0, 0), (1, 1)])])
    with pytest.raises(EngineError, match="shape 1 is a LineString"):
        points_in_polygons(np.zeros(1), np.zeros(1), line)
    with pytest.raises(EngineError, match="polygons must be finite"):
        points_in_polygons(np.zeros(1), np.zeros(1), np.array([shapely.box(0, 0, np.inf, 1)]))
