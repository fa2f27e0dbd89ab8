"""The closed town with buses whose journeys are known on paper.

Line 7 leaves stop `near` (400, 0) every ten minutes from 5:00 to 13:50 and is at `end` (800, 400)
two minutes later; its path lies along South Street. The square at (800, 400) is gone to.

At 0.75 s a metre the walks are: `west` 225 s to `near`, 825 s to the square; `few` 75 s and 675 s;
`east` 375 s to the square. Setting out on a whole ten minutes `west` waits for the next bus and
needs 720 s; five minutes later it needs 420 s.
"""

import shapely
from closed_town import closed_town, degrees

SQUARE = (800, 400)


def put(town, table, **row):
    town.rows[f"timetable_{table}"].append({"source": "paper", **row})


def run(town, trip, route, calls, *, shape="", service="daily"):
    """A trip by (stop, arrival, departure), in seconds; more columns as a fourth."""
    put(town, "trips", trip=trip, route=route, service=service, direction="0", shape=shape)
    for place, (stop, arrival, departure, *more) in enumerate(calls):
        columns = {"boards": True, "alights": True, **(more[0] if more else {})}
        put(
            town, "stop_times", trip=trip, stop=stop, sequence=place, arrival=float(arrival),
            departure=float(departure), **columns,
        )  # fmt: skip


def route(town, name, mode="bus"):
    put(town, "routes", route=f"r{name}", mode=mode, short_name=name, long_name="")


def timed_town():
    town = closed_town()
    town.stop("end", *SQUARE)
    route(town, "7")
    put(town, "shapes", id="shape:paper.south", geometry=shapely.LineString([(0, 3), (800, 3)]))
    for at in range(5 * 3600, 14 * 3600, 600):
        calls = [("stop:near", at, at), ("stop:end", at + 120, at + 120)]
        run(town, f"t{at}", "r7", calls, shape="shape:paper.south")
    put(town, "services", service="daily", date="2026-10-01")
    return town


def square(file):
    """Write the table of destinations."""
    longitude, latitude = degrees(*SQUARE)
    file.write_text(
        f"destination,name,longitude,latitude\nsquare,Square,{longitude:.9f},{latitude:.9f}\n",
        encoding="utf-8",
    )
    return file
