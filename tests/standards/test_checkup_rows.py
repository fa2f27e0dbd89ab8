"""The rows of the official check-ups say what they count and who can compute it."""

import csv
import os
from collections import Counter
from pathlib import Path

import pytest

from dizuo.model.errors import RuleError
from dizuo.standards.checkup_rows import checkup_row, load_checkup_rows, parse_checkup_rows
from dizuo.standards.opinions import load_systems
from dizuo.standards.rule_book import RuleBook

ROWS = load_checkup_rows()
SHARED = Path(os.environ.get("DIZUO_SHARED", Path(__file__).parents[3] / "shared"))
REQUIREMENTS = SHARED / "requirements" / "checkup_indicators.csv"


def test_every_set_is_whole():
    assert Counter(row.checkup_set for row in ROWS.values()) == {
        "MOHURD-2023-61": 61,
        "MOHURD-2025-variant": 20,
        "TD/T 1063-2021": 33,
    }


def test_a_row_points_at_rules_and_systems_that_exist():
    rules = {rule.id for rule in RuleBook.load().all()}
    systems = load_systems()
    for row in ROWS.values():
        assert set(row.rules) <= rules, row.id
        assert set(row.systems) <= set(systems), row.id


def test_the_rule_that_judges_has_the_unit_of_the_value():
    book = {rule.id: rule for rule in RuleBook.load().all()}
    shares = [row for row in ROWS.values() if row.rules and row.measures[0].unit.en == "%"]
    judged = [r for r in shares if book[r.rules[0]].comparison in {"at_least", "at_most"}]
    assert len(judged) > 25
    for row in judged:
        assert book[row.rules[0]].unit == "%", row.id


def test_one_name_is_one_amount_in_every_row():
    fields = [field for row in ROWS.values() for field in row.fields]
    assert len({field.name for field in fields}) == len(set(fields))


def test_a_share_divides_like_by_like():
    for row in ROWS.values():
        for measure in row.measures:
            if measure.factor == 100 and measure.denominator:
                assert measure.numerator.unit == measure.denominator.unit, row.id


def test_a_count_over_a_survey_says_how_much_was_looked_at():
    assert checkup_row("H03").measures[0].surveyed.name == "surveyed_buildings"
    assert [field.name for field in checkup_row("H03").fields] == [
        "buildings_with_stairwell_hazards",
        "surveyed_buildings",
    ]


def test_a_row_of_two_numbers_has_two_measures():
    removed, remaining = checkup_row("U49").measures
    assert (removed.direction, remaining.direction) == ("higher", "lower")
    assert [measure.id for measure in checkup_row("T25").measures] == ["landfill", "recycling"]


def test_measures_of_one_row_are_told_apart():
    for row in ROWS.values():
        ids = [measure.id for measure in row.measures]
        assert len(set(ids)) == len(ids), row.id
        assert row.measures or row.id == "V20"


def test_an_unknown_row_is_refused():
    with pytest.raises(RuleError, match="'Z99'"):
        checkup_row("Z99")


ROW = """
[[row]]
id = "X1"
set = "ours"
dimension = "block"
en = "Share"
zh = "比例"
open_data = "yes"
article = 8
systems = ["S8.9"]
certainty = "sure"
[[row.measure]]
unit = "%"
direction = "higher"
numerator = { name = "a", en = "A", zh = "甲", unit = "m" }
"""


def test_a_row_of_ones_own():
    row = parse_checkup_rows(ROW, "own.toml")["X1"]
    assert (row.measures[0].unit.zh, row.measures[0].factor, row.rules) == ("%", 1.0, ())


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("[[row]]", "[[row", "not valid TOML"),
        ("article = 8", "article = 24", "'article' must be a number from 1 to 23"),
        ('"yes"', '"maybe"', "'open_data' is 'maybe'"),
        ('"block"', '"street"', "'dimension' is 'street'"),
        ('["S8.9"]', "[]", "'systems' must be a list of names"),
        ('en = "Share"', "", "'en' must be given as text"),
        ('"higher"', '"up"', "'direction' is 'up'"),
        ('unit = "%"', 'unit = "%"\nfactor = 0', "'factor' must be a number above 0"),
        ("numerator", "denominator", "'numerator' must be given"),
        (', unit = "m"', "", "numerator: 'unit' must be given"),
        ('unit = "%"', 'unit = "%"\nen = "only"', "'zh' must be given as text"),
    ],
)
def test_a_faulty_row_says_where(old, new, message):
    with pytest.raises(RuleError, match=r"own\.toml") as caught:
        parse_checkup_rows(ROW.replace(old, new, 1), "own.toml")
    assert message in str(caught.value)


def test_a_row_given_twice_is_refused():
    with pytest.raises(RuleError, match="X1 is given twice"):
        parse_checkup_rows(ROW + ROW, "own.toml")


@pytest.mark.shared
@pytest.mark.skipif(not REQUIREMENTS.is_file(), reason="the list of requirements is not here")
def test_every_required_row_has_its_unit_and_open_data_mark():
    with REQUIREMENTS.open(encoding="utf-8") as stream:
        required = {row["id"]: row for row in csv.DictReader(stream)}
    assert list(ROWS) == list(required)
    for id_, asked in required.items():
        row = ROWS[id_]
        assert row.checkup_set == asked["set"], id_
        if id_ == "V20":  # regroups the dimensions and measures nothing
            continue
        assert row.open_data == asked["open_data_computable"], id_
        unit = asked["unit"].split(" ")[0].replace("m2", "m²").replace("m3", "m³")
        ours = list(dict.fromkeys(m.unit.zh.replace("km²", "km2") for m in row.measures))
        assert ",".join(ours) == unit.replace("km²", "km2"), id_
