import numpy as np
import pytest
import shapely
from town_builder import Town, examination_of

from dizuo.model.evidence import Evidence
from dizuo.model.text import Text
from dizuo.resources.unions import together


def small_town():
    town = Town()
    town.outline(0, 0, 1000, 1000)
    town.place("city", "paper", 0, 0, 1000, 1000)
    town.street((0, 0), (1000, 0))
    return town


def workshop_of(town):
    return examination_of(town).workshop()


def test_a_union_holds_the_facilities_of_every_kind():
    town = small_town()
    town.facility("clinic", 100, 10)
    town.facility("clinic", 200, 10)
    town.facility("health_station", 300, 10, evidence="estimated")
    workshop = workshop_of(town)
    kinds = [workshop.get("clinic"), workshop.get("health_station")]
    both = together(kinds, "care", Text("Care", "医疗"))
    assert list(both.x - 500_000) == [100, 200, 300]
    assert both.category == "care"
    assert both.evidence is Evidence.ESTIMATED  # the weakest
    assert len(both.support.ids) == len(set(both.support.ids)) == 3


def test_a_union_leaves_out_what_no_source_maps():
    town = small_town()
    town.facility("clinic", 100, 10)
    workshop = workshop_of(town)
    health_station = workshop.get("health_station")  # its tags only suggest it, and none is there
    assert not health_station.known
    both = together([workshop.get("clinic"), health_station], "care", Text("Care", "医疗"))
    assert both.known
    assert both.evidence is Evidence.MEASURED
    nothing = together([health_station], "care", Text("Care", "医疗"))
    assert not nothing.known


def test_a_ground_belongs_to_one_size_and_one_of_unknown_area_to_none():
    town = small_town()
    for area in (769.0, 770.0, 1309.0, 1310.0, 3149.0, 3150.0, np.nan):
        town.facility("pitch", 100, 10, land_area=area)
    grounds = workshop_of(town).get("sports_grounds_by_size")
    sizes = [(770, 1310), (1310, 3150), (3150, np.inf)]
    found = [list(grounds.between(*size).land_area) for size in sizes]
    assert found == [[770, 1309], [1310, 3149], [3150]]


def test_grounds_of_different_sizes_are_searched_apart():
    town = small_town()
    town.building("home0", 110, 10, residents=10.0)
    town.facility("pitch", 200, 10, land_area=800.0)
    town.facility("pitch", 400, 10, land_area=4000.0)
    workshop = workshop_of(town)
    reach, grounds = workshop.get("home_reach"), workshop.get("sports_grounds_by_size")
    assert reach.distances(grounds.between(770, 1310)).cost[0] == 110.0
    assert reach.distances(grounds.between(3150, np.inf)).cost[0] == 310.0


def test_overlapping_grounds_count_once():
    town = small_town()
    town.facility("pitch", 0, 0, geometry=shapely.box(0, 0, 100, 50))
    town.facility("running_track", 0, 0, geometry=shapely.box(50, 0, 150, 50))
    town.facility("swimming_pool", 500, 500)  # a point has no area
    assert workshop_of(town).get("sports_grounds").area.sum() == pytest.approx(150 * 50)


def test_ages_are_counted_in_calendar_years_of_the_day():
    town = small_town()
    town.building("old", 110, 10, residents=1.0, start_year=1993.0)
    town.building("unknown", 210, 10, residents=1.0)
    years = workshop_of(town).get("building_ages").years
    assert years[0] == 30.0
    assert np.isnan(years[1])


def test_the_main_network_is_the_part_with_most_nodes():
    town = small_town()  # one long street of its own
    for x in range(0, 300, 100):
        town.street((x, 500), (x + 100, 500))
    town.street((0, 500), (0, 600), modes=("drive",))
    workshop = workshop_of(town)
    joined, sections = workshop.get("main_network").walkable, workshop.get("street_sections")
    assert list(sections.length[joined]) == [100.0, 100.0, 100.0]


def test_built_up_land_is_a_hectare_around_a_lone_building():
    town = small_town()
    town.building("home0", 510, 510, residents=1.0)
    land = workshop_of(town).get("built_up_land")
    assert len(land) * land.cell_area == 10_000
    assert land.holds(np.array([500_510.0]), np.array([4_000_510.0])).all()
    assert not land.holds(np.array([500_570.0]), np.array([4_000_510.0])).any()


def test_residential_land_is_taken_as_mapped_or_else_inferred():
    town = small_town()
    town.plot("home0", 510, 510)
    town.building("home0", 510, 510, residents=1.0)
    mapped = workshop_of(town).get("residential_land")
    assert (len(mapped), mapped.evidence) == (1, Evidence.MEASURED)
    town.building("home1", 810, 810, residents=1.0)  # on no mapped land use
    both = workshop_of(town).get("residential_land")
    assert len(both) == 1 + 9  # 25 m around 10 m × 10 m: three cells each way
    assert both.evidence is Evidence.ESTIMATED


def test_a_divided_road_counts_once_and_a_one_way_street_whole():
    town = small_town()
    town.street((0, 100), (1000, 100), highway="primary", one_way=True)
    town.street((1000, 110), (0, 110), highway="primary", one_way=True)
    town.street((0, 200), (1000, 200), highway="residential", one_way=True)
    sections = workshop_of(town).get("street_sections")
    assert sections.centre_length[1:].sum() == 500 + 500 + 1000


def test_things_on_a_common_edge_belong_to_the_first_place_by_id():
    for names in (("a", "b"), ("b", "a")):
        town = small_town()
        west, east = names
        town.place("district", west, 0, 0, 500, 1000)
        town.place("district", east, 500, 0, 1000, 1000)
        places = workshop_of(town).get("places")
        table = next(table for kind, table in places.tables.items() if kind.value == "district")
        x, y = np.array([500_500.0]), np.array([4_000_010.0])
        support = places.support("things", np.array(["thing"]), x, y)
        assert table.ids[support.places[table.kind][0]] == "district:a"
