"""Walking, cycling and public transport: stops within reach, departures, cycleways."""

import numpy as np

from dizuo.articles.per_place import facilities_per_resident, per_area, unmapped
from dizuo.articles.registry import indicator
from dizuo.model.evidence import weakest
from dizuo.model.place import PlaceKind
from dizuo.model.rule import Rule
from dizuo.model.text import Text
from dizuo.model.values import Missing, Result, Values
from dizuo.resources.buildings import Homes
from dizuo.resources.data_edge import DataEdge
from dizuo.resources.facilities import Facilities
from dizuo.resources.reach import BuiltUpReach, HomeReach
from dizuo.resources.sections import StreetSections
from dizuo.resources.spaces import Stops
from dizuo.resources.stop_service import departures_within
from dizuo.resources.streets import Streets
from dizuo.resources.unions import together

__all__: list[str] = []

_FARTHEST_WALK = 1000.0
"""Metres that nobody walks in ten minutes: 6 km/h, down the slope that is walked fastest."""


@indicator(
    id="12.bus_stop_coverage",
    indicator_set="mohurd",
    row="V09",
    systems=("S12.6", "S9.9"),
    unit="%",
    better="higher",
    en="Bus-stop coverage of built-up land",
    zh="公交站点覆盖率",
    definition_zh="公交站点服务半径内的建成区面积占建成区总面积的比例。建成区由建筑和建设用地推算。",
    formula="100 × built-up land[distance ≤ radius] / built-up land",
    source="MOHURD city checkup 2025 variant, row V09; GB/T 51328-2018",
    rules={
        "radius": "gbt51328.stop_coverage.far_radius",
        "judge": "mohurd_checkup.v09.coverage",
    },
    variants=("straight", "network"),
    largest_distance=500.0,
)
def bus_stop_coverage(
    built_up_reach: BuiltUpReach, bus_stop: Facilities, radius: Rule
) -> dict[str, Result]:
    """Share of built-up land within the service radius of a bus stop."""
    return built_up_reach.share(bus_stop, radius)


@indicator(
    id="12.near_stop_coverage",
    systems=("S12.6",),
    unit="%",
    better="higher",
    en="Bus-stop coverage at the near radius",
    zh="公交站点近距离覆盖率",
    definition_zh="公交站点 300 米半径内的建成区面积占建成区总面积的比例。",
    formula="100 × built-up land[distance ≤ radius] / built-up land",
    source="GB/T 51328-2018",
    rules={
        "radius": "gbt51328.stop_coverage.near_radius",
        "judge": "gbt51328.stop_coverage.300m",
    },
    variants=("straight", "network"),
    largest_distance=300.0,
)
def near_stop_coverage(
    built_up_reach: BuiltUpReach, bus_stop: Facilities, radius: Rule
) -> dict[str, Result]:
    """Share of built-up land within the near radius of a bus stop."""
    return built_up_reach.share(bus_stop, radius)


@indicator(
    id="12.weekday_departures",
    systems=("S12.6", "S9.9"),
    unit="departures/weekday",
    better="higher",
    en="Departures within a five-hundred-metre walk",
    zh="步行500米内工作日发车班次中位数",
    definition_zh="居民步行规定距离内各公交站点工作日发车班次之和的中位数（按居民加权）。"
    "同一车次在每个停靠站各计一次；无时刻表的站点不计。",
    formula="median over residents of Σ departures of stops within the radius",
    source="GB/T 51328-2018 (radius); dizuo",
    place=PlaceKind.COMMUNITY,
    rules={"radius": "gbt51328.stop_coverage.far_radius"},
    largest_distance=500.0,
)
def weekday_departures(home_reach: HomeReach, stops: Stops, radius: Rule) -> Result:
    """Median, over residents, of the departures a weekday at stops within walking distance.

    A vehicle counts at every stop where it halts. Stops without a timetable add nothing.
    """
    if not np.isfinite(stops.departures).any():
        return Missing(
            Text(
                "No timetable: add a GTFS feed as a source.",
                "缺少时刻表：请增加 GTFS 数据源。",
            )
        )
    homes = home_reach.homes
    return Values(
        homes.support,
        departures_within(home_reach.walking, homes, stops, radius.value),
        homes.residents,
        reduction="median",
        evidence=homes.evidence,
    )


@indicator(
    id="12.recycling_reach",
    systems=("S12.5",),
    unit="%",
    better="higher",
    en="Residents near a recycling point",
    zh="再生资源回收点可达率",
    definition_zh="步行五分钟生活圈距离内可达再生资源回收点的居民占比。",
    formula="100 × Σ residents[distance ≤ radius] / Σ residents",
    source="GB 50180-2018",
    rules={"radius": "gb50180.tier5.distance", "judge": "dizuo.walk_coverage"},
    variants=("network", "straight"),
    largest_distance=300.0,
)
def recycling_reach(
    home_reach: HomeReach, recycling: Facilities, radius: Rule
) -> dict[str, Result]:
    """Share of residents within the five-minute circle's distance of a recycling point."""
    return home_reach.share(recycling, radius)


