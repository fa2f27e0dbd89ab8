"""Holidays and make-up workdays, from what a calendar names as their source.

A year that the source does not know is an error, never a guess: ``chinesecalendar`` knows the years
whose notice of the State Council had been published when it was released, and ``holidays`` marks
dates that it only estimates.
"""

import importlib
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

from dizuo.model.errors import InputError
from dizuo.operations.clocks.calendar import Calendar, Holidays

__all__ = ["coverage", "days_off"]

# datetime ends in 9999, and a day in another zone must still be a date.
_FIRST_YEAR, _LAST_YEAR = 2, 9998


@lru_cache(maxsize=256)
def coverage(calendar: Calendar) -> tuple[date, date]:
    """Return the first and the last day whose working hours are known.

    Raises
    ------
    InputError
        If nothing is covered, or the covered years have a gap.
    """
    source = calendar.holidays
    known = _known_years(source)
    library_first = (
        known.start if source.first_year is None else max(known.start, source.first_year)
    )
    library_stop = known.stop if source.last_year is None else min(known.stop, source.last_year + 1)
    if source.source == "holidays" and not source.accept_estimated:
        library_stop = _first_estimated_year(calendar, library_first, library_stop)
    if library_first >= library_stop and not source.listed_years:
        raise InputError(
            f"Calendar {calendar.id} {calendar.version} covers no year",
            file=calendar.file or None,
            field="holidays",
        )
    first, stop = library_first, library_stop
    if source.listed_years:
        first, stop = _with_listed_years(calendar, first, stop)
    unsettled = source.unsettled_from
    if unsettled is not None and stop == known.stop and stop - 1 not in source.listed_years:
        return date(first, 1, 1), date(stop - 1, *unsettled) - timedelta(days=1)
    return date(first, 1, 1), date(stop - 1, 12, 31)


def _with_listed_years(calendar: Calendar, first: int, stop: int) -> tuple[int, int]:
    listed = calendar.holidays.listed_years
    years = sorted({*range(first, stop), *listed})
    if years[-1] - years[0] + 1 != len(years):
        raise InputError(
            f"The years that calendar {calendar.id} {calendar.version} covers have a gap",
            file=calendar.file or None,
            field="listed_years",
            cure=f"List the days of every year between {years[0]} and {years[-1]}.",
        )
    return years[0], years[-1] + 1


def days_off(calendar: Calendar, year: int) -> tuple[frozenset[date], frozenset[date]]:
    """Return the holidays and the make-up workdays of one covered year.

    Parameters
    ----------
    calendar
        Names the source; its own named days are not among what is returned.
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
    known = _country(source, year)
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
    country = _country(source, None)
    return range(country.start_year, country.end_year + 1)


def _country(source: Holidays, year: int | None) -> Any:
    library: Any = importlib.import_module("holidays")
    try:
        return library.country_holidays(
            source.country,
            subdiv=source.subdivision or None,
            years=year,
            categories=source.categories,
            expand=False,
        )
    except (NotImplementedError, ValueError) as error:
        raise InputError(
            f"The library of holidays does not know '{source.country} {source.subdivision}'"
            f" with {', '.join(source.categories)} ({error})",
            field="holidays",
            cure='Give the codes of ISO 3166, as in country = "US", subdivision = "NY".',
        ) from error


def _first_estimated_year(calendar: Calendar, first: int, stop: int) -> int:
    """Return the first year, from this one on, whose dates are estimated; earlier ones happened."""
    start = max(first, min(stop, calendar.valid_from.year))
    for year in range(start, stop):
        if _is_estimated(calendar.holidays, year):
            return year
    return stop


def _is_estimated(source: Holidays, year: int) -> bool:
    known = _country(source, year)
    labels = ("estimated_label", "observed_estimated_label")
    marks = {
        known.tr(label).replace("%s", "").strip()
        for name in labels
        if (label := getattr(known, name, None))
    }
    return any(mark and mark in name for name in known.values() for mark in marks)
