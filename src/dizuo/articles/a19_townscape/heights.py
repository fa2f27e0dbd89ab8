"""Heights of housing by the classes of the standard."""

from itertools import pairwise

import numpy as np

from dizuo.articles.registry import indicator
from dizuo.model.evidence import weakest
from dizuo.model.rule import Rule
from dizuo.model.values import Result, Values
from dizuo.resources.buildings import Buildings

__all__ = ["HEIGHT_CLASSES"]

HEIGHT_CLASSES = (
    "low_rise",
    "multi_storey_1",
    "multi_storey_2",
    "high_rise_1",
    "high_rise_2",
    "taller",
)


@indicator(
    id="19.height_classes",
    systems=("S19.2", "S8.2"),
    unit="%",
    better="none",
    en="Housing by height class",
    zh="住宅建筑层数结构",
    definition_zh="各层数类别（低层、多层Ⅰ、多层Ⅱ、高层Ⅰ、高层Ⅱ、更高）的住宅建筑面积占比。"
    "层数缺失的建筑按估算层数计。",
    formula="100 × Σ residential floor m²[levels of the class] / Σ residential floor m²",
    source="GB 50180-2018",
    rules={
        "low_rise": "gb50180.height_class.low_rise.levels",
        "multi_storey_1": "gb50180.height_class.multi_storey_1.levels",
        "multi_storey_2": "gb50180.height_class.multi_storey_2.levels",
        "high_rise_1": "gb50180.height_class.high_rise_1.levels",
        "high_rise_2": "gb50180.height_class.high_rise_2.levels",
    },
    variants=HEIGHT_CLASSES,
)
def height_classes(
    buildings: Buildings,
    low_rise: Rule,
    multi_storey_1: Rule,
    multi_storey_2: Rule,
    high_rise_1: Rule,
    high_rise_2: Rule,
) -> dict[str, Result]:
    """Share of residential floor area in each class of height, by levels."""
    classes = (low_rise, multi_storey_1, multi_storey_2, high_rise_1, high_rise_2)
    ends = [0.0, *(one.upper or one.value for one in classes), np.inf]
    homes = np.isin(buildings.use, ("residential", "mixed")) & np.isfinite(buildings.levels)
    floor = np.nan_to_num(buildings.floor_area) * homes
    return {
        name: Values(
            buildings.support,
            floor * ((buildings.levels > above) & (buildings.levels <= up_to)),
            floor,
            factor=100.0,
            evidence=weakest([buildings.levels_evidence, buildings.floor_area_evidence]),
        )
        for name, (above, up_to) in zip(HEIGHT_CLASSES, pairwise(ends), strict=True)
    }
