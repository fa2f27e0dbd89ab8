"""Questions about every node at once, answered by sweeping a hierarchy.

Each function returns exactly what its plain twin returns, and takes the same arguments, with a
prepared :class:`~dizuo.engines.streets.hierarchy.Hierarchy` in place of the graph.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final, Literal, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dizuo.engines.streets import _kernels_sums as sum_kernels
from dizuo.engines.streets import _kernels_sweeps as kernels
from dizuo.engines.streets.attachments import Seeds
from dizuo.engines.streets.graph import UNREACHABLE, largest_cost
from dizuo.engines.streets.hierarchy import Hierarchy
from dizuo.engines.streets.threads import on_threads, thread_count
from dizuo.model.errors import EngineError

__all__ = ["k_nearest_by_hierarchy", "nearest_by_hierarchy", "sums_within_by_hierarchy"]

Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]
Labels = NDArray[np.unsignedinteger[Any]]

PARTS: Final = 8
"""Tasks a thread gets in a round, so that none waits long for the slowest."""
ITEM_BITS: Final = 32
SMALL_TOTAL: Final = 2.0**30
"""Weights that add up to less are added in 32 bits."""
LARGEST_TOTAL: Final = 2.0**62


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
        return sweep.parted(found, last, shape)
    if limit is not None:
        sweep.in_parts(len(found), lambda b, e: kernels.clear_beyond(found, b, e, last))
    return found.view(np.int32).reshape(shape)


def k_nearest_by_hierarchy(
    hierarchy: Hierarchy,
    seeds: Seeds,
    k: int,
    *,
    limit: int | None = None,
    towards: bool = True,
    threads: int | None = None,
) -> tuple[Int32, Int32]:
    """Find the k cheapest items of every node.

    Parameters
    ----------
    hierarchy
        Of a graph of n nodes.
    seeds, k, limit, towards
        As for :func:`dizuo.engines.streets.nearest.k_nearest`.
    threads
        Number of threads; None: one a processor.

    Returns
    -------
    costs, items
        int32, n x k, as from ``k_nearest``.

    Raises
    ------
    EngineError
        If ``k`` is below 1, seeds or the limit do not fit, or the limit is above the hierarchy's.
    """
    if k < 1:
        raise EngineError("k must be at least 1")
    seeds.require_fit(hierarchy.graph)
    last = _reach(hierarchy, limit)
    sweep = _Sweep.of(hierarchy, ITEM_BITS, towards=towards, threads=threads)
    found = sweep.lowest_several(
        seeds.node, sweep.labels(seeds.cost) | seeds.item.astype(np.uint64), k
    )
    return sweep.parted(found, last, (hierarchy.graph.node_count, k))


def sums_within_by_hierarchy(
    hierarchy: Hierarchy,
    weights: NDArray[np.integer],
    cutoffs: ArrayLike,
    *,
    towards: bool = True,
    threads: int | None = None,
) -> Int64:
    """Add up the weights of the nodes within each cut-off of every node.

    Parameters
    ----------
    hierarchy
        Of a graph of n nodes. One that is bounded by the largest cut-off will do.
    weights
        Whole weight of each node, n: persons, places.
    cutoffs, towards
        As for :func:`dizuo.engines.streets.within.sums_within`.
    threads
        Number of threads; None: one a processor.

    Returns
    -------
    int64, n x c. The node itself counts.

    Raises
    ------
    EngineError
        If weights do not fit the nodes or are too large, or a cut-off is out of range or above
        the hierarchy's limit.
    """
    count = hierarchy.graph.node_count
    weight, limits = np.asarray(weights), np.atleast_1d(np.asarray(cutoffs, dtype=np.int64))
    if weight.shape != (count,) or not np.issubdtype(weight.dtype, np.integer):
        raise EngineError(f"weights must be {count} whole numbers, one for each node")
    total = np.abs(weight.astype(np.float64)).sum()
    if total >= LARGEST_TOTAL:
        raise EngineError("weights are too large to be added up")
    last = max((_reach(hierarchy, int(limit)) for limit in limits), default=0)
    # Costs are found from the node, along the arcs, when people travel towards the weights.
    sweep = _Sweep.of(hierarchy, 0, towards=not towards, threads=threads)
    narrow = weight.astype(np.int32) if total < SMALL_TOTAL else weight.astype(np.int64)
    return sweep.sums(narrow, limits.astype(np.uint32), last)


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

    def lowest_several(self, nodes: Int32, labels: Labels, k: int) -> Labels:
        """Carry labels to every node, and keep the lowest of k different items, ascending.

        Returns n lists of k labels, flat.
        """
        own = self.hierarchy
        count = own.graph.node_count
        best = np.empty(count * k, dtype=np.uint64)
        reached = np.zeros(count, dtype=np.bool_)
        self.in_parts(len(best), lambda b, e: kernels.fill(best, b, e, self.no_label))
        self.in_parts(
            count, lambda b, e: kernels.sow_several(nodes, labels, b, e, best, k, reached)
        )
        arcs = (own.nodes, own.offsets, own.targets)
        self.in_rounds(
            lambda b, e: kernels.climb_several(*arcs, self.climbing, b, e, best, k, reached),
            upwards=True,
        )
        core_arcs = (own.core, own.core_offsets, own.core_targets, self.core)
        kernels.settle_core_several(*core_arcs, best, k, reached[own.core])
        self.in_rounds(
            lambda b, e: kernels.descend_several(*arcs, self.descending, b, e, best, k),
            upwards=False,
        )
        return best

    def sums(self, weights: Int32 | Int64, cutoffs: NDArray[np.uint32], last: int) -> Int64:
        """Add up the weights within each cut-off, ``last`` the largest, from every node."""
        own = self.hierarchy
        graph = own.graph if self.climbing.base is own.forth else own.graph.reversed
        sums = np.zeros((graph.node_count, len(cutoffs)), dtype=np.int64)
        chunks = -(-graph.node_count // sum_kernels.CHUNK)
        parts = min(chunks, PARTS * self.threads)
        cuts = np.linspace(0, chunks, parts + 1).astype(np.int64) * sum_kernels.CHUNK
        cuts[-1] = graph.node_count
        arrays = (
            *(graph.offsets, graph.targets, graph.costs),
            *(own.nodes, own.offsets, own.targets, self.climbing, self.descending),
            *(own.core, own.core_offsets, own.core_targets, self.core),
            *(own.ranks, weights, cutoffs, last),
        )
        on_threads(
            lambda run: sum_kernels.sums_of_chunks(*arrays, *run, sums),
            pairwise(cuts),
            self.threads,
        )
        return sums

    def parted(self, labels: Labels, last: int, shape: tuple[int, int]) -> tuple[Int32, Int32]:
        """Part labels into costs and items, of which none costs more than ``last``."""
        costs, items = np.empty(shape, np.int32), np.empty(shape, np.int32)
        flat = (costs.ravel(), items.ravel())
        self.in_parts(len(labels), lambda b, e: kernels.unpack(labels, b, e, last, *flat))
        return costs, items


def _shifted(costs: Int32, shift: int) -> Labels:
    if not shift:
        return costs.view(np.uint32)
    return costs.astype(np.uint64) << np.uint64(shift)
