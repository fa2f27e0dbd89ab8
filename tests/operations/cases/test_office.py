"""A case from its report to its end, as the desk, the centre, a unit and a resident see it."""

import json
import random
from datetime import timedelta

import pytest
from sqlalchemy import select

from dizuo.model.errors import AccessError, InputError
from dizuo.operations.cases.office import Actor, NewCase
from dizuo.operations.cases.table import CaseProjection, cases
from dizuo.operations.event_log import tables
from dizuo.operations.event_log.log import read_events
from dizuo.operations.event_log.sealing import Sequencer, signing_key
from dizuo.operations.event_log.vault import Erased
from dizuo.operations.event_log.verification import public_key, verify
from dizuo.operations.time import from_microseconds

ROLES = ("desk", "centre", "unit", "collector", "resident", "rule", "analyst", "volunteer")
EVERYBODY = Actor("account:everybody", frozenset(ROLES))
PHOTO = [("photo", b"jpeg")]


def report(delivery="1", case_type="urban_event", **known):
    return NewCase(case_type, delivery, "open311", **known)


def opened(office, new=None):
    with office.log.engine.begin() as connection:
        return office.open(connection, [new or report()], EVERYBODY)[0].case


def act(office, case, action, actor=EVERYBODY, confidences=(), **given):
    options = {name: given.pop(name) for name in ("delivery", "happened") if name in given}
    with office.log.engine.begin() as connection:
        return office.act(
            connection, case, action, actor, given, confidences=confidences, **options
        )


def row(office, case):
    with office.log.engine.connect() as connection:
        found = connection.execute(select(cases).where(cases.c.case == case))
        return found.mappings().one()


def handled(office, clock, case, limit="1 working_days"):
    """Take a case as far as its unit."""
    act(office, case, "file", category="0501")
    act(office, case, "dispatch", unit="unit:roads", limit=limit)
    clock.move(timedelta(hours=1))
    act(office, case, "accept")
    return case


def test_a_report_becomes_a_case_with_a_number_nobody_guesses(office, clock):
    with office.log.engine.begin() as connection:
        told = office.open(connection, [report(x=1.0, y=2.0, category="0501")], EVERYBODY)[0]
    case = row(office, told.case)
    assert (case["state"], case["open"], case["token"]) == ("reported", True, told.token)
    assert (case["x"], case["y"], case["category"]) == (1.0, 2.0, "0501")
    assert from_microseconds(case["opened"]) == clock.now()
    assert from_microseconds(case["stage_due"]) == clock.now() + timedelta(minutes=30)


def test_the_same_report_delivered_twice_opens_one_case(office):
    with office.log.engine.begin() as connection:
        first, second = office.open(connection, [report("a"), report("a")], EVERYBODY)
    with office.log.engine.begin() as connection:
        third = office.open(connection, [report("a"), report("b")], EVERYBODY)
    assert (first.new, second.new, third[0].new, third[1].new) == (True, False, False, True)
    assert first.case == second.case == third[0].case != third[1].case
    assert first.token == third[0].token


def test_names_of_cases_rise_with_time_and_cannot_be_guessed(office, clock):
    first = opened(office, report("a"))
    clock.move(timedelta(milliseconds=1))
    later = [opened(office, report(delivery)) for delivery in "bc"]
    assert first < min(later)
    same_time, chance = zip(*((name[:17], name[17:]) for name in later), strict=True)
    assert len(set(same_time)) == 1
    assert len(set(chance)) == 2
    assert {len(name) for name in chance} == {20}


def test_a_case_goes_from_report_to_closure(office, clock):
    case = handled(office, clock, opened(office))
    act(office, case, "feed_back", confidences=PHOTO)
    clock.move(timedelta(hours=1))
    act(office, case, "close", confidences=PHOTO)
    found = row(office, case)
    assert (found["state"], found["open"], found["unit"]) == ("closed", False, "unit:roads")
    assert from_microseconds(found["closed"]) == clock.now()
    assert found["closed"] < found["due"]
    with office.log.engine.connect() as connection:
        kinds = [one.kind for page in read_events(connection) for one in page]
    assert kinds == [
        "case.opened", "case.file", "case.dispatch", "case.accept", "case.feed_back", "case.close",
    ]  # fmt: skip


