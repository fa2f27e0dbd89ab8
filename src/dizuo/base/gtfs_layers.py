"""Layers from a GTFS feed: stops with their departures, and the timetable for routing."""

from datetime import date

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS
from shapely.geometry.base import BaseGeometry

from dizuo.base.config import SourceSettings
from dizuo.base.coordinates import NEARBY
from dizuo.base.crs import WGS84
from dizuo.base.gtfs import Feed, route_mode, seconds
from dizuo.base.rejects import join_rejects, rejected_rows
from dizuo.model.errors import InputError
from dizuo.model.text import Text

__all__ = ["feed_stops", "merge_stops", "shape_lines", "timetable_tables"]

SAME_STOP = 50.0
"""A mapped stop within this distance (m) of a timetable's stop of the same mode is that stop."""


def feed_stops(
    feed: Feed, source: SourceSettings, reference: date, crs: CRS, outline: BaseGeometry
) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """Return the layer ``stops`` of a feed.

    ``mode`` is that of most departures; platforms of one station of trains or metros count as the
    station. ``departures_per_weekday`` counts all lines on the typical working day nearest to the
    reference date.

    Raises
    ------
    InputError
        If no trip calls anywhere, or no stop lies near the city.
    """
    served = _served(feed, feed.departures(feed.typical_weekday(reference)))
    stops = feed.tables["stops"]
    lon, lat = (
        pd.to_numeric(stops[name], errors="coerce").to_numpy() for name in ("stop_lon", "stop_lat")
    )
    known = (np.abs(lon) <= 180) & (np.abs(lat) <= 90)
    frame = gpd.GeoDataFrame(
        {
            "row": np.arange(2, len(stops) + 2),
            "id": f"stop:{source.id}." + stops["stop_id"],
            "source": source.id,
            "name": stops["stop_name"],
            "stop_id": stops["stop_id"],
        },
        geometry=shapely.points(np.where(known, lon, 0.0), np.where(known, lat, 0.0)),
        crs=WGS84,
    )
    used = frame["stop_id"].isin(served["stop_id"]).to_numpy()
    if not used.any():
        raise InputError(
            Text("no trip of the feed calls at any stop", "GTFS 数据中没有任何车次停靠站点"),
            file=source.file,
            layer="stop_times.txt",
            cure=Text(
                "The table is empty or cut off: fetch the feed again.",
                "该表为空或不完整，请重新下载。",
            ),
        )
    wanted = frame[used & known].to_crs(crs)
    near = shapely.dwithin(wanted.geometry.to_numpy(), outline, NEARBY)
    if not near.any():
        raise InputError(
            Text("no stop of the feed lies near the city", "GTFS 数据中没有任何站点位于城市附近"),
            file=source.file,
            layer="stops.txt",
            cure=Text(
                "Feed and boundary are of different places, or stop_lat and stop_lon are swapped.",
                "GTFS 数据与边界不在同一地点，或 stop_lat 与 stop_lon 颠倒。",
            ),
        )
    platforms = (stops["location_type"].isin(["", "0"]) & ~stops["stop_id"].isin(
        feed.tables["stop_times"]["stop_id"]
    )).to_numpy()  # fmt: skip
    rejects = [
        rejected_rows(
            frame, used & ~known, reason="longitude or latitude is no number in range",
            field="stop_lon, stop_lat", cure="Correct the feed.",
        ),
        rejected_rows(
            frame, platforms, reason="no trip stops here", field="stop_id",
            cure="Nothing is lost, unless stop_times.txt is incomplete.",
        ),
        rejected_rows(
            wanted, ~near, reason=f"it lies more than {NEARBY / 1000:g} km from the city",
            cure="Nothing is lost for this city.",
        ),
    ]  # fmt: skip
    layer = wanted[near].merge(served, on="stop_id", validate="one_to_one")
    return layer.drop(columns=["row", "stop_id"]), join_rejects(rejects, layer="stops")


def _served(feed: Feed, departures: pd.DataFrame) -> pd.DataFrame:
    """Return stops with ``mode`` and ``departures_per_weekday``, platforms joined to stations."""
    calls = departures.assign(stop_id=_stations(feed, departures["stop_id"], departures["mode"]))
    calls = pd.DataFrame(calls.groupby(["stop_id", "mode"])["departures"].sum()).reset_index()
    calls = calls.sort_values(["departures", "mode"], ascending=[False, True])
    total = calls.groupby("stop_id")["departures"].sum()
    main = calls.drop_duplicates("stop_id").set_index("stop_id")["mode"]
    return pd.DataFrame(
        {
            "stop_id": main.index,
            "mode": main.to_numpy(),
            "departures_per_weekday": total[main.index].to_numpy(),
        }
    )


