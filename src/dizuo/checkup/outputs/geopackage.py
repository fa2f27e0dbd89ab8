# ruff: noqa: PD011 - the values of a checkup are a table of that name
"""checkup.gpkg: every place with its values, styled, so that QGIS opens it as a map."""

import json
import sqlite3
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely

from dizuo.checkup.outputs.contents import Column, records, variant_title
from dizuo.checkup.outputs.map_classes import FINDINGS, Classes, classify_values, limits_of
from dizuo.checkup.outputs.maps import drawn_layer, places_of
from dizuo.checkup.outputs.qgis_styles import graduated_style, line_style, marker_style, plain_style
from dizuo.checkup.outputs.report_data import KindValues, values_by_kind
from dizuo.checkup.outputs.tidy_tables import findings_with_geometry, plain
from dizuo.checkup.result import Checkup
from dizuo.model.place import PlaceKind
from dizuo.model.text import Text
from dizuo.standards.units import unit_text

__all__ = ["CONTEXT_COLUMNS", "write_geopackage"]

_BUILDINGS = PlaceKind.BUILDING.value

CONTEXT_COLUMNS = {
    "buildings": (
        "id",
        "use",
        "use_evidence",
        "levels",
        "levels_evidence",
        "height",
        "height_evidence",
        "start_year",
    ),
    "street_edges": ("id", "name", "highway", "surface", "lit", "length_mm"),
    "facilities": ("id", "category", "name"),
    "stops": ("id", "name", "mode", "departures_per_weekday"),
    "green": ("id", "kind", "name", "access"),
    "water": ("id", "kind", "name"),
    "boundary": ("id", "name"),
}
"""Columns of context layers that are written. Residents of single buildings are not."""

_FEATURES_AT_MOST = 10
"""Evidence features that a finding names here; findings.parquet names up to 200."""

_MAIN_SHAPES = {
    "buildings": "Polygon",
    "street_edges": "LineString",
    "facilities": "Point",
    "stops": "Point",
    "green": "Polygon",
    "water": "Polygon",
    "boundary": "LineString",
}

_STYLES_TABLE = """
CREATE TABLE layer_styles (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  f_table_catalog TEXT(256), f_table_schema TEXT(256), f_table_name TEXT(256),
  f_geometry_column TEXT(256), styleName TEXT(30), styleQML TEXT, styleSLD TEXT,
  useAsDefault BOOLEAN, description TEXT, owner TEXT(30), ui TEXT(30),
  update_time DATETIME DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now'))
)
"""

_COLUMNS_TABLE = """
CREATE TABLE IF NOT EXISTS gpkg_data_columns (
  table_name TEXT NOT NULL, column_name TEXT NOT NULL, name TEXT, title TEXT, description TEXT,
  mime_type TEXT, constraint_name TEXT,
  CONSTRAINT pk_gdc PRIMARY KEY (table_name, column_name),
  CONSTRAINT gdc_tn UNIQUE (table_name, name)
)
"""

_SCHEMA_EXTENSION = (
    "INSERT INTO gpkg_extensions (table_name, column_name, extension_name, definition, scope) "
    "VALUES ('gpkg_data_columns', NULL, 'gpkg_schema', "
    "'http://www.geopackage.org/spec121/#extension_schema', 'read-write')"
)

_STYLES_CONTENTS = (
    "INSERT INTO gpkg_contents (table_name, data_type, identifier) "
    "VALUES ('layer_styles', 'attributes', 'layer_styles')"
)


def write_geopackage(checkup: Checkup, path: Path) -> Path:
    """Write one layer for each kind of place, the findings, the context and the tables.

    Columns of indicators are named by the indicator's id with ``.`` as ``_`` (and the variant);
    their Chinese and English titles stand in ``gpkg_data_columns`` and as aliases in the styles.
    ``layer_styles`` holds a style for every indicator, so QGIS opens each layer coloured.

    Parameters
    ----------
    path
        The file to write; an existing one is replaced.
    """
    path = Path(path)
    temporary = path.with_name(f".{path.stem}.part.gpkg")
    temporary.unlink(missing_ok=True)
    # The file is put in place only when it is whole, so nothing is lost by not syncing every step.
    pyogrio.set_gdal_config_options({"OGR_SQLITE_SYNCHRONOUS": "OFF"})
    try:
        _fill(checkup, temporary)
    finally:
        pyogrio.set_gdal_config_options({"OGR_SQLITE_SYNCHRONOUS": None})
        # GDAL notes the metadata a second time beside the file.
        temporary.with_name(f"{temporary.name}.aux.xml").unlink(missing_ok=True)
    temporary.replace(path)
    return path