def test_the_clock_stands_while_a_case_is_suspended(office, clock):
    case = handled(office, clock, opened(office), "8 urgent_hours")
    due = row(office, case)["due"]
    act(office, case, "suspend", reason="挖掘许可未批")
    assert row(office, case)["due"] is None
    clock.move(timedelta(days=3))
    act(office, case, "resume")
    assert row(office, case)["due"] == due + timedelta(days=3) // timedelta(microseconds=1)
    assert row(office, case)["suspensions"] == 1
    record = json.loads(row(office, case)["deadline"])
    assert [pause["reason"] for pause in record["pauses"]] == ["suspension"]


def test_more_time_is_given_once(office, clock):
    case = handled(office, clock, opened(office), "8 urgent_hours")
    due = row(office, case)["due"]
    act(office, case, "extend", reason="rain", added="4 urgent_hours")
    assert row(office, case)["due"] == due + timedelta(hours=4) // timedelta(microseconds=1)
    with pytest.raises(InputError, match="only once in one case"):
        act(office, case, "extend", reason="rain", added="4 urgent_hours")


def test_a_date_that_somebody_set_stands_as_it_was_given(office, clock):
    case = opened(office)
    act(office, case, "file", category="0501")
    with pytest.raises(InputError, match="'soon' is no time with a zone"):
        act(office, case, "dispatch", unit="unit:roads", due="soon")
    act(office, case, "dispatch", unit="unit:roads", due="2026-03-09T12:00:00+08:00")
    due = row(office, case)["due"]
    assert from_microseconds(due).isoformat() == "2026-03-09T04:00:00+00:00"
    act(office, case, "accept")
    act(office, case, "suspend", reason="rain")
    assert row(office, case)["due"] == due


def test_a_task_that_is_not_ours_goes_back_with_its_clause_and_the_clock_begins_anew(office, clock):
    case = opened(office)
    act(office, case, "file", category="0501")
    act(office, case, "dispatch", unit="unit:roads", limit="4 urgent_hours")
    act(office, case, "return", reason="a private road", clause="§3")
    assert (row(office, case)["state"], row(office, case)["returns"]) == ("filed", 1)
    clock.move(timedelta(hours=9))
    act(office, case, "dispatch", unit="unit:estate", limit="4 urgent_hours")
    assert from_microseconds(row(office, case)["due"]) == clock.now() + timedelta(hours=4)


def test_rework_urging_and_reopening_are_counted(office, clock):
    case = handled(office, clock, opened(office))
    act(office, case, "urge")
    act(office, case, "urge")
    act(office, case, "feed_back", confidences=PHOTO)
    act(office, case, "rework", reason="still dirty")
    act(office, case, "feed_back", confidences=PHOTO)
    act(office, case, "close", confidences=PHOTO)
    act(office, case, "rate", grade=2)
    act(office, case, "reopen", reason="it is back")
    found = row(office, case)
    assert (found["urges"], found["reworks"], found["reopenings"]) == (2, 1, 1)
    assert (found["state"], found["open"], found["closed"]) == ("filed", True, None)


def test_a_duplicate_is_merged_into_the_case_that_stays(office, clock):
    stays, goes = opened(office, report("a")), opened(office, report("b"))
    act(office, goes, "merge", into=stays, reason="same place")
    assert (row(office, goes)["state"], row(office, goes)["merged_into"]) == ("merged", stays)
    with pytest.raises(InputError, match="same case"):
        act(office, stays, "merge", into=stays, reason="x")
    with pytest.raises(InputError, match="is merged itself"):
        act(office, stays, "merge", into=goes, reason="x")
    with pytest.raises(InputError, match="no case 'case:none'"):
        act(office, stays, "merge", into="case:none", reason="x")


@pytest.mark.parametrize(
    ("action", "given", "message"),
    [
        (
            "close",
            {},
            "with a case that is 'reported'.*Possible now: classify, .*file, merge",
        ),
        ("fly", {}, "'fly' cannot be done"),
        ("file", {}, "file needs category"),
        ("reject", {"reason": ""}, "reject needs reason"),
        ("file", {"category": "01", "phone": "1"}, "phone cannot be told with file"),
    ],
)
def test_what_cannot_be_done_is_said_with_what_can(office, action, given, message):
    case = opened(office)
    with pytest.raises(InputError, match=message):
        act(office, case, action, **given)
    assert row(office, case)["version"] == 1


