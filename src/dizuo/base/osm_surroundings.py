"""Green, water, land use, heritage and trees of an OpenStreetMap extract."""

from collections.abc import Callable, Mapping

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from dizuo.base.estimation import Estimation, load_estimation
from dizuo.base.osm import OsmExtract, OsmWays
from dizuo.base.osm_tags import texts
from dizuo.model.evidence import Evidence

__all__ = [
    "build_green",
    "build_heritage",
    "build_land_use",
    "build_trees",
    "build_water",
    "cutting_lines",
]

Tags = Mapping[str, str]


def build_green(
    extract: OsmExtract,
    crs: CRS | str,
    *,
    estimation: Estimation | None = None,
    source: str = "osm",
) -> gpd.GeoDataFrame:
    """Return the layer ``green``: parks, gardens, woods, lawns, and greenways as lines.

    ``access`` is public, private or unknown: as tagged, else as the kind usually is. ``area`` is
    in m², NaN for greenways. A greenway is a cycleway, a path that a signed walking or cycling
    route follows, or a path signed for bicycles.
    """
    estimation = estimation or load_estimation()
    areas = _picked(extract.areas, estimation.green.find, crs)
    kinds = areas.pop("kind")
    own = list(areas.pop("tags"))
    green = gpd.GeoDataFrame(
        {
            "id": "green:" + areas["id"],
            "source": source,
            "kind": kinds,
            "name": texts(own, "name"),
            "access": np.array(
                [
                    _green_access(tags, kind, estimation)
                    for tags, kind in zip(own, kinds, strict=True)
                ],
                dtype=object,
            ),
            "area": areas.geometry.area.to_numpy(),
        },
        geometry=areas.geometry.array,
        crs=crs,
    )
    return _joined([green, _greenways(extract, crs, estimation, source)], crs)


def build_water(
    extract: OsmExtract,
    crs: CRS | str,
    *,
    estimation: Estimation | None = None,
    source: str = "osm",
) -> gpd.GeoDataFrame:
    """Return the layer ``water``: areas of water and watercourses as lines, culverts left out."""
    estimation = estimation or load_estimation()
    areas = _picked(extract.areas, estimation.water.find, crs)
    # A closed coastline is an island, not water.
    areas = areas[areas["kind"] != "coastline"]
    lines = _picked(extract.lines, _above_ground(estimation.water.find), crs)
    return _named(_joined([areas, lines], crs), "water", source)


def build_land_use(
    extract: OsmExtract,
    crs: CRS | str,
    *,
    estimation: Estimation | None = None,
    source: str = "osm",
) -> gpd.GeoDataFrame:
    """Return the layer ``land_use``: mapped land by use, ``measured``; buildings are not land."""
    estimation = estimation or load_estimation()
    find = estimation.land_use.find

    def use_of(tags: Tags) -> str | None:
        return None if tags.get("building", "no") != "no" else find(tags)

    areas = _picked(extract.areas, use_of, crs)
    return gpd.GeoDataFrame(
        {
            "id": "land:" + areas["id"],
            "source": source,
            "use": areas["kind"],
            "use_evidence": Evidence.MEASURED.value,
        },
        geometry=areas.geometry.array,
        crs=crs,
    )


def build_heritage(
    extract: OsmExtract,
    crs: CRS | str,
    *,
    estimation: Estimation | None = None,
    source: str = "osm",
) -> gpd.GeoDataFrame:
    """Return the layer ``heritage``: historic and protected objects.

    ``kind`` is the value of ``historic``, or ``protected``; ``level`` is the value of
    ``heritage``, which is the admin level that lists the object.
    """
    estimation = estimation or load_estimation()
    without = frozenset(estimation.numbers["heritage"]["not_heritage"])

    def kind_of(tags: Tags) -> str | None:
        historic = tags.get("historic", "no")
        if historic not in without:
            return historic
        return "protected" if tags.get("heritage", "no") != "no" else None

    found = _joined(
        [_picked(frame, kind_of, crs) for frame in (extract.areas, extract.points)], crs
    )
    level = texts(found["tags"], "heritage")
    named = _named(found, "heritage", source)
    named.insert(3, "level", level)
    return named


def build_trees(extract: OsmExtract, crs: CRS | str, *, source: str = "osm") -> gpd.GeoDataFrame:
    """Return the layer ``trees``: single trees mapped as points."""

    def kind_of(tags: Tags) -> str | None:
        return "tree" if tags.get("natural") == "tree" else None

    found = _picked(extract.points, kind_of, crs)
    return gpd.GeoDataFrame(
        {"id": "tree:" + found["id"], "source": source}, geometry=found.geometry.array, crs=crs
    )


