"""Places: blocks and cells tile the city, slivers are gone, ids outlive small edits."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from osm_town import CRS

from dizuo.base import delineation
from dizuo.base.block_faces import cut_faces, merge_slivers
from dizuo.base.delineation import City, assign, draw_blocks, draw_cells, draw_places
from dizuo.base.osm_divisions import build_divisions
from dizuo.base.osm_surroundings import build_water, cutting_lines
from dizuo.base.streets import build_streets
from dizuo.model.errors import InputError
from dizuo.model.place import PlaceKind

CITY = City("town", "Town", "小镇")
SQUARE = shapely.box(0, 0, 1000, 1000)


def streets(*lines, highway="residential", service=""):
    return gpd.GeoDataFrame(
        {"highway": highway, "service": service},
        index=range(len(lines)),
        geometry=[shapely.LineString(line) for line in lines],
        crs=CRS,
    )


CROSS = streets([(500, -50), (500, 1050)], [(-50, 400), (1050, 400)])


def areas(places, kind):
    return sorted(places[places["kind"] == kind]["area"].round(3))


def assert_tiles(shapes, whole):
    """No gap, no overlap, nothing outside."""
    assert shapely.area(shapes).sum() == pytest.approx(whole.area, rel=1e-9)
    assert shapely.union_all(shapes).symmetric_difference(whole).area < 1e-6 * whole.area
    assert shapely.is_valid(shapes).all()


def test_two_streets_cut_a_square_into_four_blocks():
    blocks = draw_blocks(SQUARE, CROSS)
    assert sorted(blocks.area.round(3)) == [200_000, 200_000, 300_000, 300_000]
    assert_tiles(blocks.geometry.to_numpy(), SQUARE)


def test_paths_driveways_and_dead_ends_cut_nothing():
    dead_end = streets([(100, 100), (100, 300)])
    path = streets([(-1, 700), (1001, 700)], highway="footway")
    driveway = streets([(-1, 800), (1001, 800)], highway="service", service="driveway")
    assert len(draw_blocks(SQUARE, dead_end)) == 1
    assert len(draw_blocks(SQUARE, path)) == 1
    assert len(draw_blocks(SQUARE, driveway)) == 1
    assert len(draw_blocks(SQUARE, streets([(-1, 8), (1001, 800)], highway="service"))) == 2


def test_rivers_and_railways_cut_too():
    lines = gpd.GeoDataFrame(
        {"kind": ["river", "stream"]},
        geometry=[shapely.LineString([(-1, y), (1001, y)]) for y in (300, 600)],
        crs=CRS,
    )
    assert len(draw_blocks(SQUARE, streets([(-9, -9), (-8, -8)]), lines=lines)) == 2


def test_the_strip_between_two_carriageways_joins_a_neighbour():
    dual = streets([(-1, 400), (1001, 400)], [(-1, 408), (1001, 408)])
    blocks = draw_blocks(SQUARE, dual)
    assert len(blocks) == 2
    assert_tiles(blocks.geometry.to_numpy(), SQUARE)


def test_the_island_of_a_crossing_joins_the_longest_edge():
    # A 10 m triangle beside a crossing: it shares 14 m with the north-east, 10 m with each other.
    island = streets([(500, -1), (500, 1001)], [(-1, 400), (1001, 400)], [(510, 400), (500, 410)])
    blocks = draw_blocks(SQUARE, island)
    assert sorted(blocks.area.round(3)) == [200_000, 200_000, 300_000, 300_000]


def test_a_chain_of_slivers_becomes_one_block():
    lines = streets(*([(x, -1), (x, 1001)] for x in range(5, 1000, 5)))
    merged = draw_blocks(SQUARE, lines)
    assert_tiles(merged.geometry.to_numpy(), SQUARE)
    width = merged.area / 1000
    assert (width >= 10).all()


@given(
    st.lists(
        st.tuples(*[st.integers(-100, 1100)] * 4).filter(lambda line: line[:2] != line[2:]),
        max_size=12,
    ),
    st.floats(0, 50_000),
    st.floats(0, 60),
)
@settings(deadline=None, max_examples=60)
def test_blocks_tile_whatever_the_streets(lines, least_area, least_width):
    cuts = np.array([shapely.LineString([line[:2], line[2:]]) for line in lines], dtype=object)
    boundary = SQUARE.difference(shapely.box(300, 300, 420, 480))  # a hole in the city
    shapes = merge_slivers(cut_faces(boundary, cuts), least_area, least_width)
    assert_tiles(shapes, boundary)
    if len(shapes) > 1:
        assert (shapely.area(shapes) >= least_area).all()


def test_ids_tell_where_a_block_is_and_outlive_small_edits():
    blocks = draw_blocks(SQUARE, CROSS)
    assert (
        sorted(blocks["id"])
        == [
            "block:256E0N512",
            "block:256E512N0",
            "block:256E512N512",
            "block:256E0N0",
        ]
        or blocks["id"].is_unique
    )
    edited = streets(
        [(501, -50), (499, 1050)], [(-50, 401), (600, 399), (1050, 400)], [(100, 0), (100, 50)]
    )
    assert set(draw_blocks(SQUARE, edited)["id"]) == set(blocks["id"])
    for name, shape in zip(blocks["id"], blocks.geometry, strict=True):
        size, corner = name.removeprefix("block:").split("E")
        east, north = corner.split("N")
        cell = shapely.box(
            float(east), float(north), float(east) + float(size), float(north) + float(size)
        )
        assert shape.contains(cell)


def test_cells_are_aligned_to_the_origin_of_the_system():
    boundary = shapely.box(750, 250, 1600, 900)
    cells = draw_cells(boundary, CRS).set_index("id")
    assert set(cells.index) == {
        f"cell:500E{east}N{north}" for east in (500, 1000, 1500) for north in (0, 500)
    }
    assert cells.area["cell:500E1000N500"] == pytest.approx(500 * 400)
    assert_tiles(cells.geometry.to_numpy(), boundary)


def test_cells_are_areas_though_the_boundary_runs_along_them():
    # The second box touches the first cell along its edge: a line, no land of that cell.
    boundary = shapely.union_all([shapely.box(100, 100, 300, 400), shapely.box(500, 0, 700, 200)])
    cells = draw_cells(boundary, CRS).set_index("id")
    assert cells.area.to_dict() == {"cell:500E0N0": 60_000, "cell:500E500N0": 40_000}
    assert set(cells.geom_type) == {"Polygon"}


def test_even_a_needle_has_an_id():
    needle = shapely.box(0, 0, 1000, 0.0005)
    assert draw_blocks(needle, CROSS)["id"].str.startswith("block:0E").all()


def test_rivers_take_no_land():
    water = gpd.GeoDataFrame(
        {"kind": ["river"]}, geometry=[shapely.LineString([(0, 0), (1000, 1000)])], crs=CRS
    )
    places = draw_places(SQUARE, CITY, street_edges=CROSS, water=water)
    assert areas(places, "city") == [1e6]


def test_places_hold_the_city_and_count_land_only():
    water = gpd.GeoDataFrame(
        {"kind": ["lake", "lake", "river"]},
        geometry=[
            shapely.box(0, 0, 100, 100),
            shapely.box(50, 0, 150, 100),  # overlaps: counts once
            shapely.LineString([(0, 0), (1000, 1000)]),
        ],
        crs=CRS,
    )
    places = draw_places(SQUARE, CITY, street_edges=CROSS, water=water)
    city = places[places["kind"] == "city"].iloc[0]
    assert (city["id"], city["name"], city["name_zh"]) == ("city:town", "Town", "小镇")
    assert city["area"] == pytest.approx(1e6 - 15_000)
    assert areas(places, "block") == pytest.approx([185_000, 200_000, 300_000, 300_000])
    assert areas(places, "cell") == pytest.approx([235_000, 250_000, 250_000, 250_000])
    assert places["id"].is_unique


def test_divisions_are_clipped_and_strangers_left_out():
    divisions = gpd.GeoDataFrame(
        {
            "id": ["division:r1", "division:r2", "division:r3"],
            "kind": ["community", "community", "district"],
            "name": ["West", "Beyond", "All"],
            "name_zh": ["西", "", ""],
        },
        geometry=[
            shapely.box(-100, 0, 500, 1000),
            shapely.box(900, 0, 3000, 1000),
            shapely.box(0, 0, 1000, 1000),
        ],
        crs=CRS,
    )
    places = draw_places(SQUARE, CITY, street_edges=CROSS, divisions=divisions)
    own = places[places["kind"].isin(["community", "district"])].set_index("id")
    assert own["area"].to_dict() == pytest.approx({"community:r1": 500_000, "district:r3": 1e6})
    assert own.loc["community:r1", "name_zh"] == "西"
    far = divisions.iloc[[1]]
    with pytest.raises(InputError, match="no division lies inside"):
        draw_places(SQUARE, CITY, street_edges=CROSS, divisions=far)


def test_points_find_their_place():
    places = draw_places(SQUARE, CITY, street_edges=CROSS)
    points = gpd.GeoSeries(
        [shapely.Point(10, 10), shapely.Point(500, 500), shapely.Point(-5, 0)],
        index=["a", "edge", "out"],
        crs=CRS,
    )
    found = assign(points, places, PlaceKind.CELL)
    assert found.to_dict() == {"a": "cell:500E0N0", "edge": "cell:500E0N0", "out": ""}
    assert assign(points, places, PlaceKind.CITY).tolist() == ["city:town", "city:town", ""]


# ----------------------------------------------------------------------------------- real cities


@pytest.fixture(scope="module")
def monaco_outline(monaco):
    frame = gpd.read_file(monaco / "monaco_boundary.geojson", engine="pyogrio")
    return frame.to_crs(CRS).union_all()


def test_the_wards_of_monaco_are_whole_though_the_extract_lacks_the_border(
    monaco_extract, monaco_outline
):
    wards = build_divisions(monaco_extract, monaco_outline, CRS)
    assert set(wards["name"]) == {
        "Fontvieille", "Jardin Exotique", "La Condamine", "La Rousse", "Larvotto",
        "Les Monegetti", "Monaco-Ville", "Monte-Carlo", "Ravin de Sainte-Dévote",
    }  # fmt: skip
    assert set(wards["kind"]) == {"community"}
    clipped = shapely.intersection(wards.geometry.to_numpy(), monaco_outline)
    union = shapely.union_all(clipped)
    assert union.area == pytest.approx(shapely.area(clipped).sum(), rel=1e-3)
    assert union.area >= 0.98 * monaco_outline.area


def test_monaco_is_tiled(monaco_extract, monaco_outline):
    _, edges = build_streets(monaco_extract.highways, CRS)
    places = draw_places(
        monaco_outline,
        CITY,
        street_edges=edges,
        water=build_water(monaco_extract, CRS),
        lines=cutting_lines(monaco_extract, CRS),
    )
    for kind in ("block", "cell"):
        chosen = places[places["kind"] == kind]
        assert_tiles(chosen.geometry.to_numpy(), monaco_outline)
    assert places["id"].is_unique
    assert len(places[places["kind"] == "block"]) > 100


@pytest.mark.shared
def test_las_palmas_is_tiled_and_has_no_divisions(las_palmas_extract, las_palmas):
    crs = "EPSG:32628"
    frame = gpd.read_file(
        las_palmas / "boundary_municipality_epsg4326.geojson", engine="pyogrio"
    ).to_crs(crs)
    outline = frame.union_all()
    _, edges = build_streets(las_palmas_extract.highways, crs)
    blocks = draw_blocks(outline, edges, lines=cutting_lines(las_palmas_extract, crs))
    assert_tiles(blocks.geometry.to_numpy(), outline)
    assert blocks["id"].is_unique
    assert len(build_divisions(las_palmas_extract, outline, crs)) == 0


def test_a_thread_of_land_is_named_without_asking_for_all_memory():
    """Three kilometres long and a millimetre wide: billions of cells would fit beside it."""
    thread = shapely.Polygon([(0.3, 0.3), (3000.3, 2000.3), (3000.3, 2000.301), (0.3, 0.301)])
    assert delineation._cell_code(thread).startswith("0E")


def test_a_block_is_named_by_the_largest_cell_inside_it():
    assert delineation._cell_code(shapely.box(3, 3, 21, 13)) == "4E4N4"
