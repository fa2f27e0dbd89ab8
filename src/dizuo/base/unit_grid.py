"""The unit grid (单元网格, GB/T 30428.1): the smallest places that a city is run by.

Cells of about a hectare follow streets, edges of land use and the gaps between buildings. They
tile the city's land, no building is cut, and each has a code of 15 digits that is never given to
another.
"""

from datetime import date
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from dizuo.base.unit_grid_codes import (
    Numbering,
    Register,
    cells_in_reading_order,
    community_codes,
)
from dizuo.base.unit_grid_drawing import DrawnGrid, draw_grid, parts_of_communities
from dizuo.base.unit_grid_lineage import Lineage, compare_grids
from dizuo.base.unit_grid_lines import GridLayers
from dizuo.base.unit_grid_parameters import GridParameters, load_grid_parameters
from dizuo.model.errors import InputError
from dizuo.model.text import Text

if TYPE_CHECKING:
    from dizuo.base.store import Base

__all__ = ["build_unit_grid", "read_grid_layers", "update_unit_grid"]
__systems__ = ("S22.9",)

Int64 = NDArray[np.int64]

_COLUMNS = (
    "id", "code", "status", "community", "area", "valid_from", "valid_to", "origin",
    "predecessors", "successors", "geometry",
)  # fmt: skip


def read_grid_layers(base: "Base", *, barriers: gpd.GeoDataFrame | None = None) -> GridLayers:
    """Take the layers that the unit grid is drawn from out of a city's base.

    Parameters
    ----------
    base
        The base of the city.
    barriers
        Walls, fences, property lines: lines or areas in the CRS of the base, which has no such
        layer of its own.
    """

    def layer(name: str) -> gpd.GeoDataFrame | None:
        return base.layer(name) if name in base.layer_names else None

    boundary = base.layer("boundary")
    return GridLayers(
        boundary=shapely.union_all(np.asarray(boundary.geometry.array, dtype=object)),
        street_edges=base.layer("street_edges"),
        buildings=base.layer("buildings"),
        water=layer("water"),
        land_use=layer("land_use"),
        green=layer("green"),
        barriers=barriers,
        divisions=layer("divisions"),
    )


def build_unit_grid(
    layers: GridLayers,
    *,
    day: date,
    numbering: Numbering | None = None,
    parameters: GridParameters | None = None,
) -> gpd.GeoDataFrame:
    """Draw the unit grid of a city for the first time, and number it.

    Parameters
    ----------
    layers
        What the city's map holds.
    day
        First day that the codes are valid.
    numbering
        Division codes of the city; without them, codes are local (county ``000000``).
    parameters
        Sizes, lines and shares; the packaged ones by default.

    Returns
    -------
    One row for each cell, by code: ``id`` (``unit:<code>``), ``code`` (15 digits), ``status``
    (``valid``), ``community`` (id of the division, ``""`` without any), ``area`` (m²),
    ``valid_from``, ``valid_to`` (dates), ``origin``, ``predecessors``, ``successors`` (codes,
    separated by blanks), geometry (polygons that tile the boundary, on a grid of a millimetre).

    Raises
    ------
    InputError
        If an official community has more than 999 cells, or a code is not well formed.
    """
    parameters = parameters or load_grid_parameters()
    numbering = numbering or Numbering()
    drawn = draw_grid(layers, parameters)
    codes = _first_codes(drawn, numbering, parameters)
    return _table(drawn, codes, day).sort_values("code").reset_index(drop=True)


