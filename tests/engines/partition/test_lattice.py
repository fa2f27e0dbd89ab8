"""Lattices of points over polygons."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from dizuo.engines.partition import _kernels_lattice as kernels
from dizuo.engines.partition.lattice import lattice_points
from dizuo.model.errors import EngineError


def test_a_square_of_cells_holds_their_centres():
    x, y, polygon = lattice_points(np.array([shapely.box(0, 10, 20, 30)]), 10.0)
    assert list(zip(x, y, strict=True)) == [(5, 15), (15, 15), (5, 25), (15, 25)]
    assert polygon.tolist() == [0, 0, 0, 0]


def test_the_origin_moves_the_lattice():
    x, y, _ = lattice_points(np.array([shapely.box(0, 0, 10, 10)]), 10.0, origin=(-4.0, 7.0))
    assert (x.tolist(), y.tolist()) == ([1.0], [2.0])


@pytest.mark.parametrize("nudge", [-np.inf, 0.0, np.inf])
def test_lines_are_counted_right_however_a_quotient_is_rounded(nudge):
    rng = np.random.default_rng(5)
    for _ in range(500):
        origin, spacing = rng.uniform(-100, 100), rng.uniform(0.1, 9.0)
        value = origin + (rng.integers(-999, 999) + 0.5) * spacing
        value = float(np.nextafter(value, nudge)) if nudge else float(value)
        line = kernels.first_at_or_after(value, origin, spacing)
        assert origin + (line - 0.5) * spacing < value <= origin + (line + 0.5) * spacing


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(0.7, 9.0))
def test_equal_to_all_lattice_points_that_shapely_finds_inside(seed, spacing):
    rng = np.random.default_rng(seed)
    places = rng.uniform(-40, 40, (12, 2))
    shapes = shapely.buffer(shapely.points(places), rng.uniform(1, 20, 12), quad_segs=3)
    shapes[:4] = shapely.difference(shapes[:4], shapely.buffer(shapely.points(places[:4]), 0.9))
    shapes[4:6] = shapely.union(shapes[4:6], shapely.buffer(shapely.points(places[6:8]), 2.0))
    x, y, polygon = lattice_points(shapes, spacing)
    line = (np.arange(int(-70 // spacing), int(70 // spacing) + 1) + 0.5) * spacing
    grid_x, grid_y = (part.ravel() for part in np.meshgrid(line, line))
    point, owner = shapely.STRtree(shapes).query(shapely.points(grid_x, grid_y), predicate="within")
    truth = sorted(zip(owner, grid_y[point], grid_x[point], strict=True))
    assert list(zip(polygon, y, x, strict=True)) == truth


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_a_partition_shares_out_every_point_once_also_on_common_edges(seed):
    rng = np.random.default_rng(seed)
    seeds = shapely.multipoints(rng.integers(0, 20, (15, 2)) * 1.0)
    frame = shapely.box(0, 0, 20, 20)
    cells = shapely.get_parts(shapely.voronoi_polygons(seeds, extend_to=frame))
    x, y, _ = lattice_points(cells, 1.0, origin=(-0.5, -0.5))
    whole = shapely.union_all(cells).bounds
    inside = (x > whole[0]) & (x < whole[2]) & (y > whole[1]) & (y < whole[3])
    found = sorted(zip(x[inside], y[inside], strict=True))
    assert len(found) == len(set(found))
    line_x = np.arange(np.floor(whole[0]) + 1, np.ceil(whole[2]))
    line_y = np.arange(np.floor(whole[1]) + 1, np.ceil(whole[3]))
    assert len(found) == len(line_x) * len(line_y)


def test_tiles_have_the_points_of_the_whole():
    circle = shapely.Point(437.7, 291.3).buffer(93.1)
    x, y, _ = lattice_points(np.array([circle]), 7.0)
    left, bottom = (part.ravel() for part in np.mgrid[300:600:35, 150:450:35])
    tiles = shapely.box(left, bottom, left + 35, bottom + 35)
    tx, ty, _ = lattice_points(shapely.intersection(circle, tiles), 7.0)
    assert sorted(zip(tx, ty, strict=True)) == sorted(zip(x, y, strict=True))


def test_small_missing_and_empty_polygons_hold_no_point():
    polygons = np.array([None, shapely.Polygon(), shapely.box(0, 0, 1, 1)], dtype=object)
    assert [len(part) for part in lattice_points(polygons, 10.0)] == [0, 0, 0]
    assert lattice_points(polygons, 0.5)[2].tolist() == [2, 2, 2, 2]


@pytest.mark.parametrize("spacing", [0.0, -1.0, np.nan])
def test_a_spacing_must_be_positive(spacing):
    with pytest.raises(EngineError, match="positive"):
        lattice_points(np.array([shapely.box(0, 0, 1, 1)]), spacing)
