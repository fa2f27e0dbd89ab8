"""Which shared services fit, on paper and against Python's own reading of the conditions."""

import itertools

import pytest
from shared_items import CATALOGUE

from dizuo.model.errors import InputError
from dizuo.operations.shared_services.catalogue import Catalogue

pytestmark = pytest.mark.systems("S22.7")


@pytest.fixture
def load(tmp_path):
    def load(text=CATALOGUE):
        file = tmp_path / "shared_services.toml"
        file.write_text(text, encoding="utf-8")
        return Catalogue.load(file)

    return load


def told(catalogue, **facts):
    return {one.item.id: (one.fits, one.reasons) for one in catalogue.fitting(facts)}


def test_every_answer_has_its_reason(load):
    found = told(load(), age=62, district="south", disability_card=True)
    assert found["free_bus"] == ("yes", ("age >= 65 or disability_card = yes",))
    assert found["meals"] == ("no", ("district = north",))
    assert found["library"] == ("yes", ())
    # at 62 it hangs on the card alone; of meals nothing fails yet
    found = told(load(), age=62)
    assert found["free_bus"] == ("unknown", ("age >= 65 or disability_card = yes",))
    assert found["meals"] == ("unknown", ("residence_years >= 1", "district = north"))
    # at 65 nobody needs to know about a card
    assert told(load(), age=65)["free_bus"][0] == "yes"
    assert told(load(), age=59)["meals"] == ("no", ("age >= 60",))


def test_other_cities_take_what_they_recognise(load):
    items = {one.id: one.recognised_by for one in load().items}
    assert items == {"free_bus": ("320500", "330100"), "meals": (), "library": ("320500",)}


def test_answers_equal_those_of_plain_expressions(load):
    """Every combination of facts, told or not: unknown is where the untold would decide."""
    ages, years = (None, 59, 60, 64, 65), (None, 0, 1)
    cards, districts = (None, True, False), (None, "north", "south")
    catalogue = load()
    for age, stay, card, district in itertools.product(ages, years, cards, districts):
        given = {"age": age, "residence_years": stay, "disability_card": card, "district": district}
        found = told(catalogue, **{k: v for k, v in given.items() if v is not None})
        worlds = itertools.product(
            *([one] if one is not None else rest[1:]
              for one, rest in ((age, ages), (stay, years), (card, cards), (district, districts)))
        )  # fmt: skip
        buses, meals = set(), set()
        for a, s, c, d in worlds:
            buses.add(a >= 65 or c)
            meals.add(a >= 60 and s >= 1 and d == "north")
        for item, outcomes in (("free_bus", buses), ("meals", meals)):
            expected = "unknown" if len(outcomes) > 1 else "yes" if True in outcomes else "no"
            assert found[item][0] == expected, (item, given)


def test_a_city_without_a_catalogue_shares_nothing(tmp_path):
    assert Catalogue.load(tmp_path / "none.toml").fitting({}) == []


@pytest.mark.parametrize(
    ("facts", "message"),
    [
        ({"name": "Wang"}, "nobody asks for 'name'"),
        ({"age": "old"}, "age cannot be 'old'"),
        ({"age": True}, "age cannot be True"),
        ({"disability_card": 1}, "disability_card cannot be 1"),
        ({"district": "west"}, "district cannot be 'west'"),
    ],
)
def test_facts_that_nobody_asks_for_or_that_cannot_be_are_refused(load, facts, message):
    with pytest.raises(InputError, match=message):
        load().fitting(facts)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("age >= 60", "income >= 60", "no fact 'income'"),
        ("age >= 60", "__import__('os')", "is no comparison"),
        ("age >= 60", "age >= 60 and age < 90", "is no comparison"),
        ("age >= 60", "age >= old", "age cannot be 'old'"),
        ("district = north", "district > north", "has no order"),
        ("district = north", "district = west", "district cannot be 'west'"),
        ('recognised_by = ["320500"]', 'recognised_by = ["110000"]', "'110000' is not known here"),
        ('kind = "truth"', 'kind = "name"', "'name' is no kind of fact"),
        ('certainty = "check"', 'certainty = "maybe"', "'maybe' is no certainty"),
        ('channels = ["phone"]', "", "items.meals.channels: a list of texts is needed"),
        ("[items.meals]", "[things]\n[items.meals]", "field things: this field is not known"),
    ],
)
def test_a_catalogue_with_faults_is_refused(load, old, new, message):
    assert old in CATALOGUE
    with pytest.raises(InputError, match=message):
        load(CATALOGUE.replace(old, new))
