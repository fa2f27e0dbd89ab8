"""Spread residents over buildings by residential floor area (dasymetric mapping)."""

from dataclasses import dataclass
from datetime import date
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from dizuo.base.buildings import residential_floor_area
from dizuo.base.estimation import Estimation
from dizuo.model.errors import InputError
from dizuo.model.evidence import Evidence
from dizuo.model.text import Text

__all__ = ["Population", "allocate_cells", "allocate_population"]

Floats = NDArray[np.float64]

TOUCHING: Final = 1e-3
"""Points this near to a home (m) lie in it."""


@dataclass(frozen=True, eq=False)
class Population:
    """Residents of each building, and what could not be placed.

    Attributes
    ----------
    residents
        float64, one a building, aligned with the given table and carrying its index.
    note
        Where the total is from, and of which day.
    unplaced
        Rows of the population layer without any home near them, with their residents.
    """

    residents: pd.Series
    note: str
    unplaced: gpd.GeoDataFrame | None = None

    @property
    def evidence(self) -> pd.Series:
        """Mark of each value: always ``estimated``."""
        return pd.Series(Evidence.ESTIMATED.value, index=self.residents.index, dtype="str")


def allocate_population(
    buildings: gpd.GeoDataFrame,
    total: float,
    date: date,
    source: str,
    *,
    estimation: Estimation | None = None,
) -> Population:
    """Give each building its share of the city's residents, by residential floor area.

    Parameters
    ----------
    buildings
        Buildings inside the city, with ``use``, ``levels`` and ``floor_area``.
    total
        Residents of the city.
    date, source
        Day and origin of the total, kept in the note.
    estimation
        Numbers to estimate by; the packaged ones by default.

    Raises
    ------
    InputError
        If the total is negative or not finite, or there is no residential floor area to carry it.
    """
    if not (np.isfinite(total) and total >= 0):
        raise InputError(
            Text(
                f"the total {total} is no number of residents", f"总人口 {total} 不是有效的人口数"
            ),
            field="population.total",
        )
    weight = residential_floor_area(buildings, estimation=estimation)
    if total > 0 and weight.sum() <= 0:
        raise InputError(
            Text(
                "there is no residential floor area to place the residents in",
                "没有可用于分配居民的居住建筑面积",
            ),
            layer="buildings",
            cure=Text(
                "Give buildings with use 'residential' or 'mixed', or a population layer.",
                "请给出用途为 'residential' 或 'mixed' 的建筑，或给出人口图层。",
            ),
        )
    residents = total * weight / weight.sum() if total > 0 else np.zeros(len(buildings))
    note = f"{total:g} residents on {date.isoformat()} ({source}), by residential floor area"
    return Population(pd.Series(residents, index=buildings.index), note)


def allocate_cells(
    buildings: gpd.GeoDataFrame,
    cells: gpd.GeoDataFrame,
    source: str,
    *,
    total: float | None = None,
    reach: float = 0.0,
    estimation: Estimation | None = None,
) -> Population:
    """Give the residents of each cell or point of a population layer to the homes there.

    Parameters
    ----------
    buildings
        Buildings inside the city, with ``use``, ``levels`` and ``floor_area``.
    cells
        Polygons or points with ``residents``, in the CRS of the buildings.
    source
        Where the layer is from.
    total
        Scale the result to this total, if given: a grid of another year keeps its pattern.
    reach
        A point, or a cell without homes in it, gives its residents to the nearest home within this
        distance in metres; farther ones are ``unplaced``.
    estimation
        Numbers to estimate by; the packaged ones by default.

    Notes
    -----
    A building belongs to the cell that holds a point on it; within a cell residents follow
    residential floor area. A point gives all its residents to the home it lies in, or to the
    nearest.
    """
    weight = residential_floor_area(buildings, estimation=estimation)
    homes = np.flatnonzero(weight > 0)
    amount = cells["residents"].to_numpy(dtype=float)
    if (amount < 0).any() or not np.isfinite(amount).all():
        raise InputError(
            Text("residents must be numbers, 0 or more", "居民数应为不小于 0 的数"),
            layer="population_points",
        )
    residents = np.zeros(len(buildings))
    placed = np.zeros(len(cells), dtype=bool)
    outlines = np.asarray(buildings.geometry.array, dtype=object)[homes]
    points = shapely.point_on_surface(outlines)
    shapes = np.asarray(cells.geometry.array, dtype=object)
    home, cell = shapely.STRtree(shapes).query(points, predicate="intersects")
    first = np.unique(home, return_index=True)[1]
    home, cell = homes[home[first]], cell[first]
    in_cell = np.bincount(cell, weights=weight[home], minlength=len(cells))
    placed[cell] = True
    residents[home] += amount[cell] * weight[home] / in_cell[cell]
    _to_nearest(residents, placed, amount, shapes, outlines, homes, reach)
    if total is not None and residents.sum() > 0:
        residents *= total / residents.sum()
    note = f"residents of {source}, within each cell by residential floor area"
    lost = cells[~placed & (amount > 0)]
    return Population(pd.Series(residents, index=buildings.index), note, lost)


def _to_nearest(
    residents: Floats,
    placed: NDArray[np.bool_],
    amount: Floats,
    shapes: NDArray[np.object_],
    outlines: NDArray[np.object_],
    homes: NDArray[np.intp],
    reach: float,
) -> None:
    left = np.flatnonzero(~placed & (amount > 0))
    if not len(left) or not len(homes):
        return
    cell, home = shapely.STRtree(outlines).query_nearest(
        shapes[left], max_distance=max(reach, TOUCHING), all_matches=False
    )
    np.add.at(residents, homes[home], amount[left[cell]])
    placed[left[cell]] = True
