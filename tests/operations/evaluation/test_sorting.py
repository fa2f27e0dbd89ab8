"""Checks of sorting points, against numbers worked out on paper."""

import pytest
from hand_made_log import CELLS, DESK, GREEN, PHOTO, ROADS, WEEK, staff

from dizuo.model.errors import InputError
from dizuo.operations.evaluation.histories import histories
from dizuo.operations.evaluation.indicators import indicators
from dizuo.operations.evaluation.sorting import sorting_by_point

pytestmark = pytest.mark.systems("L4", "S12.5")
FOOD, OTHER = "03", "04"


def check(player, name, point, stream, *, correct, unit=ROADS):
    """Open a check at a point, and decide it unless `correct` is None."""
    player.open(name, "sorting_check", category=stream, asset=point, grid=CELLS[unit])
    if correct is not None:
        player.do(name, 1, "pass" if correct else "file", category=stream)


@pytest.fixture
def checked(player):
    """Point 1: three of four right; point 2, in another community: one wrong, one not decided."""
    check(player, "a", "point:1", FOOD, correct=True)
    check(player, "b", "point:1", FOOD, correct=True)
    check(player, "c", "point:1", FOOD, correct=False)
    check(player, "d", "point:1", OTHER, correct=True)
    check(player, "e", "point:2", FOOD, correct=False, unit=GREEN)
    check(player, "f", "point:2", FOOD, correct=None, unit=GREEN)
    return player


def read(player, calendars, parameters):
    return histories([player.log()], calendars, parameters, until=WEEK.end)


def test_each_point_and_stream_has_its_share_with_an_interval(checked, calendars, parameters):
    rows = sorting_by_point(read(checked, calendars, parameters), WEEK, parameters)
    found = rows.set_index(["point", "stream"])
    assert found[["correct", "checks", "not_decided"]].astype(int).T.to_dict("list") == {
        ("point:1", ""): [3, 4, 0],
        ("point:1", FOOD): [2, 3, 0],
        ("point:1", OTHER): [1, 1, 0],
        ("point:2", ""): [0, 1, 1],
        ("point:2", FOOD): [0, 1, 1],
    }
    one = found.loc[("point:1", "")]
    assert one["value"] == 75
    assert (one["low"], one["high"]) == pytest.approx((30.0642, 95.4413), abs=1e-3)  # Wilson
    assert not found["simulated"].any()


def test_communities_and_the_city_are_told_and_units_are_not(checked, calendars, parameters):
    told = read(checked, calendars, parameters)
    by = indicators(told, WEEK, parameters, by=("community",)).rows
    sorting = by[by["indicator"] == "sorting"].set_index("community")
    assert sorting["value"].to_dict() == {CELLS[ROADS][:12]: 75, CELLS[GREEN][:12]: 0}
    city = indicators(told, WEEK, parameters, by=()).rows.set_index("indicator")
    assert city.loc["sorting", ["numerator", "denominator", "excluded"]].tolist() == [3, 5, 1]
    units = indicators(told, WEEK, parameters, by=("unit",)).rows
    assert "sorting" not in set(units["indicator"])


def test_what_is_wrong_is_rectified_by_a_unit_and_stays_a_wrong_check(
    checked, calendars, parameters
):
    checked.send("c", 2, ROADS, 24)
    checked.do("c", 3, "accept", staff(ROADS))
    checked.settle("c", ROADS, 5, 6)
    told = read(checked, calendars, parameters)
    assert told.cases.set_index("case").loc[checked.cases["c"], "state"] == "closed"
    city = indicators(told, WEEK, parameters, by=()).rows.set_index("indicator")
    assert city.loc["sorting", "numerator"] == 3
    assert city.loc["on_time", ["numerator", "denominator"]].tolist() == [1, 1]


def test_a_check_that_passed_is_over(checked):
    with pytest.raises(InputError, match="cannot be done with a case that is 'correct'"):
        checked.do("a", 2, "file", DESK, PHOTO, category=FOOD)


def test_a_log_without_checks_has_no_points(player, calendars, parameters):
    player.open("lamp")
    assert sorting_by_point(read(player, calendars, parameters), WEEK, parameters).empty
