import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from packed_reader import geometry, integers

from dizuo.checkup.outputs.geometry_packing import (
    Grid,
    grid_for,
    pack_geometry,
    pack_integers,
    simplified,
)

METRE = Grid(0.0, 0.0, 1.0)


def shapes(*texts):
    return np.array([shapely.from_wkt(text) for text in texts], dtype=object)


@given(st.lists(st.integers(0, 2**40), max_size=50))
def test_integers_come_back(numbers):
    assert integers(pack_integers(np.array(numbers, dtype=np.uint64))) == numbers


def test_a_square_loses_only_its_closing_point():
    packed = pack_geometry(shapes("POLYGON ((1 1, 5 1, 5 5, 1 5, 1 1))"), METRE)
    assert geometry(packed) == [[[(1, 1), (5, 1), (5, 5), (1, 5)]]]


def test_holes_parts_lines_and_points_keep_their_order():
    packed = pack_geometry(
        shapes(
            "POLYGON ((0 0, 9 0, 9 9, 0 9, 0 0), (2 2, 2 4, 4 4, 2 2))",
            "MULTIPOLYGON (((20 0, 21 0, 21 1, 20 0)), ((30 0, 31 0, 31 1, 30 0)))",
            "LINESTRING (-3 0, -1 4, -3 0)",
            "POINT (7 8)",
        ),
        METRE,
    )
    assert geometry(packed) == [
        [[(0, 0), (9, 0), (9, 9), (0, 9)], [(2, 2), (2, 4), (4, 4)]],
        [[(20, 0), (21, 0), (21, 1)], [(30, 0), (31, 0), (31, 1)]],
        [[(-3, 0), (-1, 4), (-3, 0)]],
        [[(7, 8)]],
    ]


def test_points_that_fall_together_are_told_once():
    packed = pack_geometry(shapes("POLYGON ((0 0, 0.2 0, 9 0, 9 9, 0.3 0.1, 0 0))"), METRE)
    assert geometry(packed) == [[[(0, 0), (9, 0), (9, 9)]]]


def test_a_sliver_that_collapses_leaves_a_feature_without_parts():
    packed = pack_geometry(
        shapes("POLYGON ((0 0, 0.2 0, 0.2 0.2, 0 0))", "POLYGON ((1 1, 5 1, 5 5, 1 1))"), METRE
    )
    assert geometry(packed) == [[], [[(1, 1), (5, 1), (5, 5)]]]


def test_nothing_packs_to_nothing():
    assert geometry(pack_geometry(np.zeros(0, dtype=object), METRE)) == []


@given(st.floats(0.01, 3.0), st.integers(1, 40))
def test_coordinates_come_back_within_half_a_step(step, seed):
    random = np.random.default_rng(seed)
    points = shapely.points(random.uniform(-500, 500, (20, 2)))
    grid = Grid(-600.0, -600.0, step)
    back = [
        (grid.x + x * step, grid.y + y * step)
        for [[(x, y)]] in geometry(pack_geometry(points, grid))
    ]
    assert np.abs(np.array(back) - shapely.get_coordinates(points)).max() <= step / 2 + 1e-6


@pytest.mark.parametrize(
    ("size", "step"), [(900.0, 0.1), (9_000.0, 0.25), (30_000.0, 0.5), (60_000.0, 1.0)]
)
def test_the_grid_is_as_fine_as_sixteen_bits_allow(size, step):
    grid = grid_for(np.array([100.0, 200.0, 100.0 + size, 300.0]))
    assert (grid.x, grid.y, grid.step) == (100.0, 200.0, step)


def test_simplifying_blocks_that_touch_opens_no_gap():
    wavy = [(4 + 0.3 * (row % 2), row) for row in range(41)]
    left = shapely.Polygon([(0, 0), *wavy, (0, 40)])
    right = shapely.Polygon([(9, 0), (9, 40), *reversed(wavy)])
    one, other = simplified(np.array([left, right], dtype=object), 2.0)
    assert len(one.exterior.coords) < len(left.exterior.coords)
    assert one.intersection(other).area == pytest.approx(0.0)
    assert one.union(other).area == pytest.approx(left.union(right).area)
