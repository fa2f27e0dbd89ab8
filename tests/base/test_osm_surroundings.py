"""Green, water, land use, heritage, trees and stops."""

import numpy as np
import pytest
from osm_town import CRS, Town

from dizuo.base.osm import read_osm
from dizuo.base.osm_divisions import build_divisions
from dizuo.base.osm_stops import build_stops
from dizuo.base.osm_surroundings import (
    build_green,
    build_heritage,
    build_land_use,
    build_trees,
    build_water,
    cutting_lines,
)


@pytest.fixture
def town():
    town = Town()
    for ref, x in ((1, 0), (2, 100), (3, 200)):
        town.node(ref, x, -500)
    town.street(4, 1, 2)
    return town


@pytest.fixture
def read(town, tmp_path):
    return lambda: read_osm(town.write(tmp_path / "town.osm"))


def kinds(layer):
    return dict(zip(layer["id"], layer["kind"], strict=True))


def test_green_by_kind_and_access(town, read):
    town.box(10, 0, 0, 100, 100, leisure="park", name="Parc")
    town.box(11, 200, 0, 10, 10, leisure="garden", garden__type="residential")
    town.box(12, 300, 0, 10, 10, leisure="garden")
    town.box(13, 400, 0, 10, 10, landuse="grass")
    town.box(14, 500, 0, 10, 10, leisure="park", access="private")
    town.box(15, 600, 0, 10, 10, landuse="grass", leisure="park")  # a park with grass is a park
    green = build_green(read(), CRS).set_index("id")
    assert green[["kind", "access"]].apply(tuple, axis=1).to_dict() == {
        "green:w10": ("park", "public"),
        "green:w11": ("garden", "private"),
        "green:w12": ("garden", "unknown"),
        "green:w13": ("grass", "unknown"),
        "green:w14": ("park", "private"),
        "green:w15": ("park", "public"),
    }
    assert green.loc["green:w10", "area"] == pytest.approx(10_000, abs=10)


def test_greenways_are_cycleways_signed_paths_and_routes(town, read):
    town.street(10, 1, 2, highway="cycleway", name="Voie verte")
    town.street(11, 1, 2, highway="path", bicycle="designated")
    town.street(12, 2, 3, highway="footway")  # on a hiking route
    town.street(13, 1, 3, highway="footway")
    town.street(14, 2, 3, highway="primary")  # the route follows a road here
    town.street(15, 1, 2, highway="cycleway", access="private")
    town.relation(
        90, [("way", 12, ""), ("way", 14, "")], type="route", route="hiking", name="Sentier"
    )
    green = build_green(read(), CRS)
    assert kinds(green) == dict.fromkeys(["green:w10", "green:w11", "green:w12"], "greenway")
    assert green["area"].isna().all()
    assert green.geometry.length.round().tolist() == [100, 100, 100]


def test_water_areas_and_courses_but_no_culverts_and_no_islands(town, read):
    town.box(10, 0, 0, 100, 100, natural="water", water="river", name="Var")
    town.box(11, 200, 0, 10, 10, natural="water")
    town.way(12, [1, 2], waterway="stream")
    town.way(13, [2, 3], waterway="stream", tunnel="culvert")
    town.box(14, 400, 0, 50, 50, natural="coastline")
    town.box(15, 500, 0, 50, 50, landuse="reservoir")
    assert kinds(build_water(read(), CRS)) == {
        "water:w10": "river",
        "water:w11": "lake",
        "water:w15": "reservoir",
        "water:w12": "stream",
    }


def test_lines_that_cut_blocks(town, read):
    town.way(10, [1, 2], waterway="river")
    town.way(11, [1, 2], waterway="stream")
    town.way(12, [1, 3], railway="rail")
    town.way(13, [2, 3], railway="rail", tunnel="yes")
    town.way(14, [2, 3], natural="coastline")
    assert kinds(cutting_lines(read(), CRS)) == {
        "w10": "river",
        "w12": "rail",
        "w14": "coastline",
    }


def test_land_use_is_land_not_buildings(town, read):
    town.box(10, 0, 0, 100, 100, landuse="residential")
    town.box(11, 200, 0, 100, 100, amenity="school")
    town.box(12, 400, 0, 20, 20, amenity="school", building="yes")
    town.box(13, 500, 0, 20, 20, landuse="retail")
    land = build_land_use(read(), CRS)
    assert dict(zip(land["id"], land["use"], strict=True)) == {
        "land:w10": "residential",
        "land:w11": "education",
        "land:w13": "retail",
    }
    assert set(land["use_evidence"]) == {"measured"}


