"""Rates of the fourteen cases against numbers worked out on paper."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hand_made_log import CELLS, GREEN, ROADS, WEEK, hour

from dizuo.model.errors import InputError
from dizuo.operations.evaluation.histories import histories
from dizuo.operations.evaluation.indicators import graded, indicators
from dizuo.operations.evaluation.tallies import Period
from dizuo.operations.evaluation.three_rates import three_rates

pytestmark = pytest.mark.systems("S22.6", "S23.2")

# unit, indicator: numerator, denominator, left out
ON_PAPER = {
    (ROADS, "on_time"): (4, 6, 4),
    (ROADS, "closure"): (5, 6, 4),
    (ROADS, "overdue_open"): (1, 6, 4),
    (ROADS, "settled_on_time"): (4, 5, 1),
    (GREEN, "settled_on_time"): (5, 5, 0),
    (ROADS, "rework"): (0, 6, 0),
    (ROADS, "extension"): (0, 6, 0),
    (ROADS, "reopening"): (0, 6, 0),
    (ROADS, "dispatch_accuracy"): (10, 11, 0),
    (GREEN, "on_time"): (5, 5, 0),
    (GREEN, "closure"): (5, 5, 0),
    (GREEN, "overdue_open"): (0, 5, 0),
    (GREEN, "rework"): (1, 5, 0),
    (GREEN, "extension"): (1, 5, 0),
    (GREEN, "reopening"): (1, 5, 0),
    (GREEN, "dispatch_accuracy"): (5, 5, 0),
    ("", "valid_report"): (0, 1, 0),
}


@pytest.fixture(scope="module")
def by_unit(told, parameters):
    return indicators(told, WEEK, parameters)


@pytest.mark.parametrize(("key", "numbers"), ON_PAPER.items(), ids=str)
def test_a_rate_is_what_paper_says(by_unit, key, numbers):
    row = by_unit.rows.set_index(["unit", "indicator"]).loc[key]
    assert (row.numerator, row.denominator, row.excluded) == numbers
    assert row.value == pytest.approx(100 * numbers[0] / numbers[1])
    assert row.low <= row.value <= row.high


def test_the_whole_city_is_the_sum_of_its_units(told, parameters):
    rows = indicators(told, WEEK, parameters, by=()).rows.set_index("indicator")
    assert tuple(rows.loc["on_time", ["numerator", "denominator"]]) == (9, 11)
    assert tuple(rows.loc["valid_report", ["numerator", "denominator", "excluded"]]) == (12, 13, 1)
    assert tuple(rows.loc["filing_accuracy", ["numerator", "denominator"]]) == (12, 13)


def test_what_was_left_out_is_told_with_its_reason(by_unit):
    left = by_unit.exclusions[by_unit.exclusions["indicator"] == "on_time"]
    assert left.set_index(["unit", "reason"])["count"].to_dict() == {
        (ROADS, "not_settled_here"): 1,
        (ROADS, "went_to_another_unit"): 2,
        (ROADS, "without_deadline"): 1,
    }


@pytest.mark.parametrize(
    ("unit", "median", "p90"),
    # 2, 4, 5, 6, 19 hours; and 2, 3, 4, 11, 20
    [(ROADS, 5.0, 6 + 0.6 * 13), (GREEN, 4.0, 11 + 0.6 * 9)],
)
def test_handling_times_run_in_the_clock_of_the_rule(by_unit, unit, median, p90):
    rows = by_unit.rows.set_index(["unit", "indicator"])["value"]
    assert rows[unit, "handling_median.urgent_hours"] == pytest.approx(median)
    assert rows[unit, "handling_p90.urgent_hours"] == pytest.approx(p90)


def test_the_paper_covers_every_rate(by_unit):
    rates = by_unit.rows[by_unit.rows["unit_of_value"] == "%"]
    told = {(row.unit, row.indicator) for row in rates.itertuples() if row.unit}
    rare = {"valid_report", "filing_accuracy"}  # of whole cities: see below
    assert {one for one in told if one[1] not in rare} == {one for one in ON_PAPER if one[0]}


def test_a_clock_that_stands_is_left_out_until_it_runs(played, calendars, parameters):
    told = histories([played[1]], calendars, parameters, until=hour(26))
    period = Period(WEEK.begin, hour(26))
    left = indicators(told, period, parameters).exclusions
    assert left[left["reason"] == "clock_stands"]["count"].tolist() == [1, 1, 1]


def test_a_return_that_nobody_decided_on_is_left_out(player, calendars, parameters):
    player.open("a")
    player.do("a", 0, "file", category="01")
    player.send("a", 1, ROADS, 4)
    player.do("a", 2, "return", reason="no", clause="1", actor=_unit())
    told = histories([player.log()], calendars, parameters)
    rows = indicators(told, Period(WEEK.begin, told.until), parameters).rows
    row = rows.set_index("indicator").loc["dispatch_accuracy"]
    assert (row.denominator, row.excluded) == (0, 1)
    assert np.isnan(row.value)


def _unit():
    from hand_made_log import staff

    return staff(ROADS)


def test_missed_is_what_others_found_while_a_patrol_was_there(told, parameters):
    patrols = pd.DataFrame(
        {
            "grid": [CELLS[GREEN], CELLS[GREEN], CELLS[ROADS]],
            "begin": [hour(-1), hour(0), hour(1)],
            "end": [hour(2), hour(1), hour(9)],
        }
    )
    rows = indicators(told, WEEK, parameters, by=("grid",), patrols=patrols).rows
    found = rows[rows["indicator"] == "missed"].set_index("grid")
    # reworked, suspended, satisfied and reopened were reported in the green cell at hour 0
    assert found.loc[CELLS[GREEN], "numerator"] == 4
    assert found.loc[CELLS[ROADS], "numerator"] == 0
    own = replace(parameters, collector_channels=["app"])
    rows = indicators(told, WEEK, own, by=("grid",), patrols=patrols).rows
    assert rows.loc[rows["indicator"] == "missed", "numerator"].sum() == 0
    with pytest.raises(InputError, match="patrols need end"):
        indicators(told, WEEK, parameters, patrols=patrols.drop(columns="end"))


def test_a_grade_needs_cases_enough(by_unit, parameters):
    few = graded(by_unit, parameters).set_index("unit")
    assert set(few["grade"]) == {""}
    some = graded(by_unit, replace(parameters, least_ranked=5)).set_index("unit")
    # 0.4·66.7 + 0.2·83.3 + 0.1·(100 − 16.7) + 0.2·100 + 0.1·100
    assert some.loc[ROADS, "score"] == pytest.approx(0.4 * 400 / 6 + 0.2 * 500 / 6 + 500 / 60 + 30)
    assert some.loc[ROADS, "grade"] == "B"
    # 0.4·100 + 0.2·100 + 0.1·100 + 0.2·80 + 0.1·80
    assert some.loc[GREEN, "score"] == pytest.approx(94)
    assert some.loc[GREEN, "grade"] == "A"


def test_the_three_rates_are_what_paper_says(told, parameters):
    found = three_rates(told, WEEK, parameters, np.random.default_rng(1))
    rows = found.rows.set_index("unit")
    green, roads = rows.loc[GREEN], rows.loc[ROADS]
    assert (green.valid, green.response, green.resolution, green.satisfaction) == (2, 100, 50, 50)
    assert green.score == pytest.approx(55)
    assert (roads.valid, roads.excluded) == (1, 2)
    assert (roads.response, roads.resolution) == (100, 100)
    assert roads.satisfaction == pytest.approx(90)
    assert roads.score == pytest.approx(10 + 50 + 36)
    assert rows["rank"].isna().all()
    assert found.exclusions.set_index(["unit", "reason"])["count"].to_dict() == {
        (ROADS, "beyond_policy"): 1,
        (ROADS, "entered_by_the_unit"): 1,
    }


def test_parameters_change_the_three_rates_and_nothing_else_does(told, parameters):
    other = replace(
        parameters,
        three_rate_weights={"response": 0.2, "resolution": 0.4, "satisfaction": 0.4},
        basically_satisfied_factor=0.8,
        excluded_reasons=[],
        exclude_own_call_backs=False,
    )
    rows = three_rates(told, WEEK, other, np.random.default_rng(1)).rows.set_index("unit")
    # The reason was read with the histories, so the case stays out until they are read again.
    assert rows.loc[ROADS, "valid"] == 2
    assert rows.loc[ROADS, "satisfaction"] == pytest.approx(100 * (1 + 0.8) / 2)
    assert rows.loc[GREEN, "score"] == pytest.approx(20 + 0.4 * 50 + 0.4 * 50)


def test_a_period_outside_of_the_log_and_persons_are_refused(told, parameters):
    late = Period(WEEK.begin, hour(999))
    with pytest.raises(InputError, match="the log is read until"):
        indicators(told, late, parameters)
    with pytest.raises(InputError, match="nothing is evaluated by actor"):
        indicators(told, WEEK, parameters, by=("actor",))
    with pytest.raises(InputError, match="nothing is evaluated by case"):
        three_rates(told, WEEK, parameters, np.random.default_rng(1), by=("case",))
    with pytest.raises(InputError, match="ends after it begins"):
        Period(WEEK.end, WEEK.begin)
    with pytest.raises(InputError, match="time zone"):
        Period(WEEK.begin.replace(tzinfo=None), WEEK.end)
