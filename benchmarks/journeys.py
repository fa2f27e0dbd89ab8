"""Arrivals by timetable from some stops to all others at eight: dizuo beside pyraptor.

Without walks. pyraptor lets a change take no time, dizuo takes a millisecond at least; a forward
search until nothing changes, with changes of no time, tells where that makes the difference.
"""

import argparse
import subprocess
import tempfile
import time
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from dizuo.base.gtfs import read_gtfs, seconds
from dizuo.engines.streets.within import Pairs
from dizuo.engines.timetables.connections import Calls, connections_of
from dizuo.engines.timetables.profiles import profiles_to, travel_times

LEAVE = 8 * 3600
FAR = np.iinfo(np.int32).max


def calls_of(file, day):
    """Return calls of a day that lie between six and eleven, and the number of stops."""
    feed = read_gtfs(file)
    services = feed.service_days
    today = services.loc[services["date"] == pd.Timestamp(day), "service_id"]
    trips = feed.tables["trips"]
    own = trips.loc[trips["service_id"].isin(today), "trip_id"]
    times = feed.tables["stop_times"]
    times = times[times["trip_id"].isin(own)].assign(
        arrival=lambda one: seconds(one["arrival_time"]),
        departure=lambda one: seconds(one["departure_time"]),
        sequence=lambda one: pd.to_numeric(one["stop_sequence"]),
    )
    times = times[(times["departure"] >= 6 * 3600) & (times["arrival"] < 11 * 3600)].dropna()
    times = times.sort_values(["trip_id", "sequence"])
    stop, names = pd.factorize(times["stop_id"], sort=True)
    columns = [pd.factorize(times["trip_id"])[0], times["sequence"], stop]
    columns += [times["arrival"], times["departure"]]
    return [np.asarray(one, dtype=np.int32) for one in columns], len(names)


def ours(columns, count, origins):
    """Return arrivals origins x stops in seconds, -1 where none, and the processor time."""
    run, sequence, stop, arrival, departure = columns
    every = np.ones(len(run), dtype=bool)
    begin = time.process_time()
    calls = Calls(run, sequence, stop, arrival * 1000, departure * 1000, every, every)
    connections = connections_of(calls, count)
    stays = Pairs(
        np.arange(count + 1, dtype=np.int64), np.arange(count, dtype=np.int32),
        np.zeros(count, dtype=np.int32),
    )  # fmt: skip
    access = Pairs(
        np.arange(len(origins) + 1, dtype=np.int64), origins.astype(np.int32),
        np.zeros(len(origins), dtype=np.int32),
    )  # fmt: skip
    found = np.full((len(origins), count), -1)
    direct = np.full(len(origins), FAR, dtype=np.int32)
    leave = np.array([LEAVE * 1000], dtype=np.int32)
    for target in range(count):
        egress = np.full(count, FAR, dtype=np.int32)
        egress[target] = 0
        profiles = profiles_to(connections, stays, egress, change=1)
        cost = travel_times(profiles, access, direct, leave, limit=10**8).cost[:, 0]
        known = (cost != FAR) & (origins != target)
        found[known, target] = LEAVE + cost[known] // 1000
    return found, time.process_time() - begin


def forward(columns, count, origin, change):
    """Return arrivals in seconds, -1 where none, by going on until nothing changes."""
    run, _, stop, arrival, departure = (one.tolist() for one in columns)
    best = [10**9] * count
    best[origin] = LEAVE
    aboard, changed = set(), True
    while changed:
        changed = False
        for row in range(len(run) - 1):
            if run[row] != run[row + 1]:
                continue
            if (
                row not in aboard
                and best[stop[row]] + (stop[row] != origin) * change <= departure[row]
            ):
                aboard.add(row)
            if row in aboard:
                if row + 1 not in aboard:
                    aboard.add(row + 1)
                    changed = True
                if arrival[row + 1] < best[stop[row + 1]]:
                    best[stop[row + 1]] = arrival[row + 1]
                    changed = True
    best[origin] = 10**9
    return np.array([-1 if one == 10**9 else one for one in best])


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("gtfs", type=Path)
    parser.add_argument("day", type=date.fromisoformat)
    parser.add_argument("--peer", type=Path, help="the Python that has pyraptor")
    parser.add_argument("--origins", type=int, default=3)
    given = parser.parse_args()
    columns, count = calls_of(given.gtfs, given.day)
    origins = np.random.default_rng(0).choice(count, given.origins, replace=False)
    ours(columns, count, origins[:1])
    found, spent = ours(columns, count, origins)
    print(f"| {len(columns[0]):,} calls, {count:,} stops, {len(origins)} origins | |")
    print("|---|---|")
    print(f"| dizuo, all stops to all for every departure | {spent:.2f} s of processor |")
    if given.peer is None:
        return
    with tempfile.TemporaryDirectory() as folder:
        asked, told = Path(folder) / "asked.npz", Path(folder) / "told.npz"
        names = ("run", "sequence", "stop", "arrival", "departure")
        np.savez(
            asked, **dict(zip(names, columns, strict=True)), stop_count=count, origins=origins,
            leave=LEAVE, rounds=6,
        )  # fmt: skip
        peer = Path(__file__).with_name("journeys_peer.py")
        subprocess.run([given.peer, peer, asked, told], check=True)
        theirs = np.load(told)
        free, strict = (
            np.array([forward(columns, count, origin, change) for origin in origins])
            for change in (0, 1)
        )
        median = float(np.median(theirs["spent"]))
        both = (found >= 0) | (theirs["found"] >= 0)
        same = (found == theirs["found"])[both].mean()
        later = (theirs["found"] > found)[both & (found >= 0)].mean()
        print(f"| pyraptor, one origin, one departure | {median:.2f} s of processor |")
        print(f"| arrivals that are equal | {same:.2%} of {both.sum():,} |")
        print(
            f"| dizuo as the forward search, a second a change | {(strict == found).mean():.2%} |"
        )
        told = (free == theirs["found"])[both].mean()
        print(f"| pyraptor as the forward search, no time a change | {told:.2%} |")
        earlier = ((theirs["found"] < found) & (theirs["found"] >= 0))[both].mean()
        print(f"| where pyraptor is earlier, and later | {earlier:.2%}, {later:.2%} |")


if __name__ == "__main__":
    main()
