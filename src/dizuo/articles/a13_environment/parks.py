"""Parks and greenways within reach, and how much green there is for each resident."""

import numpy as np

from dizuo.articles.per_place import per_area, per_resident
from dizuo.articles.registry import indicator
from dizuo.model.evidence import Evidence
from dizuo.model.place import PlaceKind
from dizuo.model.rule import Rule
from dizuo.model.values import Result, Values
from dizuo.resources.buildings import Homes
from dizuo.resources.green import greenways_as_facilities, parks_as_facilities
from dizuo.resources.land import LandSamples
from dizuo.resources.reach import LandReach
from dizuo.resources.spaces import Features

__all__: list[str] = []


def either(first: Result, second: Result) -> Result:
    """Join two shares of one support: what lies within one reach or the other."""
    if not isinstance(first, Values) or not isinstance(second, Values):
        return first if isinstance(first, Values) else second
    served = first.numerator >= second.numerator
    edge = np.zeros(len(first.support), dtype=bool)
    for one in (first, second):
        if one.edge is not None:
            edge |= one.edge
    failing = np.zeros(len(first.support), dtype=bool)
    if first.failing is not None and second.failing is not None:
        failing = first.failing & second.failing
    return Values(
        first.support,
        np.maximum(first.numerator, second.numerator),
        first.denominator,
        factor=first.factor,
        evidence=max(first.evidence, second.evidence, key=lambda mark: mark.rank),
        failing=failing,
        affected=first.affected,
        edge=edge & failing,
        related=np.where(served, first.related, second.related)
        if first.related is not None and second.related is not None
        else None,
    )


@indicator(
    id="13.park_coverage",
    indicator_set="mohurd",
    row="B25",
    systems=("S13.3", "S13.4"),
    unit="%",
    better="higher",
    en="Park and green activity-ground coverage",
    zh="公园绿化活动场地服务半径覆盖率",
    definition_zh="公园绿化活动场地服务半径内的居住用地面积占居住用地总面积的比例。"
    "大公园与小公园各用各的半径；公园面积按地图范围。",
    formula="100 × residential land[≤ r1 of large or ≤ r2 of small park] / residential land",
    source="MOHURD city checkup 2023, row B25",
    rules={
        "large_radius": "mohurd_checkup.b25.large_park_radius",
        "large_area": "mohurd_checkup.b25.large_park_area",
        "small_radius": "mohurd_checkup.b25.small_park_radius",
        "small_area": "mohurd_checkup.b25.small_park_area",
        "judge": "mohurd_checkup.b25.coverage",
    },
    variants=("straight", "network"),
    largest_distance=500.0,
)
def park_coverage(
    land_reach: LandReach,
    public_green: Features,
    large_radius: Rule,
    large_area: Rule,
    small_radius: Rule,
    small_area: Rule,
) -> dict[str, Result]:
    """Share of residential land within the radius of a large or a small public park.

    Parks, gardens and recreation grounds that are not private, by their mapped area.
    """
    large = parks_as_facilities(public_green, large_area.value)
    small = parks_as_facilities(public_green, small_area.value, large_area.value)
    near_large = land_reach.share(large, large_radius)
    near_small = land_reach.share(small, small_radius)
    return {way: either(near_large[way], near_small[way]) for way in ("straight", "network")}


@indicator(
    id="13.park_walk",
    indicator_set="mnr",
    row="T28",
    systems=("S13.3", "S13.4"),
    unit="%",
    better="higher",
    en="Residential land within a five-minute walk of a park or square",
    zh="公园绿地、广场步行5分钟覆盖率",
    definition_zh="步行五分钟可达一定规模以上公园绿地或广场的居住用地面积占比。",
    formula="100 × residential land[distance ≤ radius] / residential land",
    source="TD/T 1063-2021",
    rules={
        "radius": "tdt1063.t28.distance",
        "least": "tdt1063.t28.park_area",
        "judge": "tdt1063.t28.coverage",
    },
    variants=("network", "straight"),
    largest_distance=300.0,
)
def park_walk(
    land_reach: LandReach, public_green: Features, radius: Rule, least: Rule
) -> dict[str, Result]:
    """Share of residential land within a five-minute walk of a public park or square."""
    return land_reach.share(parks_as_facilities(public_green, least.value), radius)


