"""What a user's own rows become, and which of them are rejected."""

from datetime import date
from types import MappingProxyType

import geopandas as gpd
import pyogrio
import pytest
from osm_town import EAST, NORTH
from pyproj import CRS
from shapely import Point, Polygon, box
from town_city import degrees

from dizuo.base.config import SourceSettings
from dizuo.base.crs import wgs84_to_gcj02
from dizuo.base.rejects import rejected_counts
from dizuo.base.user_layers import read_user_rows
from dizuo.model.errors import InputError
from dizuo.model.evidence import Evidence

METRIC = CRS.from_epsg(32632)
OUTLINE = box(EAST, NORTH, EAST + 400, NORTH + 400)


def source(file, layer="facilities", **changes):
    settings = {
        "id": "own",
        "kind": "table" if file.suffix in {".csv", ".xlsx"} else "vector",
        "file": file,
        "licence": "internal",
        "attribution": "",
        "date": date(2024, 2, 1),
        "layer": layer,
        "crs": "EPSG:4326" if file.suffix == ".csv" else None,
        "constants": {"category": "kindergarten"} if layer == "facilities" else {},
    }
    return SourceSettings(**(settings | changes))


def table(file, header, *rows, encoding="utf-8"):
    text = "\n".join([header, *(",".join(str(cell) for cell in row) for row in rows)])
    file.write_text(text, encoding=encoding)
    return file


@pytest.fixture
def here():
    return degrees(100, 100)


@pytest.mark.systems("S22.2")
def test_a_table_becomes_facilities_with_stable_ids_and_evidence(tmp_path, here):
    lon, lat = here
    file = table(
        tmp_path / "a.csv",
        "编号,名称,x,y,床",
        ("K1", "甲", lon, lat, 90),
        ("", "乙", lon, lat + 1e-4, ""),
    )
    settings = source(
        file,
        columns=MappingProxyType({"id": "编号", "name": "名称", "capacity": "床"}),
        evidence=Evidence.ESTIMATED,
    )
    read = read_user_rows(settings, METRIC, OUTLINE)
    first, second = read.frame.to_dict("records")
    assert first["id"] == "facility:own.K1"
    assert first["feature"] == "own.K1"
    assert first["category"] == "kindergarten"
    assert first["capacity"] == 90
    assert first["source"] == "own"
    assert first["evidence"] == "estimated"
    assert first["floor_area_evidence"] == "missing"
    assert first["geometry"].distance(Point(EAST + 100, NORTH + 100)) < 0.02
    assert second["id"].startswith("facility:own.~kindergarten-")
    again = read_user_rows(settings, METRIC, OUTLINE).frame
    assert list(again["id"]) == list(read.frame["id"])


def test_a_gbk_table_in_gcj02_lands_where_it_belongs(tmp_path):
    crs = CRS.from_epsg(32650)
    centre = gpd.GeoSeries([Point(116.39, 39.9)], crs=4326).to_crs(crs)[0]
    x, y = wgs84_to_gcj02([116.391], [39.9075])
    file = table(tmp_path / "a.csv", "名称,经度,纬度", ("幼儿园", x[0], y[0]), encoding="gbk")
    settings = source(file, crs="GCJ-02", columns={"name": "名称", "x": "经度", "y": "纬度"})
    (row,) = read_user_rows(settings, crs, centre.buffer(3000)).frame.to_dict("records")
    true = gpd.GeoSeries([Point(116.391, 39.9075)], crs=4326).to_crs(crs)[0]
    assert row["geometry"].distance(true) < 0.001
    assert row["name"] == "幼儿园"


