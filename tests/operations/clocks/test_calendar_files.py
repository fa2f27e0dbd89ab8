"""Calendars as files: what they may say, and what is refused with a cure."""

from dataclasses import replace
from datetime import date

import pytest
from minute_oracle import toml_of

from dizuo.model.errors import InputError
from dizuo.model.text import Text
from dizuo.operations.clocks.calendar import Counting, YearlyDay
from dizuo.operations.clocks.calendar_files import CalendarBook, parse_calendar

CHINA = toml_of("china")


def test_a_file_becomes_a_calendar():
    calendar = parse_calendar(CHINA)
    assert calendar.counting == Counting("next", "any_time", "close", "working")
    assert calendar.zone.key == "Asia/Shanghai"
    winter, summer = calendar.seasons
    assert winter.first == (10, 1)
    assert summer.weekdays[0] == ((8 * 3600 + 1800, 12 * 3600), (14 * 3600 + 1800, 18 * 3600))
    assert summer.weekdays[5] == ()


def test_the_shipped_calendars_are_read_and_say_how_sure_they_are():
    book = CalendarBook.load()
    assert [calendar.id for calendar in book.all()] == ["always", "cn_default", "us_default"]
    assert all(calendar.source for calendar in book.all())
    assert book.get("cn_default", "2026.1").certainty == "check"


def test_seasons_decide_the_hours():
    calendar = parse_calendar(CHINA)
    none = frozenset()
    assert calendar.hours(date(2026, 4, 30), none, none)[0] == (9 * 3600, 12 * 3600)
    assert calendar.hours(date(2026, 5, 6), none, none)[0] == (8 * 3600 + 1800, 12 * 3600)
    sunday = date(2026, 9, 20)
    assert calendar.hours(sunday, none, none) == ()
    assert calendar.hours(sunday, none, frozenset({sunday}))[1] == (14 * 3600 + 1800, 17 * 3600)
    assert calendar.hours(sunday, frozenset({sunday}), none) == ()


def test_a_day_named_by_its_date_wins_over_a_holiday():
    calendar = parse_calendar(CHINA)
    half_day = date(2026, 2, 13)
    assert calendar.hours(half_day, frozenset({half_day}), frozenset()) == ((9 * 3600, 12 * 3600),)


