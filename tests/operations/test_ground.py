"""The grid of a real town is kept, redrawn without losing a code, and finds the cell of a place."""

import shutil
from datetime import date

import geopandas as gpd
import pytest
import shapely

import dizuo
from dizuo.model.errors import InputError
from dizuo.operations.ground import Ground, draw_unit_grid, open_ground, read_unit_grid

DAY = date(2026, 3, 2)


@pytest.fixture(scope="module")
def base(monaco, tmp_path_factory):
    folder = tmp_path_factory.mktemp("ground") / "monaco"
    shutil.copytree(monaco, folder, ignore=shutil.ignore_patterns("base", "checkups", "operations"))
    return dizuo.open(folder).build()


@pytest.fixture(scope="module")
def kept(base, tmp_path_factory):
    folder = tmp_path_factory.mktemp("grid")
    draw_unit_grid(folder, base, DAY)
    return folder


@pytest.mark.systems("S22.9")
def test_every_home_lies_in_one_cell(base, kept):
    grid = read_unit_grid(kept)
    homes = base.layer("buildings").representative_point().head(200)
    cells = [grid.cell_of(point.x, point.y) for point in homes]
    assert all(len(cell) == 15 for cell in cells if cell)
    assert sum(cell is not None for cell in cells) > 150
    assert grid.cell_of(0.0, 0.0) is None


def test_drawing_the_same_map_again_keeps_every_code(base, kept, tmp_path):
    shutil.copytree(kept, tmp_path / "grid")
    before = gpd.read_parquet(kept / "unit_grid.parquet")
    again = draw_unit_grid(tmp_path / "grid", base, date(2026, 4, 1))
    assert set(again.loc[again["status"] == "valid", "code"]) == set(before["code"])


def test_an_address_is_found_only_where_it_can_hardly_mean_another(base, kept):
    ground = Ground(base, read_unit_grid(kept))
    addresses = base.layer("addresses")
    known = addresses[addresses["number"].astype(str).str.fullmatch("[0-9]+")].iloc[0]
    found = ground.locate(f"{known['street']} {known['number']}")
    assert known.geometry.distance(gpd.points_from_xy([found.x], [found.y])[0]) < 50
    assert ground.cell_of(found.x, found.y)
    assert ground.locate("Unknown Street of Nowhere 12") is None
    assert ground.middle_of_block(0.0, 0.0) is None


def test_a_place_outside_of_the_city_is_refused_with_what_may_be_wrong(base, tmp_path):
    ground = open_ground(tmp_path, base)
    x, y = ground.place_of(7.4246, 43.7384)
    assert base.layer("boundary").geometry.iloc[0].contains(shapely.Point(x, y))
    for longitude, latitude, cure in (
        (43.7384, 7.4246, "seem to be exchanged"), (7.2620, 43.7102, "correct the place"),
        (-170.0, 90.0, "correct the place"), (180.0, -90.0, "correct the place"),
    ):  # fmt: skip
        with pytest.raises(InputError, match=f"outside of the city. .*{cure}"):
            ground.place_of(longitude, latitude)
    assert ground.place_of(7.4130, 43.7180)  # at sea, 500 m off
    (tmp_path / "operations").mkdir()
    own = 'source = "x"\nedition = "1"\ncertainty = "sure"\nleast_confidence = 0.5\n'
    (tmp_path / "operations" / "ground.toml").write_text(own + "margin = 100_000.0\n", "utf-8")
    assert open_ground(tmp_path, base).place_of(7.2620, 43.7102)  # Nice
    (tmp_path / "operations" / "ground.toml").write_text(own, "utf-8")
    with pytest.raises(InputError, match="outside of the city"):
        open_ground(tmp_path, base).place_of(7.2620, 43.7102)


def test_no_grid_is_no_fault_but_a_damaged_one_is(tmp_path):
    assert read_unit_grid(tmp_path) is None
    (tmp_path / "unit_grid.parquet").write_bytes(b"no table")
    with pytest.raises(InputError, match="cannot be read"):
        read_unit_grid(tmp_path)
