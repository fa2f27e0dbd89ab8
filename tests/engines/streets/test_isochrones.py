"""Reached streets and the areas along them."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from plain_twins import Street, graph_of
from real_streets import read_streets
from scipy.sparse.csgraph import dijkstra

from dizuo.engines.streets import _kernels_contour as contour
from dizuo.engines.streets import _kernels_isochrones as kernels
from dizuo.engines.streets.attach import EdgeLines, attach_areas, attach_points
from dizuo.engines.streets.graph import UNREACHABLE
from dizuo.engines.streets.isochrones import (
    StreetMap,
    isochrones,
    reached_stretches,
    stretch_lines,
)
from dizuo.engines.streets.within import Places
from dizuo.model.errors import EngineError


def streets_of(lines, *, one_way=()):
    shapes = np.array([shapely.LineString(line) for line in lines], dtype=object)
    ends = {}
    start = np.array([ends.setdefault(shape.coords[0], len(ends)) for shape in shapes])
    end = np.array([ends.setdefault(shape.coords[-1], len(ends)) for shape in shapes])
    forward = np.maximum(np.rint(shapely.length(shapes) * 1000), 1).astype(np.int32)
    backward = forward.copy()
    backward[list(one_way)] = UNREACHABLE
    return StreetMap.from_edges(
        EdgeLines.from_lines(shapes, start, end, forward, backward), len(ends)
    )


def random_streets(rng, count=25):
    places = rng.integers(0, 12, (count, 2)) * 30.0
    lines = []
    while len(lines) < 2 * count:
        a, b = places[rng.choice(count, 2, replace=False)]
        if (a != b).any() and np.hypot(*(a - b)) < 150:
            bend = (a + b) / 2 + rng.normal(0, 15, 2)
            lines.append([a, bend, b] if rng.random() < 0.5 else [a, b])
    return streets_of(lines, one_way=range(0, len(lines), 4))


def truth(streets, origins, budget, width=25.0, **way):
    """True area along the reached streets: shapely's buffer of each part, joined."""
    found = reached_stretches(streets, origins, [budget], **way)
    lines = stretch_lines(streets, found)
    return [
        shapely.union_all(shapely.buffer(lines[found.origin == k], width, quad_segs=32))
        for k in range(origins.count)
    ]


def overlap(one, other):
    """Area in common over area of both."""
    return one.intersection(other).area / one.union(other).area


def rows(found):
    return list(
        zip(
            found.origin.tolist(), found.budget.tolist(), found.edge.tolist(),
            found.begin.round(9).tolist(), found.finish.round(9).tolist(), strict=True,
        )
    )  # fmt: skip


STREET = [[(0, 0), (100, 0)], [(100, 0), (200, 0)]]


def test_a_walk_along_a_street_ends_where_the_budget_does():
    found = reached_stretches(streets_of(STREET), Places.at_nodes([0]), [60_000, 150_000])
    assert rows(found) == [(0, 0, 0, 0.0, 0.6), (0, 1, 0, 0.0, 1.0), (0, 1, 1, 0.0, 0.5)]
    lines = stretch_lines(streets_of(STREET), found)
    assert [line.wkt for line in lines] == [
        "LINESTRING (0 0, 60 0)", "LINESTRING (0 0, 100 0)", "LINESTRING (100 0, 150 0)",
    ]  # fmt: skip


def test_the_area_along_a_street_is_its_buffer():
    areas = isochrones(streets_of(STREET), Places.at_nodes([0]), [60_000, 150_000])
    for area, length in zip(areas[0], (60, 150), strict=True):
        assert area.area == pytest.approx(50 * length + np.pi * 25**2, rel=0.01)
        assert overlap(area, shapely.LineString([(0, 0), (length, 0)]).buffer(25, 64)) > 0.99


