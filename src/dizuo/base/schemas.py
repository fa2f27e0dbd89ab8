"""The columns of every layer, as data, and the check that a table is that layer.

All geometries stand in the city's metric system. Text that is not known is ``""``; numbers that are
not known are NaN. ``<column>_evidence`` says how well ``<column>`` is known.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import pandera.pandas as pa
from pandera.engines.geopandas_engine import Geometry
from pyproj import CRS

from dizuo.base.layer_words import (
    BUILDING_USES,
    EVALUATED,
    PLACE_KINDS,
    PLACE_NAME_KINDS,
    STAFF_DUTIES,
    STOP_MODES,
)
from dizuo.model.errors import SchemaError
from dizuo.model.evidence import Evidence
from dizuo.model.text import Text

__all__ = ["BUILDING_USES", "LAYERS", "LayerSchema", "check_layer", "empty_layer"]
__systems__ = ("S22.2",)  # what must hold of the data

Kind = Literal["text", "number", "whole", "truth", "evidence"]
_POINT: Final = ("Point",)
_LINE: Final = ("LineString",)
_AREA: Final = ("Polygon", "MultiPolygon")
_ANY: Final = (*_POINT, "LineString", "MultiLineString", "MultiPoint", *_AREA)


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its kind, the smallest and largest value, or the words it may hold."""

    kind: Kind
    least: float | None = None
    most: float | None = None
    words: tuple[str, ...] = ()
    unknown: bool = True
    """Whether a number may be NaN or a text empty."""


@dataclass(frozen=True, slots=True)
class LayerSchema:
    """The columns of one layer and the geometries it may hold (none: a plain table)."""

    columns: Mapping[str, Column]
    geometries: tuple[str, ...]
    one_row: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """Column names in order, ``geometry`` last."""
        return (*self.columns, *(("geometry",) if self.geometries else ()))


_TEXT: Final = Column("text")
_NAMED: Final = Column("text", unknown=False)
_TRUTH: Final = Column("truth")
_EVIDENCE: Final = Column("evidence", words=tuple(Evidence), unknown=False)
_DIRECTIONS: Final[dict[str, Any]] = {
    f"{mode}_{way}": _TRUTH for mode in ("walk", "bike", "drive") for way in ("forward", "backward")
}
_AMOUNT: Final = Column("number", least=0)
_KNOWN: Final = Column("number", least=0, unknown=False)


def _layer(geometries: tuple[str, ...], *, one_row: bool = False, **columns: Column) -> LayerSchema:
    return LayerSchema(
        columns={"id": _NAMED, "source": _NAMED, **columns}, geometries=geometries, one_row=one_row
    )


def _table(**columns: Column) -> LayerSchema:
    """Return the schema of a plain table whose rows have no id of their own."""
    return LayerSchema(columns={"source": _NAMED, **columns}, geometries=())


