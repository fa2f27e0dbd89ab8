"""From sources to a base: what is in it, what is built again, and what stops a build."""

import json

import geopandas as gpd
import pyogrio
import pytest
from osm_town import EAST, NORTH
from shapely import Point, box
from town_city import HEAD, OUTLINE, degrees, small_town, table_source, write_city, write_outline

from dizuo.base.build import build, estimate
from dizuo.base.manifest import read_manifest
from dizuo.base.schema_version import SCHEMA_VERSION
from dizuo.base.schemas import LAYERS, check_layer
from dizuo.base.steps import STEPS
from dizuo.base.store import Base
from dizuo.model.errors import InputError, SchemaError, StoreError


@pytest.fixture
def folder(tmp_path):
    return write_city(tmp_path / "town")


def layer_hashes(base):
    return {name: entry.hash for name, entry in base.manifest.layers.items()}


def settings(folder, old, new):
    file = folder / "city.toml"
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


def add(folder, text):
    file = folder / "city.toml"
    file.write_text(file.read_text(encoding="utf-8") + text, encoding="utf-8")


def clinics(folder, *rows, name="own.csv"):
    lines = ["id,name,x,y"]
    for number, (x, y) in enumerate(rows):
        lon, lat = degrees(x, y)
        lines.append(f"{number},Clinic {number},{lon},{lat}")
    (folder / name).write_text("\n".join(lines), encoding="utf-8")
    return name


@pytest.mark.systems("S22.2", "S5.1")
def test_every_layer_of_the_contract_is_there_and_is_what_its_schema_says(folder):
    base = build(folder)
    assert set(base.layer_names) == set(LAYERS)
    for name, schema in LAYERS.items():
        frame = base.layer(name) if schema.geometries else base.table(name)
        again = check_layer(name, frame, base.crs)
        assert list(again.columns) == list(frame.columns)
    buildings = base.layer("buildings")
    assert len(buildings) == 4
    assert buildings["residents"].sum() == pytest.approx(1000)
    assert set(buildings["residents_evidence"]) == {"estimated"}
    assert set(buildings["levels_evidence"]) == {"measured"}
    assert len(base.layer("street_edges")) == 4
    assert base.layer("stops")["name"].to_list() == ["Centre"]
    assert len(base.layer("trees")) == 2
    assert "school" in " ".join(base.layer("facilities")["category"])
    city = base.layer("places").set_index("id").loc["city:town"]
    assert city["name_zh"] == "小镇"
    assert city["area"] == pytest.approx(250_000, rel=0.001)


@pytest.mark.systems("S22.2", "S22.4")
def test_the_manifest_tells_where_everything_is_from(folder):
    manifest = build(folder).manifest
    assert manifest.crs == "EPSG:32632"
    assert manifest.city["reference_date"] == "2024-06-01"
    source = manifest.sources["osm"]
    assert (source.licence, source.date) == ("ODbL-1.0", "2024-01-01")
    assert source.mark.size == (folder / "town.osm").stat().st_size
    assert manifest.layers["buildings"].sources == ("osm",)
    assert manifest.layers["buildings"].evidence["residents"] == {"estimated": 1.0}
    assert manifest.layers["street_edges"].rows == 4
    assert json.loads((folder / "base" / "manifest.json").read_text(encoding="utf-8"))


def test_nothing_changed_nothing_written(folder):
    first = build(folder)
    files = {file: file.stat().st_mtime_ns for file in (folder / "base").iterdir()}
    again = build(folder)
    assert again.manifest == first.manifest
    assert {file: file.stat().st_mtime_ns for file in (folder / "base").iterdir()} == files
    assert estimate(folder).steps == ()


def test_a_touched_file_with_the_same_content_rebuilds_no_layer(folder):
    build(folder)
    (folder / "town.osm").touch()
    assert estimate(folder).steps == ()
    seen = []
    build(folder, progress=lambda name, _share: seen.append(name))
    assert set(seen) <= {"write", "done"}