def test_evidence_is_asked_for(office, clock):
    case = handled(office, clock, opened(office))
    with pytest.raises(InputError, match="feed_back needs a photo as evidence"):
        act(office, case, "feed_back")


def test_only_roles_that_may_do_it_do_it(office):
    case = opened(office)
    unit = Actor("account:roads", frozenset({"unit"}))
    with pytest.raises(AccessError, match="account:roads may not file: that takes one of desk"):
        act(office, case, "file", unit, category="01")


def test_only_roles_that_may_open_a_case_open_it(office):
    resident = Actor("public", frozenset({"resident"}))
    with office.log.engine.begin() as connection:
        assert office.open(connection, [report()], resident)[0].new
        with pytest.raises(AccessError, match="public may not open a case of alarm"):
            office.open(connection, [report("2", "alarm")], resident)


def test_a_step_delivered_twice_is_done_once(office, clock):
    case = handled(office, clock, opened(office))
    assert act(office, case, "urge", delivery="u1") is not None
    assert act(office, case, "urge", delivery="u1") is None
    assert row(office, case)["urges"] == 1


def test_steps_are_not_done_in_the_future_or_before_the_last_one(office, clock):
    case = handled(office, clock, opened(office))
    with pytest.raises(InputError, match="in the future"):
        act(office, case, "urge", happened=clock.now() + timedelta(seconds=1))
    with pytest.raises(InputError, match="the case changed after that"):
        act(office, case, "urge", happened=clock.now() - timedelta(hours=2))
    with pytest.raises(InputError, match="in the future"):
        opened(office, report("z", happened=clock.now() + timedelta(days=1)))


def test_a_report_of_a_violation_is_never_listed(office):
    appeal = opened(office, report("a", "hotline_appeal"))
    assert row(office, appeal)["listed"]
    act(office, appeal, "file", nature="report")
    assert not row(office, appeal)["listed"]
    assert not row(office, opened(office, report("b", "hotline_appeal", nature="report")))["listed"]
    assert not row(office, opened(office, report("c", "mediation")))["listed"]


def test_what_is_told_in_confidence_stands_in_no_event_and_can_be_erased(office):
    contact = ("contact", b"13800000000")
    case = opened(office, report(confidences=[contact]))
    act(office, case, "reject", reason="刘女士来电称不是此处")
    with office.log.engine.connect() as connection:
        written = " ".join(connection.execute(select(tables.events.c.facts)).scalars())
        digests = connection.execute(select(tables.confidences.c.digest)).scalars().all()
        told = {office.vault.read(connection, one).decode() for one in digests}
    assert "13800000000" not in written
    assert "刘女士" not in written
    assert told == {"13800000000", "刘女士来电称不是此处"}
    with office.log.engine.begin() as connection:
        assert office.erase(connection, case, EVERYBODY) == 2
    with office.log.engine.connect() as connection, pytest.raises(Erased):
        office.vault.read(connection, digests[0])


def wander(office, clock, dice, steps):
    """Do whatever can be done, at random."""
    mine = [
        opened(office, report(str(k), dice.choice([one.id for one in office.types]), category="01"))
        for k in range(4)
    ]
    given = {
        "unit": "unit:a", "reason": "r", "clause": "c", "category": "02", "nature": "help",
        "text": "t", "grade": 3, "contacted": True, "solved": True, "satisfaction": 3,
        "result": "granted", "hours": 2, "added": "2 urgent_hours", "limit": "5 urgent_hours",
    }  # fmt: skip
    for _ in range(steps):
        clock.move(timedelta(minutes=dice.randrange(1, 90)))
        case = dice.choice(mine)
        found = row(office, case)
        kind = office.types.get(found["case_type"])
        step = dice.choice(kind.allowed(found["state"], ROLES) or [None])
        if step is None:
            continue
        told = {name: given[name] for name in step.needs & set(given)}
        if step.clock == "start":
            told["limit"] = given["limit"]
        if "into" in step.needs:
            told["into"] = dice.choice(mine)
        try:
            act(office, case, step.id, confidences=PHOTO, **told)
        except InputError:
            continue  # a second extension, or a case merged into itself


