"""``dizuo communities``, as somebody at the desk types it."""

import json

import pytest

pytestmark = pytest.mark.systems("S23.4")

RULE = """
[standard]
id = "dizuo"
en = "The town's own rules"
zh = "本地规则"
source = "Town council"
edition = "2024"
valid_from = 2000-01-01
jurisdiction = ""

[[rule]]
id = "dizuo.very_large_community"
en = "Residents above which a community is very large"
zh = "超大社区居民人数下限"
value = 900
unit = "persons"
comparison = "given"
certainty = "sure"
"""
DIVISIONS = """
[[sources]]
id = "divisions"
kind = "vector"
layer = "divisions"
file = "divisions.geojson"
date = 2024-01-01
"""


def test_a_town_without_communities_has_none_that_is_very_large(dizuo, examined_town):
    ran = dizuo("communities", examined_town)
    assert ran.code == 0, ran.err
    assert "No community has more than 10,000 residents." in ran.out
    assert "没有居民超过 10,000 人的社区" in dizuo("communities", examined_town, "--lang", "zh").out


def test_the_parts_are_told_and_written_by_the_rule_of_the_city(dizuo, town, tmp_path):
    outline = json.loads((town / "boundary.geojson").read_text(encoding="utf-8"))
    outline["features"][0]["properties"] = {"id": "all", "name": "All", "kind": "community"}
    (town / "divisions.geojson").write_text(json.dumps(outline), encoding="utf-8")
    with (town / "city.toml").open("a", encoding="utf-8") as file:
        file.write(DIVISIONS)
    (town / "rules").mkdir()
    (town / "rules" / "town.toml").write_text(RULE, encoding="utf-8")
    file = tmp_path / "parts.geojson"
    ran = dizuo("communities", town, "--output", file, "--json")
    assert ran.code == 0, ran.err
    assert (ran.answer["largest"], ran.answer["certainty"]) == (900, "sure")
    parts = ran.answer["parts"]
    assert sum(one["residents"] for one in parts) == 1000  # four homes with all of the town's
    assert {one["evidence"] for one in parts} == {"estimated"}
    written = json.loads(file.read_text(encoding="utf-8"))["features"]
    assert [one["properties"] for one in written] == parts
