"""Fire stations, shelters and ways out."""

import numpy as np

from dizuo.articles.per_place import per_resident, unmapped
from dizuo.articles.registry import indicator
from dizuo.model.evidence import Evidence, weakest
from dizuo.model.place import PlaceKind
from dizuo.model.rule import Rule
from dizuo.model.values import Result, Values
from dizuo.resources.buildings import Homes
from dizuo.resources.data_edge import DataEdge
from dizuo.resources.escape import SingleAccess
from dizuo.resources.facilities import Facilities
from dizuo.resources.land import LandSamples
from dizuo.resources.reach import HomeReach, straight_distances
from dizuo.resources.spaces import Features
from dizuo.resources.streets import Streets

__all__: list[str] = []

_FARTHEST = 10_000.0
"""Metres that no engine drives within the rule's time: five minutes at 120 km/h."""

_SPEED_NOTE = "车速取标示限速或道路等级的自由流速度，属估算。"


def _covered(
    land: LandSamples, cost: np.ndarray, limit: float, near_edge: np.ndarray, nearest: np.ndarray
) -> Values:
    within = cost <= limit
    weight = np.full(len(land), land.cell_area)
    return Values(
        land.support,
        weight * within,
        weight,
        factor=100.0,
        evidence=Evidence.ESTIMATED,
        failing=~within,
        edge=~within & near_edge,
        related=nearest,
    )


def fire_reach(
    built_up_land: LandSamples,
    driving_time: Streets,
    fire_station: Facilities,
    data_edge: DataEdge,
    seconds: float,
    metres: float,
) -> dict[str, Result]:
    """Share of built-up land that an engine reaches in time, and that lies within a radius."""
    if not fire_station.known:
        return dict.fromkeys(("network", "straight"), unmapped(fire_station))
    from_edge = data_edge.distance(built_up_land.x, built_up_land.y)
    driven = driving_time.reach(built_up_land, fire_station, towards=False)
    flown = straight_distances(built_up_land.x, built_up_land.y, fire_station, 2 * metres)
    return {
        "network": _covered(
            built_up_land, driven.cost, seconds, from_edge < _FARTHEST, driven.nearest
        ),
        "straight": _covered(built_up_land, flown.cost, metres, from_edge < metres, flown.nearest),
    }


@indicator(
    id="17.fire_station_coverage",
    indicator_set="mohurd",
    row="U54",
    systems=("S17.9", "S17.10", "S14.5"),
    unit="%",
    better="higher",
    en="Fire-station service coverage",
    zh="城市消防站服务半径覆盖率",
    definition_zh="消防站服务范围内的建成区面积占建成区总面积的比例；直线按半径，网络按出动后行车时间。"
    + _SPEED_NOTE,
    formula="100 × built-up land[drive time ≤ rule] / built-up land",
    source="MOHURD city checkup 2023, row U54; 建标152-2017",
    rules={
        "drive": "fire_station_jb152.drive_time",
        "radius": "fire_station_jb152.radius",
        "judge": "mohurd_checkup.u54.coverage",
    },
    variants=("straight", "network"),
    largest_distance=_FARTHEST,
)
def fire_station_coverage(
    built_up_land: LandSamples,
    driving_time: Streets,
    fire_station: Facilities,
    data_edge: DataEdge,
    drive: Rule,
    radius: Rule,
) -> dict[str, Result]:
    """Share of built-up land within a fire station's radius, and within its driving time."""
    return fire_reach(
        built_up_land, driving_time, fire_station, data_edge, drive.value * 60.0, radius.value
    )


@indicator(
    id="17.fire_five_minutes",
    indicator_set="mnr",
    row="T07",
    systems=("S17.9",),
    unit="%",
    better="higher",
    en="Five-minute fire reach",
    zh="消防救援5分钟可达覆盖率",
    definition_zh="接警出动后五分钟内（含出动时间）消防车可达的建成区面积占比。" + _SPEED_NOTE,
    formula="100 × built-up land[turnout + drive time ≤ rule] / built-up land",
    source="TD/T 1063-2021",
    rules={
        "limit": "tdt1063.t07.time",
        "turnout": "fire_station_jb152.turnout_time",
        "radius": "fire_station_jb152.radius",
        "judge": "tdt1063.t07.coverage",
    },
    variants=("network", "straight"),
    largest_distance=_FARTHEST,
)
def fire_five_minutes(
    built_up_land: LandSamples,
    driving_time: Streets,
    fire_station: Facilities,
    data_edge: DataEdge,
    limit: Rule,
    turnout: Rule,
    radius: Rule,
) -> dict[str, Result]:
    """Share of built-up land that an engine reaches within five minutes, turnout included."""
    seconds = (limit.value - turnout.value) * 60.0
    return fire_reach(built_up_land, driving_time, fire_station, data_edge, seconds, radius.value)


@indicator(
    id="17.shelter_area",
    indicator_set="mohurd",
    row="U56",
    systems=("S17.7",),
    unit="m²/person",
    better="higher",
    en="Effective shelter area per resident",
    zh="人均避难场所有效避难面积",
    definition_zh="地图上标明的应急避难场所面积除以常住人口；仅计有面积的场所。",
    formula="Σ m² of mapped shelters / residents",
    source="MOHURD city checkup 2023, row U56",
    place=PlaceKind.DISTRICT,
    rules={"judge": "mohurd_checkup.u56.area"},
)
def shelter_area(emergency_shelter: Facilities) -> Result:
    """Mapped area of emergency shelters for each resident; shelters without an area add none."""
    return shelter_area_per_resident(emergency_shelter)


