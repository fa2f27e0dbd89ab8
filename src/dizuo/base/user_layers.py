"""Rows that a user gives for a layer, brought into the layer's columns."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import CRS
from shapely.geometry.base import BaseGeometry

from dizuo.base.config import SourceSettings
from dizuo.base.config_table import nearest
from dizuo.base.coordinates import place_features, table_geometry
from dizuo.base.mending import drop_duplicates, mend_geometry
from dizuo.base.privacy import refuse_personal_columns
from dizuo.base.readers import read_vector
from dizuo.base.rejects import join_rejects, rejected_rows
from dizuo.base.schemas import LAYERS, Column, LayerSchema
from dizuo.base.tables import read_table
from dizuo.model.errors import InputError
from dizuo.model.evidence import Evidence
from dizuo.model.text import Text
from dizuo.standards.catalogue import load_facility_catalogue

__all__ = ["UserRows", "read_user_rows"]
__systems__ = ("S5.1", "S22.2")  # a city's own registers

ID_PREFIX: Final[Mapping[str, str]] = {
    "addresses": "address",
    "buildings": "building",
    "facilities": "facility",
    "place_names": "name",
    "stops": "stop",
    "trees": "tree",
}
_POPULATION_POINTS: Final = LayerSchema(
    columns={
        "id": Column("text", unknown=False),
        "source": Column("text", unknown=False),
        "residents": Column("number", least=0, unknown=False),
    },
    geometries=("Point", "Polygon", "MultiPolygon"),
)
_YES: Final = frozenset({"1", "true", "yes", "y", "t", "是", "有"})
_NO: Final = frozenset({"0", "false", "no", "n", "f", "否", "无", ""})
_MAY_BE_EMPTY: Final = frozenset({"id", "use", "access"})
"""Something stands in for them: a content hash, or ``unknown``."""
_DERIVED: Final = frozenset({"source", "evidence", "feature"})


@dataclass(frozen=True, eq=False)
class UserRows:
    """Rows of one source in the columns of their layer, and what happened to the others.

    ``mended`` counts mended geometries by fault; ``area_change`` is what mending changed, m².
    """

    frame: gpd.GeoDataFrame
    rejects: pd.DataFrame
    mended: Mapping[str, int] = field(default_factory=dict)
    area_change: float = 0.0


def read_user_rows(source: SourceSettings, crs: CRS, outline: BaseGeometry) -> UserRows:
    """Read a ``vector`` or ``table`` source into the columns of its layer.

    Parameters
    ----------
    source
        The source, with its layer.
    crs
        The city's metric system.
    outline
        The city's outline in it: rows that lie nowhere near it are rejected.

    Returns
    -------
    UserRows
        ``id`` has the layer's prefix and the source's id; every ``<column>_evidence`` is the
        source's evidence where the column has a value, else ``missing``.

    Raises
    ------
    InputError
        If the file cannot be read, identifies persons, or its columns cannot be mapped.
    """
    layer = str(source.layer)
    schema = _POPULATION_POINTS if layer == "population_points" else LAYERS[layer]
    raw, rejects = _read(source)
    placed, misplaced = place_features(raw, source, crs, outline)
    columns, unreadable = _columns(placed, source, schema)
    frame = gpd.GeoDataFrame(columns, geometry=placed.geometry.loc[columns.index], crs=crs)
    mended = mend_geometry(frame, schema.geometries)
    named = _with_ids(mended.frame, layer, source)
    telling = ("category", "kind", "street", "number")
    same = [name for name in telling if name in named.columns]
    unique, duplicates = drop_duplicates(named, same=same)
    return UserRows(
        frame=_derived(unique, schema, source).reset_index(drop=True),
        rejects=join_rejects(
            [rejects, misplaced, unreadable, mended.rejects, duplicates],
            source=source.id,
            layer=layer,
        ),
        mended=mended.faults,
        area_change=mended.area_change,
    )


def _read(source: SourceSettings) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    if source.kind == "vector":
        vector = read_vector(source.file, layer=source.table, encoding=source.encoding)
        kept = refuse_personal_columns(
            vector.drop(columns="geometry"), dropped=source.drop, file=source.file
        )
        return gpd.GeoDataFrame(kept, geometry=vector.geometry), join_rejects([])
    table, ragged = read_table(source.file, encoding=source.encoding, sheet=source.table)
    kept = refuse_personal_columns(table, dropped=source.drop, file=source.file)
    frame, unplaced = table_geometry(kept, source)
    return frame, join_rejects([ragged, unplaced])


def _columns(
    frame: gpd.GeoDataFrame, source: SourceSettings, schema: LayerSchema
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the layer's columns that the source tells, and the rows that cannot be read."""
    fillable = {
        name: column
        for name, column in schema.columns.items()
        if name not in _DERIVED and not name.endswith("_evidence")
    }
    _check_mapping(frame, source, fillable)
    told = pd.DataFrame({"row": frame["row"]}, index=frame.index)
    tables: list[pd.DataFrame] = []
    for name, column in fillable.items():
        values = _told(frame, source, name)
        if values is None:
            _require(name, column, source)
            continue
        told[name], problem = _parsed(values, name, column)
        tables.append(
            rejected_rows(
                frame.assign(id=told.get("id", "")),
                problem.ne("").to_numpy(),
                reason=problem,
                field=source.columns.get(name, name),
                cure="Correct the value; leave the cell empty if it is not known.",
            )
        )
        told = told[problem.loc[told.index].eq("").to_numpy()]
        frame = frame.loc[told.index]
    return told, join_rejects(tables)