def _fill(checkup: Checkup, temporary: Path) -> None:
    metadata = {"dizuo": json.dumps(plain(checkup.city), ensure_ascii=False)}
    styles: list[tuple[str, str, str, str, bool]] = []
    titles: list[tuple[str, str, Text]] = []
    for kind in values_by_kind(checkup):
        layer, own = _place_layer(checkup, kind)
        _write(layer, temporary, kind.kind, metadata)
        titles += [(kind.kind, name, text) for name, text in own.items()]
        styles += _place_styles(checkup, kind, layer, own)
    findings = _findings_layer(checkup)
    if len(findings):
        _write(findings, temporary, "findings", metadata)
        labels = ("< 10", "10–100", "100–1,000", "≥ 1,000")
        classes = Classes((10.0, 100.0, 1000.0), FINDINGS[1:], labels)
        qml = marker_style("residents", classes)
        styles.append(("findings", "residents", qml, "Residents affected / 受影响居民", True))
    styles += _write_context(checkup, temporary, metadata)
    for name, table in _tables(checkup).items():
        pyogrio.write_dataframe(table, temporary, layer=name, driver="GPKG", append=True)
    _finish(temporary, styles, titles)


def _write(layer: gpd.GeoDataFrame, path: Path, name: str, metadata: dict[str, str]) -> None:
    pyogrio.write_dataframe(
        layer,
        path,
        layer=name,
        driver="GPKG",
        append=path.exists(),
        dataset_metadata=metadata if not path.exists() else None,
        # Version 1.3 is the newest that QGIS 3.22 and GDAL 3.6 open without a warning.
        dataset_options={} if path.exists() else {"VERSION": "1.3"},
        layer_options={"IDENTIFIER": name},
        promote_to_multi=not (layer.geometry.geom_type == "Point").all(),
    )


def column_name(column: Column) -> str:
    """Return a column's name as databases like it: letters, digits and underscores."""
    return "i" + column.name.replace(".", "_").replace(":", "_").replace("-", "_")


def _place_layer(checkup: Checkup, kind: KindValues) -> tuple[gpd.GeoDataFrame, dict[str, Text]]:
    """Build the wide layer of one kind of place, and the titles of its columns."""
    by_id = {row["id"]: row for row in records(checkup.indicators)}
    wide: dict[str, Any] = {}
    titles: dict[str, Text] = {}
    for number, column in enumerate(kind.columns):
        if not np.isfinite(kind.values[number]).any():
            continue
        name = column_name(column)
        wide[name] = kind.values[number]
        row = by_id[column.indicator]
        variant = variant_title(column.variant)
        unit = unit_text(str(row["unit"]))
        titles[name] = Text(
            f"{row['title_en']}{f', {variant.en}' if column.variant else ''}{_bracketed(unit.en)}",
            f"{row['title_zh']}{f'（{variant.zh}）' if column.variant else ''}"
            f"{_bracketed(unit.zh)}",
        )
    base = _base_columns(checkup, kind.kind)
    layer = pd.concat([base.drop(columns="geometry"), pd.DataFrame(wide, index=base.index)], axis=1)
    return gpd.GeoDataFrame(layer, geometry=base.geometry, crs=checkup.places.crs), titles


def _bracketed(unit: str) -> str:
    return f" [{unit}]" if unit else ""


def _base_columns(checkup: Checkup, kind: str) -> gpd.GeoDataFrame:
    if kind == _BUILDINGS:
        buildings = drawn_layer(checkup, "buildings")
        if buildings is None:
            return gpd.GeoDataFrame({"id": []}, geometry=[], crs=checkup.places.crs)
        kept = [name for name in CONTEXT_COLUMNS["buildings"] if name in buildings]
        return buildings[[*kept, "geometry"]]
    rows = places_of(checkup, kind)
    counts = checkup.findings["place"].value_counts()
    return gpd.GeoDataFrame(
        {
            "id": rows["id"].astype(str),
            "name": rows["name"],
            "name_zh": rows["name_zh"],
            "area_m2": rows["area"],
            "residents": rows["residents"],
            "findings": counts.reindex(rows["id"].astype(str)).fillna(0).astype(int).to_numpy(),
        },
        geometry=rows.geometry,
        crs=checkup.places.crs,
    )


def _place_styles(
    checkup: Checkup, kind: KindValues, layer: gpd.GeoDataFrame, titles: dict[str, Text]
) -> list[tuple[str, str, str, str, bool]]:
    aliases = {name: f"{text.en} / {text.zh}" for name, text in titles.items()}
    styles: list[tuple[str, str, str, str, bool]] = []
    limits = limits_of(checkup.rules)
    counts = layer["findings"].to_numpy(dtype=np.float64) if "findings" in layer else np.zeros(0)
    by_findings = counts.any() if len(counts) else False
    if by_findings:
        cuts = np.unique(np.ceil(np.linspace(1, counts.max(), len(FINDINGS) + 1))[:-1])
        classes = Classes(
            tuple(float(cut) for cut in cuts),
            ("#f7f6f2", *FINDINGS[: len(cuts)]),
            ("0", *(f"≥ {cut:.0f}" for cut in cuts)),
        )
        qml = graduated_style("findings", classes, aliases)
        styles.append((kind.kind, "findings", qml, "Number of findings / 问题数量", True))
    for number, column in enumerate(kind.columns):
        name = column_name(column)
        if name not in titles:
            continue
        limit = limits.get(kind.rules[number])
        classes = classify_values(kind.values[number], limit, 1e-9)
        default = not styles
        qml = graduated_style(name, classes, aliases if default else None)
        styles.append((kind.kind, name, qml, f"{titles[name].en} / {titles[name].zh}", default))
    return styles