@indicator(
    id="13.park_area_per_resident",
    indicator_set="mnr",
    row="T29",
    systems=("S13.3",),
    unit="m²/person",
    better="higher",
    en="Park area per resident",
    zh="人均公园绿地面积",
    definition_zh="公共公园绿地面积除以常住人口。",
    formula="Σ m² of public parks / residents",
    source="TD/T 1063-2021",
    place=PlaceKind.DISTRICT,
)
def park_area_per_resident(public_green: Features) -> Result:
    """Mapped area of public parks, gardens and recreation grounds for each resident."""
    return per_resident(public_green.support, public_green.area, evidence=public_green.evidence)


@indicator(
    id="13.comprehensive_parks",
    indicator_set="mohurd",
    row="V05",
    systems=("S13.3",),
    unit="parks/100k persons",
    better="higher",
    en="Comprehensive parks per 100,000 residents",
    zh="10万人拥有综合公园个数",
    definition_zh="达到综合公园规模的公园数量除以常住人口，每十万人。小城市的规模要求较低；"
    "公园是否设施齐全，地图上无法判断。",
    formula="100,000 × parks of the rule's area / residents",
    source="MOHURD city checkup 2025 variant, row V05",
    place=PlaceKind.CITY,
    rules={
        "least": "dizuo.comprehensive_park.area",
        "least_small": "dizuo.comprehensive_park.small_city_area",
        "medium_city": "city_sizes.medium",
        "judge": "mohurd_checkup.v05.parks",
    },
)
def comprehensive_parks(
    public_green: Features, homes: Homes, least: Rule, least_small: Rule, medium_city: Rule
) -> Result:
    """Public parks of at least the rule's area for 100,000 residents.

    A city below the size of a medium city has a smaller area to meet. What a park offers is not
    mapped, only how large it is.
    """
    small = homes.residents.sum() < medium_city.value
    area = least_small.value if small else least.value
    large = (public_green.area >= area * 1e4) & (public_green.kind == "park")
    return per_resident(
        public_green.support,
        large.astype(np.float64),
        evidence=public_green.evidence,
        factor=100_000.0,
        resolution=PlaceKind.CITY,
    )


@indicator(
    id="13.pocket_parks",
    systems=("S13.4",),
    unit="parks/km²",
    better="higher",
    en="Density of pocket parks",
    zh="口袋公园密度",
    definition_zh="面积在口袋公园范围内的公共绿地数量除以土地面积。",
    formula="public green spaces of pocket size / km²",
    source="pocket parks: 400–10,000 m²",
    place=PlaceKind.DISTRICT,
    rules={
        "smallest": "park_access.pocket_park.smallest",
        "largest": "park_access.pocket_park.largest",
    },
)
def pocket_parks(public_green: Features, smallest: Rule, largest: Rule) -> Result:
    """Public green spaces of pocket size per km² of land."""
    pocket = (public_green.area >= smallest.value) & (public_green.area <= largest.value)
    return per_area(public_green.support, pocket.astype(np.float64))


@indicator(
    id="13.greenway_coverage",
    indicator_set="mohurd",
    row="U34",
    systems=("S13.3",),
    unit="%",
    better="higher",
    en="Greenway service coverage",
    zh="绿道服务半径覆盖率",
    definition_zh="绿道服务半径内的居住用地面积占居住用地总面积的比例。绿道以地图中的绿道及独立步行、骑行路径推定，属估算。",
    formula="100 × residential land[distance ≤ radius] / residential land",
    source="MOHURD city checkup 2023, row U34",
    rules={"radius": "mohurd_checkup.u34.radius", "judge": "mohurd_checkup.u34.coverage"},
    variants=("straight", "network"),
    largest_distance=1000.0,
)
def greenway_coverage(
    land_reach: LandReach, green_spaces: Features, radius: Rule
) -> dict[str, Result]:
    """Share of residential land within the radius of a greenway.

    Greenways are lines of the green layer: mapped greenways and cycling or walking routes.
    """
    return land_reach.share(greenways_as_facilities(green_spaces), radius)


