"""Fields of distances, and rings of contours: simplified, nested and measured, against shapely."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from dizuo.engines.streets import _kernels_contour as contour
from dizuo.engines.streets import _kernels_isochrones as kernels


def star(rng, count):
    """A ring around the origin, without crossings, whose corners lie anywhere."""
    angle = np.sort(rng.uniform(0, 2 * np.pi, count))
    return np.column_stack([np.cos(angle), np.sin(angle)]) * rng.uniform(5, 9, (count, 1))


def densified(corners):
    """The ring with some vertices on each of its straight sides."""
    ring = shapely.segmentize(shapely.LinearRing(corners), 0.5)
    return shapely.get_coordinates(ring)[:-1]


def simplified(ring, tolerance):
    work = ring.copy()
    return work[: contour.simplify_ring(work, len(work), tolerance)].copy()


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(4, 12), st.sampled_from([1e-6, 0.05, 0.4]))
def test_a_simplified_ring_keeps_some_vertices_and_stays_near_the_others(seed, count, tolerance):
    ring = densified(star(np.random.default_rng(seed), count))
    kept = simplified(ring, tolerance)
    places = [np.flatnonzero((ring == vertex).all(axis=1))[0] for vertex in kept]
    assert places[0] == 0
    assert (np.diff(places) > 0).all()
    assert np.diff([*places, len(ring)]).max() <= contour.LONGEST
    # each stretch that a side replaces lies near that very side
    for begin, end in zip(places, [*places[1:], len(ring)], strict=True):
        side = shapely.LineString([ring[begin], ring[end % len(ring)]])
        between = shapely.points(ring[begin:end])
        assert shapely.distance(side, between).max() <= tolerance * (1 + 1e-9)


def test_straight_sides_lose_the_vertices_between_their_corners():
    corners = np.array([(2, 7), (8, 7), (8, 11), (4, 11), (4, 13), (2, 13)], dtype=float)
    for first in range(6):
        ring = np.roll(corners, first, axis=0)
        assert simplified(densified(ring), 1e-6).tolist() == ring.tolist()
    long = np.array([(0, 0), (20, 0), (20, 1), (0, 1)], dtype=float)
    vertices = densified(long)
    assert len(vertices) == 84
    assert simplified(vertices, 1e-6).tolist() == [
        [0, 0], [16, 0], [20, 0], [20, 1], [4, 1], [0, 1],
    ]  # fmt: skip


def test_a_small_ring_stays_as_it_is():
    octagon = densified(np.array([(0, 0), (1, 0), (1, 1), (0, 1)], dtype=float))
    assert len(octagon) == 8
    assert simplified(octagon, 0.01).tolist() == octagon.tolist()
    larger = np.insert(octagon, 1, (0.25, 0.0), axis=0)
    assert len(simplified(larger, 0.01)) == 4


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(3, 12), st.booleans())
def test_sides_and_areas_of_rings_are_those_of_shapely(seed, count, turned):
    rng = np.random.default_rng(seed)
    ring = star(rng, count)[:: -1 if turned else 1]
    polygon = shapely.Polygon(ring)
    if not polygon.is_valid:
        return
    area = contour.signed_area(np.ascontiguousarray(ring))
    assert area == pytest.approx(polygon.area * (1 if polygon.exterior.is_ccw else -1))
    for x, y in rng.uniform(-9, 9, (40, 2)):
        inside = contour.inside_ring(x, y, np.ascontiguousarray(ring))
        assert inside == polygon.contains(shapely.Point(x, y))


def square(x, y, side, *, first=0, hole=False):
    corners = np.array([(x, y), (x + side, y), (x + side, y + side), (x, y + side)], dtype=float)
    return np.roll(corners[::-1] if hole else corners, first, axis=0)


@pytest.mark.parametrize("first", range(4))
def test_holes_belong_to_the_smallest_shell_around_them(first):
    rings = [
        square(1, 1, 1, first=first, hole=True),  # in the island
        square(-3, -3, 6, first=first, hole=True),  # in the mainland, with the island inside
        square(-9, -9, 18, first=first),  # the mainland
        square(0, 0, 2.5, first=first),  # the island
        square(20, 0, 1, first=first),  # another land, smaller than any hole around it
        square(5, 5, 2, first=first, hole=True),  # in the mainland too
    ]
    areas = np.array([contour.signed_area(ring) for ring in rings])
    bounds = np.arange(0, 4 * len(rings) + 1, 4)
    owner = np.full(len(rings), -1, dtype=np.int32)
    contour.own_shells(np.concatenate(rings), bounds, areas, owner)
    assert owner.tolist() == [3, 2, 2, 3, 4, 2]


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from(["any", "level", "upright", "point", "short"]))
def test_the_field_around_a_segment_is_the_squared_distance_from_it(seed, kind):
    rng = np.random.default_rng(seed)
    (ax, ay), (bx, by) = rng.uniform(-10, 50, (2, 2))
    bx = ax if kind in ("upright", "point") else bx
    by = ay if kind in ("level", "point") else by
    if kind == "short":
        bx, by = np.array([ax, ay]) + rng.uniform(-0.6, 0.6, 2)
    radius, cell, columns, rows = rng.uniform(1, 12), rng.uniform(0.8, 4), 17, 11
    before = np.float32(rng.choice([9.0, 400.0]))
    field = np.full(columns * rows, before, np.float32)
    kernels.burn(ax, ay, bx, by, radius, cell, columns, rows, field)
    x, y = (part.ravel() * cell for part in np.meshgrid(np.arange(columns), np.arange(rows)))
    squared = shapely.distance(shapely.LineString([(ax, ay), (bx, by)]), shapely.points(x, y)) ** 2
    near = squared < radius**2 * 0.999
    np.testing.assert_allclose(field[near], np.minimum(squared, before)[near], rtol=1e-3, atol=1e-3)
    far = field[~near]
    assert ((far == before) | (np.abs(far - squared[~near]) < 1e-3 * (1 + far))).all()


def test_room_grows_with_many_rings():
    """Two rows of 600 dots, each with a ring of eight vertices around it."""
    east, north = (4 * part.ravel() for part in np.meshgrid(np.arange(40), np.arange(30)))
    dots = np.column_stack([east + 0.3, north + 0.4])
    rings, bounds, row, owner = contour.outlines(
        np.array([0, 600, 1200]), 0, 2, np.arange(0, 2401, 2), np.repeat(dots, 2, axis=0),
        1.0, 1.0, 10**6,
    )  # fmt: skip
    assert bounds.tolist() == list(range(0, 9601, 8))
    assert row.tolist() == [0] * 600 + [1] * 600
    assert owner.tolist() == list(range(1200))
    away = np.hypot(*(rings - np.repeat(dots, 8, axis=0)).T)
    assert (np.abs(away - 1.0) < 0.15).all()


def test_a_contour_keeps_a_fiftieth_of_a_cell_from_grid_points():
    field = np.array([[0.0, 100.0], [25.0, 9.0]], dtype=np.float32).ravel()
    # edges 0 and 1 go right and up from the first point, 4 right from the one above it
    place = [contour.place_on_edge(edge, field, 5.0, 2, 10.0) for edge in (0, 1, 4, 3)]
    assert place == [
        (5.0, 0.0),
        (0.0, 9.8),
        (pytest.approx(0.2), 10.0),
        (10.0, pytest.approx(50 / 7)),
    ]
    level = np.full(4, 25.0, dtype=np.float32)
    assert contour.place_on_edge(0, level, 5.0, 2, 10.0) == (5.0, 0.0)
