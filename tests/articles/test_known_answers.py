"""Every indicator against an answer worked out on paper, in the town of powers of two.

The drawing and the distances are in ``town_of_powers``. ``WALKED`` and ``FLOWN`` say which homes
lie within a distance of A along the streets and as the crow flies.
"""

import math
from statistics import pstdev

import pytest
from town_builder import values_of
from town_of_powers import BUILT_UP, HOMES, LAND, PEOPLE, A, home_place, people, town_of_powers

from dizuo.resources.analysis import Analysis

CITY = "city:paper"
ALL = set(range(HOMES))
WEST = set(range(16))

# 20 m for home 0; else 20 + 200 (i + j) for i > 0 and 200 + 200 j for i = 0
WALKED = {
    70: {0},
    300: {0, 1},
    400: {0, 1, 4},  # home 4 stands at 400 m to the millimetre
    500: {0, 1, 2, 4, 5},
    600: {0, 1, 2, 4, 5, 8},
    800: {0, 1, 2, 3, 4, 5, 6, 8, 9, 12},
    900: WEST - {11, 14, 15},
    1000: WEST - {11, 14, 15},  # the bridge makes home 16 stand at 1020 m
}
# √((200 i)² + (200 j + 20)²)
FLOWN = {
    70: {0},
    300: {0, 1, 4, 5},
    400: {0, 1, 4, 5},  # home 2: √(400² + 20²) > 400
    500: {0, 1, 2, 4, 5, 6, 8, 9},
    600: {0, 1, 2, 4, 5, 6, 8, 9, 10},
    800: WEST - {15},
    900: WEST,
    1000: WEST,
}


def share(homes):
    """Per cent of residents who live in some homes."""
    return 100 * people(*homes) / PEOPLE


def land(homes):
    """Per cent of residential land: one sample a home."""
    return 100 * len(homes) / HOMES


def mean_share(kinds):
    """Mean over kinds of facilities of the share of residents that have each."""
    return sum(share(homes) for homes in kinds) / len(kinds)


def built_up_within(radius):
    """Per cent of built-up land, counted point by point: 5 × 5 samples around each building."""
    centres = [home_place(home) for home in range(HOMES)]
    centres += [(110, 110), (310, 110), (510, 110), (710, 110), (110, 310)]
    steps = (-40, -20, 0, 20, 40)
    samples = [(x + dx, y + dy) for x, y in centres for dx in steps for dy in steps]
    return 100 * sum(math.dist(point, A) <= radius for point in samples) / len(samples)


KNOWN = []


def known(indicator, value, variant="", place=CITY):
    KNOWN.append(
        pytest.param(indicator, variant, place, value, id=f"{indicator}:{variant}@{place}")
    )


def both(indicator, radius, answer=share):
    known(indicator, answer(WALKED[radius]), "network")
    known(indicator, answer(FLOWN[radius]), "straight")


# ------------------------------------------------------------- residents within reach of A

for _category, _radius in {
    "middle_school": 1000,
    "primary_school": 500,
    "kindergarten": 300,
    "nursery": 300,
    "community_health_centre": 1000,
    "clinic": 1000,
    "health_station": 300,
    "elderly_day_care": 300,
    "cultural_centre": 1000,
    "cultural_station": 500,
    "sports_centre": 1000,
    "fitness_station": 300,
    "community_service_centre": 1000,
    "townhall": 1000,
    "police": 800,
    "community_service_station": 300,
    "shopping_centre": 500,
    "food_market": 500,
    "subway_station": 800,
    "bus_stop": 500,
    "waste_collection": 70,
    "waste_station": 400,
    # no radius of their own: the walking distance of their circle
    "retirement_home": 1000,
    "nursing_home": 1000,
    "judicial_office": 1000,
    "supermarket": 300,
    "hairdresser": 300,
    "laundry": 300,
    "convenience": 300,
    "community_canteen": 300,
}.items():
    both(f"08.{_category}_reach", _radius)

both("09.rail_station_reach", 800)
both("10.pharmacy_reach", 1000)
both("10.primary_care_walk", 900)  # 15 min × 60 m/min
both("10.elderly_care_walk", 900)
both("12.recycling_reach", 300)
both("17.shelter_reach", 500)
both("18.museum_reach", 1000)
both("20.library_reach", 1000)
both("20.playground_reach", 300)
both("22.public_toilet_reach", 300)
known("17.defibrillator_reach", share(WALKED[400]))  # 5 min × 80 m/min

