"""Files of features in every format, and those that cannot be read."""

import geopandas as gpd
import pyogrio
import pytest
from shapely import Point

from dizuo.base.readers import read_vector
from dizuo.model.errors import InputError

DRIVERS = {".gpkg": "GPKG", ".geojson": "GeoJSON", ".shp": "ESRI Shapefile", ".fgb": "FlatGeobuf"}


@pytest.fixture
def places():
    return gpd.GeoDataFrame(
        {"名称": ["甲", "乙"], "beds": [10, 20]}, geometry=[Point(9, 45), Point(9.1, 45)], crs=4326
    )


@pytest.mark.parametrize("suffix", [".gpkg", ".geojson", ".shp", ".fgb", ".parquet"])
def test_every_format_gives_the_same_rows(places, tmp_path, suffix):
    file = tmp_path / f"places{suffix}"
    if suffix == ".parquet":
        places.to_parquet(file)
    else:
        pyogrio.write_dataframe(places, file, driver=DRIVERS[suffix])
    read = read_vector(file)
    assert list(read["row"]) == [1, 2]
    assert sorted(read["名称"]) == ["乙", "甲"]
    assert read.crs == places.crs
    assert read.geometry.name == "geometry"


@pytest.mark.parametrize("stated", [True, False])
def test_a_shapefile_in_gbk_is_read_with_or_without_its_cpg_file(places, tmp_path, stated):
    file = tmp_path / "places.shp"
    pyogrio.write_dataframe(places, file, driver="ESRI Shapefile", encoding="GB18030")
    if not stated:
        file.with_suffix(".cpg").unlink()
    assert list(read_vector(file)["名称"]) == ["甲", "乙"]


def test_a_stated_encoding_is_used(places, tmp_path):
    file = tmp_path / "places.shp"
    pyogrio.write_dataframe(places, file, driver="ESRI Shapefile", encoding="GB18030")
    file.with_suffix(".cpg").unlink()
    assert list(read_vector(file, encoding="gb18030")["名称"]) == ["甲", "乙"]


def test_of_several_layers_one_must_be_named(places, tmp_path):
    file = tmp_path / "places.gpkg"
    for layer in ("a", "b"):
        pyogrio.write_dataframe(places, file, layer=layer)
    assert len(read_vector(file, layer="b")) == 2
    with pytest.raises(InputError, match="several layers") as caught:
        read_vector(file)
    assert "a, b" in caught.value.cure
    with pytest.raises(InputError, match="no layer 'c'"):
        read_vector(file, layer="c")


@pytest.mark.parametrize("suffix", [".gpkg", ".geojson", ".fgb", ".parquet"])
def test_a_file_that_was_cut_off_is_refused(places, tmp_path, suffix):
    file = tmp_path / f"places{suffix}"
    many = gpd.GeoDataFrame({"a": range(3000)}, geometry=[Point(9, 45)] * 3000, crs=4326)
    if suffix == ".parquet":
        many.to_parquet(file)
    else:
        pyogrio.write_dataframe(many, file, driver=DRIVERS[suffix])
    content = file.read_bytes()
    file.write_bytes(content[: len(content) // 2])
    with pytest.raises(InputError, match="read"):
        read_vector(file)


def test_empty_and_foreign_files_are_refused(places, tmp_path):
    empty = tmp_path / "empty.geojson"
    pyogrio.write_dataframe(places.iloc[:0], empty, driver="GeoJSON", geometry_type="Point")
    with pytest.raises(InputError, match="no feature"):
        read_vector(empty)
    with pytest.raises(InputError, match="cannot be read"):
        read_vector(tmp_path / "none.gpkg")
    with pytest.raises(InputError, match=r"from \.dwg"):
        read_vector(tmp_path / "plan.dwg")
    plain = tmp_path / "plain.parquet"
    places.drop(columns="geometry").to_parquet(plain)
    with pytest.raises(InputError, match="no GeoParquet"):
        read_vector(plain)
    table = tmp_path / "table.gpkg"
    pyogrio.write_dataframe(places.drop(columns="geometry"), table)
    with pytest.raises(InputError, match="no geometry"):
        read_vector(table)


def test_a_column_called_row_or_shape_does_not_disturb(places, tmp_path):
    file = tmp_path / "places.parquet"
    places.assign(row="x").rename_geometry("shape").to_parquet(file)
    read = read_vector(file)
    assert list(read["row"]) == [1, 2]
    assert read.geometry.name == "geometry"
