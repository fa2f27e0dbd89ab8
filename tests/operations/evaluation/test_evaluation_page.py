"""The page of an evaluation: what it tells of the fourteen cases, and what it keeps back."""

import dataclasses
import re
import tomllib
from datetime import date, timedelta
from importlib.resources import files
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
import shapely
from hand_made_log import ROADS, WEEK

from dizuo.model.text import Text
from dizuo.operations.evaluation.layer import evaluation_layer
from dizuo.operations.evaluation.naming import name_of
from dizuo.operations.evaluation_page.contents import IN_ORDER, gather, public_matters
from dizuo.operations.evaluation_page.drawing import draw_map, where_cases_were
from dizuo.operations.evaluation_page.page import Surroundings, write_evaluation_page
from dizuo.operations.ground import UnitGrid
from dizuo.operations.signals.alarm_quality import AlarmQuality

SHANGHAI = ZoneInfo("Asia/Shanghai")
TITLES = {
    ("urban_event", ""): Text("Event", "事件"),
    ("urban_event", "0501"): Text("Trading outside the shop", "店外经营"),
    ("hotline_appeal", ""): Text("Hotline appeal", "热线诉求"),
}
NOWHERE = np.zeros(0, dtype=object)


@pytest.fixture(scope="module")
def contents(told, parameters):
    layer = evaluation_layer(told, WEEK, parameters, np.random.default_rng(1))
    return gather(told, WEEK, parameters, layer, TITLES, SHANGHAI)


def around(**other):
    alarms = AlarmQuality(4, 3, 3, 2, 1, 0.1, 2 / 3, timedelta(minutes=12), None, 0.995)
    given = {
        "city": Text("Paper town", "纸镇"), "first": date(2026, 3, 2), "last": date(2026, 3, 8),
        "places": None, "boundary": NOWHERE, "water": NOWHERE, "alarms": alarms,
        "incidents": [], "attribution": ["© somebody"],
    }  # fmt: skip
    return Surroundings(**(given | other))


def test_the_page_counts_what_is_about_nobody(contents):
    # ten events: six settled, one void, one merged away, one overdue and one not yet due
    assert contents.figures == {"opened": 10, "settled": 6, "open": 2, "overdue": 1}
    assert contents.hours.sum() == 10
    first = contents.classes[0]
    assert (first["title"].en, first["count"]) == ("Trading outside the shop", 9)
    assert contents.classes[1]["title"].en == "0201"  # a class without a name keeps its code


def test_every_unit_has_its_rates_with_what_they_stand_on(contents):
    roads = next(one for one in contents.units if one["unit"].en == ROADS)
    due = roads["indicators"]["closure"]
    assert due["numerator"] <= due["denominator"] == 4
    assert roads["grade"] == ""  # four are too few


def test_units_are_told_by_their_names(told, parameters):
    layer = evaluation_layer(told, WEEK, parameters, np.random.default_rng(1))
    names = {ROADS: "Roads office"}
    page = gather(told, WEEK, parameters, layer, TITLES, SHANGHAI, lambda one: names.get(one, one))
    assert "Roads office" in {one["unit"].en for one in page.units}


def test_what_is_asked_first_stands_first(contents):
    event = next(one for one in contents.case_types if one["title"].en == "Event")
    assert event["indicators"][0]["indicator"] == "on_time"
    assert event["indicators"][0]["title"].zh == "按期结案率"


def test_a_page_keeps_few_appeals_back_and_asks_nobody_for_anything(contents, parameters, tmp_path):
    file = write_evaluation_page(contents, around(), parameters, tmp_path / "page.html", "zh")
    text = file.read_text(encoding="utf-8")
    assert "纸镇" in text
    assert "too few to be told" in text
    parts = text.split('<section id="units">')[0].split('<details class="evaluated">')
    appeal = next(one for one in parts if "Hotline appeal" in one)
    assert not re.search(r"<b>[\d.]+</b>", appeal)
    assert set(re.findall(r"https?://[^\"']+", text)) == {"http://www.w3.org/2000/svg"}
    assert 'lang="zh-Hans"' in text
    assert [one.name for one in tmp_path.iterdir()] == ["page.html"]


