"""Polygons become paths that a browser draws."""

import numpy as np
import shapely

from dizuo.pages.outlines import polygon_path


def test_a_square_with_a_hole_is_two_rings_from_the_upper_left_corner():
    hole = shapely.box(2, 2, 4, 4).exterior.coords
    square = shapely.Polygon(shapely.box(0, 0, 10, 10).exterior.coords, [hole])
    path = polygon_path(np.array([square]), west=0, north=10, scale=2)
    assert path.count("M") == path.count("Z") == 2
    assert path.startswith("M20 20L20 0L0 0L0 20")


def test_nothing_is_drawn_of_nothing():
    assert polygon_path(np.array([], dtype=object), 0, 0, 1) == ""
