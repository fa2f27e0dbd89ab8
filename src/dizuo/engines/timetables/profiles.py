"""Every way to one place by timetable, from all stops and for all departures at once.

One scan of the connections, latest first, finds for each stop the departures worth waiting for
(Dibbelt, Pajor, Strasser and Wagner 2018, "Connection Scan Algorithm", ACM JEA 23). A journey walks
to a stop, rides, changes with at most one walk between two rides, and walks from the last stop to
the place; or it walks all the way.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dizuo.engines.streets.within import Pairs
from dizuo.engines.timetables import _kernels_profiles as kernels
from dizuo.engines.timetables.connections import Connections
from dizuo.model.errors import EngineError

__all__ = ["Profiles", "Ride", "TravelTimes", "percentile", "profiles_to", "travel_times"]

Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Profiles:
    """Departures worth waiting for, by stop, to one place.

    Attributes
    ----------
    room, filled
        int64, one a stop: its entries stand from ``room``, ``filled`` of them, later ones first.
    departure, arrival
        int32, ms: leaving the stop, and being at the place.
    ride, off
        int32. The connection that is got on, and the last one before getting off.
    following
        int64. The entry that is changed to; -1: the walk to the place.
    """

    room: Int64
    filled: Int64
    departure: Int32
    arrival: Int32
    ride: Int32
    off: Int32
    following: Int64

    def rides(self, entry: int) -> tuple["Ride", ...]:
        """Return the rides that begin with an entry."""
        found = []
        while entry >= 0:
            found.append(Ride(int(self.ride[entry]), int(self.off[entry])))
            entry = int(self.following[entry])
        return tuple(found)


@dataclass(frozen=True, slots=True)
class Ride:
    """One ride of a journey: the connections at whose origin and destination it begins and ends."""

    first: int
    last: int


@dataclass(frozen=True, eq=False)
class TravelTimes:
    """Travel times, origins x departures.

    Attributes
    ----------
    cost
        int32, ms; ``UNREACHABLE`` where the place is not reached within the limit.
    entry
        int64. The entry of the profiles that is got on first; -1: nothing is ridden.
    """

    cost: Int32
    entry: Int64


def profiles_to(connections: Connections, walks: Pairs, egress: Int32, *, change: int) -> Profiles:
    """Find the departures worth waiting for to one place.

    Parameters
    ----------
    connections
        The timetable.
    walks
        Walks between stops, a row a stop; a stop's change on the spot must be among them, at 0.
    egress
        int32, one a stop: the walk from it to the place, ms; ``UNREACHABLE`` where too far.
    change
        Time to change, ms, beside the walk; at least 1.

    Raises
    ------
    EngineError
        If arrays do not fit, or a change takes no time.
    """
    if change < 1:
        raise EngineError("a change must take at least a millisecond")
    stops = connections.stop_count
    if len(walks.offsets) != stops + 1 or len(egress) != stops:
        raise EngineError("walks and egress must have a row for each stop")
    counts = np.bincount(connections.origin[connections.boards], minlength=stops)
    room = np.zeros(stops + 1, dtype=np.int64)
    np.cumsum(counts, out=room[1:])
    filled = np.zeros(stops, dtype=np.int64)
    departure, arrival, ride, off = (np.empty(room[-1], dtype=np.int32) for _ in range(4))
    following = np.empty(room[-1], dtype=np.int64)
    kernels.scan(
        connections.run, connections.origin, connections.destination, connections.departure,
        connections.arrival, connections.boards, connections.alights, connections.run_count,
        walks.offsets, walks.item, walks.cost, egress, change, room, filled,
        departure, arrival, ride, off, following,
    )  # fmt: skip
    return Profiles(room[:-1], filled, departure, arrival, ride, off, following)


def travel_times(
    profiles: Profiles, access: Pairs, direct: Int32, departures: Int32, *, limit: int
) -> TravelTimes:
    """Find how long it takes from each origin, setting out at each departure.

    Parameters
    ----------
    profiles
        Of the place that is gone to.
    access
        Walks from origins to stops, a row an origin.
    direct
        int32, one an origin: walking all the way, ms; ``UNREACHABLE`` where too far.
    departures
        int32, ascending, ms.
    limit
        Largest travel time of interest, ms.

    Raises
    ------
    EngineError
        If arrays do not fit, or departures do not ascend.
    """
    if len(access.offsets) != len(direct) + 1:
        raise EngineError("access and direct walks must have a row for each origin")
    if (np.diff(departures.astype(np.int64)) < 0).any():
        raise EngineError("departures must ascend")
    cost = np.empty((len(direct), len(departures)), dtype=np.int32)
    entry = np.empty(cost.shape, dtype=np.int64)
    kernels.times(
        access.offsets, access.item, access.cost, direct, departures, limit,
        profiles.room, profiles.filled, profiles.departure, profiles.arrival, cost, entry,
    )  # fmt: skip
    return TravelTimes(cost, entry)


def percentile(cost: Int32, share: float) -> Int32:
    """Return for each origin the travel time that a share of its departures does not exceed.

    Nothing is averaged: it is one of the times, or ``UNREACHABLE``.

    Parameters
    ----------
    cost
        int32, origins x departures, at least one departure.
    share
        Above 0, up to 1: 0.5 is the median, of an even number the lower one.
    """
    rank = max(int(np.ceil(share * cost.shape[1])) - 1, 0)
    found: Int32 = np.partition(cost, rank, axis=1)[:, rank]
    return found
