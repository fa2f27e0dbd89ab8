"""Tables of rules as offices write them: CSV, XLSX and TOML, in English and Chinese."""

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dizuo.model.errors import InputError
from dizuo.operations.dispatch.domain import DAYS_OF_YEAR
from dizuo.operations.dispatch.reading import (
    read_rules,
    rule_from_texts,
    texts_from_rule,
)
from dizuo.operations.dispatch.rules import Conditions, DispatchRule, Outcome

ENGLISH = """rule,category,place,hours,responsible,supervising,limit
night,01*,d1;d2,22-6,night crew,office,2h
lamps,0118;0119,,,@owner,office,3d
rest,,,,hall,,
"""
CHINESE = """规则,案件类型,类别,性质,地点,权属,时段,星期,季节,\
严重程度,来源,责任单位,监督单位,时限,备注
夜间,城市事件,01*,投诉、举报,东区,无,22:00-6:00,周六-周日,11-15至03-15,\
2-4,app,城管局,督办科,2小时,冬季
"""


@pytest.fixture
def write(tmp_path):
    def written(text, name="rules.csv", encoding="utf-8"):
        file = tmp_path / name
        file.write_text(text, encoding=encoding)
        return file

    return written


def when(**texts):
    return rule_from_texts({"rule": "r", "responsible": "u", **texts}).when


def test_a_table_is_read_in_its_order_with_its_rows(write):
    table = read_rules(write(ENGLISH))
    assert [(rule.id, rule.row) for rule in table] == [("night", 2), ("lamps", 3), ("rest", 4)]
    night, lamps, rest = table
    assert night.when.categories == {"01*"}
    assert night.when.hours == {22, 23, 0, 1, 2, 3, 4, 5}
    assert lamps.then == Outcome("@owner", "office", "3d")
    assert rest.when == Conditions()


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_a_chinese_table_is_read(write, encoding):
    names = {"nature": {"投诉": "complaint"}, "case_type": {"城市事件": "urban_event"}}
    (rule,) = read_rules(write(CHINESE, encoding=encoding), names=names)
    assert rule.when == Conditions(
        case_types=frozenset({"urban_event"}),
        categories=frozenset({"01*"}),
        natures=frozenset({"complaint", "举报"}),
        places=frozenset({"东区"}),
        owner=False,
        hours=frozenset({22, 23, *range(6)}),
        weekdays=frozenset({6, 7}),
        seasons=(((11, 15), (3, 15)),),
        severity=(2, 4),
        channels=frozenset({"app"}),
    )
    assert rule.then == Outcome("城管局", "督办科", "2小时")


def test_a_workbook_is_read(tmp_path):
    book = openpyxl.Workbook()
    for row in (["rule", "severity", "responsible"], ["a", 3, "u1"], ["b", ">=1", "u2"]):
        book.active.append(row)
    file = tmp_path / "rules.xlsx"
    book.save(file)
    assert [rule.when.severity for rule in read_rules(file)] == [(3, 3), (1, None)]


def test_toml_may_use_lists_and_numbers(write):
    text = """
    [[rule]]
    rule = "a"
    category = ["0101", "0102"]
    weekdays = [1, 2]
    severity = 3
    responsible = "u1"
    """
    (rule,) = read_rules(write(text, "rules.toml"))
    assert rule.when.categories == {"0101", "0102"}
    assert (rule.when.weekdays, rule.when.severity) == ({1, 2}, (3, 3))
    assert rule.row == 1


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("8-18", range(8, 18)),
        ("08:00–18:00", range(8, 18)),
        ("8时-9时", [8]),
        ("22-24", [22, 23]),
        ("0-24", range(24)),
        ("23-1;12", [23, 0, 12]),
    ],
)
def test_hours(text, hours):
    assert when(hours=text).hours == set(hours)


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("1-5", range(1, 6)),
        ("Sat-Mon", [6, 7, 1]),
        ("周三", [3]),
        ("星期天", [7]),
        ("2、4", [2, 4]),
    ],
)
def test_weekdays(text, days):
    assert when(weekdays=text).weekdays == set(days)


