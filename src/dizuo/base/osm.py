"""Read an OpenStreetMap file into tagged features, still in WGS 84 and still with all their tags.

One call reads PBF, XML or any other format that libosmium knows, skips untagged objects inside
libosmium, and assembles areas from closed ways and multipolygon relations. Nothing is classified
here, and nothing is lost silently: what cannot become a feature is a row of ``rejects``.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, cast

import geopandas as gpd
import numpy as np
import osmium
import pandas as pd
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from dizuo.model.errors import InputError
from dizuo.model.text import Text

__all__ = ["OsmExtract", "OsmWays", "read_osm"]

Tags = dict[str, str]

WGS84: Final = "EPSG:4326"

AREA_KEYS: Final = (
    "aeroway",
    "amenity",
    "boundary",
    "building",
    "building:part",
    "club",
    "craft",
    "emergency",
    "healthcare",
    "heritage",
    "highway",
    "historic",
    "landuse",
    "leisure",
    "man_made",
    "military",
    "natural",
    "office",
    "place",
    "public_transport",
    "railway",
    "shop",
    "social_facility",
    "sport",
    "tourism",
    "water",
    "waterway",
)
"""Keys that make a closed way or a multipolygon an area, and an open way a line, worth keeping."""

OUTLINE_KEYS: Final = ("building", "building:part", "landuse", "shop", "office")
"""Keys that only an area can carry: an open way with one of them is a mapping mistake."""

NO_LOCATION: Final = 2**31 - 1
"""What libosmium gives as the coordinate of a node that is not in the file."""

PER_DEGREE: Final = 10_000_000
"""libosmium's coordinates are whole numbers, so many to a degree."""

REPORT_EVERY: Final = 20_000


@dataclass(frozen=True, eq=False)
class OsmWays:
    """Ways with their nodes, in rows: nodes of way ``i`` stand at ``offsets[i]:offsets[i + 1]``.

    Attributes
    ----------
    osm_id
        int64, one a way.
    tags
        One dictionary a way.
    offsets
        int64, ways + 1.
    refs
        int64, ids of the nodes.
    lon, lat
        float64, degrees; NaN where the file lacks the node.
    """

    osm_id: NDArray[np.int64]
    tags: list[Tags]
    offsets: NDArray[np.int64]
    refs: NDArray[np.int64]
    lon: NDArray[np.float64]
    lat: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.osm_id)

    def take(self, rows: NDArray[np.int64]) -> "OsmWays":
        """Return some of the ways, in the order of ``rows``."""
        sizes = np.diff(self.offsets)[rows]
        offsets = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
        index = np.arange(offsets[-1]) + np.repeat(self.offsets[rows] - offsets[:-1], sizes)
        return OsmWays(
            self.osm_id[rows],
            [self.tags[row] for row in rows],
            offsets,
            self.refs[index],
            self.lon[index],
            self.lat[index],
        )


@dataclass(frozen=True, eq=False)
class OsmExtract:
    """What an OpenStreetMap file holds, as features in WGS 84.

    ``points``, ``lines`` and ``areas`` are tables of ``id`` (``n45``, ``w12``, ``r3``), ``tags``
    (a dictionary) and ``geometry``. An area that stems from a closed way keeps the way's id.

    Attributes
    ----------
    highways
        Ways with a ``highway`` tag, with the ids of their nodes.
    relations
        Routes, stop areas and administrative boundaries: ``id``, ``tags`` and ``members`` (list of
        id and role).
    rejects
        What could not become a feature: ``row``, ``id``, ``field``, ``reason``, ``cure``,
        ``geometry_wkt``.
    counts
        How many objects of each kind were read, kept, and left out as outside the boundary.
    timestamp
        When the data was drawn from OpenStreetMap, as the file's head tells, else ``""``.
    """

    file: Path
    highways: OsmWays
    points: gpd.GeoDataFrame
    lines: gpd.GeoDataFrame
    areas: gpd.GeoDataFrame
    relations: pd.DataFrame
    rejects: pd.DataFrame
    counts: Mapping[str, int]
    timestamp: str = ""


