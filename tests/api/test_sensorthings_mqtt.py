"""Observations come by the topics of the standard, and are told on them, at a real broker."""

import json
import threading
import time
from datetime import timedelta
from pipes import degrees

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from dizuo.api.sensorthings.mqtt import MqttDoor
from dizuo.operations.cases.office import Actor
from dizuo.operations.sensing.intake import ObservationIntake
from dizuo.operations.signals.mqtt_settings import MqttSettings
from dizuo.operations.signals.register import Device, Stream

BASE = "https://city.example/sensorthings/v1.1"
MINE = "v1.1/Datastreams('gauge.level')/Observations"


class Reader:
    """Somebody who subscribes to all observations."""

    def __init__(self, broker):
        self.heard = []
        self.client = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
        self.client.on_message = lambda _, __, m: self.heard.append(
            (m.topic, json.loads(m.payload))
        )
        subscribed = threading.Event()
        self.client.on_subscribe = lambda *_: subscribed.set()
        self.client.connect("127.0.0.1", broker.port)
        self.client.subscribe([("v1.1/Observations", 1), (MINE, 1)])
        self.client.loop_start()
        assert subscribed.wait(30)

    def hear(self, _, __, message):
        if message.payload != b"{":
            self.heard.append((message.topic, json.loads(message.payload)))

    def close(self):
        self.client.disconnect()
        self.client.loop_stop()


@pytest.fixture
def operations(town):
    made = town.operations
    with made.engine.begin() as connection:
        device = Device("gauge", "pipe:1", x=0.0, y=0.0)
        stream = Stream("gauge.level", "gauge", "level", "m", timedelta(minutes=1))
        keeper = Actor("keeper", frozenset())
        made.signals.register_desk.put(connection, device, [stream], keeper)
    return made


@pytest.fixture
def door(operations, broker):
    with ObservationIntake(operations.log, operations.signals) as intake:
        settings = MqttSettings(port=broker.port)
        made = MqttDoor(operations, intake, settings, BASE, degrees, degrees)
        stop = threading.Event()
        thread = threading.Thread(target=made.run, args=(stop,))
        thread.start()
        assert made.ready.wait(30)
        yield made
        stop.set()
        thread.join()


def until(condition):
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, "it did not come to it"
        time.sleep(0.02)


def results(town):
    told = town.get("/sensorthings/v1.1/Observations", "engineer").json()["value"]
    return [one["result"] for one in told]


def test_observations_come_by_either_topic_and_what_is_kept_is_told(
    town, operations, door, broker, publisher
):
    town.http.timeout = 60
    reader = Reader(broker)
    publisher.publish({"result": 1, "phenomenonTime": "2026-03-02T08:00:00Z"}, MINE)
    other = {"result": 2, "phenomenonTime": "2026-03-02T08:01:00Z",
             "Datastream": {"@iot.id": "gauge.level"}}  # fmt: skip
    publisher.publish(other, "v1.1/Observations")
    publisher.wait()
    town.post("/sensorthings/v1.1/Observations", "engineer", **other | {
        "result": 3, "phenomenonTime": "2026-03-02T08:02:00Z"})  # fmt: skip
    until(lambda: results(town) == [1.0, 2.0, 3.0])
    key = f"0:{1_772_438_400_000_000}"

    def told(topic):
        return [one for where, one in reader.heard if where == topic and "@iot.id" in one]

    until(lambda: len(told(MINE)) == len(told("v1.1/Observations")) == 3)
    assert sorted(one["result"] for one in told(MINE)) == [1.0, 2.0, 3.0]
    first = next(one for one in told(MINE) if one["result"] == 1.0)
    assert first["@iot.selfLink"] == f"{BASE}/Observations('{key}')"
    reader.close()


def test_what_cannot_be_taken_in_is_kept_in_confidence(town, operations, door, publisher):
    publisher.publish("{", MINE)
    publisher.publish({"result": "x"}, MINE)
    publisher.publish({"result": 1}, "v1.1/Datastreams('nobody')/Observations")
    publisher.publish({"result": 5, "phenomenonTime": "2026-03-02T08:00:00Z"}, MINE)
    publisher.publish({"result": 6, "phenomenonTime": "2026-03-02T08:00:00Z"}, MINE)
    publisher.wait()

    def refused():
        with operations.engine.connect() as connection:
            return [one["problem_en"] for one in operations.refusals.waiting(connection)]

    until(lambda: len(refused()) == 4)
    assert results(town) == [5.0]
    told = "\n".join(refused())
    for words in ("no JSON", "no result of the type", "no such Datastream", "first one holds"):
        assert words in told
