"""Squares are walked across, around what stands on them, and only where one may walk."""

import numpy as np
import pytest
from osm_town import CRS, Town
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra

from dizuo.base.osm import read_osm
from dizuo.base.plazas import build_crossings
from dizuo.base.streets import build_streets


def walked(town, tmp_path, start, end):
    """Metres of the shortest walk between two nodes."""
    extract = read_osm(town.write(tmp_path / "town.osm"))
    nodes, edges = build_streets(extract.highways, CRS)
    crossings = build_crossings(extract.areas, nodes, CRS)
    rows = [
        (row.start, row.end, row.length_mm / 1000)
        for frame in (edges, crossings)
        for row in frame.itertuples()
        if row.walk_forward
    ]
    tail, head, cost = np.array(rows).T
    size = int(max(len(nodes), tail.max() + 1, head.max() + 1))
    best = {}
    for a, b, c in zip(tail.astype(int), head.astype(int), cost, strict=True):
        if a != b:
            best[a, b] = min(c, best.get((a, b), np.inf))
    at = np.array(list(best)).T
    graph = coo_array((list(best.values()), (at[0], at[1])), shape=(size, size)).tocsr()
    number = nodes.set_index("id")["node"]
    found = dijkstra(graph, directed=False, indices=number[f"node:n{start}"])
    return found[number[f"node:n{end}"]]


def square(**tags):
    #  4 ----- 3 -- 6      100 m x 100 m; streets meet it at opposite corners
    #  |       |
    #  1 ----- 2           5 - 1
    town = Town()
    corners = ((1, 0, 0), (2, 100, 0), (3, 100, 100), (4, 0, 100))
    for ref, x, y in (*corners, (5, -50, 0), (6, 150, 100)):
        town.node(ref, x, y)
    town.way(10, [1, 2, 3, 4, 1], **tags)
    town.street(11, 5, 1)
    town.street(12, 3, 6)
    return town


def test_a_square_is_walked_across(tmp_path):
    town = square(highway="pedestrian", area="yes")
    assert walked(town, tmp_path, 5, 6) == pytest.approx(100 + 100 * np.sqrt(2), abs=0.05)


def test_a_ring_of_street_is_not_a_square(tmp_path):
    assert walked(square(highway="pedestrian"), tmp_path, 5, 6) == pytest.approx(300, abs=0.05)


def test_a_private_square_is_not_crossed(tmp_path):
    town = square(highway="pedestrian", area="yes", access="private")
    assert walked(town, tmp_path, 5, 6) == np.inf


def with_outline(town, outline, inner=()):
    """A square that only a relation draws: its outline is no street."""
    town.way(20, [*outline, outline[0]])
    members = [("way", 20, "outer")]
    if inner:
        town.way(21, [*inner, inner[0]])
        members.append(("way", 21, "inner"))
    town.relation(30, members, type="multipolygon", highway="pedestrian")
    return town


def test_the_way_goes_around_a_corner_that_stands_in_it(tmp_path):
    #  an L: from the end of one arm to the end of the other by its inner corner (50, 50)
    town = Town()
    corners = ((1, 0, 0), (2, 100, 0), (3, 100, 50), (4, 50, 50), (5, 50, 100), (6, 0, 100))
    for ref, x, y in (*corners, (7, 150, 50), (8, 50, 150)):
        town.node(ref, x, y)
    with_outline(town, [1, 2, 3, 4, 5, 6])
    town.street(11, 7, 3)
    town.street(12, 5, 8)
    assert walked(town, tmp_path, 7, 8) == pytest.approx(50 + 50 + 50 + 50, abs=0.05)
    town.street(13, 6, 8)  # a second street at the far corner changes nothing
    assert walked(town, tmp_path, 7, 8) == pytest.approx(200, abs=0.05)


def test_corners_see_one_another(tmp_path):
    #  a C: between its two ends the way bends at both inner corners (40, 20) and (40, 80)
    town = Town()
    shape = ((1, 0, 0), (2, 100, 0), (3, 100, 20), (4, 40, 20), (5, 40, 80), (6, 100, 80))
    for ref, x, y in (*shape, (7, 100, 100), (8, 0, 100), (9, 150, 20), (10, 150, 80)):
        town.node(ref, x, y)
    town.way(20, [1, 2, 3, 4, 5, 6, 7, 8, 1], highway="pedestrian", area="yes")
    town.street(11, 9, 3)
    town.street(12, 6, 10)
    assert walked(town, tmp_path, 9, 10) == pytest.approx(50 + 60 + 60 + 60 + 50, abs=0.05)
    across = with_outline(Town(), [1, 2, 3, 4, 5, 6, 7, 8])
    for ref, x, y in (*shape, (7, 100, 100), (8, 0, 100), (9, 150, 20), (10, 150, 80)):
        across.node(ref, x, y)
    across.street(11, 9, 3)
    across.street(12, 6, 10)
    assert walked(across, tmp_path, 9, 10) == pytest.approx(280, abs=0.05)


def test_the_way_goes_around_what_is_cut_out(tmp_path):
    #  a block of 20 m x 20 m in the middle of the square, on the diagonal
    town = Town()
    corners = ((1, 0, 0), (2, 100, 0), (3, 100, 100), (4, 0, 100))
    block = ((21, 40, 40), (22, 60, 40), (23, 60, 60), (24, 40, 60))
    for ref, x, y in (*corners, *block, (5, -50, 0), (6, 150, 100)):
        town.node(ref, x, y)
    with_outline(town, [1, 2, 3, 4], [21, 22, 23, 24])
    town.street(11, 5, 1)
    town.street(12, 3, 6)
    around = 2 * np.hypot(60, 40)
    assert walked(town, tmp_path, 5, 6) == pytest.approx(100 + around, abs=0.05)


def test_no_lines_are_drawn_where_a_single_street_ends(tmp_path):
    town = Town()
    for ref, x, y in ((1, 0, 0), (2, 100, 0), (3, 100, 100), (4, 0, 100), (5, -50, 0)):
        town.node(ref, x, y)
    with_outline(town, [1, 2, 3, 4])
    town.street(11, 5, 1)
    extract = read_osm(town.write(tmp_path / "town.osm"))
    nodes, _ = build_streets(extract.highways, CRS)
    assert len(build_crossings(extract.areas, nodes, CRS)) == 0
