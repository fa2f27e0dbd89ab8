"""Graphs as arrays: nodes are 0..n-1, arcs are directed, costs are whole numbers.

Costs are millimetres or milliseconds, int32, so that sums are exact and every comparison is an
equality. ``UNREACHABLE`` is the only sentinel inside the engines; the rooms above turn it into
``inf`` or a missing value.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dizuo.model.errors import EngineError

__all__ = ["UNREACHABLE", "Graph", "largest_cost"]

UNREACHABLE: Final = np.int32(np.iinfo(np.int32).max)
"""Cost of what cannot be reached. Every real cost is smaller than half of it."""

Int32 = NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Graph:
    """A directed graph in compressed rows.

    Attributes
    ----------
    offsets
        int32, n + 1. Arcs of node ``i`` stand at ``offsets[i]:offsets[i + 1]``.
    targets
        int32, m. Head of each arc, ascending within a row.
    costs
        int32, m. Cost of each arc, at least 0: millimetres or milliseconds.
    """

    offsets: Int32
    targets: Int32
    costs: Int32

    @property
    def node_count(self) -> int:
        """Number of nodes."""
        return len(self.offsets) - 1

    @property
    def arc_count(self) -> int:
        """Number of directed arcs."""
        return len(self.targets)

    @classmethod
    def from_arcs(
        cls,
        node_count: int,
        tails: NDArray[np.integer],
        heads: NDArray[np.integer],
        costs: NDArray[np.integer],
    ) -> "Graph":
        """Build a graph from directed arcs, in any order.

        Parallel arcs keep the cheapest, loops are dropped: neither changes a shortest path.

        Raises
        ------
        EngineError
            If arrays differ in length, a node is out of range, or a cost is negative or too large.
        """
        if not len(tails) == len(heads) == len(costs):
            raise EngineError("tails, heads and costs must have the same length")
        if len(tails) and (
            min(tails.min(), heads.min()) < 0 or max(tails.max(), heads.max()) >= node_count
        ):
            raise EngineError(f"an arc names a node outside 0..{node_count - 1}")
        if len(costs) and (costs.min() < 0 or costs.max() >= UNREACHABLE // 2):
            raise EngineError("arc costs must be whole numbers from 0 to 2^30")
        keep = tails != heads
        tails, heads, costs = tails[keep], heads[keep], costs[keep]
        pair = tails.astype(np.int64) * node_count + heads
        order = np.argsort(pair, kind="stable")
        pair = pair[order]
        first = np.flatnonzero(np.diff(pair, prepend=-1))
        cheapest = np.minimum.reduceat(costs[order], first) if len(first) else costs[order]
        tails, heads = tails[order][first], heads[order][first]
        offsets = np.zeros(node_count + 1, dtype=np.int32)
        np.cumsum(np.bincount(tails, minlength=node_count), out=offsets[1:])
        return cls(offsets, heads.astype(np.int32), cheapest.astype(np.int32))

    @cached_property
    def tails(self) -> Int32:
        """Tail of each arc, int32, m."""
        return np.repeat(np.arange(self.node_count, dtype=np.int32), np.diff(self.offsets))

    @cached_property
    def bucket_shift(self) -> int:
        """Width of the buckets of searches, as a power of two: about the mean cost of an arc."""
        mean = float(self.costs.mean()) if self.arc_count else 1.0
        return int(np.ceil(np.log2(max(mean, 1.0))))

    @cached_property
    def reversed(self) -> "Graph":
        """The same graph with every arc turned round."""
        order = np.argsort(self.targets, kind="stable")
        offsets = np.zeros_like(self.offsets)
        np.cumsum(np.bincount(self.targets, minlength=self.node_count), out=offsets[1:])
        return Graph(offsets, self.tails[order], self.costs[order])

    @cached_property
    def is_symmetric(self) -> bool:
        """Whether every arc has its twin of equal cost, so that both directions cost the same."""
        other = self.reversed
        return (
            np.array_equal(self.offsets, other.offsets)
            and np.array_equal(self.targets, other.targets)
            and np.array_equal(self.costs, other.costs)
        )


def largest_cost(limit: int | None) -> int:
    """Return the largest cost that a search may find: the limit, or all that fits.

    Raises
    ------
    EngineError
        If the limit is negative or too large.
    """
    if limit is None:
        return int(UNREACHABLE) - 1
    if not 0 <= limit < UNREACHABLE:
        raise EngineError(f"a limit must be from 0 to {UNREACHABLE - 1}, not {limit}")
    return int(limit)
