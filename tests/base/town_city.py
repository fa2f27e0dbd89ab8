"""A whole city's folder around a town drawn by hand, for tests of the base."""

import json
from pathlib import Path

from osm_town import CRS, EAST, NORTH, Town
from pyproj import Transformer

HEAD = """
[city]
id = "town"
name = "Town"
name_zh = "小镇"
reference_date = 2024-06-01
crs = "EPSG:32632"
"""
OUTLINE = """
[boundary]
file = "boundary.geojson"
"""
PEOPLE = """
[population]
total = 1000
date = 2024-01-01
source = "hand-made"
"""
MAP = """
[[sources]]
id = "osm"
kind = "osm"
file = "town.osm"
date = 2024-01-01
licence = "ODbL-1.0"
attribution = "OpenStreetMap contributors"
"""
TO_DEGREES = Transformer.from_crs(CRS, "EPSG:4326", always_xy=True)


def degrees(x, y):
    """Return longitude and latitude of metres from the town's origin."""
    return TO_DEGREES.transform(EAST + x, NORTH + y)


def small_town():
    """Draw two streets that cross, four homes, a school, a park, two trees and a bus stop."""
    town = Town()
    for ref, x, y in ((1, 0, 200), (2, 200, 200), (3, 400, 200), (4, 200, 0), (5, 200, 400)):
        town.node(ref, x, y)
    town.street(10, 1, 2, 3, name="Long Street")
    town.street(11, 4, 2, 5, name="Cross Street")
    for number, (x, y) in enumerate(((50, 220), (50, 150), (250, 220), (250, 150))):
        town.box(20 + number, x, y, 20, 10, building="apartments", **{"building:levels": "4"})
    town.box(30, 300, 300, 60, 40, amenity="school", name="School")
    town.box(31, 60, 300, 80, 60, leisure="park", name="Park")
    town.node(50, 210, 205, highway="bus_stop", name="Centre")
    town.node(51, 90, 330, natural="tree")
    town.node(52, 95, 330, natural="tree")
    return town


def write_outline(file, x=-50, y=-50, width=500, height=500, crs=None):
    """Write a rectangular outline as GeoJSON, in degrees."""
    corners = [(x, y), (x + width, y), (x + width, y + height), (x, y + height), (x, y)]
    ring = [list(degrees(*corner)) for corner in corners]
    content = {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "properties": {},
                "geometry": {"type": "Polygon", "coordinates": [ring]},
            }
        ],
    }
    if crs:
        content["crs"] = {"type": "name", "properties": {"name": crs}}
    Path(file).write_text(json.dumps(content), encoding="utf-8")
    return Path(file)


def write_city(folder, town=None, *, more="", people=PEOPLE, outline=True, head=HEAD):
    """Write a city's folder; ``more`` is added to its ``city.toml``."""
    folder.mkdir(exist_ok=True)
    (town or small_town()).write(folder / "town.osm")
    if outline is True:
        write_outline(folder / "boundary.geojson")
    text = head + (OUTLINE if outline is True else outline or "") + people + MAP + more
    (folder / "city.toml").write_text(text, encoding="utf-8")
    return folder


def table_source(file, layer, **settings):
    """Return a ``[[sources]]`` table of kind ``table``; ``columns`` is a dictionary."""
    columns = settings.pop("columns", {})
    constants = settings.pop("constants", {})
    settings = {
        "id": "own",
        "kind": "table",
        "file": file,
        "layer": layer,
        "crs": "EPSG:4326",
        **settings,
    }
    lines = ["", "[[sources]]", "date = 2024-02-01"]
    lines += [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in settings.items()]
    for name, table in (("columns", columns), ("constants", constants)):
        if table:
            lines.append(f"[sources.{name}]")
            lines += [
                f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in table.items()
            ]
    return "\n".join(lines) + "\n"
