"""Heights from rasters, the grades of streets, and a walk uphill through the whole build."""

import numpy as np
import pytest
import rasterio
from osm_town import CRS, EAST, NORTH, Town
from rasterio.transform import from_origin

import dizuo
from dizuo.base.config import SourceSettings
from dizuo.base.elevation import elevation_at
from dizuo.base.street_grades import tagged_grade
from dizuo.model.errors import InputError

DAY = "2023-12-25"


def write_raster(file, heights, *, cell=10.0, west=EAST, north=NORTH + 100, crs=CRS, nodata=-9999):
    with rasterio.open(
        file, "w", driver="GTiff", dtype="float32", count=1, crs=crs, nodata=nodata,
        height=heights.shape[0], width=heights.shape[1],
        transform=from_origin(west, north, cell, cell),
    ) as raster:  # fmt: skip
        raster.write(heights.astype("float32"), 1)
    return file


def source(file, **more):
    from datetime import date

    return SourceSettings("relief", "elevation", file, "CC0", "", date.fromisoformat(DAY), **more)


def slope(across=0.1, size=40):
    """Heights of cells of 10 m that rise by a tenth towards the east."""
    centres = 5.0 + 10.0 * np.arange(size)
    return np.tile(100 + across * centres, (size, 1))


def test_heights_lie_on_the_plane_between_the_centres(tmp_path):
    file = write_raster(tmp_path / "relief.tif", slope())
    x, y = np.array([7.5, 33.3, 200.0]), np.array([0.0, 51.0, -20.0])
    found = elevation_at(source(file), EAST + x, NORTH + y, CRS)
    np.testing.assert_allclose(found, 100 + 0.1 * x, rtol=1e-6)


def test_an_ascii_grid_tells_the_same_and_needs_its_system(tmp_path):
    rows = "\n".join(" ".join(f"{h:.2f}" for h in row) for row in slope())
    file = tmp_path / "relief.asc"
    file.write_text(
        f"ncols 40\nnrows 40\nxllcorner {EAST}\nyllcorner {NORTH - 300}\ncellsize 10\n"
        f"NODATA_value -9999\n{rows}\n"
    )
    x, y = np.array([EAST + 50.0]), np.array([NORTH])
    with pytest.raises(InputError, match="names no coordinate system") as caught:
        elevation_at(source(file), x, y, CRS)
    assert "EPSG" in str(caught.value)
    assert elevation_at(source(file, crs=CRS), x, y, CRS) == pytest.approx(105.0)


def test_a_model_in_degrees_serves_a_city_in_metres(tmp_path):
    from pyproj import Transformer

    lon, lat = Transformer.from_crs(CRS, 4326, always_xy=True).transform(EAST, NORTH)
    columns = np.arange(100)
    file = write_raster(
        tmp_path / "relief.tif", np.tile(500.0 + columns, (100, 1)), cell=1e-4,
        west=lon - 50e-4, north=lat + 50e-4, crs="EPSG:4326",
    )  # fmt: skip
    found = elevation_at(source(file), np.array([EAST]), np.array([NORTH]), CRS)
    assert found == pytest.approx(500 + 49.5, abs=1e-3)


def test_what_the_model_does_not_tell_is_not_known(tmp_path):
    heights = slope()
    heights[:, 20:] = -9999
    file = write_raster(tmp_path / "relief.tif", heights)
    found = elevation_at(
        source(file), EAST + np.array([100.0, 198.0, 300.0, 5000.0]), np.full(4, NORTH), CRS
    )
    assert np.isnan(found).tolist() == [False, True, True, True]
    with pytest.raises(InputError, match="height of no street"):
        elevation_at(source(file), np.array([EAST + 9000.0]), np.array([NORTH]), CRS)
    (tmp_path / "no.tif").write_text("no raster")
    with pytest.raises(InputError, match="no elevation model"):
        elevation_at(source(tmp_path / "no.tif"), np.array([EAST]), np.array([NORTH]), CRS)


