"""How mixed the uses of a place are."""

import numpy as np
from numpy.typing import NDArray

from dizuo.engines.form.density import density, sum_by_place
from dizuo.model.errors import EngineError

__all__ = ["land_use_mix"]

Float64 = NDArray[np.float64]
Integers = NDArray[np.integer]


def land_use_mix(
    amount: Float64, use: Integers, place: Integers, place_count: int, use_count: int
) -> Float64:
    r"""Entropy of the uses of each place, from 0 (one use) to 1 (all uses alike).

    H = -Σ p ln p / ln k, with p the share of each use and k the number of uses there could be,
    not only of those found: a place with two of six uses in equal parts has ln 2 / ln 6.

    Parameters
    ----------
    amount
        float64, n. Land or floor area of each item, at least 0.
    use
        n. Number of the item's use, 0..k-1.
    place
        n. Place of each item, -1 for none.
    place_count
        Number of places.
    use_count
        Number of uses, k, at least 2.

    Returns
    -------
    float64, place_count. NaN for a place without any amount.

    Raises
    ------
    EngineError
        If there are fewer than two uses, an amount is negative, or a number is out of range.

    References
    ----------
    L. Frank, M. Andresen, T. Schmid (2004), American Journal of Preventive Medicine 27(2).
    """
    if use_count < 2:
        raise EngineError("a mix needs at least two uses")
    if len(use) != len(amount):
        raise EngineError("every item needs one amount and one use")
    if len(use) and not 0 <= use.min() <= use.max() < use_count:
        raise EngineError(f"an item names a use outside 0..{use_count - 1}")
    if (amount < 0).any():
        raise EngineError("amounts of uses must be at least 0")
    sums = np.column_stack(
        [
            sum_by_place(amount[use == kind], place[use == kind], place_count)
            for kind in range(use_count)
        ]
    )
    total = sums.sum(axis=1)
    share = np.column_stack([density(column, total) for column in sums.T])
    logarithm = np.zeros_like(share)
    np.log(share, out=logarithm, where=share > 0)
    entropy: Float64 = -(share * logarithm).sum(axis=1) / np.log(use_count)
    return np.maximum(entropy, 0.0)
