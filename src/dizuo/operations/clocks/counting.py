"""The arithmetic of deadlines over arrays, in exact integer seconds.

Every clock is a count that never falls: seconds gone by, seconds of work done, or days ended. A
deadline is the first instant at which the count since the start, less what was counted during
pauses, reaches the limit. So one rule serves all units; they differ in the count only:

- ``urgent_hours``: seconds gone by;
- ``working_hours``: seconds of work done;
- ``working_days``: working days ended, so a day counts if the clock runs at its end;
- ``calendar_days``: days ended; where the calendar says so, the last one must be a working day.

Counts are looked up in the calendar's cumulative sums, two binary searches for each deadline.
"""

from dataclasses import dataclass
from datetime import date
from typing import NoReturn, Protocol

import numpy as np
from numpy.typing import NDArray

from dizuo.model.errors import InputError
from dizuo.model.text import Text
from dizuo.operations.clocks.calendar import Calendar
from dizuo.operations.clocks.holiday_sources import coverage
from dizuo.operations.clocks.limits import Unit
from dizuo.operations.clocks.timeline import (
    Timeline,
    covered_instants,
    instants_in_force,
    timeline,
)

__all__ = ["NotCoveredError", "due_many", "elapsed_many"]

Instants = NDArray[np.datetime64]
Seconds = NDArray[np.int64]

_NEVER = np.iinfo(np.int64).max
_YEAR_SECONDS = 31_556_952
_EPOCH_YEAR = 1970


class NotCoveredError(InputError):
    """A clock would run beyond the days that its calendar knows."""


def due_many(
    starts: Instants,
    counts: Seconds | int,
    unit: Unit,
    calendar: Calendar,
    *,
    pauses: tuple[Instants, Instants] | None = None,
) -> Instants:
    """Return by when each of many limits runs out.

    Parameters
    ----------
    starts
        Instants in UTC, ``datetime64[s]``; shape (n,).
    counts
        The limits: days for the units in days, seconds for the units in hours (``Limit.count``).
        One for all, or shape (n,).
    unit
        The clock that all of them are counted by.
    calendar
        Whose working hours and rules of counting apply.
    pauses
        Begins and ends of pauses, shape (n, k) each, ``NaT`` where there is none; a pause with a
        begin and no end is still open. Pauses may overlap and come in any order.

    Returns
    -------
    datetime64[s], shape (n,)
        UTC; ``NaT`` where an open pause holds the clock.

    Raises
    ------
    InputError
        If the version of the calendar is not in force at a start.
    NotCoveredError
        If an instant or a deadline lies outside of what it covers.
    """
    start = _seconds(starts)
    need = np.broadcast_to(np.asarray(counts, dtype=np.int64), start.shape)
    if (need <= 0).any():
        raise InputError(Text("A limit must be positive", "时限须为正数"), field="limit")
    if not start.size:
        return start.astype("datetime64[s]")
    _require_force(calendar, start)
    held = _Pauses.of(pauses, start.size)
    years = _years_around(start, held)
    while True:
        scale = _scale(unit, calendar, years, start)
        result, found = _due(scale, scale.received(start), need, held)
        if found.all():
            return result
        years = _further(calendar, years, start[~found])


def elapsed_many(
    starts: Instants,
    ends: Instants,
    unit: Unit,
    calendar: Calendar,
    *,
    pauses: tuple[Instants, Instants] | None = None,
) -> Seconds:
    """Return how much of each of many clocks has run.

    Parameters
    ----------
    starts, ends
        Instants in UTC, ``datetime64[s]``, shape (n,); no end before its start.
    unit, calendar, pauses
        As in :func:`due_many`.

    Returns
    -------
    int64, shape (n,)
        Whole days that have ended, or seconds, as ``Limit.count`` counts the unit.

    Raises
    ------
    InputError
        If an end is before its start, or the calendar is not in force or does not cover it.
    """
    start, end = _seconds(starts), _seconds(ends)
    if not start.size:
        return start
    if (end < start).any():
        raise InputError(
            Text("A span of time ends before it starts", "时段的结束早于开始"), field="end"
        )
    _require_force(calendar, start)
    held = _Pauses.of(pauses, start.size)
    scale = _scale(unit, calendar, _years_around(np.concatenate([start, end]), held), start)
    scale.require(end)
    received = scale.received(start)
    first = scale.first(received)
    now = scale.position(end)
    run: Seconds = np.maximum(now - first, 0)
    reach = received
    for begin, until in held.columns():
        lower, upper = np.maximum(begin, reach), np.maximum(until, reach)
        reach = np.maximum(upper, lower)
        low = np.maximum(scale.position(lower), first)
        high = np.minimum(np.maximum(scale.position(reach), first), now)
        run -= np.maximum(high - low, 0)
    return run


