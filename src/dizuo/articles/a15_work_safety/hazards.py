"""Hazards that inspections found, by the evaluation of the city's own operations."""

from typing import Final

from dizuo.articles.registry import indicator
from dizuo.model.place import PlaceKind
from dizuo.model.values import Result
from dizuo.resources.evaluation import VARIANTS, Evaluation

__all__: list[str] = []

_INSPECTION: Final = "inspection"


@indicator(
    id="15.hazards_rectified_on_time",
    systems=("S15.3", "S23.3"),
    unit="%",
    better="higher",
    en="Hazards rectified on time",
    zh="隐患按期整改率",
    definition_zh="评价时段内到期的检查整改案件中，按期整改完成的占比。",
    formula="100 × rounds settled by their deadline / rounds that fell due",
    source="computed from the city's own event log",
    place=PlaceKind.CITY,
    variants=VARIANTS,
)
def hazards_rectified_on_time(evaluation: Evaluation) -> dict[str, Result]:
    """Share of hazards found by inspections that were due and rectified by then."""
    return evaluation.rate("on_time", _INSPECTION)


@indicator(
    id="15.rectifications_sent_back",
    systems=("S15.3",),
    unit="%",
    better="lower",
    en="Rectifications that a check sent back",
    zh="隐患整改返工率",
    definition_zh="评价时段内办结的检查整改案件中，复查不合格、至少返工一次的占比。",
    formula="100 × rounds sent back at least once / rounds settled",
    source="computed from the city's own event log",
    place=PlaceKind.CITY,
    variants=VARIANTS,
)
def rectifications_sent_back(evaluation: Evaluation) -> dict[str, Result]:
    """Share of rectified hazards that a check sent back at least once."""
    return evaluation.rate("rework", _INSPECTION)
