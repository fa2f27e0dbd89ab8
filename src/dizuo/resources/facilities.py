"""Facilities by category: each category of the catalogue is a resource of its own name."""

from collections.abc import Callable
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray

from dizuo.model.evidence import Evidence, weakest
from dizuo.model.text import Text
from dizuo.model.values import Support
from dizuo.resources.layers import Layers
from dizuo.resources.places import Places, representative_points
from dizuo.resources.wiring import resource
from dizuo.standards.catalogue import FacilityCategory, load_facility_catalogue

__all__ = ["Facilities", "gather"]

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


def gather(category: FacilityCategory, frame: gpd.GeoDataFrame, places: Places) -> Facilities:
    """Take the facilities of one category out of the layer of all."""
    rows = frame[frame["category"] == category.id].sort_values("id")
    geometry = np.asarray(rows.geometry.array, dtype=object)
    x, y = representative_points(geometry)
    return Facilities(
        category=category.id,
        title=category.title,
        support=places.support("facilities", rows["id"].to_numpy(dtype=str), x, y),
        x=x,
        y=y,
        geometry=geometry,
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
    def provide(layers: Layers, places: Places) -> Facilities:
        return gather(category, layers["facilities"], places)

    provide.__name__ = category.id
    provide.__doc__ = f"Facilities of the category {category.title.en}."
    return provide


for _category in load_facility_catalogue().values():
    resource(_provider(_category))
