"""Stops of public transport in an OpenStreetMap extract.

One stop is often mapped three times: as a pole, as a platform beside the street and as the place
where the bus halts. Poles come first; platforms and stopping positions count only where no stop of
their mode is near.
"""

from collections.abc import Mapping
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from dizuo.base.estimation import Estimation, load_estimation
from dizuo.base.osm import OsmExtract
from dizuo.base.osm_tags import texts

__all__ = ["build_stops"]

Tags = Mapping[str, str]

ROUTE_MODES: Final = {
    "bus": "bus",
    "trolleybus": "bus",
    "share_taxi": "bus",
    "tram": "tram",
    "light_rail": "tram",
    "train": "rail",
    "railway": "rail",
    "subway": "subway",
    "monorail": "subway",
    "ferry": "ferry",
    "aerialway": "aerialway",
}
MODE_KEYS: Final = tuple(ROUTE_MODES)
POLE, PLATFORM, POSITION = 0, 1, 2


def build_stops(
    extract: OsmExtract,
    crs: CRS | str,
    *,
    estimation: Estimation | None = None,
    source: str = "osm",
) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """Return the layer ``stops``, with ``departures_per_weekday`` unknown, and its rejects."""
    rules = (estimation or load_estimation()).numbers["stops"]
    features = pd.concat([extract.points, extract.areas, extract.lines], ignore_index=True)
    modes = _modes_of_members(extract.relations)
    sorts = [
        _sort_of(name, tags, modes)
        for name, tags in zip(features["id"], features["tags"], strict=True)
    ]
    rows = np.flatnonzero([sort is not None for sort in sorts])
    told = [sort for sort in sorts if sort is not None]
    mode = np.array([sort[0] for sort in told], dtype=object)
    rank = np.array([sort[1] for sort in told], dtype=np.int64)
    own = features.iloc[rows].reset_index(drop=True)
    shape = np.asarray(
        gpd.GeoSeries(own["geometry"], crs=extract.points.crs).to_crs(crs).array, dtype=object
    )
    repeats = _repeats(shape, mode, rank, (rules["platform_within"], rules["position_within"]))
    keep = repeats < 0
    point = np.where(shapely.get_type_id(shape) == 0, shape, shapely.centroid(shape))
    stops = gpd.GeoDataFrame(
        {
            "id": ("stop:" + own["id"])[keep].to_numpy(),
            "source": source,
            "name": texts(own["tags"], "name")[keep],
            "mode": mode[keep],
            "departures_per_weekday": np.nan,
        },
        geometry=point[keep],
        crs=crs,
    )
    rejects = pd.DataFrame(
        {
            "row": own["id"][~keep].to_numpy(),
            "id": ("stop:" + own["id"])[~keep].to_numpy(),
            "field": "",
            "reason": [
                f"duplicate: {own['id'][other]} is the same stop" for other in repeats[~keep]
            ],
            "cure": "Nothing is lost: the pole or platform is kept.",
            "geometry_wkt": shapely.to_wkt(shape[~keep]),
        },
        dtype="str",
    )
    return stops, rejects


def _modes_of_members(relations: pd.DataFrame) -> dict[str, str]:
    """Return the mode of the routes that each feature is a member of."""
    modes: dict[str, str] = {}
    for tags, members in zip(relations["tags"], relations["members"], strict=True):
        mode = ROUTE_MODES.get(tags.get("route", ""))
        if tags.get("type") == "route" and mode is not None:
            for member, role in members:
                if role.startswith(("platform", "stop")):
                    modes.setdefault(member, mode)
    return modes


def _sort_of(name: str, tags: Tags, modes: Mapping[str, str]) -> tuple[str, int] | None:
    """Return mode and rank of a feature that is a stop, else None."""
    railway = tags.get("railway")
    if "bus_stop" in tags.get("highway", "").split(";"):
        return "bus", POLE
    if railway == "tram_stop":
        return "tram", POLE
    if railway in {"station", "halt"} and tags.get("usage") != "tourism":
        return _station_mode(tags), POLE
    if tags.get("amenity") == "ferry_terminal":
        return "ferry", POLE
    if tags.get("aerialway") == "station":
        return "aerialway", POLE
    if tags.get("amenity") == "bus_station":
        return "bus", POSITION
    kind = tags.get("public_transport")
    if kind not in {"platform", "stop_position"}:
        return None
    mode = next((ROUTE_MODES[key] for key in MODE_KEYS if tags.get(key) == "yes"), None)
    mode = mode or modes.get(name)
    if mode in {None, "rail", "subway"}:
        # Trains and metros are counted by station, not by platform.
        return None
    return str(mode), PLATFORM if kind == "platform" else POSITION


def _station_mode(tags: Tags) -> str:
    if tags.get("station") == "subway" or tags.get("subway") == "yes":
        return "subway"
    if tags.get("station") == "light_rail" or tags.get("light_rail") == "yes":
        return "tram"
    return "rail"


def _repeats(
    shape: NDArray[np.object_],
    mode: NDArray[np.object_],
    rank: NDArray[np.int64],
    reach: tuple[float, float],
) -> NDArray[np.intp]:
    """Return for each feature the better ranked stop nearby that it repeats, or -1."""
    repeats = np.full(len(shape), -1, dtype=np.intp)
    for value in np.unique(mode.astype(str)):
        kept = np.flatnonzero((mode == value) & (rank == POLE))
        for level, distance in ((PLATFORM, reach[0]), (POSITION, reach[1])):
            asked = np.flatnonzero((mode == value) & (rank == level))
            if len(kept) and len(asked):
                one, other = shapely.STRtree(shape[kept]).query_nearest(
                    shape[asked], max_distance=distance, all_matches=False
                )
                repeats[asked[one]] = kept[other]
            kept = np.concatenate([kept, asked[repeats[asked] < 0]])
    return repeats
