"""Which days are comparable: working days, weekends and holidays, by the city's calendar."""

from datetime import date
from typing import Literal

from dizuo.model.errors import InputError
from dizuo.model.text import Text
from dizuo.operations.clocks.calendar import Calendar
from dizuo.operations.clocks.holiday_sources import coverage, days_off

__all__ = ["DayKind", "kind_of"]
__systems__ = ("L3",)

DayKind = Literal["working", "weekend", "holiday"]


def kind_of(day: date, calendar: Calendar) -> DayKind:
    """Tell what kind of day it is: a make-up workday works, a holiday on a Sunday is a holiday.

    Raises
    ------
    InputError
        If the calendar does not know the holidays of that year.
    """
    named = next((one for one in calendar.days if one.day == day), None)
    if named is not None:
        return "holiday" if named.hours is not None and not named.hours else "working"
    known = coverage(calendar, day.year, day.year)
    if known is None or not known[0] <= day <= known[1]:
        raise InputError(
            Text(
                f"calendar {calendar.id} {calendar.version} does not know {day}",
                f"日历 {calendar.id} {calendar.version} 不含 {day}",
            ),
            field="calendar",
            cure=Text(
                "Add that year's holidays to the city's calendar.", "请在城市日历中补充该年节假日。"
            ),
        )
    holidays, make_up = days_off(calendar, day.year)
    if day in holidays:
        return "holiday"
    return "working" if day in make_up or day.weekday() < 5 else "weekend"
