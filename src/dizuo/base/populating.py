"""Residents of buildings, from every way in which a city may tell them."""

from collections.abc import Sequence
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from dizuo.base.config import PopulationSettings, SourceSettings
from dizuo.base.population import allocate_cells, allocate_population
from dizuo.base.rejects import join_rejects, rejected_rows
from dizuo.base.user_layers import UserRows
from dizuo.model.errors import InputError
from dizuo.model.evidence import Evidence
from dizuo.model.text import Text

__all__ = ["populated"]

REACH_OF_POINTS: Final = 200.0
"""A population point or cell without homes gives its residents to homes within this distance, m."""


def populated(
    buildings: gpd.GeoDataFrame,
    outline: BaseGeometry,
    population: PopulationSettings | None,
    cells: Sequence[tuple[SourceSettings, UserRows]],
) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """Give the buildings inside the city their residents.

    What a building's own source tells stays. The rest of the total, or the population layers scaled
    to it, is spread over the other buildings by residential floor area. Residents of buildings
    outside the city, and of all where nothing tells a population, are missing.

    Returns
    -------
    tuple
        Buildings with ``residents`` and ``residents_evidence``, and the population rows that could
        not be placed.

    Raises
    ------
    InputError
        If buildings tell more residents than the city has, or no home can carry the rest.
    """
    result = buildings.copy()
    told = (
        pd.to_numeric(result["residents"]).astype("float64")
        if "residents" in result.columns
        else pd.Series(np.nan, index=result.index)
    )
    evidence = np.where(told.notna(), str(Evidence.MEASURED), str(Evidence.MISSING))
    if "use_evidence" in result.columns:
        result["use_evidence"] = result["use_evidence"].fillna(str(Evidence.MISSING))
    result["residents"], result["residents_evidence"] = told, evidence
    points = shapely.point_on_surface(result.geometry.to_numpy())
    shapely.prepare(outline)
    inside = shapely.contains(outline, points)
    open_rows = result[inside & told.isna().to_numpy()]
    rest = _rest(told[inside], population)
    if len(open_rows) == 0:
        return result, join_rejects([])
    unplaced: list[pd.DataFrame] = []
    if cells:
        share = pd.Series(0.0, index=open_rows.index)
        for source, rows in cells:
            spread = allocate_cells(open_rows, rows.frame, source.id, reach=REACH_OF_POINTS)
            share += spread.residents
            unplaced.append(_unplaced(spread.unplaced, source))
        if rest is not None and share.sum() > 0:
            share *= rest / share.sum()
    elif population is not None and rest is not None:
        spread = allocate_population(open_rows, rest, population.date, population.source)
        share = spread.residents
    else:
        return result, join_rejects([])
    result.loc[open_rows.index, "residents"] = share
    result.loc[open_rows.index, "residents_evidence"] = str(Evidence.ESTIMATED)
    return result, join_rejects(unplaced)


def _rest(told: pd.Series, population: PopulationSettings | None) -> float | None:
    if population is None:
        return None
    rest = population.total - float(told.sum())
    if rest < 0:
        raise InputError(
            Text(
                f"buildings tell {told.sum():g} residents, the city has {population.total:g}",
                f"建筑所载居民共 {told.sum():g} 人，城市总人口为 {population.total:g} 人",
            ),
            field="population.total",
            cure=Text(
                "Make both of the same day, or leave one of them out.",
                "请统一为同一日期的数据，或只保留其一。",
            ),
        )
    return rest


def _unplaced(frame: gpd.GeoDataFrame | None, source: SourceSettings) -> pd.DataFrame:
    if frame is None:
        return join_rejects([])
    return rejected_rows(
        frame.assign(source=source.id),
        [True] * len(frame),
        reason=f"no home within {REACH_OF_POINTS:g} m can take these residents",
        field="residents",
        cure="Check its position, and the use of the buildings there.",
    )
