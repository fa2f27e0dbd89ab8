"""Pairs of reports of one class that are near each other in place and time.

Reports are sorted by class, span of time and square of a grid; a report looks at the squares
around its own. That finds every pair, and looks at few others.
"""

from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dizuo.model.errors import EngineError
from dizuo.operations.texts.reports import Reports

__all__ = ["DAY", "Pairs", "near_pairs", "near_pairs_by_part"]

DAY = 86_400_000_000
"""Microseconds."""
_AT_A_TIME = 2_000_000
"""Pairs that are looked at together."""
_MARGIN = 1 + 1e-9
"""Squares are wider than the radius by more than rounding can move a point."""

Int64 = NDArray[np.int64]


class Pairs(NamedTuple):
    """Positions of later and earlier reports, metres and microseconds between them."""

    later: Int64
    earlier: Int64
    distance: NDArray[np.float64]
    gap: Int64


def near_pairs(later: Reports, earlier: Reports, radius: float, days: float) -> Pairs:
    """Find every earlier report that is of the class of a later one, near it and not long before.

    Both ends count. Of two reports of the same moment, the one with the lesser id is earlier. A
    report is no pair with itself. Reports without class or place are in no pair.

    Returns
    -------
    Pairs
        In the order of the later ones, then of the earlier.

    Raises
    ------
    EngineError
        If the radius or the days are not above 0, or the radius is too small for the extent.
    """
    found = list(near_pairs_by_part(later, earlier, radius, days))
    if not found:
        none = np.empty(0, dtype=np.int64)
        return Pairs(none, none, np.empty(0), none)
    return Pairs(*(np.concatenate(one) for one in zip(*found, strict=True)))


def near_pairs_by_part(
    later: Reports, earlier: Reports, radius: float, days: float
) -> Iterator[Pairs]:
    """Yield the pairs of :func:`near_pairs`, those of some of the later reports at a time.

    So reports that all came from one place need not be held against each other at once.
    """
    if not (radius > 0 and days > 0):
        raise EngineError("A radius and a number of days are above 0.")
    mine, theirs = (np.flatnonzero(one.placed()) for one in (later, earlier))
    if not len(mine) or not len(theirs):
        return
    span = round(days * DAY)
    keys, standing, steps = _keys(later, earlier, mine, theirs, radius, span)
    order = np.argsort(standing, kind="stable")
    standing, positions = standing[order], theirs[order]
    around = keys + steps[:, None]
    first = np.searchsorted(standing, around - 1, side="left")
    sizes = np.searchsorted(standing, around + 1, side="right") - first
    before = sizes.sum(axis=0).cumsum() - sizes.sum(axis=0)
    parts = np.flatnonzero(np.diff(before // _AT_A_TIME)) + 1
    for begin, end in pairwise((0, *parts.tolist(), len(mine))):
        many, starts = sizes[:, begin:end].ravel(), first[:, begin:end].ravel()
        i = np.repeat(np.tile(mine[begin:end], len(steps)), many)
        offset = np.arange(many.sum()) - np.repeat(many.cumsum() - many, many)
        j = positions[np.repeat(starts, many) + offset]
        yield _kept(later, earlier, i, j, radius, span)


def _keys(
    later: Reports, earlier: Reports, mine: Int64, theirs: Int64, radius: float, span: int
) -> tuple[Int64, Int64, Int64]:
    """Return a number for the class, span of time and square of each report, and of neighbours."""
    _, kinds = np.unique(
        np.concatenate((later.kind[mine], earlier.kind[theirs])), return_inverse=True
    )
    x = _squares(np.concatenate((later.x[mine], earlier.x[theirs])), radius * _MARGIN)
    y = _squares(np.concatenate((later.y[mine], earlier.y[theirs])), radius * _MARGIN)
    opened = np.concatenate((later.opened[mine], earlier.opened[theirs]))
    spans = (opened - opened.min()) // span + 1
    # One square stays free at each end of a row, so that no neighbour lies in another row.
    across, rows, times = int(x.max()) + 2, int(y.max()) + 2, int(spans.max()) + 2
    if (int(kinds.max()) + 1) * across * rows * times > np.iinfo(np.int64).max:
        raise EngineError("Reports lie too far apart for so small a radius.")
    key = ((kinds.astype(np.int64) * times + spans) * rows + y) * across + x
    steps = [row * across - back * rows * across for back in (0, 1) for row in (-1, 0, 1)]
    return key[: len(mine)], key[len(mine) :], np.array(steps, dtype=np.int64)


def _squares(metres: NDArray[np.float64], width: float) -> Int64:
    squares: Int64 = np.floor((metres - metres.min()) / width).astype(np.int64)
    return squares + 1


def _kept(later: Reports, earlier: Reports, i: Int64, j: Int64, radius: float, span: int) -> Pairs:
    gap = later.opened[i] - earlier.opened[j]
    distance = np.hypot(later.x[i] - earlier.x[j], later.y[i] - earlier.y[j])
    kept = (distance <= radius) & (gap >= 0) & (gap <= span)
    i, j, distance, gap = i[kept], j[kept], distance[kept], gap[kept]
    before = (gap > 0) | (earlier.case[j] < later.case[i])
    i, j, distance, gap = i[before], j[before], distance[before], gap[before]
    order = np.lexsort((j, i))
    return Pairs(i[order], j[order], distance[order], gap[order])
