"""Laws that every clock keeps, under any calendar, limit and pause."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from minute_oracle import CALENDARS, toml_of

from dizuo.model.errors import InputError
from dizuo.operations.clocks.calendar_files import CalendarBook, parse_calendar
from dizuo.operations.clocks.counting import due_many, elapsed_many
from dizuo.operations.clocks.deadlines import (
    Pause,
    due,
    elapsed,
    give_deadline,
    paused,
    recompute,
    restarted,
)
from dizuo.operations.clocks.limits import Limit

BOOK = CalendarBook(parse_calendar(toml_of(name)) for name in CALENDARS)
# All five know these years; Chinese holidays, summer time and make-up workdays lie in them.
EPOCH = datetime(2018, 1, 10, tzinfo=UTC)
YEAR = 300 * 86_400

# The first use lays out the years; what follows is quick, and Hypothesis times each example.
for calendar in BOOK.all():
    due(EPOCH, Limit.of_count(500, "working_days"), calendar)

calendars = st.sampled_from(BOOK.all())
starts = st.integers(0, YEAR).map(lambda seconds: EPOCH + timedelta(seconds=seconds))
limits = st.one_of(
    st.builds(Limit.of_count, st.integers(1, 200_000), st.just("urgent_hours")),
    st.builds(Limit.of_count, st.integers(1, 100_000), st.just("working_hours")),
    st.builds(Limit.of_count, st.integers(1, 15), st.just("working_days")),
    st.builds(Limit.of_count, st.integers(1, 20), st.just("calendar_days")),
)
spans = st.integers(0, 20 * 86_400).map(lambda seconds: timedelta(seconds=seconds))


@st.composite
def pauses(draw, start):
    found = []
    for _ in range(draw(st.integers(0, 3))):
        begin = start + draw(spans) - timedelta(days=1)
        found.append(Pause(begin, begin + draw(spans), "suspension"))
    return found


@given(calendars, starts, limits, spans)
def test_a_later_start_is_never_due_earlier(calendar, start, limit, later):
    assert due(start, limit, calendar) <= due(start + later, limit, calendar)


@given(calendars, starts, limits, st.integers(1, 5))
def test_more_time_is_never_due_earlier(calendar, start, limit, more):
    longer = Limit.of_count(limit.count + more, limit.unit)
    assert due(start, limit, calendar) <= due(start, longer, calendar)
    if limit.unit != "calendar_days":
        assert due(start, limit, calendar) < due(start, longer, calendar)


@given(calendars, starts, limits, st.data())
def test_all_of_the_limit_has_elapsed_when_it_is_due_and_not_before(calendar, start, limit, data):
    held = data.draw(pauses(start))
    end = due(start, limit, calendar, held)
    run = elapsed(start, end, limit.unit, calendar, held)
    rolls = limit.unit == "calendar_days" and calendar.counting.last_day == "working"
    assert run >= limit.amount if rolls else run == limit.amount
    if not rolls:
        second = timedelta(seconds=1)
        assert elapsed(start, end - second, limit.unit, calendar, held) < limit.amount


@given(calendars, starts, limits, st.data())
def test_a_pause_never_brings_a_deadline_nearer(calendar, start, limit, data):
    held = data.draw(pauses(start))
    more = data.draw(pauses(start))
    assert due(start, limit, calendar, held) <= due(start, limit, calendar, [*held, *more])


@given(calendars, starts, limits, st.data())
def test_a_deadline_never_lies_within_a_pause(calendar, start, limit, data):
    held = data.draw(pauses(start))
    end = due(start, limit, calendar, held)
    assert not any(pause.begin < end <= pause.end for pause in held)


@given(calendars, starts, limits, spans, spans)
def test_a_pause_shifts_by_the_time_that_would_have_run(calendar, start, limit, after, length):
    begin = start + after
    stop = begin + length
    plain = due(start, limit, calendar)
    shifted = due(start, limit, calendar, [Pause(begin, stop, "suspension")])
    if begin >= plain:
        assert shifted == plain
        return
    during = elapsed(start, stop, limit.unit, calendar) - elapsed(
        start, begin, limit.unit, calendar
    )
    if during == 0:
        assert shifted == plain
    elif limit.unit != "calendar_days" or calendar.counting.last_day == "any":
        assert shifted == due(start, Limit(limit.amount + during, limit.unit), calendar)
    else:
        assert shifted >= plain


@given(calendars, starts, spans, spans, limits)
def test_time_adds_up(calendar, start, first, second, limit):
    middle, end = start + first, start + first + second
    unit = limit.unit
    whole = elapsed(start, end, unit, calendar)
    before = elapsed(start, middle, unit, calendar)
    assert before <= whole
    held = [Pause(middle, None, "suspension")]
    assert elapsed(start, end, unit, calendar, held) == before


@given(calendars, starts, limits, spans, spans)
@settings(max_examples=50)
def test_every_record_gives_its_deadline_again(calendar, start, limit, after, length):
    record = give_deadline(start, limit, calendar)
    waiting = paused(record, start + after, "supplement", BOOK)
    running = restarted(waiting, start + after + length, BOOK)
    for one in (record, waiting, running):
        assert recompute(one, BOOK) == one
    assert record.due == due(start, limit, calendar)


@given(calendars, st.lists(starts, min_size=1, max_size=20), limits)
@settings(max_examples=50)
def test_many_are_counted_as_one_by_one(calendar, several, limit):
    times = np.array([start.replace(tzinfo=None) for start in several], dtype="datetime64[s]")
    found = due_many(times, limit.count, limit.unit, calendar)
    one_by_one = [due(start, limit, calendar).replace(tzinfo=None) for start in several]
    np.testing.assert_array_equal(found, np.array(one_by_one, dtype="datetime64[s]"))
    run = elapsed_many(times, found, limit.unit, calendar)
    assert (run >= limit.count).all()


def test_no_deadlines_are_no_deadlines():
    none = np.array([], dtype="datetime64[s]")
    calendar = BOOK.all()[0]
    assert due_many(none, 1, "working_days", calendar).shape == (0,)
    assert elapsed_many(none, none, "working_days", calendar).shape == (0,)


def test_arrays_that_do_not_fit_are_refused():
    calendar = BOOK.all()[0]
    start = np.array(["2025-03-03T10:00"], dtype="datetime64[s]")
    missing = np.array(["NaT"], dtype="datetime64[s]")
    with pytest.raises(InputError, match="An instant is missing"):
        due_many(missing, 1, "working_days", calendar)
    with pytest.raises(InputError, match="must be positive"):
        due_many(start, 0, "working_days", calendar)
    with pytest.raises(InputError, match="a row for every start"):
        due_many(start, 1, "working_days", calendar, pauses=(start, start))
    pause = (start[np.newaxis], start[np.newaxis] - np.timedelta64(1, "s"))
    with pytest.raises(InputError, match="ends before it begins"):
        due_many(start, 1, "working_days", calendar, pauses=pause)
