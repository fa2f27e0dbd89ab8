"""How evenly services are spread: catchments and their inequality."""

import numpy as np

from dizuo.articles.per_place import unmapped
from dizuo.articles.registry import indicator
from dizuo.model.evidence import Evidence, weakest
from dizuo.model.place import PlaceKind
from dizuo.model.rule import Rule
from dizuo.model.values import Result, Values
from dizuo.resources.buildings import Homes
from dizuo.resources.facilities import Facilities
from dizuo.resources.streets import Streets

__all__ = ["access_inequality"]


def access_inequality(
    homes: Homes, walking: Streets, facilities: Facilities, radius: float
) -> Result:
    """Gini coefficient of two-step floating catchment access over residents.

    Unless every facility has a known capacity, each counts one. The value is an estimate.
    """
    if not facilities.known:
        return unmapped(facilities)
    known = np.isfinite(facilities.capacity).all()
    supply = facilities.capacity if known else np.ones(len(facilities))
    access = walking.catchment_access(homes, homes.residents, facilities, supply, radius)
    evidence = weakest([homes.evidence, facilities.evidence, Evidence.ESTIMATED])
    return Values(
        homes.support,
        access,
        homes.residents,
        reduction="gini",
        evidence=evidence,
        resolution=PlaceKind.DISTRICT,
    )


def _declare(category: str, en: str, zh: str, system: str, rule: str) -> None:
    def inequality(homes: Homes, walking: Streets, facilities: Facilities, radius: Rule) -> Result:
        return access_inequality(homes, walking, facilities, radius.value)

    inequality.__doc__ = (
        f"Gini coefficient, over residents, of two-step floating catchment access to {en.lower()}. "
        "0 is the same for all, 1 all for one. Unless all capacities are known, each counts one."
    )
    indicator(
        id=f"10.{category}_access_inequality",
        systems=(system, "S3.10"),
        unit="ratio",
        better="lower",
        en=f"Inequality of access: {en.lower()}",
        zh=f"{zh}可达性基尼系数",
        definition_zh=f"以两步移动搜寻法（2SFCA）计算的{zh}可达性在居民间的基尼系数；0 为完全均等。"
        "除非所有设施的容量均已知，否则每处设施按 1 计。",
        formula="G = 1 − Σ (Xk − Xk−1)(Yk + Yk−1) of A_i = Σ_j S_j / Σ_k P_k",
        source="Luo & Wang 2003; metrics of inequality: Gini",
        place=PlaceKind.DISTRICT,
        rules={"radius": rule, "judge": "dizuo.access_gini"},
        needs={"facilities": category},
        largest_distance=4000.0,
    )(inequality)


_declare("primary_school", "Primary schools", "小学", "S10.6", "dizuo.primary_school.distance")
_declare("middle_school", "Middle schools", "中学", "S10.6", "dizuo.middle_school.distance")
_declare("kindergarten", "Kindergartens", "幼儿园", "S10.5", "tdt1063.t27.distance")
_declare("clinic", "Primary care", "基层医疗", "S10.8", "tdt1063.t27.distance")
_declare("pharmacy", "Pharmacies", "药店", "S10.8", "tdt1063.t27.distance")
