"""A slow plain twin: every call of every run that can be reached, going forward until no more is.

It knows no order of connections and no profiles: it walks through sets of calls.
"""

from dataclasses import dataclass

import numpy as np

from dizuo.engines.streets.within import Pairs
from dizuo.engines.timetables.connections import Calls

FAR = np.iinfo(np.int32).max


@dataclass(frozen=True)
class Call:
    stop: int
    arrival: int
    departure: int
    boards: bool = True
    alights: bool = True


@dataclass(frozen=True)
class World:
    """Runs (lists of calls), and walks by (from, to); the place is walked to from stops."""

    stops: int
    runs: list
    walks: dict
    access: dict
    egress: dict
    direct: int
    change: int

    def calls(self, order=None):
        rows = [
            (run, place, *vars(call).values())
            for run, calls in enumerate(self.runs)
            for place, call in enumerate(calls)
        ]
        rows = rows if order is None else [rows[i] for i in order]
        columns = list(zip(*rows, strict=True)) if rows else [()] * 7
        whole = [np.array(column, dtype=np.int32) for column in columns[:5]]
        return Calls(*whole, *(np.array(column, dtype=bool) for column in columns[5:]))

    def walk_rows(self):
        costs = {(stop, stop): 0 for stop in range(self.stops)} | self.walks
        return rows_of(self.stops, costs)

    def egress_costs(self):
        return np.array([self.egress.get(s, FAR) for s in range(self.stops)], dtype=np.int32)


def rows_of(count, costs):
    """Compressed rows of a dict (row, item) -> cost."""
    keys = sorted(costs)
    size = np.bincount([row for row, _ in keys], minlength=count) if keys else np.zeros(count)
    offsets = np.concatenate([[0], np.cumsum(size)]).astype(np.int64)
    item = np.array([item for _, item in keys], dtype=np.int32)
    return Pairs(offsets, item, np.array([costs[key] for key in keys], dtype=np.int32))


def least_time(world, leave, limit):
    """The least travel time by going through all that can be reached."""
    walks = {(stop, stop): 0 for stop in range(world.stops)} | world.walks
    aboard = set()
    while True:
        ready = [(stop, leave + cost) for stop, cost in world.access.items()]
        for run, place in aboard:
            off = world.runs[run][place + 1] if place + 1 < len(world.runs[run]) else None
            if off is not None and off.alights:
                ready += [
                    (to, off.arrival + cost + world.change)
                    for (stop, to), cost in walks.items()
                    if stop == off.stop
                ]
        found = set()
        for run, calls in enumerate(world.runs):
            for place, call in enumerate(calls):
                on = call.boards and any(
                    stop == call.stop and at <= call.departure for stop, at in ready
                )
                if on or (run, place - 1) in aboard:
                    found.add((run, place))
        if found == aboard:
            break
        aboard = found
    times = [world.direct]
    for run, place in aboard:
        if place + 1 < len(world.runs[run]):
            off = world.runs[run][place + 1]
            if off.alights and off.stop in world.egress:
                times.append(off.arrival + world.egress[off.stop] - leave)
    least = min(times)
    return least if least <= limit else FAR