def test_a_house_pays_its_access_leg_and_walks_both_ways():
    streets = streets_of(STREET)
    house = attach_points(np.array([[30.0, 10.0]]), np.array([0]), streets.edges)
    found = reached_stretches(streets, Places.at_points(house), [30_000, 9_999, 90_000])
    assert rows(found) == [(0, 0, 0, 0.1, 0.5), (0, 2, 0, 0.0, 1.0), (0, 2, 1, 0.0, 0.1)]
    areas = isochrones(streets, Places.at_points(house), [30_000, 9_999, 90_000])
    assert areas[0, 1].is_empty
    assert overlap(areas[0, 0], shapely.LineString([(10, 0), (50, 0)]).buffer(25)) > 0.99


def test_a_street_that_costs_nothing_is_reached_from_end_to_end():
    own = streets_of(STREET).edges
    ferry = np.array([0, 100_000], dtype=np.int32)
    free = StreetMap.from_edges(
        EdgeLines(own.start, own.end, ferry, ferry, own.coordinates, own.offsets), 3
    )
    quay = attach_points(np.array([[30.0, 1.0]]), np.array([0]), free.edges)
    for leaving in (True, False):
        found = reached_stretches(free, Places.at_points(quay), [1_500], leaving=leaving)
        assert rows(found) == [(0, 0, 0, 0.0, 1.0), (0, 0, 1, 0.0, 0.005)]


def test_one_way_streets_reach_one_way_and_are_reached_the_other():
    streets = streets_of(STREET, one_way=[0, 1])
    house = attach_points(np.array([[150.0, 0.0]]), np.array([0]), streets.edges)
    there = reached_stretches(streets, Places.at_points(house), [80_000])
    assert rows(there) == [(0, 0, 1, 0.5, 1.0)]
    here = reached_stretches(streets, Places.at_points(house), [80_000], leaving=False)
    assert rows(here) == [(0, 0, 0, 0.7, 1.0), (0, 0, 1, 0.0, 0.5)]
    against = reached_stretches(streets, Places.at_nodes([0]), [80_000], leaving=False)
    assert rows(against) == [(0, 0, 0, 0.0, 0.0)]
    area = isochrones(streets, Places.at_points(house), [80_000], leaving=False)[0, 0]
    assert overlap(area, shapely.LineString([(70, 0), (150, 0)]).buffer(25)) > 0.99


def test_both_ends_of_a_street_may_be_reached_but_not_its_middle():
    ring = streets_of([[(0, 0), (100, 0)], [(0, 0), (0, 50), (100, 50), (100, 0)]])
    found = reached_stretches(ring, Places.at_nodes([0]), [120_000])
    assert rows(found) == [(0, 0, 0, 0.0, 1.0), (0, 0, 1, 0.0, 0.6), (0, 0, 1, 0.9, 1.0)]


def test_a_street_reached_from_both_ends_up_to_one_point_is_reached_whole():
    ring = streets_of([[(0, 0), (100, 0)], [(0, 0), (0, 50), (100, 50), (100, 0)]])
    found = reached_stretches(ring, Places.at_nodes([0]), [150_000])
    assert rows(found) == [(0, 0, 0, 0.0, 1.0), (0, 0, 1, 0.0, 1.0)]


def test_rows_of_many_searches_follow_each_other():
    street = graph_of(70, [Street(k, k + 1, 10, 10) for k in range(69)])
    every = np.arange(70, dtype=np.int32)
    bounds, nodes, costs = kernels.search(
        street.offsets, street.targets, street.costs, every, np.zeros(70, np.int32),
        np.arange(71), every, 1_000, 2,
    )  # fmt: skip
    assert bounds.tolist() == list(range(0, 4901, 70))
    assert (np.sort(nodes.reshape(70, 70)) == every).all()
    assert (costs == 10 * np.abs(nodes - np.repeat(every, 70))).all()


def test_a_park_is_left_by_all_its_gates():
    streets = streets_of([[(0, 0), (400, 0)], [(0, 300), (400, 300)]])
    park = attach_areas(np.array([shapely.box(100, -10, 200, 310)]), np.array([0]), streets.edges)
    area = isochrones(streets, Places.at_points(park), [30_000])[0, 0]
    assert area.geom_type == "MultiPolygon"
    true = shapely.MultiLineString(
        [[(70, y), (130, y)] for y in (0, 300)] + [[(170, y), (230, y)] for y in (0, 300)]
    )
    assert overlap(area, true.buffer(25)) > 0.99


