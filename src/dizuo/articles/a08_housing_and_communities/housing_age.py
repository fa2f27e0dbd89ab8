"""Old homes and old neighbourhoods, as far as the years of buildings are known."""

import numpy as np
from numpy.typing import NDArray

from dizuo.articles.registry import indicator
from dizuo.model.evidence import Evidence
from dizuo.model.place import PlaceKind
from dizuo.model.rule import Rule
from dizuo.model.text import Text
from dizuo.model.values import Missing, Result, Values
from dizuo.resources.ages import BuildingAges
from dizuo.resources.analysis import Analysis
from dizuo.resources.blocks import Blocks
from dizuo.resources.buildings import Homes

__all__: list[str] = []


def _too_few_years(homes: Homes, known: NDArray[np.bool_], analysis: Analysis) -> Missing | None:
    """Say that the homes of a known year cannot speak for the others, if they are too few."""
    whole = homes.residents.sum()
    share = float(homes.residents[known].sum() / whole) if whole > 0 else 0.0
    if known.any() and share >= analysis.least_known_share:
        return None
    return Missing(
        Text(
            f"The year of construction is known for the homes of {share:.0%} of residents; "
            f"{analysis.least_known_share:.0%} are needed. Add start_year to the buildings.",
            f"已知建成年份的住宅只覆盖 {share:.0%} 的居民，至少需要 "
            f"{analysis.least_known_share:.0%}；请为建筑补充 start_year。",
        )
    )


@indicator(
    id="08.old_housing_share",
    systems=("S8.6", "S8.12"),
    unit="%",
    better="none",
    en="Residents in old homes",
    zh="居住在老旧住宅中的居民占比",
    definition_zh="建成年份已知的住宅中，房龄达到规定年限的住宅所住居民占比。年份未知的住宅不计入分母。",
    formula="100 × Σ residents[age ≥ rule] / Σ residents[age known]",
    source="MOHURD city checkup 2023, row B31 (age)",
    rules={"age": "mohurd_checkup.b31.housing_age"},
)
def old_housing_share(
    homes: Homes, building_ages: BuildingAges, analysis: Analysis, age: Rule
) -> Result:
    """Share of residents in homes of the rule's age or older, among homes of a known year.

    Missing where the year is known for too few: old buildings are dated more often than new ones.
    """
    years = building_ages.years[homes.row]
    known = np.isfinite(years)
    too_few = _too_few_years(homes, known, analysis)
    if too_few is not None:
        return too_few
    return Values(
        homes.support,
        homes.residents * (years >= age.value),
        homes.residents * known,
        factor=100.0,
        evidence=homes.evidence,
    )


@indicator(
    id="08.old_neighbourhoods",
    indicator_set="mohurd",
    row="B31",
    systems=("S8.6", "S8.12"),
    unit="count",
    better="lower",
    en="Old neighbourhoods that may need renewal",
    zh="需要进行更新改造的老旧街区数量",
    definition_zh="有居民的街坊中，建成年份已知的住宅的居民过半住在达到规定房龄的住宅中的街坊数量。"
    "设施老化和缺失情况需调查，年份未知的街坊不计，属估算。",
    formula="Σ blocks[residents in old homes > residents in newer homes of a known year]",
    source="MOHURD city checkup 2023, row B31",
    rules={"age": "mohurd_checkup.b31.housing_age", "judge": "mohurd_checkup.b31.count"},
)
def old_neighbourhoods(
    homes: Homes, blocks: Blocks, building_ages: BuildingAges, analysis: Analysis, age: Rule
) -> Result:
    """Number of blocks in which most residents of homes of a known year live in old ones.

    Blocks without a known year do not count. Wear and missing facilities, which the row asks for
    too, need a survey: an estimate.
    """
    years = building_ages.years[homes.row]
    too_few = _too_few_years(homes, np.isfinite(years), analysis)
    if too_few is not None:
        return too_few
    inside = homes.support.places[PlaceKind.BLOCK]

    def residents(of: np.ndarray) -> np.ndarray:
        held = of & (inside >= 0)
        return np.bincount(inside[held], homes.residents[held], minlength=len(blocks))

    old = residents(years >= age.value) > residents(years < age.value)
    return Values(
        blocks.support,
        old.astype(np.float64),
        reduction="sum",
        evidence=Evidence.ESTIMATED,
        failing=old,
        affected=blocks.residents,
    )
