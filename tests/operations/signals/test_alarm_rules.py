"""Alarm rules as data: what ships, what a city writes, and what is refused."""

from datetime import date, timedelta

import pytest

from dizuo.model.errors import DizuoError, InputError, RuleError
from dizuo.model.rule import Certainty
from dizuo.operations.signals.rule_files import load_alarm_rules

DAY = date(2026, 3, 2)
OWN = """
[alarm_rules]
id = "lifeline"
en = "Ours"
zh = "本市"
source = "City rule 7"
edition = "2026"
valid_from = 2026-01-01
certainty = "sure"

[[alarm_rule]]
id = "lifeline.drainage.ponding"
en = "Ponding"
zh = "积水"
kind = "ponding_depth"
unit = "cm"
measure = "value"
direction = "above"
hold_minutes = 5
bridge_minutes = 30
streams = ["gauge:1"]

[[alarm_rule.level]]
at = 10
clear = 8
severity = 2
en = "Level 2"
zh = "二级"
"""


def shipped():
    return {one.id: one for one in load_alarm_rules(day=DAY)}


def test_the_ladders_that_ship_are_marked_with_how_sure_they_are():
    rules = shipped()
    methane = rules["lifeline.gas.chamber_methane"]
    assert [level.at for level in methane.levels] == [1.0, 2.5, 5.0]
    assert [level.severity for level in methane.levels] == [1, 2, 3]
    assert [level.label.zh for level in methane.levels] == ["三级", "二级", "一级"]
    assert methane.certainty is Certainty.CHECK
    sure = {one.id for one in rules.values() if one.certainty is Certainty.SURE}
    noise = {one for one in rules if one.startswith("noise_gb3096.class")}
    assert len(noise) == 6 * 3
    assert sure - noise == {
        "lifeline.water.residual_chlorine", "lifeline.water.turbidity", "lifeline.tunnel.oxygen",
        "lifeline.tunnel.hydrogen_sulphide",
    }  # fmt: skip
    assert all(one.source for one in rules.values())


def test_bridges_count_the_other_way_and_the_severity_does_not():
    bridge = shipped()["bridge_jtt1037.design_share"]
    assert [(level.severity, level.label.zh) for level in bridge.levels] == [
        (1, "一级"), (2, "二级"),
    ]  # fmt: skip


def test_a_city_s_rule_takes_the_place_of_the_one_that_ships(tmp_path):
    own = tmp_path / "own.toml"
    own.write_text(OWN, encoding="utf-8")
    rules = {one.id: one for one in load_alarm_rules([own], day=DAY)}
    found = rules["lifeline.drainage.ponding"]
    assert (found.source, found.hold_time) == ("City rule 7", timedelta(minutes=5))
    assert (found.bridge, found.streams) == (timedelta(minutes=30), ("gauge:1",))
    assert set(rules) == set(shipped())
    before = {one.id: one for one in load_alarm_rules([own], day=date(2025, 12, 31))}
    assert before["lifeline.drainage.ponding"].levels[0].at == 15


def test_a_rule_of_yesterday_is_not_in_force(tmp_path):
    own = tmp_path / "own.toml"
    own.write_text(OWN.replace("certainty =", "valid_to = 2026-03-02\ncertainty ="), "utf-8")
    rules = {one.id: one for one in load_alarm_rules([own], day=DAY)}
    assert len(rules["lifeline.drainage.ponding"].levels) == 3


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("measure =", "mesure =", r"unknown keys mesure"),
        ('"value"', '"size"', r"'measure' is 'size', none of value, deviation"),
        ('"above"', '"up"', r"'direction' is 'up'"),
        ('kind = "ponding_depth"\n', "", r"key 'kind' is missing"),
        ("at = 10", 'at = "ten"', r"a value is not of its kind"),
        ("at = 10", "high = 10", r"level: unknown keys high"),
        ("clear = 8", "clear = 12", r"cleared beyond where it is reached"),
        ("severity = 2", "severity = 4", r"severities \[4\]"),
        ("hold_minutes = 5", "hold_samples = 0", r"a count below one"),
        ("hold_minutes = 5", "hold_minutes = -5", r"a time below zero"),
        ("hold_minutes = 5", "tolerance = -1", r"tolerance below zero"),
        ('"value"', '"missing"', r"the unit cm; times are in min or intervals"),
        ('"value"', '"frozen"', r"the unit cm; times are in min or intervals"),
        ('id = "lifeline.d', 'id = "other.d', r"must start with 'lifeline'"),
        ("valid_from = 2026-01-01", 'valid_from = "soon"', r"'valid_from' must be a date"),
        ("[alarm_rules]", "[alarms]", r"give the tables \[alarm_rules\]"),
        ("[alarm_rules]", "[alarm_rules", r"not TOML"),
        ('certainty = "sure"', 'certainty = "maybe"', r"'certainty' is 'maybe'"),
    ],
)
def test_a_rule_that_is_wrong_is_refused_with_its_name(tmp_path, old, new, message):
    own = tmp_path / "own.toml"
    own.write_text(OWN.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(DizuoError, match=message) as caught:
        load_alarm_rules([own], day=DAY)
    assert "own.toml" in str(caught.value)


LEVEL = OWN[OWN.index("[[alarm_rule.level]]") :]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (OWN + LEVEL, r"do not go from the mildest"),
        (OWN + "".join(LEVEL.replace("10", str(n)) for n in (11, 12, 13, 14)), r"5 levels"),
        (OWN.replace(LEVEL, LEVEL.replace("clear = 8", "clear = -1")).replace(
            '"above"', '"either"'), r"a size below zero"),
        (OWN.replace('"value"', '"missing"').replace('"cm"', '"min"'), r"silence that must hold"),
        (OWN.replace('"value"', '"frozen"').replace('"cm"', '"min"').replace(
            "hold_minutes = 5", "beyond = true"), r"a time beyond which"),
        (OWN.replace('"value"', '"missing"').replace('"cm"', '"min"').replace(
            '"above"', '"below"').replace("at = 10", "at = 5"), r"a time that is not positive"),
    ],
)  # fmt: skip
def test_a_ladder_that_is_none_is_refused(tmp_path, text, message):
    own = tmp_path / "own.toml"
    own.write_text(text, encoding="utf-8")
    with pytest.raises(RuleError, match=message):
        load_alarm_rules([own], day=DAY)


def test_two_editions_at_once_and_files_that_are_not_there(tmp_path):
    own = tmp_path / "own.toml"
    own.write_text(OWN, encoding="utf-8")
    with pytest.raises(RuleError, match="two editions"):
        load_alarm_rules([own, own], day=DAY)
    with pytest.raises(InputError, match="cannot be read"):
        load_alarm_rules([tmp_path / "none.toml"], day=DAY)
