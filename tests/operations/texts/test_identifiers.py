"""What points at persons goes, what tells of places stays."""

import re
from collections import Counter

import pytest
import sentences_en
import sentences_zh
from hypothesis import given
from hypothesis import strategies as st

from dizuo.operations.texts.identifier_checks import is_bank_card, is_citizen_id, is_iban
from dizuo.operations.texts.identifiers import KINDS, strip_identifiers

PLANTED = re.compile(r"〈(\w+)\|([^〉]+)〉")
WIDE = str.maketrans("０１２３４５６７８９", "0123456789")


def sentences(module):
    return module.SENTENCES.strip().splitlines()


def raw(sentence):
    return PLANTED.sub(r"\2", sentence)


def measure(module):
    """Recall and precision, and the share of sentences that come out letter for letter."""
    right = planted = taken = exact = 0
    for sentence in sentences(module):
        wanted = Counter(kind for kind, _ in PLANTED.findall(sentence))
        stripped = strip_identifiers(raw(sentence))
        found = Counter(stripped.found)
        right += (wanted & found).total()
        planted += wanted.total()
        taken += found.total()
        exact += stripped.text == PLANTED.sub(r"[\1]", sentence).translate(WIDE)
    return right / planted, right / taken, exact / len(sentences(module))


@pytest.mark.parametrize(
    ("module", "fewest"), [(sentences_zh, 80), (sentences_en, 60)], ids=["zh", "en"]
)
def test_recall_and_precision_stay_above_their_floors(module, fewest):
    recall, precision, exact = measure(module)
    assert len(sentences(module)) >= fewest
    assert recall >= 0.98
    assert precision >= 0.95
    assert exact >= 0.97


def test_every_kind_is_planted():
    assert {kind for kind, _ in PLANTED.findall(BOTH)} == set(KINDS)


@pytest.mark.parametrize("module", [sentences_zh, sentences_en], ids=["zh", "en"])
def test_no_planted_number_or_door_survives(module):
    for sentence in sentences(module):
        text = strip_identifiers(raw(sentence)).text
        for kind, value in PLANTED.findall(sentence):
            if kind != "name":
                assert value.translate(WIDE) not in text, sentence


BOTH = sentences_zh.SENTENCES + sentences_en.SENTENCES
AROUND = [
    "电话",
    "先生",
    "业主",
    "号楼",
    "单元",
    "室",
    "，",
    " ",
    "Mr ",
    "call me on ",
    "2024",
    "-",
    "[",
]
PIECES = [*sorted({value for _, value in PLANTED.findall(BOTH)}), *AROUND]


@given(st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=6)), max_size=12))
def test_a_stripped_text_stays_as_it_is(pieces):
    once = strip_identifiers("".join(pieces))
    again = strip_identifiers(once.text)
    assert again.text == once.text
    assert again.found == ()


@given(
    st.sampled_from(["13812345678", "zhang@example.com", "440106199003071231", "粤B12345"]),
    st.text(alphabet="路灯不亮了，。 井盖楼下停", max_size=10),
    st.text(alphabet="路灯不亮了，。 井盖楼下停", max_size=10),
)
def test_a_number_goes_wherever_it_stands(value, before, after):
    assert value not in strip_identifiers(before + value + after).text


def test_a_door_goes_down_to_the_estate_and_a_house_number_of_a_road_stays():
    assert strip_identifiers("幸福花园3号楼2单元501室").text == "幸福花园[door]"
    assert strip_identifiers("中山路12号501室").text == "中山路12号[door]"
    assert strip_identifiers("Flat 3B, 25 Main Street").text == "[door], 25 Main Street"


def test_numbers_with_check_digits_are_told_from_others():
    assert is_citizen_id("11010519491231002X")
    assert not is_citizen_id("110105194912310021")
    assert not is_citizen_id("110105194913310021")
    assert is_bank_card("4111 1111 1111 1111")
    assert not is_bank_card("4111 1111 1111 1112")
    assert is_iban("GB82 WEST 1234 5698 7654 32")
    assert not is_iban("GB83 WEST 1234 5698 7654 32")


def test_a_long_text_takes_no_long_time():
    nasty = ["1" * 4000, "a@" * 2000, "王" * 4000, "A1 " * 1500, "12-" * 1500, "Mr " * 1500]
    for text in nasty:
        assert len(strip_identifiers(text).text) > 0
