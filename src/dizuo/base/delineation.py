"""Draw the places that values are reported on: blocks, cells, communities, districts, the city.

Blocks and cells tile the boundary: no gap, no overlap. Their ids are drawn from where they are, not
from how they are numbered, so that a small edit of the map leaves them alone.
"""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from dizuo.base.block_faces import Faces, cut_faces, merge_slivers
from dizuo.base.estimation import Estimation, load_estimation
from dizuo.model.errors import InputError
from dizuo.model.place import PlaceKind
from dizuo.model.text import Text

__all__ = ["City", "assign", "draw_blocks", "draw_cells", "draw_places"]

Shapes = NDArray[np.object_]

_SMALLEST_CELL = 1e-2
"""Cells of the binary grid (m) below which a block is named by a point."""
_MOST_CELLS = 200_000
"""Cells looked at for one block at most."""


@dataclass(frozen=True)
class City:
    """What the place ``city:<id>`` is called."""

    id: str
    name: str
    name_zh: str = ""


def draw_places(
    boundary: BaseGeometry,
    city: City,
    *,
    street_edges: gpd.GeoDataFrame,
    water: gpd.GeoDataFrame | None = None,
    lines: gpd.GeoDataFrame | None = None,
    divisions: gpd.GeoDataFrame | None = None,
    estimation: Estimation | None = None,
    source: str = "derived",
) -> gpd.GeoDataFrame:
    """Draw the layer ``places``.

    Parameters
    ----------
    boundary
        The city's area in its metric system.
    city
        Id and names of the city.
    street_edges
        The layer ``street_edges``; its CRS is the places' CRS.
    water
        The layer ``water``: its areas are taken off the land area of places.
    lines
        Rivers, railways and coast (columns ``kind`` and geometry) that cut blocks too.
    divisions
        The layer ``divisions``: communities and districts.
    estimation
        Numbers to delineate by; the packaged ones by default.
    source
        Id of the source, for the column ``source``.

    Returns
    -------
    ``id``, ``source``, ``kind``, ``name``, ``name_zh``, ``area`` (m², land inside the boundary),
    geometry. Communities and districts are clipped to the boundary.
    """
    estimation = estimation or load_estimation()
    crs = street_edges.crs
    parts = [
        _table([f"city:{city.id}"], PlaceKind.CITY, [city.name], [city.name_zh], [boundary], crs),
        draw_blocks(boundary, street_edges, lines=lines, estimation=estimation),
        draw_cells(boundary, crs, estimation=estimation),
    ]
    if divisions is not None and len(divisions):
        parts.append(_divisions(boundary, divisions, estimation))
    places = gpd.GeoDataFrame(pd.concat(parts, ignore_index=True), geometry="geometry", crs=crs)
    places["area"] = _land_area(places, water)
    places["source"] = source
    return places[["id", "source", "kind", "name", "name_zh", "area", "geometry"]]


def draw_blocks(
    boundary: BaseGeometry,
    street_edges: gpd.GeoDataFrame,
    *,
    lines: gpd.GeoDataFrame | None = None,
    estimation: Estimation | None = None,
) -> gpd.GeoDataFrame:
    """Cut the boundary into blocks along drivable streets, rivers and railways.

    Service roads cut if they are no driveway, parking aisle or alley; tunnels and bridges cut, for
    a street often dives under a building and goes on. Slivers (islands of crossings, strips
    between carriageways) join the neighbour with which they share the longest edge.

    The id of a block is its largest cell of the binary grid of the CRS,
    ``block:<size>E<east>N<north>`` in metres (of equals the most south-western): unique, because
    blocks do not overlap, and kept by edits that leave that cell.
    """
    estimation = estimation or load_estimation()
    rules = estimation.numbers["blocks"]
    highway = street_edges["highway"]
    cuts = highway.isin(rules["cut_by_highway"]) & (
        (highway != "service") | (street_edges["service"] == "")
    )
    cutting = [np.asarray(street_edges.geometry.array, dtype=object)[cuts.to_numpy()]]
    if lines is not None and len(lines):
        kinds = {*rules["cut_by_waterway"], *rules["cut_by_railway"], "coastline"}
        cutting.append(np.asarray(lines.geometry.array, dtype=object)[lines["kind"].isin(kinds)])
    faces: Faces = cut_faces(boundary, np.concatenate(cutting))
    shapes = merge_slivers(faces, float(rules["least_area"]), float(rules["least_width"]))
    names = [""] * len(shapes)
    table = _table(
        [f"block:{_cell_code(shape)}" for shape in shapes],
        PlaceKind.BLOCK, names, names, shapes, street_edges.crs,
    )  # fmt: skip
    return table.sort_values("id").reset_index(drop=True)


def draw_cells(
    boundary: BaseGeometry,
    crs: object,
    *,
    estimation: Estimation | None = None,
) -> gpd.GeoDataFrame:
    """Cut the boundary into square cells aligned to the origin of the CRS.

    The id names the size and the south-western corner in metres: ``cell:500E371500N4843000``.
    """
    estimation = estimation or load_estimation()
    size = float(estimation.numbers["blocks"]["cell_size"])
    west, south, east, north = (np.asarray(boundary.bounds) / size).tolist()
    columns = np.arange(np.floor(west), np.ceil(east)) * size
    rows = np.arange(np.floor(south), np.ceil(north)) * size
    x, y = (each.ravel() for each in np.meshgrid(columns, rows))
    squares = shapely.box(x, y, x + size, y + size)
    shapely.prepare(boundary)
    touching = shapely.intersects(boundary, squares)
    x, y, squares = x[touching], y[touching], squares[touching]
    inside = shapely.contains(boundary, squares)
    clipped = squares.copy()
    clipped[~inside] = _areas_of(shapely.intersection(squares[~inside], boundary))
    keep = shapely.area(clipped) > 0
    names = [""] * int(keep.sum())
    ids = [f"cell:{size:g}E{e:.0f}N{n:.0f}" for e, n in zip(x[keep], y[keep], strict=True)]
    return _table(ids, PlaceKind.CELL, names, names, clipped[keep], crs)


