"""Hot topics: classes that come up at a place more often now than before; and recurring ones.

What is to be expected of a class at a place is its own past, drawn to what is usual of the class
elsewhere: the less so, the more its own past tells (Gamma prior of each class, by moments; Robbins
1956, Clayton and Kaldor 1987). Against that the present count is held.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import nbinom

from dizuo.model.errors import EngineError
from dizuo.model.text import Text
from dizuo.operations.texts.false_discoveries import adjusted
from dizuo.operations.texts.parameters import TextParameters

__all__ = ["Topic", "find_topics"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Topic:
    """One class at one place, now and before.

    Attributes
    ----------
    count, expected
        Cases now, and how many were to be expected.
    p, rate
        How often chance alone gives as many, and the false discovery rate that goes with it.
    hot
        Whether it comes up more often than before, at the accepted rate.
    periods, of
        In how many of the earlier periods it came up.
    recurring
        Whether that is a large enough share, and it came up now too.
    """

    kind: str
    place: str
    count: int
    expected: float
    p: float
    rate: float
    hot: bool
    periods: int
    of: int
    recurring: bool

    @property
    def reason(self) -> Text:
        """What it goes by."""
        return Text(
            f"{self.count} now, {self.expected:.1f} expected; came up in {self.periods} of "
            f"{self.of} earlier periods",
            f"本期{self.count}件，预期{self.expected:.1f}件；此前{self.of}期中有{self.periods}期出现",
        )

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON knows it, with the reason in both languages."""
        told = {name: getattr(self, name) for name in self.__slots__}
        return told | {"reason": self.reason.en, "reason_zh": self.reason.zh}


def find_topics(
    kinds: Sequence[str],
    places: Sequence[str],
    counts: NDArray[np.int64],
    parameters: TextParameters,
    *,
    smallest_group: int,
) -> list[Topic]:
    """Hold the last period against those before it.

    Parameters
    ----------
    kinds, places
        Of each row of ``counts``. Rows without a case belong there too: they tell what is usual.
    counts
        Cases, a row a class and place, a column a period of the same length; the last is now.
    smallest_group
        The fewest cases that may be told of: topics with fewer now are left out, after the test.

    Returns
    -------
    list
        Hot or recurring topics, the most surprising first.
    """
    if counts.ndim != 2 or counts.shape[1] < 2 or not len(kinds) == len(places) == len(counts):
        raise EngineError("Topics need a class, a place and two periods at least for each row.")
    before, now = counts[:, :-1], counts[:, -1]
    shape, pace = _priors(np.asarray(kinds, dtype=np.str_), before)
    shape, pace = shape + before.sum(axis=1), pace + before.shape[1]
    p = nbinom.sf(now - 1, shape, pace / (pace + 1))
    rates = adjusted(p)
    periods = (before > 0).sum(axis=1)
    hot = (rates <= parameters.false_discovery_rate) & (now >= smallest_group)
    often = periods >= parameters.recurring_share * before.shape[1]
    recurring = often & (now >= max(smallest_group, 1))
    told = np.flatnonzero(hot | recurring)
    return [
        Topic(
            kinds[row], places[row], int(now[row]), float(shape[row] / pace[row]), float(p[row]),
            float(rates[row]), bool(hot[row]), int(periods[row]), before.shape[1],
            bool(recurring[row]),
        )
        for row in told[np.lexsort((told, p[told]))]
    ]  # fmt: skip


def _priors(kinds: NDArray[np.str_], before: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """Return shape and pace of the Gamma prior of each row's class.

    The variance of the mean counts over places, less what chance gives, is that of the places. A
    class without such variance is the same everywhere: its prior is as sure as 1000 periods.
    """
    shape, pace = np.empty(len(kinds)), np.empty(len(kinds))
    length = before.shape[1]
    for kind in np.unique(kinds):
        rows = kinds == kind
        means = before[rows].mean(axis=1)
        # Half a case is added, so that a class that never came up is not thought impossible.
        usual = (before[rows].sum() + 0.5) / (rows.sum() * length)
        between = max(float(means.var()) - usual / length, 0.0)
        pace[rows] = min(usual / between, _SURE) if between > 0 else _SURE
        shape[rows] = usual * pace[rows]
    return shape, pace


_SURE = 1000.0
