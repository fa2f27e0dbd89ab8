"""Build a town by hand, as layers in memory.

Coordinates are metres from the town's own origin, which stands on a corner of the 20 m lattice
that land is sampled on. A building of 10 m × 10 m in the middle of a lattice cell, alone within
100 m, makes 5 × 5 cells built up: one hectare. A plot of 20 m × 20 m is one sample of its land.
"""

from collections import Counter
from datetime import date

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from dizuo.base.schemas import LAYERS, check_layer, empty_layer
from dizuo.checkup.compute import compute, tabulate
from dizuo.checkup.examine import Examination
from dizuo.resources.analysis import Analysis
from dizuo.resources.layers import Layers
from dizuo.standards.rule_book import RuleBook

METRIC = CRS.from_epsg(32650)
ORIGIN = (500_000.0, 4_000_000.0)
DAY = date(2023, 12, 25)
MODES = ("walk", "bike", "drive")


class Town:
    """Things put down one by one; ``layers`` makes the base of them."""

    def __init__(self, origin=ORIGIN):
        self.origin = origin
        self.rows = {name: [] for name in LAYERS}
        self.nodes = {}
        self.counts = Counter()

    def shape(self, geometry):
        """Move a shape from the town's origin to where the town stands."""
        return shapely.transform(geometry, lambda xy: xy + np.array(self.origin))

    def _add(self, layer, identity, geometry=None, /, **columns):
        row = {"id": identity, "source": "paper", **columns}
        if geometry is not None:
            row["geometry"] = geometry
        self.rows[layer].append(row)
        return row

    def outline(self, west, south, east, north, margin=20_000.0):
        """Draw the city's boundary, and the edge of the data ``margin`` metres beyond it."""
        self._add("boundary", "city:paper", shapely.box(west, south, east, north), name="Paper")
        self._add(
            "extent",
            "extent:paper",
            shapely.box(west - margin, south - margin, east + margin, north + margin),
            name="",
        )

    def place(self, kind, name, *box, water=0.0):
        """Add a rectangular place; its land is the rectangle without ``water`` m²."""
        shape = shapely.box(*box)
        self._add(
            "places",
            f"{kind}:{name}",
            shape,
            kind=kind,
            name=name,
            name_zh="",
            area=shape.area - water,
        )

    def node(self, x, y):
        """Return the number of the street node at a place."""
        if (x, y) not in self.nodes:
            number = len(self.nodes)
            self.nodes[x, y] = number
            self._add(
                "street_nodes",
                f"node:n{number}",
                shapely.Point(x, y),
                node=number,
                x=x + self.origin[0],
                y=y + self.origin[1],
                **{f"{mode}_through": True for mode in MODES},
            )
        return self.nodes[x, y]

    def street(self, *points, highway="residential", modes=MODES, one_way=False, **columns):
        """Add one section from the first point to the last; nobody else may use it."""
        line = shapely.LineString(points)
        number = len(self.rows["street_edges"])
        usable = {
            f"{mode}_{way}": mode in modes
            and not (one_way and way == "backward" and mode != "walk")
            for mode in MODES
            for way in ("forward", "backward")
        }
        level = {"bridge": False, "tunnel": False, "stairs": False, "layer": 0}
        columns = {**level, "grade_evidence": "missing", **columns}
        return self._add(
            "street_edges",
            f"street:w{number}.0",
            line,
            way=f"w{number}",
            start=self.node(*points[0]),
            end=self.node(*points[-1]),
            length_mm=round(line.length * 1000),
            highway=highway,
            **usable,
            **columns,
        )

    def building(self, name, x, y, *, use="residential", levels=5, residents=0.0, **more):
        """Add a building of 10 m by 10 m around a point, everything measured by default."""
        half, area = 5.0, 100.0
        columns = {
            "name": "",
            "use": use,
            "use_evidence": "measured",
            "levels": levels,
            "levels_evidence": "measured",
            "height": levels * 3.0,
            "height_evidence": "measured",
            "footprint_area": area,
            "floor_area": levels * area,
            "floor_area_evidence": "measured",
            "dwellings": residents / 2,
            "dwellings_evidence": "estimated",
            "residents": residents or np.nan,
            "residents_evidence": "estimated" if residents else "missing",
            "start_year": np.nan,
            "heritage": False,
        }
        return self._add(
            "buildings",
            f"building:{name}",
            shapely.box(x - half, y - half, x + half, y + half),
            **{**columns, **more},
        )

    def facility(self, category, x, y, *, geometry=None, evidence="measured", **columns):
        """Add a facility at a point, or with a shape of its own."""
        number = self.counts[category]
        self.counts[category] += 1
        shape = geometry if geometry is not None else shapely.Point(x, y)
        columns = {
            "name": "",
            "floor_area": np.nan,
            "floor_area_evidence": "missing",
            "land_area": shape.area or np.nan,
            "capacity": np.nan,
            **columns,
        }
        return self._add(
            "facilities",
            f"facility:{category}{number}",
            shape,
            feature=f"{category}{number}",
            category=category,
            evidence=evidence,
            **columns,
        )

    def green(self, name, shape, kind="park", access="public"):
        """Add a green space, or a greenway if it is a line."""
        self._add(
            "green", f"green:{name}", shape, kind=kind, name=name, access=access, area=shape.area
        )

    def water(self, name, *box):
        """Add a rectangle of water."""
        self._add("water", f"water:{name}", shapely.box(*box), kind="river", name=name)

    def land(self, name, use, *box):
        """Add a rectangle of land use."""
        self._add("land_use", f"land:{name}", shapely.box(*box), use=use, use_evidence="measured")

    def plot(self, name, x, y, use="residential"):
        """Add the lattice cell around a point as land of a use."""
        self.land(name, use, x - 10, y - 10, x + 10, y + 10)

    def heritage(self, name, shape, kind="monument", level="national"):
        """Add a protected object."""
        self._add("heritage", f"heritage:{name}", shape, kind=kind, level=level, name=name)

    def stop(self, name, x, y, departures=np.nan, mode="bus"):
        """Add a stop of public transport."""
        self._add(
            "stops",
            f"stop:{name}",
            shapely.Point(x, y),
            name=name,
            mode=mode,
            departures_per_weekday=departures,
        )

    def tree(self, x, y):
        """Add a single tree."""
        self._add("trees", f"tree:{len(self.rows['trees'])}", shapely.Point(x, y))

    def user_value(self, indicator, value, place="city:paper", kind="city", **more):
        """Add a value that the city filled in."""
        columns = {
            "checkup_row": indicator,
            "numerator": np.nan,
            "denominator": np.nan,
            "unit": "",
            "date": "2023-06-01",
            "evidence": "measured",
        }
        self._add(
            "user_values",
            f"{indicator}@{place}",
            indicator=indicator,
            value=value,
            place=place,
            place_kind=kind,
            **{**columns, **more},
        )

    def staff(self, duty, count, place="city:paper", kind="city"):
        """Add how many work on something in a place, as the city's own table counts them."""
        self._add(
            "staff",
            f"staff:{duty}.{place}",
            duty=duty,
            place_kind=kind,
            place=place,
            staff=float(count),
            date="2023-06-01",
            evidence="measured",
        )

    def evaluated(
        self, indicator, case_type, above, below, kind="city", key="city", hidden="", **more
    ):
        """Add a rate of the city's own operations, as an evaluation tells it or keeps it back."""
        told = np.nan if hidden else 1.0
        self._add(
            "evaluation",
            f"evaluation:{kind}/{key}/{case_type}/{indicator}",
            kind=kind,
            key=key,
            case_type=case_type,
            indicator=indicator,
            value=told * 100 * above / below,
            value_evidence="missing" if hidden else "measured",
            unit_of_value="%",
            numerator=told * above,
            denominator=told * below,
            hidden=hidden,
            period_begin="2023-11-01T00:00:00+00:00",
            period_end="2023-12-01T00:00:00+00:00",
            **more,
        )

    def remove(self, layer, wanted):
        """Take away the rows for which ``wanted`` holds."""
        kept = [row for row in self.rows[layer] if not wanted(row)]
        if len(kept) == len(self.rows[layer]):
            raise ValueError(f"nothing to remove from {layer}")
        self.rows[layer] = kept

    def row(self, layer, identity):
        """Return a row to change it."""
        return next(row for row in self.rows[layer] if row["id"] == identity)

    def copy(self):
        """Return a town that can be changed by itself."""
        other = Town(self.origin)
        other.rows = {layer: [dict(row) for row in rows] for layer, rows in self.rows.items()}
        other.nodes, other.counts = dict(self.nodes), Counter(self.counts)
        return other

    def frames(self):
        """Return every layer as a checked table."""
        return {name: self._frame(name) for name in LAYERS}

    def _frame(self, name):
        rows = self.rows[name]
        if not rows:
            return empty_layer(name, METRIC)
        frame = pd.DataFrame(rows)
        if LAYERS[name].geometries:
            shapes = [self.shape(row["geometry"]) for row in rows]
            frame = gpd.GeoDataFrame(frame.drop(columns="geometry"), geometry=shapes, crs=METRIC)
        return check_layer(name, frame, METRIC)

    def layers(self):
        """Return the layers that an examination reads."""
        frames = self.frames()
        return Layers(frames.__getitem__, frames.__getitem__)


def examination_of(layers, **changes):
    """Return the examination of a town's layers on the day and by the rules of the tests."""
    if isinstance(layers, Town):
        layers = layers.layers()
    return Examination(
        **{
            "layers": layers,
            "rules": RuleBook.load(),
            # In a town of powers the last home outweighs all others: let the few known speak.
            "analysis": Analysis.load({"least_known_share": 1e-6}),
            "city": {"id": "paper", "name": "Paper", "name_zh": "纸上城"},
            "day": DAY,
            "jurisdictions": ("CN",),
            "indicators": {},
            **changes,
        }
    )


def values_of(layers, indicators, **changes):
    """Compute indicators on a town and return the table of values and what was computed."""
    examination = examination_of(layers, **changes)
    workshop = examination.workshop()
    computed = compute(
        indicators, workshop, examination.rules, examination.day, examination.jurisdictions
    )
    made = [workshop.get(name) for name in ("places", "place_amounts", "hidden_places")]
    return tabulate(computed, *made), computed
