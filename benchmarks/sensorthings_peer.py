"""The same work by SensorThings of dizuo and of a peer, over HTTP on loopback, both on SQLite.

    python -m venv /tmp/peer && /tmp/peer/bin/pip install django-ogc-sensorthings gunicorn
    python benchmarks/sensorthings_peer.py --peer /tmp/peer/bin/python

The peer is django-ogc-sensorthings (BSD-3-Clause) in an environment and a process of its own. Each
server is one process; both write a commit to disk before they answer. They take turns, kind of
work by kind of work; told are medians and the peer's as a multiple of ours.
"""

import argparse
import multiprocessing
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from dizuo.operations.opening import open_operations
from opened_city import let_in, write_city
from sensorthings import PORT, serve

PEER_PORT = PORT + 1
START = datetime(2026, 1, 1, tzinfo=UTC)
SETTINGS = """
import sys
from pathlib import Path
from uuid import UUID

SECRET_KEY = "of a benchmark"
ALLOWED_HOSTS = ["127.0.0.1"]
DATABASES = {{"default": {{"ENGINE": "django.db.backends.sqlite3", "NAME": {database!r}}}}}
INSTALLED_APPS = ["sensorthings.versions.v1_1", "sensorthings.versions.v1_1.backends.django",
                  "sensorthings.versions.v1_1.extensions.dataarray"]
ROOT_URLCONF = "peer_urls"
USE_TZ = True
SENSORTHINGS_V1_1_SERVICE_URL = "http://127.0.0.1:{port}/sensorthings"
SENSORTHINGS_V1_1_BACKEND_ADAPTER = (
    "sensorthings.versions.v1_1.backends.django.adapter.DjangoBackendAdapter")
SENSORTHINGS_V1_1_ID_TYPE = UUID
SENSORTHINGS_V1_1_ID_DELIMITER = "'"
"""
URLS = """
from django.urls import include, path

urlpatterns = [path("sensorthings/", include("sensorthings.versions.v1_1.urls"))]
"""
RUN = """
import django
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application

django.setup()
call_command("migrate", verbosity=0)
application = get_wsgi_application()
"""


def start_peer(python, folder):
    """The peer's server, on a database of its own."""
    database = str(folder / "peer.sqlite")
    settings = SETTINGS.format(database=database, port=PEER_PORT)
    for name, text in (("settings", settings), ("urls", URLS), ("wsgi", RUN)):
        (folder / f"peer_{name}.py").write_text(text, encoding="utf-8")
    return subprocess.Popen(
        [python, "-m", "gunicorn", "--bind", f"127.0.0.1:{PEER_PORT}", "--threads", "4",
         "--log-level", "error", "peer_wsgi:application"],
        cwd=folder, env={"DJANGO_SETTINGS_MODULE": "peer_settings", "PATH": "/usr/bin:/bin"},
    )  # fmt: skip


