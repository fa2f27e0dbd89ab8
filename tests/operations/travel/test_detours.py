"""Ways that grow while streets are closed, with the answers on paper."""

import pytest
import shapely
from closed_town import PACE, ZONE, closed_town, table
from town_builder import METRIC, examination_of

from dizuo.operations.travel.closures import read_closures
from dizuo.operations.travel.detours import detours, left_open
from dizuo.operations.travel.settings import TravelSettings

pytestmark = pytest.mark.systems("L3")
SETTINGS = TravelSettings.load()
MORNING = ("2026-10-01T08:00", "2026-10-01T12:00")


def found(tmp_path, modes, streets, town=None):
    rows = table(tmp_path / "c.csv", ("run", *MORNING, modes, streets, ""))
    workshop = examination_of(town or closed_town()).workshop()
    closures = read_closures(rows, ZONE, METRIC)
    return detours(workshop, left_open(workshop, closures, SETTINGS), closures, SETTINGS)


def row(told, mode, one):
    rows = told.rows.set_index(["mode", "id"])
    return rows.loc[(mode, one)]


def test_a_closed_street_sends_people_round_the_block(tmp_path):
    told = found(tmp_path, "walk", "East Street")
    assert told.rows.empty  # nobody's shortest way goes there
    town = closed_town()
    town.street((400, 0), (400, 400), name="Middle Street")
    town.remove("stops", lambda one: one["id"] == "stop:far")
    town.row("stops", "stop:near")["geometry"] = shapely.Point(400, 200)
    told = found(tmp_path, "walk", "street:w1.0", town)
    # east, 300 m + 200 m before; now it leaves by East Street, 100 m off as the crow flies, then
    # 400 m up, 400 m along North Street and 200 m down.
    east = row(told, "walk", "stop:near")
    assert east["longer_for"] == 64
    assert east["mean_seconds"] == pytest.approx((100 + 400 + 400 + 200 - 500) * PACE, abs=1)
    assert east["instead"] == "stop:near"
    assert not east["shut"]


def test_a_stop_on_a_closed_street_is_shut_and_another_is_told(tmp_path):
    told = found(tmp_path, "drive", "South Street")
    assert told.shut == ("stop:near",)
    stop = row(told, "walk", "stop:near")
    # west: 300 m before, then 100 + 400 m to `far`; east: 300 m, then 700 + 400 m.
    # `few` is 100 m from `near`, then 700 m from `far`.
    assert stop["residents"] == 512 + 64 + 4
    assert (stop["shut"], stop["longer_for"], stop["cut_off"]) == (True, 580, 0)
    mean = (512 * 200 + 64 * 800 + 4 * 600) / 580
    assert stop["mean_seconds"] == pytest.approx(mean * PACE, abs=0.01)
    assert stop["most_seconds"] == pytest.approx(800 * PACE, abs=0.01)
    assert (stop["instead"], stop["instead_name"]) == ("stop:far", "far")


def test_whoever_reaches_nothing_any_more_is_counted_as_cut_off(tmp_path):
    town = closed_town()
    town.remove("stops", lambda one: one["id"] == "stop:far")
    stop = row(found(tmp_path, "drive", "South Street", town), "walk", "stop:near")
    assert (stop["longer_for"], stop["cut_off"], stop["instead"]) == (0, 580, "")


def test_ways_of_too_few_are_not_told(tmp_path):
    town = closed_town()
    town.remove("buildings", lambda one: one["id"] != "building:few")
    stop = row(found(tmp_path, "drive", "South Street", town), "walk", "stop:near")
    assert stop["hidden"] == "few"
    assert stop[["residents", "longer_for", "cut_off", "mean_seconds"]].isna().all()
    assert stop["instead"] == ""


def test_a_closure_for_bicycles_shuts_nothing(tmp_path):
    told = found(tmp_path, "bike", "South Street")
    assert told.rows.empty
    assert told.shut == ()


def test_what_stands_on_a_street_closed_to_walking_is_shut(tmp_path):
    told = found(tmp_path, "walk", "South Street;East Street")
    assert "facility:hospital0" in told.shut
    assert row(told, "walk", "facility:hospital0")["shut"]
