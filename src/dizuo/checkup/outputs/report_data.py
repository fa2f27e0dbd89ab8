# ruff: noqa: PD011 - the values of a checkup are a table of that name
"""What the report's script reads: places, values, findings and features, as compact packs."""

import base64
import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dizuo.checkup.outputs.contents import (
    Column,
    building_columns,
    columns_of,
    place_kinds,
    ranked_findings,
    records,
    variant_title,
)
from dizuo.checkup.outputs.map_classes import FINDINGS, Classes, classify_values, limits_of
from dizuo.checkup.outputs.maps import (
    MapLayers,
    drawn_layer,
    overview_kind,
    pack_layers,
    places_of,
)
from dizuo.checkup.outputs.shortfalls import shortfalls
from dizuo.checkup.result import Checkup
from dizuo.model.evidence import Evidence
from dizuo.model.place import PlaceKind

__all__ = ["FINDINGS_AT_MOST", "KindValues", "Packs", "gather", "values_by_kind"]

FINDINGS_AT_MOST = 4_000
"""Findings that the report itself lists; all of them are in the tables and the GeoPackage."""

_OF_EVERY_INDICATOR = 20

FEATURES_AT_MOST = 60
"""Evidence features of a finding that the report's map can point at."""

_STEPS = 65_533
_EVIDENCE = [mark.value for mark in Evidence]
_BUILDINGS = PlaceKind.BUILDING.value


@dataclass(frozen=True, eq=False)
class Packs:
    """Base64 texts by name, for ``<script type="application/octet-stream">`` elements."""

    texts: Mapping[str, str]
    findings_listed: int


@dataclass(frozen=True, eq=False)
class KindValues:
    """Values of all places of one kind: one row a column of the report, one column a place."""

    kind: str
    columns: list[Column]
    values: NDArray[np.float64]
    marks: NDArray[np.uint8]
    rules: list[str]


def gather(checkup: Checkup, kinds: list[KindValues]) -> Packs:
    """Gather everything that the report's script needs."""
    layers = pack_layers(checkup)
    texts = {name: _pack(data) for name, data in layers.packed.items()}
    described = []
    for kind in kinds:
        packed, columns = _pack_values(checkup, kind)
        texts[f"values-{kind.kind}"] = _pack(packed)
        described.append({"kind": kind.kind, **_places(checkup, kind.kind), "columns": columns})
    listed = _listed(checkup)
    texts["findings"] = _pack_json(_findings(checkup, listed, layers))
    texts["model"] = _pack_json(
        {
            "map": layers.description,
            "kinds": described,
            "overview": overview_kind(checkup),
            "indicators": _indicators(checkup),
            "findingColours": list(FINDINGS),
            "shortfalls": _shortfalls(checkup),
        }
    )
    return Packs(texts, len(listed))


def _pack(data: bytes) -> str:
    return base64.b64encode(zlib.compress(data, 6)).decode("ascii")


def _pack_json(data: Any) -> str:
    return _pack(json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode("utf-8"))


def values_by_kind(checkup: Checkup) -> list[KindValues]:
    """Lay the tidy values out by kind of place, aligned with the places by id."""
    wanted = columns_of(checkup)
    values = checkup.values
    number = _column_numbers(values, wanted)
    kind_codes, kinds = _coded(values["place_kind"])
    place_codes, ids = _coded(values["place"])
    found: list[KindValues] = []
    for kind in place_kinds(checkup):
        if kind == _BUILDINGS:
            continue
        order = pd.Index(places_of(checkup, kind)["id"].astype(str))
        place = order.get_indexer(pd.Index(ids))[place_codes]
        own = kinds.index(kind) if kind in kinds else -1
        rows = np.flatnonzero((kind_codes == own) & (number >= 0) & (place >= 0))
        found.append(
            _laid_out(kind, wanted, values.iloc[rows], number[rows], place[rows], len(order))
        )
    buildings = _building_values(checkup, wanted)
    return [*found, buildings] if buildings is not None else found


def _coded(column: pd.Series) -> tuple[NDArray[np.intp], list[str]]:
    """Numbers of a column's texts, and the texts: quick for categories."""
    codes, texts = pd.factorize(column)
    return codes, [str(text) for text in texts]


def _column_numbers(values: pd.DataFrame, wanted: list[Column]) -> NDArray[np.intp]:
    """For each row of the tidy values the number of its column, -1 where it has none."""
    indicator_codes, indicators = _coded(values["indicator"])
    variant_codes, variants = _coded(values["variant"])
    numbers = np.full((len(indicators), len(variants)), -1, dtype=np.intp)
    indicator_at = {name: at for at, name in enumerate(indicators)}
    variant_at = {name: at for at, name in enumerate(variants)}
    for number, column in enumerate(wanted):
        if column.indicator in indicator_at and column.variant in variant_at:
            numbers[indicator_at[column.indicator], variant_at[column.variant]] = number
    found: NDArray[np.intp] = numbers[indicator_codes, variant_codes]
    return found


