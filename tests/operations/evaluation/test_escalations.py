"""Stuck cases: the queue before the leader, and what came of them, on paper."""

import itertools
from datetime import timedelta

import pytest
from hand_made_log import DESK, ROADS, WEEK, hour, staff

from dizuo.model.errors import AccessError, InputError
from dizuo.operations.cases.office import Actor
from dizuo.operations.cases.stuck import StuckLimits, stuck_cases
from dizuo.operations.evaluation.histories import histories
from dizuo.operations.evaluation.indicators import indicators

pytestmark = pytest.mark.systems("S21.2")

LEADER = Actor("account:leader", frozenset({"leader"}))


def queue(player, at):
    with player.office.log.engine.connect() as connection:
        rows = stuck_cases(connection, StuckLimits.load(), hour(at))
    names = {case: name for name, case in player.cases.items()}
    return {names[row["case"]]: row["why"] for row in rows}


def test_a_case_is_stuck_from_three_days_overdue(player):
    player.urban("late", ROADS, 10)  # due at hour 11
    assert queue(player, 83) == {}
    assert queue(player, 84) == {"late": ["overdue"]}


def test_a_case_returned_twice_is_stuck(player):
    player.open("lost")
    player.do("lost", 0, "file", category="0501")
    for at, unit in ((1, ROADS), (3, "unit:green")):
        assert queue(player, at) == {}
        player.send("lost", at, unit, 100)
        player.do("lost", at + 1, "return", staff(unit), reason="not ours", clause="3.2")
    assert queue(player, 5) == {"lost": ["returned"]}


def test_a_case_suspended_for_a_month_is_stuck(player):
    player.urban("halted", ROADS, 10)
    player.do("halted", 2, "suspend", reason="waits for material")
    assert queue(player, 2 + 720) == {}
    assert queue(player, 2 + 721) == {"halted": ["suspended"]}


def test_a_decision_names_who_answers_and_the_case_rests(player):
    player.urban("raised", ROADS, 100)
    player.do("raised", 2, "escalate_to_leader", reason="two units disagree")
    assert queue(player, 3) == {"raised": ["raised"]}
    player.do("raised", 4, "decide_escalation", LEADER, reason="roads lead", supervisor=ROADS)
    assert queue(player, 5) == {}
    # a week after the decision it no longer rests; due at hour 101, it is stuck from hour 173
    assert queue(player, 173) == {}
    assert queue(player, 174) == {"raised": ["overdue"]}
    player.do("raised", 180, "escalate_to_leader", reason="again")
    assert queue(player, 181) == {"raised": ["overdue", "raised"]}


def test_only_the_leader_decides_and_only_with_a_reason_and_an_owner(player):
    player.urban("raised", ROADS, 100)
    told = {"reason": "so", "supervisor": ROADS}
    with pytest.raises(AccessError):
        player.do("raised", 2, "decide_escalation", DESK, **told)
    for name in told:
        kept = {key: value for key, value in told.items() if key != name}
        with pytest.raises(InputError, match=f"needs {name}"):
            player.do("raised", 2, "decide_escalation", LEADER, **kept)


def test_the_evaluation_counts_what_was_resolved_and_how_soon(player, calendars, parameters):
    moves = itertools.count(10)
    for name in ("fed_back", "closed", "decided", "waiting", "never"):
        player.urban(name, ROADS, 100)
        if name != "never":
            player.do(name, 2, "escalate_to_leader", reason="stuck")
    for name in ("fed_back", "decided"):
        told = {"reason": "so", "supervisor": ROADS}
        player.do(name, next(moves), "decide_escalation", LEADER, **told)
    player.do("fed_back", 2 + 24, "report_back", staff(ROADS), text="done")
    player.settle("closed", ROADS, 40, 2 + 72)
    told = histories([player.log()], calendars, parameters, until=WEEK.end)
    rows = indicators(told, WEEK, parameters).rows.set_index(["unit", "indicator"])
    share = rows.loc[ROADS, "escalations_resolved"]
    assert (share["numerator"], share["denominator"], share["value"]) == (2, 4, 50)
    assert share["low"] < 50 < share["high"]
    days = rows.loc[ROADS, "escalation_median.days"]
    assert (days["value"], days["denominator"], days["unit_of_value"]) == (2, 2, "days")


def test_a_city_sets_its_own_limits(tmp_path):
    file = tmp_path / "stuck.toml"
    file.write_text("overdue_hours = 24\n", encoding="utf-8")
    assert StuckLimits.load(file).overdue_hours == 24
    assert StuckLimits.load(file).rest_days == StuckLimits.load().rest_days
    file.write_text("overdue_hours = 0\n", encoding="utf-8")
    with pytest.raises(InputError, match="no limit of stuck cases"):
        StuckLimits.load(file)
    assert timedelta(days=StuckLimits.load().suspended_days) == timedelta(days=30)
