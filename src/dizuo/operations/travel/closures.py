"""Closures of streets: read from a city's table or map, and laid on its streets.

A closure names its streets (ids of sections or ways, or names), or draws them as a line or an area
in degrees of WGS 84, or both. Times without a zone are those of the city.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import CRS
from shapely.geometry.base import BaseGeometry

from dizuo.base.privacy import refuse_personal_columns
from dizuo.base.readers import VECTOR_SUFFIXES, read_vector
from dizuo.base.tables import read_table, refuse_torn_rows
from dizuo.model.errors import InputError
from dizuo.model.text import Text
from dizuo.operations.travel.settings import TravelSettings
from dizuo.resources.layers import Layers

__all__ = ["MODES", "Closure", "closed_rows", "in_window", "read_closures", "with_closures"]
__systems__ = ("L3",)

MODES: Final = ("walk", "bike", "drive")
_WGS84: Final = "EPSG:4326"
_COLUMNS: Final = ("closure", "from", "until", "modes", "reason", "source")
_KINDS: Final = frozenset({"LineString", "MultiLineString", "Polygon", "MultiPolygon"})
_LAYERS: Final = ("street_edges", "street_crossings")
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Closure:
    """Streets that some modes may not use for some time.

    Attributes
    ----------
    begin, end
        With their zone; the end is not part of it.
    modes
        Of ``walk``, ``bike``, ``drive``.
    streets
        Ids of sections (``street:w12.0``), of ways (``w12``), or names.
    shape
        Line or area in the city's metres, or None.
    source
        Who ordered it, and where that is written.
    file, row
        Where it was read, for the messages.
    """

    id: str
    begin: datetime
    end: datetime
    modes: frozenset[str]
    reason: Text
    source: str
    streets: tuple[str, ...]
    shape: BaseGeometry | None
    file: Path
    row: int

    def refuse(self, problem: Text, cure: Text, field: str) -> InputError:
        """Return the error of this closure."""
        return InputError(problem, file=self.file, row=self.row, field=field, cure=cure)


def read_closures(file: Path, zone: ZoneInfo, crs: CRS) -> tuple[Closure, ...]:
    """Read the closures of a city.

    Parameters
    ----------
    file
        A table (CSV, XLSX) or features (GeoJSON, GeoPackage) with the columns ``closure``,
        ``from``, ``until``, ``modes``, ``reason``, ``source``, and where wanted ``reason_zh``,
        ``streets`` (separated by ``;``) and, in a table, ``wkt``.
    zone
        The city's time zone.
    crs
        Its metric system.

    Raises
    ------
    InputError
        If a column is missing, or a row cannot be used; the message names it.
    """
    if file.suffix.lower() in VECTOR_SUFFIXES:
        frame = read_vector(file)
        rows = pd.DataFrame(frame.drop(columns="geometry")).astype(object)
        rows = rows.where(rows.notna(), "").assign(shape=frame.to_crs(_WGS84).geometry.to_numpy())
    else:
        rows, ragged = read_table(file)
        refuse_torn_rows(ragged, file)
        shapes = [_from_wkt(one, file) for one in rows.to_dict("records")]
        rows["shape"] = pd.Series(shapes, index=rows.index, dtype=object)
    refuse_personal_columns(rows.drop(columns="shape"), dropped=(), file=file)
    missing = [name for name in _COLUMNS if name not in rows.columns]
    if missing:
        named = ", ".join(missing)
        raise InputError(
            Text(f"there is no column {named}", f"缺少列 {named}"),
            file=file,
            field=missing[0],
            cure=Text(f"Columns are {', '.join(_COLUMNS)}.", f"须有列：{'、'.join(_COLUMNS)}。"),
        )
    to_metres = gpd.GeoSeries(rows["shape"].to_numpy(), crs=_WGS84).to_crs(crs)
    rows["shape"] = to_metres.to_numpy()
    read = tuple(_closure(one, file, zone) for one in rows.to_dict("records"))
    seen: set[str] = set()
    for one in read:
        if one.id in seen:
            raise one.refuse(
                Text(f"the closure {one.id!r} stands twice", f"管制“{one.id}”重复"),
                Text("Give each its own id.", "每条管制须有各自的编号。"),
                "closure",
            )
        seen.add(one.id)
    return read


def in_window(closures: Sequence[Closure], begin: datetime, end: datetime) -> tuple[Closure, ...]:
    """Return the closures that hold at some time of a window, in the order of their begin."""
    met = [one for one in closures if one.begin < end and begin < one.end]
    return tuple(sorted(met, key=lambda one: (one.begin, one.id)))


def closed_rows(streets: gpd.GeoDataFrame, closure: Closure, settings: TravelSettings) -> Bools:
    """Tell which rows of a layer of streets a closure closes."""
    closed = np.zeros(len(streets), dtype=bool)
    if closure.streets:
        for name in ("id", "way", "name"):
            if name in streets.columns:
                closed |= streets[name].isin(closure.streets).to_numpy(dtype=bool)
    if closure.shape is None or not len(streets):
        return closed
    lines = np.asarray(streets.geometry.array, dtype=object)
    if shapely.get_dimensions(closure.shape) == 2:
        inside = shapely.length(shapely.intersection(lines, closure.shape))
        return closed | (inside > np.minimum(settings.least_inside, shapely.length(lines) / 2))
    beside = shapely.buffer(closure.shape, settings.along, cap_style="flat")
    shared = shapely.length(shapely.intersection(lines, beside))
    drawn = shapely.length(lines)
    return closed | ((shared >= settings.share_along * drawn) & (shared > 0))


def with_closures(layers: Layers, closures: Sequence[Closure], settings: TravelSettings) -> Layers:
    """Return the layers with nobody on the closed streets whom a closure keeps off.

    Raises
    ------
    InputError
        If a closure names a street that is not there, or closes none.
    """
    frames = {name: layers[name].copy() for name in _LAYERS}
    for closure in closures:
        _require_named(frames["street_edges"], closure)
        found = 0
        for frame in frames.values():
            closed = closed_rows(frame, closure, settings)
            found += int(closed.sum())
            for mode in closure.modes:
                for way in ("forward", "backward"):
                    frame[f"{mode}_{way}"] = frame[f"{mode}_{way}"].to_numpy(bool) & ~closed
        if not found:
            raise closure.refuse(
                Text(
                    f"the closure {closure.id!r} meets no street",
                    f"管制“{closure.id}”未涉及任何街道",
                ),
                Text(
                    "Draw it in degrees, longitude first, or name streets of the base.",
                    "请按经纬度（经度在前）绘制，或写明底座中的街道。",
                ),
                "streets",
            )
    for name, frame in frames.items():
        layers = layers.with_layer(name, frame)
    return layers


def _require_named(edges: gpd.GeoDataFrame, closure: Closure) -> None:
    known = set(edges["id"]) | set(edges["way"]) | set(edges["name"].dropna())
    absent = [name for name in closure.streets if name not in known]
    if absent:
        raise closure.refuse(
            Text(f"the base has no street {absent[0]!r}", f"底座中没有街道“{absent[0]}”"),
            Text(
                "Name the id of a section or way, or a street as the map writes it.",
                "请写路段或道路编号，或地图上的街道名称。",
            ),
            "streets",
        )


def _from_wkt(row: Mapping[Any, Any], file: Path) -> BaseGeometry | None:
    text = str(row.get("wkt", "")).strip()
    if not text:
        return None
    shape = shapely.from_wkt(text, on_invalid="ignore")
    if shape is None:
        raise InputError(
            Text("the WKT cannot be read", "WKT 无法读取"),
            file=file,
            row=row["row"],
            field="wkt",
            cure=Text("Write LINESTRING (lon lat, ...) or POLYGON ((lon lat, ...)).",
                      "请写 LINESTRING (经度 纬度, ...) 或 POLYGON ((经度 纬度, ...))。"),
        )  # fmt: skip
    return shape


def _closure(row: Mapping[Any, Any], file: Path, zone: ZoneInfo) -> Closure:
    told = {name: str(row.get(name, "")).strip() for name in (*_COLUMNS, "reason_zh", "streets")}
    shape = row["shape"] if isinstance(row["shape"], BaseGeometry) else None
    shape = None if shape is None or shape.is_empty else shape
    number = int(row["row"])
    for name in ("closure", "reason", "source"):
        if not told[name]:
            raise InputError(
                Text(f"{name} is empty", f"{name} 为空"),
                file=file,
                row=number,
                field=name,
                cure=Text("Fill it in.", "请填写。"),
            )
    begin, end = (_time(told[name], zone, file, number, name) for name in ("from", "until"))
    names = [one.strip() for one in told["streets"].split(";")]
    modes = frozenset(told["modes"].replace(",", " ").split())
    made = Closure(
        told["closure"], begin, end, modes,
        Text(told["reason"], told["reason_zh"] or told["reason"]), told["source"],
        tuple(one for one in names if one), shape, file, number,
    )  # fmt: skip
    _check(made)
    return made


def _check(made: Closure) -> None:
    if made.end <= made.begin:
        raise made.refuse(
            Text("the closure ends before it begins", "管制的结束早于开始"),
            Text("Write a later time.", "请写更晚的时间。"),
            "until",
        )
    if not made.modes or made.modes - set(MODES):
        raise made.refuse(
            Text(f"{' '.join(sorted(made.modes)) or 'nothing'} is no mode",
                 f"“{' '.join(sorted(made.modes))}”不是出行方式"),
            Text("Write some of: walk bike drive.", "请写以下若干项：walk bike drive。"),
            "modes",
        )  # fmt: skip
    if made.shape is None and not made.streets:
        raise made.refuse(
            Text("nothing says which streets are closed", "未说明管制哪些街道"),
            Text("Name streets, or draw a line or an area.", "请写街道名称，或绘制线或面。"),
            "streets",
        )
    if made.shape is not None and made.shape.geom_type not in _KINDS:
        kind = made.shape.geom_type
        raise made.refuse(
            Text(f"a {kind} closes no street", f"{kind} 不能表示管制范围"),
            Text("Draw a line or an area.", "请绘制线或面。"),
            "geometry",
        )


def _time(text: str, zone: ZoneInfo, file: Path, row: int, field: str) -> datetime:
    try:
        time = datetime.fromisoformat(text)
    except ValueError as error:
        raise InputError(
            Text(f"{text!r} is no time", f"“{text}”不是时间"),
            file=file,
            row=row,
            field=field,
            cure=Text("Write it like 2026-10-01T08:00.", "请写成 2026-10-01T08:00 的形式。"),
        ) from error
    return time if time.tzinfo else time.replace(tzinfo=zone)
