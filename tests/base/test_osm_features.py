"""Facilities by the catalogue: one thing is one row, whatever the number of its drawings."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
from osm_town import CRS, Town

from dizuo.base.buildings import estimate_buildings
from dizuo.base.osm import read_osm
from dizuo.base.osm_buildings import build_buildings
from dizuo.base.osm_features import build_facilities, measure_facilities
from dizuo.standards.catalogue import load_facility_catalogue


@pytest.fixture
def town():
    town = Town()
    town.node(1, -100, 0)
    town.node(2, -200, 0)
    town.street(3, 1, 2)
    return town


@pytest.fixture
def found(town, tmp_path):
    """Write the town and return its facilities by id, and the rejects by id."""

    def read():
        extract = read_osm(town.write(tmp_path / "town.osm"))
        facilities, rejects = build_facilities(extract, CRS, load_facility_catalogue())
        return facilities.set_index("id"), rejects.set_index("id")["reason"].to_dict()

    return read


def test_a_feature_of_several_categories_is_several_facilities(town, found):
    town.node(10, 0, 0, amenity="bank", atm="yes", name="Sparkasse")
    town.node(11, 50, 0, amenity="pharmacy")
    facilities, _ = found()
    assert list(facilities.index) == ["facility:n10.atm", "facility:n10.bank", "facility:n11"]
    assert facilities.loc["facility:n11", ["feature", "category"]].tolist() == ["n11", "pharmacy"]
    assert set(facilities["evidence"]) == {"measured"}


def test_what_a_tag_only_suggests_is_estimated(town, found):
    town.node(10, 0, 0, amenity="childcare")
    facilities, _ = found()
    assert facilities["evidence"].to_dict() == {"facility:n10": "estimated"}


def test_a_point_in_its_grounds_is_the_same_school(town, found):
    town.box(10, 0, 0, 100, 100, amenity="school", name="Lycée")
    town.box(11, 20, 20, 30, 30, building="school", amenity="school")
    town.node(12, 30, 30, amenity="school", name="Lycée", capacity="400")
    town.node(13, 70, 70, amenity="school", name="École de musique")  # another that shares them
    facilities, rejects = found()
    assert set(facilities["feature"]) == {"w10", "n13"}
    grounds = facilities.loc["facility:w10"]
    assert grounds["capacity"] == 400
    assert grounds["land_area"] == pytest.approx(10_000, abs=10)
    assert rejects == {
        "facility:w11.school": "duplicate: w10 is the same school",
        "facility:n12.school": "duplicate: w10 is the same school",
    }


def test_unnamed_grounds_take_the_name_of_the_point_in_them(town, found):
    town.box(10, 0, 0, 100, 100, amenity="hospital")
    town.node(11, 30, 30, amenity="hospital", name="Saint Roch")
    facilities, _ = found()
    assert facilities["name"].to_dict() == {"facility:w10": "Saint Roch"}


def test_a_bench_or_a_track_may_be_a_line(town, found):
    town.node(20, 0, 0)
    town.node(21, 0, 3)
    town.way(22, [20, 21], amenity="bench")
    town.way(23, [20, 21], leisure="track", sport="running")
    facilities, _ = found()
    assert facilities["category"].to_dict() == {
        "facility:w22": "bench",
        "facility:w23": "running_track",
    }
    assert set(facilities.geom_type) == {"LineString"}
    assert facilities["land_area"].isna().all()


def test_the_same_name_nearby_is_the_same_thing(town, found):
    town.box(10, 0, 0, 50, 50, amenity="library", name="Central")
    town.node(11, 80, 20, amenity="library", name="Central")  # at its gate
    town.node(12, 900, 20, amenity="library", name="Central")  # another branch
    facilities, rejects = found()
    assert set(facilities["feature"]) == {"w10", "n12"}
    assert set(rejects) == {"facility:n11.library"}


def test_two_stops_of_one_name_are_two_stops(town, found):
    town.node(10, 0, 0, highway="bus_stop", name="Market")
    town.node(11, 12, 0, highway="bus_stop", name="Market")
    facilities, rejects = found()
    assert len(facilities) == 2
    assert rejects == {}


def test_a_mall_holds_its_shops(town, found):
    town.box(10, 0, 0, 100, 100, building="retail", shop="mall", name="Mall")
    town.node(11, 30, 30, shop="bakery")
    facilities, rejects = found()
    assert {"shopping_centre", "bakery"} <= set(facilities["category"])
    assert rejects == {}


def test_floor_area_comes_from_the_buildings_that_a_facility_owns(town, tmp_path):
    town.box(10, 0, 0, 20, 10, building="yes", building__levels="3", amenity="library")
    town.box(11, 100, 0, 100, 100, amenity="school")
    town.box(12, 110, 10, 10, 10, building="school", building__levels="2")
    town.box(13, 150, 10, 20, 10, building="school", building__levels="1")
    town.node(14, 5, 5, amenity="cafe")
    town.box(15, 300, 0, 100, 100, leisure="park")
    town.box(16, 310, 10, 10, 10, building="retail", building__levels="1")
    extract = read_osm(town.write(tmp_path / "town.osm"))
    buildings = estimate_buildings(build_buildings(extract, CRS).buildings)
    facilities, _ = build_facilities(extract, CRS, load_facility_catalogue())
    measured = measure_facilities(facilities, buildings)
    area = measured.set_index("category")["floor_area"]
    mark = measured.set_index("category")["floor_area_evidence"]
    assert (area["library"], mark["library"]) == (pytest.approx(600, abs=2), "measured")
    assert (area["school"], mark["school"]) == (pytest.approx(400, abs=2), "estimated")
    assert np.isnan(area["cafe"])
    assert mark["cafe"] == "missing"
    assert np.isnan(area["park"])  # what stands in a park is not the park


def test_measuring_works_without_any_building(town, tmp_path):
    town.box(11, 100, 0, 100, 100, amenity="school")
    extract = read_osm(town.write(tmp_path / "town.osm"))
    facilities, _ = build_facilities(extract, CRS, load_facility_catalogue())
    none = gpd.GeoDataFrame(
        {"id": [], "floor_area": [], "floor_area_evidence": []}, geometry=[], crs=CRS
    )
    assert measure_facilities(facilities, none)["floor_area"].isna().all()


def test_monaco_has_its_facilities(monaco_extract):
    catalogue = load_facility_catalogue()
    facilities, rejects = build_facilities(monaco_extract, CRS, catalogue)
    counts = facilities["category"].value_counts()
    assert counts["pharmacy"] == 11
    assert counts["bench"] == 178  # 177 points and a line
    assert counts["fire_station"] == 2
    assert facilities["id"].is_unique
    assert set(facilities["category"]) <= set(catalogue)
    assert rejects["reason"].str.startswith("duplicate").all()
    assert shapely.is_valid(facilities.geometry.to_numpy()).all()


def test_only_the_categories_asked_for_are_kept(monaco_extract):
    catalogue = {"pharmacy": load_facility_catalogue()["pharmacy"]}
    facilities, _ = build_facilities(monaco_extract, CRS, catalogue)
    assert set(facilities["category"]) == {"pharmacy"}
