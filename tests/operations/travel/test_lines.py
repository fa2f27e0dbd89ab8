"""Lines that closures touch, by the timetable of the window."""

import pytest
from closed_town import ZONE, at, closed_town, table, with_timetable
from town_builder import METRIC

from dizuo.operations.travel.closures import read_closures
from dizuo.operations.travel.lines import calls_in, touched_lines
from dizuo.operations.travel.settings import TravelSettings

pytestmark = pytest.mark.systems("L3")
SETTINGS = TravelSettings.load()


@pytest.fixture
def layers():
    return with_timetable(closed_town()).layers()


def touched(layers, tmp_path, modes, streets, shut=()):
    row = ("run", "2026-10-01T08:00", "2026-10-01T12:00", modes, streets, "")
    closures = read_closures(table(tmp_path / "c.csv", row), ZONE, METRIC)
    return touched_lines(layers, calls_in(layers, at(8), at(12)), closures, shut, SETTINGS)


def test_the_calls_of_a_window_are_counted_trips_by_headway_too(layers):
    calls = calls_in(layers, at(8), at(10))
    assert calls.known
    stops = calls.at_stops()
    # line 7 at 8:10 and 9:10; line 9 every 20 minutes from 7:00, before 9:00: 8:00, 8:20, 8:40
    assert stops["departures"].to_dict() == {"stop:near": 2, "stop:far": 3}
    assert stops["lines"].to_dict() == {"stop:near": ["7"], "stop:far": ["9"]}


def test_a_day_that_the_timetable_does_not_know_is_told_apart_from_one_without_buses(layers):
    assert not calls_in(layers, at(8, day=2), at(10, day=2)).known
    night = calls_in(layers, at(1), at(2))
    assert night.known
    assert night.rows.empty


def test_a_line_along_a_closed_street_is_touched_and_one_elsewhere_is_not(layers, tmp_path):
    lines = touched(layers, tmp_path, "drive", "South Street", {"stop:near"})
    assert lines[["line", "drives_there", "stops_shut", "departures"]].to_dict("records") == [
        {"line": "7", "drives_there": True, "stops_shut": 1, "departures": 4}
    ]


def test_a_line_across_a_closed_street_is_not_touched(layers, tmp_path):
    assert touched(layers, tmp_path, "drive", "East Street").empty


def test_buses_run_where_only_walking_is_closed(layers, tmp_path):
    assert touched(layers, tmp_path, "walk", "South Street").empty


def test_a_town_without_a_timetable_has_no_lines():
    calls = calls_in(closed_town().layers(), at(8), at(10))
    assert not calls.known
    assert calls.rows.empty
