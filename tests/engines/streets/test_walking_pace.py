"""How much longer a slope takes than the level, against the speeds that Tobler gives."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dizuo.engines.streets.walking_pace import slope_factor

TOBLER = {"steepness": 3.5, "easiest_descent": 0.05}


def speed(grade):
    """Kilometres an hour by Tobler's hiking function, as the report writes it."""
    return 6 * math.exp(-3.5 * abs(grade + 0.05))


@given(st.floats(-0.6, 0.6))
def test_the_time_is_that_of_the_hiking_function(grade):
    found = slope_factor(np.array([grade]), **TOBLER)[0]
    assert found == pytest.approx(speed(0) / speed(grade), rel=1e-12)


def test_the_level_and_the_unknown_take_their_time_and_a_gentle_descent_the_least():
    found = slope_factor(np.array([0.0, np.nan, -0.05, -0.1, 0.1]), **TOBLER)
    assert found[:2].tolist() == [1.0, 1.0]
    assert found[2] == pytest.approx(math.exp(-3.5 * 0.05))
    assert found[3] == pytest.approx(1.0)  # as far below the easiest descent as the level is above
    assert found[4] == pytest.approx(math.exp(0.35))