def test_a_forced_build_makes_equal_layers(folder):
    first = build(folder)
    assert layer_hashes(build(folder, force=True)) == layer_hashes(first)


def test_only_what_hangs_on_a_change_is_built_again(folder):
    add(
        folder,
        table_source(clinics(folder, (10, 10)), "facilities", constants={"category": "pharmacy"}),
    )
    before = build(folder)
    clinics(folder, (10, 10), (20, 20))
    assert estimate(folder).steps == ("facilities",)
    seen = []
    after = build(folder, progress=lambda name, _share: seen.append(name))
    assert set(seen) <= {"facilities", "osm", "write", "done"}
    changed = {
        name for name, value in layer_hashes(after).items() if layer_hashes(before)[name] != value
    }
    assert changed == {"facilities"}
    own = after.layer("facilities").query("source == 'own'")
    assert list(own["id"]) == ["facility:own.0", "facility:own.1"]
    # All layers of the new base can be read: those kept were taken over whole.
    for name, schema in LAYERS.items():
        after.layer(name) if schema.geometries else after.table(name)


def test_the_population_rebuilds_buildings_and_what_rests_on_them(folder):
    before = build(folder)
    settings(folder, "total = 1000", "total = 2000")
    assert set(estimate(folder).steps) == {"buildings", "facilities", "values"}
    after = build(folder)
    assert after.layer("buildings")["residents"].sum() == pytest.approx(2000)
    assert layer_hashes(after)["street_edges"] == layer_hashes(before)["street_edges"]


@pytest.mark.systems("S22.4")
def test_a_changed_licence_is_written_down_without_building(folder):
    build(folder)
    settings(folder, 'licence = "ODbL-1.0"', 'licence = "CC0"')
    assert estimate(folder).steps == ()
    assert build(folder).manifest.sources["osm"].licence == "CC0"
    assert Base.open(folder / "base").manifest.sources["osm"].licence == "CC0"


def test_artefacts_stay_while_their_layers_do(folder):
    base = build(folder)
    asked = {"layers": ("street_edges",), "version": "1"}
    base.keep_artefact("hierarchy", lambda path: path.write_bytes(b"abc"), **asked)
    settings(folder, "total = 1000", "total = 2000")
    kept = build(folder)
    assert kept.artefact_path("hierarchy", **asked).read_bytes() == b"abc"
    town = small_town()
    town.node(6, 0, 0)
    town.street(12, 6, 4)
    town.write(folder / "town.osm")
    assert build(folder).artefact_path("hierarchy", **asked) is None


def test_progress_begins_at_nothing_and_ends_at_all(folder):
    seen = []
    build(folder, progress=lambda name, share: seen.append((name, share)))
    shares = [share for _, share in seen]
    assert shares == sorted(shares)
    assert shares[0] == 0
    assert seen[-1] == ("done", 1.0)
    assert {step.name for step in STEPS} <= {name for name, _ in seen}


def test_an_estimate_comes_before_the_work(folder):
    expected = estimate(folder)
    assert len(expected.steps) == len(STEPS)
    assert 0 < expected.seconds < 60
    assert 100 < expected.memory_mib < 2000
    assert not (folder / "base").exists()


