"""Holidays and make-up workdays, from what a calendar names as their source.

A year that the source does not know is an error, never a guess: ``chinesecalendar`` knows the years
whose notice of the State Council had been published when it was released, and ``holidays`` marks
dates that it only estimates and warns of years of which it does not know all.
"""

import importlib
import warnings
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

from dizuo.model.errors import InputError
from dizuo.model.text import Text
from dizuo.operations.clocks.calendar import Calendar, Holidays

__all__ = ["coverage", "days_off"]

# datetime ends in 9999, and a day in another zone must still be a date.
_FIRST_YEAR, _LAST_YEAR = 2, 9998


@lru_cache(maxsize=4096)
def coverage(
    calendar: Calendar, first_year: int | None = None, last_year: int | None = None
) -> tuple[date, date] | None:
    """Return the first and the last day whose working hours are known, or None if none is.

    Parameters
    ----------
    calendar
        Names the source of holidays.
    first_year, last_year
        Look only at these years, which is quicker where a library must be asked year by year. By
        default from the calendar's first day in force to the end of the source.

    Raises
    ------
    InputError
        If the covered years have a gap, or the source does not know the country.
    """
    source = calendar.holidays
    known = _known_years(source)
    first = known.start if source.first_year is None else max(known.start, source.first_year)
    stop = known.stop if source.last_year is None else min(known.stop, source.last_year + 1)
    if source.listed_years:
        first, stop = _with_listed_years(calendar, first, stop)
    if first_year is None and source.source == "holidays":
        first_year = min(calendar.valid_from.year, stop - 1)
    first = first if first_year is None else max(first, first_year)
    stop = stop if last_year is None else min(stop, last_year + 1)
    if source.source == "holidays":
        first, stop = _fully_known(source, first, stop)
    if first >= stop:
        return None
    unsettled = source.unsettled_from
    settled = {stop - 1, stop} & set(source.listed_years)
    if unsettled is not None and stop == known.stop and not settled:
        return date(first, 1, 1), date(stop - 1, *unsettled) - timedelta(days=1)
    return date(first, 1, 1), date(stop - 1, 12, 31)


def _with_listed_years(calendar: Calendar, first: int, stop: int) -> tuple[int, int]:
    listed = calendar.holidays.listed_years
    years = sorted({*range(first, stop), *listed})
    if years[-1] - years[0] + 1 != len(years):
        raise InputError(
            Text(
                f"The years that calendar {calendar.id} {calendar.version} covers have a gap",
                f"日历 {calendar.id} {calendar.version} 覆盖的年份有缺口",
            ),
            file=calendar.file or None,
            field="listed_years",
            cure=Text(
                f"List the days of every year between {years[0]} and {years[-1]}.",
                f"请列出 {years[0]} 至 {years[-1]} 之间每一年的日期。",
            ),
        )
    return years[0], years[-1] + 1


def days_off(calendar: Calendar, year: int) -> tuple[frozenset[date], frozenset[date]]:
    """Return the holidays and the make-up workdays of one covered year.

    Parameters
    ----------
    calendar
        Names the source. Its own named days are not among what is returned.
    year
        A year within :func:`coverage`.
    """
    source = calendar.holidays
    if source.source in {"none", "listed"} or year in source.listed_years:
        return frozenset(), frozenset()
    if source.source == "chinesecalendar":
        constants: Any = importlib.import_module("chinese_calendar.constants")
        return (
            frozenset(day for day in constants.holidays if day.year == year),
            frozenset(day for day in constants.workdays if day.year == year),
        )
    known, _ = _country(source, year)
    return (
        frozenset(day for day in known if day.year == year),
        frozenset(day for day in known.weekend_workdays if day.year == year),
    )


def _known_years(source: Holidays) -> range:
    if source.source == "listed":
        return range(0)
    if source.source == "none":
        return range(_FIRST_YEAR, _LAST_YEAR + 1)
    if source.source == "chinesecalendar":
        constants: Any = importlib.import_module("chinese_calendar.constants")
        return range(min(constants.holidays).year, max(constants.holidays).year + 1)
    country, _ = _country(source, None)
    return range(country.start_year, country.end_year + 1)


def _country(source: Holidays, year: int | None) -> tuple[Any, bool]:
    """Return what the library knows of a country, and whether it warned of gaps."""
    library: Any = importlib.import_module("holidays")
    try:
        with warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always")
            known = library.country_holidays(
                source.country,
                subdiv=source.subdivision or None,
                years=year,
                categories=source.categories,
                expand=False,
            )
    except (RuntimeError, ValueError) as error:
        raise InputError(
            Text(
                f"The library of holidays does not know '{source.country} {source.subdivision}'"
                f" with {', '.join(source.categories)} ({error})",
                f"节假日库中没有 '{source.country} {source.subdivision}'（类别 "
                f"{'、'.join(source.categories)}）（{error}）",
            ),
            field="holidays",
            cure=Text(
                'Give the codes of ISO 3166, as in country = "US", subdivision = "NY".',
                '请给出 ISO 3166 代码，例如 country = "US"、subdivision = "NY"。',
            ),
        ) from error
    return known, bool(warned)


def _fully_known(source: Holidays, first: int, stop: int) -> tuple[int, int]:
    """Return the first run of years of which the library knows all."""
    years = range(first, stop)
    begin = next((year for year in years if _is_known(source, year)), stop)
    end = next((year for year in range(begin, stop) if not _is_known(source, year)), stop)
    return begin, end


@lru_cache(maxsize=4096)
def _is_known(source: Holidays, year: int) -> bool:
    if year in source.listed_years:
        return True
    known, has_gaps = _country(source, year)
    return not has_gaps and (source.accept_estimated or not _is_estimated(known))


def _is_estimated(known: Any) -> bool:
    """Whether the library marks the date of a holiday as an estimate, in its own language."""
    labels = ("estimated_label", "observed_estimated_label")
    marks = {
        known.tr(label).replace("%s", "").strip()
        for name in labels
        if (label := getattr(known, name, None))
    }
    return any(mark and mark in name for name in known.values() for mark in marks)
