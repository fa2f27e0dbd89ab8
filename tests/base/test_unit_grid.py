"""Cells tile the town, cut no building, follow streets, and have the size asked for."""

import datetime as dt
import shutil

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from unit_grid_town import CRS, areas, streets, town

import dizuo
from dizuo.base.unit_grid import build_unit_grid, read_grid_layers
from dizuo.base.unit_grid_check import check_unit_grid
from dizuo.base.unit_grid_lines import GridLayers

DAY = dt.date(2024, 1, 1)

pytestmark = pytest.mark.systems("S22.9")


@pytest.fixture(scope="module")
def layers():
    return town()


@pytest.fixture(scope="module")
def grid(layers):
    return build_unit_grid(layers, day=DAY)


def shapes(table):
    return np.asarray(table.geometry.array, dtype=object)


def assert_tiles(grid, boundary):
    """No gap and no overlap, by unions and differences alone."""
    cells = shapes(grid)
    assert shapely.is_valid(cells).all()
    assert shapely.coverage_is_valid(cells)
    assert cells.size == 0 or shapely.area(cells).min() > 0
    together = shapely.union_all(cells)
    assert shapely.area(cells).sum() == pytest.approx(boundary.area, rel=1e-6)
    assert together.symmetric_difference(boundary).area < 1e-3 * boundary.length


def assert_whole(grid, buildings, boundary):
    """Every building's part inside lies in one cell, up to rounding."""
    grown = shapely.buffer(shapes(grid), 0.003)
    for building in shapely.intersection(shapes(buildings), boundary):
        assert building.area == 0 or shapely.covers(grown, building).any()


def test_cells_tile_the_town(grid, layers):
    assert_tiles(grid, layers.boundary)


def test_no_building_is_cut(grid, layers):
    assert_whole(grid, layers.buildings, layers.boundary)


def test_cells_are_about_a_hectare(grid):
    assert 8_000 <= grid["area"].median() <= 12_000
    assert grid["area"].between(5_000, 20_000).mean() > 0.95
    assert grid["area"].between(5_000, 25_000).all()
    assert grid["area"].to_numpy() == pytest.approx(shapely.area(shapes(grid)))


def test_small_blocks_join_across_minor_streets_only(grid):
    major = shapely.MultiLineString([[(240, 1), (240, 239)], [(1, 240), (799, 240)]])
    for cell in shapes(grid):
        assert shapely.intersection(cell.buffer(-0.01), major).length == 0
    west = grid[shapely.get_coordinates(shapely.centroid(shapes(grid)))[:, 0] < 240]
    assert len(west) < 32
    assert west["area"].min() > 3_600


def test_a_building_over_a_street_stays_whole_beside_it(grid, layers):
    bridge = layers.buildings.geometry.iloc[8]
    assert bridge.bounds == (40, 310, 90, 330)
    assert sum(cell.intersection(bridge).area > 1 for cell in shapes(grid)) == 1


def test_codes_have_fifteen_digits_and_run_from_north_to_south(grid):
    assert grid["code"].tolist() == [
        f"{0:09d}001{number:03d}" for number in range(1, len(grid) + 1)
    ]
    assert grid["id"].tolist() == ("unit:" + grid["code"]).tolist()
    assert grid["code"].is_unique
    y = shapely.get_coordinates(shapely.point_on_surface(shapes(grid)))[:, 1]
    assert (np.diff(np.floor(y / 100)) <= 0).all()
    assert set(grid["status"]) == {"valid"}
    assert set(grid["valid_from"]) == {"2024-01-01"}


def test_the_same_map_gives_the_same_grid(grid, layers):
    shuffled = GridLayers(
        boundary=layers.boundary,
        street_edges=layers.street_edges.sample(frac=1, random_state=3),
        buildings=layers.buildings.sample(frac=1, random_state=4),
    )
    again = build_unit_grid(shuffled, day=DAY)
    assert again["code"].tolist() == grid["code"].tolist()
    assert shapely.equals(shapes(again), shapes(grid)).all()


