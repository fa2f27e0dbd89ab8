"""Code lists of components, events and natures: what ships, and what a city adds."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dizuo.model.errors import InputError
from dizuo.model.rule import Certainty
from dizuo.operations.taxonomy.reading import load_taxonomy

DAY = date(2024, 5, 6)
SHIPPED = load_taxonomy()
COMPONENTS = SHIPPED.code_list("urban_component", DAY)
EVENTS = SHIPPED.code_list("urban_event", DAY)
NATURES = SHIPPED.code_list("hotline_nature", DAY)

EXTENSION = """
[code_list]
extends = "urban_component"
source = "City rules 2023, no. 7"
edition = "2023"
valid_from = 2023-03-01
certainty = "sure"

[[code]]
code = "01080"
en = "Charging pile"
zh = "充电桩"
"""


@pytest.fixture
def city_file(tmp_path):
    def write(text):
        file = tmp_path / "codes.toml"
        file.write_text(text, encoding="utf-8")
        return file

    return write


def test_components_have_five_classes_and_events_six():
    assert [entry.title.zh for entry in COMPONENTS.children()] == [
        "公用设施", "交通设施", "市容环境", "园林绿化", "其他部件",
    ]  # fmt: skip
    assert [entry.code for entry in EVENTS.children()] == ["01", "02", "03", "04", "05", "06"]
    assert all(entry.certainty is Certainty.SURE for entry in COMPONENTS.children())


def test_the_first_seven_minors_are_sure_and_the_eighth_is_to_be_checked():
    assert COMPONENTS.lookup("0107").title.zh == "通讯井盖"
    assert COMPONENTS.lookup("0107").certainty is Certainty.SURE
    assert COMPONENTS.lookup("0108").certainty is Certainty.CHECK


def test_natures_are_found_by_either_name():
    assert [entry.title.zh for entry in NATURES] == ["咨询", "求助", "投诉", "举报", "建议", "表扬"]
    assert NATURES.find("投诉") is NATURES.find("Complaint") is NATURES.lookup("complaint")
    assert NATURES.find("催办") is None
    assert NATURES.names()["举报"] == "report"


@pytest.mark.parametrize("code_list", SHIPPED.lists, ids=lambda item: item.id)
def test_every_entry_says_where_it_is_from(code_list):
    for entry in code_list:
        assert entry.source
        assert entry.edition
        assert entry.title.en
        assert entry.title.zh
        assert not entry.local
        assert not entry.parent or code_list.lookup(entry.parent).parent == ""
    assert len({entry.title.zh for entry in code_list}) == len(code_list.codes)


def test_a_class_without_known_minors_is_given_to_cases_itself():
    leaves = EVENTS.leaves()
    assert "06" in leaves
    assert "01" not in leaves
    assert "0101" in leaves


def test_a_city_adds_codes_with_its_own_source(city_file):
    components = load_taxonomy([city_file(EXTENSION)]).code_list("urban_component", DAY)
    charging = components.lookup("01080")
    assert (charging.local, charging.parent, charging.edition) == (True, "01", "2023")
    assert not charging.in_force(date(2023, 2, 28))
    assert "01080" in components.leaves(DAY)
    assert "01080" not in components.leaves(date(2020, 1, 1))
    assert "01080" not in COMPONENTS


def test_two_editions_follow_each_other(city_file, tmp_path):
    def edition(name, first, last):
        return city_file(
            f'[code_list]\nid = "noise"\nen = "Noise"\nzh = "噪声"\nsource = "s"\n'
            f'edition = "{name}"\nvalid_from = {first}\n{last}certainty = "sure"\n'
            f'[[code]]\ncode = "01"\nen = "{name}"\nzh = "{name}"\n'
        )

    old = edition("old", "2001-01-01", "valid_to = 2011-01-01\n").rename(tmp_path / "old.toml")
    taxonomy = load_taxonomy([old, edition("new", "2011-01-01", "")])
    assert taxonomy.lookup("noise", "01", date(2010, 12, 31)).title.en == "old"
    assert taxonomy.lookup("noise", "01", date(2011, 1, 1)).title.en == "new"
    with pytest.raises(InputError, match="no edition of the code list noise"):
        taxonomy.code_list("noise", date(2000, 1, 1))
    with pytest.raises(InputError, match="on the same day"):
        load_taxonomy([old, edition("new", "2010-01-01", "")])


@pytest.mark.parametrize(
    ("wrong", "field", "words"),
    [
        (EXTENSION.replace("01080", "0101"), "code", "given twice"),
        (EXTENSION + EXTENSION[EXTENSION.index("[[code]]") :], "code", "given twice"),
        (EXTENSION.replace("01080", "07080"), "parent", "'07', which the list does not have"),
        (EXTENSION + 'parent = "02"\n', "parent", "does not begin with"),
        (EXTENSION.replace("urban_component", "urban_thing"), "extends", "unknown list"),
        (EXTENSION.replace("2023-03-01", "'soon'"), "valid_from", "day is missing"),
        (EXTENSION + "valid_to = 2023-03-01\n", "valid_to", "not after the first"),
        (EXTENSION.replace('"sure"', '"certain"'), "certainty", "'certain'"),
        (EXTENSION.replace("zh =", "chinese ="), "chinese", "unknown"),
        (EXTENSION.replace('"充电桩"', '" "'), "zh", "text is missing"),
        (EXTENSION.replace('code = "01080"', "code = 1080"), "code", "no code that is text"),
        (EXTENSION.replace("[code_list]", "[list]"), None, "unknown tables list"),
        (EXTENSION.replace("[[code]]", "[code]"), None, "not a list"),
        ("code = ", None, "not TOML"),
    ],
)
def test_what_is_wrong_is_named_with_file_field_and_cure(city_file, wrong, field, words):
    file = city_file(wrong)
    with pytest.raises(InputError, match=words) as caught:
        load_taxonomy([file])
    assert (caught.value.file, caught.value.field) == (str(file), field)
    assert caught.value.cure


def test_an_extension_must_meet_an_edition(city_file):
    early = EXTENSION.replace("2023-03-01", "2001-01-01").replace(
        'certainty = "sure"', 'certainty = "sure"\nvalid_to = 2005-01-01'
    )
    with pytest.raises(InputError, match="no edition of urban_component is in force while"):
        load_taxonomy([city_file(early)])


def test_unknown_names_are_refused():
    with pytest.raises(InputError, match="no code list 'weather'"):
        SHIPPED.code_list("weather", DAY)
    with pytest.raises(InputError, match="has no code '9999'"):
        SHIPPED.lookup("urban_event", "9999", DAY)
    with pytest.raises(InputError, match="cannot be read"):
        load_taxonomy([Path("nowhere.toml")])


@given(st.integers(0, 20_000))
def test_a_list_is_in_force_exactly_from_its_first_day(days):
    day = date(2013, 12, 31) + timedelta(days=days - 10_000)
    assert COMPONENTS.in_force(day) == (days >= 10_000)
