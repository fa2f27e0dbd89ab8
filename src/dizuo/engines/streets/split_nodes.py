"""Nodes that nobody passes: each arm of such a node ends at a node of its own.

Things that stand on an arm are reached up to the barrier from their own side, and no length
changes.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["SplitEnds", "split_nodes"]

Int32 = NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class SplitEnds:
    """Ends of edges (int32, m) over ``node_count`` nodes: the old ones, then the new ones."""

    start: Int32
    end: Int32
    node_count: int


def split_nodes(start: Int32, end: Int32, closed: NDArray[np.bool_]) -> SplitEnds:
    """Give every arm of a closed node an end of its own.

    Parameters
    ----------
    start, end
        int32, m. Nodes at the ends of each edge.
    closed
        bool, n. Nodes that cannot be passed. They keep their number, but no edge.

    Returns
    -------
    New nodes are numbered from n on: starts in the order of the edges, then ends.
    """
    split_start, split_end = start.copy(), end.copy()
    count = len(closed)
    for ends in (split_start, split_end):
        arms = np.flatnonzero(closed[ends])
        ends[arms] = np.arange(count, count + len(arms), dtype=np.int32)
        count += len(arms)
    return SplitEnds(split_start, split_end, count)
