"""The places that values are reported on, and which place holds which thing."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from dizuo.engines.partition.polygons import PolygonIndex
from dizuo.model.place import PlaceKind
from dizuo.model.values import Support
from dizuo.resources.layers import Layers
from dizuo.resources.wiring import resource

__all__ = ["PlaceTable", "Places", "places"]


@dataclass(frozen=True, eq=False)
class PlaceTable:
    """All places of one kind: ids, names, land area in km² and polygons, row by row."""

    kind: PlaceKind
    ids: NDArray[np.str_]
    names: NDArray[np.str_]
    names_zh: NDArray[np.str_]
    area: NDArray[np.float64]
    geometry: NDArray[np.object_]

    def __len__(self) -> int:
        return len(self.ids)

    @cached_property
    def index(self) -> PolygonIndex:
        """The polygons, laid out to be asked which of them holds a point."""
        return PolygonIndex.of(self.geometry)


@dataclass(frozen=True, eq=False)
class Places:
    """Tables of places by kind; a kind that the city does not have is absent."""

    tables: Mapping[PlaceKind, PlaceTable]
    crs: str

    def support(
        self,
        name: str,
        ids: NDArray[np.str_],
        x: NDArray[np.float64],
        y: NDArray[np.float64],
    ) -> Support:
        """Say which place of each kind holds each thing, by a point of it."""
        inside = {kind: table.index.locate(x, y) for kind, table in self.tables.items()}
        return Support(name, ids, inside)


def _table(kind: PlaceKind, frame: gpd.GeoDataFrame) -> PlaceTable:
    """Places in the order of their ids: what lies on a common edge belongs to the first of them."""
    frame = frame.sort_values("id")
    return PlaceTable(
        kind,
        frame["id"].to_numpy(dtype=str),
        frame["name"].fillna("").to_numpy(dtype=str),
        frame["name_zh"].fillna("").to_numpy(dtype=str),
        frame["area"].to_numpy(dtype=np.float64) / 1e6,
        np.asarray(frame.geometry.array, dtype=object),
    )


@resource
def places(layers: Layers) -> Places:
    """Places of the base, one table a kind."""
    frame = layers["places"]
    tables = {
        kind: _table(kind, frame[frame["kind"] == kind.value])
        for kind in PlaceKind
        if (frame["kind"] == kind.value).any()
    }
    return Places(tables, frame.crs.to_string())


def representative_points(geometry: NDArray[np.object_]) -> tuple[NDArray[np.float64], ...]:
    """Return x and y of a point that surely lies on each geometry."""
    points = shapely.point_on_surface(geometry)
    return shapely.get_x(points), shapely.get_y(points)
