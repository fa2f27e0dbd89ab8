"""Groups of a graph are divided by short cuts into connected parts."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from dizuo.engines.partition._kernels_bisection import keep_connected
from dizuo.engines.partition.bisection import Pieces, divide
from dizuo.model.errors import EngineError

USUAL = {"least_part": 0.35, "directions": 8, "crooked": 0.35}


def squares(columns, rows, weight=None, area=None):
    """A sheet of unit squares; neighbours share an edge that costs 1, or what ``weight`` tells."""
    number = np.arange(columns * rows).reshape(rows, columns)
    first = np.concatenate([number[:, :-1].ravel(), number[:-1].ravel()])
    second = np.concatenate([number[:, 1:].ravel(), number[1:].ravel()])
    cost = np.ones(len(first)) if weight is None else weight(first, second)
    areas = np.ones(columns * rows) if area is None else area
    x, y = number.ravel() % columns + 0.5, number.ravel() // columns + 0.5
    return Pieces(areas, x.astype(float), y.astype(float), first, second, cost)


def labels(pieces, group):
    """The connected part of its group that each piece is in, found by scipy."""
    same = group[pieces.first] == group[pieces.second]
    count = len(group)
    graph = coo_array(
        (np.ones(same.sum()), (pieces.first[same], pieces.second[same])), shape=(count, count)
    )
    return connected_components(graph, directed=False)[1]


def parts_of(pieces, group):
    """Number of connected parts of each group."""
    label = labels(pieces, group)
    return {each: len(np.unique(label[group == each])) for each in np.unique(group)}


def arcs(pieces):
    """The neighbours of each piece, one piece after another, as kernels read them."""
    tail = np.concatenate([pieces.first, pieces.second])
    head = np.concatenate([pieces.second, pieces.first])[np.argsort(tail, kind="stable")]
    return np.searchsorted(np.sort(tail), np.arange(len(pieces.area) + 1)), head


def cut(pieces, group):
    return pieces.weight[group[pieces.first] != group[pieces.second]].sum()


def test_a_strip_is_halved_in_the_middle():
    pieces = squares(10, 2)
    group = divide(pieces, np.zeros(20, np.int64), target=10, most=15, **USUAL)
    assert sorted(np.bincount(group)) == [10, 10]
    assert cut(pieces, group) == 2.0


def test_a_sheet_of_four_cells_is_cut_into_squares():
    pieces = squares(8, 8)
    group = divide(pieces, np.zeros(64, np.int64), target=16, most=24, **USUAL)
    assert np.bincount(group).tolist() == [16] * 4
    assert cut(pieces, group) == 16.0


def test_a_cheap_line_beside_the_middle_is_followed():
    def weight(first, second):
        crosses = (first % 10 == 5) & (second % 10 == 6)
        return np.where(crosses, 0.1, 1.0)

    pieces = squares(10, 3, weight)
    group = divide(pieces, np.zeros(30, np.int64), target=15, most=20, **USUAL)
    assert len(np.unique(group[:6])) == 1
    assert sorted(np.bincount(group)) == [12, 18]


def test_a_crooked_cheap_line_is_followed_where_no_straight_cut_runs():
    # The cheap line steps from column 4 to column 6 half way up.
    def side(number):
        return number % 10 >= np.where(number // 10 < 5, 4, 6)

    pieces = squares(10, 10, lambda a, b: np.where(side(a) != side(b), 0.01, 1.0))
    group = divide(pieces, np.zeros(100, np.int64), target=50, most=60, **USUAL)
    assert len(np.unique(group[side(np.arange(100))])) == 1
    assert cut(pieces, group) == pytest.approx(0.12)


def single_file(away, cost):
    """Six hundred pieces in a row: cuts cost 1, and one on each side of the middle ``cost``."""

    def weight(first, second):
        return np.where(np.isin(second, [300 - away, 300 + away]), cost, 1.0)

    return squares(600, 1, weight)


@pytest.mark.parametrize(("away", "found"), [(50, True), (75, False)])
def test_a_shorter_cut_is_found_at_most_some_sixty_pieces_away(away, found):
    # So crooked that sweeps leave sides as equal as can be.
    asked = USUAL | {"target": 300, "most": 420, "crooked": 1e6}
    group = divide(single_file(away, 0.5), np.zeros(600, np.int64), **asked)
    assert sorted(np.bincount(group)) == ([300 - away, 300 + away] if found else [300, 300])


@pytest.mark.parametrize(("cost", "taken"), [(0.75, True), (0.85, False)])
def test_unequal_sides_must_be_worth_it(cost, taken):
    # Sides may differ by 90 from the half; at 80 a cut counts 1 + 0.35 (80/90)² = 1.28 times.
    asked = USUAL | {"target": 300, "most": 420}
    group = divide(single_file(80, cost), np.zeros(600, np.int64), **asked)
    assert sorted(np.bincount(group)) == ([220, 380] if taken else [300, 300])


def test_small_groups_keep_their_number_and_their_pieces():
    pieces = squares(6, 1)
    group = np.array([0, 0, 1, 1, 2, 2])
    result = divide(pieces, group, target=2, most=2, **USUAL)
    assert result.tolist() == group.tolist()


def test_a_single_large_piece_is_left_whole():
    pieces = squares(3, 1, area=np.array([1.0, 100.0, 1.0]))
    group = divide(pieces, np.zeros(3, np.int64), target=2, most=3, **USUAL)
    assert (np.bincount(group, pieces.area) >= 100).sum() == 1


def test_a_piece_without_area_is_parted_from_one_that_is_too_large():
    pieces = squares(2, 1, area=np.array([0.0, 10.0]))
    group = divide(pieces, np.zeros(2, np.int64), target=5, most=5, **USUAL)
    assert sorted(group) == [0, 1]


def test_pieces_that_no_cut_may_part_stay_one_group():
    pieces = squares(2, 1, lambda a, _: np.full(len(a), np.inf))
    group = divide(pieces, np.zeros(2, np.int64), target=1, most=1, **USUAL)
    assert group.tolist() == [0, 0]


def test_a_piece_without_neighbours_is_a_group_of_its_own():
    ones = np.ones(3)
    pieces = Pieces(ones, np.arange(3.0), ones, np.array([1]), np.array([2]), np.ones(1))
    group = divide(pieces, np.array([0, 1, 1]), target=1, most=1, **USUAL)
    assert group[0] == 0
    assert sorted(group[1:]) == [1, 2]


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_all_but_the_largest_piece_of_a_side_change_sides(seed):
    draw = np.random.default_rng(seed)
    sheet = squares(5, 5, area=draw.random(25))
    arc, head = arcs(sheet)
    inside = draw.random(25) < 0.5
    expected = inside.copy()
    for side in (True, False):
        part = labels(sheet, expected.astype(int))
        of_side = part[expected == side]
        size = np.bincount(part, sheet.area)
        if len(of_side):
            largest = max(set(of_side), key=lambda p: size[p])
            expected[(expected == side) & (part != largest)] = not side
    everything, group = np.arange(25), np.zeros(25, np.int64)
    keep_connected(everything, group, 0, sheet.area, arc, head, inside, np.empty(25, np.int64))
    assert inside.tolist() == expected.tolist()


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_the_numbers_of_the_pieces_do_not_matter(seed):
    draw = np.random.default_rng(seed)
    # Whole numbers, so that sums are the same in whatever order they are taken.
    sheet = squares(6, 6, lambda a, _: draw.integers(1, 2**30, len(a)).astype(float),
                    draw.integers(2**20, 2**21, 36).astype(float))  # fmt: skip
    x, y = sheet.x + draw.uniform(-0.4, 0.4, 36), sheet.y + draw.uniform(-0.4, 0.4, 36)
    number = draw.permutation(36)
    old = np.argsort(number)
    renumbered = Pieces(
        sheet.area[old], x[old], y[old], number[sheet.first], number[sheet.second], sheet.weight
    )
    asked = USUAL | {"target": 9 * 2**20, "most": 20 * 2**20}
    one = divide(replace(sheet, x=x, y=y), np.zeros(36, np.int64), **asked)
    other = divide(renumbered, np.zeros(36, np.int64), **asked)
    assert one.tolist() == other[number].tolist()


@settings(max_examples=60, deadline=None)
@given(
    columns=st.integers(1, 12),
    rows=st.integers(1, 12),
    most=st.integers(3, 40),
    seed=st.integers(0, 2**32 - 1),
)
def test_parts_are_connected_small_enough_and_inside_one_group(columns, rows, most, seed):
    draw = np.random.default_rng(seed)
    pieces = squares(columns, rows, lambda a, _: draw.random(len(a)))
    group = (np.arange(columns * rows) // columns >= rows // 2).astype(np.int64)
    result = divide(pieces, group, target=most / 1.5, most=most, **USUAL)
    assert set(parts_of(pieces, result).values()) == {1}
    assert np.bincount(result, pieces.area).max() <= most
    for part in np.unique(result):
        assert len(np.unique(group[result == part])) == 1


def test_arrays_that_do_not_fit_are_refused():
    one, none = np.ones(1), np.empty(0)
    for odd, rest in product(range(3), (1, 2)):
        lengths = [3 - rest if n == odd else rest for n in range(3)]
        with pytest.raises(EngineError, match="positions"):
            Pieces(*map(np.ones, lengths), none, none, none)
        with pytest.raises(EngineError, match="weights"):
            Pieces(one, one, one, *(np.zeros(length, np.int64) for length in lengths))
    for absent in (-1, 1, 2):
        with pytest.raises(EngineError, match="not there"):
            Pieces(one, one, one, np.zeros(1, np.int64), np.full(1, absent), one)
    with pytest.raises(EngineError, match="Groups"):
        divide(squares(2, 1), np.zeros(3, np.int64), target=1, most=1, **USUAL)
