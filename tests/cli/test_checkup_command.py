"""``build``, ``checkup``, ``report``, ``explain`` and ``compare`` on the town drawn by hand."""

import json
import shutil
import tomllib

import pyogrio
import pytest

from dizuo.city import City
from dizuo.cli.results_folder import RESULT_FILES, fingerprint_of, kept_summary


@pytest.fixture
def copied_town(examined_town, tmp_path):
    """The examined town, to be changed."""
    return shutil.copytree(examined_town, tmp_path / "town")


def results_of(folder):
    return folder / "checkups" / "2024-06-01"


def times_of(folder):
    return {name: (folder / name).stat().st_mtime_ns for name in RESULT_FILES}


def test_build_tells_what_is_in_the_base(dizuo, town):
    first = dizuo("build", town)
    assert first.code == 0
    assert "about" in first.err
    assert "MiB of memory" in first.err
    assert "Base ready in" in first.out
    answer = dizuo("build", town, "--json").answer
    rows = {layer["layer"]: layer["rows"] for layer in answer["layers"]}
    assert rows["buildings"] == 4
    assert rows["trees"] == 2
    assert answer["crs"] == "EPSG:32632"
    again = dizuo("build", town)
    assert "MiB of memory" not in again.err
    forced = dizuo("build", town, "--force", "--lang", "zh")
    assert forced.out.count("底座已就绪") == 1
    assert "约需 0 秒" not in forced.err


def test_a_checkup_writes_every_file(dizuo, examined_town):
    folder = results_of(examined_town)
    assert all((folder / name).stat().st_size > 0 for name in RESULT_FILES)
    html = (folder / "report.html").read_text(encoding="utf-8")
    assert "<html" in html
    assert (folder / "report.pdf").read_bytes().startswith(b"%PDF")
    assert "findings" in {name for name, _ in pyogrio.list_layers(folder / "checkup.gpkg")}
    settings = tomllib.loads((folder / "settings.toml").read_text(encoding="utf-8"))
    assert settings["city"]["reference_date"] == "2024-06-01"
    assert settings["analysis"]["smallest_group"] == 10


def test_a_checkup_answers_with_its_summary(dizuo, examined_town):
    answer = dizuo("checkup", examined_town, "--json").answer
    kept = json.loads((results_of(examined_town) / "checkup.json").read_text(encoding="utf-8"))
    assert answer["unchanged"] is True
    assert answer["city"]["name_zh"] == "小镇"
    assert set(answer["files"]) == set(RESULT_FILES)
    assert {key: answer[key] for key in kept} == kept


def test_a_person_sees_scores_with_ranges_findings_and_paths(dizuo, examined_town):
    english = dizuo("checkup", examined_town)
    chinese = dizuo("checkup", examined_town, "--output", results_of(examined_town))
    assert english.code == chinese.code == 0
    assert "Town, 2024-06-01" in english.out
    assert "Living circles" in english.out
    assert "Range" in english.out
    assert str(results_of(examined_town) / "report.html") in english.out
    assert "Nothing changed since these were written" in english.out


def test_sets_are_called_as_in_the_report():
    from dizuo.checkup.outputs.contents import SETS
    from dizuo.cli.summary import _SETS

    assert _SETS == SETS


def test_nothing_is_computed_again_while_nothing_changed(dizuo, copied_town):
    before = times_of(results_of(copied_town))
    dizuo("checkup", copied_town)
    assert times_of(results_of(copied_town)) == before
    forced = dizuo("checkup", copied_town, "--force", "--json").answer
    assert forced["unchanged"] is False
    after = times_of(results_of(copied_town))
    assert all(after[name] > before[name] for name in RESULT_FILES)


def fingerprint(folder, asked=(), language="en"):
    city = City.open(folder)
    return fingerprint_of(city, city.base, asked, language)


