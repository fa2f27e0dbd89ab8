"""Travel times of places by public transport, on paper."""

import msgspec
import numpy as np
import pytest
from closed_town import at
from timed_town import square, timed_town
from town_builder import examination_of

from dizuo.operations.travel.destinations import read_destinations
from dizuo.operations.travel.journeys import journeys
from dizuo.operations.travel.public_transport_settings import PublicTransportSettings

pytestmark = pytest.mark.systems("L3", "S1.5")
SETTINGS = PublicTransportSettings.load()


def city_row(tmp_path, town, settings=SETTINGS):
    workshop = examination_of(town).workshop()
    places = [read_destinations(square(tmp_path / "d.csv"), workshop.get("places"))]
    rows = journeys(workshop, places, (at(7), at(8)), settings).rows
    assert set(rows["kind"]) == {"city", "district", "community"}
    return rows[rows["kind"] == "city"].iloc[0]


def test_shares_of_all_departures_of_all_residents(tmp_path):
    town = timed_town()
    town.row("buildings", "building:few")["residents"] = np.nan
    row = city_row(tmp_path, town)
    # west (512): 720 and 420 s in turn; east (64): 375 s on foot. A tenth are 57.6 of 576
    assert (row["residents"], row["reached"]) == (576, 100)
    assert (row["seconds_0.1"], row["seconds_0.5"], row["seconds_0.9"]) == (375, 420, 720)


def test_who_does_not_get_there_counts_as_longest(tmp_path):
    town = timed_town()
    town.row("buildings", "building:few")["residents"] = np.nan
    row = city_row(tmp_path, town, msgspec.structs.replace(SETTINGS, longest_journey=419.0))
    assert row["reached"] == pytest.approx(100 * 64 / 576)
    assert (row["seconds_0.1"], row["seconds_0.5"]) == (375, np.inf)


def test_nothing_is_told_of_too_few(tmp_path):
    town = timed_town()
    for home in ("west", "east"):
        town.row("buildings", f"building:{home}")["residents"] = np.nan
    row = city_row(tmp_path, town)
    assert row["hidden"] == "few"
    assert np.isnan(row["reached"])
