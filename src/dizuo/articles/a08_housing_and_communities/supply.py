"""Supply by number of residents: stores and work within the neighbourhood."""

import numpy as np

from dizuo.articles.per_place import facilities_per_resident
from dizuo.articles.registry import indicator
from dizuo.model.evidence import weakest
from dizuo.model.place import PlaceKind
from dizuo.model.rule import Rule
from dizuo.model.values import Result, Values
from dizuo.resources.buildings import Buildings
from dizuo.resources.facilities import Facilities

__all__: list[str] = []

_WORK = ("commercial", "office", "hotel", "industrial", "education", "health", "public")


@indicator(
    id="08.convenience_supply",
    indicator_set="living_circle",
    systems=("S8.11", "S4.9"),
    unit="stores/3k persons",
    better="higher",
    en="Convenience stores for the residents",
    zh="便利店配置水平",
    definition_zh="便利店数量除以常住人口，按标准规定的每店最多服务人口计；不小于1为达到标准。",
    formula="most residents for a store × stores / residents",
    source="GB 50180-2018",
    place=PlaceKind.DISTRICT,
    rules={"people": "gb50180.convenience.population", "judge": "gb50180.convenience.supply"},
)
def convenience_supply(convenience: Facilities, people: Rule) -> Result:
    """Mapped convenience stores for the most residents that one store is to serve."""
    return facilities_per_resident(convenience, people.upper or people.value)


@indicator(
    id="08.workplace_floor",
    systems=("S8.14", "S19.2"),
    unit="ratio",
    better="none",
    en="Workplace floor for each m² of housing",
    zh="产居建筑面积比",
    definition_zh="产业与服务类建筑面积除以居住建筑面积，反映职住平衡的空间条件；不是就业岗位与居民之比，"
    "岗位数需统计数据。混合建筑各计一半。",
    formula="Σ floor m² of workplaces / Σ floor m² of homes",
    source="dizuo",
    place=PlaceKind.COMMUNITY,
)
def workplace_floor(buildings: Buildings) -> Result:
    """Floor area of workplaces for each m² of residential floor area; mixed buildings count half.

    What space there is for work near homes. It is not jobs for each worker, which needs statistics.
    """
    floor = np.nan_to_num(buildings.floor_area)
    mixed = floor * (buildings.use == "mixed") / 2
    return Values(
        buildings.support,
        floor * np.isin(buildings.use, _WORK) + mixed,
        floor * (buildings.use == "residential") + mixed,
        evidence=weakest([buildings.use_evidence, buildings.floor_area_evidence]),
        resolution=PlaceKind.CELL,
    )