@indicator(
    id="12.bicycle_parking",
    systems=("S12.6",),
    unit="places/10k persons",
    better="higher",
    en="Bicycle parking per 10,000 residents",
    zh="每万人自行车停放点数",
    definition_zh="自行车停放点数量除以常住人口，每万人。",
    formula="10,000 × bicycle parkings / residents",
    source="dizuo",
    place=PlaceKind.DISTRICT,
)
def bicycle_parking(bicycle_parking: Facilities) -> Result:
    """Mapped places to park bicycles for 10,000 residents."""
    return facilities_per_resident(bicycle_parking, 10_000)


@indicator(
    id="12.cycleway_density",
    systems=("S12.6",),
    unit="km/km²",
    better="higher",
    en="Density of cycleways",
    zh="自行车专用道密度",
    definition_zh="独立绘制的自行车道长度除以土地面积。",
    formula="Σ km of cycleways / km²",
    source="dizuo",
    place=PlaceKind.DISTRICT,
)
def cycleway_density(street_sections: StreetSections) -> Result:
    """Length of ways made for cycling, per km² of land."""
    return per_area(
        street_sections.support, street_sections.length * street_sections.cycleway / 1000.0
    )


@indicator(
    id="12.walk_to_stop_in_time",
    systems=("S12.6", "S9.10"),
    unit="%",
    better="higher",
    en="Residents who walk to a bus stop in time",
    zh="公交站点步行时间可达率",
    definition_zh="按规定步行时间可到达公交站点的居民占比：沿可步行道路并计入两端接驳，计入楼梯和已知坡度的影响。",
    formula="100 × Σ residents[walking time ≤ minutes] / Σ residents; "
    "time = length / speed × exp(3.5 (abs(grade + 0.05) − 0.05)), stairs at half the speed",
    source="Standard of complete residential communities (2020), item 11; Tobler 1993",
    rules={"minutes": "complete_community.bus_stop.walk_time", "judge": "dizuo.walk_coverage"},
    largest_distance=_FARTHEST_WALK,
)
def walk_to_stop_in_time(
    homes: Homes, walking_time: Streets, bus_stop: Facilities, data_edge: DataEdge, minutes: Rule
) -> Result:
    """Share of residents who walk to a bus stop in the rule's time, stairs and slopes counted.

    The slope of a street is that of its sign, else of the city's elevation model; where neither
    tells it, the street counts as level.
    """
    if not bus_stop.known:
        return unmapped(bus_stop)
    seconds = minutes.value * 60.0
    found = walking_time.reach(homes, bus_stop)
    within = found.cost <= seconds
    return Values(
        homes.support,
        homes.residents * within,
        homes.residents,
        factor=100.0,
        evidence=weakest([homes.evidence, bus_stop.evidence]),
        failing=~within,
        affected=homes.residents,
        edge=~within & (data_edge.distance(homes.x, homes.y) < _FARTHEST_WALK),
        related=found.nearest,
    )


@indicator(
    id="12.cycling_to_rail",
    systems=("S12.6", "S9.10"),
    unit="%",
    better="higher",
    en="Residents who can cycle to a station",
    zh="轨道站点骑行可达率",
    definition_zh="按规定骑行时间和骑行速度可达轨道交通或铁路车站的居民占比，沿可骑行道路并计入两端接驳。",
    formula="100 × Σ residents[cycling distance ≤ minutes × speed] / Σ residents",
    source="dizuo",
    rules={
        "minutes": "dizuo.cycle_time",
        "speed": "dizuo.cycle_speed",
        "judge": "dizuo.walk_coverage",
    },
    largest_distance=3000.0,
)
def cycling_to_rail(
    homes: Homes,
    cycling: Streets,
    rail_station: Facilities,
    subway_station: Facilities,
    data_edge: DataEdge,
    minutes: Rule,
    speed: Rule,
) -> Result:
    """Share of residents who reach a metro or railway station by bicycle in the rule's time."""
    kinds = (rail_station, subway_station)
    stations = together(kinds, "stations", Text("Railway and metro stations", "轨道和铁路车站"))
    if not stations.known:
        return unmapped(stations)
    radius = minutes.value * speed.value * 1000.0 / 60.0
    found = cycling.reach(homes, stations)
    within = found.cost <= radius
    return Values(
        homes.support,
        homes.residents * within,
        homes.residents,
        factor=100.0,
        evidence=weakest([homes.evidence, stations.evidence]),
        failing=~within,
        affected=homes.residents,
        edge=~within & (data_edge.distance(homes.x, homes.y) < radius),
        related=found.nearest,
        cost=found.cost,
    )


@indicator(
    id="12.recycling_supply",
    indicator_set="living_circle",
    systems=("S12.5",),
    unit="points/3k persons",
    better="higher",
    en="Recycling points for the residents",
    zh="再生资源回收点配置水平",
    definition_zh="再生资源回收点数量除以常住人口，按标准规定的每点最多服务人口计；不小于1为达到标准。",
    formula="most residents for a point × points / residents",
    source="GB 50180-2018",
    place=PlaceKind.DISTRICT,
    rules={"people": "gb50180.recycling.population", "judge": "gb50180.recycling.supply"},
)
def recycling_supply(recycling: Facilities, people: Rule) -> Result:
    """Mapped recycling points for the most residents that one point is to serve."""
    return facilities_per_resident(recycling, people.upper or people.value)
