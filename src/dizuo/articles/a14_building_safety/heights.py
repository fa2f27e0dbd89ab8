"""Tall buildings against the limits on height."""

import numpy as np

from dizuo.articles.registry import indicator
from dizuo.model.evidence import Evidence
from dizuo.model.rule import Rule
from dizuo.model.values import Result, Values
from dizuo.resources.buildings import Buildings, Homes

__all__: list[str] = []


def above(buildings: Buildings, over: np.ndarray, limit: str = "") -> Values:
    """Number of buildings that a limit is too low for; each is evidence of its own.

    ``limit`` names the rule, where it was picked among several.
    """
    measured = (
        not np.isfinite(buildings.height[over]).any() or buildings.levels_measured[over].all()
    )
    return Values(
        buildings.support,
        over.astype(np.float64),
        reduction="sum",
        evidence=Evidence.MEASURED if measured else Evidence.ESTIMATED,
        failing=over,
        affected=buildings.residents,
        limit=limit,
    )


@indicator(
    id="14.too_tall_housing",
    systems=("S14.5", "S8.2"),
    unit="buildings",
    better="lower",
    en="Residential buildings above the height limit",
    zh="超过高度上限的住宅建筑数量",
    definition_zh="高度超过规定上限的住宅建筑数量。高度缺失时按层数估算。",
    formula="Σ residential buildings[height > rule]",
    source="GB 50180-2018",
    rules={"limit": "gb50180.residential_height"},
)
def too_tall_housing(buildings: Buildings, limit: Rule) -> Result:
    """Number of residential buildings taller than the limit for housing.

    Height as mapped, else levels times a storey.
    """
    lived_in = np.isin(buildings.use, ("residential", "mixed"))
    return above(buildings, lived_in & (buildings.height > limit.value))


@indicator(
    id="14.super_tall_buildings",
    systems=("S14.5",),
    unit="buildings",
    better="none",
    en="Super-tall buildings",
    zh="超高层建筑数量",
    definition_zh="高度超过超高层界限的建筑数量。",
    formula="Σ buildings[height > rule]",
    source="super-tall building notices 2020–2021",
    rules={"limit": "super_tall_buildings.super_tall_height"},
)
def super_tall_buildings(buildings: Buildings, limit: Rule) -> Result:
    """Number of buildings taller than the height from which a building is super-tall."""
    return above(buildings, buildings.height > limit.value)


@indicator(
    id="14.strictly_limited_heights",
    systems=("S14.5",),
    unit="buildings",
    better="lower",
    en="Buildings above the height that is strictly limited",
    zh="超过严格限制高度的建筑数量",
    definition_zh="按城市人口规模，高度超过严格限制高度的建筑数量。",
    formula="Σ buildings[height > rule of the city's size]",
    source="super-tall building notices 2020–2021",
    rules={
        "size": "super_tall_buildings.city_size",
        "smaller": "super_tall_buildings.smaller_city.strict_height",
        "larger": "super_tall_buildings.larger_city.strict_height",
    },
)
def strictly_limited_heights(
    buildings: Buildings, size: Rule, smaller: Rule, larger: Rule
) -> Result:
    """Number of buildings taller than what is strictly limited in a city of this size."""
    is_large = buildings.residents.sum() >= size.value
    limit = larger if is_large else smaller
    name = "larger" if is_large else "smaller"
    return above(buildings, buildings.height > limit.value, name)


@indicator(
    id="14.walk_up_homes",
    systems=("S10.3", "S8.6"),
    unit="%",
    better="none",
    en="Residents in buildings that call for a lift",
    zh="居住在应设电梯层数建筑中的居民占比",
    definition_zh="居住在达到应设电梯层数的住宅建筑中的居民占比；是否已有电梯需调查（见 H08 行）。",
    formula="100 × Σ residents[levels ≥ rule] / Σ residents",
    source="MOHURD city checkup 2023, row H08 (levels)",
    rules={"levels": "mohurd_checkup.h08.levels"},
)
def walk_up_homes(buildings: Buildings, homes: Homes, levels: Rule) -> Result:
    """Share of residents in buildings of so many levels that a lift is called for.

    Whether there is a lift is not mapped: row H08 asks for it.
    """
    return Values(
        homes.support,
        homes.residents * (buildings.levels[homes.row] >= levels.value),
        homes.residents,
        factor=100.0,
        evidence=Evidence.ESTIMATED,
    )
