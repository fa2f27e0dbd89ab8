"""Findings gathered by indicator, on the paper town."""

from dataclasses import replace

import numpy as np
import pytest

from dizuo.checkup.outputs.shortfalls import shortfalls


def test_every_finding_is_counted_once(town):
    gathered = shortfalls(town)
    assert gathered["places"].sum() == len(town.findings)
    assert gathered["indicator"].is_unique
    counted = town.findings.groupby("indicator").size()
    assert dict(zip(gathered["indicator"], gathered["places"], strict=True)) == counted.to_dict()


def test_the_residents_of_all_places_are_added_and_decide_the_order(town):
    gathered = shortfalls(town).set_index("indicator")["residents"]
    added = town.findings.groupby("indicator")["residents"].sum(min_count=1)
    assert gathered.to_dict() == pytest.approx(added.to_dict(), nan_ok=True)
    assert gathered.dropna().is_monotonic_decreasing


def test_several_places_are_told_in_one_sentence_and_one_place_in_its_own(town):
    several = shortfalls(town).set_index("indicator").loc["09.park_coverage"]
    blocks = (town.places["kind"] == "block").sum()
    assert several["places"] > 1
    assert f": {several['places']} of {blocks} blocks (" in several["text_en"]
    assert f"{blocks} 个街坊中的 {several['places']} 个" in several["text_zh"]
    alone = replace(town, findings=town.findings.head(1))
    assert shortfalls(alone)["text_en"].tolist() == [town.findings["text_en"].iloc[0]]


def test_residents_that_may_not_be_told_in_any_place_stay_untold(town):
    hidden = town.findings.assign(residents=np.nan, residents_suppressed=True)
    gathered = shortfalls(replace(town, findings=hidden))
    assert gathered["residents"].isna().all()
    assert gathered["residents_suppressed"].all()
    assert not gathered["text_en"].str.contains("residents").any()


def test_a_city_without_findings_has_no_shortfalls(town):
    assert shortfalls(replace(town, findings=town.findings.head(0))).empty
