"""The lines that unit cells may follow, each with its class: streets, rivers, edges of land use."""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from dizuo.base.unit_grid_parameters import GridParameters

__all__ = ["GridLayers", "MappedLines", "gather_lines", "in_place_order"]

Shapes = NDArray[np.object_]
Int64 = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class GridLayers:
    """The layers of a base that the unit grid is drawn from, all in one metric system.

    Attributes
    ----------
    boundary
        The city's land.
    street_edges, buildings
        Those layers.
    water, land_use, green
        Those layers; rivers and streams are lines, the rest are areas whose outlines count.
    barriers
        Lines or areas of walls, fences and property (宗地), where a city has them.
    railways
        Lines with a column ``kind`` (``rail`` ...), where a city has them.
    divisions
        Communities (``kind`` is ``community``), and the districts or towns that they lie in.
    """

    boundary: BaseGeometry
    street_edges: gpd.GeoDataFrame
    buildings: gpd.GeoDataFrame
    water: gpd.GeoDataFrame | None = None
    land_use: gpd.GeoDataFrame | None = None
    green: gpd.GeoDataFrame | None = None
    barriers: gpd.GeoDataFrame | None = None
    railways: gpd.GeoDataFrame | None = None
    divisions: gpd.GeoDataFrame | None = None


@dataclass(frozen=True, eq=False)
class MappedLines:
    """Lines, n of them, and the class of each."""

    shapes: Shapes
    classes: Int64

    def at_least(self, least: int) -> "MappedLines":
        """Return the lines of a class and all more important ones."""
        keep = self.classes >= least
        return MappedLines(self.shapes[keep], self.classes[keep])

    def of(self, rows: NDArray[np.bool_] | Int64) -> "MappedLines":
        """Return some of the lines."""
        return MappedLines(self.shapes[rows], self.classes[rows])


def gather_lines(
    layers: GridLayers, boundary: BaseGeometry, communities: Shapes, parameters: GridParameters
) -> MappedLines:
    """Gather every mapped line that a cell may follow, as far as it touches the city.

    Streets below ground do not show above it and are left out, and so are streets that only lead
    through a building (their class is below that of blocks).

    Parameters
    ----------
    layers
        The layers of the city.
    boundary, communities
        Outlines that cells never cross.
    parameters
        What class a kind of street, water or railway is of.
    """
    parts = [
        _streets(layers.street_edges, parameters),
        _by_kind(layers.water, parameters.class_of("water")),
        _by_kind(layers.railways, parameters.class_of("railway")),
    ]
    for name, number in parameters.class_of("outlines").items():
        parts.append(_outlines(name, getattr(layers, name), number))
    borders = shapely.get_parts(shapely.boundary(np.array([boundary, *communities])))
    parts.append((borders, np.full(len(borders), parameters.border)))
    shapes = np.concatenate([part[0] for part in parts])
    classes = np.concatenate([part[1] for part in parts]).astype(np.int64)
    shapely.prepare(boundary)
    near = shapely.intersects(boundary, shapes) & (shapely.length(shapes) > 0)
    shapes, classes = shapes[near], classes[near]
    order = in_place_order(shapes)
    return MappedLines(shapes[order], classes[order])


def in_place_order(shapes: Shapes) -> Int64:
    """Return rows in the order of where they lie, so that no result depends on that of a file."""
    return np.lexsort((shapely.length(shapes), *shapely.bounds(shapes).T)).astype(np.int64)


def _streets(edges: gpd.GeoDataFrame, parameters: GridParameters) -> tuple[Shapes, Int64]:
    highway, service = parameters.class_of("highway"), parameters.class_of("service")
    classes = edges["highway"].map(highway).fillna(-1).to_numpy(np.int64)
    if "service" in edges:
        minor = edges["service"].map(service).fillna(-1).to_numpy(np.int64)
        classes = np.where((minor >= 0) & (edges["highway"] == "service"), minor, classes)
    if "layer" in edges:
        classes = np.where(edges["layer"].to_numpy() < 0, -1, classes)
    return _shapes(edges)[classes >= 0], classes[classes >= 0]


def _by_kind(layer: gpd.GeoDataFrame | None, classes: dict[str, int]) -> tuple[Shapes, Int64]:
    if layer is None or not len(layer):
        return np.empty(0, object), np.empty(0, np.int64)
    own = layer["kind"].map(classes).fillna(-1).to_numpy(np.int64)
    own[shapely.get_dimensions(_shapes(layer)) != 1] = -1
    return _shapes(layer)[own >= 0], own[own >= 0]


def _outlines(name: str, layer: gpd.GeoDataFrame | None, number: int) -> tuple[Shapes, Int64]:
    if layer is None or not len(layer):
        return np.empty(0, object), np.empty(0, np.int64)
    shapes = _shapes(layer)
    areas = shapely.get_dimensions(shapes) == 2
    lines = shapely.get_parts(shapely.boundary(shapes[areas]))
    if name == "barriers":
        lines = np.concatenate(
            [lines, shapely.get_parts(shapes[shapely.get_dimensions(shapes) == 1])]
        )
    return lines, np.full(len(lines), number)


def _shapes(layer: gpd.GeoDataFrame) -> Shapes:
    return np.asarray(layer.geometry.array, dtype=object)
