"""Compiled scans of connections (Dibbelt, Pajor, Strasser and Wagner 2018)."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]
Bools = NDArray[np.bool_]

FAR = np.int32(np.iinfo(np.int32).max)


@njit(cache=True, nogil=True)
def first_from(departures: Int32, begin: int, end: int, ready: np.int64) -> int:
    """Return the row of the earliest departure that is not before ``ready``; -1 where none is.

    Rows ``begin`` to ``end - 1`` descend; of several with one time the last is taken.
    """
    low, high = begin, end
    while low < high:
        middle = (low + high) // 2
        if departures[middle] >= ready:
            low = middle + 1
        else:
            high = middle
    return low - 1 if low > begin else -1


@njit(cache=True, nogil=True)
def scan(
    run: Int32,
    origin: Int32,
    destination: Int32,
    departure: Int32,
    arrival: Int32,
    boards: Bools,
    alights: Bools,
    run_count: int,
    walk_offsets: Int64,
    walk_stops: Int32,
    walk_costs: Int32,
    egress: Int32,
    change: int,
    room: Int64,
    filled: Int64,
    entry_departure: Int32,
    entry_arrival: Int32,
    entry_ride: Int32,
    entry_off: Int32,
    entry_next: Int64,
) -> None:
    """Fill for every stop what is reached by getting on, later departures first.

    Entries of stop ``s`` stand from ``room[s]``, ``filled[s]`` of them: departure and arrival at
    the place, the connection that is got on, the one that is got off, and the entry that follows
    (-1: the walk to the place). Only what arrives before all that leaves later is kept.
    """
    staying = np.full(run_count, FAR, np.int32)
    staying_off = np.full(run_count, -1, np.int32)
    staying_next = np.full(run_count, -1, np.int64)
    for rank in range(len(run) - 1, -1, -1):
        own = run[rank]
        best = np.int64(staying[own])
        off = staying_off[own]
        onward = staying_next[own]
        if alights[rank]:
            stop = destination[rank]
            here = np.int64(arrival[rank])
            if egress[stop] != FAR and here + egress[stop] < best:
                best, off, onward = here + egress[stop], np.int32(rank), np.int64(-1)
            for walk in range(walk_offsets[stop], walk_offsets[stop + 1]):
                other = walk_stops[walk]
                begin = room[other]
                ready = here + walk_costs[walk] + change
                entry = first_from(entry_departure, begin, begin + filled[other], ready)
                if entry >= 0 and entry_arrival[entry] < best:
                    best, off = np.int64(entry_arrival[entry]), np.int32(rank)
                    onward = np.int64(entry)
        if best >= FAR:
            continue
        staying[own], staying_off[own], staying_next[own] = np.int32(best), off, onward
        if boards[rank]:
            stop = origin[rank]
            top = room[stop] + filled[stop]
            if filled[stop] == 0 or best < entry_arrival[top - 1]:
                entry_departure[top] = departure[rank]
                entry_arrival[top] = np.int32(best)
                entry_ride[top] = rank
                entry_off[top] = off
                entry_next[top] = onward
                filled[stop] += 1


@njit(cache=True, nogil=True)
def times(
    access_offsets: Int64,
    access_stops: Int32,
    access_costs: Int32,
    direct: Int32,
    departures: Int32,
    limit: int,
    room: Int64,
    filled: Int64,
    entry_departure: Int32,
    entry_arrival: Int32,
    found: Int32,
    first_entry: Int64,
) -> None:
    """Fill travel times of each origin (row) at each departure (column, ascending).

    ``first_entry`` gets the entry that is got on first; -1 for walking all the way, or nothing.
    """
    for row in range(len(direct)):
        for column in range(len(departures)):
            found[row, column] = direct[row] if direct[row] <= limit else FAR
            first_entry[row, column] = -1
        for access in range(access_offsets[row], access_offsets[row + 1]):
            stop = access_stops[access]
            entry = room[stop] + filled[stop] - 1
            for column in range(len(departures)):
                ready = np.int64(departures[column]) + access_costs[access]
                while entry >= room[stop] and entry_departure[entry] < ready:
                    entry -= 1
                if entry < room[stop]:
                    break
                needed = np.int64(entry_arrival[entry]) - departures[column]
                if needed <= limit and needed < found[row, column]:
                    found[row, column] = np.int32(needed)
                    first_entry[row, column] = entry