class _Scale(Protocol):
    """One clock's count along time."""

    @property
    def total(self) -> int:
        """The largest count that the timeline reaches."""

    def require(self, instants: Seconds) -> None:
        """Raise if an instant is not covered."""

    def received(self, starts: Seconds) -> Seconds:
        """Return the instants from which the clock runs."""

    def first(self, starts: Seconds) -> Seconds:
        """Return the count at the start, by the rule for the first day."""

    def position(self, instants: Seconds) -> Seconds:
        """Return the count at an instant."""

    def settled(self, targets: Seconds) -> Seconds:
        """Return the first counts, from the targets on, that may be the last."""

    def instant(self, targets: Seconds) -> Seconds:
        """Return the first instant at which the count is reached."""


@dataclass(frozen=True, slots=True)
class _GoneBy:
    """Seconds gone by: the clock of urgent hours needs no calendar."""

    total: int = _NEVER

    def require(self, instants: Seconds) -> None:
        """All of time is covered."""

    def received(self, starts: Seconds) -> Seconds:
        return starts

    def first(self, starts: Seconds) -> Seconds:
        return starts

    def position(self, instants: Seconds) -> Seconds:
        return instants

    def settled(self, targets: Seconds) -> Seconds:
        return targets

    def instant(self, targets: Seconds) -> Seconds:
        return targets


@dataclass(frozen=True, slots=True)
class _Covered:
    """What the clocks share that run by a calendar."""

    calendar: Calendar
    line: Timeline
    begins: int
    ends_with: int

    def require(self, instants: Seconds) -> None:
        begins, ends = self.begins, self.ends_with
        outside = (instants < begins) | (instants >= ends)
        if outside.any():
            _refuse(self.calendar, int(instants[outside][0]))

    def received(self, starts: Seconds) -> Seconds:
        self.require(starts)
        if self.calendar.counting.receipt == "any_time":
            return starts
        position = np.searchsorted(self.line.closes, starts, side="right")
        beyond = position >= len(self.line.opens)
        if beyond.any():
            _refuse(self.calendar, int(starts[beyond][0]))
        return np.maximum(starts, self.line.opens[position])

    def settled(self, targets: Seconds) -> Seconds:
        return targets


@dataclass(frozen=True, slots=True)
class _Worked(_Covered):
    """Seconds of work done."""

    @property
    def total(self) -> int:
        return int(self.line.worked[-1]) if len(self.line.worked) else 0

    def first(self, starts: Seconds) -> Seconds:
        return self.position(starts)

    def position(self, instants: Seconds) -> Seconds:
        line = self.line
        at = np.searchsorted(line.opens, instants, side="right") - 1
        inside = np.maximum(at, 0)
        left = np.maximum(line.closes[inside] - instants, 0)
        return np.where(at < 0, 0, line.worked[inside] - left)

    def instant(self, targets: Seconds) -> Seconds:
        at = np.searchsorted(self.line.worked, targets, side="left")
        return self.line.closes[at] - (self.line.worked[at] - targets)


@dataclass(frozen=True, slots=True)
class _Days(_Covered):
    """Days ended: working days, or all days."""

    midnights: Seconds
    ends: Seconds
    rolls: bool

    @property
    def total(self) -> int:
        return len(self.ends)

    def first(self, starts: Seconds) -> Seconds:
        if self.calendar.counting.first_day == "same":
            return self.position(starts)
        return np.searchsorted(self.midnights, starts, side="right").astype(np.int64)

    def position(self, instants: Seconds) -> Seconds:
        return np.searchsorted(self.ends, instants, side="right").astype(np.int64)

    def settled(self, targets: Seconds) -> Seconds:
        if not self.rolls:
            return targets
        known = np.minimum(targets, self.total) - 1
        return np.where(targets <= self.total, self.line.next_working[known] + 1, targets)

    def instant(self, targets: Seconds) -> Seconds:
        return self.ends[targets - 1]


def _scale(unit: Unit, calendar: Calendar, years: tuple[int, int], starts: Seconds) -> _Scale:
    if unit == "urgent_hours":
        return _GoneBy()
    known = covered_instants(calendar, *years)
    if known[0] == known[1]:
        _refuse(calendar, int(starts[0]))
    line = timeline(calendar, *years)
    if unit == "working_hours":
        return _Worked(calendar, line, *known)
    if unit == "working_days":
        return _Days(calendar, line, *known, line.working_midnights, line.working_ends, False)
    rolls = calendar.counting.last_day == "working"
    return _Days(calendar, line, *known, line.midnights, line.day_ends, rolls)


def _due(
    scale: _Scale, start: Seconds, need: Seconds, held: "_Pauses"
) -> tuple[Instants, NDArray[np.bool_]]:
    """Return the deadlines, and which of them lie on the timeline."""
    first = scale.first(start)
    target = first + need
    reach = start
    stands = np.zeros(start.shape, dtype=np.bool_)
    for begin, until in held.columns():
        lower, upper = np.maximum(begin, reach), np.maximum(until, reach)
        reach = np.maximum(upper, lower)
        low = np.maximum(scale.position(lower), first)
        high = np.maximum(scale.position(reach), first)
        # A pause that begins when the clock has run out, or after, changes nothing.
        counts = (begin < _NEVER) & ~stands & (low < scale.settled(target))
        stands |= counts & (until == _NEVER)
        target = np.where(counts & ~stands, np.maximum(target + high - low, high + 1), target)
    target = scale.settled(target)
    found = stands | (target <= scale.total)
    result = np.full(start.shape, np.datetime64("NaT"), dtype="datetime64[s]")
    ends = found & ~stands
    result[ends] = scale.instant(target[ends]).astype("datetime64[s]")
    return result, found


