"""How fast SensorThings is read and written over HTTP on loopback: a million observations.

    python benchmarks/sensorthings.py [--observations 1000000] [--streams 100] [--database-url URL]

The server is a process of its own; this one asks. Reads are told as medians and 95th percentiles
of milliseconds, with the processor's time that the server took for each, which other work on the
machine changes less. Creates are observations a second, acknowledged after a forced commit.
"""

import argparse
import json
import multiprocessing
import os
import statistics
import sys
import tempfile
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import geopandas as gpd
import httpx
import uvicorn
from pyproj import CRS
from shapely.geometry import box
from sqlalchemy import insert

from dizuo.api.application import application
from dizuo.model.errors import StoreError
from dizuo.operations.cases.office import Actor
from dizuo.operations.event_log.tables import observations
from dizuo.operations.ground import Ground
from dizuo.operations.opening import open_operations
from dizuo.operations.signals.register import Device, Stream

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from opened_city import let_in, write_city

START = datetime(2026, 1, 1, tzinfo=UTC)
MINUTE = 60_000_000
A_PART = 50_000
PORT = 8399


class OneBlock:
    crs = CRS("EPSG:32632")

    def layer(self, name):
        if name != "places":
            raise StoreError(f"there is no layer {name}")
        rows = {"id": ["block:a"], "kind": ["block"]}
        return gpd.GeoDataFrame(rows, geometry=[box(0, 0, 1, 1)], crs=self.crs)


def fill(operations, count, streams):
    """Devices with a stream each, and observations a minute apart."""
    with operations.engine.begin() as connection:
        for n in range(streams):
            device = Device(f"gauge {n}", f"pipe:{n}", "M1", None, 373_000.0 + n, 4_843_000.0)
            stream = Stream(f"level {n}", device.id, "level", "m", timedelta(minutes=1))
            desk, keeper = operations.signals.register_desk, Actor("keeper", frozenset())
            desk.put(connection, device, [stream], keeper)
    start = int(START.timestamp()) * 1_000_000
    with operations.engine.begin() as connection:
        for begin in range(0, count, A_PART):
            rows = [
                {"stream": k % streams, "phenomenon": start + k // streams * MINUTE,
                 "result": start, "value": float(k % 977), "raw": None, "quality": 0,
                 "late": False, "received": start}
                for k in range(begin, min(begin + A_PART, count))
            ]  # fmt: skip
            connection.execute(insert(observations), rows)
        connection.exec_driver_sql("ANALYZE")


def serve(folder, url):
    served = application(open_operations(Path(folder), url=url), Ground(OneBlock(), None))
    uvicorn.run(served, host="127.0.0.1", port=PORT, log_level="error", ws="none")


def processor_time(process):
    """Milliseconds that a process has used so far."""
    fields = Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) * 1000 / os.sysconf("SC_CLK_TCK")


def measured(client, name, paths, rounds):
    times, size = [], 0
    for path in paths[:3]:
        client.get(path).raise_for_status()
    used = processor_time(client.server)
    for k in range(rounds):
        path = paths[k % len(paths)]
        begin = time.perf_counter()
        answer = client.get(path)
        times.append((time.perf_counter() - begin) * 1000)
        answer.raise_for_status()
        size = len(answer.content)
    used = (processor_time(client.server) - used) / rounds
    ranked = sorted(times)
    late = ranked[int(len(ranked) * 0.95)]
    print(f"{name:60} {statistics.median(times):9.2f} {late:9.2f} {used:9.2f} {size:10,}")


def deep_pages(client, path, pages):
    """The addresses of pages that are followed to from a first one."""
    found = []
    while path and len(found) < pages:
        path = client.get(path).json().get("@iot.nextLink")
        found += [path] if path else []
    return found