def _stations(feed: Feed, stops: pd.Series, modes: pd.Series) -> pd.Series:
    """Return the station in place of a platform of trains or metros; other stops stay."""
    parents = feed.tables["stops"].set_index("stop_id")["parent_station"]
    known = parents.index[parents.index.isin(parents)]
    own = stops.map(parents)
    return stops.where(~(modes.isin(["rail", "subway"]) & own.isin(known)), own)


def merge_stops(
    mapped: gpd.GeoDataFrame, timed: gpd.GeoDataFrame
) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """Join mapped stops and a timetable's: where both have one, the timetable's stands.

    Mapped stops of other operators stay, without departures.
    """
    repeated = np.zeros(len(mapped), dtype=bool)
    for mode in timed["mode"].unique():
        same = np.flatnonzero((mapped["mode"] == mode).to_numpy())
        tree = shapely.STRtree(timed.geometry.to_numpy()[(timed["mode"] == mode).to_numpy()])
        near, _ = tree.query(
            mapped.geometry.to_numpy()[same], predicate="dwithin", distance=SAME_STOP
        )
        repeated[same[np.unique(near)]] = True
    rejects = rejected_rows(
        mapped,
        repeated,
        reason="the timetable has the same stop",
        field="geometry",
        cure="Nothing is lost: the timetable's stop stands.",
    )
    joined = pd.concat([timed, mapped[~repeated]], ignore_index=True)
    return gpd.GeoDataFrame(joined, geometry="geometry", crs=mapped.crs), rejects


def shape_lines(feed: Feed, source: str, crs: CRS) -> gpd.GeoDataFrame:
    """Return the paths of trips that ``shapes.txt`` draws, one line a shape."""
    points = feed.tables["shapes"]
    order = pd.to_numeric(points["shape_pt_sequence"], errors="coerce")
    lon, lat = (
        pd.to_numeric(points[f"shape_pt_{axis}"], errors="coerce") for axis in ("lon", "lat")
    )
    table = pd.DataFrame({"shape": points["shape_id"], "order": order, "x": lon, "y": lat})
    table = table.dropna().sort_values(["shape", "order"], kind="stable")
    table = table[table.groupby("shape")["x"].transform("size") >= 2]
    names, which = np.unique(table["shape"].to_numpy(dtype=str), return_inverse=True)
    lines = (
        shapely.linestrings(table[["x", "y"]].to_numpy(), indices=which)
        if len(names)
        else np.empty(0, dtype=object)
    )
    return gpd.GeoDataFrame(
        {"id": [f"shape:{source}.{name}" for name in names], "source": source},
        geometry=lines,
        crs=WGS84,
    ).to_crs(crs)


def timetable_tables(feed: Feed, source: str) -> dict[str, pd.DataFrame]:
    """Return the feed's timetable in the columns of the ``timetable_*`` tables.

    Calls name the stops of the layer ``stops``: the station where platforms count as one.
    """
    tables = feed.tables
    routes, trips, times = tables["routes"], tables["trips"], tables["stop_times"]
    headways, days = tables["frequencies"], feed.service_days
    modes = routes.set_index("route_id")["route_type"].map(route_mode)
    driven = times["trip_id"].map(trips.set_index("trip_id")["route_id"].map(modes))
    named = {
        "timetable_routes": {
            "route": routes["route_id"],
            "mode": routes["route_type"].map(route_mode),
            "short_name": routes["route_short_name"],
            "long_name": routes["route_long_name"],
        },
        "timetable_trips": {
            "trip": trips["trip_id"],
            "route": trips["route_id"],
            "service": trips["service_id"],
            "direction": trips["direction_id"],
            "shape": (f"shape:{source}." + trips["shape_id"]).where(trips["shape_id"] != "", ""),
        },
        "timetable_stop_times": {
            "trip": times["trip_id"],
            "stop": f"stop:{source}." + _stations(feed, times["stop_id"], driven),
            "sequence": pd.to_numeric(times["stop_sequence"]),
            "arrival": seconds(times["arrival_time"]),
            "departure": seconds(times["departure_time"]),
            "boards": times["pickup_type"] != "1",
            "alights": times["drop_off_type"] != "1",
        },
        "timetable_services": {
            "service": days["service_id"],
            "date": days["date"].dt.strftime("%Y-%m-%d"),
        },
        "timetable_frequencies": {
            "trip": headways["trip_id"],
            "start": seconds(headways["start_time"]),
            "end": seconds(headways["end_time"]),
            "headway": pd.to_numeric(headways["headway_secs"]),
        },
    }
    return {name: pd.DataFrame({"source": source, **columns}) for name, columns in named.items()}
