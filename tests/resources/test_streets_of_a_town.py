"""Distances and times of the town of powers, by the resources that articles ask for."""

from itertools import pairwise

import numpy as np
import pytest
from town_builder import Town, examination_of
from town_of_powers import home_place, town_of_powers

from dizuo.model.errors import DizuoError


@pytest.fixture(scope="module")
def workshop():
    return examination_of(town_of_powers()).workshop()


def by_home(origins, distances):
    ids = (name.removeprefix("building:home") for name in origins.support.ids)
    return {int(name): float(cost) for name, cost in zip(ids, distances.cost, strict=True)}


def test_walking_distances_count_both_access_legs(workshop):
    homes = workshop.get("homes")
    found = by_home(homes, workshop.get("walking").reach(homes, workshop.get("police")))
    assert found[0] == 20.0
    assert found[3] == 620.0  # along the row
    assert found[4] == 400.0  # round by the nearer corner
    assert found[15] == 1220.0
    assert found[16] == 1020.0  # over the bridge
    assert found[19] == 1090 + 510 + 20


def test_the_nearest_facility_is_named(workshop):
    homes = workshop.get("homes")
    found = workshop.get("walking").reach(homes, workshop.get("pitch"))
    nearest = dict(zip(homes.support.ids, found.nearest, strict=True))
    assert nearest["building:home0"] == "facility:pitch0"
    assert nearest["building:home2"] == "facility:pitch2"


def test_driving_takes_the_time_that_its_streets_allow(workshop):
    homes = workshop.get("homes")
    found = by_home(homes, workshop.get("driving_time").reach(homes, workshop.get("hospital")))
    legs = 2 * 10 / (4.8 / 3.6)
    assert found[16] == pytest.approx(legs + 1000 / (45 / 3.6), abs=0.01)  # 1 km of arterial
    # 1090 m of arterial, 400 m of streets, 110 m of cul-de-sac at four fifths of 5 km/h
    slow = 1090 / (45 / 3.6) + 400 / (25 / 3.6) + 110 / (5 * 0.8 / 3.6)
    assert found[19] == pytest.approx(legs + slow, abs=0.01)


def test_stairs_are_walked_at_half_the_speed(workshop):
    streets = workshop.get("walking_time")
    seconds = {
        round(cost / 1000, 3) for cost in streets.graph.costs.tolist()
    }  # 200 m, and 100 m of steps
    assert 150.0 in seconds  # 200 m at 4.8 km/h: also 100 m at 2.4 km/h
    assert 75.0 not in seconds


def test_bicycles_use_cycleways_and_cannot_use_footways(workshop):
    rides, walks = workshop.get("cycling"), workshop.get("walking")
    kinds = workshop.get("layers")["street_edges"]["highway"]
    assert len(rides.edges) == len(walks.edges) == len(kinds)
    assert rides.edges.usable.sum() == (~kinds.isin(["footway", "steps", "pedestrian"])).sum()
    assert walks.edges.usable.sum() == (kinds != "cycleway").sum()


def test_one_way_streets_are_walked_both_ways_and_driven_one():
    town = Town()
    town.outline(-200, -200, 400, 400)
    town.place("city", "paper", -200, -200, 400, 400)
    # a ring of one-way streets, 200 m each, anticlockwise
    ring = [(0, 0), (200, 0), (200, 200), (0, 200), (0, 0)]
    for start, end in pairwise(ring):
        town.street(start, end, one_way=True)
    town.building("home0", 110, 10, residents=1.0)
    town.facility("hospital", 50, -10)  # 60 m against the traffic, 740 m with it
    workshop = examination_of(town).workshop()
    homes, hospital = workshop.get("homes"), workshop.get("hospital")
    assert workshop.get("walking").reach(homes, hospital).cost[0] == 80.0
    drive = workshop.get("driving_time")
    access = 20 / (4.8 / 3.6)
    there = drive.reach(homes, hospital).cost[0]
    back = drive.reach(homes, hospital, towards=False).cost[0]
    assert there == pytest.approx(access + 740 / (25 / 3.6), abs=0.01)
    assert back == pytest.approx(access + 60 / (25 / 3.6), abs=0.01)


def test_nothing_is_reached_without_a_street():
    town = Town()
    town.outline(-200, -200, 400, 400)
    town.place("city", "paper", -200, -200, 400, 400)
    town.building("home0", 110, 10, residents=1.0)
    workshop = examination_of(town).workshop()
    with pytest.raises(DizuoError, match="no streets"):
        workshop.get("walking")


def test_what_is_not_there_is_infinitely_far(workshop):
    homes = workshop.get("homes")
    found = workshop.get("walking").reach(homes, workshop.get("veterinary"))
    assert np.isinf(found.cost).all()
    assert set(found.nearest) == {""}


def test_straight_distances_meet_areas_at_their_outline(workshop):
    reach, grounds = workshop.get("home_reach"), workshop.get("football_pitch")
    found = by_home(workshop.get("homes"), reach.distances(grounds, "straight"))
    x, y = home_place(3)
    assert found[3] == pytest.approx(np.hypot(x - 163, y))
    assert found[0] == pytest.approx(10.0)  # right above the pitch


def test_homes_behind_the_bridge_have_a_single_way_out(workshop):
    homes, escape = workshop.get("homes"), workshop.get("single_access")
    cut_off = {name for name, cut in zip(homes.support.ids, escape.cut_off, strict=True) if cut}
    assert cut_off == {f"building:home{home}" for home in (16, 17, 18, 19)}
