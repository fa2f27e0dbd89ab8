"""Where cases are: the unit grid that a city keeps, and places read from what residents write."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from math import isfinite
from pathlib import Path
from typing import Annotated, Final

import geopandas as gpd
import msgspec
import numpy as np
import shapely
from msgspec.structs import replace
from numpy.typing import NDArray
from pyproj import Transformer

from dizuo.base.geocoder import Candidate, Geocoder
from dizuo.base.store import Base
from dizuo.base.unit_grid import build_unit_grid, read_grid_layers, update_unit_grid
from dizuo.base.unit_grid_codes import Numbering
from dizuo.model.errors import InputError, StoreError
from dizuo.model.text import Text
from dizuo.operations.settings_file import read_settings

__all__ = [
    "Ground",
    "GroundSettings",
    "UnitGrid",
    "draw_unit_grid",
    "open_ground",
    "read_unit_grid",
]
__systems__ = ("S22.9",)

_FILE: Final = "unit_grid.parquet"
_SETTINGS: Final = "ground.toml"
_WHAT: Final = Text("how sure a place must be", "地点置信度设置")

Shapes = NDArray[np.object_]


@dataclass(frozen=True, eq=False)
class UnitGrid:
    """The cells in force, and the community that each belongs to."""

    codes: NDArray[np.str_]
    communities: Mapping[str, str]
    tree: shapely.STRtree

    def cell_of(self, x: float, y: float) -> str | None:
        """Return the code of the cell that a place lies in; of two at their border, the lower."""
        found = self.tree.query(shapely.Point(x, y), predicate="intersects")
        return min(map(str, self.codes[found]), default=None)


def draw_unit_grid(
    folder: Path, base: Base, day: date, numbering: Numbering | None = None
) -> gpd.GeoDataFrame:
    """Draw a city's grid, or draw it again after the map changed; keep it in its folder.

    Raises
    ------
    InputError
        If an official community has more than 999 cells, or a code is not well formed.
    """
    layers, file = read_grid_layers(base), folder / _FILE
    if file.exists():
        before = gpd.read_parquet(file)
        grid = update_unit_grid(before, layers, day=day, numbering=numbering)
    else:
        grid = build_unit_grid(layers, day=day, numbering=numbering)
    grid = grid.set_crs(base.crs, allow_override=True)
    folder.mkdir(parents=True, exist_ok=True)
    partial = file.with_suffix(".partial")
    grid.to_parquet(partial)
    with partial.open("rb+") as written:
        os.fsync(written.fileno())
    partial.replace(file)
    return grid


def read_unit_grid(folder: Path) -> UnitGrid | None:
    """Read the grid that a city keeps; None where there is none.

    Raises
    ------
    InputError
        If the file cannot be read.
    """
    file = folder / _FILE
    if not file.exists():
        return None
    try:
        grid = gpd.read_parquet(file)
        valid = grid[grid["status"] == "valid"]
        codes = valid["code"].to_numpy(dtype=str)
        communities = dict(zip(codes.tolist(), valid["community"].astype(str), strict=True))
    except (OSError, ValueError, KeyError) as error:
        raise InputError(
            Text(f"the unit grid cannot be read: {error}", f"无法读取单元网格：{error}"),
            file=file,
            cure=Text(
                "Draw it again: dizuo operations CITY grid.",
                "请重新划分：dizuo operations CITY grid。",
            ),
        ) from error
    return UnitGrid(codes, communities, shapely.STRtree(valid.geometry.to_numpy()))


class GroundSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How sure a place must be, and how near; the file says what each number means."""

    source: str
    edition: str
    certainty: str
    least_confidence: Annotated[float, msgspec.Meta(ge=0, le=1)]
    margin: Annotated[float, msgspec.Meta(ge=0)] | None = None

    @classmethod
    def load(cls, file: Path | None = None) -> "GroundSettings":
        """Read what dizuo ships, or a city's own in its place.

        Raises
        ------
        InputError
            If something is missing, not known or of another kind.
        """
        shipped = read_settings(cls, __package__, _SETTINGS, None, _WHAT)
        own = read_settings(cls, __package__, _SETTINGS, file, _WHAT)
        return own if own.margin is not None else replace(own, margin=shipped.margin)


