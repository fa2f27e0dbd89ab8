"""What is published over MQTT is taken in by a real broker: live first, once, and nothing lost."""

import threading
import time
from contextlib import contextmanager

import pytest
from signal_town import START, device, office, put, rows, stream
from sqlalchemy import func, select

from dizuo.operations.event_log.tables import observations
from dizuo.operations.signals.alarm_table import alarms
from dizuo.operations.signals.listener import Listener
from dizuo.operations.signals.mqtt_settings import MqttSettings
from dizuo.operations.signals.refusals import Refusals

pytestmark = pytest.mark.systems("S14.9", "S17.2")

SECOND = 1_000_000


@pytest.fixture
def signals(town):
    made = office(town)
    put(made, *[(device(n), [stream(n, n)]) for n in range(3)])
    return made


@contextmanager
def listening(town, signals, broker, **more):
    settings = MqttSettings(port=broker.port, **more)
    listener = Listener(signals, Refusals(town.log, town.office.vault), settings)
    stop = threading.Event()
    thread = threading.Thread(target=listener.run, args=(stop,))
    thread.start()
    try:
        assert listener.wait_until_ready(30)
        yield listener
    finally:
        stop.set()
        thread.join()


def message(begin, count, *, value=0.5, name="stream:0"):
    times = [START + n * SECOND for n in range(begin, begin + count)]
    return {"stream": name, "time": times, "value": [value] * count}


def count(town):
    with town.engine.connect().execution_options(reads_only=True) as connection:
        return connection.execute(select(func.count()).select_from(observations)).scalar()


def until(condition):
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline, "it did not come to it"
        time.sleep(0.02)


@pytest.mark.parametrize("protocol", ["5", "3.1.1"])
def test_what_is_published_is_taken_in_and_judged(town, signals, broker, publisher, protocol):
    with listening(town, signals, broker, protocol=protocol) as listener:
        publisher.publish(message(0, 10))
        publisher.publish(message(10, 1, value=6.0))
        publisher.publish("stream,time,value\nstream:1,2026-03-02T08:00:00Z,0.5\n")
        publisher.publish(message(5, 10))  # five of them came before
        publisher.wait()
        until(lambda: listener.tally.messages == 4)
    assert (count(town), listener.tally.known) == (16, 6)
    (alarm,) = rows(town, alarms)
    # It was over in a second, but somebody must see what it was.
    assert (alarm["worst"], alarm["level"], alarm["case"] is None) == (3, 0, False)
    assert town.verify() == []


def test_what_was_published_while_nobody_listened_comes_afterwards(
    town, signals, broker, publisher
):
    with listening(town, signals, broker) as listener:
        publisher.publish(message(0, 10))
        publisher.wait()
        until(lambda: listener.tally.messages == 1)
    for n in range(1, 20):
        publisher.publish(message(10 * n, 10))
    publisher.wait()
    broker.stop()  # it keeps what waits
    broker.start()
    with listening(town, signals, broker):
        until(lambda: count(town) == 200)
    assert town.verify() == []


def test_what_devices_send_afterwards_comes_in_by_a_lane_of_its_own(
    town, signals, broker, publisher
):
    with listening(town, signals, broker) as listener:
        publisher.publish(message(100, 10))
        publisher.publish(message(0, 10), "dizuo/backlog/gateway")
        publisher.wait()
        until(lambda: listener.tally.messages == 2)
    assert (count(town), listener.tally.late) == (20, 10)


def test_a_message_that_cannot_be_taken_in_is_kept_until_it_can(town, signals, broker, publisher):
    with listening(town, signals, broker) as listener:
        for _ in range(2):
            publisher.publish(message(0, 10, name="stream:9"))
        publisher.publish("{nonsense")
        publisher.publish({"stream": "stream:0", "time": [10**20], "value": [1]})
        publisher.publish("stream\0,time,value\na,1,2\n")
        publisher.publish(message(0, 10))
        publisher.wait()
        until(lambda: listener.tally.messages == 6)
        assert listener.tally.refused == 5
    assert count(town) == 10
    refusals = Refusals(town.log, town.office.vault)
    with town.engine.connect() as connection:
        waiting = refusals.waiting(connection)
    assert len(waiting) == 4
    assert "there is no stream 'stream:9'" in waiting[0]["problem_en"]
    put(signals, (device(9), [stream(9, 9)]))
    assert refusals.try_again(signals) == (1, 3)
    assert refusals.try_again(signals) == (0, 3)
    assert count(town) == 20
    assert town.verify() == []