@indicator(
    id="13.green_share",
    systems=("S13.2", "S19.2"),
    unit="%",
    better="higher",
    en="Share of land that is mapped as green",
    zh="绿地占土地面积比例",
    definition_zh="地图上各类绿地面积（重叠部分只计一次）占土地面积的比例。",
    formula="100 × green lattice area / land area",
    source="dizuo",
    place=PlaceKind.DISTRICT,
)
def green_share(green_land: LandSamples) -> Result:
    """Share of land under any mapped green space; overlaps count once."""
    return land_share(green_land)


@indicator(
    id="13.forest_cover",
    indicator_set="mnr",
    row="T20",
    systems=("S13.2",),
    unit="%",
    better="higher",
    en="Forest cover",
    zh="森林覆盖率",
    definition_zh="地图上森林、林地面积占土地面积的比例；与国土调查口径不同，属估算。",
    formula="100 × forest lattice area / land area",
    source="TD/T 1063-2021",
    place=PlaceKind.DISTRICT,
)
def forest_cover(forest_land: LandSamples) -> Result:
    """Share of land mapped as forest or wood. The survey counts otherwise: an estimate."""
    return land_share(forest_land)


@indicator(
    id="13.water_surface",
    indicator_set="mnr",
    row="T21",
    systems=("S13.13", "S19.2"),
    unit="%",
    better="higher",
    en="Water-surface rate",
    zh="河湖水面率",
    definition_zh="地图上河湖水面面积占行政区域面积的比例；不含海域。",
    formula="100 × water lattice area / whole area",
    source="TD/T 1063-2021",
    place=PlaceKind.DISTRICT,
)
def water_surface(water_land: LandSamples) -> Result:
    """Share of the whole area inside the boundary that is under inland water."""
    return Values(
        water_land.support,
        np.full(len(water_land), water_land.cell_area / 1e6),
        "whole",
        factor=100.0,
        evidence=water_land.evidence,
        resolution=PlaceKind.CELL,
    )


def land_share(land: LandSamples) -> Result:
    """Per cent of a place's land that the samples cover."""
    return per_area(
        land.support,
        np.full(len(land), land.cell_area / 1e6),
        evidence=land.evidence,
        factor=100.0,
    )


@indicator(
    id="13.pervious_share",
    indicator_set="mnr",
    row="T08",
    systems=("S13.2", "S17.5"),
    unit="%",
    better="higher",
    en="Pervious share of built-up land",
    zh="城区透水表面占比",
    definition_zh="建成区内地图上各类绿地面积占建成区面积的比例。未绘制的绿化和透水铺装不计，为下限估算；"
    "建成区由建筑和建设用地推算。",
    formula="100 × built-up land under green / built-up land",
    source="TD/T 1063-2021",
    place=PlaceKind.DISTRICT,
)
def pervious_share(built_up_land: LandSamples, green_land: LandSamples) -> Result:
    """Share of built-up land that is mapped as green: a lower estimate of pervious ground.

    Gardens and pervious paving that are not mapped are left out; row T08 is measured on imagery.
    """
    green = green_land.holds(built_up_land.x, built_up_land.y)
    weight = np.full(len(built_up_land), built_up_land.cell_area)
    return Values(
        built_up_land.support,
        weight * green,
        weight,
        factor=100.0,
        evidence=Evidence.ESTIMATED,
        resolution=PlaceKind.CELL,
    )
