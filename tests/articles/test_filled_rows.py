"""Every row that only a city's own table can fill: read, marked and judged as it was filled in."""

import numpy as np
import pytest
from town_builder import DAY, values_of
from town_of_powers import town_of_powers

from dizuo.articles.registry import all_indicators
from dizuo.base.templates import template_rows
from dizuo.standards.rule_book import RuleBook

INDICATORS = {name: one for name, one in all_indicators().items() if not name[3].islower()}
RULES = RuleBook.load()

each_row = pytest.mark.parametrize("name", INDICATORS)
pytestmark = pytest.mark.every_indicator("filled")


def filled_in(number):
    """A value of its own for each row, so that none can be read for another."""
    return 1.0 + number / 4


@pytest.fixture(scope="module")
def empty():
    values, _ = values_of(town_of_powers(), INDICATORS)
    return values.set_index("indicator")


@pytest.fixture(scope="module")
def filled():
    town = town_of_powers()
    for number, one in enumerate(INDICATORS.values()):
        mark = "estimated" if number % 2 else "measured"
        town.user_value(one.row, filled_in(number), evidence=mark)
    values, _ = values_of(town, INDICATORS)
    return values.set_index("indicator")


def kept(rule, value):
    """Whether a value keeps a rule, written out; a rule that only gives a number judges nothing."""
    return {
        "given": None,
        "at_most": value <= rule.value,
        "at_least": value >= rule.value,
        "between": rule.value <= value <= (rule.upper or value),
    }[rule.comparison]


def test_every_row_that_nothing_computes_has_a_template():
    assert {one.row for one in INDICATORS.values()} <= {row.id for row in template_rows()}


@each_row
def test_a_row_is_missing_until_its_table_is_filled(empty, name):
    row = empty.loc[name]
    assert np.isnan(row["value"])
    assert row["evidence"] == "missing"
    assert INDICATORS[name].row in row["reason_en"]


@each_row
def test_a_filled_row_tells_its_own_value_with_its_evidence(filled, name):
    number = list(INDICATORS).index(name)
    row = filled.loc[name]
    assert row["value"] == filled_in(number)
    assert row["evidence"] == ("estimated" if number % 2 else "measured")
    assert (row["place"], row["place_kind"]) == ("city:paper", "city")


@each_row
def test_a_filled_row_is_judged_by_its_rule(filled, name):
    judge = INDICATORS[name].rules.get("judge")
    rule = RULES.rule_or_none(judge, DAY, ("CN",)) if judge else None
    row = filled.loc[name]
    if rule is None:
        assert row["passes"] is None
    else:
        assert row["passes"] == kept(rule, row["value"])
