import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dizuo.checkup.aggregate import gini, order_of, reduce_to_places
from dizuo.model.errors import EngineError
from dizuo.model.place import PlaceKind
from dizuo.model.values import Support, Values

BLOCK = PlaceKind.BLOCK


def values(numerator, denominator=None, inside=(0, 0, 1, -1), **more):
    inside = np.array(inside, dtype=np.int32)
    ids = np.array([f"home:{number}" for number in range(len(inside))])
    if denominator is not None and not isinstance(denominator, str):
        denominator = np.array(denominator, dtype=float)
    numerator = np.array(numerator, dtype=float)
    return Values(Support("homes", ids, {BLOCK: inside}), numerator, denominator, **more)


def reduced(found, count=3, **amounts):
    return reduce_to_places(
        found, BLOCK, count, {name: np.array(amount) for name, amount in amounts.items()}
    )


def test_a_ratio_sums_above_and_below_the_line_and_leaves_out_what_lies_outside():
    found = reduced(values([1, 2, 4, 8], [2, 4, 8, 16], factor=100.0))
    assert list(found.value[:2]) == [50.0, 50.0]
    assert np.isnan(found.value[2])  # nothing lies there
    assert list(found.numerator) == [3, 4, 0]
    assert list(found.denominator) == [6, 8, 0]


def test_a_place_can_bring_its_own_denominator():
    found = reduced(values([1, 2, 4, 8], "area"), area=[2.0, 0.0, 5.0])
    assert found.value[0] == 1.5
    assert np.isnan(found.value[1])  # no land to divide by
    assert found.value[2] == 0.0  # land, and nothing on it


def test_a_sum_is_zero_where_nothing_lies():
    assert list(reduced(values([1, 2, 4, 8], reduction="sum", factor=10.0)).value) == [30, 40, 0]


def test_the_edge_is_the_share_of_things_whose_search_reached_it():
    marked = values([1, 1, 1, 1], [1, 1, 1, 1], edge=np.array([True, False, False, True]))
    assert list(reduced(marked).edge) == [0.5, 0.0, 0.0]


def test_entropy_is_one_for_even_shares_and_zero_for_one():
    even = values([[1, 2], [3, 2], [5, 0], [9, 9]], reduction="entropy")
    found = reduced(even)
    assert found.value[0] == pytest.approx(1.0)  # 4 and 4
    assert found.value[1] == 0.0
    assert not math.copysign(1.0, found.value[1]) < 0  # not minus zero, which prints as -0
    assert np.isnan(found.value[2])


def test_median_and_extremes_and_spread_look_at_each_thing():
    inside = (0, 0, 0, 0)
    weighted = [5, 1, 1, 1]
    amount = [1, 10, 20, 30]
    for reduction, value in (
        ("median", 1.0),  # half of the weight lies at 1
        ("maximum", 30.0),
        ("minimum", 1.0),
        ("spread", math.sqrt(np.average(np.square(np.array(amount) - 8.125), weights=weighted))),
    ):
        found = reduced(values(amount, weighted, inside, reduction=reduction), 1)
        assert found.value[0] == pytest.approx(value)


def test_unknown_amounts_are_passed_over():
    found = reduced(values([np.nan, 3, np.nan, 1], [1, 1, 1, 1], reduction="median"))
    assert found.value[0] == 3.0
    assert np.isnan(found.value[1])


def test_nothing_but_weights_of_zero_has_no_median():
    found = reduced(values([1, 2, 3, 4], [0, 0, 0, 0], reduction="median"))
    assert np.isnan(found.value).all()


@pytest.mark.parametrize("reduction", ["gini", "spread", "median"])
def test_what_looks_at_things_cannot_divide_by_a_place(reduction):
    with pytest.raises(EngineError, match="cannot divide by the place's area"):
        reduced(values([1, 2, 3, 4], "area", reduction=reduction), area=[1.0, 1.0, 1.0])


def test_gini_of_one_who_has_all():
    # nine have nothing, one has all: 1 - 1/10
    assert gini(np.array([0.0, 5.0]), np.array([9.0, 1.0])) == pytest.approx(0.9)


def test_gini_of_nothing_is_not_known():
    assert math.isnan(gini(np.zeros(3), np.ones(3)))


amounts = st.lists(st.tuples(st.floats(0.001, 1e4), st.integers(1, 20)), min_size=1, max_size=12)


@given(amounts)
def test_gini_is_half_the_mean_difference_between_persons(groups):
    """The definition by pairs of persons, one by one."""
    persons = np.repeat([amount for amount, _ in groups], [size for _, size in groups])
    pairs = np.abs(persons[:, None] - persons[None, :]).mean()
    found = gini(*(np.array(column, dtype=float) for column in zip(*groups, strict=True)))
    assert found == pytest.approx(pairs / (2 * persons.mean()), abs=1e-9)


@given(
    st.lists(st.tuples(st.integers(-1, 3), st.integers(0, 1000), st.integers(0, 1000)), max_size=30)
)
def test_places_sum_what_stands_in_them_one_by_one(things):
    inside, above, below = (
        (list(column) for column in zip(*things, strict=True)) if things else ([], [], [])
    )
    found = reduced(values(above, below, inside), 4)
    for place in range(4):
        own = [thing for thing in things if thing[0] == place]
        top, bottom = sum(thing[1] for thing in own), sum(thing[2] for thing in own)
        assert found.numerator[place] == top
        assert found.denominator[place] == bottom
        if bottom:
            assert found.value[place] == pytest.approx(top / bottom)
        else:
            assert np.isnan(found.value[place])


def test_kinds_of_places_are_ordered_from_small_to_large():
    assert order_of(PlaceKind.BLOCK) < order_of(PlaceKind.COMMUNITY) < order_of(PlaceKind.CITY)