class Ground:
    """Finds cells, blocks and addresses.

    Parameters
    ----------
    grid
        The city's unit grid, if it keeps one.
    settings
        How sure a place must be; what dizuo ships if it is None.
    """

    def __init__(
        self, base: Base, grid: UnitGrid | None, settings: GroundSettings | None = None
    ) -> None:
        known = settings or GroundSettings.load()
        self._least, self._margin = known.least_confidence, known.margin or 0.0
        self.crs = base.crs
        self._to_city = Transformer.from_crs("EPSG:4326", base.crs, always_xy=True)
        self.grid = grid
        places = base.layer("places")
        blocks = places.loc[places["kind"] == "block"].geometry.to_numpy()
        self._blocks = shapely.STRtree(blocks)
        self._middle = shapely.get_coordinates(shapely.point_on_surface(blocks))
        self._cities = places.loc[places["kind"] == "city"].geometry.to_numpy()
        self._geocoder = _geocoder(base)

    def place_of(self, longitude: float, latitude: float) -> tuple[float, float]:
        """Return where degrees lie in the city's own metres.

        Raises
        ------
        InputError
            If that is outside of the city, by more than its settings allow.
        """
        x, y = self._to_city.transform(longitude, latitude)
        if not self._is_near(x, y):
            swapped = abs(longitude) <= 90 and self._is_near(
                *self._to_city.transform(latitude, longitude)
            )
            raise InputError(
                Text(
                    f"longitude {longitude}, latitude {latitude} lies outside of the city",
                    f"经度 {longitude}、纬度 {latitude} 不在本市范围内",
                ),
                cure=Text("Longitude and latitude seem to be exchanged.", "经度和纬度似乎颠倒了。")
                if swapped
                else Text(
                    "Tell it to the city that it lies in, or correct the place.",
                    "请向所在城市反映，或更正位置。",
                ),
            )
        return float(x), float(y)

    def _is_near(self, x: float, y: float) -> bool:
        """Whether a place lies in the city or at its edge; anywhere where no city is known."""
        if not (isfinite(x) and isfinite(y)):
            return False
        near = shapely.dwithin(self._cities, shapely.Point(x, y), self._margin)
        return bool(near.any()) or not len(self._cities)

    def cell_of(self, x: float, y: float) -> str | None:
        """Return the code of the cell of a place, or None."""
        return self.grid.cell_of(x, y) if self.grid else None

    def middle_of_block(self, x: float, y: float) -> tuple[float, float] | None:
        """Return the middle of the block of a place: as exactly as a home is told."""
        found = self._blocks.query(shapely.Point(x, y), predicate="intersects")
        if not len(found):
            return None
        middle = self._middle[np.min(found)]
        return float(middle[0]), float(middle[1])

    def locate(self, text: str) -> Candidate | None:
        """Return the place that an address means, if it can hardly mean another."""
        found = self._geocoder.locate(text) if self._geocoder else None
        return found if found and found.place_confidence >= self._least else None


def open_ground(folder: Path, base: Base) -> Ground:
    """Return the ground of a city, with the unit grid and the settings that its folder keeps.

    Parameters
    ----------
    folder
        That of the city.

    Raises
    ------
    InputError
        If the grid or the settings cannot be read.
    """
    own = folder / "operations"
    return Ground(base, read_unit_grid(own / "grid"), GroundSettings.load(own / _SETTINGS))


def _geocoder(base: Base) -> Geocoder | None:
    try:
        return Geocoder.from_base(base)
    except StoreError:  # a base that was built before addresses were kept
        return None
