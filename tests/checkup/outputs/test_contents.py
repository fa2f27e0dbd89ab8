# ruff: noqa: PD011 - the values of a checkup are a table of that name
import dataclasses

import numpy as np
import pandas as pd
import pytest

from dizuo.checkup.outputs.contents import (
    Column,
    building_columns,
    columns_of,
    place_kinds,
    publishable_values,
    ranked_findings,
    set_title,
    variant_title,
)


def test_amounts_of_small_places_and_single_buildings_are_kept_back(town):
    building = town.values.head(1).assign(place="building:w0", place_kind="building")
    checkup = dataclasses.replace(
        town, values=pd.concat([town.values, building], ignore_index=True)
    )
    shown = publishable_values(checkup).set_index("place")
    assert shown.loc["building:w0", ["numerator", "denominator"]].isna().all(axis=None)
    assert shown.loc["block:0", ["numerator", "denominator"]].isna().all(axis=None)
    assert shown.loc["district:0", "denominator"].notna().any()
    assert shown["value"].equals(checkup.values.set_index("place")["value"])


def test_every_variant_is_a_column(town):
    columns = columns_of(town)
    assert Column("08.kindergarten_reach", "straight") in columns
    assert Column("09.green_share", "") in columns
    assert len(columns) == len(set(columns)) == 15
    assert Column("a", "b").name == "a:b"
    assert Column("a", "").name == "a"


def test_kinds_run_from_the_city_to_the_block(town):
    assert place_kinds(town) == ["city", "district", "community", "cell", "block"]


@pytest.mark.parametrize("mark", [":", "/", "."])
def test_columns_of_buildings_are_known_however_their_variant_is_joined(town, mark):
    table = pd.DataFrame(
        {"id": ["building:w1"], f"08.kindergarten_reach{mark}network": [50.0], "other": [1.0]}
    )
    found = building_columns(dataclasses.replace(town, building_values=table))
    assert list(found.columns) == ["08.kindergarten_reach:network"]
    assert found.index.tolist() == ["building:w1"]


def test_findings_that_touch_most_residents_come_first(town):
    residents = ranked_findings(town)["residents"].to_numpy()
    known = residents[np.isfinite(residents)]
    assert (np.diff(known) <= 0).all()
    assert np.isnan(residents[len(known) :]).all()


def test_unknown_variants_and_sets_are_shown_as_they_are_spelt():
    assert variant_title("tier_5").zh == "tier 5"
    assert variant_title("network").zh == "按路网"
    assert set_title("our_own").en == "our own"
    assert set_title("mnr").zh.startswith("国土空间")
