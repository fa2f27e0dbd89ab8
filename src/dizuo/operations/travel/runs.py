"""The runs of a timetable around a window of time, with every call that they make.

Services run on the days that the calendar and its exceptions tell. A trip after midnight belongs to
the day before; a trip by headway is written out, one run a departure; times that the timetable
leaves blank lie evenly between those that it gives.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

import numpy as np
import pandas as pd

from dizuo.resources.layers import Layers

__all__ = ["COLUMNS", "Runs", "runs_around"]
__systems__ = ("L3",)

COLUMNS: Final = (
    "source", "run", "route", "line", "mode", "shape", "stop", "sequence", "arrival", "departure",
    "boards", "alights",
)  # fmt: skip
_TRIP: Final = ["source", "trip"]
_RUN: Final = ["source", "run"]
_DAY: Final = 86_400
_HALF_DAY: Final = timedelta(hours=12)
_SECOND: Final = timedelta(seconds=1)


@dataclass(frozen=True, eq=False)
class Runs:
    """Runs that are under way in a window.

    Attributes
    ----------
    calls
        One row a call, in the order of each run, with the columns ``COLUMNS``: ``line`` is the
        short name of the route, else its long one; ``arrival`` and ``departure`` count seconds
        from the window's begin.
    known
        Whether the timetable says anything of the days of the window.
    """

    calls: pd.DataFrame
    known: bool


def runs_around(layers: Layers, begin: datetime, end: datetime) -> Runs:
    """Return the runs that call somewhere in a window, with all of their calls.

    Parameters
    ----------
    begin, end
        In the city's time zone: a timetable counts from noon less twelve hours of its days.
    """
    services = layers.table("timetable_services")
    written = _written_out(layers)
    longest = written["departure"].max() if len(written) else 0.0
    length = (end.astimezone(UTC) - begin.astimezone(UTC)) / _SECOND
    parts, known = [written.iloc[:0]], False
    for day in _days(begin.date() - timedelta(days=int(longest // _DAY) + 1), end.date()):
        today = services[services["date"] == day.isoformat()]
        known |= bool(len(today)) and day >= begin.date()
        noon = datetime.combine(day, time(12), tzinfo=begin.tzinfo)
        first = (noon.astimezone(UTC) - _HALF_DAY - begin.astimezone(UTC)) / _SECOND
        on = written.merge(today[["source", "service"]].drop_duplicates(), on=["source", "service"])
        moved = on.assign(
            run=on["run"] + f" {day.isoformat()}",
            arrival=on["arrival"] + first,
            departure=on["departure"] + first,
        )
        inside = (moved["departure"] >= 0) & (moved["arrival"] < length)
        met = moved.loc[inside, _RUN].drop_duplicates()
        parts.append(moved.merge(met, on=_RUN))
    calls = pd.concat(parts, ignore_index=True).sort_values([*_RUN, "sequence"], ignore_index=True)
    return Runs(calls[list(COLUMNS)], known)


def _days(first: date, last: date) -> Iterator[date]:
    while first <= last:
        yield first
        first += timedelta(days=1)


def _written_out(layers: Layers) -> pd.DataFrame:
    """Return every call of every run, in seconds of its service day."""
    trips, routes = (layers.table(f"timetable_{name}") for name in ("trips", "routes"))
    times, headways = (layers.table(f"timetable_{name}") for name in ("stop_times", "frequencies"))
    named = routes.assign(line=routes["short_name"].where(
        routes["short_name"].fillna("") != "", routes["long_name"]
    ).fillna(""))  # fmt: skip
    calls = times.merge(trips, on=_TRIP).merge(
        named[["source", "route", "line", "mode"]], on=["source", "route"]
    )
    calls = _without_blanks(calls.sort_values([*_TRIP, "sequence"], ignore_index=True))
    calls = calls.assign(run=calls["trip"].astype(str))
    repeated = calls.merge(headways, on=_TRIP)
    if repeated.empty:
        return calls
    keys = pd.MultiIndex.from_frame(calls[_TRIP])
    once = calls[~keys.isin(pd.MultiIndex.from_frame(headways[_TRIP]))]
    return pd.concat([once, _by_headway(calls, repeated)], ignore_index=True)


def _without_blanks(calls: pd.DataFrame) -> pd.DataFrame:
    """Give every call both times; what lies before the first or after the last one is dropped."""
    arrival, departure = (
        calls[one].fillna(calls[other]).to_numpy(dtype=np.float64, copy=True)
        for one, other in (("arrival", "departure"), ("departure", "arrival"))
    )
    known = np.flatnonzero(~np.isnan(arrival))
    blank = np.flatnonzero(np.isnan(arrival))
    if len(blank):
        trip = calls.groupby(_TRIP, sort=False).ngroup().to_numpy()
        place = np.searchsorted(known, blank)
        has_both = (place > 0) & (place < len(known))
        blank, place = blank[has_both], place[has_both]
        before, after = known[place - 1], known[place]
        same = (trip[before] == trip[blank]) & (trip[after] == trip[blank])
        blank, before, after = blank[same], before[same], after[same]
        share = (blank - before) / (after - before)
        arrival[blank] = departure[before] + share * (arrival[after] - departure[before])
        departure[blank] = arrival[blank]
    calls = calls.assign(arrival=arrival, departure=departure)
    told: pd.DataFrame = calls[~np.isnan(arrival)]
    return told.reset_index(drop=True)


def _by_headway(calls: pd.DataFrame, repeated: pd.DataFrame) -> pd.DataFrame:
    """Write out trips that are told once and run every so often until the end of their band."""
    first = calls.groupby(_TRIP)["departure"].min().rename("first")
    repeated = repeated.merge(first, left_on=_TRIP, right_index=True)
    band = (repeated["end"] - repeated["start"]).to_numpy(dtype=np.float64)
    count = np.ceil(np.maximum(band, 0) / repeated["headway"].to_numpy()).astype(np.int64)
    many = repeated.loc[repeated.index.repeat(count)]
    number = many.groupby(level=0).cumcount()
    later = many["start"] + number * many["headway"] - many["first"]
    run = many["trip"].astype(str) + "+" + number.astype(str) + "@" + many["start"].astype(str)
    moved = many.assign(
        arrival=many["arrival"] + later, departure=many["departure"] + later, run=run
    )
    return moved[list(calls.columns)]
