"""Hot spots against the formula worked out cell by cell, and against chance alone."""

import math
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_up_reports import reports
from scipy.stats import binom, false_discovery_control

from dizuo.model.errors import EngineError
from dizuo.operations.evaluation.parameters import EvaluationParameters
from dizuo.operations.texts.false_discoveries import adjusted
from dizuo.operations.texts.hot_spots import count_by_kind, g_star, hot_spots, within_band
from dizuo.operations.texts.parameters import TextParameters

PARAMETERS = TextParameters.load()


def square(side, width=200.0):
    x, y = np.meshgrid(np.arange(side) * width, np.arange(side) * width)
    return x.ravel(), y.ravel()


def g_star_cell_by_cell(values, x, y, band):
    """Ord and Getis 1995, eq. 14, as it stands there."""
    n = len(values)
    mean = sum(values) / n
    spread = math.sqrt(sum(v * v for v in values) / n - mean**2)
    scores = []
    for i in range(n):
        near = [j for j in range(n) if math.hypot(x[i] - x[j], y[i] - y[j]) <= band]
        weight = len(near)
        below = spread * math.sqrt((n * weight - weight**2) / (n - 1))
        scores.append((sum(values[j] for j in near) - mean * weight) / below)
    return scores


@settings(max_examples=30)
@given(st.integers(0, 2**32))
def test_scores_equal_the_formula_cell_by_cell(seed):
    generator = np.random.default_rng(seed)
    x, y = generator.uniform(0, 3000, (2, 40))
    values = generator.poisson(3, 40) * 1.0
    scores = g_star(values, within_band(x, y, 700))
    assert scores == pytest.approx(g_star_cell_by_cell(values, x, y, 700), rel=1e-9)


def test_the_cells_around_a_gathering_are_hot_and_no_others_far_away():
    x, y = square(15)
    counts = np.random.default_rng(1).poisson(12, 225) * 1.0
    middle = np.hypot(x - 1400, y - 1400) <= 300
    counts[middle] += 40
    weights = within_band(x, y, 300)
    found = hot_spots(counts, weights, PARAMETERS, np.random.default_rng(2), smallest_group=10)
    assert found.hot[middle].all()
    assert not found.hot[np.hypot(x - 1400, y - 1400) > 900].any()
    assert (found.rate[found.hot] <= PARAMETERS.false_discovery_rate).all()


def test_more_cases_where_more_people_live_are_no_hot_spot():
    x, y = square(12)
    generator = np.random.default_rng(4)
    residents = np.full(144, 100.0)
    crowded = np.hypot(x - 1000, y - 1000) <= 450
    residents[crowded] = 2000
    counts = generator.multinomial(6000, residents / residents.sum()) * 1.0
    weights = within_band(x, y, 300)
    plain = hot_spots(counts, weights, PARAMETERS, generator, smallest_group=1)
    fair = hot_spots(counts, weights, PARAMETERS, generator, smallest_group=1, residents=residents)
    assert plain.hot[crowded].any()
    assert not fair.hot.any()


def test_with_residents_the_chance_is_that_of_the_binomial():
    x, y = square(3)
    residents = np.array([0, 10, 20, 30, 40, 50, 60, 70, 80.0])
    counts = np.array([3, 1, 2, 3, 4, 5, 6, 7, 30.0])
    found = hot_spots(
        counts, within_band(x, y, 200), PARAMETERS, np.random.default_rng(1),
        smallest_group=1, residents=residents,
    )  # fmt: skip
    assert np.isnan(found.p[0])
    assert found.p[8] == pytest.approx(binom.sf(5 + 7 + 30 - 1, 58, (50 + 70 + 80) / 360))


@pytest.mark.parametrize("with_residents", [False, True], ids=["orders", "residents"])
def test_by_chance_alone_few_maps_show_any_hot_spot(with_residents):
    """Where nothing is hot, any find is false, so the rate is that of maps with a find."""
    x, y = square(10)
    weights = within_band(x, y, 300)
    generator = np.random.default_rng(11)
    residents = generator.uniform(50, 500, 100) if with_residents else None
    share = np.full(100, 0.01) if residents is None else residents / residents.sum()
    maps, false = 200, 0
    for _ in range(maps):
        counts = generator.multinomial(800, share) * 1.0
        found = hot_spots(
            counts, weights, PARAMETERS, generator, smallest_group=1, residents=residents
        )
        false += found.hot.any()
    # 200 maps at a true rate of 5 % show more than 18 once in 100 times.
    assert false <= binom.ppf(0.99, maps, PARAMETERS.false_discovery_rate)


