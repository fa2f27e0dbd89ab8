"""Extracts that several tests of the base read; nobody changes them."""

import pytest

from dizuo.base.osm import read_osm


@pytest.fixture(scope="session")
def monaco_file(monaco):
    return monaco / "monaco.osm.pbf"


@pytest.fixture(scope="session")
def monaco_extract(monaco_file):
    return read_osm(monaco_file)


@pytest.fixture(scope="session")
def las_palmas_extract(las_palmas):
    return read_osm(las_palmas / "las_palmas_20230221.osm.pbf")
