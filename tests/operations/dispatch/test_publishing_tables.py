"""A table is published only when proved, and never changes afterwards; reports speak plainly."""

import json
import random
from dataclasses import FrozenInstanceError, replace
from datetime import UTC, datetime, timedelta

import pytest
from large_city import large_city, large_table

from dizuo.model.errors import DizuoError, InputError
from dizuo.model.text import Text
from dizuo.operations.dispatch.checking import check
from dizuo.operations.dispatch.domain import CaseKind, Domain, Ground
from dizuo.operations.dispatch.publishing import (
    PublishedTable,
    TableRefusedError,
    publish,
    table_in_force,
)
from dizuo.operations.dispatch.reading import rule_from_texts
from dizuo.operations.dispatch.rules import RuleTable

JULY = datetime(2024, 7, 1, tzinfo=UTC)
CITY = Domain(
    kinds=(
        CaseKind("component", ("0101", "0118", "0201"), owners=(True, False)),
        CaseKind("appeal", ("noise",), natures=("complaint", "report"), severities=(1, 2, 3)),
    ),
    ground=Ground(
        ("g1", "g2", "g3"), {"g1": "north", "g2": "north", "g3": "south"}, {"north": "north post"}
    ),
    units=frozenset({"crew", "lamps", "hall", "north post"}),
    limits=frozenset({"2h", "3d"}),
    names={
        "component": Text("component", "部件"),
        "appeal": Text("appeal", "诉求"),
        "0118": Text("street lamp", "路灯"),
        "component/0101": Text("manhole cover", "井盖"),
    },
)


def table(*rows):
    """Rules from rows written as ``field=value`` texts."""
    return RuleTable(
        tuple(
            rule_from_texts({"rule": f"r{row}", "responsible": "crew", **texts}, row=row)
            for row, texts in enumerate(rows, start=2)
        ),
        "rules.csv",
    )


SOUND = table(
    {"case_type": "component", "category": "0118", "responsible": "lamps", "limit": "3d"},
    {"case_type": "component"},
    {"case_type": "appeal", "hours": "8-18", "responsible": "hall"},
    {"case_type": "appeal", "hours": "18-8", "limit": "2h"},
)


def published(rules=SOUND, **changes):
    settings = {"id": "dispatch", "valid_from": JULY, "jurisdiction": False} | changes
    return publish(rules, CITY, **settings)[0]


def without(rules, row):
    return replace(rules, rules=tuple(rule for rule in rules if rule.row != row))


def test_a_sound_table_is_published_and_says_so():
    version, report = publish(SOUND, CITY, id="dispatch", valid_from=JULY, jurisdiction=False)
    assert (version.version, version.previous) == (1, "")
    assert report.in_words("en").startswith("Proved for all 2,213,568 combinations")
    assert report.in_words("zh").startswith("已对全部 2,213,568 种组合")
    assert report.combinations == (3 * 2 + 2 * 3) * 3 * 24 * 7 * 366


def test_a_hole_is_refused_with_the_smallest_counter_example():
    with pytest.raises(TableRefusedError, match="cannot be published") as caught:
        published(without(SOUND, 5))
    hole = caught.value.report.smallest_hole
    assert hole.case_type == "appeal"
    assert dict(hole.named) == {"hours": (*range(8), *range(18, 24))}
    words = caught.value.report.in_words("en")
    assert "No rule takes: case type appeal, hours 18:00–08:00; everything else" in words
    chinese = caught.value.report.in_words("zh")
    assert "没有规则接住：案件类型：appeal 诉求，时段：18:00–08:00；其余条件任意" in chinese
    assert caught.value.file == "rules.csv"


def test_names_of_categories_owner_days_and_places_are_spelled_out():
    holed = table(
        {"case_type": "appeal"},
        {"category": "0101;0201", "case_type": "component"},
        {"category": "0118", "owner": "known"},
        {"category": "0118", "place": "north"},
        {"category": "0118", "weekdays": "1-5"},
    )
    report = check(holed, CITY, jurisdiction=False)
    assert (
        "category 0118 street lamp, place south, owner unknown, weekdays Sat, Sun;"
        in report.in_words("en")
    )
    assert "类别：0118 路灯，地点：south，权属：不明，星期：周六、周日；" in report.in_words("zh")
    season = check(
        table({"case_type": "appeal"}, {"season": "1..10"}), CITY, jurisdiction=False
    ).in_words("zh")
    assert "日期：11-01..12-31；" in season


