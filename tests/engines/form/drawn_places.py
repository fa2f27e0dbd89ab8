"""Numbers of places and buildings as tests write them."""

import numpy as np
from hypothesis import strategies as st

# Two blocks of one hectare; three buildings on the first, one on the second, one on neither.
PLACE = np.array([0, 0, 1, 0, -1])
AREA = np.array([10_000.0, 10_000.0, 0.0])


def floats(*values):
    return np.array(values, dtype=float)


def whole(*values):
    return np.array(values, dtype=int)


def assert_same(found, expected):
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12)


def columns(rows, kinds):
    """Columns of drawn rows, as arrays also if there are no rows."""
    return [np.array([row[k] for row in rows], dtype=kind) for k, kind in enumerate(kinds)]


# Items of a town of four places, of which some have none: an amount in whole m², and a place.
# Sums of whole numbers are exact, in whatever order they are added.
amounts_in_places = st.lists(
    st.tuples(st.integers(1, 10_000), st.integers(-1, 3)), max_size=12
).map(lambda rows: columns(rows, (float, int)))
