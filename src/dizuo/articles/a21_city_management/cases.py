"""How cases of urban management are settled, by the evaluation of the city's own operations."""

from typing import Final

from dizuo.articles.registry import indicator
from dizuo.model.place import PlaceKind
from dizuo.model.values import Result
from dizuo.resources.evaluation import VARIANTS, Evaluation

__all__: list[str] = []

_URBAN: Final = ("urban_component", "urban_event")
_SOURCE: Final = "GB/T 30428.4-2016, computed from the city's own event log"


@indicator(
    id="21.cases_settled_on_time",
    systems=("S21.1", "S22.6"),
    unit="%",
    better="higher",
    en="Urban-management cases settled on time",
    zh="城市管理案件按期结案率",
    definition_zh="评价时段内到期的部件与事件案件中，按期办结的占比。由运行日志计算，暂停计时的不计入。",
    formula="100 × rounds settled by their deadline / rounds that fell due",
    source=_SOURCE,
    place=PlaceKind.CITY,
    variants=VARIANTS,
)
def cases_settled_on_time(evaluation: Evaluation) -> dict[str, Result]:
    """Share of components and events that fell due in the period and were settled by then."""
    return evaluation.rate("on_time", *_URBAN)


@indicator(
    id="21.cases_closed",
    systems=("S21.1", "S22.6"),
    unit="%",
    better="higher",
    en="Urban-management cases closed",
    zh="城市管理案件结案率",
    definition_zh="评价时段内到期的部件与事件案件中，时段结束前已办结的占比。",
    formula="100 × rounds settled before the period ends / rounds that fell due",
    source=_SOURCE,
    place=PlaceKind.CITY,
    variants=VARIANTS,
)
def cases_closed(evaluation: Evaluation) -> dict[str, Result]:
    """Share of components and events that fell due and were settled before the period ended."""
    return evaluation.rate("closure", *_URBAN)


@indicator(
    id="21.cases_reworked",
    systems=("S21.1",),
    unit="%",
    better="lower",
    en="Urban-management cases sent back",
    zh="城市管理案件返工率",
    definition_zh="评价时段内办结的部件与事件案件中，核查不合格、至少返工一次的占比。",
    formula="100 × rounds sent back at least once / rounds settled",
    source=_SOURCE,
    place=PlaceKind.CITY,
    variants=VARIANTS,
)
def cases_reworked(evaluation: Evaluation) -> dict[str, Result]:
    """Share of settled components and events that a check sent back at least once."""
    return evaluation.rate("rework", *_URBAN)


@indicator(
    id="21.escalations_resolved",
    systems=("S21.2",),
    unit="%",
    better="higher",
    en="Stuck cases resolved after they were put before the leader",
    zh="提级协调案件办结率",
    definition_zh="评价时段内提级协调的部件与事件案件中，时段结束前已反馈落实或已结案的占比。",
    formula="100 × escalations resolved before the period ends / escalations of the period",
    source="computed from the city's own event log",
    place=PlaceKind.CITY,
    variants=VARIANTS,
)
def escalations_resolved(evaluation: Evaluation) -> dict[str, Result]:
    """Share of components and events put before the leader in the period that were resolved."""
    return evaluation.rate("escalations_resolved", *_URBAN)


@indicator(
    id="21.dispatch_accuracy",
    systems=("S21.3", "S21.1"),
    unit="%",
    better="higher",
    en="Cases sent to the right unit at once",
    zh="案件派遣准确率",
    definition_zh="评价时段内派遣的部件与事件案件中，未被退单或退单未成立的占比，反映职责边界是否清楚。",
    formula="100 × (dispatched - returns upheld) / dispatched",
    source=_SOURCE,
    place=PlaceKind.CITY,
    variants=VARIANTS,
)
def dispatch_accuracy(evaluation: Evaluation) -> dict[str, Result]:
    """Share of dispatched components and events that no unit returned with good reason."""
    return evaluation.rate("dispatch_accuracy", *_URBAN)
