"""Addresses and named things of an OpenStreetMap extract: what a text about the city may name.

The other layers keep one name of what they hold. Here every named thing has a row, with the names
that people use: in other languages, short, former and official ones.
"""

import re
from collections.abc import Callable, Mapping
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from dizuo.base.gazetteer_numbers import building_level, read_house_numbers
from dizuo.base.osm import OsmExtract, OsmWays
from dizuo.base.osm_tags import names_zh, texts
from dizuo.base.rejects import join_rejects

__all__ = ["build_addresses", "build_place_names", "without_dwellings"]
__systems__ = ("S5.1", "S22.2", "S22.4")  # one register of where things are

_OTHER_NAMES: Final = (
    "official_name",
    "alt_name",
    "old_name",
    "short_name",
    "int_name",
    "loc_name",
    "reg_name",
    "nat_name",
)
_IN_A_LANGUAGE: Final = re.compile(r"(?:alt_|old_|short_|official_)?name:[a-z]{2,3}(?:-[A-Za-z]+)?")
_NO_STREETS: Final = frozenset(
    {"platform", "bus_stop", "elevator", "raceway", "proposed", "construction", "crossing"}
)
_STOPS: Final = frozenset({"platform", "bus_stop"})
_GREEN: Final = frozenset({"park", "garden", "nature_reserve", "playground", "dog_park", "common"})
_GREEN_LAND: Final = frozenset({"forest", "grass", "cemetery", "recreation_ground", "allotments"})
_FACILITY_KEYS: Final = (
    "amenity",
    "shop",
    "tourism",
    "office",
    "leisure",
    "healthcare",
    "craft",
    "historic",
    "emergency",
    "aeroway",
    "man_made",
)
Tags = Mapping[str, str]


def build_addresses(
    extract: OsmExtract, crs: CRS | str, *, source: str = "osm"
) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """Return the layer ``addresses``, a point each, and what was rejected.

    A building and a shop in it may tell the same address: both rows stay, and the gazetteer takes
    them as one. Flats and floors are left out.
    """
    features = _features(extract, crs, lambda tags: "addr:housenumber" in tags)
    tags = list(features["tags"])
    street = texts(tags, "addr:street")
    place = texts(tags, "addr:place")
    number = np.array([building_level(each.get("addr:housenumber", "")) for each in tags], object)
    unlocated = (street == "") & (place == "")
    unread = ~unlocated & np.array([not read_house_numbers(each) for each in number], dtype=bool)
    layer = gpd.GeoDataFrame(
        {
            "id": "address:" + features["id"].to_numpy(dtype=object),
            "source": source,
            "feature": features["id"].to_numpy(),
            "street": street,
            "number": number,
            "place": place,
            "postcode": texts(tags, "addr:postcode"),
            "city": texts(tags, "addr:city"),
            "name": texts(tags, "addr:housename"),
        },
        geometry=features.geometry.array,
        crs=crs,
    )
    rejects = join_rejects(
        [
            _rejected(layer[unlocated], "street", "a house number without a street or a place"),
            _rejected(layer[unread], "number", "the house number holds no number"),
        ]
    )
    return layer[~(unlocated | unread)].reset_index(drop=True), rejects


def build_place_names(
    extract: OsmExtract, crs: CRS | str, *, source: str = "osm"
) -> gpd.GeoDataFrame:
    """Return the layer ``place_names``: streets as lines, everything else as a point in it."""
    features = _features(extract, crs, lambda tags: bool(_names(tags)))
    features["kind"] = np.array([_kind(each) for each in features["tags"]], dtype=object)
    # Closed ways with a street's tag are read as streets too: the line serves numbers better.
    features = features[features["kind"] != "street"]
    streets = _named_streets(extract.highways, crs)
    both = pd.concat([streets, features], ignore_index=True)
    tags = list(both["tags"])
    return gpd.GeoDataFrame(
        {
            "id": "name:" + both["id"].to_numpy(dtype=object),
            "source": source,
            "feature": both["id"].to_numpy(),
            "kind": both["kind"].to_numpy(),
            "name": texts(tags, "name"),
            "name_zh": names_zh(tags),
            "other_names": np.array(["; ".join(_others(each)) for each in tags] or [], object),
        },
        geometry=np.asarray(both["geometry"], dtype=object),
        crs=crs,
    )


