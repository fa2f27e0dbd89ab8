import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dizuo.model.place import PlaceKind
from dizuo.resources.privacy import suppressed

pytestmark = pytest.mark.systems("S22.4")

BLOCK, CELL, COMMUNITY = PlaceKind.BLOCK, PlaceKind.CELL, PlaceKind.COMMUNITY
DISTRICT, CITY = PlaceKind.DISTRICT, PlaceKind.CITY


def hide(counts, inside, smallest_group=10):
    found = suppressed(
        {kind: np.array(count, dtype=float) for kind, count in counts.items()},
        {pair: np.array(parent, dtype=np.int32) for pair, parent in inside.items()},
        smallest_group,
    )
    return {kind: [int(mark) for mark in marks] for kind, marks in found.items()}


def hidden_of(counts, parent):
    """Marks of communities in districts that hold them all."""
    districts = np.bincount(np.array(parent), weights=counts)
    return hide({COMMUNITY: counts, DISTRICT: districts}, {(COMMUNITY, DISTRICT): parent})[
        COMMUNITY
    ]


def test_small_counts_are_hidden_and_nobody_is_nothing_to_hide():
    assert hidden_of([0, 9, 3, 10, 500], [0, 0, 0, 0, 0]) == [0, 1, 1, 0, 0]


def test_one_hidden_place_hides_the_next_smallest_so_that_no_difference_tells_it():
    assert hidden_of([5, 40, 30, 500], [0, 0, 0, 0]) == [1, 0, 1, 0]


def test_places_of_another_district_do_not_help_to_hide():
    assert hidden_of([5, 40, 30, 500], [0, 0, 1, 1]) == [1, 1, 0, 0]


def test_a_place_with_people_in_one_part_only_is_hidden_with_it():
    # 30 of block 1 are hidden to guard the 5 of block 0, and cell 1 holds nobody else
    found = hide(
        {BLOCK: [5, 30, 400], CELL: [405, 30], COMMUNITY: [435]},
        {(BLOCK, CELL): [0, 1, 0], (BLOCK, COMMUNITY): [0, 0, 0], (CELL, COMMUNITY): [0, 0]},
    )
    assert found[BLOCK] == [1, 1, 1]
    assert found[CELL] == [1, 1]
    assert found[COMMUNITY] == [0]


def test_the_parts_of_a_hidden_place_do_not_add_up_to_it():
    # community 1 (40) is hidden to guard the 5 of community 0: its blocks of 15 and 25 may not
    # both be told, nor may those of community 2 say what is left
    found = hide(
        {BLOCK: [5, 15, 25, 300, 200], COMMUNITY: [5, 40, 500], CITY: [545]},
        {
            (BLOCK, COMMUNITY): [0, 1, 1, 2, 2],
            (BLOCK, CITY): [0, 0, 0, 0, 0],
            (COMMUNITY, CITY): [0, 0, 0],
        },
    )
    assert found == {BLOCK: [1, 1, 0, 0, 0], COMMUNITY: [1, 1, 0], CITY: [0]}


blocks = st.lists(
    st.tuples(st.integers(0, 40), st.integers(0, 3), st.integers(0, 5)), min_size=1, max_size=30
)


@given(blocks)
def test_no_sum_tells_what_is_hidden(things):
    count, district, cell = (np.array(part) for part in zip(*things, strict=True))
    counts = {
        BLOCK: count,
        CELL: np.bincount(cell, weights=count),
        DISTRICT: np.bincount(district, weights=count),
        CITY: [count.sum()],
    }
    inside = {
        (BLOCK, CELL): cell,
        (BLOCK, DISTRICT): district,
        (BLOCK, CITY): np.zeros(len(count)),
        (CELL, CITY): np.zeros(len(counts[CELL])),
        (DISTRICT, CITY): np.zeros(len(counts[DISTRICT])),
    }
    found = hide(counts, inside)
    for kind in found:
        sizes, marks = np.array(counts[kind]), np.array(found[kind])
        assert marks[(sizes > 0) & (sizes < 10)].all()
        assert not marks[sizes == 0].any()
    for (kind, larger), parent in inside.items():
        for number, told in enumerate(found[larger]):
            unknown = sum(np.array(found[kind])[np.array(parent) == number]) + told
            assert unknown != 1
