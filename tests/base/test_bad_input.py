"""Everything that can be wrong with a city's files: a clear error or a counted rejection, never a
wrong number, and nothing half-written."""

import json
import zipfile

import geopandas as gpd
import pyogrio
import pytest
from osm_town import EAST, NORTH
from shapely import Point, Polygon, box
from shapely.affinity import translate
from town_city import HEAD, MAP, degrees, small_town, table_source, write_city, write_outline

from dizuo.base.build import build
from dizuo.base.store import Base
from dizuo.model.errors import DizuoError, InputError

PHARMACY = {"constants": {"category": "pharmacy"}}


@pytest.fixture
def folder(tmp_path):
    return write_city(tmp_path / "town")


def add(folder, text):
    file = folder / "city.toml"
    file.write_text(file.read_text(encoding="utf-8") + text, encoding="utf-8")


def refused(folder, problem):
    """A build is refused with a sentence, and leaves nothing behind."""
    with pytest.raises(InputError, match=problem) as caught:
        build(folder)
    assert not (folder / "base").exists()
    assert not (folder / ".base.building").exists()
    assert caught.value.cure
    return caught.value


def pharmacies(folder):
    layer = build(folder).layer("facilities")
    return layer[layer["category"] == "pharmacy"]


def rows(folder, *lines, name="own.csv", encoding="utf-8"):
    (folder / name).write_bytes("\n".join(lines).encode(encoding))
    return name


def at(x, y):
    lon, lat = degrees(x, y)
    return f"{lon},{lat}"


@pytest.mark.parametrize("share", [0.0, 0.01, 0.3, 0.7, 0.99])
def test_a_truncated_pbf(folder, monaco, share):
    content = (monaco / "monaco.osm.pbf").read_bytes()
    (folder / "town.osm").unlink()
    (folder / "town.osm.pbf").write_bytes(content[: int(len(content) * share)])
    text = (folder / "city.toml").read_text(encoding="utf-8")
    (folder / "city.toml").write_text(text.replace("town.osm", "town.osm.pbf"), encoding="utf-8")
    error = refused(folder, "file")
    assert error.file.endswith("town.osm.pbf")


