"""The unit grids of real cities: cells of a hectare, no gap, no overlap, no building cut."""

import dataclasses
import datetime as dt

import numpy as np
import pytest
import shapely

from dizuo.base.unit_grid import build_unit_grid, read_grid_layers, update_unit_grid
from dizuo.base.unit_grid_check import check_unit_grid

pytestmark = pytest.mark.systems("S22.9")


@pytest.fixture(scope="module")
def base(request):
    return request.getfixturevalue(f"{request.param}_city").base


@pytest.mark.parametrize(
    "base",
    ["monaco", pytest.param("las_palmas", marks=[pytest.mark.shared, pytest.mark.slow])],
    indirect=True,
)
def test_the_grid_of_a_city(base):
    layers = read_grid_layers(base)
    grid = build_unit_grid(layers, day=dt.date(2024, 1, 1))

    report = check_unit_grid(grid, layers)
    assert 8_000 <= report.median_area <= 12_000
    assert report.is_coverage
    assert report.area_error < 1e-6
    assert report.cut_buildings == ()
    assert report.usual_share > 0.95
    assert grid["code"].is_unique
    assert grid["code"].str.fullmatch(r"\d{15}").all()

    # The same by other means: footprints inside the boundary lie in one cell, grown by rounding.
    cells = np.asarray(grid.geometry.array, dtype=object)
    buildings = np.asarray(layers.buildings.geometry.array, dtype=object)
    inside = buildings[shapely.covers(layers.boundary, buildings)]
    grown = shapely.buffer(cells, 0.003)
    held = shapely.STRtree(inside).query(grown, predicate="covers")[1]
    assert len(np.unique(held)) == len(inside) > 1000


def test_an_update_of_monaco_changes_codes_only_where_the_map_changed(monaco_city):
    layers = read_grid_layers(monaco_city.base)
    grid = build_unit_grid(layers, day=dt.date(2024, 1, 1))
    again = update_unit_grid(grid, layers, day=dt.date(2025, 1, 1))
    assert again["code"].tolist() == grid["code"].tolist()
    assert set(again["status"]) == {"valid"}

    fewer = layers.buildings.drop(layers.buildings.sample(10, random_state=1).index)
    changed = dataclasses.replace(layers, buildings=fewer)
    after = update_unit_grid(grid, changed, day=dt.date(2025, 1, 1))
    report = check_unit_grid(after, changed)
    assert report.is_coverage
    assert report.cut_buildings == ()
    assert (after["status"] == "retired").sum() <= 10
