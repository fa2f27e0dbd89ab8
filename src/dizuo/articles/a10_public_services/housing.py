"""How much housing there is."""

import numpy as np

from dizuo.articles.per_place import per_resident
from dizuo.articles.registry import indicator
from dizuo.model.evidence import weakest
from dizuo.model.place import PlaceKind
from dizuo.model.values import Result
from dizuo.resources.buildings import Buildings

__all__: list[str] = []


@indicator(
    id="10.housing_area_per_resident",
    indicator_set="mnr",
    row="T32",
    systems=("S10.10", "S8.1"),
    unit="m²/person",
    better="none",
    en="Housing floor area per resident",
    zh="城镇人均住房面积",
    definition_zh="居住建筑面积（混合建筑计一半）除以常住人口。层数缺失的建筑按估算层数计；"
    "按建筑外轮廓计，含公摊；年新增政策性住房占比需填报。",
    formula="Σ residential floor m² / residents",
    source="TD/T 1063-2021",
    place=PlaceKind.CITY,
)
def housing_area_per_resident(buildings: Buildings) -> Result:
    """Gross residential floor area for each resident; mixed buildings count half.

    For whole districts and cities only: where residents are spread by floor area, smaller places
    would all have the same value. The share of affordable housing of the same row is not mapped.
    """
    floor = np.nan_to_num(buildings.floor_area)
    share = np.where(buildings.use == "residential", 1.0, 0.0) + 0.5 * (buildings.use == "mixed")
    return per_resident(
        buildings.support,
        floor * share,
        evidence=weakest([buildings.use_evidence, buildings.floor_area_evidence]),
        resolution=PlaceKind.DISTRICT,
    )