def test_what_results_follow_from_changes_their_fingerprint(copied_town):
    before = fingerprint(copied_town)
    assert fingerprint(copied_town) == before
    assert fingerprint(copied_town, language="zh") != before
    assert fingerprint(copied_town, asked=("08",)) != before
    (copied_town / "rules").mkdir()
    (copied_town / "rules" / "plan.toml").write_text("", encoding="utf-8")
    with_rule = fingerprint(copied_town)
    text = (copied_town / "city.toml").read_text(encoding="utf-8")
    (copied_town / "city.toml").write_text(text.replace("1000", "900"), encoding="utf-8")
    assert len({before, with_rule, fingerprint(copied_town)}) == 3


def test_a_copy_of_a_city_has_the_fingerprint_of_the_city(examined_town, copied_town):
    assert fingerprint(copied_town) == fingerprint(examined_town)


def test_results_hold_while_they_are_whole_and_nothing_changed(copied_town):
    folder = results_of(copied_town)
    kept = (folder / ".fingerprint").read_text(encoding="utf-8")
    assert kept_summary(folder, kept)["city"]["id"] == "town"
    assert kept_summary(folder, "another") is None
    (folder / "report.pdf").rename(folder / "mine.pdf")
    assert kept_summary(folder, kept) is None
    (folder / "mine.pdf").rename(folder / "report.pdf")
    (folder / "checkup.json").write_text("{", encoding="utf-8")
    assert kept_summary(folder, kept) is None
    assert kept_summary(folder / "absent", kept) is None


