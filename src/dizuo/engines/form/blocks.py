"""How large the blocks of a place are."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dizuo.engines.form.density import density, sum_by_place

__all__ = ["BlockSizes", "block_sizes"]

Float64 = NDArray[np.float64]
Integers = NDArray[np.integer]


@dataclass(frozen=True, eq=False)
class BlockSizes:
    """Sizes of the blocks of each place, all float64 of length p; NaN for a place without blocks.

    Attributes
    ----------
    count
        Number of blocks; 0 without any.
    mean
        Mean area of a block, m².
    felt
        Mean area of the block that a point of the place lies in, m²: each block counts by its
        area, so that many slivers do not hide a superblock.
    largest
        Area of the largest block, m².
    """

    count: Float64
    mean: Float64
    felt: Float64
    largest: Float64


def block_sizes(area: Float64, place: Integers, place_count: int) -> BlockSizes:
    """Measure the blocks of each place.

    Parameters
    ----------
    area
        float64, k. Area of each block, m², above 0.
    place
        k. Place of each block, -1 for none.
    place_count
        Number of places, p.
    """
    count = sum_by_place(np.ones(len(area)), place, place_count)
    total = sum_by_place(area, place, place_count)
    largest = np.full(place_count, -np.inf)
    np.maximum.at(largest, place[place >= 0], area[place >= 0])
    largest[np.isinf(largest)] = np.nan
    squares = sum_by_place(area**2, place, place_count)
    return BlockSizes(count, density(total, count), density(squares, total), largest)
