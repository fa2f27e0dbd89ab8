"""Coordinate reference systems: the city's metric one, and the way into it from every source.

``GCJ-02`` and ``BD-09`` are the shifted systems of Chinese maps. No official formula is published;
the formulas here are those that open implementations agree on (eviltransform, coordtransform; both
MIT), written anew. They apply inside the rectangle of ``_CHINA``; outside it both systems are taken
as WGS 84, as the map providers do.
"""

from collections.abc import Callable
from typing import Final

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS, Proj
from pyproj.exceptions import CRSError

from dizuo.model.errors import InputError
from dizuo.model.text import Text

__all__ = [
    "SHIFTED_SYSTEMS",
    "WGS84",
    "bd09_to_wgs84",
    "gcj02_to_wgs84",
    "metric_crs",
    "named_crs",
    "to_metric",
    "wgs84_to_bd09",
    "wgs84_to_gcj02",
]

Floats = NDArray[np.float64]

WGS84: Final = CRS.from_epsg(4326)
_CHINA: Final = (72.004, 0.8293, 137.8347, 55.8271)
_KRASOVSKY_AXIS: Final = 6378245.0
_KRASOVSKY_ECCENTRICITY: Final = 0.00669342162296594323
_BD_TURN: Final = np.pi * 3000.0 / 180.0
_TOLERANCE_DEGREES: Final = 1e-11
_LARGEST_SCALE_ERROR: Final = 0.01


def metric_crs(lon: float, lat: float, wanted: str = "auto") -> CRS:
    """Choose the system that a city is measured in.

    Parameters
    ----------
    lon, lat
        Centroid of the boundary, degrees.
    wanted
        ``auto`` for the UTM zone of the centroid (polar stereographic beyond 84° N and 80° S), or
        the name of a projected system in metres.

    Raises
    ------
    InputError
        If the wanted system is unknown, is not projected in metres, or distorts lengths at the city
        by more than 1 %: every distance would be wrong.
    """
    if wanted == "auto":
        return _utm(lon, lat)
    crs = named_crs(wanted)
    cure = Text(
        'Choose a local projected system in metres, or crs = "auto".',
        '请选用以米为单位的本地投影坐标系，或设 crs = "auto"。',
    )
    units = {axis.unit_name for axis in crs.axis_info}
    if not crs.is_projected or units != {"metre"}:
        raise InputError(
            Text(f"{wanted} is not projected in metres", f"{wanted} 不是以米为单位的投影坐标系"),
            field="city.crs",
            cure=cure,
        )
    factors = Proj(crs).get_factors(lon, lat)
    off = max(abs(factors.meridional_scale - 1), abs(factors.parallel_scale - 1))
    if not off <= _LARGEST_SCALE_ERROR:
        raise InputError(
            Text(
                f"{wanted} distorts lengths here by {off:.1%}",
                f"{wanted} 在此地的长度变形达 {off:.1%}",
            ),
            field="city.crs",
            cure=cure,
        )
    return crs


