"""Street sections: what a street is, how long, and for whom."""

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from dizuo.model.values import Support
from dizuo.resources.layers import Layers
from dizuo.resources.places import Places
from dizuo.resources.wiring import resource

__all__ = ["StreetSections", "street_sections"]

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

CITY_ROADS = (
    "motorway",
    "trunk",
    "primary",
    "secondary",
    "tertiary",
    "unclassified",
    "residential",
    "living_street",
)
"""Classes that count as city roads: expressway, arterial, secondary and local streets.

Service ways inside estates and links at junctions do not count (checkup row U38).
"""

DIVIDED = ("motorway", "trunk", "primary", "secondary")
"""Classes of road that are drawn as two one-way lines where they are divided."""


@dataclass(frozen=True, eq=False)
class StreetSections:
    """Sections between junctions, by the place that holds their middle. Lengths in m.

    ``centre_length`` counts a divided road once: half of each carriageway that is one-way for
    cars and belongs to a class of road that is divided.
    """

    support: Support
    geometry: NDArray[np.object_]
    middle_x: Floats
    middle_y: Floats
    start: NDArray[np.int32]
    end: NDArray[np.int32]
    highway: NDArray[np.str_]
    length: Floats
    centre_length: Floats
    city_road: Bools
    walkable: Bools
    cyclable: Bools
    drivable: Bools
    footway: Bools
    cycleway: Bools
    lit: NDArray[np.str_]
    name: NDArray[np.str_]

    def __len__(self) -> int:
        return len(self.support)

    @property
    def node_count(self) -> int:
        """Number of street nodes that the sections may name."""
        return int(max(self.start.max(initial=-1), self.end.max(initial=-1))) + 1


@resource
def street_sections(layers: Layers, places: Places) -> StreetSections:
    """All street sections of the base."""
    frame = layers["street_edges"]
    geometry = np.asarray(frame.geometry.array, dtype=object)
    middle = shapely.line_interpolate_point(geometry, 0.5, normalized=True)
    ids = frame["id"].to_numpy(dtype=str)
    may = {
        f"{mode}_{way}": frame[f"{mode}_{way}"].to_numpy(dtype=bool)
        for mode in ("walk", "bike", "drive")
        for way in ("forward", "backward")
    }
    length = frame["length_mm"].to_numpy(dtype=np.float64) / 1000.0
    highway = frame["highway"].to_numpy(dtype=str)
    one_way = may["drive_forward"] ^ may["drive_backward"]
    divided = one_way & np.isin(highway, DIVIDED)
    return StreetSections(
        support=places.support("streets", ids, shapely.get_x(middle), shapely.get_y(middle)),
        geometry=geometry,
        middle_x=shapely.get_x(middle),
        middle_y=shapely.get_y(middle),
        start=frame["start"].to_numpy(dtype=np.int32),
        end=frame["end"].to_numpy(dtype=np.int32),
        highway=highway,
        length=length,
        centre_length=np.where(divided, length / 2, length),
        city_road=np.isin(highway, CITY_ROADS),
        walkable=may["walk_forward"] | may["walk_backward"],
        cyclable=may["bike_forward"] | may["bike_backward"],
        drivable=may["drive_forward"] | may["drive_backward"],
        footway=np.isin(highway, ("footway", "pedestrian", "steps", "path")),
        cycleway=highway == "cycleway",
        lit=frame["lit"].fillna("").to_numpy(dtype=str),
        name=frame["name"].fillna("").to_numpy(dtype=str),
    )
