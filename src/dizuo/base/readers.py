"""Files of features with geometry: GeoPackage, GeoJSON, Shapefile, FlatGeobuf, GeoParquet."""

import warnings
from pathlib import Path
from typing import Final

import geopandas as gpd
import numpy as np
import pyogrio
from pyogrio.errors import DataLayerError, DataSourceError, FeatureError, FieldError, GeometryError

from dizuo.base.text_encoding import detect_encoding
from dizuo.model.errors import InputError
from dizuo.model.text import Text

__all__ = ["VECTOR_SUFFIXES", "read_vector"]

VECTOR_SUFFIXES: Final = (".gpkg", ".geojson", ".json", ".shp", ".fgb", ".parquet", ".geoparquet")
_PARQUET: Final = (".parquet", ".geoparquet")
_DBF_HEADER_LENGTH: Final = slice(8, 10)


def read_vector(
    file: Path, *, layer: str | None = None, encoding: str = "auto"
) -> gpd.GeoDataFrame:
    """Read a file of features, in its own coordinate reference system.

    Parameters
    ----------
    file
        GeoPackage, GeoJSON, Shapefile, FlatGeobuf or GeoParquet.
    layer
        Layer of a GeoPackage; None: the only one.
    encoding
        Of a Shapefile's attributes: ``auto`` believes the ``.cpg`` file, else looks at the text.

    Returns
    -------
    GeoDataFrame
        All columns, ``row`` first: the running number of the feature, from 1.

    Raises
    ------
    InputError
        If the file cannot be read, has no geometry or no feature.
    """
    suffix = file.suffix.lower()
    if suffix not in VECTOR_SUFFIXES:
        raise InputError(
            Text(
                f"features cannot be read from {suffix or 'a file without suffix'}",
                f"无法从 {suffix or '无后缀文件'} 读取要素",
            ),
            file=file,
            cure=Text(
                f'Known are {", ".join(VECTOR_SUFFIXES)}; tables have kind = "table".',
                f'支持的格式：{"、".join(VECTOR_SUFFIXES)}；表格请设 kind = "table"。',
            ),
        )
    frame = _read_parquet(file) if suffix in _PARQUET else _read_gdal(file, layer, encoding)
    if len(frame) == 0:
        raise InputError(
            Text("the layer has no feature", "该图层没有要素"),
            file=file,
            layer=layer,
            cure=Text(
                "Fill it, or remove the source from city.toml.",
                "请补充数据，或从 city.toml 中删去该数据源。",
            ),
        )
    frame = frame.rename_geometry("geometry") if frame.geometry.name != "geometry" else frame
    frame = frame.drop(columns=[name for name in ("row",) if name in frame.columns])
    frame.insert(0, "row", np.arange(1, len(frame) + 1))
    return frame


def _read_parquet(file: Path) -> gpd.GeoDataFrame:
    try:
        return gpd.read_parquet(file)
    except (OSError, ValueError) as error:
        raise InputError(
            Text(
                f"this is no GeoParquet that can be read ({_first_line(error)})",
                f"无法作为 GeoParquet 读取（{_first_line(error)}）",
            ),
            file=file,
            cure=Text(
                "Write it again as GeoParquet, with its geometry metadata.",
                "请重新写出为 GeoParquet，并保留几何元数据。",
            ),
        ) from error


def _read_gdal(file: Path, layer: str | None, encoding: str) -> gpd.GeoDataFrame:
    try:
        chosen = _layer_name(file, layer)
        with warnings.catch_warnings():
            # A shape that cannot be (a ring that does not close) has no geometry: its row is
            # rejected and counted later, so GDAL's own warnings would only tell it twice.
            warnings.simplefilter("ignore")
            frame = pyogrio.read_dataframe(
                file, layer=chosen, encoding=_encoding(file, encoding), on_invalid="ignore"
            )
    except (
        DataSourceError,
        DataLayerError,
        FeatureError,
        FieldError,
        GeometryError,
        UnicodeDecodeError,
    ) as error:
        raise InputError(
            Text(
                f"the file cannot be read ({_first_line(error)})",
                f"无法读取文件（{_first_line(error)}）",
            ),
            file=file,
            layer=layer,
            cure=Text(
                "It may be cut off or damaged: fetch or write it again.",
                "文件可能不完整或已损坏，请重新下载或重新写出。",
            ),
        ) from error
    if not isinstance(frame, gpd.GeoDataFrame):
        raise InputError(
            Text("the layer has no geometry", "该图层没有几何"),
            file=file,
            layer=layer,
            cure=Text('Use kind = "table".', '请设 kind = "table"。'),
        )
    return frame


def _layer_name(file: Path, layer: str | None) -> str | None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        names = [str(name) for name in pyogrio.list_layers(file)[:, 0]]
    if layer is None and len(names) == 1:
        return None
    if layer in names:
        return layer
    problem = (
        Text("the file has several layers", "文件含有多个图层")
        if layer is None
        else Text(f"there is no layer {layer!r}", f"没有图层“{layer}”")
    )
    raise InputError(
        problem,
        file=file,
        field="table",
        cure=Text(
            f"Say which one with table = one of: {', '.join(names) or '(none)'}.",
            f"请用 table = 指定以下之一：{'、'.join(names) or '（无）'}。",
        ),
    )


def _encoding(file: Path, encoding: str) -> str | None:
    """Return the encoding to read with, or None to let the file's own statement rule."""
    if encoding != "auto":
        return encoding
    attributes = file.with_suffix(".dbf")
    stated = any(file.with_suffix(suffix).exists() for suffix in (".cpg", ".CPG"))
    if file.suffix.lower() != ".shp" or stated or not attributes.exists():
        return None
    content = attributes.read_bytes()
    header = int.from_bytes(content[_DBF_HEADER_LENGTH], "little")
    return detect_encoding(content[header:], attributes)


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")
