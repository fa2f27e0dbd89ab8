"""From hourly observations of a station to the index of each of its days."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import lcm
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dizuo.model.errors import InputError
from dizuo.model.text import Text
from dizuo.operations.signals.air_index import (
    GRAIN,
    NO_INDEX,
    AirIndex,
    Category,
    Measure,
    air_index_for,
    rounded,
)
from dizuo.operations.signals.observations import Observations

__all__ = ["AirDay", "AirHours", "AirStream", "air_days", "air_hours"]

_HOUR: Final = 3_600_000_000
_DAY_HOURS: Final = 24
_EPOCH: Final = date(1970, 1, 1).toordinal()
_NOTHING: Final = -1
_MILLI: Final = {("µg/m³", "mg/m³"): 0.001, ("mg/m³", "µg/m³"): 1000.0}


@dataclass(frozen=True, slots=True)
class AirStream:
    """Which pollutant of which station a stream observes, and in what unit."""

    station: str
    pollutant: str
    unit: str


@dataclass(frozen=True, slots=True, eq=False)
class AirHours:
    """Hourly means in grains of the index' unit: stations × pollutants × days × 24; -1 for none."""

    stations: tuple[str, ...]
    pollutants: tuple[str, ...]
    first: date
    grains: NDArray[np.int64]

    @property
    def days(self) -> tuple[date, ...]:
        """The days, from the first observation to the last."""
        return tuple(self.first + timedelta(days=n) for n in range(self.grains.shape[2]))


@dataclass(frozen=True, slots=True)
class AirDay:
    """The index of a station on a day.

    Attributes
    ----------
    index
        The index; None where it must not be given, because a pollutant is missing.
    primary
        Primary pollutants: all that share the highest index, none on an excellent day.
    concentrations, indices
        By measure, in its unit, rounded; None where the hours are too few.
    """

    station: str
    day: date
    edition: str
    index: int | None
    primary: tuple[str, ...]
    category: Category | None
    concentrations: Mapping[str, float | None]
    indices: Mapping[str, int | None]


