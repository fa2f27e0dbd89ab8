"""Divide the connected groups of a planar graph into parts of about one size by short cuts."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dizuo.engines.partition import _kernels_bisection as kernels
from dizuo.model.errors import EngineError

__all__ = ["Pieces", "divide"]

Float64 = NDArray[np.float64]
Int64 = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Pieces:
    """Pieces of ground, and what lies between neighbours.

    Attributes
    ----------
    area
        float64, n. Area of each piece, m².
    x, y
        float64, n. Where it lies, m.
    first, second
        int64, e. The two neighbours of each common edge; no pair comes twice.
    weight
        float64, e. What a cut between them costs, at least 0.
    """

    area: Float64
    x: Float64
    y: Float64
    first: Int64
    second: Int64
    weight: Float64

    def __post_init__(self) -> None:
        """Check that the arrays fit together."""
        if not len(self.area) == len(self.x) == len(self.y):
            raise EngineError("Areas and positions of pieces differ in length.")
        if not len(self.first) == len(self.second) == len(self.weight):
            raise EngineError("Neighbours and weights of edges differ in length.")
        both = np.concatenate([self.first, self.second])
        if len(both) and (both.min() < 0 or both.max() >= len(self.area)):
            raise EngineError("An edge names a piece that is not there.")


def divide(
    pieces: Pieces,
    group: Int64,
    *,
    target: float,
    most: float,
    least_part: float,
    directions: int,
    crooked: float,
) -> Int64:
    """Divide every group that is too large, by halving it along short cuts.

    A straight cut is tried in many directions and at every place that leaves both sides large
    enough; the best one is improved by moving single pieces over it (Fiduccia and Mattheyses
    1982), and both sides are kept connected. Halves are divided further until they are small
    enough, or a single piece.

    Parameters
    ----------
    pieces
        The pieces, n of them.
    group
        int64, n. Group of each piece, from 0. Each group is connected.
    target
        Area that parts should have, m².
    most
        Groups larger than this are divided, m².
    least_part
        Share of the area that each side of a cut has at least, up to 0.5.
    directions
        Number of directions tried.
    crooked
        Share by which a cut may be longer before unequal sides are preferred.

    Returns
    -------
    int64, n
        Group of each piece, from 0. Pieces of groups that were small enough keep their number.
    """
    if len(group) != len(pieces.area):
        raise EngineError("Groups and pieces differ in length.")
    count = len(pieces.area)
    tail = np.concatenate([pieces.first, pieces.second])
    head = np.concatenate([pieces.second, pieces.first])
    order = np.lexsort((head, tail))
    arc = np.zeros(count + 1, np.int64)
    np.cumsum(np.bincount(tail, minlength=count), out=arc[1:])
    result = np.ascontiguousarray(group, dtype=np.int64).copy()
    kernels.divide_groups(
        result,
        int(result.max(initial=-1)) + 1,
        np.ascontiguousarray(pieces.area, dtype=np.float64),
        np.ascontiguousarray(pieces.x, dtype=np.float64),
        np.ascontiguousarray(pieces.y, dtype=np.float64),
        arc,
        np.ascontiguousarray(head[order], dtype=np.int64),
        np.concatenate([pieces.weight, pieces.weight])[order].astype(np.float64),
        float(target),
        float(most),
        float(least_part),
        int(directions),
        float(crooked),
    )
    return result
