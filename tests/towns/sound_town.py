"""A town that lacks nothing: seven by seven blocks of 80 m, every facility beside every home.

    y
    700 +---------------- park, 7.4 ha ----------------+
    600 |                                      |        |
    560 o--o--o--o--o--o--o--o                 | east   |
        |  |  |  |  |  |  |  |    home (i, j)  | strip: |
        .  .  .  .  .  .  .  .    stands at    | parks  |
        |  |  |  |  |  |  |  |    (50 + 80 i,  | of     |
     80 o--o--o--o--o--o--o--o     10 + 80 j)  | 0.6 ha |
        |  |  |  |  |  |  |  |    in block:ij  | and    |
      0 o--o--o--o--o--o--o--o                 | 1 ha   |
        0  80              560                600      700   x

Each home has 100 residents. Its facilities stand at (30 + 80 i, 80 j - 10), on the same street:
20 m along it and 10 m on either side, so 40 m away. A pocket park lies at its corner.
Community `west` holds columns 0 and 1, `east` the rest; district and city are the whole town.
"""

from functools import cache

import shapely
from town_builder import Town

from dizuo.articles.registry import all_indicators
from dizuo.resources.wiring import resources_of
from dizuo.standards.catalogue import load_facility_catalogue

SIDE = 7
STEP = 80
BLOCKS = [(i, j) for j in range(SIDE) for i in range(SIDE)]
SIZES = {
    "elderly_day_care": {"floor_area": 350.0},
    "nursery": {"floor_area": 200.0},
    "kindergarten": {"floor_area": 2200.0, "land_area": 3500.0},
    "playground": {"land_area": 150.0},
    "cultural_centre": {"floor_area": 3000.0},
    "emergency_shelter": {"land_area": 2000.0},
    "hospital": {"capacity": 10.0},
}
GROUNDS = (3150.0, 1600.0, 800.0)  # m²: a large, a medium and a small sports ground


def categories():
    """Categories of facilities that any indicator asks for."""
    asked = set()
    for one in all_indicators().values():
        asked |= resources_of(one.function, one.needs)
    return sorted(asked & set(load_facility_catalogue()) - {"pitch", "running_track"})


def sound_town():
    """Return the town, to be changed at will."""
    return _built().copy()


@cache
def _built():
    town = Town()
    town.outline(-40, -40, 700, 700)
    for kind in ("city", "district"):
        town.place(kind, "town", -40, -40, 700, 700)
    town.place("community", "west", -40, -40, 160, 700)
    town.place("community", "east", 160, -40, 700, 700)
    for number, (x, y) in enumerate([(-40, -40), (320, -40), (-40, 320), (320, 320)]):
        town.place("cell", str(number), x, y, x + 380 if x > 0 else 320, y + 380 if y > 0 else 320)
    _streets(town)
    for i, j in BLOCKS:
        _block(town, i, j)
    town.green("north", shapely.box(-40, 600, 700, 700))
    town.green("east10", shapely.box(600, -40, 700, 60))
    town.green("east5", shapely.box(600, 60, 700, 120))
    town.green("greenway", shapely.LineString([(-30, 0), (-30, 560)]), kind="greenway")
    town.facility("running_track", 0, 0, geometry=shapely.box(0, 610, 160, 690))
    return town


def _streets(town):
    far = SIDE * STEP
    for line in range(0, far + 1, STEP):
        for along in range(0, far, STEP):
            town.street((along, line), (along + STEP, line), lit="yes")
            town.street((line, along), (line, along + STEP), lit="yes")


def _block(town, i, j):
    west, south = STEP * i, STEP * j
    town.place("block", f"{i}{j}", west, south, west + STEP, south + STEP)
    home, beside = (west + 50, south + 10), (west + 30, south - 10)
    town.plot(f"home{i}{j}", *home)
    town.building(f"home{i}{j}", *home, residents=100.0, start_year=2015.0)
    use = ("commercial", "education", "industrial")[(i + j) % 3]
    town.building(f"work{i}{j}", west + 50, south + 50, use=use)
    town.green(f"pocket{i}{j}", shapely.box(west + 60, south, west + 80, south + 20))
    for category in categories():
        town.facility(category, *beside, **SIZES.get(category, {}))
    for area in GROUNDS:
        town.facility("pitch", *beside, land_area=area)