def _check_mapping(
    frame: gpd.GeoDataFrame, source: SourceSettings, fillable: Mapping[str, Column]
) -> None:
    positions = {"x", "y", "wkt"} if source.kind == "table" else set()
    for target in (*source.columns, *source.constants):
        if target not in fillable and target not in positions:
            raise InputError(
                Text(
                    f"the layer {source.layer} has no column {target!r}",
                    f"图层 {source.layer} 没有字段“{target}”",
                ),
                file=source.file,
                field=f"{source.id}.columns.{target}",
                cure=nearest(target, fillable),
            )
    for target, name in source.columns.items():
        if name not in frame.columns:
            known = [str(column) for column in frame.columns if column not in {"row", "geometry"}]
            raise InputError(
                Text(f"there is no column {name!r}", f"没有“{name}”列"),
                file=source.file,
                field=f"{source.id}.columns.{target}",
                cure=nearest(name, known),
            )


def _told(frame: gpd.GeoDataFrame, source: SourceSettings, name: str) -> pd.Series | None:
    if name in source.columns:
        return pd.Series(frame[source.columns[name]])
    if name in source.constants:
        return pd.Series(source.constants[name], index=frame.index)
    if name in frame.columns:
        return pd.Series(frame[name])
    return None


def _require(name: str, column: Column, source: SourceSettings) -> None:
    """Refuse a source that does not tell what nothing can stand in for."""
    if column.unknown or name in _MAY_BE_EMPTY:
        return
    raise InputError(
        Text(
            f"nothing tells the column {name!r} of the layer {source.layer}",
            f"图层 {source.layer} 的字段“{name}”没有数据来源",
        ),
        file=source.file,
        field=f"{source.id}.columns.{name}",
        cure=Text(
            f"Map a column to it, or give one value under [sources.constants] {name} = ...",
            f"请为其指定对应的列，或在 [sources.constants] 中给出统一的值：{name} = ...",
        ),
    )


