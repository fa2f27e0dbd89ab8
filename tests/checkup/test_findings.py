"""What becomes a finding, told on hand-made results."""

from dataclasses import replace

import numpy as np
import pytest
from test_judge import rule
from town_builder import examination_of
from town_of_powers import town_of_powers

from dizuo.articles.registry import all_indicators
from dizuo.checkup.compute import Computed
from dizuo.checkup.findings import find, limit_of
from dizuo.model.evidence import Evidence
from dizuo.model.place import PlaceKind
from dizuo.model.text import Text
from dizuo.model.values import Missing, PlaceValues, Support, Values

pytestmark = pytest.mark.systems("S8.13")

JUDGE = rule("at_least", 50.0)


@pytest.fixture(scope="module")
def workshop():
    return examination_of(town_of_powers()).workshop()


def found(workshop, result, *, place=PlaceKind.COMMUNITY, better="higher", rules=None):
    """Findings of one result under an indicator of its own."""
    one = replace(
        all_indicators()["08.bus_stop_reach"],
        id="08.made_up",
        variants=("",),
        place=place,
        better=better,
    )
    computed = Computed(one, {"": result}, {"judge": JUDGE} if rules is None else rules)
    made = [workshop.get(name) for name in ("places", "place_amounts", "hidden_places")]
    return find({one.id: computed}, *made)


def homes_values(workshop, share, **more):
    homes = workshop.get("homes")
    served = np.full(len(homes), share)
    return Values(homes.support, homes.residents * served, homes.residents, factor=100.0, **more)


def test_a_place_that_keeps_the_rule_is_no_finding(workshop):
    assert len(found(workshop, homes_values(workshop, 0.5))) == 0


def test_every_place_that_breaks_the_rule_is_one(workshop):
    table = found(workshop, homes_values(workshop, 0.4))
    assert set(table["id"]) == {
        f"08.made_up@community:{name}" for name in ("south", "north", "east")
    }
    assert table["place"].iloc[0] == "community:east"  # most residents first
    assert table["severity"].tolist() == pytest.approx([0.2] * 3)  # 40 of 50
    assert table["feature_count"].tolist() == [4, 8, 8]


def test_things_that_fall_short_are_findings_whatever_the_place_reaches(workshop):
    homes = workshop.get("homes")
    failing = homes.support.ids == "building:home15"
    result = homes_values(workshop, 1.0, failing=failing, affected=homes.residents)
    table = found(workshop, result, rules={"radius": JUDGE})
    assert table["place"].tolist() == ["community:north"]
    assert table["features"].iloc[0] == ["building:home15"]
    assert (table["residents"].iloc[0], table["severity"].iloc[0]) == (2.0**15, 1 / 8)


def test_things_that_do_not_say_whom_they_touch_leave_it_unknown(workshop):
    failing = workshop.get("homes").support.ids == "building:home15"
    result = homes_values(workshop, 1.0, failing=failing)
    row = found(workshop, result, rules={"radius": JUDGE}).iloc[0]
    assert np.isnan(row["residents"])
    assert not row["residents_suppressed"]
    assert "residents unknown" in row["text_en"]


def test_nobody_is_counted_where_nobody_says_how_many_live_there():
    town = town_of_powers()
    for row in town.rows["buildings"]:
        row |= {"residents": np.nan, "residents_evidence": "missing"}
    workshop = examination_of(town).workshop()
    buildings = workshop.get("buildings")
    count = len(buildings.support.ids)
    short = Values(
        buildings.support,
        np.zeros(count),
        np.ones(count),
        failing=np.ones(count, dtype=bool),
        affected=buildings.residents,
    )
    for table in (
        found(workshop, short, rules={"radius": JUDGE}),
        found(workshop, replace(short, failing=None, affected=None)),
    ):
        assert len(table) == 3
        assert table["residents"].isna().all()
        assert table["text_zh"].str.contains("涉及居民未知").all()


def test_what_only_describes_is_never_a_finding(workshop):
    assert len(found(workshop, homes_values(workshop, 0.0), better="none")) == 0


def test_what_nobody_judges_and_what_is_missing_is_no_finding(workshop):
    assert len(found(workshop, homes_values(workshop, 0.0), rules={})) == 0
    assert len(found(workshop, Missing(Text("no", "无")))) == 0


def test_where_a_kind_of_place_is_absent_the_next_larger_one_is_told(workshop):
    homes = workshop.get("homes")
    places = {
        kind: inside
        for kind, inside in homes.support.places.items()
        if kind is not PlaceKind.COMMUNITY
    }
    support = Support(homes.support.name, homes.support.ids, places)
    result = replace(homes_values(workshop, 0.4), support=support)
    assert set(found(workshop, result)["place_kind"]) == {"district"}


def test_a_finding_is_marked_if_its_search_reached_the_edge_of_the_data(workshop):
    homes = workshop.get("homes")
    edge = homes.support.ids == "building:home19"
    table = found(workshop, homes_values(workshop, 0.4, edge=edge)).set_index("place")
    assert table["edge"].to_dict() == {
        "community:east": True,
        "community:north": False,
        "community:south": False,
    }


def test_a_table_of_the_city_is_judged_place_by_place(workshop):
    nothing = np.full(2, np.nan)
    result = PlaceValues(
        PlaceKind.DISTRICT,
        np.array(["district:west", "district:east"]),
        np.array([40.0, 60.0]),
        nothing,
        nothing,
        Evidence.MEASURED,
    )
    table = found(workshop, result)
    assert table["place"].tolist() == ["district:west"]
    assert np.isnan(table["residents"].iloc[0])
    assert "residents unknown" in table["text_en"].iloc[0]


def test_at_most_two_hundred_features_prove_a_finding(workshop):
    count = 300
    support = Support(
        "streets",
        np.array([f"street:w{number:03}.0" for number in range(count)]),
        {PlaceKind.CITY: np.zeros(count, dtype=np.int32)},
    )
    result = Values(support, np.zeros(count), np.ones(count), failing=np.ones(count, dtype=bool))
    row = found(workshop, result, place=PlaceKind.CITY, rules={"due": JUDGE}).iloc[0]
    assert (row["feature_count"], len(row["features"])) == (300, 200)
    assert row["features"] == sorted(row["features"])


def test_the_rule_named_is_the_one_that_was_broken(workshop):
    first, second = rule("at_most", 1.0), rule("at_most", 2.0)
    rules = {"first": first, "second": second, "judge": JUDGE}
    one = all_indicators()["08.bus_stop_reach"]
    one = replace(one, variants=("",))
    failing = np.ones(len(workshop.get("homes")), dtype=bool)
    whole = homes_values(workshop, 0.0)
    assert limit_of(Computed(one, {"": whole}, rules)) is JUDGE
    each = replace(whole, failing=failing)
    assert limit_of(Computed(one, {"": each}, rules)) is first
    assert limit_of(Computed(one, {"": replace(each, limit="second")}, rules)) is second
    assert limit_of(Computed(one, {"": each}, {"judge": JUDGE})) is JUDGE
