"""What stands within a distance: pairs of places, counts and weighted sums at several cut-offs.

One bounded search at the largest cut-off serves the smaller ones. Whole weights are added as whole
numbers. Real weights are added as whole multiples of a power of two, fine enough that the sum of
all weights fills 62 bits: so sums never depend on the order of the rows, on the direction of the
search or on the number of threads.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dizuo.engines.streets import _kernels_within as kernels
from dizuo.engines.streets.attachments import Attachments, DirectPairs, Seeds, direct_pairs
from dizuo.engines.streets.graph import Graph, largest_cost
from dizuo.engines.streets.threads import on_threads, thread_count
from dizuo.model.errors import EngineError

__all__ = [
    "BoundedSearch",
    "Pairs",
    "Places",
    "pairs_within",
    "sums_within",
    "sums_within_points",
]

Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]
UInt64 = NDArray[np.uint64]
Weights = NDArray[np.integer | np.floating]
Sums = NDArray[np.int64] | NDArray[np.float64]

CHUNK: Final = 256
"""Sources whose pairs are held in memory together."""

PARTS_A_THREAD: Final = 8
SUM_BITS: Final = 62


@dataclass(frozen=True, eq=False)
class Pairs:
    """Items within reach of each source, as compressed rows.

    Attributes
    ----------
    offsets
        int64, sources + 1. Pairs of source ``i`` stand at ``offsets[i]:offsets[i + 1]``.
    item, cost
        int32. Each item once a source, ascending by item, with its smallest cost.
    """

    offsets: Int64
    item: Int32
    cost: Int32


@dataclass(frozen=True, eq=False)
class Places:
    """Items of one kind: points on edges, or nodes of the graph.

    Attributes
    ----------
    points
        Attachments, or None where item ``i`` stands at node ``nodes[i]``.
    nodes
        int32. Node of each item, if there are no attachments.
    count
        Number of items, attached or not.
    """

    points: Attachments | None
    nodes: Int32
    count: int

    @classmethod
    def at_points(cls, points: Attachments, count: int | None = None) -> "Places":
        """Items that hang on edges; ``count`` tells how many there are, attached or not."""
        attached = int(points.item.max()) + 1 if len(points) else 0
        if count is not None and count < attached:
            raise EngineError(
                f"{count} items are too few: an attachment names number {attached - 1}"
            )
        return cls(points, np.empty(0, np.int32), attached if count is None else count)

    @classmethod
    def at_nodes(cls, nodes: ArrayLike) -> "Places":
        """Items that stand at nodes, one each."""
        node = np.asarray(nodes, dtype=np.int32)
        return cls(None, node, len(node))

    def leaving(self) -> Seeds:
        """Return seeds for searches along the arcs."""
        return self.points.leaving() if self.points is not None else self._at_nodes()

    def arriving(self) -> Seeds:
        """Return seeds for searches against the arcs."""
        return self.points.arriving() if self.points is not None else self._at_nodes()

    def are_nodes_of(self, graph: Graph) -> bool:
        """Whether item ``i`` stands at node ``i``, and there is one for each node."""
        return self.points is None and np.array_equal(self.nodes, np.arange(graph.node_count))

    def _at_nodes(self) -> Seeds:
        item = np.arange(self.count, dtype=np.int32)
        return Seeds(item, self.nodes, np.zeros(self.count, dtype=np.int32))


def pairs_within(
    graph: Graph,
    sources: Places,
    items: Places,
    limit: int,
    *,
    towards: bool = True,
    threads: int | None = None,
) -> Pairs:
    """Find the items within a cost of each source.

    Parameters
    ----------
    graph
        Street graph.
    sources, items
        From where, and to what.
    limit
        Largest cost, in the unit of the arcs.
    towards
        True: cost from the source to the item. False: from the item to the source.
    threads
        Number of threads; None: one a processor.

    Returns
    -------
    Pairs, exact: the cost of a pair is the smallest over the attachments of both, by the nodes or
    straight along a shared edge.
    """
    search = BoundedSearch(graph, sources, items, limit, towards=towards)
    chunks = search.chunks()
    found = on_threads(search.pairs, chunks, threads)
    size = np.zeros(sources.count + 1, dtype=np.int64)
    for rows, (bounds, _, _) in zip(chunks, found, strict=True):
        size[rows + 1] = np.diff(bounds)
    nothing = np.empty(0, dtype=np.int32)
    order = np.concatenate([nothing, *chunks])
    item = np.concatenate([nothing, *(part[1] for part in found)])
    cost = np.concatenate([nothing, *(part[2] for part in found)])
    ranking = np.lexsort((item, np.repeat(order, size[order + 1])))
    return Pairs(np.cumsum(size), item[ranking], cost[ranking])


def sums_within(
    graph: Graph,
    weights: Weights,
    cutoffs: ArrayLike,
    *,
    towards: bool = True,
    threads: int | None = None,
) -> Sums:
    """Add up the weights of the nodes within each cut-off of every node.

    Parameters
    ----------
    graph
        Street graph of n nodes.
    weights
        Weight of each node, n: persons, places. Whole or real numbers.
    cutoffs
        Largest costs, c, in the unit of the arcs.
    towards
        True: the cost is from the node to the weighted ones. False: from them to the node.
    threads
        Number of threads; None: one a processor.

    Returns
    -------
    int64 (whole weights) or float64, n x c. The node itself counts.

    Raises
    ------
    EngineError
        If weights do not fit the nodes, are not finite or too large, or a cut-off is out of range.
    """
    every = Places.at_nodes(np.arange(graph.node_count, dtype=np.int32))
    return sums_within_points(
        graph, every, every, weights, cutoffs, towards=towards, threads=threads
    )


def sums_within_points(
    graph: Graph,
    origins: Places,
    destinations: Places,
    weights: Weights,
    cutoffs: ArrayLike,
    *,
    towards: bool = True,
    threads: int | None = None,
) -> Sums:
    """Add up the weights of the destinations within each cut-off of every origin.

    Each destination counts once, with its smallest cost over all attachments and straight ways.
    The searches start from the side that has fewer items.

    Parameters
    ----------
    graph
        Street graph.
    origins, destinations
        From where, and what is counted.
    weights
        Weight of each destination item. Whole or real numbers.
    cutoffs, towards, threads
        As for :func:`sums_within`.

    Returns
    -------
    int64 (whole weights) or float64, origins x c.

    Raises
    ------
    EngineError
        As for :func:`sums_within`.
    """
    if len(weights) != destinations.count:
        raise EngineError(f"{len(weights)} weights for {destinations.count} destinations")
    limits = _cutoffs(cutoffs)
    whole, bits = _whole_weights(np.asarray(weights))
    sums = np.zeros((origins.count, len(limits)), dtype=np.int64)
    by_row = origins.count <= destinations.count
    limit = int(limits.max(initial=0))
    if by_row:
        search = BoundedSearch(graph, origins, destinations, limit, towards=towards)
    else:
        search = BoundedSearch(graph, destinations, origins, limit, towards=not towards)

    def one_part(rows: Int32) -> Int64:
        own = sums if by_row else np.zeros_like(sums)
        search.sums(rows, whole, limits, own, by_row=by_row)
        return own

    for part in on_threads(one_part, search.parts(threads), threads):
        if not by_row:
            np.add(sums, part, out=sums)
    return sums if bits is None else np.ldexp(sums.astype(np.float64), -bits)


class BoundedSearch:
    """Bounded searches from the sources to the items, in the order of the nodes."""

    def __init__(
        self, graph: Graph, sources: Places, items: Places, limit: int, *, towards: bool
    ) -> None:
        search = graph if towards else graph.reversed
        seeds = sources.leaving() if towards else sources.arriving()
        stops = items.arriving() if towards else items.leaving()
        seeds.require_fit(graph, sources.count)
        stops.require_fit(graph, items.count)
        self.limit = largest_cost(limit)
        self.shift = search.bucket_shift
        self.node_count, self.item_count = graph.node_count, items.count
        self.items_are_nodes = items.are_nodes_of(graph)
        self.network = search.offsets, search.targets, search.costs
        self.seeds = _rows(seeds.item, seeds.node, seeds.cost, sources.count)
        nothing = np.empty(0, dtype=np.int32)
        self.stops = self.direct = _rows(nothing, nothing, nothing, 0)
        if not self.items_are_nodes:
            order = np.argsort(stops.node, kind="stable")
            node, item, cost = stops.node[order], stops.item[order], stops.cost[order]
            self.stops = _rows(node, item, cost, graph.node_count)
            direct = _direct(sources, items, self.limit, towards=towards)
            self.direct = _rows(direct.origin, direct.destination, direct.cost, sources.count)
        self.scratches: list[tuple[Int32, UInt64, Int32]] = []

    def rows(self) -> Int32:
        """Return the sources that hang on the graph, in the order of their nodes."""
        offsets, nodes, _ = self.seeds
        attached = np.flatnonzero(np.diff(offsets)).astype(np.int32)
        first = nodes[offsets[attached]]
        return attached[np.argsort(first, kind="stable")]

    def chunks(self) -> list[Int32]:
        """Cut the rows in chunks whose pairs fit in memory."""
        rows = self.rows()
        return [rows[begin : begin + CHUNK] for begin in range(0, len(rows), CHUNK)]

    def parts(self, threads: int | None) -> list[Int32]:
        """Cut the rows in a few parts for each thread."""
        rows = self.rows()
        parts = thread_count(threads) * PARTS_A_THREAD
        step = max(1, -(-len(rows) // (parts * kernels.LANES))) * kernels.LANES
        return [rows[begin : begin + step] for begin in range(0, len(rows), step)]

    def pairs(self, rows: Int32) -> tuple[Int64, Int32, Int32]:
        """Search from some sources; return bounds, items and costs in the order of the rows."""
        with self._scratch() as (nodes, waiting, items):
            found: tuple[Int64, Int32, Int32] = kernels.pairs(
                self.network,
                self.seeds,
                self.stops,
                self.direct,
                rows,
                self.limit,
                self.shift,
                nodes,
                waiting,
                items,
                self.items_are_nodes,
            )
        return found

    def sums(
        self, rows: Int32, weights: Int64, cutoffs: Int32, totals: Int64, *, by_row: bool
    ) -> None:
        """Search from some sources; add weights of the items to rows, or of rows to items."""
        with self._scratch() as (nodes, waiting, items):
            kernels.sums(
                self.network,
                self.seeds,
                self.stops,
                self.direct,
                rows,
                self.limit,
                self.shift,
                nodes,
                waiting,
                items,
                self.items_are_nodes,
                by_row,
                weights,
                cutoffs,
                totals,
            )

    @contextmanager
    def _scratch(self) -> Iterator[tuple[Int32, UInt64, Int32]]:
        """Lend arrays to a search, and keep them for the next one."""
        try:
            scratch = self.scratches.pop()
        except IndexError:
            nodes = np.zeros((4, self.node_count), dtype=np.int32)
            nodes[0] = self.limit + 1
            waiting = np.zeros((int(kernels.ROWS), (self.node_count + 63) // 64), dtype=np.uint64)
            scratch = nodes, waiting, np.full(self.item_count, -1, dtype=np.int32)
        yield scratch
        self.scratches.append(scratch)


def _direct(sources: Places, items: Places, limit: int, *, towards: bool) -> DirectPairs:
    if sources.points is None or items.points is None:
        empty = np.empty(0, dtype=np.int32)
        return DirectPairs(empty, empty, empty)
    if towards:
        return direct_pairs(sources.points, items.points, limit)
    back = direct_pairs(items.points, sources.points, limit)
    order = np.lexsort((back.origin, back.destination))
    return DirectPairs(back.destination[order], back.origin[order], back.cost[order])


def _rows(ascending: Int32, number: Int32, cost: Int32, count: int) -> kernels.Rows:
    offsets = np.zeros(count + 1, dtype=np.int64)
    np.cumsum(np.bincount(ascending, minlength=count), out=offsets[1:])
    return offsets, number, cost


def _cutoffs(cutoffs: ArrayLike) -> Int32:
    limits = np.asarray(cutoffs)
    for limit in limits:
        largest_cost(int(limit))
    return limits.astype(np.int32)


def _whole_weights(weights: Weights) -> tuple[Int64, int | None]:
    """Weights as whole multiples of a power of two, and its exponent; None if they were whole."""
    total = float(np.abs(weights.astype(np.float64)).sum())
    if not np.isfinite(total):
        raise EngineError("a weight is not a finite number")
    if np.issubdtype(weights.dtype, np.integer) or weights.dtype == np.bool_:
        if total >= 2.0**SUM_BITS:
            raise EngineError("the sum of all weights is too large for whole numbers")
        return weights.astype(np.int64), None
    bits = SUM_BITS - 1 - int(np.frexp(total)[1])
    return np.rint(np.ldexp(weights.astype(np.float64), bits)).astype(np.int64), bits
