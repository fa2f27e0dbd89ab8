"""Fill what a source does not tell of its buildings: levels, height, floor area, dwellings.

Works on buildings of any source. What a source tells stays and is ``measured``; what is filled is
``estimated``, by the numbers of ``estimation.toml``.
"""

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dizuo.base.estimation import Estimation, load_estimation
from dizuo.model.evidence import Evidence

__all__ = ["estimate_buildings", "residential_floor_area"]

Floats = NDArray[np.float64]


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
    Levels: from the height divided by the storey height; else the footprint-weighted median of the
    city's measured buildings of the same kind, else of the same use, if there are enough of them;
    else the documented default. Floor area is footprint x levels unless parts or the source tell
    it. Dwellings are the residential floor area divided by the gross floor area of a dwelling;
    single houses have one.
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
    levels = _fill_levels(levels, use, kind, footprint, estimation)
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
    use: NDArray[np.object_],
    kind: NDArray[np.object_],
    footprint: Floats,
    estimation: Estimation,
) -> Floats:
    filled = levels.copy()
    single = estimation.numbers["levels"]["single"]
    for value in np.unique(kind[np.isnan(filled)]):
        if value in single:
            filled[(kind == value) & np.isnan(filled)] = float(single[value])
    least = int(estimation.numbers["levels"]["least_sample"])
    for group in (kind, use):
        missing = np.isnan(filled)
        for value in np.unique(group[missing]):
            member = group == value
            sample = member & ~np.isnan(levels)
            if value != "yes" and sample.sum() >= least:
                filled[member & missing] = _weighted_median(levels[sample], footprint[sample])
    missing = np.isnan(filled)
    filled[missing] = [estimation.default_levels(each) for each in use[missing]]
    return filled


def _weighted_median(values: Floats, weights: Floats) -> float:
    order = np.argsort(values, kind="stable")
    reached = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(reached, reached[-1] / 2)])


def _estimate_dwellings(
    buildings: pd.DataFrame, kind: NDArray[np.object_], estimation: Estimation
) -> Floats:
    rules = estimation.numbers["dwellings"]
    area = residential_floor_area(buildings, estimation=estimation)
    count = np.maximum(np.rint(area / float(rules["gross_floor_area"])), 1)
    count[np.isin(kind, rules["single"])] = 1
    return np.where(area > 0, count, 0.0)
