"""Check a unit grid: it tiles the city, cuts no building, and its cells have a good size."""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from dizuo.base.unit_grid_lines import GridLayers
from dizuo.base.unit_grid_pieces import GRAIN

__all__ = ["GridReport", "check_unit_grid"]

Shapes = NDArray[np.object_]
Int64 = NDArray[np.int64]

_HECTARE = 10_000.0


@dataclass(frozen=True)
class GridReport:
    """What a check of the valid cells of a unit grid found.

    Attributes
    ----------
    cells
        Number of cells.
    median_area
        m².
    usual_share
        Share of cells of half a hectare to two hectares.
    compactness
        Median of 4π·area/perimeter²: 1 for a circle, 0.79 for a square.
    in_parts
        Cells of several parts (rocks off the coast).
    is_coverage
        Whether no cell overlaps another, and neighbours share their vertices exactly.
    area_error
        Relative difference between the area of all cells and that of the boundary.
    buildings
        Buildings that touch the city.
    over_boundary
        Those that stand partly outside; only their part inside lies in a cell.
    cut_buildings
        Rows of buildings that lie in several cells, by more than rounding.
    """

    cells: int
    median_area: float
    usual_share: float
    compactness: float
    in_parts: int
    is_coverage: bool
    area_error: float
    buildings: int
    over_boundary: int
    cut_buildings: tuple[int, ...]


def check_unit_grid(grid: gpd.GeoDataFrame, layers: GridLayers) -> GridReport:
    """Check the valid cells of a unit grid against the map that it was drawn from.

    Parameters
    ----------
    grid
        The unit grid.
    layers
        The layers that it was drawn from.
    """
    cells = np.asarray(grid.loc[grid["status"] == "valid", "geometry"].array, dtype=object)
    area, perimeter = shapely.area(cells), shapely.length(cells)
    buildings = np.asarray(layers.buildings.geometry.array, dtype=object)
    shapely.prepare(layers.boundary)
    near = shapely.intersects(layers.boundary, buildings)
    usual = (area >= _HECTARE / 2) & (area <= 2 * _HECTARE)
    return GridReport(
        cells=len(cells),
        median_area=float(np.median(area)),
        usual_share=float(usual.mean()),
        compactness=float(np.median(4 * np.pi * area / perimeter**2)),
        in_parts=int((shapely.get_num_geometries(cells) > 1).sum()),
        is_coverage=bool(shapely.coverage_is_valid(cells)),
        area_error=abs(float(area.sum()) / layers.boundary.area - 1),
        buildings=int(near.sum()),
        over_boundary=int((near & ~shapely.covers(layers.boundary, buildings)).sum()),
        cut_buildings=tuple(_cut(buildings, cells).tolist()),
    )


def _cut(buildings: Shapes, cells: Shapes) -> Int64:
    """Rows of the buildings that reach into two cells farther than rounding moves an edge."""
    cell, building = shapely.STRtree(buildings).query(cells, predicate="intersects")
    several = np.bincount(building, minlength=len(buildings))[building] > 1
    cell, building = cell[several], building[several]
    common = shapely.intersection(buildings[building], cells[cell])
    deep = shapely.area(shapely.buffer(common, -2 * GRAIN)) > 0
    return np.flatnonzero(np.bincount(building[deep], minlength=len(buildings)) > 1)
