"""Very large communities: which they are, what they carry, and how they would divide."""

from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray

from dizuo.articles.registry import indicator
from dizuo.model.evidence import Evidence
from dizuo.model.place import PlaceKind
from dizuo.model.rule import Rule
from dizuo.model.text import Text
from dizuo.model.values import Missing, Result, Values
from dizuo.resources.analysis import Analysis
from dizuo.resources.blocks import Blocks
from dizuo.resources.communities import Communities
from dizuo.resources.community_loads import CommunityLoads
from dizuo.resources.community_parts import divide_communities
from dizuo.resources.places import Places

__all__: list[str] = []

_RULES: Final = {"largest": "dizuo.very_large_community"}
_NO_COMMUNITY: Final = Text(
    "No community with residents is known; add a layer of divisions.",
    "没有已知的有居民社区；请以 divisions 图层补充社区界线。",
)
_NOTHING_TO_COMPARE: Final = Text(
    "A load beside the city's median needs at least two communities with residents.",
    "与全市中位数比较至少需要两个有居民的社区。",
)


@indicator(
    id="23.very_large_communities",
    systems=("S23.4",),
    unit="communities",
    better="lower",
    en="Very large communities",
    zh="超大社区数量",
    definition_zh="居民人数超过规则所定人数的社区数量。居民按住宅估算。",
    formula="Σ communities[residents > rule]",
    source="Opinions, article 23; the number is the city's rule",
    place=PlaceKind.COMMUNITY,
    rules=_RULES,
)
def very_large_communities(communities: Communities, largest: Rule) -> Result:
    """Number of communities with more residents than the rule names, residents by homes."""
    if not len(communities):
        return Missing(_NO_COMMUNITY)
    over = communities.residents > largest.value
    return Values(
        communities.support,
        over.astype(np.float64),
        reduction="sum",
        evidence=Evidence.ESTIMATED,
        failing=over,
        affected=communities.residents,
        resolution=PlaceKind.COMMUNITY,
    )


@indicator(
    id="23.community_overload",
    systems=("S23.4",),
    unit="× median",
    better="lower",
    en="Overload of communities",
    zh="社区超载指数",
    definition_zh="社区各项负荷与全市社区中位数之比的平均值：居民人数、每处社区设施服务的居民人数、"
    "运行评价中的城市管理案件数。没有设施的社区按一处计，故为下限；无数据的负荷不计。"
    "全市取最大值。",
    formula="mean over loads of load / median of communities; the city's is the largest",
    source="dizuo definition (Opinions, article 23, names the task and no formula)",
    place=PlaceKind.COMMUNITY,
    rules={"judge": "dizuo.community_overload"},
)
def community_overload(communities: Communities, community_loads: CommunityLoads) -> Result:
    """Mean of a community's loads, each over the median of the city's communities.

    Loads are residents, residents for each facility of a kind that communities have, and cases of
    urban management where operations are evaluated. A community without a facility counts as if
    it had one, so its load is at least that. Loads that nothing tells, and kinds that
    the city has nowhere, are left out.
    """
    if len(communities) < 2:
        return Missing(_NOTHING_TO_COMPARE if len(communities) else _NO_COMMUNITY)
    return Values(
        communities.support,
        community_loads.overload,
        reduction="maximum",
        evidence=Evidence.ESTIMATED,
        affected=communities.residents,
        resolution=PlaceKind.COMMUNITY,
    )


@indicator(
    id="23.community_parts",
    systems=("S23.4",),
    unit="parts",
    better="none",
    en="Parts that very large communities would divide into",
    zh="超大社区拟划分单元数",
    definition_zh="将超大社区沿街道划分为居民人数均衡、每部分不超过规则人数的部分时的部分数量。"
    "街坊不被切分，一个街坊居民再多也只成一部分。为建议方案，不是行政区划。",
    formula="number of parts of whole blocks, halved by short cuts until residents ≤ rule",
    source="dizuo definition; cuts after Fiduccia and Mattheyses 1982",
    place=PlaceKind.COMMUNITY,
    rules=_RULES,
)
def community_parts(
    communities: Communities, blocks: Blocks, places: Places, analysis: Analysis, largest: Rule
) -> Result:
    """Number of parts of balanced residents that very large communities would have along streets.

    Parts are whole blocks: one that holds more residents than the rule names stays a part of its
    own. A proposal, not a division of the administration; 'dizuo communities' draws it.
    """
    if not len(communities):
        return Missing(_NO_COMMUNITY)
    parts = divide_communities(communities, blocks, largest.value, analysis)
    points = shapely.point_on_surface(blocks.geometry[_first_blocks(parts.part, parts.block)])
    ids = np.array([f"part:{number}" for number in range(len(parts))], dtype=str)
    support = places.support("community_parts", ids, shapely.get_x(points), shapely.get_y(points))
    return Values(
        support,
        np.ones(len(parts)),
        reduction="sum",
        evidence=Evidence.ESTIMATED,
        affected=parts.residents,
        resolution=PlaceKind.COMMUNITY,
    )


def _first_blocks(part: NDArray[np.int64], block: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return a block of each part: all of them lie in its community."""
    first: NDArray[np.int64] = block[np.unique(part, return_index=True)[1]]
    return first