@indicator(
    id="17.shelter_area_mnr",
    indicator_set="mnr",
    row="T06",
    systems=("S17.7",),
    unit="m²/person",
    better="higher",
    en="Emergency shelter area per resident",
    zh="人均应急避难场所面积",
    definition_zh="地图上标明的应急避难场所面积除以常住人口；仅计有面积的场所。",
    formula="Σ m² of mapped shelters / residents",
    source="TD/T 1063-2021",
    place=PlaceKind.DISTRICT,
    rules={"judge": "tdt1063.t06.area"},
)
def shelter_area_mnr(emergency_shelter: Facilities) -> Result:
    """Mapped area of emergency shelters for each resident; shelters without an area add none."""
    return shelter_area_per_resident(emergency_shelter)


def shelter_area_per_resident(emergency_shelter: Facilities) -> Result:
    """Area of shelters over residents, or why it is not known."""
    if not emergency_shelter.known:
        return unmapped(emergency_shelter)
    area = np.nan_to_num(emergency_shelter.land_area)
    return per_resident(emergency_shelter.support, area, evidence=emergency_shelter.evidence)


@indicator(
    id="17.shelter_reach",
    systems=("S17.7",),
    unit="%",
    better="higher",
    en="Residents near an emergency assembly point or shelter",
    zh="紧急避难场所步行可达率",
    definition_zh="步行规定距离内可达紧急避难场所的居民占比。",
    formula="100 × Σ residents[distance ≤ radius] / Σ residents",
    source="GB 51143; GB/T 44013",
    rules={"radius": "shelters.urgent.walk_distance", "judge": "dizuo.walk_coverage"},
    variants=("network", "straight"),
    largest_distance=500.0,
)
def shelter_reach(
    home_reach: HomeReach, emergency_shelter: Facilities, radius: Rule
) -> dict[str, Result]:
    """Share of residents within walking distance of a mapped emergency shelter."""
    return home_reach.share(emergency_shelter, radius)


@indicator(
    id="17.refuge_space",
    systems=("S17.3", "S17.7"),
    unit="m²/person",
    better="higher",
    en="Open public space that could serve as refuge",
    zh="可作避难的公共开敞空间人均面积",
    definition_zh="面积达到短期避难场所最小规模的公共绿地面积除以常住人口；是潜力而非已认定的避难场所。",
    formula="Σ m² of public green of at least the rule's area / residents",
    source="GB/T 44013 (smallest effective area)",
    place=PlaceKind.DISTRICT,
    rules={"least": "shelters.short.effective_area"},
)
def refuge_space(public_green: Features, least: Rule) -> Result:
    """Area of public green large enough for a short-term shelter, for each resident.

    What could be used, not what is designated.
    """
    large = public_green.area >= least.value * 1e4
    return per_resident(
        public_green.support, public_green.area * large, evidence=Evidence.ESTIMATED
    )


@indicator(
    id="17.single_way_out",
    systems=("S17.3",),
    unit="%",
    better="lower",
    en="Residents with a single way out",
    zh="只有一条疏散通道的居民占比",
    definition_zh="住处与城市主要道路网之间只有一条路段相连（断开任一路段即隔断）的居民占比。",
    formula="100 × Σ residents behind a cut edge / Σ residents",
    source="dizuo; bridges of the street graph",
    place=PlaceKind.BLOCK,
)
def single_way_out(homes: Homes, single_access: SingleAccess) -> Result:
    """Share of residents who one closed street would cut off from the rest by car."""
    return Values(
        homes.support,
        homes.residents * single_access.cut_off,
        homes.residents,
        factor=100.0,
        evidence=homes.evidence,
    )


@indicator(
    id="17.defibrillator_reach",
    systems=("S17.9", "S16.2"),
    unit="%",
    better="higher",
    en="Residents near a defibrillator",
    zh="自动体外除颤器（AED）可达率",
    definition_zh="规定时间内步行可取到自动体外除颤器的居民占比（单程）。",
    formula="100 × Σ residents[distance ≤ time × speed] / Σ residents",
    source="emergency care practice",
    rules={
        "minutes": "emergency_care.defibrillator_time",
        "speed": "dizuo.walk_speed.brisk",
        "judge": "dizuo.walk_coverage",
    },
    largest_distance=400.0,
)
def defibrillator_reach(
    home_reach: HomeReach, defibrillator: Facilities, minutes: Rule, speed: Rule
) -> Result:
    """Share of residents who reach a mapped defibrillator on foot within the rule's time."""
    if not defibrillator.known:
        return unmapped(defibrillator)
    homes = home_reach.homes
    radius = minutes.value * speed.value
    within = home_reach.within(defibrillator, radius, "network")
    return Values(
        homes.support,
        homes.residents * within,
        homes.residents,
        factor=100.0,
        evidence=weakest([homes.evidence, defibrillator.evidence]),
        failing=~within,
        affected=homes.residents,
        edge=~within & (home_reach.edge < radius),
        related=home_reach.distances(defibrillator).nearest,
    )
