"""Issues along streets and a route, against numbers worked out on paper."""

from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest
import shapely
from town_builder import ORIGIN, Town

from dizuo.model.errors import InputError
from dizuo.operations.evaluation.histories import Histories
from dizuo.operations.evaluation.parameters import EvaluationParameters
from dizuo.operations.evaluation.tallies import Period
from dizuo.operations.travel.route_cleaning import (
    cleaning_plan,
    issues_by_street_class,
    merged_route,
)
from dizuo.operations.travel.settings import TravelSettings

pytestmark = pytest.mark.systems("L1")
DAWN = datetime(2026, 3, 2, tzinfo=UTC)
WEEK = Period(DAWN, DAWN + timedelta(days=7))
PARAMETERS, SETTINGS = EvaluationParameters.load(), TravelSettings.load()


def issue(name, x, y, opened=1, closed=None, **more):
    """One case; hours count from the begin of the week."""
    told = {
        "case": name, "case_type": "urban_event", "category": "0102", "unit": "roads",
        "state": "closed" if closed else "handling", "open": closed is None, "merged_into": "",
        "x": ORIGIN[0] + x, "y": ORIGIN[1] + y, "simulated": False,
        "opened": DAWN + timedelta(hours=opened),
        "closed": pd.NaT if closed is None else DAWN + timedelta(hours=closed),
    }  # fmt: skip
    return {**told, **more}


def log(*issues):
    cases = pd.DataFrame(issues)
    for name in ("opened", "closed"):
        cases[name] = pd.to_datetime(cases[name], utc=True)
    none = pd.DataFrame()
    return Histories(cases, none, none, none, none, WEEK.end)


def streets():
    """A main road of 2 km and a side street of 500 m at its end."""
    town = Town()
    town.street((0, 0), (2000, 0), highway="primary")
    town.street((2000, 0), (2000, 500))
    return town.frames()["street_edges"]


def route():
    return shapely.LineString([(ORIGIN[0] + x, ORIGIN[1]) for x in (0, 2000)])


CASES = (
    issue("a", 100, 10, closed=3),
    issue("b", 150, -10, closed=11),
    issue("c", 350, 20),
    issue("d", 390, 0, category="0501", unit="green"),
    issue("e", 950, 0, opened=-30),  # opened before the week, and still open
    issue("f", 2010, 300, closed=5),
    issue("g", 500, 200),  # at no street
    issue("h", 300, 0, state="void", open=False),
    issue("i", 300, 0, merged_into="c", open=False),
    issue("j", 300, 0, case_type="hotline_appeal"),
)


def test_issues_by_kilometre_and_time_to_fix_by_class_of_street():
    found = issues_by_street_class(log(*CASES), streets(), WEEK, PARAMETERS, SETTINGS)
    rows = found.set_index("street_class")
    told = rows[["issues", "kilometres", "per_km", "fixed", "median_hours"]]
    assert told.T.to_dict("list") == {
        "": [5, 2.5, 2.0, 3, 4.0],  # two, ten and four hours
        "primary": [4, 2.0, 2.0, 2, 6.0],
        "residential": [1, 0.5, 2.0, 1, 4.0],
    }
    # Garwood's interval of a count of four: 1.0899 to 10.2416
    ends = rows.loc["primary", ["per_km_low", "per_km_high"]].tolist()
    assert ends == pytest.approx([1.0899 / 2, 10.2416 / 2], abs=1e-4)


def test_the_plan_puts_the_stretch_with_most_open_issues_first():
    plan = cleaning_plan(log(*CASES), route(), PARAMETERS, SETTINGS)
    told = plan[["order", "begin_m", "end_m", "open_issues", "cases", "categories", "units"]]
    assert told.to_numpy().tolist() == [
        [1, 200, 400, 2, "c d", "0102 0501", "green roads"],
        [2, 800, 1000, 1, "e", "0102", "roads"],
    ]


def test_what_lies_at_the_end_belongs_to_the_last_stretch():
    plan = cleaning_plan(log(issue("z", 2000, 0)), route(), PARAMETERS, SETTINGS)
    assert plan[["begin_m", "end_m"]].to_numpy().tolist() == [[1800, 2000]]


def test_a_clean_route_has_nothing_to_plan():
    assert cleaning_plan(log(issue("a", 0, 0, closed=3)), route(), PARAMETERS, SETTINGS).empty


def test_made_up_cases_are_marked():
    told = log(issue("a", 100, 0, simulated=True))
    assert cleaning_plan(told, route(), PARAMETERS, SETTINGS)["simulated"].all()
    found = issues_by_street_class(told, streets(), WEEK, PARAMETERS, SETTINGS)
    assert found.set_index("street_class")["simulated"].to_dict() == {
        "": True, "primary": True, "residential": False,
    }  # fmt: skip


def test_parts_that_follow_on_each_other_are_one_route():
    parts = [shapely.LineString([(0, 0), (1, 0)]), shapely.LineString([(1, 0), (2, 0)])]
    assert merged_route(parts).length == 2
    with pytest.raises(InputError, match="not one line"):
        merged_route([*parts, shapely.LineString([(5, 5), (6, 6)])])
