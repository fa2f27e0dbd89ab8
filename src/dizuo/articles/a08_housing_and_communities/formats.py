"""What a neighbourhood offers within a walk: daily shops, community items, embedded services."""

from dizuo.articles.a08_housing_and_communities.completeness import Wanted, mean_share_within
from dizuo.articles.registry import indicator
from dizuo.model.rule import Rule
from dizuo.model.values import Result
from dizuo.resources.facilities import Facilities
from dizuo.resources.reach import HomeReach

__all__: list[str] = []


@indicator(
    id="08.daily_life_formats",
    indicator_set="living_circle",
    systems=("S8.11", "S4.9"),
    unit="%",
    better="higher",
    en="Daily-life formats within a quarter of an hour",
    zh="一刻钟便民生活圈基本业态齐全度",
    definition_zh="步行十五分钟内可达的基本保障类业态占全部业态的比例（按居民加权平均）："
    "菜店（含菜市场）、超市、便利店、早餐、理发、洗染、药店、维修、家政、邮政快递、再生资源回收。"
    "没有数据的业态不计入。",
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
    greengrocer: Facilities,
    market: Facilities,
    supermarket: Facilities,
    convenience: Facilities,
    breakfast: Facilities,
    hairdresser: Facilities,
    laundry: Facilities,
    pharmacy: Facilities,
    repair: Facilities,
    housekeeping: Facilities,
    post_office: Facilities,
    parcel_locker: Facilities,
    recycling: Facilities,
    minutes: Rule,
    speed: Rule,
) -> dict[str, Result]:
    """Mean over residents of the share of basic daily-life formats within a quarter of an hour.

    The formats: greengrocer or market, supermarket, convenience store, breakfast, hairdresser,
    laundry, pharmacy, repair, housekeeping, post or parcels, recycling. The distance is the rule's
    time at the rule's walking speed. A format that no source maps is left out.
    """
    radius = minutes.value * speed.value
    formats = (
        (greengrocer, market),
        (supermarket,),
        (convenience,),
        (breakfast,),
        (hairdresser,),
        (laundry,),
        (pharmacy,),
        (repair,),
        (housekeeping,),
        (post_office, parcel_locker),
        (recycling,),
    )
    return mean_share_within(home_reach, [Wanted(kinds, radius) for kinds in formats])


@indicator(
    id="08.complete_community_items",
    indicator_set="opinions",
    systems=("S8.9",),
    unit="%",
    better="higher",
    en="Complete-community items within ten minutes",
    zh="完整社区可测设施项目可达率",
    definition_zh="完整居住社区二十项中开放数据可测的设施项目，十分钟步行可达的比例（按居民加权平均）："
    "社区综合服务站、幼儿园、托儿所、老年服务站、社区卫生服务站、综合超市、邮件和快件设施、"
    "其他便民商业网点（理发、洗衣、药店、维修、家政、餐饮，按种类比例计）、公交站、公共厕所、"
    "公共活动场地、公共绿地。只反映可测部分，不等于达标率。",
    formula="100 × Σ residents × (items within reach / items) / Σ residents",
    source="建科规〔2020〕7号",
    rules={
        "minutes": "complete_community.walk_time",
        "speed": "dizuo.walk_speed",
        "judge": "dizuo.format_completeness",
    },
    variants=("network", "straight"),
    largest_distance=600.0,
)
def complete_community_items(
    home_reach: HomeReach,
    community_service_station: Facilities,
    kindergarten: Facilities,
    nursery: Facilities,
    elderly_day_care: Facilities,
    health_station: Facilities,
    supermarket: Facilities,
    post_office: Facilities,
    parcel_locker: Facilities,
    hairdresser: Facilities,
    laundry: Facilities,
    pharmacy: Facilities,
    repair: Facilities,
    housekeeping: Facilities,
    restaurant: Facilities,
    bus_stop: Facilities,
    public_toilet: Facilities,
    playground: Facilities,
    park: Facilities,
    minutes: Rule,
    speed: Rule,
) -> dict[str, Result]:
    """Mean over residents of the share of complete-community items within ten minutes' walk.

    Only the items that a map can show: community service station, kindergarten, nursery, elderly
    service, health station, supermarket, post or parcels, other shops (by the share of hairdresser,
    laundry, pharmacy, repair, housekeeping and restaurant), bus stop, public toilet, activity
    ground, public green. It is not the rate of communities that pass all twenty items (row V19),
    which needs a survey.
    """
    radius = (minutes.value if minutes.upper is None else minutes.upper) * speed.value
    items = (
        (community_service_station,),
        (kindergarten,),
        (nursery,),
        (elderly_day_care,),
        (health_station,),
        (supermarket,),
        (post_office, parcel_locker),
        (bus_stop,),
        (public_toilet,),
        (playground,),
        (park,),
    )
    shops = (hairdresser, laundry, pharmacy, repair, housekeeping, restaurant)
    return mean_share_within(
        home_reach,
        [*(Wanted(kinds, radius) for kinds in items), Wanted(shops, radius, each=True)],
    )


@indicator(
    id="08.embedded_services",
    systems=("S8.10", "S8.11"),
    unit="%",
    better="higher",
    en="Community-embedded services within a quarter of an hour",
    zh="社区嵌入式服务十五分钟可达率",
    definition_zh="步行十五分钟内可达的社区嵌入式服务功能占比（按居民加权平均）：养老、托育、社区助餐、"
    "家政便民、健康服务、体育健身、文化休闲、儿童游憩。没有数据的功能不计入；设施规模需调查。",
    formula="100 × Σ residents × (functions within reach / functions) / Σ residents",
    source="国办函〔2023〕121号",
    rules={
        "minutes": "embedded_community_services.walk_time",
        "speed": "dizuo.walk_speed",
        "judge": "dizuo.format_completeness",
    },
    variants=("network", "straight"),
    largest_distance=900.0,
)
def embedded_services(
    home_reach: HomeReach,
    elderly_day_care: Facilities,
    nursery: Facilities,
    community_canteen: Facilities,
    housekeeping: Facilities,
    health_station: Facilities,
    clinic: Facilities,
    fitness_station: Facilities,
    fitness_centre: Facilities,
    cultural_station: Facilities,
    library: Facilities,
    playground: Facilities,
    minutes: Rule,
    speed: Rule,
) -> dict[str, Result]:
    """Mean over residents of the share of embedded community services within a quarter of an hour.

    The functions: care for the elderly, care for infants, community meals, housekeeping, health,
    fitness, culture, children's play. A function that no source maps is left out; floor area and
    quality are not mapped.
    """
    radius = minutes.value * speed.value
    functions = (
        (elderly_day_care,),
        (nursery,),
        (community_canteen,),
        (housekeeping,),
        (health_station, clinic),
        (fitness_station, fitness_centre),
        (cultural_station, library),
        (playground,),
    )
    return mean_share_within(home_reach, [Wanted(kinds, radius) for kinds in functions])
