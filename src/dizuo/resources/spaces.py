"""Green, water, trees, stops and heritage, with the places that hold them."""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from dizuo.model.evidence import Evidence
from dizuo.model.values import Support
from dizuo.resources.layers import Layers
from dizuo.resources.places import Places, representative_points
from dizuo.resources.wiring import resource

__all__ = [
    "Features",
    "Stops",
    "green_spaces",
    "heritage_objects",
    "land_uses",
    "public_green",
    "stops",
    "trees",
    "water_bodies",
]

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Features:
    """Things of one layer: kind, geometry and area in m² (0 for points and lines)."""

    support: Support
    kind: NDArray[np.str_]
    names: NDArray[np.str_]
    geometry: NDArray[np.object_]
    area: Floats
    length: Floats
    evidence: Evidence

    def __len__(self) -> int:
        return len(self.support)


@dataclass(frozen=True, eq=False)
class Stops:
    """Stops of public transport; departures a weekday are NaN where no timetable is known."""

    support: Support
    x: Floats
    y: Floats
    mode: NDArray[np.str_]
    departures: Floats
    geometry: NDArray[np.object_]
    names: NDArray[np.str_]

    def __len__(self) -> int:
        return len(self.support)


def _features(
    name: str, frame: gpd.GeoDataFrame, kind: str, places: Places, evidence: Evidence
) -> Features:
    frame = frame.sort_values("id")
    geometry = np.asarray(frame.geometry.array, dtype=object)
    x, y = representative_points(geometry)
    flat = shapely.get_dimensions(geometry) == 2
    return Features(
        places.support(name, frame["id"].to_numpy(dtype=str), x, y),
        frame[kind].fillna("").to_numpy(dtype=str) if kind else np.full(len(frame), ""),
        frame["name"].fillna("").to_numpy(dtype=str)
        if "name" in frame
        else np.full(len(frame), ""),
        geometry,
        shapely.area(geometry),
        np.where(flat, 0.0, shapely.length(geometry)),
        evidence,
    )


@resource
def green_spaces(layers: Layers, places: Places) -> Features:
    """Every mapped green space, parks and forests and lawns alike; lines are greenways."""
    return _features("green_spaces", layers["green"], "kind", places, Evidence.MEASURED)


PUBLIC_GREEN = ("park", "garden", "nature_reserve", "recreation_ground", "square")
"""Kinds of green where people may stay, unless the map says that it is private."""


@resource
def public_green(layers: Layers, places: Places) -> Features:
    """Parks, gardens and the like that are not private: where people may stay."""
    frame = layers["green"]
    areal = shapely.get_dimensions(np.asarray(frame.geometry.array, dtype=object)) == 2
    keep = frame["kind"].isin(PUBLIC_GREEN) & (frame["access"] != "private") & areal
    return _features("public_green", frame[keep], "kind", places, Evidence.MEASURED)


@resource
def water_bodies(layers: Layers, places: Places) -> Features:
    """Rivers, canals, lakes and basins."""
    return _features("water_bodies", layers["water"], "kind", places, Evidence.MEASURED)


@resource
def land_uses(layers: Layers, places: Places) -> Features:
    """Mapped land use, one row a polygon."""
    return _features("land_uses", layers["land_use"], "use", places, Evidence.MEASURED)


@resource
def heritage_objects(layers: Layers, places: Places) -> Features:
    """Protected and historic objects."""
    return _features("heritage_objects", layers["heritage"], "kind", places, Evidence.MEASURED)


@resource
def trees(layers: Layers, places: Places) -> Features:
    """Single trees."""
    return _features("trees", layers["trees"], "", places, Evidence.MEASURED)


@resource
def stops(layers: Layers, places: Places) -> Stops:
    """Stops of public transport from the map and the timetable."""
    frame = layers["stops"].sort_values("id")
    geometry = np.asarray(frame.geometry.array, dtype=object)
    x, y = shapely.get_x(geometry), shapely.get_y(geometry)
    return Stops(
        places.support("stops", frame["id"].to_numpy(dtype=str), x, y),
        x,
        y,
        frame["mode"].to_numpy(dtype=str),
        frame["departures_per_weekday"].to_numpy(dtype=np.float64),
        geometry,
        frame["name"].fillna("").to_numpy(dtype=str),
    )
