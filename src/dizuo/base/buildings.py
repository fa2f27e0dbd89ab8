"""Fill what a source does not tell of its buildings: levels, height, floor area, dwellings.

Works on buildings of any source. What a source tells stays and is ``measured``; what is filled is
``estimated``, by the numbers of ``estimation.toml``.
"""

from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from dizuo.base.estimation import Estimation, load_estimation
from dizuo.model.evidence import Evidence

__all__ = ["estimate_buildings", "residential_floor_area"]
__systems__ = ("S5.1",)  # the register of buildings

Floats = NDArray[np.float64]
Texts = NDArray[np.object_]
Mask = NDArray[np.bool_]


def estimate_buildings(
    buildings: gpd.GeoDataFrame, *, estimation: Estimation | None = None
) -> gpd.GeoDataFrame:
    """Complete the layer ``buildings``, residents excepted.

    Parameters
    ----------
    buildings
        Columns ``id``, ``use`` and geometry in metres; optional ``kind`` (a finer kind within the
        use), ``levels``, ``height``, ``floor_area``, ``part_floor_area``, ``dwellings``: NaN
        where no source tells them.
    estimation
        Numbers to estimate by; the packaged ones by default.

    Returns
    -------
    The same rows with ``levels``, ``height`` (m), ``footprint_area``, ``floor_area`` (m²) and
    ``dwellings``, each with its ``_evidence``.

    Notes
    -----
    Levels: from the height divided by the storey height; else what the tag implies (a garage has
    one); else the footprint-weighted median of the nearest measured buildings of the same kind
    and a like size, else of the same use; else that of the whole city; else the documented default.
    Floor area is footprint x levels unless parts or the source tell it. Dwellings are the
    residential floor area divided by the gross floor area of a dwelling; single houses have one.
    """
    estimation = estimation or load_estimation()
    result = buildings.copy()
    use = result["use"].to_numpy(dtype=object)
    kind = _column(result, "kind", use)
    footprint = result.geometry.area.to_numpy()
    storey = np.array([estimation.storey_height(each) for each in use], dtype=float)
    told_levels, told_height = _numbers(result, "levels"), _numbers(result, "height")
    from_height = np.maximum(np.rint(told_height / storey), 1)
    levels = np.where(np.isnan(told_levels), from_height, told_levels)
    middle = shapely.centroid(np.asarray(result.geometry.array, dtype=object))
    doubling = float(estimation.numbers["levels"]["doubling"])
    size = doubling * np.log2(np.maximum(footprint, 1.0))
    points = np.column_stack([shapely.get_x(middle), shapely.get_y(middle), size])
    levels = _fill_levels(levels, use, kind, footprint, points, estimation)
    height = np.where(np.isnan(told_height), levels * storey, told_height)
    told_area = _numbers(result, "floor_area")
    told_area = np.where(np.isnan(told_area), _numbers(result, "part_floor_area"), told_area)
    floor_area = np.where(np.isnan(told_area), footprint * levels, told_area)
    result["levels"], result["levels_evidence"] = levels, _marks(told_levels)
    result["height"], result["height_evidence"] = height, _marks(told_height)
    result["footprint_area"] = footprint
    result["floor_area"] = floor_area
    # A footprint times counted levels is a measurement.
    known = np.where(np.isnan(told_area), told_levels, told_area)
    result["floor_area_evidence"] = _marks(known)
    told_dwellings = _numbers(result, "dwellings")
    dwellings = _estimate_dwellings(result, kind, estimation)
    result["dwellings"] = np.where(np.isnan(told_dwellings), dwellings, told_dwellings)
    result["dwellings_evidence"] = _marks(told_dwellings)
    return result.drop(columns=["kind", "part_floor_area"], errors="ignore")


def residential_floor_area(
    buildings: pd.DataFrame, *, estimation: Estimation | None = None
) -> Floats:
    """Floor area of homes in each building, m².

    All of a residential building, and all but the ground floor of a mixed one (of one level: the
    documented share); 0 for every other use.
    """
    estimation = estimation or load_estimation()
    levels = np.maximum(buildings["levels"].to_numpy(dtype=float), 1)
    single = float(estimation.numbers["residential"]["single_level_share"])
    upper = np.where(levels > 1, (levels - 1) / levels, single)
    share = np.select(
        [buildings["use"] == "residential", buildings["use"] == "mixed"], [1.0, upper], 0.0
    )
    area: Floats = buildings["floor_area"].to_numpy(dtype=float) * share
    return area


