"""A real town to measure, drawn by others."""

import warnings

import geopandas as gpd
import pytest


@pytest.fixture(scope="session")
def bubenec():
    """momepy with its town: buildings and streets."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import momepy

        path = momepy.datasets.get_path("bubenec")
        buildings = gpd.read_file(path, layer="buildings")
        streets = gpd.read_file(path, layer="streets")
    return momepy, buildings, streets
