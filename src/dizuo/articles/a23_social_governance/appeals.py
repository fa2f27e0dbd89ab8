"""Residents' appeals and disputes, by the evaluation of the city's own operations.

Counts of fewer residents than may be told are kept back by the evaluation itself.
"""

from typing import Final

from dizuo.articles.registry import indicator
from dizuo.model.place import PlaceKind
from dizuo.model.values import Result
from dizuo.resources.evaluation import VARIANTS, Evaluation

__all__: list[str] = []

_APPEALS: Final = "hotline_appeal"
_DISPUTES: Final = "mediation"
_THREE_RATES: Final = "Beijing regulation on handling complaints on receipt (2021), as parameters"


@indicator(
    id="23.appeals_contacted",
    systems=("S23.2",),
    unit="%",
    better="higher",
    en="Appeals whose residents were contacted",
    zh="群众诉求响应率",
    definition_zh="有效回访中，承办单位已联系诉求人的占比（三率之响应率）。",
    formula="100 × contacted / valid call-backs",
    source=_THREE_RATES,
    place=PlaceKind.CITY,
    variants=VARIANTS,
)
def appeals_contacted(evaluation: Evaluation) -> dict[str, Result]:
    """Share of valid call-backs in which the unit had contacted whoever appealed."""
    return evaluation.rate("response", _APPEALS)


@indicator(
    id="23.appeals_resolved",
    systems=("S23.2",),
    unit="%",
    better="higher",
    en="Appeals that were resolved",
    zh="群众诉求解决率",
    definition_zh="有效回访中，诉求得到解决的占比（三率之解决率）。",
    formula="100 × solved / valid call-backs",
    source=_THREE_RATES,
    place=PlaceKind.CITY,
    variants=VARIANTS,
)
def appeals_resolved(evaluation: Evaluation) -> dict[str, Result]:
    """Share of valid call-backs in which residents said that the matter was solved."""
    return evaluation.rate("resolution", _APPEALS)


@indicator(
    id="23.appeals_satisfied",
    systems=("S23.2", "L2"),
    unit="%",
    better="higher",
    en="Satisfaction with how appeals were handled",
    zh="群众诉求满意率",
    definition_zh="有效回访中，满意与按系数折算的基本满意之和的占比（三率之满意率）。",
    formula="100 × (satisfied + factor × basically satisfied) / valid call-backs",
    source=_THREE_RATES,
    place=PlaceKind.CITY,
    variants=VARIANTS,
)
def appeals_satisfied(evaluation: Evaluation) -> dict[str, Result]:
    """Satisfied residents, and basically satisfied ones by a factor, of valid call-backs."""
    return evaluation.rate("satisfaction", _APPEALS)


@indicator(
    id="23.appeals_settled_on_time",
    systems=("S23.2", "S22.6"),
    unit="%",
    better="higher",
    en="Appeals settled on time",
    zh="群众诉求按期办结率",
    definition_zh="评价时段内到期的热线诉求中，按期办结的占比。",
    formula="100 × rounds settled by their deadline / rounds that fell due",
    source="GB/T 33357-2016, computed from the city's own event log",
    place=PlaceKind.CITY,
    variants=VARIANTS,
)
def appeals_settled_on_time(evaluation: Evaluation) -> dict[str, Result]:
    """Share of residents' appeals that fell due in the period and were settled by then."""
    return evaluation.rate("on_time", _APPEALS)


@indicator(
    id="23.disputes_settled_on_time",
    systems=("S23.1",),
    unit="%",
    better="higher",
    en="Disputes settled within their term",
    zh="矛盾纠纷按期化解率",
    definition_zh="评价时段内到期的调解案件中，按期化解的占比。只计案件，不涉及当事人。",
    formula="100 × rounds settled by their deadline / rounds that fell due",
    source="computed from the city's own event log",
    place=PlaceKind.CITY,
    variants=VARIANTS,
)
def disputes_settled_on_time(evaluation: Evaluation) -> dict[str, Result]:
    """Share of mediations that fell due in the period and were settled by then."""
    return evaluation.rate("on_time", _DISPUTES)
