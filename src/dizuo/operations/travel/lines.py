"""Lines of public transport that closures touch, and what calls where in a window, by timetable."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Final

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from dizuo.operations.travel.closures import Closure, closed_rows
from dizuo.operations.travel.settings import TravelSettings
from dizuo.resources.layers import Layers

__all__ = ["Calls", "calls_in", "touched_lines"]
__systems__ = ("L3",)

_ON_STREETS: Final = ("bus", "tram")
_TRIP: Final = ["source", "trip"]
_HALF_DAY: Final = timedelta(hours=12)
_SECOND: Final = timedelta(seconds=1)


@dataclass(frozen=True, eq=False)
class Calls:
    """What calls in a window.

    Attributes
    ----------
    rows
        One row a departure: ``source``, ``trip``, ``route``, ``line`` (its short name, else its
        long one), ``mode``, ``shape``, ``stop`` and ``at`` (seconds from the window's begin).
    known
        Whether the timetable says anything of the days of the window.
    """

    rows: pd.DataFrame
    known: bool

    def at_stops(self) -> pd.DataFrame:
        """Return by ``stop`` the number of ``departures`` and the ``lines`` that call."""
        grouped = self.rows.groupby("stop")
        return pd.DataFrame(
            {
                "departures": grouped.size(),
                "lines": grouped["line"].agg(lambda names: sorted(set(names))),
            }
        )


def calls_in(layers: Layers, begin: datetime, end: datetime) -> Calls:
    """Return the departures of a window, trips by headway included.

    Parameters
    ----------
    begin, end
        In the city's time zone: a timetable counts from noon less twelve hours of its days.
    """
    services = layers.table("timetable_services")
    runs = _runs(layers)
    parts, known = [], False
    day = begin.date() - timedelta(days=1)  # what began the day before may still be under way
    while day <= end.date():
        today = services[services["date"] == day.isoformat()]
        known |= bool(len(today)) and day >= begin.date()
        noon = datetime.combine(day, time(12), tzinfo=begin.tzinfo)
        first = (noon.astimezone(UTC) - _HALF_DAY - begin.astimezone(UTC)) / _SECOND
        on = runs.merge(today[["source", "service"]].drop_duplicates(), on=["source", "service"])
        parts.append(on.assign(at=on["departure"] + first))
        day += timedelta(days=1)
    rows = pd.concat(parts, ignore_index=True)
    length = (end.astimezone(UTC) - begin.astimezone(UTC)) / _SECOND
    inside = (rows["at"] >= 0) & (rows["at"] < length)
    kept = ["source", "trip", "route", "line", "mode", "shape", "stop", "at"]
    return Calls(rows.loc[inside, kept].reset_index(drop=True), known)


def touched_lines(
    layers: Layers,
    calls: Calls,
    closures: Sequence[Closure],
    shut: Collection[str],
    settings: TravelSettings,
) -> pd.DataFrame:
    """Return the lines on streets that run in the window and cannot run as they do.

    Returns
    -------
    DataFrame
        ``line``, ``route``, ``mode``, ``drives_there`` (its drawn path runs along streets closed to
        driving), ``stops_shut`` (how many of its stops are) and ``departures`` of its trips.
    """
    own = calls.rows[calls.rows["mode"].isin(_ON_STREETS)]
    along = _along(layers, closures, own["shape"].unique(), settings)
    marked = own.assign(
        drives_there=own["shape"].isin(along), shut=own["stop"].where(own["stop"].isin(list(shut)))
    )
    grouped = marked.groupby(["source", "route", "line", "mode"], sort=True)
    found = pd.DataFrame(
        {
            "drives_there": grouped["drives_there"].any(),
            "stops_shut": grouped["shut"].nunique(),
            "departures": grouped["trip"].nunique(),
        }
    ).reset_index()
    return found[found["drives_there"] | (found["stops_shut"] > 0)].reset_index(drop=True)


def _runs(layers: Layers) -> pd.DataFrame:
    """Return every departure of every run, in seconds of its service day."""
    trips, routes = (layers.table(f"timetable_{name}") for name in ("trips", "routes"))
    times, headways = (layers.table(f"timetable_{name}") for name in ("stop_times", "frequencies"))
    named = routes.assign(line=routes["short_name"].where(
        routes["short_name"].fillna("") != "", routes["long_name"]
    ).fillna(""))  # fmt: skip
    runs = times.merge(trips, on=_TRIP).merge(
        named[["source", "route", "line", "mode"]], on=["source", "route"]
    )
    runs = runs.dropna(subset=["departure"])
    repeated = runs.merge(headways, on=_TRIP)
    if repeated.empty:
        return runs
    keys = pd.MultiIndex.from_frame(runs[_TRIP])
    once = runs[~keys.isin(pd.MultiIndex.from_frame(headways[_TRIP]))]
    return pd.concat([once, _by_headway(runs, repeated)], ignore_index=True)


def _by_headway(runs: pd.DataFrame, repeated: pd.DataFrame) -> pd.DataFrame:
    """Write out trips that are told once and run every so often until the end of their band."""
    first = runs.groupby(_TRIP)["departure"].min().rename("first")
    repeated = repeated.merge(first, left_on=_TRIP, right_index=True)
    band = (repeated["end"] - repeated["start"]).to_numpy(dtype=np.float64)
    count = np.ceil(np.maximum(band, 0) / repeated["headway"].to_numpy()).astype(np.int64)
    many = repeated.loc[repeated.index.repeat(count)]
    number = many.groupby(level=0).cumcount()
    departure = many["start"] + number * many["headway"] + many["departure"] - many["first"]
    run = many["trip"].astype(str) + "+" + number.astype(str) + "@" + many["start"].astype(str)
    return many.assign(departure=departure, trip=run)[runs.columns]


def _along(
    layers: Layers, closures: Sequence[Closure], shapes: NDArray[np.object_],
    settings: TravelSettings,
) -> set[str]:  # fmt: skip
    """Return the drawn paths that run along streets closed to driving."""
    edges, drawn = layers["street_edges"], layers["timetable_shapes"]
    drawn = drawn[drawn["id"].isin([one for one in shapes if one])]
    closed = np.zeros(len(edges), dtype=bool)
    for one in closures:
        if "drive" in one.modes:
            closed |= closed_rows(edges, one, settings)
    if drawn.empty or not closed.any():
        return set()
    beside = shapely.union_all(
        shapely.buffer(edges.geometry.to_numpy()[closed], settings.along, cap_style="flat")
    )
    shared = shapely.length(shapely.intersection(drawn.geometry.to_numpy(), beside))
    return set(drawn.loc[shared > settings.least_shared, "id"])
