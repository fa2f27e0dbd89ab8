# ruff: noqa: E501 - tables read best as rows
"""A town drawn on paper, with the tables that a checkup of it would give."""

from datetime import date

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from paper_tables import INDICATORS, RULES, indicator_table, rule_table

from dizuo.checkup.result import Checkup

CRS = "EPSG:32632"
WEST, SOUTH = 372_000.0, 4_843_000.0
BLOCK = 120.0
STREET = 14.0


ARTICLES = {
    8: ("Public services", "公共服务"),
    9: ("Parks and green space", "公园绿地"),
    10: ("Streets", "道路交通"),
    13: ("Urban form", "城市形态"),
    14: ("Heights", "建筑高度"),
    17: ("Safety and resilience", "安全韧性"),
}
SETS = {
    "mohurd": ("Urban checkup (MOHURD)", "城市体检指标体系（住建）"),
    "mnr": ("Territorial checkup (MNR)", "国土空间体检（自然资源）"),
}


def make_town(across: int = 8, buildings_a_block: int = 4, seed: int = 7) -> Checkup:
    """Lay out ``across`` x ``across`` blocks in four communities and two districts."""
    random = np.random.default_rng(seed)
    pitch = BLOCK + STREET
    size = across * pitch
    column, row = (axis.ravel() for axis in np.meshgrid(np.arange(across), np.arange(across)))
    west, south = WEST + column * pitch + STREET / 2, SOUTH + row * pitch + STREET / 2
    blocks = shapely.box(west, south, west + BLOCK, south + BLOCK)
    places = _places(blocks, column, row, across, pitch, size, random)
    layers = _layers(blocks, west, south, across, pitch, size, buildings_a_block, random)
    values = _values(places, random)
    findings = _findings(values, places, layers, random)
    return Checkup(
        city={
            "id": "papertown",
            "name": "Papertown",
            "name_zh": "纸城",
            "reference_date": date(2024, 6, 30),
            "crs": CRS,
            "population": 20_480.0,
            "population_source": "Drawn on paper.",
            "area_km2": size * size / 1e6,
            "dizuo_version": "0.1.0",
            "base_hash": "d1ce5",
            "attribution": [
                {
                    "source": "osm",
                    "licence": "ODbL-1.0",
                    "attribution": "© OpenStreetMap contributors",
                    "date": date(2024, 6, 30),
                }
            ],
            "standards": ["CN"],
        },
        values=values,
        building_values=_building_values(layers["buildings"], random),
        findings=findings,
        scores=_scores(values),
        sensitivity=_sensitivity(),
        indicators=indicator_table(),
        rules=rule_table(),
        articles=pd.DataFrame(
            [(number, *titles) for number, titles in ARTICLES.items()],
            columns=["article", "title_en", "title_zh"],
        ),
        places=places,
        layers=layers,
        effective_settings={"scoring": {"weights": "equal"}, "smallest_group": 10},
        elapsed={"base": 1.0, "indicators": 2.0},
    )


def _frame(rows, geometry):
    return gpd.GeoDataFrame(rows, geometry=geometry, crs=CRS)


def _places(blocks, column, row, across, pitch, size, random):
    half = size / 2
    cells = shapely.box(
        *(
            axis.ravel()
            for axis in np.meshgrid(
                np.arange(WEST, WEST + size - 1, 200.0), np.arange(SOUTH, SOUTH + size - 1, 200.0)
            )
        ),
        *(
            axis.ravel() + 200.0
            for axis in np.meshgrid(
                np.arange(WEST, WEST + size - 1, 200.0), np.arange(SOUTH, SOUTH + size - 1, 200.0)
            )
        ),
    )
    quarters = [
        shapely.box(
            WEST + x * half, SOUTH + y * half, WEST + (x + 1) * half, SOUTH + (y + 1) * half
        )
        for x in (0, 1)
        for y in (0, 1)
    ]
    halves = [
        shapely.box(WEST + x * half, SOUTH, WEST + (x + 1) * half, SOUTH + size) for x in (0, 1)
    ]
    names = {
        "community": [("Southbank", "南岸社区"), ("Old Port", "老港社区"), ("Riverside", "滨河社区"), ("Hilltop", "山顶社区")],
        "district": [("West", "西区"), ("East", "东区")],
    }  # fmt: skip
    parts = []
    for kind, shapes in {
        "city": [shapely.box(WEST, SOUTH, WEST + size, SOUTH + size)],
        "district": halves,
        "community": quarters,
        "block": list(blocks),
        "cell": list(cells),
    }.items():
        count = len(shapes)
        titles = names.get(kind, [("", "")] * count) if kind != "city" else [("Papertown", "纸城")]
        residents = 20_480.0 / count * random.uniform(0.5, 1.5, count)
        if kind == "block":
            residents[:2] = np.nan
        parts.append(
            _frame(
                {
                    "id": ["city:papertown"]
                    if kind == "city"
                    else [f"{kind}:{i}" for i in range(count)],
                    "kind": kind,
                    "name": [one[0] for one in titles],
                    "name_zh": [one[1] for one in titles],
                    "area": shapely.area(np.array(shapes)),
                    "residents": residents,
                },
                shapes,
            )
        )
    return pd.concat(parts, ignore_index=True)