def test_holes_name_the_largest_places_they_fill():
    anywhere = replace(CITY, kinds=tuple(replace(kind, without_place=True) for kind in CITY.kinds))
    (hole, _) = check(table({"place": "g2"}), anywhere, jurisdiction=False).holes
    assert hole.named["place"] == ("g1", "g3", "")
    assert hole.places == ("g1", "south", "")
    report = check(table({"place": "g1;south"}), anywhere, jurisdiction=False)
    assert "case type component, place g2, none;" in report.in_words("en")
    assert "案件类型：component 部件，地点：g2、无；" in report.in_words("zh")


def test_the_jurisdiction_closes_holes_if_it_counts():
    rules = table({"case_type": "component", "owner": "unknown"}, {"case_type": "appeal"})
    assert not check(rules, CITY, jurisdiction=False).complete
    report = check(rules, CITY)
    assert report.publishable
    assert report.fires["@owner"] == 3 * 3 * 24 * 7 * 366
    duties = table({"place": "south"})
    assert check(duties, CITY).complete
    assert not check(duties, CITY, jurisdiction=False).complete


def test_a_rule_shadowed_by_two_others_names_both():
    rules = table(
        {"hours": "0-12"}, {"weekdays": "1"}, {"hours": "12-24"}, {"category": "0118"}, {}
    )
    report = check(rules, CITY, jurisdiction=False)
    assert [(item.rule, item.covered_by) for item in report.shadowed] == [
        ("r5", ("r2", "r4")),
        ("r6", ("r2", "r4")),
    ]
    assert "Rule r5 (row 5) can never fire: r2 and r4 before it take" in report.in_words("en")
    assert "规则“r5”（第5行）永远不会用到：排在前面的“r2”、“r4”" in report.in_words("zh")


def test_a_rule_that_no_case_meets_is_shadowed_by_nothing():
    report = check(table({"case_type": "appeal", "owner": "known"}, {}), CITY)
    assert [(item.rule, item.covered_by) for item in report.shadowed] == [("r2", ())]
    assert "no case meets its conditions" in report.in_words("en")
    assert not report.publishable


def test_redundant_rules_and_crossings_are_warnings():
    rules = table(
        {"category": "0118"},
        {"hours": "0-12", "responsible": "hall"},
        {"weekdays": "1", "responsible": "lamps"},
        {},
    )
    report = check(rules, CITY, jurisdiction=False)
    assert report.publishable
    assert not report.redundant  # at night, the hall would take the lamps
    moved = RuleTable((rules.rules[1], rules.rules[0], *rules.rules[2:]))
    assert [(one.earlier, one.later, one.kind) for one in report.overlaps] == [
        ("r2", "r3", "crossing"), ("r2", "r4", "crossing"), ("r3", "r4", "crossing"),
        ("r3", "r5", "exception"), ("r4", "r5", "exception"),
    ]  # fmt: skip
    assert "Rules r2 and r3 want some of the same cases" in report.in_words("en")
    assert not check(moved, CITY, jurisdiction=False).redundant
    plain = check(table({"category": "0118"}, {}), CITY, jurisdiction=False)
    assert [(item.rule, item.instead) for item in plain.redundant] == [("r2", ("r3",))]
    assert "without it, r3 would send its cases the same way" in plain.in_words("en")


def test_what_stands_for_the_owner_after_all_is_redundant_before_it():
    report = check(table({"responsible": "@owner"}, {"owner": "unknown"}), CITY)
    assert [(item.rule, item.instead) for item in report.redundant] == [("r2", ("@owner",))]
    assert "the owner of the component would send" in report.in_words("en")


@pytest.mark.parametrize(
    ("cells", "field", "name", "near"),
    [
        ({"responsible": "crww"}, "responsible", "crww", ("crew",)),
        ({"supervising": "nobody"}, "supervising", "nobody", ()),
        ({"limit": "3dd"}, "limit", "3dd", ("3d",)),
        ({"category": "0108"}, "category", "0108", ("0118", "0101")),
        ({"category": "07*"}, "category", "07*", ()),
        ({"case_type": "appeal", "category": "0118"}, "category", "0118", ()),
        ({"case_type": "apeal"}, "case_type", "apeal", ("appeal",)),
        ({"place": "norh"}, "place", "norh", ("north",)),
        ({"place": "none"}, "place", "none", ()),
        ({"nature": "投诉"}, "nature", "投诉", ()),
        ({"channel": "fax"}, "channel", "fax", ()),
    ],
)
def test_unknown_names_are_refused_with_what_is_near(cells, field, name, near):
    report = check(table(cells, {}), CITY)
    (unknown,) = report.unknown
    assert (unknown.rule, unknown.row, unknown.field, unknown.name) == ("r2", 2, field, name)
    assert unknown.near == near
    assert name in report.in_words("en")
    assert name in report.in_words("zh")
    assert not report.publishable


