"""Facilities by category: each category of the catalogue is a resource of its own name."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from operator import is_

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from dizuo.engines.partition.polygons import PolygonIndex
from dizuo.engines.segments import NearestLines
from dizuo.model.evidence import Evidence, weakest
from dizuo.model.text import Text
from dizuo.model.values import Support
from dizuo.resources.layers import Layers
from dizuo.resources.places import Places, representative_points
from dizuo.resources.wiring import resource
from dizuo.standards.catalogue import FacilityCategory, load_facility_catalogue

__all__ = ["Facilities", "FacilityLayer", "changed_categories", "facility_layer", "gather"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Facilities:
    """All facilities of one category, one row each, in the order of their ids.

    ``geometry`` is as mapped (point or polygon); ``floor_area`` and ``land_area`` in m² and
    ``capacity`` are NaN where not known. ``evidence`` is ``missing`` where no source maps the
    category at all, which is not the same as a city that has none.
    """

    category: str
    title: Text
    support: Support
    x: Floats
    y: Floats
    geometry: NDArray[np.object_]
    names: NDArray[np.str_]
    floor_area: Floats
    land_area: Floats
    capacity: Floats
    evidence: Evidence
    gated: bool

    def __len__(self) -> int:
        return len(self.support)

    @property
    def known(self) -> bool:
        """Whether any source tells where these facilities are."""
        return self.evidence is not Evidence.MISSING

    def stand_as(self, other: "Facilities") -> bool:
        """Whether the same facilities stand at the same places as in another selection."""
        return self is other or (
            np.array_equal(self.support.ids, other.support.ids)
            and all(map(is_, self.geometry, other.geometry))
        )

    @cached_property
    def outlines(self) -> NearestLines:
        """Points, lines and outlines, laid out to be asked which is nearest."""
        return NearestLines.of(self.geometry)

    @cached_property
    def grounds(self) -> PolygonIndex:
        """Areas, laid out to be asked which of them holds a point; the others hold none."""
        areas = self.geometry.copy()
        areas[shapely.get_dimensions(areas) != 2] = None
        return PolygonIndex.of(areas)


@dataclass(frozen=True, eq=False)
class FacilityLayer:
    """All facilities in the order of their ids, located once."""

    frame: gpd.GeoDataFrame
    support: Support
    category: NDArray[np.str_]
    geometry: NDArray[np.object_]
    x: Floats
    y: Floats


@resource
def facility_layer(layers: Layers, places: Places) -> FacilityLayer:
    """The layer of facilities, with the places that hold them."""
    frame = layers["facilities"].sort_values("id")
    geometry = np.asarray(frame.geometry.array, dtype=object)
    x, y = representative_points(geometry)
    support = places.support("facilities", frame["id"].to_numpy(dtype=str), x, y)
    return FacilityLayer(frame, support, frame["category"].to_numpy(dtype=str), geometry, x, y)


def changed_categories(old: gpd.GeoDataFrame, new: gpd.GeoDataFrame) -> set[str]:
    """Return the categories of which a facility came, went, moved or is described otherwise."""
    before, after = old.set_index("id"), new.set_index("id")
    common = before.index.intersection(after.index)
    gone, come = before.drop(index=common), after.drop(index=common)
    before, after = before.loc[common], after.loc[common]
    moved = ~np.fromiter(
        map(is_, before.geometry.to_numpy(), after.geometry.to_numpy()), bool, len(common)
    )
    told = [name for name in before.columns if name != before.geometry.name]
    mine, other = before[told], after.reindex(columns=told)
    altered = moved | ~((mine == other) | (mine.isna() & other.isna())).to_numpy().all(axis=1)
    frames = (gone, come, before[altered], after[altered])
    return set().union(*(frame["category"] for frame in frames))


def gather(category: FacilityCategory, layer: FacilityLayer) -> Facilities:
    """Take the facilities of one category out of the layer of all."""
    own = np.flatnonzero(layer.category == category.id)
    rows = layer.frame.iloc[own]
    return Facilities(
        category=category.id,
        title=category.title,
        support=layer.support.take(own),
        x=layer.x[own],
        y=layer.y[own],
        geometry=layer.geometry[own],
        names=rows["name"].fillna("").to_numpy(dtype=str),
        floor_area=rows["floor_area"].to_numpy(dtype=np.float64),
        land_area=rows["land_area"].to_numpy(dtype=np.float64),
        capacity=rows["capacity"].to_numpy(dtype=np.float64),
        evidence=_evidence(category, rows),
        gated=category.access == "area",
    )


def _evidence(category: FacilityCategory, rows: gpd.GeoDataFrame) -> Evidence:
    """Mark of a category: what the map only suggests is an estimate.

    A map that shows none of what its tags can only suggest does not tell that there is none.
    """
    marks = {Evidence(mark) for mark in rows["evidence"].unique()} if "evidence" in rows else set()
    if marks:
        return weakest(marks)
    return {
        "direct": Evidence.MEASURED,
        "proxy": Evidence.MISSING,
        "none": Evidence.MISSING,
    }[category.mapped]


def _provider(category: FacilityCategory) -> Callable[..., Facilities]:
    def provide(facility_layer: FacilityLayer) -> Facilities:
        return gather(category, facility_layer)

    provide.__name__ = category.id
    provide.__doc__ = f"Facilities of the category {category.title.en}."
    return provide


for _category in load_facility_catalogue().values():
    resource(_provider(_category))
