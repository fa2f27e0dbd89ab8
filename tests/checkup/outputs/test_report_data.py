# ruff: noqa: PD011 - the values of a checkup are a table of that name
import dataclasses

import numpy as np
import pandas as pd
import pytest
from packed_reader import column_values, geometry, json_pack, packs_of

from dizuo.checkup.outputs import report_data
from dizuo.checkup.outputs.report_html import render_report


@pytest.fixture(scope="module")
def packs(town):
    return packs_of(render_report(town))


@pytest.fixture(scope="module")
def model(packs):
    return json_pack(packs, "model")


def test_values_come_back_by_place_within_half_a_step(town, packs, model):
    checked = 0
    for kind in model["kinds"]:
        if kind["kind"] == "building":
            continue
        for number, column in enumerate(kind["columns"]):
            values, _ = column_values(packs[f"values-{kind['kind']}"], kind, number)
            own = town.values[
                (town.values["indicator"] == column["indicator"])
                & (town.values["variant"] == column["variant"])
                & (town.values["place_kind"] == kind["kind"])
            ].set_index("place")["value"]
            for place, value in zip(kind["ids"], values, strict=True):
                if value is None:
                    assert np.isnan(own[place])
                else:
                    assert abs(own[place] - value) <= column["step"] * 0.5001
                checked += 1
    assert checked > 1_000


def test_marks_hold_evidence_verdict_and_edge(town, packs, model):
    kind = next(one for one in model["kinds"] if one["kind"] == "block")
    number = next(
        at
        for at, one in enumerate(kind["columns"])
        if (one["indicator"], one["variant"]) == ("09.park_coverage", "network")
    )
    _, marks = column_values(packs["values-block"], kind, number)
    own = town.values[
        (town.values["indicator"] == "09.park_coverage")
        & (town.values["variant"] == "network")
        & (town.values["place_kind"] == "block")
    ].set_index("place")
    for place, mark in zip(kind["ids"], marks, strict=True):
        row = own.loc[place]
        assert ["measured", "estimated", "simulated", "missing"][mark & 3] == row["evidence"]
        assert {0: None, 1: True, 2: False}[(mark >> 2) & 3] == row["passes"]
        assert (mark >> 4 > 0) == (row["edge"] > 0)


def test_places_keep_their_number_and_order_on_the_map(town, packs, model):
    for kind in ("block", "community"):
        described = next(one for one in model["kinds"] if one["kind"] == kind)
        rows = town.places[town.places["kind"] == kind]
        assert described["ids"] == rows["id"].tolist()
        assert len(geometry(packs[f"place-{kind}"])) == len(rows)
        assert len(geometry(packs[f"label-{kind}"])) == len(rows)


def test_suppressed_residents_are_not_in_the_page(packs, model):
    block = next(one for one in model["kinds"] if one["kind"] == "block")
    assert block["residents"][:2] == [None, None]
    assert all(one is not None for one in block["residents"][2:])
    building = next(one for one in model["kinds"] if one["kind"] == "building")
    assert set(building) == {"kind", "ids", "columns"}


def test_findings_point_at_features_by_their_place_in_the_layer(town, packs):
    findings = {one["id"]: one for one in json_pack(packs, "findings")}
    buildings = town.layers["buildings"]["id"].tolist()
    facilities = town.layers["facilities"]["id"].tolist()
    assert len(findings) == len(town.findings)
    for row in town.findings.itertuples():
        found = findings[row.id]["features"]
        assert [buildings[at] for at in found["buildings"]] == row.features[:5]
        assert [facilities[at] for at in found["facilities"]] == row.features[5:6]


def test_a_long_list_keeps_the_gravest_and_some_of_every_indicator(town, monkeypatch):
    monkeypatch.setattr(report_data, "FINDINGS_AT_MOST", 200)
    monkeypatch.setattr(report_data, "_OF_EVERY_INDICATOR", 3)
    many = pd.concat([town.findings] * 3, ignore_index=True)
    many["id"] = [f"{one}#{number}" for number, one in enumerate(many["id"])]
    checkup = dataclasses.replace(town, findings=many)
    page = render_report(checkup)
    listed = json_pack(packs_of(page), "findings")
    assert len(listed) == 200 < len(many)
    assert {one["indicator"] for one in listed} == set(many["indicator"])
    top = many.sort_values("residents", ascending=False)["place"].iloc[0]
    assert listed[0]["id"].partition("#")[0].endswith(f"@{top}")
    assert f"gravest {len(listed)} of {len(many)} findings" in page


def test_equal_values_survive_packing(town):
    flat = town.values.copy()
    flat.loc[flat["indicator"] == "14.tall_buildings", "value"] = 7.5
    page = render_report(dataclasses.replace(town, values=flat))
    packs = packs_of(page)
    kind = next(one for one in json_pack(packs, "model")["kinds"] if one["kind"] == "district")
    number = next(
        at for at, one in enumerate(kind["columns"]) if one["indicator"] == "14.tall_buildings"
    )
    values, _ = column_values(packs["values-district"], kind, number)
    assert values == [7.5, 7.5]
