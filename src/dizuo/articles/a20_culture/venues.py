"""Culture and sport: venues within reach and their area for each resident."""

import numpy as np

from dizuo.articles.per_place import facilities_per_resident, per_resident
from dizuo.articles.registry import indicator
from dizuo.model.evidence import Evidence
from dizuo.model.place import PlaceKind
from dizuo.model.rule import Rule
from dizuo.model.text import Text
from dizuo.model.values import Missing, Result
from dizuo.resources.facilities import Facilities
from dizuo.resources.reach import HomeReach
from dizuo.resources.venues import SportsGrounds, joined_area

__all__: list[str] = []


@indicator(
    id="20.library_reach",
    systems=("S20.3", "S10.7"),
    unit="%",
    better="higher",
    en="Residents within a quarter-hour walk of a library",
    zh="图书馆步行15分钟可达率",
    definition_zh="步行十五分钟内可达图书馆的居民占比。",
    formula="100 × Σ residents[distance ≤ radius] / Σ residents",
    source="TD/T 1063-2021 (radius)",
    rules={"radius": "tdt1063.t27.distance", "judge": "dizuo.walk_coverage"},
    variants=("network", "straight"),
    largest_distance=1000.0,
)
def library_reach(home_reach: HomeReach, library: Facilities, radius: Rule) -> dict[str, Result]:
    """Share of residents within a quarter-hour walk of a library."""
    return home_reach.share(library, radius)


@indicator(
    id="20.cultural_area",
    indicator_set="mohurd",
    row="U36",
    systems=("S20.3",),
    unit="m²/person",
    better="higher",
    en="Public cultural facility area per resident",
    zh="人均公共文化设施面积",
    definition_zh="图书馆、博物馆、文化馆与艺术中心、档案馆的建筑面积之和除以常住人口；面积未知的设施不计入。",
    formula="Σ floor m² of libraries, museums, cultural and art centres, archives / residents",
    source="MOHURD city checkup 2023, row U36",
    place=PlaceKind.CITY,
    rules={"judge": "mohurd_checkup.u36.area"},
)
def cultural_area(
    library: Facilities,
    museum: Facilities,
    cultural_centre: Facilities,
    gallery: Facilities,
    archive: Facilities,
) -> Result:
    """Floor area of libraries, museums, cultural and art centres and archives for each resident.

    Only venues whose floor area is known; one mapped as a point adds nothing, so the value is a
    lower estimate.
    """
    support, area = joined_area((library, museum, cultural_centre, gallery, archive), "floor_area")
    if not np.isfinite(area).any():
        return Missing(
            Text("No cultural venue has a known floor area.", "文化设施的建筑面积均未知。")
        )
    return per_resident(
        support, np.nan_to_num(area), evidence=Evidence.ESTIMATED, resolution=PlaceKind.DISTRICT
    )


@indicator(
    id="20.sports_area",
    indicator_set="mohurd",
    row="U35",
    systems=("S20.5", "S20.3"),
    unit="m²/person",
    better="higher",
    en="Sports ground per resident",
    zh="人均体育场地面积",
    definition_zh="地图上体育场地（球场、跑道、泳池等，体育中心内的不重复计）面积除以常住人口；与体育普查口径不同，属估算。",
    formula="Σ m² of sports grounds / residents",
    source="MOHURD city checkup 2023, row U35",
    place=PlaceKind.DISTRICT,
    rules={"judge": "mohurd_checkup.u35.area"},
)
def sports_area(sports_grounds: SportsGrounds) -> Result:
    """Mapped area of sports grounds for each resident; overlapping grounds count once."""
    return per_resident(sports_grounds.support, sports_grounds.area, evidence=Evidence.ESTIMATED)


@indicator(
    id="20.venues",
    systems=("S20.2", "S20.3"),
    unit="venues/100k persons",
    better="none",
    en="Theatres and cinemas per 100,000 residents",
    zh="每十万人剧场影院数",
    definition_zh="剧场和影院数量除以常住人口，每十万人。",
    formula="100,000 × (theatres + cinemas) / residents",
    source="dizuo",
    place=PlaceKind.CITY,
    variants=("theatre", "cinema"),
)
def venues(theatre: Facilities, cinema: Facilities) -> dict[str, Result]:
    """Mapped theatres and cinemas for 100,000 residents."""
    return {
        "theatre": facilities_per_resident(theatre, 100_000),
        "cinema": facilities_per_resident(cinema, 100_000),
    }


@indicator(
    id="20.playground_reach",
    systems=("S10.3", "S20.5"),
    unit="%",
    better="higher",
    en="Residents near a playground",
    zh="儿童游戏场可达率",
    definition_zh="五分钟生活圈距离内可达儿童游戏场的居民占比。",
    formula="100 × Σ residents[distance ≤ radius] / Σ residents",
    source="GB 50180-2018 (radius)",
    rules={"radius": "gb50180.tier5.distance", "judge": "dizuo.walk_coverage"},
    variants=("network", "straight"),
    largest_distance=300.0,
)
def playground_reach(
    home_reach: HomeReach, playground: Facilities, radius: Rule
) -> dict[str, Result]:
    """Share of residents within the five-minute circle's distance of a playground."""
    return home_reach.share(playground, radius)