# Grounds touch the street, so they are met at the two ends of the side along it.
# Large, at (100..163, 0): home (i, j) at 200 i - 43 + 200 j for i > 0, 147 + 200 j for i = 0;
# only home 15 is too far in the west, and home 16 comes over the bridge in 947 + 10 m.
known("08.large_sports_ground_reach", share(WEST - {15} | {16}), "network")
# To the west side of the pitch at x = 163: home 16 at 947 m, home 17 at √(947² + 210²) = 970.
known("08.large_sports_ground_reach", share(WEST | {16, 17}), "straight")
# Medium, at (300..340, 0): homes 0-3 along the street; 4 (400 m), 5 (360 m), 6 (380 m) round by
# a corner; home 7 at 110 + 200 + 260 + 10 = 580 m.
known("08.medium_sports_ground_reach", share({0, 1, 2, 3, 4, 5, 6}), "network")
# 190, 0, 170 and 370 m aside of the pitch: up to row 2, and row 1 in the last column.
known("08.medium_sports_ground_reach", share(WEST - {11, 12, 13, 14, 15}), "straight")
# Small, at (500..540, 0): 200, 20 and 180 m; home 6 at 90 + 200 + 60 + 10 = 360 m.
known("08.small_sports_ground_reach", share({1, 2, 3}), "network")
known("08.small_sports_ground_reach", share({1, 2, 3, 5, 6, 7}), "straight")

# ------------------------------------------------------------- how complete a neighbourhood is

# Five-minute circle: five kinds at 300 m or less, one at 500 m, one at 400 m, small grounds.
SMALL = {"network": {1, 2, 3}, "straight": {1, 2, 3, 5, 6, 7}}
MEDIUM = {"network": {0, 1, 2, 3, 4, 5, 6}, "straight": WEST - {11, 12, 13, 14, 15}}
LARGE = {"network": WEST - {15} | {16}, "straight": WEST | {16, 17}}
for _way, _reached in (("network", WALKED), ("straight", FLOWN)):
    _five = [_reached[radius] for radius in (300, 300, 500, 300, 300, 400)]
    known("08.five_minute_circle", mean_share([*_five, SMALL[_way]]), _way)
    known("08.ten_minute_circle", mean_share([*[_reached[500]] * 4, MEDIUM[_way]]), _way)
    known("08.fifteen_minute_circle", mean_share([*[_reached[1000]] * 6, LARGE[_way]]), _way)

both("08.daily_life_formats", 900)  # 15 min × 60 m/min, every format at A
both("08.embedded_services", 900)
both("08.complete_community_items", 600)  # 10 min × 60 m/min

# All facilities stand in the community `south`, so the two others are short of each.
for _short in (
    "communities_short_of_nursery",  # of unknown floor area: counts as large enough
    "communities_short_of_kindergarten",  # 2200 m² on 3500 m²: just enough
    "communities_short_of_activity_ground",  # 150 m²: just enough
    "subdistricts_short_of_sports_ground",  # 3150 m²: just enough
    "subdistricts_short_of_cultural_centre",  # 3000 m²: just enough
):
    known(f"08.{_short}", 2)
    known(f"08.{_short}", 0, place="community:south")
    known(f"08.{_short}", 1, place="community:east")
known("08.communities_short_of_elderly_care", 3)  # 349 m² of the 350 m² that are due
known("08.convenience_supply", 3000 / PEOPLE)
known("08.workplace_floor", 1.0)  # (6000 + 250 + 3000 + 3125 + 125) / (19 × 500 + 3000)
# begun in 1980: homes 0-3, 43 years old; in 2010: homes 4-7; of the others no year is known
known("08.old_housing_share", 100 * people(0, 1, 2, 3) / people(*range(8)))
known("08.old_neighbourhoods", 4)
known("08.old_neighbourhoods", 1, place="block:30")

# ------------------------------------------------------------- residential land within reach

