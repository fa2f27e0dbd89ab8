"""Where holidays come from, held against each other, and where knowledge ends."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import holidays
import pytest
from minute_oracle import CHINA_MAKE_UP, CHINA_OFF, MONACO_OFF, US_OFF

from dizuo.model.errors import InputError
from dizuo.model.text import Text
from dizuo.operations.clocks.calendar import Holidays, NamedDay
from dizuo.operations.clocks.calendar_files import CalendarBook
from dizuo.operations.clocks.deadlines import due
from dizuo.operations.clocks.holiday_sources import coverage, days_off
from dizuo.operations.clocks.limits import parse_limit

SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest.fixture(scope="module")
def book():
    return CalendarBook.load()


@pytest.fixture(scope="module")
def china(book):
    return book.get("cn_default", "2026.1")


def is_worked(calendar, day):
    return bool(calendar.hours(day, *days_off(calendar, day.year)))


def every_day(first, last):
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def test_chinese_workdays_are_those_of_the_second_library_on_every_day(china):
    """Two libraries, 8,000 days: they differ on one, where the second follows the notice."""
    first, last = max(coverage(china)[0], date(2004, 1, 1)), coverage(china)[1]
    second = holidays.country_holidays("CN", years=range(first.year, last.year + 1))
    days = every_day(first, last)
    without = replace(china, days=())
    differing = [day for day in days if is_worked(without, day) != second.is_working_day(day)]
    assert len(days) > 8_000
    assert differing == [date(2005, 12, 31)]
    # The notice for New Year 2006 moved Saturday 31 December 2005 to Tuesday 3 January.
    assert [day for day in days if is_worked(china, day) != second.is_working_day(day)] == []


def test_chinese_workdays_are_those_of_the_notices(china):
    for day in every_day(date(2024, 1, 1), date(2026, 12, 28)):
        usual = day.weekday() < 5
        assert is_worked(china, day) == (day in CHINA_MAKE_UP or (usual and day not in CHINA_OFF))


def test_federal_holidays_are_those_of_the_law(book):
    calendar = book.get("us_default", "2026.1")
    for day in every_day(date(2024, 1, 1), date(2026, 12, 31)):
        assert is_worked(calendar, day) == (day.weekday() < 5 and day not in US_OFF), day


def test_any_country_has_its_holidays(book):
    usual = book.get("us_default", "2026.1")
    monaco = replace(usual, holidays=Holidays("holidays", country="MC"))
    for day in every_day(date(2024, 1, 1), date(2026, 12, 31)):
        assert is_worked(monaco, day) == (day.weekday() < 5 and day not in MONACO_OFF), day


def test_a_part_of_a_country_has_holidays_of_its_own(book):
    usual = book.get("us_default", "2026.1")
    day = date(2026, 2, 12)
    new_york = replace(usual, holidays=Holidays("holidays", country="US", subdivision="NY"))
    assert is_worked(usual, day)
    assert not is_worked(new_york, day), "Lincoln's Birthday"


def test_an_unknown_country_is_refused_with_a_cure(book):
    nowhere = replace(book.get("us_default", "2026.1"), holidays=Holidays("holidays", country="ZZ"))
    with pytest.raises(InputError, match=r"does not know 'ZZ.*ISO 3166"):
        coverage(nowhere)


def test_the_end_of_the_last_known_chinese_year_is_not_settled(china):
    last = coverage(china)[1]
    assert (last.month, last.day) == (12, 28)
    assert coverage(china)[0] == date(2004, 1, 1)


@pytest.mark.parametrize("unit", ["working_hours", "working_days", "calendar_days"])
def test_a_deadline_beyond_what_is_known_is_refused(china, unit):
    year = coverage(china)[1].year
    late = datetime(year, 12, 25, 10, tzinfo=SHANGHAI)
    with pytest.raises(InputError, match=f"lies outside of what .* to {year}-12-28"):
        due(late, parse_limit(f"40 {unit}"), china)


def test_urgent_hours_need_no_knowledge_of_holidays(china):
    assert due(datetime(2090, 1, 1, tzinfo=UTC), parse_limit("2 urgent_hours"), china) == datetime(
        2090, 1, 1, 2, tzinfo=UTC
    )


def test_a_start_before_what_is_known_is_refused(china):
    early = replace(china, valid_from=date(1990, 1, 1))
    with pytest.raises(InputError, match="1999-05-03T02:00:00Z lies outside"):
        due(datetime(1999, 5, 3, 10, tzinfo=SHANGHAI), parse_limit("1工作日"), early)


def test_a_city_can_list_a_year_that_the_library_does_not_know_yet(china):
    year = coverage(china)[1].year + 1
    closed = tuple(NamedDay(date(year, 1, day), (), Text("New Year", "元旦")) for day in (1, 2, 3))
    listed = replace(
        china,
        holidays=replace(china.holidays, listed_years=(year,)),
        days=(*china.days, *closed),
    )
    assert coverage(listed)[1] == date(year, 12, 31)
    assert coverage(listed, year - 1, year - 1)[1] == date(year - 1, 12, 31)
    start = datetime(year - 1, 12, 31, 10, tzinfo=SHANGHAI)
    found = due(start, parse_limit("1 working_day"), listed).astimezone(SHANGHAI)
    expected = next(
        day for day in every_day(date(year, 1, 4), date(year, 1, 9)) if day.weekday() < 5
    )
    assert found.date() == expected


def test_listed_years_must_not_leave_a_gap(china):
    year = coverage(china)[1].year + 2
    gap = replace(china, holidays=replace(china.holidays, listed_years=(year,)))
    with pytest.raises(InputError, match="have a gap"):
        coverage(gap)


def test_only_listed_days(china):
    listed = replace(
        china,
        holidays=Holidays("listed", listed_years=(2030,)),
        days=(NamedDay(date(2030, 2, 3), None, Text("Make-up", "调休")),),
    )
    assert coverage(listed) == (date(2030, 1, 1), date(2030, 12, 31))
    assert is_worked(listed, date(2030, 2, 3))
    assert not is_worked(listed, date(2030, 2, 10))


def test_years_can_be_narrowed_and_must_not_be_none(china):
    narrow = replace(china, holidays=replace(china.holidays, first_year=2020, last_year=2021))
    assert coverage(narrow) == (date(2020, 1, 1), date(2021, 12, 31))
    nothing = replace(china, holidays=replace(china.holidays, first_year=2021, last_year=2020))
    assert coverage(nothing) is None
    with pytest.raises(InputError, match="knows, which is nothing"):
        due(datetime(2020, 6, 1, tzinfo=UTC), parse_limit("1工作日"), nothing)


def test_estimated_holidays_are_not_taken_for_known(book):
    """The days of Eid are announced by the moon; the library estimates those of later years."""
    usual = replace(book.get("us_default", "2026.1"), valid_from=date(2024, 1, 1))
    singapore = Holidays("holidays", country="SG")
    estimated = [
        year
        for year in range(2024, 2040)
        if any(
            "(estimated" in name
            for name in holidays.country_holidays("SG", years=year, language="en_SG").values()
        )
    ]
    assert coverage(replace(usual, holidays=singapore))[1].year == estimated[0] - 1
    taken = replace(usual, holidays=replace(singapore, accept_estimated=True))
    assert coverage(taken)[1].year == 2100


def test_a_year_of_which_the_library_does_not_know_all_is_not_covered(book):
    """It warns that it has the Hindu holidays of some decades only."""
    usual = replace(book.get("us_default", "2026.1"), valid_from=date(2024, 1, 1))
    india = replace(usual, holidays=Holidays("holidays", country="IN", accept_estimated=True))
    last = coverage(india)[1].year
    assert holidays.country_holidays("IN", years=last)
    with pytest.warns(UserWarning, match="available only"):
        holidays.country_holidays("IN", years=last + 1)


def test_a_listed_year_takes_the_place_of_estimates(book):
    usual = replace(book.get("us_default", "2026.1"), valid_from=date(2024, 1, 1))
    singapore = replace(usual, holidays=Holidays("holidays", country="SG"))
    unknown = coverage(singapore)[1].year + 1
    listed = replace(
        singapore,
        holidays=replace(singapore.holidays, listed_years=(unknown,)),
        days=(NamedDay(date(unknown, 1, 1), (), Text("New Year", "元旦")),),
    )
    assert coverage(listed)[1].year >= unknown
    assert not is_worked(listed, date(unknown, 1, 1))
    assert days_off(listed, unknown) == (frozenset(), frozenset())
