"""A Chinese town drawn by hand, with streets, house numbers, estates, divisions and places.

Streets run on a grid of 250 m, so a wrong street is never within 50 m. Addresses come from a table
of the town's own, as a Chinese city would give them.
"""

import csv
import json

from osm_town import Town
from town_city import PEOPLE, degrees, table_source, write_city, write_outline

HEAD = """
[city]
id = "qingshan"
name = "Qingshan"
name_zh = "青山市"
reference_date = 2024-06-01
crs = "EPSG:32632"
"""
EAST_WEST = (
    "人民路",
    "人民南路",
    "解放大道",
    "建设一路",
    "建设二路",
    "和平街",
    "文化路",
    "滨江大道",
)
NORTH_SOUTH = ("中山路", "中山西路", "长江路", "朝阳街", "迎宾大道", "光明巷", "学府路", "幸福里")
STEP = 250.0
FIRST = 125.0
ESTATES = ("锦绣花园", "阳光小区", "龙湖苑", "翠竹家园", "金桂新村", "东湖名邸")
PLACES = {
    "青山市第一中学": "facility",
    "青山市第二中学": "facility",
    "实验小学": "facility",
    "育才幼儿园": "facility",
    "青山市人民医院": "facility",
    "中医院": "facility",
    "妇幼保健院": "facility",
    "人民公园": "green",
    "滨江公园": "green",
    "植物园": "green",
    "青山火车站": "stop",
    "汽车客运站": "stop",
    "市民中心": "facility",
    "青山图书馆": "facility",
    "博物馆": "facility",
    "体育馆": "facility",
    "万达广场": "facility",
    "时代广场": "square",
    "东门农贸市场": "facility",
    "西门农贸市场": "facility",
    "建设路派出所": "facility",
    "和平街道办事处": "facility",
    "工商银行青山支行": "facility",
    "新华书店": "facility",
    "国际大酒店": "facility",
    "电信大厦": "building",
    "世纪大厦": "building",
    "清真寺": "facility",
    "消防救援站": "facility",
    "政务服务中心": "facility",
    "老年大学": "facility",
    "少年宫": "facility",
    "青山大桥": "other",
    "月亮湖": "water",
    "鼓楼": "facility",
    "城隍庙": "facility",
}


def streets():
    """Return each street with its two ends, in metres."""
    length = STEP * 7 + 2 * FIRST
    found = {}
    for k, name in enumerate(EAST_WEST):
        found[name] = ((0.0, FIRST + STEP * k), (length, FIRST + STEP * k))
    for k, name in enumerate(NORTH_SOUTH):
        found[name] = ((FIRST + STEP * k, 0.0), (FIRST + STEP * k, length))
    return found


def addresses():
    """Return street (or estate), number as written, x and y."""
    rows = []
    for at, (name, ((x, y), (to_x, _))) in enumerate(streets().items()):
        along_x = to_x > x
        for house in range(8):
            number = 2 + at % 3 + 14 * house + house % 2
            away = 60.0 + 225.0 * house
            side = 15.0 if number % 2 else -15.0
            spot = (x + away, y + side) if along_x else (x + side, y + away)
            text = f"{number}号"
            if house == 3:
                text = f"{number}号院3号楼"
            elif house == 5:
                text = f"{number}弄2号"
            rows.append((name, text, *spot))
    for k, estate in enumerate(ESTATES):
        for building in range(1, 6):
            x, y = 190.0 + 300.0 * k, 60.0 + 250.0 * (k % 4)
            rows.append((estate, f"{building}号楼", x + 75 * (building % 2), y + 36 * building))
    return rows


