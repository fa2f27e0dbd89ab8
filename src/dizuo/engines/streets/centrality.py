"""How central nodes are within a walk or a ride: closeness and betweenness within cut-offs.

Shortest paths are exact: costs are whole numbers, so paths that cost the same are the same.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dizuo.engines.chunks import run_chunks
from dizuo.engines.streets import _kernels_centrality as kernels
from dizuo.engines.streets.calendar_queue import calendar_shift
from dizuo.engines.streets.graph import Graph, largest_cost
from dizuo.engines.streets.threads import on_threads
from dizuo.model.errors import EngineError

__all__ = ["Closeness", "betweenness", "closeness"]

Float64 = NDArray[np.float64]
Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]

BLOCK = 2048
"""Sources whose shares are added up together, whatever the number of threads."""


@dataclass(frozen=True, eq=False)
class Closeness:
    """What is near each source, all arrays sources x cut-offs; the source itself does not count.

    Attributes
    ----------
    count
        int64. Number of nodes within the cut-off.
    cost_sum
        int64. Sum of the costs to them, in the unit of the arcs.
    harmonic
        float64. Sum of 1 / cost over them, per unit of the arcs (times 1,000: per metre); nodes
        at no cost are left out.
    """

    count: Int64
    cost_sum: Int64
    harmonic: Float64

    @property
    def mean_cost(self) -> Float64:
        """Mean cost to the nodes within the cut-off, NaN where there is none."""
        mean = np.full(self.count.shape, np.nan)
        np.divide(self.cost_sum, self.count, out=mean, where=self.count > 0)
        return mean


def closeness(graph: Graph, cutoffs: ArrayLike, *, sources: ArrayLike | None = None) -> Closeness:
    """Measure how near the other nodes are.

    Parameters
    ----------
    graph
        Street graph of n nodes; on ``graph.reversed`` costs are those towards the sources.
    cutoffs
        Largest costs, in the unit of the arcs, in any order.
    sources
        Nodes to measure from; every node by default.

    Raises
    ------
    EngineError
        If a cut-off is out of range or a source is no node.
    """
    limits, order = _ascending(cutoffs)
    chosen = _sources(graph, sources)
    shape = (len(chosen), len(limits))
    count, cost_sum = np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=np.int64)
    harmonic = np.zeros(shape)
    shift = calendar_shift(graph, int(limits[-1]))

    def measure(first: int, last: int) -> None:
        kernels.closeness(
            graph.offsets,
            graph.targets,
            graph.costs,
            chosen,
            first,
            last,
            limits,
            shift,
            count,
            cost_sum,
            harmonic,
        )

    run_chunks(measure, len(chosen))
    return Closeness(count[:, order], cost_sum[:, order], harmonic[:, order])


def betweenness(graph: Graph, cutoffs: ArrayLike, *, sources: ArrayLike | None = None) -> Float64:
    """Count how many shortest paths between other nodes pass each node.

    Parameters
    ----------
    graph
        Street graph of n nodes, every arc with a cost above 0.
    cutoffs
        Largest costs of a path, in the unit of the arcs, in any order.
    sources
        Nodes that paths begin at; every node by default. Of a sample of k nodes drawn evenly, the
        sums times n / k estimate those of all.

    Returns
    -------
    float64, nodes x cut-offs. For each ordered pair of nodes at most the cut-off apart, the share
    of its shortest paths that pass the node between them. Where both directions cost the same,
    each pair counts twice: halve it for the undirected measure. The same on any number of threads.

    Raises
    ------
    EngineError
        If a cut-off is out of range, a source is no node, or an arc costs nothing.

    References
    ----------
    U. Brandes (2001), A faster algorithm for betweenness centrality; (2008), On variants of
    shortest-path betweenness centrality (bounded by distance).
    """
    if graph.arc_count and graph.costs.min() < 1:
        raise EngineError("betweenness needs arcs that cost more than nothing")
    limits, order = _ascending(cutoffs)
    chosen = _sources(graph, sources)
    shift = calendar_shift(graph, int(limits[-1]))

    def add_up(first: int) -> tuple[Int32, Float64]:
        nodes, sums = kernels.betweenness(
            graph.offsets,
            graph.targets,
            graph.costs,
            chosen[first : first + BLOCK],
            limits,
            shift,
        )
        return nodes, sums

    total = np.zeros((graph.node_count, len(limits)))
    for nodes, sums in on_threads(add_up, range(0, len(chosen), BLOCK)):
        total[nodes] += sums
    return total[:, order]


def _ascending(cutoffs: ArrayLike) -> tuple[Int32, Int64]:
    """Return cut-offs from small to large, and where each of the given ones stands."""
    limits = np.atleast_1d(np.asarray(cutoffs))
    if not len(limits):
        raise EngineError("centrality needs at least one cut-off")
    whole = np.array([largest_cost(int(limit)) for limit in limits], dtype=np.int32)
    ascending, place = np.unique(whole, return_inverse=True)
    return ascending, place


def _sources(graph: Graph, sources: ArrayLike | None) -> Int32:
    if sources is None:
        return np.arange(graph.node_count, dtype=np.int32)
    chosen = np.asarray(sources, dtype=np.int32)
    if len(chosen) and not 0 <= chosen.min() <= chosen.max() < graph.node_count:
        raise EngineError(f"a source is outside 0..{graph.node_count - 1}")
    return chosen