@pytest.mark.systems(
    "S14.9", "S15.3", "S17.2", "S21.1", "S21.7", "S22.5", "S22.6", "S23.1", "S23.2", "S23.3",
    "L1", "L2", "L4",
)  # fmt: skip
@pytest.mark.parametrize("seed", range(4))
def test_whatever_happened_the_table_follows_from_the_events(office, clock, tmp_path, seed):
    wander(office, clock, random.Random(seed), 60)
    engine = office.log.engine
    with engine.connect() as connection:
        before = connection.execute(select(cases).order_by(cases.c.case)).all()
    with engine.begin() as connection:
        office.log.rebuild(connection)
    with engine.connect() as connection:
        assert connection.execute(select(cases).order_by(cases.c.case)).all() == before
    Sequencer(engine, clock, signing_key(tmp_path / "seal.key"), tmp_path / "heads.jsonl").seal()
    key = public_key(tmp_path / "seal.public")
    assert verify(engine, key, tmp_path / "heads.jsonl", [CaseProjection()]) == []
    for one in before:
        state = office.types.get(one.case_type).states[one.state]
        assert one.open == (not state.final)
        assert (one.closed is None) == one.open


def test_an_altered_case_is_found(office, clock, tmp_path):
    case = opened(office)
    with office.log.engine.begin() as connection:
        connection.execute(cases.update().values(unit="unit:friend"))
    Sequencer(office.log.engine, clock, signing_key(tmp_path / "seal.key"), tmp_path / "h").seal()
    key = public_key(tmp_path / "seal.public")
    problems = verify(office.log.engine, key, tmp_path / "h", [CaseProjection()])
    assert [one.where for one in problems] == ["cases"]
    assert case in problems[0].what.en


def test_the_same_photo_shows_in_two_cases_though_each_keeps_it_encrypted(office, clock):
    told = []
    for name, photo in (("a", b"jpeg"), ("b", b"jpeg"), ("c", b"another")):
        case = handled(office, clock, opened(office, report(name)))
        act(office, case, "feed_back", confidences=[("photo", photo)])
        with office.log.engine.connect() as connection:
            steps = [one for page in read_events(connection) for one in page]
        told.append(next(one.known()["confidences"][0] for one in steps[::-1]
                         if one.kind == "case.feed_back"))  # fmt: skip
    assert told[0]["content"] == told[1]["content"] != told[2]["content"]
    assert len({one["digest"] for one in told}) == 3


RESIDENT = Actor("public", frozenset({"resident"}))
ROADS = Actor("roads", frozenset({"unit"}), unit="unit:roads")


@pytest.mark.parametrize(
    ("action", "given"),
    [
        ("urge", {"unit": "unit:mine"}),
        ("urge", {"severity": 3}),
        ("supplement", {"text": "more", "category": "0102"}),
        ("supplement", {"text": "more", "nature": "suggestion"}),
        ("urge", {"due": "2030-01-01T00:00:00Z"}),
        ("urge", {"rule": "dispatch 1"}),
    ],
)
def test_a_resident_changes_neither_who_settles_a_case_nor_what_it_is(office, clock, action, given):
    case = handled(office, clock, opened(office))
    before = row(office, case)
    with pytest.raises(InputError, match=f"{[*given][-1]} cannot be told with {action}"):
        act(office, case, action, RESIDENT, **given)
    assert row(office, case) == before


def test_the_nature_that_keeps_a_report_unlisted_is_not_lifted_by_who_holds_its_number(office):
    case = opened(office, report(case_type="hotline_appeal", nature="report"))
    with pytest.raises(InputError, match="nature cannot be told with urge"):
        act(office, case, "urge", RESIDENT, nature="suggestion")
    assert not row(office, case)["listed"]


def test_a_step_of_a_person_is_never_told_to_be_one_of_the_rules(office):
    case = opened(office)
    act(office, case, "file", category="0501")
    centre = Actor("ann", frozenset({"centre"}))
    with pytest.raises(InputError, match="rule cannot be told with dispatch"):
        act(office, case, "dispatch", centre, unit="unit:roads", rule="dispatch 1")


def test_a_unit_takes_a_case_for_itself_and_for_no_other(office):
    case = opened(office, report(case_type="mediation"))
    with pytest.raises(AccessError, match="may not accept for unit:parks, only for unit:roads"):
        act(office, case, "accept", ROADS, unit="unit:parks")
    act(office, case, "accept", ROADS, unit="unit:roads")
    assert row(office, case)["unit"] == "unit:roads"
