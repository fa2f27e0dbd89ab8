"""Every value can be explained: formula, rule, the things behind it and what was built for it."""

import json

import numpy as np
import pytest
from town_builder import examination_of
from town_of_powers import people, town_of_powers

from dizuo.articles.registry import all_indicators
from dizuo.checkup.explain import explain
from dizuo.model.errors import InputError

INDICATORS = all_indicators()


@pytest.fixture(scope="module")
def examination():
    return examination_of(town_of_powers(), indicators=INDICATORS)


@pytest.mark.systems("S9x.2")
@pytest.mark.parametrize("name", [name for name in INDICATORS if name[3].islower()])
def test_every_indicator_can_be_explained(examination, name):
    found = explain(examination, name)
    assert found.place == "city:paper"
    told = list(found.values["variant"])
    # What stands on communities or districts only has no row of the city.
    smaller = {"community", "district"}
    expected = [one for one in INDICATORS[name].variants if one in told or one not in smaller]
    assert told == expected
    assert (found.values["indicator"] == name).all()
    assert len(found.things) == min(found.thing_count, 1000)
    assert {rule["role"] for rule in found.rules} <= set(INDICATORS[name].rules)
    plain = json.loads(json.dumps(found.as_dict(), allow_nan=True))
    assert plain["formula"] == INDICATORS[name].formula
    assert plain["resources"] == sorted(plain["resources"])


@pytest.mark.systems("S9x.2")
def test_an_explanation_shows_what_decided_each_home(examination):
    found = explain(examination, "08.kindergarten_reach", "community:north")
    things = found.things.set_index("id")
    assert found.thing_count == 8
    assert list(things.index) == sorted(f"building:home{home}" for home in range(8, 16))
    # home 8 is 600 m from the kindergarten at A: beyond the 300 m of its rule
    home = things.loc["building:home8"]
    assert (home["cost"], home["related"]) == (600.0, "facility:kindergarten0")
    assert bool(home["failing"])
    radius = next(rule for rule in found.rules if rule["role"] == "radius")
    assert radius["value"] == 300.0
    assert {"homes", "walking", "kindergarten"} <= set(found.resources)


def test_a_place_is_explained_by_what_lies_in_it(examination):
    found = explain(examination, "08.kindergarten_reach", "district:east")
    assert found.thing_count == 4
    row = found.values.set_index("variant").loc["network"]
    assert (row["denominator"], row["value"]) == (people(16, 17, 18, 19), 0.0)


def test_things_that_are_no_homes_show_their_amounts(examination):
    found = explain(examination, "09.step_free_share")
    steps = found.things[found.things["numerator"] < found.things["denominator"]]
    assert steps["denominator"].tolist() == [100.0]  # one flight of 100 m


def test_what_is_missing_says_why_and_shows_nothing(examination):
    found = explain(examination, "14.H01")
    assert found.thing_count == 0
    assert found.resources == ()
    assert np.isnan(found.values["value"].iloc[0])
    assert "dizuo templates" in found.values["reason_en"].iloc[0]
    assert found.as_dict()["values"][0]["value"] is None


def test_a_misspelt_indicator_names_the_near_ones(examination):
    with pytest.raises(InputError, match=r"no indicator '08\.kindergarden_reach'") as error:
        explain(examination, "08.kindergarden_reach")
    assert "08.kindergarten_reach" in error.value.cure


def test_a_misspelt_place_names_the_near_ones(examination):
    with pytest.raises(InputError, match="no place 'district:wset'") as error:
        explain(examination, "08.kindergarten_reach", "district:wset")
    assert "district:west" in error.value.cure


def test_a_building_is_explained_without_telling_who_lives_there(examination):
    found = explain(examination, "08.kindergarten_reach", "building:home8")
    assert (found.place, found.place_kind, found.thing_count) == ("building:home8", "building", 1)
    rows = found.values.set_index("variant")
    # 600 m along the streets and √(0 + 420²) m as the crow flies, for a rule of 300 m
    assert rows["value"].to_dict() == {"network": 0.0, "straight": 0.0}
    assert rows["numerator"].isna().all()
    assert rows["denominator"].isna().all()
    assert rows["passes"].isna().all()
    home = found.things.iloc[0]
    assert (home["cost"], home["related"], bool(home["failing"])) == (
        600.0,
        "facility:kindergarten0",
        True,
    )
    near = explain(examination, "08.kindergarten_reach", "building:home1").values
    assert near["value"].tolist() == [100.0, 100.0]
    assert json.loads(json.dumps(found.as_dict()))["values"][0]["denominator"] is None


def test_what_does_not_look_at_a_building_says_so(examination):
    row = explain(examination, "09.step_free_share", "building:home8").values.iloc[0]
    assert np.isnan(row["value"])
    assert row["evidence"] == "missing"
    assert row["reason_en"] == "This indicator does not look at this building."
    assert "不涉及" in row["reason_zh"]
