"""The order along the Hilbert curve."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dizuo.engines.streets.order import hilbert_order
from dizuo.model.errors import EngineError


@pytest.mark.parametrize("side", [2, 8, 32])
def test_each_step_on_a_square_of_cells_goes_to_a_neighbour(side):
    x, y = (axis.ravel().astype(float) for axis in np.meshgrid(np.arange(side), np.arange(side)))
    order = hilbert_order(x, y)
    steps = np.abs(np.diff(x[order])) + np.abs(np.diff(y[order]))
    assert (steps == 1).all()
    assert sorted(order) == list(range(side * side))


def test_the_curve_runs_from_south_west_round_to_south_east():
    corners = {
        "south-west": (0, 0),
        "north-east": (9, 9),
        "south-east": (9, 0),
        "north-west": (0, 9),
    }
    x, y = np.array([*corners.values()], dtype=float).T
    names = np.array([*corners])[hilbert_order(x, y)]
    assert names.tolist() == ["south-west", "north-west", "north-east", "south-east"]


@pytest.mark.parametrize("moved", [(-40.0, 7.0), (458_000.0, 3_110_000.0)])
@pytest.mark.parametrize("scale", [0.25, 1.0, 512.0])
def test_the_curve_moves_and_grows_with_the_town(moved, scale):
    x, y = np.random.default_rng(4).integers(0, 1024, (2, 300)).astype(float)
    order = hilbert_order(x, y)
    assert np.array_equal(hilbert_order(x * scale + moved[0], y * scale + moved[1]), order)


@pytest.mark.parametrize("corner", [(0, 0), (40_000, 16), (16, 65_520), (32_768, 32_768)])
def test_the_curve_is_fine_enough_for_a_metre_in_65_kilometres(corner):
    x, y = (axis.ravel() for axis in np.meshgrid(*(first + np.arange(8.0) for first in corner)))
    order = hilbert_order(np.append(x, [0, 65_536]), np.append(y, [0, 65_536]))
    block = order[order < 64]
    steps = np.abs(np.diff(x[block])) + np.abs(np.diff(y[block]))
    assert (steps == 1).all()


@given(
    st.lists(
        st.tuples(st.integers(-50, 50), st.integers(-50, 50)), min_size=1, max_size=40, unique=True
    ),
    st.randoms(use_true_random=False),
)
def test_the_order_of_places_does_not_depend_on_the_order_of_rows(places, random):
    shuffled = random.sample(places, len(places))
    straight = np.array(places)[hilbert_order(*np.array(places).T)]
    again = np.array(shuffled)[hilbert_order(*np.array(shuffled).T)]
    assert np.array_equal(straight, again)


def test_points_at_one_place_keep_the_order_of_rows():
    assert list(hilbert_order([3.0] * 5, [4.0] * 5)) == [0, 1, 2, 3, 4]


def test_no_points_have_an_empty_order():
    order = hilbert_order([], [])
    assert (order.tolist(), order.dtype) == ([], np.int32)


@pytest.mark.parametrize(
    ("x", "y", "problem"),
    [
        ([1.0], [1.0, 2.0], "same length"),
        ([1.0, 2.0], [1.0], "same length"),
        ([[1.0]], [[1.0]], "two lists"),
        ([np.nan], [0.0], "finite"),
        ([0.0], [np.inf], "finite"),
    ],
)
def test_points_that_are_no_points_are_refused(x, y, problem):
    with pytest.raises(EngineError, match=problem):
        hilbert_order(x, y)
