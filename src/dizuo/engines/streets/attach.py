"""Hang points, lines and areas on the edges of a street network.

A point hangs at the nearest point on an edge that the mode may use; between edges equally near,
the lowest edge number wins. An area (a park, a school yard) hangs at its gates: the places where
edges cross its outline. Coordinates are metres in the city's own CRS.
"""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import shapely
from numpy.typing import NDArray

from dizuo.engines.segments import SegmentGrid
from dizuo.engines.streets import _kernels_attach as kernels
from dizuo.engines.streets.attachments import Attachments
from dizuo.engines.streets.graph import UNREACHABLE, Graph
from dizuo.model.errors import EngineError

__all__ = ["EdgeLines", "attach_areas", "attach_points", "attach_shapes"]

Float64 = NDArray[np.float64]
Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]
Bool = NDArray[np.bool_]
Shapes = NDArray[np.object_]

_AT_NODE = 0.0005  # metres: nearer to an edge's end than half a millimetre is at the node
_FIRST_REACH = 100.0  # metres: how far a street outside an area is looked for at first


@dataclass(frozen=True, eq=False)
class EdgeLines:
    """The edges of a street network with their lines and the costs of one mode.

    Attributes
    ----------
    start, end
        int32, m. Nodes at the ends of each edge.
    forward, backward
        int32, m. Cost of the whole edge with and against its direction (mm or ms),
        ``UNREACHABLE`` where the mode may not go.
    coordinates
        float64, (c, 2). Vertices of all lines, one after another, metres.
    offsets
        int64, m + 1. Vertices of edge ``i`` stand at ``offsets[i]:offsets[i + 1]``, at least two.
    """

    start: Int32
    end: Int32
    forward: Int32
    backward: Int32
    coordinates: Float64
    offsets: Int64
    _kerbs: dict[bytes, "_Kerb"] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        count = len(self.offsets) - 1
        if not len(self.start) == len(self.end) == len(self.forward) == len(self.backward) == count:
            raise EngineError("edges need one start, end, forward and backward cost a line")
        if count and np.diff(self.offsets).min() < 2:
            raise EngineError("every edge needs a line of at least two vertices")
        if not np.isfinite(self.coordinates).all():
            raise EngineError("coordinates of edges must be finite numbers")

    def __len__(self) -> int:
        return len(self.start)

    @classmethod
    def from_lines(
        cls, lines: Shapes, start: Int32, end: Int32, forward: Int32, backward: Int32
    ) -> "EdgeLines":
        """Build from shapely LineStrings, each drawn from its start node to its end node."""
        coordinates, owner = shapely.get_coordinates(lines, return_index=True)
        offsets = np.zeros(len(lines) + 1, dtype=np.int64)
        np.cumsum(np.bincount(owner, minlength=len(lines)), out=offsets[1:])
        whole = [np.ascontiguousarray(part, dtype=np.int32) for part in (start, end)]
        costs = [np.ascontiguousarray(part, dtype=np.int32) for part in (forward, backward)]
        return cls(whole[0], whole[1], costs[0], costs[1], coordinates, offsets)

    @cached_property
    def usable(self) -> Bool:
        """Whether the mode may use the edge in at least one direction."""
        usable: Bool = (self.forward != UNREACHABLE) | (self.backward != UNREACHABLE)
        return usable

    @cached_property
    def lines(self) -> Shapes:
        """The edges as shapely LineStrings."""
        owner = np.repeat(np.arange(len(self)), np.diff(self.offsets))
        return np.asarray(shapely.linestrings(self.coordinates, indices=owner), dtype=object)

    @cached_property
    def segment_edge(self) -> Int32:
        """Edge of the segment that begins at each vertex, -1 for the last vertex of a line."""
        owner = np.repeat(np.arange(len(self), dtype=np.int32), np.diff(self.offsets))
        owner[self.offsets[1:] - 1] = -1
        return owner

    @cached_property
    def along(self) -> Float64:
        """Distance of each vertex from the start of its line, metres."""
        along = np.empty(len(self.coordinates))
        kernels.measure_lines(self.coordinates, self.offsets, along)
        return along

    def kerb(self, attachable: Bool | None = None) -> "_Kerb":
        """Return the usable edges that things may hang on; laid out when first asked for."""
        allowed = self.usable if attachable is None else self.usable & attachable
        key = np.packbits(allowed).tobytes()
        if key not in self._kerbs:
            begins = np.flatnonzero(self.segment_edge >= 0).astype(np.int32)
            begins = begins[allowed[self.segment_edge[begins]]]
            grid = SegmentGrid.of(self.coordinates, begins)
            self._kerbs[key] = _Kerb(np.flatnonzero(allowed), self.lines[allowed], grid)
        return self._kerbs[key]

    def graph(self, node_count: int) -> Graph:
        """Return the directed graph of the mode over ``node_count`` nodes."""
        ahead, back = self.forward != UNREACHABLE, self.backward != UNREACHABLE
        return Graph.from_arcs(
            node_count,
            np.concatenate([self.start[ahead], self.end[back]]),
            np.concatenate([self.end[ahead], self.start[back]]),
            np.concatenate([self.forward[ahead], self.backward[back]]),
        )


