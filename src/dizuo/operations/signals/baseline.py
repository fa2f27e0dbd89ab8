"""What a stream usually shows at an hour of the week, and how unusual an observation is.

Each hour of the week has a median and a spread (the median distance from it, scaled to a standard
deviation). Both hardly move when a few values are wild, so what is to be found does not hide
itself. Scores are the distances from the median in spreads; a rule on a stream of scores makes them
an alarm.

Two things are looked for. What stays away from its usual (a leak at night) shows against the median
alone. What leaps (a burst, a fault of the device) shows better against the median and the level of
the last few observations together, because weather lifts whole days.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dizuo.model.errors import InputError
from dizuo.model.text import Text

__all__ = ["WEEK_HOURS", "Baseline", "fit_baseline"]

WEEK_HOURS: Final = 168
_HOUR: Final = 3_600_000_000
_THURSDAY: Final = 72
"""Hours from Monday to the first hour of 1970."""
_TO_DEVIATION: Final = 1.4826
"""The standard deviation of a normal distribution, in median distances."""


@dataclass(frozen=True, slots=True, eq=False)
class Baseline:
    """What is usual, from Monday 0 o'clock on.

    Attributes
    ----------
    median, spread
        Of every hour of the week, in the unit of the stream.
    count
        How many observations each rests on; where they were too few, the hour of the day spoke for
        the hour of the week, or all observations together.
    last
        How many observations before make the level that is taken off; 0 for none.
    offset
        Of the stream's weeks from UTC.
    """

    median: NDArray[np.float64]
    spread: NDArray[np.float64]
    count: NDArray[np.int64]
    offset: timedelta
    last: int

    def expected(self, time: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return what would have been usual at times, in microseconds since 1970."""
        return self.median[_hour_of_week(time, self.offset)]

    def scores(self, time: NDArray[np.int64], value: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return how many spreads observations lie above (or, negative, below) what is usual.

        Observations are in the order of their times, one after the other; to go on with a stream,
        give the ``last`` ones before again and pass over their scores.
        """
        hour = _hour_of_week(time, self.offset)
        away = _leaps(value - self.median[hour], self.last)
        return np.asarray(away / self.spread[hour], np.float64)


def fit_baseline(
    time: NDArray[np.int64],
    value: NDArray[np.float64],
    *,
    offset: timedelta,
    resolution: float,
    last: int = 0,
    least: int = 8,
) -> Baseline:
    """Learn what is usual.

    Parameters
    ----------
    time, value
        Usable observations: when, in microseconds since 1970, and in the unit of the stream; in
        the order of their times.
    offset
        Of the stream's weeks from UTC.
    resolution
        The smallest difference that the device shows: no spread is below it.
    last
        How many observations before make the level that is taken off; 0 looks for what stays away.
    least
        How many observations an hour must have to speak for itself.

    Raises
    ------
    InputError
        If there are fewer observations than that in all, a value is no number, or the resolution is
        not above zero.
    """
    if len(value) < least or not np.isfinite(value).all() or not resolution > 0:
        raise InputError(
            Text(
                f"a baseline cannot be learned from {len(value)} observations",
                f"无法从 {len(value)} 条观测中学习基线",
            ),
            cure=Text(
                f"Give at least {least} numbers, and a resolution above zero.",
                f"请给出至少 {least} 个数值，且分辨率大于零。",
            ),
        )
    hour = _hour_of_week(time, offset)
    count = np.bincount(hour, minlength=WEEK_HOURS)
    median = _middles(hour, value, count, least)
    away = np.abs(_leaps(value - median[hour], last))
    spread = np.maximum(_TO_DEVIATION * _middles(hour, away, count, least), resolution)
    return Baseline(median, spread, count, offset, last)


def _middles(
    hour: NDArray[np.int64], value: NDArray[np.float64], count: NDArray[np.int64], least: int
) -> NDArray[np.float64]:
    """Return the median of every hour of the week, or of the hour of the day, or of everything."""
    median = np.full(WEEK_HOURS, np.median(value))
    for of_day in range(24):
        same = value[hour % 24 == of_day]
        if len(same) >= least:
            median[of_day::24] = np.median(same)
    for one in np.flatnonzero(count >= least):
        median[one] = np.median(value[hour == one])
    return median


def _leaps(away: NDArray[np.float64], last: int) -> NDArray[np.float64]:
    """Take off the median of the last few before each; of the first, there is none."""
    if last == 0 or len(away) < 2:
        return away
    before = np.concatenate([np.full(last, np.nan), away[:-1]])
    windows = np.lib.stride_tricks.sliding_window_view(before, last)
    level = np.concatenate([[0.0], np.nanmedian(windows[1:], axis=1)])
    return np.asarray(away - level, np.float64)


def _hour_of_week(time: NDArray[np.int64], offset: timedelta) -> NDArray[np.int64]:
    hours = (np.asarray(time, np.int64) + offset // timedelta(microseconds=1)) // _HOUR
    return np.asarray((hours + _THURSDAY) % WEEK_HOURS, np.int64)
