"""``dizuo standards`` and ``dizuo systems``."""

import re

from dizuo.articles.registry import all_indicators
from dizuo.cli.reference import limit_in_words
from dizuo.cli.systems_table import systems_table
from dizuo.standards.opinions import load_systems
from dizuo.standards.rule_book import RuleBook

OWN_RULE = """
[standard]
id = "plan"
en = "Local plan"
zh = "地方规划"
source = "Plan 2024"
edition = "2024"
valid_from = 2024-01-01
jurisdiction = "MC"

[[rule]]
id = "plan.bakery.radius"
en = "Walk to a bakery"
zh = "面包店步行距离"
value = 250
unit = "m"
comparison = "at_most"
certainty = "sure"
"""


def test_standards_lists_the_whole_rule_book(dizuo):
    ran = dizuo("standards")
    rules = RuleBook.load().all()
    assert ran.code == 0
    assert all(rule.id in ran.out for rule in rules)
    checks = sum(rule.certainty.value == "check" for rule in rules)
    assert f"{len(rules)} rules, {checks} still to be checked" in ran.out


def test_standards_searches_in_both_languages(dizuo):
    english = {rule["id"] for rule in dizuo("standards", "kindergarten radius", "--json").answer}
    chinese = {rule["id"] for rule in dizuo("standards", "幼儿园", "--json").answer}
    assert "gb50180.kindergarten.radius" in english & chinese


def test_standards_of_a_day_leave_out_what_is_not_in_force(dizuo):
    now = dizuo("standards", "gb50180", "--on", "2024-01-01", "--json").answer
    before = dizuo("standards", "gb50180", "--on", "2010-01-01", "--json").answer
    assert len(now) > len(before)
    assert all(rule["valid_from"] <= "2010-01-01" for rule in before)


def test_standards_know_the_rules_of_a_city(dizuo, tmp_path):
    assert dizuo("standards", "plan.bakery").out.count("250 m") == 0
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "plan.toml").write_text(OWN_RULE, encoding="utf-8")
    ran = dizuo("standards", "bakery", "--city", tmp_path, "--lang", "zh")
    assert "面包店步行距离" in ran.out
    assert "≤ 250 米" in ran.out


def test_standards_say_what_to_do_where_nothing_is_found(dizuo):
    ran = dizuo("standards", "qqqqq")
    assert ran.code == 2
    assert "dizuo standards" in ran.err
    assert dizuo("standards", "qqqqq", "--json").answer == []


def test_limits_are_told_in_words():
    words = {limit_in_words(rule).en for rule in RuleBook.load().all()}
    signs = {text[0] for text in words if not text[0].isdigit()}
    assert {"≤", "≥", "="} <= signs
    assert any(re.match(r"[\d.]+–[\d.]+ ", text) for text in words)
    chinese = {limit_in_words(rule).zh for rule in RuleBook.load().all()}
    assert not any(re.search("[a-z]{2}", text) for text in chinese)


def test_systems_are_217_rows_of_what_realises_each(dizuo):
    rows = dizuo("systems", "--json").answer
    assert [row["id"] for row in rows] == list(load_systems())
    assert len(rows) == 217
    assert {"id", "article", "title", "elements", "tests"} <= set(rows[0])
    named = {element for row in rows for element in row["elements"]}
    assert {f"indicator {name}" for name in all_indicators()} < named
    assert "module dizuo.base.manifest" in named


def test_systems_without_elements_are_printed_as_missing(dizuo):
    rows = systems_table()
    empty = [row["id"] for row in rows if not row["elements"]]
    ran = dizuo("systems")
    assert empty
    assert ran.out.count("        missing\n") == len(empty)
    assert f"{217 - len(empty)} of 217 systems" in ran.out
    assert [row["id"] for row in dizuo("systems", "--missing", "--json").answer] == empty


def test_systems_of_one_article(dizuo):
    rows = dizuo("systems", "--article", "8", "--json").answer
    assert rows
    assert {row["article"] for row in rows} == {8}
    assert "便民生活圈" in dizuo("systems", "--article", "8", "--lang", "zh").out