@pytest.mark.parametrize(
    ("text", "inside", "outside"),
    [
        ("11-15..03-15", [(11, 15), (12, 31), (1, 1), (2, 29), (3, 15)], [(11, 14), (3, 16)]),
        ("6..9", [(6, 1), (9, 30)], [(5, 31), (10, 1)]),
        ("2~2", [(2, 1), (2, 29)], [(1, 31), (3, 1)]),
        ("1-1..1-1;12-31..12-31", [(1, 1), (12, 31)], [(1, 2), (12, 30)]),
    ],
)
def test_seasons(text, inside, outside):
    season = when(season=text)
    assert all(season.holds_on(day) for day in inside)
    assert not any(season.holds_on(day) for day in outside)


def test_none_stands_for_cases_without():
    assert when(place="none;g1").places == {"", "g1"}
    assert when(nature="无").natures == {""}


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("hours", "8-8"), ("hours", "8:30-9"), ("hours", "24-6"), ("hours", "8-25"),
        ("hours", "2024-08-18"), ("weekdays", "0"), ("weekdays", "8"), ("weekdays", "Funday"),
        ("season", "winter"), ("season", "02-30..03-01"), ("season", "13..14"),
        ("season", "6..09-15"), ("severity", "4-2"), ("severity", "high"), ("owner", "maybe"),
        ("category", "0*1"), ("place", "*"), ("channel", ";"), ("severity", "1-2-3"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused_with_row_field_and_cure(write, field, text):
    file = write(f"rule,{field},responsible\nfine,,u\nwrong,{text},u\n")
    with pytest.raises(InputError) as caught:
        read_rules(file)
    assert (caught.value.file, caught.value.row, caught.value.field) == (str(file), 3, field)
    assert caught.value.cure


@pytest.mark.parametrize(
    ("text", "row", "field", "words"),
    [
        ("rule,responsible\na,u\na,v\n", 3, "rule", "stands in row 2 already"),
        ("rule,responsible\n@owner,u\n", 2, "rule", "begins with @"),
        ("rule,responsible\n,u\n", 2, "rule", "empty"),
        ("rule,responsible\na,\n", 2, "responsible", "empty"),
        ("rule,category\na,0101\n", 1, "responsible", "missing"),
        ("rule,responsible,colour\na,u,red\n", 1, "colour", "unknown"),
        ("rule,规则,responsible\na,b,u\n", 1, "rule / 规则 / responsible", "twice"),
        ("rule,responsible\na,u,extra\n", 2, None, "3 cells"),
    ],
)
def test_tables_that_are_not_well_formed_are_refused(write, text, row, field, words):
    with pytest.raises(InputError, match=words) as caught:
        read_rules(write(text))
    assert (caught.value.row, caught.value.field) == (row, field)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no list of rules"),
        ("rule = 3", "no list of rules"),
        ("rule = [1]", "no table"),
        ('[[rule]]\ncolour = "red"', "unknown"),
        ('[[rule]]\nrule = "a"\nresponsible = true', "no text"),
        ("[[rule", "not TOML"),
    ],
)
def test_toml_that_is_not_well_formed_is_refused(write, text, words):
    with pytest.raises(InputError, match=words):
        read_rules(write(text, "rules.toml"))


NAMES = st.frozensets(st.sampled_from(["", "a", "b1", "c*", "城管"]), max_size=3)
DAYS = st.sampled_from(DAYS_OF_YEAR)
CONDITIONS = st.builds(
    Conditions,
    case_types=NAMES,
    categories=NAMES,
    natures=NAMES,
    places=NAMES,
    owner=st.sampled_from([None, True, False]),
    hours=st.frozensets(st.integers(0, 23)),
    weekdays=st.frozensets(st.integers(1, 7)),
    seasons=st.sets(st.tuples(DAYS, DAYS), max_size=3).map(lambda spans: tuple(sorted(spans))),
    severity=st.one_of(
        st.tuples(st.none() | st.integers(0, 5), st.none()),
        st.tuples(st.none(), st.integers(0, 5)),
        st.tuples(st.integers(0, 2), st.integers(2, 5)),
    ),
    channels=NAMES,
)


@given(CONDITIONS)
def test_what_is_written_reads_the_same(conditions):
    rule = DispatchRule("r", conditions, Outcome("u", "s", "l"), note="why, so")
    assert rule_from_texts(texts_from_rule(rule)) == rule