def test_rows_without_a_usable_place_are_rejected_with_their_row(tmp_path, here):
    lon, lat = here
    file = table(
        tmp_path / "a.csv", "name,x,y",
        ("good", lon, lat), ("empty", "", lat), ("nan", "NaN", lat), ("inf", "inf", lat),
        ("comma", "9,0", lat), ("word", "east", lat), ("far", lon + 3, lat), ("range", 200, lat),
        ("range", lon, 95),
    )  # fmt: skip
    read = read_user_rows(source(file), METRIC, OUTLINE)
    assert list(read.frame["name"]) == ["good"]
    assert rejected_counts(read.rejects) == {
        "it lies more than 10 km from the city": 1,
        "longitude or latitude is out of range": 2,
        "the coordinates are empty or no numbers": 4,
        "the row has 4 cells, the header 3": 1,
    }
    assert sorted(map(int, read.rejects["row"])) == [3, 4, 5, 6, 7, 8, 9, 10]
    assert set(read.rejects["source"]) == {"own"}


def test_wkt_gives_areas_and_crossing_outlines_are_mended(tmp_path):
    def ring(*corners):
        return "POLYGON ((" + ", ".join("{} {}".format(*degrees(*c)) for c in corners) + "))"

    crossing = ring((0, 0), (10, 10), (10, 0), (0, 10), (0, 0))
    plain = ring((20, 0), (30, 0), (30, 10), (20, 10), (20, 0))
    file = tmp_path / "a.csv"
    file.write_text(
        f'name;wkt\ncrossing;"{crossing}"\nplain;"{plain}"\nbad;POLYGON (1)\n', encoding="utf-8"
    )
    read = read_user_rows(source(file), METRIC, OUTLINE)
    assert list(read.frame["land_area"]) == pytest.approx([50, 100], rel=0.01)
    assert read.mended == {"Self-intersection": 1}
    assert list(read.rejects["reason"]) == ["the WKT cannot be read"]


def test_values_that_cannot_be_reject_their_row(tmp_path, here):
    lon, lat = here
    file = table(
        tmp_path / "a.csv", "id,category,capacity,x,y",
        (1, "kindergarten", 10, lon, lat), (2, "kindergarden", 10, lon, lat),
        (3, "clinic", -5, lon, lat), (4, "clinic", "many", lon, lat), (5, "", 1, lon, lat),
        (1, "clinic", 10, lon, lat), (7, "kindergarten", 10, lon, lat),
    )  # fmt: skip
    read = read_user_rows(source(file, constants={}), METRIC, OUTLINE)
    assert list(read.frame["id"]) == ["facility:own.1"]
    reasons = dict(zip(read.rejects["row"], read.rejects["reason"], strict=True))
    assert reasons == {
        "3": "the word 'kindergarden' is not possible as category",
        "4": "the value -5 is no possible number",
        "5": "the value many is no possible number",
        "6": "the word '' is not possible as category",
        "7": "the id is there already",
        "8": "the same feature is there already, at the same place",
    }


@pytest.mark.parametrize(
    ("header", "changes", "problem", "cure"),
    [
        ("name,lon,lat", {}, "no column 'x'", "name, lon, lat"),
        ("name,x,y", {"columns": {"nmae": "name"}}, "no column 'nmae'", "Did you mean 'name'"),
        ("name,x,y", {"columns": {"name": "Name"}}, "no column 'Name'", "Did you mean 'name'"),
        ("name,x,y", {"constants": {}}, "nothing tells the column 'category'", "constants"),
        ("name,x,y", {"crs": None}, "does not state", "EPSG:4326"),
        ("name,x,y", {"crs": "WGS 48"}, "no coordinate reference system", "GCJ-02"),
        ("name,x,y", {"crs": "EPSG:32632"}, "no row lies near the city", "coordinate reference"),
        ("name,y,x", {}, "x and y are swapped", "swap"),
        ("手机,x,y", {}, "no data on persons", "drop"),
    ],
)
def test_sources_that_do_not_fit_are_refused(tmp_path, here, header, changes, problem, cure):
    file = table(tmp_path / "a.csv", header, ("甲", *here))
    with pytest.raises(InputError, match=problem) as caught:
        read_user_rows(source(file, **changes), METRIC, OUTLINE)
    assert cure in caught.value.cure
    assert caught.value.file == str(file)


