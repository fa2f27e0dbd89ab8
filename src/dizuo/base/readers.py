"""Files of features with geometry: GeoPackage, GeoJSON, Shapefile, FlatGeobuf, GeoParquet."""

from pathlib import Path
from typing import Final

import geopandas as gpd
import numpy as np
import pyogrio
from pyogrio.errors import DataLayerError, DataSourceError, FeatureError, FieldError, GeometryError

from dizuo.base.text_encoding import detect_encoding
from dizuo.model.errors import InputError

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
            f"features cannot be read from {suffix or 'a file without suffix'}",
            file=file,
            cure=f'Known are {", ".join(VECTOR_SUFFIXES)}; tables have kind = "table".',
        )
    frame = _read_parquet(file) if suffix in _PARQUET else _read_gdal(file, layer, encoding)
    if len(frame) == 0:
        raise InputError(
            "the layer has no feature",
            file=file,
            layer=layer,
            cure="Fill it, or remove the source from city.toml.",
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
            f"this is no GeoParquet that can be read ({_first_line(error)})",
            file=file,
            cure="Write it again as GeoParquet, with its geometry metadata.",
        ) from error


def _read_gdal(file: Path, layer: str | None, encoding: str) -> gpd.GeoDataFrame:
    try:
        chosen = _layer_name(file, layer)
        frame = pyogrio.read_dataframe(file, layer=chosen, encoding=_encoding(file, encoding))
    except (
        DataSourceError,
        DataLayerError,
        FeatureError,
        FieldError,
        GeometryError,
        UnicodeDecodeError,
    ) as error:
        raise InputError(
            f"the file cannot be read ({_first_line(error)})",
            file=file,
            layer=layer,
            cure="It may be cut off or damaged: fetch or write it again.",
        ) from error
    if not isinstance(frame, gpd.GeoDataFrame):
        raise InputError(
            "the layer has no geometry", file=file, layer=layer, cure='Use kind = "table".'
        )
    return frame


def _layer_name(file: Path, layer: str | None) -> str | None:
    names = [str(name) for name in pyogrio.list_layers(file)[:, 0]]
    if layer is None and len(names) == 1:
        return None
    if layer in names:
        return layer
    problem = "the file has several layers" if layer is None else f"there is no layer {layer!r}"
    raise InputError(
        problem,
        file=file,
        field="table",
        cure=f"Say which one with table = one of: {', '.join(names) or '(none)'}.",
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
