"""Metric systems, and the shifted systems of Chinese maps."""

import geopandas as gpd
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely import Point

from dizuo.base.crs import (
    WGS84,
    bd09_to_wgs84,
    gcj02_to_wgs84,
    metric_crs,
    to_metric,
    wgs84_to_bd09,
    wgs84_to_gcj02,
)
from dizuo.model.errors import InputError

CHINA = st.tuples(st.floats(73.5, 135.0), st.floats(4.0, 53.5))
ABROAD = st.tuples(st.floats(-180, 71.9), st.floats(-90, 90))


@pytest.mark.parametrize(
    ("lon", "lat", "code"),
    [(7.42, 43.73, 32632), (-15.43, 28.1, 32628), (151.2, -33.9, 32756), (116.4, 39.9, 32650),
     (180.0, 10.0, 32601), (-180.0, -10.0, 32701), (10.0, 88.0, 5041), (10.0, -85.0, 5042)],
)  # fmt: skip
def test_the_metric_system_is_the_utm_zone_of_the_centroid(lon, lat, code):
    assert metric_crs(lon, lat).to_epsg() == code


def test_another_projected_system_in_metres_may_be_wanted():
    assert metric_crs(7.42, 43.73, "EPSG:2154").to_epsg() == 2154


@pytest.mark.parametrize(
    ("wanted", "problem"),
    [
        ("EPSG:4326", "not projected in metres"),
        ("EPSG:2263", "not projected in metres"),  # feet
        ("EPSG:3857", "distorts lengths here by 3"),  # web Mercator
        ("EPSG:32628", "distorts lengths"),  # a zone far away
        ("EPSG:999999", "no coordinate reference system"),
        ("metres", "no coordinate reference system"),
    ],
)
def test_systems_that_would_measure_wrongly_are_refused(wanted, problem):
    with pytest.raises(InputError, match=problem):
        metric_crs(7.42, 43.73, wanted)


def test_known_points_are_shifted_as_other_implementations_shift_them():
    # The example of coordtransform (MIT): 116.404, 39.915 as WGS 84, and as GCJ-02 to BD-09.
    lon, lat = wgs84_to_gcj02(np.array([116.404]), np.array([39.915]))
    assert (lon[0], lat[0]) == pytest.approx((116.41024449916938, 39.91640428150164), abs=1e-12)
    back = gcj02_to_wgs84(np.array([116.404]), np.array([39.915]))
    lon, lat = wgs84_to_bd09(*back)
    assert (lon[0], lat[0]) == pytest.approx((116.41036949371029, 39.92133699351021), abs=1e-9)


@given(CHINA)
def test_shifts_can_be_undone_to_a_tenth_of_a_millimetre(point):
    lon, lat = np.array([point[0]]), np.array([point[1]])
    for there, back in ((wgs84_to_gcj02, gcj02_to_wgs84), (wgs84_to_bd09, bd09_to_wgs84)):
        x, y = there(lon, lat)
        assert 0.00005 < abs(x - lon)[0] + abs(y - lat)[0] < 0.05
        again = back(x, y)
        assert abs(again[0] - lon)[0] < 1e-9
        assert abs(again[1] - lat)[0] < 1e-9


@given(ABROAD)
def test_outside_china_nothing_is_shifted(point):
    lon, lat = np.array([point[0]]), np.array([point[1]])
    for convert in (wgs84_to_gcj02, gcj02_to_wgs84, wgs84_to_bd09, bd09_to_wgs84):
        x, y = convert(lon, lat)
        assert (x[0], y[0]) == (lon[0], lat[0])


def test_a_shifted_source_comes_out_where_the_true_one_does():
    beijing = np.array([116.3913]), np.array([39.9075])
    crs = metric_crs(116.39, 39.9)
    true = gpd.GeoSeries([Point(beijing[0][0], beijing[1][0])], crs=WGS84).to_crs(crs)[0]
    for name, shift in (("GCJ-02", wgs84_to_gcj02), ("bd-09", wgs84_to_bd09)):
        x, y = shift(*beijing)
        shifted = gpd.GeoSeries([Point(x[0], y[0])])
        assert to_metric(shifted, name, crs)[0].distance(true) < 0.001
        unshifted = to_metric(shifted, "EPSG:4326", crs)[0]
        assert 100 < unshifted.distance(true) < 2000


def test_a_system_must_be_stated_and_must_not_contradict_the_file():
    crs = metric_crs(7.42, 43.73)
    bare = gpd.GeoSeries([Point(7.4, 43.7)])
    with pytest.raises(InputError, match="does not state"):
        to_metric(bare, None, crs)
    with pytest.raises(InputError, match="the settings say EPSG:32632"):
        to_metric(bare.set_crs(4326), "EPSG:32632", crs)
    stated = to_metric(bare.set_crs(4326), "EPSG:4326", crs)
    assert stated[0].equals(to_metric(bare, "EPSG:4326", crs)[0])
