"""Points, lines and areas on edges."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra

from dizuo.engines.streets.attach import (
    EdgeLines,
    _gates,
    attach_areas,
    attach_points,
    attach_shapes,
)
from dizuo.engines.streets.graph import UNREACHABLE
from dizuo.model.errors import EngineError


def edges_of(lines, *, one_way=(), closed=()):
    """Edges whose nodes are the distinct ends of the lines, costs the lengths in mm."""
    shapes = np.array([shapely.LineString(line) for line in lines], dtype=object)
    ends = {}
    start = np.array([ends.setdefault(shape.coords[0], len(ends)) for shape in shapes])
    end = np.array([ends.setdefault(shape.coords[-1], len(ends)) for shape in shapes])
    forward = np.maximum(np.rint(shapely.length(shapes) * 1000), 1).astype(np.int32)
    backward = forward.copy()
    backward[list(one_way) + list(closed)] = UNREACHABLE
    forward[list(closed)] = UNREACHABLE
    return EdgeLines.from_lines(shapes, start, end, forward, backward)


def random_edges(rng, count):
    places = rng.integers(0, 40, (count + 2, 2)) * 10.0
    lines = []
    for _ in range(count):
        a, b = rng.choice(len(places), 2, replace=False)
        if (places[a] == places[b]).all():
            places[b] += 1.0
        lines.append([places[a], *(rng.uniform(0, 400, (rng.integers(0, 3), 2))), places[b]])
    return edges_of(lines, one_way=range(0, count, 3), closed=range(1, count, 7))


CROSS = [[(-100, 0), (0, 0)], [(0, 0), (100, 0)], [(0, 0), (0, 100)]]


def row(attachments, k=0):
    names = ("edge", "to_start", "to_end", "from_start", "from_end", "access")
    return tuple(int(getattr(attachments, name)[k]) for name in names)


def test_a_house_hangs_at_the_foot_of_its_perpendicular():
    hung = attach_points(np.array([[30.0, 5.0]]), np.array([0]), edges_of(CROSS))
    assert row(hung) == (1, 30_000, 70_000, 30_000, 70_000, 5_000)
    assert (hung.start.tolist(), hung.end.tolist()) == ([1], [2])


def test_the_start_of_an_edge_shorter_than_half_a_millimetre_is_both_its_nodes():
    edges = edges_of([[(0, 0), (0.0004, 0)]], one_way=[0])
    hung = attach_points(np.array([[0.0, 2.0]]), np.array([0]), edges)
    assert row(hung) == (0, 0, 0, 0, 0, 2_000)


def test_less_than_half_a_millimetre_from_a_node_is_at_it():
    edges = edges_of([[(0, 0), (100, 0)]], one_way=[0])
    hung = attach_points(np.array([[0.0004, 0.0], [99.9996, 0.0]]), np.array([0, 1]), edges)
    assert row(hung) == (0, 0, 100_000, 0, UNREACHABLE, 0)
    assert row(hung, 1) == (0, UNREACHABLE, 0, 100_000, 0, 0)


def test_just_half_a_millimetre_from_both_nodes_is_at_neither():
    edges = edges_of([[(0, 0), (0.001, 0)]], one_way=[0])
    hung = attach_points(np.array([[0.0005, 2.0]]), np.array([0]), edges)
    assert row(hung) == (0, UNREACHABLE, 1, 0, UNREACHABLE, 2_000)


def test_a_one_way_street_is_left_and_reached_along_its_direction():
    hung = attach_points(np.array([[30.0, 5.0]]), np.array([0]), edges_of(CROSS, one_way=[1]))
    assert row(hung) == (1, UNREACHABLE, 70_000, 30_000, UNREACHABLE, 5_000)


def test_a_house_at_a_junction_stands_at_the_node_whatever_the_direction():
    edges = edges_of([[(0, 0), (100, 0)]], one_way=[0])
    at_end = attach_points(np.array([[120.0, 0.0]]), np.array([0]), edges)
    assert row(at_end) == (0, UNREACHABLE, 0, 100_000, 0, 20_000)
    at_start = attach_points(np.array([[-20.0, 0.0]]), np.array([0]), edges)
    assert row(at_start) == (0, 0, 100_000, 0, UNREACHABLE, 20_000)


def test_edges_equally_near_give_the_lowest_number():
    edges = edges_of([[(0, 10), (100, 10)], [(0, -10), (100, -10)], [(0, 10), (100, 10)]])
    hung = attach_points(np.array([[50.0, 0.0], [50.0, -1.0]]), np.array([0, 1]), edges)
    assert hung.edge.tolist() == [0, 1]


def test_closed_edges_are_passed_over():
    edges = edges_of([[(0, 1), (100, 1)], [(0, 50), (100, 50)]], closed=[0])
    assert attach_points(np.array([[50.0, 0.0]]), np.array([0]), edges).edge.tolist() == [1]


def test_edges_that_must_not_be_hung_on_are_passed_over():
    edges = edges_of([[(0, 1), (100, 1)], [(0, 50), (100, 50)]])
    tunnel = np.array([False, True])
    hung = attach_points(np.array([[50.0, 0.0]]), np.array([0]), edges, attachable=tunnel)
    assert hung.edge.tolist() == [1]


def test_points_beyond_the_largest_distance_stay_apart():
    points = np.array([[50.0, 20.0], [50.0, 20.001], [50.0, 1.0]])
    hung = attach_points(points, np.array([4, 5, 2]), edges_of(CROSS[:2]), maximum_distance=20.0)
    assert hung.item.tolist() == [2, 4]


def test_time_costs_split_in_proportion_to_the_way():
    edges = edges_of(CROSS)
    walked = EdgeLines(
        edges.start, edges.end, np.array([9, 9, 9], np.int32), np.array([7, 7, 7], np.int32),
        edges.coordinates, edges.offsets,
    )  # fmt: skip
    hung = attach_points(np.array([[30.0, 2.0]]), np.array([0]), walked, access_cost_per_metre=750)
    assert row(hung) == (1, 2, 6, 3, 5, 1_500)


def test_no_edges_and_no_points_give_nothing():
    nothing = EdgeLines.from_lines(np.empty(0, dtype=object), *[np.empty(0, np.int32)] * 4)
    assert len(attach_points(np.array([[0.0, 0.0]]), np.array([0]), nothing)) == 0
    square = np.array([shapely.box(0, 0, 1, 1)])
    assert len(attach_areas(square, np.array([0]), nothing)) == 0
    assert len(attach_points(np.empty((0, 2)), np.empty(0, int), edges_of(CROSS))) == 0
    assert len(attach_shapes(np.empty(0, object), np.empty(0, int), edges_of(CROSS))) == 0


def test_wrong_arrays_are_refused():
    edges = edges_of(CROSS)
    with pytest.raises(EngineError, match="same length"):
        attach_points(np.zeros((2, 2)), np.array([0]), edges)
    with pytest.raises(EngineError, match="finite"):
        attach_points(np.array([[np.nan, 0.0]]), np.array([0]), edges)
    with pytest.raises(EngineError, match="too far"):
        attach_points(np.array([[5e6, 0.0]]), np.array([0]), edges)
    with pytest.raises(EngineError, match="same length"):
        attach_areas(np.array([shapely.box(0, 0, 1, 1)]), np.array([0, 1]), edges)
    with pytest.raises(EngineError, match="without geometry"):
        attach_areas(np.array([shapely.Polygon()]), np.array([0]), edges)
    with pytest.raises(EngineError, match="two vertices"):
        EdgeLines(edges.start, edges.end, edges.forward, edges.backward, edges.coordinates,
                  np.array([0, 1, 4, 6]))  # fmt: skip
    with pytest.raises(EngineError, match="one start"):
        EdgeLines(edges.start[:2], edges.end, edges.forward, edges.backward, edges.coordinates,
                  edges.offsets)  # fmt: skip
    for lines in ([0, 2, 4], [0, 2, 4, 6, 8]):
        with pytest.raises(EngineError, match="one start"):
            EdgeLines(edges.start, edges.end, edges.forward, edges.backward, np.zeros((8, 2)),
                      np.array(lines))  # fmt: skip
    with pytest.raises(EngineError, match="finite"):
        EdgeLines(edges.start, edges.end, edges.forward, edges.backward,
                  edges.coordinates * np.nan, edges.offsets)  # fmt: skip


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 60))
def test_nearest_edges_equal_those_of_shapely(seed, count):
    rng = np.random.default_rng(seed)
    edges = random_edges(rng, count)
    if not edges.usable.any():
        return
    points = np.concatenate([rng.uniform(-900, 1300, (30, 2)), rng.uniform(0, 400, (30, 2))])
    hung = attach_points(points, np.arange(60), edges)
    distance = shapely.distance(shapely.points(points)[:, None], edges.lines[None, :])
    distance[:, ~edges.usable] = np.inf
    assert np.allclose(distance[np.arange(60), hung.edge], distance.min(axis=1), atol=1e-9)
    assert np.allclose(hung.access / 1000, distance.min(axis=1), atol=0.0006)
    clear = np.sort(distance, axis=1)[:, 1:2] > distance.min(axis=1)[:, None] + 1e-6
    clear = clear[:, 0] if clear.size else np.ones(60, bool)
    assert (hung.edge[clear] == distance.argmin(axis=1)[clear]).all()
    along = shapely.line_locate_point(edges.lines[hung.edge], shapely.points(points))
    share = along / shapely.length(edges.lines[hung.edge])
    inner = clear & (share > 1e-5) & (share < 1 - 1e-5)
    for cost, part in ((edges.forward, hung.from_start), (edges.backward, hung.to_start)):
        open_ = inner & (cost[hung.edge] != UNREACHABLE)
        assert np.allclose(part[open_], cost[hung.edge[open_]] * share[open_], atol=0.51)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_both_parts_of_an_edge_make_the_whole_and_order_does_not_matter(seed):
    rng = np.random.default_rng(seed)
    edges = random_edges(rng, 20)
    points = rng.uniform(-50, 450, (40, 2))
    hung = attach_points(points, np.arange(40), edges)
    ahead = edges.forward[hung.edge] != UNREACHABLE
    back = edges.backward[hung.edge] != UNREACHABLE
    assert (hung.from_start + hung.to_end)[ahead].tolist() == edges.forward[hung.edge][
        ahead
    ].tolist()
    assert (hung.from_end + hung.to_start)[back].tolist() == edges.backward[hung.edge][
        back
    ].tolist()
    both = ahead & back
    assert (hung.from_start[both] == hung.to_start[both]).all()
    shuffled = rng.permutation(40)
    again = attach_points(points[shuffled], shuffled, edges)
    for name in hung.__dataclass_fields__:
        assert (getattr(again, name) == getattr(hung, name)).all()


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(2, 25))
def test_distances_between_houses_equal_those_on_the_edges_cut_at_the_houses(seed, count):
    rng = np.random.default_rng(seed)
    edges = random_edges(rng, count)
    if not edges.usable.any():
        return
    nodes = int(max(edges.start.max(), edges.end.max())) + 1
    graph = edges.graph(nodes)
    houses = attach_points(rng.uniform(0, 400, (12, 2)), np.arange(12), edges)
    arcs = []
    for k, edge in enumerate(houses.edge):
        ours = np.flatnonzero(houses.edge == edge)
        for side, to, fro in (
            (houses.start[k], houses.to_start[k], houses.from_start[k]),
            (houses.end[k], houses.to_end[k], houses.from_end[k]),
        ):
            if to != UNREACHABLE:
                arcs.append((nodes + k, side, to))
            if fro != UNREACHABLE:
                arcs.append((side, nodes + k, fro))
        for other in ours:
            ahead = houses.from_start[other] - houses.from_start[k]
            if edges.forward[edge] != UNREACHABLE and ahead >= 0 and other != k:
                arcs.append((nodes + k, nodes + other, ahead))
            back = int(houses.from_end[other]) - int(houses.from_end[k])
            if edges.backward[edge] != UNREACHABLE and back >= 0 and other != k:
                arcs.append((nodes + k, nodes + other, back))
    arcs += list(zip(graph.tails, graph.targets, graph.costs, strict=True))
    best = {}
    for tail, head, cost in arcs:  # a tenth of a millimetre keeps zero costs in a sparse matrix
        best[tail, head] = min(best.get((tail, head), np.inf), cost + 1e-6)
    matrix = csr_matrix(
        (list(best.values()), tuple(zip(*best, strict=True))), (nodes + 12, nodes + 12)
    )
    truth = np.rint(dijkstra(matrix, indices=nodes + np.arange(12))[:, nodes:])
    plain = dijkstra(csr_matrix((graph.costs + 1e-6, graph.targets, graph.offsets), (nodes, nodes)))
    leaving, arriving = houses.leaving(), houses.arriving()
    ours = np.full((12, 12), np.inf)
    pairs = np.meshgrid(np.arange(len(leaving.item)), np.arange(len(arriving.item)), indexing="ij")
    a, b = pairs[0].ravel(), pairs[1].ravel()
    cost = plain[leaving.node[a], arriving.node[b]] + leaving.cost[a] + arriving.cost[b]
    np.minimum.at(ours, (leaving.item[a], arriving.item[b]), np.rint(cost))
    legs = houses.access[:, None] + houses.access[None, :]
    same = np.argwhere(houses.edge[:, None] == houses.edge[None, :])
    direct = houses.between(same[:, 0], same[:, 1], houses).astype(float)
    direct[direct == UNREACHABLE] = np.inf
    np.minimum.at(ours, (same[:, 0], same[:, 1]), direct)
    ours = ours - legs
    np.fill_diagonal(ours, 0)
    assert (ours == truth).all()


def test_a_tile_gives_the_costs_of_the_whole_city():
    rng = np.random.default_rng(11)
    edges = random_edges(rng, 400)
    kept = np.flatnonzero(rng.random(400) < 0.3)
    tile = EdgeLines.from_lines(
        edges.lines[kept], edges.start[kept], edges.end[kept], edges.forward[kept],
        edges.backward[kept],
    )  # fmt: skip
    assert (tile.along == edges.along[np.isin(edge_of_vertex(edges), kept)]).all()
    inner = shapely.line_interpolate_point(tile.lines, 0.3, normalized=True)
    points = shapely.get_coordinates(inner) + rng.normal(0, 0.01, (len(kept), 2))
    whole = attach_points(points, np.arange(len(kept)), edges)
    part = attach_points(points, np.arange(len(kept)), tile)
    same = kept[part.edge] == whole.edge
    assert same.sum() > 50
    for name in ("to_start", "to_end", "from_start", "from_end", "access"):
        assert (getattr(part, name) == getattr(whole, name))[same].all()


def edge_of_vertex(edges):
    return np.repeat(np.arange(len(edges)), np.diff(edges.offsets))


def test_a_park_is_entered_where_streets_cross_its_outline():
    park = shapely.box(20, -30, 60, 30)
    hung = attach_areas(np.array([park]), np.array([7]), edges_of(CROSS))
    assert hung.item.tolist() == [7, 7]
    assert [row(hung, k) for k in range(2)] == [
        (1, 20_000, 80_000, 20_000, 80_000, 0),
        (1, 60_000, 40_000, 60_000, 40_000, 0),
    ]


def test_streets_that_meet_at_a_gate_make_one_gate_on_the_lowest_edge():
    lines = [[(0, 0), (50, 0)], [(50, 0), (50, 80)], [(50, 0), (90, 0)], [(90, 0), (95, 5)]]
    park = shapely.box(50, -20, 100, 20)
    hung = attach_areas(np.array([park]), np.array([0]), edges_of(lines))
    assert [row(hung, k) for k in range(len(hung))] == [
        (0, 50_000, 0, 50_000, 0, 0),
        (1, 20_000, 60_000, 20_000, 60_000, 0),
    ]


def test_gates_nearer_than_a_millimetre_are_one():
    # the outline is met 0.1 mm apart, within the millimetre around 0.500, and 0.8 mm from there
    lines = [[(0.5, 9), (0.5, -9)], [(0.5001, 9), (0.5001, -9)], [(0.5009, 9), (0.5009, -9)]]
    hung = attach_areas(np.array([shapely.box(-20, -20, 20, 0)]), np.array([0]), edges_of(lines))
    assert hung.edge.tolist() == [0, 2]


def test_a_street_along_the_outline_gives_both_ends_of_the_shared_stretch():
    park = shapely.box(20, 0, 60, 30)
    hung = attach_areas(np.array([park]), np.array([0]), edges_of(CROSS[:2]))
    assert hung.from_start.tolist() == [20_000, 60_000]


def test_a_park_off_the_streets_takes_the_nearest_street_and_a_straight_leg():
    park = shapely.box(30, 12, 60, 40)
    hung = attach_areas(np.array([park]), np.array([0]), edges_of(CROSS))
    assert len(hung) == 1
    assert hung.access.tolist() == [12_000]
    assert hung.edge.tolist() == [1]
    assert 30_000 <= hung.from_start[0] <= 60_000
    for reach, gates in ((11.9, 0), (12.0, 1)):
        near = attach_areas(
            np.array([park]), np.array([0]), edges_of(CROSS), maximum_distance=reach
        )
        assert len(near) == gates


@pytest.mark.parametrize("turn", range(4))
def test_of_streets_equally_near_to_a_park_the_lowest_serves(turn):
    sides = [[(-50, -20), (50, -20)], [(70, -50), (70, 50)], [(50, 20), (-50, 20)]]
    far = [(0, 300), (50, 300)]
    lines = np.roll(np.array([*sides, far], dtype=float), turn, axis=0)
    park = shapely.box(-60, -10, 60, 10)
    hung = attach_areas(np.array([park]), np.array([0]), edges_of(lines))
    near = shapely.distance(shapely.linestrings(lines), park)
    assert hung.access.tolist() == [10_000]
    assert hung.edge.tolist() == [near.argmin()]


def test_inner_paths_do_not_stand_for_the_street_outside():
    lines = [[(0, 0), (200, 0)], [(90, 45), (95, 50)]]
    park = shapely.box(50, 40, 150, 100)
    hung = attach_areas(np.array([park]), np.array([0]), edges_of(lines))
    assert hung.edge.tolist() == [0]
    assert hung.access.tolist() == [40_000]
    inner_only = attach_areas(np.array([park]), np.array([0]), edges_of(lines[1:]))
    assert inner_only.edge.tolist() == [0]
    assert inner_only.access.tolist() == [0]


def test_points_lines_and_areas_hang_together_in_order_of_items():
    shapes = np.array(
        [shapely.box(20, -5, 60, 5), shapely.Point(-30, 4), shapely.LineString([(70, -9), (70, 9)])]
    )
    hung = attach_shapes(shapes, np.array([2, 1, 0]), edges_of(CROSS))
    assert hung.item.tolist() == [0, 1, 2, 2]
    assert hung.edge.tolist() == [1, 0, 1, 1]
    assert hung.from_start.tolist() == [70_000, 70_000, 20_000, 60_000]


def test_gates_on_bent_streets_stand_where_the_outline_is():
    rng = np.random.default_rng(5)
    edges = random_edges(rng, 60)
    areas = shapely.buffer(shapely.points(rng.uniform(0, 400, (25, 2))), rng.uniform(2, 60, 25))
    hung = attach_areas(areas, np.arange(25), edges)
    ahead = edges.forward[hung.edge] != UNREACHABLE
    share = np.where(
        ahead,
        hung.from_start / edges.forward[hung.edge],
        hung.to_start / edges.backward[hung.edge],
    )
    gates = shapely.line_interpolate_point(edges.lines[hung.edge], share, normalized=True)
    away = np.where(
        hung.access == 0,
        shapely.distance(gates, shapely.boundary(areas)[hung.item]),
        shapely.distance(gates, areas[hung.item]) - hung.access / 1000,
    )
    assert (np.bincount(edges.segment_edge[edges.segment_edge >= 0])[hung.edge] > 1).sum() > 20
    assert np.abs(away).max() < 0.002


def test_gates_do_not_depend_on_the_order_of_areas():
    rng = np.random.default_rng(3)
    edges = random_edges(rng, 60)
    areas = shapely.buffer(shapely.points(rng.uniform(0, 400, (25, 2))), rng.uniform(2, 60, 25))
    hung = attach_areas(areas, np.arange(25), edges)
    assert set(hung.item.tolist()) == set(range(25))
    shuffled = rng.permutation(25)
    again = attach_areas(areas[shuffled], shuffled, edges)
    for name in hung.__dataclass_fields__:
        assert (getattr(again, name) == getattr(hung, name)).all()
    outlines = shapely.boundary(areas)
    for k in range(25):
        crossed = edges.usable & shapely.intersects(outlines[k], edges.lines)
        mine = set(hung.edge[hung.item == k].tolist())
        assert mine <= set(np.flatnonzero(crossed).tolist()) or not crossed.any()


def test_crossings_that_rounding_swallows_give_no_gate():
    crossings = [shapely.LineString(), shapely.Point(1, 2), shapely.LineString([(0, 0), (3, 4)])]
    places, owner = _gates(np.array(crossings, dtype=object))
    np.testing.assert_array_equal(places, [(1, 2), (0, 0), (3, 4)])
    np.testing.assert_array_equal(owner, [1, 2, 2])
