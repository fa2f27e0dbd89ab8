"""Built form: density, height, mix, and how blue and green meet the city."""

import numpy as np

from dizuo.articles.per_place import per_area
from dizuo.articles.registry import indicator
from dizuo.model.evidence import Evidence, weakest
from dizuo.model.place import PlaceKind
from dizuo.model.values import Result, Values
from dizuo.resources.blocks import Blocks
from dizuo.resources.buildings import Buildings, Homes
from dizuo.resources.interface import BlueGreenInterface
from dizuo.resources.land import LandSamples
from dizuo.resources.sections import StreetSections
from dizuo.resources.spaces import Features

__all__: list[str] = []


@indicator(
    id="19.floor_area_ratio",
    systems=("S19.2",),
    unit="ratio",
    better="none",
    en="Floor area ratio",
    zh="容积率",
    definition_zh="建筑总面积除以土地面积。层数缺失的建筑按估算层数计。",
    formula="Σ floor area / land area",
    source="dizuo; GB 50180-2018 terms",
)
def floor_area_ratio(buildings: Buildings) -> Result:
    """Floor area of all buildings over the land of the place."""
    return per_area(
        buildings.support,
        np.nan_to_num(buildings.floor_area) / 1e6,
        evidence=buildings.floor_area_evidence,
        resolution=PlaceKind.BLOCK,
    )


@indicator(
    id="19.building_coverage",
    systems=("S19.2",),
    unit="%",
    better="none",
    en="Building coverage",
    zh="建筑密度",
    definition_zh="建筑基底面积除以土地面积。",
    formula="100 × Σ footprint / land area",
    source="dizuo; GB 50180-2018 terms",
)
def building_coverage(buildings: Buildings) -> Result:
    """Footprint of all buildings over the land of the place."""
    return per_area(
        buildings.support,
        buildings.footprint_area / 1e6,
        factor=100.0,
        resolution=PlaceKind.BLOCK,
    )


@indicator(
    id="19.height_spread",
    systems=("S19.2", "S19.3"),
    unit="m",
    better="none",
    en="Spread of building heights",
    zh="建筑高度离散度",
    definition_zh="建筑高度的标准差（按基底面积加权）。",
    formula="σ of height, weighted by footprint",
    source="dizuo",
)
def height_spread(buildings: Buildings) -> Result:
    """Standard deviation of building heights, weighted by footprint."""
    return Values(
        buildings.support,
        buildings.height,
        buildings.footprint_area,
        reduction="spread",
        evidence=buildings.levels_evidence,
    )


@indicator(
    id="19.building_density",
    systems=("S19.2",),
    unit="buildings/ha",
    better="none",
    en="Density of buildings",
    zh="建筑栋数密度",
    definition_zh="建筑栋数除以土地面积（公顷），水面不计。",
    formula="buildings / ha",
    source="dizuo",
)
def building_density(buildings: Buildings) -> Result:
    """Number of buildings per hectare of land."""
    return per_area(
        buildings.support,
        np.full(len(buildings), 0.01),
        resolution=PlaceKind.BLOCK,
    )


@indicator(
    id="19.use_mix",
    systems=("S19.2", "S8.7"),
    unit="ratio",
    better="higher",
    en="Mix of uses",
    zh="功能混合度",
    definition_zh="建筑面积按居住、商业办公、公共服务、产业四类用途的香农熵，除以类数的对数；"
    "0 为单一，1 为均衡。用途不明的建筑和附属建筑不计。",
    formula="H = −Σ p ln p / ln k",
    source="dizuo; metrics of form",
    place=PlaceKind.CELL,
    rules={"judge": "dizuo.land_use_mix"},
)
def use_mix(buildings: Buildings) -> Result:
    """Shannon entropy of floor area over four families of use, over its largest value.

    Homes; shops, offices and hotels; public services; production. Buildings of unknown use and
    outbuildings do not count.
    """
    families = (
        ("residential",),
        ("commercial", "office", "hotel"),
        ("education", "health", "public", "religious", "transport"),
        ("industrial", "agricultural"),
    )
    floor = np.nan_to_num(buildings.floor_area)
    columns = [floor * np.isin(buildings.use, family) for family in families]
    mixed = floor * (buildings.use == "mixed") / 2
    columns[0] = columns[0] + mixed
    columns[1] = columns[1] + mixed
    return Values(
        buildings.support,
        np.column_stack(columns),
        reduction="entropy",
        evidence=weakest([buildings.use_evidence, buildings.floor_area_evidence]),
        resolution=PlaceKind.CELL,
    )


