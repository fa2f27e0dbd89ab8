"""Rail, parking and charging within reach."""

from dizuo.articles.per_place import facilities_per_resident
from dizuo.articles.registry import indicator
from dizuo.model.place import PlaceKind
from dizuo.model.rule import Rule
from dizuo.model.values import Result
from dizuo.resources.facilities import Facilities
from dizuo.resources.reach import HomeReach

__all__: list[str] = []


@indicator(
    id="09.rail_station_reach",
    systems=("S9.9", "S1.11"),
    unit="%",
    better="higher",
    en="Residents near a railway or metro station",
    zh="轨道站点周边居住人口占比",
    definition_zh="住处距最近铁路或轨道车站不超过规定半径的居民占比。",
    formula="100 × Σ residents[distance ≤ radius] / Σ residents",
    source="commuting practice: 800 m around rail stations",
    rules={"radius": "commuting_practice.rail_radius", "judge": "dizuo.walk_coverage"},
    variants=("network", "straight"),
    largest_distance=800.0,
)
def rail_station_reach(
    home_reach: HomeReach, rail_station: Facilities, radius: Rule
) -> dict[str, Result]:
    """Share of residents within the rule's distance of a railway or metro station.

    Homes only: the commuting rate of row U47 needs workplaces too.
    """
    return home_reach.share(rail_station, radius)


@indicator(
    id="09.charging_stations",
    systems=("S9.11",),
    unit="stations/10k persons",
    better="higher",
    en="Public charging stations per 10,000 residents",
    zh="每万人公共充电站数",
    definition_zh="公共充电站数量除以常住人口，每万人。",
    formula="10,000 × stations / residents",
    source="dizuo",
    place=PlaceKind.DISTRICT,
)
def charging_stations(charging_station: Facilities) -> Result:
    """Mapped charging stations for 10,000 residents."""
    return facilities_per_resident(charging_station, 10_000)


@indicator(
    id="09.public_parking",
    systems=("S9.11",),
    unit="lots/10k persons",
    better="none",
    en="Mapped car parks per 10,000 residents",
    zh="每万人停车场数",
    definition_zh="地图上的停车场数量除以常住人口，每万人；不含路内泊位数量。",
    formula="10,000 × car parks / residents",
    source="dizuo",
    place=PlaceKind.DISTRICT,
)
def public_parking(parking: Facilities) -> Result:
    """Mapped car parks for 10,000 residents. Spaces are seldom mapped; row C15 asks for them."""
    return facilities_per_resident(parking, 10_000)
