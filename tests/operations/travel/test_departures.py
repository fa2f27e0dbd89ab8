"""Journeys by public transport around a closure, on paper."""

import math

import pytest
from closed_town import ZONE, at, table
from timed_town import square, timed_town
from town_builder import METRIC, examination_of

from dizuo.model.errors import InputError
from dizuo.model.text import Text
from dizuo.operations.travel.closures import read_closures
from dizuo.operations.travel.destinations import read_destinations
from dizuo.operations.travel.notice import travel_notice
from dizuo.operations.travel.public_transport_settings import PublicTransportSettings
from dizuo.operations.travel.settings import TravelSettings
from dizuo.operations.travel.wording import notice_text

pytestmark = pytest.mark.systems("L3")
RUN = ("run", "2026-10-01T08:00", "2026-10-01T10:00", "drive", "South Street", "")


def noticed(tmp_path, row=RUN, town=None):
    closures = read_closures(table(tmp_path / "c.csv", row), ZONE, METRIC)
    workshop = examination_of(town or timed_town()).workshop()
    destinations = read_destinations(square(tmp_path / "d.csv"), workshop.get("places"))
    settings = TravelSettings.load(), PublicTransportSettings.load()
    return travel_notice(
        workshop, closures, (at(8), at(10)), settings[0], Text("Paper", "纸上城"), settings[1],
        [destinations],
    )  # fmt: skip


def slots(notice):
    rows = notice.as_dict()["public_transport"]["departures"]
    return {one["from"][11:16]: one for one in rows if one["destination"] == "destination:square"}


def test_a_cut_line_makes_journeys_longer_while_the_street_is_closed(tmp_path):
    told = slots(noticed(tmp_path))
    assert (min(told), max(told), len(told)) == ("06:00", "11:30", 12)
    usual = told["06:00"]
    # medians: east 375 s on foot, west and few 420 s by bus; half of 580 residents are at 420 s
    assert (usual["residents"], usual["usual_seconds"], usual["seconds"]) == (580, 420, 420)
    assert (usual["longer_for"], usual["cut_off"], usual["lines"]) == (0, 0, [["7"]])
    closed = told["08:00"]
    # on foot: east 375 s, few 675 s, west 825 s
    assert (closed["usual_seconds"], closed["seconds"], closed["lines"]) == (420, 825, [])
    assert (closed["longer_for"], closed["cut_off"], closed["closed"]) == (516, 0, True)
    # the bus at 8:00 does not run any more: who sets out at 7:50 walks
    assert (told["07:30"]["seconds"], told["07:30"]["closed"]) == (720, False)
    assert told["07:00"]["seconds"] == told["10:00"]["seconds"] == 420


def test_quieter_times_are_advised_in_both_languages(tmp_path):
    notice = noticed(tmp_path)
    before, after = notice.departures.quiet_around("destination:square")
    assert (before[11:16], after[11:16]) == ("07:30", "10:00")
    chinese, english = notice_text(notice).split("\n\n")
    assert "To Square set out before 07:30 or from 10:00" in english
    assert "前往“Square”请于 07:30 前或 10:00 后出发" in chinese
    assert "half of the residents need 14 min, usually 7; 516 residents take longer" in english
    assert "半数居民需 14 分钟，平时 7 分钟；516 名居民用时增加" in chinese


def test_a_closure_elsewhere_changes_nothing(tmp_path):
    notice = noticed(tmp_path, (*RUN[:4], "North Street", ""))
    assert {one["longer_for"] for one in slots(notice).values()} == {0}
    assert "To Square public transport takes as long as usual." in notice_text(notice)
    assert notice.departures.quiet_around("destination:square") == ("", "")


def test_who_walks_is_kept_off_streets_closed_to_walking_until_they_open(tmp_path):
    told = slots(noticed(tmp_path, (*RUN[:3], "walk", "East Street", "")))
    # by East Street nobody gets on: `end` and the square are reached by North Street alone
    assert told["08:00"]["seconds"] > told["06:00"]["seconds"]
    assert told["10:00"]["seconds"] == told["06:00"]["seconds"]


def test_no_number_is_told_of_too_few(tmp_path):
    town = timed_town()
    for home in ("west", "east"):
        town.row("buildings", f"building:{home}")["residents"] = 0.0
    told = slots(noticed(tmp_path, town=town))
    assert {one["hidden"] for one in told.values()} == {"few"}
    assert {one["residents"] for one in told.values()} == {None}
    assert all(one["lines"] == [] for one in told.values())


def test_without_a_timetable_nothing_is_timed(tmp_path):
    town = timed_town()
    town.rows["timetable_services"].clear()
    told = noticed(tmp_path, town=town).as_dict()["public_transport"]
    assert (told["known"], told["departures"]) == (False, [])


def test_runs_whose_times_go_back_are_left_out_and_counted(tmp_path):
    town = timed_town()
    calls = [one for one in town.rows["timetable_stop_times"] if one["trip"] == "t21600"]
    calls[1]["arrival"] = calls[1]["departure"] = 3600.0
    told = noticed(tmp_path, town=town).as_dict()["public_transport"]
    assert told["runs_left_out"] == 1


def test_what_is_not_reached_any_more_is_told_as_cut_off(tmp_path):
    row = (*RUN[:3], "walk drive", "South Street;East Street;West Street", "")
    closed = slots(noticed(tmp_path, row))["08:30"]
    assert closed["cut_off"] + closed["longer_for"] > 0
    assert closed["seconds"] is None or math.isfinite(closed["seconds"])


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("square,Square", ",Square", "is empty or stands twice"),
        ("latitude", "south", "no column latitude"),
        ("Square,1", "Square,x1", "is no longitude"),
    ],
)
def test_a_table_of_destinations_that_cannot_be_used_is_refused(tmp_path, old, new, told):
    file = square(tmp_path / "d.csv")
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(InputError, match=told):
        read_destinations(file, examination_of(timed_town()).workshop().get("places"))