LAYERS: Final[Mapping[str, LayerSchema]] = {
    "boundary": _layer(_AREA, one_row=True, name=_TEXT),
    "extent": _layer(_AREA, one_row=True, name=_TEXT),
    "divisions": _layer(
        _AREA,
        kind=Column("text", words=("district", "community"), unknown=False),
        name=_TEXT,
        name_zh=_TEXT,
    ),
    "buildings": _layer(
        _AREA,
        name=_TEXT,
        use=Column("text", words=BUILDING_USES, unknown=False),
        use_evidence=_EVIDENCE,
        levels=Column("number", least=0, most=200),
        levels_evidence=_EVIDENCE,
        height=Column("number", least=0, most=1000),
        height_evidence=_EVIDENCE,
        footprint_area=_AMOUNT,
        floor_area=_AMOUNT,
        floor_area_evidence=_EVIDENCE,
        dwellings=_AMOUNT,
        dwellings_evidence=_EVIDENCE,
        residents=_AMOUNT,
        residents_evidence=_EVIDENCE,
        start_year=Column("number", least=-4000, most=2100),
        heritage=_TRUTH,
    ),
    "facilities": _layer(
        _ANY,
        feature=_NAMED,
        category=_NAMED,
        name=_TEXT,
        floor_area=_AMOUNT,
        floor_area_evidence=_EVIDENCE,
        land_area=_AMOUNT,
        capacity=_AMOUNT,
        evidence=_EVIDENCE,
    ),
    "green": _layer(
        _ANY,
        kind=_NAMED,
        name=_TEXT,
        access=Column("text", words=("public", "private", "unknown"), unknown=False),
        area=_AMOUNT,
    ),
    "water": _layer(_ANY, kind=_NAMED, name=_TEXT),
    "land_use": _layer(_AREA, use=_NAMED, use_evidence=_EVIDENCE),
    "heritage": _layer(_ANY, kind=_NAMED, level=_TEXT, name=_TEXT),
    "stops": _layer(
        _POINT,
        name=_TEXT,
        mode=Column("text", words=STOP_MODES, unknown=False),
        departures_per_weekday=_AMOUNT,
    ),
    "trees": _layer(_POINT),
    "street_nodes": _layer(
        _POINT,
        node=Column("whole", least=0),
        x=Column("number", unknown=False),
        y=Column("number", unknown=False),
        elevation=Column("number"),
        walk_through=_TRUTH,
        bike_through=_TRUTH,
        drive_through=_TRUTH,
    ),
    "street_edges": _layer(
        _LINE,
        way=_NAMED,
        start=Column("whole", least=0),
        end=Column("whole", least=0),
        length_mm=Column("whole", least=1),
        highway=_NAMED,
        name=_TEXT,
        surface=_TEXT,
        lit=_TEXT,
        maxspeed_kmh=_AMOUNT,
        width=_AMOUNT,
        lanes=_AMOUNT,
        incline=_TEXT,
        grade=Column("number"),
        grade_evidence=_EVIDENCE,
        sidewalk=_TEXT,
        cycleway=_TEXT,
        service=_TEXT,
        layer=Column("whole"),
        stairs=_TRUTH,
        bridge=_TRUTH,
        tunnel=_TRUTH,
        **_DIRECTIONS,
    ),
    "street_crossings": _layer(
        _LINE,
        way=_NAMED,
        start=Column("whole", least=0),
        end=Column("whole", least=0),
        length_mm=Column("whole", least=1),
        **_DIRECTIONS,
    ),
    "addresses": _layer(
        (*_POINT, *_AREA),
        feature=_TEXT,
        street=_TEXT,
        number=_NAMED,
        place=_TEXT,
        postcode=_TEXT,
        city=_TEXT,
        name=_TEXT,
    ),
    "place_names": _layer(
        _ANY,
        feature=_TEXT,
        kind=Column("text", words=PLACE_NAME_KINDS, unknown=False),
        name=_TEXT,
        name_zh=_TEXT,
        other_names=_TEXT,
    ),
    "places": _layer(
        _AREA,
        kind=Column("text", words=PLACE_KINDS, unknown=False),
        name=_TEXT,
        name_zh=_TEXT,
        area=_AMOUNT,
    ),
    "user_values": _layer(
        (),
        indicator=_NAMED,
        checkup_row=_NAMED,
        place_kind=Column("text", words=PLACE_KINDS, unknown=False),
        place=_NAMED,
        numerator=Column("number"),
        denominator=_AMOUNT,
        surveyed=_AMOUNT,
        value=Column("number", unknown=False),
        unit=_TEXT,
        date=_NAMED,
        reference=_TEXT,
        evidence=_EVIDENCE,
        note=_TEXT,
    ),
    "staff": _layer(
        (),
        duty=Column("text", words=STAFF_DUTIES, unknown=False),
        place_kind=Column("text", words=("district", "city"), unknown=False),
        place=_NAMED,
        staff=Column("number", least=0, unknown=False),
        date=_NAMED,
        evidence=_EVIDENCE,
    ),
    "evaluation": _layer(
        (),
        kind=Column("text", words=EVALUATED, unknown=False),
        key=_NAMED,
        case_type=_NAMED,
        indicator=_NAMED,
        value=Column("number"),
        value_evidence=_EVIDENCE,
        low=Column("number"),
        high=Column("number"),
        unit_of_value=_NAMED,
        numerator=_AMOUNT,
        denominator=_AMOUNT,
        excluded=_AMOUNT,
        hidden=_TEXT,
        period_begin=_NAMED,
        period_end=_NAMED,
    ),
    "timetable_routes": _table(
        route=_NAMED,
        mode=Column("text", words=STOP_MODES, unknown=False),
        short_name=_TEXT,
        long_name=_TEXT,
    ),
    "timetable_trips": _table(
        trip=_NAMED, route=_NAMED, service=_NAMED, direction=_TEXT, shape=_TEXT
    ),
    "timetable_shapes": _layer(_LINE),
    "timetable_stop_times": _table(
        trip=_NAMED,
        stop=_NAMED,
        sequence=Column("whole", least=0),
        arrival=_AMOUNT,
        departure=_AMOUNT,
        boards=_TRUTH,
        alights=_TRUTH,
    ),
    "timetable_services": _table(service=_NAMED, date=_NAMED),
    "timetable_frequencies": _table(
        trip=_NAMED, start=_KNOWN, end=_KNOWN, headway=Column("number", least=1, unknown=False)
    ),
    "rejects": LayerSchema(
        columns=dict.fromkeys(
            ("source", "layer", "row", "id", "field", "reason", "cure", "geometry_wkt"), _TEXT
        ),
        geometries=(),
    ),
}

