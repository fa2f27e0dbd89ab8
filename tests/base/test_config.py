"""What city.toml may say, and how it is told what it may not."""

from datetime import date

import pytest
from town_city import HEAD, MAP, write_city

from dizuo.base.config import read_config
from dizuo.model.errors import InputError
from dizuo.model.evidence import Evidence


def refused(folder, text):
    (folder / "city.toml").write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_config(folder)
    return caught.value


@pytest.fixture
def folder(tmp_path):
    return write_city(tmp_path / "town")


def test_settings_have_defaults_and_paths_count_from_the_citys_folder(folder):
    config = read_config(folder)
    assert config.city.id == "town"
    assert config.city.standards == ("CN",)
    assert config.city.reference_date == date(2024, 6, 1)
    assert config.boundary.file == (folder / "boundary.geojson").resolve()
    assert config.boundary.land_only is True
    assert config.population.total == 1000
    (source,) = config.sources
    assert source.file == (folder / "town.osm").resolve()
    assert source.evidence is Evidence.MEASURED
    assert config.base_folder == folder / "base"


def test_the_file_itself_may_be_named(folder):
    assert read_config(folder / "city.toml") == read_config(folder)


def test_a_source_has_columns_constants_and_completeness(folder):
    (folder / "own.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    text = (
        (folder / "city.toml").read_text(encoding="utf-8")
        + """
[[sources]]
id = "own"
kind = "table"
file = "own.csv"
layer = "facilities"
category = "kindergarten"
mode = "replace"
crs = "GCJ-02"
date = "2024-02-01"
evidence = "estimated"
drop = ["电话"]
[sources.columns]
name = "名称"
[sources.constants]
capacity = 90
[sources.completeness]
facilities = { share = 0.8, source = "a field check" }
"""
    )
    (folder / "city.toml").write_text(text, encoding="utf-8")
    source = read_config(folder).for_layer("facilities")[0]
    assert source.constants == {"category": "kindergarten", "capacity": 90}
    assert source.columns == {"name": "名称"}
    assert source.drop == ("电话",)
    assert source.evidence is Evidence.ESTIMATED
    assert source.date == date(2024, 2, 1)
    assert source.completeness["facilities"].share == 0.8


@pytest.mark.parametrize(
    ("old", "new", "field", "cure"),
    [
        ('name = "Town"', 'nmae = "Town"', "city.name", "Did you write 'nmae' for it?"),
        ('crs = "EPSG:32632"', 'crz = "x"', "city.crz", "Did you mean 'crs'?"),
        ('id = "town"', 'id = "My Town"', "city.id", "lower-case"),
        ("2024-06-01", '"in June"', "city.reference_date", "2025-12-31"),
        ("total = 1000", "total = -1", "population.total", ""),
        ("total = 1000", "total = nan", "population.total", ""),
        ("total = 1000", "total = inf", "population.total", ""),
        ("total = 1000", "total = 1e12", "population.total", ""),
        ("total = 1000", "total = true", "population.total", ""),
        ("total = 1000", 'total = "1000"', "population.total", "a number"),
        (
            'kind = "osm"',
            'kind = "pbf"',
            "sources[1].kind",
            "Known here: elevation, evaluation, gtfs, osm",
        ),
        ('kind = "osm"', 'kind = "osn"', "sources[1].kind", "Did you mean 'osm'?"),
        ('file = "town.osm"', 'file = "gone.osm"', "sources[1].file", "Correct the path"),
        ("[[sources]]", "[sources]", "sources", "[[sources]]"),
        ("[population]", "[pop]\nx = 1\n[population]", "pop", "Known here"),
        ('file = "boundary.geojson"', "osm_relation = true", "boundary.osm_relation", "whole"),
        (
            'file = "boundary.geojson"',
            'file = "boundary.geojson"\nosm_relation = 7',
            "boundary.osm_relation",
            "either",
        ),
    ],
)
def test_what_does_not_fit_is_refused_with_the_key_and_the_cure(folder, old, new, field, cure):
    text = (folder / "city.toml").read_text(encoding="utf-8")
    assert old in text
    error = refused(folder, text.replace(old, new, 1))
    assert error.field == field
    assert cure in (error.cure or "")
    assert error.file == str(folder / "city.toml")


def test_lists_hold_texts_only_and_known_words_only(folder):
    assert refused(folder, HEAD + "standards = [1]\n" + MAP).field == "city.standards"
    assert "Known here: en, zh" in refused(folder, HEAD + 'languages = ["fr"]\n' + MAP).cure


def test_sources_need_a_day_and_their_own_id(folder):
    assert refused(folder, HEAD).field == "sources"
    assert refused(folder, HEAD + MAP + MAP).problem == "two sources have the id 'osm'"
    assert refused(folder, HEAD + MAP.replace("date = 2024-01-01", "")).field == "sources[1].date"


def test_a_table_must_be_a_table(folder):
    assert "must be a table" in refused(folder, "city = 3\n" + MAP).problem
    assert "table is missing" in refused(folder, MAP).problem


def test_files_that_are_no_toml_are_refused(folder, tmp_path):
    assert "not TOML" in refused(folder, "[city\n").problem
    (folder / "city.toml").write_bytes("[city]\nname = '北京'".encode("gb18030"))
    with pytest.raises(InputError, match="not UTF-8"):
        read_config(folder)
    with pytest.raises(InputError, match="no such city"):
        read_config(tmp_path / "nowhere")


def test_the_edge_of_the_data_may_be_a_word_or_a_file(folder):
    text = (folder / "city.toml").read_text(encoding="utf-8")
    for edge, expected in (("boundary", "boundary"), ("data", "data")):
        changed = text.replace("[boundary]", f'[boundary]\nedge = "{edge}"')
        (folder / "city.toml").write_text(changed, encoding="utf-8")
        assert read_config(folder).boundary.edge == expected
    changed = text.replace("[boundary]", '[boundary]\nedge = "boundary.geojson"')
    (folder / "city.toml").write_text(changed, encoding="utf-8")
    assert read_config(folder).boundary.edge == (folder / "boundary.geojson").resolve()


def test_the_example_cities_are_read():
    from pathlib import Path

    folder = Path(__file__).parents[2] / "examples" / "monaco"
    config = read_config(folder)
    assert config.city.id == "monaco"
    assert config.sources[0].licence == "ODbL-1.0"
    assert "38,367" in config.population.source


def test_notepad_s_byte_order_mark_is_no_fault(folder):
    file = folder / "city.toml"
    file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes())
    assert read_config(folder).city.id == "town"


def test_links_that_lead_to_each_other_are_no_file(folder):
    file = folder / "town.osm"
    file.unlink(missing_ok=True)
    file.symlink_to("town.osm")
    with pytest.raises(InputError, match="there is no file"):
        read_config(folder)