def test_a_day_of_every_year_shortens_work_but_opens_nothing():
    morning = ((9 * 3600, 12 * 3600),)
    eve = YearlyDay((12, 24), morning, Text("Christmas Eve", "平安夜"))
    calendar = replace(parse_calendar(CHINA), yearly_days=(eve,))
    thursday, saturday, none = date(2026, 12, 24), date(2022, 12, 24), frozenset()
    assert calendar.hours(thursday, none, none) == morning
    assert calendar.hours(saturday, none, none) == ()
    assert calendar.hours(saturday, none, frozenset({saturday})) == morning
    assert calendar.hours(thursday, frozenset({thursday}), none) == ()


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('version = "1"', "version = 1", "'version' is 1, and must be a str"),
        ("valid_from = 2001-01-01", "valid_from = 2001-01-01T00:00:00", "must be a date"),
        (
            "valid_from = 2001-01-01",
            "valid_from = 2001-01-01\nvalid_to = 2000-01-01",
            "never in force",
        ),
        ('"Asia/Shanghai"', '"Asia/Beijing"', "no time zone 'Asia/Beijing'.*IANA"),
        ('source = "chinesecalendar"', 'source = "almanac"', "'source' is 'almanac'.*none, listed"),
        ('first_day = "next"', 'first_day = "third"', "'first_day' is 'third'.*next, same"),
        ('first_day = "next"', 'erster_tag = "next"', "no key 'erster_tag' in .counting"),
        ("[counting]", "[count]", "no key 'count' in a calendar"),
        ('"09:00-12:00", "13', '"9-12", "13', r"are no hours.*09:00-12:00"),
        ('"09:00-12:00", "13', '"09:00-14:00", "13', "overlap or are not in order"),
        ('"09:00-12:00", "13', '"09:00-09:00", "13', "overlap or are not in order"),
        ('"13:00-17:00"', '"13:00-25:00"', "overlap or are not in order"),
        ('to = "04-30"', 'to = "04-29"', "04-30 lies in 0 seasons"),
        ('to = "04-30"', 'to = "05-01"', "05-01 lies in 2 seasons"),
        ('to = "04-30"', 'to = "02-30"', "'to' is '02-30'.*month and day"),
        ("date = 2025-08-20", "date = 2026-02-13", "2026-02-13 is named twice"),
        ("valid_from = 2001-01-01", "valid_from = 0001-01-01", "Begin in 1900 or later"),
        (
            'source = "chinesecalendar"',
            'source = "chinesecalendar"\nlisted_years = ["2027"]',
            "'listed_years' is '2027'. Write years as numbers",
        ),
        (
            'source = "chinesecalendar"',
            'source = "chinesecalendar"\nlast_year = true',
            "as numbers",
        ),
        ('unsettled_from = "12-29"', 'unsettled_from = "December"', "is 'December'"),
        ("[holidays]", "[holidays", "not TOML"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(old, new, message):
    assert old in CHINA
    with pytest.raises(InputError, match=f"(?s)file city.toml.*{message}"):
        parse_calendar(CHINA.replace(old, new, 1), "city.toml")


def test_a_season_without_work_is_refused():
    calendar = parse_calendar(CHINA)
    winter = replace(calendar.seasons[0], weekdays=((),) * 7)
    with pytest.raises(InputError, match="'Winter' has no hours of work"):
        replace(calendar, seasons=(winter, calendar.seasons[1]))


def test_the_newest_version_in_force_counts_new_clocks(tmp_path):
    calendar = parse_calendar(CHINA)
    later = replace(calendar, version="2", valid_from=date(2026, 7, 1))
    book = CalendarBook([later, calendar])
    assert book.current("china", date(2026, 6, 30)).version == "1"
    assert book.current("china", date(2026, 7, 1)).version == "2"
    assert book.get("china", "1") == calendar
    with pytest.raises(InputError, match="No version of calendar china is in force on 2000-01-01"):
        book.current("china", date(2000, 1, 1))


def test_a_version_that_has_ended_counts_no_new_clocks():
    ended = replace(parse_calendar(CHINA), valid_to=date(2026, 7, 1))
    book = CalendarBook([ended])
    assert book.current("china", date(2026, 6, 30)) == ended
    with pytest.raises(InputError, match="No version"):
        book.current("china", date(2026, 7, 1))


def test_two_versions_from_the_same_day_are_ambiguous():
    calendar = parse_calendar(CHINA)
    book = CalendarBook([calendar, replace(calendar, version="2")])
    with pytest.raises(InputError, match="1 and 2 of calendar china come into force"):
        book.current("china", date(2026, 7, 1))


def test_a_version_is_never_changed_in_place(tmp_path):
    (tmp_path / "first.toml").write_text(CHINA, encoding="utf-8")
    assert CalendarBook.load([tmp_path]).get("china", "1").id == "china"
    changed = CHINA.replace("13:00-17:00", "13:00-18:00")
    (tmp_path / "second.toml").write_text(changed, encoding="utf-8")
    with pytest.raises(InputError, match=r"differs from the one in .*first.toml.*a new version"):
        CalendarBook.load([tmp_path])


def test_an_unknown_version_is_refused_and_the_known_are_named():
    with pytest.raises(InputError, match=r"no calendar cn_default 1999.*always 1, cn_default"):
        CalendarBook.load().get("cn_default", "1999")


def test_the_calendar_in_the_documentation_is_one(root):
    page = (root / "docs" / "method" / "clocks.md").read_text(encoding="utf-8")
    calendar = parse_calendar(page.split("```toml\n")[1].split("```")[0])
    assert [season.name.zh for season in calendar.seasons] == ["冬季作息", "夏季作息"]
