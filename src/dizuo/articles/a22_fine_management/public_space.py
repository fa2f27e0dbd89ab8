"""Public toilets, light, and the small things of public space."""

import numpy as np

from dizuo.articles.per_place import per_area, unmapped
from dizuo.articles.registry import indicator
from dizuo.model.place import PlaceKind
from dizuo.model.rule import Rule
from dizuo.model.text import Text
from dizuo.model.values import Missing, Result, Values
from dizuo.resources.analysis import Analysis
from dizuo.resources.buildings import Buildings
from dizuo.resources.facilities import Facilities
from dizuo.resources.reach import HomeReach
from dizuo.resources.sections import StreetSections

__all__: list[str] = []


@indicator(
    id="22.public_toilet_density",
    indicator_set="mohurd",
    row="V11",
    systems=("S22.10", "S8.9", "S9.1"),
    unit="toilets/km²",
    better="higher",
    en="Public-toilet density",
    zh="公厕设置密度",
    definition_zh="公共厕所数量除以建成区面积。建成区由建筑和建设用地推算。",
    formula="public toilets / built-up km²",
    source="MOHURD city checkup 2025 variant, row V11; CJJ 14",
    place=PlaceKind.DISTRICT,
    rules={"judge": "mohurd_checkup.v11.density"},
)
def public_toilet_density(public_toilet: Facilities) -> Result:
    """Public toilets per km² of built-up land."""
    if not public_toilet.known:
        return unmapped(public_toilet)
    return per_area(
        public_toilet.support,
        np.ones(len(public_toilet)),
        evidence=public_toilet.evidence,
        built_up=True,
    )


@indicator(
    id="22.public_toilet_reach",
    systems=("S22.10", "S10.3"),
    unit="%",
    better="higher",
    en="Residents near a public toilet",
    zh="公厕步行可达率",
    definition_zh="五分钟生活圈距离内可达公共厕所的居民占比。",
    formula="100 × Σ residents[distance ≤ radius] / Σ residents",
    source="GB 50180-2018 (radius)",
    rules={"radius": "gb50180.tier5.distance", "judge": "dizuo.walk_coverage"},
    variants=("network", "straight"),
    largest_distance=300.0,
)
def public_toilet_reach(
    home_reach: HomeReach, public_toilet: Facilities, radius: Rule
) -> dict[str, Result]:
    """Share of residents within the five-minute circle's distance of a public toilet."""
    return home_reach.share(public_toilet, radius)


@indicator(
    id="22.lit_streets",
    systems=("S22.11", "S23.5"),
    unit="%",
    better="higher",
    en="Walkable streets known to be lit",
    zh="有照明的步行道路占比",
    definition_zh="标注了照明情况的可步行道路中，有照明的长度占比。未标注的不计入分母。",
    formula="100 × lit walkable km / walkable km with a known state",
    source="dizuo",
    place=PlaceKind.DISTRICT,
)
def lit_streets(street_sections: StreetSections, analysis: Analysis) -> Result:
    """Share of walkable length that is lit, among the streets whose lighting is mapped.

    Missing where it is mapped for too little: lit streets are told more often than dark ones.
    """
    walkable = street_sections.length * street_sections.walkable
    known = street_sections.walkable & (street_sections.lit != "")
    share = float(walkable[known].sum() / walkable.sum()) if walkable.sum() > 0 else 0.0
    if not known.any() or share < analysis.least_known_share:
        return Missing(
            Text(
                f"Lighting is mapped for {share:.0%} of walkable length; "
                f"{analysis.least_known_share:.0%} are needed.",
                f"标注照明情况的步行道路只占 {share:.0%}，至少需要 "
                f"{analysis.least_known_share:.0%}。",
            )
        )
    return Values(
        street_sections.support,
        street_sections.length * (known & (street_sections.lit != "no")),
        street_sections.length * known,
        factor=100.0,
        resolution=PlaceKind.CELL,
    )


@indicator(
    id="22.pedestrian_space",
    systems=("S22.10",),
    unit="km/km²",
    better="higher",
    en="Pedestrian streets",
    zh="步行街密度",
    definition_zh="步行街与生活街道长度除以土地面积。",
    formula="km of pedestrian and living streets / km²",
    source="dizuo",
    place=PlaceKind.DISTRICT,
)
def pedestrian_space(street_sections: StreetSections) -> Result:
    """Length of pedestrian and living streets per km² of land."""
    kinds = np.isin(street_sections.highway, ("pedestrian", "living_street"))
    return per_area(street_sections.support, street_sections.length * kinds / 1000.0)


@indicator(
    id="22.street_furniture",
    systems=("S22.10", "S10.3"),
    unit="objects/km²",
    better="none",
    en="Benches and drinking water",
    zh="座椅与饮水点密度",
    definition_zh="地图上的座椅、饮水点数量除以土地面积。",
    formula="objects / km²",
    source="dizuo",
    place=PlaceKind.DISTRICT,
    variants=("bench", "drinking_water"),
)
def street_furniture(bench: Facilities, drinking_water: Facilities) -> dict[str, Result]:
    """Mapped benches and places with drinking water per km² of land."""
    return {
        "bench": _density(bench),
        "drinking_water": _density(drinking_water),
    }


def _density(facilities: Facilities) -> Result:
    if not facilities.known:
        return unmapped(facilities)
    return per_area(
        facilities.support,
        np.ones(len(facilities)),
        evidence=facilities.evidence,
    )


@indicator(
    id="22.heights_known",
    systems=("S22.3",),
    unit="%",
    better="higher",
    en="Buildings whose height is measured",
    zh="建筑高度已知比例",
    definition_zh="层数或高度为实测（非估算）的建筑的基底面积占全部建筑基底面积的比例，"
    "反映三维数据的基础；不等于 U60 行的三维数据覆盖率。",
    formula="100 × Σ footprint[levels measured] / Σ footprint",
    source="dizuo",
    place=PlaceKind.DISTRICT,
)
def heights_known(buildings: Buildings) -> Result:
    """Share of building footprint whose levels are measured and not estimated.

    What three-dimensional data could start from; not the coverage of row U60.
    """
    return Values(
        buildings.support,
        buildings.footprint_area * buildings.levels_measured,
        buildings.footprint_area,
        factor=100.0,
    )