def air_hours(
    observations: Observations,
    streams: Mapping[int, AirStream],
    index: AirIndex,
    *,
    offset: timedelta,
) -> AirHours:
    """Put hourly observations in their places.

    Parameters
    ----------
    observations
        Hourly means, in any order; where an hour comes twice, the first holds. What is late counts:
        a day is computed from all that is known of it. Concentrations below zero count as zero.
    streams
        What each stream observes; other streams are passed over.
    offset
        Of the station's standard time from UTC: days begin by it.

    Raises
    ------
    InputError
        If a unit cannot be turned into the unit of the index, or there is nothing at all.
    """
    stations = tuple(dict.fromkeys(one.station for one in streams.values()))
    pollutants = index.pollutants
    units = {one.pollutant: one.unit for one in index.measures.values()}
    known = {n: one for n, one in streams.items() if one.pollutant in pollutants}
    place, factor = _places(known, stations, pollutants, units)
    inside = observations.usable() & (observations.stream < len(place))
    inside[inside] &= place[observations.stream[inside]] >= 0
    chosen = observations.take(inside)
    if not len(chosen):
        raise InputError(
            Text(
                "there is no usable observation of any pollutant of the index",
                "没有任何可用的指数污染物观测",
            )
        )
    hours = (chosen.phenomenon + offset // timedelta(microseconds=1)) // _HOUR
    first = int(hours.min()) // _DAY_HOURS
    count = int(hours.max()) // _DAY_HOURS - first + 1
    grains = np.full((len(stations) * len(pollutants), count * _DAY_HOURS), _NOTHING, np.int64)
    values = np.rint(np.maximum(chosen.value, 0) * factor[chosen.stream] * GRAIN).astype(np.int64)
    cells = place[chosen.stream] * grains.shape[1] + hours - first * _DAY_HOURS
    cells, came_first = np.unique(cells, return_index=True)
    grains.reshape(-1)[cells] = values[came_first]
    shape = len(stations), len(pollutants), count, _DAY_HOURS
    first_day = date.fromordinal(_EPOCH + first)
    return AirHours(stations, pollutants, first_day, grains.reshape(shape))


def _places(
    known: Mapping[int, AirStream],
    stations: Sequence[str],
    pollutants: Sequence[str],
    units: Mapping[str, str],
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the row of each stream's hours, and what its values are multiplied with."""
    size = max(known, default=-1) + 1
    place, factor = np.full(size, _NOTHING), np.ones(size)
    for number, one in known.items():
        wanted = units[one.pollutant]
        if one.unit != wanted:
            if (one.unit, wanted) not in _MILLI:
                raise InputError(
                    Text(
                        f"the unit {one.unit!r} of {one.pollutant} at {one.station} cannot be "
                        f"turned into {wanted}",
                        f"{one.station} 的 {one.pollutant} 单位 {one.unit!r} 无法换算为 {wanted}",
                    ),
                    field="unit",
                    cure=Text(
                        "Give concentrations in µg/m³ or mg/m³.", "浓度请以 µg/m³ 或 mg/m³ 给出。"
                    ),
                )
            factor[number] = _MILLI[one.unit, wanted]
        row = stations.index(one.station) * len(pollutants) + pollutants.index(one.pollutant)
        if row in place:
            raise InputError(
                Text(
                    f"two streams observe {one.pollutant} at {one.station}",
                    f"{one.station} 有两个数据流观测 {one.pollutant}",
                )
            )
        place[number] = row
    return place, factor


def air_days(
    hours: AirHours, editions: Iterable[AirIndex], *, edition: str | None = None
) -> list[AirDay]:
    """Return the index of every station and day.

    Parameters
    ----------
    edition
        Judge every day by this edition; None: each by the one in force on it.

    Raises
    ------
    RuleError
        If there is no such edition, or none is in force on a day.
    """
    known = tuple(editions)
    by_day = [air_index_for(day, known, edition=edition) for day in hours.days]
    found: list[AirDay] = []
    for one in dict.fromkeys(chosen.edition for chosen in by_day):
        index = next(item for item in by_day if item.edition == one)
        days = np.array([n for n, item in enumerate(by_day) if item.edition == one])
        found.extend(_days_of(hours, days, index))
    order = {station: n for n, station in enumerate(hours.stations)}
    return sorted(found, key=lambda day: (order[day.station], day.day))


def _days_of(hours: AirHours, days: NDArray[np.intp], index: AirIndex) -> list[AirDay]:
    measures = [index.measures[name] for name in index.day.measures]
    steps = np.stack([_concentrations(hours, days, one, index) for one in measures])
    each = np.stack([one.index_of(part) for one, part in zip(measures, steps, strict=True)])
    missing = np.zeros(each.shape[1:], bool)
    for pollutant in index.pollutants:
        rows = [n for n, one in enumerate(measures) if one.pollutant == pollutant]
        missing |= (each[rows] == NO_INDEX).all(axis=0)
    highest = each.max(axis=0)
    given = (highest >= 0) & (~missing | (highest > index.day.missing_published_above))
    calendar = hours.days
    return [
        _day(hours.stations[s], calendar[days[d]], index, measures, steps[:, s, d], each[:, s, d],
             given=bool(given[s, d]))
        for s in range(len(hours.stations))
        for d in range(len(days))
    ]  # fmt: skip


def _day(
    station: str,
    day: date,
    index: AirIndex,
    measures: Sequence[Measure],
    steps: NDArray[np.int64],
    each: NDArray[np.int64],
    *,
    given: bool,
) -> AirDay:
    highest = int(each.max())
    primary: tuple[str, ...] = ()
    if given and highest > index.day.primary_above:
        sharing = (m.pollutant for m, i in zip(measures, each, strict=True) if i == highest)
        primary = tuple(dict.fromkeys(sharing))
    return AirDay(
        station=station,
        day=day,
        edition=index.edition,
        index=highest if given else None,
        primary=primary,
        category=index.category(highest) if given else None,
        concentrations={
            one.id: None if step < 0 else int(step) * one.step / GRAIN
            for one, step in zip(measures, steps, strict=True)
        },
        indices={
            one.id: None if i == NO_INDEX else int(i) for one, i in zip(measures, each, strict=True)
        },
    )


def _concentrations(
    hours: AirHours, days: NDArray[np.intp], measure: Measure, index: AirIndex
) -> NDArray[np.int64]:
    """Return the rounded concentration of a measure, stations × days, in steps; -1 for none."""
    rules = index.day
    grains = hours.grains[:, hours.pollutants.index(measure.pollutant)][:, days]
    valid = grains != _NOTHING
    enough = valid.sum(axis=2) >= rules.least_hours
    if measure.id.endswith("_24h"):
        total = np.where(valid, grains, 0).sum(axis=2)
        mean = rounded(total, measure.step * np.maximum(valid.sum(axis=2), 1))
        return np.where(enough, mean, _NOTHING)
    if measure.id.endswith("_1h"):
        return np.where(enough, rounded(grains.max(axis=2), measure.step), _NOTHING)
    return _highest_window(grains, measure, index)


def _highest_window(
    grains: NDArray[np.int64], measure: Measure, index: AirIndex
) -> NDArray[np.int64]:
    """Return the highest mean of several hours within the day."""
    rules = index.day
    windows = np.lib.stride_tricks.sliding_window_view(grains, rules.window_hours, axis=2)
    valid = windows != _NOTHING
    count = valid.sum(axis=3)
    total = np.where(valid, windows, 0).sum(axis=3)
    whole = count >= rules.least_hours_a_window
    # Means of six, seven and eight hours are compared over their common denominator.
    common = lcm(*range(rules.least_hours_a_window, rules.window_hours + 1))
    means = np.where(whole, total * (common // np.maximum(count, 1)), _NOTHING)
    highest = rounded(np.maximum(means.max(axis=2), 0), measure.step * common)
    enough = whole.sum(axis=2) >= rules.least_windows
    kept = whole.any(axis=2) & (highest * measure.step > rules.kept_above * GRAIN)
    return np.where(enough | kept, highest, _NOTHING)
