"""A server of a small town on loopback, on a clock of the tests' own."""

import socket
import threading
import time
from datetime import UTC, datetime

import geopandas as gpd
import httpx
import numpy as np
import shapely
import uvicorn
from pyproj import CRS
from shapely.geometry import box

from dizuo.api.application import application
from dizuo.model.errors import StoreError
from dizuo.operations.ground import Ground, UnitGrid
from dizuo.operations.opening import open_operations
from dizuo.operations.time import SetClock
from opened_city import let_in, write_city

NOBODY = """
[roles.nobody]
en = "Somebody who may do nothing"
zh = "没有任何权限的人"
"""
WEST, SOUTH = 373_000.0, 4_843_000.0


class TwoBlocks:
    """What a server asks of a base: a city of two blocks side by side, each 100 m wide."""

    crs = CRS("EPSG:32632")

    def layer(self, name):
        if name != "places":
            raise StoreError(f"there is no layer {name}")
        shapes = [box(WEST + k * 100, SOUTH, WEST + k * 100 + 100, SOUTH + 100) for k in range(2)]
        shapes.append(box(WEST, SOUTH, WEST + 200, SOUTH + 100))
        rows = {"id": ["block:a", "block:b", "city:t"], "kind": ["block", "block", "city"]}
        return gpd.GeoDataFrame(rows, geometry=shapes, crs=self.crs)


def one_cell():
    """A unit grid of one cell, over the western block."""
    square = box(WEST, SOUTH, WEST + 100, SOUTH + 100)
    return UnitGrid(np.array(["000000000000001"]), {}, shapely.STRtree([square]))


class Town:
    """The server, its clock, and who may come in."""

    START = datetime(2026, 3, 2, 9, tzinfo=UTC)

    def __init__(self, folder, url=None, settings=""):
        write_city(folder)
        (folder / "operations").mkdir(exist_ok=True)
        (folder / "operations" / "policy.toml").write_text(NOBODY, encoding="utf-8")
        (folder / "operations" / "settings.toml").write_text(settings, encoding="utf-8")
        self.clock = SetClock(self.START)
        self.operations = open_operations(folder, url=url, clock=self.clock)
        self.keys = {
            name: let_in(self.operations, name, *roles, **reach)
            for name, (roles, reach) in {
                "desk": (("desk", "centre"), {}),
                "roads": (("unit",), {"unit": "unit:roads"}),
                "parks": (("unit",), {"unit": "unit:parks"}),
                "walker": (("collector",), {"grids": ["000000000000001"]}),
                "stray": (("collector",), {}),
                "helper": (("volunteer",), {}),
                "stranger": (("nobody",), {}),
                "engineer": (("centre", "device"), {}),
                "probe": (("device",), {}),
                "analyst": (("analyst",), {}),
            }.items()
        }
        self.events_before = self.operations.health().events
        self.app = application(self.operations, Ground(TwoBlocks(), one_cell()))

    def serve(self):
        place = socket.socket()
        place.bind(("127.0.0.1", 0))
        config = uvicorn.Config(self.app, log_level="error", lifespan="on", ws="none")
        self.server = uvicorn.Server(config)
        self.thread = threading.Thread(target=self.server.run, kwargs={"sockets": [place]})
        self.thread.start()
        while not self.server.started:
            time.sleep(0.01)
        self.http = httpx.Client(base_url=f"http://127.0.0.1:{place.getsockname()[1]}")
        return self

    def stop(self):
        self.http.close()
        self.server.should_exit = True
        self.thread.join()
        self.operations.engine.dispose()

    def get(self, path, key=None, **query):
        return self.http.get(path, params=query, headers=self.headers(key))

    def post(self, path, key=None, headers=None, **body):
        return self.http.post(path, json=body, headers=self.headers(key) | (headers or {}))

    def headers(self, name):
        return {"Authorization": f"Bearer {self.keys[name]}"} if name else {}
