"""How much slower a slope is walked than the level."""

import numpy as np
from numpy.typing import NDArray

__all__ = ["slope_factor"]

Floats = NDArray[np.float64]


def slope_factor(grade: Floats, *, steepness: float, easiest_descent: float) -> Floats:
    """Return the time on a slope over the time on the level, after Tobler (1993).

    Tobler's hiking function gives the speed ``6 exp(-3.5 |s + 0.05|)`` km/h on a slope ``s``: the
    factor is ``exp(a (|s + b| - b))``, 1 on the level and least on a descent of ``b``.

    Parameters
    ----------
    grade
        Rise over run in the direction of walking; NaN (not known) counts as level.
    steepness
        ``a``, 3.5 in the source.
    easiest_descent
        ``b``, 0.05 in the source.

    References
    ----------
    Tobler, W. (1993): Three presentations on geographical analysis and modeling. NCGIA Technical
    Report 93-1.
    """
    slope = np.nan_to_num(grade, nan=0.0)
    factor: Floats = np.exp(steepness * (np.abs(slope + easiest_descent) - easiest_descent))
    return factor