def test_the_check_agrees_and_finds_planted_faults(grid, layers):
    report = check_unit_grid(grid, layers)
    assert report.is_coverage
    assert report.cut_buildings == ()
    assert report.area_error < 1e-6
    assert report.cells == len(grid)
    assert report.buildings == len(layers.buildings)
    assert report.usual_share == grid["area"].between(5_000, 20_000).mean()
    hall = layers.buildings.geometry.iloc[-1]
    west, east = (shapely.box(x, 0, x + 430, 480) for x in (0, 430))
    inside = shapely.intersection(np.array([west, east]), layers.boundary)
    halves = areas(*inside, status="valid")
    found = check_unit_grid(halves, layers)
    assert len(layers.buildings) - 1 in found.cut_buildings
    assert all(
        layers.buildings.geometry.iloc[row].intersects(shapely.LineString([(430, 0), (430, 480)]))
        for row in found.cut_buildings
    )
    assert hall.intersects(west)
    gap = grid.drop(index=0)
    assert check_unit_grid(gap, layers).area_error > 1e-3


def test_cells_follow_communities_but_for_a_building_on_the_border():
    # The border of the communities runs through the bridge building.
    divisions = areas(
        shapely.box(0, 0, 70, 480), shapely.box(70, 0, 800, 480), kind="community"
    ).assign(id=["west", "east"])
    layers = town(divisions=divisions)
    grid = build_unit_grid(layers, day=DAY)
    assert_tiles(grid, layers.boundary)
    assert_whole(grid, layers.buildings, layers.boundary)
    bridge = layers.buildings.geometry.iloc[8]
    for community, whole in divisions.set_index("id").geometry.items():
        own = shapely.union_all(shapes(grid[grid["community"] == community]))
        assert own.difference(whole).difference(bridge.buffer(0.01)).area < 1
    assert set(grid["code"].str[:12]) == {"000000000001", "000000000002"}


def test_a_wall_is_followed_where_it_is_mapped():
    wall = [(520, 240), (530, 0)]
    layers = GridLayers(
        boundary=shapely.box(440, 0, 620, 120),
        street_edges=streets(("residential", [(440, -10), (620, -10)])),
        buildings=areas(),
        barriers=gpd.GeoDataFrame(geometry=[shapely.LineString(wall)], crs=CRS),
    )
    grid = build_unit_grid(layers, day=DAY)
    line = shapely.LineString(wall).intersection(layers.boundary)
    assert len(grid) == 2
    assert all(cell.boundary.buffer(0.01).contains(line) for cell in shapes(grid))


def test_rocks_off_the_coast_belong_to_the_nearest_cell():
    rock = shapely.box(900, 100, 910, 110)
    layers = town(boundary=shapely.union(shapely.box(0, 0, 800, 480), rock))
    grid = build_unit_grid(layers, day=DAY)
    assert_tiles(grid, layers.boundary)
    (holder,) = [cell for cell in shapes(grid) if cell.intersects(rock)]
    assert holder.geom_type == "MultiPolygon"
    assert holder.distance(shapely.Point(800, 105)) == 0


def test_tunnels_do_not_divide_the_ground_above():
    tunnel = ("primary", [(240, 50), (800, 50)], "", -1)
    with_tunnel = build_unit_grid(town(tunnel), day=DAY)
    without = build_unit_grid(town(), day=DAY)
    assert shapely.equals(shapes(with_tunnel), shapes(without)).all()


def test_a_base_gives_the_layers(monaco, tmp_path):
    unbuilt = shutil.ignore_patterns("base", "checkups", "operations")
    folder = shutil.copytree(monaco, tmp_path / "monaco", ignore=unbuilt)
    layers = read_grid_layers(dizuo.open(folder).build())
    assert layers.boundary.area == pytest.approx(2.026e6, rel=1e-3)
    assert len(layers.buildings) > 1000
    assert layers.divisions["kind"].eq("community").any()


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 2**32 - 1))
def test_any_town_is_tiled_and_no_building_cut(seed):
    draw = np.random.default_rng(seed)
    lines = [
        (
            draw.choice(["residential", "service", "footway", "primary"]),
            draw.uniform(-50, 450, (2, 2)),
        )
        for _ in range(draw.integers(0, 8))
    ]
    corners = draw.uniform(-20, 400, (draw.integers(0, 25), 2))
    size = draw.uniform(1, 60, corners.shape)
    houses = [
        shapely.affinity.rotate(shapely.box(*low, *(low + extent)), draw.uniform(0, 90))
        for low, extent in zip(corners, size, strict=True)
    ]
    layers = GridLayers(
        boundary=shapely.Point(200, 200).buffer(210),
        street_edges=streets(("residential", [(-99, -99), (-98, -98)]), *lines),
        buildings=areas(*houses),
    )
    grid = build_unit_grid(layers, day=DAY)
    assert_tiles(grid, layers.boundary)
    assert_whole(grid, layers.buildings, layers.boundary)