@dataclass(eq=False)
class _Found:
    """Plain lists that one pass over the file fills."""

    points: list[tuple[int, float, float, Tags]] = field(default_factory=list)
    highways: list[tuple[int, Tags, list[tuple[int, int, int]]]] = field(default_factory=list)
    lines: list[tuple[int, Tags, list[tuple[int, int, int]]]] = field(default_factory=list)
    areas: list[tuple[str, Tags, str]] = field(default_factory=list)
    relations: list[tuple[str, Tags, list[tuple[str, str]]]] = field(default_factory=list)
    rejects: list[tuple[str, str, str]] = field(default_factory=list)
    expected: dict[str, Tags] = field(default_factory=dict)
    assembled: set[str] = field(default_factory=set)
    broken: set[str] = field(default_factory=set)
    read: int = 0


def read_osm(
    file: Path,
    *,
    boundary_wgs84: BaseGeometry | None = None,
    progress: Callable[[int], None] | None = None,
) -> OsmExtract:
    """Read an OpenStreetMap file.

    Parameters
    ----------
    file
        ``.osm.pbf``, ``.osm``, ``.osm.gz``, ``.osm.bz2`` or any format that libosmium knows.
    boundary_wgs84
        Keep only features that touch this area (WGS 84). Give an area wider than the city by the
        farthest distance that anything searches.
    progress
        Called now and then with the number of tagged objects read so far.

    Raises
    ------
    InputError
        If the file is absent, no OpenStreetMap file, cut off, or holds no ways.
    """
    file = Path(file)
    if not file.is_file():
        raise InputError(
            Text("this is a folder, not a file", "这是文件夹，不是文件")
            if file.is_dir()
            else Text("the file does not exist", "文件不存在"),
            file=file,
            cure=Text("Check the path in city.toml.", "请检查 city.toml 中的路径。"),
        )
    found = _Found()
    try:
        timestamp = _timestamp(file)
        _scan(file, found, progress)
    except RuntimeError as error:
        raise _unreadable(file, error) from error
    if not found.highways and not found.areas:
        raise InputError(
            Text(
                "the file holds no ways, so neither streets nor buildings",
                "文件中没有任何路径要素（way），因此既无街道也无建筑",
            ),
            file=file,
            cure=Text(
                "It may be cut off or filtered: fetch the extract again.",
                "文件可能不完整或被筛选过，请重新下载。",
            ),
        )
    _note_unassembled(found)
    return _extract(file, found, boundary_wgs84, timestamp)


def _scan(file: Path, found: _Found, progress: Callable[[int], None] | None) -> None:
    """Fill ``found`` from the file, in one pass over relations and one over everything."""
    to_wkb = osmium.geom.WKBFactory().create_multipolygon
    stream = (
        osmium.FileProcessor(str(file))
        .with_locations()
        .with_areas(osmium.filter.KeyFilter(*AREA_KEYS))
        .with_filter(osmium.filter.EmptyTagFilter())
    )
    for thing in cast("Iterator[Any]", iter(stream)):
        found.read += 1
        if progress is not None and found.read % REPORT_EVERY == 0:
            progress(found.read)
        if thing.is_node():
            _take_node(found, thing, dict(thing.tags))
        elif thing.is_way():
            _take_way(found, thing, dict(thing.tags))
        elif thing.is_area():
            _take_area(found, thing, to_wkb)
        else:
            _take_relation(found, thing, dict(thing.tags))


def _take_node(found: _Found, node: Any, tags: Tags) -> None:
    location = node.location
    if location.valid():
        found.points.append((node.id, location.x / PER_DEGREE, location.y / PER_DEGREE, tags))
    else:
        found.rejects.append((f"n{node.id}", "the node has no valid position", ""))


