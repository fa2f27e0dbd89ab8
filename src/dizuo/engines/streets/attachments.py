"""Points on edges: how buildings and facilities hang on a street graph.

One rule serves every point: it stands at the nearest point *on* an edge, reaches the edge by a
straight access leg, and leaves or arrives along the edge in the directions that the edge allows.
Two points on one edge may reach each other directly, without passing a node.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dizuo.engines.streets.graph import UNREACHABLE

__all__ = ["Attachments", "Seeds"]

Int32 = NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Seeds:
    """Where searches begin: item ``item[k]`` enters the graph at ``node[k]`` for ``cost[k]``.

    An item may stand at several nodes (a park with many gates) and a node may serve many items.
    """

    item: Int32
    node: Int32
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
