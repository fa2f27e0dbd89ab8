"""What leaves a checkup tells nothing of fewer people than may be told, nor of single homes."""

import re

import numpy as np
import pandas as pd
import pytest
from town_builder import examination_of
from town_of_powers import town_of_powers

from dizuo.articles.registry import all_indicators
from dizuo.checkup.examine import examine
from dizuo.checkup.explain import explain
from dizuo.resources.analysis import Analysis
from dizuo.resources.layers import Layers

pytestmark = pytest.mark.systems("S22.4")

INDICATORS = {name: one for name, one in all_indicators().items() if name[3].islower()}


def checkup_of(frames, **changes):
    layers = Layers(frames.__getitem__, frames.__getitem__)
    examination = examination_of(layers, indicators=INDICATORS, **changes)
    return examination, examine(examination)


@pytest.fixture(scope="module")
def frames():
    return town_of_powers().frames()


@pytest.fixture(scope="module")
def town(frames):
    return checkup_of(frames)


@pytest.fixture(scope="module")
def crowded(frames):
    """The same homes with twice the residents."""
    buildings = frames["buildings"]
    more = buildings.assign(residents=buildings["residents"] * 2)
    return checkup_of({**frames, "buildings": more})


def test_no_table_tells_fewer_residents_than_may_be_told(town):
    _, checkup = town
    for table in (checkup.places, checkup.findings):
        told = table["residents"].dropna()
        assert not ((told > 0) & (told < 10)).any()
    values = checkup.values  # noqa: PD011 - a table of its own
    persons = values["indicator"].isin(
        [name for name, one in INDICATORS.items() if one.unit == "%" and one.id[:2] == "08"]
    )
    for column in ("numerator", "denominator"):
        told = values.loc[persons & (values["place_kind"] == "block"), column].dropna()
        assert len(told)
        assert not ((told > 0) & (told < 10)).any()


def test_the_town_has_blocks_to_hide_and_says_that_it_hides_them(town):
    _, checkup = town
    # homes 0 to 3 have 1, 2, 4 and 8 residents; nothing gives a single one of them away
    blocks = checkup.places.set_index("id")["residents"]
    assert blocks[["block:00", "block:10", "block:20", "block:30"]].isna().all()
    assert blocks["block:01"] == 16.0
    few = checkup.findings[checkup.findings["residents_suppressed"]]
    assert len(few)
    assert few["residents"].isna().all()
    assert few["text_en"].str.contains("fewer residents than may be told").all()
    assert few["text_zh"].str.contains("不予公布").all()


def test_a_sentence_never_tells_what_its_row_leaves_out(town):
    _, checkup = town
    for text in checkup.findings["text_en"]:
        told = re.search(r"\(\d+ [^,]*, ([\d,]+) residents\)", text)
        assert told is None or not 0 < int(told[1].replace(",", "")) < 10


def test_a_city_may_ask_for_larger_groups(frames):
    _, checkup = checkup_of(frames, analysis=Analysis.load({"smallest_group": 1000}))
    told = checkup.places["residents"].dropna()
    assert not ((told > 0) & (told < 1000)).any()


def test_values_of_buildings_are_the_same_however_many_live_there(town, crowded):
    pd.testing.assert_frame_equal(town[1].building_values, crowded[1].building_values)


def test_layers_for_maps_hold_no_residents(town):
    for frame in town[1].layers.values():
        assert not [name for name in frame.columns if "resident" in name or "person" in name]


def amounts_of_persons(table, other):
    """Columns that differ where nothing but the number of residents does."""
    return [
        name
        for name in table.columns
        if not table[name].astype(str).equals(other[name].astype(str))
    ]


@pytest.mark.parametrize("name", INDICATORS)
def test_explaining_a_value_tells_no_persons_of_single_things(town, crowded, name):
    mine, other = explain(town[0], name).things, explain(crowded[0], name).things
    assert list(mine.columns) == list(other.columns)
    if "numerator" in mine and not mine.equals(other):
        # blocks and communities may be counted in persons, but not in few
        told = mine[amounts_of_persons(mine, other)].to_numpy(dtype=float)
        assert not ((told > 0) & (told < 10)).any()
        return
    pd.testing.assert_frame_equal(mine, other)
    assert np.isin(["residents", "affected"], mine.columns).sum() == 0
