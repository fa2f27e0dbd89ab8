"""Geometry of table rows: from x and y or from WKT, refused where it cannot be where it says."""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import CRS
from shapely.geometry.base import BaseGeometry

from dizuo.base.config import SourceSettings
from dizuo.base.crs import SHIFTED_SYSTEMS, named_crs, to_metric
from dizuo.base.rejects import join_rejects, rejected_rows
from dizuo.model.errors import InputError
from dizuo.model.text import Text

__all__ = ["NEARBY", "place_features", "table_geometry"]

NEARBY = 10_000.0
"""Rows farther than this (m) from the city's outline can serve nobody in it."""

_CURE_ORDER = Text(
    "x is the longitude (or easting), y the latitude (or northing): swap the columns.",
    "x 为经度（或东坐标），y 为纬度（或北坐标）：请对调两列。",
)


def table_geometry(
    frame: pd.DataFrame, source: SourceSettings
) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """Give table rows their geometry, in the coordinates that the table uses.

    Parameters
    ----------
    frame
        Text columns, with ``row``.
    source
        Names the columns ``x`` and ``y``, or ``wkt``.

    Returns
    -------
    tuple
        The rows with geometry and no system yet, and the rejects.

    Raises
    ------
    InputError
        If the columns are not named or not there.
    """
    names = {target: source.columns.get(target, target) for target in ("x", "y", "wkt")}
    if names["wkt"] in frame.columns:
        return _from_wkt(frame, names["wkt"])
    for target in ("x", "y"):
        if names[target] not in frame.columns:
            raise InputError(
                Text(f"there is no column {names[target]!r}", f"没有“{names[target]}”列"),
                file=source.file,
                field=f"columns.{target}",
                cure=Text(
                    f"Map x and y, or wkt, to one of: {', '.join(map(str, frame.columns[1:]))}.",
                    "请将 x 和 y 或 wkt 对应到以下列之一："
                    f"{'、'.join(map(str, frame.columns[1:]))}。",
                ),
            )
    x, y = (pd.to_numeric(frame[names[axis]], errors="coerce") for axis in ("x", "y"))
    bad = ~(np.isfinite(x) & np.isfinite(y)).to_numpy()
    rejects = rejected_rows(
        frame,
        bad,
        reason="the coordinates are empty or no numbers",
        field=f"{names['x']}, {names['y']}",
        cure="Fill in both coordinates, with a point as decimal sign.",
    )
    points = gpd.GeoDataFrame(frame[~bad], geometry=shapely.points(x[~bad], y[~bad]))
    return points, rejects


def _from_wkt(frame: pd.DataFrame, column: str) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    shapes = shapely.from_wkt(frame[column].to_numpy(dtype=object), on_invalid="ignore")
    bad = shapely.is_missing(shapes)
    rejects = rejected_rows(
        frame,
        bad,
        reason="the WKT cannot be read",
        field=column,
        cure="Write it as POINT (x y) or POLYGON ((x y, ...)).",
    )
    return gpd.GeoDataFrame(frame[~bad], geometry=shapes[~bad]), rejects


def place_features(
    frame: gpd.GeoDataFrame, source: SourceSettings, crs: CRS, outline: BaseGeometry
) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """Bring rows into the city's system, and reject those that lie nowhere near the city.

    Parameters
    ----------
    frame
        Rows as read, with ``row``.
    source
        Its ``crs`` names the system, else the file must.
    crs
        The city's metric system.
    outline
        The city's outline in it.

    Raises
    ------
    InputError
        If no system is known, or no row lies near the city: then the system or the order of the
        coordinates is wrong, and the message says which.
    """
    _check_system(frame, source, crs)
    absent = (frame.geometry.isna() | frame.geometry.is_empty).to_numpy()
    tables = [
        rejected_rows(
            frame, absent, reason="there is no geometry", field="geometry", cure="Draw the feature."
        )
    ]
    frame = frame[~absent]
    if _is_geographic(frame, source):
        beyond = _out_of_range(frame)
        if len(frame) and beyond.all():
            raise _nowhere_near(frame, source, crs, outline)
        tables.append(
            rejected_rows(
                frame,
                beyond,
                reason="longitude or latitude is out of range",
                field="geometry",
                cure=f"Correct the coordinates. {_CURE_ORDER.en}",
            )
        )
        frame = frame[~beyond]
    metric = to_metric(frame.geometry, source.crs, crs)
    far = ~shapely.dwithin(metric.to_numpy(), outline, NEARBY)
    if len(frame) and far.all():
        raise _nowhere_near(frame, source, crs, outline)
    moved = frame.set_geometry(metric)
    tables.append(
        rejected_rows(
            moved,
            far,
            reason=f"it lies more than {NEARBY / 1000:g} km from the city",
            field="geometry",
            cure="Correct the coordinates, or leave the row out.",
        )
    )
    return moved[~far], join_rejects(tables)


def _check_system(frame: gpd.GeoDataFrame, source: SourceSettings, crs: CRS) -> None:
    """Refuse a source whose system is unknown or contradicts its file, before any row is read."""
    try:
        to_metric(frame.geometry.iloc[:0], source.crs, crs)
    except InputError as error:
        raise InputError(
            error.problem_text,
            file=source.file,
            field=f"{source.id}.crs",
            cure=error.cure_text,
        ) from error


def _is_geographic(frame: gpd.GeoDataFrame, source: SourceSettings) -> bool:
    if source.crs is None:
        return frame.crs is not None and bool(frame.crs.is_geographic)
    return source.crs.upper() in SHIFTED_SYSTEMS or bool(named_crs(source.crs).is_geographic)


def _out_of_range(frame: gpd.GeoDataFrame) -> NDArray[np.bool_]:
    west, south, east, north = shapely.bounds(frame.geometry.to_numpy()).T
    return np.asarray(~((west >= -180) & (east <= 180) & (south >= -90) & (north <= 90)))


def _nowhere_near(
    frame: gpd.GeoDataFrame, source: SourceSettings, crs: CRS, outline: BaseGeometry
) -> InputError:
    """Say whether swapping x and y would bring the rows to the city."""
    swapped = shapely.transform(frame.geometry.to_numpy(), lambda pairs: pairs[:, ::-1])
    turned = frame.set_geometry(gpd.GeoSeries(swapped, index=frame.index, crs=frame.crs))
    if not (_is_geographic(frame, source) and _out_of_range(turned).any()):
        there = to_metric(turned.geometry, source.crs, crs).to_numpy()
        if shapely.dwithin(there, outline, NEARBY).any():
            return InputError(
                Text("x and y are swapped", "x 与 y 颠倒"),
                file=source.file,
                field=source.id,
                cure=_CURE_ORDER,
            )
    return InputError(
        Text("no row lies near the city", "没有任何一行位于城市附近"),
        file=source.file,
        field=f"{source.id}.crs",
        cure=Text(
            "Check the coordinate reference system of the source and the city's boundary.",
            "请检查数据源的坐标参考系和城市边界。",
        ),
    )