def _take_way(found: _Found, way: Any, tags: Tags) -> None:
    if "highway" in tags:
        found.highways.append((way.id, tags, _nodes_of(way)))
    if not any(key in tags for key in AREA_KEYS):
        return
    if way.is_closed():
        if tags.get("area") != "no":
            found.expected[f"w{way.id}"] = tags
    elif "highway" not in tags:
        key = next((key for key in OUTLINE_KEYS if key in tags), None)
        if key is None:
            found.lines.append((way.id, tags, _nodes_of(way)))
        else:
            found.rejects.append((f"w{way.id}", "the outline is not closed", key))


def _nodes_of(way: Any) -> list[tuple[int, int, int]]:
    return [(node.ref, node.x, node.y) for node in way.nodes]


def _take_area(found: _Found, area: Any, to_wkb: Callable[[Any], str]) -> None:
    name = f"{'w' if area.from_way() else 'r'}{area.orig_id()}"
    if area.num_rings()[0] == 0:
        found.broken.add(name)
        return
    found.assembled.add(name)
    # Copying tags out of libosmium is half of all the time: a way's are at hand.
    tags = found.expected.get(name) or dict(area.tags)
    if any(key in tags for key in AREA_KEYS):
        found.areas.append((name, tags, to_wkb(area)))


def _take_relation(found: _Found, relation: Any, tags: Tags) -> None:
    name = f"r{relation.id}"
    match tags.get("type"):
        case "multipolygon" | "boundary" if any(key in tags for key in AREA_KEYS):
            found.expected[name] = tags
            if tags.get("boundary") != "administrative":
                return
        case "route" | "public_transport":
            pass
        case _:
            return
    members = [(f"{member.type}{member.ref}", member.role) for member in relation.members]
    found.relations.append((name, tags, members))


def _note_unassembled(found: _Found) -> None:
    for name, tags in found.expected.items():
        if name in found.assembled:
            continue
        key = next(key for key in AREA_KEYS if key in tags)
        if name in found.broken:
            reason = "the rings of the area cross or do not close"
        elif name.startswith("w"):
            reason = "nodes of the outline are not in the file, or it has no area"
        else:
            reason = "members of the area are not in the file"
        found.rejects.append((name, reason, key))


def _extract(
    file: Path, found: _Found, boundary: BaseGeometry | None, timestamp: str
) -> OsmExtract:
    counts = {"read": found.read}
    points = _frame(
        [f"n{row[0]}" for row in found.points],
        [row[3] for row in found.points],
        shapely.points([row[1] for row in found.points], [row[2] for row in found.points]),
    )
    areas = _frame(
        [row[0] for row in found.areas],
        [row[1] for row in found.areas],
        shapely.from_wkb([row[2] for row in found.areas]),
    )
    lines, without_line = _lines(_ways(found.lines))
    found.rejects.extend(without_line)
    highways = _ways(found.highways)
    if boundary is not None:
        shapely.prepare(boundary)
        whole, highways = highways, _ways_touching(highways, boundary)
        counts["highways_outside"] = len(whole) - len(highways)
        for name, frame in (("points", points), ("lines", lines), ("areas", areas)):
            counts[f"{name}_outside"] = int((~frame.intersects(boundary)).sum())
        points, lines, areas = (
            frame[frame.intersects(boundary)].reset_index(drop=True)
            for frame in (points, lines, areas)
        )
    kept = {"points": points, "lines": lines, "areas": areas, "highways": highways}
    counts |= {name: len(table) for name, table in kept.items()}
    return OsmExtract(
        file=file,
        highways=highways,
        points=points,
        lines=lines,
        areas=areas,
        relations=pd.DataFrame(found.relations, columns=["id", "tags", "members"]),
        rejects=_rejects(found.rejects),
        counts=counts | {"relations": len(found.relations), "rejected": len(found.rejects)},
        timestamp=timestamp,
    )


