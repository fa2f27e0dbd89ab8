"""The listener is killed again and again while devices publish: nothing is lost, nothing twice.

The broker keeps what was not acknowledged and sends it again. At the end every observation that was
published is there once, each alarm has one case, and the log verifies.
"""

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from dizuo.operations.cases.office import Actor
from dizuo.operations.cases.table import cases
from dizuo.operations.event_log.tables import events, observations
from dizuo.operations.opening import open_operations
from dizuo.operations.signals.alarm_table import alarms
from dizuo.operations.signals.register import Device, Stream
from dizuo.operations.time import to_microseconds
from mosquitto_broker import Publisher
from opened_city import write_city

KILLS = int(os.environ.get("DIZUO_KILLS", "3"))
STREAMS = 20
SECOND = 1_000_000


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def database(request, tmp_path):
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'operations.sqlite'}"
    return request.getfixturevalue("postgresql").new_database()


class Devices(threading.Thread):
    """Devices that send one observation each, turn by turn, sometimes over the level."""

    def __init__(self, broker, begin, stop):
        super().__init__()
        self.publisher, self.begin, self.stop = Publisher(broker), begin, stop
        self.turns = 0

    def run(self):
        while not self.stop.is_set():
            value = 6.0 if self.turns % 10 == 5 else 0.1 + self.turns % 7 / 100
            told = {
                "stream": [f"stream:{n}" for n in range(STREAMS)],
                "time": [self.begin + self.turns * SECOND] * STREAMS,
                "value": [value] * STREAMS,
            }
            self.publisher.publish(json.dumps(told))
            self.turns += 1
            time.sleep(0.01)
        self.publisher.close()


def listen(folder, database, broker):
    command = [sys.executable, "-m", "dizuo.cli", "signals", str(folder), "listen"]
    return subprocess.Popen(
        [*command, "--port", str(broker.port)],
        env=os.environ | {"DIZUO_DATABASE_URL": database},
        stdout=subprocess.DEVNULL,
    )


def until(condition, process):
    deadline = time.monotonic() + 120
    while not condition():
        assert process.poll() is None, "the listener ended by itself"
        assert time.monotonic() < deadline, "it did not come to it"
        time.sleep(0.1)


@pytest.mark.slow
@pytest.mark.systems("S14.9", "S17.2")
def test_nothing_published_is_lost_or_taken_in_twice(tmp_path, database, broker):
    operations = open_operations(write_city(tmp_path), url=database)
    with operations.engine.begin() as connection:
        for n in range(STREAMS):
            device = Device(f"device:{n}", f"chamber:{n}")
            stream = Stream(f"stream:{n}", device.id, "methane", "%VOL", timedelta(hours=1))
            operations.signals.register_desk.put(
                connection, device, [stream], Actor("operator", frozenset())
            )

    def count():
        with operations.engine.connect().execution_options(reads_only=True) as connection:
            return connection.execute(select(func.count()).select_from(observations)).scalar()

    begin = to_microseconds(operations.log.clock.now()) - 3600 * SECOND
    process = listen(tmp_path, database, broker)
    hello = Publisher(broker)
    first = {"stream": "stream:0", "time": [begin - SECOND], "value": [0.1]}
    while count() == 0:  # until it has subscribed
        hello.publish(json.dumps(first))
        hello.wait()
        time.sleep(0.2)
    hello.close()
    stop, dice = threading.Event(), random.Random(11)
    devices = Devices(broker, begin, stop)
    devices.start()
    for _ in range(KILLS):
        before = count()
        until(lambda before=before: count() > before + 200, process)
        time.sleep(dice.uniform(0.0, 0.3))
        process.send_signal(signal.SIGKILL)
        process.wait()
        process = listen(tmp_path, database, broker)
    stop.set()
    devices.join()
    until(lambda: count() >= devices.turns * STREAMS + 1, process)
    process.terminate()
    assert process.wait(60) == 0
    check_everything(operations, devices.turns)
    operations.engine.dispose()


def check_everything(operations, turns):
    with operations.engine.connect().execution_options(reads_only=True) as connection:
        kept = connection.execute(
            select(observations.c.stream, func.count()).group_by(observations.c.stream)
        ).all()
        found = connection.execute(select(alarms)).all()
        opened = connection.execute(select(cases.c.case)).scalars().all()
        raised = connection.execute(
            select(events.c.subject).where(events.c.kind == "alarm.raised")
        ).scalars().all()  # fmt: skip
    assert dict(tuple(row) for row in kept) == {n: turns + (n == 0) for n in range(STREAMS)}
    # Every tenth turn is over the level and the next one is not: so many alarms, told once.
    expected = STREAMS * ((turns + 4) // 10)
    assert len(found) == len(set(raised)) == len(raised) == expected
    by_case = Counter(row.case for row in found)
    assert set(by_case.values()) == {1}
    assert set(opened) == set(by_case)
    still_open = Counter((row.asset, row.rule) for row in found if row.cleared is None)
    assert set(still_open.values()) <= {1}
    operations.sequencer.seal()
    assert operations.verify() == []
