"""A small town for the unit grid: streets every 60 m in the west, open ground in the east."""

import geopandas as gpd
import shapely

from dizuo.base.unit_grid_lines import GridLayers

CRS = "EPSG:32632"


def streets(*rows):
    """Street edges from (highway, coordinates) or (highway, coordinates, service, layer)."""
    full = [(*row, "", 0)[:4] if len(row) < 4 else row for row in rows]
    return gpd.GeoDataFrame(
        {
            "highway": [row[0] for row in full],
            "service": [row[2] for row in full],
            "layer": [row[3] for row in full],
        },
        geometry=[shapely.LineString(row[1]) for row in full],
        crs=CRS,
    )


def areas(*shapes, **columns):
    ids = [f"area:{number}" for number in range(len(shapes))]
    return gpd.GeoDataFrame({"id": ids, **columns}, geometry=list(shapes), crs=CRS)


def town_streets():
    residential = [("residential", [(x, 0), (x, 480)]) for x in (60, 120, 180)]
    residential += [("residential", [(0, y), (240, y)]) for y in (60, 120, 180, 300, 360, 420)]
    return [
        ("primary", [(240, 0), (240, 480)]),
        ("secondary", [(0, 240), (800, 240)]),
        *residential,
    ]


def town_buildings():
    """A house in each western block, a terrace across a street, a row of houses in the east."""
    houses = [
        shapely.box(x + 15, y + 15, x + 40, y + 40) for x in range(0, 240, 60) for y in (0, 60)
    ]
    over_the_street = shapely.box(40, 310, 90, 330)
    row = [shapely.box(300 + 20 * i, 100, 320 + 20 * i, 112) for i in range(20)]
    hall = shapely.Polygon([(350, 300), (520, 330), (515, 360), (345, 330)])
    return areas(*houses, over_the_street, *row, hall)


def town(*more_streets, **layers):
    return GridLayers(
        **{
            "boundary": shapely.box(0, 0, 800, 480),
            "street_edges": streets(*town_streets(), *more_streets),
            "buildings": town_buildings(),
            **layers,
        }
    )
