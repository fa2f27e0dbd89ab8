"""Communities as things of their own: which facilities each of them holds."""

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from dizuo.engines.form.density import sum_by_place
from dizuo.model.evidence import Evidence
from dizuo.model.place import PlaceKind
from dizuo.model.text import Text
from dizuo.model.values import Missing, Result, Support, Values
from dizuo.resources.buildings import Homes
from dizuo.resources.facilities import Facilities
from dizuo.resources.places import Places
from dizuo.resources.wiring import resource

__all__ = ["Communities", "communities"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Communities:
    """Communities (社区) with residents; empty where the city has no such division."""

    support: Support
    number: NDArray[np.int32]
    residents: Floats

    def __len__(self) -> int:
        return len(self.support)

    def short_of(
        self, facilities: Facilities, size: Floats | None = None, least: float = 0.0
    ) -> Result:
        """Number of communities that hold no facility of the size that is due.

        Parameters
        ----------
        size
            Size of each facility, NaN where not known. A facility of unknown size counts as large
            enough, and makes the value an estimate.
        least
            Size that is due.
        """
        if not len(self):
            return Missing(
                Text(
                    "No community with residents is known; add a layer of divisions.",
                    "没有已知的有居民社区；请以 divisions 图层补充社区界线。",
                )
            )
        if not facilities.known:
            return Missing(
                Text(
                    f"No source tells where facilities of the kind “{facilities.title.en}” are.",
                    f"没有数据源给出“{facilities.title.zh}”的位置。",
                )
            )
        large = np.ones(len(facilities), dtype=bool)
        if size is not None:
            large = ~(size < least)
        inside = facilities.support.places[PlaceKind.COMMUNITY][large]
        served = np.isin(self.number, inside)
        return Values(
            self.support,
            (~served).astype(np.float64),
            reduction="sum",
            evidence=Evidence.ESTIMATED if size is not None else facilities.evidence,
            failing=~served,
            affected=self.residents,
            resolution=PlaceKind.COMMUNITY,
        )


@resource
def communities(places: Places, homes: Homes) -> Communities:
    """Communities that people live in."""
    table = places.tables.get(PlaceKind.COMMUNITY)
    if table is None:
        empty = places.support("communities", np.empty(0, dtype=str), np.empty(0), np.empty(0))
        return Communities(empty, np.empty(0, dtype=np.int32), np.empty(0))
    residents = sum_by_place(homes.residents, homes.support.places[PlaceKind.COMMUNITY], len(table))
    number = np.flatnonzero(residents > 0).astype(np.int32)
    points = shapely.point_on_surface(table.geometry[number])
    support = places.support(
        "communities", table.ids[number], shapely.get_x(points), shapely.get_y(points)
    )
    return Communities(support, number, residents[number])
