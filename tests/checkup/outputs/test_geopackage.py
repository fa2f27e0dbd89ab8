# ruff: noqa: PD011 - the values of a checkup are a table of that name
import dataclasses
import shutil
import sqlite3
import subprocess
import xml.etree.ElementTree as ET
from itertools import pairwise

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely

from dizuo.checkup.outputs.geopackage import write_geopackage


@pytest.fixture(scope="module")
def file(town, tmp_path_factory):
    folder = tmp_path_factory.mktemp("geopackage")
    written = write_geopackage(town, folder / "checkup.gpkg")
    assert [one.name for one in folder.iterdir()] == ["checkup.gpkg"]
    return written


def read(file, layer):
    return gpd.read_file(file, layer=layer, engine="pyogrio")


def test_every_kind_of_place_is_a_layer_with_indicators_as_columns(town, file):
    for kind in ("city", "district", "community", "cell", "block"):
        layer = read(file, kind)
        rows = town.places[town.places["kind"] == kind]
        assert layer["id"].tolist() == rows["id"].tolist()
        assert layer.crs == town.places.crs
        own = town.values[
            (town.values["indicator"] == "09.park_coverage")
            & (town.values["variant"] == "straight")
            & (town.values["place_kind"] == kind)
        ].set_index("place")["value"]
        column = layer.set_index("id")["i09_park_coverage_straight"]
        assert np.array_equal(column, own.reindex(column.index), equal_nan=True)


def test_buildings_tell_nothing_of_residents(file):
    layer = read(file, "building")
    assert "i08_kindergarten_reach_network" in layer
    assert not {"residents", "dwellings"} & set(layer.columns)


def test_findings_are_points_in_their_places(town, file):
    findings = read(file, "findings")
    assert findings["rank"].tolist() == list(range(1, len(town.findings) + 1))
    assert (findings.geom_type == "Point").all()
    shapes = town.places.set_index("id").geometry
    inside = shapes.reindex(findings["place"]).to_numpy()
    assert shapely.covers(inside, findings.geometry.to_numpy()).all()


def test_a_layer_of_two_shapes_is_split(town, tmp_path):
    green = town.layers["green"]
    way = green.assign(
        id="green:1", geometry=[shapely.LineString([(372_000, 4_843_000), (372_500, 4_843_100)])]
    )
    mixed = {**town.layers, "green": pd.concat([green, way], ignore_index=True)}
    written = write_geopackage(dataclasses.replace(town, layers=mixed), tmp_path / "mixed.gpkg")
    assert read(written, "green")["id"].tolist() == ["green:0"]
    assert read(written, "green_lines")["id"].tolist() == ["green:1"]


def test_every_layer_has_one_default_style_that_is_sound_xml(file):
    database = sqlite3.connect(file)
    styles = database.execute(
        "SELECT f_table_name, styleName, styleQML, useAsDefault FROM layer_styles"
    ).fetchall()
    database.close()
    spatial = {name for name, kind in pyogrio.list_layers(file) if kind}
    defaults = [table for table, _, _, default in styles if default]
    assert sorted(defaults) == sorted(spatial)
    for table, name, qml, _ in styles:
        root = ET.fromstring(qml.removeprefix(_doctype(qml)))
        renderer = root.find("renderer-v2")
        symbols = {one.get("name") for one in renderer.iter("symbol")}
        ranges = renderer.findall("ranges/range")
        assert {one.get("symbol") for one in ranges} <= symbols
        for low, high in pairwise(ranges):
            assert low.get("upper") == high.get("lower")
        if ranges and table in {"block", "district"}:
            assert renderer.get("attr") == name
            assert name in read(file, table).columns


def _doctype(text):
    return text[: text.index(">") + 1]


def test_columns_have_titles_in_both_languages(file):
    database = sqlite3.connect(file)
    rows = database.execute(
        "SELECT title, description FROM gpkg_data_columns "
        "WHERE table_name = 'block' AND column_name = 'i08_kindergarten_reach_network'"
    ).fetchall()
    database.close()
    assert rows == [("Kindergarten within reach, by network [%]", "幼儿园步行可达率（按路网） [%]")]


def test_tables_tell_what_columns_mean(town, file):
    tables = set(pyogrio.list_layers(file)[:, 0])
    assert {"indicators", "rules", "scores", "sensitivity", "articles", "sources"} <= tables
    assert len(read(file, "indicators")) == len(town.indicators)


def test_an_existing_file_is_replaced_whole(town, file, tmp_path):
    target = tmp_path / "checkup.gpkg"
    target.write_bytes(b"not a GeoPackage")
    write_geopackage(town, target)
    assert len(read(target, "block")) == 64


def test_gdals_own_tools_open_it(file):
    ogrinfo = shutil.which("ogrinfo")
    if ogrinfo is None:
        pytest.skip("ogrinfo is not here. Install Debian's package gdal-bin: bash .ci/setup")
    told = subprocess.run(
        [ogrinfo, "-so", "-q", str(file)], capture_output=True, text=True, check=True
    ).stdout
    assert "block (Multi Polygon)" in told
    assert "findings (Point)" in told
