"""An edit recomputes only what it touches, and gives what a full run gives, to the last bit."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from town_builder import METRIC, ORIGIN, examination_of
from town_of_powers import town_of_powers

from dizuo.articles.registry import all_indicators
from dizuo.checkup.compute import compute, tabulate
from dizuo.checkup.examine import examine
from dizuo.checkup.what_if import WhatIf
from dizuo.resources.layers import Layers
from dizuo.resources.wiring import resources_of

INDICATORS = {name: one for name, one in all_indicators().items() if name[3].islower()}


@pytest.fixture(scope="module")
def frames():
    return town_of_powers().frames()


@pytest.fixture(scope="module")
def layers(frames):
    return Layers(frames.__getitem__, frames.__getitem__)


def values_from(workshop, examination):
    computed = compute(
        INDICATORS, workshop, examination.rules, examination.day, examination.jurisdictions
    )
    made = [workshop.get(name) for name in ("places", "place_amounts", "hidden_places")]
    return tabulate(computed, *made)


def with_kindergarten_across_the_river(frames):
    facilities = frames["facilities"]
    row = facilities[facilities["category"] == "kindergarten"].iloc[[0]]
    row = row.assign(id="facility:kindergarten9", feature="kindergarten9")
    row = row.set_geometry([shapely.Point(ORIGIN[0] + 1110, ORIGIN[1] + 390)], crs=METRIC)
    return gpd.GeoDataFrame(pd.concat([facilities, row], ignore_index=True))


def without_the_bridge(frames):
    edges = frames["street_edges"]
    return edges[~edges["bridge"]]


def with_a_new_home(frames):
    buildings = frames["buildings"]
    row = buildings[buildings["id"] == "building:home0"].iloc[[0]]
    box = shapely.box(ORIGIN[0] + 500, ORIGIN[1] + 300, ORIGIN[0] + 510, ORIGIN[1] + 310)
    row = row.assign(id="building:new", residents=4096.0).set_geometry([box], crs=METRIC)
    return gpd.GeoDataFrame(pd.concat([buildings, row], ignore_index=True))


# layer, edit, and the resources that read the layer
EDITS = [
    ("facilities", with_kindergarten_across_the_river, {"facility_layer"}),
    ("street_edges", without_the_bridge, {"layers"}),
    ("buildings", with_a_new_home, {"buildings"}),
]


@pytest.mark.parametrize(("layer", "edit", "read_by"), EDITS)
def test_an_edit_equals_a_full_run(frames, layers, layer, edit, read_by):
    before = examination_of(layers)
    workshop = before.workshop()
    baseline = values_from(workshop, before)
    after = examination_of(layers.with_layer(layer, edit(frames)))
    workshop.inputs = after.workshop().inputs
    workshop.forget(read_by)
    edited = values_from(workshop, after)
    full = values_from(after.workshop(), after)
    pd.testing.assert_frame_equal(edited, full, check_exact=True)
    assert not baseline["value"].equals(full["value"])


def test_what_an_edit_does_not_touch_is_not_made_again(frames, layers):
    examination = examination_of(layers)
    workshop = examination.workshop()
    streets, homes = workshop.get("walking"), workshop.get("homes")
    kindergartens = workshop.get("kindergarten")
    workshop.forget({"facility_layer"})
    assert workshop.get("walking") is streets
    assert workshop.get("homes") is homes
    assert workshop.get("kindergarten") is not kindergartens


def test_what_stays_knows_what_changed(frames, layers):
    workshop = examination_of(layers).workshop()
    reach = workshop.get("home_reach")
    assert reach.distances(workshop.get("kindergarten")).cost[18] == pytest.approx(1420.0)
    workshop.inputs = {
        **workshop.inputs,
        "layers": layers.with_layer("facilities", with_kindergarten_across_the_river(frames)),
    }
    workshop.forget({"facility_layer"})
    assert workshop.get("home_reach") is reach
    # home 18 stands 20 m from the new one, across its street
    assert reach.distances(workshop.get("kindergarten")).cost[18] == pytest.approx(20.0)


@pytest.fixture(scope="module")
def asked_again(layers):
    return WhatIf(examination_of(layers, indicators=INDICATORS))


def plain(values):
    """The table with its words as texts: some of them do not occur in a part of it."""
    words = values.select_dtypes("category").columns
    return values.astype(dict.fromkeys(words, "str"))


def moved_pharmacy(frames):
    facilities = frames["facilities"].copy()
    row = facilities.index[facilities["category"] == "pharmacy"][0]
    facilities.loc[row, "geometry"] = shapely.Point(ORIGIN[0] + 1110, ORIGIN[1] + 390)
    return facilities


def larger_library(frames):
    facilities = frames["facilities"].copy()
    facilities.loc[facilities["category"] == "library", "floor_area"] = 9000.0
    return facilities


def without_supermarkets(frames):
    return frames["facilities"][frames["facilities"]["category"] != "supermarket"]


@pytest.mark.parametrize(
    ("edit", "category"),
    [
        (with_kindergarten_across_the_river, "kindergarten"),
        (moved_pharmacy, "pharmacy"),
        (larger_library, "library"),
        (without_supermarkets, "supermarket"),
    ],
)
def test_an_edit_of_facilities_recomputes_only_what_hangs_on_them(
    frames, layers, asked_again, edit, category
):
    edited = edit(frames)
    found = asked_again.facilities(edited)
    examination = examination_of(layers.with_layer("facilities", edited), indicators=INDICATORS)
    full = plain(values_from(examination.workshop(), examination))
    touched = full["indicator"].isin(found.indicators)
    told, before = plain(found.values), plain(asked_again.values)
    pd.testing.assert_frame_equal(told, full[touched].reset_index(drop=True), check_exact=True)
    kept = before[~before["indicator"].isin(found.indicators)]
    pd.testing.assert_frame_equal(
        kept.reset_index(drop=True), full[~touched].reset_index(drop=True), check_exact=True
    )
    assert 0 < len(found.indicators) < len(INDICATORS) / 4
    for name in found.indicators:
        assert category in resources_of(INDICATORS[name].function, INDICATORS[name].needs)


def test_no_edit_changes_nothing_and_keeps_what_is_known(frames, asked_again):
    walking = asked_again.workshop.get("walking")
    asked_again.facilities(moved_pharmacy(frames))
    again = asked_again.facilities(frames["facilities"])
    assert again.indicators == ()
    assert asked_again.workshop.get("walking") is walking


def test_an_empty_edit_equals_the_baseline(frames, layers):
    asked = {
        name: INDICATORS[name] for name in ("08.kindergarten_reach", "19.use_mix", "13.park_walk")
    }
    baseline = examine(examination_of(layers, indicators=asked))
    same = examine(
        examination_of(layers.with_layer("buildings", frames["buildings"].copy()), indicators=asked)
    )
    for table in ("values", "findings", "scores", "sensitivity", "building_values"):
        pd.testing.assert_frame_equal(
            getattr(same, table), getattr(baseline, table), check_exact=True
        )


def test_a_what_if_leaves_the_layers_of_the_base_alone(frames, layers):
    edited = layers.with_layer("trees", frames["trees"].iloc[:0])
    assert len(edited["trees"]) == 0
    assert len(layers["trees"]) == len(frames["trees"]) > 0
    assert edited["buildings"] is layers["buildings"]
    twice = edited.with_layer("buildings", frames["buildings"].iloc[:1])
    assert (len(twice["trees"]), len(twice["buildings"])) == (0, 1)
    assert np.array_equal(twice.table("user_values").columns, layers.table("user_values").columns)
