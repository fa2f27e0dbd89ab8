"""Faults planted in a town that lacks nothing: each is found, and nothing else is.

All computed indicators are asked every time.
"""

from functools import cache

import numpy as np
import pytest
from sound_town import BLOCKS, SIDE, categories, sound_town
from town_builder import examination_of

from dizuo.articles.registry import all_indicators
from dizuo.checkup.examine import examine

pytestmark = pytest.mark.systems("S8.13")

EVERYWHERE = {f"block:{i}{j}" for i, j in BLOCKS}


@cache
def indicators():
    """Every indicator that is computed, and one that reads what the city filled in."""
    found = all_indicators()
    return {name: one for name, one in found.items() if name[3].islower()} | {
        "14.H03": found["14.H03"]
    }


def findings_of(town):
    return examine(examination_of(town, indicators=indicators())).findings


def ids(name, places):
    return {f"{name}@{place}" for place in places}


def walk_to_the_north(i, j):
    """Metres from a home north of the river to the nearest kindergarten south of it.

    East along its street to the only bridge at x = 560, south to y = 160, back 50 m to the last
    kindergarten of that row, and 10 m at either end.
    """
    return (560 - (50 + 80 * i)) + (80 * j - 160) + 50 + 20


# ------------------------------------------------------------------------------ the faults

FAULTS = []


def fault(expected):
    """Register a change of the town with the findings that it must give."""

    def keep(change):
        FAULTS.append(pytest.param(change, expected, id=change.__name__))
        return change

    return keep


@fault({"14.too_tall_housing@block:33"})
def a_tower_of_90_metres(town):
    town.row("buildings", "building:home33").update(levels=30, height=90.0)


@fault({"14.too_tall_housing@block:33", "14.strictly_limited_heights@block:33"})
def a_tower_of_160_metres(town):
    town.row("buildings", "building:home33").update(levels=53, height=160.0)


# The homes of column 0 are 160 m from the next nursery, within its 300 m: only the row fails.
@fault({"08.communities_short_of_nursery@community:west"})
def a_community_without_nursery(town):
    town.remove("facilities", lambda row: row["category"] == "nursery" and row["geometry"].x < 160)


@fault(ids("08.subdistricts_short_of_cultural_centre", ["community:west", "community:east"]))
def cultural_centres_a_square_metre_short(town):
    for row in town.rows["facilities"]:
        if row["category"] == "cultural_centre":
            row["floor_area"] = 2999.0


# Home (i, j) is 40 + 80 (i + j) from the police: more than 800 m if i + j > 9.
@fault(ids("08.police_reach", [f"block:{i}{j}" for i, j in BLOCKS if i + j > 9]))
def homes_beyond_the_reach_of_the_only_police_station(town):
    town.remove(
        "facilities",
        lambda row: row["category"] == "police" and row["geometry"].coords[0] != (30, -10),
    )


@fault(
    ids(
        "08.kindergarten_reach",
        [f"block:{i}{j}" for i, j in BLOCKS if j > 2 and walk_to_the_north(i, j) > 300],
    )
)
def kindergartens_across_a_river_with_one_bridge(town):
    def crosses(row):
        (west, south), (east, north) = row["geometry"].coords
        return west == east != 560 and (south, north) == (160, 240)

    town.remove("street_edges", crosses)
    town.remove(
        "facilities", lambda row: row["category"] == "kindergarten" and row["geometry"].y > 160
    )


@fault(
    ids("08.bus_stop_reach", EVERYWHERE)
    | ids("12.bus_stop_coverage", EVERYWHERE)
    | ids("12.near_stop_coverage", EVERYWHERE)
    | ids("12.walk_to_stop_in_time", EVERYWHERE)
    | ids("08.ten_minute_circle", EVERYWHERE)  # four kinds of five: 80 % are less than 85 %
)
def no_bus_stop(town):
    town.remove("facilities", lambda row: row["category"] == "bus_stop")


@fault(ids("17.fire_station_coverage", EVERYWHERE) | ids("17.fire_five_minutes", EVERYWHERE))
def no_fire_station(town):
    town.remove("facilities", lambda row: row["category"] == "fire_station")