def test_what_was_made_up_is_said_to_be(contents, parameters, tmp_path):
    said = "Everything on this page is simulated"
    plain = write_evaluation_page(contents, around(), parameters, tmp_path / "plain.html")
    assert said not in plain.read_text(encoding="utf-8")
    made_up = dataclasses.replace(contents, simulated=True)
    marked = write_evaluation_page(made_up, around(), parameters, tmp_path / "marked.html")
    assert said in marked.read_text(encoding="utf-8")


def test_words_of_a_city_cannot_become_markup(contents, parameters, tmp_path):
    evil = Text("<script>alert(1)</script>", "<b>")
    file = write_evaluation_page(contents, around(city=evil), parameters, tmp_path / "page.html")
    assert "<script>alert" not in file.read_text(encoding="utf-8")


def test_every_indicator_that_has_a_name_has_its_place_on_the_page():
    names = files("dizuo.operations.evaluation").joinpath("names.toml").read_text(encoding="utf-8")
    assert set(tomllib.loads(names)) == set(IN_ORDER)


def test_a_period_without_cases_says_so(told, parameters, tmp_path):
    nothing = dataclasses.replace(
        told, **{name: getattr(told, name).iloc[:0] for name in
                 ("cases", "rounds", "answers", "moves", "contents")}
    )  # fmt: skip
    layer = evaluation_layer(nothing, WEEK, parameters, np.random.default_rng(1))
    empty = gather(nothing, WEEK, parameters, layer, TITLES, SHANGHAI)
    assert (empty.units, empty.case_types, empty.classes) == ([], [], [])
    file = write_evaluation_page(empty, around(alarms=None), parameters, tmp_path / "page.html")
    text = file.read_text(encoding="utf-8")
    assert "Nothing was reported or due in this period." in text
    assert "No device is registered." in text


def test_public_matters_hold_no_appeal(told, parameters):
    public = public_matters(told, parameters)
    assert set(told.cases["case_type"]) == {"urban_event", "hotline_appeal"}
    for name in ("cases", "rounds", "answers"):
        assert "hotline_appeal" not in set(getattr(public, name)["case_type"])


@pytest.mark.parametrize(
    "indicator", ["on_time", "satisfaction", "handling_median.working_days", "answer_median.days"]
)
def test_indicators_have_names_in_both_languages(indicator):
    name = name_of(indicator)
    assert name.title.en != name.title.zh
    assert name.counts.en.endswith(".")
    assert ("working days" in name.title.en) == ("working_days" in indicator)


def cases_at(*places):
    return pd.DataFrame(
        [{"grid": grid, "x": x, "y": y} for grid, x, y in places], columns=["grid", "x", "y"]
    )


def test_cases_are_counted_by_cell_or_by_square():
    placed = cases_at(("b", 10.0, 10.0), ("b", 240.0, 10.0), ("a", 260.0, 10.0), ("", np.nan, 0.0))
    squares = where_cases_were(placed, None)
    assert squares.counts.tolist() == [2, 1]
    assert shapely.area(squares.shapes).tolist() == [62_500.0, 62_500.0]
    cells = np.array([shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1), shapely.box(2, 0, 3, 1)])
    grid = UnitGrid(np.array(["a", "b", "c"]), {}, shapely.STRtree(cells))
    by_cell = where_cases_were(placed, grid)
    assert by_cell.of_grid
    assert by_cell.counts.tolist() == [1, 2]
    # filed under no cell: in c, at the border of a and b, outside
    later = cases_at(("", 2.5, 0.5), ("", 1.0, 0.5), ("", 9.0, 9.0))
    assert where_cases_were(later, grid).counts.tolist() == [1, 1]
    assert where_cases_were(later, grid).shapes.tolist() == [cells[0], cells[2]]


def test_a_map_has_a_legend_that_holds_every_count():
    placed = cases_at(*[("", 250.0 * k + 1, 1.0) for k in range(8) for _ in range(k + 1)])
    found = where_cases_were(placed, None)
    picture, legend = draw_map(found, NOWHERE, NOWHERE)
    assert picture.count("<path") == len(legend) == 5
    assert legend[0][1].startswith("1")
    assert legend[-1][1].endswith("8")
