"""A town whose k-th home has 2^k residents, so that a total says exactly who was reached.

West bank: a grid of streets 200 m apart, five by five. East bank: two by three, and a cul-de-sac.
A river 80 m wide lies between them; one bridge crosses it, at the south end.

    y
    1200 +--park P1 (10 ha)--+ forest       |  |
    1000 |  .    .    .      |              |  |
     800 o----o----o----o----o              |r |
         |    |    |    |    |              |i |          | cul-de-sac, home 19
     600 o-12-o-13-o-14-o-15-o              |v |          o
         |    |    |    |    |              |e |          |
     400 o--8-o--9-o-10-o-11-o              |r |   o-18-o
     200 o--4-o--5-o--6-o--7-o              |  |   o-17-o
       0 o--0-o--1-o--2-o--3-o ---bridge--- |  |---o-16-o
         0   200  400  600  800            860 940  1000 1200   x

Home 4j + i stands at (110 + 200 i, 10 + 200 j), 10 m north of its street: 110 m from the corner on
its left and 90 m from that on its right. Unless said otherwise a facility stands at A = (110, -10),
10 m south of the same street as home 0. So along the streets home (i, j) is from A

    20 + 200 i + 200 j    if i > 0   (along the row, and up)
    200 + 200 j           if i = 0 and j > 0  (by the nearer corner: 10 + 90 + 200 j + 90 + 10)
    20                    for home 0
    1020 and more         for the homes on the east bank.
"""

import numpy as np
import shapely
from town_builder import Town

from dizuo.standards.catalogue import load_facility_catalogue

HOMES = 20
PEOPLE = 2**HOMES - 1
LAND = 2.24  # km²: 1680 m × 1400 m without the river's 80 m × 1400 m
BUILT_UP = 0.25  # km²: 25 buildings of one hectare each
A = (110.0, -10.0)
ELSEWHERE = {"pitch", "football_pitch", "running_track"}
IRRELEVANT = "veterinary"
SIZES = {
    "elderly_day_care": {"floor_area": 349.0},  # one square metre short of what is due
    "kindergarten": {"floor_area": 2200.0, "land_area": 3500.0},
    "playground": {"land_area": 150.0},
    "cultural_centre": {"floor_area": 3000.0},
    "library": {"floor_area": 1000.0},
    "museum": {"floor_area": 500.0},
    "emergency_shelter": {"land_area": 2000.0},
    "hospital": {"capacity": 600.0},
}


def people(*homes):
    """Residents of some homes together."""
    return sum(2**home for home in homes)