class Service:
    """One of the two, as a client sees it."""

    def __init__(self, base, headers):
        self.client = httpx.Client(base_url=base, headers=headers, timeout=300)
        self.feature = None

    def wait(self):
        for _ in range(300):
            try:
                if self.client.get("/Things").status_code == 200:
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.2)
        raise SystemExit(f"nothing answers at {self.client.base_url}")

    def post(self, path, body):
        answer = self.client.post(path, json=body)
        answer.raise_for_status()
        return answer

    def get(self, path):
        answer = self.client.get(path)
        answer.raise_for_status()
        return answer.json()

    def describe(self, things):
        """Things with a Datastream each; the ids of these."""
        for n in range(things):
            self.post("/Things", thing(n))
        told = self.get("/Datastreams?$top=100&$select=id,name")["value"]
        self.streams = [one.get("@iot.id", one.get("id")) for one in told]

    def need_a_feature(self):
        """Let observations name their FeatureOfInterest, which does not follow by itself there."""
        place = {"type": "Point", "coordinates": [7.42, 43.73]}
        feature = {"name": "f", "description": "", "encodingType": "application/geo+json",
                   "feature": place, "properties": {}}  # fmt: skip
        self.post("/FeaturesOfInterest", feature)
        (told,) = self.get("/FeaturesOfInterest")["value"]
        self.feature = told["@iot.id"]

    def one_by_one(self, count):
        more = {"FeatureOfInterest": {"@iot.id": self.feature}} if self.feature else {}
        for k in range(count):
            at = (START + timedelta(days=1, seconds=k)).isoformat().replace("+00:00", "Z")
            stream = {"@iot.id": self.streams[0]}
            self.post("/Observations", {"result": k, "phenomenonTime": at, "resultTime": at,
                                        "Datastream": stream, **more})  # fmt: skip
        return count

    def in_rows(self, count):
        for k in range(0, count, 1000):
            stream = self.streams[1 + k // 1000 % (len(self.streams) - 1)]
            times = [(START + timedelta(days=2, seconds=k + n)).isoformat().replace("+00:00", "Z")
                     for n in range(1000)]  # fmt: skip
            about = ["FeatureOfInterest/id"] if self.feature else []
            array = {"Datastream": {"@iot.id": stream}, "dataArray@iot.count": 1000,
                     "components": ["phenomenonTime", "resultTime", "result", *about],
                     "dataArray": [[at, at, n, *([self.feature] if about else [])]
                                   for n, at in enumerate(times)]}  # fmt: skip
            self.post("/CreateObservations", [array])
        return count


def thing(number):
    named = {"name": f"n{number}", "description": "of a benchmark"}
    return {
        **named, "properties": {},
        "Datastreams": [{
            **named,
            "observationType": "http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Measurement",
            "unitOfMeasurement": {"name": "metre", "symbol": "m", "definition": "ucum:m"},
            "Sensor": {**named, "encodingType": "application/pdf", "metadata": "none",
                       "properties": {}},
            "ObservedProperty": {**named, "definition": "https://example.org/level",
                                 "properties": {}},
            "properties": {},
        }],
    }  # fmt: skip


def compared(name, both, work, rounds):
    times = [[], []]
    for _ in range(rounds):
        for mine, service in zip(times, both, strict=True):
            begin = time.perf_counter()
            work(service)
            mine.append((time.perf_counter() - begin) * 1000)
    ours, theirs = (statistics.median(one) for one in times)
    print(f"{name:56} {ours:10.2f} {theirs:10.2f} {theirs / ours:8.1f}", flush=True)


def main():
    asked = argparse.ArgumentParser()
    asked.add_argument("--peer", required=True, help="the Python of the peer's environment")
    asked.add_argument("--observations", type=int, default=10_000)
    asked.add_argument("--things", type=int, default=20)
    asked.add_argument("--rounds", type=int, default=30)
    given = asked.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        city = write_city(folder / "city")
        operations = open_operations(city)
        key = let_in(operations, "engineer", "centre", "device")
        operations.engine.dispose()
        server = multiprocessing.get_context("spawn").Process(target=serve, args=(city, None))
        server.start()
        peer = start_peer(given.peer, folder)
        try:
            bases = [f"http://127.0.0.1:{port}/sensorthings/v1.1" for port in (PORT, PEER_PORT)]
            both = [Service(bases[0], {"Authorization": f"Bearer {key}"}), Service(bases[1], {})]
            for service in both:
                service.wait()
                service.describe(given.things)
            both[1].need_a_feature()
            # The machines of alarms are compiled by the first observation.
            both[0].post(f"/Datastreams('{both[0].streams[0]}')/Observations", {"result": 0})
            print(f"{'milliseconds, medians':56} {'dizuo':>10} {'peer':>10} {'ratio':>8}")
            count = given.observations
            compared(f"create {count // 10:,} observations one by one", both,
                     lambda one: one.one_by_one(count // 10), 1)  # fmt: skip
            compared(f"create {count:,} observations in rows of 1,000", both,
                     lambda one: one.in_rows(count), 1)  # fmt: skip
            # The peer cannot sort by phenomenonTime (500); the times are the same ones.
            newest = "$orderby=resultTime desc&$top=100"
            compared("the newest 100 observations of a datastream", both,
                     lambda one: one.get(f"/Datastreams('{one.streams[1]}')/Observations?{newest}"),
                     given.rounds)  # fmt: skip
            compared("the newest 100 of all observations", both,
                     lambda one: one.get(f"/Observations?{newest}"), given.rounds)  # fmt: skip
            # Options inside $expand are answered with 404 there.
            compared(f"{given.things} things with their datastreams", both,
                     lambda one: one.get("/Things?$expand=Datastreams"), given.rounds)  # fmt: skip
        finally:
            server.terminate()
            server.join()
            peer.terminate()
            peer.wait()


if __name__ == "__main__":
    main()
