"""Many tests at once: how many of the finds may be false."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dizuo.model.errors import EngineError

__all__ = ["adjusted"]


def adjusted(p_values: ArrayLike) -> NDArray[np.float64]:
    """Return the least false discovery rate at which each test is still a find.

    Benjamini and Hochberg (1995), which holds where tests are independent or positively dependent.
    NaN is no test, and stays NaN.
    """
    p = np.asarray(p_values, dtype=np.float64)
    tested = np.flatnonzero(np.isfinite(p))
    if ((p[tested] < 0) | (p[tested] > 1)).any():
        raise EngineError("A p-value lies between 0 and 1.")
    order = tested[np.argsort(p[tested], kind="stable")]
    count = len(order)
    scaled = p[order] * count / np.arange(1, count + 1)
    rates = np.full(p.shape, np.nan)
    rates[order] = np.minimum.accumulate(scaled[::-1])[::-1].clip(max=1)
    return rates
