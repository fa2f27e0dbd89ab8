"""What is usual at an hour of the week, and what is not."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dizuo.model.errors import InputError
from dizuo.operations.signals.baseline import WEEK_HOURS, fit_baseline

HOUR = 3_600_000_000
MONDAY = int(datetime(2026, 3, 2, tzinfo=UTC).timestamp() * 1e6)
NOWHERE = timedelta(0)


def weeks(count, seed=1):
    """Water use: mornings and evenings high, weekends later, and some noise."""
    random = np.random.default_rng(seed)
    hour = np.arange(count * WEEK_HOURS)
    time = MONDAY + hour * HOUR
    usual = 10 + 5 * np.sin(hour % 24 / 24 * 2 * np.pi) + 3 * (hour % WEEK_HOURS >= 120)
    return time, usual + random.normal(0, 0.5, len(hour)), usual


def test_each_hour_of_the_week_has_its_own_middle():
    time, value, usual = weeks(30)
    found = fit_baseline(time, value, offset=NOWHERE, resolution=0.01)
    assert found.count.tolist() == [30] * WEEK_HOURS
    assert np.abs(found.expected(time) - usual).max() < 0.6
    assert np.median(found.spread) == pytest.approx(0.5, abs=0.1)
    frame = pd.DataFrame({"value": value, "hour": np.arange(len(time)) % WEEK_HOURS})
    assert found.median.tolist() == frame.groupby("hour")["value"].median().tolist()


def test_a_night_of_leaking_is_unusual_though_no_day_s_peak_is_passed():
    time, value, _ = weeks(20)
    learned = fit_baseline(time[:-WEEK_HOURS], value[:-WEEK_HOURS], offset=NOWHERE, resolution=0.1)
    leaking = value[-WEEK_HOURS:].copy()
    night = np.arange(WEEK_HOURS) % 24 == 18  # the lowest hour of the day
    leaking[night] += 5
    assert leaking[night].max() < value.max()  # a plain limit would see nothing
    scores = learned.scores(time[-WEEK_HOURS:], leaking)
    assert (scores[night] > 4).all()
    assert (np.abs(scores[~night]) > 4).mean() < 0.05


def test_wild_values_do_not_hide_themselves():
    time, value, _ = weeks(20)
    wild = value.copy()
    wild[::11] = 1000  # eleven and the week share no divisor
    clean = fit_baseline(time, value, offset=NOWHERE, resolution=0.1)
    found = fit_baseline(time, wild, offset=NOWHERE, resolution=0.1)
    assert np.abs(found.median - clean.median).max() < 1
    assert (found.scores(time[::11], wild[::11]) > 100).all()


def test_the_week_begins_on_monday_where_the_stream_is():
    time = MONDAY + np.arange(WEEK_HOURS * 8) * HOUR
    value = (np.arange(WEEK_HOURS * 8) % WEEK_HOURS).astype(float)
    found = fit_baseline(time, value, offset=timedelta(hours=8), resolution=1)
    assert found.median.tolist() == [*np.roll(np.arange(WEEK_HOURS), 8)]


def test_hours_with_few_observations_borrow_from_the_hour_of_the_day():
    time, value, _ = weeks(10)
    gone = (np.arange(len(time)) % WEEK_HOURS) == 30  # Tuesday, 6 o'clock
    found = fit_baseline(time[~gone], value[~gone], offset=NOWHERE, resolution=0.1)
    same = value[~gone][np.arange(len(time))[~gone] % 24 == 6]
    assert found.count[30] == 0
    assert found.median[30] == np.median(same)
    three = fit_baseline(time[:8], value[:8], offset=NOWHERE, resolution=0.1)
    assert set(three.median) == {np.median(value[:8])}


def test_a_leap_shows_on_a_day_that_weather_has_lifted():
    time, value, _ = weeks(30)
    lifted = value + np.cumsum(np.random.default_rng(5).normal(0, 0.5, len(time)))
    leaps = np.arange(20 * WEEK_HOURS + 11, len(time), 53)
    lifted[leaps] += 5
    past = slice(0, 20 * WEEK_HOURS)

    def found(last):
        learned = fit_baseline(time[past], lifted[past], offset=NOWHERE, resolution=0.1, last=last)
        scores = learned.scores(time, lifted)
        others = np.delete(scores[20 * WEEK_HOURS :], leaps - 20 * WEEK_HOURS)
        return (scores[leaps][:, None] > others).mean()  # the area under the ROC curve

    assert found(6) > 0.95 > 0.8 > found(0)


def test_the_level_is_the_median_of_the_last_ones_before():
    time, value, _ = weeks(9)
    learned = fit_baseline(time, value, offset=NOWHERE, resolution=0.1, last=3)
    away = pd.Series(value - learned.expected(time))
    level = away.rolling(3, min_periods=1).median().shift(1).fillna(0)
    hour = np.arange(len(time)) % WEEK_HOURS
    expected = (away - level) / learned.spread[hour]
    assert learned.scores(time, value) == pytest.approx(expected)
    # Going on with a stream gives the same as all of it at once.
    again = learned.scores(time[97:], value[97:])[3:]
    assert again == pytest.approx(expected[100:])


@settings(max_examples=20, deadline=None)
@given(st.floats(0.01, 100), st.floats(-1e3, 1e3))
def test_scores_do_not_depend_on_the_unit(scale, shift):
    time, value, _ = weeks(9)
    one = fit_baseline(time, value, offset=NOWHERE, resolution=1e-6)
    other = fit_baseline(time, value * scale + shift, offset=NOWHERE, resolution=1e-6 * scale)
    assert other.scores(time, value * scale + shift) == pytest.approx(
        one.scores(time, value), rel=1e-5, abs=1e-5
    )


def test_what_stands_still_is_not_divided_by_nothing():
    time = MONDAY + np.arange(WEEK_HOURS * 8) * HOUR
    found = fit_baseline(time, np.full(len(time), 2.0), offset=NOWHERE, resolution=0.5)
    assert found.scores(time[:1], np.array([3.0])).tolist() == [2.0]


@pytest.mark.parametrize("values", [[1.0] * 7, [1.0] * 8 + [np.nan]])
def test_too_little_or_nothing_teaches_nothing(values):
    time = np.arange(len(values)) * HOUR
    with pytest.raises(InputError, match="cannot be learned"):
        fit_baseline(time, np.array(values), offset=NOWHERE, resolution=0.1)
    with pytest.raises(InputError, match="cannot be learned"):
        fit_baseline(np.arange(8), np.ones(8), offset=NOWHERE, resolution=0)