def test_a_stretch_may_end_within_the_shortest_part_of_a_line():
    streets = streets_of([[(0, 0), (0.4, 0), (0.4, 0.4), (100, 0.4)]])
    found = reached_stretches(streets, Places.at_nodes([0]), [200, 600, 1_800])
    lines = shapely.get_coordinates(stretch_lines(streets, found)).round(9).tolist()
    assert lines == [
        [0, 0], [0.2, 0], [0, 0], [0.4, 0], [0.4, 0.2], [0, 0], [0.4, 0], [0.4, 0.4], [1.4, 0.4],
    ]  # fmt: skip


def test_thousands_of_budgets_have_a_stretch_each():
    budgets = np.arange(6_000) * 10
    found = reached_stretches(streets_of(STREET), Places.at_nodes([0]), budgets)
    assert found.budget.tolist() == list(range(6_000))
    assert (found.begin == 0).all()
    np.testing.assert_allclose(found.finish, budgets / 100_000)


def test_areas_far_from_the_origin_are_the_same_ones_there():
    away = np.array([500_000.0, 3_100_000.0])
    lines = [np.array(line, dtype=float) for line in [*STREET, [(100, 0), (130, 90)]]]
    near = isochrones(streets_of(lines), Places.at_nodes([0]), [150_000])[0, 0]
    far = isochrones(streets_of([line + away for line in lines]), Places.at_nodes([0]), [150_000])
    back = shapely.transform(far[0, 0], lambda places: places - away)
    assert overlap(back, near) > 0.9999


def test_an_outline_of_many_vertices_is_whole():
    street = streets_of([[(0, 0), (1000, 1)]])
    area = isochrones(street, Places.at_nodes([0]), [500_000], width=0.2, cell=0.1)[0, 0]
    true = shapely.LineString([(0, 0), (500, 0.5)]).buffer(0.2)
    assert area.is_valid
    assert overlap(area, true) > 0.95
    assert shapely.hausdorff_distance(area.exterior, true.exterior) < 0.1


def test_many_areas_of_one_call_are_those_of_single_calls():
    streets = streets_of(STREET)
    budgets = np.arange(400) * 500
    areas = isochrones(streets, Places.at_nodes([0, 1, 2]), budgets, cell=25.0)
    assert areas.shape == (3, 400)
    for origin, budget in ((0, 7), (1, 250), (2, 399)):
        alone = isochrones(streets, Places.at_nodes([origin]), [budgets[budget]], cell=25.0)
        assert shapely.equals_exact(areas[origin, budget], alone[0, 0], 0.0)


def test_no_budget_leaves_the_place_itself():
    streets = streets_of(STREET)
    disc = isochrones(streets, Places.at_nodes([1]), [0], cell=2.0)[0, 0]
    assert overlap(disc, shapely.Point(100, 0).buffer(25, 64)) > 0.99


def test_what_hangs_on_no_street_has_no_area():
    streets = streets_of(STREET)
    lone = attach_points(np.array([[30.0, 10.0]]), np.array([1]), streets.edges)
    areas = isochrones(streets, Places.at_points(lone, 3), [50_000])
    assert shapely.is_empty(areas).ravel().tolist() == [True, False, True]
    island = StreetMap.from_edges(streets.edges, 5)
    assert shapely.is_empty(isochrones(island, Places.at_nodes([4, 0]), [9])).ravel().tolist() == [
        True, False,
    ]  # fmt: skip
    none = Places.at_nodes(np.empty(0, np.int32))
    assert isochrones(streets, none, [50_000]).shape == (0, 1)
    assert len(reached_stretches(streets, none, [50_000])) == 0
    assert isochrones(streets, Places.at_nodes([0]), []).shape == (1, 0)


