"""Checkup rows C11, C12, C13, C17, B23 and B24: communities short of a facility."""

import numpy as np

from dizuo.articles.registry import indicator
from dizuo.model.place import PlaceKind
from dizuo.model.rule import Rule
from dizuo.model.values import Result
from dizuo.resources.communities import Communities
from dizuo.resources.facilities import Facilities

__all__: list[str] = []

_ZH = "没有达到规定规模的{0}的{1}数量。面积未知的设施按达标计，结果为估算值。"
_FORMULA = "Σ communities[no facility with size ≥ rule]"


@indicator(
    id="08.communities_short_of_elderly_care",
    indicator_set="mohurd",
    row="C11",
    systems=("S8.9", "S10.4"),
    unit="communities",
    better="lower",
    en="Communities short of an elderly-care facility",
    zh="未达标配建的养老服务设施数量",
    definition_zh=_ZH.format("养老服务设施", "社区"),
    formula=_FORMULA,
    source="MOHURD city checkup 2023, row C11",
    place=PlaceKind.COMMUNITY,
    rules={"due": "mohurd_checkup.c11.floor_area", "judge": "mohurd_checkup.c11.count"},
)
def short_of_elderly_care(
    communities: Communities, elderly_day_care: Facilities, due: Rule
) -> Result:
    """Number of communities with residents but no elderly day care of the floor area that is due.

    A facility of unknown floor area counts as large enough, so the value is an estimate.
    """
    return communities.short_of(elderly_day_care, elderly_day_care.floor_area, due.value)


@indicator(
    id="08.communities_short_of_nursery",
    indicator_set="mohurd",
    row="C12",
    systems=("S8.9", "S10.5"),
    unit="communities",
    better="lower",
    en="Communities short of an infant-care facility",
    zh="未达标配建的婴幼儿照护服务设施数量",
    definition_zh=_ZH.format("婴幼儿照护设施", "社区"),
    formula=_FORMULA,
    source="MOHURD city checkup 2023, row C12",
    place=PlaceKind.COMMUNITY,
    rules={"due": "mohurd_checkup.c12.floor_area", "judge": "mohurd_checkup.c12.count"},
)
def short_of_nursery(communities: Communities, nursery: Facilities, due: Rule) -> Result:
    """Number of communities with residents but no nursery of the floor area that is due.

    A facility of unknown floor area counts as large enough, so the value is an estimate.
    """
    return communities.short_of(nursery, nursery.floor_area, due.value)


@indicator(
    id="08.communities_short_of_kindergarten",
    indicator_set="mohurd",
    row="C13",
    systems=("S8.9", "S10.5"),
    unit="communities",
    better="lower",
    en="Communities short of a kindergarten",
    zh="未达标配建的幼儿园数量",
    definition_zh=_ZH.format("幼儿园", "社区"),
    formula=_FORMULA,
    source="MOHURD city checkup 2023, row C13",
    place=PlaceKind.COMMUNITY,
    rules={
        "due": "mohurd_checkup.c13.floor_area",
        "land": "mohurd_checkup.c13.land_area",
        "judge": "mohurd_checkup.c13.count",
    },
)
def short_of_kindergarten(
    communities: Communities, kindergarten: Facilities, due: Rule, land: Rule
) -> Result:
    """Number of communities with residents but no kindergarten of the floor and land that are due.

    A facility of unknown area counts as large enough, so the value is an estimate. Whether it is
    inclusive and how many classes it has are not mapped.
    """
    cramped = kindergarten.land_area < land.value
    size = np.where(cramped, 0.0, kindergarten.floor_area)
    return communities.short_of(kindergarten, size, due.value)


@indicator(
    id="08.communities_short_of_activity_ground",
    indicator_set="mohurd",
    row="C17",
    systems=("S8.9", "S10.3", "S22.10"),
    unit="communities",
    better="lower",
    en="Communities short of a public activity ground",
    zh="未达标配建的公共活动场地数量",
    definition_zh=_ZH.format("公共活动场地（儿童游戏场）", "社区"),
    formula=_FORMULA,
    source="MOHURD city checkup 2023, row C17",
    place=PlaceKind.COMMUNITY,
    rules={"due": "mohurd_checkup.c17.ground_area", "judge": "mohurd_checkup.c17.count"},
)
def short_of_activity_ground(communities: Communities, playground: Facilities, due: Rule) -> Result:
    """Number of communities with residents but no playground of the area that is due.

    Playgrounds stand for public activity grounds, which the map does not tell apart. A playground
    mapped as a point has no known area and counts as large enough.
    """
    return communities.short_of(playground, playground.land_area, due.value)


@indicator(
    id="08.subdistricts_short_of_sports_ground",
    indicator_set="mohurd",
    row="B23",
    systems=("S8.11", "S20.5"),
    unit="sub-districts",
    better="lower",
    en="Sub-districts short of a large multi-sport ground",
    zh="未达标配建的多功能运动场地数量",
    definition_zh=_ZH.format("多功能运动场地", "街区（以社区为统计单元）"),
    formula=_FORMULA,
    source="MOHURD city checkup 2023, row B23",
    place=PlaceKind.COMMUNITY,
    rules={"due": "mohurd_checkup.b23.ground_area", "judge": "mohurd_checkup.b23.count"},
)
def short_of_sports_ground(communities: Communities, pitch: Facilities, due: Rule) -> Result:
    """Number of communities with residents but no sports pitch of the area that is due."""
    return communities.short_of(pitch, pitch.land_area, due.value)


@indicator(
    id="08.subdistricts_short_of_cultural_centre",
    indicator_set="mohurd",
    row="B24",
    systems=("S8.11", "S20.3"),
    unit="sub-districts",
    better="lower",
    en="Sub-districts short of a cultural centre",
    zh="未达标配建的文化活动中心数量",
    definition_zh=_ZH.format("文化活动中心", "街区（以社区为统计单元）"),
    formula=_FORMULA,
    source="MOHURD city checkup 2023, row B24",
    place=PlaceKind.COMMUNITY,
    rules={"due": "mohurd_checkup.b24.floor_area", "judge": "mohurd_checkup.b24.count"},
)
def short_of_cultural_centre(
    communities: Communities, cultural_centre: Facilities, due: Rule
) -> Result:
    """Number of communities with residents but no cultural centre of the floor area that is due.

    A facility of unknown floor area counts as large enough, so the value is an estimate.
    """
    return communities.short_of(cultural_centre, cultural_centre.floor_area, due.value)
