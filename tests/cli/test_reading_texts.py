"""Texts from the command line, as somebody at the desk types it."""

import csv
import sys
from pathlib import Path

import pytest

from opened_city import write_city

sys.path.append(str(Path(__file__).parents[1] / "operations" / "texts"))
from hand_made_texts import GARBAGE, sentences

FEW = """
[least_held_out]
value = 5
source = "a test"
certainty = "sure"
"""


@pytest.fixture
def town(tmp_path, monkeypatch):
    monkeypatch.delenv("DIZUO_DATABASE_URL", raising=False)
    made = write_city(tmp_path)
    (made / "operations").mkdir()
    (made / "operations" / "texts.toml").write_text(FEW, encoding="utf-8")
    with (made / "labelled.csv").open("w", encoding="utf-8", newline="") as lines:
        csv.writer(lines).writerows([("text", "category"), *sentences()])
    return made


def test_a_classifier_is_evaluated_trained_and_suggests(dizuo, town):
    labelled = ("--labelled", town / "labelled.csv", "--seed", "2")
    measured = dizuo("texts", town, "evaluate", *labelled, "--json").answer
    assert not measured["kept"]
    assert not (town / "operations" / "texts").exists()
    told = measured["accuracy"]["zh"]
    assert {"tf-idf words", "tf-idf characters", "nearest title", "most frequent"} == set(
        told["others"]
    )
    kept = dizuo("texts", town, "train", *labelled, "--json").answer
    assert kept["digest"] == measured["digest"]
    assert kept["in_force"] == ["latin", "zh"]
    opened = dizuo(
        "cases", town, "open", "--type", "urban_event", "--text", "楼道口堆满生活垃圾", "--json"
    ).answer
    suggested = opened["reading"]["suggestion"]
    assert suggested["code"] == GARBAGE
    assert "multilingual-e5-small" in suggested["by"]
    (listed,) = dizuo("texts", town, "suggest", "--json").answer
    assert (listed["case"], listed["code"]) == (opened["case"], GARBAGE)
    shown = dizuo("cases", town, "show", opened["case"], "--lang", "zh").out
    assert f"建议分类：{GARBAGE}" in shown
    filed = dizuo("cases", town, "file", opened["case"], "--give", f"category={GARBAGE}", "--json")
    assert filed.answer["history"][-1]["facts"]["suggested"]["code"] == GARBAGE
    assert "优于" in dizuo("texts", town, "evaluate", *labelled, "--lang", "zh").out


def test_without_labelled_texts_classes_stay_with_persons(dizuo, town):
    done = dizuo("texts", town, "train")
    assert done.code == 2
    assert "classes are given by hand" in done.err
    assert "人工分类" in dizuo("texts", town, "train", "--lang", "zh").err
    done = dizuo("texts", town, "train", "--type", "alarm")
    assert "have no classes" in done.err


def test_repeats_topics_and_hot_spots_are_asked_for(dizuo, town):
    assert dizuo("texts", town, "duplicates", "--json").answer == []
    assert dizuo("texts", town, "topics", "--json").answer == []
    assert "0 found" in dizuo("texts", town, "topics").out
    done = dizuo("texts", town, "hotspots")
    assert done.code == 2
    assert "no unit grid" in done.err
