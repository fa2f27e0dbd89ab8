"""What can be reached within a budget: parts of streets, and areas around them.

An isochrone is the area within a width of the reached streets, 25 m by default: what lies along
the street, not the hull around it. It is drawn from a field of distances on a grid; its outline
lies within a fiftieth of a cell of the true one along straight streets, and within a small
part of a cell at corners and ends.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

from dizuo.engines.streets import _kernels_contour as contour
from dizuo.engines.streets import _kernels_isochrones as kernels
from dizuo.engines.streets.attach import EdgeLines
from dizuo.engines.streets.attachments import Attachments
from dizuo.engines.streets.calendar_queue import calendar_shift
from dizuo.engines.streets.graph import UNREACHABLE, Graph, largest_cost
from dizuo.engines.streets.threads import on_threads
from dizuo.engines.streets.within import Places
from dizuo.model.errors import EngineError

__all__ = ["StreetMap", "Stretches", "isochrones", "reached_stretches", "stretch_lines"]

Float64 = NDArray[np.float64]
Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]
Shapes = NDArray[np.object_]

CHUNK = 64
"""Origins that one task searches from."""
CELLS_AT_MOST = 2**24
"""Grid points of one isochrone: 20 km squared at 5 m."""


@dataclass(frozen=True, eq=False)
class StreetMap:
    """A street graph together with the lines of its edges.

    Attributes
    ----------
    graph
        The graph of one mode, built from ``edges``.
    edges
        The edges with their costs and lines.
    """

    graph: Graph
    edges: EdgeLines

    @classmethod
    def from_edges(cls, edges: EdgeLines, node_count: int) -> "StreetMap":
        """Build the graph of the edges and keep both."""
        return cls(edges.graph(node_count), edges)

    @cached_property
    def incident(self) -> tuple[Int32, Int32]:
        """Usable edges at each node, as offsets and edge numbers; loops stand twice."""
        edge = np.flatnonzero(self.edges.usable).astype(np.int32)
        node = np.concatenate([self.edges.start[edge], self.edges.end[edge]])
        if len(node) and not 0 <= node.min() <= node.max() < self.graph.node_count:
            raise EngineError("an edge names a node that the graph does not have")
        order = np.argsort(node, kind="stable")
        offsets = np.zeros(self.graph.node_count + 1, dtype=np.int32)
        np.cumsum(np.bincount(node, minlength=self.graph.node_count), out=offsets[1:])
        return offsets, np.concatenate([edge, edge])[order]

    @cached_property
    def reversed(self) -> "StreetMap":
        """The same streets with every direction turned round."""
        own = self.edges
        turned = EdgeLines(
            own.start, own.end, own.backward, own.forward, own.coordinates, own.offsets
        )
        return StreetMap(self.graph.reversed, turned)


@dataclass(frozen=True, eq=False)
class Stretches:
    """Parts of edges, ascending by origin, budget, edge and position; they do not overlap.

    Attributes
    ----------
    origin, budget
        int32. Number of the origin, and of the budget as it was given.
    edge
        int32. Number of the edge.
    begin, finish
        float64. Ends of the part, as shares of the edge's line from its start.
    """

    origin: Int32
    budget: Int32
    edge: Int32
    begin: Float64
    finish: Float64

    def __len__(self) -> int:
        return len(self.edge)


def reached_stretches(
    streets: StreetMap,
    origins: Places,
    budgets: ArrayLike,
    *,
    leaving: bool = True,
    threads: int | None = None,
) -> Stretches:
    """Find every part of a street within each budget of each origin.

    Parameters
    ----------
    streets
        Graph and edges of one mode.
    origins
        Nodes, or points on edges; access legs are paid from the budget. An origin that owns
        several attachments (a park with gates) is left by all of them.
    budgets
        Largest costs, b, in the unit of the arcs.
    leaving
        True: what is reached from the origins. False: from where the origins are reached.
    threads
        Number of threads; None: one a processor.

    Returns
    -------
    Stretches, with the place of the origin itself even if the budget allows no step.

    Raises
    ------
    EngineError
        If an origin or an edge names a node that the graph does not have, or a budget is negative
        or too large.
    """
    search = _Search(streets, origins, _limits(budgets), leaving=leaving)
    parts = on_threads(search.stretches, search.chunks(), threads)
    row, edge, begin, finish = (np.concatenate(column) for column in zip(*parts, strict=True))
    order = np.lexsort((finish, begin, edge, row))
    row, edge, begin, finish = row[order], edge[order], begin[order], finish[order]
    first = _first_of_merged(row, edge, begin, finish)
    if len(row):
        finish = np.maximum.reduceat(finish, first)
    count = max(len(search.limits), 1)
    return Stretches(
        (row[first] // count).astype(np.int32),
        (row[first] % count).astype(np.int32),
        edge[first],
        begin[first],
        finish,
    )


def stretch_lines(streets: StreetMap, stretches: Stretches) -> Shapes:
    """Return the line of each stretch, a shapely LineString of at least two vertices."""
    offsets, places = _cut(streets.edges, stretches.edge, stretches.begin, stretches.finish)
    owner = np.repeat(np.arange(len(stretches)), np.diff(offsets))
    return np.asarray(shapely.linestrings(places, indices=owner), dtype=object)


def isochrones(
    streets: StreetMap,
    origins: Places,
    budgets: ArrayLike,
    *,
    width: float = 25.0,
    cell: float = 5.0,
    leaving: bool = True,
    threads: int | None = None,
) -> Shapes:
    """Draw the area along the streets within each budget of each origin.

    Parameters
    ----------
    streets, origins, budgets, leaving, threads
        As for :func:`reached_stretches`.
    width
        Distance from the street that still belongs to the area, metres.
    cell
        Distance of the grid points that the outline is drawn on, metres, at most the width.

    Returns
    -------
    Array of valid shapely Polygons and MultiPolygons, origins x budgets; an empty Polygon where an
    origin hangs on no street, or not within the budget. Grid points stand at whole multiples of
    the cell, so an area does not depend on the others of the call.

    Raises
    ------
    EngineError
        As for :func:`reached_stretches`; also if width or cell is out of range, or an area needs
        more than ``CELLS_AT_MOST`` grid points.
    """
    if not 0 < cell <= width < np.inf:
        raise EngineError("the cell must be positive and at most the width, both finite")
    search = _Search(streets, origins, _limits(budgets), leaving=leaving)

    def rings(rows: Int32) -> tuple[Float64, Int64, Int64, Int64]:
        row, edge, begin, finish = search.stretches(rows)
        order = np.argsort(row, kind="stable")
        present, first = np.unique(row[order], return_index=True)
        offsets, places = _cut(search.streets.edges, edge[order], begin[order], finish[order])
        vertices, bounds, ring_row, shell = contour.outlines(
            np.append(first, len(row)),
            0,
            len(present),
            offsets,
            places,
            float(width),
            float(cell),
            CELLS_AT_MOST,
        )
        if not len(bounds):
            raise EngineError("an isochrone has too many grid points: choose a larger cell")
        return vertices, bounds, present[ring_row], shell.astype(np.int64)

    parts = on_threads(rings, search.chunks(), threads)
    shape = (origins.count, len(search.limits))
    return _polygons(parts, shape[0] * shape[1]).reshape(shape)


class _Search:
    """Bounded searches from origins over streets, all turned round where they are to be reached."""

    def __init__(
        self, streets: StreetMap, origins: Places, limits: Int32, *, leaving: bool
    ) -> None:
        self.streets = streets if leaving else streets.reversed
        self.limits = limits
        self.limit = int(limits.max(initial=0))
        graph = self.streets.graph
        self.seeds = origins.leaving() if leaving else origins.arriving()
        self.seeds.require_fit(graph, origins.count)
        self.seed_offsets = np.searchsorted(self.seeds.item, np.arange(origins.count + 1))
        self.own = _own_stretches(self.streets, origins, limits, leaving=leaving)
        self.own_offsets = np.searchsorted(
            self.own[0], np.arange(origins.count + 1) * max(len(limits), 1)
        )

    def chunks(self) -> list[Int32]:
        """Return origins with seeds, in the order of their nodes, cut in chunks; at least one."""
        attached = np.flatnonzero(np.diff(self.seed_offsets)).astype(np.int32)
        rows = attached[np.argsort(self.seeds.node[self.seed_offsets[attached]], kind="stable")]
        return [rows[k : k + CHUNK] for k in range(0, max(len(rows), 1), CHUNK)]

    def stretches(self, rows: Int32) -> tuple[Int64, Int32, Float64, Float64]:
        """Return row numbers (origin-major with the budgets) and stretches, which may overlap."""
        graph, edges = self.streets.graph, self.streets.edges
        bounds, nodes, found = kernels.search(
            graph.offsets,
            graph.targets,
            graph.costs,
            self.seeds.node,
            self.seeds.cost,
            self.seed_offsets,
            rows,
            self.limit,
            calendar_shift(graph, self.limit),
        )
        offsets, edge, begin, finish = kernels.reached_stretches(
            bounds,
            nodes,
            found,
            self.limits,
            *self.streets.incident,
            edges.start,
            edges.end,
            edges.forward,
            edges.backward,
        )
        budget_count = len(self.limits)
        row = rows.astype(np.int64)[:, None] * budget_count + np.arange(budget_count)
        row = np.repeat(row.ravel(), np.diff(offsets))
        mine = [np.arange(self.own_offsets[k], self.own_offsets[k + 1]) for k in rows]
        own = np.concatenate([np.empty(0, dtype=np.int64), *mine])
        return (
            np.concatenate([row, self.own[0][own]]),
            np.concatenate([edge, self.own[1][own]]),
            np.concatenate([begin, self.own[2][own]]),
            np.concatenate([finish, self.own[3][own]]),
        )


def _limits(budgets: ArrayLike) -> Int32:
    limits = np.atleast_1d(np.asarray(budgets))
    return np.array([largest_cost(int(limit)) for limit in limits], dtype=np.int32)


def _own_stretches(
    streets: StreetMap, origins: Places, limits: Int32, *, leaving: bool
) -> tuple[Int64, Int32, Float64, Float64]:
    """Stretches that begin at the origins themselves: along the edge they hang on, or a point."""
    if origins.points is None:
        item, edge, begin, finish = _at_nodes(streets, origins.nodes, limits)
    else:
        item, edge, begin, finish = _at_points(streets, origins.points, limits, leaving=leaving)
    budget_count = max(len(limits), 1)
    row = item[:, None].astype(np.int64) * budget_count + np.arange(len(limits))
    keep = ~np.isnan(begin).ravel()
    edge = np.repeat(edge, len(limits))
    row, edge = row.ravel()[keep], edge[keep]
    begin, finish = begin.ravel()[keep], finish.ravel()[keep]
    order = np.argsort(row, kind="stable")
    return row[order], edge[order].astype(np.int32), begin[order], finish[order]


def _at_nodes(
    streets: StreetMap, nodes: Int32, limits: Int32
) -> tuple[Int32, Int32, Float64, Float64]:
    offsets, edges = streets.incident
    item = np.flatnonzero(offsets[nodes + 1] > offsets[nodes]).astype(np.int32)
    edge = edges[offsets[nodes[item]]]
    share = np.where(streets.edges.start[edge] == nodes[item], 0.0, 1.0)
    place = np.repeat(share[:, None], len(limits), axis=1)
    return item, edge, place, place


def _at_points(
    streets: StreetMap, points: Attachments, limits: Int32, *, leaving: bool
) -> tuple[Int32, Int32, Float64, Float64]:
    edges = streets.edges
    ahead, back = edges.forward[points.edge], edges.backward[points.edge]
    may, may_back = ahead != UNREACHABLE, back != UNREACHABLE
    before = points.from_start if leaving else points.to_start
    before_back = points.to_start if leaving else points.from_start
    walked = np.where(may, before, before_back)
    share = walked / np.maximum(np.where(may, ahead, back), 1)
    left = limits[None, :].astype(np.int64) - points.access[:, None]
    forth = np.where(may[:, None], left / np.maximum(ahead, 1)[:, None], 0.0)
    rear = np.where(may_back[:, None], left / np.maximum(back, 1)[:, None], 0.0)
    begin = np.maximum(share[:, None] - rear, 0.0)
    begin[left < 0] = np.nan
    return points.item, points.edge, begin, np.minimum(share[:, None] + forth, 1.0)


def _first_of_merged(row: Int64, edge: Int32, begin: Float64, finish: Float64) -> Int64:
    """Where a new stretch begins, after sorting; stretches of one edge that meet are one."""
    if not len(row):
        return np.empty(0, dtype=np.int64)
    other = np.ones(len(row), dtype=bool)
    other[1:] = (row[1:] != row[:-1]) | (edge[1:] != edge[:-1])
    group = np.cumsum(other) * 2.0
    furthest = np.maximum.accumulate(group + finish)
    apart = other.copy()
    apart[1:] |= group[1:] + begin[1:] > furthest[:-1]
    return np.flatnonzero(apart)


def _cut(edges: EdgeLines, edge: Int32, begin: Float64, finish: Float64) -> tuple[Int64, Float64]:
    offsets, places = kernels.cut_lines(
        edge, begin, finish, edges.coordinates, edges.offsets, edges.along
    )
    return offsets, places


def _polygons(parts: list[tuple[Float64, Int64, Int64, Int64]], count: int) -> Shapes:
    """Turn rings into polygons with holes, one a row, MultiPolygons where a row has several."""
    vertices = np.concatenate([part[0] for part in parts])
    lengths = np.concatenate([np.diff(part[1]) for part in parts])
    row = np.concatenate([part[2] for part in parts])
    before = np.cumsum([0, *(len(part[2]) for part in parts)])[:-1]
    shell = np.concatenate([part[3] + k for part, k in zip(parts, before, strict=True)])
    areas: Shapes = np.full(count, shapely.Polygon(), dtype=object)
    if not len(row):
        return areas
    is_hole = shell != np.arange(len(row))
    order = np.lexsort((is_hole, shell, row))  # every shell, then its holes
    polygon = np.cumsum(~is_hole[order]) - 1
    rings = shapely.linearrings(vertices, indices=np.repeat(np.arange(len(row)), lengths))
    polygons = np.asarray(shapely.polygons(np.asarray(rings)[order], indices=polygon), dtype=object)
    owner = row[order][~is_hole[order]]
    present, first, size = np.unique(owner, return_index=True, return_counts=True)
    areas[present] = polygons[first]
    several = np.repeat(size, size) > 1
    if several.any():
        whole, part = np.unique(owner[several], return_inverse=True)
        areas[whole] = shapely.multipolygons(polygons[several], indices=part)
    return areas
