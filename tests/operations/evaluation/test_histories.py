"""What the log tells of each case."""

import json
import random
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pandas as pd
import pytest
from hand_made_log import GREEN, ROADS, WEEK, hour
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from dizuo.model.errors import InputError
from dizuo.operations.cases.office import Actor
from dizuo.operations.cases.table import COUNTERS, cases
from dizuo.operations.clocks.deadlines import Deadline, elapsed, recompute
from dizuo.operations.evaluation.histories import histories
from dizuo.operations.time import to_microseconds

ROLES = ("desk", "centre", "unit", "collector", "resident", "rule", "analyst", "volunteer")


def case_of(told, played, name):
    return told.cases.set_index("case").loc[played[0][name]]


def rounds_of(told, played, name):
    return told.rounds[told.rounds["case"] == played[0][name]]


def test_a_case_is_told_from_its_report_to_its_end(told, played):
    case = case_of(told, played, "on time")
    assert (case.opened, case.filed, case.dispatched) == (hour(0), hour(0), hour(1))
    assert (case.due, case.closed) == (hour(9), hour(6))
    assert (case.unit, case.state, case.category) == (ROADS, "closed", "0501")
    assert (case.grid, case.community) == ("110101001001001", "110101001001")


def test_a_case_handled_twice_has_two_rounds(told, played):
    first, second = rounds_of(told, played, "reopened").itertuples()
    assert (first.unit, first.dispatched, first.due, first.ended) == (
        GREEN, hour(1), hour(25), hour(3),
    )  # fmt: skip
    assert first.reopened == hour(31)
    assert (second.unit, second.dispatched, second.due, second.ended) == (
        ROADS, hour(32), hour(80), hour(51),
    )  # fmt: skip
    assert case_of(told, played, "reopened").reopenings == 1


def test_a_return_ends_a_round_and_starts_no_other(told, played):
    first, second = rounds_of(told, played, "not ours").itertuples()
    assert (first.outcome, first.unit, first.ended) == ("returned", ROADS, hour(2))
    assert (second.outcome, second.unit, second.due) == ("closed", GREEN, hour(7))


def test_due_follows_from_pauses_and_extensions(told, played):
    assert rounds_of(told, played, "suspended").due.item() == hour(33)
    assert rounds_of(told, played, "suspended").elapsed.item() == 4
    assert rounds_of(told, played, "reworked").due.item() == hour(13)
    assert rounds_of(told, played, "reworked").limit.item() == 12


def test_call_backs_and_ratings_are_told_as_they_were_answered(told, played):
    case = case_of(told, played, "reopened")
    assert (case.contacted, case.solved, case.satisfaction, case.call_backs) == (True, True, "5", 2)
    assert case_of(told, played, "late").rating == "2"
    assert pd.isna(case_of(told, played, "on time").contacted)
    of = told.answers[told.answers["case"] == played[0]["reopened"]]
    assert of["own"].tolist() == [False, True]
    assert of["unit"].tolist() == [GREEN, ROADS]


def test_an_account_known_to_belong_to_the_unit_calls_back_for_it(played, calendars, parameters):
    accounts = {"account:desk-of-wang": GREEN}
    told = histories([played[1]], calendars, parameters, accounts=accounts)
    assert told.answers.loc[told.answers["unit"] == GREEN, "own"].any()


def test_the_past_is_told_as_it_was(played, calendars, parameters):
    told = histories([played[1]], calendars, parameters, until=hour(5))
    assert case_of(told, played, "on time").open
    assert pd.isna(case_of(told, played, "late").closed)
    assert told.until == hour(5)


@pytest.mark.parametrize("gone", [0, 2])
def test_a_log_with_a_gap_is_refused(played, calendars, parameters, gone):
    log = list(played[1])
    del log[gone]
    with pytest.raises(InputError, match="Read the whole log, in its order"):
        histories([log], calendars, parameters)


def test_an_empty_log_tells_of_nothing(calendars, parameters, told):
    nothing = histories([], calendars, parameters)
    for name in ("cases", "rounds", "answers", "moves", "contents"):
        assert len(getattr(nothing, name)) == 0
        assert list(getattr(nothing, name)) == list(getattr(told, name))


def test_a_report_of_a_cell_outside_of_codes_is_of_no_community(player, calendars, parameters):
    player.open("a", grid="cell:7")
    player.open("b", grid="cell:8")
    places = {"cell:7": "community:n1"}
    told = histories([player.log()], calendars, parameters, communities=places)
    assert sorted(told.cases["community"]) == ["", "community:n1"]
    assert set(histories([player.log()], calendars, parameters).cases["community"]) == {""}


def frames(told):
    return [told.cases, told.rounds, told.answers, told.moves, told.contents]


