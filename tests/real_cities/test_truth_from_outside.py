"""What dizuo says of Monaco equals what a script says that shares no code with it."""

import ast
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import monaco_from_raw as outside
import monaco_on_foot
import numpy as np
import pytest

PLACES = 50


@pytest.fixture(scope="module")
def checkup(monaco_city):
    wanted = {*outside.REACH, *(name for name, _ in FORM)}
    examination = monaco_city.examination()
    analysis = replace(examination.analysis, least_known_share=0.01)  # few streets tell their light
    examination = replace(examination, analysis=analysis)
    from dizuo.checkup.examine import examine

    however_little_is_known = replace(examination.analysis, least_known_share=1e-9)
    examination = replace(examination, analysis=however_little_is_known)
    asked = {name: one for name, one in examination.indicators.items() if name in wanted}
    return examine(examination, indicators=asked)


@pytest.fixture(scope="module")
def raw(monaco):
    return outside.Raw(monaco / "monaco.osm.pbf")


FORM = [
    ("19.building_density", ""),
    ("19.building_coverage", ""),
    ("09.footway_density", ""),
    ("22.pedestrian_space", ""),
    ("12.cycleway_density", ""),
    ("09.step_free_share", ""),
    ("22.lit_streets", ""),
    ("09.junction_density", ""),
    ("09.dead_end_share", ""),
    ("22.street_furniture", "bench"),
    ("22.street_furniture", "drinking_water"),
]


@pytest.mark.parametrize("part", [outside, monaco_on_foot])
def test_the_script_shares_no_code(part):
    tree = ast.parse(Path(part.__file__).read_text(encoding="utf-8"))
    names = {
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        for alias in node.names
    } | {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert not any(name.split(".")[0] == "dizuo" for name in names)


def test_ten_indicators_of_reach_at_fifty_homes(checkup, raw, monaco_city):
    own = checkup.building_values.set_index("id")
    shapes = {f"building:{name}": shape for name, tags, shape in raw.areas if "building" in tags}
    homes = sorted(set(own.dropna(how="all").index) & set(shapes))
    chosen = list(np.random.default_rng(1).choice(homes, PLACES, replace=False))
    expected = outside.reach_of_homes(raw, [shapes[name] for name in chosen])
    compared = 0
    for (name, variant), values in expected.items():
        label = f"{name}/{variant}"
        if label not in own:  # the defibrillator has the network only
            assert name in own
            label = name
            if variant != "network":
                continue
        told = own.loc[chosen, label].to_numpy()
        sure = ~np.isnan(values)
        np.testing.assert_array_equal(told[sure], values[sure], err_msg=label)
        compared += sure.sum()
    assert compared > 0.95 * PLACES * (2 * len(outside.REACH) - 1)


def test_eleven_values_of_form_at_fifty_places(checkup, raw, monaco_city):
    base = Path(monaco_city.config.base_folder)
    places = gpd.read_parquet(base / "places.parquet")
    data_end = gpd.read_parquet(base / "extent.parquet").union_all().boundary
    for kind, variants in (("block", FORM[:2]), ("cell", FORM), ("community", FORM)):
        these = places[places["kind"] == kind].sample(
            min(PLACES, (places["kind"] == kind).sum()), random_state=2
        )
        these = these.sort_values("id")  # what lies in two places belongs to the first by id
        pairs = list(zip(these.geometry, these["area"], strict=True))
        expected = outside.form_of_places(raw, pairs, data_end)
        values = checkup.values
        for name, variant in variants:
            mine = values[(values["indicator"] == name) & (values["variant"] == variant)]
            told = mine.set_index("place")["value"].reindex(these["id"]).to_numpy()
            np.testing.assert_allclose(
                told, expected[name, variant], rtol=1e-4, atol=1e-6, err_msg=f"{name} by {kind}"
            )