@dataclass(frozen=True, eq=False)
class _Kerb:
    """The edges that things may hang on, laid out once for all that is asked of them.

    Attributes
    ----------
    edge
        int64. Numbers of the edges, ascending.
    lines
        Their lines.
    grid
        Their segments.
    """

    edge: Int64
    lines: Shapes
    grid: SegmentGrid

    @cached_property
    def tree(self) -> shapely.STRtree:
        """The lines, to be asked what they meet."""
        return shapely.STRtree(self.lines)


def attach_points(
    points: Float64,
    items: NDArray[np.integer],
    edges: EdgeLines,
    *,
    access_cost_per_metre: float = 1000.0,
    maximum_distance: float | None = None,
    attachable: Bool | None = None,
) -> Attachments:
    """Hang each point at the nearest point on an edge.

    Parameters
    ----------
    points
        float64, (p, 2), metres, in the CRS of the edges.
    items
        p running numbers of the items that the points belong to, in any order.
    edges
        The street network of one mode; edges closed to the mode are passed over.
    access_cost_per_metre
        Cost of the straight leg to the edge: 1000 for millimetres, or ms per metre of the walk.
    maximum_distance
        Points farther than this from every edge, in metres, stay without an attachment.
    attachable
        bool, m. Edges that points may hang on, say all but tunnels; all by default.

    Returns
    -------
    Attachments, ascending by item and, within an item, in the order of the points. Costs along
    the edge are in proportion to the position, and ``from_start + to_end`` is the edge's forward
    cost, ``from_end + to_start`` its backward cost, to the unit. A point within half a millimetre
    of the edge's end stands at the node, and may leave and arrive there at no cost in any
    direction.

    Raises
    ------
    EngineError
        If a coordinate is not a finite number, arrays differ in length, or a straight leg costs
        more than 2^30.
    """
    points = np.ascontiguousarray(points, dtype=np.float64).reshape(-1, 2)
    if len(points) != len(items):
        raise EngineError("points and items must have the same length")
    if not np.isfinite(points).all():
        raise EngineError("coordinates of points must be finite numbers")
    limit = np.inf if maximum_distance is None else float(maximum_distance)
    segment, share, distance = edges.kerb(attachable).grid.nearest(points, limit)
    found = np.flatnonzero(segment >= 0)
    order = found[np.argsort(np.asarray(items)[found], kind="stable")]
    return _hang(
        np.asarray(items)[order],
        edges,
        segment[order],
        share[order],
        distance[order] * access_cost_per_metre,
    )


