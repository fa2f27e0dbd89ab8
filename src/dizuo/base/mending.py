"""Geometry as it arrives, made fit for a layer: mended where that is safe, else rejected."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from dizuo.base.rejects import join_rejects, rejected_rows

__all__ = ["Mended", "drop_duplicates", "drop_repeated_ids", "mend_geometry"]

_POLYGON: Final = 3
_COLLECTION: Final = 7
_FAMILY: Final[Mapping[str, int]] = {
    "Point": 0,
    "MultiPoint": 0,
    "LineString": 1,
    "MultiLineString": 1,
    "Polygon": 2,
    "MultiPolygon": 2,
}


@dataclass(frozen=True, eq=False)
class Mended:
    """Rows fit for a layer, the rejected ones, and what mending changed.

    ``faults`` counts mended rows by fault; ``area_change`` is the sum of absolute changes, m².
    """

    frame: gpd.GeoDataFrame
    rejects: pd.DataFrame
    faults: Mapping[str, int] = field(default_factory=dict)
    area_change: float = 0.0


def mend_geometry(frame: gpd.GeoDataFrame, geometries: Sequence[str]) -> Mended:
    """Mend or reject rows by their geometry.

    Areas that cross themselves are rebuilt from their rings; only their polygons are kept. Heights
    are dropped. Where a layer takes points only, an area or a line gives a point on it. A
    collection gives its parts of the highest dimension that the layer takes.

    Parameters
    ----------
    frame
        Rows in a metric system, with ``row`` and ``id`` where known.
    geometries
        Geometry types that the layer takes.
    """
    values = shapely.force_2d(frame.geometry.to_numpy())
    absent = shapely.is_missing(values) | shapely.is_empty(values)
    broken = ~absent & _holds_no_number(values)
    usable = ~absent & ~broken
    invalid = usable & ~shapely.is_valid(values)
    faults = _faults(values, invalid)
    before = shapely.area(values)
    values[invalid] = _made_valid(values[invalid])
    values[usable] = _fitted(values[usable], geometries)
    unfit = usable & (shapely.is_missing(values) | shapely.is_empty(values))
    collapsed, wrong_type = unfit & invalid, unfit & ~invalid
    tables = [
        rejected_rows(
            frame, absent, reason="there is no geometry", field="geometry", cure="Draw the feature."
        ),
        rejected_rows(
            frame,
            broken,
            reason="a coordinate is not a number",
            field="geometry",
            cure="Correct the coordinate.",
        ),
        rejected_rows(
            frame,
            collapsed,
            reason="the shape cannot be mended: nothing is left of it",
            field="geometry",
            cure="Draw the outline again.",
        ),
        rejected_rows(
            frame,
            wrong_type,
            reason=f"the layer takes only {', '.join(geometries)}",
            field="geometry",
            cure="Draw the feature as that, or choose another layer.",
        ),
    ]
    kept = usable & ~unfit
    mended = invalid & kept
    result = frame[kept].set_geometry(
        gpd.GeoSeries(values[kept], index=frame.index[kept], crs=frame.crs)
    )
    return Mended(
        frame=result,
        rejects=join_rejects(tables),
        faults=faults[mended].value_counts().to_dict(),
        area_change=float(np.abs(shapely.area(values[mended]) - before[mended]).sum()),
    )


def _holds_no_number(values: NDArray[np.object_]) -> NDArray[np.bool_]:
    """Say which shapes have a coordinate that is NaN or infinite."""
    coordinates, shape = shapely.get_coordinates(values, return_index=True)
    wrong = np.zeros(len(values), dtype=bool)
    wrong[shape[~np.isfinite(coordinates).all(axis=1)]] = True
    return wrong


def _made_valid(values: NDArray[np.object_]) -> NDArray[np.object_]:
    """Rebuild shapes from their rings; where that leaves a fault, from their lines.

    GEOS's first way keeps the meaning of holes, but fails on some rings that touch themselves.
    """
    rebuilt = shapely.make_valid(values, method="structure", keep_collapsed=False)
    still = ~shapely.is_valid(rebuilt)
    rebuilt[still] = shapely.make_valid(values[still], method="linework")
    return np.asarray(rebuilt, dtype=object)


def _faults(values: NDArray[np.object_], invalid: NDArray[np.bool_]) -> pd.Series:
    """Return the kind of each fault, without the place that GEOS adds in brackets."""
    faults = pd.Series("", index=range(len(values)), dtype="str")
    texts = pd.Series(shapely.is_valid_reason(values[invalid]), dtype="str")
    faults[invalid] = texts.str.split("[").str[0].str.strip().to_numpy()
    return faults


def _fitted(values: NDArray[np.object_], geometries: Sequence[str]) -> NDArray[np.object_]:
    """Return each geometry as a type that the layer takes, or None."""
    families = {_FAMILY[name] for name in geometries}
    fitted = values.copy()
    for index in np.flatnonzero(shapely.get_type_id(values) == _COLLECTION):
        fitted[index] = _largest_part(values[index], families)
    alone = (shapely.get_num_geometries(fitted) == 1) & (shapely.get_type_id(fitted) > _POLYGON)
    fitted[alone] = shapely.get_geometry(fitted[alone], 0)
    names = pd.Series(fitted).map(lambda shape: None if shape is None else shape.geom_type)
    taken = names.isin(list(geometries)).to_numpy()
    if families == {0}:
        known = ~taken & ~shapely.is_missing(fitted)
        fitted[known] = shapely.point_on_surface(fitted[known])
    else:
        fitted[~taken] = None
    return fitted


def _largest_part(
    collection: shapely.GeometryCollection, families: set[int]
) -> BaseGeometry | None:
    parts = shapely.get_parts(shapely.get_parts([collection]))
    dimensions = shapely.get_dimensions(parts)
    for family in sorted(families or {0}, reverse=True):
        chosen = parts[dimensions == family]
        if len(chosen):
            return shapely.union_all(chosen)
    return None


def drop_duplicates(
    frame: gpd.GeoDataFrame, *, same: Sequence[str] = ()
) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """Keep the first of rows with one id, and the first of rows with one geometry.

    Parameters
    ----------
    frame
        Rows with ``id``.
    same
        Columns that must agree too before equal geometry counts as a duplicate: ``category``.

    Returns
    -------
    tuple
        The rows kept, and the rejects.
    """
    unique, by_id = drop_repeated_ids(frame)
    shapes = shapely.to_wkb(shapely.normalize(unique.geometry.to_numpy()))
    keys = pd.DataFrame({"shape": shapes}, index=unique.index).join(unique[list(same)])
    by_shape = keys.duplicated().to_numpy()
    repeated = rejected_rows(
        unique,
        by_shape,
        reason="the same feature is there already, at the same place",
        field="geometry",
        cure="Remove one of the two.",
    )
    return unique[~by_shape], join_rejects([by_id, repeated])


def drop_repeated_ids(frame: gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """Keep the first of rows with one id; return the rows kept, and the rejects."""
    repeated = frame["id"].duplicated().to_numpy()
    rejects = rejected_rows(
        frame,
        repeated,
        reason="the id is there already",
        field="id",
        cure="Give every row its own id, or remove the second one.",
    )
    return frame[~repeated], rejects
