"""A base on disk: whole or not at all, and never another one than its manifest says."""

import json
import subprocess
import sys

import geopandas as gpd
import pandas as pd
import pytest
from pyproj import CRS
from shapely import Point

from dizuo.base.fingerprints import FileMark, fingerprint, hash_file, mark_file
from dizuo.base.locking import base_lock
from dizuo.base.manifest import LayerEntry, Manifest, SourceEntry, read_manifest
from dizuo.base.schema_version import SCHEMA_VERSION
from dizuo.base.store import Base
from dizuo.base.writing import new_base, recover, replace_manifest, write_table
from dizuo.model.errors import InputError, StoreError

pytestmark = pytest.mark.systems("S22.2")

METRIC = CRS.from_epsg(32632)


def trees(*numbers):
    return gpd.GeoDataFrame(
        {"id": [f"tree:{n}" for n in numbers], "source": "osm"},
        geometry=[Point(n, n) for n in numbers],
        crs=METRIC,
    )


def write_base(folder, *numbers, artefacts=None):
    with new_base(folder) as place:
        layers = {}
        for name, frame in {
            "trees": trees(*numbers),
            "rejects": pd.DataFrame({"a": ["b"]}),
        }.items():
            write_table(frame, place / f"{name}.parquet")
            layers[name] = LayerEntry(
                f"{name}.parquet", hash_file(place / f"{name}.parquet"), "f", ("osm",), len(frame),
                {"reason": 2}, evidence={"use": {"measured": 1.0}},
            )  # fmt: skip
        source = SourceEntry(
            "osm", "a.osm", FileMark(1, 2, "x"), "ODbL-1.0", "©", "2024-01-01", "measured"
        )
        manifest = Manifest(
            SCHEMA_VERSION, "0.1.0", {"id": "a"}, "EPSG:32632", "s", fingerprint({"n": numbers}),
            {"osm": source}, {"osm": source.mark}, layers, artefacts or {},
        )  # fmt: skip
        replace_manifest(place, manifest)
    return manifest


@pytest.fixture
def folder(tmp_path):
    write_base(tmp_path / "base", 1, 2)
    return tmp_path / "base"


def test_what_is_written_is_read_back(folder):
    base = Base.open(folder)
    assert base.layer_names == ("rejects", "trees")
    assert list(base.layer("trees")["id"]) == ["tree:1", "tree:2"]
    assert base.layer("trees").crs == METRIC
    assert base.crs == METRIC
    assert list(base.table("rejects")["a"]) == ["b"]
    assert base.manifest.sources["osm"].licence == "ODbL-1.0"
    assert base.manifest.layers["trees"].sources == ("osm",)


def test_a_manifest_survives_its_json(tmp_path):
    written = write_base(tmp_path / "base", 1)
    assert read_manifest(tmp_path / "base", SCHEMA_VERSION) == written


def test_no_base_a_foreign_one_and_a_damaged_one_are_told_apart(folder, tmp_path):
    with pytest.raises(StoreError, match="there is no base here"):
        Base.open(tmp_path / "nowhere")
    manifest = folder / "manifest.json"
    content = json.loads(manifest.read_text(encoding="utf-8"))
    for change, problem in (
        ({"schema_version": 999}, "layout 999"),
        ({"layers": {"trees": {"nonsense": 1}}}, "lacks or misnames"),
        ({"sources": None}, "lacks or misnames"),
    ):
        manifest.write_text(json.dumps(content | change), encoding="utf-8")
        with pytest.raises(StoreError, match=problem):
            Base.open(folder)
    for text in ("{", "[]", "\xff"):
        manifest.write_bytes(text.encode("latin-1"))
        with pytest.raises(StoreError, match=r"damaged|layout None"):
            Base.open(folder)


def test_a_layer_that_changed_or_vanished_is_not_read(folder):
    base = Base.open(folder)
    with pytest.raises(StoreError, match="no layer 'green'; there are rejects, trees"):
        base.layer("green")
    file = folder / "trees.parquet"
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(bytes(content))
    with pytest.raises(StoreError, match="not what the manifest says"):
        base.layer("trees")
    file.unlink()
    with pytest.raises(StoreError, match="is gone"):
        base.layer("trees")


def test_a_table_asked_for_as_layer_is_told(folder):
    with pytest.raises(StoreError, match="cannot be read"):
        Base.open(folder).layer("rejects")


def test_an_error_while_writing_leaves_the_last_base(folder):
    before = sorted((file.name, file.read_bytes()) for file in folder.iterdir())

    def fail_half_way():
        with new_base(folder) as place:
            write_table(trees(9), place / "trees.parquet")
            raise RuntimeError("half way")

    with pytest.raises(RuntimeError, match="half way"):
        fail_half_way()
    assert sorted((file.name, file.read_bytes()) for file in folder.iterdir()) == before
    assert {path.name for path in folder.parent.iterdir()} == {"base", ".base.lock"}