def _utm(lon: float, lat: float) -> CRS:
    if lat > 84 or lat < -80:
        return CRS.from_epsg(5041 if lat > 0 else 5042)
    zone = int((lon + 180) // 6) % 60 + 1
    return CRS.from_epsg((32600 if lat >= 0 else 32700) + zone)


def named_crs(name: str) -> CRS:
    """Return the system of a name such as ``EPSG:32632``.

    Raises
    ------
    InputError
        If no system has that name.
    """
    try:
        return CRS.from_user_input(name)
    except CRSError as error:
        raise InputError(
            Text(f"{name!r} is no coordinate reference system", f"“{name}”不是坐标参考系"),
            field="crs",
            cure=Text(
                'Write it as "EPSG:4326", "GCJ-02" or "BD-09".',
                '请写成 "EPSG:4326"、"GCJ-02" 或 "BD-09"。',
            ),
        ) from error


def to_metric(series: gpd.GeoSeries, declared: str | None, crs: CRS) -> gpd.GeoSeries:
    """Bring geometry into the city's system.

    Parameters
    ----------
    series
        Geometry as read, with the system its file states, if any.
    declared
        What the settings say: a name, ``GCJ-02``, ``BD-09``, or None to believe the file.
    crs
        The city's metric system.

    Raises
    ------
    InputError
        If neither file nor settings state a system, or they contradict each other.
    """
    if declared is None:
        if series.crs is None:
            raise InputError(
                Text(
                    "the file does not state its coordinate reference system",
                    "文件未声明坐标参考系",
                ),
                field="crs",
                cure=Text(
                    'State it in city.toml, for instance crs = "EPSG:4326".',
                    '请在 city.toml 中声明，例如 crs = "EPSG:4326"。',
                ),
            )
        return series.to_crs(crs)
    if declared.upper() in SHIFTED_SYSTEMS:
        unshift = SHIFTED_SYSTEMS[declared.upper()]
        moved = shapely.transform(series.to_numpy(), _over_pairs(unshift))
        return gpd.GeoSeries(moved, index=series.index, crs=WGS84).to_crs(crs)
    stated = named_crs(declared)
    if series.crs is not None and not stated.equals(series.crs, ignore_axis_order=True):
        raise InputError(
            Text(
                f"the settings say {declared}, the file says {series.crs.name}",
                f"设置中的坐标参考系为 {declared}，文件中的为 {series.crs.name}",
            ),
            field="crs",
            cure=Text(
                "Remove crs from the source to believe the file, or correct the file.",
                "若以文件为准，请删去数据源的 crs；否则请更正文件。",
            ),
        )
    return series.set_crs(stated, allow_override=True).to_crs(crs)


def _over_pairs(
    convert: Callable[[Floats, Floats], tuple[Floats, Floats]],
) -> Callable[[Floats], Floats]:
    return lambda pairs: np.column_stack(convert(pairs[:, 0], pairs[:, 1]))


def wgs84_to_gcj02(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """Shift WGS 84 degrees to GCJ-02; identity outside China's rectangle."""
    lon, lat = np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)
    x, y = lon - 105.0, lat - 35.0
    shared = (20 * np.sin(6 * x * np.pi) + 20 * np.sin(2 * x * np.pi)) * 2 / 3
    north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * np.sqrt(np.abs(x)) + shared
    north += (20 * np.sin(y * np.pi) + 40 * np.sin(y / 3 * np.pi)) * 2 / 3
    north += (160 * np.sin(y / 12 * np.pi) + 320 * np.sin(y * np.pi / 30)) * 2 / 3
    east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * np.sqrt(np.abs(x)) + shared
    east += (20 * np.sin(x * np.pi) + 40 * np.sin(x / 3 * np.pi)) * 2 / 3
    east += (150 * np.sin(x / 12 * np.pi) + 300 * np.sin(x / 30 * np.pi)) * 2 / 3
    latitude = np.radians(lat)
    shrink = 1 - _KRASOVSKY_ECCENTRICITY * np.sin(latitude) ** 2
    meridian = _KRASOVSKY_AXIS * (1 - _KRASOVSKY_ECCENTRICITY) / shrink**1.5
    parallel = _KRASOVSKY_AXIS / np.sqrt(shrink) * np.cos(latitude)
    inside = _in_china(lon, lat)
    return (
        np.where(inside, lon + np.degrees(east / parallel), lon),
        np.where(inside, lat + np.degrees(north / meridian), lat),
    )


def gcj02_to_wgs84(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """Undo ``wgs84_to_gcj02`` to better than 1e-9 degrees (0.1 mm)."""
    return _inverse(wgs84_to_gcj02, lon, lat)


def wgs84_to_bd09(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """Shift WGS 84 degrees to BD-09; identity outside China's rectangle."""
    inside = _in_china(lon, lat)
    x, y = wgs84_to_gcj02(lon, lat)
    radius = np.hypot(x, y) + 0.00002 * np.sin(y * _BD_TURN)
    angle = np.arctan2(y, x) + 0.000003 * np.cos(x * _BD_TURN)
    return (
        np.where(inside, radius * np.cos(angle) + 0.0065, lon),
        np.where(inside, radius * np.sin(angle) + 0.006, lat),
    )


def bd09_to_wgs84(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """Undo ``wgs84_to_bd09`` to better than 1e-9 degrees (0.1 mm)."""
    return _inverse(wgs84_to_bd09, lon, lat)


SHIFTED_SYSTEMS: Final = {"GCJ-02": gcj02_to_wgs84, "BD-09": bd09_to_wgs84}


def _in_china(lon: Floats, lat: Floats) -> NDArray[np.bool_]:
    west, south, east, north = _CHINA
    return np.asarray((lon >= west) & (lon <= east) & (lat >= south) & (lat <= north))


def _inverse(
    forward: Callable[[Floats, Floats], tuple[Floats, Floats]], lon: Floats, lat: Floats
) -> tuple[Floats, Floats]:
    """Solve ``forward(x, y) = (lon, lat)`` by correcting: the shift is small and smooth."""
    wanted = np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)
    x, y = wanted
    for _ in range(50):
        found_x, found_y = forward(x, y)
        wrong_x, wrong_y = wanted[0] - found_x, wanted[1] - found_y
        x, y = x + wrong_x, y + wrong_y
        if not np.any(np.hypot(wrong_x, wrong_y) > _TOLERANCE_DEGREES):
            break
    return x, y
