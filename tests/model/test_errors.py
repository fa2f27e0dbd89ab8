"""Errors say the same in English and in Chinese: what is wrong, where, and what to do."""

import copy
import pickle

import pytest

from dizuo.model.errors import (
    AccessError,
    DizuoError,
    EngineError,
    InputError,
    RuleError,
    SchemaError,
    StoreError,
)
from dizuo.model.text import Text

PROBLEM = Text("there is no column 'name'", "没有“name”列")
CURE = Text("Map one to it.", "请指定对应的列。")


def everywhere(kind=InputError):
    return kind(PROBLEM, file="a.csv", layer="green", row=3, field="columns.name", cure=CURE)


@pytest.mark.parametrize("kind", [InputError, SchemaError])
def test_an_input_error_is_a_sentence_in_each_language(kind):
    error = everywhere(kind)
    english = (
        "file a.csv, layer green, row 3, field columns.name: there is no column 'name'. "
        "Map one to it."
    )
    assert str(error) == error.in_("en") == error.text.en == english
    assert error.in_("zh") == error.text.zh
    assert error.in_("zh") == (
        "文件 a.csv，图层 green，行 3，字段 columns.name：没有“name”列。请指定对应的列。"
    )


def test_what_is_not_known_is_left_out():
    assert str(InputError(PROBLEM)) == "there is no column 'name'."
    assert InputError(PROBLEM).in_("zh") == "没有“name”列。"
    assert str(InputError(PROBLEM, row=2)) == "row 2: there is no column 'name'."
    assert InputError(PROBLEM, cure=CURE).in_("zh") == "没有“name”列。请指定对应的列。"
    assert InputError(PROBLEM, cure="").as_dict()["cure"] is None


def test_the_parts_are_told_in_a_language_and_the_keys_stay():
    error = everywhere()
    where = {"file": "a.csv", "layer": "green", "row": 3, "field": "columns.name"}
    assert error.as_dict() == {"problem": PROBLEM.en, "cure": CURE.en} | where
    assert error.as_dict("zh") == {"problem": PROBLEM.zh, "cure": CURE.zh} | where
    assert (error.problem, error.cure) == (PROBLEM.en, CURE.en)


def test_a_sentence_in_one_language_keeps_its_punctuation():
    error = InputError("the log is torn", file="log", row=3, cure="Restore it.")
    assert str(error) == "file log, row 3: the log is torn. Restore it."
    assert error.in_("zh") == "文件 log, 行 3: the log is torn. Restore it."


@pytest.mark.parametrize("kind", [DizuoError, RuleError, EngineError, StoreError, AccessError])
def test_every_other_error_takes_both_languages_or_one(kind):
    both = kind(Text("There is no base here.", "此处没有底座。"))
    assert str(both) == both.in_("en") == "There is no base here."
    assert both.in_("zh") == "此处没有底座。"
    assert kind("a slip of ours").in_("zh") == "a slip of ours"


@pytest.mark.parametrize("again", [copy.copy, lambda error: pickle.loads(pickle.dumps(error))])
def test_an_error_from_another_process_says_the_same(again):
    error = again(everywhere())
    assert error.in_("zh") == everywhere().in_("zh")
    assert error.as_dict("zh") == everywhere().as_dict("zh")
    assert again(StoreError(CURE)).in_("zh") == CURE.zh