def _parsed(values: pd.Series, name: str, column: Column) -> tuple[pd.Series, pd.Series]:
    """Return the values in the column's type, and what is wrong with each (``""``: nothing)."""
    texts = values.astype(object).where(values.notna(), "").map(lambda value: str(value).strip())
    no_problem = pd.Series("", index=values.index, dtype="str")
    if column.kind == "number":
        numbers = pd.to_numeric(texts.where(texts != ""), errors="coerce").astype("float64")
        wrong = (texts != "") & ~np.isfinite(numbers)
        if column.unknown is False:
            wrong |= texts == ""
        if column.least is not None:
            wrong |= numbers < column.least
        if column.most is not None:
            wrong |= numbers > column.most
        return numbers, no_problem.mask(wrong, "the value " + texts + " is no possible number")
    if column.kind == "truth":
        words = texts.str.lower()
        wrong = ~words.isin(_YES | _NO)
        return words.isin(_YES), no_problem.mask(wrong, texts + " is neither yes nor no")
    words_allowed = _allowed_words(name, column)
    may_be_empty = column.unknown or name in _MAY_BE_EMPTY
    wrong = (texts == "") & (not may_be_empty)
    if words_allowed:
        wrong |= (texts != "") & ~texts.isin(words_allowed)
    return texts.astype("str"), no_problem.mask(
        wrong, "the word " + texts.map(repr) + f" is not possible as {name}"
    )


def _allowed_words(name: str, column: Column) -> tuple[str, ...]:
    if name == "category":
        return tuple(load_facility_catalogue())
    return column.words


def _with_ids(frame: gpd.GeoDataFrame, layer: str, source: SourceSettings) -> gpd.GeoDataFrame:
    """Give every row an id that stays between builds: the user's, else made from its content."""
    prefix = ID_PREFIX.get(layer, layer)
    own = frame["id"] if "id" in frame.columns else pd.Series("", index=frame.index)
    shapes = shapely.to_wkb(shapely.normalize(frame.geometry.to_numpy()))
    hashes = [hashlib.blake2b(shape, digest_size=6).hexdigest() for shape in shapes]
    content: pd.Series = pd.Series(hashes, index=frame.index, dtype="str")
    for name in ("category", "kind", "street", "number"):
        if name in frame.columns:
            content = frame[name].astype("str") + "-" + content
    local = own.where(own != "", "~" + content)
    return frame.assign(id=f"{prefix}:{source.id}." + local)


def _derived(
    frame: gpd.GeoDataFrame, schema: LayerSchema, source: SourceSettings
) -> gpd.GeoDataFrame:
    """Add the source, the evidence of each column, and what follows from the geometry."""
    frame = frame.assign(source=source.id).drop(columns="row")
    area = frame.geometry.area.where(frame.geometry.area > 0)
    for name in ("area", "land_area", "footprint_area"):
        if name in schema.columns:
            told: Any = frame[name] if name in frame.columns else np.nan
            frame[name] = pd.Series(told, index=frame.index, dtype="float64").fillna(area)
    if "feature" in schema.columns:
        frame["feature"] = frame["id"].str.removeprefix("facility:")
    if "access" in schema.columns:
        frame["access"] = _filled(frame, "access", "unknown")
    if "use" in schema.columns:
        frame["use"] = _filled(frame, "use", "unknown")
    for name in schema.columns:
        if name == "evidence":
            frame[name] = str(source.evidence)
        elif name.endswith("_evidence"):
            told_rows = _is_told(frame, name.removesuffix("_evidence"))
            frame[name] = np.where(told_rows, str(source.evidence), str(Evidence.MISSING))
    return frame


def _filled(frame: pd.DataFrame, name: str, default: str) -> pd.Series:
    if name not in frame.columns:
        return pd.Series(default, index=frame.index, dtype="str")
    return frame[name].mask(frame[name] == "", default)


def _is_told(frame: pd.DataFrame, name: str) -> NDArray[np.bool_]:
    if name not in frame.columns:
        return np.zeros(len(frame), dtype=bool)
    values = frame[name]
    return (values.notna() & ~values.isin(["", "unknown"])).to_numpy(dtype=bool)
