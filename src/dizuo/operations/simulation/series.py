"""What a device sees in a day: a wave, noise, and now and then a fault or something real."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from dizuo.operations.simulation.parameters import Sensing, Sensor
from dizuo.operations.time import to_microseconds

__all__ = ["Episode", "Kind", "Series", "episodes_of", "excursion_of", "observed"]

_MINUTE = timedelta(minutes=1) // timedelta(microseconds=1)
_HOUR = 60 * _MINUTE
_RISE = 0.25
"""The part of an excursion in which it rises, and in which it falls again."""


class Kind(Enum):
    """What is out of the ordinary; everything but an excursion is a fault of the device."""

    STUCK = "stuck"
    GAP = "gap"
    SPIKE = "spike"
    EXCURSION = "excursion"


@dataclass(frozen=True, slots=True)
class Episode:
    """Something out of the ordinary, from ``begin`` until before ``end``, in microseconds.

    ``peak`` is the value that a spike or an excursion reaches.
    """

    kind: Kind
    begin: int
    end: int
    peak: float = 0.0


@dataclass(frozen=True, slots=True)
class Series:
    """What one stream saw: times in microseconds since 1970, and values."""

    time: NDArray[np.int64]
    value: NDArray[np.float64]


def episodes_of(
    sensor: Sensor, sensing: Sensing, begin: datetime, length: timedelta, dice: np.random.Generator
) -> list[Episode]:
    """Draw the faults of one stream in a day."""
    found = []
    interval = int(sensor.minutes * _MINUTE)
    faults = ((Kind.STUCK, sensing.stuck), (Kind.GAP, sensing.gap), (Kind.SPIKE, sensing.spike))
    for kind, fault in faults:
        chance, where = dice.random(2)
        lasts = int(dice.integers(fault.intervals[0], fault.intervals[1] + 1)) * interval
        if chance < fault.chance:
            first = to_microseconds(begin) + int(where * (length / timedelta(microseconds=1)))
            found.append(Episode(kind, first, first + lasts, sensor.spike))
    return found


def excursion_of(
    sensor: Sensor, sensing: Sensing, begin: datetime, length: timedelta, dice: np.random.Generator
) -> Episode:
    """Draw something real: it begins early enough to be over before the day is."""
    span = length / timedelta(microseconds=1)
    least, most = sensing.excursion.minutes
    lasts = min(int(dice.uniform(least, most) * _MINUTE), int(span / 2))
    first = to_microseconds(begin) + int(dice.random() * (span - lasts))
    peak = float(dice.choice(sensor.peaks))
    return Episode(Kind.EXCURSION, first, first + lasts, peak)


def observed(
    sensor: Sensor,
    episodes: Sequence[Episode],
    begin: datetime,
    length: timedelta,
    dice: np.random.Generator,
) -> Series:
    """Return what a stream of a kind observes in a day.

    Parameters
    ----------
    episodes
        What is out of the ordinary. What is real comes first, and then how the device shows it.
    begin
        In the city's zone: the wave follows its hours.
    """
    interval = int(sensor.minutes * _MINUTE)
    start = to_microseconds(begin)
    span = length // timedelta(microseconds=1)
    time = np.arange(start + int(dice.integers(interval)), start + span, interval, dtype=np.int64)
    hour = begin.hour + begin.minute / 60 + (time - start) / _HOUR
    wave = sensor.swing * np.cos(2 * np.pi * (hour - sensor.peak_hour) / 24)
    value: NDArray[np.float64] = sensor.level + wave + dice.normal(0, sensor.noise, len(time))
    kept = np.ones(len(time), bool)
    for one in sorted(episodes, key=lambda one: one.kind is not Kind.EXCURSION):
        inside = (time >= one.begin) & (time < one.end)
        if one.kind is Kind.EXCURSION:
            passed = np.clip((time - one.begin) / (one.end - one.begin), 0, 1)
            reached = np.clip(np.minimum(passed, 1 - passed) / _RISE, 0, 1)
            value = np.where(inside, value + (one.peak - value) * reached, value)
        elif one.kind is Kind.SPIKE:
            value = np.where(inside, one.peak, value)
        elif one.kind is Kind.STUCK and inside.any():
            value = np.where(inside, value[inside][0], value)
        elif one.kind is Kind.GAP:
            kept &= ~inside
    shown = np.maximum(value, np.float64(sensor.least)).round(sensor.decimals)
    return Series(time[kept], shown[kept])
