"""Geometry that is mended, and geometry that cannot be."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely import LineString, Point, Polygon, box

from dizuo.base.mending import drop_duplicates, drop_repeated_ids, mend_geometry
from dizuo.base.rejects import rejected_counts

AREAS = ("Polygon", "MultiPolygon")
CRS = "EPSG:32632"


def rows(*shapes, **columns):
    return gpd.GeoDataFrame(
        {"row": range(1, len(shapes) + 1), "id": [f"a{n}" for n in range(len(shapes))], **columns},
        geometry=list(shapes),
        crs=CRS,
    )


def test_a_bow_tie_becomes_its_two_halves():
    bow_tie = Polygon([(0, 0), (10, 10), (10, 0), (0, 10)])
    mended = mend_geometry(rows(bow_tie, box(0, 0, 1, 1)), AREAS)
    assert mended.frame.geometry.is_valid.all()
    assert list(mended.frame.area) == pytest.approx([50, 1])
    assert mended.faults == {"Self-intersection": 1}
    assert mended.area_change == pytest.approx(50)
    assert len(mended.rejects) == 0


def test_a_spike_is_cut_off_without_changing_the_area():
    spiked = Polygon([(0, 0), (10, 0), (10, 10), (5, 10), (5, 20), (5, 10), (0, 10)])
    mended = mend_geometry(rows(spiked), AREAS)
    assert mended.frame.area[0] == pytest.approx(100)
    assert mended.area_change == pytest.approx(0)


def test_what_cannot_be_mended_is_rejected_with_its_reason():
    with np.errstate(invalid="ignore"):
        without_number = shapely.from_wkt("POLYGON ((0 0, 1 0, 1 nan, 0 0))")
    shapes = [
        None,
        Polygon(),
        Polygon([(0, 0), (5, 0), (10, 0)]),
        without_number,
        Point(1, 1),
        box(0, 0, 1, 1),
    ]
    mended = mend_geometry(rows(*shapes), AREAS)
    assert list(mended.frame["id"]) == ["a5"]
    assert list(mended.rejects["row"]) == ["1", "2", "4", "3", "5"]
    assert rejected_counts(mended.rejects) == {
        "a coordinate is not a number": 1,
        "the layer takes only Polygon, MultiPolygon": 1,
        "the shape cannot be mended: nothing is left of it": 1,
        "there is no geometry": 2,
    }
    assert "POINT (1 1)" in set(mended.rejects["geometry_wkt"])


def test_points_are_taken_from_areas_where_a_layer_wants_points():
    shape = Polygon([(0, 0), (10, 0), (10, 1), (1, 1), (1, 10), (0, 10)])
    mended = mend_geometry(rows(shape, shapely.MultiPoint([(3, 4)]), Point(1, 2)), ("Point",))
    assert list(mended.frame.geom_type) == ["Point"] * 3
    assert shape.contains(mended.frame.geometry[0])
    assert mended.frame.geometry[1].equals(Point(3, 4))


def test_collections_give_their_largest_parts_and_heights_are_dropped():
    collection = shapely.GeometryCollection([box(0, 0, 2, 2), LineString([(5, 5), (6, 6)])])
    mended = mend_geometry(rows(collection, Point(1, 2, 3)), (*AREAS, "Point"))
    assert mended.frame.area[0] == pytest.approx(4)
    assert not mended.frame.has_z.any()
    lines = mend_geometry(rows(shapely.MultiLineString([[(0, 0), (1, 1)]])), ("LineString",))
    assert lines.frame.geom_type[0] == "LineString"


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20)), min_size=3, max_size=9))
def test_whatever_comes_out_is_valid_and_every_row_is_somewhere(corners):
    mended = mend_geometry(rows(Polygon(corners)), AREAS)
    assert len(mended.frame) + len(mended.rejects) == 1
    assert mended.frame.geometry.is_valid.all()
    assert (mended.frame.area > 0).all()


@pytest.mark.systems("S5.1")
def test_repeated_ids_and_repeated_features_keep_the_first():
    frame = rows(
        Point(0, 0), Point(0, 0), Point(0, 0), Point(1, 1), category=["a", "a", "b", "a"]
    ).assign(id=["x", "y", "z", "x"])
    kept, rejects = drop_duplicates(frame, same=["category"])
    assert list(kept["id"]) == ["x", "z"]
    assert dict(zip(rejects["row"], rejects["reason"], strict=True)) == {
        "4": "the id is there already",
        "2": "the same feature is there already, at the same place",
    }
    assert len(drop_repeated_ids(frame)[0]) == 3


def test_one_polygon_drawn_from_another_corner_is_the_same():
    first = Polygon([(0, 0), (1, 0), (1, 1)])
    turned = Polygon([(1, 1), (0, 0), (1, 0)])
    kept, _ = drop_duplicates(rows(first, turned, turned.reverse()))
    assert len(kept) == 1