def test_a_failing_build_leaves_the_last_base(folder):
    before = build(folder)
    content = (folder / "town.osm").read_bytes()
    (folder / "town.osm").write_bytes(content[: len(content) // 2])
    with pytest.raises(InputError):
        build(folder)
    kept = Base.open(folder / "base")
    assert kept.manifest == before.manifest
    assert len(kept.layer("buildings")) == 4
    assert not list(folder.glob(".base.building"))


def test_an_older_or_damaged_base_is_built_anew(folder):
    build(folder)
    manifest = folder / "base" / "manifest.json"
    content = json.loads(manifest.read_text(encoding="utf-8"))
    for text in (json.dumps(content | {"schema_version": 0}), "{"):
        manifest.write_text(text, encoding="utf-8")
        build(folder)
        assert read_manifest(folder / "base", SCHEMA_VERSION).layers["trees"].rows == 2


@pytest.mark.systems("S5.1", "S22.2")
def test_rows_of_a_table_replace_their_category_or_join_it(folder):
    town = small_town()
    town.node(60, 10, 10, amenity="pharmacy", name="Mapped")
    town.write(folder / "town.osm")
    text = (folder / "city.toml").read_text(encoding="utf-8")
    source = {"constants": {"category": "pharmacy"}, "columns": {"id": "id"}}
    file = clinics(folder, (40, 40), (50, 50))
    for mode, names in (
        ("add", {"Mapped", "Clinic 0", "Clinic 1"}),
        ("replace", {"Clinic 0", "Clinic 1"}),
    ):
        more = table_source(file, "facilities", mode=mode, **source)
        (folder / "city.toml").write_text(text + more, encoding="utf-8")
        layer = build(folder).layer("facilities")
        assert set(layer.loc[layer["category"] == "pharmacy", "name"]) == names
        assert "School" in set(layer["name"])


@pytest.mark.systems("S5.1", "S22.2")
def test_rejected_rows_are_kept_and_counted(folder):
    file = clinics(folder, (40, 40), (50, 50))
    lines = (folder / file).read_text(
        encoding="utf-8"
    ) + "\n9,Nowhere,,\n8,Again,9.0005,45.1535\n8,Twice,9.0005,45.1536"
    (folder / file).write_text(lines, encoding="utf-8")
    add(folder, table_source(file, "facilities", constants={"category": "pharmacy"}))
    base = build(folder)
    rejects = base.table("rejects").query("source == 'own'")
    assert list(rejects["row"]) == ["4", "6"]
    assert set(rejects["layer"]) == {"facilities"}
    assert base.manifest.layers["facilities"].rejected["the id is there already"] == 1
    # Rejects of layers that are taken over stay.
    settings(folder, "total = 1000", "total = 900")
    assert len(build(folder).table("rejects").query("source == 'own'")) == 2


@pytest.mark.systems("S5.1")
def test_buildings_of_the_city_replace_the_map_and_tell_their_residents(folder):
    houses = gpd.GeoDataFrame(
        {"levels": [3, 3], "use": "residential", "residents": [100, None]},
        geometry=[
            box(EAST, NORTH, EAST + 10, NORTH + 10),
            box(EAST + 20, NORTH, EAST + 30, NORTH + 10),
        ],
        crs=32632,
    )
    pyogrio.write_dataframe(houses, folder / "houses.gpkg")
    source = table_source(
        "houses.gpkg", "buildings", kind="vector", mode="replace", evidence="estimated"
    )
    add(folder, source.replace('crs = "EPSG:4326"\n', ""))
    frame = build(folder).layer("buildings")
    assert len(frame) == 2
    assert set(frame["source"]) == {"own"}
    assert sorted(frame["residents"]) == pytest.approx([100, 900])
    assert set(frame["levels_evidence"]) == {"estimated"}
    settings(folder, "total = 1000", "total = 50")
    with pytest.raises(InputError, match="tell 100 residents, the city has 50"):
        build(folder)


def test_a_population_layer_places_residents_where_it_says(folder):
    cells = gpd.GeoDataFrame(
        {"residents": [30.0, 10.0, 7.0]},
        geometry=[
            box(EAST, NORTH + 100, EAST + 100, NORTH + 300),
            box(EAST + 200, NORTH + 100, EAST + 300, NORTH + 300),
            Point(EAST + 3000, NORTH),
        ],
        crs=32632,
    )  # fmt: skip
    cells.to_parquet(folder / "cells.parquet")
    source = table_source("cells.parquet", "population_points", kind="vector").replace(
        'crs = "EPSG:4326"\n', ""
    )
    add(folder, source)
    base = build(folder)
    frame = base.layer("buildings")
    west = frame.geometry.centroid.x < EAST + 150
    assert frame.loc[west, "residents"].sum() == pytest.approx(750)
    assert base.table("rejects")["reason"].str.contains("no home within").sum() == 1
    text = (folder / "city.toml").read_text(encoding="utf-8")
    start, end = text.index("[population]"), text.index("[[sources]]")
    (folder / "city.toml").write_text(text[:start] + text[end:], encoding="utf-8")
    assert build(folder).layer("buildings")["residents"].sum() == pytest.approx(40)


def test_without_a_population_residents_are_missing(tmp_path):
    frame = build(write_city(tmp_path / "town", people="")).layer("buildings")
    assert frame["residents"].isna().all()
    assert set(frame["residents_evidence"]) == {"missing"}


def test_buildings_beyond_the_boundary_stay_but_house_nobody(folder):
    write_outline(folder / "boundary.geojson", width=200)
    frame = build(folder).layer("buildings")
    outside = frame.geometry.centroid.x > EAST + 160
    assert outside.sum() == 2
    assert frame.loc[outside, "residents"].isna().all()
    assert set(frame.loc[outside, "residents_evidence"]) == {"missing"}
    assert frame["residents"].sum() == pytest.approx(1000)


def test_the_outline_may_be_a_relation_or_the_hull_of_the_data(tmp_path):
    town = small_town()
    town.box(90, -20, -20, 300, 440)
    town.relation(
        9, [("way", 90, "outer")], type="boundary", boundary="administrative", admin_level="8"
    )
    relation = write_city(tmp_path / "a", town, outline="\n[boundary]\nosm_relation = 9\n")
    assert build(relation).layer("boundary").area[0] == pytest.approx(300 * 440, rel=0.001)
    hull = write_city(tmp_path / "b", outline="")
    assert build(hull).layer("boundary").area[0] == pytest.approx(400 * 400 / 2, rel=0.01)
    unknown = write_city(tmp_path / "c", outline="\n[boundary]\nosm_relation = 77\n")
    with pytest.raises(InputError, match="relation 77 is not in the file"):
        build(unknown)


def test_the_extent_is_that_of_the_data_the_boundary_or_a_file(folder):
    whole = build(folder)
    extent, outline = whole.layer("extent").geometry[0], whole.layer("boundary").geometry[0]
    assert extent.area == pytest.approx(400 * 400, rel=0.01)
    settings(folder, "[boundary]", '[boundary]\nedge = "boundary"')
    assert build(folder).layer("extent").geometry[0].symmetric_difference(outline).area < 1
    write_outline(folder / "edge.geojson", x=-500, y=-500, width=2000, height=2000)
    settings(folder, 'edge = "boundary"', 'edge = "edge.geojson"')
    assert build(folder).layer("extent").area[0] == pytest.approx(4e6, rel=0.001)


def coastal(tmp_path, land_only):
    town = small_town()
    town.node(70, 300, -900)
    town.node(71, 300, 900)
    town.way(72, [70, 71], natural="coastline")
    outline = OUTLINE + f"land_only = {land_only}\n"
    folder = write_city(tmp_path / f"coast_{land_only}", town, outline=outline)
    write_outline(folder / "boundary.geojson")
    return build(folder)


def test_areas_count_the_land_only(tmp_path):
    land = coastal(tmp_path, "true")
    assert land.layer("boundary").area[0] == pytest.approx(350 * 500, rel=0.001)
    places = land.layer("places").set_index("id")
    assert places.loc["city:town", "area"] == pytest.approx(350 * 500, rel=0.001)
    assert coastal(tmp_path, "false").layer("boundary").area[0] == pytest.approx(
        500 * 500, rel=0.001
    )


def test_a_coast_that_leaves_no_land_is_told(tmp_path):
    town = small_town()
    # The coast runs along the outline, the wrong way round: all inside it is sea.
    for ref, (x, y) in enumerate(((-50, -50), (-50, 450), (450, 450), (450, -50)), start=70):
        town.node(ref, x, y)
    town.way(79, [70, 71, 72, 73], natural="coastline")
    town.way(78, [73, 70], natural="coastline")
    folder = write_city(tmp_path / "town", town)
    with pytest.raises(InputError, match="leaves no land"):
        build(folder)


def test_streets_that_do_not_hang_together_are_all_kept(folder):
    town = small_town()
    for ref, x in ((80, 0), (81, 50)):
        town.node(ref, x, 420)
    town.street(82, 80, 81, name="Island Road")
    town.write(folder / "town.osm")
    edges = build(folder).layer("street_edges")
    assert "Island Road" in set(edges["name"])
    nodes = build(folder).layer("street_nodes")
    assert sorted(nodes["node"]) == list(range(len(nodes)))
    assert edges[["start", "end"]].to_numpy().max() < len(nodes)


@pytest.mark.systems("S5.1", "S22.2")
def test_ids_stay_when_rows_of_the_source_move(folder):
    layers = ("buildings", "facilities", "green", "trees", "stops")
    first = build(folder)
    before = {name: first.layer(name).set_index("id") for name in layers}
    town = small_town()
    # A new building and a new way in front of all others move every position.
    town.box(1, 350, 20, 10, 10, building="apartments")
    town.node(6, 0, 0)
    town.street(2, 6, 4)
    town.write(folder / "town.osm")
    after = build(folder)
    for name in layers:
        assert set(before[name].index) <= set(after.layer(name)["id"])
    old = before["buildings"]
    new = after.layer("buildings").set_index("id").loc[old.index]
    assert (old.geometry.area - new.geometry.area).abs().max() < 1e-6


def test_a_city_without_a_map_stands_on_its_own_tables(tmp_path):
    folder = tmp_path / "own"
    folder.mkdir()
    write_outline(folder / "boundary.geojson")
    houses = gpd.GeoDataFrame(
        {"levels": [3], "use": "residential"},
        geometry=[box(EAST, NORTH, EAST + 10, NORTH + 10)],
        crs=32632,
    )
    pyogrio.write_dataframe(houses, folder / "houses.gpkg")
    source = table_source("houses.gpkg", "buildings", kind="vector").replace(
        'crs = "EPSG:4326"\n', ""
    )
    (folder / "city.toml").write_text(HEAD + OUTLINE + source, encoding="utf-8")
    base = build(folder)
    assert len(base.layer("buildings")) == 1
    assert len(base.layer("street_edges")) == 0
    assert base.layer("extent").geometry[0].area == pytest.approx(250_000, rel=0.001)
    (folder / "city.toml").write_text(HEAD + source, encoding="utf-8")
    with pytest.raises(InputError, match="the city has no boundary"):
        build(folder)


def test_two_maps_are_one_too_many(folder):
    text = (folder / "city.toml").read_text(encoding="utf-8")
    second = text[text.index("[[sources]]") :].replace('id = "osm"', 'id = "osm2"')
    add(folder, "\n" + second)
    with pytest.raises(InputError, match="two OpenStreetMap sources"):
        build(folder)


def test_a_layer_that_breaks_its_schema_stops_the_build(folder, monkeypatch):
    build(folder)
    from dizuo.base import making

    def broken(materials):
        made = making._places(materials)["places"]
        return {"places": making.Made(made.frame.assign(area=-1.0))}

    monkeypatch.setitem(making.MAKERS, "places", broken)
    with pytest.raises(SchemaError, match="at least 0"):
        build(folder, force=True)
    assert len(Base.open(folder / "base").layer("places")) > 0


def test_two_builds_at_once_are_refused(folder):
    from dizuo.base.locking import base_lock

    with base_lock(folder / "base"), pytest.raises(StoreError, match="another process"):
        build(folder)
