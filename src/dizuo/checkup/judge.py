"""Judge values by rules: does it pass, and how does it score."""

import numpy as np
from numpy.typing import NDArray

from dizuo.model.rule import Rule, Scale

__all__ = ["passes", "score"]

Floats = NDArray[np.float64]


def passes(value: Floats, rule: Rule) -> NDArray[np.object_]:
    """Whether each value keeps the rule: True, False, or None where there is nothing to judge."""
    found = np.full(len(value), None, dtype=object)
    if rule.comparison == "given":
        return found
    known = np.isfinite(value)
    if rule.comparison == "at_most":
        kept = value <= rule.value
    elif rule.comparison == "at_least":
        kept = value >= rule.value
    else:
        kept = (value >= rule.value) & (value <= (np.inf if rule.upper is None else rule.upper))
    found[known] = kept[known]
    return found


def score(value: Floats, rule: Rule) -> Floats:
    """Score from 0 to 100 on the rule's scale, NaN where the rule has none.

    The scale gives the values that score 0, 60 and 100, linear between and flat beyond. A rule
    with two ends scores the distance to the nearer end below and above it.
    """
    if rule.scale is None:
        return np.full(len(value), np.nan)
    if rule.comparison == "between" and rule.upper is not None:
        over = np.maximum(rule.value - value, value - rule.upper)
        value = np.maximum(over, 0.0)
    return _on(rule.scale, value)


def _on(scale: Scale, value: Floats) -> Floats:
    ends = np.array([scale.floor, scale.passing, scale.excellent])
    marks = np.array([0.0, 60.0, 100.0])
    if ends[0] > ends[2]:
        ends, marks = ends[::-1], marks[::-1]
    return np.where(np.isfinite(value), np.interp(value, ends, marks), np.nan)
