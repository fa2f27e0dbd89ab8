"""Count numerators, denominators and exclusions by unit, place or class."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dizuo.model.errors import InputError
from dizuo.model.text import Text

__all__ = ["GROUPS", "Period", "Tally", "groups_of", "tally"]

Bools = NDArray[np.bool_]

GROUPS: Final = frozenset(
    {"unit", "case_type", "category", "nature", "grid", "community", "channel"}
)
"""What may be grouped by."""


@dataclass(frozen=True, slots=True)
class Period:
    """From a begin until before an end, both with a time zone."""

    begin: datetime
    end: datetime

    def __post_init__(self) -> None:
        if self.begin.tzinfo is None or self.end.tzinfo is None:
            raise InputError(
                Text("a period needs times with a time zone", "评价时段须带时区"), field="period"
            )
        if self.end <= self.begin:
            raise InputError(
                Text("a period ends after it begins", "评价时段的结束须晚于开始"), field="period"
            )

    def holds(self, times: "pd.Series[Any]") -> Bools:
        """Tell which times lie in the period; NaT does not."""
        inside: Bools = ((times >= self.begin) & (times < self.end)).to_numpy(dtype=bool)
        return inside


@dataclass(frozen=True, eq=False)
class Tally:
    """One indicator before it is added up: which rows count, and how much.

    Attributes
    ----------
    indicator
        Its id.
    table
        Rows that may count, with the columns that they are grouped by.
    counts
        Rows of the denominator.
    amount
        What each of them adds to the numerator; 0 to 1 for a proportion.
    excluded
        By reason: rows that would count, and do not.
    """

    indicator: str
    table: pd.DataFrame
    counts: Bools
    amount: NDArray[np.float64]
    excluded: Mapping[str, Bools] = field(default_factory=dict)


def tally(one: Tally, by: Sequence[str]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Add up an indicator by the columns of its table.

    Returns
    -------
    DataFrame, DataFrame
        ``by`` with ``indicator``, ``numerator``, ``denominator`` and ``excluded``; and ``by`` with
        ``indicator``, ``reason`` and ``count`` of what was excluded.
    """
    group, keys = groups_of(one.table, by)
    size = len(keys)
    found = keys.copy()
    found["indicator"] = one.indicator
    inside = one.counts
    weights = one.amount[inside]
    found["numerator"] = np.bincount(group[inside], weights=weights, minlength=size)
    found["denominator"] = np.bincount(group[inside], minlength=size)
    left_out = []
    excluded = np.zeros(size, dtype=np.int64)
    for reason, rows in one.excluded.items():
        count = np.bincount(group[rows], minlength=size)
        excluded += count
        told = keys.copy()
        told["indicator"], told["reason"], told["count"] = one.indicator, reason, count
        left_out.append(told[count > 0])
    found["excluded"] = excluded
    nothing = keys.iloc[:0].assign(
        indicator=np.array([], dtype=object), reason=np.array([], dtype=object),
        count=np.array([], dtype=np.int64),
    )  # fmt: skip
    used = (found["denominator"] > 0) | (found["excluded"] > 0)
    reasons = pd.concat(left_out, ignore_index=True) if left_out else nothing
    return found[used].reset_index(drop=True), reasons


def groups_of(table: pd.DataFrame, by: Sequence[str]) -> tuple[NDArray[np.int64], pd.DataFrame]:
    """Return the number of each row's group, and the groups in the order of their keys."""
    if not by:
        return np.zeros(len(table), dtype=np.int64), pd.DataFrame(index=range(1))
    if table.empty:
        return np.zeros(0, dtype=np.int64), table[list(by)].copy()
    grouped = table.groupby(list(by), sort=True, observed=True)
    keys = grouped.size().index.to_frame(index=False)
    return grouped.ngroup().to_numpy().astype(np.int64), keys
