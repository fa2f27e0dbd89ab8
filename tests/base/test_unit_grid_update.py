"""When the map changes, cells that stay keep their codes; the others are retired with lineage."""

import datetime as dt

import numpy as np
import pytest
import shapely
from unit_grid_town import areas, streets, town

from dizuo.base.unit_grid import build_unit_grid, update_unit_grid
from dizuo.base.unit_grid_check import check_unit_grid
from dizuo.base.unit_grid_codes import Numbering
from dizuo.base.unit_grid_lineage import compare_grids
from dizuo.base.unit_grid_lines import GridLayers
from dizuo.base.unit_grid_parameters import load_grid_parameters, read_grid_parameters
from dizuo.model.errors import InputError

pytestmark = pytest.mark.systems("S22.9")

FIRST, SECOND, THIRD = (dt.date(year, 1, 1) for year in (2024, 2025, 2026))
NEW_STREET = ("primary", [(240, 170), (800, 60)])
PARAMETERS = load_grid_parameters()


def shapes(table):
    return np.asarray(table.geometry.array, dtype=object)


def valid(table):
    return table[table["status"] == "valid"]


@pytest.fixture(scope="module")
def grid():
    return build_unit_grid(town(), day=FIRST)


@pytest.fixture(scope="module")
def changed(grid):
    return update_unit_grid(grid, town(NEW_STREET), day=SECOND)


def test_an_unchanged_map_changes_no_row(grid):
    again = update_unit_grid(grid, town(), day=SECOND)
    assert again.drop(columns="geometry").equals(grid.drop(columns="geometry"))
    assert shapely.equals(shapes(again), shapes(grid)).all()


def test_valid_cells_tile_the_town_after_a_change(changed):
    cells = shapes(valid(changed))
    assert shapely.coverage_is_valid(cells)
    assert shapely.area(cells).sum() == pytest.approx(800 * 480, rel=1e-6)


def test_cells_that_stay_keep_their_code_and_their_first_day(grid, changed):
    before = grid.set_index("code")
    now = valid(changed).set_index("code")
    kept = now.index.intersection(before.index)
    assert len(kept) > len(grid) / 3
    assert set(now.loc[kept, "valid_from"]) == {"2024-01-01"}
    for code in kept:
        one, other = before.geometry[code], now.geometry[code]
        assert one.intersection(other).area >= 0.8 * one.union(other).area


def test_far_from_the_change_nothing_changes(grid, changed):
    far = grid[shapely.get_coordinates(shapely.centroid(shapes(grid)))[:, 1] > 240]
    assert set(far["code"]) <= set(valid(changed)["code"])


def test_retired_codes_stay_and_are_not_given_again(grid, changed):
    retired = changed[changed["status"] == "retired"]
    new = set(changed["code"]) - set(grid["code"])
    assert len(retired) > 0
    assert len(new) > 0
    assert changed["code"].is_unique
    assert set(grid["code"]) <= set(changed["code"])
    assert min(new) > max(grid["code"])
    assert set(retired["valid_to"]) == {"2025-01-01"}


def test_lineage_holds_in_both_directions(changed):
    rows = changed.set_index("code")
    for code, row in rows[rows["status"] == "retired"].iterrows():
        successors = row["successors"].split()
        assert successors
        for successor in successors:
            assert row.geometry.intersection(rows.geometry[successor]).area > 0
            if rows.loc[successor, "valid_from"] == "2025-01-01":
                assert code in rows.loc[successor, "predecessors"].split()
    assert set(rows["origin"]) <= {"new", "split", "merged", "redrawn"}


def test_going_back_gives_no_old_code_back(grid, changed):
    back = update_unit_grid(changed, town(), day=THIRD)
    gone = set(changed.loc[changed["status"] == "retired", "code"])
    assert gone.isdisjoint(valid(back)["code"])
    assert set(changed["code"]) <= set(back["code"])
    assert back["code"].is_unique
    assert check_unit_grid(back, town()).is_coverage


