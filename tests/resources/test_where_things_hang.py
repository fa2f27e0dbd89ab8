"""Tunnels, crossings of divided roads, shores, built-up land and straight distances, by hand."""

from dataclasses import replace

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from town_builder import ORIGIN, Town, examination_of

from dizuo.model.evidence import Evidence
from dizuo.model.place import PlaceKind
from dizuo.model.text import Text
from dizuo.model.values import Support
from dizuo.resources.analysis import Analysis
from dizuo.resources.data_edge import DataEdge
from dizuo.resources.facilities import Facilities
from dizuo.resources.reach import straight_distances


def open_land(side=1000):
    town = Town()
    town.outline(-side, -side, side, side)
    town.place("city", "paper", -side, -side, side, side)
    return town


def workshop_of(town, **overrides):
    return examination_of(town, analysis=Analysis.load(overrides)).workshop()


# ------------------------------------------------------------------------------ tunnels


def town_over_a_tunnel(end=400):
    """A tunnel right below a home; the street to it runs 50 m to the north."""
    town = open_land()
    town.street((0, 0), (400, 0), tunnel=True)
    town.street((0, 0), (0, 50))
    town.street((0, 50), (end, 50))
    town.street((400, 0), (400, 50))
    town.building("home0", 100, 0, residents=20.0)
    return town


def test_homes_and_facilities_do_not_open_into_tunnels():
    town = town_over_a_tunnel()
    town.facility("police", 300, 0)
    workshop = workshop_of(town)
    homes = workshop.get("homes")
    found = workshop.get("walking").reach(homes, workshop.get("police"))
    # 50 m up from each of them and 200 m along the street, not 200 m through the tunnel
    assert found.cost.tolist() == [300.0]


def test_who_walks_through_may_use_the_tunnel():
    town = town_over_a_tunnel(end=150)
    town.facility("police", 400, 50)
    workshop = workshop_of(town)
    found = workshop.get("walking").reach(workshop.get("homes"), workshop.get("police"))
    # 50 m to the street, 100 m west, 50 m down, 400 m of tunnel, 50 m up
    assert found.cost.tolist() == [650.0]


def test_a_park_above_a_tunnel_has_no_gate_on_it():
    town = town_over_a_tunnel()
    town.facility("playground", 0, 0, geometry=shapely.box(250, -20, 300, 20))
    workshop = workshop_of(town)
    playground = workshop.get("playground")
    hung = workshop.get("walking").attach_facilities(playground)
    # 30 m straight from the street in the north, no gate where the tunnel crosses the outline
    assert hung.access.tolist() == [30_000]


# ------------------------------------------------------------------------------ junctions


def crossing(gap):
    """Two divided roads that cross: four nodes ``gap`` metres apart, one junction."""
    town = open_land()
    for y in (0, gap):
        town.street((-300, y), (0, y), highway="primary")
        town.street((0, y), (gap, y), highway="primary")
        town.street((gap, y), (300, y), highway="primary")
    for x in (0, gap):
        town.street((x, -300), (x, 0), highway="primary")
        town.street((x, 0), (x, gap), highway="primary")
        town.street((x, gap), (x, 300), highway="primary")
    return town


@pytest.mark.parametrize(
    ("gap", "tolerance", "count"), [(8, 10.0, 1), (12, 10.0, 4), (12, 15.0, 1)]
)
def test_the_nodes_where_divided_roads_cross_are_one_junction(gap, tolerance, count):
    junctions = workshop_of(crossing(gap), junction_gap=tolerance).get("junctions")
    assert sorted(junctions.arms.tolist()) == [1] * 8 + [4] * 4
    assert junctions.share.sum() == pytest.approx(count)
    assert (junctions.share[junctions.arms == 1] == 0).all()


def test_ends_that_the_data_cut_are_marked():
    town = Town()
    town.outline(-100, -100, 100, 100, margin=100)
    town.place("city", "paper", -100, -100, 100, 100)
    town.street((0, 0), (199.5, 0))
    junctions = workshop_of(town).get("junctions")
    assert junctions.arms.tolist() == [1, 1]
    assert junctions.at_data_edge.tolist() == [False, True]
    assert not workshop_of(town, cut_end_gap=0.1).get("junctions").at_data_edge.any()


def test_distance_to_the_edge_of_the_data_is_nought_beyond_it():
    edge = DataEdge(shapely.box(0, 0, 100, 50).difference(shapely.box(40, 20, 60, 30)))
    x, y = np.array([10.0, 50.0, 38.0, 200.0]), np.array([25.0, 25.0, 25.0, 25.0])
    assert edge.distance(x, y).tolist() == [10.0, 0.0, 2.0, 0.0]


# ------------------------------------------------------------------------------ shores and land