def _findings_layer(checkup: Checkup) -> gpd.GeoDataFrame:
    """Return findings as points in their places, the gravest first; features as one text."""
    located = findings_with_geometry(checkup)
    points = shapely.point_on_surface(np.asarray(located.geometry.array, dtype=object))
    table = pd.DataFrame(located.drop(columns="geometry"))
    table["features"] = [" ".join(list(one)[:_FEATURES_AT_MOST]) for one in table["features"]]
    table.insert(0, "rank", np.arange(1, len(table) + 1))
    return gpd.GeoDataFrame(table, geometry=points, crs=checkup.places.crs)


def _write_context(
    checkup: Checkup, path: Path, metadata: dict[str, str]
) -> list[tuple[str, str, str, str, bool]]:
    styles = []
    colours = {
        "buildings": "#d4d0ca",
        "street_edges": "#8a949c",
        "facilities": "#3d2c63",
        "stops": "#5c6670",
        "green": "#dde8d5",
        "water": "#cddfe9",
        "boundary": "#5b6873",
    }
    has_buildings = any(kind == _BUILDINGS for kind in _written_kinds(path))
    for name, columns in CONTEXT_COLUMNS.items():
        layer = checkup.layers.get(name)
        if layer is None or not len(layer) or (name == "buildings" and has_buildings):
            continue
        kept = [column for column in columns if column in layer]
        shown = layer[[*kept, "geometry"]]
        if name == "boundary":
            shown = shown.set_geometry(shown.geometry.boundary)
        for part, suffix in _by_shape(shown, _MAIN_SHAPES[name]):
            _write(part, path, f"{name}{suffix}", metadata)
            shape = str(part.geometry.geom_type.iloc[0]).removeprefix("Multi")
            look = _look(shape, colours[name])
            styles.append((f"{name}{suffix}", name, look, name.replace("_", " "), True))
    return styles


def _look(shape: str, colour: str) -> str:
    return line_style(colour, 0.3) if shape == "LineString" else plain_style(shape.lower(), colour)


def _written_kinds(path: Path) -> list[str]:
    return [str(name) for name in pyogrio.list_layers(path)[:, 0]]


def _by_shape(layer: gpd.GeoDataFrame, main: str) -> list[tuple[gpd.GeoDataFrame, str]]:
    """Split a layer by shape, for a GeoPackage layer holds one; the main shape keeps the name."""
    shapes = layer.geometry.geom_type.str.replace("Multi", "").replace("LinearRing", "LineString")
    suffixes = {"Point": "_points", "LineString": "_lines", "Polygon": "_areas", main: ""}
    parts = ((layer.loc[shapes == shape], suffix) for shape, suffix in suffixes.items())
    return [(part, suffix) for part, suffix in parts if len(part)]


def _tables(checkup: Checkup) -> dict[str, pd.DataFrame]:
    """Tables without geometry: what the columns mean and by which rules they were judged."""
    found = {}
    for name, table in {
        "scores": checkup.scores,
        "sensitivity": checkup.sensitivity,
        "indicators": checkup.indicators,
        "rules": checkup.rules,
        "articles": checkup.articles,
        "sources": pd.DataFrame(list(checkup.city.get("attribution", []))),
    }.items():
        texts = table.copy()
        for column in texts.columns:
            if texts[column].dtype == object:
                texts[column] = [_text(one) for one in texts[column]]
        if len(texts):
            found[name] = texts
    return found


def _text(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return " ".join(str(one) for one in value)
    return None if value is None or value is pd.NaT else str(value)


def _finish(
    path: Path,
    styles: list[tuple[str, str, str, str, bool]],
    titles: list[tuple[str, str, Text]],
) -> None:
    """Add the styles and the titles of columns, which GDAL does not write."""
    database = sqlite3.connect(path)
    try:
        with database:
            database.execute(_STYLES_TABLE)
            database.execute(_STYLES_CONTENTS)
            database.executemany(
                "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, "
                "f_geometry_column, styleName, styleQML, styleSLD, useAsDefault, description, "
                "owner) "
                "VALUES ('', '', ?, 'geom', ?, ?, '', ?, ?, 'dizuo')",
                [(table, name, qml, default, text) for table, name, qml, text, default in styles],
            )
            database.execute(_COLUMNS_TABLE)
            database.execute(_SCHEMA_EXTENSION)
            database.executemany(
                "INSERT INTO gpkg_data_columns (table_name, column_name, name, title, description) "
                "VALUES (?, ?, ?, ?, ?)",
                [
                    (table, name, f"{name} {text.zh}", text.en, text.zh)
                    for table, name, text in titles
                ],
            )
    finally:
        database.close()
