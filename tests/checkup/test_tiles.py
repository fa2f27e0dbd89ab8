"""A city cut into two tiles gives every thing the value that the whole city gives it.

Each tile holds what lies within the largest distance of it, and a margin: the doors of what stands
at the rim must find their own streets.
"""

from collections import Counter, defaultdict

import numpy as np
import shapely
from town_builder import ORIGIN, examination_of
from town_of_powers import town_of_powers

import dizuo
from dizuo.articles.registry import all_indicators
from dizuo.checkup.compute import compute
from dizuo.model.values import Values
from dizuo.resources.layers import Layers

CUT = ("buildings", "facilities", "green", "water", "land_use", "heritage", "stops", "trees")
MARGIN = 300.0
INDICATORS = {
    name: one
    for name, one in all_indicators().items()
    if one.largest_distance is not None and name[3].islower()
}


def by_reach(indicators, steps):
    """Indicators by the halo that they need, in a few steps."""
    groups = defaultdict(dict)
    for name, one in indicators.items():
        needed = [step for step in steps if one.largest_distance <= step]
        groups[needed[0] if needed else one.largest_distance][name] = one
    return groups


def tile_of(frames, box, halo):
    """Layers of what touches a tile or its halo."""
    around = shapely.box(*box).buffer(halo + MARGIN, join_style="mitre")
    cut = {name: frames[name][frames[name].intersects(around)] for name in CUT}
    streets = frames["street_edges"]
    cut["street_edges"] = streets[streets.intersects(around)]
    crossings = frames["street_crossings"]
    cut["street_crossings"] = crossings[crossings.intersects(around)]
    return {**frames, **cut}


def things_of(frames, indicators):
    """Numerator and denominator of each thing of each variant, and where homes and land stand."""
    examination = examination_of(Layers(frames.__getitem__, frames.__getitem__))
    workshop = examination.workshop()
    computed = compute(
        indicators, workshop, examination.rules, examination.day, examination.jurisdictions
    )
    found = {}
    for name, one in computed.items():
        for variant, result in one.results.items():
            if isinstance(result, Values):
                other = result.denominator
                other = other if isinstance(other, np.ndarray) else np.zeros(len(result.support))
                found[name, variant] = dict(
                    zip(
                        result.support.ids.tolist(),
                        zip(result.numerator.tolist(), other.tolist(), strict=True),
                        strict=True,
                    )
                )
    places = {}
    for resource in ("homes", "buildings", "residential_land", "built_up_land"):
        made = workshop.get(resource)
        places |= dict(zip(made.support.ids, zip(made.x, made.y, strict=True), strict=True))
    return found, places


def assert_tiles_equal_the_whole(frames, boxes, asked, steps):
    """Return how many things of each indicator were compared."""
    compared = Counter()
    left_out = 0
    for halo, indicators in by_reach(asked, steps).items():
        whole, places = things_of(frames, indicators)
        for box in boxes:
            tile = tile_of(frames, box, halo)
            left_out += len(frames["street_edges"]) - len(tile["street_edges"])
            found, _ = things_of(tile, indicators)
            inside = {
                name
                for name, (x, y) in places.items()
                if box[0] < x < box[2] and box[1] < y < box[3]
            }
            for key, values in whole.items():
                own = sorted(inside & set(values))
                expected = np.array([values[name] for name in own]).reshape(-1, 2)
                got = np.array([found[key][name] for name in own]).reshape(-1, 2)
                np.testing.assert_allclose(got, expected, rtol=1e-12, err_msg=str(key))
                compared[key[0]] += len(own)
    assert left_out > 0
    return compared


def test_the_town_in_two_tiles():
    frames = town_of_powers().frames()
    east, north = ORIGIN
    boxes = [
        (east - 300, north - 300, east + 500, north + 1300),
        (east + 500, north - 300, east + 1600, north + 1300),
    ]
    compared = assert_tiles_equal_the_whole(frames, boxes, INDICATORS, [300.0, 500.0, 1000.0])
    assert all(compared[name] for name in INDICATORS)


def test_monaco_in_two_tiles(monaco, tmp_path):
    (tmp_path / "city.toml").write_text(
        (monaco / "city.toml").read_text(encoding="utf-8"), encoding="utf-8"
    )
    for file in monaco.glob("monaco*"):
        (tmp_path / file.name).symlink_to(file)
    city = dizuo.open(tmp_path)
    base = city.build()
    streets = ("street_edges", "street_nodes", "street_crossings")
    frames = {name: base.layer(name) for name in (*CUT, *streets)}
    frames |= {name: base.layer(name) for name in ("places", "boundary", "extent", "divisions")}
    frames["user_values"] = base.table("user_values")
    west, south, east, north = frames["boundary"].total_bounds
    middle = (west + east) / 2
    boxes = [(west, south, middle, north), (middle, south, east, north)]
    near = {name: one for name, one in INDICATORS.items() if one.largest_distance <= 500}
    compared = assert_tiles_equal_the_whole(frames, boxes, near, [500.0])
    assert sum(compared[name] > 500 for name in near) > 10