def test_a_ring_street_leaves_a_hole_and_a_hole_may_hold_an_island():
    angle = np.linspace(0, 2 * np.pi, 60)
    ring = np.column_stack([np.cos(angle), np.sin(angle)]) * 200
    ring[-1] = ring[0]
    inner = [(-20, 0), (20, 0)]
    streets = streets_of([ring, inner])
    gates = attach_points(np.array([[200.0, 0.0], [0.0, 0.0]]), np.array([0, 0]), streets.edges)
    area = isochrones(streets, Places.at_points(gates), [700_000])[0, 0]
    assert area.is_valid
    assert sorted(len(part.interiors) for part in area.geoms) == [0, 1]
    true = shapely.union(shapely.LineString(ring).buffer(25), shapely.LineString(inner).buffer(25))
    assert overlap(area, true) > 0.99


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(0, 400), st.booleans())
def test_stretches_hold_exactly_the_points_whose_distance_keeps_the_budget(seed, metres, leaving):
    rng = np.random.default_rng(seed)
    streets = random_streets(rng)
    edges, graph = streets.edges, streets.graph
    houses = attach_points(rng.uniform(0, 350, (3, 2)), np.arange(3), edges)
    found = reached_stretches(streets, Places.at_points(houses), [metres * 1000], leaving=leaving)
    probes = attach_points(
        shapely.get_coordinates(shapely.line_interpolate_point(edges.lines, rng.random(len(edges)),
                                                               normalized=True)),
        np.arange(len(edges)), edges, access_cost_per_metre=0.0,
    )  # fmt: skip
    assert (probes.access == 0).all()
    a, b = (houses, probes) if leaving else (probes, houses)
    apart = dijkstra(streets_matrix(graph))
    distance = np.full((len(a), len(b)), np.inf)
    one, other = a.leaving(), b.arriving()
    i, j = (part.ravel() for part in np.meshgrid(np.arange(len(one.item)),
                                                 np.arange(len(other.item))))  # fmt: skip
    cost = apart[one.node[i], other.node[j]] + one.cost[i] + other.cost[j]
    np.minimum.at(distance, (one.item[i], other.item[j]), cost)
    i, j = np.nonzero(a.edge[:, None] == b.edge[None, :])
    direct = a.between(i.astype(np.int32), j.astype(np.int32), b).astype(float)
    direct[direct == UNREACHABLE] = np.inf
    np.minimum.at(distance, (i, j), direct)
    distance = distance if leaving else distance.T
    position = probes.from_start / edges.forward[probes.edge]
    for k in range(3):
        mine = found.origin == k
        reached = np.zeros(len(probes), dtype=bool)
        for edge, begin, finish in zip(
            found.edge[mine], found.begin[mine], found.finish[mine], strict=True
        ):
            reached |= (probes.edge == edge) & (position >= begin) & (position <= finish)
        clear = np.abs(distance[k] - metres * 1000) > 5  # 5 mm for rounding of positions
        assert (reached == (distance[k] <= metres * 1000))[clear].all()


def streets_matrix(graph):
    from scipy.sparse import csr_matrix

    return csr_matrix(
        (graph.costs.astype(float), graph.targets, graph.offsets), (graph.node_count,) * 2
    )


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from([2.0, 5.0, 9.0]))
def test_areas_are_valid_and_those_of_true_buffers(seed, cell):
    rng = np.random.default_rng(seed)
    streets = random_streets(rng)
    origins = Places.at_nodes(rng.integers(0, streets.graph.node_count, 4))
    areas = isochrones(streets, origins, [250_000], cell=cell)[:, 0]
    assert shapely.is_valid(areas).all()
    for area, true in zip(areas, truth(streets, origins, 250_000), strict=True):
        assert overlap(area, true) > {2.0: 0.99, 5.0: 0.98, 9.0: 0.95}[cell]


def test_outlines_stay_near_the_true_ones():
    rng = np.random.default_rng(4)
    streets = random_streets(rng, 40)
    origins = Places.at_nodes(np.arange(8))
    areas = isochrones(streets, origins, [300_000], width=20.0)[:, 0]
    assert shapely.is_valid(areas).all()
    for area, true in zip(areas, truth(streets, origins, 300_000, 20.0), strict=True):
        assert shapely.hausdorff_distance(area.exterior, shapely.get_exterior_ring(true)) < 8.0


