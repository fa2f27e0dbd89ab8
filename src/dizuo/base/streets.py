"""Streets as a routable graph: OpenStreetMap ways cut at their junctions.

Nodes are junctions (a node that two ways, or one way twice, share) and the ends of ways. Edges are
what lies between, with their bends kept. Bridges and tunnels join only where they share a node.
A gate or bollard that keeps somebody out is a node, too.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import CRS, Transformer

from dizuo.base.osm import OsmWays
from dizuo.base.osm_tags import metres, number, speed, texts
from dizuo.base.street_barriers import through
from dizuo.base.street_modes import NOT_STREETS, Passage, directions
from dizuo.engines.streets.order import hilbert_order
from dizuo.model.evidence import Evidence

__all__ = ["build_streets"]

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

MILLIMETRES: Final = 1000.0
FLAGS: Final = (
    "walk_forward",
    "walk_backward",
    "bike_forward",
    "bike_backward",
    "drive_forward",
    "drive_backward",
)


def build_streets(
    highways: OsmWays,
    crs: CRS | str,
    *,
    source: str = "osm",
    barriers: Mapping[int, Passage] = MappingProxyType({}),
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Cut ways into a graph of streets.

    Parameters
    ----------
    highways
        Ways with a ``highway`` tag; those that are not streets, or not now, are left out. Where
        the file lacks a node, the way is broken there rather than bridged.
    crs
        The city's metric system.
    source
        Id of the source, for the column ``source``.
    barriers
        Nodes that some mode cannot pass: gates, bollards, walls.

    Returns
    -------
    nodes
        The layer ``street_nodes``: ``id``, ``source``, ``node`` (int32, 0..n-1 along a Hilbert
        curve), ``x``, ``y``, for each mode whether it passes (``walk_through`` ...), Point.
    edges
        The layer ``street_edges``: one row an edge, sorted by ``start`` and ``end``. Lengths are
        planar in ``crs``, int32 millimetres and at least 1. ``id`` is ``street:w<way>.<k>``, k
        the running number of the piece along its way.
    """
    kept = np.array(
        [row for row, tags in enumerate(highways.tags) if tags["highway"] not in NOT_STREETS],
        dtype=np.int64,
    )
    ways = highways.take(kept)
    nodes = _known_nodes(ways)
    x, y = Transformer.from_crs("EPSG:4326", crs, always_xy=True).transform(nodes.lon, nodes.lat)
    pieces = _cut(nodes, np.array(sorted(barriers), dtype=np.int64))
    number_of, ids, first = _number_nodes(nodes.refs, pieces, x, y)
    length = _lengths(x, y, pieces)
    geometry = _lines(x, y, pieces)
    way = nodes.way[pieces.first]
    edges = gpd.GeoDataFrame(
        {
            "id": _edge_ids(ways.osm_id[way]),
            "source": source,
            "way": np.char.add("w", ways.osm_id[way].astype(str)),
            "start": number_of[pieces.first],
            "end": number_of[pieces.last],
            "length_mm": length,
        },
        geometry=geometry,
        crs=crs,
    )
    attributes = _attributes(ways)
    edges = pd.concat([edges, attributes.iloc[way].reset_index(drop=True)], axis=1)
    edges = edges[[*(name for name in edges.columns if name != "geometry"), "geometry"]]
    edges = edges.sort_values(["start", "end", "id"], kind="stable").reset_index(drop=True)
    node_table = gpd.GeoDataFrame(
        {
            "id": np.char.add("node:n", ids.astype(str)),
            "source": source,
            "node": np.arange(len(ids), dtype=np.int32),
            "x": x[first],
            "y": y[first],
            "elevation": np.nan,
            **{f"{mode}_through": may for mode, may in through(ids, edges, barriers).items()},
        },
        geometry=shapely.points(x[first], y[first]),
        crs=crs,
    )
    return node_table, edges


@dataclass(frozen=True, eq=False)
class _Nodes:
    """Node references of all ways in a row; ``run`` changes where a line must not continue."""

    way: Ints
    run: Ints
    refs: Ints
    lon: Floats
    lat: Floats


@dataclass(frozen=True, eq=False)
class _Pieces:
    """Pieces between junctions: positions of their first and last node in the row of nodes."""

    first: Ints
    last: Ints


def _known_nodes(ways: OsmWays) -> _Nodes:
    """Drop nodes without a position and repeated ones; break the line at the former."""
    way = np.repeat(np.arange(len(ways)), np.diff(ways.offsets))
    known = ~np.isnan(ways.lon)
    run = np.cumsum(~known) + way  # grows at each gap and at each new way
    way, run, refs = way[known], run[known], ways.refs[known]
    lon, lat = ways.lon[known], ways.lat[known]
    repeated = np.zeros(len(refs), dtype=bool)
    repeated[1:] = (run[1:] == run[:-1]) & (refs[1:] == refs[:-1])
    keep = ~repeated
    sizes = np.bincount(run[keep], minlength=int(run.max(initial=0)) + 1)
    keep &= sizes[run] >= 2
    return _Nodes(way[keep], run[keep], refs[keep], lon[keep], lat[keep])


def _cut(nodes: _Nodes, barriers: Ints) -> _Pieces:
    count = len(nodes.refs)
    starts = np.ones(count, dtype=bool)
    starts[1:] = nodes.run[1:] != nodes.run[:-1]
    ends = np.ones(count, dtype=bool)
    ends[:-1] = starts[1:]
    _, which, uses = np.unique(nodes.refs, return_inverse=True, return_counts=True)
    junction = (uses[which] > 1) | starts | ends | np.isin(nodes.refs, barriers)
    position = np.flatnonzero(junction)
    within = ~starts[position[1:]] if len(position) else np.zeros(0, dtype=bool)
    return _Pieces(position[:-1][within], position[1:][within])


