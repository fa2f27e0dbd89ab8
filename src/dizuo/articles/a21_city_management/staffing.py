"""Whether enforcement has the staff that its residents, its area and its cases ask for.

From counts by district alone. How many there should be is for each city to say: dizuo has no
number of its own, and the gap is missing until the city's rule gives one.
"""

from typing import Final

from dizuo.articles.registry import indicator
from dizuo.model.place import PlaceKind
from dizuo.model.rule import Rule
from dizuo.model.values import Result
from dizuo.resources.evaluation import Evaluation
from dizuo.resources.staff import VARIANTS, Staff

__all__: list[str] = []

_DUTY: Final = "enforcement"
_URBAN: Final = ("urban_component", "urban_event")
_SOURCE: Final = "the city's own table of staff"
_RULE: Final = "city_staffing.enforcement"


@indicator(
    id="21.enforcement_staff",
    systems=("S21.4",),
    unit="workers/10k persons",
    better="none",
    en="Enforcement staff for 10,000 residents",
    zh="每万人综合执法人员数",
    definition_zh="城市管理执法人员数与常住人口之比。只用分区人数，不涉及个人。",
    formula="10,000 × staff / residents",
    source=_SOURCE,
    place=PlaceKind.CITY,
    variants=VARIANTS,
)
def enforcement_staff(staff: Staff) -> dict[str, Result]:
    """Staff who enforce the rules of urban management, for 10,000 residents of the place."""
    return staff.per(_DUTY, "residents", 10_000)


@indicator(
    id="21.enforcement_staff_density",
    systems=("S21.4",),
    unit="workers/km²",
    better="none",
    en="Enforcement staff for each km² of land",
    zh="每平方公里综合执法人员数",
    definition_zh="城市管理执法人员数与陆域面积之比。只用分区人数，不涉及个人。",
    formula="staff / km² of land",
    source=_SOURCE,
    place=PlaceKind.CITY,
    variants=VARIANTS,
)
def enforcement_staff_density(staff: Staff) -> dict[str, Result]:
    """Staff who enforce the rules of urban management, for each km² of the place's land."""
    return staff.per(_DUTY, "area", 1)


@indicator(
    id="21.enforcement_workload",
    systems=("S21.4",),
    unit="cases/worker/year",
    better="none",
    en="Cases of urban management for each of the enforcement staff",
    zh="执法人员人均城市管理案件数",
    definition_zh="运行评价时段内登记并认定的城市管理案件数，折算为一年，与执法人员数之比。",
    formula="cases decided on / years of the period / staff",
    source="the city's own table of staff and event log",
    place=PlaceKind.CITY,
)
def enforcement_workload(staff: Staff, evaluation: Evaluation) -> Result:
    """Components and events reported in the evaluated period, as of a year, for each of the staff.

    Cases count that were decided on, be they valid or not; merged ones count once.
    """
    cases = evaluation.rate("valid_report", *_URBAN)["city"]
    return staff.workload(_DUTY, cases, evaluation.years)


@indicator(
    id="21.enforcement_staff_gap",
    systems=("S21.4",),
    unit="workers",
    better="none",
    en="Enforcement staff short of the city's own standard",
    zh="综合执法人员缺口",
    definition_zh="按城市自定的每万人配备标准应有人数与现有人数之差，不缺编为0。城市未规定标准时缺失。",
    formula="max(0, rule × residents / 10,000 - staff)",
    source="the city's own rule and table of staff",
    place=PlaceKind.CITY,
    rules={"due": _RULE},
    variants=VARIANTS,
)
def enforcement_staff_gap(staff: Staff, due: Rule) -> dict[str, Result]:
    """Staff that a place lacks of what the city's own rule asks for 10,000 residents.

    The rule 'city_staffing.enforcement' is the city's to give: without it there is no value.
    """
    return staff.gap(_DUTY, due.value)