both("10.middle_school_coverage", 1000, land)
both("08.food_market_coverage", 500, land)
known("20.football_pitch_coverage", land(LARGE["network"]), "network")
known("20.football_pitch_coverage", land(LARGE["straight"]), "straight")
# The park of 10 ha, by its gates (0, 1000) and (400, 1000): home 13 at 90 + 200 + 200 + 10 m,
# exactly 500; homes 12 and 14 at 520 m. The garden of 1600 m², by its gates (420, 0), (460, 0):
# homes 1 (120 m), 2 (60 m), 3 (260 m); homes 0 and 5 at 320 m.
known("13.park_coverage", land({13} | {1, 2, 3}), "network")
# 390 m, and 443 m for home 15, to the park; homes 0 (310 m) and 7 (302 m) miss the garden.
known("13.park_coverage", land({12, 13, 14, 15} | {1, 2, 3, 5, 6}), "straight")
known("13.park_walk", land({1, 2, 3}), "network")  # the park is more than 300 m from everyone
known("13.park_walk", land({1, 2, 3, 5, 6}), "straight")
# from x = 1390: column 2 at 880 m, and at √(880² + 210²) = 905 m in row 3; column 1 at 1080 m
known("13.greenway_coverage", land(ALL - {0, 1, 4, 5, 8, 9, 12, 13}), "straight")

for _kind in ("health", "middle_school", "elderly_care", "culture", "food_market"):
    known("10.fifteen_minute_services", land(WALKED[1000]), _kind)
known("10.fifteen_minute_services", land(WALKED[500]), "primary_school")
# any pitch: home 15 to the medium one in 980 m, home 18 to the small one in 980 m, home 19 not
known("10.fifteen_minute_services", land(ALL - {19}), "sport")
known("10.fifteen_minute_services", (5 * 65 + 25 + 95) / 7, "mean")

# ------------------------------------------------------------- built-up land: 25 samples a building

# 25 around homes 0, 1, 4, the office and the shop; 14 around home 5 (of dx, dy in 160..240 and
# 180..260: 4 + 4 + 3 + 2 + 1) and 6 around the old house (of dy 280..360: 5 + 1). √(180² + 240²)
# is 300: the limit itself counts.
known("12.near_stop_coverage", 100 * (5 * 25 + 14 + 6) / 625, "straight")
known("12.bus_stop_coverage", built_up_within(500), "straight")
# By engine: 7.5 s to the street, 87.2 s along the arterial, 57.6 s along two streets, then the
# cul-de-sac at 4 km/h: of the 25 samples around home 19 only four are there in 240 s.
for _fire in ("17.fire_station_coverage", "17.fire_five_minutes"):
    known(_fire, 100 * (625 - 21) / 625, "network")
    known(_fire, 100.0, "straight")
known("17.ambulance_coverage", 100.0)  # all within 5 km
known("13.pervious_share", 100 * 1 / 625)  # the private garden is one sample

# ------------------------------------------------------------- amounts for each resident

known("01.resident_population", PEOPLE / 10_000)
known("01.resident_population", people(16, 17, 18, 19) / 10_000, place="district:east")
for _one in ("09.charging_stations", "09.public_parking", "12.bicycle_parking"):
    known(_one, 10_000 / PEOPLE)
known("10.hospital_beds", 1000 * 600 / PEOPLE)
known("10.housing_area_per_resident", (19 * 500 + 3000) / PEOPLE)
known("12.recycling_supply", 3000 / PEOPLE)
known("13.park_area_per_resident", (100_000 + 1600) / PEOPLE)  # neither private nor forest
known("13.public_green_15_minutes", 100_000 / PEOPLE)
known("13.public_green_10_minutes", 0.0)
known("13.public_green_5_minutes", 0.0)  # 1600 m² are less than 0.4 ha
known("13.comprehensive_parks", 100_000 * 1 / PEOPLE)
known("17.shelter_area", 2000 / PEOPLE)
known("17.shelter_area_mnr", 2000 / PEOPLE)
known("17.refuge_space", 100_000 / PEOPLE)  # the garden is smaller than 0.2 ha
known("19.construction_land_per_resident", 250_000 / PEOPLE)
known("19.population_density", PEOPLE / 10_000 / BUILT_UP)
known("20.cultural_area", (1000 + 500 + 3000) / PEOPLE)
known("20.sports_area", (3150 + 1600 + 800 + 2500 - 650) / PEOPLE)
known("20.venues", 100_000 / PEOPLE, "theatre")
known("20.venues", 100_000 / PEOPLE, "cinema")