def assign(points: gpd.GeoSeries, places: gpd.GeoDataFrame, kind: PlaceKind) -> pd.Series:
    """Return the id of the place of one kind that holds each point, ``""`` outside all.

    A point on a common edge belongs to the place with the smaller id.
    """
    table = places[places["kind"] == kind.value].sort_values("id")
    tree = shapely.STRtree(np.asarray(points.array, dtype=object))
    place, point = tree.query(
        np.asarray(table.geometry.array, dtype=object), predicate="intersects"
    )
    first = np.full(len(points), len(table))
    np.minimum.at(first, point, place)
    ids = np.append(table["id"].to_numpy(dtype=object), "")
    return pd.Series(ids[first], index=points.index, dtype="str")


def _table(
    ids: list[str],
    kind: PlaceKind,
    names: list[str],
    names_zh: list[str],
    shapes: "list[BaseGeometry] | Shapes",
    crs: object,
) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {
            "id": pd.Series(ids, dtype="str"),
            "kind": kind.value,
            "name": pd.Series(names, dtype="str"),
            "name_zh": pd.Series(names_zh, dtype="str"),
        },
        geometry=np.asarray(shapes, dtype=object),
        crs=crs,
    )


def _divisions(
    boundary: BaseGeometry, divisions: gpd.GeoDataFrame, estimation: Estimation
) -> gpd.GeoDataFrame:
    least = float(estimation.numbers["divisions"]["inside"])
    shapes = np.asarray(divisions.geometry.array, dtype=object)
    clipped = _areas_of(shapely.intersection(shapes, boundary))
    keep = shapely.area(clipped) >= least * shapely.area(shapes)
    if not keep.any():
        raise InputError(
            Text("no division lies inside the boundary", "边界内没有任何行政区划"),
            layer="divisions",
            cure=Text(
                "Check the coordinate system of the divisions, or leave them out.",
                "请检查行政区划的坐标系，或不使用行政区划。",
            ),
        )
    kept = divisions[keep]
    own = kept["id"].str.split(":").str[-1]
    frame = kept[["kind", "name", "name_zh"]].reset_index(drop=True)
    frame.insert(0, "id", (kept["kind"] + ":" + own).to_numpy())
    return gpd.GeoDataFrame(frame, geometry=clipped[keep], crs=divisions.crs)


def _areas_of(shapes: Shapes) -> Shapes:
    """Drop the points and lines that an intersection may leave beside areas."""
    result = np.asarray(shapes, dtype=object).copy()
    for row in np.flatnonzero(shapely.get_type_id(result) == 7):
        parts = [part for part in result[row].geoms if part.area > 0]
        result[row] = shapely.union_all(parts)
    return result


def _land_area(places: gpd.GeoDataFrame, water: gpd.GeoDataFrame | None) -> NDArray[np.float64]:
    shapes = np.asarray(places.geometry.array, dtype=object)
    area: NDArray[np.float64] = shapely.area(shapes)
    if water is None or not len(water):
        return area
    wet = np.asarray(water.geometry.array, dtype=object)
    wet = wet[shapely.area(wet) > 0]
    if not len(wet):
        return area
    # Water areas overlap (a basin in a lake): their union counts once.
    pieces = shapely.get_parts(shapely.union_all(wet))
    piece, place = shapely.STRtree(shapes).query(pieces, predicate="intersects")
    shared = shapely.area(shapely.intersection(pieces[piece], shapes[place]))
    return np.maximum(area - np.bincount(place, weights=shared, minlength=len(area)), 0.0)


def _cell_code(shape: BaseGeometry) -> str:
    """Return the largest cell of the binary grid inside a polygon, as size and corner.

    Only cells that the polygon touches are halved, so a long thin polygon costs no more than its
    outline. One too thin for any cell is named by a point of it.
    """
    shapely.prepare(shape)
    west, south, east, north = shape.bounds
    size = 2.0 ** np.ceil(np.log2(max(east - west, north - south, _SMALLEST_CELL)))
    columns = np.arange(np.floor(west / size), np.floor(east / size) + 1) * size
    rows = np.arange(np.floor(south / size), np.floor(north / size) + 1) * size
    x, y = (each.ravel() for each in np.meshgrid(columns, rows))
    while size > _SMALLEST_CELL and len(x) <= _MOST_CELLS:
        squares = shapely.box(x, y, x + size, y + size)
        inside = np.flatnonzero(shapely.contains(shape, squares))
        if len(inside):
            first = inside[np.lexsort((x[inside], y[inside]))[0]]
            return f"{size:g}E{x[first]:.10g}N{y[first]:.10g}"
        touched = shapely.intersects(shape, squares)
        x, y = x[touched], y[touched]
        size /= 2
        x, y = (
            np.concatenate([x, x + size, x, x + size]),
            np.concatenate([y, y, y + size, y + size]),
        )
    point = shape.representative_point()
    return f"0E{point.x:.3f}N{point.y:.3f}"
