"""Classes and colours of maps: blue keeps the rule, orange breaks it, teal where none judges."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dizuo.pages.numbers import format_number

__all__ = ["FINDINGS", "MISSING", "Classes", "Limit", "classify_values", "limits_of"]

BREAKS_RULE = ("#9c3f0c", "#d97a33", "#f4c08e")
"""From far off the rule to just off it. Orange and blue stay apart for colour-blind readers."""

KEEPS_RULE = ("#b7d0e6", "#6f9fc8", "#2b6797")
"""From just within the rule to far within."""

NEUTRAL = ("#e3efec", "#bcd8d2", "#8cbab4", "#5a9996", "#337679", "#165158")
FINDINGS = ("#fdf0e1", "#f8d3a8", "#eda862", "#d97a33", "#9c3f0c")
MISSING = "#e6e8ea"


@dataclass(frozen=True, slots=True)
class Limit:
    """What judges a column: ``comparison`` with ``value`` (and ``upper``)."""

    comparison: str
    value: float
    upper: float = float("nan")


@dataclass(frozen=True, slots=True)
class Classes:
    """Ranges of values, a colour and a label for each.

    A value belongs to the class numbered by how many ``breaks`` it reaches (``value >= break``).
    """

    breaks: tuple[float, ...]
    colours: tuple[str, ...]
    labels: tuple[str, ...]


def limits_of(rules: pd.DataFrame) -> dict[str, Limit]:
    """Return the limits that rules set, by the rule's id; one that judges nothing sets none."""
    return {
        str(row["id"]): Limit(
            str(row["comparison"]),
            float(row["value"]),
            float("nan") if pd.isna(row["upper"]) else float(row["upper"]),
        )
        for row in rules.to_dict("records")
        if row["comparison"] != "given"
    }


def classify_values(values: NDArray[np.float64], limit: Limit | None, step: float) -> Classes:
    """Cut values into at most six classes, along the limit where there is one.

    Parameters
    ----------
    values
        Known and unknown (NaN) values of one column.
    step
        Smallest difference between two values, so that a value equal to the limit, once rounded to
        whole steps, stays on the side that keeps the rule.
    """
    known = np.sort(values[np.isfinite(values)])
    if not len(known):
        return Classes((), (NEUTRAL[2],), ("–",))
    if limit is None:
        return _labelled(_quantiles(known, len(NEUTRAL)), NEUTRAL)
    below = known[known < limit.value]
    if limit.comparison == "at_least":
        above = known[known >= limit.value]
        return _split(below, above, limit.value, (BREAKS_RULE, KEEPS_RULE), -step / 2)
    if limit.comparison == "at_most" or not np.isfinite(limit.upper):
        within, above = known[known <= limit.value], known[known > limit.value]
        sides = (KEEPS_RULE[::-1], BREAKS_RULE[::-1])
        return _split(within, above, limit.value, sides, step / 2)
    breaks = (limit.value - step / 2, limit.upper + step / 2)
    low, high = format_number(limit.value), format_number(limit.upper)
    colours = (BREAKS_RULE[1], KEEPS_RULE[1], BREAKS_RULE[0])
    return Classes(breaks, colours, (f"< {low}", f"{low}–{high}", f"> {high}"))


def _split(
    lower: NDArray[np.float64],
    upper: NDArray[np.float64],
    limit: float,
    palettes: tuple[tuple[str, ...], tuple[str, ...]],
    beyond: float,
) -> Classes:
    left = [cut for cut in _quantiles(lower, 3) if cut < limit]
    right = [cut for cut in _quantiles(upper, 3) if cut > limit]
    colours = (
        *_spread(palettes[0], len(left) + 1),
        *_spread(palettes[1], len(right) + 1, last=True),
    )
    shown = [*left, limit, *right]
    labels = _labels(shown, inclusive=beyond > 0, at=len(left))
    return Classes((*left, limit + beyond, *right), colours, labels)


def _spread(palette: tuple[str, ...], count: int, *, last: bool = False) -> tuple[str, ...]:
    """Take ``count`` colours, the ones nearest the limit; one class alone takes the middle one."""
    if count == 1:
        return (palette[1],)
    return palette[:count] if last else palette[len(palette) - count :]


def _quantiles(known: NDArray[np.float64], classes: int) -> list[float]:
    """Cuts at round numbers that put about as many values in each class."""
    if len(known) < 2 or known[0] == known[-1]:
        return []
    wanted = np.quantile(known, np.arange(1, classes) / classes)
    scale = 10.0 ** np.floor(np.log10(max(known[-1] - known[0], 1e-12)))
    cuts = sorted({float(np.round(cut / (scale / 20)) * (scale / 20)) for cut in wanted})
    return [float(f"{cut:.10g}") for cut in cuts if known[0] < cut <= known[-1]]


def _labelled(breaks: list[float], palette: tuple[str, ...]) -> Classes:
    if not breaks:
        return Classes((), (palette[len(palette) // 2],), ("=",))
    picks = np.linspace(0, len(palette) - 1, len(breaks) + 1).round().astype(int)
    return Classes(
        tuple(breaks),
        tuple(palette[pick] for pick in picks),
        _labels(breaks, inclusive=False, at=-1),
    )


def _labels(cuts: list[float], *, inclusive: bool, at: int) -> tuple[str, ...]:
    """Write the ranges between cuts; ``inclusive`` puts cut number ``at`` in the lower one."""
    texts = [format_number(cut) for cut in cuts]
    first = "≤" if inclusive and at == 0 else "<"
    last = ">" if inclusive and at == len(cuts) - 1 else "≥"
    return (
        f"{first} {texts[0]}",
        *(f"{low}–{high}" for low, high in pairwise(texts)),
        f"{last} {texts[-1]}",
    )