_DTYPES: Final[Mapping[Kind, str]] = {
    "text": "str",
    "evidence": "str",
    "number": "float64",
    "whole": "int32",
    "truth": "bool",
}


def empty_layer(layer: str, crs: CRS) -> pd.DataFrame:
    """Return a layer without rows, with every column in its type."""
    schema = LAYERS[layer]
    frame = pd.DataFrame(
        {name: pd.Series(dtype=_DTYPES[column.kind]) for name, column in schema.columns.items()}
    )
    if not schema.geometries:
        return frame
    layered: pd.DataFrame = gpd.GeoDataFrame(frame, geometry=gpd.GeoSeries([], crs=crs), crs=crs)
    return layered


def check_layer(layer: str, frame: pd.DataFrame, crs: CRS) -> pd.DataFrame:
    """Return a table with exactly the columns, order and types of a layer.

    Columns that are absent and may be unknown are added as unknown; nothing else is made up.

    Parameters
    ----------
    layer
        Name of the layer.
    frame
        Table to check; a GeoDataFrame where the layer has geometry.
    crs
        The city's metric system, which the geometry must already stand in.

    Raises
    ------
    SchemaError
        Names the layer, the first row at fault, the field and what is wrong there.
    """
    schema = LAYERS[layer]
    for name in frame.columns:
        if name not in schema.names:
            raise SchemaError(
                Text("this column does not belong to the layer", "该列不属于此图层"),
                layer=layer,
                field=str(name),
                cure=Text(
                    f"Leave it out, or map it to one of: {', '.join(schema.names)}.",
                    f"请删去该列，或将其对应到以下字段之一：{'、'.join(schema.names)}。",
                ),
            )
    typed = pd.DataFrame(
        {name: _typed(layer, name, column, frame) for name, column in schema.columns.items()}
    ).reset_index(drop=True)
    if schema.geometries:
        typed = gpd.GeoDataFrame(typed, geometry=_geometry(layer, frame, crs), crs=crs)
    if schema.one_row and len(typed) != 1:
        raise SchemaError(
            Text(
                f"the layer must have one row, not {len(typed)}",
                f"该图层应只有一行，现有 {len(typed)} 行",
            ),
            layer=layer,
        )
    if len(typed) == 0:
        return typed
    try:
        _pandera_schema(layer).validate(typed, lazy=True)
    except pa.errors.SchemaErrors as error:
        raise _schema_error(layer, typed, error) from error
    return typed


def _typed(layer: str, name: str, column: Column, frame: pd.DataFrame) -> pd.Series:
    if name not in frame.columns:
        return _unknown(layer, name, column, frame)
    values = frame[name]
    try:
        match column.kind:
            case "text" | "evidence":
                return values.astype(object).where(values.notna(), "").astype("str")
            case "number":
                return pd.to_numeric(values).astype("float64")
            case "whole":
                whole = pd.to_numeric(values)
                if not np.array_equal(whole, whole.astype("int32")):
                    raise SchemaError(
                        Text("numbers here must be whole", "此处应为整数"), layer=layer, field=name
                    )
                return whole.astype("int32")
            case "truth":
                return values.astype("bool")
    except (TypeError, ValueError, OverflowError) as error:
        raise SchemaError(
            Text(
                f"a value is not a {column.kind}: {error}",
                f"有的值不是 {column.kind} 类型：{error}",
            ),
            layer=layer,
            field=name,
        ) from error


def _unknown(layer: str, name: str, column: Column, frame: pd.DataFrame) -> pd.Series:
    if not column.unknown or column.kind == "whole":
        raise SchemaError(
            Text("this column is missing", "缺少该列"),
            layer=layer,
            field=name,
            cure=Text("Map a column to it.", "请为其指定对应的列。"),
        )
    filler: Any = {"text": "", "number": np.nan, "truth": False}[column.kind]
    return pd.Series(filler, index=frame.index, dtype=_DTYPES[column.kind])


