"""Draw the cells of a city, and where it has no communities of its own, groups of cells."""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from dizuo.base.unit_grid_cells import draw_outlines, form_cells
from dizuo.base.unit_grid_lines import GridLayers, gather_lines, in_place_order
from dizuo.base.unit_grid_parameters import GridParameters
from dizuo.base.unit_grid_pieces import GRAIN, PieceMap, cut_pieces, join_overlapping
from dizuo.engines.partition.bisection import Pieces, divide

__all__ = ["DrawnGrid", "draw_grid", "parts_of_communities"]

Shapes = NDArray[np.object_]
Int64 = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class DrawnGrid:
    """Cells before they are numbered.

    Attributes
    ----------
    cells
        Polygons that tile the city.
    community
        Row of ``communities`` that each cell lies in; 0 where the city has none.
    communities
        ``id``, ``town`` and geometry of the city's communities, by id; may be empty.
    pieces
        The pieces of ground that cells are made of.
    cell
        Cell of each piece.
    """

    cells: Shapes
    community: Int64
    communities: gpd.GeoDataFrame
    pieces: PieceMap
    cell: Int64


def draw_grid(
    layers: GridLayers, parameters: GridParameters, earlier: Shapes | None = None
) -> DrawnGrid:
    """Draw the cells of a city.

    Parameters
    ----------
    layers
        What the city's map holds.
    parameters
        Sizes, lines and shares.
    earlier
        Cells to be kept as far as the map allows.
    """
    boundary = shapely.set_precision(layers.boundary, GRAIN)
    communities = _communities(layers)
    outlines = np.asarray(communities.geometry.array, dtype=object)
    before = np.empty(0, dtype=object) if earlier is None else earlier
    lines = gather_lines(layers, boundary, outlines, parameters)
    buildings = np.asarray(layers.buildings.geometry.array, dtype=object)
    shapely.prepare(boundary)
    buildings = join_overlapping(buildings[shapely.intersects(boundary, buildings)])
    buildings = buildings[in_place_order(buildings)]
    pieces = cut_pieces(boundary, lines, outlines, buildings, before, parameters)
    cell = form_cells(pieces, parameters)
    community = np.zeros(int(cell.max()) + 1, np.int64)
    community[cell] = pieces.community
    return DrawnGrid(draw_outlines(pieces, cell), community, communities, pieces, cell)


def parts_of_communities(drawn: DrawnGrid, most: int, parameters: GridParameters) -> Int64:
    """Divide communities of more cells than there are numbers, along the most important streets.

    Parameters
    ----------
    drawn
        The grid.
    most
        Cells of a part at most.
    parameters
        Costs of cuts.

    Returns
    -------
    int64
        Part of each cell, from 0: numbered by community, then from north to south.
    """
    pieces, cell = drawn.pieces, drawn.cell
    first, second = cell[pieces.first], cell[pieces.second]
    between = first != second
    low, high = np.minimum(first, second)[between], np.maximum(first, second)[between]
    pairs, which = np.unique(np.column_stack([low, high]), axis=0, return_inverse=True)
    cost = (pieces.metres * parameters.cut[pieces.line_class])[between]
    weight = np.bincount(which.ravel(), cost, minlength=len(pairs)).astype(np.float64)
    count = len(drawn.cells)
    centre = shapely.get_coordinates(shapely.centroid(drawn.cells))
    same = drawn.community[pairs[:, 0]] == drawn.community[pairs[:, 1]]
    large = np.bincount(drawn.community)[drawn.community] > most
    joined = coo_array(
        (np.ones(int(same.sum()), bool), (pairs[same, 0], pairs[same, 1])), shape=(count, count)
    )
    pieces_of = connected_components(joined, directed=False)[1].astype(np.int64)
    group = np.where(large, pieces_of + drawn.community.max() + 1, drawn.community)
    dividing = parameters.numbers["dividing"]
    divided = divide(
        Pieces(np.ones(count), centre[:, 0], centre[:, 1], pairs[:, 0], pairs[:, 1], weight),
        np.unique(group, return_inverse=True)[1].astype(np.int64),
        target=0.75 * most,
        most=float(most),
        least_part=float(dividing["least_part"]),
        directions=int(dividing["directions"]),
        crooked=float(dividing["crooked"]),
    )
    north = np.full(int(divided.max()) + 1, -np.inf)
    np.maximum.at(north, divided, centre[:, 1])
    owner = np.zeros(len(north), np.int64)
    owner[divided] = drawn.community
    rank = np.empty(len(north), np.int64)
    used = np.isfinite(north)
    order = np.lexsort((-north, owner))
    rank[order] = np.cumsum(used[order]) - 1
    return rank[divided]


def _communities(layers: GridLayers) -> gpd.GeoDataFrame:
    """Communities by id, with the district that most of each lies in."""
    crs = layers.street_edges.crs
    divisions = layers.divisions
    if divisions is None or not (divisions["kind"] == "community").any():
        return gpd.GeoDataFrame({"id": [], "town": []}, geometry=[], crs=crs)
    own = divisions[divisions["kind"] == "community"].sort_values("id").reset_index(drop=True)
    shapes = np.asarray(own.geometry.array, dtype=object)
    own = own[shapely.intersects(layers.boundary, shapes)].reset_index(drop=True)
    shapes = np.asarray(own.geometry.array, dtype=object)
    districts = divisions[divisions["kind"] == "district"].sort_values("id")
    town = np.full(len(own), "", dtype=object)
    if len(districts):
        others = np.asarray(districts.geometry.array, dtype=object)
        common = shapely.area(shapely.intersection(shapes[:, None], others[None, :]))
        best = common.argmax(axis=1)
        within = common.max(axis=1) > 0
        town[within] = districts["id"].to_numpy(dtype=object)[best[within]]
    return gpd.GeoDataFrame({"id": own["id"].astype(str), "town": town}, geometry=shapes, crs=crs)
