"""Every layer has one shape, and a table of another is refused with row and field."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from pyproj import CRS
from shapely import LineString, Point, Polygon, box

from dizuo.base.schemas import LAYERS, check_layer, empty_layer
from dizuo.model.errors import SchemaError

pytestmark = pytest.mark.systems("S22.2")

METRIC = CRS.from_epsg(32632)


def trees(**columns):
    frame = {"id": ["tree:1", "tree:2"], "source": "osm", **columns}
    return gpd.GeoDataFrame(frame, geometry=[Point(0, 0), Point(1, 1)], crs=METRIC)


def places(**columns):
    frame = {"id": ["city:a"], "source": "x", "kind": "city", "area": 1.0, **columns}
    return gpd.GeoDataFrame(frame, geometry=[box(0, 0, 1, 1)], crs=METRIC)


@pytest.mark.parametrize("layer", list(LAYERS))
def test_an_empty_layer_has_all_its_columns_and_keeps_its_types(layer):
    frame = empty_layer(layer, METRIC)
    assert list(frame.columns) == list(LAYERS[layer].names)
    if not LAYERS[layer].one_row:
        again = check_layer(layer, frame, METRIC)
        assert (again.dtypes == frame.dtypes).all()


def test_a_checked_layer_has_the_order_and_types_of_its_schema():
    frame = places(name_zh="甲")[["geometry", "area", "kind", "name_zh", "source", "id"]]
    checked = check_layer("places", frame.assign(area=1), METRIC)
    assert list(checked.columns) == list(LAYERS["places"].names)
    assert checked["area"].dtype == np.float64
    assert checked["name"][0] == ""


@pytest.mark.parametrize(
    ("frame", "layer", "field", "problem", "chinese"),
    [
        (trees(height=1.0), "trees", "height", "does not belong", "该列不属于此图层"),
        (trees().drop(columns="id"), "trees", "id", "missing", "缺少该列"),
        (trees().assign(id="tree:1"), "trees", "id", "ids must be unique", "编号必须唯一"),
        (trees().assign(source=["osm", None]), "trees", "source", "must not be empty", "不得为空"),
        (trees().to_crs(4326), "trees", "geometry", "stands in EPSG:4326", "应为 EPSG:32632"),
        (
            pd.DataFrame(trees().drop(columns="geometry")),
            "trees",
            "geometry",
            "no geometry",
            "没有几何",
        ),
        (
            trees().set_geometry([LineString([(0, 0), (1, 1)])] * 2, crs=METRIC),
            "trees",
            "geometry",
            "must be Point",
            "应为 Point",
        ),
        (
            trees().set_geometry([Point(), None], crs=METRIC),
            "trees",
            "geometry",
            "such faults",
            "该图层共有 2 处此类问题",
        ),
        (places(kind="town"), "places", "kind", "must be one of", "应为以下之一：building"),
        (places(area=-1.0), "places", "area", "at least 0", "不得小于 0"),
        (places(area=np.inf), "places", "area", "finite", "应为有限数"),
        (places(area="large"), "places", "area", "not a number", "有的值不是 number 类型"),
    ],
)
def test_a_table_of_another_shape_is_refused(frame, layer, field, problem, chinese):
    with pytest.raises(SchemaError, match=problem) as caught:
        check_layer(layer, frame, METRIC)
    assert caught.value.layer == layer
    assert caught.value.field == field
    assert chinese in caught.value.in_("zh")


def test_the_message_names_the_row_by_its_id():
    frame = pd.concat([places(), places(id=["city:b"], area=-3.0)], ignore_index=True)
    with pytest.raises(SchemaError) as caught:
        check_layer("places", gpd.GeoDataFrame(frame, crs=METRIC), METRIC)
    assert caught.value.row == "city:b"


def test_whole_numbers_must_be_whole_and_layers_of_one_row_have_one():
    edge = {
        "id": ["street:1"], "source": "osm", "way": "w1", "start": 0, "end": 1, "layer": 0,
        "length_mm": 1.5, "highway": "residential", "grade_evidence": "missing",
    }  # fmt: skip
    line = gpd.GeoDataFrame(edge, geometry=[LineString([(0, 0), (1, 1)])], crs=METRIC)
    with pytest.raises(SchemaError, match="must be whole"):
        check_layer("street_edges", line, METRIC)
    checked = check_layer("street_edges", line.assign(length_mm=2.0), METRIC)
    assert checked["length_mm"].dtype == np.int32
    assert checked["walk_forward"][0] is np.False_
    two = gpd.GeoDataFrame(
        {"id": ["a", "b"], "source": "x"},
        geometry=[box(0, 0, 1, 1), Polygon([(0, 0), (1, 0), (1, 1)])],
        crs=METRIC,
    )
    with pytest.raises(SchemaError, match="one row, not 2"):
        check_layer("boundary", two, METRIC)
