"""One battery that every indicator must pass, whatever it measures.

Each check changes the town of powers of two and says what must hold of every value: unchanged,
scaled, never better, or refused with a message. Towns are examined once; checks share them.
"""

import math
from functools import cache

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from town_builder import METRIC, ORIGIN, examination_of
from town_of_powers import IRRELEVANT, PEOPLE, town_of_powers

from dizuo.articles.registry import all_indicators
from dizuo.base.schemas import check_layer, empty_layer
from dizuo.checkup.compute import compute, tabulate
from dizuo.model.errors import DizuoError, SchemaError
from dizuo.model.evidence import Evidence
from dizuo.resources.layers import Layers
from dizuo.resources.wiring import resources_of

INDICATORS = {name: one for name, one in all_indicators().items() if name[3].islower()}
OPTIONAL = (
    "facilities", "green", "water", "land_use", "heritage", "stops", "trees", "evaluation",
)  # fmt: skip
STREETS = ("street_nodes", "street_edges")
TRAVEL = {"walking", "walking_time", "cycling", "driving_time"}

pytestmark = pytest.mark.every_indicator("computed")
each_indicator = pytest.mark.parametrize("name", INDICATORS)


@cache
def town():
    return town_of_powers().frames()


def empty(*layers):
    return {name: empty_layer(name, METRIC) for name in layers}


@cache
def examined(which):
    """Values of a changed town: by indicator its rows, or the error that refuses it."""
    frames = {**town(), **TOWNS[which]()}
    examination = examination_of(Layers(frames.__getitem__, frames.__getitem__))
    workshop = examination.workshop()
    made = [workshop.get(name) for name in ("places", "place_amounts", "hidden_places")]
    found = {}
    for name, one in INDICATORS.items():
        try:
            computed = compute(
                {name: one},
                workshop,
                examination.rules,
                examination.day,
                examination.jurisdictions,
            )
        except DizuoError as error:
            found[name] = error
            continue
        table = tabulate(computed, *made)
        found[name] = table.set_index(
            table["variant"].astype(str) + "@" + table["place"].astype(str)
        )
    return found


def assert_scaled(found, reference, factor):
    """Every value is the reference's times a factor, and missing where that is."""
    assert set(found.index) == set(reference.index)
    value = found["value"].reindex(reference.index)
    np.testing.assert_allclose(
        value, reference["value"] * factor, rtol=1e-9, atol=1e-12, equal_nan=True
    )
    assert (found["evidence"].reindex(reference.index) == reference["evidence"]).all()


# ------------------------------------------------------------------------------ changed towns


def permuted():
    """Every layer in another order."""
    return {name: frame.sample(frac=1.0, random_state=7) for name, frame in town().items()}


def new_labels(ids):
    """Give ids new names in another order, keeping their prefix."""
    order = np.random.default_rng(11).permutation(len(ids))
    return {
        old: f"{old.partition(':')[0]}:z{number}" for old, number in zip(ids, order, strict=True)
    }


def relabelled():
    """Every id but the places' by another name, so that ties between ids fall otherwise."""
    changed = {}
    for name, frame in town().items():
        if name == "places" or not len(frame):
            continue
        changed[name] = frame.assign(id=frame["id"].map(new_labels(list(frame["id"]))))
    return changed


def moved():
    """The town elsewhere, by whole cells of the lattice."""
    return town_of_powers((ORIGIN[0] + 1020.0, ORIGIN[1] - 20_040.0)).frames()


def with_irrelevant_facility():
    """One more facility, of a category that no indicator asks for."""
    facilities = town()["facilities"]
    row = facilities.iloc[[0]].assign(
        id=f"facility:{IRRELEVANT}", feature=IRRELEVANT, category=IRRELEVANT
    )
    row = row.set_geometry([shapely.Point(ORIGIN[0] + 300, ORIGIN[1] + 10)], crs=METRIC)
    return {"facilities": gpd.GeoDataFrame(pd.concat([facilities, row], ignore_index=True))}


def doubled():
    """Twice the residents in every home."""
    buildings = town()["buildings"]
    return {"buildings": buildings.assign(residents=buildings["residents"] * 2)}


def disconnected():
    """No bridge over the river."""
    frames = town_of_powers(bridge=False).frames()
    return {name: frames[name] for name in STREETS}


def without_facilities():
    return empty("facilities")


def with_one_building():
    """Only home 0 and the streets are left."""
    return {"buildings": town()["buildings"].iloc[:1], **empty(*OPTIONAL)}


def empty_city():
    """Nothing but places."""
    return empty("buildings", *OPTIONAL, *STREETS)


def all_missing():
    """The things are there, but nothing is known about them."""
    buildings = town()["buildings"]
    unknown = dict.fromkeys(
        ("levels", "height", "floor_area", "dwellings", "residents", "start_year"), np.nan
    )
    marks = {name: "missing" for name in buildings.columns if name.endswith("_evidence")}
    blank = buildings.assign(use="unknown", heritage=False, **unknown, **marks)
    return {"buildings": blank, **empty(*OPTIONAL)}