def update_unit_grid(
    previous: gpd.GeoDataFrame,
    layers: GridLayers,
    *,
    day: date,
    numbering: Numbering | None = None,
    parameters: GridParameters | None = None,
) -> gpd.GeoDataFrame:
    """Draw the unit grid again after the map changed, and keep the codes of cells that stay.

    Earlier cells are redrawn only where they must: they have become too small, an important new
    street divides them, or a building stands over their edge, which moves aside.
    A cell that is the same by the share of common ground keeps its code, whatever its outline now
    is. The others are retired, with the codes that they became; new cells get numbers above the
    highest ever used in their community, with the codes that they came from.

    Parameters
    ----------
    previous
        The grid as `build_unit_grid` or this function returned it, retired cells included.
    layers, numbering, parameters
        As for `build_unit_grid`.
    day
        First day of the new codes, and first day on which retired ones no longer hold.

    Returns
    -------
    As `build_unit_grid`, valid and retired cells; only the valid ones tile the boundary.

    Raises
    ------
    InputError
        If the grids are in different coordinate systems, or a community has no numbers left.
    """
    parameters = parameters or load_grid_parameters()
    numbering = numbering or Numbering()
    if previous.crs != layers.street_edges.crs:
        raise InputError(
            Text(
                "the earlier grid is in another coordinate system than the base",
                "原网格与底座的坐标系不同",
            ),
            layer="unit_grid",
            cure=Text(
                "Transform it, or take the base that it was drawn from.",
                "请转换坐标，或使用绘制该网格时的底座。",
            ),
        )
    valid = previous[previous["status"] == "valid"].reset_index(drop=True)
    if not len(valid):
        raise InputError(
            Text("the earlier grid has no valid cell", "原网格没有有效单元"),
            layer="unit_grid",
            cure=Text("Build it anew.", "请重新划分。"),
        )
    cells = np.asarray(valid.geometry.array, dtype=object)
    drawn = draw_grid(layers, parameters, cells)
    return _succeed(previous, valid, drawn, day, numbering, parameters)


def _first_codes(drawn: DrawnGrid, numbering: Numbering, parameters: GridParameters) -> list[str]:
    """Give numbers to the cells of each community, in reading order."""
    register = Register([], parameters)
    rules = parameters.numbers["codes"]
    if numbering.is_local:
        part = _local_parts(drawn, register.most, parameters)
        communities = _local_communities(drawn, part, numbering, parameters)
        twelve = [communities[number] for number in part]
    else:
        official = _official_communities(drawn, numbering, parameters)
        twelve = [official[number] for number in drawn.community]
    codes = [""] * len(drawn.cells)
    for cell in cells_in_reading_order(drawn.cells, float(rules["row"])):
        codes[cell] = register.give(twelve[cell])
    return codes


def _local_parts(drawn: DrawnGrid, most: int, parameters: GridParameters) -> Int64:
    """Divide communities of local numbers only where one has more cells than numbers."""
    fill = int(parameters.numbers["codes"]["fill"])
    has_communities = len(drawn.communities) > 0
    too_many = np.bincount(drawn.community).max() > (most if has_communities else fill)
    if too_many:
        return parts_of_communities(drawn, fill, parameters)
    return np.unique(drawn.community, return_inverse=True)[1].astype(np.int64)


def _local_communities(
    drawn: DrawnGrid, part: Int64, numbering: Numbering, parameters: GridParameters
) -> list[str]:
    """Code each part; a part counts as a community of the district of its community."""
    owner = np.zeros(int(part.max()) + 1, np.int64)
    owner[part] = drawn.community
    towns = drawn.communities["town"].tolist() or [""]
    table = pd.DataFrame(
        {
            "id": [f"{number:06d}" for number in range(len(owner))],
            "town": [towns[number] for number in owner],
        }
    )
    return community_codes(table, numbering, parameters)


def _official_communities(
    drawn: DrawnGrid, numbering: Numbering, parameters: GridParameters
) -> list[str]:
    if len(drawn.communities):
        return community_codes(drawn.communities, numbering, parameters)
    if len(numbering.prefix) == 12:
        return [numbering.prefix]
    raise InputError(
        Text(
            "division codes are given, but the base has no communities",
            "给出了区划代码，但底座中没有社区",
        ),
        layer="divisions",
        cure=Text(
            "Give the communities as the layer divisions, or leave the codes out.",
            "请以 divisions 图层提供社区，或不给区划代码。",
        ),
    )


