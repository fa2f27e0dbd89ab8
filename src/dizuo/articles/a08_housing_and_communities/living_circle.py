"""Facilities of the living circles (GB 50180-2018, appendix of facilities).

One indicator a facility. Tiers do not nest: a facility of a larger circle never stands for one of
a smaller, so each is asked for on its own, at its own radius. Where the standard gives a facility
no radius, its circle's walking distance serves.
"""

from dataclasses import dataclass, replace

import numpy as np

from dizuo.articles.registry import indicator
from dizuo.model.rule import Rule
from dizuo.model.text import Text
from dizuo.model.values import Result
from dizuo.resources.facilities import Facilities
from dizuo.resources.grounds import GroundsBySize
from dizuo.resources.reach import HomeReach
from dizuo.standards.catalogue import load_facility_catalogue

__all__ = ["FACILITIES", "GROUNDS", "LivingCircleFacility", "SportsGround", "facility_reach"]

Reach = dict[str, Result]


@dataclass(frozen=True, slots=True)
class LivingCircleFacility:
    """A facility of the standard's list: its category, its circle and the system it serves."""

    category: str
    minutes: int
    system: str
    radius: str = ""

    @property
    def radius_rule(self) -> str:
        """Id of the rule that gives the service radius."""
        return self.radius or f"gb50180.{self.category}.radius"

    @property
    def of_circle(self) -> bool:
        """Whether the circle gives the distance, the standard giving no radius."""
        return self.radius_rule == _circle(self.minutes)


def _circle(minutes: int) -> str:
    return f"gb50180.tier{minutes}.distance"


FACILITIES = (
    LivingCircleFacility("middle_school", 15, "S10.6"),
    LivingCircleFacility("primary_school", 10, "S10.6"),
    LivingCircleFacility("kindergarten", 5, "S10.5"),
    LivingCircleFacility("nursery", 5, "S10.5"),
    LivingCircleFacility("community_health_centre", 15, "S10.8"),
    LivingCircleFacility("clinic", 15, "S10.8"),
    LivingCircleFacility("health_station", 5, "S10.8"),
    LivingCircleFacility("elderly_day_care", 5, "S10.4"),
    LivingCircleFacility("cultural_centre", 15, "S20.3"),
    LivingCircleFacility("cultural_station", 5, "S20.3"),
    LivingCircleFacility("sports_centre", 15, "S20.5"),
    LivingCircleFacility("fitness_station", 5, "S20.5"),
    LivingCircleFacility("community_service_centre", 15, "S8.10"),
    LivingCircleFacility("townhall", 15, "S22.5"),
    LivingCircleFacility("police", 15, "S23.5"),
    LivingCircleFacility("community_service_station", 5, "S8.10"),
    LivingCircleFacility("shopping_centre", 10, "S4.9"),
    LivingCircleFacility("food_market", 10, "S4.9"),
    LivingCircleFacility("subway_station", 15, "S12.6"),
    LivingCircleFacility("bus_stop", 10, "S12.6"),
    LivingCircleFacility("waste_collection", 5, "S12.5"),
    LivingCircleFacility("waste_station", 5, "S12.5", "gb50180.waste_station.radius.manual"),
    LivingCircleFacility("retirement_home", 15, "S10.4", _circle(15)),
    LivingCircleFacility("nursing_home", 15, "S10.4", _circle(15)),
    LivingCircleFacility("judicial_office", 15, "S22.5", _circle(15)),
    LivingCircleFacility("supermarket", 5, "S4.9", _circle(5)),
    LivingCircleFacility("hairdresser", 5, "S4.9", _circle(5)),
    LivingCircleFacility("laundry", 5, "S4.9", _circle(5)),
    LivingCircleFacility("convenience", 5, "S4.9", _circle(5)),
    LivingCircleFacility("community_canteen", 5, "S10.4", _circle(5)),
)

_WAYS = Text(
    "Network: along walkable streets with both access legs. "
    "Straight: as the crow flies, to the outline of areas.",
    "网络：沿可步行道路并计入两端接驳；直线：到设施边界的直线距离。",
)


def farther_end(radius: Rule) -> Rule:
    """Return a rule that gives a range as the distance at its farther end."""
    return radius if radius.upper is None else replace(radius, value=radius.upper)


def facility_reach(
    home_reach: HomeReach, facilities: Facilities, radius: Rule
) -> dict[str, Result]:
    """Return the share of residents within the radius, by network and by straight line."""
    return home_reach.share(facilities, farther_end(radius))


