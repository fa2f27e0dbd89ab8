"""Every definition can be read in both languages, and means what its row and its rules mean."""

import re
from datetime import date

import pytest

from dizuo.articles.registry import all_indicators
from dizuo.model.place import PlaceKind
from dizuo.standards.checkup_rows import load_checkup_rows
from dizuo.standards.opinions import load_systems
from dizuo.standards.rule_book import RuleBook

INDICATORS = {name: one for name, one in all_indicators().items() if name[3].islower()}
CHINESE = re.compile(r"[一-鿿]")
RULES = RuleBook.load()
OF_THE_CITY = {"city_staffing.enforcement"}  # dizuo has no number of its own
LATE = date(2025, 12, 31)

# What the standard counts in, where an indicator says the same more exactly.
SAME_UNIT = {
    "sub-districts": "sub-districts",
    "count": "neighbourhoods",
    "beds/1k persons": "beds/1000 persons",
}

each_indicator = pytest.mark.parametrize("one", INDICATORS.values(), ids=INDICATORS)


def rule(name):
    return RULES.rule_or_none(name, LATE, ("CN",))


@each_indicator
def test_titles_and_definitions_read_well_in_both_languages(one):
    assert one.title.en[0].isupper()
    assert not one.title.en.endswith(".")
    assert CHINESE.search(one.title.zh)
    assert not one.title.zh.endswith("。")
    assert one.definition.en.endswith((".", ").")), one.definition.en
    assert one.definition.en[0].isupper()
    assert one.definition.zh.endswith("。"), one.definition.zh
    assert len(one.definition.zh) >= 12
    assert "  " not in one.definition.en
    for text in (one.formula, one.source, one.unit):
        assert text


def test_no_two_indicators_have_one_title_within_a_set():
    titles = [(one.indicator_set, one.title.en) for one in INDICATORS.values()]
    titles += [(one.indicator_set, one.title.zh) for one in INDICATORS.values()]
    assert sorted(titles) == sorted(set(titles))


@each_indicator
def test_the_systems_it_serves_are_those_of_the_opinions(one):
    assert set(one.systems) <= set(load_systems())


@each_indicator
def test_it_serves_the_systems_of_the_row_that_it_realises(one):
    of_the_row = load_checkup_rows()[one.row].systems if one.row else ()
    assert set(of_the_row) <= set(one.systems)


@each_indicator
def test_a_row_keeps_its_set_its_article_and_its_direction(one):
    if not one.row:
        assert one.indicator_set in {"opinions", "living_circle"}
        return
    row = load_checkup_rows()[one.row]
    assert one.row[0] in {"mohurd": "HCBUV", "mnr": "T"}[one.indicator_set]
    measure = row.measures[0]
    assert one.better in {measure.direction, "none", "higher", "range"}
    if measure.direction == "lower":
        assert one.better == "lower"


@each_indicator
def test_every_rule_is_known_and_the_judge_counts_in_the_same_unit(one):
    for parameter, name in one.rules.items():
        if name in OF_THE_CITY:
            assert name not in {one.id for one in RULES.all()}
            continue
        found = rule(name)
        assert found is not None, name
        if parameter == "judge":
            assert found.unit in {one.unit, SAME_UNIT.get(one.unit)}, (one.unit, found.unit)
            assert found.comparison != "given"
            assert one.better != "none"
            better = {"at_most": "lower", "at_least": "higher", "between": "range"}
            assert one.better == better[found.comparison]


@each_indicator
def test_no_distance_of_a_rule_exceeds_the_largest_that_is_declared(one):
    """Tiles and what-ifs look no farther than an indicator says that it looks."""
    if one.largest_distance is None:
        return
    radii = [found for name in one.rules.values() if (found := rule(name)) and found.unit == "m"]
    for radius in radii:
        farthest = radius.value if radius.upper is None else radius.upper
        if "height" not in radius.id:
            assert farthest <= one.largest_distance


@each_indicator
def test_variants_are_named_once_and_findings_have_a_place(one):
    assert len(set(one.variants)) == len(one.variants) >= 1
    assert isinstance(one.place, PlaceKind)
    assert one.place is not PlaceKind.BUILDING


def test_there_are_enough_definitions_over_enough_articles():
    assert len(INDICATORS) >= 100
    assert len({one.article for one in INDICATORS.values()}) >= 12
