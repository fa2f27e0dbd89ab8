"""Ranks say no more than numbers allow, and nothing breaks where there are none."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hand_made_log import WEEK

from dizuo.operations.evaluation.histories import histories
from dizuo.operations.evaluation.indicators import graded, indicators
from dizuo.operations.evaluation.integrity import look_for_gaming
from dizuo.operations.evaluation.three_rates import three_rates

SHARED = ("case_type", "category", "nature", "grid", "community", "channel")


def with_answers(told, units, **columns):
    """Return histories in which each answer is of a unit and a case of its own."""
    count = len(units)
    answers = {name: [""] * count for name in SHARED} | {
        "case": [f"case:{at}" for at in range(count)],
        "round": [1] * count,
        "unit": list(units),
        "kind": ["call_back"] * count,
        "at": [pd.Timestamp(WEEK.begin)] * count,
        "contacted": pd.array([True] * count, dtype="boolean"),
        "solved": pd.array([True] * count, dtype="boolean"),
        "satisfaction": ["satisfied"] * count,
        "own": [False] * count,
        "excluded": [""] * count,
        "simulated": [False] * count,
    }
    return replace(told, answers=pd.DataFrame(answers | columns))


def rates(told, parameters, **more):
    found = three_rates(told, WEEK, parameters, np.random.default_rng(1), **more)
    return found.rows.set_index("unit") if "by" not in more else found.rows


def test_a_unit_without_a_complaint_is_not_the_best_by_that_alone(told, parameters):
    # 26 of 30 bound by 94.7 %, 30 of 30 by 88.6 %: each alone leaves both ranks open
    solved = pd.array([True] * 30 + [True] * 26 + [False] * 4, dtype="boolean")
    some = with_answers(told, ["a"] * 30 + ["b"] * 30, solved=solved)
    rows = rates(some, parameters)
    assert rows[["rank_best", "rank_worst"]].to_numpy().tolist() == [[1, 2], [1, 2]]
    assert rows["rank"].isna().all()
    assert rows.loc["a", "joint_low"] < 90


def test_units_that_differ_beyond_chance_are_ranked(told, parameters):
    solved = pd.array([True] * 200 + [False] * 200, dtype="boolean")
    worth = ["satisfied"] * 200 + ["dissatisfied"] * 200
    some = with_answers(told, ["a"] * 200 + ["b"] * 200, solved=solved, satisfaction=worth)
    assert rates(some, parameters)["rank"].tolist() == [1, 2]


def test_equal_units_are_hardly_ever_told_apart(told, parameters):
    dice, apart = np.random.default_rng(5), 0
    units = [f"unit:{at:02d}" for at in range(30) for _ in range(30)]
    quick = replace(parameters, bootstrap_draws=10)
    for _ in range(40):
        solved = pd.array(dice.random(900) < 0.93, dtype="boolean")
        worst = ["satisfied" if one else "dissatisfied" for one in solved]
        rows = rates(with_answers(told, units, solved=solved, satisfaction=worst), quick)
        apart += bool(((rows["rank_best"] > 1) | (rows["rank_worst"] < 30)).any())
    assert apart <= 2  # the plain bootstrap told some apart in most of the draws


def test_units_that_tie_share_their_ranks(told, parameters):
    rows = rates(with_answers(told, ["a"] * 50 + ["b"] * 50 + ["c"] * 50), parameters)
    assert (rows["rank_best"] == 1).all()
    assert (rows["rank_worst"] == 3).all()


def test_where_every_answer_is_left_out_there_is_no_rate_and_no_rank(told, parameters):
    some = with_answers(told, ["a"] * 40, excluded=["malicious"] * 40)
    for least in (0, 30):
        row = rates(some, replace(parameters, least_ranked=least)).loc["a"]
        assert (row.valid, row.excluded) == (0, 40)
        assert np.isnan([row.response, row.score, row.score_low, row.joint_low]).all()
        assert pd.isna(row.rank_best)


def test_one_answer_has_a_rate_with_a_wide_interval_and_no_rank(told, parameters):
    row = rates(with_answers(told, ["a"]), parameters).loc["a"]
    assert row.score == pytest.approx(100)
    assert row.score_low < 60
    assert pd.isna(row.rank_best)


@pytest.mark.parametrize("by", [(), ("unit",), ("community", "case_type")])
def test_a_log_without_cases_has_no_rates_and_nothing_breaks(calendars, parameters, by):
    nothing = histories([[]], calendars, parameters, until=WEEK.end)
    found = indicators(nothing, WEEK, parameters, by=by)
    assert found.rows["value"].isna().all()
    three = rates(nothing, parameters, by=by)
    assert three["score"].isna().all()
    assert not len(look_for_gaming(nothing, parameters).rows)
    assert set(graded(found, parameters, by=by)["grade"]) <= {""}
