"""Blocks as things of their own: area, residents, what is built on them."""

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from dizuo.engines.form.density import sum_by_place
from dizuo.model.errors import StoreError
from dizuo.model.place import PlaceKind
from dizuo.model.text import Text
from dizuo.model.values import Support
from dizuo.resources.buildings import Homes
from dizuo.resources.places import Places
from dizuo.resources.wiring import resource

__all__ = ["Blocks", "blocks"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Blocks:
    """Blocks between streets. ``area`` in m²."""

    support: Support
    geometry: NDArray[np.object_]
    area: Floats
    residents: Floats

    def __len__(self) -> int:
        return len(self.support)

    @property
    def compactness(self) -> Floats:
        """Isoperimetric quotient of each block: 1 for a circle."""
        return 4 * np.pi * shapely.area(self.geometry) / shapely.length(self.geometry) ** 2


@resource
def blocks(places: Places, homes: Homes) -> Blocks:
    """All blocks of the city."""
    table = places.tables.get(PlaceKind.BLOCK)
    if table is None:
        raise StoreError(
            Text(
                "The base has no blocks. Build it again with 'dizuo build --force'.",
                "底座中没有街区。请用 dizuo build --force 重新构建。",
            )
        )
    points = shapely.point_on_surface(table.geometry)
    support = places.support("blocks", table.ids, shapely.get_x(points), shapely.get_y(points))
    own = np.arange(len(table), dtype=np.int32)
    support = Support(support.name, support.ids, {**support.places, PlaceKind.BLOCK: own})
    residents = sum_by_place(homes.residents, homes.support.places[PlaceKind.BLOCK], len(table))
    return Blocks(support, table.geometry, table.area * 1e6, residents)
