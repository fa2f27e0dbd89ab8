"""``dizuo new``, ``dizuo download`` and ``dizuo templates``."""

import csv
import json
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest
from town_city import small_town, write_outline

from dizuo.base.config import read_config
from dizuo.cli.cities import box_of
from dizuo.model.errors import InputError


@pytest.fixture
def sources(tmp_path):
    folder = tmp_path / "sources"
    folder.mkdir()
    small_town().write(folder / "town.osm")
    write_outline(folder / "boundary.geojson")
    return folder


@pytest.fixture
def server(tmp_path):
    """A web server on this machine that has one extract, as Geofabrik lists it."""
    folder = tmp_path / "served"
    folder.mkdir()

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_arguments):
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=folder)) as running:
        address = f"http://127.0.0.1:{running.server_port}"
        (folder / "town-latest.osm.pbf").write_bytes(b"an extract")
        entry = {"id": "town", "name": "Town", "urls": {"pbf": f"{address}/town-latest.osm.pbf"}}
        index = {"type": "FeatureCollection", "features": [{"properties": entry}]}
        (folder / "index.json").write_text(json.dumps(index), encoding="utf-8")
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield address
        running.shutdown()
        thread.join()


def test_new_writes_a_city_that_can_be_built(dizuo, sources, tmp_path):
    ran = dizuo(
        *("new", "Town", "--osm", sources / "town.osm"),
        *("--boundary", sources / "boundary.geojson", "--folder", tmp_path / "town"),
        *("--population", "1000", "--population-source", "register"),
        *("--population-date", "2024-01-01", "--name-zh", "小镇", "--copy", "--json"),
    )
    config = read_config(ran.answer["folder"])
    assert config.city.name_zh == "小镇"
    assert config.population.total == 1000
    assert config.sources[0].file.parent == config.folder
    assert dizuo("build", tmp_path / "town").code == 0


def test_new_says_what_to_do_next(dizuo, sources, tmp_path):
    ran = dizuo("new", "Town", "--osm", sources / "town.osm", "--folder", tmp_path / "town")
    assert f"dizuo checkup {tmp_path / 'town'}" in ran.out
    again = dizuo("new", "Town", "--osm", sources / "town.osm", "--folder", tmp_path / "town")
    assert again.code == 2
    assert "there is a city already" in again.err


def test_new_names_a_file_that_is_not_there(dizuo, tmp_path):
    ran = dizuo("new", "Town", "--osm", tmp_path / "absent.osm", "--folder", tmp_path / "town")
    assert ran.code == 2
    assert "absent.osm" in ran.err
    assert not (tmp_path / "town").exists()


def test_download_fetches_an_extract(dizuo, server, tmp_path):
    arguments = ("download", "Town", "--folder", tmp_path, "--endpoint", f"{server}/index.json")
    ran = dizuo(*arguments)
    assert ran.code == 0
    assert (tmp_path / "town-latest.osm.pbf").read_bytes() == b"an extract"
    assert "dizuo new NAME --osm" in ran.out
    assert dizuo(*arguments, "--json").answer["file"].endswith("town-latest.osm.pbf")


def test_download_says_which_regions_there_are(dizuo, server, tmp_path):
    ran = dizuo("download", "Twon", "--folder", tmp_path, "--endpoint", f"{server}/index.json")
    assert ran.code == 2
    assert "own" in ran.err


def test_a_box_is_told_from_a_name():
    assert box_of("7.40,43.72,7.44,43.75") == (7.40, 43.72, 7.44, 43.75)
    assert box_of("-15.5, 28.0, -15.4, 28.2") == (-15.5, 28.0, -15.4, 28.2)
    assert box_of("Monaco") is None
    assert box_of("Washington, D.C.") is None
    with pytest.raises(InputError, match="west,south,east,north"):
        box_of("7.40,43.72,7.44")


def test_download_of_a_box_that_is_none(dizuo, server, tmp_path):
    ran = dizuo("download", "8,43,7,44", "--folder", tmp_path, "--endpoint", server)
    assert ran.code == 2
    assert "west,south,east,north" in ran.err


def test_templates_list_what_open_data_cannot_compute(dizuo):
    english, chinese = dizuo("templates", "--list"), dizuo("templates", "--list", "--lang", "zh")
    listed = dizuo("templates", "--list", "--json").answer
    assert "H01" in {row["id"] for row in listed}
    assert len(english.out.splitlines()) == len(listed)
    assert listed[0]["zh"] in chinese.out


def test_templates_are_written_once(dizuo, examined_town, tmp_path):
    ran = dizuo("templates", tmp_path, "--indicator", "H01", "--json")
    assert [file.rsplit("/", 1)[-1] for file in ran.answer["files"]] == ["H01.xlsx", "H01.csv"]
    with (tmp_path / "templates" / "H01.csv").open(encoding="utf-8-sig") as stream:
        assert "place" in next(csv.reader(stream))
    assert dizuo("templates", tmp_path, "--indicator", "H01").code == 2
    again = dizuo("templates", tmp_path, "--indicator", "H01", "--overwrite")
    assert "Wrote 2 files" in again.out


def test_templates_list_the_places_of_a_built_city(dizuo, examined_town):
    from openpyxl import load_workbook

    dizuo("templates", examined_town, "--indicator", "H01", "--overwrite")
    book = load_workbook(examined_town / "templates" / "H01.xlsx")
    cells = {cell.value for sheet in book for row in sheet.iter_rows() for cell in row}
    assert "city:town" in cells
