"""How complete the neighbourhood of a home is: circles, formats, complete community."""

from collections.abc import Sequence
from functools import reduce

import numpy as np

from dizuo.articles.registry import indicator
from dizuo.model.evidence import weakest
from dizuo.model.rule import Rule
from dizuo.model.values import Result, Values
from dizuo.resources.facilities import Facilities
from dizuo.resources.reach import HomeReach

__all__ = ["mean_share_within"]


def mean_share_within(
    reach: HomeReach, wanted: Sequence[tuple[Facilities, float]]
) -> dict[str, Result]:
    """Mean over residents of the share of wanted kinds that lie within their distances.

    Kinds that no source maps are left out of the share.
    """
    homes = reach.homes
    known = [(facilities, radius) for facilities, radius in wanted if facilities.known]
    found: dict[str, Result] = {}
    for way in ("network", "straight"):
        hits = [reach.within(facilities, radius, way) for facilities, radius in known]
        share = reduce(np.add, hits, np.zeros(len(homes))) / max(len(known), 1)
        edges = [~hit & (reach.edge < radius) for hit, (_, radius) in zip(hits, known, strict=True)]
        found[way] = Values(
            homes.support,
            share * homes.residents,
            homes.residents,
            factor=100.0,
            evidence=weakest([homes.evidence, *(one.evidence for one, _ in known)]),
            affected=homes.residents,
            edge=reduce(np.logical_or, edges, np.zeros(len(homes), dtype=bool)),
        )
    return found


@indicator(
    id="08.five_minute_circle",
    indicator_set="living_circle",
    systems=("S8.11",),
    unit="%",
    better="higher",
    en="Completeness of the five-minute circle",
    zh="五分钟生活圈设施完备度",
    definition_zh="五分钟生活圈应配建设施中，居民在服务半径内可达的种类占比（按居民加权平均）。",
    formula="100 × Σ residents × (kinds within radius / kinds) / Σ residents",
    source="GB 50180-2018",
    rules={
        "kindergarten_radius": "gb50180.kindergarten.radius",
        "care_radius": "gb50180.elderly_day_care.radius",
        "culture_radius": "gb50180.cultural_station.radius",
        "fitness_radius": "gb50180.fitness_station.radius",
        "service_radius": "gb50180.community_service_station.radius",
        "judge": "dizuo.walk_coverage",
    },
    variants=("network", "straight"),
    largest_distance=500.0,
)
def five_minute_circle(
    home_reach: HomeReach,
    kindergarten: Facilities,
    elderly_day_care: Facilities,
    cultural_station: Facilities,
    fitness_station: Facilities,
    community_service_station: Facilities,
    kindergarten_radius: Rule,
    care_radius: Rule,
    culture_radius: Rule,
    fitness_radius: Rule,
    service_radius: Rule,
) -> dict[str, Result]:
    """Mean over residents of the share of facilities due in a five-minute circle within reach.

    The kinds that the standard requires and gives a radius: kindergarten, elderly day care,
    cultural station, outdoor fitness ground, community service station. A kind that no source maps
    is left out. Facilities of larger circles do not count.
    """
    return mean_share_within(
        home_reach,
        [
            (kindergarten, kindergarten_radius.value),
            (elderly_day_care, care_radius.value),
            (cultural_station, culture_radius.value),
            (fitness_station, fitness_radius.value),
            (community_service_station, service_radius.value),
        ],
    )


@indicator(
    id="08.ten_minute_circle",
    indicator_set="living_circle",
    systems=("S8.11",),
    unit="%",
    better="higher",
    en="Completeness of the ten-minute circle",
    zh="十分钟生活圈设施完备度",
    definition_zh="十分钟生活圈应配建设施中，居民在服务半径内可达的种类占比（按居民加权平均）。",
    formula="100 × Σ residents × (kinds within radius / kinds) / Σ residents",
    source="GB 50180-2018",
    rules={
        "school_radius": "gb50180.primary_school.radius",
        "market_radius": "gb50180.food_market.radius",
        "shop_radius": "gb50180.shopping_centre.radius",
        "stop_radius": "gb50180.bus_stop.radius",
        "judge": "dizuo.walk_coverage",
    },
    variants=("network", "straight"),
    largest_distance=500.0,
)
def ten_minute_circle(
    home_reach: HomeReach,
    primary_school: Facilities,
    food_market: Facilities,
    shopping_centre: Facilities,
    bus_stop: Facilities,
    school_radius: Rule,
    market_radius: Rule,
    shop_radius: Rule,
    stop_radius: Rule,
) -> dict[str, Result]:
    """Mean over residents of the share of facilities due in a ten-minute circle within reach.

    The kinds: primary school, food market, shopping centre, bus stop.
    """
    return mean_share_within(
        home_reach,
        [
            (primary_school, school_radius.value),
            (food_market, market_radius.value),
            (shopping_centre, shop_radius.value),
            (bus_stop, stop_radius.value),
        ],
    )