def test_a_process_that_dies_between_the_renames_loses_nothing(folder):
    before = Base.open(folder).manifest
    folder.rename(folder.with_name(".base.previous"))
    (folder.with_name(".base.building")).mkdir()
    assert Base.open(folder).manifest == before
    write_base(folder, 7)
    assert {path.name for path in folder.parent.iterdir()} == {"base", ".base.lock"}
    recover(folder)
    assert list(Base.open(folder).layer("trees")["id"]) == ["tree:7"]


KILLED = """
import os, sys
from pathlib import Path
from dizuo.base.writing import new_base
folder = Path(sys.argv[1])
rename = Path.rename
def dying(self, target):
    if self.name == sys.argv[2]:
        os._exit(9)
    return rename(self, target)
Path.rename = dying
with new_base(folder) as place:
    (place / "half").write_text("x")
"""


@pytest.mark.parametrize("where", ["base", ".base.building"])
def test_a_killed_writer_leaves_a_base_that_opens(folder, where):
    done = subprocess.run([sys.executable, "-c", KILLED, str(folder), where], check=False)
    assert done.returncode == 9
    assert list(Base.open(folder).layer("trees")["id"]) == ["tree:1", "tree:2"]
    write_base(folder, 3)
    assert list(Base.open(folder).layer("trees")["id"]) == ["tree:3"]


def test_two_writers_at_a_time_are_one_too_many(folder):
    with base_lock(folder):
        with pytest.raises(StoreError, match="another process is building"):
            write_base(folder, 3)
        assert list(Base.open(folder).layer("trees")["id"]) == ["tree:1", "tree:2"]
    write_base(folder, 3)


def test_artefacts_hold_while_their_layers_do(folder):
    base = Base.open(folder)
    asked = {"layers": ("trees",), "version": "1"}
    assert base.artefact_path("streets.hierarchy", **asked) is None
    kept = base.keep_artefact("streets.hierarchy", lambda path: path.write_bytes(b"abc"), **asked)
    assert kept.read_bytes() == b"abc"
    again = Base.open(folder)
    assert again.artefact_path("streets.hierarchy", **asked) == kept
    assert again.artefact_path("streets.hierarchy", layers=("trees",), version="2") is None
    assert again.manifest.layers == base.manifest.layers
    kept.write_bytes(b"abd")
    with pytest.raises(StoreError, match="not what the manifest says"):
        again.artefact_path("streets.hierarchy", **asked)


def test_an_artefact_of_an_old_base_is_not_kept_in_a_new_one(folder):
    base = Base.open(folder)
    write_base(folder, 5)
    with pytest.raises(StoreError, match="rebuilt meanwhile"):
        base.keep_artefact("x", lambda path: path.write_bytes(b""), layers=("trees",), version="1")
    with pytest.raises(StoreError, match="not what the manifest says"):
        base.layer("trees")


def test_a_failing_artefact_leaves_nothing_behind(folder):
    def fail(path):
        path.write_bytes(b"half")
        raise RuntimeError("no")

    base = Base.open(folder)
    with pytest.raises(RuntimeError):
        base.keep_artefact("x", fail, layers=("trees",), version="1")
    assert list((folder / "artefacts").iterdir()) == []
    assert Base.open(folder).manifest == base.manifest


def test_marks_read_the_content_only_when_size_or_time_differ(tmp_path, monkeypatch):
    file = tmp_path / "a.csv"
    file.write_text("abc", encoding="utf-8")
    mark = mark_file(file)
    assert mark == FileMark(3, file.stat().st_mtime_ns, hash_file(file))
    monkeypatch.setattr("dizuo.base.fingerprints.hash_file", lambda _file: "read again")
    assert mark_file(file, mark) is mark
    assert mark_file(file).blake2b == "read again"
    with pytest.raises(InputError, match="cannot be read"):
        mark_file(tmp_path / "none")


def test_a_shapefile_and_a_folder_are_marked_with_all_their_files(tmp_path):
    shape = tmp_path / "a.shp"
    for suffix in (".shp", ".dbf", ".cpg"):
        shape.with_suffix(suffix).write_text(suffix, encoding="utf-8")
    before, folder_before = mark_file(shape), mark_file(tmp_path)
    shape.with_suffix(".dbf").write_text("dbf!", encoding="utf-8")
    assert mark_file(shape).blake2b != before.blake2b
    assert mark_file(tmp_path).blake2b != folder_before.blake2b


def test_fingerprints_do_not_depend_on_the_order_of_keys():
    assert fingerprint({"a": 1, "b": [2]}) == fingerprint({"b": [2], "a": 1})
    assert fingerprint({"a": 1}) != fingerprint({"a": 2})


def test_opening_a_base_loads_no_library(folder):
    code = (
        "import sys; from dizuo.base.store import Base; from dizuo.base.build import build; "
        f"Base.open({str(folder)!r}); "
        "assert not {'geopandas', 'pandas', 'numpy', 'pandera', 'osmium'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