TOWNS = {
    "as it is": dict,
    "permuted": permuted,
    "relabelled": relabelled,
    "moved": moved,
    "irrelevant": with_irrelevant_facility,
    "doubled": doubled,
    "disconnected": disconnected,
    "no facilities": without_facilities,
    "one building": with_one_building,
    "empty": empty_city,
    "missing": all_missing,
}


# ------------------------------------------------------------------------------ the checks


@each_indicator
@pytest.mark.parametrize("which", ["permuted", "relabelled", "moved", "irrelevant"])
def test_what_does_not_matter_changes_nothing(name, which):
    assert_scaled(examined(which)[name], examined("as it is")[name], 1.0)


def per_person_power(unit):
    """How a value grows with the number of residents: 1 as they do, -1 inversely, 0 not at all."""
    above, _, below = unit.partition("/")
    return ("person" in above) - ("person" in below)


def test_units_tell_how_a_value_grows_with_the_residents():
    units = ("m²/person", "stores/3k persons", "10k persons", "10k persons/km²", "%", "buildings")
    assert [per_person_power(unit) for unit in units] == [-1, -1, 1, 1, 0, 0]


@each_indicator
def test_twice_the_residents_scale_as_the_unit_says(name):
    factor = 2.0 ** per_person_power(INDICATORS[name].unit)
    assert_scaled(examined("doubled")[name], examined("as it is")[name], factor)


@each_indicator
def test_fewer_streets_serve_nobody_better(name):
    whole, cut = examined("as it is")[name], examined("disconnected")[name]
    used = resources_of(INDICATORS[name].function, INDICATORS[name].needs)
    value, reference = cut["value"].reindex(whole.index), whole["value"]
    straight = whole["variant"].astype(str) == "straight"
    if not used & {*TRAVEL, "street_sections"}:
        straight[:] = True
    np.testing.assert_allclose(value[straight], reference[straight], rtol=1e-12)
    if used & TRAVEL and INDICATORS[name].better != "none":
        sign = 1.0 if INDICATORS[name].better == "higher" else -1.0
        known = np.isfinite(value) & np.isfinite(reference)
        assert (sign * (value - reference)[known] <= 1e-9).all()


def assert_told(table):
    """What has a value has evidence for it, and what has none says why, in both languages."""
    known = np.isfinite(table["value"])
    assert (table["evidence"][known] != Evidence.MISSING.value).all()
    assert (table["evidence"][~known] == Evidence.MISSING.value).all()
    for language in ("en", "zh"):
        reasons = table[f"reason_{language}"].astype(str)
        assert (reasons[known] == "").all()
        assert (reasons[~known].str.len() > 5).all()
    assert len(table) >= len(INDICATORS[table["indicator"].iloc[0]].variants)


@each_indicator
@pytest.mark.parametrize("which", ["as it is", "no facilities", "one building", "missing"])
def test_there_is_a_value_with_evidence_or_a_reason(name, which):
    assert_told(examined(which)[name])


@each_indicator
def test_shares_lie_between_none_and_all(name):
    for which in ("as it is", "one building", "no facilities"):
        table = examined(which)[name]
        value = table["value"][np.isfinite(table["value"])]
        assert (value >= 0).all()
        if INDICATORS[name].unit == "%":
            assert (value <= 100 * (1 + 1e-12)).all()


@each_indicator
def test_without_facilities_nobody_is_served(name):
    table = examined("no facilities")[name]
    needed = resources_of(INDICATORS[name].function, INDICATORS[name].needs)
    reach = {"home_reach", "land_reach", "built_up_reach"} & needed
    if "facility_layer" in needed and reach and not {"public_green", "green_spaces"} & needed:
        assert np.nan_to_num(table["value"]).max() == 0.0


@each_indicator
def test_an_empty_city_is_refused_with_a_message_or_has_no_share_of_anything(name):
    found = examined("empty")[name]
    if isinstance(found, DizuoError):
        assert "no streets" in str(found)
        return
    assert_told(found)
    if INDICATORS[name].better != "none":  # the shape of blocks is there without anything on them
        assert np.nan_to_num(found["value"]).max() == 0.0


@each_indicator
def test_what_is_not_known_has_no_value(name):
    """Nothing is made up: where nobody is known to live, nothing is told about residents."""
    one = INDICATORS[name]
    if "homes" in resources_of(one.function, one.needs) and one.better != "none":
        table = examined("missing")[name]
        about_people = per_person_power(one.unit) or "home_reach" in resources_of(
            one.function, one.needs
        )
        if about_people:
            assert not np.isfinite(table["value"]).any()


@pytest.mark.parametrize("system", ["EPSG:4326", "EPSG:2248"], ids=["degrees", "feet"])
def test_layers_in_other_units_are_refused_with_a_message(system):
    buildings = town()["buildings"].to_crs(system)
    with pytest.raises(SchemaError, match=f"stands in {system}") as refused:
        check_layer("buildings", buildings, METRIC)
    assert refused.value.cure


def test_the_town_has_the_people_it_is_drawn_with():
    assert town()["buildings"]["residents"].sum() == PEOPLE


def test_the_irrelevant_category_is_asked_for_by_nobody():
    asked = {IRRELEVANT} & set().union(
        *(resources_of(one.function, one.needs) for one in INDICATORS.values())
    )
    assert asked == set()
    assert math.isfinite(examined("irrelevant")["01.resident_population"]["value"].iloc[0])