def home_place(home):
    """Where a home stands."""
    if home < 16:
        return 110.0 + 200 * (home % 4), 10.0 + 200 * (home // 4)
    return [(1110.0, 10.0), (1110.0, 210.0), (1110.0, 410.0), (1190.0, 510.0)][home - 16]


def town_of_powers(origin=None, *, bridge=True):
    """Build the town, with or without its bridge."""
    town = Town() if origin is None else Town(origin)
    town.outline(-200, -200, 1480, 1200)
    _places(town)
    _streets(town, bridge)
    _buildings(town)
    _surroundings(town)
    for category in load_facility_catalogue():
        if category not in {*ELSEWHERE, IRRELEVANT}:
            town.facility(category, *A, **SIZES.get(category, {}))
    _sports(town)
    _operations(town)
    return town


def _places(town):
    river = 1400.0 * 40  # half of the river's width lies on each side of x = 900
    town.place("city", "paper", -200, -200, 1480, 1200, water=2 * river)
    town.place("district", "west", -200, -200, 900, 1200, water=river)
    town.place("district", "east", 900, -200, 1480, 1200, water=river)
    town.place("community", "south", -200, -200, 900, 400, water=600.0 * 40)
    town.place("community", "north", -200, 400, 900, 1200, water=800.0 * 40)
    town.place("community", "east", 900, -200, 1480, 1200, water=river)
    town.place("cell", "0", -200, -200, 640, 500)
    town.place("cell", "1", 640, -200, 1480, 500, water=80.0 * 700)
    town.place("cell", "2", -200, 500, 640, 1200)
    town.place("cell", "3", 640, 500, 1480, 1200, water=80.0 * 700)
    for j in range(4):
        for i in range(4):
            box = (200 * i, 200 * j, 200 * i + 200, 200 * j + 200)
            town.place("block", f"{i}{j}", *box)
    town.place("block", "e0", 1000, 0, 1200, 200)
    town.place("block", "e1", 1000, 200, 1200, 400)
    town.place("block", "e2", 1000, 400, 1200, 700)


def _streets(town, bridge):
    for j in range(5):
        for i in range(4):
            kind = {"highway": "primary", "lit": "yes"} if j == 0 else {}
            town.street((200 * i, 200 * j), (200 * i + 200, 200 * j), **kind)
    for i in range(5):
        for j in range(4):
            town.street((200 * i, 200 * j), (200 * i, 200 * j + 200))
    if bridge:
        town.street((800, 0), (1000, 0), highway="primary", bridge=True, lit="no")
    for y in (0, 200, 400):
        town.street((1000, y), (1200, y), **({"highway": "primary"} if y == 0 else {}))
    for y in (0, 200):
        town.street((1000, y), (1000, y + 200))
        town.street((1200, y), (1200, y + 200))
    town.street((1200, 400), (1200, 600), maxspeed_kmh=5.0)
    town.street((0, 800), (0, 1000), highway="footway", modes=("walk",))
    town.street((0, 1000), (-100, 1000), highway="steps", modes=("walk",), stairs=True)
    town.street((200, 800), (200, 1000), highway="cycleway", modes=("bike",))
    town.street((400, 800), (400, 1000), highway="pedestrian", modes=("walk",))
    town.street((600, 800), (600, 1000), highway="service")


def _buildings(town):
    for home in range(HOMES):
        x, y = home_place(home)
        town.plot(f"home{home}", x, y)
        more = {}
        if home < 8:
            more["start_year"] = 1980.0 if home < 4 else 2010.0
        if home == 15:
            more |= {"levels": 30, "height": 90.0, "floor_area": 3000.0}
        if home == 19:
            more |= {"levels": 3, "height": 9.0, "floor_area": 500.0}
        town.building(f"home{home}", x, y, residents=2.0**home, **more)
    office = {"levels": 40, "height": 160.0, "floor_area": 6000.0}
    town.building("office", 110, 110, use="office", **office)
    town.building("shop", 310, 110, use="commercial", levels=2, floor_area=250.0)
    town.building("school", 510, 110, use="education", levels=3, floor_area=3000.0)
    guess = {"levels_evidence": "estimated"}
    town.building("factory", 710, 110, use="industrial", levels=1, floor_area=3125.0, **guess)
    old = {"heritage": True, "start_year": 1900.0, "floor_area": 125.0}
    town.building("old", 110, 310, use="public", levels=2, **old)


def _surroundings(town):
    town.water("river", 860, -200, 940, 1200)
    town.green("P1", shapely.box(0, 1000, 500, 1200))
    town.green("P2", shapely.box(420, 0, 460, 40), kind="garden")
    town.green("private", shapely.box(660, 20, 680, 40), kind="garden", access="private")
    town.green("bank", shapely.box(840, 100, 860, 200), kind="grass", access="unknown")
    town.green("forest", shapely.box(600, 1000, 800, 1180), kind="forest", access="unknown")
    town.green("greenway", shapely.LineString([(1390, 0), (1390, 400)]), kind="greenway")
    town.heritage("tower", shapely.Point(50, 50))
    town.heritage("gate", shapely.Point(60, 60))
    town.heritage("ruin", shapely.box(1300, 900, 1400, 1000))
    town.stop("S1", *A, departures=100.0)
    town.stop("S2", 1210, 510, departures=50.0)
    for x in np.arange(8.0):
        town.tree(x, 5.0)


def _sports(town):
    large = shapely.box(100, -50, 163, 0)  # 3150 m², from which a ground is large
    town.facility("pitch", 0, 0, geometry=large)
    town.facility("pitch", 0, 0, geometry=shapely.box(300, -40, 340, 0))  # 1600 m²: medium
    town.facility("pitch", 0, 0, geometry=shapely.box(500, -20, 540, 0))  # 800 m²: small
    town.facility("football_pitch", 0, 0, geometry=large)
    # 2500 m², of which 650 m² are on the large pitch
    town.facility("running_track", 0, 0, geometry=shapely.box(150, -50, 200, 0))


def _operations(town):
    """Powers of two again: a sum tells of which case types and places it is."""
    for indicator in ("on_time", "closure", "rework", "dispatch_accuracy"):
        town.evaluated(indicator, "urban_event", 32, 128)
        town.evaluated(indicator, "urban_component", 64, 128)
        town.evaluated(indicator, "urban_event", 8, 32, "community", "division:south")
    for indicator in ("response", "resolution", "satisfaction", "on_time"):
        town.evaluated(indicator, "hotline_appeal", 48, 64)
        south = ("community", "division:south")
        town.evaluated(indicator, "hotline_appeal", 1, 1, *south, hidden="small_group")
    for case_type in ("mediation", "inspection", "service_application"):
        town.evaluated("on_time", case_type, 24, 32)
    town.evaluated("rework", "inspection", 4, 32)
    town.evaluated("adoption", "participation_proposal", 8, 32)
    town.evaluated("uptake", "booking", 16, 32)
    town.evaluated("no_show", "booking", 2, 16)
    town.evaluated("on_time", "urban_event", 1, 16, "unit", "unit:roads")
    town.evaluated("public_transport_shift", "travel_counts", 4, 100, low=1.0, high=7.0)
    town.evaluated("peak_shift", "travel_counts", 2, 100, low=-1.0, high=5.0)
    town.evaluated("escalations_resolved", "urban_event", 6, 8)
    town.evaluated("valid_report", "urban_event", 32, 128)
    town.staff("enforcement", 64)
    town.staff("enforcement", 16, "district:west", "district")
    town.staff("community", 1024)
