import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dizuo.checkup.outputs.map_classes import (
    BREAKS_RULE,
    KEEPS_RULE,
    NEUTRAL,
    Limit,
    classify_values,
    limits_of,
)


def colour_of(classes, value):
    return classes.colours[sum(value >= cut for cut in classes.breaks)]


@given(
    st.lists(st.integers(-100, 100), min_size=1, max_size=60),
    st.integers(-100, 100),
    st.sampled_from(["at_least", "at_most", "between"]),
)
def test_blue_keeps_the_rule_and_orange_breaks_it(numbers, bound, comparison):
    limit = Limit(comparison, float(bound), float(bound + 20))
    values = np.array(numbers, dtype=np.float64)
    classes = classify_values(values, limit, 0.01)
    for value in values:
        kept = {
            "at_least": value >= bound,
            "at_most": value <= bound,
            "between": bound <= value <= bound + 20,
        }[comparison]
        assert colour_of(classes, value) in (KEEPS_RULE if kept else BREAKS_RULE)


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=60))
def test_every_class_has_a_colour_and_a_label(numbers):
    classes = classify_values(np.array(numbers), None, 1e-6)
    assert len(classes.colours) == len(classes.labels) == len(classes.breaks) + 1
    assert list(classes.breaks) == sorted(set(classes.breaks))
    assert set(classes.colours) <= set(NEUTRAL)


def test_labels_say_on_which_side_the_limit_lies():
    values = np.array([0.0, 0.0, 1.0])
    assert classify_values(values, Limit("at_most", 0.0), 0.01).labels == ("≤ 0", "> 0")
    assert classify_values(values, Limit("at_least", 1.0), 0.01).labels == ("< 1", "≥ 1")


def test_farther_from_the_limit_is_darker():
    classes = classify_values(np.arange(0.0, 200.0), Limit("at_least", 100.0), 0.01)
    assert classes.colours == (*BREAKS_RULE, *KEEPS_RULE)
    classes = classify_values(np.arange(0.0, 200.0), Limit("at_most", 100.0), 0.01)
    assert classes.colours == (*KEEPS_RULE[::-1], *BREAKS_RULE[::-1])


def test_nothing_known_gives_one_empty_class():
    classes = classify_values(np.array([np.nan]), None, 1.0)
    assert classes.breaks == ()
    assert classes.labels == ("–",)


def test_a_rule_that_is_only_given_sets_no_limit():
    rules = pd.DataFrame(
        {
            "id": ["radius", "judge", "open"],
            "comparison": ["given", "at_least", "between"],
            "value": [300.0, 90.0, 1.0],
            "upper": [None, None, 2.0],
        }
    )
    found = limits_of(rules)
    assert set(found) == {"judge", "open"}
    assert found["open"].upper == 2.0
    assert found["judge"].upper != found["judge"].upper
    assert limits_of(pd.DataFrame()) == {}


@pytest.mark.parametrize("seed", range(3))
def test_quantiles_put_about_as_many_values_in_each_class(seed):
    values = np.random.default_rng(seed).normal(50, 10, 2_000)
    classes = classify_values(values, None, 1e-9)
    counts = np.histogram(values, [-np.inf, *classes.breaks, np.inf])[0]
    assert counts.min() > 150