def test_an_interrupted_run_leaves_the_last_good_results(dizuo, copied_town, monkeypatch):
    before = times_of(results_of(copied_town))

    def interrupt(*_arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr("dizuo.checkup.outputs.geopackage.write_geopackage", interrupt)
    assert dizuo("checkup", copied_town, "--force").code == 130
    assert times_of(results_of(copied_town)) == before
    assert not list((copied_town / "checkups").glob(".*.part"))


def test_a_full_disk_is_told_as_such_whoever_notices_it(dizuo, copied_town, monkeypatch):
    from dizuo.cli import results_folder

    def fail(*_arguments):
        raise RuntimeError("sqlite3_exec failed")

    monkeypatch.setattr("dizuo.checkup.outputs.geopackage.write_geopackage", fail)
    monkeypatch.setattr(results_folder, "_FULL", 10**18)  # no disk has so much room
    ran = dizuo("checkup", copied_town, "--force")
    assert ran.code == 1
    assert "No space left" in ran.err
    monkeypatch.setattr(results_folder, "_FULL", 0)
    assert dizuo("checkup", copied_town, "--force").code == 70


def test_results_are_written_by_one_at_a_time(tmp_path):
    import threading

    from dizuo.base.locking import writing_turn

    told = []

    def second():
        with writing_turn(tmp_path / "results"):
            told.append("second")

    with writing_turn(tmp_path / "results"):
        thread = threading.Thread(target=second)
        thread.start()
        thread.join(0.2)
        told.append("first")
    thread.join()
    assert told == ["first", "second"]


def test_some_indicators_are_computed_alone(dizuo, examined_town, tmp_path):
    ran = dizuo(
        "checkup",
        examined_town,
        "--output",
        tmp_path / "out",
        "--indicator",
        "08.kindergarten_reach",
        "--indicator",
        "19",
        "--json",
    )
    named = {row["indicator"] for row in ran.answer["city_values"]}
    assert "08.kindergarten_reach" in named
    assert {name[:2] for name in named - {"08.kindergarten_reach"}} == {"19"}


def test_an_unknown_indicator_is_told_with_what_reads_alike(dizuo, examined_town, tmp_path):
    ran = dizuo(
        "checkup", examined_town, "--output", tmp_path, "--indicator", "08.kindergarden_reach"
    )
    assert ran.code == 2
    assert "08.kindergarten_reach" in ran.err


def test_the_report_is_written_again(dizuo, examined_town, tmp_path):
    ran = dizuo("report", examined_town, "--output", tmp_path / "new", "--json")
    assert sorted(ran.answer["files"]) == ["report.html", "report.pdf"]
    assert sorted(file.name for file in (tmp_path / "new").iterdir()) == [
        "report.html",
        "report.pdf",
    ]
    assert "report.html" in dizuo("report", examined_town, "--output", tmp_path / "new").out


def test_a_report_needs_a_base(dizuo, town):
    ran = dizuo("report", town)
    assert ran.code == 5
    assert "dizuo build" in ran.err


@pytest.mark.systems("S9x.2")
def test_a_value_is_explained(dizuo, examined_town):
    english = dizuo("explain", "08.kindergarten_reach", examined_town)
    chinese = dizuo("explain", "08.kindergarten_reach", examined_town, "--lang", "zh")
    assert "city:town (city)" in english.out
    assert "gb50180.kindergarten.radius" in english.out
    assert "Formula: " in english.out
    assert "幼儿园" in chinese.out


def test_an_explanation_in_chinese_is_in_chinese(dizuo, examined_town):
    told = dizuo("explain", "08.kindergarten_reach", examined_town, "--lang", "zh").out
    assert "≤ 300 米" in told
    assert "inf" not in told  # no kindergarten is reached
    for word in ("failing", "sure", " m "):
        assert word not in told
    assert "不达标" in told


def test_an_explanation_names_every_thing_behind_the_value(dizuo, examined_town):
    answer = dizuo(
        "explain", "08.bus_stop_reach", "--place", "city:town", examined_town, "--json"
    ).answer
    network = next(row for row in answer["values"] if row["variant"] == "network")
    assert answer["thing_count"] == len(answer["things"]) == 4
    assert network["value"] == pytest.approx(
        100 * network["numerator"] / network["denominator"], rel=1e-12
    )
    assert network["value"] == pytest.approx(
        100 * sum(not thing["failing"] for thing in answer["things"]) / 4
    )


def test_a_missing_value_is_explained_by_what_the_city_must_add(dizuo, examined_town):
    ran = dizuo("explain", "08.H05", examined_town)
    assert ran.code == 0
    assert "missing" in ran.out


def test_an_unknown_place_is_told_with_what_reads_alike(dizuo, examined_town):
    ran = dizuo("explain", "08.bus_stop_reach", "--place", "city:twon", examined_town)
    assert ran.code == 2
    assert "city:town" in ran.err


def test_a_city_compared_with_itself_has_not_changed(dizuo, examined_town):
    answer = dizuo("compare", examined_town, examined_town, "--json").answer
    assert {row["change"] for row in answer["values"]} <= {0.0, None}
    assert {row["status"] for row in answer["findings"]} <= {"kept"}
    assert all(row["added_in_city"] == row["added_in_map"] == 0 for row in answer["layers"])


@pytest.mark.systems("S8.13")
def test_what_changed_in_a_city_is_told(dizuo, examined_town, copied_town):
    text = (copied_town / "city.toml").read_text(encoding="utf-8")
    later = text.replace("2024-06-01", "2025-06-01")
    (copied_town / "city.toml").write_text(later, encoding="utf-8")
    drawing = (copied_town / "town.osm").read_text(encoding="utf-8")
    (copied_town / "town.osm").write_text(
        drawing.replace('v="bus_stop"', 'v="crossing"'), encoding="utf-8"
    )
    ran = dizuo("compare", examined_town, copied_town)
    assert ran.code == 0
    assert "Town: 2024-06-01 → 2025-06-01" in ran.out
    assert "bus_stop" in ran.out
    assert dizuo("compare", copied_town, examined_town).code == 2


def test_without_residents_nobody_is_counted_and_the_cure_is_told(dizuo, town):
    from town_city import PEOPLE

    file = town / "city.toml"
    file.write_text(file.read_text(encoding="utf-8").replace(PEOPLE, ""), encoding="utf-8")
    told = dizuo("checkup", town)
    assert told.code == 0
    assert "0 residents" not in told.out
    assert "[population] in city.toml" in " ".join(told.out.split())
    assert "影响人数未知" in dizuo("checkup", town, "--lang", "zh").out
