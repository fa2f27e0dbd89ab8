"""A calendar: when a city works, and how its deadlines are counted.

Hours are wall-clock times of the calendar's own time zone, given as seconds from midnight
(0 to 86,400). What a day's hours are is decided by the first of these that says something:

1. a day named with its date (an announced closure, a make-up day, a half-day);
2. a holiday, which is closed;
3. a make-up workday, which has the make-up hours of its season;
4. a day named by month and day, if it would otherwise be worked (Christmas Eve until noon);
5. the season's hours of the weekday.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from itertools import pairwise
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dizuo.model.errors import InputError
from dizuo.model.text import Text

__all__ = [
    "Calendar",
    "Counting",
    "Holidays",
    "Hours",
    "MonthDay",
    "NamedDay",
    "Season",
    "YearlyDay",
]

Hours = tuple[tuple[int, int], ...]
MonthDay = tuple[int, int]

_CLOSED: Hours = ()
_DAY = 86_400
_FIRST_YEAR = 1900
"""No calendar is asked for an earlier day, and time zones were not kept."""


@dataclass(frozen=True, slots=True)
class Season:
    """The hours of one part of the year.

    Attributes
    ----------
    name
        For example summer time of work (夏季作息).
    first, last
        First and last day, as (month, day), both included; a season may run over the new year.
    weekdays
        The hours of Monday to Sunday; ``()`` is closed.
    make_up
        The hours of a make-up workday (调休上班).
    """

    name: Text
    first: MonthDay
    last: MonthDay
    weekdays: tuple[Hours, ...]
    make_up: Hours

    def holds(self, day: date) -> bool:
        """Whether a day lies in the season."""
        at = (day.month, day.day)
        if self.first <= self.last:
            return self.first <= at <= self.last
        return at >= self.first or at <= self.last


@dataclass(frozen=True, slots=True)
class NamedDay:
    """One date with hours of its own; ``hours=None`` means the make-up hours of its season."""

    day: date
    hours: Hours | None
    why: Text


@dataclass(frozen=True, slots=True)
class YearlyDay:
    """A month and day on which work is shorter or absent, if the day is worked at all."""

    day: MonthDay
    hours: Hours
    why: Text


@dataclass(frozen=True, slots=True)
class Holidays:
    """Where a calendar's holidays and make-up workdays come from.

    Attributes
    ----------
    source
        ``none`` (there are no holidays, all years are covered), ``listed`` (only the named days),
        ``chinesecalendar`` (the State Council's yearly notices, with make-up workdays) or
        ``holidays`` (the library of that name, any country).
    country, subdivision
        For ``holidays``: codes of ISO 3166 such as ``US`` and ``NY``.
    categories
        For ``holidays``: which of its kinds of holiday close the offices.
    first_year, last_year
        Narrow what the source covers.
    listed_years
        Years whose holidays and make-up workdays are all among the calendar's named days, so that
        the source is not asked.
    unsettled_from
        (month, day) from which the last year that the source covers is not yet settled, because
        the next year's announcement can still move days at its end.
    accept_estimated
        Whether holidays whose date the library only estimates (by the moon) are taken as they are;
        otherwise the years from the first with one on are not covered.
    """

    source: Literal["none", "listed", "chinesecalendar", "holidays"]
    country: str = ""
    subdivision: str = ""
    categories: tuple[str, ...] = ("public",)
    first_year: int | None = None
    last_year: int | None = None
    listed_years: tuple[int, ...] = ()
    unsettled_from: MonthDay | None = None
    accept_estimated: bool = False


@dataclass(frozen=True, slots=True)
class Counting:
    """How days are counted; ``docs/decisions/0050-legal-clocks.md`` gives sources.

    Attributes
    ----------
    first_day
        ``next``: the day of the start is not counted; ``same``: it is, if the start is before its
        end.
    receipt
        ``any_time``: a start stands as it is; ``open_time``: a start outside of working hours is
        taken as made at the next opening.
    day_end
        ``close``: a day ends when its last working hour ends; ``midnight``: at 24:00.
    last_day
        For calendar days. ``working``: the last day must be a working day, or the next working day
        takes its place; ``any``: it stands.
    """

    first_day: Literal["next", "same"] = "next"
    receipt: Literal["any_time", "open_time"] = "any_time"
    day_end: Literal["close", "midnight"] = "close"
    last_day: Literal["working", "any"] = "working"


@dataclass(frozen=True)
class Calendar:
    """One version of one calendar. A change of hours or of counting is a new version.

    Attributes
    ----------
    id, version
        Together they name the calendar in the record of every deadline.
    name, source, certainty, note
        What it is, where its hours are from, and whether that was checked (``sure``, ``check``).
    time_zone
        IANA name; hours are wall-clock times there.
    valid_from, valid_to
        Deadlines may start under it from the first and before the second; a deadline that started
        is counted under it to its end.
    seasons
        Cover every day of the year once.
    holidays, days, yearly_days, counting
        See the module, :class:`Holidays` and :class:`Counting`.
    file
        Where it was read from.
    """

    id: str
    version: str
    name: Text
    time_zone: str
    valid_from: date
    seasons: tuple[Season, ...]
    holidays: Holidays
    counting: Counting = Counting()
    days: tuple[NamedDay, ...] = ()
    yearly_days: tuple[YearlyDay, ...] = ()
    valid_to: date | None = None
    source: str = ""
    certainty: Literal["sure", "check"] = "check"
    note: str = ""
    file: str = field(default="", compare=False)

    def __post_init__(self) -> None:
        _check(self)

    def __hash__(self) -> int:
        """Hash by name only, because calendars are keys of caches and long to hash in full."""
        return hash((self.id, self.version))

    @cached_property
    def zone(self) -> ZoneInfo:
        """The time zone of the hours."""
        return ZoneInfo(self.time_zone)

    @cached_property
    def _named(self) -> dict[date, NamedDay]:
        return {named.day: named for named in self.days}

    @cached_property
    def _yearly(self) -> dict[MonthDay, YearlyDay]:
        return {yearly.day: yearly for yearly in self.yearly_days}

    def season(self, day: date) -> Season:
        """Return the season that a day lies in."""
        return next(season for season in self.seasons if season.holds(day))

    def hours(self, day: date, holidays: frozenset[date], make_up: frozenset[date]) -> Hours:
        """Return the hours of a day.

        Parameters
        ----------
        day
            A date in the calendar's own zone.
        holidays, make_up
            The holidays and make-up workdays of its year, from
            :func:`dizuo.operations.clocks.holiday_sources.days_off`.
        """
        season = self.season(day)
        named = self._named.get(day)
        if named is not None:
            return season.make_up if named.hours is None else named.hours
        if day in holidays:
            return _CLOSED
        usual = season.make_up if day in make_up else season.weekdays[day.weekday()]
        yearly = self._yearly.get((day.month, day.day))
        return yearly.hours if usual and yearly is not None else usual


def _check(calendar: Calendar) -> None:
    """Raise an error if hours overlap, seasons do not cover the year once, or a name is unknown."""
    where = {"file": calendar.file or None}
    try:
        _ = calendar.zone
    except (ZoneInfoNotFoundError, ValueError) as error:
        zone = calendar.time_zone
        raise InputError(
            Text(f"There is no time zone '{zone}'", f"没有时区 '{zone}'"), field="time_zone",
            cure=Text(
                "Give a name of the IANA data base, for example Asia/Shanghai.",
                "请给出 IANA 数据库中的名称，例如 Asia/Shanghai。",
            ),
            **where,
        ) from error  # fmt: skip
    if calendar.valid_to is not None and calendar.valid_to <= calendar.valid_from:
        raise InputError(
            Text("The calendar is never in force", "该日历从不生效"), field="valid_to", **where
        )
    _check_seasons(calendar)
    given = [hours for season in calendar.seasons for hours in (*season.weekdays, season.make_up)]
    given += [named.hours for named in calendar.days if named.hours is not None]
    given += [yearly.hours for yearly in calendar.yearly_days]
    for hours in given:
        if not _in_order(hours):
            raise InputError(
                Text(
                    f"The hours {hours} (seconds from midnight) overlap or are not in order",
                    f"工作时间 {hours}（自零点起的秒数）重叠或顺序有误",
                ),
                field="hours",
                cure=Text(
                    'Write them as in ["09:00-12:00", "13:00-17:00"], within one day.',
                    '请写成 ["09:00-12:00", "13:00-17:00"] 的形式，且在同一天之内。',
                ),
                **where,
            )
    named = Counter(day.day for day in calendar.days)
    twice = next((day for day, times in named.items() if times > 1), None)
    if twice is not None:
        raise InputError(
            Text(f"{twice} is named twice", f"{twice} 出现两次"), field="days", **where
        )
    if calendar.valid_from.year < _FIRST_YEAR:
        raise InputError(
            Text(
                f"The calendar is in force from {calendar.valid_from}",
                f"日历自 {calendar.valid_from} 起生效",
            ),
            field="valid_from",
            cure=Text(f"Begin in {_FIRST_YEAR} or later.", f"请自 {_FIRST_YEAR} 年或之后起。"),
            **where,
        )


def _check_seasons(calendar: Calendar) -> None:
    where = {"field": "seasons", "file": calendar.file or None}
    leap_year = [date(2024, 1, 1) + timedelta(days=number) for number in range(366)]
    for day in leap_year:
        holding = [season.name.en for season in calendar.seasons if season.holds(day)]
        if len(holding) != 1:
            raise InputError(
                Text(
                    f"{day:%m-%d} lies in {len(holding)} seasons",
                    f"{day:%m-%d} 同时属于 {len(holding)} 个季节",
                ),
                cure=Text(
                    "Seasons must cover every day of the year once.",
                    "季节须覆盖全年每一天，且只覆盖一次。",
                ),
                **where,
            )
    for season in calendar.seasons:
        if len(season.weekdays) != 7 or not any(season.weekdays):
            name = season.name
            raise InputError(
                Text(f"Season '{name.en}' has no hours of work", f"季节“{name.zh}”没有工作时间"),
                **where,
            )


def _in_order(hours: Hours) -> bool:
    times = [0, *(time for span in hours for time in span), _DAY]
    spans_are_long = all(opening < closing for opening, closing in hours)
    return spans_are_long and all(a <= b for a, b in pairwise(times))
