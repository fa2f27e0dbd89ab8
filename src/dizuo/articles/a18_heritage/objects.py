"""Protected and historic objects."""

import numpy as np

from dizuo.articles.per_place import per_area
from dizuo.articles.registry import indicator
from dizuo.model.evidence import Evidence
from dizuo.model.place import PlaceKind
from dizuo.model.rule import Rule
from dizuo.model.values import Result, Values
from dizuo.resources.buildings import Buildings
from dizuo.resources.facilities import Facilities
from dizuo.resources.reach import HomeReach
from dizuo.resources.spaces import Features

__all__: list[str] = []


@indicator(
    id="18.heritage_density",
    systems=("S18.1", "S18.3"),
    unit="objects/km²",
    better="none",
    en="Density of historic objects",
    zh="历史文化资源密度",
    definition_zh="地图上标注的历史文化对象数量除以土地面积。",
    formula="Σ heritage objects / km²",
    source="dizuo",
    place=PlaceKind.DISTRICT,
)
def heritage_density(heritage_objects: Features) -> Result:
    """Mapped historic objects per km² of land."""
    return per_area(heritage_objects.support, np.ones(len(heritage_objects)))


@indicator(
    id="18.heritage_area",
    indicator_set="mnr",
    row="T33",
    systems=("S18.5", "S18.1"),
    unit="km²",
    better="none",
    en="Area of mapped heritage zones",
    zh="历史文化保护线面积",
    definition_zh="地图上标注的历史文化保护对象面积；法定保护线需以官方数据补充，属估算。",
    formula="Σ km² of heritage areas",
    source="TD/T 1063-2021",
    place=PlaceKind.CITY,
)
def heritage_area(heritage_objects: Features) -> Result:
    """Area of mapped heritage objects. Statutory protection lines are not in open data."""
    return Values(
        heritage_objects.support,
        heritage_objects.area / 1e6,
        reduction="sum",
        evidence=Evidence.ESTIMATED,
        resolution=PlaceKind.DISTRICT,
    )


@indicator(
    id="18.old_buildings",
    systems=("S18.3", "S18.6"),
    unit="%",
    better="none",
    en="Buildings marked as heritage",
    zh="历史建筑占比",
    definition_zh="标注为历史建筑的建筑基底面积占全部建筑基底面积的比例。",
    formula="100 × Σ footprint of heritage buildings / Σ footprint",
    source="dizuo",
)
def old_buildings(buildings: Buildings) -> Result:
    """Share of building footprint that belongs to buildings marked as heritage."""
    return Values(
        buildings.support,
        buildings.footprint_area * buildings.heritage,
        buildings.footprint_area,
        factor=100.0,
    )


@indicator(
    id="18.museum_reach",
    systems=("S18.6", "S20.3"),
    unit="%",
    better="higher",
    en="Residents within a quarter-hour walk of a museum",
    zh="博物馆步行15分钟可达率",
    definition_zh="步行十五分钟内可达博物馆的居民占比。",
    formula="100 × Σ residents[distance ≤ radius] / Σ residents",
    source="TD/T 1063-2021 (radius)",
    rules={"radius": "tdt1063.t27.distance"},
    variants=("network", "straight"),
    largest_distance=1000.0,
)
def museum_reach(home_reach: HomeReach, museum: Facilities, radius: Rule) -> dict[str, Result]:
    """Share of residents within a quarter-hour walk of a museum; described, not judged."""
    return home_reach.share(museum, radius)
