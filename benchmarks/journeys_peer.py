"""Ask pyraptor for arrivals, in an environment of its own: pip install pyraptor attrs "numpy<2".

Reads the calls that journeys.py writes, and writes arrivals from some stops to all, in seconds.
"""

import sys
import time

import numpy as np
from loguru import logger
from pyraptor.dao.timetable import Timetable
from pyraptor.model.raptor import RaptorAlgorithm
from pyraptor.model.structures import (
    Routes,
    Station,
    Stations,
    Stop,
    Stops,
    Transfers,
    Trip,
    Trips,
    TripStopTime,
    TripStopTimes,
)


def timetable_of(calls):
    stations, stops = Stations(), Stops()
    for number in range(int(calls["stop_count"])):
        station = stations.add(Station(str(number), str(number)))
        stop = Stop(str(number), str(number), station, "?")
        station.add_stop(stop)
        stops.add(stop)
    trips, times = Trips(), TripStopTimes()
    for run in np.unique(calls["run"]):
        trip = Trip()
        trip.hint = int(run)
        for place, row in enumerate(np.flatnonzero(calls["run"] == run)):
            arrival, departure = int(calls["arrival"][row]), int(calls["departure"][row])
            stop = stops.get(str(calls["stop"][row]))
            one = TripStopTime(trip, place, stop, arrival, departure, 0)
            times.add(one)
            trip.add_stop_time(one)
        trips.add(trip)
    routes = Routes()
    for trip in trips:
        routes.add(trip)
    return Timetable(stations, stops, trips, times, routes, Transfers())


def main():
    logger.remove()
    calls = np.load(sys.argv[1])
    timetable = timetable_of(calls)
    numbers = {stop: int(stop.id) for stop in timetable.stops}
    spent, found = [], np.full((len(calls["origins"]), int(calls["stop_count"])), -1)
    for row, origin in enumerate(calls["origins"]):
        begin = time.process_time()
        engine = RaptorAlgorithm(timetable)
        engine.run([timetable.stops.get(str(origin))], int(calls["leave"]), int(calls["rounds"]))
        spent.append(time.process_time() - begin)
        for stop, label in engine.bag_star.items():
            if label.earliest_arrival_time < 10**6 and numbers[stop] != origin:
                found[row, numbers[stop]] = label.earliest_arrival_time
    np.savez(sys.argv[2], found=found, spent=spent)


if __name__ == "__main__":
    main()
