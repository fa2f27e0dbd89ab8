"""Points on edges: how buildings and facilities hang on a street graph.

One rule serves every point: it stands at the nearest point *on* an edge, reaches the edge by a
straight access leg, and leaves or arrives along the edge in the directions that the edge allows.
Two points on one edge may reach each other directly, without passing a node.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dizuo.engines.streets.graph import UNREACHABLE, Graph
from dizuo.model.errors import EngineError

__all__ = ["Attachments", "DirectPairs", "Seeds", "direct_pairs"]

Int32 = NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Seeds:
    """Where searches begin: item ``item[k]`` enters the graph at ``node[k]`` for ``cost[k]``.

    An item may stand at several nodes (a park with many gates) and a node may serve many items.
    """

    item: Int32
    node: Int32
    cost: Int32

    def require_fit(self, graph: Graph, item_count: int | None = None) -> None:
        """Refuse seeds that do not fit a graph and a number of items.

        Raises
        ------
        EngineError
            If arrays differ in length, or an item, node or cost is out of range.
        """
        if not len(self.item) == len(self.node) == len(self.cost):
            raise EngineError("items, nodes and costs of seeds must have the same length")
        if not len(self.item):
            return
        if self.item.min() < 0 or (item_count is not None and self.item.max() >= item_count):
            raise EngineError(f"a seed names an item outside the {item_count} items given")
        if self.node.min() < 0 or self.node.max() >= graph.node_count:
            raise EngineError(f"a seed names a node outside 0..{graph.node_count - 1}")
        if self.cost.min() < 0:
            raise EngineError("a seed's cost is negative")


@dataclass(frozen=True, eq=False)
class DirectPairs:
    """Pairs of items that reach each other along one edge, each pair once, by origin.

    Attributes
    ----------
    origin, destination
        int32, p. Item numbers, ascending by origin and then by destination.
    cost
        int32, p. Cheapest cost of going straight along a shared edge, with both access legs.
    """

    origin: Int32
    destination: Int32
    cost: Int32


@dataclass(frozen=True, eq=False)
class Attachments:
    """Points attached to edges of a graph, all arrays of length k.

    An item (building, facility) may own several attachments: a park has one for each gate.
    A cost that the edge's direction forbids is ``UNREACHABLE``.

    Attributes
    ----------
    item
        int32. Running number of the item that the point belongs to, ascending.
    edge
        int32. Number of the edge in the table of street edges.
    start, end
        int32. Nodes at the edge's ends.
    to_start, to_end
        int32. Cost of *leaving* the point along the edge to its start (against the edge's
        direction) and to its end (with it).
    from_start, from_end
        int32. Cost of *arriving* at the point from the edge's start and end.
    access
        int32. Cost of the straight leg between the item and the point, paid on both ways.
    """

    item: Int32
    edge: Int32
    start: Int32
    end: Int32
    to_start: Int32
    to_end: Int32
    from_start: Int32
    from_end: Int32
    access: Int32

    def __len__(self) -> int:
        return len(self.item)

    def leaving(self) -> Seeds:
        """Return seeds for searches along the arcs: from the items to elsewhere."""
        return self._seeds(self.to_start, self.to_end)

    def arriving(self) -> Seeds:
        """Return seeds for searches against the arcs: from elsewhere to the items."""
        return self._seeds(self.from_start, self.from_end)

    def _seeds(self, at_start: Int32, at_end: Int32) -> Seeds:
        item = np.concatenate([self.item, self.item])
        node = np.concatenate([self.start, self.end])
        cost = np.concatenate([at_start, at_end])
        access = np.concatenate([self.access, self.access])
        keep = cost != UNREACHABLE
        item, node, cost = item[keep], node[keep], cost[keep] + access[keep]
        order = np.lexsort((node, item))
        return Seeds(item[order], node[order], cost[order].astype(np.int32))

    def between(self, origin: Int32, destination: Int32, other: "Attachments") -> Int32:
        """Cost along a shared edge, from ``self[origin]`` to ``other[destination]``.

        Parameters
        ----------
        origin, destination
            int32, p. Row numbers in ``self`` and ``other`` that lie on the same edge.

        Returns
        -------
        int32, p, with both access legs; ``UNREACHABLE`` where the edge's direction forbids it.
        """
        with_edge = other.from_start[destination].astype(np.int64) - self.from_start[origin]
        against = other.from_end[destination].astype(np.int64) - self.from_end[origin]
        may_with = (other.from_start[destination] != UNREACHABLE) & (with_edge >= 0)
        may_against = (other.from_end[destination] != UNREACHABLE) & (against >= 0)
        far = np.int64(UNREACHABLE)
        cost = np.minimum(np.where(may_with, with_edge, far), np.where(may_against, against, far))
        legs = self.access[origin].astype(np.int64) + other.access[destination]
        return np.where(cost < far, cost + legs, far).astype(np.int32)


def direct_pairs(origins: Attachments, destinations: Attachments, limit: int) -> DirectPairs:
    """Find the items that reach each other straight along a shared edge, for at most ``limit``."""
    order = np.argsort(destinations.edge, kind="stable")
    edges = destinations.edge[order]
    first = np.searchsorted(edges, origins.edge, side="left")
    count = np.searchsorted(edges, origins.edge, side="right") - first
    origin_row = np.repeat(np.arange(len(origins)), count)
    within_run = np.arange(len(origin_row)) - np.repeat(np.cumsum(count) - count, count)
    destination_row = order[np.repeat(first, count) + within_run]
    cost = origins.between(
        origin_row.astype(np.int32), destination_row.astype(np.int32), destinations
    )
    near = cost <= limit
    origin = origins.item[origin_row[near]]
    destination = destinations.item[destination_row[near]]
    cost = cost[near]
    ranking = np.lexsort((cost, destination, origin))
    origin, destination, cost = origin[ranking], destination[ranking], cost[ranking]
    new = np.ones(len(origin), dtype=bool)
    new[1:] = (origin[1:] != origin[:-1]) | (destination[1:] != destination[:-1])
    return DirectPairs(origin[new], destination[new], cost[new])
