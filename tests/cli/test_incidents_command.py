"""Incidents from the command line, as somebody at the desk types it."""

import json

import pytest

from opened_city import write_city

pytestmark = pytest.mark.systems("S17.9")

WORDS = {"en": "Gas is leaking", "zh": "燃气泄漏"}


@pytest.fixture
def town(tmp_path, monkeypatch):
    monkeypatch.delenv("DIZUO_DATABASE_URL", raising=False)
    town = write_city(tmp_path / "town")
    (town / "operations").mkdir()
    text = '[warnings]\nsender = "alerts.example.org"\nen = "Town"\nzh = "小城"\n'
    (town / "operations" / "settings.toml").write_text(text, encoding="utf-8")
    return town


@pytest.fixture
def run(dizuo, town):
    return lambda *given: dizuo("incidents", town, *given)


@pytest.fixture
def incident(run):
    told = run("declare", "--type", "gas_leak", "--grade", "III", "--text", "smell", "--json")
    assert told.code == 0, told.err
    return told.answer["incident"]


def test_an_incident_is_handled_warned_of_and_reported_on(run, incident, tmp_path):
    told = run("activate", incident, "--plan", "gas_leak", "--json").answer
    first = next(one["task"] for one in told["tasks"] if one["state"] == "ready")
    assert run("start", incident, "--task", first).code == 0
    assert "finished" in run("finish", incident, "--task", first, "--note", "shut").out
    assert run("register", "--resource", "pump:1", "--name", "Pump", "--json").code == 0
    assert run("assign", incident, "--resource", "pump:1", "--json").answer["resources"]
    assert [one["assigned"] for one in run("resources", "--json").answer] == [1]
    file = tmp_path / "warning.json"
    told = dict.fromkeys(("headline", "description", "instruction", "area"), WORDS)
    file.write_text(json.dumps(told | {"expires": "2999-01-01T00:00:00Z"}), encoding="utf-8")
    sent = run("alert", incident, "--file", file, "--json").answer["identifier"]
    assert sent == f"{incident}.1"
    report = tmp_path / "report.md"
    assert run("report", incident, "--file", report, "--lang", "zh").code == 0
    assert "事后评估报告" in report.read_text(encoding="utf-8")
    assert [one["incident"] for one in run("list", "--json").answer] == [incident]
    assert incident in run().out


@pytest.mark.parametrize(
    ("given", "english", "chinese"),
    [
        (["declare"], "this needs --type", "须给出 --type"),
        (["show", "incident:none"], "no incident 'incident:none'", "没有事件"),
        (["explode", "{}"], "cannot be done with an incident", "事件没有操作"),
        (["activate", "{}"], "this needs plan", "须给出 plan"),
        (["alert", "{}"], "this needs --file", "须给出 --file"),
        (["alert", "{}", "--file", "none.json"], "this is no warning", "无法读取预警内容"),
    ],
)
def test_what_cannot_be_done_is_told_in_both_languages(run, incident, given, english, chinese):
    arguments = [one.format(incident) for one in given]
    done = run(*arguments)
    assert done.code == 2
    assert english in done.err
    assert chinese in run(*arguments, "--lang", "zh").err


def test_who_warns_must_be_said(run, incident, town, tmp_path):
    settings = town / "operations" / "settings.toml"
    settings.write_text('[warnings]\nsender = "x"\n')
    assert "is not whole" in run("list").err
    settings.write_text("")
    file = tmp_path / "warning.json"
    told = dict.fromkeys(("headline", "description", "instruction", "area"), WORDS)
    file.write_text(json.dumps(told | {"expires": "2999-01-01T00:00:00Z"}), encoding="utf-8")
    assert "has not said who warns" in run("alert", incident, "--file", file).err