def attach_areas(
    areas: Shapes,
    items: NDArray[np.integer],
    edges: EdgeLines,
    *,
    access_cost_per_metre: float = 1000.0,
    maximum_distance: float | None = None,
    attachable: Bool | None = None,
) -> Attachments:
    """Hang each area or line at its gates: every place where an edge meets its outline.

    An edge that runs along the outline gives a gate at both ends of the shared stretch. Edges
    that meet at one place give one gate, on the lowest of them. Inner edges give none: who stands
    at the gate has arrived. Where no edge meets the outline, the nearest point on an edge outside
    serves (on an inner edge if there is no other), with the straight leg from there to the area.
    Parameters, order and errors are those of ``attach_points``; gates of one area are ascending
    by edge and position.
    """
    areas, items = np.asarray(areas, dtype=object), np.asarray(items)
    if len(areas) != len(items):
        raise EngineError("areas and items must have the same length")
    if (shapely.is_missing(areas) | shapely.is_empty(areas)).any():
        raise EngineError("an area without geometry cannot be attached")
    kerb = edges.kerb(attachable)
    lines = kerb.lines
    flat = shapely.get_dimensions(areas) == 2
    outlines = np.where(flat, shapely.boundary(areas), areas)
    area, line = kerb.tree.query(outlines, predicate="intersects")
    met, part = _gates(shapely.intersection(lines[line], outlines[area]))
    area, line, distance = area[part], line[part], np.zeros(len(part))
    lonely = np.setdiff1d(np.arange(len(areas)), area)
    near_area, near_line, near, gap = _nearest_outside(areas[lonely], kerb, maximum_distance)
    area = np.concatenate([area, lonely[near_area]])
    edge = kerb.edge[np.concatenate([line, near_line])]
    places = np.concatenate([met, near])
    distance = np.concatenate([distance, gap])
    segment, share = _locate(places, edge, edges)
    order = np.lexsort((share, segment, items[area]))
    area, segment, share, places = area[order], segment[order], share[order], places[order]
    single = _first_of_each(area, places)
    return _hang(
        items[area[single]],
        edges,
        segment[single],
        share[single],
        distance[order][single] * access_cost_per_metre,
    )


def attach_shapes(
    shapes: Shapes,
    items: NDArray[np.integer],
    edges: EdgeLines,
    *,
    access_cost_per_metre: float = 1000.0,
    maximum_distance: float | None = None,
    attachable: Bool | None = None,
) -> Attachments:
    """Hang points by ``attach_points`` and every other shape by ``attach_areas``."""
    shapes, items = np.asarray(shapes, dtype=object), np.asarray(items)
    single = shapely.get_type_id(shapes) == shapely.GeometryType.POINT
    points = attach_points(
        shapely.get_coordinates(shapes[single]),
        items[single],
        edges,
        access_cost_per_metre=access_cost_per_metre,
        maximum_distance=maximum_distance,
        attachable=attachable,
    )
    areas = attach_areas(
        shapes[~single],
        items[~single],
        edges,
        access_cost_per_metre=access_cost_per_metre,
        maximum_distance=maximum_distance,
        attachable=attachable,
    )
    order = np.argsort(np.concatenate([points.item, areas.item]), kind="stable")
    return Attachments(
        **{
            name: np.concatenate([getattr(points, name), getattr(areas, name)])[order]
            for name in points.__dataclass_fields__
        }
    )


def _hang(
    item: NDArray[np.integer], edges: EdgeLines, segment: Int32, share: Float64, access: Float64
) -> Attachments:
    """Turn places on segments into attachments with whole costs."""
    if len(access) and access.max() >= UNREACHABLE // 2:
        raise EngineError("a point lies too far from every street: check its coordinates")
    edge = edges.segment_edge[segment]
    before, after = edges.along[segment], edges.along[segment + 1]
    total = edges.along[edges.offsets[edge + 1] - 1]
    walked = before + share * (after - before)
    at_end = total - walked < _AT_NODE
    at_start = ~at_end & (walked < _AT_NODE) | (walked == 0.0)
    with np.errstate(invalid="ignore"):
        position = np.where(at_start | (total == 0.0), 0.0, np.where(at_end, 1.0, walked / total))
    from_start, to_end = _split(edges.forward[edge], position)
    to_start, from_end = _split(edges.backward[edge], position)
    for at, arriving, leaving in ((at_start, from_start, to_start), (at_end, from_end, to_end)):
        arriving[at] = 0
        leaving[at] = 0
    return Attachments(
        item.astype(np.int32),
        edge.astype(np.int32),
        edges.start[edge],
        edges.end[edge],
        to_start,
        to_end,
        from_start,
        from_end,
        np.rint(access).astype(np.int32),
    )


def _split(cost: Int32, position: Float64) -> tuple[Int32, Int32]:
    """Cut whole costs at a share of the way from the start into two whole parts."""
    allowed = cost != UNREACHABLE
    first = np.rint(cost * position).astype(np.int64)
    near = np.where(allowed, first, UNREACHABLE)
    return near.astype(np.int32), np.where(allowed, cost - first, UNREACHABLE).astype(np.int32)


