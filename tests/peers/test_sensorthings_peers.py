"""Clients of other hands describe, send, read and check, with nothing found wrong."""

import json
import socket
import threading
import time
from datetime import UTC, datetime, timedelta

import geopandas as gpd
import pytest
import uvicorn
from pyproj import CRS
from sensorthings_schemas import PROPERTIES, schema_of
from shapely.geometry import box

from dizuo.api.application import application
from dizuo.model.errors import StoreError
from dizuo.operations.cases.office import Actor
from dizuo.operations.ground import Ground
from dizuo.operations.opening import open_operations
from dizuo.operations.signals.observations import Observations
from dizuo.operations.signals.register import Device, Stream
from dizuo.operations.time import SetClock
from opened_city import let_in, write_city

ROOT = "/sensorthings/v1.1"


class OneBlock:
    crs = CRS("EPSG:32632")

    def layer(self, name):
        if name != "places":
            raise StoreError(f"there is no layer {name}")
        return gpd.GeoDataFrame(
            {"id": ["block:a"], "kind": ["block"]}, geometry=[box(0, 0, 1, 1)], crs=self.crs
        )


class ServedTown:
    """A town on loopback, with a key that may do all that SensorThings has."""

    def __init__(self, folder):
        clock = SetClock(datetime(2026, 3, 2, 9, tzinfo=UTC))
        self.operations = open_operations(write_city(folder), clock=clock)
        self.key = let_in(self.operations, "engineer", "centre", "device")
        place = socket.socket()
        place.bind(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{place.getsockname()[1]}"
        app = application(self.operations, Ground(OneBlock(), None))
        self.server = uvicorn.Server(uvicorn.Config(app, log_level="error", ws="none"))
        self.thread = threading.Thread(target=self.server.run, kwargs={"sockets": [place]})
        self.thread.start()
        while not self.server.started:
            time.sleep(0.01)

    def stop(self):
        self.server.should_exit = True
        self.thread.join()
        self.operations.engine.dispose()

    def register_a_gauge(self):
        """A device of the register, which nobody described through SensorThings, and its value."""
        signals = self.operations.signals
        device = Device("gauge", "pipe:1", "M1", None, 373_000.0, 4_843_000.0)
        stream = Stream("gauge.flow", "gauge", "flow", "m3/h", timedelta(minutes=1))
        with self.operations.engine.begin() as connection:
            signals.register_desk.put(connection, device, [stream], Actor("keeper", frozenset()))
        at = int(datetime(2026, 3, 2, 8, tzinfo=UTC).timestamp()) * 1_000_000
        assert signals.take_in(Observations.of(1, at, 5.0), "gauge", channel="mqtt").fresh == 1


@pytest.fixture
def town(tmp_path):
    town = ServedTown(tmp_path / "town")
    yield town
    town.stop()


def test_the_client_of_frost_finds_all_that_it_sent(town, ask):
    found = ask("sensorthings_frost_client", url=town.url + ROOT, key=town.key)
    assert found["problems"].tolist() == []
    assert found["observations"] == 52


def test_the_validator_finds_the_data_model_of_the_standard(town, ask, tmp_path):
    told = ask("sensorthings_frost_client", url=town.url + ROOT, key=town.key)
    assert told["problems"].tolist() == []
    town.register_a_gauge()
    schemas = tmp_path / "schemas"
    schemas.mkdir()
    for kind in PROPERTIES:
        text = json.dumps(schema_of(kind, town.url + ROOT))
        (schemas / f"{kind}.json").write_text(text, encoding="utf-8")
    found = ask("sensorthings_validator", url=town.url + ROOT, key=town.key, schemas=str(schemas))
    assert found["problems"].tolist() == []
    assert set(found["kinds"].tolist()) == PROPERTIES.keys()
    checked = {kind: int(found[kind]) for kind in PROPERTIES}
    assert checked == {
        "Things": 3, "Locations": 2, "HistoricalLocations": 2, "Datastreams": 2, "Sensors": 2,
        "ObservedProperties": 2, "Observations": 61, "FeaturesOfInterest": 2,
    }  # fmt: skip
