"""Signs of gaming that were planted are found, and nothing else is."""

import json
from dataclasses import replace

import pytest
from hand_made_log import GREEN, PHOTO, ROADS, hour

from dizuo.operations.evaluation.histories import histories
from dizuo.operations.evaluation.integrity import CHECKS, look_for_gaming
from dizuo.operations.event_log.verification import CONFIDENCES


def found(told, parameters, check):
    rows = look_for_gaming(told, parameters).rows
    return rows[rows["check"] == check]


def test_what_the_fourteen_cases_show(told, played, parameters):
    names = {case: name for name, case in played[0].items()}
    rows = look_for_gaming(told, parameters).rows
    assert [(row.check, names[row.case]) for row in rows.itertuples()] == [
        ("late_extension", "reworked"),
        ("merged_near_due", "merged"),
        ("own_call_back", "reopened"),
    ]
    assert rows["amount"].tolist()[:2] == [30, 120]
    assert rows.set_index("check").loc["merged_near_due", "other"] == played[0]["on time"]


def test_every_check_says_what_it_looked_at(told, parameters):
    looked = look_for_gaming(told, parameters).looked_at.set_index("check")
    assert list(looked.index) == list(CHECKS)
    assert looked.loc["late_extension", "looked_at"] == 1
    assert looked.loc["late_suspension", "looked_at"] == 1
    assert looked.loc["merged_near_due", "looked_at"] == 1
    assert looked.loc["own_call_back", "looked_at"] == 5
    assert looked["visible"].all()


def test_photos_of_before_their_content_was_hashed_are_not_said_to_be_looked_at(
    played, calendars, parameters
):
    def older(facts):
        for one in facts.get(CONFIDENCES, ()):
            one.pop("content", None)

    log = played[1]
    for name in played[0]:
        log = altered((played[0], log), name, {one.kind for one in log}, older)
    found_in = look_for_gaming(histories([log], calendars, parameters), parameters)
    assert not found_in.looked_at.set_index("check").loc["copied_forward", "visible"]


def altered(played, name, kinds, change):
    """Return the log with the facts of some steps of a case changed."""
    log = []
    for event in played[1]:
        if event.subject == played[0][name] and event.kind in kinds:
            facts = event.known()
            change(facts)
            log.append(replace(event, facts=json.dumps(facts)))
        else:
            log.append(event)
    return log


def test_a_case_settled_without_a_photo_is_found(played, calendars, parameters):
    log = altered(played, "on time", {"case.feed_back", "case.close"}, lambda f: f.pop(CONFIDENCES))
    rows = found(histories([log], calendars, parameters), parameters, "closed_without_evidence")
    assert rows["case"].tolist() == [played[0]["on time"]]
    assert rows["unit"].tolist() == [ROADS]


def test_a_photo_used_again_is_found_where_its_content_is_hashed(played, calendars, parameters):
    def same(facts):
        for one in facts[CONFIDENCES]:
            one["content"] = "5f3a"

    log = played[1]
    for name in ("on time", "late", "reworked"):
        log = altered((played[0], log), name, {"case.close"}, same)
    told = histories([log], calendars, parameters)
    rows = found(told, parameters, "copied_forward")
    assert len(rows) == 2
    assert set(rows["amount"]) == {3}
    assert (
        look_for_gaming(told, parameters)
        .looked_at.set_index("check")
        .loc["copied_forward", "visible"]
    )


def test_closing_faster_than_anybody_can_be_there_is_found(told, played, parameters):
    rows = found(told, replace(parameters, fast_closure_minutes=121), "fast_closure")
    assert set(rows["case"]) == {played[0]["ours after all"], played[0]["reopened"]}
    assert set(rows["amount"]) == {120}


def test_a_new_report_of_the_same_soon_after_is_found(player, calendars, parameters):
    here = {"x": 1000.0, "y": 2000.0}
    player.urban("first", ROADS, 8, fed_back=5, closed=6, **here)
    for name, at, known in (
        ("again", 100, {"x": 1030.0, "y": 2040.0}),  # 50 m away
        ("too far", 100, {"x": 1031.0, "y": 2040.0}),
        ("another class", 100, here | {"category": "0102"}),
        ("too late", 6 + 15 * 24 + 1, here),
    ):
        player.open(name, at=at, **known)
    rows = found(histories([player.log()], calendars, parameters), parameters, "silent_reopening")
    assert rows["case"].tolist() == [player.cases["first"]]
    assert rows["other"].tolist() == [player.cases["again"]]
    assert rows["amount"].tolist() == [pytest.approx(94 / 24)]


@pytest.mark.parametrize("known", [{"asset": "component:7"}, {"place": "estate:5"}])
def test_the_same_thing_or_place_tells_without_coordinates(player, calendars, parameters, known):
    player.urban("first", ROADS, 8, fed_back=5, closed=6, **known)
    player.open("again", at=50, **known)
    player.open("refused", at=40, **known)
    player.do("refused", 41, "reject", reason="nothing")
    rows = found(histories([player.log()], calendars, parameters), parameters, "silent_reopening")
    assert rows["other"].tolist() == [player.cases["again"]]


def test_a_suspension_at_the_last_minute_is_found(player, calendars, parameters):
    player.urban("a", GREEN, 8)  # due 9
    player.do("a", 8.5, "suspend", reason="permit")
    rows = found(histories([player.log()], calendars, parameters), parameters, "late_suspension")
    assert rows["amount"].tolist() == [30]


def test_a_closure_told_after_it_was_due_is_found(player, calendars, parameters):
    player.urban("a", ROADS, 8)  # due 9
    player.do("a", 5, "feed_back", confidences=PHOTO, actor=_staff())
    player.do("a", 20, "close", confidences=PHOTO, happened=6)
    told = histories([player.log()], calendars, parameters)
    rows = found(told, parameters, "backdated_closure")
    assert rows["amount"].tolist() == [14 * 60]
    assert rows["at"].tolist() == [hour(6)]


def _staff():
    from hand_made_log import staff

    return staff(ROADS)


def test_a_deadline_that_does_not_follow_from_its_record_is_found(played, calendars, parameters):
    def later(facts):
        record = json.loads(facts["changes"]["deadline"])
        record["due"] = hour(99).isoformat()
        facts["changes"]["deadline"] = json.dumps(record)

    log = altered(played, "late", {"case.dispatch"}, later)
    told = histories([log], calendars, parameters)
    rows = found(told, parameters, "deadline_not_proven")
    assert rows["case"].tolist() == [played[0]["late"]]
    # and what counts is what follows from the record
    own = told.rounds[told.rounds["case"] == played[0]["late"]]
    assert own["due"].tolist() == [hour(5)]


def test_where_nothing_was_dispatched_nothing_was_gamed(player, calendars, parameters):
    player.open("a", asset="lamp:1", place="place:square")
    told = histories([player.log()], calendars, parameters)
    assert look_for_gaming(told, parameters).rows.empty