# ------------------------------------------------------------- how even, how fast, how safe

# The reached share alike, the others have nothing: G = 1 - share of those who are reached.
for _category in ("primary_school", "kindergarten", "clinic", "pharmacy"):
    known(f"10.{_category}_access_inequality", 1 - share(WALKED[1000]) / 100)
known("10.middle_school_access_inequality", 0.0)  # 2000 m reach everyone: home 19 at 1620 m
known("10.hospital_drive_time", 100.0)
known("12.cycling_to_rail", 100.0)  # 2500 m reach everyone
known("12.walk_to_stop_in_time", share(WALKED[800]))  # ten minutes at 4.8 km/h, on the level
known("12.weekday_departures", 50.0)  # homes 17-19, most of the people, have the second stop
known("12.weekday_departures", 0.0, place="community:south")  # 55 of 255 have the first
known("17.single_way_out", share({16, 17, 18, 19}))  # all who need the bridge
# to the park's gates: row 3 from 500 m, row 2 from 700 m, row 1 from 900 m but home 7
known("17.refuge_walk", share({4, 5, 6} | set(range(8, 16))), "network")
# home 3 at √(210² + 990²) = 1012 m, home 16 at 1163 m; home 17 at √(610² + 790²) = 998 m
known("17.refuge_walk", share(ALL - {3, 16}), "straight")
known("14.walk_up_homes", share(ALL - {19}))  # home 19 has three levels
known("14.too_tall_housing", 1)  # home 15: 90 m
known("14.too_tall_housing", 1, place="block:33")
known("14.super_tall_buildings", 1)  # the office: 160 m
known("14.strictly_limited_heights", 1)
known("14.strictly_limited_heights", 1, place="block:00")

# ------------------------------------------------------------- streets

# 16 streets of 200 m in the four rows with homes; three in the east and the cul-de-sac
known("09.road_density", (16 * 0.2 + 3 * 0.2 + 0.2) / BUILT_UP)
known("09.road_density_mnr", 16.0)
# Of the 25 in the west all but three corners (the bridge gives the fourth a third arm); in the
# east those at (1000, 0), (1000, 200), (1200, 200), (1200, 400).
known("09.junction_density", 26 / LAND)
known("09.dead_end_share", 100 * 2 / 28)  # the service way and the cul-de-sac
# arms: 9 × 4 + 12 × 3 + 1 (service way) + 3 (bridge) in the west, 4 × 3 in the east, 2 ends
known("09.links_per_node", (36 + 36 + 1 + 3 + 12 + 2) / 2 / 28)
known("09.footway_density", (0.2 + 0.1 + 0.2) / LAND)  # footway, steps, pedestrian street
# 40 + 7 streets of 200 m, bridge, cul-de-sac, footway, pedestrian and service way, 100 m of steps
known("09.step_free_share", 100 * 10_400 / 10_500)
known("09.connected_streets", 100.0)
known("12.cycleway_density", 0.2 / LAND)
known("22.pedestrian_space", 0.2 / LAND)
known("22.lit_streets", 80.0)  # 800 m of 1000 m whose lighting is mapped
known("09.small_blocks", 100 * 72 / 78)  # 18 blocks of 4 ha, one of 6 ha
known("09.block_size", 4.0)

# ------------------------------------------------------------- land, water, form, heritage

