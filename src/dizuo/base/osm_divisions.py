"""Communities and districts from the administrative boundaries of an OpenStreetMap extract."""

from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import CRS
from shapely.geometry.base import BaseGeometry

from dizuo.base.block_faces import cut_faces
from dizuo.base.estimation import Estimation, load_estimation
from dizuo.base.osm import OsmExtract
from dizuo.base.osm_tags import names_zh, number, texts

__all__ = ["build_divisions"]


def build_divisions(
    extract: OsmExtract,
    boundary: BaseGeometry,
    crs: CRS | str,
    *,
    estimation: Estimation | None = None,
    source: str = "osm",
) -> gpd.GeoDataFrame:
    """Return the layer ``divisions`` of a city: the admin levels that tile it.

    A level counts if its areas together cover the boundary and none is nearly all of it. The
    finest level from ``community_level`` on gives the communities, the coarsest level before it
    the districts. A city without such levels has none: they are not made up.

    An extract cut along the city's outline often lacks the outline itself, so that divisions at
    the edge stay open. Such a division is the face of the city between its mapped border and the
    outline, if nearly all of the face's other border is the division's.

    Parameters
    ----------
    extract
        Features of an OpenStreetMap file.
    boundary
        The land of the city, in ``crs``.
    crs
        The city's metric system.
    estimation
        Levels and shares; the packaged ones by default.
    source
        Id of the source, for the column ``source``.
    """
    rules = (estimation or load_estimation()).numbers["divisions"]
    areas = _administrative(extract.areas).to_crs(crs)[["id", "tags", "geometry"]]
    opened = _closed_by_outline(extract, set(areas["id"]), boundary, crs, rules)
    areas = gpd.GeoDataFrame(pd.concat([areas, opened], ignore_index=True), crs=crs)
    tags = list(areas["tags"])
    level = np.array([number(each.get("admin_level")) for each in tags], dtype=float)
    shape = np.asarray(areas.geometry.array, dtype=object)
    shapely.prepare(boundary)
    within = shapely.area(shapely.intersection(shape, boundary))
    own = within >= rules["inside"] * np.maximum(shapely.area(shape), 1e-9)
    tiling = [
        each
        for each in np.unique(level[own & ~np.isnan(level)])
        if _tiles(within[own & (level == each)] / boundary.area, rules)
    ]
    fine = [each for each in tiling if each >= rules["community_level"]]
    coarse = [each for each in tiling if each < rules["community_level"]]
    kind = np.full(len(areas), "", dtype=object)
    if fine:
        kind[own & (level == max(fine))] = "community"
    if coarse:
        kind[own & (level == min(coarse))] = "district"
    keep = kind != ""
    return gpd.GeoDataFrame(
        {
            "id": ("division:" + areas["id"])[keep].to_numpy(),
            "source": source,
            "kind": kind[keep],
            "name": texts(tags, "name")[keep],
            "name_zh": names_zh(tags)[keep],
        },
        geometry=shape[keep],
        crs=crs,
    )


def _tiles(share: NDArray[np.float64], rules: Mapping[str, Any]) -> bool:
    """Whether areas with these shares of the city are its divisions, and not the city itself."""
    return bool(share.sum() >= rules["covers"] and share.max(initial=0) <= rules["largest"])


def _administrative(frame: Any) -> Any:
    chosen = [tags.get("boundary") == "administrative" for tags in frame["tags"]]
    return frame[np.array(chosen, dtype=bool)].reset_index(drop=True)


def _closed_by_outline(
    extract: OsmExtract,
    assembled: set[str],
    boundary: BaseGeometry,
    crs: CRS | str,
    rules: Mapping[str, Any],
) -> gpd.GeoDataFrame:
    """Find the faces of the city that open divisions enclose together with its outline."""
    relations = _administrative(extract.relations)
    lines = extract.lines.to_crs(crs).set_index("id").geometry
    border = {
        name: [lines[member] for member, _ in members if member in lines.index]
        for name, members in zip(relations["id"], relations["members"], strict=True)
    }
    tags = dict(zip(relations["id"], relations["tags"], strict=True))
    level = {name: number(tags[name].get("admin_level")) for name in tags}
    rows: list[tuple[str, dict[str, str], BaseGeometry]] = []
    for each in sorted({value for value in level.values() if not np.isnan(value)}):
        peers = [name for name in border if level[name] == each and border[name]]
        open_ones = [name for name in peers if name not in assembled]
        if not open_ones:
            continue
        cuts = np.array([line for name in peers for line in border[name]], dtype=object)
        faces = cut_faces(boundary, cuts).polygons
        # Where a mapped border and the outline nearly agree, what lies between is no division.
        strip = float(rules["border_width"]) * shapely.length(faces)
        faces = faces[shapely.area(faces) > strip]
        owner = _owners(faces, {name: border[name] for name in open_ones}, boundary, rules)
        for name in open_ones:
            mine = faces[owner == name]
            if len(mine):
                rows.append((name, tags[name], shapely.union_all(mine)))
    return gpd.GeoDataFrame(
        {"id": [row[0] for row in rows], "tags": pd.Series([row[1] for row in rows], dtype=object)},
        geometry=np.array([row[2] for row in rows], dtype=object),
        crs=crs,
    )


def _owners(
    faces: NDArray[np.object_],
    border: Mapping[str, list[BaseGeometry]],
    boundary: BaseGeometry,
    rules: Mapping[str, Any],
) -> NDArray[np.object_]:
    """Return the division whose border is nearly all of each face's border inside the city."""
    width = float(rules["border_width"])
    outline = shapely.buffer(boundary.boundary, width)
    inner = shapely.difference(shapely.boundary(faces), outline)
    metres = shapely.length(inner)
    best = np.full(len(faces), float(rules["covers"]))
    owner = np.full(len(faces), "", dtype=object)
    for name, lines in border.items():
        near = shapely.buffer(shapely.union_all(lines), width)
        share = shapely.length(shapely.intersection(inner, near)) / np.maximum(metres, width)
        better = share > best
        owner[better], best[better] = name, share[better]
    return owner
