"""Staff beside residents, land and cases, in a town of two districts."""

from datetime import date

import pytest
from town_builder import Town, values_of

from dizuo.articles.registry import all_indicators
from dizuo.standards.rule_book import RuleBook

pytestmark = pytest.mark.systems("S21.4", "S23.6")

ASKED = {"S21.4", "S23.6"}
INDICATORS = {name: one for name, one in all_indicators().items() if ASKED & set(one.systems)}
RULE = """
[standard]
id = "city_staffing"
en = "Staffing of the town"
zh = "本市人员配备标准"
source = "Town council"
edition = "2023"
valid_from = 2023-01-01
jurisdiction = ""

[[rule]]
id = "city_staffing.enforcement"
en = "Enforcement staff for 10,000 residents"
zh = "每万人执法人员"
value = 5
unit = "workers/10k persons"
comparison = "given"
certainty = "check"
"""


def town_of_two_districts(**counts):
    """West has 20,000 residents and east 10,000, each on 1 km²."""
    town = Town()
    town.outline(0, 0, 2000, 1000)
    town.place("city", "paper", 0, 0, 2000, 1000)
    town.place("district", "west", 0, 0, 1000, 1000)
    town.place("district", "east", 1000, 0, 2000, 1000)
    town.building("west", 500, 500, residents=20_000)
    town.building("east", 1500, 500, residents=10_000)
    for place, count in counts.items():
        whole = place == "city"
        town.staff(
            "enforcement", count, "city:paper" if whole else f"district:{place}",
            "city" if whole else "district",
        )  # fmt: skip
    return town


def table_of(town, **changes):
    values, _ = values_of(town, INDICATORS, **changes)
    return values.set_index(["indicator", "variant", "place"])


@pytest.fixture
def rules(tmp_path):
    (tmp_path / "staffing.toml").write_text(RULE, encoding="utf-8")
    return RuleBook.load([tmp_path])


def test_the_city_is_the_sum_of_all_its_districts():
    found = table_of(town_of_two_districts(west=8, east=6))["value"]
    assert found["21.enforcement_staff", "district", "district:west"] == 4
    assert found["21.enforcement_staff", "district", "district:east"] == 6
    assert found["21.enforcement_staff", "city", "city:paper"] == pytest.approx(14 / 3)
    assert found["21.enforcement_staff_density", "city", "city:paper"] == 7


def test_the_sum_of_some_districts_is_not_the_citys():
    found = table_of(town_of_two_districts(west=8))
    row = found.loc["21.enforcement_staff", "city", "city:paper"]
    assert row["evidence"] == "missing"
    assert "only some districts" in row["reason_en"]
    assert found.loc[("21.enforcement_staff", "district", "district:west"), "value"] == 4


def test_the_gap_is_what_the_citys_own_rule_asks_for(rules):
    found = table_of(town_of_two_districts(west=8, east=6), rules=rules)
    gap = found.loc["21.enforcement_staff_gap"]
    assert gap.loc[("district", "district:west"), "value"] == 2  # 10 are due
    assert gap.loc[("district", "district:east"), "value"] == 0  # 5 are due, and 6 there
    assert gap.loc[("city", "city:paper"), "value"] == 1
    assert gap.loc[("city", "city:paper"), "certainty"] == "check"


def test_without_a_rule_of_the_city_there_is_no_gap():
    found = table_of(town_of_two_districts(west=8, east=6))
    row = found.loc["21.enforcement_staff_gap", "city", "city:paper"]
    assert row["evidence"] == "missing"
    assert "city_staffing.enforcement" in row["reason_en"]


def test_cases_are_counted_as_of_a_year_for_each_of_the_staff():
    town = town_of_two_districts(city=20)
    town.evaluated("valid_report", "urban_event", 90, 100)
    town.evaluated("valid_report", "urban_component", 90, 140)
    found = table_of(town)["value"]
    assert found["21.enforcement_workload", "", "city:paper"] == pytest.approx(12 * 365.25 / 30)


@pytest.mark.parametrize("name", INDICATORS)
def test_where_nobody_tells_the_staff_nothing_is_made_up(name, rules):
    found = table_of(town_of_two_districts(), rules=rules).loc[name]
    assert (found["evidence"] == "missing").all()
    assert found["reason_en"].str.contains("add a table of staff").all()


def test_community_workers_are_judged_by_the_plan():
    town = town_of_two_districts()
    town.staff("community", 60)
    found = table_of(town, day=date.fromisoformat("2023-12-25"))
    row = found.loc["23.community_workers", "city", "city:paper"]
    assert (row["value"], bool(row["passes"])) == (20, True)
