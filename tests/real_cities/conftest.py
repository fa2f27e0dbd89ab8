"""Walking networks of the real cities, built once."""

import shutil

import pytest

import dizuo

LAS_PALMAS = """
[city]
id = "las_palmas"
name = "Las Palmas de Gran Canaria"
name_zh = "拉斯帕尔马斯"
reference_date = 2023-02-21
crs = "EPSG:32628"

[boundary]
file = "{folder}/boundary_municipality_epsg4326.geojson"

[population]
total = 443141
date = 2015-07-01
source = "GHS-UCDB R2019A"

[[sources]]
id = "osm"
kind = "osm"
file = "{folder}/las_palmas_20230221.osm.pbf"
licence = "ODbL-1.0"
attribution = "© OpenStreetMap contributors"
date = 2023-02-21
"""


@pytest.fixture(scope="session")
def monaco_city(monaco, tmp_path_factory):
    folder = tmp_path_factory.mktemp("cities") / "monaco"
    shutil.copytree(monaco, folder, ignore=shutil.ignore_patterns("base", "checkups"))
    city = dizuo.open(folder)
    city.build()
    return city


@pytest.fixture(scope="session")
def las_palmas_city(las_palmas, tmp_path_factory):
    folder = tmp_path_factory.mktemp("cities") / "las_palmas"
    folder.mkdir()
    text = LAS_PALMAS.format(folder=las_palmas.as_posix())
    (folder / "city.toml").write_text(text, encoding="utf-8")
    city = dizuo.open(folder)
    city.build()
    return city


@pytest.fixture(
    scope="session",
    params=["monaco", pytest.param("las_palmas", marks=[pytest.mark.shared, pytest.mark.slow])],
)
def workshop(request):
    """The resources of one real city."""
    city = request.getfixturevalue(f"{request.param}_city")
    return city.examination().workshop()
