from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dizuo.checkup.judge import passes, score
from dizuo.model.rule import Certainty, Rule, Scale
from dizuo.model.text import Text


def rule(comparison, value, upper=None, scale=None):
    return Rule(
        id="test.rule",
        title=Text("Test", "测试"),
        value=value,
        upper=upper,
        unit="%",
        comparison=comparison,
        source="paper",
        edition="1",
        valid_from=date(2000, 1, 1),
        jurisdiction="",
        certainty=Certainty.SURE,
        scale=scale,
    )


@pytest.mark.parametrize(
    ("comparison", "value", "upper", "verdicts"),
    [
        ("at_most", 80.0, None, [True, True, False]),
        ("at_least", 80.0, None, [False, True, True]),
        ("between", 80.0, 80.5, [False, True, False]),
        ("between", 80.0, None, [False, True, True]),
        ("given", 80.0, None, [None, None, None]),
    ],
)
def test_the_limit_itself_keeps_the_rule(comparison, value, upper, verdicts):
    found = passes(np.array([79.9, 80.0, 80.6]), rule(comparison, value, upper))
    assert list(found) == verdicts


def test_what_is_missing_has_no_verdict_and_no_score():
    judge = rule("at_least", 80.0, scale=Scale(0.0, 80.0, 100.0))
    assert list(passes(np.array([np.nan]), judge)) == [None]
    assert np.isnan(score(np.array([np.nan]), judge)[0])


def test_a_rule_without_a_scale_gives_no_score():
    assert np.isnan(score(np.array([90.0]), rule("at_least", 80.0))).all()


def test_scores_are_linear_between_floor_passing_and_excellent_and_flat_beyond():
    judge = rule("at_least", 80.0, scale=Scale(floor=40.0, passing=80.0, excellent=100.0))
    value = np.array([0.0, 40.0, 60.0, 80.0, 90.0, 100.0, 200.0])
    assert list(score(value, judge)) == [0.0, 0.0, 30.0, 60.0, 80.0, 100.0, 100.0]


def test_where_lower_is_better_the_scale_runs_the_other_way():
    judge = rule("at_most", 25.0, scale=Scale(floor=50.0, passing=25.0, excellent=10.0))
    value = np.array([60.0, 50.0, 37.5, 25.0, 17.5, 10.0, 0.0])
    assert list(score(value, judge)) == [0.0, 0.0, 30.0, 60.0, 80.0, 100.0, 100.0]


def test_a_range_scores_the_distance_to_its_nearer_end():
    judge = rule("between", 0.7, 1.5, Scale(floor=0.5, passing=0.1, excellent=0.0))
    value = np.array([0.2, 0.6, 0.7, 1.0, 1.5, 1.6, 2.0])
    assert score(value, judge) == pytest.approx([0.0, 60.0, 100.0, 100.0, 100.0, 60.0, 0.0])


@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=20))
def test_a_better_value_never_scores_lower(values):
    judge = rule("at_least", 80.0, scale=Scale(floor=40.0, passing=80.0, excellent=100.0))
    found = score(np.sort(np.array(values)), judge)
    assert (np.diff(found) >= 0).all()
    assert ((found >= 0) & (found <= 100)).all()
