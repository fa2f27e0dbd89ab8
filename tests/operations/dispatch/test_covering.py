"""Boxes over a region: what they cover, what they leave, and who comes first."""

from itertools import product
from math import prod

from hypothesis import given
from hypothesis import strategies as st

from dizuo.operations.dispatch.covering import (
    NOBODY,
    first_and_second,
    is_covered,
    smallest_hole,
    space_of,
)

SIZES = (3, 4, 2)
EVERYTHING = tuple((1 << size) - 1 for size in SIZES)
POINTS = tuple(product(*(range(size) for size in SIZES)))
SETS = st.tuples(*(st.integers(1, whole) for whole in EVERYTHING))
BOXES = st.dictionaries(st.integers(0, 9), SETS, max_size=6)


def holds(box, point):
    return all(taken >> value & 1 for taken, value in zip(box, point, strict=True))


@given(BOXES, SETS)
def test_a_region_is_covered_if_every_point_is(boxes, region):
    inside = [point for point in POINTS if holds(region, point)]
    covered = all(any(holds(box, point) for box in boxes.values()) for point in inside)
    assert is_covered(boxes, region) == covered
    assert (smallest_hole(boxes, region) is None) == covered


@given(BOXES, SETS)
def test_points_are_counted_by_the_first_and_second_box(boxes, region):
    counted = {}
    for point in POINTS:
        if holds(region, point):
            takers = [number for number in sorted(boxes) if holds(boxes[number], point)]
            first, second = (*takers, NOBODY, NOBODY)[:2]
            counted[first, second] = counted.get((first, second), 0) + 1
    assert first_and_second(space_of(boxes, region)) == counted


def test_without_boxes_all_is_a_hole_and_needs_no_words():
    assert smallest_hole({}, EVERYTHING) == {}
    assert first_and_second(space_of({}, EVERYTHING)) == {(NOBODY, NOBODY): prod(SIZES)}


def test_one_box_over_everything_leaves_nothing():
    assert smallest_hole({4: EVERYTHING}, EVERYTHING) is None
    assert first_and_second(space_of({4: EVERYTHING}, EVERYTHING)) == {(4, NOBODY): prod(SIZES)}
