"""A town of one building, and a town of one street: every layer is made, empty or not."""

import pyproj
import pytest
import shapely
from osm_town import CRS, EAST, NORTH, Town

from dizuo.base.buildings import estimate_buildings
from dizuo.base.delineation import City, draw_places
from dizuo.base.osm import read_osm
from dizuo.base.osm_buildings import build_buildings
from dizuo.base.osm_divisions import build_divisions
from dizuo.base.osm_features import build_facilities, measure_facilities
from dizuo.base.osm_stops import build_stops
from dizuo.base.osm_surroundings import (
    build_green,
    build_heritage,
    build_land_use,
    build_trees,
    build_water,
    cutting_lines,
)
from dizuo.base.schemas import check_layer
from dizuo.base.streets import build_streets
from dizuo.standards.catalogue import load_facility_catalogue

SYSTEM = pyproj.CRS.from_user_input(CRS)
LAND = shapely.box(EAST - 100, NORTH - 100, EAST + 100, NORTH + 100)


def one_building(town):
    town.box(1, 0, 0, 10, 10, building="yes")


def one_street(town):
    town.node(1, 0, 0)
    town.node(2, 10, 0)
    town.street(3, 1, 2)


@pytest.mark.parametrize(("draw", "buildings", "edges"), [(one_building, 1, 0), (one_street, 0, 1)])
def test_every_layer_keeps_its_schema(draw, buildings, edges, tmp_path):
    town = Town()
    draw(town)
    extract = read_osm(town.write(tmp_path / "town.osm"))
    nodes, street_edges = build_streets(extract.highways, SYSTEM)
    told = build_buildings(extract, SYSTEM)
    complete = estimate_buildings(told.buildings)
    facilities, _ = build_facilities(extract, SYSTEM, load_facility_catalogue())
    stops, _ = build_stops(extract, SYSTEM)
    water = build_water(extract, SYSTEM)
    divisions = build_divisions(extract, LAND, SYSTEM)
    made = {
        "street_nodes": nodes,
        "street_edges": street_edges,
        "facilities": measure_facilities(facilities, complete),
        "stops": stops,
        "water": water,
        "green": build_green(extract, SYSTEM),
        "land_use": build_land_use(extract, SYSTEM),
        "heritage": build_heritage(extract, SYSTEM),
        "trees": build_trees(extract, SYSTEM),
        "divisions": divisions,
        "places": draw_places(
            LAND,
            City("town", "Town"),
            street_edges=street_edges,
            water=water,
            lines=cutting_lines(extract, SYSTEM),
            divisions=divisions,
        ),
    }
    rows = {name: len(check_layer(name, layer, SYSTEM)) for name, layer in made.items()}
    assert len(complete) == buildings
    assert {name: count for name, count in rows.items() if count} == {
        "places": 6,  # the city, one block, four cells around the origin
        **({"street_nodes": 2, "street_edges": edges} if edges else {}),
    }
    assert len(told.rejects) == 0
