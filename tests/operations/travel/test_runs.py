"""The runs of a window: calendars, headways, blank times, and what began the day before."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from closed_town import at, closed_town
from timed_town import put, route, run

from dizuo.operations.travel.runs import runs_around

pytestmark = pytest.mark.systems("L3")
BLANK = float("nan")


@pytest.fixture
def town():
    made = closed_town()
    route(made, "7")
    return made


def times(town, begin, end):
    calls = runs_around(town.layers(), begin, end).calls
    return [
        (stop.removeprefix("stop:"), arrival / 60, departure / 60)
        for stop, arrival, departure in calls[["stop", "arrival", "departure"]].to_numpy()
    ]


def test_a_run_after_midnight_belongs_to_the_day_before(town):
    late = 25 * 3600
    run(town, "late", "r7", [("stop:near", late, late), ("stop:far", late + 60, late + 60)])
    put(town, "services", service="daily", date="2026-10-01")
    assert times(town, at(0, 2), at(2, 2)) == [("near", 60, 60), ("far", 61, 61)]
    assert times(town, at(0, 1), at(2, 1)) == []
    assert not runs_around(town.layers(), at(0, 2), at(2, 2)).known


def test_a_run_two_nights_long_is_still_found(town):
    calls = [("stop:near", 23 * 3600, 23 * 3600), ("stop:far", 49 * 3600, 49 * 3600)]
    run(town, "long", "r7", calls)
    put(town, "services", service="daily", date="2026-10-01")
    assert times(town, at(0, 3), at(2, 3))[1] == ("far", 60, 60)


def test_a_run_that_calls_in_the_window_has_all_of_its_calls(town):
    calls = [("stop:near", 7 * 3600, 7 * 3600), ("stop:far", 8 * 3600, 8 * 3600)]
    run(town, "one", "r7", calls)
    put(town, "services", service="daily", date="2026-10-01")
    assert times(town, at(8), at(9)) == [("near", -60, -60), ("far", 0, 0)]
    assert times(town, at(9), at(10)) == []


def test_services_run_on_their_days_only(town):
    for service, hour in (("a", 8), ("b", 9)):
        calls = [("stop:near", hour * 3600, hour * 3600)]
        run(town, service, "r7", calls, service=service)
    put(town, "services", service="a", date="2026-10-01")
    put(town, "services", service="b", date="2026-10-02")
    assert times(town, at(0), at(12)) == [("near", 480, 480)]
    assert times(town, at(0, 2), at(12, 2)) == [("near", 540, 540)]


def test_a_trip_by_headway_is_written_out_with_every_call(town):
    calls = [("stop:near", 100, 100), ("stop:far", 160, 220), ("stop:near", 280, 280)]
    run(town, "every20", "r7", calls)
    put(town, "services", service="daily", date="2026-10-01")
    put(town, "frequencies", trip="every20", start=7 * 3600.0, end=8 * 3600.0, headway=1200.0)
    assert times(town, at(7), at(8)) == [
        (stop, begin + first, begin + last)
        for begin in (0, 20, 40)
        for stop, first, last in (("near", 0, 0), ("far", 1, 2), ("near", 3, 3))
    ]


def test_blank_times_lie_evenly_between_those_that_are_told(town):
    calls = [
        ("stop:near", 8 * 3600, 8 * 3600 + 60), ("stop:far", BLANK, BLANK),
        ("stop:near", BLANK, BLANK), ("stop:far", 8 * 3600 + 240, BLANK),
        ("stop:near", BLANK, BLANK),
    ]  # fmt: skip
    run(town, "blank", "r7", calls)
    put(town, "services", service="daily", date="2026-10-01")
    # the last one is never told: nobody knows when it calls
    assert times(town, at(8), at(9)) == [
        ("near", 0, 1),
        ("far", 2, 2),
        ("near", 3, 3),
        ("far", 4, 4),
    ]


def test_a_timetable_counts_from_noon_less_twelve_hours_where_clocks_change(town):
    zone = ZoneInfo("Europe/Madrid")
    run(town, "early", "r7", [("stop:near", 5 * 3600, 5 * 3600)])
    put(town, "services", service="daily", date="2026-10-25")
    # at 3:00 clocks go back to 2:00: 5:00 is six hours after midnight
    window = (datetime(2026, 10, 25, 0, tzinfo=zone), datetime(2026, 10, 25, 12, tzinfo=zone))
    assert times(town, *window) == [("near", 360, 360)]


def test_where_nobody_gets_on_or_off_is_kept(town):
    calls = [("stop:near", 0, 0, {"alights": False}), ("stop:far", 60, 60, {"boards": False})]
    run(town, "one", "r7", calls)
    put(town, "services", service="daily", date="2026-10-01")
    calls = runs_around(town.layers(), at(0), at(1)).calls
    assert calls[["boards", "alights"]].to_numpy().tolist() == [[True, False], [False, True]]
