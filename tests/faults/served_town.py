"""Serve a small town in a process that may be killed: served_town.py FOLDER PORT DATABASE_URL."""

import os
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import geopandas as gpd
from pyproj import CRS
from shapely.geometry import box

from dizuo.api.application import application
from dizuo.api.serving import serve
from dizuo.model.errors import StoreError
from dizuo.operations.ground import Ground
from dizuo.operations.opening import open_operations
from dizuo.operations.webhooks import settings
from dizuo.operations.webhooks.deliverer import Deliverer

sys.path.insert(0, str(Path(__file__).parents[1]))
from opened_city import write_city

QUICKER = (
    ("held_seconds = 120", "held_seconds = 2"),
    ("answer_within_seconds = 15", "answer_within_seconds = 1"),
    ("first_pause_seconds = 5", "first_pause_seconds = 1"),
    ("growth = 5", "growth = 1"),
    ("attempts = 10", "attempts = 1000"),
)


class OneBlock:
    crs = CRS("EPSG:32632")

    def layer(self, name):
        if name != "places":
            raise StoreError(f"there is no layer {name}")
        return gpd.GeoDataFrame({"kind": ["block"]}, geometry=[box(0, 0, 1, 1)], crs=self.crs)


def write_town(folder):
    write_city(folder)
    # A worker that was killed had deliveries in hand: others may take them after two seconds.
    shipped = Path(settings.__file__).with_name("delivering.toml").read_text(encoding="utf-8")
    for slow, quick in QUICKER:
        shipped = shipped.replace(slow, quick)
    (folder / "operations").mkdir(exist_ok=True)
    (folder / "operations" / "webhooks.toml").write_text(shipped, encoding="utf-8")
    dispatch = folder / "operations" / "dispatch"
    dispatch.mkdir(parents=True)
    (dispatch / "units.csv").write_text("unit,name,catch_all\nhall,Town hall,yes\n")
    (dispatch / "rules.csv").write_text("rule,responsible,limit\nall,hall,2 urgent_hours\n")


class ShiftedClock:
    """The machine's clock, set forward or back by the seconds that stand in a file."""

    def __init__(self, file):
        self.file = file

    def now(self):
        return datetime.now(UTC) + timedelta(seconds=float(self.file.read_text() or 0))


def serve_town(folder, port, url):
    shift = folder / "clock_shift"
    clock = ShiftedClock(shift) if shift.exists() else None
    operations = open_operations(folder, url=url, clock=clock)
    serve(application(operations, Ground(OneBlock(), None)), "127.0.0.1", port)


def work(folder, url):
    """Deliver what waits in the outbox, in a process of its own, until killed."""
    Deliverer(open_operations(folder, url=url).webhooks).run(threading.Event())


def wait_for_orders(folder, port, url):
    """Make servers and workers by splitting off, which takes a moment where starting takes seconds.

    Each line of the input is an order: ``serve`` or ``work``, answered with the number of the new
    process, or ``bury NUMBER`` for one that was killed.
    """
    for line in sys.stdin:
        order, *about = line.split()
        if order == "bury":
            os.waitpid(int(about[0]), 0)
            answer = "buried"
        elif (made := os.fork()) == 0:
            serve_town(folder, port, url) if order == "serve" else work(folder, url)
            os._exit(0)
        else:
            answer = made
        print(answer, flush=True)


if __name__ == "__main__":
    place, at, database, *orders = sys.argv[1:]
    (wait_for_orders if orders else serve_town)(Path(place), int(at), database)