@indicator(
    id="19.population_density",
    indicator_set="mohurd",
    row="V04",
    systems=("S19.2", "S2.2"),
    unit="10k persons/km²",
    better="range",
    en="Population density of built-up land",
    zh="建成区人口密度",
    definition_zh="常住人口除以建成区面积。建成区由建筑和建设用地推算。",
    formula="residents / built-up km² / 10,000",
    source="MOHURD city checkup 2025 variant, row V04",
    place=PlaceKind.DISTRICT,
    rules={"judge": "mohurd_checkup.v04.density"},
)
def population_density(homes: Homes) -> Result:
    """Residents per km² of built-up land, in ten thousands.

    Built-up land is inferred, so it is an estimate. Not told for places below a district, where
    it would give away the residents of small groups.
    """
    return Values(
        homes.support,
        homes.residents,
        "built_up",
        factor=1e-4,
        evidence=weakest([homes.evidence, Evidence.ESTIMATED]),
        resolution=PlaceKind.DISTRICT,
    )


@indicator(
    id="19.construction_land_per_resident",
    indicator_set="mnr",
    row="T13",
    systems=("S5.6", "S2.2"),
    unit="m²/person",
    better="lower",
    en="Urban construction land per resident",
    zh="人均城镇建设用地面积",
    definition_zh="推算的建成区面积除以常住人口；与国土调查口径不同，属估算。",
    formula="built-up m² / residents",
    source="TD/T 1063-2021",
    place=PlaceKind.DISTRICT,
    rules={"judge": "tdt1063.t13.land"},
)
def construction_land_per_resident(built_up_land: LandSamples) -> Result:
    """Built-up land for each resident. The land survey counts otherwise: an estimate."""
    return Values(
        built_up_land.support,
        np.full(len(built_up_land), built_up_land.cell_area),
        "residents",
        evidence=Evidence.ESTIMATED,
        resolution=PlaceKind.DISTRICT,
    )


@indicator(
    id="19.blue_green_interface",
    systems=("S19.2", "S13.13"),
    unit="m/ha",
    better="higher",
    en="Blue–green interface",
    zh="蓝绿交界线密度",
    definition_zh="水边与绿地相邻的岸线长度除以土地面积。",
    formula="Σ m of water edge beside green / ha",
    source="dizuo; metrics of form",
    place=PlaceKind.CELL,
)
def blue_green_interface(blue_green: BlueGreenInterface) -> Result:
    """Length of water edge that lies beside green space, per hectare of land."""
    return per_area(blue_green.support, blue_green.length, factor=0.01)


@indicator(
    id="19.street_trees",
    systems=("S19.5",),
    unit="trees/km",
    better="higher",
    en="Mapped trees per kilometre of city road",
    zh="每公里城市道路树木数",
    definition_zh="地图上的单株树木数量除以城市道路长度；单株树木绘制常不完整。",
    formula="trees / km of city roads",
    source="dizuo",
    place=PlaceKind.CITY,
)
def street_trees(trees: Features, street_sections: StreetSections) -> Result:
    """Mapped single trees for each kilometre of city road, over the whole city."""
    whole = float((street_sections.centre_length * street_sections.city_road).sum() / 1000.0)
    return Values(
        trees.support,
        np.full(len(trees), 1.0 / whole if whole > 0 else np.nan),
        reduction="sum",
        evidence=Evidence.ESTIMATED,
        resolution=PlaceKind.CITY,
    )


@indicator(
    id="19.block_compactness",
    systems=("S19.2",),
    unit="ratio",
    better="none",
    en="Compactness of blocks",
    zh="街坊紧凑度",
    definition_zh="街坊面积与同周长圆面积之比的面积加权平均。",
    formula="Σ area × (4π area / perimeter²) / Σ area",
    source="isoperimetric quotient",
)
def block_compactness(blocks: Blocks) -> Result:
    """Isoperimetric quotient of blocks, weighted by their area; 1 is a circle."""
    return Values(
        blocks.support,
        blocks.area * blocks.compactness,
        blocks.area,
    )
