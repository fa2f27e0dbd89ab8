"""Residential land within reach of public services, as the checkup sets word it."""

from dataclasses import replace
from functools import reduce

import numpy as np

from dizuo.articles.registry import indicator
from dizuo.model.evidence import weakest
from dizuo.model.rule import Rule
from dizuo.model.text import Text
from dizuo.model.values import Missing, Result, Values
from dizuo.resources.facilities import Facilities
from dizuo.resources.reach import HomeReach, LandReach
from dizuo.resources.unions import together

__all__: list[str] = []

Reach = dict[str, Result]


@indicator(
    id="10.middle_school_coverage",
    indicator_set="mohurd",
    row="B22",
    systems=("S10.6", "S8.11"),
    unit="%",
    better="higher",
    en="Secondary-school service coverage",
    zh="中学服务半径覆盖率",
    definition_zh="中学服务半径内的居住用地面积占居住用地总面积的比例。居住用地按规则格点取样。",
    formula="100 × residential land[distance ≤ radius] / residential land",
    source="MOHURD city checkup 2023, row B22",
    rules={"radius": "mohurd_checkup.b22.radius", "judge": "mohurd_checkup.b22.coverage"},
    variants=("network", "straight"),
    largest_distance=1000.0,
)
def middle_school_coverage(
    land_reach: LandReach, middle_school: Facilities, radius: Rule
) -> dict[str, Result]:
    """Share of residential land within the service radius of a secondary school."""
    return land_reach.share(middle_school, radius)


@indicator(
    id="08.food_market_coverage",
    indicator_set="mohurd",
    row="V02",
    systems=("S8.11", "S4.9"),
    unit="%",
    better="higher",
    en="Food-market coverage",
    zh="菜市场（生鲜超市）覆盖率",
    definition_zh="菜市场或生鲜超市服务半径内的居住用地面积占居住用地总面积的比例。",
    formula="100 × residential land[distance ≤ radius] / residential land",
    source="MOHURD city checkup 2025 variant, row V02; GB 50180-2018",
    rules={"radius": "gb50180.food_market.radius", "judge": "mohurd_checkup.v02.coverage"},
    variants=("network", "straight"),
    largest_distance=500.0,
)
def food_market_coverage(
    land_reach: LandReach, food_market: Facilities, radius: Rule
) -> dict[str, Result]:
    """Share of residential land within the service radius of a food market or fresh supermarket."""
    return land_reach.share(food_market, radius)


@indicator(
    id="20.football_pitch_coverage",
    indicator_set="mohurd",
    row="V07",
    systems=("S20.5",),
    unit="%",
    better="higher",
    en="Football-ground coverage",
    zh="足球场地服务半径覆盖率",
    definition_zh="足球场地服务半径内的居住用地面积占居住用地总面积的比例。",
    formula="100 × residential land[distance ≤ radius] / residential land",
    source="MOHURD city checkup 2025 variant, row V07",
    rules={"radius": "dizuo.football_pitch.radius", "judge": "dizuo.walk_coverage"},
    variants=("network", "straight"),
    largest_distance=1000.0,
)
def football_pitch_coverage(
    land_reach: LandReach, football_pitch: Facilities, radius: Rule
) -> dict[str, Result]:
    """Share of residential land within the radius of a football pitch."""
    return land_reach.share(football_pitch, radius)


@indicator(
    id="10.fifteen_minute_services",
    indicator_set="mnr",
    row="T27",
    systems=("S10.8", "S10.6", "S8.11", "S8.10"),
    unit="%",
    better="higher",
    en="Residential land within a quarter-hour walk of community services",
    zh="社区公共服务设施步行15分钟覆盖率",
    definition_zh="居住用地中步行十五分钟内可达各类社区公共服务设施（卫生、小学、初中、养老、文化、体育、菜市场）"
    "的面积占比；主值为各类设施覆盖率的平均。",
    formula="mean over kinds of 100 × residential land[distance ≤ radius] / residential land",
    source="TD/T 1063-2021",
    rules={
        "radius": "tdt1063.t27.distance",
        "primary_radius": "tdt1063.t27.primary_distance",
        "judge": "dizuo.walk_coverage",
    },
    variants=(
        "mean",
        "health",
        "primary_school",
        "middle_school",
        "elderly_care",
        "culture",
        "sport",
        "food_market",
    ),
    largest_distance=1000.0,
)
def fifteen_minute_services(
    land_reach: LandReach,
    community_health_centre: Facilities,
    health_station: Facilities,
    clinic: Facilities,
    primary_school: Facilities,
    middle_school: Facilities,
    elderly_day_care: Facilities,
    cultural_station: Facilities,
    sports_centre: Facilities,
    pitch: Facilities,
    fitness_station: Facilities,
    food_market: Facilities,
    radius: Rule,
    primary_radius: Rule,
) -> dict[str, Result]:
    """Share of residential land within walking distance of each kind of community service.

    The leading value is the mean over the kinds that are mapped: health (community health centres
    and stations, clinics), primary school, middle school, elderly care, culture, sport (sports
    centres, pitches, outdoor fitness grounds) and food market, along walkable streets.
    """
    health = together(
        (community_health_centre, health_station, clinic),
        "community_health",
        Text("Community health services", "社区卫生服务设施"),
    )
    sport = together(
        (sports_centre, pitch, fitness_station),
        "community_sport",
        Text("Community sports facilities", "社区体育设施"),
    )
    kinds = {
        "health": (health, radius),
        "primary_school": (primary_school, primary_radius),
        "middle_school": (middle_school, radius),
        "elderly_care": (elderly_day_care, radius),
        "culture": (cultural_station, radius),
        "sport": (sport, radius),
        "food_market": (food_market, radius),
    }
    found = {
        name: land_reach.share(facilities, limit)["network"]
        for name, (facilities, limit) in kinds.items()
    }
    known = [one for one in found.values() if isinstance(one, Values)]
    if not known:
        return {"mean": Missing(Text("No kind is mapped.", "各类设施均无数据。")), **found}
    numerator = reduce(np.add, [one.numerator for one in known]) / len(known)
    edge = reduce(np.logical_or, [one.edge for one in known if one.edge is not None])
    mean = Values(
        known[0].support,
        numerator,
        known[0].denominator,
        factor=100.0,
        evidence=weakest([one.evidence for one in known]),
        edge=edge,
    )
    return {"mean": mean, **found}