def _layers(blocks, west, south, across, pitch, size, each, random):
    count = len(blocks) * each
    home = np.repeat(np.arange(len(blocks)), each)
    slot = np.tile(np.arange(each), len(blocks))
    side = int(np.ceil(np.sqrt(each)))
    room = BLOCK / side
    x = west[home] + (slot % side) * room + random.uniform(3, 8, count)
    y = south[home] + (slot // side) * room + random.uniform(3, 8, count)
    wide, deep = random.uniform(0.5, 0.8, (2, count)) * room
    buildings = _frame(
        {
            "id": [f"building:w{i}" for i in range(count)],
            "use": random.choice(["residential", "mixed", "office"], count, p=[0.7, 0.2, 0.1]),
            "height": random.uniform(6, 40, count).round(1),
            "levels": random.integers(2, 12, count).astype(float),
            "residents": random.uniform(1, 60, count),
            "dwellings": random.uniform(1, 20, count),
        },
        shapely.box(x, y, x + wide, y + deep),
    )
    lines, ranks = [], []
    for number in range(across + 1):
        for step in range(across):
            a, b, c = number * pitch, step * pitch, (step + 1) * pitch
            rank = "primary" if number == across // 2 else "residential"
            lines.append(shapely.LineString([(WEST + b, SOUTH + a), (WEST + c, SOUTH + a)]))
            lines.append(shapely.LineString([(WEST + a, SOUTH + b), (WEST + a, SOUTH + c)]))
            ranks += [rank, rank]
    streets = _frame(
        {"id": [f"street:w{i}.0" for i in range(len(lines))], "highway": ranks, "name": ""}, lines
    )
    many = max(12, len(blocks) // 4)
    facilities = _frame(
        {
            "id": [f"facility:n{i}" for i in range(many)],
            "category": random.choice(["kindergarten", "primary_school", "pharmacy"], many),
            "name": [f"Place {i}" if i % 3 else "" for i in range(many)],
        },
        shapely.points(WEST + random.uniform(0, size, many), SOUTH + random.uniform(0, size, many)),
    )
    river = shapely.box(WEST + 0.62 * size, SOUTH, WEST + 0.66 * size, SOUTH + size)
    park = shapely.Point(WEST + 0.3 * size, SOUTH + 0.7 * size).buffer(0.08 * size)
    ring = park.difference(shapely.Point(WEST + 0.3 * size, SOUTH + 0.7 * size).buffer(0.03 * size))
    return {
        "boundary": _frame({"id": ["boundary:0"], "name": ["Papertown"]}, [shapely.box(WEST, SOUTH, WEST + size, SOUTH + size)]),
        "buildings": buildings,
        "street_edges": streets,
        "green": _frame({"id": ["green:0"], "kind": ["park"], "name": ["Round Park"]}, [ring]),
        "water": _frame({"id": ["water:0"], "kind": ["river"], "name": [""]}, [river]),
        "facilities": facilities,
        "stops": _frame({"id": ["stop:n1"], "name": ["Main"], "mode": ["bus"]}, [shapely.Point(WEST + size / 2, SOUTH + size / 2)]),
    }  # fmt: skip


_SPREAD = {"%": (25, 100), "km/km²": (3, 16), "ha": (0.8, 6), "": (0.2, 3.2), "buildings": (0, 3)}


def _values(places, random):
    rules = {row[0]: row for row in RULES}
    parts = []
    for name, _, _, unit, _, _, rule, variants, _, _, missing in INDICATORS:
        for variant in variants:
            for kind, rows in places.groupby("kind"):
                if missing and kind != "city":
                    continue
                count = len(rows)
                if missing:
                    value = np.full(count, np.nan)
                else:
                    low, high = _SPREAD[unit]
                    value = random.uniform(low, high, count).round(3)
                    if unit == "buildings":
                        value = np.floor(value)
                    if kind == "block":
                        value[random.random(count) < 0.05] = np.nan
                known = np.isfinite(value)
                certainty = rules[rule][7] if rule else ""
                parts.append(
                    pd.DataFrame(
                        {
                            "indicator": name,
                            "variant": variant,
                            "place": rows["id"].to_numpy(),
                            "place_kind": kind,
                            "value": value,
                            "unit": unit,
                            "numerator": value * 3,
                            "denominator": np.where(known, 300.0, np.nan),
                            "evidence": np.where(
                                known, "estimated" if unit == "%" else "measured", "missing"
                            ),
                            "edge": np.where(random.random(count) < 0.1, 0.2, 0.0),
                            "rule": rule,
                            "certainty": certainty,
                            "passes": _passes(value, rules[rule]) if rule else np.full(count, None),
                            "score": np.where(known, np.clip(value, 0, 100), np.nan)
                            if rule
                            else np.nan,
                            "reason_en": missing
                            or np.where(known, "", "Nothing of what is measured lies here."),
                            "reason_zh": "没有数据源提供该项数据。"
                            if missing
                            else np.where(known, "", "此处没有被测对象。"),
                        }
                    )
                )
    return pd.concat(parts, ignore_index=True)


def _passes(value, rule):
    _, _, _, limit, upper, _, comparison, _ = rule
    kept = {
        "at_least": value >= limit,
        "at_most": value <= limit,
        "between": (value >= limit) & (value <= (upper or np.inf)),
    }[comparison]
    found = kept.astype(object)
    found[~np.isfinite(value)] = None
    return found


def _findings(values, places, layers, random):
    rules = {row[0]: row for row in RULES}
    titles = {row[0]: row for row in INDICATORS}
    broken = values[
        (values["passes"] == False)  # noqa: E712
        & (values["place_kind"] == values["indicator"].map({row[0]: row[5] for row in INDICATORS}))
        & (values["variant"] == values["indicator"].map({row[0]: row[7][0] for row in INDICATORS}))
    ].reset_index(drop=True)
    residents = places.set_index("id")["residents"].reindex(
        broken["place"]
    ).to_numpy() * random.uniform(0.05, 1, len(broken))
    suppressed = np.isnan(residents)
    names = places.set_index("id")["name"]
    buildings = layers["buildings"]["id"].to_numpy()
    facilities = layers["facilities"]["id"].to_numpy()
    features = [
        [*random.choice(buildings, 5, replace=False), random.choice(facilities), "land:unknown"]
        for _ in range(len(broken))
    ]
    return pd.DataFrame(
        {
            "id": [f"{row.indicator}@{row.place}" for row in broken.itertuples()],
            "indicator": broken["indicator"],
            "variant": broken["variant"],
            "article": [titles[name][1] for name in broken["indicator"]],
            "place": broken["place"],
            "place_kind": broken["place_kind"],
            "value": broken["value"],
            "unit": broken["unit"],
            "rule": broken["rule"],
            "threshold": [rules[name][3] for name in broken["rule"]],
            "comparison": [rules[name][6] for name in broken["rule"]],
            "certainty": broken["certainty"],
            "evidence": broken["evidence"],
            "edge": broken["edge"] > 0,
            "residents": residents,
            "residents_suppressed": suppressed,
            "feature_count": [7] * len(broken),
            "features": features,
            "severity": random.uniform(0, 1, len(broken)),
            "text_en": [f"{titles[row.indicator][8]}: {row.value:g} {row.unit} in {names[row.place] or row.place}." for row in broken.itertuples()],
            "text_zh": [f"{titles[row.indicator][9]}：{names[row.place] or row.place}为 {row.value:g} {row.unit}。" for row in broken.itertuples()],
        }
    )  # fmt: skip


def _building_values(buildings, random):
    return pd.DataFrame(
        {
            "id": buildings["id"],
            "08.kindergarten_reach:network": random.choice([0.0, 100.0], len(buildings)),
        }
    )


def _scores(values):
    rows = []
    for name, (english, chinese) in SETS.items():
        own = [row for row in INDICATORS if row[2] == name]
        for article in [0, *sorted({row[1] for row in own})]:
            members = own if article == 0 else [row for row in own if row[1] == article]
            missing = sum(bool(row[10]) for row in members) / len(members)
            scored = [row for row in members if row[6] and not row[10]]
            score = 55.0 + 2 * article if scored else np.nan
            rows.append(
                {
                    "indicator_set": name,
                    "article": article,
                    "title_en": english if article == 0 else ARTICLES[article][0],
                    "title_zh": chinese if article == 0 else ARTICLES[article][1],
                    "score": score,
                    "low": score - 6,
                    "high": score + 4,
                    "weight": float(len(members)),
                    "coverage": 1 - missing,
                    "measured": (1 - missing) / 3,
                    "estimated": (1 - missing) * 2 / 3,
                    "simulated": 0.0,
                    "missing": missing,
                    "indicators": len(members),
                }
            )
    return pd.DataFrame(rows)


def _sensitivity():
    return pd.DataFrame(
        [
            ("mohurd", 0, "weights", 58.0, 66.0, "58 to 66 when weights vary.", "权重变化时为 58–66。"),
            ("mohurd", 0, "estimated_inputs", 56.0, 64.0, "56 to 64 when estimates vary.", "估算变化时为 56–64。"),
            ("mohurd", 0, "source_completeness", np.nan, np.nan, "Unknown: no source states it.", "未知。"),
        ],
        columns=["indicator_set", "article", "cause", "low", "high", "statement_en", "statement_zh"],
    )  # fmt: skip
