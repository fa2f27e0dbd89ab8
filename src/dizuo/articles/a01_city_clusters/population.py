"""Size of the city."""

from dizuo.articles.registry import indicator
from dizuo.model.place import PlaceKind
from dizuo.model.values import Result, Values
from dizuo.resources.buildings import Homes

__all__: list[str] = []


@indicator(
    id="01.resident_population",
    indicator_set="mnr",
    row="T12",
    systems=("S1.1", "S2.2"),
    unit="10k persons",
    better="none",
    en="Resident population",
    zh="常住人口规模",
    definition_zh="常住人口数，由城市给出的总数或统计单元人口分配到住宅后汇总。城镇化率需统计数据，不在此列。",
    formula="Σ residents / 10,000",
    source="TD/T 1063-2021",
    place=PlaceKind.CITY,
)
def resident_population(homes: Homes) -> Result:
    """Residents of the city as its settings or a population layer give them.

    Spread over homes and summed again; not told below districts. The rate of urbanisation needs
    statistics and is left out.
    """
    return Values(
        homes.support,
        homes.residents,
        reduction="sum",
        factor=1e-4,
        evidence=homes.evidence,
        resolution=PlaceKind.DISTRICT,
    )
