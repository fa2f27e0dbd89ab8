"""Size of the blocks that streets cut out."""

import numpy as np

from dizuo.articles.registry import indicator
from dizuo.model.place import PlaceKind
from dizuo.model.rule import Rule
from dizuo.model.values import Result, Values
from dizuo.resources.blocks import Blocks

__all__: list[str] = []


@indicator(
    id="09.small_blocks",
    systems=("S9.1", "S8.7"),
    unit="%",
    better="higher",
    en="Residential blocks of walkable size",
    zh="小街区占比",
    definition_zh="有居民的街坊中，面积不超过规定上限的街坊所占面积比例。",
    formula="100 × Σ block area[area ≤ rule] / Σ block area, blocks with residents",
    source="GB 50180-2018",
    place=PlaceKind.DISTRICT,
    rules={"largest": "gb50180.block.land_area"},
)
def small_blocks(blocks: Blocks, largest: Rule) -> Result:
    """Share, by area, of the blocks with residents that are no larger than the rule's upper end."""
    limit = largest.upper if largest.upper is not None else largest.value
    lived_in = blocks.area * (blocks.residents > 0)
    return Values(
        blocks.support,
        lived_in * (blocks.area <= limit * 1e4),
        lived_in,
        factor=100.0,
        resolution=PlaceKind.CELL,
    )


@indicator(
    id="09.block_size",
    systems=("S9.1", "S19.2"),
    unit="ha",
    better="none",
    en="Median size of residential blocks",
    zh="居住街坊面积中位数",
    definition_zh="有居民的街坊面积的中位数（每个街坊权重相同）。",
    formula="median area of blocks with residents",
    source="GB 50180-2018",
    place=PlaceKind.DISTRICT,
)
def block_size(blocks: Blocks) -> Result:
    """Median area of the blocks that have residents."""
    area = np.where(blocks.residents > 0, blocks.area / 1e4, np.nan)
    return Values(
        blocks.support,
        area,
        np.ones(len(blocks)),
        reduction="median",
        resolution=PlaceKind.CELL,
    )