def _table(drawn: DrawnGrid, codes: list[str], day: date) -> gpd.GeoDataFrame:
    """Set the cells out as rows that came from nothing."""
    ids = drawn.communities["id"].tolist() or [""]
    return gpd.GeoDataFrame(
        {
            "id": [f"unit:{code}" for code in codes],
            "code": codes,
            "status": "valid",
            "community": [ids[number] for number in drawn.community],
            "area": np.round(shapely.area(drawn.cells), 3),
            "valid_from": day.isoformat(),
            "valid_to": "",
            "origin": "new",
            "predecessors": "",
            "successors": "",
        },
        geometry=drawn.cells,
        crs=drawn.communities.crs,
    )[list(_COLUMNS)]


def _succeed(
    previous: gpd.GeoDataFrame,
    valid: gpd.GeoDataFrame,
    drawn: DrawnGrid,
    day: date,
    numbering: Numbering,
    parameters: GridParameters,
) -> gpd.GeoDataFrame:
    """Let drawn cells succeed the valid ones of an earlier grid."""
    before = np.asarray(valid.geometry.array, dtype=object)
    lineage = compare_grids(before, drawn.cells, parameters)
    old_codes = valid["code"].tolist()
    twelve = _current_communities(drawn, lineage, old_codes, numbering, parameters)
    stays = lineage.kept >= 0
    for cell in np.flatnonzero(stays):
        stays[cell] = old_codes[lineage.kept[cell]].startswith(twelve[cell])
    register = Register(previous["code"].tolist(), parameters)
    give = register.give_local if numbering.is_local else register.give
    codes = [""] * len(drawn.cells)
    for cell in cells_in_reading_order(drawn.cells, float(parameters.numbers["codes"]["row"])):
        codes[cell] = old_codes[lineage.kept[cell]] if stays[cell] else give(twelve[cell])
    now = _table(drawn, codes, day)
    for column in ("valid_from", "origin", "predecessors"):
        known = valid[column].to_numpy(dtype=object)
        now.loc[stays, column] = known[lineage.kept[stays]]
    _note_predecessors(now, lineage, stays, old_codes)
    retired = np.ones(len(valid), bool)
    retired[lineage.kept[stays]] = False
    then = _retire(valid, retired, lineage, codes, day)
    long_gone = previous[previous["status"] != "valid"]
    parts = [part for part in (now, then, long_gone[list(_COLUMNS)]) if len(part)]
    table = gpd.GeoDataFrame(pd.concat(parts, ignore_index=True), crs=previous.crs)
    return table.sort_values("code").reset_index(drop=True)


def _current_communities(
    drawn: DrawnGrid,
    lineage: Lineage,
    old_codes: list[str],
    numbering: Numbering,
    parameters: GridParameters,
) -> list[str]:
    """Return the community's code for each cell; local ones are those of the ground before."""
    if numbering.is_local:
        return [old_codes[number][:12] for number in lineage.nearest]
    official = _official_communities(drawn, numbering, parameters)
    return [official[number] for number in drawn.community]


def _note_predecessors(
    now: gpd.GeoDataFrame, lineage: Lineage, stays: NDArray[np.bool_], old_codes: list[str]
) -> None:
    for cell in np.flatnonzero(~stays):
        parents = sorted(old_codes[number] for number in lineage.old[lineage.new == cell])
        now.loc[cell, "predecessors"] = " ".join(parents)
        now.loc[cell, "origin"] = lineage.origin(int(cell))


def _retire(
    valid: gpd.GeoDataFrame,
    retired: NDArray[np.bool_],
    lineage: Lineage,
    codes: list[str],
    day: date,
) -> gpd.GeoDataFrame:
    then = valid[retired].copy()
    then["status"] = "retired"
    then["valid_to"] = day.isoformat()
    then["successors"] = [
        " ".join(sorted(codes[cell] for cell in lineage.new[lineage.old == number]))
        for number in np.flatnonzero(retired)
    ]
    return then[list(_COLUMNS)]
