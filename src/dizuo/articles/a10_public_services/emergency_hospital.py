"""Driving time to a hospital."""

import numpy as np

from dizuo.articles.per_place import unmapped
from dizuo.articles.registry import indicator
from dizuo.model.evidence import Evidence
from dizuo.model.rule import Rule
from dizuo.model.values import Result, Values
from dizuo.resources.buildings import Homes
from dizuo.resources.data_edge import DataEdge
from dizuo.resources.facilities import Facilities
from dizuo.resources.streets import Streets

__all__: list[str] = []


@indicator(
    id="10.hospital_drive_time",
    systems=("S10.8", "S16.2"),
    unit="%",
    better="higher",
    en="Residents within half an hour's drive of a hospital",
    zh="医院驾车半小时可达率",
    definition_zh="驾车时间不超过规定时间可达医院的居民占比。车速取标示限速或道路等级的自由流速度，属估算。",
    formula="100 × Σ residents[drive time ≤ rule] / Σ residents",
    source="dizuo",
    rules={"limit": "dizuo.hospital.drive_time", "judge": "dizuo.walk_coverage"},
    largest_distance=30_000.0,
)
def hospital_drive_time(
    homes: Homes, driving_time: Streets, hospital: Facilities, data_edge: DataEdge, limit: Rule
) -> Result:
    """Share of residents who reach a hospital by car within the rule's minutes.

    Free-flow speeds by signed limit or class of street, so the value is an estimate.
    """
    if not hospital.known:
        return unmapped(hospital)
    found = driving_time.reach(homes, hospital)
    within = found.cost <= limit.value * 60.0
    return Values(
        homes.support,
        homes.residents * within,
        homes.residents,
        factor=100.0,
        evidence=Evidence.ESTIMATED,
        failing=~within,
        affected=homes.residents,
        edge=~within & np.isfinite(data_edge.distance(homes.x, homes.y)),
        related=found.nearest,
    )