def _numbers(frame: pd.DataFrame, name: str) -> Floats:
    if name not in frame.columns:
        return np.full(len(frame), np.nan)
    values: Floats = frame[name].to_numpy(dtype=float)
    return values


def _column(frame: pd.DataFrame, name: str, default: NDArray[np.object_]) -> NDArray[np.object_]:
    return frame[name].to_numpy(dtype=object) if name in frame.columns else default


def _marks(told: Floats) -> NDArray[np.object_]:
    return np.where(np.isnan(told), Evidence.ESTIMATED.value, Evidence.MEASURED.value).astype(
        object
    )


def _fill_levels(
    levels: Floats,
    use: Texts,
    kind: Texts,
    footprint: Floats,
    points: Floats,
    estimation: Estimation,
) -> Floats:
    """Fill unknown levels: by definition, by neighbours, by the city, by default."""
    filled = levels.copy()
    rules = estimation.numbers["levels"]
    for value, number in rules["single"].items():
        filled[(kind == value) & np.isnan(filled)] = float(number)
    known = ~np.isnan(levels)
    homes = np.where(np.isin(use, ["residential", "mixed"]), "homes", use).astype(str)
    # Untold buildings differ from told ones: they are compared with each other first.
    told_kind = np.char.add(np.char.add(kind.astype(str), " "), homes)
    for fill in (_of_neighbours, _of_city):
        for group in (told_kind, homes):
            for value in np.unique(group[np.isnan(filled)]):
                asked, sample = (group == value) & np.isnan(filled), (group == value) & known
                if sample.sum() >= rules["least_neighbours"]:
                    filled[asked] = fill(levels, footprint, points, sample, asked, rules)
    missing = np.isnan(filled)
    filled[missing] = [estimation.default_levels(each) for each in use[missing]]
    return filled


def _of_neighbours(
    levels: Floats,
    footprint: Floats,
    points: Floats,
    sample: Mask,
    asked: Mask,
    rules: Mapping[str, Any],
) -> Floats:
    """Median levels of the nearest measured buildings, NaN where too few are near."""
    count = min(int(rules["neighbours"]), int(sample.sum()))
    near, row = cKDTree(points[sample]).query(
        points[asked], k=count, distance_upper_bound=float(rules["reach"])
    )
    near, row = near.reshape(-1, count), row.reshape(-1, count)
    found = np.isfinite(near)
    row = np.where(found, row, 0)
    weight = np.where(found, footprint[sample][row], 0.0)
    medians = _weighted_medians(levels[sample][row], weight)
    return np.where(found.sum(axis=1) >= int(rules["least_neighbours"]), medians, np.nan)


def _of_city(
    levels: Floats,
    footprint: Floats,
    _points: Floats,
    sample: Mask,
    asked: Mask,
    rules: Mapping[str, Any],
) -> Floats:
    """Median levels of the city's measured buildings, NaN if they are too few."""
    if sample.sum() < int(rules["least_sample"]):
        return np.full(int(asked.sum()), np.nan)
    median = _weighted_medians(levels[sample][None], footprint[sample][None])
    return np.repeat(median, int(asked.sum()))


def _weighted_medians(values: Floats, weights: Floats) -> Floats:
    """Return for each row the smallest value up to which half of the weight lies."""
    order = np.argsort(values, axis=1, kind="stable")
    reached = np.cumsum(np.take_along_axis(weights, order, axis=1), axis=1)
    first = (reached >= reached[:, -1:] / 2).argmax(axis=1)
    column = np.take_along_axis(order, first[:, None], axis=1)
    medians: Floats = np.take_along_axis(values, column, axis=1)[:, 0]
    return medians


def _estimate_dwellings(
    buildings: pd.DataFrame, kind: NDArray[np.object_], estimation: Estimation
) -> Floats:
    rules = estimation.numbers["dwellings"]
    area = residential_floor_area(buildings, estimation=estimation)
    count = np.maximum(np.rint(area / float(rules["gross_floor_area"])), 1)
    count[np.isin(kind, rules["single"])] = 1
    return np.where(area > 0, count, 0.0)
