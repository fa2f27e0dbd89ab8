"""How well streets hang together: components, dead ends, bridges and intersections.

Edges are given by their end nodes, each street once. The undirected view asks whether one can
pass at all; the strong view respects the directions of a graph.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import KDTree

from dizuo.engines.streets import _kernels_connectivity as kernels
from dizuo.engines.streets.graph import Graph
from dizuo.model.errors import EngineError

__all__ = [
    "Components",
    "Intersections",
    "bridge_losses",
    "components",
    "dead_ends",
    "degrees",
    "intersections",
    "unbroken_components",
    "undirected_components",
]

Float64 = NDArray[np.float64]
Int32 = NDArray[np.int32]
Bool = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Components:
    """Nodes that reach one another.

    Attributes
    ----------
    label
        int32, n. Component of each node; components are numbered by their lowest node.
    size
        int32, c. Number of nodes of each component.
    """

    label: Int32
    size: Int32

    @property
    def largest(self) -> int:
        """Number of the component with most nodes, the lowest of several; -1 without nodes."""
        return int(self.size.argmax()) if len(self.size) else -1


@dataclass(frozen=True, eq=False)
class Intersections:
    """Street intersections, each standing for one or several nodes close together.

    Attributes
    ----------
    x, y
        float64, i. Mean place of the nodes.
    node_count
        int32, i. Number of nodes that were joined.
    intersection
        int32, n. Intersection of each node of the network, -1 for nodes that are none.
    """

    x: Float64
    y: Float64
    node_count: Int32
    intersection: Int32

    def __len__(self) -> int:
        return len(self.x)


def components(graph: Graph, *, strong: bool = False) -> Components:
    """Find nodes that reach one another, ``strong`` along the arcs in both ways."""
    shape = (graph.node_count, graph.node_count)
    links = csr_array(
        (np.ones(graph.arc_count, dtype=np.int8), graph.targets, graph.offsets), shape=shape
    )
    connection = "strong" if strong else "weak"
    return _numbered(connected_components(links, directed=True, connection=connection)[1])


def undirected_components(start: Int32, end: Int32, node_count: int) -> Components:
    """Find nodes that reach one another over edges taken in either direction."""
    _check(start, end, node_count)
    links = csr_array(
        (np.ones(len(start), dtype=np.int8), (start, end)), shape=(node_count, node_count)
    )
    return _numbered(connected_components(links, directed=False)[1])


def unbroken_components(start: Int32, end: Int32, node_count: int) -> Components:
    """Find nodes that still reach one another after the loss of any one edge.

    These are the 2-edge-connected components: what is left in one piece without the bridges.
    """
    keep = np.isnan(bridge_losses(start, end, node_count))
    return undirected_components(start[keep], end[keep], node_count)


def degrees(start: Int32, end: Int32, node_count: int) -> Int32:
    """Count the distinct neighbours of each node: parallel edges once, loops never. int32, n."""
    _check(start, end, node_count)
    low, high = np.minimum(start, end).astype(np.int64), np.maximum(start, end)
    pairs = np.unique(low[low != high] * node_count + high[low != high])
    both = np.concatenate([pairs // node_count, pairs % node_count])
    return np.bincount(both, minlength=node_count).astype(np.int32)


def dead_ends(start: Int32, end: Int32, node_count: int) -> Bool:
    """Mark the nodes with exactly one neighbour: heads of culs-de-sac. bool, n."""
    return np.asarray(degrees(start, end, node_count) == 1)


def bridge_losses(
    start: Int32, end: Int32, node_count: int, weight: Float64 | None = None
) -> Float64:
    """Measure what each edge's loss would cut off, where it would cut the network in two.

    Parameters
    ----------
    start, end
        int32, m. Nodes at the ends of each edge; directions do not matter.
    weight
        float64, n. Weight of each node, say residents; 1 by default.

    Returns
    -------
    float64, m. Weight on the lighter side of each bridge (an edge whose loss separates nodes that
    it joined), NaN for edges that are no bridge.

    Raises
    ------
    EngineError
        If arrays differ in length or a node is out of range.
    """
    _check(start, end, node_count)
    if weight is not None and len(weight) != node_count:
        raise EngineError("one weight a node is needed")
    tails, heads = np.concatenate([start, end]), np.concatenate([end, start])
    edges = np.tile(np.arange(len(start), dtype=np.int32), 2)
    order = np.argsort(tails, kind="stable")
    offsets = np.zeros(node_count + 1, dtype=np.int32)
    np.cumsum(np.bincount(tails, minlength=node_count), out=offsets[1:])
    carried = np.ones(node_count) if weight is None else np.asarray(weight, dtype=np.float64)
    loss = np.full(len(start), np.nan)
    kernels.cut_edges(offsets, heads[order].astype(np.int32), edges[order], carried, loss)
    return loss


def intersections(
    x: Float64, y: Float64, degree: Int32, *, tolerance: float = 0.0, at_least: int = 3
) -> Intersections:
    """Find intersections, taking those linked by gaps within a tolerance for one.

    A crossing of two dual carriageways is drawn as four nodes but is one intersection to those
    who walk there (Boeing 2025, consolidating street intersections).

    Parameters
    ----------
    x, y
        float64, n. Places of all nodes, metres.
    degree
        int32, n. Number of streets at each node.
    tolerance
        Nodes this near, in metres, are one intersection; chains of such gaps join too.
    at_least
        Fewest streets that make an intersection.
    """
    nodes = np.flatnonzero(degree >= at_least)
    places = np.column_stack([x[nodes], y[nodes]])
    pairs = np.empty((0, 2), dtype=np.int32)
    if len(nodes):
        pairs = KDTree(places).query_pairs(tolerance, output_type="ndarray").astype(np.int32)
    joined = undirected_components(pairs[:, 0], pairs[:, 1], len(nodes))
    own = np.full(len(degree), -1, dtype=np.int32)
    own[nodes] = joined.label
    count = len(joined.size)
    return Intersections(
        np.bincount(joined.label, weights=places[:, 0], minlength=count) / joined.size,
        np.bincount(joined.label, weights=places[:, 1], minlength=count) / joined.size,
        joined.size,
        own,
    )


def _numbered(label: NDArray[np.integer]) -> Components:
    """Give components running numbers by their lowest node."""
    _, first, inverse = np.unique(label, return_index=True, return_inverse=True)
    rank = np.empty(len(first), dtype=np.int32)
    rank[np.argsort(first)] = np.arange(len(first), dtype=np.int32)
    numbered = rank[inverse].astype(np.int32)
    return Components(numbered, np.bincount(numbered, minlength=len(first)).astype(np.int32))


def _check(start: NDArray[np.integer], end: NDArray[np.integer], node_count: int) -> None:
    """Refuse edges that do not fit the nodes."""
    if len(start) != len(end):
        raise EngineError("starts and ends of edges must have the same length")
    if len(start) and (
        min(start.min(), end.min()) < 0 or max(start.max(), end.max()) >= node_count
    ):
        raise EngineError(f"an edge names a node outside 0..{node_count - 1}")
