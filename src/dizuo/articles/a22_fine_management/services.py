"""Service matters (一网通办), by the evaluation of the city's own operations."""

from dizuo.articles.registry import indicator
from dizuo.model.place import PlaceKind
from dizuo.model.values import Result
from dizuo.resources.evaluation import VARIANTS, Evaluation

__all__: list[str] = []


@indicator(
    id="22.services_settled_on_time",
    systems=("S22.5",),
    unit="%",
    better="higher",
    en="Service applications settled on time",
    zh="政务服务按期办结率",
    definition_zh="评价时段内到期的政务服务办件中，在承诺时限内办结的占比；补正与特别程序期间不计时。",
    formula="100 × rounds settled by their deadline / rounds that fell due",
    source="GB/T 39735-2020 in kind, computed from the city's own event log",
    place=PlaceKind.CITY,
    variants=VARIANTS,
)
def services_settled_on_time(evaluation: Evaluation) -> dict[str, Result]:
    """Share of applications due in the period that were settled within their promised term."""
    return evaluation.rate("on_time", "service_application")