def _gates(crossings: Shapes) -> tuple[Float64, Int64]:
    """Places of points, and of both ends of lines, with the number of the crossing they are of."""
    parts, owner = shapely.get_parts(crossings, return_index=True)
    parts, inner = shapely.get_parts(parts, return_index=True)
    owner = owner[inner]
    met = ~shapely.is_empty(parts)  # rounding may leave nothing of lines that just touch
    parts, owner = parts[met], owner[met]
    lines = shapely.get_type_id(parts) == shapely.GeometryType.LINESTRING
    points = shapely.get_type_id(parts) == shapely.GeometryType.POINT
    ends = np.concatenate([shapely.get_point(parts[lines], 0), shapely.get_point(parts[lines], -1)])
    places = np.concatenate([parts[points], ends])
    owners = np.concatenate([owner[points], owner[lines], owner[lines]])
    return shapely.get_coordinates(places), owners


def _nearest_outside(
    areas: Shapes, kerb: _Kerb, maximum_distance: float | None
) -> tuple[Int64, Int64, Float64, Float64]:
    """Nearest line to each area that it does not contain, the place on it, and the distance."""
    lines = kerb.lines
    if not len(areas) or not len(lines):
        nothing = np.empty(0, dtype=np.int64)
        return nothing, nothing, np.empty((0, 2)), np.empty(0)
    area, line = kerb.tree.query_nearest(areas, all_matches=True)
    inside = shapely.contains_properly(areas[area], lines[line])
    blocked = np.unique(area[inside])
    keep = ~np.isin(area, blocked)
    area, line = list(area[keep]), list(line[keep])
    for one in blocked:  # rare: an area with paths of its own that reach no street
        line.append(_nearest_beyond(areas[one], kerb))
        area.append(one)
    area, line = np.array(area, dtype=np.int64), np.array(line, dtype=np.int64)
    order = np.lexsort((line, area))
    area, line = area[order], line[order]
    single = np.ones(len(area), dtype=bool)
    single[1:] = area[1:] != area[:-1]
    area, line = area[single], line[single]
    distance = shapely.distance(areas[area], lines[line])
    if maximum_distance is not None:
        near = distance <= maximum_distance
        area, line, distance = area[near], line[near], distance[near]
    places = shapely.get_coordinates(
        shapely.get_point(shapely.shortest_line(areas[area], lines[line]), 1)
    ).reshape(-1, 2)
    return area, line, places, distance


def _nearest_beyond(area: shapely.Geometry, kerb: _Kerb) -> int:
    """Nearest line that does not lie wholly inside an area; the nearest at all if all do."""
    reach, lines = _FIRST_REACH, np.empty(0, dtype=np.int64)
    while len(lines) < len(kerb.lines):
        lines = np.sort(kerb.tree.query(area, "dwithin", reach))
        outside = lines[~shapely.contains_properly(area, kerb.lines[lines])]
        if len(outside):
            lines = outside
            break
        reach *= 4
    return int(lines[np.argmin(shapely.distance(area, kerb.lines[lines]))])


def _locate(places: Float64, edge: Int64, edges: EdgeLines) -> tuple[Int32, Float64]:
    """Find the segment of a given edge nearest to each place, and the share of the way along it."""
    first, last = edges.offsets[edge], edges.offsets[edge + 1] - 1
    count = last - first
    place = np.repeat(np.arange(len(places)), count)
    start_of = np.repeat(first - np.concatenate([[0], np.cumsum(count)[:-1]]), count)
    segment = np.arange(int(count.sum())) + start_of
    a, b = edges.coordinates[segment], edges.coordinates[segment + 1]
    along = b - a
    norm = (along**2).sum(axis=1)
    dot = ((places[place] - a) * along).sum(axis=1)
    share = np.clip(np.divide(dot, norm, out=np.zeros_like(dot), where=norm > 0), 0.0, 1.0)
    gap = ((places[place] - a - along * share[:, None]) ** 2).sum(axis=1)
    order = np.lexsort((segment, gap, place))
    best = order[np.concatenate([[True], place[order][1:] != place[order][:-1]])[: len(order)]]
    return segment[best].astype(np.int32), share[best]


def _first_of_each(area: Int64, places: Float64) -> Int64:
    """Rows that are the first of their area at their place, to the millimetre."""
    rounded = np.rint(places * 1000).astype(np.int64)
    key = np.column_stack([area, rounded])
    return np.sort(np.unique(key, axis=0, return_index=True)[1])
