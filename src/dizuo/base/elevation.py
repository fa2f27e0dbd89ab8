"""How high the ground lies: an elevation model of the city, asked at points.

Any raster that GDAL reads serves (GeoTIFF, ASCII grid, ...), in any coordinate system; heights are
metres. Between the centres of cells they are interpolated bilinearly; next to cells without a
value they are unknown.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray
from pyproj import CRS, Transformer

from dizuo.base.config import SourceSettings
from dizuo.model.errors import InputError
from dizuo.model.text import Text

if TYPE_CHECKING:
    from rasterio.io import DatasetReader

__all__ = ["elevation_at"]

Floats = NDArray[np.float64]

MOST_CELLS: Final = 25_000_000
"""Cells read at once: a finer model is averaged over squares of cells as it is read."""


@dataclass(frozen=True, eq=False)
class _Grid:
    """Heights of cells, and the transformation from coordinates to (fractional) cells."""

    heights: Floats
    west: float
    north: float
    cell_width: float
    cell_height: float

    def at(self, x: Floats, y: Floats) -> Floats:
        """Return heights between the centres of four cells, NaN where one is not known."""
        rows, columns = self.heights.shape
        across = (x - self.west) / self.cell_width - 0.5
        down = (self.north - y) / self.cell_height - 0.5
        inside = (
            (across >= -0.5) & (across <= columns - 0.5) & (down >= -0.5) & (down <= rows - 0.5)
        )
        across, down = np.clip(across, 0, columns - 1), np.clip(down, 0, rows - 1)
        left = np.clip(np.floor(across).astype(int), 0, max(columns - 2, 0))
        top = np.clip(np.floor(down).astype(int), 0, max(rows - 2, 0))
        right, bottom = np.minimum(left + 1, columns - 1), np.minimum(top + 1, rows - 1)
        u, v = across - left, down - top
        upper = _mixed(self.heights[top, left], self.heights[top, right], u)
        lower = _mixed(self.heights[bottom, left], self.heights[bottom, right], u)
        return np.where(inside, _mixed(upper, lower, v), np.nan)


def _mixed(first: Floats, second: Floats, share: Floats) -> Floats:
    """Go a share of the way; an end that has no weight may be unknown."""
    between = first + share * (second - first)
    return np.where(share == 0, first, np.where(share == 1, second, between))


def elevation_at(source: SourceSettings, x: Floats, y: Floats, crs: CRS | str) -> Floats:
    """Return the height of the ground at points, m; NaN where the model does not tell.

    Parameters
    ----------
    source
        A source of the kind ``elevation``. Its ``crs`` is needed where the file names none.
    x, y
        Places in ``crs``.

    Raises
    ------
    InputError
        If the file is no raster, names no coordinate system, or touches none of the points.
    """
    import rasterio  # noqa: PLC0415 (only a city with an elevation model pays for loading it)
    from rasterio.errors import RasterioError  # noqa: PLC0415

    try:
        with rasterio.open(source.file) as raster:
            given = source.crs or (raster.crs.to_wkt() if raster.crs else "")
            if not given:
                raise _without_crs(source)
            across, up = Transformer.from_crs(crs, given, always_xy=True).transform(x, y)
            grid = _read(raster, np.asarray(across), np.asarray(up))
    except RasterioError as error:
        raise InputError(
            Text(f"this is no elevation model: {error}", f"无法作为高程模型读取：{error}"),
            file=source.file,
            cure=Text(
                "Give a raster of heights in metres: GeoTIFF or ASCII grid.",
                "请给出以米为单位的高程栅格：GeoTIFF 或 ASCII 网格。",
            ),
        ) from error
    heights = (
        np.full(len(x), np.nan) if grid is None else grid.at(np.asarray(across), np.asarray(up))
    )
    if len(x) and np.isnan(heights).all():
        raise InputError(
            Text(
                "the elevation model tells the height of no street",
                "高程模型没有覆盖任何街道",
            ),
            file=source.file,
            field=f"sources.{source.id}",
            cure=Text(
                f"Give one that covers the city; the crs read is {CRS(given).name}.",
                f"请给出覆盖本城的高程模型；读到的坐标系为 {CRS(given).name}。",
            ),
        )
    return heights


def _without_crs(source: SourceSettings) -> InputError:
    return InputError(
        Text("the elevation model names no coordinate system", "高程模型没有注明坐标系"),
        file=source.file,
        field=f"sources.{source.id}.crs",
        cure=Text('Add crs = "EPSG:...".', '请添加 crs = "EPSG:..."。'),
    )


def _read(raster: "DatasetReader", x: Floats, y: Floats) -> _Grid | None:
    """Read the cells around the points, at most ``MOST_CELLS``; None where there are none."""
    from rasterio.enums import Resampling  # noqa: PLC0415
    from rasterio.windows import Window  # noqa: PLC0415

    shape = raster.transform
    column, row = (x - shape.c) / shape.a, (y - shape.f) / shape.e
    known = np.isfinite(column) & np.isfinite(row)
    if not known.any():
        return None
    left, right = _cells(column[known], raster.width)
    top, bottom = _cells(row[known], raster.height)
    if left >= right or top >= bottom:
        return None
    coarser = max(1.0, float(np.sqrt((right - left) * (bottom - top) / MOST_CELLS)))
    size = (max(1, round((bottom - top) / coarser)), max(1, round((right - left) / coarser)))
    window = Window(left, top, right - left, bottom - top)
    heights = raster.read(
        1, window=window, out_shape=size, resampling=Resampling.average, masked=True
    )
    values = heights.astype(np.float64).filled(np.nan)
    return _Grid(
        heights=values,
        west=shape.c + left * shape.a,
        north=shape.f + top * shape.e,
        cell_width=shape.a * (right - left) / size[1],
        cell_height=-shape.e * (bottom - top) / size[0],
    )


def _cells(position: Floats, count: int) -> tuple[int, int]:
    """Return the first cell and the one after the last that points in a row need."""
    return (
        max(0, int(np.floor(position.min())) - 2),
        min(count, int(np.ceil(position.max())) + 2),
    )
