"""Compiled sums over the catchments of facilities."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

Float64 = NDArray[np.float64]
Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]


@njit(cache=True, nogil=True)
def add_demand(bounds: Int64, homes: Int32, weights: Float64, demand: Float64) -> Float64:
    """Add up the weighted demand in each catchment."""
    sums = np.zeros(len(bounds) - 1, np.float64)
    for rank in range(len(sums)):
        for pair in range(bounds[rank], bounds[rank + 1]):
            sums[rank] += weights[pair] * demand[homes[pair]]
    return sums


@njit(cache=True, nogil=True)
def share_out(
    bounds: Int64, homes: Int32, weights: Float64, ratios: Float64, access: Float64
) -> None:
    """Give every home the weighted ratio of each facility that it belongs to."""
    for rank in range(len(ratios)):
        for pair in range(bounds[rank], bounds[rank + 1]):
            access[homes[pair]] += weights[pair] * ratios[rank]
