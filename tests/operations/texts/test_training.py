"""Training on labelled texts: with the language model itself, held against TF-IDF."""

import csv
from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from general_texts import general_texts, topics
from hand_made_texts import sentences

from dizuo.model.errors import InputError
from dizuo.operations.taxonomy.reading import load_taxonomy
from dizuo.operations.texts.embedding import multilingual_e5
from dizuo.operations.texts.identifiers import strip_identifiers
from dizuo.operations.texts.labelled import LabelledTexts, language_of, read_labelled
from dizuo.operations.texts.parameters import TextParameters
from dizuo.operations.texts.training import BASELINES, train

PARAMETERS = TextParameters.load()
EVENTS = load_taxonomy().code_list("urban_event", date(2026, 3, 1))


class Remembered:
    """The language model, asked once for each wording."""

    def __init__(self):
        self.name = multilingual_e5().name
        self._known = {}

    def embed(self, texts):
        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        self._known |= zip(new, multilingual_e5().embed(new), strict=True) if new else {}
        return np.stack([self._known[text] for text in texts])


MODEL = Remembered()


def hand_made():
    return LabelledTexts.of((strip_identifiers(text), code) for text, code in sentences())


@pytest.mark.parametrize(("texts", "language"), [("chinese", "zh"), ("english", "latin")])
def test_the_method_is_ahead_of_tf_idf_on_texts_of_others(texts, language):
    """General questions of a public set; what is published is the mean of more splits."""
    labelled, ahead = general_texts(texts), []
    for seed in range(4):
        trained = train(labelled, topics(), MODEL, PARAMETERS, seed)
        measured = trained.accuracy[language]
        assert measured.texts > 80
        assert set(measured.others) > BASELINES
        assert measured.calibration < 0.2
        ahead.append(measured.ahead)
    assert np.mean(ahead) > 0.02


def test_a_class_is_learnt_in_one_language_and_found_in_the_other():
    labelled = hand_made()
    chinese = labelled.languages == "zh"
    only = LabelledTexts.of(
        (strip_identifiers(text), code)
        for text, code, one in zip(labelled.texts, labelled.codes, chinese, strict=True)
        if one
    )
    trained = train(only, EVENTS, MODEL, PARAMETERS, 1)
    english = [text for text, one in zip(labelled.texts, chinese, strict=True) if not one]
    found, _ = trained.classifier.best(MODEL.embed(english))
    assert (found == labelled.codes[~chinese]).mean() > 0.7
    assert list(trained.accuracy) == ["zh"]


def test_too_few_held_out_texts_leave_classes_to_persons():
    few = train(hand_made(), EVENTS, MODEL, PARAMETERS, 1)
    assert few.in_force == ()
    assert all(one.texts < PARAMETERS.least_held_out for one in few.accuracy.values())
    enough = train(hand_made(), EVENTS, MODEL, replace(PARAMETERS, least_held_out=5), 1)
    assert enough.in_force == ("latin", "zh")
    again = train(hand_made(), EVENTS, MODEL, replace(PARAMETERS, least_held_out=5), 1)
    assert again.accuracy == enough.accuracy


def test_rare_and_unknown_classes_are_left_out():
    rare = [(strip_identifiers(f"噪音扰民{word}"), "0509") for word in "一二三四五"]
    gone = [(strip_identifiers(f"旧类别的事{word}"), "9999") for word in "子丑寅卯辰巳午未申酉戌亥"]
    own = [(strip_identifiers(text), code) for text, code in sentences()]
    trained = train(LabelledTexts.of(own + rare + gone), EVENTS, MODEL, PARAMETERS, 1)
    assert trained.left_out == ("0509", "9999")
    assert trained.classifier.classes.tolist() == ["0102", "0107", "0110", "0501"]


def test_too_few_texts_are_refused_with_what_to_do():
    with pytest.raises(InputError, match="two classes with 10 texts") as told:
        train(LabelledTexts.of([]), EVENTS, MODEL, PARAMETERS, 1)
    assert "人工分类" in told.value.in_("zh")


def test_a_wording_counts_once_so_nothing_learnt_is_measured_on():
    pairs = [(strip_identifiers(text), "0102") for text in ("垃圾 堆", "垃圾  堆", "", "另外")]
    labelled = LabelledTexts.of(pairs)
    assert labelled.texts == ("垃圾 堆", "另外")
    both = labelled.and_also(LabelledTexts.of([(strip_identifiers("另外"), "0501"), pairs[0]]))
    assert both.codes.tolist() == ["0102", "0102"]


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("路灯不亮", "zh"),
        ("the lamp is out", "latin"),
        ("Monte Carlo 路口的路灯不亮，请修", "zh"),
        ("the sign says 出口 and it is broken", "latin"),
        ("12345", "latin"),
    ],
)
def test_languages_are_told_by_script(text, language):
    assert language_of(text) == language


def test_a_table_of_labelled_texts_is_read_without_identifiers(tmp_path):
    file = tmp_path / "labelled.csv"
    rows = [("张先生13800138000反映门口垃圾成堆", "暴露垃圾"), ("stall in the way", "0501")]
    with file.open("w", encoding="utf-8", newline="") as lines:
        csv.writer(lines).writerows([("text", "category"), *rows])
    told = read_labelled(file, EVENTS)
    assert told.codes.tolist() == ["0102", "0501"]
    assert "13800138000" not in told.texts[0]
    file.write_text("text,category\nx,unicorns\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"row 2.*unicorns"):
        read_labelled(file, EVENTS)
    file.write_text("text\nx\n", encoding="utf-8")
    with pytest.raises(InputError, match="a column is missing"):
        read_labelled(file, EVENTS)


def test_directions_do_not_depend_on_what_stands_beside():
    told = ["路灯不亮", "the street light is out", "路灯不亮", "门口有垃圾"]
    together = multilingual_e5().embed(told)
    assert together.shape == (4, 384)
    assert np.allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)
    assert (together[0] == together[2]).all()
    assert np.allclose(together[1], multilingual_e5().embed(told[1:2])[0], atol=1e-6)
    assert together[0] @ together[1] > together[1] @ together[3]