def cutting_lines(
    extract: OsmExtract, crs: CRS | str, *, estimation: Estimation | None = None
) -> gpd.GeoDataFrame:
    """Return rivers, canals, railways and coast above ground, which cut blocks as streets do."""
    estimation = estimation or load_estimation()
    rules = estimation.numbers["blocks"]
    railways, waterways = frozenset(rules["cut_by_railway"]), frozenset(rules["cut_by_waterway"])

    def kind_of(tags: Tags) -> str | None:
        if tags.get("railway") in railways:
            return tags["railway"]
        if tags.get("waterway") in waterways:
            return tags["waterway"]
        return "coastline" if tags.get("natural") == "coastline" else None

    return _picked(extract.lines, _above_ground(kind_of), crs).drop(columns="tags")


def _above_ground(find: Callable[[Tags], str | None]) -> Callable[[Tags], str | None]:
    def found(tags: Tags) -> str | None:
        return find(tags) if tags.get("tunnel", "no") == "no" else None

    return found


def _picked(
    frame: gpd.GeoDataFrame, find: Callable[[Tags], str | None], crs: CRS | str
) -> gpd.GeoDataFrame:
    """Return the features that a rule gives a kind, with ``id``, ``kind``, ``tags``."""
    kinds = [find(tags) for tags in frame["tags"]]
    rows = np.flatnonzero([kind is not None for kind in kinds])
    picked = frame.iloc[rows].reset_index(drop=True)
    picked = gpd.GeoDataFrame(picked, geometry="geometry", crs=frame.crs).to_crs(crs)
    picked["kind"] = pd.Series([kinds[row] for row in rows], dtype="str")
    return picked


def _named(found: gpd.GeoDataFrame, prefix: str, source: str) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {
            "id": f"{prefix}:" + found["id"],
            "source": source,
            "kind": found["kind"],
            "name": texts(found["tags"], "name"),
        },
        geometry=found.geometry.array,
        crs=found.crs,
    )


def _joined(frames: list[gpd.GeoDataFrame], crs: CRS | str) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(pd.concat(frames, ignore_index=True), geometry="geometry", crs=crs)


def _green_access(tags: Tags, kind: str, estimation: Estimation) -> str:
    access = tags.get("access")
    if access in {"yes", "permissive", "public", "designated"}:
        return "public"
    if access in {"private", "no", "customers", "residents", "permit", "members"}:
        return "private"
    if tags.get("garden:type") in {"residential", "private", "community", "roof_garden"}:
        return "private"
    usual = estimation.numbers["green_access"]
    if kind in usual["public"]:
        return "public"
    return "private" if kind in usual["private"] else "unknown"


def _greenways(
    extract: OsmExtract, crs: CRS | str, estimation: Estimation, source: str
) -> gpd.GeoDataFrame:
    rules = estimation.numbers["green_ways"]
    routes = frozenset(rules["routes"])
    on_route = {
        member
        for tags, members in zip(
            extract.relations["tags"], extract.relations["members"], strict=True
        )
        if tags.get("type") == "route" and tags.get("route") in routes
        for member, _ in members
    }
    ways = extract.highways
    rows = [
        row
        for row, (number, tags) in enumerate(zip(ways.osm_id, ways.tags, strict=True))
        if _is_greenway(tags, rules, on_route=f"w{number}" in on_route)
    ]
    picked = ways.take(np.array(rows, dtype=np.int64))
    lines = _way_lines(picked, crs)
    whole = ~shapely.is_empty(lines)
    return gpd.GeoDataFrame(
        {
            "id": np.char.add("green:w", picked.osm_id.astype(str))[whole].astype(object),
            "source": source,
            "kind": "greenway",
            "name": texts(picked.tags, "name")[whole],
            "access": "public",
            "area": np.nan,
        },
        geometry=lines[whole],
        crs=crs,
    )


def _is_greenway(tags: Tags, rules: Mapping[str, list[str]], *, on_route: bool) -> bool:
    if tags.get("access", "yes") in {"no", "private"}:
        return False
    highway = tags["highway"]
    if highway in rules["always"] or (on_route and highway in rules["on_route"]):
        return True
    return highway in rules["shared"] and tags.get("bicycle") == "designated"


def _way_lines(ways: OsmWays, crs: CRS | str) -> NDArray[np.object_]:
    """Return a line through the known nodes of each way, empty where there are fewer than two."""
    points = gpd.GeoSeries(gpd.points_from_xy(ways.lon, ways.lat), crs="EPSG:4326").to_crs(crs)
    xy = np.column_stack([points.x.to_numpy(), points.y.to_numpy()])
    way = np.repeat(np.arange(len(ways)), np.diff(ways.offsets))
    known = ~np.isnan(ways.lon)
    enough = np.bincount(way[known], minlength=len(ways)) >= 2
    use = known & enough[way]
    lines = np.full(len(ways), shapely.LineString(), dtype=object)
    which, position = np.unique(way[use], return_inverse=True)
    if len(which):
        lines[which] = shapely.linestrings(xy[use], indices=position)
    return lines