def _number_nodes(
    refs: Ints, pieces: _Pieces, x: Floats, y: Floats
) -> tuple[NDArray[np.int32], Ints, Ints]:
    """Give numbers to the ends of pieces, along a Hilbert curve.

    Returns
    -------
    The number at each position (-1 between junctions), and for each number the node's id and a
    position where it stands.
    """
    ends = np.concatenate([pieces.first, pieces.last])
    ids, first, which = np.unique(refs[ends], return_index=True, return_inverse=True)
    order = hilbert_order(x[ends][first], y[ends][first])
    rank = np.empty(len(ids), dtype=np.int32)
    rank[order] = np.arange(len(ids), dtype=np.int32)
    number_of = np.full(len(refs), -1, dtype=np.int32)
    number_of[ends] = rank[which]
    return number_of, ids[order], ends[first[order]]


def _lengths(x: Floats, y: Floats, pieces: _Pieces) -> NDArray[np.int32]:
    """Planar lengths, rounded once a piece, so that bends add no rounding."""
    steps = np.concatenate([[0.0], np.hypot(np.diff(x), np.diff(y))])
    along = np.add.reduceat(
        np.concatenate([steps, [0.0]]),
        np.column_stack([pieces.first + 1, pieces.last + 1]).ravel(),
    )[::2]
    return np.maximum(np.rint(along * MILLIMETRES), 1).astype(np.int32)


def _lines(x: Floats, y: Floats, pieces: _Pieces) -> NDArray[np.object_]:
    sizes = pieces.last - pieces.first + 1
    begin = np.concatenate([[0], np.cumsum(sizes)])
    piece = np.repeat(np.arange(len(sizes)), sizes)
    position = np.arange(begin[-1]) - begin[piece] + pieces.first[piece]
    if not len(sizes):
        return np.empty(0, dtype=object)
    return np.asarray(
        shapely.linestrings(np.column_stack([x[position], y[position]]), indices=piece),
        dtype=object,
    )


def _edge_ids(way: Ints) -> NDArray[np.str_]:
    """Give names to the pieces of each way, counted from 0 in the order of its nodes."""
    if not len(way):
        return np.empty(0, dtype=np.str_)
    begins = np.concatenate([[True], way[1:] != way[:-1]])
    running = np.arange(len(way)) - np.flatnonzero(begins)[np.cumsum(begins) - 1]
    name: Any = np.char.add("street:w", way.astype(str))
    return np.char.add(np.char.add(name, "."), running.astype(str))


_NO_TUNNEL = ("", "no", "building_passage")  # a passage through a building lies at grade


def _attributes(ways: OsmWays) -> pd.DataFrame:
    """One row a way: what its tags say of the street."""
    tags = ways.tags
    highway = texts(tags, "highway")
    flags = [directions(each) for each in tags]
    attributes: dict[str, Any] = {
        "highway": highway,
        "name": texts(tags, "name"),
        "surface": texts(tags, "surface"),
        "lit": texts(tags, "lit"),
        "maxspeed_kmh": np.array([speed(each.get("maxspeed")) for each in tags], dtype=float),
        "width": np.array([metres(each.get("width")) for each in tags], dtype=float),
        "lanes": np.array([number(each.get("lanes")) for each in tags], dtype=float),
        "incline": texts(tags, "incline"),
        "grade": np.nan,
        "grade_evidence": str(Evidence.MISSING),
        "sidewalk": np.array([_sidewalk(each) for each in tags], dtype=object),
        "cycleway": np.array([_cycleway(each) for each in tags], dtype=object),
        "service": texts(tags, "service"),
        "layer": np.nan_to_num([number(each.get("layer")) for each in tags]).astype(np.int32),
        "stairs": highway == "steps",
        "bridge": np.array([each.get("bridge", "no") != "no" for each in tags], dtype=bool),
        "tunnel": ~np.isin(texts(tags, "tunnel"), _NO_TUNNEL),
    }
    for flag in FLAGS:
        attributes[flag] = np.array([getattr(each, flag) for each in flags], dtype=bool)
    return pd.DataFrame(attributes)


def _sidewalk(tags: dict[str, str]) -> str:
    """Return both, left, right, no, separate or "" (unknown)."""
    value = tags.get("sidewalk", "")
    if value == "none":
        return "no"
    if value:
        return value
    if both := tags.get("sidewalk:both", ""):
        return "both" if both == "yes" else both
    sides = [side for side in ("left", "right") if tags.get(f"sidewalk:{side}") == "yes"]
    return "both" if len(sides) == 2 else "".join(sides)


def _cycleway(tags: dict[str, str]) -> str:
    """Return the best provision for bicycles: track, lane, shared, no or "" (unknown)."""
    if tags["highway"] == "cycleway":
        return "track"
    found = {
        tags[key] for side in ("", ":left", ":right", ":both") if (key := f"cycleway{side}") in tags
    }
    for kind, values in (
        ("track", {"track", "opposite_track", "sidepath"}),
        ("lane", {"lane", "opposite_lane", "crossing"}),
        ("shared", {"shared_lane", "share_busway", "opposite", "opposite_share_busway", "shared"}),
        ("no", {"no", "none"}),
    ):
        if found & values:
            return kind
    return ""