def without_dwellings(addresses: pd.DataFrame) -> pd.DataFrame:
    """Return addresses down to the building: flats of one building become one row."""
    level = addresses["number"].astype(object).where(addresses["number"].notna(), "")
    result = addresses.assign(number=[building_level(str(text)) for text in level])
    keys = result[["street", "number"]].fillna("").assign(at=shapely.to_wkb(result.geometry))
    return result[~keys.duplicated().to_numpy()].reset_index(drop=True)


def _features(
    extract: OsmExtract, crs: CRS | str, wanted: Callable[[Tags], bool]
) -> gpd.GeoDataFrame:
    """Return features with wanted tags, each as one point in it, in ``crs``."""
    tables = []
    for frame in (extract.areas, extract.lines, extract.points):
        chosen = np.array([wanted(tags) for tags in frame["tags"]], dtype=bool)
        tables.append(frame[chosen])
    both = pd.concat(tables, ignore_index=True)
    features = gpd.GeoDataFrame(both, geometry="geometry", crs=extract.areas.crs).to_crs(crs)
    return features.set_geometry(features.geometry.representative_point())


def _named_streets(ways: OsmWays, crs: CRS | str) -> pd.DataFrame:
    rows = np.flatnonzero(
        [bool(_names(tags)) and tags.get("highway") not in _NO_STREETS for tags in ways.tags]
    )
    named = ways.take(rows)
    known = ~np.isnan(named.lon)
    owner = np.repeat(np.arange(len(named)), np.diff(named.offsets))[known]
    enough = np.bincount(owner, minlength=len(named)) >= 2
    kept = enough[owner]
    # Lines are numbered without gaps: only ways that have a line are counted.
    _, running = np.unique(owner[kept], return_inverse=True)
    corners = np.column_stack([named.lon[known][kept], named.lat[known][kept]])
    lines = np.asarray(shapely.linestrings(corners, indices=running), dtype=object)
    shape = gpd.GeoSeries(lines, crs="EPSG:4326").to_crs(crs)
    return pd.DataFrame(
        {
            "id": [f"w{each}" for each in named.osm_id[enough]],
            "tags": pd.Series([named.tags[row] for row in np.flatnonzero(enough)], dtype=object),
            "kind": "street",
            "geometry": np.asarray(shape.array, dtype=object),
        }
    )


def _names(tags: Tags) -> list[str]:
    return ([tags["name"]] if "name" in tags else []) + _others(tags)


def _others(tags: Tags) -> list[str]:
    """Return all further names, each once, in a fixed order."""
    found = [tags[key] for key in _OTHER_NAMES if key in tags]
    found += [tags[key] for key in sorted(tags) if _IN_A_LANGUAGE.fullmatch(key)]
    parts = [part.strip() for name in found for part in name.split(";")]
    return [name for name in dict.fromkeys(parts) if name and name != tags.get("name")]


def _kind(tags: Tags) -> str:
    highway = tags.get("highway", "")
    if highway in _STOPS or "public_transport" in tags or "railway" in tags:
        return "stop"
    if tags.get("place") == "square":
        return "square"
    if highway and highway not in _NO_STREETS and tags.get("type") != "multipolygon":
        return "street"
    if tags.get("boundary") == "administrative":
        return "division"
    if "place" in tags:
        return "settlement"
    if tags.get("leisure") in _GREEN or tags.get("landuse") in _GREEN_LAND:
        return "green"
    if "waterway" in tags or tags.get("natural") in {"water", "bay", "beach", "spring"}:
        return "water"
    if any(key in tags for key in _FACILITY_KEYS):
        return "facility"
    return "building" if tags.get("building", "no") != "no" else "other"


def _rejected(rows: gpd.GeoDataFrame, field: str, reason: str) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "row": rows["feature"].to_numpy(),
            "id": rows["id"].to_numpy(),
            "field": field,
            "reason": reason,
            "cure": "Add it in OpenStreetMap, or give a table of addresses.",
            "geometry_wkt": shapely.to_wkt(rows.geometry.to_numpy(), rounding_precision=3),
        },
        dtype="str",
    )
