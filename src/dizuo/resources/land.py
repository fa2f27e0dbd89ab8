"""Land as samples: residential and built-up land on a lattice that is the same for every tile."""

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from dizuo.engines.form.density import sum_by_place
from dizuo.engines.partition.lattice import lattice_points
from dizuo.engines.partition.polygons import PolygonIndex, points_in_polygons
from dizuo.engines.segments import NearestLines
from dizuo.model.evidence import Evidence
from dizuo.model.place import PlaceKind
from dizuo.model.values import Support
from dizuo.resources.analysis import Analysis
from dizuo.resources.buildings import Buildings, Homes
from dizuo.resources.layers import Layers
from dizuo.resources.places import Places
from dizuo.resources.wiring import resource

__all__ = [
    "BUILT_USES",
    "LandSamples",
    "Lattice",
    "PlaceAmounts",
    "boundary",
    "built_up_land",
    "forest_land",
    "green_land",
    "lattice",
    "place_amounts",
    "residential_land",
    "water_land",
]

Floats = NDArray[np.float64]
Shapes = NDArray[np.object_]

Outline = shapely.Geometry
PlaceAmounts = dict[PlaceKind, dict[str, Floats]]

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
"""Uses of land that count as built up, with or without buildings on it."""


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
        spacing = float(np.sqrt(self.cell_area))
        return np.isin(_cells(x, y, spacing), _cells(self.x, self.y, spacing))


def _cells(x: Floats, y: Floats, spacing: float) -> NDArray[np.int64]:
    """One number for each lattice cell, the same whatever else is asked."""
    column = np.floor(x / spacing).astype(np.int64)
    return np.floor(y / spacing).astype(np.int64) * np.int64(2**31) + column


@dataclass(frozen=True, eq=False)
class Lattice:
    """The lattice that land is sampled on, as far as it lies in the city."""

    spacing: float
    inside: PolygonIndex
    places: Places

    def samples(
        self, name: str, polygons: Shapes, evidence: Evidence, near: Shapes, gap: float = 0.0
    ) -> LandSamples:
        """Return the points that lie on polygons, or within ``gap`` metres of others."""
        on_x, on_y, _ = lattice_points(polygons, self.spacing)
        by_x, by_y = self._near(near, gap)
        x, y = np.concatenate([on_x, by_x]), np.concatenate([on_y, by_y])
        _, first = np.unique(_cells(x, y, self.spacing), return_index=True)
        x, y = x[first], y[first]
        inside = self.inside.locate(x, y) >= 0
        x, y = x[inside], y[inside]
        column, row = (
            np.floor(part / self.spacing).astype(np.int64).astype(str) for part in (x, y)
        )
        ids: NDArray[np.str_] = np.char.add(np.char.add(f"{name}:E", column), np.char.add("N", row))
        return LandSamples(self.places.support(name, ids, x, y), x, y, self.spacing**2, evidence)

    def _near(self, shapes: Shapes, gap: float) -> tuple[Floats, Floats]:
        west, south, east, north = shapely.bounds(shapes).T
        boxes = shapely.box(west - gap, south - gap, east + gap, north + gap)
        x, y, _ = lattice_points(boxes, self.spacing)
        _, first = np.unique(_cells(x, y, self.spacing), return_index=True)
        x, y = x[first], y[first]
        near = NearestLines.of(shapes).nearest(x, y, gap)[0] >= 0
        near[~near] = points_in_polygons(x[~near], y[~near], shapes) >= 0
        return x[near], y[near]


@resource
def lattice(places: Places, boundary: Outline, analysis: Analysis) -> Lattice:
    """The lattice over the city."""
    inside = PolygonIndex.of(np.array([boundary], dtype=object))
    return Lattice(analysis.lattice_spacing, inside, places)


@resource
def place_amounts(places: Places, homes: Homes, built_up_land: LandSamples) -> PlaceAmounts:
    """Residents, and land, whole area and built-up land in km² of every place, by kind.

    Residents are NaN where nobody says how many live in the homes.
    """
    known = homes.evidence is not Evidence.MISSING

    def total(amount: Floats, support: Support, kind: PlaceKind) -> Floats:
        return sum_by_place(amount, support.places[kind], len(places.tables[kind]))

    cells = np.full(len(built_up_land), built_up_land.cell_area / 1e6)
    return {
        kind: {
            "residents": total(homes.residents, homes.support, kind)
            if known
            else np.full(len(table), np.nan),
            "area": table.area,
            "whole": shapely.area(table.geometry) / 1e6,
            "built_up": total(cells, built_up_land.support, kind),
        }
        for kind, table in places.tables.items()
    }


@resource
def boundary(layers: Layers) -> Outline:
    """Outline of the city, in its metric CRS."""
    return shapely.union_all(np.asarray(layers["boundary"].geometry.array, dtype=object))


@resource
def residential_land(
    layers: Layers, buildings: Buildings, lattice: Lattice, analysis: Analysis
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
    own = buildings.geometry[lived_in & off_map]
    evidence = Evidence.ESTIMATED if len(own) else Evidence.MEASURED
    return lattice.samples(
        "residential_land", geometry[residential], evidence, own, analysis.built_up_gap / 2
    )


@resource
def built_up_land(
    layers: Layers, buildings: Buildings, lattice: Lattice, analysis: Analysis
) -> LandSamples:
    """Built-up land: land mapped as built, and the ground around every building. An estimate.

    Stands for the surveyed built-up area (建成区), which open data does not have.
    """
    land = layers["land_use"]
    built = np.asarray(land.geometry.array, dtype=object)[land["use"].isin(BUILT_USES).to_numpy()]
    return lattice.samples(
        "built_up_land", built, Evidence.ESTIMATED, buildings.geometry, analysis.built_up_gap
    )


def _mapped(
    name: str, layers: Layers, lattice: Lattice, layer: str, kinds: tuple[str, ...] = ()
) -> LandSamples:
    """Land under the areas of a layer, all or those of some kinds."""
    frame = layers[layer]
    geometry: Shapes = np.asarray(frame.geometry.array, dtype=object)
    keep = shapely.get_dimensions(geometry) == 2
    if kinds:
        keep &= frame["kind"].isin(kinds).to_numpy()
    evidence = Evidence.ESTIMATED if kinds else Evidence.MEASURED
    return lattice.samples(name, geometry[keep], evidence, near=geometry[:0])


@resource
def green_land(layers: Layers, lattice: Lattice) -> LandSamples:
    """Land under any mapped green space."""
    return _mapped("green_land", layers, lattice, "green")


@resource
def forest_land(layers: Layers, lattice: Lattice) -> LandSamples:
    """Land mapped as forest or wood: an estimate of the canopy."""
    return _mapped("forest_land", layers, lattice, "green", ("forest", "wood"))


@resource
def water_land(layers: Layers, lattice: Lattice) -> LandSamples:
    """Land inside the boundary under inland water."""
    return _mapped("water_land", layers, lattice, "water")
