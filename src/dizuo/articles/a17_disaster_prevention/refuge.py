"""Where people could flee to, and where help comes from."""

import numpy as np

from dizuo.articles.per_place import unmapped
from dizuo.articles.registry import indicator
from dizuo.model.evidence import Evidence
from dizuo.model.rule import Rule
from dizuo.model.values import Result, Values
from dizuo.resources.data_edge import DataEdge
from dizuo.resources.facilities import Facilities
from dizuo.resources.green import parks_as_facilities
from dizuo.resources.land import LandSamples
from dizuo.resources.reach import HomeReach, straight_distances
from dizuo.resources.spaces import Features

__all__: list[str] = []


@indicator(
    id="17.refuge_walk",
    systems=("S17.3", "S17.7"),
    unit="%",
    better="higher",
    en="Residents near open space that could serve as refuge",
    zh="可作避难的开敞空间步行可达率",
    definition_zh="短期避难步行距离内有面积达到短期避难场所最小规模的公共绿地的居民占比；"
    "是潜力而非已认定的避难场所。",
    formula="100 × Σ residents[distance ≤ radius] / Σ residents",
    source="GB/T 44013 (smallest effective area, walking distance)",
    rules={
        "radius": "shelters.short.walk_distance",
        "least": "shelters.short.effective_area",
        "judge": "dizuo.walk_coverage",
    },
    variants=("network", "straight"),
    largest_distance=1000.0,
)
def refuge_walk(
    home_reach: HomeReach, public_green: Features, radius: Rule, least: Rule
) -> dict[str, Result]:
    """Share of residents within walking distance of public green large enough for a shelter.

    What could be used, not what is designated; see the mapped shelters for those.
    """
    return home_reach.share(parks_as_facilities(public_green, least.value * 1e4), radius)


@indicator(
    id="17.ambulance_coverage",
    systems=("S16.2", "S17.9"),
    unit="%",
    better="higher",
    en="Built-up land near an ambulance station",
    zh="急救站服务半径覆盖率",
    definition_zh="急救站服务半径内的建成区面积占建成区总面积的比例（直线距离）。建成区由建筑和建设用地推算。",
    formula="100 × built-up land[distance ≤ radius] / built-up land",
    source="emergency care practice",
    rules={"radius": "emergency_care.urban_radius"},
    largest_distance=5000.0,
)
def ambulance_coverage(
    built_up_land: LandSamples, ambulance_station: Facilities, data_edge: DataEdge, radius: Rule
) -> Result:
    """Share of built-up land within the urban radius of a mapped ambulance station."""
    if not ambulance_station.known:
        return unmapped(ambulance_station)
    x, y = built_up_land.x, built_up_land.y
    found = straight_distances(x, y, ambulance_station, 2 * radius.value)
    within = found.cost <= radius.value
    weight = np.full(len(built_up_land), built_up_land.cell_area)
    return Values(
        built_up_land.support,
        weight * within,
        weight,
        factor=100.0,
        evidence=Evidence.ESTIMATED,
        failing=~within,
        edge=~within & (data_edge.distance(x, y) < radius.value),
        related=found.nearest,
        cost=found.cost,
    )
