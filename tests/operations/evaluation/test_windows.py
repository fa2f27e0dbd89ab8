"""Satisfaction by service window, against numbers worked out on paper."""

import numpy as np
import pytest
from hand_made_log import RESIDENT, ROADS, WEEK, staff

from dizuo.operations.evaluation.histories import histories
from dizuo.operations.evaluation.windows import satisfaction_by_window

pytestmark = pytest.mark.systems("L2", "S22.5")
SEED = 7


def apply(player, name, window, *grades):
    """Apply at a window, have it decided, and rate it."""
    player.open(name, "service_application", actor=RESIDENT, category=None, asset=window)
    player.do(name, 1, "accept", staff(ROADS), unit=ROADS)
    player.do(name, 2, "decide", staff(ROADS), result="granted")
    for hour, grade in enumerate(grades, 3):
        player.do(name, hour, "rate", RESIDENT, grade=grade)


def found(player, calendars, parameters):
    told = histories([player.log()], calendars, parameters, until=WEEK.end)
    return satisfaction_by_window(told, WEEK, parameters, SEED).set_index("window")


def test_each_window_has_its_satisfaction_with_an_interval(player, calendars, parameters):
    # basically satisfied (3) counts 0.9: (6 + 4 * 0.9) / 10 and (9 + 0 + 0 + 0.9) / 12
    for number, grade in enumerate([5] * 6 + [3] * 4):
        apply(player, f"a{number}", "window:1", grade)
    for number, grade in enumerate([4] * 9 + [1] * 2 + [3]):
        apply(player, f"b{number}", "", grade)
    rows = found(player, calendars, parameters)
    assert rows["ratings"].to_dict() == {"": 22, "window:1": 10, ROADS: 12}
    assert rows["value"].to_dict() == pytest.approx(
        {"": 100 * 19.5 / 22, "window:1": 96, ROADS: 82.5}
    )
    assert (rows["low"] <= rows["value"]).all()
    assert (rows["value"] <= rows["high"]).all()
    assert (rows["hidden"] == "").all()


def test_a_window_with_few_ratings_is_hidden_and_cannot_be_worked_out(
    player, calendars, parameters
):
    for number in range(12):
        apply(player, f"a{number}", "window:1", 5)
    for number in range(11):
        apply(player, f"b{number}", "window:2", 5)
    apply(player, "c", "window:3", 1)
    rows = found(player, calendars, parameters)
    assert rows["hidden"].to_dict() == {
        "": "", "window:1": "", "window:2": "small_group", "window:3": "small_group",
    }  # fmt: skip
    numbers = rows.loc[["window:2", "window:3"], ["ratings", "value", "low", "high"]]
    assert np.isnan(numbers.to_numpy(dtype=float)).all()


def test_the_last_rating_of_a_case_counts(player, calendars, parameters):
    for number in range(10):
        apply(player, f"a{number}", "window:1", 1, 5)
    assert found(player, calendars, parameters)["value"].tolist() == [100, 100]


def test_without_ratings_there_is_nothing_to_tell(player, calendars, parameters):
    apply(player, "a", "window:1")
    assert found(player, calendars, parameters).empty
