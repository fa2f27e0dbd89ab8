"""``dizuo notices``, as a user types it."""

import json

import pytest

pytestmark = pytest.mark.systems("L3")
WINDOW = ("--from", "2090-10-01T08:00", "--until", "2090-10-01T10:00")
HEAD = "closure,from,until,modes,reason,reason_zh,source,streets\n"
ROW = "fair,2090-10-01T07:00,2090-10-01T20:00,walk drive,Street fair,街市,Notice 3,Long Street\n"


@pytest.fixture
def closed(town):
    (town / "operations").mkdir()
    (town / "operations" / "closures.csv").write_text(HEAD + ROW, encoding="utf-8")
    return town


def test_a_notice_is_written_in_every_form(dizuo, closed):
    settings = '[warnings]\nsender = "travel.example.org"\nen = "Town"\nzh = "小镇"\n'
    (closed / "operations" / "settings.toml").write_text(settings, encoding="utf-8")
    ran = dizuo("notices", closed, *WINDOW, "--json")
    assert ran.code == 0, ran.err
    folder = closed / "operations" / "notices" / "20901001T0800-20901001T1000"
    names = ["notice.geojson", "notice.json", "notice.txt", "notice.xml"]
    assert sorted(file.name for file in folder.iterdir()) == names
    assert json.loads((folder / "notice.json").read_text("utf-8"))["closures"][0]["metres"] == 400
    assert "街市" in (folder / "notice.txt").read_text("utf-8")
    assert "<status>Draft</status>" in (folder / "notice.xml").read_text("utf-8")
    assert dizuo("notices", closed, *WINDOW, "--issue").code == 0
    assert "<status>Actual</status>" in (folder / "notice.xml").read_text("utf-8")


def test_without_a_sender_there_is_no_message(dizuo, closed, tmp_path):
    ran = dizuo("notices", closed, *WINDOW, "--output", tmp_path / "out")
    assert ran.code == 0, ran.err
    assert "does not say who warns" in ran.err
    assert not (tmp_path / "out" / "notice.xml").exists()
    assert "Long Street (400 m) closed to driving, walking" in ran.out


def test_a_city_without_closures_is_told_what_to_write(dizuo, town):
    ran = dizuo("notices", town, *WINDOW, "--lang", "zh")
    assert ran.code == 2
    assert "该城市没有管制数据" in ran.err