def _frame(names: list[str], tags: list[Tags], geometry: Any) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {"id": pd.Series(names, dtype="str"), "tags": pd.Series(tags, dtype=object)},
        geometry=np.asarray(geometry, dtype=object),
        crs=WGS84,
    )


def _ways(rows: list[tuple[int, Tags, list[tuple[int, int, int]]]]) -> OsmWays:
    sizes = [len(row[2]) for row in rows]
    nodes = np.array([node for row in rows for node in row[2]], dtype=np.int64).reshape(-1, 3)
    known = nodes[:, 1] != NO_LOCATION
    return OsmWays(
        osm_id=np.array([row[0] for row in rows], dtype=np.int64),
        tags=[row[1] for row in rows],
        offsets=np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
        refs=nodes[:, 0],
        lon=np.where(known, nodes[:, 1] / PER_DEGREE, np.nan),
        lat=np.where(known, nodes[:, 2] / PER_DEGREE, np.nan),
    )


def _lines(ways: OsmWays) -> tuple[gpd.GeoDataFrame, list[tuple[str, str, str]]]:
    """Return lines through the known nodes, and a reject for each way with fewer than two."""
    way_of_node = np.repeat(np.arange(len(ways)), np.diff(ways.offsets))
    known = ~np.isnan(ways.lon)
    enough = np.bincount(way_of_node[known], minlength=len(ways)) >= 2
    use = known & enough[way_of_node]
    way, position = np.unique(way_of_node[use], return_inverse=True)
    coordinates = np.column_stack([ways.lon[use], ways.lat[use]])
    frame = _frame(
        [f"w{ways.osm_id[row]}" for row in way],
        [ways.tags[row] for row in way],
        shapely.linestrings(coordinates, indices=position) if len(way) else np.empty(0, object),
    )
    rejects = [
        (f"w{ways.osm_id[row]}", "fewer than two nodes of the line are in the file", "")
        for row in np.flatnonzero(~enough)
    ]
    return frame, rejects


def _ways_touching(ways: OsmWays, boundary: BaseGeometry) -> OsmWays:
    """Keep ways of which the line touches the boundary's area."""
    lines, _ = _lines(ways)
    inside = set(lines["id"][lines.intersects(boundary)])
    rows = [row for row, number in enumerate(ways.osm_id) if f"w{number}" in inside]
    return ways.take(np.array(rows, dtype=np.int64))


def _rejects(rows: Iterable[tuple[str, str, str]]) -> pd.DataFrame:
    cures = {
        "members of the area are not in the file": "Take a wider extract, or ignore it if the "
        "feature lies beyond the city; divisions that lack only its outline are closed along it.",
    }
    cure = "Mend the feature in OpenStreetMap and fetch the extract again."
    return pd.DataFrame(
        [(name, name, key, reason, cures.get(reason, cure), "") for name, reason, key in rows],
        columns=["row", "id", "field", "reason", "cure", "geometry_wkt"],
        dtype="str",
    )


def _timestamp(file: Path) -> str:
    reader = osmium.io.Reader(str(file), osmium.osm.osm_entity_bits.NOTHING)
    try:
        return str(reader.header().get("osmosis_replication_timestamp", ""))
    finally:
        reader.close()


def _unreadable(file: Path, error: RuntimeError) -> InputError:
    text = str(error)
    if "EOF" in text or "truncated" in text:
        return InputError(
            Text("the file ends in the middle of its data", "文件在数据中途结束"),
            file=file,
            cure=Text(
                "The download was cut off: fetch the extract again.", "下载曾中断，请重新下载。"
            ),
        )
    return InputError(
        Text(
            f"this is not an OpenStreetMap file that can be read ({text.rstrip('.')})",
            f"无法作为 OpenStreetMap 文件读取（{text.rstrip('.')}）",
        ),
        file=file,
        cure=Text(
            "Give an .osm.pbf or .osm file, for example an extract from Geofabrik.",
            "请给出 .osm.pbf 或 .osm 文件，例如从 Geofabrik 下载的数据。",
        ),
    )
