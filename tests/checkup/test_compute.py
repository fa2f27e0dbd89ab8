from dataclasses import replace
from datetime import date

import numpy as np
import pytest
import shapely
from town_builder import examination_of, values_of
from town_of_powers import PEOPLE, home_place, people, town_of_powers

from dizuo.articles.registry import all_indicators
from dizuo.checkup.compute import compute
from dizuo.checkup.examine import examine
from dizuo.model.errors import DizuoError
from dizuo.model.values import Missing


@pytest.fixture(scope="module")
def town():
    return town_of_powers()


def asked(*names):
    known = all_indicators()
    return {name: known[name] for name in names}


def city_row(table, name, variant=""):
    rows = table[
        (table["indicator"] == name)
        & (table["variant"] == variant)
        & (table["place_kind"] == "city")
    ]
    assert len(rows) == 1
    return rows.iloc[0]


def test_a_filled_value_takes_the_place_of_a_computed_one(town):
    filled = town.copy()
    filled.user_value("B22", 73.0, numerator=73.0, denominator=100.0)
    table, _ = values_of(filled, asked("10.middle_school_coverage"))
    leading = city_row(table, "10.middle_school_coverage", "network")
    assert (leading["value"], leading["evidence"]) == (73.0, "measured")
    assert city_row(table, "10.middle_school_coverage", "straight")["value"] == 80.0


def test_a_filled_value_of_districts_is_not_summed_to_the_city(town):
    filled = town.copy()
    for place, value in (("district:west", 1.0), ("district:east", 2.0)):
        filled.user_value("C15", value, place=place, kind="district")
    name = next(name for name, one in all_indicators().items() if one.row == "C15")
    table, _ = values_of(filled, asked(name))
    assert set(table["place"]) == {"district:west", "district:east"}
    assert sorted(table["value"]) == [1.0, 2.0]


def test_a_row_that_nobody_filled_says_how_to_fill_it(town):
    table, _ = values_of(town, asked("14.H01"))
    row = city_row(table, "14.H01")
    assert np.isnan(row["value"])
    assert row["evidence"] == "missing"
    assert "dizuo templates" in row["reason_en"]
    assert "H01" in row["reason_zh"]


def test_a_parameter_not_yet_in_force_leaves_no_value_and_names_its_editions(town):
    table, _ = values_of(town, asked("08.bus_stop_reach"), day=date(2018, 11, 30))
    row = city_row(table, "08.bus_stop_reach", "network")
    assert np.isnan(row["value"])
    assert "not in force on 2018-11-30" in row["reason_en"]
    assert "GB 50180-2018 from 2018-12-01" in row["reason_en"]


def test_a_verdict_not_yet_in_force_leaves_the_value_unjudged(town):
    table, computed = values_of(town, asked("19.population_density"))
    row = city_row(table, "19.population_density")
    assert row["value"] == pytest.approx(PEOPLE / 2500)
    assert row["passes"] is None
    assert computed["19.population_density"].judge is None


def test_a_sum_of_unknowns_is_not_zero(town):
    unknown = town.copy()
    for row in unknown.rows["buildings"]:
        row.update(floor_area=np.nan, floor_area_evidence="missing")
    _, computed = values_of(unknown, asked("19.floor_area_ratio"))
    result = computed["19.floor_area_ratio"].results[""]
    assert isinstance(result, Missing)
    assert "known" in result.reason.en


def test_an_indicator_that_returns_other_variants_than_it_declares_is_refused(town):
    one = replace(asked("08.bus_stop_reach")["08.bus_stop_reach"], variants=("network", "flown"))
    examination = examination_of(town)
    with pytest.raises(DizuoError, match="declares the variants"):
        compute({one.id: one}, examination.workshop(), examination.rules, examination.day, ("CN",))


def test_progress_is_told_from_the_first_to_the_last(town):
    told = []
    examination = examination_of(town)
    names = asked("19.floor_area_ratio", "19.building_coverage")
    compute(
        names,
        examination.workshop(),
        examination.rules,
        examination.day,
        ("CN",),
        lambda name, share: told.append((name, share)),
    )
    assert told == [("19.floor_area_ratio", 0.0), ("19.building_coverage", 0.5)]


def test_numbers_of_few_people_are_not_told_but_shares_are(town):
    table, _ = values_of(town, asked("08.bus_stop_reach"))
    network = table[table["variant"] == "network"].set_index("place")
    few = network.loc["block:10"]  # two residents
    assert np.isnan(few["numerator"])
    assert np.isnan(few["denominator"])
    assert few["value"] == 100.0
    many = network.loc["block:01"]  # sixteen
    assert (many["numerator"], many["denominator"]) == (16.0, 16.0)


def test_findings_do_not_tell_few_people(town):
    found = examine(examination_of(town, indicators=asked("08.kindergarten_reach"))).findings
    rows = found.set_index("place")
    assert rows.loc["block:20", "residents_suppressed"]  # four residents
    assert np.isnan(rows.loc["block:20", "residents"])
    assert "fewer residents than may be told" in rows.loc["block:20", "text_en"]
    assert rows.loc["block:11", "residents"] == 32
    assert "block:00" not in rows.index
    assert list(found["residents"].dropna()) == sorted(found["residents"].dropna(), reverse=True)


def test_what_may_lie_beyond_the_data_is_marked(town):
    """Data that ends 200 m east of home 19: its search of 800 m cannot know what lies there."""
    cut = town.copy()
    row = cut.rows["extent"][0]
    row["geometry"] = shapely.box(-20_000, -20_000, home_place(19)[0] + 200, 20_000)
    table, computed = values_of(cut, asked("08.police_reach"))
    edge = computed["08.police_reach"].results["network"].edge
    ids = computed["08.police_reach"].results["network"].support.ids
    # east bank homes stand 200-280 m from the edge; those in the west that are reached are sure
    marked = {name for name, is_marked in zip(ids, edge, strict=True) if is_marked}
    assert {f"building:home{home}" for home in (16, 17, 18, 19)} <= marked
    assert not any(f"building:home{home}" in marked for home in (0, 1, 2, 3, 4, 5, 6, 8, 9, 12))
    assert city_row(table, "08.police_reach", "network")["edge"] == len(marked) / 20


def test_an_examination_is_the_same_every_time(town):
    names = asked("08.bus_stop_reach", "13.park_coverage", "19.use_mix")
    first, second = (examine(examination_of(town, indicators=names)) for _ in range(2))
    assert first.values.equals(second.values)
    assert first.scores.equals(second.scores)
    assert first.findings.equals(second.findings)


def test_building_values_are_shares_and_never_residents(town):
    result = examine(examination_of(town, indicators=asked("08.bus_stop_reach")))
    own = result.building_values.set_index("id")["08.bus_stop_reach/network"]
    assert set(own.unique()) <= {0.0, 100.0}
    assert own["building:home4"] == 100.0
    assert people(0, 1, 2, 4, 5) == 55
