"""Deadlines with their records: given, paused, restarted, extended, and computed again."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest

from dizuo.model.errors import InputError
from dizuo.model.text import Text
from dizuo.operations.clocks.calendar import Counting, NamedDay
from dizuo.operations.clocks.calendar_files import CalendarBook
from dizuo.operations.clocks.deadlines import (
    Deadline,
    Pause,
    due,
    elapsed,
    extended,
    give_deadline,
    is_overdue,
    paused,
    recompute,
    restarted,
)
from dizuo.operations.clocks.limits import parse_limit

SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest.fixture(scope="module")
def book():
    return CalendarBook.load()


@pytest.fixture(scope="module")
def china(book):
    return book.get("cn_default", "2026.1")


def at(text, zone=SHANGHAI):
    """``"02-13 16:00"`` of 2026."""
    return datetime.strptime(f"2026-{text}", "%Y-%m-%d %H:%M").replace(tzinfo=zone)


# 2026: Spring Festival 15 to 23 February; Saturdays 14 and 28 February are worked.
EXAMPLES = [
    (
        "02-13 16:00",
        "2紧急工作时",
        "02-13 18:00",
        "the clock of emergencies does not stop at night",
    ),
    ("02-13 23:30", "1紧急工作时", "02-14 00:30", "nor at midnight"),
    ("02-13 11:00", "2工作时", "02-13 14:00", "over the lunch break"),
    ("02-13 09:00", "3工作时", "02-13 12:00", "due when the morning ends, not after lunch"),
    ("02-13 12:30", "1工作时", "02-13 14:00", "from within the lunch break"),
    ("02-13 16:00", "4工作时", "02-14 12:00", "into a Saturday that is worked"),
    ("02-14 16:00", "2工作时", "02-24 10:00", "over Spring Festival"),
    ("02-13 10:00", "1工作日", "02-14 17:00", "the day of filing is not counted"),
    ("02-13 20:00", "1工作日", "02-14 17:00", "nor is it when filed in the evening"),
    ("02-16 10:00", "1工作日", "02-24 17:00", "filed on a holiday"),
    ("02-13 10:00", "20工作日", "03-19 17:00", "the limit of the Licensing Law, art. 42"),
    ("02-10 10:00", "2自然日", "02-12 17:00", "calendar days end with business"),
    ("02-13 10:00", "5自然日", "02-24 17:00", "a last day in the holidays moves behind them"),
]


@pytest.mark.parametrize(("start", "limit", "expected", "why"), EXAMPLES)
def test_a_limit_runs_out_when_the_law_says(china, start, limit, expected, why):
    assert due(at(start), parse_limit(limit), china) == at(expected), why


@pytest.mark.parametrize(
    ("counting", "start", "limit", "expected"),
    [
        (Counting(first_day="same"), "02-13 10:00", "1工作日", "02-13 17:00"),
        (Counting(first_day="same"), "02-13 17:00", "1工作日", "02-14 17:00"),
        (Counting(receipt="open_time"), "02-16 10:00", "1工作日", "02-25 17:00"),
        (Counting(receipt="open_time"), "02-13 18:00", "1工作日", "02-24 17:00"),
        (Counting(day_end="midnight"), "02-13 10:00", "1工作日", "02-15 00:00"),
        (Counting(last_day="any"), "02-13 10:00", "5自然日", "02-19 00:00"),
        (Counting(day_end="midnight"), "02-10 10:00", "2自然日", "02-13 00:00"),
    ],
)
def test_a_calendar_may_count_otherwise(china, counting, start, limit, expected):
    other = replace(china, counting=counting)
    assert due(at(start), parse_limit(limit), other) == at(expected)


@pytest.mark.parametrize(
    ("pause", "limit", "expected"),
    [
        (("02-10 10:00", "02-10 11:00"), "3工作时", "02-10 14:00"),
        (("02-10 12:00", "02-10 13:00"), "3工作时", "02-10 12:00"),
        (("02-10 11:59", "02-10 13:30"), "3工作时", "02-10 13:31"),
        (("02-09 08:00", "02-10 09:30"), "1紧急工作时", "02-10 10:30"),
        (("02-11 10:00", "02-13 10:00"), "2工作日", "02-14 17:00"),
        (("02-11 10:00", "02-11 16:00"), "2工作日", "02-12 17:00"),
        (("02-12 17:00", "02-13 10:00"), "2工作日", "02-12 17:00"),
        (("02-12 16:59", "02-13 10:00"), "2工作日", "02-13 17:00"),
        (("02-12 16:59", "02-12 17:00"), "2工作日", "02-13 17:00"),
    ],
)
def test_a_pause_stops_the_clock_and_its_edges_are_exact(china, pause, limit, expected):
    start = at("02-10 09:00")
    held = Pause(at(pause[0]), at(pause[1]), "supplement")
    assert due(start, parse_limit(limit), china, [held]) == at(expected)


def test_pauses_that_overlap_are_counted_once(china):
    first = Pause(at("02-10 09:30"), at("02-10 10:30"), "supplement")
    second = Pause(at("02-10 10:00"), at("02-10 11:00"), "special_procedure")
    inner = Pause(at("02-10 10:00"), at("02-10 10:15"), "suspension")
    found = due(at("02-10 09:00"), parse_limit("1工作时"), china, [second, inner, first])
    assert found == at("02-10 11:30")


def test_elapsed_time_is_exact(china):
    start = at("02-10 09:00")
    assert elapsed(start, at("02-10 09:20"), "working_hours", china) == Fraction(1, 3)
    assert elapsed(start, at("02-10 14:00"), "working_hours", china) == 4
    assert elapsed(start, at("02-11 16:59"), "working_days", china) == 0
    assert elapsed(start, at("02-11 17:00"), "working_days", china) == 1
    assert elapsed(start, at("02-14 17:00"), "calendar_days", china) == 4
    held = [Pause(at("02-10 10:00"), None, "suspension")]
    assert elapsed(start, at("02-14 17:00"), "working_hours", china, held) == 1
    with pytest.raises(InputError, match="ends before it starts"):
        elapsed(start, at("02-09 10:00"), "working_hours", china)


def test_urgent_time_elapses_at_night(china):
    assert elapsed(at("02-10 22:00"), at("02-11 00:30"), "urgent_hours", china) == Fraction(5, 2)


def test_a_start_after_the_last_known_opening_is_refused(china):
    known = replace(china.holidays, last_year=2020)
    calendar = replace(china, holidays=known, counting=Counting(receipt="open_time"))
    with pytest.raises(InputError, match="2020-12-31T10:00:00Z lies outside"):
        due(datetime(2020, 12, 31, 18, tzinfo=SHANGHAI), parse_limit("1工作时"), calendar)


def test_summer_time_is_neither_lost_nor_invented(book):
    """In 2026 New York skips 02:00 on 8 March and has the hour from 01:00 twice on 1 November."""
    new_york = ZoneInfo("America/New_York")
    us = book.get("us_default", "2026.1")
    two = parse_limit("2 urgent_hours")
    assert due(at("03-08 01:30", new_york), two, us) == at("03-08 04:30", new_york)
    assert due(at("11-01 00:30", new_york), two, us) == at("11-01 06:30", UTC)
    shift = ((0, 6 * 3600),)
    season = replace(us.seasons[0], weekdays=(shift,) * 7)
    nights = replace(us, id="nights", seasons=(season,))
    six = parse_limit("6 working_hours")
    assert due(at("03-08 00:00", new_york), six, nights) == at("03-09 01:00", new_york)
    assert due(at("11-01 00:00", new_york), six, nights) == at("11-01 05:00", new_york)


def test_a_time_without_a_zone_is_refused(china):
    with pytest.raises(InputError, match="no time zone"):
        due(datetime(2026, 2, 10, 9), parse_limit("1工作时"), china)  # noqa: DTZ001


def test_a_clock_starts_only_under_a_version_in_force(china):
    ended = replace(china, valid_to=date(2026, 2, 10))
    assert due(at("02-09 16:00"), parse_limit("8工作时"), ended) == at("02-10 17:00")
    with pytest.raises(InputError, match="in force from 2005-01-01 until 2026-02-10"):
        due(at("02-10 00:00"), parse_limit("8工作时"), ended)


def test_a_case_with_supplements_and_an_extension(book, china):
    """A licence: 20 working days, papers missing for a week, ten days more approved."""
    given = give_deadline(at("03-02 10:00"), parse_limit("20 working_days"), china)
    assert given.due == at("03-30 17:00")
    waiting = paused(given, at("03-09 15:00"), "supplement", book)
    assert waiting.due is None
    assert waiting.open_pause.reason == "supplement"
    assert not is_overdue(waiting, at("04-30 00:00"))
    running = restarted(waiting, at("03-16 11:00"), book)
    assert running.due == at("04-07 17:00")
    longer = extended(running, parse_limit("10 working_days"), at("04-03 09:00"), "complex", book)
    assert longer.due == at("04-21 17:00")
    assert not is_overdue(longer, at("04-21 17:00"))
    assert is_overdue(longer, at("04-21 17:00").replace(second=1))
    told = longer.explain(book)
    assert told.en == (
        "20 working days from 2026-03-02 10:00:00; paused 2026-03-09 15:00:00 to "
        "2026-03-16 11:00:00: supplements awaited; extended by 10 working days; "
        "due 2026-04-21 17:00:00 (cn_default 2026.1, Asia/Shanghai)."
    )
    assert "补正" in told.zh
    assert "延期10工作日" in told.zh
    assert "计时停止" in waiting.explain(book).zh
    for record in (given, waiting, running, longer):
        assert recompute(record, book) == record
        assert Deadline.from_dict(json.loads(json.dumps(record.as_dict()))) == record


def test_the_clock_keeps_its_order(book, china):
    given = give_deadline(at("03-02 10:00"), parse_limit("20 working_days"), china)
    with pytest.raises(InputError, match="does not stand"):
        restarted(given, at("03-03 10:00"), book)
    with pytest.raises(InputError, match="cannot begin"):
        paused(given, at("03-01 10:00"), "suspension", book)
    waiting = paused(given, at("03-04 10:00"), "suspension", book)
    with pytest.raises(InputError, match="already stands"):
        paused(waiting, at("03-05 10:00"), "suspension", book)
    with pytest.raises(InputError, match="ends before it begins"):
        restarted(waiting, at("03-03 10:00"), book)
    running = restarted(waiting, at("03-05 10:00"), book)
    with pytest.raises(InputError, match="cannot begin"):
        paused(running, at("03-04 12:00"), "suspension", book)


def test_an_extension_comes_once_in_time_and_in_the_same_unit(book, china):
    given = give_deadline(at("03-02 10:00"), parse_limit("2 working_days"), china)
    day = parse_limit("1 working_day")
    with pytest.raises(InputError, match="cannot be added"):
        extended(given, parse_limit("1 working_hour"), at("03-03 10:00"), "why", book)
    with pytest.raises(InputError, match="not between the start and the deadline"):
        extended(given, day, at("03-04 17:01"), "late", book)
    with pytest.raises(InputError, match="must say why"):
        extended(given, day, at("03-03 10:00"), " ", book)
    longer = extended(given, day, at("03-04 17:00"), "rain", book)
    with pytest.raises(InputError, match="only once"):
        extended(longer, day, at("03-04 17:00"), "more rain", book)


def test_a_pause_says_why(china):
    with pytest.raises(InputError, match="no reason 'tired'"):
        Pause(at("03-02 10:00"), None, "tired")
    with pytest.raises(InputError, match="must say which"):
        Pause(at("03-02 10:00"), None, "other")
    with pytest.raises(InputError, match="stands in an open pause"):
        due(
            at("03-02 09:00"),
            parse_limit("1工作日"),
            china,
            [Pause(at("03-02 10:00"), None, "other", "the owner is heard")],
        )


def test_a_pause_after_the_deadline_changes_nothing(book, china):
    given = give_deadline(at("03-02 10:00"), parse_limit("2 working_days"), china)
    late = paused(given, at("03-05 10:00"), "suspension", book)
    assert late.due == given.due
    assert is_overdue(late, at("03-06 10:00"))


def test_a_new_version_never_moves_a_deadline_already_given(book, china):
    given = give_deadline(at("03-02 10:00"), parse_limit("2 working_days"), china)
    closed = NamedDay(date(2026, 3, 4), (), Text("Closed", "停工"))
    newer = replace(china, version="2026.2", valid_from=date(2026, 3, 1), days=(closed,))
    both = CalendarBook([*book.all(), newer])
    assert both.current("cn_default", date(2026, 3, 2)) == newer
    assert recompute(given, both) == given
    assert give_deadline(at("03-02 10:00"), parse_limit("2 working_days"), newer).due == at(
        "03-05 17:00"
    )


@pytest.mark.parametrize("closed", ["03-04", "03-03"])
def test_a_version_that_was_changed_in_place_is_noticed(book, china, closed):
    given = give_deadline(at("03-02 10:00"), parse_limit("2 working_days"), china)
    day = NamedDay(at(f"{closed} 00:00").date(), (), Text("Closed", "停工"))
    changed = CalendarBook([replace(china, days=(*china.days, day))])
    with pytest.raises(InputError, match=r"does not follow from its record.*2026-03-05"):
        recompute(given, changed)
    with pytest.raises(InputError, match="does not follow"):
        paused(given, at("03-03 10:00"), "suspension", changed)


def test_a_change_that_leaves_the_deadline_but_not_its_days_is_noticed(book, china):
    given = give_deadline(at("03-02 10:00"), parse_limit("2 working_days"), china)
    short = NamedDay(date(2026, 3, 3), ((9 * 3600, 12 * 3600),), Text("Half-day", "半天"))
    changed = CalendarBook([replace(china, days=(*china.days, short))])
    with pytest.raises(InputError, match="does not follow"):
        recompute(given, changed)
    elsewhere = NamedDay(date(2026, 7, 1), (), Text("Closed", "停工"))
    unchanged = CalendarBook([replace(china, days=(*china.days, elsewhere))])
    assert recompute(given, unchanged) == given


def test_hours_that_moved_within_a_day_are_noticed(book, china):
    given = give_deadline(at("03-02 10:00"), parse_limit("15 working_hours"), china)
    hours = ((9 * 3600, 11 * 3600), (12 * 3600, 17 * 3600))
    moved = NamedDay(date(2026, 3, 3), hours, Text("Early lunch", "提前午休"))
    earlier = replace(china, days=(*china.days, moved))
    assert due(at("03-02 10:00"), parse_limit("15 working_hours"), earlier) == given.due
    with pytest.raises(InputError, match="does not follow"):
        recompute(given, CalendarBook([earlier]))


def test_a_record_that_was_altered_is_noticed(book, china):
    given = give_deadline(at("03-02 10:00"), parse_limit("2 working_days"), china)
    with pytest.raises(InputError, match="was altered"):
        recompute(replace(given, due=datetime(2026, 4, 1, tzinfo=UTC)), book)
    with pytest.raises(InputError, match="computed by 'clocks 0'"):
        recompute(replace(given, method="clocks 0"), book)
    with pytest.raises(InputError, match="no calendar cn_default 1"):
        recompute(replace(given, version="1"), book)
    record = given.as_dict()
    del record["limit"]
    with pytest.raises(InputError, match="not complete"):
        Deadline.from_dict(record)
