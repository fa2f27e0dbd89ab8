"""Residents by residential floor area: totals are kept, patterns follow floors or cells."""

from datetime import date

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from osm_town import CRS

from dizuo.base.population import allocate_cells, allocate_population
from dizuo.model.errors import InputError

DAY = date(2023, 12, 31)


def homes(*floor_areas, use="residential", step=100.0):
    shapes = [shapely.box(at * step, 0, at * step + 10, 10) for at in range(len(floor_areas))]
    return gpd.GeoDataFrame(
        {
            "id": [f"building:{at}" for at in range(len(floor_areas))],
            "use": use,
            "levels": 1.0,
            "floor_area": np.array(floor_areas, dtype=float),
        },
        geometry=shapes,
        crs=CRS,
    )


def cells(residents, boxes):
    return gpd.GeoDataFrame(
        {"id": [f"c{at}" for at in range(len(boxes))], "residents": residents},
        geometry=boxes,
        crs=CRS,
    )


def test_residents_follow_residential_floor_area():
    found = allocate_population(homes(100, 300, 600), 1000, DAY, "census")
    assert found.residents.tolist() == pytest.approx([100, 300, 600])
    assert set(found.evidence) == {"estimated"}
    assert "2023-12-31" in found.note
    assert "census" in found.note


def test_nobody_lives_in_an_office():
    buildings = homes(100, 300)
    buildings.loc[1, "use"] = "office"
    assert allocate_population(buildings, 50, DAY, "census").residents.tolist() == [50, 0]


@given(
    st.lists(st.floats(0.1, 1e6), min_size=1, max_size=40),
    st.floats(0, 5e7),
)
@settings(deadline=None)
def test_the_total_is_kept(floor_areas, total):
    found = allocate_population(homes(*floor_areas), total, DAY, "census")
    assert found.residents.sum() == pytest.approx(total, rel=1e-12, abs=1e-9)
    assert (found.residents >= 0).all()


def test_twice_the_people_are_twice_as_many_everywhere():
    buildings = homes(100, 250, 40)
    once = allocate_population(buildings, 1000, DAY, "census").residents
    twice = allocate_population(buildings, 2000, DAY, "census").residents
    assert twice.tolist() == pytest.approx((2 * once).tolist())


def test_people_without_homes_are_refused():
    with pytest.raises(InputError, match="no residential floor area"):
        allocate_population(homes(100, use="office"), 10, DAY, "census")
    assert allocate_population(homes(100, use="office"), 0, DAY, "census").residents.sum() == 0


@pytest.mark.parametrize("total", [-1, float("nan"), float("inf")])
def test_a_total_that_is_no_number_of_people_is_refused(total):
    with pytest.raises(InputError, match="no number of residents"):
        allocate_population(homes(100), total, DAY, "census")


def test_cells_keep_their_people():
    buildings = homes(100, 300, 200, 200)  # at x = 0, 100, 200, 300
    grid = cells([40, 60], [shapely.box(-50, -50, 150, 50), shapely.box(150, -50, 350, 50)])
    found = allocate_cells(buildings, grid, "grid")
    assert found.residents.tolist() == pytest.approx([10, 30, 30, 30])
    assert len(found.unplaced) == 0


def test_a_grid_of_another_year_keeps_its_pattern():
    grid = cells([40, 60], [shapely.box(-50, -50, 50, 50), shapely.box(50, -50, 150, 50)])
    found = allocate_cells(homes(100, 100), grid, "grid", total=1000)
    assert found.residents.tolist() == pytest.approx([400, 600])


def test_points_give_to_the_home_they_lie_in_or_the_nearest():
    buildings = homes(100, 100)  # from x = 0 to 10 and from 100 to 110
    at = [shapely.Point(9.9, 9.9), shapely.Point(60, 5), shapely.Point(0, 5000)]
    found = allocate_cells(buildings, cells([5, 7, 9], at), "points", reach=500)
    assert found.residents.tolist() == [5, 7]
    assert found.unplaced["id"].tolist() == ["c2"]
    strict = allocate_cells(buildings, cells([5, 7, 9], at), "points", reach=0)
    assert strict.residents.tolist() == [5, 0]
    assert strict.unplaced["id"].tolist() == ["c1", "c2"]


def test_a_cell_without_homes_gives_to_the_nearest():
    grid = cells([4, 6], [shapely.box(-50, -50, 50, 50), shapely.box(50, -50, 90, 50)])
    found = allocate_cells(homes(100, 100), grid, "grid", reach=20)
    assert found.residents.tolist() == [4, 6]


def test_a_building_on_the_edge_of_two_cells_belongs_to_one():
    # Both cells touch its middle; the second has no other home, and the nearest is this one.
    grid = cells([10, 20], [shapely.box(-50, -50, 5, 50), shapely.box(5, -50, 50, 50)])
    found = allocate_cells(homes(100, 100), grid, "grid")
    assert found.residents.tolist() == [30, 0]
    assert len(found.unplaced) == 0


def test_cells_with_impossible_numbers_are_refused():
    with pytest.raises(InputError, match="0 or more"):
        allocate_cells(homes(100), cells([-1], [shapely.box(0, 0, 1, 1)]), "grid")
