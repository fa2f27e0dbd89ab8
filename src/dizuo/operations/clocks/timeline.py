"""A calendar laid out along UTC seconds: when it is open, and when its days begin and end.

A wall-clock time becomes the first instant at which the local clock shows that time or a later one
on its day. So an opening in the hour that summer time skips is the moment of the change, a time
that occurs twice is its first occurrence, and hours never overlap: a night shift over the change is
one hour shorter or longer, as it is for those who work it.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from dizuo.model.errors import InputError
from dizuo.model.text import Text
from dizuo.operations.clocks.calendar import Calendar
from dizuo.operations.clocks.holiday_sources import coverage, days_off

__all__ = ["Timeline", "covered_instants", "instants_in_force", "timeline"]

Seconds = NDArray[np.int64]
_DAY = 86_400
_FAR = int(np.iinfo(np.int64).max)


@dataclass(frozen=True, slots=True, eq=False)
class Timeline:
    """The opening hours and the days of some years of one calendar. Instants are UTC seconds.

    Attributes
    ----------
    opens, closes
        Of every interval of work, in order; the intervals are disjoint and not empty.
    worked
        Seconds of work done by the end of every interval.
    midnights, day_ends, is_working
        Of every day: its first instant, when it ends (see ``Counting.day_end``), and whether any
        work is done on it.
    next_working
        For every day, its own position or that of the first working day after it; the number of
        days where there is none.
    working_midnights, working_ends
        ``midnights`` and ``day_ends`` of the working days only.
    """

    opens: Seconds
    closes: Seconds
    worked: Seconds
    midnights: Seconds
    day_ends: Seconds
    is_working: NDArray[np.bool_]
    next_working: Seconds
    working_midnights: Seconds
    working_ends: Seconds


@dataclass(frozen=True, slots=True, eq=False)
class _Year:
    opens: Seconds
    closes: Seconds
    midnights: Seconds
    day_ends: Seconds
    is_working: NDArray[np.bool_]


@lru_cache(maxsize=256)
def covered_instants(calendar: Calendar, first_year: int, last_year: int) -> tuple[int, int]:
    """Return the first instant of some years that a calendar knows, and the end of what it knows.

    They are equal if it knows none of the years.
    """
    covered = coverage(calendar, first_year, last_year)
    if covered is None:
        return 0, 0
    return _instant(calendar.zone, covered[0], 0), _instant(calendar.zone, covered[1], _DAY)


@lru_cache(maxsize=256)
def instants_in_force(calendar: Calendar) -> tuple[int, int]:
    """Return the first instant at which a version of a calendar is in force, and the end of it."""
    until = calendar.valid_to
    end = _FAR if until is None else _instant(calendar.zone, until, 0)
    return _instant(calendar.zone, calendar.valid_from, 0), end


@lru_cache(maxsize=64)
def timeline(calendar: Calendar, first_year: int, last_year: int) -> Timeline:
    """Lay out the years from the first to the last, as far as the calendar covers them.

    Raises
    ------
    InputError
        If none of the years is covered.
    """
    covered = coverage(calendar, first_year, last_year)
    if covered is None:
        raise InputError(
            Text(
                f"Calendar {calendar.id} {calendar.version} knows nothing of {first_year} to "
                f"{last_year}",
                f"日历 {calendar.id} {calendar.version} 没有 {first_year} 至 {last_year} 的内容",
            ),
            file=calendar.file or None,
        )
    years = range(covered[0].year, covered[1].year + 1)
    parts = [_year(calendar, year) for year in years]
    opens = np.concatenate([part.opens for part in parts])
    closes = np.concatenate([part.closes for part in parts])
    midnights = np.concatenate([part.midnights for part in parts])
    day_ends = np.concatenate([part.day_ends for part in parts])
    is_working = np.concatenate([part.is_working for part in parts])
    days = len(midnights)
    own = np.where(is_working, np.arange(days), days)
    return Timeline(
        opens=opens,
        closes=closes,
        worked=np.cumsum(closes - opens),
        midnights=midnights,
        day_ends=day_ends,
        is_working=is_working,
        next_working=np.minimum.accumulate(own[::-1])[::-1].astype(np.int64),
        working_midnights=midnights[is_working],
        working_ends=day_ends[is_working],
    )


@lru_cache(maxsize=1024)
def _year(calendar: Calendar, year: int) -> _Year:
    """Lay out one covered year; its days after the end of the coverage are left out."""
    zone = calendar.zone
    holidays, make_up = days_off(calendar, year)
    covered = coverage(calendar, year, year)
    days = (covered[1] - covered[0]).days + 1 if covered else 0
    opens, closes, day_ends, is_working = [], [], [], []
    starts = [
        _instant(zone, date(year, 1, 1) + timedelta(days=number), 0) for number in range(days)
    ]
    for number in range(days):
        day = date(year, 1, 1) + timedelta(days=number)
        spans = [
            (_instant(zone, day, opening), _instant(zone, day, closing))
            for opening, closing in calendar.hours(day, holidays, make_up)
        ]
        spans = [(opening, closing) for opening, closing in spans if closing > opening]
        opens += [opening for opening, _ in spans]
        closes += [closing for _, closing in spans]
        is_working.append(bool(spans))
        at_close = spans and calendar.counting.day_end == "close"
        day_ends.append(spans[-1][1] if at_close else _instant(zone, day, _DAY))
    return _Year(
        np.asarray(opens, dtype=np.int64),
        np.asarray(closes, dtype=np.int64),
        np.asarray(starts, dtype=np.int64),
        np.asarray(day_ends, dtype=np.int64),
        np.asarray(is_working, dtype=np.bool_),
    )


def _instant(zone: ZoneInfo, day: date, seconds: int) -> int:
    """Return the first instant at which the wall clock shows so many seconds of a day, or more."""
    wall = datetime.combine(day, time.min) + timedelta(seconds=seconds)
    first = int(wall.replace(tzinfo=zone).timestamp())
    if _wall(zone, first) == wall:
        return first
    # The clock skips this time: the change lies between the readings by the new and the old offset.
    before, after = int(wall.replace(tzinfo=zone, fold=1).timestamp()), first
    while after - before > 1:
        middle = (before + after) // 2
        if _wall(zone, middle) >= wall:
            after = middle
        else:
            before = middle
    return after


def _wall(zone: ZoneInfo, instant: int) -> datetime:
    return datetime.fromtimestamp(instant, UTC).astimezone(zone).replace(tzinfo=None)