@pytest.mark.parametrize(
    ("incline", "grade"),
    [
        ("6%", 0.06),
        ("-12.5 %", -0.125),
        ("0%", 0.0),
        ("45°", 1.0),
        ("up", None),
        ("", None),
        ("5", None),
    ],
)
def test_signs_of_slopes(incline, grade):
    assert tagged_grade(incline) == pytest.approx(np.nan if grade is None else grade, nan_ok=True)


@pytest.fixture
def hill(tmp_path):
    """A street of 200 m up a slope of one in ten, stairs beside it, a bridge, and a sign."""
    town = Town()
    places = ((1, 10, 0), (2, 210, 0), (3, 10, 50), (4, 210, 50), (5, 10, -50), (6, 210, -50))
    for ref, x, y in (*places, (7, 10, 80), (8, 210, 80)):
        town.node(ref, x, y)
    town.street(10, 1, 2)
    town.street(11, 3, 4, highway="steps")
    town.street(12, 5, 6, bridge="yes", layer="1")
    town.street(13, 7, 8, incline="-5%")
    town.street(14, 1, 3)
    town.street(15, 1, 5)
    town.street(16, 3, 7)
    town.box(20, 60, 20, 10, 10, building="house")
    town.write(tmp_path / "town.osm")
    write_raster(tmp_path / "relief.tif", slope())
    (tmp_path / "city.toml").write_text(
        f"""
[city]
id = "hill"
name = "Hill"
reference_date = {DAY}
crs = "{CRS}"

[[sources]]
id = "osm"
kind = "osm"
file = "town.osm"
date = {DAY}

[[sources]]
id = "relief"
kind = "elevation"
file = "relief.tif"
licence = "CC0"
attribution = "Survey of Hill"
date = {DAY}
"""
    )
    return dizuo.open(tmp_path)


def test_grades_of_signs_and_of_the_model(hill):
    hill.build()
    edges = hill.base.layer("street_edges").set_index("way")
    assert edges.loc["w10", "grade"] == pytest.approx(0.1, abs=1e-4)
    assert edges.loc["w10", "grade_evidence"] == "estimated"
    assert edges.loc["w13", "grade"] == -0.05
    assert edges.loc["w13", "grade_evidence"] == "measured"
    assert np.isnan(edges.loc["w12", "grade"])
    assert edges.loc["w12", "grade_evidence"] == "missing"
    assert hill.base.manifest.sources["relief"].attribution == "Survey of Hill"


def test_uphill_takes_longer_than_downhill_and_stairs_have_a_pace_of_their_own(hill):
    hill.build()
    workshop = hill.examination().workshop()
    streets = workshop.get("walking_time")
    edges = streets.edges
    at = {
        way: next(
            k
            for k, line in enumerate(edges.lines)
            if abs(line.coords[0][1] - NORTH - y) < 1 and abs(line.coords[-1][1] - NORTH - y) < 1
        )
        for way, y in (("street", 0), ("steps", 50), ("bridge", -50), ("sign", 80))
    }
    level = 200 * 3.6 / 4.8
    seconds = {way: (edges.forward[k] / 1000, edges.backward[k] / 1000) for way, k in at.items()}
    up, down = np.exp(3.5 * 0.1), 1.0  # a descent of a tenth lies as far from -5 % as the level
    assert seconds["street"] == pytest.approx((level * up, level * down), rel=1e-3)
    assert seconds["steps"] == pytest.approx((2 * level, 2 * level), rel=1e-3)
    assert seconds["bridge"] == pytest.approx((level, level), rel=1e-3)
    fastest, back = np.exp(-3.5 * 0.05), np.exp(3.5 * 0.05)
    assert seconds["sign"] == pytest.approx((level * fastest, level * back), rel=1e-3)
    assert edges.forward.dtype == np.int32


def test_a_changed_model_is_read_again(hill):
    hill.build()
    before = hill.base.layer("street_nodes")["elevation"].mean()
    write_raster(hill.folder / "relief.tif", slope() + 50)
    hill.build()
    assert hill.base.layer("street_nodes")["elevation"].mean() == pytest.approx(before + 50)
