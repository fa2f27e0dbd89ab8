"""How far chance alone may move a rate: intervals, and small units drawn to their peers."""

import hashlib
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri
from scipy.stats import beta, binom

from dizuo.model.errors import EngineError

__all__ = [
    "Shrunk",
    "bootstrap_mean",
    "generator_for",
    "quantile_interval",
    "rank_bounds",
    "shrink",
    "wilson",
]

Floats = NDArray[np.float64]


def wilson(successes: ArrayLike, trials: ArrayLike, level: float) -> tuple[Floats, Floats]:
    """Return Wilson's score interval of proportions; NaN without trials.

    Wilson (1927), without correction for continuity: the proportions that a two-sided score test
    at ``1 - level`` does not refuse.
    """
    x, n = (np.asarray(one, dtype=np.float64) for one in (successes, trials))
    if ((x < 0) | (x > n)).any():
        raise EngineError("There cannot be more successes than trials, or fewer than none.")
    z = float(ndtri(0.5 + level / 2))
    with np.errstate(invalid="ignore", divide="ignore"):
        p = x / n
        scale = 1 + z * z / n
        middle = (p + z * z / (2 * n)) / scale
        half = z / scale * np.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
        # At the ends the interval reaches them exactly; rounding must not lift it off.
        low = np.where(x == 0, 0.0, np.maximum(middle - half, 0.0))
        high = np.where(x == n, 1.0, np.minimum(middle + half, 1.0))
    empty = n == 0
    return np.where(empty, np.nan, low), np.where(empty, np.nan, high)


def quantile_interval(values: ArrayLike, share: float, level: float) -> tuple[float, float]:
    """Return an interval of a quantile by order statistics, whatever the distribution.

    NaN on a side where there are too few values to bound it.
    """
    ordered = np.sort(np.asarray(values, dtype=np.float64))
    low, high = _order_statistics(len(ordered), share, level)
    return (
        float(ordered[low - 1]) if low >= 1 else float("nan"),
        float(ordered[high - 1]) if high <= len(ordered) else float("nan"),
    )


@lru_cache(maxsize=4096)
def _order_statistics(n: int, share: float, level: float) -> tuple[int, int]:
    """Return which values, counted from 1, bound a quantile; 0 and n + 1 are beyond them."""
    below = binom.cdf(np.arange(n + 1), n, share)
    tail = (1 - level) / 2
    # Value number k lies above the quantile if fewer than k values lie below it.
    low = int(np.searchsorted(below, tail, side="right"))
    return low, int(np.searchsorted(below, 1 - tail, side="left")) + 1


def generator_for(seed: int, name: str) -> np.random.Generator:
    """Return a generator of a unit's own, so that other units do not move its draws."""
    words = np.frombuffer(hashlib.sha256(name.encode()).digest(), dtype="<u4")
    return np.random.default_rng([seed, *words.tolist()])


def bootstrap_mean(
    values: ArrayLike, level: float, draws: int, generator: np.random.Generator
) -> tuple[float, float]:
    """Return the percentile interval of the mean of values from 0 to 1; NaN for none.

    Answers that are all alike say nothing of how far chance moves them: a plain bootstrap would be
    sure of them. As many of the worst and of the best are thought along as Wilson's interval adds
    (``z² / 2`` each, Agresti and Coull 1998), and as many more drawn.

    Values are few kinds of answers, so the numbers of each kind are drawn (multinomially), which
    is the same as drawing the answers with replacement one by one. Their order does not matter.
    """
    own = np.asarray(values, dtype=np.float64)
    if not len(own):
        return float("nan"), float("nan")
    kinds, counts = np.unique(np.concatenate(([0.0, 1.0], own)), return_counts=True)
    added = float(ndtri(0.5 + level / 2)) ** 2
    weights = counts.astype(np.float64)
    weights[[0, -1]] += added / 2 - 1
    n = round(len(own) + added)
    means = generator.multinomial(n, weights / weights.sum(), size=draws) @ kinds / n
    tail = (1 - level) / 2
    low, high = np.quantile(means, [tail, 1 - tail])
    mean = float(own.mean())
    return min(float(low), mean), max(float(high), mean)


class Shrunk(NamedTuple):
    """Rates drawn to the mean of their peers.

    Attributes
    ----------
    rate, low, high
        Posterior mean and interval for each unit; the mean of the peers without trials.
    mean
        Of all peers.
    strength
        As many trials of the mean are added to each unit; infinite where units do not differ by
        more than chance: then every unit has the rate of all, with its Wilson interval.
    """

    rate: Floats
    low: Floats
    high: Floats
    mean: float
    strength: float


def shrink(successes: ArrayLike, trials: ArrayLike, level: float) -> Shrunk:
    """Return empirical-Bayes rates of units under a beta-binomial, fitted by moments.

    Kleinman (1973), weights equal to the trials: with ``p`` the pooled rate, ``S = Σ n (p_i − p)²``
    and ``k`` units with trials, the correlation within units is
    ``γ = (S − p q (k − 1)) / (p q (N − Σ n² / N − (k − 1)))``, cut to 0 … 1, and the prior is a
    beta with mean ``p`` and strength ``1/γ − 1``. Successes need not be whole (weighted
    satisfaction): then the beta-binomial is an approximation, and a cautious one, for weighted
    answers vary less.
    """
    x, n = (np.asarray(one, dtype=np.float64) for one in (successes, trials))
    seen = n > 0
    total, k = n.sum(), int(seen.sum())
    blank = np.full(x.shape, np.nan)
    if not k:
        return Shrunk(blank, blank, blank, float("nan"), float("nan"))
    p = float(x.sum() / total)
    variance = p * (1 - p)
    spread = float((n[seen] * (x[seen] / n[seen] - p) ** 2).sum())
    room = variance * (total - (n * n).sum() / total - (k - 1))
    gamma = float(np.clip((spread - variance * (k - 1)) / room, 0, 1)) if room > 0 else 0.0
    if gamma == 0:
        bounds = wilson(x.sum(), total, level)
        low, high = (np.full(x.shape, float(bound)) for bound in bounds)
        return Shrunk(np.full(x.shape, p), low, high, p, float("inf"))
    strength = (1 - gamma) / gamma
    rate = np.divide(
        x + p * strength, n + strength, out=np.full(x.shape, p), where=n + strength > 0
    )
    # Units that differ as much as can be tell nothing of each other, and still chance moves each:
    # the interval knows no less before than Jeffreys' prior does, which is as strong as one trial.
    before = max(strength, 1.0)
    a, b = x + p * before, n - x + (1 - p) * before
    tail = (1 - level) / 2
    low, high = beta.ppf(tail, a, b), beta.ppf(1 - tail, a, b)
    return Shrunk(rate, np.minimum(low, rate), np.maximum(high, rate), p, strength)


def rank_bounds(low: ArrayLike, high: ArrayLike) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the best and the worst rank that intervals leave open; the higher value is better.

    Rank 1 is the best. Ends that are equal do not separate.
    """
    lows, highs = (np.asarray(one, dtype=np.float64) for one in (low, high))
    above = len(lows) - np.searchsorted(np.sort(lows), highs, side="right")
    below = np.searchsorted(np.sort(highs), lows, side="left")
    return (1 + above).astype(np.int64), (len(lows) - below).astype(np.int64)