def read(client, count, rounds, all_streams):
    print(f"{'reads':60} {'median ms':>9} {'p95 ms':>9} {'server ms':>9} {'bytes':>10}")
    streams = [f"/Datastreams('level%20{n}')" for n in range(0, all_streams, 7)]
    middle = START + timedelta(minutes=count // all_streams // 2)
    half, hour = (
        (middle + timedelta(minutes=more)).isoformat().replace("+00:00", "Z") for more in (0, 60)
    )
    between = f"phenomenonTime ge {half} and phenomenonTime lt {hour}".replace(" ", "%20")
    above = "$count=true&$top=0&$filter=result%20gt%20500"
    newest = "$orderby=phenomenonTime%20desc&$top=1"
    measured(client, "100 observations of a datastream",
             [f"{one}/Observations" for one in streams], rounds)  # fmt: skip
    measured(client, "1,000 observations of a datastream",
             [f"{one}/Observations?$top=1000" for one in streams], rounds)  # fmt: skip
    measured(client, "100 of all observations, the first page", ["/Observations"], rounds)
    deep = deep_pages(client, "/Observations?$top=10000&$select=result", 40)
    measured(client, "10,000 of all observations, pages 2 to 41 by their links", deep, len(deep))
    measured(client, "100 of all observations after 900,000 others, by $skip",
             ["/Observations?$skip=900000"], 10)  # fmt: skip
    measured(client, "an hour of a datastream, by time",
             [f"{one}/Observations?$filter={between}" for one in streams], rounds)  # fmt: skip
    measured(client, "an hour of a datastream, by its name among all",
             [f"/Observations?$filter=Datastream/name%20eq%20'level%20{n}'%20and%20{between}"
              for n in range(9)], rounds)  # fmt: skip
    by_time = "$orderby=phenomenonTime%20desc"
    measured(client, "the newest 100 of all observations", [f"/Observations?{by_time}"], rounds)
    pages = deep_pages(client, f"/Observations?{by_time}&$select=result", 40)
    measured(client, "the newest 100 of all, pages 2 to 41 by their links", pages, len(pages))
    measured(client, "the newest 100 of all above a value, one in 50",
             [f"/Observations?{by_time}&$filter=result%20gt%20957"], rounds)  # fmt: skip
    measured(client, "the newest 100 of all before a time in the middle",
             [f"/Observations?{by_time}&$filter=phenomenonTime%20lt%20{half}"], rounds)  # fmt: skip
    measured(client, "100 of all of an hour in the middle",
             [f"/Observations?$filter={between}"], rounds)  # fmt: skip
    measured(client, "the newest 100 of all by the time of their result",
             ["/Observations?$orderby=resultTime%20desc"], 5)  # fmt: skip
    measured(client, "the newest observation of a datastream",
             [f"{one}/Observations?{newest}" for one in streams], rounds)  # fmt: skip
    measured(client, "100 things with their datastreams and the newest observation of each",
             [f"/Things?$expand=Datastreams($expand=Observations({newest.replace('&', ';')}))"],
             max(rounds // 10, 5))  # fmt: skip
    measured(client, "count of observations of a datastream above a value",
             [f"{one}/Observations?{above}" for one in streams],
             rounds)  # fmt: skip
    measured(client, "count of all observations above a value",
             [f"/Observations?{above}"], 5)  # fmt: skip


def create(base, key, seconds, at_once, server, last):
    """Observations a second, posted one by one by many clients, then in rows of 1,000."""
    headers = {"Authorization": f"Bearer {key}"}
    done, times = [], []
    end = time.perf_counter() + seconds

    def post(number):
        with httpx.Client(base_url=base, headers=headers, timeout=60) as client:
            k = 0
            while time.perf_counter() < end:
                at = (datetime.now(UTC) + timedelta(microseconds=k)).isoformat()
                body = {"result": k, "phenomenonTime": at}
                begin = time.perf_counter()
                answer = client.post(f"/Datastreams('level%20{number}')/Observations", json=body)
                times.append((time.perf_counter() - begin) * 1000)
                answer.raise_for_status()
                k += 1
            done.append(k)

    used = processor_time(server)
    threads = [threading.Thread(target=post, args=(n,)) for n in range(at_once)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    used = (processor_time(server) - used) / sum(done)
    ranked = sorted(times)
    print(f"\none by one, {at_once} clients: {sum(done) / seconds:,.0f} observations/s, "
          f"median {statistics.median(times):.1f} ms, "
          f"p99 {ranked[int(len(ranked) * 0.99)]:.1f} ms, server {used:.2f} ms each")  # fmt: skip
    now = datetime.now(UTC)
    with httpx.Client(base_url=base, headers=headers, timeout=60) as client:
        begin, sent, used = time.perf_counter(), 0, processor_time(server)
        while time.perf_counter() - begin < seconds:
            rows = [[(now + timedelta(milliseconds=sent + k)).isoformat(), k] for k in range(1000)]
            array = {"Datastream": {"@iot.id": f"level {last}"},
                     "components": ["phenomenonTime", "result"], "dataArray": rows}  # fmt: skip
            client.post("/CreateObservations", content=json.dumps([array])).raise_for_status()
            sent += 1000
        took = time.perf_counter() - begin
    used = (processor_time(server) - used) / sent * 1000
    print(f"in rows of 1,000, one client: {sent / took:,.0f} observations/s, "
          f"server {used:.1f} ms a thousand")  # fmt: skip


def main():
    asked = argparse.ArgumentParser()
    asked.add_argument("--observations", type=int, default=1_000_000)
    asked.add_argument("--streams", type=int, default=100)
    asked.add_argument("--database-url")
    asked.add_argument("--rounds", type=int, default=200)
    asked.add_argument("--seconds", type=float, default=10)
    given = asked.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        city = write_city(Path(folder) / "city")
        operations = open_operations(city, url=given.database_url)
        key = let_in(operations, "engineer", "centre", "device")
        fill(operations, given.observations, given.streams)
        operations.engine.dispose()
        server = multiprocessing.get_context("spawn").Process(
            target=serve, args=(city, given.database_url)
        )
        server.start()
        base = f"http://127.0.0.1:{PORT}/sensorthings/v1.1"
        try:
            headers = {"Authorization": f"Bearer {key}"}
            with httpx.Client(base_url=base, headers=headers, timeout=120) as client:
                while True:
                    try:
                        client.get("")
                        break
                    except httpx.ConnectError:
                        time.sleep(0.2)
                # The machines of alarms are compiled by the first observation.
                client.post("/Datastreams('level%200')/Observations", json={"result": 0})
                client.server = server.pid
                read(client, given.observations, given.rounds, given.streams)
            create(base, key, given.seconds, 16, server.pid, given.streams - 1)
        finally:
            server.terminate()
            server.join()


if __name__ == "__main__":
    main()
