"""A ladder of streets with two stops, a hospital, and homes whose ways are known on paper.

    y
    400  N1 ------------------ N2          North Street
         |                      |
         |  West Street         |  East Street
         |                      |
    0    S1 --a--S-------b---- S2          South Street: (0,0)-(400,0)-(800,0)

Homes: `west` (512 residents) at (100, 0) and `east` (64) at (700, 0); `few` (4) at (300, 0).
Stop `near` at (400, 0), stop `far` at (0, 400); the hospital at (800, 0).
Everything stands on the street itself, so no way has an access leg. At 4.8 km/h a metre takes
0.75 s.
"""

from datetime import datetime
from zoneinfo import ZoneInfo

import geopandas as gpd
import shapely
from pyproj import Transformer
from town_builder import METRIC, ORIGIN, Town

ZONE = ZoneInfo("Asia/Shanghai")
PACE = 3.6 / 4.8
TO_DEGREES = Transformer.from_crs(METRIC, "EPSG:4326", always_xy=True)


def closed_town():
    """Return the town, to be changed at will."""
    town = Town()
    town.outline(-100, -100, 1000, 600)
    for kind in ("city", "district", "community"):
        town.place(kind, "town", -100, -100, 1000, 600)
    town.street((0, 0), (400, 0), name="South Street")
    town.street((400, 0), (800, 0), name="South Street")
    town.street((0, 0), (0, 400), name="West Street")
    town.street((800, 0), (800, 400), name="East Street")
    town.street((0, 400), (400, 400), name="North Street")
    town.street((400, 400), (800, 400), name="North Street")
    town.building("west", 100, 0, residents=512.0)
    town.building("few", 300, 0, residents=4.0)
    town.building("east", 700, 0, residents=64.0)
    town.stop("near", 400, 0, departures=80)
    town.stop("far", 0, 400, departures=40)
    town.facility("hospital", 800, 0, name="Hospital")
    return town


def degrees(x, y):
    """Longitude and latitude of metres from the town's origin."""
    return TO_DEGREES.transform(ORIGIN[0] + x, ORIGIN[1] + y)


def line(*points):
    return shapely.LineString([degrees(*point) for point in points])


def at(hour, day=1):
    return datetime(2026, 10, day, hour, tzinfo=ZONE)


def table(file, *rows):
    """Write a table of closures: id, from, until, modes, streets, and a shape in degrees."""
    head = "closure,from,until,modes,reason,reason_zh,source,streets,wkt\n"
    lines = [
        f'{name},{begin},{end},{modes},Run,马拉松,Police notice 7,{streets},"{shape}"\n'
        for name, begin, end, modes, streets, shape in rows
    ]
    file.write_text(head + "".join(lines), encoding="utf-8")
    return file


def features(file, *rows):
    """Write the same as GeoJSON."""
    names = ("closure", "from", "until", "modes", "streets")
    told = [dict(zip(names, row[:5], strict=True)) for row in rows]
    frame = gpd.GeoDataFrame(told, geometry=[row[5] for row in rows], crs="EPSG:4326")
    frame = frame.assign(reason="Run", reason_zh="马拉松", source="Police notice 7")
    frame.to_file(file, driver="GeoJSON")
    return file


def with_timetable(town):
    """Add two bus lines: `7` along South Street past `near`, hourly; `9` by headway to `far`."""
    for route, name in (("r7", "7"), ("r9", "9")):
        _put(town, "routes", route=route, mode="bus", short_name=name, long_name="")
    for hour in range(6, 12):
        _trip(town, f"t{hour}", "r7", "shape:paper.south", "stop:near", hour * 3600 + 600)
    _trip(town, "every20", "r9", "shape:paper.north", "stop:far", 0)
    _put(town, "services", service="daily", date="2026-10-01")
    _put(town, "frequencies", trip="every20", start=7 * 3600.0, end=9 * 3600.0, headway=1200.0)
    for name, y in (("south", 3), ("north", 400)):
        path = shapely.LineString([(0, y), (800, y)])
        _put(town, "shapes", id=f"shape:paper.{name}", geometry=path)
    return town


def _trip(town, trip, route, shape, stop, second):
    _put(town, "trips", trip=trip, route=route, service="daily", direction="0", shape=shape)
    times = {"arrival": float(second), "departure": float(second)}
    _put(town, "stop_times", trip=trip, stop=stop, sequence=0, boards=True, alights=True, **times)


def _put(town, table, **row):
    town.rows[f"timetable_{table}"].append({"source": "paper", **row})
