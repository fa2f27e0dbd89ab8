"""The city.toml of a new city: commented, complete, and never over another."""

import os
import shutil
from datetime import date

import pytest
from town_city import small_town, write_outline

from dizuo.base.build import build
from dizuo.base.config import read_config
from dizuo.base.new_city import new_city
from dizuo.model.errors import InputError


@pytest.fixture
def sources(tmp_path):
    folder = tmp_path / "data"
    folder.mkdir()
    osm = small_town().write(folder / "town.osm")
    os.utime(osm, (1_700_000_000, 1_700_000_000))
    return osm, write_outline(folder / "outline.geojson")


def test_a_new_city_can_be_built_at_once(sources, tmp_path):
    osm, outline = sources
    file = new_city("Smalltown", osm=osm, boundary=outline, folder=tmp_path / "city")
    assert file == tmp_path / "city" / "city.toml"
    config = read_config(file)
    assert (config.city.id, config.city.name) == ("smalltown", "Smalltown")
    assert config.sources[0].file == osm.resolve()
    assert config.sources[0].date == date(2023, 11, 14)
    assert config.population is None
    assert [each.name for each in file.parent.iterdir()] == ["city.toml"]
    base = build(file.parent)
    assert base.manifest.layers["buildings"].rows == 4
    assert base.layer("buildings")["residents"].isna().all()


def test_the_file_explains_its_keys_and_shows_what_may_be_added(sources, tmp_path):
    text = new_city("Smalltown", osm=sources[0], folder=tmp_path / "city").read_text(
        encoding="utf-8"
    )
    for key in ("reference_date", "crs", "standards", "land_only", "edge"):
        line = next(line for line in text.splitlines() if line.startswith(key))
        assert "#" in line
    for hint in ("# [population]", "# osm_relation", "# [sources.columns]", "# drop ="):
        assert hint in text


def test_the_lines_shown_can_be_taken_in_as_they_stand(sources, tmp_path):
    file = new_city("Smalltown", osm=sources[0], folder=tmp_path / "city")
    text = file.read_text(encoding="utf-8")
    start = text.index("# [population]")
    end = text.index("\n\n", start)
    shown = text[start:end].replace("# ", "")
    start = text.index("# [[sources]]")
    shown_source = "\n".join(line.removeprefix("# ") for line in text[start:].splitlines())
    (file.parent / "kindergartens.csv").write_text("编号\n1\n", encoding="utf-8")
    (file.parent / "relief.tif").write_bytes(b"")
    file.write_text(text + "\n" + shown + "\n" + shown_source, encoding="utf-8")
    config = read_config(file)
    assert config.population.total == 100_000
    assert config.for_layer("facilities")[0].crs == "GCJ-02"
    assert config.of_kind("elevation")[0].file.name == "relief.tif"


def test_population_and_timetables_are_written_down(sources, tmp_path):
    feed = tmp_path / "feed.zip"
    feed.write_bytes(b"")
    file = new_city(
        "Смоленск Smalltown",
        osm=sources[0],
        gtfs=[feed, feed],
        name_zh="小镇",
        folder=tmp_path / "city",
        population=1000.0,
        population_source="census",
        population_date=date(2020, 1, 1),
    )
    config = read_config(file)
    assert config.city.name_zh == "小镇"
    assert config.population.total == 1000
    assert [source.id for source in config.of_kind("gtfs")] == ["gtfs", "gtfs_2"]
    one = new_city("A", osm=sources[0], gtfs=feed, folder=tmp_path / "a")
    assert [source.id for source in read_config(one).of_kind("gtfs")] == ["gtfs"]


def test_files_inside_the_folder_are_named_relative_and_others_copied_if_asked(sources, tmp_path):
    osm, outline = sources
    inside = tmp_path / "city"
    inside.mkdir()
    shutil.copy(osm, inside / "map.osm")
    text = new_city("A", osm=inside / "map.osm", folder=inside).read_text(encoding="utf-8")
    assert 'file = "map.osm"' in text
    copied = new_city("B", osm=osm, boundary=outline, folder=tmp_path / "b", copy=True).parent
    assert {each.name for each in copied.iterdir()} == {"city.toml", "town.osm", "outline.geojson"}
    assert read_config(copied).boundary.file == (copied / "outline.geojson").resolve()


def test_nothing_is_overwritten(sources, tmp_path):
    file = new_city("A", osm=sources[0], folder=tmp_path / "city")
    file.write_text("mine", encoding="utf-8")
    with pytest.raises(InputError, match="a city already"):
        new_city("A", osm=sources[0], folder=tmp_path / "city")
    assert file.read_text(encoding="utf-8") == "mine"


def test_the_folder_is_named_after_the_city(sources, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert new_city("São Tomé", osm=sources[0]).parent.name == "sao_tome"


def test_what_is_missing_is_told_before_anything_is_made(sources, tmp_path):
    target = tmp_path / "city"
    broken = tmp_path / "broken.osm.pbf"
    broken.write_bytes(b"no")
    for arguments, problem in (
        ({"osm": tmp_path / "none.osm"}, "no such file"),
        ({"osm": sources[0], "boundary": tmp_path / "none.geojson"}, "no such file"),
        ({"osm": sources[0], "population": 10.0}, "date of the population"),
        ({"osm": broken}, "not an OpenStreetMap file"),
    ):
        with pytest.raises(InputError, match=problem):
            new_city("A", folder=target, **arguments)
        assert not (target / "city.toml").exists()
    with pytest.raises(InputError, match="no id can be made from '北京'"):
        new_city("北京", osm=sources[0], folder=target)