def test_heritage_and_trees(town, read):
    town.node(10, 0, 0, historic="monument", name="Stele")
    town.node(11, 5, 0, historic="no")
    town.node(12, 9, 0, natural="tree")
    town.box(13, 100, 0, 20, 20, building="yes", heritage="2")
    heritage = build_heritage(read(), CRS)
    assert kinds(heritage) == {"heritage:w13": "protected", "heritage:n10": "monument"}
    assert heritage.set_index("id")["level"].to_dict() == {"heritage:w13": "2", "heritage:n10": ""}
    assert build_trees(read(), CRS)["id"].tolist() == ["tree:n12"]


# ----------------------------------------------------------------------------------------- stops


def stops_of(extract):
    stops, rejects = build_stops(extract, CRS)
    return dict(zip(stops["id"], stops["mode"], strict=True)), set(rejects["id"])


def test_a_stop_drawn_three_times_is_one_stop(town, read):
    town.node(10, 0, 0, highway="bus_stop", name="Place d'Armes")
    town.box(11, 3, 0, 10, 2, public_transport="platform", bus="yes")
    town.node(12, 5, 5, public_transport="stop_position", bus="yes")
    town.node(13, 25, 0, highway="bus_stop", name="Place d'Armes")  # across the street
    assert stops_of(read()) == (
        {"stop:n10": "bus", "stop:n13": "bus"},
        {"stop:w11", "stop:n12"},
    )


def test_platforms_and_stopping_positions_count_where_nothing_better_is(town, read):
    town.box(11, 0, 0, 10, 2, public_transport="platform", bus="yes")
    town.node(12, 5, 5, public_transport="stop_position", bus="yes")
    town.node(13, 500, 5, public_transport="stop_position", tram="yes")
    town.node(14, 900, 0, public_transport="platform")  # of no known mode
    assert stops_of(read()) == ({"stop:w11": "bus", "stop:n13": "tram"}, {"stop:n12"})


def test_the_route_tells_the_mode_of_its_platforms(town, read):
    town.node(14, 900, 0, public_transport="platform")
    town.relation(90, [("node", 14, "platform")], type="route", route="trolleybus")
    assert stops_of(read())[0] == {"stop:n14": "bus"}


def test_trains_and_metros_count_by_station(town, read):
    town.node(10, 0, 0, railway="station", name="Gare")
    town.node(11, 50, 0, public_transport="platform", train="yes")
    town.node(12, 500, 0, railway="station", station="subway")
    town.node(13, 900, 0, railway="tram_stop")
    town.node(14, 1200, 0, amenity="ferry_terminal")
    town.node(15, 1500, 0, aerialway="station")
    assert stops_of(read())[0] == {
        "stop:n10": "rail",
        "stop:n12": "subway",
        "stop:n13": "tram",
        "stop:n14": "ferry",
        "stop:n15": "aerialway",
    }


def test_modes_do_not_repeat_each_other(town, read):
    town.node(10, 0, 0, highway="bus_stop")
    town.node(11, 2, 0, public_transport="stop_position", tram="yes")
    assert stops_of(read())[0] == {"stop:n10": "bus", "stop:n11": "tram"}


# ------------------------------------------------------------------------------------- divisions


def halves(town, level="10", width=500):
    for ref, x, name in ((70, 0, "West"), (71, 500, "East")):
        town.box(ref, x, 0, width, 1000, boundary="administrative", admin_level=level, name=name)


def test_levels_that_tile_the_city_are_its_divisions(town, read):
    import shapely
    from osm_town import EAST, NORTH

    city = shapely.box(EAST, NORTH, EAST + 1000, NORTH + 1000)
    halves(town)
    town.box(72, 0, 0, 1000, 1000, boundary="administrative", admin_level="8", name="Town")
    town.box(73, -900, 0, 900, 1000, boundary="administrative", admin_level="10", name="Beyond")
    divisions = build_divisions(read(), city, CRS)
    assert kinds(divisions) == {"division:w70": "community", "division:w71": "community"}


def test_the_level_tells_districts_from_communities(town, read):
    import shapely
    from osm_town import EAST, NORTH

    city = shapely.box(EAST, NORTH, EAST + 1000, NORTH + 1000)
    halves(town, level="9")
    assert set(build_divisions(read(), city, CRS)["kind"]) == {"district"}


def test_a_level_with_gaps_gives_no_divisions(town, read):
    import shapely
    from osm_town import EAST, NORTH

    city = shapely.box(EAST, NORTH, EAST + 1000, NORTH + 1000)
    halves(town, width=400)
    assert len(build_divisions(read(), city, CRS)) == 0


def test_monaco_has_its_surroundings(monaco_extract):
    assert len(build_trees(monaco_extract, CRS)) == 557
    green = build_green(monaco_extract, CRS)
    assert {"park", "garden", "greenway"} <= set(green["kind"])
    assert green["id"].is_unique
    stops, _ = build_stops(monaco_extract, CRS)
    counts = stops["mode"].value_counts()
    assert counts["rail"] == 1
    assert 76 <= counts["bus"] <= 130  # 76 poles are mapped, and platforms without a pole
    assert np.isnan(stops["departures_per_weekday"]).all()