def test_prefixes_places_on_all_levels_and_steps_are_known():
    rules = table(
        {"category": "02*", "place": "g*;south"},
        {"nature": "none;report", "responsible": "@grid_duty"},
        {"responsible": "@catch_all"},
    )
    assert check(rules, CITY).unknown == ()


def test_long_lists_are_cut_with_their_number():
    rows = [{"category": "0118", "responsible": "lamps"} for _ in range(30)]
    words = check(table({}, *rows), CITY).in_words("en")
    assert words.count("can never fire") == 20
    assert "… and 10 more of this kind." in words


def test_versions_follow_each_other_and_cannot_be_changed():
    first = published()
    changed = replace(SOUND, rules=SOUND.rules[2:] + SOUND.rules[:2])
    second = published(changed, valid_from=JULY + timedelta(days=1), previous=first)
    assert (second.version, second.previous) == (2, first.hash)
    assert first.hash != second.hash
    assert second.stamp == f"dispatch/2#{second.hash[:16]}"
    with pytest.raises(FrozenInstanceError):
        first.version = 5
    assert table_in_force([second, first], JULY) is first
    assert table_in_force([second, first], JULY + timedelta(days=2)) is second
    with pytest.raises(DizuoError, match="No dispatch table is valid"):
        table_in_force([second, first], JULY - timedelta(seconds=1))


def test_the_hash_is_that_of_the_content_alone():
    assert published().hash == published(replace(SOUND, file="elsewhere.xlsx")).hash
    assert published().hash != published(valid_from=JULY + timedelta(1)).hash


def test_a_published_table_survives_storage_and_shows_every_change():
    version = published()
    text = version.to_json()
    again = PublishedTable.from_json(text)
    assert again.to_json() == text
    assert [(rule.id, rule.when, rule.then) for rule in again.table] == [
        (rule.id, rule.when, rule.then) for rule in version.table
    ]
    for altered in (
        text.replace("lamps", "hall"),
        text.replace('"version":1', '"version":2'),
        text.replace("2024-07-01", "2024-07-02"),
    ):
        assert altered != text
        with pytest.raises(InputError, match="altered after it was published"):
            PublishedTable.from_json(altered)
    for broken in ("{}", "[]", "no", json.dumps({"hash": "", "rules": [3]})):
        with pytest.raises(InputError, match="no published table"):
            PublishedTable.from_json(broken)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"valid_from": datetime(2024, 7, 1)}, "no time zone"),  # noqa: DTZ001
        ({"previous": True}, "does not follow"),
        ({"previous": True, "id": "other", "valid_from": JULY + timedelta(1)}, "does not follow"),
    ],
)
def test_versions_out_of_order_are_refused(changes, words):
    if changes.get("previous"):
        changes = changes | {"previous": published()}
    with pytest.raises(InputError, match=words):
        published(**changes)


@pytest.mark.parametrize(
    ("kinds", "parents", "words"),
    [
        ((), {}, "no case type"),
        ((CaseKind("a", ("1",)), CaseKind("a", ("2",))), {}, "one twice"),
        ((CaseKind("a", ("1",)),), {"g1": "c", "c": "g1"}, "belongs to itself"),
    ],
)
def test_a_domain_that_makes_no_sense_is_refused(kinds, parents, words):
    with pytest.raises(InputError, match=words):
        Domain(kinds, Ground(("g1",), parents))


def test_case_kinds_need_values_stated_once():
    with pytest.raises(InputError, match="categories of the case type a is empty"):
        CaseKind("a", ())
    with pytest.raises(InputError, match="severities of the case type a states a value twice"):
        CaseKind("a", ("1",), severities=(1, 1))


def test_the_digest_of_a_domain_tells_what_the_proof_rests_on():
    assert CITY.digest() == replace(CITY, names={}).digest()
    assert CITY.digest() != replace(CITY, hours=(1, 2)).digest()
    assert CITY.digest() != replace(CITY, ground=replace(CITY.ground, duties={})).digest()


def test_five_hundred_rules_over_a_large_city_are_proved():
    draw = random.Random("large")
    domain = large_city()
    rules = large_table(draw, domain, 500)
    report = check(rules, domain, jurisdiction=False)
    assert len(rules) == 500
    assert report.combinations == 200 * 2_000 * 24 * 7 * 5 * 366
    assert report.complete
    holed = replace(rules, rules=rules.rules[:-1])
    (hole,) = check(holed, domain, jurisdiction=False).holes
    assert set(hole.named["category"]) <= {f"10{number:02d}" for number in range(1, 21)}
