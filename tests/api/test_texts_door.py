"""What reports tell, through the door: offered to the desk, decided by a person, told in counts."""

from datetime import timedelta

import pytest

from dizuo.operations.cases.office import Actor, NewCase
from dizuo.operations.texts.suggestion import Suggestion

WEST, SOUTH = 373_000.0, 4_843_000.0
RESIDENT = Actor("public", frozenset({"resident"}))


@pytest.fixture
def report(town):
    """Opens an event, and returns its case."""

    def open_one(text="暴露垃圾", x=10.0, category="0102", **told):
        number = town.operations.health().events
        new = NewCase(
            "urban_event", f"report {number}", "open311", category=category, x=WEST + x,
            y=SOUTH + 10.0, confidences=[("text", text.encode())], **told,
        )  # fmt: skip
        with town.operations.engine.begin() as connection:
            return town.operations.office.open(connection, [new], RESIDENT)[0].case

    return open_one


def test_a_repeat_is_offered_and_merged_by_the_desk(town, report):
    first = report("门口的垃圾三天没人清")
    town.clock.move(timedelta(hours=3))
    again = report("门口垃圾三天没人清", x=60.0)
    reading = town.get(f"/api/cases/{again}/reading", "desk").json()
    assert reading["suggestion"] is None
    (one,) = reading["mergers"]
    assert (one["into"], one["metres"]) == (first, 50.0)
    assert town.get("/api/texts/duplicates", "desk").json() == [one]
    given = {"into": one["into"], "reason": one["reason_zh"]}
    assert town.post(f"/api/cases/{again}/merge", "desk", **given).json()["merged_into"] == first
    assert town.get("/api/texts/duplicates", "desk").json() == []
    history = town.get(f"/api/cases/{again}", "desk").json()["history"]
    assert (history[-1]["actor"], history[-1]["facts"]["into"]) == ("account:desk", first)


def test_a_suggestion_is_shown_and_the_log_has_it_beside_what_the_desk_gave(
    town, report, monkeypatch
):
    case = report(category=None)
    made = Suggestion("0102", 0.91, "a head")
    reader = type(town.operations.texts)
    monkeypatch.setattr(reader, "_suggestion", lambda *_: (made, None))
    (town.operations.folder / "texts").mkdir()
    told = town.get(f"/api/cases/{case}/reading", "desk").json()["suggestion"]
    assert told == {"code": "0102", "confidence": 0.91, "by": "a head"}
    assert town.get(f"/api/cases/{case}", "desk").json()["category"] is None
    town.post(f"/api/cases/{case}/file", "desk", category="0104")
    facts = town.get(f"/api/cases/{case}", "desk").json()["history"][-1]["facts"]
    assert (facts["category"], facts["suggested"]) == ("0104", told)


def test_topics_and_hot_spots_are_told_in_counts(town, report):
    for week in range(12):
        report(x=10.0 + week)
        town.clock.move(timedelta(days=7))
    for at in range(15):
        report(x=10.0 + at)
    town.clock.move(timedelta(minutes=1))
    (topic,) = town.get("/api/texts/topics", "desk").json()
    assert (topic["kind"], topic["count"], topic["hot"]) == ("urban_event/0102", 15, True)
    # Of one cell none stands out.
    assert town.get("/api/texts/hotspots", "desk").json() == []


def test_others_are_turned_away(town, report):
    case = report()
    for path in (f"/api/cases/{case}/reading", "/api/texts/duplicates", "/api/texts/topics"):
        assert town.get(path).status_code == 401
        assert town.get(path, "walker").status_code == 403
    assert town.get("/api/cases/case:none/reading", "desk").status_code == 404
