"""The bundled city and the larger one, built from their raw files."""

import numpy as np
import pytest
import shapely

from dizuo.base.build import build


def test_monaco_is_built_whole(monaco, tmp_path):
    import shutil

    copy = tmp_path / "monaco"
    shutil.copytree(monaco, copy, ignore=shutil.ignore_patterns("base", ".base*", "checkup*"))
    base = build(copy)
    buildings = base.layer("buildings")
    assert buildings["residents"].sum() == pytest.approx(38_400)
    assert 1200 < len(buildings) < 1300
    assert base.layer("boundary").area[0] == pytest.approx(2.02e6, rel=0.01)
    assert 120_000 < base.layer("street_edges")["length_mm"].sum() / 1000 < 150_000
    edges, nodes = base.layer("street_edges"), base.layer("street_nodes")
    ends = shapely.get_point(edges.geometry.to_numpy(), 0)
    at = nodes.set_index("node").loc[edges["start"], ["x", "y"]].to_numpy()
    assert np.abs(shapely.get_coordinates(ends) - at).max() < 1e-6
    communities = base.layer("divisions").query("kind == 'community'")
    assert "Fontvieille" in set(communities["name"])
    assert base.layer("stops")["departures_per_weekday"].isna().all()


@pytest.mark.shared
@pytest.mark.slow
def test_las_palmas_is_built_with_its_timetable(las_palmas, tmp_path):
    folder = tmp_path / "las_palmas"
    folder.mkdir()
    (folder / "city.toml").write_text(
        f"""
[city]
id = "las_palmas"
name = "Las Palmas de Gran Canaria"
reference_date = 2023-02-21
[boundary]
file = "{las_palmas}/boundary_municipality_epsg4326.geojson"
[population]
total = 381223
date = 2020-01-01
source = "hand-made for the test"
[[sources]]
id = "osm"
kind = "osm"
file = "{las_palmas}/las_palmas_20230221.osm.pbf"
date = 2023-02-21
[[sources]]
id = "guaguas"
kind = "gtfs"
file = "{las_palmas}/gtfs_guaguas_20230222.zip"
date = 2023-02-22
""",
        encoding="utf-8",
    )
    base = build(folder)
    assert base.manifest.crs == "EPSG:32628"
    assert len(base.layer("buildings")) > 22_000
    assert base.layer("buildings")["residents"].sum() == pytest.approx(381_223)
    stops = base.layer("stops")
    assert stops["departures_per_weekday"].sum() > 50_000
    assert len(base.table("timetable_stop_times")) == 152_558
    assert base.layer("boundary").area[0] == pytest.approx(103.2e6, rel=0.01)
