"""Who is within reach of what: by the network, and by straight line as standards word it."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from dizuo.model.evidence import weakest
from dizuo.model.rule import Rule
from dizuo.model.text import Text
from dizuo.model.values import Missing, Result, Values
from dizuo.resources.buildings import Homes
from dizuo.resources.data_edge import DataEdge
from dizuo.resources.facilities import Facilities
from dizuo.resources.land import LandSamples
from dizuo.resources.streets import Distances, Streets
from dizuo.resources.wiring import resource

__all__ = [
    "BuiltUpReach",
    "HomeReach",
    "LandReach",
    "home_reach",
    "land_reach",
    "straight_distances",
    "subset",
]

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


def straight_distances(x: Floats, y: Floats, facilities: Facilities, largest: float) -> Distances:
    """Straight distance in metres from each point to the nearest facility.

    Areas are met at their outline; a point inside is at distance 0. Between facilities equally
    near, the first by id wins. ``inf`` beyond ``largest``.
    """
    if not len(facilities):
        return Distances(np.full(len(x), np.inf), np.full(len(x), ""))
    item, cost = facilities.outlines.nearest(x, y, largest)
    around = facilities.grounds.locate(x, y)
    inside = (around >= 0) & ((cost > 0) | (around < item))
    cost, item = np.where(inside, 0.0, cost), np.where(inside, around, item)
    return Distances(cost, np.where(item >= 0, facilities.support.ids[item], ""))


def subset(facilities: Facilities, keep: Bools, category: str) -> Facilities:
    """Return some of the facilities under a category of their own (``park.large``)."""
    return replace(
        facilities,
        category=category,
        support=facilities.support.take(keep),
        **{
            name: getattr(facilities, name)[keep]
            for name in ("x", "y", "geometry", "names", "floor_area", "land_area", "capacity")
        },
    )


@dataclass(frozen=True, eq=False)
class _Reach:
    walking: Streets
    edge: Floats
    _held: dict[tuple[str, str], tuple[Facilities, Distances]]

    def _distances(
        self, origins: Homes | LandSamples, facilities: Facilities, way: str
    ) -> Distances:
        """Distances by network or straight, each found once."""
        key = (facilities.category, way)
        kept = self._held.get(key)
        if kept is None or not kept[0].stand_as(facilities):
            found = (
                self.walking.reach(origins, facilities)
                if way == "network"
                else straight_distances(origins.x, origins.y, facilities, self.walking.largest)
            )
            self._held[key] = kept = (facilities, found)
        return kept[1]

    def _both(
        self,
        origins: Homes | LandSamples,
        weight: Floats,
        facilities: Facilities,
        radius: Rule,
        affected: Floats | None,
    ) -> dict[str, Result]:
        if not facilities.known:
            return dict.fromkeys(("network", "straight"), _unmapped(facilities))
        if not len(origins.support):
            return dict.fromkeys(("network", "straight"), _empty(origins.support.name))
        evidence = weakest([facilities.evidence, origins.evidence])
        found: dict[str, Result] = {}
        for name in ("network", "straight"):
            distances = self._distances(origins, facilities, name)
            within = distances.cost <= radius.value
            found[name] = Values(
                support=origins.support,
                numerator=weight * within,
                denominator=weight,
                factor=100.0,
                evidence=evidence,
                failing=~within,
                affected=affected,
                edge=~within & (self.edge < radius.value),
                related=distances.nearest,
                cost=distances.cost,
            )
        return found


def _unmapped(facilities: Facilities) -> Missing:
    return Missing(
        Text(
            f"No source tells where {facilities.title.en.lower()} facilities are; "
            f"add a table of category '{facilities.category}'.",
            f"没有数据源给出“{facilities.title.zh}”的位置；请补充类别为“{facilities.category}”的数据表。",
        )
    )


def _empty(support: str) -> Missing:
    return Missing(
        Text(f"The base has no {support.replace('_', ' ')}.", f"底座中没有所需对象（{support}）。")
    )


@dataclass(frozen=True, eq=False)
class HomeReach(_Reach):
    """Residents within reach of facilities."""

    homes: Homes

    def within(self, facilities: Facilities, radius: float, way: str) -> Bools:
        """Whether each home lies within a radius of a facility, by network or straight."""
        return self._distances(self.homes, facilities, way).cost <= radius

    def distances(self, facilities: Facilities, way: str = "network") -> Distances:
        """Distance from each home to its nearest facility."""
        return self._distances(self.homes, facilities, way)

    def share(self, facilities: Facilities, radius: Rule) -> dict[str, Result]:
        """Per cent of residents within a rule's radius of a facility, by both kinds of distance."""
        residents = self.homes.residents
        return self._both(self.homes, residents, facilities, radius, residents)


@dataclass(frozen=True, eq=False)
class LandReach(_Reach):
    """Land within reach of facilities: residential land, if nothing else is said."""

    land: LandSamples

    def share(self, facilities: Facilities, radius: Rule) -> dict[str, Result]:
        """Per cent of the land within a rule's radius of a facility."""
        weight = np.full(len(self.land), self.land.cell_area)
        return self._both(self.land, weight, facilities, radius, None)


@dataclass(frozen=True, eq=False)
class BuiltUpReach(LandReach):
    """Built-up land within reach of facilities."""


@resource
def built_up_reach(
    built_up_land: LandSamples, walking: Streets, data_edge: DataEdge
) -> BuiltUpReach:
    """Reach of every sample of built-up land."""
    edge = data_edge.distance(built_up_land.x, built_up_land.y)
    return BuiltUpReach(walking, edge, {}, built_up_land)


@resource
def home_reach(homes: Homes, walking: Streets, data_edge: DataEdge) -> HomeReach:
    """Reach of every home."""
    return HomeReach(walking, data_edge.distance(homes.x, homes.y), {}, homes)


@resource
def land_reach(residential_land: LandSamples, walking: Streets, data_edge: DataEdge) -> LandReach:
    """Reach of every sample of residential land."""
    edge = data_edge.distance(residential_land.x, residential_land.y)
    return LandReach(walking, edge, {}, residential_land)