def _geometry(layer: str, frame: pd.DataFrame, crs: CRS) -> gpd.GeoSeries:
    if not isinstance(frame, gpd.GeoDataFrame) or frame.active_geometry_name is None:
        raise SchemaError(
            Text("the layer has no geometry", "该图层没有几何"), layer=layer, field="geometry"
        )
    series = frame.geometry.reset_index(drop=True)
    if len(series) and (series.crs is None or not crs.equals(series.crs)):
        raise SchemaError(
            Text(
                f"the geometry stands in {series.crs}, not in {crs.to_string()}",
                f"几何的坐标系为 {series.crs}，应为 {crs.to_string()}",
            ),
            layer=layer,
            field="geometry",
            cure=Text("Transform it first.", "请先作坐标转换。"),
        )
    return series.set_crs(crs, allow_override=True)


_AT_LEAST: Final = Text("must be at least ", "不得小于 ")
_AT_MOST: Final = Text("must be at most ", "不得大于 ")
_ONE_OF: Final = Text("must be one of ", "应为以下之一：")
_FINITE: Final = Text("must be finite", "应为有限数")
_NOT_EMPTY: Final = Text("must not be empty", "不得为空")
_MUST_BE: Final = Text("must be ", "应为 ")


@cache
def _pandera_schema(layer: str) -> pa.DataFrameSchema:
    schema = LAYERS[layer]
    columns = {
        name: pa.Column(
            _DTYPES[column.kind],
            checks=list(_checks(column)),
            nullable=column.kind == "number" and column.unknown,
            unique=name == "id" and layer != "rejects",
        )
        for name, column in schema.columns.items()
    }
    if schema.geometries:
        allowed = list(schema.geometries)
        columns["geometry"] = pa.Column(
            Geometry,
            checks=[
                pa.Check(
                    lambda geometry: geometry.geom_type.isin(allowed),
                    error=f"{_MUST_BE.en}{' or '.join(allowed)}",
                ),
                pa.Check(lambda geometry: ~geometry.is_empty, error=_NOT_EMPTY.en),
            ],
        )
    return pa.DataFrameSchema(columns, strict=True, ordered=True)


def _checks(column: Column) -> Iterator[pa.Check]:
    if column.least is not None:
        yield pa.Check.ge(column.least, error=f"{_AT_LEAST.en}{column.least:g}")
    if column.most is not None:
        yield pa.Check.le(column.most, error=f"{_AT_MOST.en}{column.most:g}")
    if column.words:
        yield pa.Check.isin(column.words, error=f"{_ONE_OF.en}{', '.join(column.words)}")
    elif column.kind == "text" and not column.unknown:
        yield pa.Check.ne("", error=_NOT_EMPTY.en)
    if column.kind == "number":
        yield pa.Check(lambda values: ~np.isinf(values), error=_FINITE.en)


def _in_both(check: str) -> Text:
    """Return in both languages what pandera, which holds one text, says of a failed check."""
    if "uniq" in check:
        return Text("ids must be unique", "编号必须唯一")
    for phrase in (_AT_LEAST, _AT_MOST, _ONE_OF, _FINITE, _NOT_EMPTY, _MUST_BE):
        if check.startswith(phrase.en):
            return Text(check, phrase.zh + check.removeprefix(phrase.en))
    return Text(check, check)


def _schema_error(layer: str, frame: pd.DataFrame, error: pa.errors.SchemaErrors) -> SchemaError:
    cases = error.failure_cases
    first = cases.iloc[0]
    index = None if pd.isna(first["index"]) else int(first["index"])
    row = frame["id"].iloc[index] if index is not None and "id" in frame else index
    number = len(cases)
    more = Text(f" ({number} such faults in the layer)", f"（该图层共有 {number} 处此类问题）")
    check = _in_both(str(first["check"]))
    return SchemaError(
        Text(
            f"{first['failure_case']!r}: {check.en}{more.en if number > 1 else ''}",
            f"{first['failure_case']!r}：{check.zh}{more.zh if number > 1 else ''}",
        ),
        layer=layer,
        row=row,
        field=str(first["column"]),
        cure=Text(
            "Correct the row in its source, or leave it out.", "请在数据源中更正该行，或删去该行。"
        ),
    )
