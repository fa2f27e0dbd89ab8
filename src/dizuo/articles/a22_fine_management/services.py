"""Service matters (一网通办) and shared services (一网通享), from the city's evaluation."""

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


@indicator(
    id="22.shared_services_uptake",
    systems=("S22.7",),
    unit="%",
    better="none",
    en="Shared services taken up",
    zh="共享公共服务预约使用率",
    definition_zh="评价时段内开始的公共服务预约时段的名额中，被预约的占比；人数不足最小公布人数的不公布。",
    formula="100 × seats booked / seats offered",
    source="house practice, computed from the city's own event log",
    place=PlaceKind.CITY,
    variants=VARIANTS,
)
def shared_services_uptake(evaluation: Evaluation) -> dict[str, Result]:
    """Share of the seats of bookable slots that began in the period that were booked."""
    return evaluation.rate("uptake", "booking")


@indicator(
    id="22.shared_services_missed",
    systems=("S22.7",),
    unit="%",
    better="lower",
    en="Bookings of shared services that were missed",
    zh="共享公共服务预约爽约率",
    definition_zh="评价时段内已登记到场情况的公共服务预约中，未到场的占比；人数不足最小公布人数的不公布。",
    formula="100 × bookings missed / bookings of which it was noted who came",
    source="house practice, computed from the city's own event log",
    place=PlaceKind.CITY,
    variants=VARIANTS,
)
def shared_services_missed(evaluation: Evaluation) -> dict[str, Result]:
    """Share of the bookings of the period with a note of who came that were missed."""
    return evaluation.rate("no_show", "booking")
