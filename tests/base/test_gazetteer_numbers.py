"""House numbers as they are written, down to the building and no further."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dizuo.base.gazetteer_numbers import HouseNumber, building_level, read_house_numbers
from dizuo.base.gazetteer_text import fold


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("12", ["12"]),
        ("12 bis", ["12bis"]),
        ("12BIS", ["12bis"]),
        ("89 D", ["89d"]),
        ("17-19", ["17", "19"]),
        ("17-20", ["17", "18", "19", "20"]),
        ("5;7", ["5", "7"]),
        ("3,5", ["3", "5"]),
        ("100-900", ["100"]),  # no row of houses: a flat behind a dash, or a mistake
        ("12号", ["12"]),
        ("第12号", ["12"]),
        ("１２号", ["12"]),
        ("十二号", ["12"]),
        ("二百零五号", ["205"]),
        ("二〇五号", ["205"]),
        ("甲12号", ["12a"]),
        ("12号之1", ["12-1"]),
        ("12-3号", ["12-3"]),
        ("12号院3号楼", ["12/3"]),
        ("12弄3号", ["12/3"]),
        ("12號院3號樓", ["12/3"]),
        ("3号楼", ["0/3"]),
        ("B座", ["0/b"]),
        ("s/n", []),
        ("", []),
    ],
)
def test_numbers_are_read_as_people_write_them(text, numbers):
    assert [str(number) for number in read_house_numbers(text)] == numbers


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("12 Rue Grimaldi, Apt 3B", "12 rue grimaldi"),
        ("12 Rue Grimaldi, 3ème étage", "12 rue grimaldi"),
        ("Calle Faro, 24, 3º B", "calle faro, 24"),
        ("Calle Faro 24 2º izda", "calle faro 24"),
        ("C/ Faro 24, piso 3, puerta 4", "c/ faro 24"),
        ("flat 3, 12 High St", "12 high st"),
        ("人民路12号院3号楼2单元501室", "人民路12号院3号楼"),
        ("人民路12号3号楼501", "人民路12号3号楼"),
        ("人民路12号301室", "人民路12号"),
        ("人民路12号5楼", "人民路12号"),
        ("人民路12号A座1203室", "人民路12号a座"),
        ("锦绣花园3栋2单元", "锦绣花园3栋"),
    ],
)
def test_what_is_deeper_than_the_building_is_left_out(text, level):
    assert building_level(text) == level


@given(
    number=st.integers(1, 9999),
    unit=st.integers(1, 9),
    room=st.integers(101, 3299),
    form=st.sampled_from(
        [
            "{n}号{u}单元{r}室",
            "{n}号院3号楼{u}单元{r}",
            "{n}号{r}室",
            "{n}号3栋{r}室",
            "{n}, apt {r}",
            "{n}, piso {u}",
        ]
    ),
)
def test_no_flat_survives(number, unit, room, form):
    level = building_level(form.format(n=number, u=unit, r=room))
    told = [str(one) for one in read_house_numbers(level)]
    assert told in ([f"{number}"], [f"{number}/3"])
    rest = level.replace(str(number), "", 1)
    assert str(room) not in rest
    assert "单元" not in rest


@given(st.text(max_size=40))
def test_folding_and_cutting_twice_changes_nothing_more(text):
    assert fold(fold(text)) == fold(text)
    once = building_level(text)
    assert building_level(once) == once or len(building_level(once)) < len(once)


@given(st.integers(1, 9999), st.sampled_from(["", "a", "bis", "ter"]))
def test_a_number_written_is_a_number_read(number, suffix):
    assert read_house_numbers(f"{number} {suffix}") == (HouseNumber(number, suffix),)