def test_shores_are_cut_into_stretches_by_place():
    town = Town()
    town.outline(0, 0, 400, 200)
    town.place("city", "paper", 0, 0, 400, 200)
    town.place("district", "west", 0, 0, 200, 200)
    town.place("district", "east", 200, 0, 400, 200)
    town.water("canal", 0, 80, 400, 100)
    town.green("meadow", shapely.box(150, 100, 300, 120))
    shore = workshop_of(town, shore_distance=5.0, shore_stretch=1.0).get("blue_green")
    # the north bank from 145 to 305 m: 5 m beyond each end of the meadow; the south is 20 m away
    assert shore.length.sum() == pytest.approx(160.0, abs=0.01)
    assert shore.length.max() <= 1.0
    where = shore.support.places[PlaceKind.DISTRICT]
    assert shore.length[where == 1].sum() == pytest.approx(55.0, abs=0.5)  # west
    assert shore.length[where == 0].sum() == pytest.approx(105.0, abs=0.5)


def test_built_up_land_is_what_lies_within_the_gap_of_a_building():
    town = open_land()
    town.building("lonely", 10, 10)  # a house of 10 m in the middle of a lattice cell
    built = workshop_of(town, built_up_gap=36.0).get("built_up_land")
    # centres of cells 0, 20 and 40 m away, of which (40, 40) is 49.5 m from the corner, and
    # (40, 20) 38.1 m: only those straight ahead are within 36 m
    assert len(built) == 9 + 4
    offsets = {
        (round(x - ORIGIN[0] - 10), round(y - ORIGIN[1] - 10))
        for x, y in zip(built.x, built.y, strict=True)
    }
    straight = {(40, 0), (-40, 0), (0, 40), (0, -40)}
    assert offsets == {(x, y) for x in (-20, 0, 20) for y in (-20, 0, 20)} | straight


def test_land_inside_a_large_building_is_built_up():
    town = open_land()
    row = town.building("hall", 0, 0)
    row["geometry"] = shapely.box(-200, -200, 200, 200)
    built = workshop_of(town, built_up_gap=1.0).get("built_up_land")
    assert len(built) == 400


# ------------------------------------------------------------------------------ straight lines


def facilities_of(shapes):
    shapes = np.array(shapes, dtype=object)
    points = shapely.point_on_surface(shapes)
    ids = np.array([f"facility:{number}" for number in range(len(shapes))])
    unknown = np.full(len(shapes), np.nan)
    return Facilities(
        category="made_up",
        title=Text("Made up", "虚构"),
        support=Support("facilities", ids, {}),
        x=shapely.get_x(points),
        y=shapely.get_y(points),
        geometry=shapes,
        names=ids,
        floor_area=unknown,
        land_area=unknown,
        capacity=unknown,
        evidence=Evidence.MEASURED,
        gated=False,
    )


def test_inside_an_area_the_distance_is_nought_and_the_first_by_id_wins():
    yard, well = shapely.box(0, 0, 100, 100), shapely.Point(50, 50)
    x, y = np.array([50.0, 60.0, 130.0]), np.array([50.0, 50.0, 100.0])
    found = straight_distances(x, y, facilities_of([yard, well]), 1000.0)
    assert found.cost.tolist() == [0.0, 0.0, 30.0]
    assert found.nearest.tolist() == ["facility:0"] * 3
    found = straight_distances(x, y, facilities_of([well, yard]), 1000.0)
    assert found.nearest.tolist() == ["facility:0", "facility:1", "facility:1"]


def test_beyond_the_largest_distance_nothing_is_found():
    found = straight_distances(
        np.array([0.0]), np.array([0.0]), facilities_of([shapely.Point(9, 0)]), 8.0
    )
    assert (found.cost.tolist(), found.nearest.tolist()) == ([np.inf], [""])
    nobody = replace(facilities_of([shapely.Point(0, 0)]), geometry=np.empty(0, dtype=object))
    nobody = replace(nobody, support=Support("facilities", np.empty(0, dtype=str), {}))
    assert straight_distances(np.zeros(2), np.zeros(2), nobody, 8.0).cost.tolist() == [np.inf] * 2


corners = arrays.arrays(float, (5, 3, 2), elements=st.integers(-40, 40).map(float))
spots = arrays.arrays(float, (10, 2), elements=st.integers(-60, 60).map(lambda n: n / 2 + 0.25))


@settings(max_examples=100, deadline=None)
@given(corners, spots)
def test_straight_distances_are_those_of_shapely(triangles, points):
    shapes = shapely.convex_hull(shapely.multipoints(triangles))
    found = straight_distances(*points.T, facilities_of(shapes), np.inf)
    table = shapely.distance(shapely.points(points)[:, None], shapes[None, :])
    np.testing.assert_allclose(found.cost, table.min(axis=1), rtol=1e-12, atol=1e-9)
    rows = [int(name.removeprefix("facility:")) for name in found.nearest]
    np.testing.assert_allclose(table[np.arange(10), rows], found.cost, rtol=1e-12, atol=1e-9)
