import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from dizuo.resources.privacy import suppressed


def hidden(count, parent, smallest_group=10):
    parents = {"district": np.array(parent, dtype=np.int32)}
    return list(suppressed(np.array(count, dtype=float), smallest_group, parents))


def test_small_counts_are_hidden_and_nobody_is_nothing_to_hide():
    assert hidden([0, 9, 3, 10, 500], [0, 0, 0, 0, 0]) == [False, True, True, False, False]


def test_one_hidden_place_hides_the_next_smallest_so_that_no_difference_tells_it():
    assert hidden([5, 40, 30, 500], [0, 0, 0, 0]) == [True, False, True, False]


def test_places_of_another_district_do_not_help_to_hide():
    assert hidden([5, 40, 30, 500], [0, 0, 1, 1]) == [True, True, False, False]


places = st.lists(st.tuples(st.integers(0, 40), st.integers(-1, 3)), min_size=1, max_size=30)


@given(places)
def test_no_district_holds_a_single_hidden_place_beside_others_with_people(things):
    count = np.array([size for size, _ in things], dtype=float)
    parent = np.array([number for _, number in things], dtype=np.int32)
    found = suppressed(count, 10, {"district": parent})
    assert (found[(count > 0) & (count < 10)]).all()
    assert not found[count == 0].any()
    for district in range(4):
        own = parent == district
        if (found & own).sum() == 1:
            assert (count[own] > 0).sum() == 1  # nobody else there who could be hidden too
