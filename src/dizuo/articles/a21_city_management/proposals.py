"""What came of the proposals of residents, enterprises and organisations."""

from dizuo.articles.registry import indicator
from dizuo.model.place import PlaceKind
from dizuo.model.values import Result
from dizuo.resources.evaluation import VARIANTS, Evaluation

__all__: list[str] = []


@indicator(
    id="21.proposals_adopted",
    systems=("S21.6",),
    unit="%",
    better="none",
    en="Proposals adopted",
    zh="公众提案采纳率",
    definition_zh="评价时段内作出决定的公众提案中，被采纳的占比；人数不足最小公布人数的不公布。",
    formula="100 × proposals adopted / proposals decided on",
    source="house practice, computed from the city's own event log",
    place=PlaceKind.CITY,
    variants=VARIANTS,
)
def proposals_adopted(evaluation: Evaluation) -> dict[str, Result]:
    """Share of the proposals decided on in the period that were adopted."""
    return evaluation.rate("adoption", "participation_proposal")
