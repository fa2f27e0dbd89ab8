"""Mix of uses, by hand and against momepy and SciPy."""

import numpy as np
import pandas as pd
import pytest
from drawn_places import assert_same, columns, floats, whole
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import entropy

from dizuo.engines.form.mix import land_use_mix
from dizuo.model.errors import EngineError

KINDS = 6
# Amount in whole m², some of them nought, use and place of the items of two places.
used_floors = st.lists(
    st.tuples(st.integers(0, 9999), st.integers(0, KINDS - 1), st.integers(-1, 1)), max_size=14
).map(lambda rows: columns(rows, (float, int, int)))


def close(found, expected):
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9)


def test_mix_of_uses():
    amount = floats(1, 1, 1, 1, 5, 5, 3)
    use = whole(0, 1, 2, 3, 0, 1, 2)
    place = whole(0, 0, 0, 0, 1, 1, 2)
    assert_same(land_use_mix(amount, use, place, 4, 4), [1.0, 0.5, 0.0, np.nan])


def test_two_uses_in_equal_parts_of_six_that_could_be():
    assert_same(land_use_mix(floats(7, 7), whole(1, 4), whole(0, 0), 1, 6), np.log(2) / np.log(6))


def test_three_quarters_of_one_use_and_one_of_the_other():
    #  -(3/4 log2 3/4 + 1/4 log2 1/4) = 2 - 3/4 log2 3 = 0.811 bits
    mix = land_use_mix(floats(30, 10), whole(0, 1), whole(0, 0), 1, 2)
    assert_same(mix, [2 - 0.75 * np.log2(3)])


def test_a_single_use_is_no_mix_and_an_item_of_no_size_adds_nothing():
    mix = land_use_mix(floats(8, 0), whole(0, 1), whole(0, 0), 1, 2)
    assert mix.tolist() == [0.0]
    assert not np.signbit(mix[0])


def test_without_any_amount_there_is_no_mix_to_tell():
    assert np.isnan(land_use_mix(floats(), whole(), whole(), 2, 3)).tolist() == [True, True]
    assert np.isnan(land_use_mix(floats(0, 0), whole(0, 1), whole(0, 0), 1, 2)).all()
    assert np.isnan(land_use_mix(floats(5), whole(0), whole(-1), 1, 2)).all()


def test_an_unknown_amount_makes_only_its_place_unknown():
    amount, use = floats(np.nan, 4, 4, 4, np.nan), whole(0, 1, 0, 1, 0)
    assert_same(land_use_mix(amount, use, whole(0, 0, 1, 1, -1), 2, 2), [np.nan, 1.0])


@settings(max_examples=50, deadline=None)
@given(used_floors, st.randoms(), st.sampled_from([1e-4, 0.25, 7.5]))
def test_a_mix_depends_on_neither_order_nor_unit_nor_the_numbers_of_uses(items, random, unit):
    amount, use, place = items
    mix = land_use_mix(amount, use, place, 2, KINDS)
    order = random.sample(range(len(amount)), len(amount))
    renamed = np.array(random.sample(range(KINDS), KINDS))[use]
    close(land_use_mix(amount[order] * unit, renamed[order], place[order], 2, KINDS), mix)


@settings(max_examples=50, deadline=None)
@given(used_floors)
def test_a_mix_lies_between_none_and_all_alike_as_scipy_has_it(items):
    amount, use, place = items
    mix = land_use_mix(amount, use, place, 2, KINDS)
    known = ~np.isnan(mix)
    assert (mix[known] >= 0).all()
    assert (mix[known] <= 1 + 1e-12).all()
    for number in range(2):
        own = place == number
        parts = np.bincount(use[own], weights=amount[own], minlength=KINDS)
        assert known[number] == (parts.sum() > 0)
        if known[number]:
            close(mix[number], entropy(parts, base=KINDS))


@settings(max_examples=50, deadline=None)
@given(used_floors)
def test_items_cut_in_two_and_places_twice_as_large_are_as_mixed(items):
    amount, use, place = items
    mix = land_use_mix(amount, use, place, 2, KINDS)
    close(land_use_mix(*np.repeat([amount * 0.5], 2, axis=1), np.repeat(use, 2),
                       np.repeat(place, 2), 2, KINDS), mix)  # fmt: skip
    close(land_use_mix(np.tile(amount, 2), np.tile(use, 2), np.tile(place, 2), 2, KINDS), mix)


@settings(max_examples=50, deadline=None)
@given(st.integers(2, 9), st.floats(0.01, 1e6))
def test_all_uses_alike_make_a_whole_mix_however_many_they_are(count, amount):
    every = np.arange(count)
    close(land_use_mix(np.full(count, amount), every, every * 0, 1, count), [1.0])
    assert land_use_mix(floats(amount), whole(count - 1), whole(0), 1, count).tolist() == [0.0]


@settings(max_examples=50, deadline=None)
@given(st.integers(1, 1000), st.integers(1, 1000))
def test_evening_out_two_uses_mixes_more(homes, shops):
    uses, place = whole(0, 1), whole(0, 0)
    before = land_use_mix(floats(homes, shops), uses, place, 1, 2)
    even = floats(3 * homes + shops, homes + 3 * shops) / 4
    assert land_use_mix(even, uses, place, 1, 2)[0] >= before[0] - 1e-12


def test_uses_that_cannot_be_are_refused():
    one = floats(1)
    with pytest.raises(EngineError, match="at least two uses"):
        land_use_mix(one, whole(0), whole(0), 1, 1)
    for use in (-1, 3, 4):
        with pytest.raises(EngineError, match=r"use outside 0\.\.2"):
            land_use_mix(one, whole(use), whole(0), 1, 3)
    for amount, use, place in ((one, whole(0, 1), whole(0)), (floats(1, 2), whole(0), whole(0, 0))):
        with pytest.raises(EngineError, match="one amount and one use"):
            land_use_mix(amount, use, place, 1, 3)
    with pytest.raises(EngineError, match="at least 0"):
        land_use_mix(-one, whole(0), whole(0), 1, 3)


def test_mix_equals_the_shannon_diversity_of_momepy(bubenec):
    momepy, buildings, _ = bubenec
    rng = np.random.default_rng(1)
    use = rng.integers(0, 5, len(buildings))
    place = rng.integers(0, 6, len(buildings))
    ours = land_use_mix(np.ones(len(use)), use, place, 6, 5)
    theirs = [
        momepy.shannon_diversity(pd.Series(use[place == k]), categorical=True, categories=range(5))
        for k in range(6)
    ]
    assert_same(ours * np.log(5), theirs)