def test_swapped_degrees_beyond_the_range_are_told_too(tmp_path):
    crs = CRS.from_epsg(32650)
    outline = gpd.GeoSeries([Point(116.39, 39.9)], crs=4326).to_crs(crs)[0].buffer(3000)
    file = table(tmp_path / "a.csv", "name,x,y", ("甲", 39.9, 116.39))
    with pytest.raises(InputError, match="x and y are swapped"):
        read_user_rows(source(file), crs, outline)


def test_a_vector_file_of_buildings_keeps_what_it_tells(tmp_path):
    file = tmp_path / "houses.gpkg"
    houses = gpd.GeoDataFrame(
        {
            "levels": [5, None],
            "use": ["residential", ""],
            "heritage": ["是", "no"],
            "secret": [1, 2],
        },
        geometry=[
            box(EAST, NORTH, EAST + 10, NORTH + 10),
            box(EAST + 20, NORTH, EAST + 30, NORTH + 10),
        ],
        crs=METRIC,
    )
    pyogrio.write_dataframe(houses, file)
    frame = read_user_rows(source(file, "buildings"), METRIC, OUTLINE).frame
    assert list(frame["levels_evidence"]) == ["measured", "missing"]
    assert list(frame["use"]) == ["residential", "unknown"]
    assert list(frame["use_evidence"]) == ["measured", "missing"]
    assert list(frame["heritage"]) == [True, False]
    assert list(frame["footprint_area"]) == pytest.approx([100, 100])
    assert "secret" not in frame.columns


def test_a_file_in_the_wrong_system_is_refused(tmp_path):
    file = tmp_path / "houses.gpkg"
    houses = gpd.GeoDataFrame(geometry=[box(EAST, NORTH, EAST + 10, NORTH + 10)], crs="EPSG:32628")
    pyogrio.write_dataframe(houses, file)
    with pytest.raises(InputError, match="no row lies near the city"):
        read_user_rows(source(file, "buildings"), METRIC, OUTLINE)
    with pytest.raises(InputError, match="the settings say EPSG:4326"):
        read_user_rows(source(file, "buildings", crs="EPSG:4326"), METRIC, OUTLINE)


def test_green_and_population_have_their_own_columns(tmp_path):
    park = gpd.GeoDataFrame(
        {"kind": ["park"]}, geometry=[box(EAST, NORTH, EAST + 10, NORTH + 10)], crs=METRIC
    )
    park.to_parquet(tmp_path / "park.parquet")
    (row,) = read_user_rows(
        source(tmp_path / "park.parquet", "green"), METRIC, OUTLINE
    ).frame.to_dict("records")
    assert (row["kind"], row["access"], row["area"]) == ("park", "unknown", 100)
    cells = gpd.GeoDataFrame(
        {"persons": ["12", ""]}, geometry=[Point(EAST, NORTH), Point(EAST + 1, NORTH)], crs=METRIC
    )
    cells.to_parquet(tmp_path / "cells.parquet")
    settings = source(
        tmp_path / "cells.parquet", "population_points", columns={"residents": "persons"}
    )
    read = read_user_rows(settings, METRIC, OUTLINE)
    assert list(read.frame["residents"]) == [12]
    assert list(read.rejects["reason"]) == ["the value  is no possible number"]


def test_self_crossing_areas_that_leave_nothing_are_rejected(tmp_path):
    flat = Polygon([(EAST, NORTH), (EAST + 5, NORTH), (EAST + 9, NORTH)])
    frame = gpd.GeoDataFrame(
        {"kind": ["park", "park"]},
        geometry=[flat, box(EAST, NORTH, EAST + 1, NORTH + 1)],
        crs=METRIC,
    )
    frame.to_parquet(tmp_path / "a.parquet")
    read = read_user_rows(source(tmp_path / "a.parquet", "water", constants={}), METRIC, OUTLINE)
    assert len(read.frame) == 1
    assert "nothing is left" in read.rejects["reason"][0]