@given(dice=st.randoms(use_true_random=False))
def test_events_of_different_cases_may_come_in_any_order(played, calendars, parameters, told, dice):
    waiting = {}
    for event in played[1]:
        waiting.setdefault(event.subject, []).append(event)
    subjects = [event.subject for event in played[1]]
    dice.shuffle(subjects)
    mixed = [waiting[subject].pop(0) for subject in subjects]
    again = histories([mixed[:40], mixed[40:]], calendars, parameters, until=WEEK.end)
    for one, other in zip(frames(told), frames(again), strict=True):
        pd.testing.assert_frame_equal(one, other)


GIVEN = {
    "unit": "unit:a", "reason": "r", "clause": "c", "category": "02", "nature": "help",
    "text": "t", "grade": 3, "contacted": True, "solved": True, "satisfaction": 3,
    "result": "granted", "hours": 2, "added": "2 working_hours", "limit": "5 working_hours",
}  # fmt: skip
EVERYBODY = Actor("account:everybody", frozenset(ROLES))


def wander(player, dice, steps):
    """Do whatever the case types allow, at random."""
    office, kinds = player.office, [one.id for one in player.office.types]
    mine = [player.open(f"{k}", dice.choice(kinds), actor=EVERYBODY) for k in range(6)]
    for _ in range(steps):
        player.clock.move(timedelta(minutes=dice.randrange(1, 200), microseconds=dice.randrange(9)))
        case = dice.choice(mine)
        with office.log.engine.begin() as connection:
            row = connection.execute(select(cases).where(cases.c.case == case)).mappings().one()
            kind = office.types.get(row["case_type"])
            step = dice.choice(kind.allowed(row["state"], ROLES) or [None])
            if step is None:
                continue
            given = {name: GIVEN[name] for name in step.needs & set(GIVEN)}
            if step.clock == "start" and dice.random() < 0.8:
                given["limit"] = GIVEN["limit"]
            if "into" in step.needs:
                given["into"] = dice.choice(mine)
            try:
                office.act(connection, case, step.id, EVERYBODY, given,
                           confidences=[("photo", b"p")])  # fmt: skip
            except InputError:
                continue  # a second extension, or a case merged into itself


@pytest.mark.parametrize("seed", range(6))
def test_whatever_happened_histories_agree_with_the_derived_table(
    player, calendars, parameters, seed
):
    wander(player, random.Random(seed), 90)
    told = histories([player.log()], calendars, parameters)
    with player.office.log.engine.connect() as connection:
        table = connection.execute(select(cases).order_by(cases.c.case)).mappings().all()
    assert told.cases["case"].tolist() == [row["case"] for row in table]
    for case, row in zip(told.cases.itertuples(), table, strict=True):
        for name in ("case_type", "state", "open", "unit", "category", "merged_into", *COUNTERS):
            assert getattr(case, name) == (row[name] if row[name] is not None else "")
        closed = None if pd.isna(case.closed) else to_microseconds(case.closed.to_pydatetime())
        assert closed == row["closed"]
    check_rounds(told, table, calendars)


def check_rounds(told, table, calendars):
    """Hold each round against the scalar arithmetic of deadlines."""
    latest = told.rounds.drop_duplicates("case", keep="last").set_index("case")
    for row in table:
        if row["case"] not in latest.index or not row["deadline"]:
            continue
        own = latest.loc[row["case"]]
        if own["clock"] == "":
            continue
        record = recompute(Deadline.from_dict(json.loads(row["deadline"])), calendars)
        assert (None if pd.isna(own["due"]) else own["due"]) == record.due
        assert (own["due"] == own["due_told"]) or (pd.isna(own["due"]) and record.due is None)
        if pd.notna(own["ended"]):
            calendar = calendars.get(record.calendar, record.version)
            end = max(
                own["ended"].to_pydatetime().replace(microsecond=0),
                record.start.replace(microsecond=0),
            )
            ran = elapsed(
                record.start.replace(microsecond=0), end, record.limit.unit, calendar, record.pauses
            )
            assert own["elapsed"] == pytest.approx(float(ran))
    ends = told.rounds[told.rounds["ended"].notna()]
    assert (ends["ended"] >= ends["dispatched"]).all()
    open_rounds = told.rounds[told.rounds["ended"].isna()]
    assert open_rounds["case"].is_unique
    assert set(open_rounds["case"]) <= set(told.cases.loc[told.cases["open"], "case"])


def test_a_deadline_of_a_calendar_that_is_not_there_is_refused(played, calendars, parameters):
    log = [
        replace(event, facts=event.facts.replace("cn_default", "elsewhere")) for event in played[1]
    ]
    with pytest.raises(InputError, match="elsewhere"):
        histories([log], calendars, parameters)


def test_an_incomplete_deadline_is_refused(played, calendars, parameters):
    log = [replace(event, facts=event.facts.replace('\\"limit\\"', '\\"limits\\"'))
           for event in played[1]]  # fmt: skip
    with pytest.raises(InputError, match="not complete"):
        histories([log], calendars, parameters)


def test_times_are_whole_microseconds(told):
    assert all(
        str(one.dtype) == "datetime64[us, UTC]"
        for one in (told.cases["opened"], told.rounds["due"], told.answers["at"])
    )
    assert np.issubdtype(told.cases["returns"].dtype, np.integer)
