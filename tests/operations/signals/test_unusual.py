"""What is unusual for the hour of the week becomes an alarm: learned, scored, judged."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from dizuo.model.errors import InputError
from dizuo.operations.cases.office import Actor
from dizuo.operations.opening import open_operations
from dizuo.operations.signals.observations import Observations
from dizuo.operations.signals.register import Device, Stream
from dizuo.operations.signals.unusual import UnusualSettings, score_stream, scored_streams
from dizuo.operations.time import SetClock, to_microseconds
from opened_city import write_city

pytestmark = pytest.mark.systems("S17.2")

MONDAY = datetime(2026, 3, 2, tzinfo=ZoneInfo("UTC"))
HOUR = 3_600_000_000
DESK = Actor("account:desk", frozenset({"centre"}))
SETTINGS = UnusualSettings.load()


@pytest.fixture
def water(tmp_path):
    """A water meter that was read hourly for six weeks: more by day, a little noise."""
    clock = SetClock(MONDAY)
    opened = open_operations(write_city(tmp_path), clock=clock)
    with opened.engine.begin() as connection:
        opened.signals.register_desk.put(
            connection,
            Device("meter", "pipe:7"),
            [Stream("meter:flow", "meter", "flow", "m3/h", timedelta(hours=1))],
            DESK,
        )
    read(opened, clock, range(-6 * 168, 0))
    yield opened, clock
    opened.engine.dispose()


def usual(hours):
    dice = np.random.default_rng(7)
    noise = dice.normal(0, 0.2, 10_000)
    return np.array([20 + 10 * (6 <= hour % 24 < 22) + noise[hour % 10_000] for hour in hours])


def read(opened, clock, hours, more=0.0):
    begin = to_microseconds(MONDAY)
    times = np.array([begin + hour * HOUR for hour in hours])
    clock.set(MONDAY + timedelta(hours=max(hours) + 1))
    batch = Observations.of(np.zeros(len(times)), times, usual(hours) + more)
    return opened.signals.take_in(batch, "device:meter", channel="http")


def scored(opened, **more):
    return score_stream(opened.signals, "meter:flow", SETTINGS, timedelta(0), **more)


def alarms(opened):
    with opened.engine.connect() as connection:
        return opened.alarms.listed(connection, open_only=True)


def test_what_is_as_ever_raises_no_alarm(water):
    opened, _ = water
    found = scored(opened)
    assert (found.stream, found.scored, found.changes) == ("meter:flow:unusual", 168, 0)
    assert found.learned == 5 * 168
    assert scored_streams(opened.signals.newest()[0]) == ["meter:flow"]


def test_a_leak_at_night_is_an_alarm_of_the_pipe_with_a_case(water):
    opened, clock = water
    scored(opened)
    read(opened, clock, range(4), more=6.0)
    found = scored(opened)
    assert (found.scored, found.changes) == (4, 1)
    (alarm,) = alarms(opened)
    assert (alarm["asset"], alarm["rule"]) == ("pipe:7", "unusual.value")
    assert alarm["case"]
    read(opened, clock, range(4, 12))
    assert scored(opened).changes == 1
    assert alarms(opened) == []


def test_only_what_came_since_is_scored(water):
    opened, clock = water
    scored(opened)
    assert scored(opened).scored == 0
    read(opened, clock, range(3))
    assert scored(opened).scored == 3
    assert opened.verify() == []


def test_a_leap_is_found_beside_the_level_of_the_last_few(water):
    opened, clock = water
    scored(opened, last=6)
    read(opened, clock, range(2), more=9.0)
    assert scored(opened).changes == 1  # ``last`` is remembered
    made = opened.signals.newest()[0].streams[1]
    assert made.properties == {"scores": "meter:flow", "last": 6}


def test_a_short_history_and_scores_of_scores_are_refused(water):
    opened, _ = water
    scored(opened)
    with pytest.raises(InputError, match="is a stream of scores itself"):
        score_stream(opened.signals, "meter:flow:unusual", SETTINGS, timedelta(0))
    with pytest.raises(InputError, match="no stream 'nothing'"):
        score_stream(opened.signals, "nothing", SETTINGS, timedelta(0))
    with opened.engine.begin() as connection:
        streams = [Stream("new:flow", "new", "flow", "m3/h", timedelta(hours=1))]
        opened.signals.register_desk.put(connection, Device("new", "pipe:8"), streams, DESK)
    with pytest.raises(InputError, match="less than 4 weeks"):
        score_stream(opened.signals, "new:flow", SETTINGS, timedelta(0))