def test_a_pbf_with_flipped_bytes(folder, monaco):
    content = bytearray((monaco / "monaco.osm.pbf").read_bytes())
    for place in range(1000, len(content), len(content) // 20):
        content[place] ^= 0xFF
    (folder / "town.osm.pbf").write_bytes(bytes(content))
    text = (folder / "city.toml").read_text(encoding="utf-8")
    (folder / "city.toml").write_text(text.replace("town.osm", "town.osm.pbf"), encoding="utf-8")
    refused(folder, "read|end")


def test_a_boundary_that_misses_the_data(folder):
    write_outline(folder / "boundary.geojson", x=50_000)
    error = refused(folder, "no street and no building|holds no ways")
    assert "boundary" in error.cure.lower() or "extract" in error.cure.lower()


def test_a_boundary_in_the_wrong_system(folder):
    # The coordinates are degrees, the file says they are metres of a UTM zone.
    write_outline(folder / "boundary.geojson", crs="urn:ogc:def:crs:EPSG::32632")
    refused(folder, "no street and no building|outside the range|not an? |holds no")


def test_a_boundary_of_lines(folder):
    content = {
        "type": "Feature", "properties": {},
        "geometry": {"type": "LineString", "coordinates": [[9, 45], [9.1, 45]]},
    }  # fmt: skip
    (folder / "boundary.geojson").write_text(json.dumps(content), encoding="utf-8")
    refused(folder, "no polygon")


def test_a_self_crossing_boundary_is_mended(folder):
    corners = [(-50, -50), (450, -50), (-50, 450), (450, 450), (-50, -50)]
    content = {
        "type": "Feature", "properties": {},
        "geometry": {"type": "Polygon", "coordinates": [[list(degrees(*c)) for c in corners]]},
    }  # fmt: skip
    (folder / "boundary.geojson").write_text(json.dumps(content), encoding="utf-8")
    assert build(folder).layer("boundary").area[0] == pytest.approx(125_000, rel=0.001)


@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:3857", "EPSG:32650", "EPSG:0", "metres"])
def test_a_system_that_cannot_measure_the_city(folder, crs):
    text = (folder / "city.toml").read_text(encoding="utf-8")
    (folder / "city.toml").write_text(text.replace("EPSG:32632", crs), encoding="utf-8")
    refused(folder, "metres|distorts|no coordinate reference system")


def test_a_layer_without_rows(folder):
    empty = gpd.GeoDataFrame({"levels": []}, geometry=[], crs=32632)
    pyogrio.write_dataframe(empty, folder / "houses.gpkg", geometry_type="Polygon")
    source = table_source("houses.gpkg", "buildings", kind="vector").replace(
        'crs = "EPSG:4326"\n', ""
    )
    add(folder, source)
    refused(folder, "no feature")


def test_a_table_of_which_no_row_can_be_used(folder):
    add(folder, table_source(rows(folder, "id,x,y", "1,,", "2,x,y"), "facilities", **PHARMACY))
    error = refused(folder, "no row of the source can be used")
    assert "coordinates are empty" in error.cure


def test_self_crossing_and_collapsed_polygons_are_mended_or_counted(folder):
    houses = gpd.GeoDataFrame(
        {"levels": [1, 1, 1], "use": "residential"},
        geometry=[
            translate(Polygon([(0, 0), (10, 10), (10, 0), (0, 10)]), EAST, NORTH),
            translate(Polygon([(50, 0), (55, 0), (60, 0)]), EAST, NORTH),
            translate(box(20, 0, 30, 10), EAST, NORTH),
        ],
        crs=32632,
    )  # fmt: skip
    pyogrio.write_dataframe(houses, folder / "houses.gpkg", geometry_type="Polygon")
    source = table_source("houses.gpkg", "buildings", kind="vector", mode="replace")
    add(folder, source.replace('crs = "EPSG:4326"\n', ""))
    base = build(folder)
    frame = base.layer("buildings")
    assert frame.geometry.is_valid.all()
    assert sorted(frame["footprint_area"]) == pytest.approx([50, 100])
    entry = base.manifest.layers["buildings"]
    assert entry.mended == {"Self-intersection": 1}
    assert entry.area_change == pytest.approx(50)
    assert entry.rejected == {"the shape cannot be mended: nothing is left of it": 1}


def test_a_gbk_table_is_read_and_a_mixed_one_is_not(folder):
    lines = ["编号,名称,x,y", f"1,第一药店,{at(10, 10)}", f"2,第二药店,{at(20, 20)}"]
    columns = {"id": "编号", "name": "名称"}
    source = table_source("own.csv", "facilities", columns=columns, **PHARMACY)
    add(folder, source)
    (folder / "own.csv").write_bytes(lines[0].encode() + b"\n" + "\n".join(lines[1:]).encode("gbk"))
    refused(folder, "another encoding")
    rows(folder, *lines, encoding="gbk")
    assert set(pharmacies(folder)["name"]) == {"第一药店", "第二药店"}


def test_coordinates_that_are_no_numbers(folder):
    lines = ["id,x,y", f"1,{at(10, 10)}", "2,NaN,NaN", "3,inf,45", "4,,", "5,nan,45"]
    add(folder, table_source(rows(folder, *lines), "facilities", **PHARMACY))
    assert list(pharmacies(folder)["id"]) == ["facility:own.1"]
    rejected = Base.open(folder / "base").manifest.layers["facilities"].rejected
    assert rejected["the coordinates are empty or no numbers"] == 4


@pytest.mark.systems("S5.1")
def test_duplicate_ids_and_repeated_rows_count_once(folder):
    lines = ["id,x,y", f"1,{at(10, 10)}", f"1,{at(30, 30)}", f"2,{at(10, 10)}", f"3,{at(50, 50)}"]
    add(folder, table_source(rows(folder, *lines), "facilities", **PHARMACY))
    assert list(pharmacies(folder)["id"]) == ["facility:own.1", "facility:own.3"]
    kept = Base.open(folder / "base").table("rejects").query("source == 'own'")
    assert list(kept["row"]) == ["3", "4"]
    assert kept["geometry_wkt"].str.startswith("POINT").all()


def test_swapped_coordinates_and_a_wrong_system(folder):
    lon, lat = degrees(10, 10)
    name = rows(folder, "id,x,y", f"1,{lat},{lon}")
    text = (folder / "city.toml").read_text(encoding="utf-8")
    add(folder, table_source(name, "facilities", **PHARMACY))
    refused(folder, "x and y are swapped")
    rows(folder, "id,x,y", f"1,{EAST + 10},{NORTH + 10}")
    refused(folder, "no row lies near the city")
    source = table_source(name, "facilities", **PHARMACY).replace("EPSG:4326", "EPSG:32631")
    (folder / "city.toml").write_text(text + source, encoding="utf-8")
    refused(folder, "no row lies near the city")
    (folder / "city.toml").write_text(text + source.replace("32631", "32632"), encoding="utf-8")
    assert len(pharmacies(folder)) == 1


def test_persons_do_not_get_in(folder):
    lines = ["id,负责人手机,x,y", f"1,13800138000,{at(10, 10)}"]
    add(folder, table_source(rows(folder, *lines), "facilities", **PHARMACY))
    refused(folder, "no data on persons")
    text = (folder / "city.toml").read_text(encoding="utf-8")
    dropped = text.replace('id = "own"', 'id = "own"\ndrop = ["负责人手机"]')
    (folder / "city.toml").write_text(dropped, encoding="utf-8")
    build(folder)
    stored = b"".join(file.read_bytes() for file in (folder / "base").iterdir())
    assert b"13800138000" not in stored


def test_no_facility_of_a_category_is_an_empty_layer_not_an_error(folder):
    town = small_town()
    town.write(folder / "town.osm")
    layer = build(folder).layer("facilities")
    assert (layer["category"] == "pharmacy").sum() == 0


def test_no_home_can_carry_the_population(tmp_path):
    from osm_town import Town

    town = Town()
    town.node(1, 0, 0)
    town.node(2, 300, 0)
    town.street(10, 1, 2)
    town.box(20, 10, 10, 50, 50, building="industrial")
    refused(write_city(tmp_path / "town", town), "no residential floor area")


def test_a_map_without_buildings_has_no_residents_and_says_so(tmp_path):
    from osm_town import Town

    town = Town()
    town.node(1, 0, 0)
    town.node(2, 300, 0)
    town.street(10, 1, 2)
    base = build(write_city(tmp_path / "town", town, people=""))
    assert len(base.layer("buildings")) == 0
    assert len(base.layer("street_edges")) == 1


def test_a_damaged_timetable(folder):
    (folder / "feed.zip").write_bytes(b"PK\x03\x04 no")
    add(folder, '\n[[sources]]\nid = "feed"\nkind = "gtfs"\nfile = "feed.zip"\ndate = 2024-01-01\n')
    refused(folder, "no zip file")
    with zipfile.ZipFile(folder / "feed.zip", "w") as archive:
        archive.writestr("stops.txt", "stop_id\n1\n")
    refused(folder, "no routes.txt")


def test_every_refusal_is_a_sentence_without_a_traceback(folder):
    (folder / "city.toml").write_text(HEAD + MAP.replace("town.osm", "gone.osm"), encoding="utf-8")
    with pytest.raises(DizuoError) as caught:
        build(folder)
    message = str(caught.value)
    assert message.startswith("file ")
    assert message.endswith(".")
    assert caught.value.exit_code == 2


def test_rows_far_away_do_not_stretch_the_city(folder):
    far = gpd.GeoDataFrame(geometry=[Point(EAST, NORTH), Point(EAST + 50_000, NORTH)], crs=32632)
    far.to_parquet(folder / "trees.parquet")
    source = table_source("trees.parquet", "trees", kind="vector").replace(
        'crs = "EPSG:4326"\n', ""
    )
    add(folder, source)
    base = build(folder)
    assert (base.layer("trees")["source"] == "own").sum() == 1
    assert base.manifest.layers["trees"].rejected == {"it lies more than 10 km from the city": 1}


def features(*rings):
    return json.dumps(
        {
            "type": "FeatureCollection",
            "features": [
                {
                    "type": "Feature",
                    "properties": {"levels": 2},
                    "geometry": {"type": "Polygon", "coordinates": [ring]},
                }
                for ring in rings
            ],
        }
    )


def ring(*corners):
    return [list(degrees(*corner)) for corner in corners]


OPEN_RING = ring((10, 10), (20, 10), (20, 20), (10, 20))


def test_a_ring_that_does_not_close_is_rejected_and_counted(folder):
    (folder / "houses.geojson").write_text(features(OPEN_RING, [*OPEN_RING, OPEN_RING[0]]))
    homes = {"constants": {"use": "residential"}}
    source = table_source("houses.geojson", "buildings", kind="vector", mode="replace", **homes)
    add(folder, source.replace('crs = "EPSG:4326"\n', ""))
    base = build(folder)
    assert base.layer("buildings")["footprint_area"].tolist() == pytest.approx([100], rel=0.001)
    assert base.manifest.layers["buildings"].rejected == {"there is no geometry": 1}


@pytest.mark.parametrize("first", [[float("nan"), 45.0], OPEN_RING[0]], ids=["NaN", "open"])
def test_an_outline_that_does_not_close_is_refused(folder, first):
    (folder / "boundary.geojson").write_text(features([first, *OPEN_RING[1:]]), encoding="utf-8")
    refused(folder, "no polygon")


@pytest.mark.parametrize("file", ["town.osm", "boundary.geojson"])
def test_a_folder_in_the_place_of_a_file(folder, file):
    (folder / file).unlink()
    (folder / file).mkdir()
    refused(folder, "is a folder|cannot be read")
