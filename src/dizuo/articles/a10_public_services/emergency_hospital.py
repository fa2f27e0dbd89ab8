"""Hospitals: driving time and beds."""

import numpy as np

from dizuo.articles.per_place import per_resident, unmapped
from dizuo.articles.registry import indicator
from dizuo.model.evidence import Evidence
from dizuo.model.place import PlaceKind
from dizuo.model.rule import Rule
from dizuo.model.text import Text
from dizuo.model.values import Missing, Result, Values
from dizuo.resources.buildings import Homes
from dizuo.resources.data_edge import DataEdge
from dizuo.resources.facilities import Facilities
from dizuo.resources.streets import Streets

__all__: list[str] = []

_FARTHEST = 60_000.0
"""Metres that no car drives within the rule's time: half an hour at 120 km/h."""


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
    largest_distance=_FARTHEST,
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
        edge=~within & (data_edge.distance(homes.x, homes.y) < _FARTHEST),
        related=found.nearest,
    )


@indicator(
    id="10.hospital_beds",
    indicator_set="mnr",
    row="T31",
    systems=("S10.8", "S16.2"),
    unit="beds/1k persons",
    better="higher",
    en="Hospital beds per 1,000 residents",
    zh="每千人口医疗卫生机构床位数",
    definition_zh="已知床位数的医院的床位之和除以常住人口，每千人；床位未知的医院和基层机构不计入，"
    "为下限估算。",
    formula="1,000 × Σ beds of hospitals / residents",
    source="TD/T 1063-2021",
    place=PlaceKind.CITY,
    rules={"judge": "tdt1063.t31.beds"},
)
def hospital_beds(hospital: Facilities) -> Result:
    """Beds of hospitals whose beds are known for 1,000 residents: a lower estimate."""
    if not hospital.known:
        return unmapped(hospital)
    if not np.isfinite(hospital.capacity).any():
        return Missing(Text("No hospital has its beds known.", "医院的床位数均未知。"))
    return per_resident(
        hospital.support,
        np.nan_to_num(hospital.capacity),
        evidence=Evidence.ESTIMATED,
        factor=1000.0,
        resolution=PlaceKind.DISTRICT,
    )
