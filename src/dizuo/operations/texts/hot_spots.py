"""Hot spots: places around which reports of a class gather more than chance would have it.

Getis and Ord's local G* (Ord and Getis 1995, eq. 14) with neighbours within a distance. Without
residents, the null is that the counts lie in any order over the cells; with residents, that each
case falls to any resident alike. Whoever tests many cells finds some by chance, so the false
discovery rate is held (Benjamini and Hochberg 1995).
"""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.spatial import cKDTree
from scipy.stats import binom

from dizuo.model.errors import EngineError
from dizuo.operations.texts.false_discoveries import adjusted
from dizuo.operations.texts.parameters import TextParameters
from dizuo.operations.texts.reports import Reports
from dizuo.operations.time import to_microseconds

__all__ = ["HotSpots", "count_by_kind", "g_star", "hot_spots", "within_band"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class HotSpots:
    """What was found, one entry a cell.

    Attributes
    ----------
    count
        Cases of the cell; NaN where so few are not told.
    z
        Local G* as a standard score.
    p, rate
        How often chance alone gives as much, and the false discovery rate that goes with it.
    hot
        Whether the cell is a hot spot at the accepted rate.
    withheld
        Cells with too few cases around them to be told of: z, p and rate are NaN there.
    """

    count: Floats
    z: Floats
    p: Floats
    rate: Floats
    hot: NDArray[np.bool_]
    withheld: NDArray[np.bool_]


def count_by_kind(
    reports: Reports, cell_of: NDArray[np.int64], cells: int, begin: datetime, end: datetime
) -> dict[str, Floats]:
    """Count the reports of a period by class and cell.

    Parameters
    ----------
    cell_of
        Number of the cell of each report; -1 for one in no cell.
    begin, end
        Reports opened from the first on, and before the second.

    Returns
    -------
    dict
        For each class that came up in a cell, the counts of all cells.
    """
    if len(cell_of) != len(reports) or (cell_of >= cells).any():
        raise EngineError("Each report has one of the cells, or -1.")
    within = (reports.opened >= to_microseconds(begin)) & (reports.opened < to_microseconds(end))
    within &= (cell_of >= 0) & (reports.kind != "")
    kinds, number = np.unique(reports.kind[within], return_inverse=True)
    table = np.bincount(number * cells + cell_of[within], minlength=len(kinds) * cells)
    counts = table.reshape(len(kinds), cells).astype(np.float64)
    return dict(zip(kinds.tolist(), counts, strict=True))


def within_band(x: Floats, y: Floats, band: float) -> csr_array:
    """Say which cells lie within a distance of each other, each of itself too.

    Parameters
    ----------
    x, y
        Centres of the cells, in metres.
    band
        Metres; both ends count.
    """
    if not band > 0:
        raise EngineError("A band is wider than 0 m.")
    pairs = cKDTree(np.column_stack((x, y))).query_pairs(band, output_type="ndarray")
    own = np.arange(len(x))
    rows = np.concatenate((pairs[:, 0], pairs[:, 1], own))
    columns = np.concatenate((pairs[:, 1], pairs[:, 0], own))
    return csr_array((np.ones(len(rows)), (rows, columns)), shape=(len(x), len(x)))


def g_star(values: Floats, weights: csr_array) -> Floats:
    """Return Getis and Ord's local G* of each cell as a standard score.

    NaN where every value is the same, and where a cell has all others for neighbours.
    """
    n = len(values)
    mean, spread = values.mean(), values.std()
    near = weights.sum(axis=1)
    squares = (weights * weights).sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        scale = spread * np.sqrt((n * squares - near**2) / (n - 1))
        score: Floats = (weights @ values - mean * near) / scale
    return np.where(scale > 1e-12 * max(1.0, float(np.abs(values).max())), score, np.nan)


def hot_spots(
    counts: Floats,
    weights: csr_array,
    parameters: TextParameters,
    generator: np.random.Generator,
    *,
    smallest_group: int,
    residents: Floats | None = None,
) -> HotSpots:
    """Find hot spots of one class and one period.

    Parameters
    ----------
    counts
        Cases of each cell.
    weights
        Of ``within_band``: 1 for neighbours and the cell itself.
    smallest_group
        The fewest cases that may be told of; 1 for matters that are about nobody.
    residents
        Of each cell; cells without any are left out of the test, and z is of cases a resident.

    Raises
    ------
    EngineError
        If there are less than 3 cells, or cells and counts do not match.
    """
    if len(counts) < 3 or weights.shape != (len(counts), len(counts)):
        raise EngineError("Hot spots need 3 cells at least, and weights between all of them.")
    around = weights @ counts
    if residents is None:
        z = g_star(counts, weights)
        p = _by_order(counts, weights, around, parameters.permutations, generator)
    else:
        z, p = _by_residents(counts, weights, residents)
    untold = np.isnan(z)
    withheld = (around > 0) & (around < smallest_group)
    # Few cases are withheld after the test, so that what is told does not change how many are held
    # against each other.
    rate = adjusted(np.where(untold, np.nan, p))
    hot = (rate <= parameters.false_discovery_rate) & ~withheld
    hidden = untold | withheld
    few = (counts > 0) & (counts < smallest_group)
    return HotSpots(
        np.where(few, np.nan, counts),
        np.where(hidden, np.nan, z),
        np.where(hidden, np.nan, p),
        np.where(hidden, np.nan, rate),
        hot,
        withheld,
    )


def _by_order(
    counts: Floats,
    weights: csr_array,
    around: Floats,
    permutations: int,
    generator: np.random.Generator,
) -> Floats:
    """Hold each sum around a cell against sums of as many cells drawn at random.

    Cells with as many neighbours have the same sums by chance, so one order of the cells gives
    several sums for all of them: stretches of it that do not overlap.
    """
    sizes = weights.sum(axis=1).astype(np.int64)
    kinds = np.unique(sizes)
    as_many: dict[int, list[Floats]] = {int(size): [] for size in kinds}
    for _ in range(permutations):
        order = generator.permutation(counts)
        total = np.concatenate(([0.0], order.cumsum()))
        for size, sums in as_many.items():
            ends = total[: len(counts) // size * size + 1 : size]
            sums.append(np.diff(ends))
    p = np.empty(len(counts))
    for size, sums in as_many.items():
        chance = np.sort(np.concatenate(sums))
        cells = sizes == size
        reached = len(chance) - np.searchsorted(chance, around[cells] - 1e-9, side="left")
        p[cells] = (1 + reached) / (1 + len(chance))
    return p


def _by_residents(counts: Floats, weights: csr_array, residents: Floats) -> tuple[Floats, Floats]:
    """Score cases a resident, and work out the exact chance of so many cases around."""
    if (residents < 0).any() or not residents.sum() > 0:
        raise EngineError("Somebody must live in the cells, and in none less than nobody.")
    lived = np.flatnonzero(residents > 0)
    inside = weights[lived][:, lived]
    z, p = np.full(len(counts), np.nan), np.full(len(counts), np.nan)
    if len(lived) < 3:
        return z, p
    z[lived] = g_star(counts[lived] / residents[lived], inside)
    share = (inside @ residents[lived]) / residents[lived].sum()
    around = np.rint(inside @ counts[lived])
    p[lived] = binom.sf(around - 1, np.rint(counts[lived].sum()), share.clip(0, 1))
    return z, p
