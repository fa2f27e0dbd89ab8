"""Whether communities have the workers that the plan for community services asks for."""

from dizuo.articles.registry import indicator
from dizuo.model.place import PlaceKind
from dizuo.model.values import Result
from dizuo.resources.staff import VARIANTS, Staff

__all__: list[str] = []


@indicator(
    id="23.community_workers",
    systems=("S23.6",),
    unit="workers/10k persons",
    better="higher",
    en="Community workers for 10,000 residents",
    zh="每万人社区工作者数",
    definition_zh="社区工作者人数与常住人口之比。只用分区人数，不涉及个人。",
    formula="10,000 × staff / residents",
    source="the city's own table of staff; 14th five-year plan for community services",
    place=PlaceKind.CITY,
    rules={"judge": "public_service_plans.community_workers"},
    variants=VARIANTS,
)
def community_workers(staff: Staff) -> dict[str, Result]:
    """Staff who work in communities, for 10,000 residents of the place."""
    return staff.per("community", "residents", 10_000)
