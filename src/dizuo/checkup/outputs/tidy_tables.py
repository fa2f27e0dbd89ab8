# ruff: noqa: PD011 - the values of a checkup are a table of that name
"""The tables of a checkup as files: Parquet for programs, CSV for spreadsheets, JSON for apps."""

import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import csv

from dizuo.checkup.outputs.contents import columns_of, publishable_values, ranked_findings, records
from dizuo.checkup.outputs.shortfalls import shortfalls
from dizuo.checkup.result import Checkup
from dizuo.model.evidence import Evidence
from dizuo.model.place import PlaceKind

__all__ = ["findings_with_geometry", "summary", "write_tables"]

VALUE_COLUMNS = (
    "indicator",
    "variant",
    "place",
    "place_kind",
    "value",
    "unit",
    "numerator",
    "denominator",
    "evidence",
    "edge",
    "rule",
    "certainty",
    "passes",
    "score",
    "reason_en",
    "reason_zh",
)

_BUILDINGS = PlaceKind.BUILDING.value


def write_tables(checkup: Checkup, folder: Path) -> list[Path]:
    """Write the tables of a checkup into a folder.

    - ``values.parquet`` and ``values.csv``: tidy, one row for each indicator, variant and place.
      The CSV is UTF-8 with a byte-order mark, so that spreadsheet programs read its Chinese. To
      keep it small it has no rows without a value but those of the whole city, and none of single
      buildings; the Parquet file has them all.
    - ``building_values.parquet``: one row a building, one column an indicator and variant.
    - ``findings.parquet`` and ``places.parquet``: GeoParquet in the city's metric CRS.
    - ``scores.parquet``: scores of sets and articles with their ranges.
    - ``checkup.json``: the summary, see :func:`summary`.

    Returns
    -------
    The files written.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    values = _typed(publishable_values(checkup))
    values.to_parquet(folder / "values.parquet", index=False, compression="zstd")
    _write_csv(values, folder / "values.csv")
    checkup.building_values.to_parquet(
        folder / "building_values.parquet", index=False, compression="zstd"
    )
    findings_with_geometry(checkup).to_parquet(
        folder / "findings.parquet", index=False, compression="zstd"
    )
    checkup.places.to_parquet(folder / "places.parquet", index=False, compression="zstd")
    checkup.scores.to_parquet(folder / "scores.parquet", index=False, compression="zstd")
    text = json.dumps(summary(checkup), ensure_ascii=False, indent=2, allow_nan=False)
    (folder / "checkup.json").write_text(text + "\n", encoding="utf-8")
    names = (
        "values.parquet",
        "values.csv",
        "building_values.parquet",
        "findings.parquet",
        "places.parquet",
        "scores.parquet",
        "checkup.json",
    )
    return [folder / name for name in names]


def _typed(values: pd.DataFrame) -> pd.DataFrame:
    """Give repeated texts as categories and verdicts as nullable booleans."""
    typed = values[list(VALUE_COLUMNS)].copy()
    for name in (
        "indicator",
        "variant",
        "place",
        "place_kind",
        "unit",
        "evidence",
        "rule",
        "certainty",
        "reason_en",
        "reason_zh",
    ):
        typed[name] = typed[name].fillna("").astype("category")
    typed["passes"] = typed["passes"].astype("boolean")
    return typed


def _write_csv(values: pd.DataFrame, file: Path) -> None:
    told = values["value"].notna() | (values["place_kind"] == PlaceKind.CITY.value)
    shown = values.loc[told & (values["place_kind"] != _BUILDINGS)].copy()
    for name in ("value", "numerator", "denominator", "edge", "score"):
        shown[name] = _rounded(shown[name].to_numpy(dtype=np.float64))
    table = pa.Table.from_pandas(shown, preserve_index=False)
    plain = pa.schema(
        [
            pa.field(field.name, pa.string() if pa.types.is_dictionary(field.type) else field.type)
            for field in table.schema
        ]
    )
    with file.open("wb") as sink:
        sink.write("\ufeff".encode())
        csv.write_csv(table.cast(plain), sink)


def _rounded(
    number: np.ndarray[Any, np.dtype[np.float64]],
) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Round to six significant digits: more would only be noise in a text."""
    with np.errstate(divide="ignore", invalid="ignore"):
        power = np.floor(np.log10(np.abs(number)))
    digits = np.where(np.isfinite(power), 5 - power, 0.0)
    scale = 10.0 ** np.clip(digits, -10, 12)
    rounded: np.ndarray[Any, np.dtype[np.float64]] = np.round(number * scale) / scale
    return rounded


def findings_with_geometry(checkup: Checkup) -> gpd.GeoDataFrame:
    """Return the findings, gravest first, each with the shape of its place."""
    findings = ranked_findings(checkup)
    shapes = checkup.places.set_index("id").geometry
    buildings = checkup.layers.get("buildings")
    if buildings is not None and (findings["place_kind"] == _BUILDINGS).any():
        shapes = pd.concat([shapes, buildings.set_index("id").geometry])
    shapes = shapes[~shapes.index.duplicated()]
    located = shapes.reindex(findings["place"])
    return gpd.GeoDataFrame(findings, geometry=located.to_numpy(), crs=checkup.places.crs)


_TOLD_OF_SHORTFALLS = (
    "indicator", "place_kind", "places", "places_of_kind", "residents", "text_en", "text_zh",
)  # fmt: skip


def summary(checkup: Checkup) -> dict[str, Any]:
    """Return what a checkup found in short, ready for JSON: no NaN, dates as ISO text."""
    city = checkup.values.loc[checkup.values["place_kind"] == PlaceKind.CITY.value]
    evidence = city.drop_duplicates(["indicator"])["evidence"].value_counts()
    return {
        "city": plain(checkup.city),
        "counts": {
            "indicators": len(checkup.indicators),
            "columns": len(columns_of(checkup)),
            "values": len(checkup.values),
            "findings": len(checkup.findings),
            "places": {
                str(kind): int(count)
                for kind, count in checkup.places["kind"].value_counts().items()
            },
            "evidence": {mark.value: int(evidence.get(mark.value, 0)) for mark in Evidence},
        },
        "scores": plain(records(checkup.scores)),
        "sensitivity": plain(records(checkup.sensitivity)),
        "city_values": plain(
            city[["indicator", "variant", "value", "unit", "evidence", "passes", "score"]].to_dict(
                "records"
            )
        ),
        "shortfalls": plain(shortfalls(checkup)[list(_TOLD_OF_SHORTFALLS)].to_dict("records")),
        "elapsed": plain(checkup.elapsed),
    }


def plain(value: Any) -> Any:
    """Turn what tables hold into what JSON knows; NaN becomes null."""
    if isinstance(value, Mapping):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    if isinstance(value, np.generic):
        return plain(value.item())
    if isinstance(value, float):
        return value if np.isfinite(value) else None
    if value is None or isinstance(value, str | int | bool):
        return value
    if pd.isna(value):
        return None
    return value.isoformat() if isinstance(value, date) else str(value)
