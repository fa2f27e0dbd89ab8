# ruff: noqa: E501 - tables read best as rows
"""Indicators and rules of the town on paper."""

from datetime import date

import numpy as np
import pandas as pd

# id, article, set, unit, better, place kind, rule, variants, English, Chinese, missing because
INDICATORS = [
    (
        "08.kindergarten_reach",
        8,
        "mohurd",
        "%",
        "higher",
        "community",
        "gb50180.kindergarten.reach",
        ("network", "straight"),
        "Kindergarten within reach",
        "幼儿园步行可达率",
        "",
    ),
    (
        "08.primary_school_reach",
        8,
        "mohurd",
        "%",
        "higher",
        "community",
        "gb50180.primary.reach",
        ("network", "straight"),
        "Primary school within reach",
        "小学服务半径覆盖率",
        "",
    ),
    (
        "08.school_seats",
        8,
        "mohurd",
        "seats",
        "lower",
        "district",
        "",
        ("",),
        "Shortfall of primary school seats",
        "小学学位缺口数",
        "No source gives seats by school.",
    ),
    (
        "09.park_coverage",
        9,
        "mohurd",
        "%",
        "higher",
        "block",
        "garden_city.park",
        ("network", "straight"),
        "Parks and green grounds within reach",
        "公园绿化活动场地服务半径覆盖率",
        "",
    ),
    (
        "09.green_share",
        9,
        "mnr",
        "%",
        "higher",
        "block",
        "",
        ("",),
        "Green share of land",
        "绿地率",
        "",
    ),
    (
        "10.road_density",
        10,
        "mohurd",
        "km/km²",
        "higher",
        "cell",
        "gbt51328.road_density",
        ("",),
        "Road network density",
        "城市道路网密度",
        "",
    ),
    (
        "10.block_size",
        10,
        "mnr",
        "ha",
        "lower",
        "block",
        "gb50180.block_size",
        ("",),
        "Size of blocks",
        "街坊规模",
        "",
    ),
    (
        "13.floor_area_ratio",
        13,
        "mnr",
        "",
        "range",
        "block",
        "local.far",
        ("",),
        "Floor area ratio",
        "容积率",
        "",
    ),
    (
        "14.tall_buildings",
        14,
        "mohurd",
        "buildings",
        "lower",
        "block",
        "gb50180.height",
        ("",),
        "Residential buildings above 80 m",
        "超高住宅数量",
        "",
    ),
    (
        "17.fire_reach",
        17,
        "mohurd",
        "%",
        "higher",
        "district",
        "jb152.fire",
        ("network", "straight"),
        "Fire stations within reach",
        "消防站服务半径覆盖率",
        "",
    ),
    (
        "17.shelter_area",
        17,
        "mohurd",
        "m²/person",
        "higher",
        "district",
        "",
        ("",),
        "Effective shelter area per resident",
        "人均避难场所有效避难面积",
        "OpenStreetMap has no shelters here.",
    ),
]

RULES = [
    ("gb50180.kindergarten.reach", "Kindergarten within 300 m", "幼儿园服务半径 300 米", 90.0, None, "%", "at_least", "sure"),
    ("gb50180.primary.reach", "Primary school within 500 m", "小学服务半径 500 米", 90.0, None, "%", "at_least", "sure"),
    ("garden_city.park", "Parks reach 85 % of residential land", "公园绿地服务半径覆盖率", 85.0, None, "%", "at_least", "check"),
    ("gbt51328.road_density", "Road density", "道路网密度", 8.0, None, "km/km²", "at_least", "sure"),
    ("gb50180.block_size", "Block land", "街坊用地规模", 2.0, 4.0, "ha", "between", "sure"),
    ("local.far", "Floor area ratio range", "容积率区间", 0.5, 2.2, "", "between", "check"),
    ("gb50180.height", "No residential building above 80 m", "住宅高度不超过 80 米", 0.0, None, "buildings", "at_most", "sure"),
    ("jb152.fire", "Fire service areas cover the built-up area", "消防站辖区全覆盖", 100.0, None, "%", "at_least", "check"),
]  # fmt: skip


def indicator_table():
    return pd.DataFrame(
        [
            {
                "id": name,
                "article": article,
                "indicator_set": group,
                "row": "B22",
                "systems": ["S8.11"],
                "title_en": english,
                "title_zh": chinese,
                "definition_en": f"{english}: residents or land that keep the rule, divided by all.",
                "definition_zh": f"{chinese}：符合规则的居民或用地占比。",
                "formula": "sum(reached) / sum(all) * 100",
                "source": "MOHURD 2023",
                "unit": unit,
                "better": better,
                "place_kind": kind,
                "rules": [rule] if rule else [],
                "variants": list(variants),
                "largest_distance": 1000.0 if "reach" in name else np.nan,
            }
            for name, article, group, unit, better, kind, rule, variants, english, chinese, _ in INDICATORS
        ]
    )


def rule_table():
    return pd.DataFrame(
        [
            {
                "id": name,
                "title_en": english,
                "title_zh": chinese,
                "value": value,
                "upper": upper,
                "unit": unit,
                "comparison": comparison,
                "source": "GB 50180-2018",
                "edition": "2018",
                "clause": "4.0.1",
                "valid_from": date(2018, 12, 1),
                "valid_to": None,
                "jurisdiction": "CN",
                "certainty": certainty,
                "note": "",
            }
            for name, english, chinese, value, upper, unit, comparison, certainty in RULES
        ]
    )