@indicator(
    id="10.pharmacy_reach",
    systems=("S10.8", "S8.11"),
    unit="%",
    better="higher",
    en="Residents within a quarter-hour walk of a pharmacy",
    zh="药店步行15分钟可达率",
    definition_zh="步行十五分钟内可达药店的居民占比。",
    formula="100 × Σ residents[distance ≤ radius] / Σ residents",
    source="TD/T 1063-2021 (distance of a quarter of an hour's walk)",
    rules={"radius": "tdt1063.t27.distance", "judge": "dizuo.walk_coverage"},
    variants=("network", "straight"),
    largest_distance=1000.0,
)
def pharmacy_reach(home_reach: HomeReach, pharmacy: Facilities, radius: Rule) -> dict[str, Result]:
    """Share of residents within a quarter-hour walk of a pharmacy."""
    return home_reach.share(pharmacy, radius)


def _walk(home_reach: HomeReach, facilities: Facilities, minutes: Rule, speed: Rule) -> Reach:
    """Share of residents within the rule's time at the rule's walking speed."""
    return home_reach.share(facilities, replace(minutes, value=minutes.value * speed.value))


@indicator(
    id="10.primary_care_walk",
    systems=("S10.8",),
    unit="%",
    better="higher",
    en="Residents within a quarter-hour walk of primary care",
    zh="基层医疗卫生机构步行15分钟可达率",
    definition_zh="按规定步行时间和步行速度可达基层医疗卫生机构（社区卫生服务中心、站，门诊部）的居民占比。",
    formula="100 × Σ residents[distance ≤ minutes × speed] / Σ residents",
    source="public service plans of the 14th five years",
    rules={
        "minutes": "public_service_plans.primary_care.walk_time",
        "speed": "dizuo.walk_speed",
        "judge": "dizuo.walk_coverage",
    },
    variants=("network", "straight"),
    largest_distance=900.0,
)
def primary_care_walk(
    home_reach: HomeReach,
    community_health_centre: Facilities,
    health_station: Facilities,
    clinic: Facilities,
    minutes: Rule,
    speed: Rule,
) -> Reach:
    """Share of residents within the plan's walking time of a health centre, station or clinic."""
    kinds = (community_health_centre, health_station, clinic)
    care = together(kinds, "primary_care", Text("Primary care", "基层医疗卫生机构"))
    return _walk(home_reach, care, minutes, speed)


@indicator(
    id="10.elderly_care_walk",
    systems=("S10.4",),
    unit="%",
    better="higher",
    en="Residents within a quarter-hour walk of elderly care",
    zh="养老服务设施步行15分钟可达率",
    definition_zh="按规定步行时间和步行速度可达养老服务设施（日间照料中心、养老院、老年养护院）的居民占比。",
    formula="100 × Σ residents[distance ≤ minutes × speed] / Σ residents",
    source="public service plans of the 14th five years",
    rules={
        "minutes": "public_service_plans.elderly_day_care.walk_time",
        "speed": "dizuo.walk_speed",
        "judge": "dizuo.walk_coverage",
    },
    variants=("network", "straight"),
    largest_distance=900.0,
)
def elderly_care_walk(
    home_reach: HomeReach,
    elderly_day_care: Facilities,
    retirement_home: Facilities,
    nursing_home: Facilities,
    minutes: Rule,
    speed: Rule,
) -> Reach:
    """Share of residents within the plan's walking time of day care or a home for the elderly.

    All residents count: the map does not tell ages.
    """
    kinds = (elderly_day_care, retirement_home, nursing_home)
    care = together(kinds, "elderly_care", Text("Elderly care", "养老服务设施"))
    return _walk(home_reach, care, minutes, speed)