@fault(ids("17.shelter_area", ["district:town"]) | ids("17.shelter_area_mnr", ["district:town"]))
def shelters_too_small(town):
    for row in town.rows["facilities"]:
        if row["category"] == "emergency_shelter":
            row["land_area"] = 1.0


@fault({"13.public_green_15_minutes@district:town"})
def no_large_park(town):
    town.remove("green", lambda row: row["name"] == "north")


@fault(ids("09.road_density", ["district:town"]) | ids("09.road_density_mnr", ["district:town"]))
def only_ways_inside_estates(town):
    for row in town.rows["street_edges"]:
        row["highway"] = "service"


@fault(ids("19.use_mix", [f"cell:{number}" for number in range(4)]))
def nothing_but_homes(town):
    town.remove("buildings", lambda row: row["use"] != "residential")


@fault({"20.sports_area@district:town"})
def no_running_track(town):
    town.remove("facilities", lambda row: row["category"] == "running_track")


@fault({"10.hospital_beds@city:town"})
def too_few_beds(town):
    for row in town.rows["facilities"]:
        if row["category"] == "hospital":
            row["capacity"] = 0.1


@fault({"08.old_neighbourhoods@block:22"})
def an_old_neighbourhood(town):
    town.row("buildings", "building:home22")["start_year"] = 1993.0


@fault({"14.H03@city:town"})
def hazards_that_the_city_counted(town):
    town.user_value("H03", 3.0, place="city:town")


@fault(set())
def what_no_source_maps(town):
    """Greenways that nobody mapped are not known to be absent."""
    town.remove("green", lambda row: row["kind"] == "greenway")


# ------------------------------------------------------------------------------ the tests


@pytest.fixture(scope="module")
def sound():
    return examine(examination_of(sound_town(), indicators=indicators()))


def test_a_town_that_lacks_nothing_has_no_findings(sound):
    assert list(sound.findings["id"]) == []


def test_every_verdict_on_the_sound_town_is_good(sound):
    city = sound.values[sound.values["place_kind"] == "city"]
    leading = {(name, one.variants[0]) for name, one in indicators().items()}
    judges = [key in leading for key in zip(city["indicator"], city["variant"], strict=True)]
    judged = city[np.array(judges) & city["passes"].notna()]
    assert len(judged) > 50
    assert judged["passes"].all()
    assert (judged["score"].dropna() >= 60).all()


@pytest.mark.parametrize(("change", "expected"), FAULTS)
def test_a_planted_fault_is_found_and_nothing_else(change, expected):
    town = sound_town()
    change(town)
    assert set(findings_of(town)["id"]) == expected


def test_a_finding_says_who_is_touched_what_proves_it_and_which_rule_is_broken():
    town = sound_town()
    homes_beyond_the_reach_of_the_only_police_station(town)
    found = findings_of(town).set_index("id").loc["08.police_reach@block:66"]
    assert found["residents"] == 100
    assert found["features"] == ["building:home66"]
    assert (found["value"], found["unit"]) == (0.0, "%")
    assert (found["rule"], found["threshold"]) == ("gb50180.police.radius", 800)
    assert found["severity"] == 1.0
    assert "Police station" in found["text_en"]
    assert "派出所" in found["text_zh"]


def test_a_place_that_fails_as_a_whole_names_the_rule_that_judges_it():
    town = sound_town()
    no_large_park(town)
    found = findings_of(town).iloc[0]
    assert found["rule"] == "gb50180.green.tier15.per_person"
    assert (found["value"], found["threshold"]) == (0.0, 2.0)
    assert found["residents"] == SIDE * SIDE * 100


def test_a_limit_picked_by_the_size_of_the_city_is_the_one_named():
    town = sound_town()
    a_tower_of_160_metres(town)
    found = findings_of(town).set_index("id").loc["14.strictly_limited_heights@block:33"]
    assert found["rule"] == "super_tall_buildings.smaller_city.strict_height"
    assert found["threshold"] == 150


def test_the_sound_town_has_every_category_that_is_asked_for():
    town = sound_town()
    mapped = {row["category"] for row in town.rows["facilities"]}
    assert mapped == {*categories(), "pitch", "running_track"}
    assert np.isclose(sum(row["residents"] or 0 for row in town.rows["buildings"][::2]), 4900)
