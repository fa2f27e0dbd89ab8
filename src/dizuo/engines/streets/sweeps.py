"""Questions about every node at once, answered by sweeping a hierarchy.

Each function returns exactly what its plain twin returns, and takes the same arguments, with a
prepared :class:`~dizuo.engines.streets.hierarchy.Hierarchy` in place of the graph.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final, Literal, overload

import numpy as np
from numpy.typing import NDArray

from dizuo.engines.streets import _kernels_sweeps as kernels
from dizuo.engines.streets.attachments import Seeds
from dizuo.engines.streets.graph import UNREACHABLE, largest_cost
from dizuo.engines.streets.hierarchy import Hierarchy
from dizuo.engines.streets.threads import on_threads, thread_count
from dizuo.model.errors import EngineError

__all__ = ["nearest_by_hierarchy"]

Int32 = NDArray[np.int32]
Labels = NDArray[np.unsignedinteger[Any]]

PARTS: Final = 8
"""Tasks a thread gets in a round, so that none waits long for the slowest."""
ITEM_BITS: Final = 32


@overload
def nearest_by_hierarchy(
    hierarchy: Hierarchy,
    seeds: Seeds,
    groups: NDArray[np.integer],
    *,
    group_count: int,
    limit: int | None = None,
    towards: bool = True,
    return_item: Literal[False] = False,
    threads: int | None = None,
) -> Int32: ...


@overload
def nearest_by_hierarchy(
    hierarchy: Hierarchy,
    seeds: Seeds,
    groups: NDArray[np.integer],
    *,
    group_count: int,
    limit: int | None = None,
    towards: bool = True,
    return_item: Literal[True],
    threads: int | None = None,
) -> tuple[Int32, Int32]: ...


def nearest_by_hierarchy(
    hierarchy: Hierarchy,
    seeds: Seeds,
    groups: NDArray[np.integer],
    *,
    group_count: int,
    limit: int | None = None,
    towards: bool = True,
    return_item: bool = False,
    threads: int | None = None,
) -> Int32 | tuple[Int32, Int32]:
    """Find the cheapest cost between every node and any item of each group.

    Parameters
    ----------
    hierarchy
        Of a graph of n nodes.
    seeds, groups, group_count, limit, towards, return_item, threads
        As for :func:`dizuo.engines.streets.nearest.nearest`.

    Returns
    -------
    costs
        int32, n x group_count, as from ``nearest``, but each node's row is contiguous.
    items
        int32, n x group_count, only if ``return_item``.

    Raises
    ------
    EngineError
        If seeds, groups or the limit do not fit, or the limit is above the hierarchy's.
    """
    group = np.asarray(groups)
    seeds.require_fit(hierarchy.graph, len(group))
    if len(group) and (group.min() < 0 or group.max() >= group_count):
        raise EngineError(f"a group number is outside 0..{group_count - 1}")
    last = _reach(hierarchy, limit)
    sweep = _Sweep.of(hierarchy, ITEM_BITS if return_item else 0, towards=towards, threads=threads)
    labels = sweep.labels(seeds.cost)
    if return_item:
        labels = labels | seeds.item.astype(np.uint64)
    found = sweep.lowest(seeds.node, group[seeds.item].astype(np.int32), labels, group_count)
    shape = (hierarchy.graph.node_count, group_count)
    if return_item:
        costs, items = np.empty(found.shape, np.int32), np.empty(found.shape, np.int32)
        sweep.in_parts(len(found), lambda b, e: kernels.unpack(found, b, e, last, costs, items))
        return costs.reshape(shape), items.reshape(shape)
    if limit is not None:
        sweep.in_parts(len(found), lambda b, e: kernels.clear_beyond(found, b, e, last))
    return found.view(np.int32).reshape(shape)


def _reach(hierarchy: Hierarchy, limit: int | None) -> int:
    last = largest_cost(limit)
    hierarchy.require_limit(last)
    return last


@dataclass(frozen=True, eq=False)
class _Sweep:
    """A hierarchy with costs for one direction, as numbers that kernels add to labels.

    A label is ``cost << shift``, with room for an item's number in the low bits.
    """

    hierarchy: Hierarchy
    shift: int
    climbing: Labels
    descending: Labels
    core: Labels
    threads: int

    @classmethod
    def of(
        cls, hierarchy: Hierarchy, shift: int, *, towards: bool, threads: int | None
    ) -> "_Sweep":
        # Towards an item, labels travel against the arcs: up from where one can come, and down
        # to who can get there.
        up, down = hierarchy.back, hierarchy.forth
        core = hierarchy.core_back
        if not towards:
            up, down, core = down, up, hierarchy.core_forth
        return cls(
            hierarchy,
            shift,
            _shifted(up, shift),
            _shifted(down, shift),
            _shifted(core, shift),
            thread_count(threads),
        )

    def labels(self, costs: Int32) -> Labels:
        """Return costs as labels."""
        return _shifted(costs, self.shift)

    @property
    def no_step(self) -> np.unsignedinteger[Any]:
        """Cost of an arc that is not there."""
        return np.uint64(int(UNREACHABLE) << self.shift) if self.shift else np.uint32(UNREACHABLE)

    @property
    def no_label(self) -> np.unsignedinteger[Any]:
        """Label that is larger than any that reaches a node."""
        if not self.shift:
            return np.uint32(UNREACHABLE)
        return np.uint64(int(UNREACHABLE) << self.shift | (1 << self.shift) - 1)

    def in_parts(self, count: int, work: Callable[[int, int], object]) -> None:
        """Do work on runs of ``count`` things, one run a thread."""
        cuts = np.linspace(0, count, self.threads + 1).astype(np.int64)
        on_threads(lambda run: work(*run), pairwise(cuts), self.threads)

    def in_rounds(self, work: Callable[[int, int], object], *, upwards: bool) -> None:
        """Do work on runs of the hierarchy's nodes, round by round."""
        own = self.hierarchy
        for number in range(own.round_count)[:: 1 if upwards else -1]:
            first, last = int(own.rounds[number]), int(own.rounds[number + 1])
            parts = min(last - first, PARTS * self.threads)
            cuts = own.blocks[np.linspace(first, last, parts + 1).astype(np.int64)].astype(np.int64)
            on_threads(lambda run: work(*run), pairwise(cuts), self.threads)

    def lowest(self, nodes: Int32, lanes: Int32, labels: Labels, width: int) -> Labels:
        """Carry labels from where they are sown to every node, and keep each lane's lowest.

        Returns n rows of ``width`` lanes, flat.
        """
        own = self.hierarchy
        count = own.graph.node_count
        best = np.empty(count * width, dtype=self.climbing.dtype)
        reached = np.zeros(count, dtype=np.bool_)
        self.in_parts(len(best), lambda b, e: kernels.fill(best, b, e, self.no_label))
        self.in_parts(
            count, lambda b, e: kernels.sow(nodes, lanes, labels, b, e, best, width, reached)
        )
        arcs = (own.nodes, own.offsets, own.targets)
        self.in_rounds(
            lambda b, e: kernels.climb(
                *arcs, self.climbing, b, e, self.no_step, best, width, reached
            ),
            upwards=True,
        )
        core_arcs = (own.core, own.core_offsets, own.core_targets, self.core)
        kernels.settle_core(*core_arcs, self.no_step, best, width, reached[own.core])
        self.in_rounds(
            lambda b, e: kernels.descend(*arcs, self.descending, b, e, best, width),
            upwards=False,
        )
        return best


def _shifted(costs: Int32, shift: int) -> Labels:
    if not shift:
        return costs.view(np.uint32)
    return costs.astype(np.uint64) << np.uint64(shift)