@dataclass(frozen=True, slots=True)
class _Pauses:
    """Pauses in order of their begins; ``_NEVER`` stands for none and for a missing end."""

    begins: Seconds
    ends: Seconds

    @classmethod
    def of(cls, pauses: tuple[Instants, Instants] | None, number: int) -> "_Pauses":
        if pauses is None:
            empty = np.empty((number, 0), dtype=np.int64)
            return cls(empty, empty)
        begins, ends = (np.asarray(side, dtype="datetime64[s]") for side in pauses)
        if begins.shape != ends.shape or begins.ndim != 2 or len(begins) != number:
            raise InputError(
                Text("Pauses must have a row for every start", "每个起点都须有一行暂停记录"),
                field="pauses",
            )
        if (ends < begins).any():
            raise InputError(
                Text("A pause ends before it begins", "暂停的结束早于开始"), field="pauses"
            )
        begin = np.where(np.isnat(begins), _NEVER, begins.astype(np.int64))
        end = np.where(np.isnat(ends), _NEVER, ends.astype(np.int64))
        order = np.argsort(begin, axis=1, kind="stable")
        return cls(np.take_along_axis(begin, order, 1), np.take_along_axis(end, order, 1))

    def columns(self) -> list[tuple[Seconds, Seconds]]:
        """Return the first pause of everyone, then the second, and so on."""
        return [(self.begins[:, k], self.ends[:, k]) for k in range(self.begins.shape[1])]


def _seconds(instants: Instants) -> Seconds:
    given = np.asarray(instants, dtype="datetime64[s]")
    if np.isnat(given).any():
        raise InputError(Text("An instant is missing", "缺少时刻"), field="start")
    return given.astype(np.int64)


def _years_around(instants: Seconds, held: _Pauses) -> tuple[int, int]:
    """Return years that hold all instants in any time zone, and some time after."""
    sides = [side[side < _NEVER] for side in (instants, held.begins, held.ends)]
    known = np.concatenate([side.ravel() for side in sides])
    first, last = int(known.min()) // _YEAR_SECONDS, int(known.max()) // _YEAR_SECONDS
    return _EPOCH_YEAR + first - 1, _EPOCH_YEAR + last + 1


def _further(calendar: Calendar, years: tuple[int, int], starts: Seconds) -> tuple[int, int]:
    """Return twice as many years, or raise where the calendar covers no more."""
    first, last = years
    covered = coverage(calendar, first, last)
    if covered is None or covered[1] < date(last, 12, 31):
        _refuse(calendar, int(starts[0]), "A deadline of a clock that starts at")
    return first, 2 * last - first


def _require_force(calendar: Calendar, start: Seconds) -> None:
    begins, ends = instants_in_force(calendar)
    outside = (start < begins) | (start >= ends)
    if outside.any():
        until = f" until {calendar.valid_to}" if calendar.valid_to else ""
        raise InputError(
            Text(
                f"Calendar {calendar.id} {calendar.version} is in force from {calendar.valid_from}"
                f"{until}, and a clock starts at {np.datetime64(int(start[outside][0]), 's')}Z",
                f"日历 {calendar.id} {calendar.version} 自 {calendar.valid_from}{until} "
                f"生效，而计时始于 {np.datetime64(int(start[outside][0]), 's')}Z",
            ),
            file=calendar.file or None,
            field="start",
            cure=Text(
                "Take the version of the calendar that is in force on the day of the start.",
                "请采用计时起始日生效的日历版本。",
            ),
        )


def _refuse(calendar: Calendar, instant: int, what: str = "The instant") -> NoReturn:
    covered = coverage(calendar)
    known = f"{covered[0]} to {covered[1]}" if covered else "nothing"
    raise NotCoveredError(
        Text(
            f"{what} {np.datetime64(instant, 's')}Z lies outside of what calendar {calendar.id} "
            f"{calendar.version} knows, which is {known}",
            f"{what} {np.datetime64(instant, 's')}Z 超出日历 {calendar.id} "
            f"{calendar.version} 的已知范围（{known}）",
        ),
        file=calendar.file or None,
        cure=Text(
            "Update the library of holidays, or publish a version of the calendar with the year "
            "among 'listed_years' and its holidays and make-up workdays as [[days]].",
            "请更新节假日库，或发布新的日历版本：在 'listed_years' 中加入该年，并"
            "以 [[days]] 列出节假日和调休上班日。",
        ),
    )
