"""What waits is taken together, in order, and nothing after the end."""

import queue

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dizuo.operations.gathering import gathered


def waiting(*items):
    line = queue.SimpleQueue()
    for one in items:
        line.put(one)
    return line


@pytest.mark.parametrize(
    ("items", "lots"),
    [((None,), []), ((1, 2, 3, None), [[1, 2, 3]]), ((1, 2, 3, 4, 5, None), [[1, 2, 3], [4, 5]])],
)
def test_lots_of_three(items, lots):
    assert list(gathered(waiting(*items), 3)) == lots


def test_what_comes_after_the_end_stays():
    line = waiting(1, None, 2)
    assert list(gathered(line, 9)) == [[1]]
    assert line.get() == 2


@given(st.lists(st.integers(), max_size=30), st.integers(1, 7))
def test_nothing_is_lost_or_put_in_another_order(items, most):
    lots = list(gathered(waiting(*items, None), most))
    assert [one for lot in lots for one in lot] == items
    assert all(0 < len(lot) <= most for lot in lots)
