# ruff: noqa: PD011 - the values of a checkup are a table of that name
import json

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from dizuo.checkup.outputs.tidy_tables import plain, summary, write_tables


@pytest.fixture(scope="module")
def folder(town, tmp_path_factory):
    target = tmp_path_factory.mktemp("tables")
    written = write_tables(town, target)
    assert sorted(one.name for one in target.iterdir()) == sorted(one.name for one in written)
    return target


def test_values_come_back_from_parquet(town, folder):
    values = pd.read_parquet(folder / "values.parquet")
    assert len(values) == len(town.values)
    assert np.array_equal(values["value"], town.values["value"], equal_nan=True)
    assert values["passes"].isna().sum() == sum(one is None for one in town.values["passes"])
    assert values["reason_zh"].isin(["", "没有数据源提供该项数据。", "此处没有被测对象。"]).all()


def test_the_csv_opens_in_spreadsheets_with_its_chinese(town, folder):
    content = (folder / "values.csv").read_bytes()
    assert content.startswith(b"\xef\xbb\xbf")
    values = pd.read_csv(folder / "values.csv", encoding="utf-8-sig")
    told = town.values[town.values["value"].notna() | (town.values["place_kind"] == "city")]
    assert len(values) == len(told)
    assert np.allclose(values["value"], told["value"], rtol=1e-5, equal_nan=True)
    assert "没有数据源提供该项数据。" in set(values["reason_zh"])


def test_amounts_of_small_places_are_not_written(folder):
    values = pd.read_parquet(folder / "values.parquet")
    small = values[values["place"].astype(str) == "block:0"]
    assert len(small)
    assert small[["numerator", "denominator"]].isna().all(axis=None)


def test_findings_and_places_are_geoparquet_in_the_citys_crs(town, folder):
    findings = gpd.read_parquet(folder / "findings.parquet")
    places = gpd.read_parquet(folder / "places.parquet")
    assert findings.crs == places.crs == town.places.crs
    assert len(findings) == len(town.findings)
    shapes = places.set_index("id").geometry
    for row in findings.head(20).itertuples():
        assert row.geometry.equals(shapes[row.place])
    assert isinstance(findings["features"].iloc[0][0], str)


def test_the_summary_is_strict_json(town, folder):
    text = (folder / "checkup.json").read_text(encoding="utf-8")
    told = json.loads(text, parse_constant=pytest.fail)
    assert told["city"]["name_zh"] == "纸城"
    assert told["city"]["reference_date"] == "2024-06-30"
    assert told["counts"]["findings"] == len(town.findings)
    assert told["counts"]["places"]["block"] == 64
    assert told["counts"]["evidence"]["missing"] == 2
    assert {one["indicator"] for one in told["shortfalls"]} == set(town.findings["indicator"])
    assert told["scores"][0]["low"] == 49.0
    assert told == summary(town)


def test_plain_knows_every_kind_of_value():
    assert plain({"a": np.float64("nan"), 1: (np.int64(3), pd.NaT, None, np.bool_(True))}) == {
        "a": None,
        "1": [3, None, None, True],
    }
    assert plain(pd.Timestamp("2024-06-30T12:00")) == "2024-06-30T12:00:00"