def test_chances_of_cells_without_pattern_are_even():
    x, y = square(20)
    generator = np.random.default_rng(5)
    weights = within_band(x, y, 300)
    chances = [
        hot_spots(generator.gamma(2, 5, 400), weights, PARAMETERS, generator, smallest_group=1).p
        for _ in range(10)
    ]
    assert np.quantile(chances, [0.1, 0.5, 0.9]) == pytest.approx([0.1, 0.5, 0.9], abs=0.04)


def test_few_cases_are_not_told():
    x, y = square(4, width=1000.0)
    counts = np.array([0, 0, 0, 3, 0, 0, 12, 0, 0, 9, 0, 0, 0, 0, 0, 200.0])
    found = hot_spots(
        counts, within_band(x, y, 500), PARAMETERS, np.random.default_rng(1), smallest_group=10
    )
    assert np.flatnonzero(np.isnan(found.count)).tolist() == [3, 9]
    assert found.withheld.tolist() == np.isnan(found.z).tolist() == np.isnan(found.count).tolist()
    assert found.count[0] == 0
    assert found.count[15] == 200


def test_the_same_generator_gives_the_same_and_cells_may_stand_in_any_order():
    x, y = square(8)
    generator = np.random.default_rng(8)
    counts = generator.poisson(5, 64) * 1.0
    order = generator.permutation(64)
    first, again = (
        hot_spots(
            counts, within_band(x, y, 300), PARAMETERS, np.random.default_rng(3), smallest_group=1
        )
        for _ in range(2)
    )
    turned = g_star(counts[order], within_band(x[order], y[order], 300))
    assert first.p.tolist() == again.p.tolist()
    assert turned == pytest.approx(first.z[order])


def test_a_map_without_differences_has_no_scores():
    x, y = square(3)
    found = hot_spots(
        np.full(9, 4.0), within_band(x, y, 200), PARAMETERS, np.random.default_rng(1),
        smallest_group=1,
    )  # fmt: skip
    assert np.isnan(found.z).all()
    assert not found.hot.any()


@given(st.lists(st.floats(0, 1), min_size=1, max_size=50))
def test_rates_equal_those_of_scipy(p_values):
    assert adjusted(p_values) == pytest.approx(false_discovery_control(p_values))


def test_what_is_no_test_counts_for_none():
    assert adjusted([0.01, np.nan, 0.04]) == pytest.approx([0.02, np.nan, 0.04], nan_ok=True)
    with pytest.raises(EngineError, match="between 0 and 1"):
        adjusted([1.5])


def test_reports_of_a_period_are_counted_by_class_and_cell():
    lamp, cover = "urban_event/0101", "urban_event/0203"
    told = reports(
        ("a", lamp, 0, 0, 1), ("b", lamp, 0, 0, 2), ("c", cover, 0, 0, 1), ("late", lamp, 0, 0, 9),
        ("no cell", lamp, 0, 0, 1), ("no class", "", 0, 0, 1), ("last", lamp, 0, 0, 3),
    )  # fmt: skip
    begin = datetime(1970, 1, 2, tzinfo=UTC)
    found = count_by_kind(
        told, np.array([2, 2, 0, 1, -1, 1, 1]), 3, begin, begin + timedelta(days=2)
    )
    assert {kind: counts.tolist() for kind, counts in found.items()} == {
        lamp: [0, 0, 2],
        cover: [1, 0, 0],
    }
    with pytest.raises(EngineError, match="one of the cells"):
        count_by_kind(told, np.array([0]), 3, begin, begin)


def test_the_smallest_group_is_that_of_the_evaluation():
    x, y = square(3, width=1000.0)
    least = EvaluationParameters.load().smallest_group
    counts = np.array([0, 0, 0, least - 1, least, 0, 0, 0, 0]) * 1.0
    found = hot_spots(
        counts, within_band(x, y, 500), PARAMETERS, np.random.default_rng(1),
        smallest_group=least,
    )  # fmt: skip
    assert found.withheld.tolist() == [at == 3 for at in range(9)]


def test_what_cannot_be_computed_is_refused():
    x, y = square(3)
    with pytest.raises(EngineError, match="3 cells"):
        hot_spots(
            np.ones(4), within_band(x, y, 200), PARAMETERS, np.random.default_rng(1),
            smallest_group=1,
        )  # fmt: skip
    with pytest.raises(EngineError, match="wider"):
        within_band(x, y, 0)
    with pytest.raises(EngineError, match="live"):
        hot_spots(
            np.ones(9), within_band(x, y, 200), PARAMETERS, np.random.default_rng(1),
            smallest_group=1, residents=np.zeros(9),
        )  # fmt: skip