def _definition(facility: LivingCircleFacility, title: Text) -> Text:
    minutes = facility.minutes
    if facility.of_circle:
        return Text(
            f"Share of residents whose home lies within the walking distance of the "
            f"{minutes}-minute circle of the nearest {title.en.lower()}; the standard gives the "
            f"facility no radius of its own. {_WAYS.en}",
            f"住处与最近{title.zh}的距离不超过{minutes}分钟生活圈步行距离的居民占比；"
            f"标准未规定其服务半径。{_WAYS.zh}",
        )
    return Text(
        f"Share of residents whose home lies within the standard's service radius of the nearest "
        f"{title.en.lower()} ({minutes}-minute circle). {_WAYS.en}",
        f"住处位于最近{title.zh}服务半径内的居民占比（{minutes}分钟生活圈）。{_WAYS.zh}",
    )


def _declare(facility: LivingCircleFacility) -> None:
    title = load_facility_catalogue()[facility.category].title
    definition = _definition(facility, title)

    def reach(home_reach: HomeReach, facilities: Facilities, radius: Rule) -> dict[str, Result]:
        return facility_reach(home_reach, facilities, radius)

    reach.__doc__ = definition.en
    indicator(
        id=f"08.{facility.category}_reach",
        indicator_set="living_circle",
        systems=("S8.11", facility.system),
        unit="%",
        better="higher",
        en=f"{title.en}: residents within reach",
        zh=f"{title.zh}步行可达率",
        definition_zh=definition.zh,
        formula="100 × Σ residents[distance ≤ radius] / Σ residents",
        source="GB 50180-2018",
        rules={"radius": facility.radius_rule, "judge": "dizuo.walk_coverage"},
        needs={"facilities": facility.category},
        variants=("network", "straight"),
        largest_distance=1000.0,
    )(reach)


for _facility in FACILITIES:
    _declare(_facility)


@dataclass(frozen=True, slots=True)
class SportsGround:
    """A tier of sports grounds: from its own smallest land area to below that of the next."""

    tier: str
    larger: str
    minutes: int
    title: Text


GROUNDS = (
    SportsGround("large", "", 15, Text("Large sports ground", "大型多功能运动场地")),
    SportsGround("medium", "large", 10, Text("Medium sports ground", "中型多功能运动场地")),
    SportsGround("small", "medium", 5, Text("Small sports ground", "小型多功能运动场地")),
)


def _declare_ground(ground: SportsGround) -> None:
    rules = {
        "radius": f"gb50180.{ground.tier}_sports_ground.radius",
        "least": f"gb50180.{ground.tier}_sports_ground.land_area",
        "judge": "dizuo.walk_coverage",
    }

    def largest(home_reach: HomeReach, grounds: GroundsBySize, radius: Rule, least: Rule) -> Reach:
        return home_reach.share(grounds.between(least.value, np.inf), radius)

    def sized(
        home_reach: HomeReach, grounds: GroundsBySize, radius: Rule, least: Rule, most: Rule
    ) -> Reach:
        return home_reach.share(grounds.between(least.value, most.value), radius)

    reach = sized if ground.larger else largest
    if ground.larger:
        rules["most"] = f"gb50180.{ground.larger}_sports_ground.land_area"
    title = ground.title
    reach.__doc__ = (
        f"Share of residents whose home lies within the standard's service radius of the nearest "
        f"{title.en.lower()} ({ground.minutes}-minute circle), told by the mapped area of pitches. "
        f"Larger grounds do not count, nor do those of unknown area. {_WAYS.en}"
    )
    indicator(
        id=f"08.{ground.tier}_sports_ground_reach",
        indicator_set="living_circle",
        systems=("S8.11", "S20.5"),
        unit="%",
        better="higher",
        en=f"{title.en}: residents within reach",
        zh=f"{title.zh}步行可达率",
        definition_zh=f"住处位于最近{title.zh}服务半径内的居民占比（{ground.minutes}分钟生活圈）。"
        f"按地图上球场面积分级；上一级场地和面积未知的场地不计。{_WAYS.zh}",
        formula="100 × Σ residents[distance ≤ radius] / Σ residents",
        source="GB 50180-2018",
        rules=rules,
        needs={"grounds": "sports_grounds_by_size"},
        variants=("network", "straight"),
        largest_distance=1000.0,
    )(reach)


for _ground in GROUNDS:
    _declare_ground(_ground)
