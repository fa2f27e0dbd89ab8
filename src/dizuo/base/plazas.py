"""Squares are walked across: straight lines between the streets that meet their outlines.

A mapped pedestrian area holds no line to walk on but its outline. Its shortest paths run straight
between the street nodes on its outline and the corners that stand in the way: a visibility graph
(Lozano-Pérez and Wesley 1979). Inner rings are obstacles; buildings that the map draws over an
area without cutting it out are not.
"""

from dataclasses import dataclass
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import CRS, Transformer
from shapely import Polygon

from dizuo.base.street_modes import Directions, directions

__all__ = ["build_crossings"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

OPEN_AREAS: Final = frozenset({"footway", "living_street", "path", "pedestrian"})
"""Values of ``highway`` of areas that are walked across; a platform is walked along."""

MILLIMETRES: Final = 1000.0
_NOTHING: Final = 1e-6  # metres: a middle that rounding puts beside the outline is on it
MOST_CORNERS: Final = 400  # lines of sight grow with the square; more corners are a mapped curve


@dataclass(frozen=True, eq=False)
class _Sight:
    """What one polygon adds: lines of sight between its points."""

    xy: Floats
    node: Ints
    first: Ints
    second: Ints


def build_crossings(
    areas: gpd.GeoDataFrame, nodes: gpd.GeoDataFrame, crs: CRS | str, *, source: str = "osm"
) -> gpd.GeoDataFrame:
    """Draw the straight walks across pedestrian areas.

    Parameters
    ----------
    areas
        Areas of an extract in WGS 84: ``id``, ``tags``.
    nodes
        The layer ``street_nodes``.
    crs
        The city's metric system.

    Returns
    -------
    The layer ``street_crossings``. Nodes numbered from ``len(nodes)`` on are corners of areas.
    """
    to_metres = Transformer.from_crs("EPSG:4326", crs, always_xy=True)
    number_at = {
        place: int(number)
        for *place_, number in zip(
            _millimetres(nodes["x"]), _millimetres(nodes["y"]), nodes["node"], strict=True
        )
        if (place := tuple(place_))
    }
    parts: list[gpd.GeoDataFrame] = []
    next_node = len(nodes)
    for name, tags, shape in _walked_across(areas):
        metric = shapely.transform(
            shape, lambda xy: np.column_stack(to_metres.transform(xy[:, 0], xy[:, 1]))
        )
        for polygon in shapely.get_parts(metric):
            sight = _lines_of_sight(polygon, number_at, outlined=name.startswith("w"))
            if sight is None:
                continue
            corners = sight.node < 0
            sight.node[corners] = np.arange(next_node, next_node + corners.sum())
            next_node += int(corners.sum())
            parts.append(_rows(name, directions(tags), sight, source, crs))
    if not parts:
        return _rows("", _NOBODY, _NO_SIGHT, source, crs)
    table = gpd.GeoDataFrame(pd.concat(parts, ignore_index=True), crs=crs)
    running = table.groupby("way", sort=False).cumcount().astype(str)
    table["id"] = "crossing:" + table["way"] + "." + running
    return table


_NOBODY: Final = Directions(*[False] * 6)
_NO_SIGHT: Final = _Sight(np.empty((0, 2)), *(np.empty(0, dtype=np.int64) for _ in range(3)))


def _walked_across(areas: gpd.GeoDataFrame) -> list[tuple[str, dict[str, str], shapely.Geometry]]:
    """Return the areas that the public may walk across, by id."""
    found = [
        (name, tags, shape)
        for name, tags, shape in zip(areas["id"], areas["tags"], areas.geometry, strict=True)
        if tags.get("highway") in OPEN_AREAS
        and (name.startswith("r") or tags.get("area") == "yes")
        and directions(tags).walk_forward
    ]
    return sorted(found, key=lambda one: one[0])


def _millimetres(metres: pd.Series | Floats) -> list[int]:
    return [int(value) for value in np.rint(np.asarray(metres) * MILLIMETRES)]


def _lines_of_sight(
    polygon: Polygon, number_at: dict[tuple[int, ...], int], *, outlined: bool
) -> _Sight | None:
    """Return the lines of sight between streets and corners; None where fewer than two meet.

    Parameters
    ----------
    outlined
        Whether the outline itself is a street: neighbours on it need no second line.
    """
    xy, corner, ring, place = _vertices(shapely.orient_polygons(polygon))
    keys = zip(_millimetres(xy[:, 0]), _millimetres(xy[:, 1]), strict=True)
    node = np.array([number_at.get(key, -1) for key in keys], dtype=np.int64)
    if len(np.unique(node[node >= 0])) < 2:
        return None
    if len(node) > MOST_CORNERS:
        corner[:] = False
    kept = np.flatnonzero((node >= 0) | corner)
    first, second = (kept[side] for side in np.triu_indices(len(kept), 1))
    size = np.bincount(ring)[ring]
    apart = (place[second] - place[first]) % size[first]
    neighbours = (ring[first] == ring[second]) & ((apart == 1) | (apart == size[first] - 1))
    joined = neighbours & (node[first] >= 0) & (node[second] >= 0)
    shapely.prepare(polygon)
    middles = shapely.points((xy[first] + xy[second]) / 2)
    seen = neighbours | shapely.dwithin(polygon, middles, _NOTHING)
    asked = np.flatnonzero(seen & ~neighbours)  # most lines leave the area by their middle
    lines = shapely.linestrings(np.stack([xy[first[asked]], xy[second[asked]]], axis=1))
    seen[asked] = shapely.covers(polygon, lines)
    seen &= ~(joined & outlined)
    seen &= (node[first] < 0) | (node[first] != node[second])
    local = np.full(len(node), -1, dtype=np.int64)
    local[kept] = np.arange(len(kept))
    return _Sight(xy[kept], node[kept], local[first[seen]], local[second[seen]])


def _vertices(polygon: Polygon) -> tuple[Floats, Bools, Ints, Ints]:
    """Return the vertices of all rings: place, whether paths bend there, ring, place on it.

    The outer ring turns counter-clockwise and the inner ones clockwise, so the area lies on the
    left, and a right turn is a corner that stands in the way.
    """
    rings = [shapely.get_coordinates(ring)[:-1] for ring in (polygon.exterior, *polygon.interiors)]
    corner: list[Bools] = []
    for ring in rings:
        before, after = ring - np.roll(ring, 1, axis=0), np.roll(ring, -1, axis=0) - ring
        corner.append(before[:, 0] * after[:, 1] - before[:, 1] * after[:, 0] < 0)
    sizes = [len(ring) for ring in rings]
    return (
        np.concatenate(rings),
        np.concatenate(corner),
        np.repeat(np.arange(len(rings)), sizes),
        np.concatenate([np.arange(size) for size in sizes]),
    )


def _rows(
    name: str, may: Directions, sight: _Sight, source: str, crs: CRS | str
) -> gpd.GeoDataFrame:
    ends = np.stack([sight.xy[sight.first], sight.xy[sight.second]], axis=1)
    length = np.hypot(*(ends[:, 1] - ends[:, 0]).T)
    count = len(sight.first)
    return gpd.GeoDataFrame(
        {
            "id": np.full(count, "", dtype=object),
            "source": source,
            "way": np.full(count, name, dtype=object),
            "start": sight.node[sight.first].astype(np.int32),
            "end": sight.node[sight.second].astype(np.int32),
            "length_mm": np.maximum(np.rint(length * MILLIMETRES), 1).astype(np.int32),
            "walk_forward": may.walk_forward,
            "walk_backward": may.walk_forward,
            "bike_forward": may.bike_forward,
            "bike_backward": may.bike_forward,
            "drive_forward": False,
            "drive_backward": False,
        },
        geometry=shapely.linestrings(ends) if count else np.empty(0, dtype=object),
        crs=crs,
    )