known("13.green_share", 100 * 0.14 / LAND)  # 100,000 + 1600 + 400 + 2000 + 36,000 m²
known("13.forest_cover", 100 * 0.036 / LAND)
known("13.water_surface", 100 * 0.112 / 2.352)  # of the whole area, water included
known("13.pocket_parks", 1 / LAND)
known("18.heritage_density", 3 / LAND)
known("18.heritage_area", 0.01)
known("18.old_buildings", 100 * 1 / 25)
known("19.floor_area_ratio", 0.025 / LAND)
known("19.floor_area_ratio", 6500 / 40_000, place="block:00")  # home 0 and the office
known("19.building_coverage", 100 * 0.0025 / LAND)
known("19.building_coverage", 0.5, place="block:00")
known("19.building_density", 25 / (100 * LAND))
known("19.building_density", 2 / 4, place="block:00")
known("19.height_spread", pstdev([15] * 18 + [90, 9, 160, 6, 9, 3, 6]))
# floor area in eighths: 4 homes, 2 shops and offices, 1 public, 1 production; 1.75 of 2 bits
known("19.use_mix", 0.875)
# 14 stretches of 10 m from y = 80 to 220, each with its middle within 20 m of the bank's grass
known("19.blue_green_interface", 140 / (100 * LAND))
known("19.street_trees", 8 / 9.8)  # 40 + 7 streets, bridge and cul-de-sac of 200 m
# a square has π/4, 200 m × 300 m have 4π × 60,000 / 1000²
known("19.block_compactness", (72 * math.pi / 4 + 6 * 4 * math.pi * 0.06) / 78)
known("19.height_classes", 4.0, "low_rise")  # 500 of 12,500 m² of housing
known("19.height_classes", 72.0, "multi_storey_1")
known("19.height_classes", 24.0, "taller")
known("22.heights_known", 96.0)  # of the factory they are a guess
known("22.public_toilet_density", 1 / BUILT_UP)
known("22.street_furniture", 1 / LAND, "bench")
known("22.street_furniture", 1 / LAND, "drinking_water")

# Of 128 events 32, of 128 components 64; in the south 8 of 32 events.
for _cases in ("settled_on_time", "closed", "reworked"):
    known(f"21.cases_{_cases}", 100 * 96 / 256, "city")
    known(f"21.cases_{_cases}", 25.0, "community", "community:south")
known("21.escalations_resolved", 75.0, "city")
known("21.dispatch_accuracy", 100 * 96 / 256, "city")
for _appeals in ("contacted", "resolved", "satisfied", "settled_on_time"):
    known(f"23.appeals_{_appeals}", 75.0, "city")
known("12.public_transport_shift", 4.0)
known("12.peak_shift", math.nan)  # -1 to 5 points: chance may have done it
known("21.enforcement_staff", 64 / 104.8575, "city")  # 1,048,575 residents
known("21.enforcement_staff", 16 / 6.5535, "district", "district:west")
known("21.enforcement_staff_density", 64 / LAND, "city")
known("21.enforcement_workload", 128 / 64 * 365.25 / 30)  # 128 cases in the 30 days of November
known("21.enforcement_staff_gap", math.nan, "city")  # no city's rule says how many
known("23.community_workers", 1024 / 104.8575, "city")
known("23.disputes_settled_on_time", 75.0, "city")
known("21.proposals_adopted", 25.0, "city")
# South 255, north 65,280 and east 983,040 residents: every load is the residents over one facility.
known("23.very_large_communities", 2)
known("23.very_large_communities", 0, place="community:south")
known("23.community_overload", 983_040 / 65_280)
known("23.community_overload", 255 / 65_280, place="community:south")
known("23.community_parts", 3, place="community:east")
known("22.services_settled_on_time", 75.0, "city")
known("22.shared_services_uptake", 50.0, "city")
known("22.shared_services_missed", 12.5, "city")
known("15.hazards_rectified_on_time", 75.0, "city")
known("15.rectifications_sent_back", 12.5, "city")


@pytest.mark.every_indicator("computed")
@pytest.mark.parametrize(("indicator", "variant", "place", "value"), KNOWN)
def test_answer_on_paper(paper_values, indicator, variant, place, value):
    found = paper_values[indicator, variant, place]
    assert found.value == pytest.approx(value, rel=1e-9, abs=1e-9, nan_ok=True)


def test_every_indicator_has_an_answer_on_paper(indicators):
    answered = {(case.values[0], case.values[1]) for case in KNOWN}
    asked = {(name, one.variants[0]) for name, one in indicators.items()}
    assert asked - answered == set()


@pytest.mark.parametrize(
    "name", ["08.old_housing_share", "08.old_neighbourhoods", "22.lit_streets"]
)
def test_the_little_that_is_known_does_not_speak_for_the_rest(indicators, name):
    """Old houses are dated and lit streets told more often than others: a share would mislead."""
    asked = {name: indicators[name]}
    analysis = Analysis.load({"least_known_share": 0.9})
    values, _ = values_of(town_of_powers(), asked, analysis=analysis)
    city = values[values["place_kind"] == "city"]
    assert city["value"].isna().all()
    assert city["reason_en"].str.contains("90% are needed").all()
