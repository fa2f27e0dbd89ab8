"""Street network: density, junctions, dead ends, ways for walking and cycling."""

import numpy as np

from dizuo.articles.per_place import per_area
from dizuo.articles.registry import indicator
from dizuo.model.evidence import Evidence
from dizuo.model.place import PlaceKind
from dizuo.model.values import Result, Values
from dizuo.resources.junctions import Junctions
from dizuo.resources.land import LandSamples
from dizuo.resources.network import MainNetwork
from dizuo.resources.sections import StreetSections

__all__ = ["city_road_density"]

_DENSITY_ZH = (
    "建成区内城市道路（快速路、主干路、次干路、支路）中心线长度除以建成区面积。"
    "分幅道路只计一次；小区内部道路不计；建成区由建筑和建设用地推算。"
)


def city_road_density(street_sections: StreetSections, built_up_land: LandSamples) -> Result:
    """Centre-line length of city roads on built-up land, over the built-up area."""
    middle_x, middle_y = street_sections.middle_x, street_sections.middle_y
    counted = street_sections.city_road & built_up_land.holds(middle_x, middle_y)
    return per_area(
        street_sections.support,
        street_sections.centre_length * counted / 1000.0,
        built_up=True,
    )


@indicator(
    id="09.road_density",
    indicator_set="mohurd",
    row="U38",
    systems=("S9.1", "S9.9"),
    unit="km/km²",
    better="higher",
    en="Road-network density",
    zh="城市道路网密度",
    definition_zh=_DENSITY_ZH,
    formula="Σ centre-line km of city roads / built-up km²",
    source="MOHURD city checkup 2023, row U38; GB/T 51328-2018",
    place=PlaceKind.DISTRICT,
    rules={"judge": "mohurd_checkup.u38.density"},
)
def road_density(street_sections: StreetSections, built_up_land: LandSamples) -> Result:
    """Centre-line length of expressways, arterials, secondary and local roads per built-up km².

    Divided roads count once, ways inside estates do not count. Built-up land is inferred from
    buildings and land use, so the value is an estimate.
    """
    return city_road_density(street_sections, built_up_land)


@indicator(
    id="09.road_density_mnr",
    indicator_set="mnr",
    row="T16",
    systems=("S9.1", "S9.9"),
    unit="km/km²",
    better="higher",
    en="Road density",
    zh="道路网密度",
    definition_zh=_DENSITY_ZH,
    formula="Σ centre-line km of city roads / built-up km²",
    source="TD/T 1063-2021",
    place=PlaceKind.DISTRICT,
    rules={"judge": "tdt1063.t16.density"},
)
def road_density_mnr(street_sections: StreetSections, built_up_land: LandSamples) -> Result:
    """Centre-line length of city roads per built-up km², as in row U38 of the other set."""
    return city_road_density(street_sections, built_up_land)


@indicator(
    id="09.junction_density",
    systems=("S9.1", "S19.2"),
    unit="junctions/km²",
    better="higher",
    en="Density of street junctions",
    zh="道路交叉口密度",
    definition_zh="机动车道路上三条及以上路段相交的交叉口数量除以土地面积；"
    "分幅道路相交处的相邻节点合为一个交叉口。",
    formula="junctions with 3 or more arms, near ones joined / km²",
    source="dizuo; Cervero & Kockelman 1997",
    place=PlaceKind.DISTRICT,
    rules={"judge": "dizuo.intersection_density"},
)
def junction_density(junctions: Junctions) -> Result:
    """Junctions of drivable streets with three or more arms, per km² of land.

    The nodes where divided roads cross lie close together and are one junction.
    """
    return per_area(junctions.support, junctions.share)


