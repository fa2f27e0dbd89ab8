"""Reading OpenStreetMap files: what is kept, what is rejected, what is refused."""

import numpy as np
import pytest
import shapely
from osm_town import CRS, Town

from dizuo.base.osm import read_osm
from dizuo.model.errors import InputError


@pytest.fixture
def town():
    return Town()


def reasons(extract):
    return dict(zip(extract.rejects["id"], extract.rejects["reason"], strict=True))


def test_points_lines_areas_and_highways_are_kept_with_their_tags(town, tmp_path):
    town.node(1, 0, 0, amenity="cafe", name="Café du Coin")
    town.node(2, 100, 0)
    town.street(10, 1, 2, name="High Street")
    town.way(11, [1, 2], waterway="stream")
    town.box(12, 0, 50, 20, 10, building="yes", name="Hall")
    extract = read_osm(town.write(tmp_path / "town.osm"))
    assert list(extract.points["id"]) == ["n1"]
    assert extract.points["tags"][0] == {"amenity": "cafe", "name": "Café du Coin"}
    assert list(extract.lines["id"]) == ["w11"]
    assert list(extract.areas["id"]) == ["w12"]
    assert extract.areas.to_crs(CRS).area[0] == pytest.approx(200, abs=0.5)
    assert list(extract.highways.osm_id) == [10]
    assert list(extract.highways.refs) == [1, 2]
    assert len(extract.rejects) == 0


def test_a_multipolygon_has_its_hole_and_the_relation_its_id(town, tmp_path):
    town.box(10, 0, 0, 30, 30)
    town.box(11, 10, 10, 10, 10)
    town.relation(
        7, [("way", 10, "outer"), ("way", 11, "inner")], type="multipolygon", building="yes"
    )
    extract = read_osm(town.write(tmp_path / "town.osm"))
    assert list(extract.areas["id"]) == ["r7"]
    assert extract.areas.to_crs(CRS).area[0] == pytest.approx(800, abs=1)


def test_what_cannot_become_an_area_is_rejected_with_the_reason(town, tmp_path):
    town.node(1, 0, 0)
    town.node(2, 50, 0)
    town.node(3, 50, 50)
    town.way(20, [1, 2, 3], building="yes")  # not closed
    town.way(21, [1, 2, 999, 1], building="yes")  # a node that is not in the file
    town.relation(7, [("way", 4711, "outer")], type="multipolygon", landuse="forest")
    town.relation(8, [("way", 20, "outer")], type="multipolygon", leisure="park")
    town.box(30, 100, 100, 10, 10, building="yes")
    extract = read_osm(town.write(tmp_path / "town.osm"))
    found = reasons(extract)
    assert set(found) == {"w20", "w21", "r7", "r8"}
    assert found["w20"] == "the outline is not closed"
    assert "not in the file" in found["w21"]
    assert found["r7"] == "members of the area are not in the file"
    assert (extract.rejects["cure"] != "").all()
    assert list(extract.areas["id"]) == ["w30"]


def test_a_crossed_multipolygon_is_rejected_not_lost(town, tmp_path):
    town.ring(10, [(0, 0), (10, 10), (10, 0), (0, 10)])  # a bow tie without a node at its crossing
    town.relation(7, [("way", 10, "outer")], type="multipolygon", building="yes")
    town.box(30, 100, 100, 10, 10, building="yes")
    extract = read_osm(town.write(tmp_path / "town.osm"))
    assert "r7" in reasons(extract)
    assert "r7" not in set(extract.areas["id"])


def test_unclosed_ways_that_may_be_lines_are_no_rejects(town, tmp_path):
    town.node(1, 0, 0)
    town.node(2, 50, 0)
    town.way(20, [1, 2], natural="tree_row")
    town.street(21, 1, 2, amenity="bicycle_parking")
    extract = read_osm(town.write(tmp_path / "town.osm"))
    assert len(extract.rejects) == 0


def test_a_boundary_leaves_out_what_does_not_touch_it(town, tmp_path):
    town.node(1, 0, 0, amenity="cafe")
    town.node(2, 100, 0)
    town.node(3, 5000, 0, amenity="cafe")
    town.node(4, 5100, 0)
    town.street(10, 1, 2)
    town.street(11, 3, 4)
    town.street(12, 2, 3)  # reaches in
    town.box(20, 0, 10, 10, 10, building="yes")
    town.box(21, 5000, 10, 10, 10, building="yes")
    file = town.write(tmp_path / "town.osm")
    whole = read_osm(file)
    near = whole.areas.geometry[0].centroid.buffer(0.005)
    extract = read_osm(file, boundary_wgs84=near)
    assert list(extract.highways.osm_id) == [10, 12]
    assert list(extract.points["id"]) == ["n1"]
    assert list(extract.areas["id"]) == ["w20"]
    assert extract.counts["highways_outside"] == 1
    assert extract.counts["points_outside"] == 1
    assert extract.counts["areas_outside"] == 1
    assert list(extract.highways.refs) == [1, 2, 2, 3]


def test_progress_is_told_of_long_files(monaco_file, monkeypatch):
    monkeypatch.setattr("dizuo.base.osm.REPORT_EVERY", 1000)
    told = []
    extract = read_osm(monaco_file, progress=told.append)
    assert told == list(range(1000, extract.counts["read"] + 1, 1000))


def test_monaco_is_read_whole(monaco_extract):
    extract = monaco_extract
    assert len(extract.highways) == 2852
    assert sum("building" in tags for tags in extract.areas["tags"]) == 1283
    assert sum(tags.get("natural") == "tree" for tags in extract.points["tags"]) == 557
    assert extract.timestamp.startswith("2023-12")
    assert shapely.is_valid(np.asarray(extract.areas.geometry.array)).all()
    # The neighbouring communes reach beyond the extract.
    assert reasons(extract)["r174562"] == "members of the area are not in the file"


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("cut.osm.pbf", None, "ends in the middle"),
        ("text.osm.pbf", b"hello, world, this is no map", "not an OpenStreetMap file"),
        ("text.osm", b"hello", "not an OpenStreetMap file"),
        ("empty.osm", b"", "not an OpenStreetMap file"),
        ("page.dat", b"<html>", "not an OpenStreetMap file"),
        ("nodes.osm", b'<osm version="0.6"><node id="1" lon="1" lat="1"/></osm>', "no ways"),
    ],
)
def test_files_that_are_no_map_are_refused_with_a_cure(
    name, content, problem, tmp_path, monaco_file
):
    file = tmp_path / name
    file.write_bytes(monaco_file.read_bytes()[:200_000] if content is None else content)
    with pytest.raises(InputError, match=problem) as caught:
        read_osm(file)
    assert caught.value.file == str(file)
    assert caught.value.cure


def test_an_absent_file_is_refused(tmp_path):
    with pytest.raises(InputError, match="does not exist"):
        read_osm(tmp_path / "nowhere.osm.pbf")


@pytest.mark.shared
def test_las_palmas_is_read_whole(las_palmas_extract):
    extract = las_palmas_extract
    assert len(extract.highways) == 13_954
    assert sum("building" in tags for tags in extract.areas["tags"]) == 22_595
    assert sum(tags.get("natural") == "tree" for tags in extract.points["tags"]) == 35_515
    assert extract.counts["rejected"] < 100