def test_splits_and_merges_are_told_apart():
    old = [shapely.box(0, 0, 10, 10), shapely.box(10, 0, 20, 10), shapely.box(20, 0, 40, 10)]
    new = [shapely.box(0, 0, 20, 10), shapely.box(20, 0, 30, 10), shapely.box(30, 0, 40, 10)]
    new += [shapely.box(60, 0, 70, 10)]
    lineage = compare_grids(np.array(old), np.array(new), PARAMETERS)
    assert lineage.kept.tolist() == [-1, -1, -1, -1]
    assert [lineage.origin(cell) for cell in range(4)] == ["merged", "split", "split", "new"]
    assert sorted(zip(lineage.old.tolist(), lineage.new.tolist(), strict=True)) == [
        (0, 0),
        (1, 0),
        (2, 1),
        (2, 2),
    ]
    assert lineage.nearest.tolist() in ([0, 2, 2, 2], [1, 2, 2, 2])


def test_a_cell_stays_at_four_fifths_of_both_together():
    old = np.array([shapely.box(0, 0, 10, 10)])
    for width, stays in ((8.0, True), (7.9, False), (12.5, True), (12.6, False)):
        lineage = compare_grids(old, np.array([shapely.box(0, 0, width, 10)]), PARAMETERS)
        assert (lineage.kept[0] == 0) == stays
    assert lineage.origin(0) == "redrawn"


def test_another_official_community_gives_a_new_code():
    whole = areas(shapely.box(0, 0, 800, 480), kind="community")
    before, after = ({"area:0": f"11010100100{digit}"} for digit in (1, 2))
    layers = town(divisions=whole)
    grid = build_unit_grid(layers, day=FIRST, numbering=Numbering(division_codes=before))
    moved = update_unit_grid(grid, layers, day=SECOND, numbering=Numbering(division_codes=after))
    assert set(valid(moved)["code"].str[:12]) == {"110101001002"}
    assert len(moved) == 2 * len(grid)


def small_cells(size):
    text = (
        f"target = {size}\njoin_below = {size / 2}\njoin_up_to = {1.6 * size}\n"
        f"split_above = {1.5 * size}\ndivide_again_above = {2.5 * size}\n"
        "sliver = 1\nscrap = 1\nsliver_width = 0.1\n"
    )
    from importlib.resources import files

    packaged = (files("dizuo.standards") / "unit_grid.toml").read_text(encoding="utf-8")
    head, rest = packaged.split("[size]", 1)
    return read_grid_parameters(
        f"{head}[size]\n{text}\n[lines.plot]" + rest.split("[lines.plot]", 1)[1]
    )


class TestManyCells:
    """A city of 1,600 cells: more than one community has numbers for."""

    @pytest.fixture
    def layers(self):
        return GridLayers(
            boundary=shapely.box(0, 0, 1600, 1600),
            street_edges=streets(("primary", [(0, 700), (1600, 700)])),
            buildings=areas(),
        )

    def test_a_city_without_communities_is_divided_into_local_ones(self, layers):
        grid = build_unit_grid(layers, day=FIRST, parameters=small_cells(1600))
        counts = grid["code"].str[:12].value_counts()
        assert len(grid) > 999
        assert counts.max() <= 600
        assert sorted(counts.index) == [f"{number:012d}" for number in range(1, len(counts) + 1)]
        for _, cells in grid.groupby(grid["code"].str[:12]):
            assert shapely.union_all(shapes(cells)).geom_type == "Polygon"

    def test_an_official_community_cannot_hold_them(self, layers):
        with pytest.raises(InputError, match="more than 999 unit cells"):
            build_unit_grid(
                layers,
                day=FIRST,
                numbering=Numbering(prefix="110101001001"),
                parameters=small_cells(1600),
            )


def test_grids_that_cannot_be_followed_are_refused(grid):
    with pytest.raises(InputError, match="another coordinate system"):
        update_unit_grid(grid.to_crs("EPSG:32631"), town(), day=SECOND)
    with pytest.raises(InputError, match="no valid cell"):
        update_unit_grid(grid.assign(status="retired"), town(), day=SECOND)


def test_codes_without_communities_are_refused():
    with pytest.raises(InputError, match="no communities"):
        build_unit_grid(
            town(), day=FIRST, numbering=Numbering(division_codes={"a": "110101001001"})
        )