@indicator(
    id="09.dead_end_share",
    systems=("S9.1", "S1.5"),
    unit="%",
    better="lower",
    en="Share of dead ends",
    zh="断头路比例",
    definition_zh="机动车道路网中，只连接一条路段的端点占全部节点（交叉口与断头）的比例。"
    "数据边缘处被截断的路段不计。",
    formula="100 × dead ends / (dead ends + junctions)",
    source="dizuo; OSMnx street statistics",
    place=PlaceKind.DISTRICT,
    rules={"judge": "dizuo.dead_end_share"},
)
def dead_end_share(junctions: Junctions) -> Result:
    """Share of the ends and junctions of drivable streets that are dead ends.

    Ends where the data itself ends are not counted.
    """
    ends = (junctions.arms == 1) & ~junctions.at_data_edge
    counted = ends | (junctions.arms >= 3)
    return Values(
        junctions.support,
        ends.astype(np.float64),
        counted.astype(np.float64),
        factor=100.0,
        resolution=PlaceKind.CELL,
    )


@indicator(
    id="09.footway_density",
    systems=("S9.1", "S12.6"),
    unit="km/km²",
    better="higher",
    en="Density of walking ways",
    zh="步行通道密度",
    definition_zh="人行道、步行街、台阶和小径的长度除以土地面积。单独绘制的人行道才计入。",
    formula="Σ km of footways, pedestrian streets, paths and steps / km²",
    source="dizuo",
    place=PlaceKind.DISTRICT,
)
def footway_density(street_sections: StreetSections) -> Result:
    """Length of ways made for walking, per km² of land, as far as they are mapped as ways."""
    return per_area(
        street_sections.support, street_sections.length * street_sections.footway / 1000.0
    )


@indicator(
    id="09.step_free_share",
    systems=("S9.1", "S10.3"),
    unit="%",
    better="higher",
    en="Share of walkable streets without stairs",
    zh="无台阶步行网络占比",
    definition_zh="可步行路段中不含台阶的长度占比。",
    formula="100 × walkable km that are not steps / walkable km",
    source="dizuo; GB 55019-2021",
    place=PlaceKind.DISTRICT,
)
def step_free_share(street_sections: StreetSections) -> Result:
    """Share of the length of walkable ways that are not stairs."""
    walkable = street_sections.length * street_sections.walkable
    return Values(
        street_sections.support,
        walkable * (street_sections.highway != "steps"),
        walkable,
        factor=100.0,
        evidence=Evidence.MEASURED,
        resolution=PlaceKind.CELL,
    )


@indicator(
    id="09.links_per_node",
    systems=("S9.1", "S19.2"),
    unit="ratio",
    better="higher",
    en="Street links for each node",
    zh="道路网连接度",
    definition_zh="机动车道路网中路段数与节点数（交叉口与断头）之比；网格状路网约为2，树状路网约为1。"
    "数据边缘处被截断的端点不计。",
    formula="Σ arms / 2 / nodes, nodes with 1 or with 3 and more arms",
    source="dizuo; link–node ratio",
    place=PlaceKind.DISTRICT,
)
def links_per_node(junctions: Junctions) -> Result:
    """Links of drivable streets for each junction or dead end: near 2 for a grid, 1 for a tree.

    Places where a street only bends or changes its name are no nodes, nor are ends where the data
    itself ends. A divided road counts as two.
    """
    node = (junctions.arms >= 3) | ((junctions.arms == 1) & ~junctions.at_data_edge)
    return Values(
        junctions.support,
        node * junctions.arms / 2.0,
        node.astype(np.float64),
        resolution=PlaceKind.CELL,
    )


@indicator(
    id="09.connected_streets",
    systems=("S9.1", "S12.6"),
    unit="%",
    better="higher",
    en="Walkable streets that hang together",
    zh="步行网络连通率",
    definition_zh="可步行道路中，属于最大连通部分的长度占比。其余为孤立路段，多因地图缺少连接或被围墙隔断。",
    formula="100 × walkable km in the largest connected part / walkable km",
    source="dizuo",
    place=PlaceKind.DISTRICT,
)
def connected_streets(street_sections: StreetSections, main_network: MainNetwork) -> Result:
    """Share of the length of walkable ways that belongs to the largest connected part.

    What is left is walled off, or only seems so because the map lacks a link.
    """
    return Values(
        street_sections.support,
        street_sections.length * main_network.walkable,
        street_sections.length * street_sections.walkable,
        factor=100.0,
        resolution=PlaceKind.CELL,
    )