def _laid_out(
    kind: str,
    wanted: list[Column],
    rows: pd.DataFrame,
    column: NDArray[np.intp],
    place: NDArray[np.intp],
    count: int,
) -> KindValues:
    table = np.full((len(wanted), count), np.nan)
    marks = np.full((len(wanted), count), _EVIDENCE.index("missing"), dtype=np.uint8)
    table[column, place] = rows["value"].to_numpy(dtype=np.float64)
    codes, texts = _coded(rows["evidence"])
    evidence = np.array([_EVIDENCE.index(text) for text in texts], dtype=np.uint8)[codes]
    kept = rows["passes"].to_numpy(dtype=object)
    verdict = np.where(kept == True, 1, np.where(kept == False, 2, 0))  # noqa: E712 - or None
    edge = np.ceil(rows["edge"].fillna(0).to_numpy(dtype=np.float64).clip(0, 1) * 7)
    marks[column, place] = evidence | (verdict << 2) | (edge.astype(np.uint8) << 4)
    rules = [""] * len(wanted)
    firsts = np.unique(column, return_index=True)[1]
    for first in firsts:
        rules[column[first]] = str(rows["rule"].iloc[first])
    return KindValues(kind, wanted, table, marks, rules)


def _building_values(checkup: Checkup, wanted: list[Column]) -> KindValues | None:
    buildings = drawn_layer(checkup, "buildings")
    if buildings is None or not len(checkup.building_values):
        return None
    own = building_columns(checkup).reindex(buildings["id"].astype(str))
    if not len(own.columns):
        return None
    values = checkup.values.loc[checkup.values["value"].notna()]
    first = values.drop_duplicates(["indicator", "variant"]).set_index(["indicator", "variant"])
    table = np.full((len(wanted), len(buildings)), np.nan)
    marks = np.full(table.shape, _EVIDENCE.index("missing"), dtype=np.uint8)
    rules = [""] * len(wanted)
    for number, column in enumerate(wanted):
        if column.name not in own.columns:
            continue
        table[number] = own[column.name].to_numpy(dtype=np.float64)
        key = (column.indicator, column.variant)
        known = key in first.index
        evidence = str(first.loc[key, "evidence"]) if known else Evidence.MISSING.value
        rules[number] = str(first.loc[key, "rule"]) if known else ""
        marks[number] = np.where(
            np.isfinite(table[number]), _EVIDENCE.index(evidence), _EVIDENCE.index("missing")
        )
    return KindValues(_BUILDINGS, wanted, table, marks, rules)


def _pack_values(checkup: Checkup, kind: KindValues) -> tuple[bytes, list[dict[str, Any]]]:
    """Pack each known column as low bytes, high bytes and marks, and describe it."""
    limits = limits_of(checkup.rules)
    pieces: list[bytes] = []
    columns: list[dict[str, Any]] = []
    for number, column in enumerate(kind.columns):
        values = kind.values[number]
        known = np.isfinite(values)
        if not known.any():
            continue
        low, step = float(values[known].min()), _step(values[known])
        codes = np.zeros(len(values), dtype=np.uint16)
        codes[known] = np.rint((values[known] - low) / step).astype(np.uint16) + 1
        pieces += [
            (codes & 0xFF).astype(np.uint8).tobytes(),
            (codes >> 8).astype(np.uint8).tobytes(),
            kind.marks[number].tobytes(),
        ]
        classes = classify_values(values, limits.get(kind.rules[number]), step)
        columns.append(
            {
                "indicator": column.indicator,
                "variant": column.variant,
                "low": low,
                "step": step,
                **_described(classes),
            }
        )
    return b"".join(pieces), columns


def _described(classes: Classes) -> dict[str, Any]:
    return {
        "breaks": list(classes.breaks),
        "colours": list(classes.colours),
        "labels": list(classes.labels),
    }


def _step(known: NDArray[np.float64]) -> float:
    """Choose the round step in which a column's values fit sixteen bits, finer than people read."""
    span = float(known.max() - known.min())
    if span == 0:
        return max(abs(float(known.max())), 1.0) * 1e-9
    power = 10.0 ** np.floor(np.log10(span / _STEPS))
    return float(next(power * digit for digit in (1, 2, 5, 10) if span / (power * digit) <= _STEPS))


