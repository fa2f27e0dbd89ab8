"""Where the land of a city is, and where its data ends."""

import json

import numpy as np
import pytest
import shapely
from shapely import LineString, Point, box

from dizuo.base.boundary import land_and_sea, landward_extent, read_outline
from dizuo.model.errors import InputError

OUTLINE = box(0, 0, 1000, 1000)


def lines(*coordinates):
    return np.array([LineString(each) for each in coordinates], dtype=object)


def test_land_lies_to_the_left_of_the_coast():
    northward = lines([(600, -500), (600, 1500)])
    land, sea = land_and_sea(OUTLINE, northward)
    assert land.area == pytest.approx(600_000)
    assert sea.area == pytest.approx(400_000)
    land, sea = land_and_sea(OUTLINE, shapely.reverse(northward))
    assert land.area == pytest.approx(400_000)


def test_without_a_coast_or_with_one_elsewhere_all_is_land():
    assert land_and_sea(OUTLINE, lines())[0].equals(OUTLINE)
    assert land_and_sea(OUTLINE, lines([(5000, 0), (5000, 9)]))[0].equals(OUTLINE)
    # A coast that ends inside parts nothing.
    assert land_and_sea(OUTLINE, lines([(500, -9), (500, 500)]))[0].area == pytest.approx(1e6)


def test_islands_are_land_and_a_harbour_is_sea():
    island = lines([(700, 400), (800, 400), (800, 500), (700, 500), (700, 400)])
    coast = lines([(600, -500), (600, 1500)])
    land, _ = land_and_sea(OUTLINE, np.concatenate([coast, island]))
    assert land.area == pytest.approx(610_000)
    # The outline runs across the mouth of the harbour; the coast goes around it.
    harbour = lines([(1000, -500), (1000, 400), (900, 400), (900, 600), (1000, 600), (1000, 1500)])
    land, sea = land_and_sea(OUTLINE, harbour)
    assert sea.area == pytest.approx(20_000)
    assert not land.contains(Point(950, 500))


def test_the_extent_goes_on_over_the_sea_but_not_over_land():
    coast = lines([(600, -500), (600, 1500)])
    _, sea = land_and_sea(OUTLINE, coast)
    extent = landward_extent(OUTLINE, sea, coast, 3000)
    assert extent.contains(Point(2500, 500))
    assert not extent.contains(Point(-10, 500))
    edge = shapely.boundary(extent)
    # A home on the coast is as far from the edge of the data as from the nearest land border.
    assert edge.distance(Point(590, 500)) == pytest.approx(500, abs=60)
    assert edge.distance(Point(50, 500)) == pytest.approx(50)


def test_an_outline_that_follows_the_coast_faces_the_sea():
    coast = lines([(1003, -500), (997, 500), (1003, 1500)])
    _, sea = land_and_sea(OUTLINE, coast)
    extent = landward_extent(OUTLINE, sea, coast, 3000)
    assert extent.contains(Point(2500, 500))
    assert shapely.boundary(extent).distance(Point(990, 500)) > 400


def test_inland_the_extent_is_the_outline():
    assert landward_extent(OUTLINE, shapely.Polygon(), lines(), 3000).equals(OUTLINE)


def geojson(file, geometry, crs=None):
    content = {
        "type": "FeatureCollection",
        "features": [
            {"type": "Feature", "properties": {}, "geometry": shapely.geometry.mapping(each)}
            for each in geometry
        ],
    }
    if crs:
        content["crs"] = {"type": "name", "properties": {"name": crs}}
    file.write_text(json.dumps(content), encoding="utf-8")
    return file


def test_the_outline_is_the_union_of_the_polygons(tmp_path):
    file = geojson(
        tmp_path / "a.geojson", [box(9, 45, 9.1, 45.1), box(9.1, 45, 9.2, 45.1), Point(0, 0)]
    )
    assert read_outline(file).equals(box(9, 45, 9.2, 45.1))
    bow_tie = shapely.Polygon([(9, 45), (9.1, 45.1), (9.1, 45), (9, 45.1)])
    assert read_outline(geojson(file, [bow_tie])).is_valid


def test_outlines_in_another_system_are_transformed(tmp_path):
    file = geojson(
        tmp_path / "a.geojson", [box(500_000, 5_000_000, 500_400, 5_000_400)], "EPSG:32632"
    )
    assert read_outline(file).centroid.distance(Point(9.0025, 45.153)) < 0.01


def test_an_outline_without_polygon_or_out_of_range_is_refused(tmp_path):
    with pytest.raises(InputError, match="no polygon"):
        read_outline(geojson(tmp_path / "a.geojson", [Point(9, 45)]))
    metres = geojson(tmp_path / "b.geojson", [box(500_000, 5_000_000, 500_400, 5_000_400)])
    with pytest.raises(InputError, match="outside the range"):
        read_outline(metres)


def test_the_land_of_monaco(monaco):
    import geopandas as gpd

    from dizuo.base.osm import read_osm

    extract = read_osm(monaco / "monaco.osm.pbf")
    outline = gpd.GeoSeries([read_outline(monaco / "monaco_boundary.geojson")], crs=4326)
    outline = outline.to_crs(32632)[0]
    coast = extract.lines[[tags.get("natural") == "coastline" for tags in extract.lines["tags"]]]
    coast = coast.to_crs(32632).geometry.to_numpy()
    land, sea = land_and_sea(outline, coast)
    # Official land area: 2.02 km2 before the extension of 2024, 2.08 km2 with it.
    assert land.area == pytest.approx(2.02e6, rel=0.01)
    assert sea.area == pytest.approx(0.31e6, rel=0.02)
    extent = landward_extent(outline, sea, coast, 10_000)
    kept = outline.boundary.intersection(shapely.boundary(extent).buffer(1)).length
    assert kept == pytest.approx(5500, rel=0.05)  # the land border with France is 5.5 km long
