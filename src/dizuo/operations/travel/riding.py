"""Journeys on foot and by public transport, as the streets and the timetable are, or are left.

Walks to, between and from stops go along the streets of the base. Stops that lie outside the city's
layers are ridden through: nobody walks to them.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dizuo.engines.streets.graph import UNREACHABLE
from dizuo.engines.streets.within import Pairs, Places, pairs_within
from dizuo.engines.timetables.connections import Calls, Connections, connections_of
from dizuo.engines.timetables.profiles import Profiles, Ride, TravelTimes, profiles_to, travel_times
from dizuo.operations.travel.public_transport_settings import PublicTransportSettings
from dizuo.resources.facilities import Facilities
from dizuo.resources.spaces import Stops
from dizuo.resources.streets import Origins, Streets

__all__ = [
    "HOMES_AT_ONCE",
    "Service",
    "State",
    "Walks",
    "as_seconds",
    "moments",
    "service_of",
    "stop_numbers",
    "with_closed_stops",
    "without_runs",
]
__systems__ = ("L3",)

Int32 = NDArray[np.int32]
_RUN: Final = ["source", "run"]
HOMES_AT_ONCE: Final = 20_000
"""Origins whose times are held in memory together."""


@dataclass(frozen=True, eq=False)
class Service:
    """What runs: calls as a table, and the connections between them.

    Attributes
    ----------
    calls
        As :class:`~dizuo.operations.travel.runs.Runs` has them.
    connections
        Between the rows of ``calls``; times in ms from the window's begin.
    gone_back
        Runs that are left out because their times go back.
    """

    calls: pd.DataFrame
    connections: Connections
    gone_back: int

    def lines(self, rides: Sequence[Ride]) -> tuple[str, ...]:
        """Return the lines of some rides; the route of a line that has no name."""
        rows = [int(self.connections.from_call[one.first]) for one in rides]
        names, routes = self.calls["line"], self.calls["route"]
        return tuple(str(names.iloc[row] or routes.iloc[row]) for row in rows)


@dataclass(frozen=True, eq=False)
class Walks:
    """Walks of one state of the streets, in ms.

    Attributes
    ----------
    streets
        The walking network, in seconds.
    origins, stops
        What hangs on it.
    access
        From origins to stops.
    transfers
        Between stops, and a change on the spot at 0.
    """

    streets: Streets
    origins: Places
    stops: Places
    access: Pairs
    transfers: Pairs

    @classmethod
    def on(
        cls,
        streets: Streets,
        origins: Origins,
        stops: Stops,
        stop_count: int,
        settings: PublicTransportSettings,
    ) -> "Walks":
        """Find the walks of a network.

        Parameters
        ----------
        stop_count
            Number of stops with those that have no place in the layer, which come last.
        """
        from_homes = Places.at_points(streets.attach(origins), len(origins.support))
        at_stops = Places.at_points(streets.attach(stops), len(stops))
        access = pairs_within(streets.graph, from_homes, at_stops, _whole(settings.longest_walk))
        between = pairs_within(streets.graph, at_stops, at_stops, _whole(settings.longest_transfer))
        return cls(streets, from_homes, at_stops, access, _with_staying(between, stop_count))

    def egress(
        self, destinations: Facilities, stop_count: int, settings: PublicTransportSettings
    ) -> tuple[Int32, Int32]:
        """Return the walks from every stop, and from every origin, to each destination.

        Returns
        -------
        int32, destinations x stops and destinations x origins; ``UNREACHABLE`` where too far.
        """
        hung = Places.at_points(self.streets.attach_facilities(destinations), len(destinations))
        graph, walk = self.streets.graph, _whole(settings.longest_walk)
        whole_way = _whole(min(settings.longest_journey, self.streets.largest))
        last = pairs_within(graph, hung, self.stops, walk, towards=False)
        direct = pairs_within(graph, hung, self.origins, whole_way, towards=False)
        return _dense(last, stop_count), _dense(direct, self.origins.count)


def stop_numbers(calls: pd.DataFrame, stops: Stops) -> NDArray[np.str_]:
    """Return the ids of stops by their number: those of the layer, then what lies elsewhere."""
    elsewhere = np.setdiff1d(calls["stop"].to_numpy(dtype=str), stops.support.ids)
    return np.concatenate([stops.support.ids, elsewhere])


def service_of(calls: pd.DataFrame, stops: NDArray[np.str_]) -> Service:
    """Return what runs as connections; runs whose times go back are left out and counted.

    Parameters
    ----------
    calls
        With the columns of :class:`~dizuo.operations.travel.runs.Runs`, in the order of each run.
    stops
        As :func:`stop_numbers` tells them.
    """
    run = calls.groupby(_RUN, sort=False).ngroup().to_numpy()
    arrival, departure = (_milliseconds(calls[name]) for name in ("arrival", "departure"))
    back = departure < arrival
    back[1:] |= (run[1:] == run[:-1]) & (arrival[1:] < departure[:-1])
    kept = ~np.isin(run, run[back])
    made = Calls(
        run[kept].astype(np.int32),
        calls["sequence"].to_numpy(dtype=np.int32)[kept],
        pd.Index(stops).get_indexer(pd.Index(calls["stop"])).astype(np.int32)[kept],
        arrival[kept],
        departure[kept],
        calls["boards"].to_numpy(dtype=bool)[kept],
        calls["alights"].to_numpy(dtype=bool)[kept],
    )
    kept_calls = calls[kept].reset_index(drop=True)
    return Service(kept_calls, connections_of(made, len(stops)), len(np.unique(run[back])))


def with_closed_stops(
    calls: pd.DataFrame, shut: Collection[str], span: tuple[float, float]
) -> pd.DataFrame:
    """Let nobody on or off at stops that are shut while they are (seconds from the begin)."""
    there = calls["stop"].isin(list(shut))
    begin, end = span
    leaves, comes = (
        there & (calls[name] >= begin) & (calls[name] < end) for name in ("departure", "arrival")
    )
    return calls.assign(boards=calls["boards"] & ~leaves, alights=calls["alights"] & ~comes)


def without_runs(
    calls: pd.DataFrame, shapes: Collection[str], span: tuple[float, float]
) -> pd.DataFrame:
    """Leave out the runs along some paths that are under way at some time of a span."""
    grouped = calls.groupby(_RUN, sort=False)
    first = grouped["departure"].transform("min")
    last = grouped["arrival"].transform("max")
    cut = calls["shape"].isin(list(shapes)) & (first < span[1]) & (last >= span[0])
    return calls[~cut].reset_index(drop=True)


@dataclass(frozen=True, eq=False)
class State:
    """What runs and where people walk, in one state of the streets and lines."""

    service: Service
    walks: Walks

    def to(
        self, destinations: Facilities, settings: PublicTransportSettings
    ) -> tuple[list[Profiles], Int32]:
        """Return the ways to each destination from stops, and the walks all the way from origins.

        Returns
        -------
        The departures worth waiting for, and int32 destinations x origins.
        """
        connections, change = self.service.connections, _whole(settings.change)
        egress, direct = self.walks.egress(destinations, connections.stop_count, settings)
        transfers = self.walks.transfers
        return [profiles_to(connections, transfers, one, change=change) for one in egress], direct

    def times(
        self,
        profiles: Profiles,
        direct: Int32,
        origins: tuple[int, int],
        departures: Int32,
        settings: PublicTransportSettings,
    ) -> TravelTimes:
        """Return how long it takes from some origins that follow each other.

        Parameters
        ----------
        direct
            Walking all the way from these origins, ms.
        origins
            The first, and the one after the last.
        departures
            When people set out, ascending, ms from the window's begin.
        """
        limit = _whole(settings.longest_journey)
        access = _rows_of(self.walks.access, *origins)
        return travel_times(profiles, access, direct, departures, limit=limit)


def moments(length: int, settings: PublicTransportSettings) -> Int32:
    """Return when people set out within a time of some ms: at its begin, and every step."""
    return np.arange(0, length, _whole(settings.step), dtype=np.int32)


def as_seconds(cost: Int32) -> NDArray[np.float64]:
    """Return seconds of ms; infinite where nothing is reached."""
    return np.where(cost == UNREACHABLE, np.inf, cost / 1000.0)


def _rows_of(pairs: Pairs, first: int, last: int) -> Pairs:
    begin, end = pairs.offsets[first], pairs.offsets[last]
    return Pairs(
        pairs.offsets[first : last + 1] - begin, pairs.item[begin:end], pairs.cost[begin:end]
    )


def _with_staying(between: Pairs, stop_count: int) -> Pairs:
    """Put the change on the spot, at 0, in place of the walk out of a stop and back."""
    row = np.repeat(np.arange(len(between.offsets) - 1), np.diff(between.offsets))
    other = row != between.item
    every = np.arange(stop_count)
    rows = np.concatenate([row[other], every])
    items = np.concatenate([between.item[other], every]).astype(np.int32)
    costs = np.concatenate([between.cost[other], np.zeros(stop_count)]).astype(np.int32)
    order = np.lexsort((items, rows))
    offsets = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=stop_count))])
    return replace(between, offsets=offsets.astype(np.int64), item=items[order], cost=costs[order])


def _dense(pairs: Pairs, count: int) -> Int32:
    row = np.repeat(np.arange(len(pairs.offsets) - 1), np.diff(pairs.offsets))
    found = np.full((len(pairs.offsets) - 1, count), UNREACHABLE, dtype=np.int32)
    found[row, pairs.item] = pairs.cost
    return found


def _milliseconds(seconds: pd.Series) -> Int32:
    whole: Int32 = np.rint(seconds.to_numpy(dtype=np.float64) * 1000).astype(np.int32)
    return whole


def _whole(seconds: float) -> int:
    return round(seconds * 1000)
