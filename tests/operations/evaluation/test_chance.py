"""Intervals, shrinkage and ranks against scipy and plain computation."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize
from scipy.stats import betabinom, binomtest

from dizuo.model.errors import EngineError
from dizuo.operations.evaluation.intervals import (
    bootstrap_mean,
    generator_for,
    quantile_interval,
    rank_bounds,
    shrink,
    wilson,
)

pairs = st.integers(1, 5000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@given(pair=pairs, level=st.sampled_from([0.8, 0.95, 0.99]))
def test_wilson_is_the_interval_of_scipy(pair, level):
    x, n = pair
    low, high = wilson([x], [n], level)
    oracle = binomtest(x, n).proportion_ci(level, method="wilson")
    assert (low[0], high[0]) == pytest.approx((oracle.low, oracle.high), abs=1e-12)
    assert 0 <= low[0] <= x / n <= high[0] <= 1


def test_wilson_of_nothing_is_unknown_and_of_too_much_an_error():
    low, high = wilson([0, 3], [0, 3], 0.95)
    assert np.isnan(low[0])
    assert np.isnan(high[0])
    assert high[1] == 1
    with pytest.raises(EngineError, match="more successes than trials"):
        wilson([2], [1], 0.95)


def test_the_median_of_nine_values_is_bounded_by_the_second_and_the_eighth():
    # P(Bin(9, ½) ≤ 1) = 0.0195 ≤ 0.025 < P(Bin(9, ½) ≤ 2) = 0.0898
    assert quantile_interval([9, 1, 2, 3, 8, 4, 5, 7, 6], 0.5, 0.95) == (2, 8)


def test_few_values_bound_a_quantile_on_no_side():
    low, high = quantile_interval([1, 2, 3], 0.5, 0.95)
    assert np.isnan(low)
    assert np.isnan(high)


def test_a_quantile_lies_in_its_interval_as_often_as_it_says():
    dice = np.random.default_rng(7)
    hits = 0
    for _ in range(2000):
        low, high = quantile_interval(dice.exponential(size=60), 0.9, 0.95)
        true = -np.log(0.1)
        hits += low <= true and (np.isnan(high) or true <= high)
    assert hits / 2000 > 0.94


def test_the_bootstrap_of_kinds_is_that_of_single_answers():
    answers = np.array([1.0] * 30 + [0.9] * 10 + [0.0] * 20)
    low, high = bootstrap_mean(answers, 0.95, 20_000, np.random.default_rng(1))
    # z² = 3.84: two of the best and two of the worst are thought along, near enough
    along = np.append(answers, [0.0, 0.0, 1.0, 1.0])
    plain = np.random.default_rng(2).choice(along, (20_000, len(along))).mean(axis=1)
    assert (low, high) == pytest.approx(tuple(np.quantile(plain, [0.025, 0.975])), abs=0.01)


@given(
    answers=st.lists(st.sampled_from([0.0, 0.9, 1.0]), min_size=2, max_size=30), dice=st.randoms()
)
def test_a_bootstrap_depends_on_the_answers_and_not_on_their_order(answers, dice):
    first = bootstrap_mean(answers, 0.9, 200, generator_for(5, "unit:a"))
    dice.shuffle(answers)
    assert bootstrap_mean(answers, 0.9, 200, generator_for(5, "unit:a")) == first
    assert 0 <= first[0] <= np.mean(answers) <= first[1] <= 1


def test_no_answer_has_no_interval():
    assert np.isnan(bootstrap_mean([], 0.95, 100, np.random.default_rng(1))).all()


@pytest.mark.parametrize(("answer", "count"), [(1.0, 1), (1.0, 30), (0.0, 30), (0.9, 30)])
def test_answers_that_are_all_alike_are_not_sure(answer, count):
    low, high = bootstrap_mean([answer] * count, 0.95, 2000, np.random.default_rng(1))
    wide = [float(end[0]) for end in wilson([answer * count], [count], 0.95)]
    assert low <= answer <= high
    assert high - low > 0.5 * (wide[1] - wide[0])


@pytest.mark.parametrize("few", [5, 30])
def test_a_bootstrap_interval_holds_the_mean_nearly_as_often_as_it_says(few):
    dice, kinds, chances = np.random.default_rng(3), [1.0, 0.6, 0.1, 0.0], [0.93, 0.04, 0.02, 0.01]
    hits = 0
    for _ in range(1000):
        low, high = bootstrap_mean(dice.choice(kinds, few, p=chances), 0.95, 400, dice)
        hits += low <= np.dot(kinds, chances) <= high
    assert hits > 850  # without what is thought along: 300 of 5 answers, 750 of 30


def test_small_units_are_drawn_to_the_mean_and_large_ones_stay():
    found = shrink([1, 900, 300], [1, 1000, 1000], 0.95)
    assert found.mean == pytest.approx(1201 / 2001)
    assert found.mean < found.rate[0] < 1
    assert abs(found.rate[1] - 0.9) < 0.01
    assert (found.low <= found.rate).all()
    assert (found.rate <= found.high).all()


def test_moments_find_what_the_units_were_drawn_from():
    """Strength and mean near the truth, and near the maximum of the likelihood."""
    dice = np.random.default_rng(11)
    n = dice.integers(20, 200, 400)
    x = dice.binomial(n, dice.beta(14, 6, 400))
    found = shrink(x, n, 0.95)
    assert found.mean == pytest.approx(0.7, abs=0.01)
    assert found.strength == pytest.approx(20, rel=0.25)

    def unlikely(logs):
        return -betabinom.logpmf(x, n, *np.exp(logs)).sum()

    a, b = np.exp(minimize(unlikely, [1.0, 1.0], method="Nelder-Mead").x)
    assert found.strength == pytest.approx(a + b, rel=0.2)
    best = (x + a) / (n + a + b)
    assert np.abs(found.rate - best).max() < 0.02


def test_shrinkage_by_hand():
    # p = 12/20, S = 10·0.2² + 10·0.2² = 0.8, room = 0.24·(20 − 10 − 1), γ = (0.8 − 0.24)/2.16
    strength = 2.16 / 0.56 - 1
    found = shrink([8, 4], [10, 10], 0.95)
    assert found.strength == pytest.approx(strength)
    assert found.rate[0] == pytest.approx((8 + 0.6 * strength) / (10 + strength))


def test_units_that_differ_by_chance_only_have_one_rate():
    found = shrink([5, 6, 5], [10, 10, 10], 0.95)
    assert np.isinf(found.strength)
    assert found.rate == pytest.approx(16 / 30)
    assert found.low[0] == pytest.approx(wilson([16], [30], 0.95)[0][0])
    assert np.isnan(shrink([0], [0], 0.95).rate[0])
    apart = shrink([10, 0], [10, 10], 0.95)
    assert apart.strength == pytest.approx(0, abs=1e-9)
    assert apart.rate == pytest.approx([1, 0])
    # Beta(10.5, 0.5), of Jeffreys' prior: ten of ten are not sure
    assert apart.low[0] == pytest.approx(0.783, abs=0.001)
    assert apart.high[1] == pytest.approx(0.217, abs=0.001)


@given(units=st.lists(pairs, min_size=1, max_size=8))
def test_shrunk_rates_stay_between_their_own_and_the_mean(units):
    x, n = np.array(units).T
    found = shrink(x, n, 0.95)
    own = x / n
    assert (found.rate >= np.minimum(own, found.mean) - 1e-9).all()
    assert (found.rate <= np.maximum(own, found.mean) + 1e-9).all()
    assert ((found.low >= 0) & (found.high <= 1)).all()


ends = st.lists(
    st.tuples(st.integers(0, 20), st.integers(0, 20)).map(sorted), min_size=1, max_size=6
)


@settings(max_examples=50)
@given(intervals=ends)
def test_ranks_are_those_that_some_values_in_the_intervals_have(intervals):
    low, high = np.array(intervals, dtype=float).T
    best, worst = rank_bounds(low, high)
    for unit, (own_low, own_high) in enumerate(intervals):
        others = [one for k, one in enumerate(intervals) if k != unit]
        above = [
            1 + sum(pick[0] > own_high for pick in others),
            1 + sum(pick[1] >= own_low for pick in others),
        ]
        assert best[unit] == above[0]
        assert worst[unit] == above[1]


def test_intervals_apart_have_one_rank_each():
    best, worst = rank_bounds([80, 50, 10], [90, 60, 20])
    assert best.tolist() == worst.tolist() == [1, 2, 3]
    for order in itertools.permutations(range(3)):
        lows, highs = np.array([80, 50, 10])[list(order)], np.array([90, 60, 20])[list(order)]
        assert rank_bounds(lows, highs)[0].tolist() == [k + 1 for k in order]
