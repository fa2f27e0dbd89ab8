"""When something is due: while somebody has the case, by what a calendar knows, never before."""

from datetime import UTC, datetime, timedelta

import pytest
from test_office import EVERYBODY, PHOTO, act, handled, opened, report, row

from dizuo.model.errors import InputError
from dizuo.operations.cases.register import CaseFilter, history, list_cases
from dizuo.operations.cases.stuck import StuckLimits, stuck_cases
from dizuo.operations.time import to_microseconds


def late(office, now):
    """Cases that are overdue, and those that are stuck because they are."""
    with office.log.engine.connect() as connection:
        listed = list_cases(connection, CaseFilter(overdue_at=now))
        stuck = stuck_cases(connection, StuckLimits.load(), now)
    return [one["case"] for one in listed], [one["case"] for one in stuck]


def test_what_was_returned_or_reopened_is_not_late_before_somebody_has_it(office, clock):
    returned, again = opened(office, report("a")), handled(office, clock, opened(office))
    act(office, returned, "file", category="0501")
    act(office, returned, "dispatch", unit="unit:a", limit="1 working_days")
    act(office, returned, "return", reason="not ours", clause="3")
    act(office, again, "feed_back", confidences=PHOTO)
    act(office, again, "close", confidences=PHOTO)
    due = row(office, again)["due"]
    clock.move(timedelta(days=30))
    act(office, again, "reopen", reason="it is there again")
    assert row(office, returned)["due"] is None
    assert (due is None, row(office, again)["due"]) == (False, None)
    assert late(office, clock.now()) == ([], [])
    act(office, again, "dispatch", unit="unit:a", limit="1 working_days")
    clock.move(timedelta(days=30))
    assert late(office, clock.now()) == ([again], [again])


def test_more_time_is_not_approved_where_no_clock_runs(office, clock):
    case = opened(office)
    act(office, case, "file", category="0501")
    act(office, case, "dispatch", unit="unit:a", due="2026-03-09T09:00:00Z")
    act(office, case, "accept")
    with pytest.raises(InputError, match="no clock runs that could be extended"):
        act(office, case, "extend", reason="rain", added="1 working_days")
    assert row(office, case)["extensions"] == 0


@pytest.mark.parametrize(
    ("due", "said"),
    [
        ("2026-03-02T08:59:59Z", "was over when the clock started"),
        ("9999-12-31T23:59:59-10:00", "is no time with a zone"),
        ("0001-01-01T00:00:00+10:00", "is no time with a zone"),
    ],
)
def test_a_date_that_is_over_or_that_nobody_can_show_is_refused(office, due, said):
    case = opened(office)
    act(office, case, "file", category="0501")
    with pytest.raises(InputError, match=said):
        act(office, case, "dispatch", unit="unit:a", due=due)
    assert row(office, case)["state"] == "filed"


@pytest.mark.parametrize("year", [1, 9999])
def test_a_time_that_not_every_zone_can_show_is_refused(office, clock, year):
    clock.set(datetime(9999, 12, 31, 23, tzinfo=UTC))
    happened = datetime(year, 1, 1, tzinfo=UTC)
    with office.log.engine.begin() as connection, pytest.raises(InputError, match="2 to 9998"):
        office.open(connection, [report(happened=happened)], EVERYBODY)


def test_reports_come_in_though_next_years_holidays_are_not_published(office, clock):
    clock.set(datetime(2026, 12, 30, 1, tzinfo=UTC))
    case = opened(office, report(case_type="service_application"))
    assert (row(office, case)["state"], row(office, case)["stage_due"]) == ("applied", None)
    with pytest.raises(InputError, match="lies outside of what calendar cn_default"):
        act(office, case, "accept", unit="unit:a", limit="20 working_days")
    assert row(office, case)["state"] == "applied"


def test_a_clock_that_is_set_back_turns_no_case_around(office, clock):
    case = handled(office, clock, opened(office))
    accepted = clock.now()
    clock.move(timedelta(hours=-3))
    act(office, case, "suspend", reason="permit")
    act(office, case, "resume")
    act(office, case, "feed_back", confidences=PHOTO)
    with office.log.engine.connect() as connection:
        steps = history(connection, case)
    assert [one.happened for one in steps[-3:]] == [accepted] * 3
    clock.move(timedelta(hours=5))
    act(office, case, "close", confidences=PHOTO)
    assert row(office, case)["closed"] == to_microseconds(clock.now())
