"""How complete the neighbourhood of a home is: circles, formats, complete community."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from dizuo.articles.registry import indicator
from dizuo.model.evidence import Evidence, weakest
from dizuo.model.rule import Rule
from dizuo.model.text import Text
from dizuo.model.values import Missing, Result, Values
from dizuo.resources.facilities import Facilities
from dizuo.resources.grounds import GroundsBySize
from dizuo.resources.reach import HomeReach

__all__ = ["Wanted", "mean_share_within"]


@dataclass(frozen=True, slots=True)
class Wanted:
    """One thing that should lie within a radius (m) of a home, and the kinds that provide it.

    Any of the kinds will do; ``each`` asks for every kind and counts the share that is there.
    Kinds that no source maps are left out.
    """

    kinds: tuple[Facilities, ...]
    radius: float
    each: bool = False

    @property
    def known(self) -> tuple[Facilities, ...]:
        """The kinds that some source maps."""
        return tuple(one for one in self.kinds if one.known)

    def share(self, reach: HomeReach, way: str) -> NDArray[np.float64]:
        """Share of this thing that each home has within reach: 0, 1, or between for ``each``."""
        hits = [reach.within(one, self.radius, way).astype(np.float64) for one in self.known]
        total = reduce(np.add if self.each else np.maximum, hits)
        return total / len(hits) if self.each else total


def mean_share_within(reach: HomeReach, wanted: Sequence[Wanted]) -> dict[str, Result]:
    """Mean over residents of the share of wanted things that lie within their distances.

    What no source maps is left out of the share; if nothing is mapped there is no value.
    """
    homes = reach.homes
    known = [one for one in wanted if one.known]
    if not known:
        nothing = Missing(
            Text("None of the kinds of facilities is mapped.", "所需各类设施均无数据。")
        )
        return dict.fromkeys(("network", "straight"), nothing)
    kinds = [one.evidence for thing in known for one in thing.known]
    found: dict[str, Result] = {}
    for way in ("network", "straight"):
        shares = [one.share(reach, way) for one in known]
        edges = [
            (share < 1.0) & (reach.edge < one.radius)
            for share, one in zip(shares, known, strict=True)
        ]
        found[way] = Values(
            homes.support,
            np.mean(shares, axis=0) * homes.residents,
            homes.residents,
            factor=100.0,
            evidence=weakest([homes.evidence, *kinds]) if len(homes) else Evidence.MISSING,
            affected=homes.residents,
            edge=reduce(np.logical_or, edges),
        )
    return found


_CIRCLE_FORMULA = "100 × Σ residents × (kinds within radius / kinds) / Σ residents"


def _circle_zh(kinds: str) -> str:
    return (
        f"居民在各设施服务半径内可达的设施种类占比（按居民加权平均），种类为：{kinds}。"
        "没有数据的种类不计入；上一级生活圈的设施不能代替本级设施。"
    )


@indicator(
    id="08.five_minute_circle",
    indicator_set="living_circle",
    systems=("S8.11",),
    unit="%",
    better="higher",
    en="Completeness of the five-minute circle",
    zh="五分钟生活圈设施完备度",
    definition_zh=_circle_zh(
        "幼儿园、老年人日间照料中心、文化活动站、小型多功能运动场地、室外综合健身场地、社区服务站、"
        "生活垃圾收集站"
    ),
    formula=_CIRCLE_FORMULA,
    source="GB 50180-2018",
    rules={
        "kindergarten_radius": "gb50180.kindergarten.radius",
        "care_radius": "gb50180.elderly_day_care.radius",
        "culture_radius": "gb50180.cultural_station.radius",
        "ground_radius": "gb50180.small_sports_ground.radius",
        "fitness_radius": "gb50180.fitness_station.radius",
        "service_radius": "gb50180.community_service_station.radius",
        "waste_radius": "gb50180.waste_station.radius.manual",
        "ground_area": "gb50180.small_sports_ground.land_area",
        "larger_area": "gb50180.medium_sports_ground.land_area",
        "judge": "dizuo.walk_coverage",
    },
    variants=("network", "straight"),
    largest_distance=500.0,
)
def five_minute_circle(
    home_reach: HomeReach,
    kindergarten: Facilities,
    elderly_day_care: Facilities,
    cultural_station: Facilities,
    sports_grounds_by_size: GroundsBySize,
    fitness_station: Facilities,
    community_service_station: Facilities,
    waste_station: Facilities,
    kindergarten_radius: Rule,
    care_radius: Rule,
    culture_radius: Rule,
    ground_radius: Rule,
    fitness_radius: Rule,
    service_radius: Rule,
    waste_radius: Rule,
    ground_area: Rule,
    larger_area: Rule,
) -> dict[str, Result]:
    """Mean over residents of the share of facilities due in a five-minute circle within reach.

    The kinds that the standard requires and gives a radius: kindergarten, elderly day care,
    cultural station, small sports ground, outdoor fitness ground, community service station, waste
    collection station. A kind that no source maps is left out. Facilities of larger circles do not
    count.
    """
    ground = sports_grounds_by_size.between(ground_area.value, larger_area.value)
    return mean_share_within(
        home_reach,
        [
            Wanted((kindergarten,), kindergarten_radius.value),
            Wanted((elderly_day_care,), care_radius.value),
            Wanted((cultural_station,), culture_radius.value),
            Wanted((ground,), ground_radius.value),
            Wanted((fitness_station,), fitness_radius.value),
            Wanted((community_service_station,), service_radius.value),
            Wanted((waste_station,), waste_radius.value),
        ],
    )


@indicator(
    id="08.ten_minute_circle",
    indicator_set="living_circle",
    systems=("S8.11",),
    unit="%",
    better="higher",
    en="Completeness of the ten-minute circle",
    zh="十分钟生活圈设施完备度",
    definition_zh=_circle_zh("小学、中型多功能运动场地、菜市场或生鲜超市、商场、公交车站"),
    formula=_CIRCLE_FORMULA,
    source="GB 50180-2018",
    rules={
        "school_radius": "gb50180.primary_school.radius",
        "ground_radius": "gb50180.medium_sports_ground.radius",
        "market_radius": "gb50180.food_market.radius",
        "shop_radius": "gb50180.shopping_centre.radius",
        "stop_radius": "gb50180.bus_stop.radius",
        "ground_area": "gb50180.medium_sports_ground.land_area",
        "larger_area": "gb50180.large_sports_ground.land_area",
        "judge": "dizuo.walk_coverage",
    },
    variants=("network", "straight"),
    largest_distance=500.0,
)
def ten_minute_circle(
    home_reach: HomeReach,
    primary_school: Facilities,
    sports_grounds_by_size: GroundsBySize,
    food_market: Facilities,
    shopping_centre: Facilities,
    bus_stop: Facilities,
    school_radius: Rule,
    ground_radius: Rule,
    market_radius: Rule,
    shop_radius: Rule,
    stop_radius: Rule,
    ground_area: Rule,
    larger_area: Rule,
) -> dict[str, Result]:
    """Mean over residents of the share of facilities due in a ten-minute circle within reach.

    The kinds that the standard requires and gives a radius: primary school, medium sports ground,
    food market, shopping centre, bus stop. A kind that no source maps is left out.
    """
    ground = sports_grounds_by_size.between(ground_area.value, larger_area.value)
    return mean_share_within(
        home_reach,
        [
            Wanted((primary_school,), school_radius.value),
            Wanted((ground,), ground_radius.value),
            Wanted((food_market,), market_radius.value),
            Wanted((shopping_centre,), shop_radius.value),
            Wanted((bus_stop,), stop_radius.value),
        ],
    )


@indicator(
    id="08.fifteen_minute_circle",
    indicator_set="living_circle",
    systems=("S8.11",),
    unit="%",
    better="higher",
    en="Completeness of the fifteen-minute circle",
    zh="十五分钟生活圈设施完备度",
    definition_zh=_circle_zh(
        "初中、卫生服务中心、门诊部、文化活动中心、大型多功能运动场地、社区服务中心、街道办事处"
    ),
    formula=_CIRCLE_FORMULA,
    source="GB 50180-2018",
    rules={
        "school_radius": "gb50180.middle_school.radius",
        "health_radius": "gb50180.community_health_centre.radius",
        "clinic_radius": "gb50180.clinic.radius",
        "culture_radius": "gb50180.cultural_centre.radius",
        "ground_radius": "gb50180.large_sports_ground.radius",
        "service_radius": "gb50180.community_service_centre.radius",
        "office_radius": "gb50180.townhall.radius",
        "ground_area": "gb50180.large_sports_ground.land_area",
        "judge": "dizuo.walk_coverage",
    },
    variants=("network", "straight"),
    largest_distance=1000.0,
)
def fifteen_minute_circle(
    home_reach: HomeReach,
    middle_school: Facilities,
    community_health_centre: Facilities,
    clinic: Facilities,
    cultural_centre: Facilities,
    sports_grounds_by_size: GroundsBySize,
    community_service_centre: Facilities,
    townhall: Facilities,
    school_radius: Rule,
    health_radius: Rule,
    clinic_radius: Rule,
    culture_radius: Rule,
    ground_radius: Rule,
    service_radius: Rule,
    office_radius: Rule,
    ground_area: Rule,
) -> dict[str, Result]:
    """Mean over residents of the share of facilities due in a fifteen-minute circle within reach.

    The kinds that the standard requires and gives a radius: middle school, community health centre,
    clinic, cultural centre, large sports ground, community service centre, sub-district office. A
    kind that no source maps is left out.
    """
    ground = sports_grounds_by_size.between(ground_area.value, np.inf)
    return mean_share_within(
        home_reach,
        [
            Wanted((middle_school,), school_radius.value),
            Wanted((community_health_centre,), health_radius.value),
            Wanted((clinic,), clinic_radius.value),
            Wanted((cultural_centre,), culture_radius.value),
            Wanted((ground,), ground_radius.value),
            Wanted((community_service_centre,), service_radius.value),
            Wanted((townhall,), office_radius.value),
        ],
    )