def _places(checkup: Checkup, kind: str) -> dict[str, Any]:
    if kind == _BUILDINGS:
        buildings = drawn_layer(checkup, "buildings")
        return {"ids": buildings["id"].astype(str).tolist() if buildings is not None else []}
    rows = places_of(checkup, kind)
    counts = checkup.findings["place"].value_counts()
    return {
        "ids": rows["id"].astype(str).tolist(),
        "names": rows["name"].fillna("").astype(str).tolist(),
        "namesZh": rows["name_zh"].fillna("").astype(str).tolist(),
        "residents": [None if pd.isna(one) else round(float(one)) for one in rows["residents"]],
        "area": [round(float(one)) for one in rows["area"].fillna(0)],
        "findings": counts.reindex(rows["id"].astype(str)).fillna(0).astype(int).tolist(),
    }


def _indicators(checkup: Checkup) -> list[dict[str, Any]]:
    return [
        {
            "id": row["id"],
            "article": int(row["article"]),
            "en": row["title_en"],
            "zh": row["title_zh"],
            "unit": row["unit"],
            "better": row["better"],
            "kind": row["place_kind"],
            "variants": [
                [str(variant), variant_title(str(variant)).en, variant_title(str(variant)).zh]
                for variant in (list(row["variants"]) or [""])
            ],
        }
        for row in records(checkup.indicators)
    ]


def _listed(checkup: Checkup) -> pd.DataFrame:
    """Choose the findings that the report lists: the gravest, and some of every indicator."""
    ranked = ranked_findings(checkup)
    if len(ranked) <= FINDINGS_AT_MOST:
        return ranked
    every = ranked.groupby("indicator").cumcount().to_numpy() < _OF_EVERY_INDICATOR
    room = max(FINDINGS_AT_MOST - int(every.sum()), 0)
    gravest = np.cumsum(~every) <= room
    return ranked.loc[every | gravest].reset_index(drop=True)


def _findings(checkup: Checkup, listed: pd.DataFrame, layers: MapLayers) -> list[dict[str, Any]]:
    positions = {
        kind: pd.Series(range(len(rows)), index=rows["id"].astype(str).to_numpy())
        for kind in place_kinds(checkup)
        if kind != _BUILDINGS
        for rows in [places_of(checkup, kind)]
    }
    if "buildings" in layers.positions:
        positions[_BUILDINGS] = layers.positions["buildings"]
    units = dict(zip(checkup.rules["id"], checkup.rules["unit"], strict=True))
    features = _located(listed, layers)
    return [
        {
            "id": row["id"],
            "indicator": row["indicator"],
            "variant": row["variant"],
            "article": int(row["article"]),
            "kind": row["place_kind"],
            "place": _position(positions.get(str(row["place_kind"])), str(row["place"])),
            "value": _number(row["value"]),
            "unit": row["unit"],
            "threshold": _number(row["threshold"]),
            "thresholdUnit": units.get(row["rule"], ""),
            "comparison": row["comparison"],
            "certainty": row["certainty"],
            "evidence": row["evidence"],
            "edge": bool(row["edge"]),
            "residents": _number(row["residents"]),
            "suppressed": bool(row["residents_suppressed"]),
            "featureCount": int(row["feature_count"]),
            "features": features[number],
            "en": row["text_en"],
            "zh": row["text_zh"],
        }
        for number, row in enumerate(records(listed))
    ]


def _shortfalls(checkup: Checkup) -> list[dict[str, Any]]:
    return [
        {
            "id": row["id"],
            "indicator": row["indicator"],
            "kind": row["place_kind"],
            "places": int(row["places"]),
            "placesOfKind": int(row["places_of_kind"]),
            "residents": _number(row["residents"]),
            "suppressed": bool(row["residents_suppressed"]),
        }
        for row in records(shortfalls(checkup))
    ]


def _position(positions: pd.Series | None, identity: str) -> int:
    if positions is None or identity not in positions.index:
        return -1
    return int(positions[identity])


def _located(listed: pd.DataFrame, layers: MapLayers) -> list[dict[str, list[int]]]:
    """Find the evidence features of every finding in the layers that maps draw."""
    chosen = [list(one)[:FEATURES_AT_MOST] for one in listed["features"]]
    flat = pd.Index([str(feature) for one in chosen for feature in one], dtype=object)
    owner = np.repeat(np.arange(len(chosen)), [len(one) for one in chosen])
    found: list[dict[str, list[int]]] = [{} for _ in chosen]
    for name in ("buildings", "facilities", "stops", "street_edges"):
        if name not in layers.positions:
            continue
        at = pd.Index(layers.positions[name].index, dtype=object).get_indexer(flat)
        for number, position in zip(owner[at >= 0], at[at >= 0], strict=True):
            found[number].setdefault(name, []).append(int(position))
    return found


def _number(value: Any) -> float | None:
    return None if value is None or pd.isna(value) else float(f"{float(value):.6g}")
