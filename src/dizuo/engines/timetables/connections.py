"""Timetables as arrays: a connection is a ride from one call of a run to the next.

Times are whole milliseconds, as the costs of streets are, so that walks and rides add up exactly
and every comparison is an equality.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dizuo.model.errors import EngineError

__all__ = ["Calls", "Connections", "connections_of"]

Int32 = NDArray[np.int32]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Calls:
    """Where and when the runs of a timetable call, one row a call, in any order.

    Attributes
    ----------
    run, sequence
        int32. Which run calls, and at what place in its order.
    stop
        int32. Number of the stop.
    arrival, departure
        int32, ms.
    boards, alights
        bool. Whether one may get on, and off.
    """

    run: Int32
    sequence: Int32
    stop: Int32
    arrival: Int32
    departure: Int32
    boards: Bools
    alights: Bools

    def __len__(self) -> int:
        return len(self.run)


@dataclass(frozen=True, eq=False)
class Connections:
    """Rides between calls that follow each other, ascending by departure.

    Of rides of one run that leave at the same moment the earlier in the run's order comes first.

    Attributes
    ----------
    run, origin, destination
        int32. The run, and the stops.
    departure, arrival
        int32, ms.
    boards
        bool. Whether one may get on at the origin.
    alights
        bool. Whether one may get off at the destination.
    from_call, to_call
        int32. Rows of the calls that it lies between.
    stop_count, run_count
        Number of stops and of runs.
    """

    run: Int32
    origin: Int32
    destination: Int32
    departure: Int32
    arrival: Int32
    boards: Bools
    alights: Bools
    from_call: Int32
    to_call: Int32
    stop_count: int
    run_count: int

    def __len__(self) -> int:
        return len(self.run)


def connections_of(calls: Calls, stop_count: int) -> Connections:
    """Return the connections of a timetable.

    Parameters
    ----------
    calls
        The calls of every run.
    stop_count
        Number of stops; calls name them by 0 to ``stop_count - 1``.

    Raises
    ------
    EngineError
        If a stop is out of range, or a run goes back in time.
    """
    if len(calls) and (calls.stop.min() < 0 or calls.stop.max() >= stop_count):
        raise EngineError(f"a call names a stop outside 0..{stop_count - 1}")
    order = np.lexsort((calls.sequence, calls.run)).astype(np.int32)
    before, after = order[:-1], order[1:]
    same = calls.run[before] == calls.run[after]
    before, after = before[same], after[same]
    if (calls.departure < calls.arrival).any() or (
        calls.arrival[after] < calls.departure[before]
    ).any():
        raise EngineError("a run goes back in time")
    ranking = np.lexsort((calls.sequence[before], calls.departure[before]))
    before, after = before[ranking], after[ranking]
    return Connections(
        calls.run[before],
        calls.stop[before],
        calls.stop[after],
        calls.departure[before],
        calls.arrival[after],
        calls.boards[before],
        calls.alights[after],
        before,
        after,
        stop_count,
        int(calls.run.max(initial=-1)) + 1,
    )