@indicator(
    id="08.fifteen_minute_circle",
    indicator_set="living_circle",
    systems=("S8.11",),
    unit="%",
    better="higher",
    en="Completeness of the fifteen-minute circle",
    zh="十五分钟生活圈设施完备度",
    definition_zh="十五分钟生活圈应配建设施中，居民在服务半径内可达的种类占比（按居民加权平均）。",
    formula="100 × Σ residents × (kinds within radius / kinds) / Σ residents",
    source="GB 50180-2018",
    rules={
        "school_radius": "gb50180.middle_school.radius",
        "health_radius": "gb50180.community_health_centre.radius",
        "culture_radius": "gb50180.cultural_centre.radius",
        "service_radius": "gb50180.community_service_centre.radius",
        "office_radius": "gb50180.townhall.radius",
        "judge": "dizuo.walk_coverage",
    },
    variants=("network", "straight"),
    largest_distance=1000.0,
)
def fifteen_minute_circle(
    home_reach: HomeReach,
    middle_school: Facilities,
    community_health_centre: Facilities,
    cultural_centre: Facilities,
    community_service_centre: Facilities,
    townhall: Facilities,
    school_radius: Rule,
    health_radius: Rule,
    culture_radius: Rule,
    service_radius: Rule,
    office_radius: Rule,
) -> dict[str, Result]:
    """Mean over residents of the share of facilities due in a fifteen-minute circle within reach.

    The kinds: middle school, community health centre, cultural centre, community service centre,
    sub-district office.
    """
    return mean_share_within(
        home_reach,
        [
            (middle_school, school_radius.value),
            (community_health_centre, health_radius.value),
            (cultural_centre, culture_radius.value),
            (community_service_centre, service_radius.value),
            (townhall, office_radius.value),
        ],
    )


@indicator(
    id="08.daily_life_formats",
    indicator_set="living_circle",
    systems=("S8.11", "S4.9"),
    unit="%",
    better="higher",
    en="Daily-life formats within a quarter of an hour",
    zh="一刻钟便民生活圈基本业态齐全度",
    definition_zh="步行十五分钟内可达的基本保障类业态占全部业态的比例（按居民加权平均）："
    "菜市场、超市、便利店、早餐、理发、洗染、药店、维修、邮政快递、再生资源回收。",
    formula="100 × Σ residents × (formats within reach / formats) / Σ residents",
    source="MOFCOM quarter-hour convenient living circle",
    rules={
        "minutes": "convenient_living_circle.walk_time",
        "speed": "dizuo.walk_speed",
        "judge": "dizuo.format_completeness",
    },
    variants=("network", "straight"),
    largest_distance=900.0,
)
def daily_life_formats(
    home_reach: HomeReach,
    food_market: Facilities,
    supermarket: Facilities,
    convenience: Facilities,
    breakfast: Facilities,
    hairdresser: Facilities,
    laundry: Facilities,
    pharmacy: Facilities,
    repair: Facilities,
    post_office: Facilities,
    recycling: Facilities,
    minutes: Rule,
    speed: Rule,
) -> dict[str, Result]:
    """Mean over residents of the share of basic daily-life formats within a quarter of an hour.

    The formats: food market, supermarket, convenience store, breakfast, hairdresser, laundry,
    pharmacy, repair, post or parcel, recycling. The distance is the rule's time at the rule's
    walking speed.
    """
    radius = minutes.value * speed.value
    formats = (
        food_market,
        supermarket,
        convenience,
        breakfast,
        hairdresser,
        laundry,
        pharmacy,
        repair,
        post_office,
        recycling,
    )
    return mean_share_within(home_reach, [(one, radius) for one in formats])


@indicator(
    id="08.complete_community_items",
    indicator_set="opinions",
    systems=("S8.9",),
    unit="%",
    better="higher",
    en="Complete-community items within ten minutes",
    zh="完整社区可测设施项目可达率",
    definition_zh="完整居住社区二十项中开放数据可测的设施项目，十分钟步行可达的比例（按居民加权平均）。"
    "只反映可测部分，不等于达标率。",
    formula="100 × Σ residents × (items within reach / items) / Σ residents",
    source="建科规〔2020〕7号",
    rules={
        "minutes": "complete_community.bus_stop.walk_time",
        "speed": "dizuo.walk_speed",
        "judge": "dizuo.format_completeness",
    },
    variants=("network", "straight"),
    largest_distance=600.0,
)
def complete_community_items(
    home_reach: HomeReach,
    kindergarten: Facilities,
    nursery: Facilities,
    elderly_day_care: Facilities,
    health_station: Facilities,
    supermarket: Facilities,
    parcel_locker: Facilities,
    pharmacy: Facilities,
    bus_stop: Facilities,
    public_toilet: Facilities,
    playground: Facilities,
    park: Facilities,
    minutes: Rule,
    speed: Rule,
) -> dict[str, Result]:
    """Mean over residents of the share of complete-community items within ten minutes' walk.

    Only the items that a map can show: kindergarten, nursery, elderly service, health station,
    supermarket, parcels, pharmacy, bus stop, public toilet, activity ground, public green. It is
    not the rate of communities that pass all twenty items (row V19), which needs a survey.
    """
    radius = minutes.value * speed.value
    items = (
        kindergarten,
        nursery,
        elderly_day_care,
        health_station,
        supermarket,
        parcel_locker,
        pharmacy,
        bus_stop,
        public_toilet,
        playground,
        park,
    )
    return mean_share_within(home_reach, [(one, radius) for one in items])
