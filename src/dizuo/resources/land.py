"""Land as samples: residential and built-up land on a lattice that is the same for every tile."""

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from dizuo.engines.partition.lattice import lattice_points
from dizuo.engines.partition.polygons import points_in_polygons
from dizuo.model.evidence import Evidence
from dizuo.model.place import PlaceKind
from dizuo.model.values import Support
from dizuo.resources.analysis import Analysis
from dizuo.resources.buildings import Buildings, Homes
from dizuo.resources.layers import Layers
from dizuo.resources.places import Places
from dizuo.resources.sums import sum_by_place
from dizuo.resources.wiring import resource

__all__ = [
    "LandSamples",
    "PlaceAmounts",
    "boundary",
    "built_up_land",
    "place_amounts",
    "residential_land",
]

Floats = NDArray[np.float64]

Outline = shapely.Geometry
PlaceAmounts = dict[PlaceKind, dict[str, Floats]]


@dataclass(frozen=True, eq=False)
class LandSamples:
    """Points of a square lattice that lie on a kind of land; each stands for ``cell_area`` m²."""

    support: Support
    x: Floats
    y: Floats
    cell_area: float
    evidence: Evidence

    def __len__(self) -> int:
        return len(self.support)

    def holds(self, x: Floats, y: Floats) -> NDArray[np.bool_]:
        """Whether points lie in a lattice cell of this land."""
        spacing = np.sqrt(self.cell_area)
        own = _cells(self.x, self.y, spacing)
        return np.isin(_cells(x, y, spacing), own)


def _cells(x: Floats, y: Floats, spacing: float) -> NDArray[np.int64]:
    """One number for each lattice cell, the same whatever else is asked."""
    column = np.floor(x / spacing).astype(np.int64)
    return np.floor(y / spacing).astype(np.int64) * np.int64(2**31) + column


@resource
def place_amounts(places: Places, homes: Homes, built_up_land: LandSamples) -> PlaceAmounts:
    """Residents, and land, whole area and built-up land in km² of every place, by kind."""

    def total(support: Support, weight: Floats, kind: PlaceKind) -> Floats:
        return sum_by_place(support.places[kind], weight, len(places.tables[kind]))

    cells = np.full(len(built_up_land), built_up_land.cell_area / 1e6)
    return {
        kind: {
            "residents": total(homes.support, homes.residents, kind),
            "area": table.area,
            "whole": shapely.area(table.geometry) / 1e6,
            "built_up": total(built_up_land.support, cells, kind),
        }
        for kind, table in places.tables.items()
    }


@resource
def boundary(layers: Layers) -> Outline:
    """Outline of the city, in its metric CRS."""
    return shapely.union_all(np.asarray(layers["boundary"].geometry.array, dtype=object))


def _samples(
    name: str,
    polygons: NDArray[np.object_],
    outline: Outline,
    places: Places,
    spacing: float,
    evidence: Evidence,
) -> LandSamples:
    x, y, _ = lattice_points(polygons, spacing)
    column, row = np.floor(x / spacing).astype(np.int64), np.floor(y / spacing).astype(np.int64)
    _, first = np.unique(np.column_stack([row, column]), axis=0, return_index=True)
    x, y, column, row = x[first], y[first], column[first], row[first]
    inside = points_in_polygons(x, y, np.array([outline], dtype=object)) >= 0
    x, y, column, row = x[inside], y[inside], column[inside], row[inside]
    ids = np.char.add(
        np.char.add(f"{name}:E", column.astype(str)), np.char.add("N", row.astype(str))
    )
    return LandSamples(places.support(name, ids, x, y), x, y, spacing**2, evidence)


@resource
def residential_land(
    layers: Layers, buildings: Buildings, places: Places, boundary: Outline, analysis: Analysis
) -> LandSamples:
    """Residential land: mapped as such, or else the ground around residential buildings.

    Where land use is mapped as residential it is taken as it is. Residential buildings outside
    any mapped land use add their own ground, half the built-up gap around them: an estimate.
    """
    land = layers["land_use"]
    geometry = np.asarray(land.geometry.array, dtype=object)
    residential = (land["use"] == "residential").to_numpy()
    lived_in = np.isin(buildings.use, ["residential", "mixed"])
    off_map = points_in_polygons(buildings.x, buildings.y, geometry) < 0
    around = shapely.buffer(
        buildings.geometry[lived_in & off_map], analysis.built_up_gap / 2, quad_segs=2
    )
    polygons = np.concatenate([geometry[residential], around])
    evidence = Evidence.ESTIMATED if len(around) else Evidence.MEASURED
    return _samples(
        "residential_land", polygons, boundary, places, analysis.lattice_spacing, evidence
    )


BUILT_USES = (
    "residential",
    "commercial",
    "retail",
    "industrial",
    "education",
    "health",
    "public",
    "mixed",
    "transport",
    "office",
)


@resource
def built_up_land(
    layers: Layers, buildings: Buildings, places: Places, boundary: Outline, analysis: Analysis
) -> LandSamples:
    """Built-up land: land mapped as built, and the ground around every building. An estimate.

    Stands for the surveyed built-up area (建成区), which open data does not have.
    """
    land = layers["land_use"]
    built = np.asarray(land.geometry.array, dtype=object)[land["use"].isin(BUILT_USES).to_numpy()]
    around = shapely.buffer(buildings.geometry, analysis.built_up_gap, quad_segs=2)
    return _samples(
        "built_up_land",
        np.concatenate([built, around]),
        boundary,
        places,
        analysis.lattice_spacing,
        Evidence.ESTIMATED,
    )


def _areas(layers: Layers, layer: str, kinds: tuple[str, ...] = ()) -> NDArray[np.object_]:
    frame = layers[layer]
    geometry: NDArray[np.object_] = np.asarray(frame.geometry.array, dtype=object)
    keep = shapely.get_dimensions(geometry) == 2
    if kinds:
        keep &= frame["kind"].isin(kinds).to_numpy()
    areas: NDArray[np.object_] = geometry[keep]
    return areas


@resource
def green_land(
    layers: Layers, places: Places, boundary: Outline, analysis: Analysis
) -> LandSamples:
    """Land under any mapped green space."""
    return _samples(
        "green_land",
        _areas(layers, "green"),
        boundary,
        places,
        analysis.lattice_spacing,
        Evidence.MEASURED,
    )


@resource
def forest_land(
    layers: Layers, places: Places, boundary: Outline, analysis: Analysis
) -> LandSamples:
    """Land mapped as forest or wood."""
    return _samples(
        "forest_land",
        _areas(layers, "green", ("forest", "wood")),
        boundary,
        places,
        analysis.lattice_spacing,
        Evidence.ESTIMATED,
    )


@resource
def water_land(
    layers: Layers, places: Places, boundary: Outline, analysis: Analysis
) -> LandSamples:
    """Land inside the boundary under inland water."""
    return _samples(
        "water_land",
        _areas(layers, "water"),
        boundary,
        places,
        analysis.lattice_spacing,
        Evidence.MEASURED,
    )
