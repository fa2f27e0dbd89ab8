"""Buildings: what their tags tell, what is inferred, and what is estimated from it."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
from osm_town import CRS, Town

from dizuo.base.buildings import estimate_buildings, residential_floor_area
from dizuo.base.estimation import TagIndex, load_estimation
from dizuo.base.osm import read_osm
from dizuo.base.osm_buildings import build_buildings
from dizuo.base.osm_tags import metres, number, speed, year

pytestmark = pytest.mark.systems("S5.1")

NAN = float("nan")


@pytest.fixture
def town():
    return Town()


@pytest.fixture
def found(town, tmp_path):
    """Write the town, read it, and return its buildings by id and the rejects."""

    def read():
        buildings = build_buildings(read_osm(town.write(tmp_path / "town.osm")), CRS)
        return buildings.buildings.set_index("id"), buildings.rejects

    return read


@pytest.fixture(scope="module")
def monaco_buildings(monaco_extract):
    return build_buildings(monaco_extract, "EPSG:32632")


# ------------------------------------------------------------------------------------------- use


@pytest.mark.parametrize(
    ("tags", "use"),
    [
        ({"building": "apartments"}, "residential"),
        ({"building": "house"}, "residential"),
        ({"building": "retail"}, "commercial"),
        ({"building": "warehouse"}, "industrial"),
        ({"building": "church"}, "religious"),
        ({"building": "yes", "amenity": "school"}, "education"),
        ({"building": "yes", "tourism": "hotel"}, "hotel"),
        ({"building": "yes", "office": "lawyer"}, "office"),
        ({"building": "yes", "shop": "bakery"}, "commercial"),
        ({"building": "apartments", "shop": "bakery"}, "mixed"),
        ({"building": "apartments", "amenity": "school"}, "education"),
        ({"building": "yes", "amenity": "clinic;pharmacy"}, "health"),
    ],
)
def test_what_the_tags_say_is_measured(town, found, tags, use):
    town.box(1, 0, 0, 20, 20, **tags)
    buildings, _ = found()
    assert tuple(buildings.loc["building:w1", ["use", "use_evidence"]]) == (use, "measured")


def test_a_building_that_tells_nothing_is_inferred(town, found):
    town.box(1, 0, 0, 12, 10, building="yes")  # nothing speaks against homes
    town.box(2, 100, 0, 4, 5, building="yes")  # too small for one
    town.box(3, 200, 0, 20, 20, building="yes", layer="-1")  # under ground
    town.box(4, 300, 0, 200, 200, landuse="industrial")
    town.box(5, 350, 50, 20, 20, building="yes")
    town.box(6, 600, 0, 300, 300, amenity="school")
    town.box(7, 700, 100, 30, 30, building="yes")
    town.box(8, 0, 400, 300, 300, landuse="residential")
    town.box(9, 100, 500, 12, 10, building="yes")
    buildings, _ = found()
    assert buildings["use"].to_dict() == {
        "building:w1": "residential",
        "building:w2": "ancillary",
        "building:w3": "ancillary",
        "building:w5": "industrial",
        "building:w7": "education",
        "building:w9": "residential",
    }
    assert set(buildings["use_evidence"]) == {"estimated"}


def test_a_deep_hall_is_no_home_but_a_deep_courtyard_block_is(town, found):
    town.box(1, 0, 0, 80, 80, building="yes")  # a room in its middle is 40 m from daylight
    town.box(2, 200, 0, 80, 80)
    town.box(3, 215, 15, 50, 50)
    members = [("way", 2, "outer"), ("way", 3, "inner")]
    town.relation(7, members, type="multipolygon", building="yes")
    town.box(4, 400, 0, 80, 80, building="apartments")  # whoever says so is believed
    buildings, _ = found()
    assert buildings[["use", "use_evidence"]].apply(tuple, axis=1).to_dict() == {
        "building:w1": ("unknown", "missing"),
        "building:r7": ("residential", "estimated"),
        "building:w4": ("residential", "measured"),
    }


def test_a_car_park_fills_its_own_outline_but_not_the_house_above(town, found):
    town.box(1, 0, 0, 40, 20, building="yes", amenity="parking")
    town.box(2, 100, 0, 40, 20, building="yes")
    town.node(901, 120, 10, amenity="parking")
    buildings, _ = found()
    assert buildings["use"].to_dict() == {
        "building:w1": "transport",
        "building:w2": "residential",
    }


def test_the_smallest_land_around_a_building_speaks(town, found):
    town.box(1, 0, 0, 1000, 1000, landuse="industrial")
    town.box(2, 400, 400, 200, 200, landuse="residential")
    town.box(3, 480, 480, 20, 20, building="yes")
    buildings, _ = found()
    assert buildings.loc["building:w3", "use"] == "residential"


def test_what_is_inside_shares_or_fills_a_building(town, found):
    town.box(1, 0, 0, 20, 20, building="yes")
    town.node(901, 10, 10, shop="bakery")
    town.box(2, 100, 0, 20, 20, building="yes")
    town.node(902, 110, 10, amenity="place_of_worship")
    town.box(3, 200, 0, 20, 20, building="apartments")
    town.node(903, 210, 10, amenity="cafe")
    town.box(4, 300, 0, 20, 20, building="yes", building__levels="1")
    town.node(904, 310, 10, shop="kiosk")
    town.box(5, 400, 0, 20, 20, building="warehouse")
    town.node(905, 410, 10, shop="kiosk")  # its own tag is stronger
    town.box(6, 500, 0, 20, 20, building="yes")
    town.node(906, 530, 10, shop="kiosk")  # beside it, not in it
    buildings, _ = found()
    assert buildings[["use", "use_evidence"]].apply(tuple, axis=1).to_dict() == {
        "building:w1": ("mixed", "estimated"),
        "building:w2": ("religious", "estimated"),
        "building:w3": ("mixed", "estimated"),
        "building:w4": ("commercial", "estimated"),
        "building:w5": ("industrial", "measured"),
        "building:w6": ("residential", "estimated"),
    }


# --------------------------------------------------------------------------------------- rejects


def test_what_is_no_building_in_use_is_rejected_with_the_reason(town, found):
    town.box(1, 0, 0, 20, 20, building="roof")
    town.box(2, 100, 0, 20, 20, building="construction")
    town.box(3, 200, 0, 20, 20, building="ruins")
    town.box(4, 300, 0, 20, 20, building="no")
    town.box(5, 400, 0, 20, 20, building="yes")
    town.node(900, 500, 0, building="residential")
    buildings, rejects = found()
    assert list(buildings.index) == ["building:w5"]
    assert rejects.set_index("row")["reason"].to_dict() == {
        "w1": "not a building in use: a roof without walls",
        "w2": "not a building in use: under construction",
        "w3": "not a building in use: a ruin",
        "n900": "the building is a point without a footprint",
    }
    assert rejects["geometry_wkt"].str.startswith(("POLYGON", "MULTIPOLYGON", "POINT")).all()


def test_a_building_in_a_building_does_not_count_twice(town, found):
    town.box(1, 0, 0, 40, 40, building="yes")
    town.box(2, 5, 5, 10, 10, building="yes")
    town.box(3, 100, 0, 40, 40, building="yes")
    town.box(4, 105, 5, 10, 10, building="yes", layer="-1")  # below it, not a part of it
    town.box(5, 200, 0, 20, 20, building="yes")
    town.box(6, 200, 0, 20, 20, building="yes")  # mapped twice
    buildings, rejects = found()
    assert sorted(buildings.index) == [f"building:w{number}" for number in (1, 3, 4, 5)]
    assert rejects.set_index("row")["reason"].to_dict() == {
        "w2": "lies inside the building w1",
        "w6": "lies inside the building w5",
    }


def test_numbers_that_cannot_be_read_are_rejected_and_the_building_kept(town, found):
    town.box(1, 0, 0, 20, 20, building="house", building__levels="sótano", height="tall")
    town.box(2, 100, 0, 20, 20, building="house", building__levels="0")
    town.box(3, 200, 0, 20, 20, building="house", building__levels="900")
    town.box(4, 300, 0, 20, 20, building="house", building__levels="2;3", building__flats="7")
    buildings, rejects = found()
    assert len(buildings) == 4
    assert buildings["levels"].isna().tolist() == [True, True, True, False]
    assert buildings.loc["building:w4", ["levels", "dwellings"]].tolist() == [3, 7]
    assert sorted(zip(rejects["row"], rejects["field"], strict=True)) == [
        ("w1", "height"),
        ("w1", "levels"),
        ("w2", "levels"),
        ("w3", "levels"),
    ]


def test_parts_speak_for_a_building_that_they_cover(town, found):
    town.box(1, 0, 0, 40, 20, building="yes")
    town.box(2, 0, 0, 20, 20, building__part="yes", building__levels="10")
    town.box(3, 20, 0, 20, 20, building__part="yes", building__levels="2", height="7")
    town.box(4, 100, 0, 40, 20, building="yes")
    town.box(5, 100, 0, 10, 10, building__part="yes", building__levels="4")  # covers an eighth
    town.box(6, 300, 0, 10, 10, building__part="yes", building__levels="4")  # no building around
    buildings, rejects = found()
    assert len(buildings) == 2
    tower = buildings.loc["building:w1"]
    assert (tower["levels"], tower["height"]) == (10, 7)
    assert tower["part_floor_area"] == pytest.approx(400 * 10 + 400 * 2, abs=5)
    assert np.isnan(buildings.loc["building:w4", "part_floor_area"])
    assert buildings.loc["building:w4", "levels"] == 4
    assert rejects["row"].tolist() == ["w6"]
    complete = estimate_buildings(buildings.reset_index())
    assert complete["floor_area"][0] == pytest.approx(4800, abs=5)
    assert complete["floor_area_evidence"].tolist() == ["measured", "measured"]


def test_history_is_read(town, found):
    town.box(1, 0, 0, 20, 20, building="house", start_date="late 18th century", historic="castle")
    town.box(2, 100, 0, 20, 20, building="house", start_date="2003-05-08", heritage="2")
    town.box(3, 200, 0, 20, 20, building="house", heritage="no", historic="yes")
    buildings, _ = found()
    assert buildings["start_year"].tolist()[:2] == [1750, 2003]
    assert buildings["heritage"].tolist() == [True, True, False]


# ------------------------------------------------------------------------------------- estimation


def row_of(*rows):
    """Buildings side by side: each row gives use, kind, footprint and what is told."""
    shapes, x = [], 0.0
    for row in rows:
        side = np.sqrt(row.get("footprint", 100.0))
        shapes.append(shapely.box(x, 0, x + side, side))
        x += side + row.get("gap", 5.0)
    columns = {
        name: [row.get(name, default) for row in rows]
        for name, default in (
            ("use", "residential"), ("kind", "apartments"), ("levels", NAN), ("height", NAN),
            ("dwellings", NAN), ("floor_area", NAN),
        )
    }  # fmt: skip
    ids = [f"building:{number}" for number in range(len(rows))]
    return gpd.GeoDataFrame({"id": ids, **columns}, geometry=shapes, crs=CRS)


def test_levels_height_and_floor_area_follow_from_each_other():
    storey = load_estimation().storey_height("residential")
    complete = estimate_buildings(
        row_of(
            {"levels": 4, "footprint": 100},
            {"height": 7 * storey, "footprint": 100},
            {"levels": 2, "height": 9, "footprint": 100},
            {"floor_area": 333, "levels": 3, "footprint": 100},
        )
    )
    assert complete["levels"].tolist() == [4, 7, 2, 3]
    assert complete["height"].tolist() == [4 * storey, 7 * storey, 9, 3 * storey]
    assert complete["floor_area"].tolist() == pytest.approx([400, 700, 200, 333])
    marks = complete[["levels_evidence", "height_evidence", "floor_area_evidence"]]
    assert marks.to_numpy().tolist() == [
        ["measured", "estimated", "measured"],
        ["estimated", "measured", "estimated"],
        ["measured", "measured", "measured"],
        ["measured", "estimated", "measured"],
    ]


def test_unknown_levels_come_from_the_nearest_measured_of_the_kind():
    near = [{"levels": levels} for levels in (3, 4, 5, 4, 4)]
    far = [{"levels": 20, "gap": 5.0} for _ in range(5)]
    house = [{"kind": "house", "levels": 1} for _ in range(3)]
    complete = estimate_buildings(
        row_of(*near, *house, {}, {"kind": "house"}, {"gap": 900}, *far, {})
    )
    assert complete["levels"].iloc[[8, 9]].tolist() == [4, 1]
    assert complete["levels"].iloc[-1] == 20
    assert complete["levels_evidence"].iloc[8] == "estimated"


def test_larger_footprints_weigh_more():
    rows = [{"levels": 2, "footprint": 50}] * 3 + [{"levels": 9, "footprint": 400}] * 2
    complete = estimate_buildings(row_of(*rows, {}))
    assert complete["levels"].iloc[-1] == 9


def test_neighbours_of_like_size_speak_first():
    small, large = {"levels": 2, "footprint": 80}, {"levels": 9, "footprint": 1300}
    complete = estimate_buildings(
        row_of(*[large] * 5, {"footprint": 80}, *[small] * 5, {"footprint": 1300}, *[large] * 2)
    )
    assert complete["levels"].iloc[[5, 11]].tolist() == [2, 9]


def test_without_neighbours_the_city_speaks_and_then_the_default():
    estimation = load_estimation()
    least = estimation.numbers["levels"]["least_sample"]
    many = [{"levels": 6, "gap": 5.0}] * (least - 1) + [{"levels": 6, "gap": 5000.0}]
    assert estimate_buildings(row_of(*many, {}))["levels"].iloc[-1] == 6
    few = estimate_buildings(row_of(*many[1:], {}))["levels"].iloc[-1]
    assert few == estimation.default_levels("residential")


def test_a_garage_has_one_level_whatever_stands_around():
    complete = estimate_buildings(
        row_of(*[{"levels": 8}] * 5, {"kind": "garage", "use": "ancillary"})
    )
    assert complete["levels"].iloc[-1] == 1


def test_homes_of_mixed_buildings_are_above_the_ground_floor():
    complete = estimate_buildings(
        row_of(
            {"levels": 5, "footprint": 200},
            {"use": "mixed", "levels": 5, "footprint": 200},
            {"use": "mixed", "levels": 1, "footprint": 200},
            {"use": "office", "levels": 5, "footprint": 200},
        )
    )
    assert residential_floor_area(complete).tolist() == pytest.approx([1000, 800, 100, 0])


def test_dwellings_follow_residential_floor_area():
    size = load_estimation().numbers["dwellings"]["gross_floor_area"]
    complete = estimate_buildings(
        row_of(
            {"levels": 5, "footprint": 4 * size},
            {"levels": 1, "footprint": size / 2},  # a home at least
            {"kind": "house", "levels": 3, "footprint": size},  # one family
            {"levels": 5, "footprint": 4 * size, "dwellings": 17},
            {"use": "office", "levels": 5, "footprint": 4 * size},
        )
    )
    assert complete["dwellings"].tolist() == [20, 1, 1, 17, 0]
    assert complete["dwellings_evidence"].tolist() == [
        *["estimated"] * 3, "measured", "estimated"
    ]  # fmt: skip


def test_the_order_of_rows_does_not_matter(monaco_buildings):
    buildings = monaco_buildings.buildings
    shuffled = buildings.sample(frac=1, random_state=7)
    one = estimate_buildings(buildings).set_index("id")["floor_area"]
    other = estimate_buildings(shuffled).set_index("id")["floor_area"]
    assert other.loc[one.index].to_numpy() == pytest.approx(one.to_numpy())


def test_monaco_accounts_for_every_building(monaco_buildings, monaco_extract):
    mapped = sum("building" in tags for tags in monaco_extract.areas["tags"])
    rejected = set(monaco_buildings.rejects.query("field != 'levels'")["row"])
    assert len(monaco_buildings.buildings) + len(rejected) == mapped == 1283
    told = monaco_buildings.buildings["levels"].notna().sum()
    assert told == 459  # of 463 with building:levels, four are roofs
    complete = estimate_buildings(monaco_buildings.buildings)
    assert (complete["levels"] >= 1).all()
    assert (complete["floor_area"] > 0).all()
    assert (complete["levels_evidence"] == "measured").sum() == told


# ---------------------------------------------------------------------------------------- tags


@pytest.mark.parametrize(
    ("read", "text", "value"),
    [
        (number, "4", 4),
        (number, "3;4", 4),
        (number, "2,5", 2.5),
        (number, "three", NAN),
        (number, "inf", NAN),
        (number, None, NAN),
        (metres, "12", 12),
        (metres, "12.5 m", 12.5),
        (metres, "40 ft", 12.192),
        (metres, "40'6\"", 12.3444),
        (metres, "high", NAN),
        (speed, "50", 50),
        (speed, "30 mph", 48.28032),
        (speed, "walk", NAN),
        (year, "1999", 1999),
        (year, "03/2011", 2011),
        (year, "~1850", 1850),
        (year, "C18", 1750),
        (year, "early 19th century", 1850),
        (year, "long ago", NAN),
    ],
)
def test_values_of_tags_are_read(read, text, value):
    assert read(text) == pytest.approx(value, nan_ok=True)


def test_exact_values_come_first_then_the_order_of_the_lists():
    index = TagIndex.read(
        {
            "shop": ["shop=*"],
            "mall": ["shop=mall"],
            "cafe": ["amenity=cafe"],
            "craft": ["craft=*"],
            "bar": ["amenity=bar", "shop=wine"],
        }
    )
    assert index.find({"shop": "mall"}) == "mall"
    assert index.find({"shop": "bakery"}) == "shop"
    assert index.find({"shop": "bakery", "amenity": "cafe"}) == "cafe"
    assert index.find({"craft": "brewery", "shop": "beer"}) == "shop"
    assert index.find({"shop": "wine", "amenity": "cafe"}) == "cafe"
    assert index.find({"amenity": "bar; cafe"}) == "cafe"
    assert index.find({"shop": "no"}) is None
    assert index.find({"name": "cafe"}) is None


@pytest.mark.shared
def test_las_palmas_accounts_for_every_building(las_palmas_extract):
    found = build_buildings(las_palmas_extract, "EPSG:32628")
    whole = found.rejects[~found.rejects["field"].isin(["levels", "height", "building:part"])]
    outlines = whole[~whole["row"].str.startswith("n")]
    assert len(found.buildings) + len(outlines) == 22_595
    complete = estimate_buildings(found.buildings)
    homes = residential_floor_area(complete).sum()
    # 378,000 people: 30 to 70 m2 of gross floor area a head is what cities have.
    assert 30 < homes / 378_000 < 70
