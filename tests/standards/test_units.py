"""Units as people read them."""

import re

import pytest

from dizuo.articles.registry import all_indicators
from dizuo.standards.rule_book import RuleBook
from dizuo.standards.units import measure_text, unit_text

USED = {one.unit for one in all_indicators().values()} | {
    rule.unit for rule in RuleBook.load().all()
}


def test_every_unit_that_is_an_english_word_has_its_chinese():
    english = {unit for unit in USED if re.search("[a-z]{2}", unit_text(unit).zh)}
    assert english == set()


def test_a_pure_number_has_no_unit():
    assert (unit_text("ratio").en, unit_text("ratio").zh) == ("", "")
    assert (unit_text("%").en, unit_text("%").zh) == ("%", "%")


@pytest.mark.parametrize(
    ("value", "unit", "english", "chinese"),
    [
        (0.52481, "ratio", "0.5248", "0.5248"),
        (800.0, "m", "800 m", "800 米"),
        (38400.0, "persons", "38,400 persons", "38,400 人"),
        (1.02, "stores/3k persons", "1.02 stores/3k persons", "1.02 个/三千人"),
    ],
)
def test_a_value_is_told_with_its_unit(value, unit, english, chinese):
    assert (measure_text(value, unit).en, measure_text(value, unit).zh) == (english, chinese)
