"""The clocks equal a march through every minute, for random intervals with pauses."""

import numpy as np
import pytest
from minute_oracle import CALENDARS, OPEN, UNITS, Minutes, toml_of

from dizuo.operations.clocks.calendar_files import parse_calendar
from dizuo.operations.clocks.counting import due_many, elapsed_many

# The largest limits that are drawn: minutes, minutes, days, days.
LARGEST = {
    "urgent_hours": 30 * 60,
    "working_hours": 16 * 60,
    "working_days": 6,
    "calendar_days": 8,
}
DAY = 1440


def drawn(rng, number, minutes, unit, step=1):
    """Starts, limits and up to two pauses each; half of all times are whole quarters of an hour."""

    def at(low, high):
        times = rng.integers(low, high, size=number)
        quarter = 15 * step
        exact = (times + minutes.begin) // quarter * quarter - minutes.begin
        return np.where(rng.random(number) < 0.5, np.maximum(exact, low), times)

    day = DAY * step
    starts = at(0, len(minutes.open) - 35 * day)
    begins = np.stack([starts + at(-day, 6 * day) for _ in range(2)], axis=1)
    ends = begins + np.stack([at(0, 3 * day // 2) for _ in range(2)], axis=1)
    present = rng.random((number, 2)) < 0.4
    open_ended = rng.random((number, 2)) < 0.05
    begins = np.where(present, np.maximum(begins, 0), OPEN)
    ends = np.where(present, np.where(open_ended, OPEN, np.maximum(ends, begins)), OPEN)
    seconds = step if unit.endswith("hours") else 1
    needs = rng.integers(1, LARGEST[unit] * seconds + 1, size=number)
    return starts, needs, begins, ends


def instants(steps, minutes, seconds):
    """Steps of the oracle as instants; OPEN and -1 are no instants."""
    none = (steps == OPEN) | (steps < 0)
    times = ((steps + minutes.begin) * seconds).astype("datetime64[s]")
    return np.where(none, np.datetime64("NaT"), times)


def assert_equal_to_the_march(name, minutes, number, seed, step=1):
    calendar = parse_calendar(toml_of(name))
    rng = np.random.default_rng(seed)
    seconds = 60 // step
    for unit in UNITS:
        starts, needs, begins, ends = drawn(rng, number, minutes, unit, step)
        pauses = (instants(begins, minutes, seconds), instants(ends, minutes, seconds))
        times = instants(starts, minutes, seconds)
        each = seconds if unit.endswith("hours") else 1

        expected = minutes.due(starts, needs, unit, begins, ends)
        found = due_many(times, needs * each, unit, calendar, pauses=pauses)
        np.testing.assert_array_equal(found, instants(expected, minutes, seconds), f"{name} {unit}")

        finishes = starts + rng.integers(0, 4 * DAY * step, size=number)
        run = minutes.elapsed(starts, finishes, unit, begins, ends)
        counted = elapsed_many(
            times, instants(finishes, minutes, seconds), unit, calendar, pauses=pauses
        )
        np.testing.assert_array_equal(counted, run * each, f"{name} {unit}")


@pytest.mark.parametrize("name", CALENDARS)
def test_deadlines_equal_a_march_through_the_minutes(name):
    last = CALENDARS[name]["years"][1]
    assert_equal_to_the_march(name, Minutes(name, last, last), 1_000, seed=1)


@pytest.mark.slow
@pytest.mark.parametrize("name", CALENDARS)
def test_two_hundred_thousand_deadlines_for_each_of_five_calendars_equal_the_march(name):
    assert_equal_to_the_march(name, Minutes(name), 50_000, seed=2)


def test_deadlines_equal_a_march_through_the_seconds_around_a_change_of_the_clock():
    minutes = Minutes("new_york", 2025, 2025)
    first = (31 + 28 - 5) * DAY
    weeks = minutes.repeated(first, first + 50 * DAY, 60)
    assert_equal_to_the_march("new_york", weeks, 100, seed=3, step=60)
