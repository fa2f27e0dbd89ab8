"""A mosquitto of the tests' own, by the configuration that dizuo ships."""

import getpass
import json
import shutil
import socket
import subprocess
import time
from importlib.resources import files

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

CURE = "Install Debian's package mosquitto: bash .ci/setup"


def mosquitto_program():
    return shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin")


class Broker:
    """A broker at a free port, whose memory is kept in a folder."""

    def __init__(self, folder, program):
        with socket.socket() as place:
            place.bind(("127.0.0.1", 0))
            self.port = place.getsockname()[1]
        shipped = files("dizuo.operations.signals").joinpath("mosquitto.conf").read_text("utf-8")
        self.file = folder / "mosquitto.conf"
        self.file.write_text(
            shipped.replace("listener 1883 127", f"listener {self.port} 127")
            + f"persistence_location {folder}/\nuser {getpass.getuser()}\n"
        )
        self.program = program
        self.start()

    def start(self):
        command = [self.program, "-c", str(self.file)]
        self.process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        for _ in range(200):
            with socket.socket() as place:
                if place.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.05)
        raise RuntimeError("mosquitto did not start")

    def stop(self):
        self.process.terminate()
        self.process.wait()


class Publisher:
    """Publishes with QoS 1, and knows when the broker has everything."""

    def __init__(self, broker):
        self.client = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
        self.client.max_inflight_messages_set(1000)
        self.client.connect("127.0.0.1", broker.port)
        self.client.loop_start()
        self.sent = []

    def publish(self, payload, topic="dizuo/observations/gateway", qos=1):
        content = payload if isinstance(payload, str | bytes) else json.dumps(payload)
        self.sent.append(self.client.publish(topic, content, qos=qos))

    def wait(self):
        for one in self.sent:
            one.wait_for_publish(30)
        self.sent.clear()

    def close(self):
        self.wait()
        self.client.disconnect()
        self.client.loop_stop()


@pytest.fixture
def broker(tmp_path_factory):
    program = mosquitto_program()
    if program is None:
        pytest.skip(f"there is no mosquitto. {CURE}")
    made = Broker(tmp_path_factory.mktemp("mosquitto"), program)
    yield made
    made.stop()


@pytest.fixture
def publisher(broker):
    made = Publisher(broker)
    yield made
    made.close()
