"""What comes up more often than before, and what comes up again and again."""

import numpy as np
import pytest
from scipy.stats import binom

from dizuo.model.errors import EngineError
from dizuo.operations.texts.hot_topics import find_topics
from dizuo.operations.texts.parameters import TextParameters

pytestmark = pytest.mark.systems("S23.2")

PARAMETERS = TextParameters.load()


def names(count):
    return ["urban_event/0101"] * count, [f"community:{at}" for at in range(count)]


def test_a_sudden_rise_is_hot_and_a_steady_matter_recurs():
    counts = np.full((30, 9), 4)
    counts[3, -1] = 40
    counts[:, :4] = 0
    counts[7, :] = 4
    found = {
        one.place: one for one in find_topics(*names(30), counts, PARAMETERS, smallest_group=1)
    }
    assert set(found) == {"community:3", "community:7"}
    hot, steady = found["community:3"], found["community:7"]
    assert (hot.hot, hot.recurring, hot.count) == (True, False, 40)
    assert (steady.hot, steady.recurring, steady.periods, steady.of) == (False, True, 8, 8)
    assert hot.reason.en.startswith("40 now, 2")
    assert "本期40件" in hot.reason.zh


def test_the_most_surprising_comes_first():
    counts = np.ones((40, 7), dtype=np.int64)
    counts[5, -1], counts[9, -1] = 20, 60
    found = find_topics(*names(40), counts, PARAMETERS, smallest_group=10)
    assert [one.place for one in found] == ["community:9", "community:5"]


def test_a_place_with_little_past_is_drawn_to_its_class():
    """Nothing in two periods is expected to stay less than elsewhere, but not nothing."""
    generator = np.random.default_rng(2)
    counts = generator.poisson(generator.gamma(2, 2, (200, 1)), (200, 3))
    counts[0] = [0, 0, 50]
    [one] = [
        topic
        for topic in find_topics(*names(200), counts, PARAMETERS, smallest_group=1)
        if topic.place == "community:0"
    ]
    assert 0.1 < one.expected < counts[:, :-1].mean()


def test_few_cases_are_left_out():
    counts = np.zeros((50, 5), dtype=np.int64)
    counts[4, -1] = 9
    assert find_topics(*names(50), counts, PARAMETERS, smallest_group=10) == []
    assert len(find_topics(*names(50), counts, PARAMETERS, smallest_group=9)) == 1


def test_by_chance_alone_few_periods_show_a_hot_topic():
    generator = np.random.default_rng(6)
    false, periods = 0, 200
    for _ in range(periods):
        pace = generator.gamma(2, 3, (60, 1))
        counts = generator.poisson(pace, (60, 9))
        found = find_topics(*names(60), counts, PARAMETERS, smallest_group=1)
        false += any(one.hot for one in found)
    assert false <= binom.ppf(0.99, periods, PARAMETERS.false_discovery_rate)


def test_what_does_not_fit_together_is_refused():
    with pytest.raises(EngineError, match="two periods"):
        find_topics(["a"], ["b"], np.ones((1, 1), dtype=np.int64), PARAMETERS, smallest_group=1)