def places():
    """Return name, kind, x and y of every named place, at spots that no address is near."""
    return [
        (name, kind, 250.0 + 250.0 * (k % 7), 250.0 + 250.0 * (k // 7))
        for k, (name, kind) in enumerate(PLACES.items())
    ]


def write_town(folder):
    """Write the town's folder: map, tables, divisions and settings."""
    town = Town()
    lines = streets()
    columns = [FIRST + STEP * k for k in range(8)]
    refs = {}
    for x in columns:
        for y in columns:
            refs[x, y] = town.node(len(refs) + 1, x, y)
    for k, name in enumerate(EAST_WEST):
        (x, y), (to_x, to_y) = lines[name]
        ends = town.node(500 + k, x, y), town.node(520 + k, to_x, to_y)
        town.street(100 + k, ends[0], *(refs[c, y] for c in columns), ends[1], name=name)
    for k, name in enumerate(NORTH_SOUTH):
        (x, y), (to_x, to_y) = lines[name]
        ends = town.node(540 + k, x, y), town.node(560 + k, to_x, to_y)
        town.street(200 + k, ends[0], *(refs[x, c] for c in columns), ends[1], name=name)
    for k in range(6):
        town.box(300 + k, 160 + 250 * k, 160, 20, 20, building="yes")
    more = _tables(folder)
    write_city(folder, town, head=HEAD, people=PEOPLE, more=more)
    write_outline(folder / "boundary.geojson", 0, 0, 2000, 2000)
    return folder


def _tables(folder):
    folder.mkdir(exist_ok=True)
    with (folder / "addresses.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["编号", "道路", "门牌号", "经度", "纬度"])
        for k, (street, number, x, y) in enumerate(addresses()):
            writer.writerow([k, street, number, *degrees(x, y)])
    with (folder / "places.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["id", "name", "kind", "x", "y"])
        for k, (name, kind, x, y) in enumerate(places()):
            writer.writerow([k, name, kind, *degrees(x, y)])
    features = [
        {
            "type": "Feature",
            "properties": {"name": name, "kind": "district"},
            "geometry": {
                "type": "Polygon",
                "coordinates": [
                    [list(degrees(x, y)) for x, y in ((w, 0), (e, 0), (e, 2000), (w, 2000), (w, 0))]
                ],
            },
        }
        for name, w, e in (("江西区", 0, 1000), ("江东区", 1000, 2000))
    ]
    content = {"type": "FeatureCollection", "features": features}
    (folder / "districts.geojson").write_text(json.dumps(content), encoding="utf-8")
    columns = {"id": "编号", "street": "道路", "number": "门牌号", "x": "经度", "y": "纬度"}
    return (
        table_source("addresses.csv", "addresses", columns=columns)
        + table_source("places.csv", "place_names", id="named", mode="add")
        + table_source(
            "districts.geojson",
            "divisions",
            id="districts",
            kind="vector",
            columns={"name": "name"},
        )
    )


# How people change a Chinese address or name.


def _digits_wide(text):
    return "".join(chr(ord(c) + 0xFEE0) if c.isascii() and c.isdigit() else c for c in text)


def _one_wrong(text, rng, change):
    """Change one character that is no digit."""
    spots = [k for k, letter in enumerate(text) if not letter.isdigit()]
    k = int(rng.choice(spots))
    if change == "dropped":
        return text[:k] + text[k + 1 :]
    if change == "replaced":
        return text[:k] + str(rng.choice(list("明清丽安宏泰福荣盛昌"))) + text[k + 1 :]
    if k + 1 >= len(text):
        k -= 1
    return text[:k] + text[k + 1] + text[k] + text[k + 2 :]


def perturbations(district):
    """Return ways to change a name and a number; ``district`` says where it lies."""
    return {
        "as it is": lambda name, number, _rng: name + number,
        "whole address": lambda name, number, _rng: f"青山市{district}{name}{number}",
        "no 市 and 区": lambda name, number, _rng: f"青山{district[:-1]}{name}{number}",
        "full-width digits": lambda name, number, _rng: (
            _digits_wide(name + number) if number else None
        ),
        "character dropped": lambda name, number, rng: _one_wrong(name, rng, "dropped") + number,
        "character replaced": lambda name, number, rng: _one_wrong(name, rng, "replaced") + number,
        "characters swapped": lambda name, number, rng: _one_wrong(name, rng, "swapped") + number,
        "no 号": lambda name, number, _rng: (
            name + number.removesuffix("号") if number.endswith("号") else None
        ),
        "nearby": lambda name, number, rng: (
            name + number + str(rng.choice(["附近", "旁边", "对面", "门口", "东侧"]))
        ),
        "flat": lambda name, number, rng: (
            name + number + str(rng.choice(["2单元501室", "301室", "1单元", "2单元3层602"]))
            if number
            else None
        ),
        "第": lambda name, number, _rng: f"{name}第{number}" if number else None,
        "spaces": lambda name, number, _rng: f"{district} {name} {number}",
    }
