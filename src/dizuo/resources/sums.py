"""Sum amounts of things over the places that hold them."""

import numpy as np
from numpy.typing import NDArray

__all__ = ["sum_by_place"]


def sum_by_place(
    place: NDArray[np.int32], amount: NDArray[np.float64], count: int
) -> NDArray[np.float64]:
    """Return the sum of the amounts in each of ``count`` places; -1 means in none of them."""
    held = place >= 0
    sums = np.bincount(place[held], weights=amount[held], minlength=count)
    return sums.astype(np.float64, copy=False)
