"""Facilities of the living circles (GB 50180-2018, appendix of facilities).

One indicator a facility. Tiers do not nest: a facility of a larger circle never stands for one of
a smaller, so each is asked for on its own, at its own radius.
"""

from dataclasses import dataclass

from dizuo.articles.registry import indicator
from dizuo.model.rule import Rule
from dizuo.model.text import Text
from dizuo.model.values import Result
from dizuo.resources.facilities import Facilities
from dizuo.resources.reach import HomeReach
from dizuo.standards.catalogue import load_facility_catalogue

__all__ = ["FACILITIES", "LivingCircleFacility"]


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
)


def facility_reach(
    home_reach: HomeReach, facilities: Facilities, radius: Rule
) -> dict[str, Result]:
    """Return the share of residents within the radius, by network and by straight line."""
    return home_reach.share(facilities, radius)


def _declare(facility: LivingCircleFacility) -> None:
    title = load_facility_catalogue()[facility.category].title
    definition = Text(
        f"Share of residents whose home lies within the standard's service radius of the nearest "
        f"{title.en.lower()} ({facility.minutes}-minute circle). Network: along walkable streets "
        f"with both access legs. Straight: as the crow flies, to the outline of areas.",
        f"住处位于最近{title.zh}服务半径内的居民占比（{facility.minutes}分钟生活圈）。"
        f"网络：沿可步行道路并计入两端接驳；直线：到设施边界的直线距离。",
    )

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