def test_neither_order_nor_company_nor_threads_change_an_area(monkeypatch):
    rng = np.random.default_rng(2)
    streets = random_streets(rng, 60)
    nodes = rng.integers(0, streets.graph.node_count, 30)
    monkeypatch.setattr("dizuo.engines.streets.isochrones.CHUNK", 7)
    areas = isochrones(streets, Places.at_nodes(nodes), [100_000, 200_000], threads=2)
    order = rng.permutation(30)
    again = isochrones(streets, Places.at_nodes(nodes[order]), [200_000, 100_000], threads=1)
    assert shapely.equals_exact(again[:, ::-1], areas[order], 0.0).all()
    alone = isochrones(streets, Places.at_nodes(nodes[:1]), [100_000])
    assert shapely.equals_exact(alone[0, 0], areas[0, 0], 0.0)
    found = rows(reached_stretches(streets, Places.at_nodes(nodes), [100_000]))
    shuffled = reached_stretches(streets, Places.at_nodes(nodes[order]), [100_000])
    back = sorted((int(order[row[0]]), *row[1:]) for row in rows(shuffled))
    assert back == sorted(found)


def test_a_larger_budget_holds_the_smaller_area():
    rng = np.random.default_rng(9)
    streets = random_streets(rng, 60)
    areas = isochrones(streets, Places.at_nodes(np.arange(20)), [50_000, 150_000, 300_000])
    beyond = shapely.area(shapely.difference(areas[:, :-1], areas[:, 1:]))
    assert (beyond < 0.01 * shapely.area(areas[:, :-1])).all()


def test_wrong_requests_are_refused(monkeypatch):
    streets = streets_of(STREET)
    start = Places.at_nodes([0])
    for width, cell in ((4.0, 5.0), (25.0, 0.0), (25.0, -0.5), (np.inf, 5.0), (25.0, np.nan)):
        with pytest.raises(EngineError, match="at most the width"):
            isochrones(streets, start, [10], width=width, cell=cell)
    with pytest.raises(EngineError):
        isochrones(streets, start, [-1])
    with pytest.raises(EngineError):
        reached_stretches(streets, Places.at_nodes([3]), [10])
    small = StreetMap(streets_of(STREET[:1]).graph, streets.edges)
    with pytest.raises(EngineError, match="does not have"):
        isochrones(small, start, [10])
    monkeypatch.setattr("dizuo.engines.streets.isochrones.CELLS_AT_MOST", 100)
    with pytest.raises(EngineError, match="larger cell"):
        isochrones(streets, start, [10_000])


def test_isochrones_of_a_real_town(monaco):
    edges, count = read_streets(monaco / "monaco.osm.pbf")
    streets = StreetMap.from_edges(edges, count)
    rng = np.random.default_rng(1)
    origins = Places.at_nodes(rng.choice(count, 8, replace=False))
    areas = isochrones(streets, origins, [900_000])[:, 0]
    assert shapely.is_valid(areas).all()
    shares = [overlap(*pair) for pair in zip(areas, truth(streets, origins, 900_000), strict=True)]
    assert min(shares) >= 0.95
    assert np.median(shares) >= 0.97


def test_contours_of_a_saddle_join_by_the_mean():
    """Two inner corners across a cell: one ring if the middle is inside, else two."""
    for middle, expected in ((1.0, 1), (9.0, 2)):
        field = np.full((5, 6), 81.0, dtype=np.float32)
        field[2, 2] = field[1, 3] = middle
        field[1, 2] = field[2, 3] = 26.0
        following, entries = np.full(60, -1, np.int32), np.empty(60, np.int32)
        crossed = contour.link_cells(
            field.ravel(), 5.0 if expected == 1 else 4.0, 6, 5, following, entries
        )
        assert len(set(entries[:crossed].tolist())) == crossed
        assert (following[entries[:crossed]] >= 0).all()
        rings = 0
        for entry in entries[:crossed]:
            edge = entry
            rings += following[edge] >= 0
            while following[edge] >= 0:
                following[edge], edge = -1, following[edge]
        assert rings == expected
