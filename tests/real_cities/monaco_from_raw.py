"""Twenty indicators of Monaco once more, from the raw file, sharing no code with dizuo.

Streets are a graph of every OpenStreetMap node, with lengths as floating metres; homes and gates
of facilities are inserted into the segment that they are nearest to, and scipy's Dijkstra does the
rest. Lengths and counts are summed place by place with shapely's predicates. Only the outlines of
places and of the data are taken over from a base: where a block ends is no matter of truth.

Run as a script it prints the values: python monaco_from_raw.py FILE.osm.pbf BASE_FOLDER
"""

import sys
from collections import Counter, defaultdict
from itertools import pairwise
from pathlib import Path

import geopandas as gpd
import numpy as np
import osmium
import shapely
from monaco_on_foot import WalkingGraph
from pyproj import Transformer

METRIC = 32632

# radius in metres and the tags of each facility
REACH = {
    "08.bus_stop_reach": (
        500,
        [{"highway": "bus_stop"}, {"public_transport": "platform", "bus": "yes"}],
    ),
    "08.kindergarten_reach": (300, [{"amenity": "kindergarten"}]),
    "08.police_reach": (800, [{"amenity": "police"}]),
    "10.pharmacy_reach": (1000, [{"amenity": "pharmacy"}, {"healthcare": "pharmacy"}]),
    "12.recycling_reach": (300, [{"amenity": "recycling"}]),
    "17.defibrillator_reach": (400, [{"emergency": "defibrillator"}]),
    "18.museum_reach": (1000, [{"tourism": "museum"}]),
    "20.library_reach": (1000, [{"amenity": "library"}]),
    "20.playground_reach": (300, [{"leisure": "playground"}]),
    "22.public_toilet_reach": (300, [{"amenity": "toilets"}]),
}
NOT_PUBLIC = {"20.library_reach", "20.playground_reach", "22.public_toilet_reach"}
FURNITURE = {
    "bench": [{"amenity": "bench"}],
    "drinking_water": [
        {"amenity": "drinking_water"},
        {"amenity": "water_point"},
        {"amenity": "fountain", "drinking_water": "yes"},
    ],
}
GONE = ("proposed", "construction", "abandoned", "razed", "demolished", "disused", "planned")
NO_STREET = {
    *GONE,
    "no",
    "crossing",
    "elevator_shaft",
    "raceway",
    "services",
    "rest_area",
    "via_ferrata",
    "escape",
}
SHUT = {
    "no",
    "private",
    "agricultural",
    "forestry",
    "military",
    "emergency",
    "permit",
    "use_sidepath",
}
ROAD = {
    "primary",
    "secondary",
    "tertiary",
    "trunk",
    "unclassified",
    "residential",
    "living_street",
    "service",
    "road",
}
ON_FOOT = ROAD | {
    "footway",
    "path",
    "pedestrian",
    "steps",
    "track",
    "platform",
    "corridor",
    "elevator",
    "bridleway",
}
CARS_PASS = {
    "border_control",
    "cattle_grid",
    "entrance",
    "gate",
    "height_restrictor",
    "kerb",
    "lift_gate",
    "sliding_gate",
    "swing_gate",
    "toll_booth",
}
NO_BICYCLE = {"turnstile", "full-height_turnstile", "kissing_gate", "stile", "guard_rail"}
NOBODY_PASSES = {"wall", "fence", "hedge", "retaining_wall", "city_wall", "ditch"}
NO_BUILDING = {
    "no",
    "roof",
    "canopy",
    "construction",
    "proposed",
    "planned",
    "ruins",
    "collapsed",
    "demolished",
    "razed",
    "entrance",
}


def base_class(tags):
    return tags["highway"].removesuffix("_link")


def on_foot(tags):
    kind = base_class(tags)
    if kind in {"motorway", "busway", "bus_guideway"}:
        return False
    usual = (
        kind in ON_FOOT or (kind == "cycleway" and tags.get("segregated") in {"yes", "no"})
    ) and tags.get("motorroad") != "yes"
    if tags.get("foot", "unknown") != "unknown":
        return tags["foot"] not in SHUT
    return usual and tags.get("access", "yes") not in SHUT


def by_car(tags):
    kind = base_class(tags)
    if kind in {"steps", "elevator", "corridor", "platform", "cycleway"}:
        return False
    for key in ("motorcar", "motor_vehicle", "vehicle"):
        if tags.get(key, "unknown") != "unknown":
            return tags[key] not in SHUT and tags.get("oneway") != "reversible"
    return (
        kind in ROAD | {"motorway"}
        and tags.get("access", "yes") not in SHUT
        and tags.get("oneway") != "reversible"
    )


def kept_out(tags):
    """Modes that a barrier keeps out, and whether walkers only for want of a key."""
    kind = tags["barrier"]
    usual = {
        "foot": kind not in NOBODY_PASSES,
        "bicycle": kind not in NOBODY_PASSES | NO_BICYCLE,
        "motor": kind in CARS_PASS,
    }
    keys = {
        "foot": ["foot", "access"],
        "bicycle": ["bicycle", "vehicle", "access"],
        "motor": ["motorcar", "motor_vehicle", "vehicle", "access"],
    }
    out, key_needed = set(), False
    for mode, names in keys.items():
        said = [(name, tags[name]) for name in names if tags.get(name, "unknown") != "unknown"]
        may = usual[mode]
        if said and said[0][1] in SHUT:
            may = False
            key_needed |= mode == "foot" and usual[mode] and said[0][1] in {"private", "permit"}
        elif said and said[0][0] != "access":
            may = True
        if not may:
            out.add(mode)
    return out, key_needed


class Raw:
    """Everything of interest in the file, in metres."""

    def __init__(self, file):
        project = Transformer.from_crs(4326, METRIC, always_xy=True).transform
        self.ways, self.points, self.areas = [], [], []
        factory = osmium.geom.WKBFactory()
        for thing in osmium.FileProcessor(str(file)).with_areas():
            tags = dict(thing.tags)
            if thing.is_node() and tags:
                x, y = project(thing.lon, thing.lat)
                self.points.append((f"n{thing.id}", tags, shapely.Point(x, y)))
            elif thing.is_way():  # a way may be a street and something else at once
                nodes = [(n.ref, *project(n.lon, n.lat)) for n in thing.nodes if n.location.valid()]
                nodes = nodes[:1] + [b for a, b in pairwise(nodes) if a[0] != b[0]]
                if len(nodes) < 2:
                    continue
                if "amenity" in tags and not thing.is_closed():
                    line = shapely.LineString([(x, y) for _, x, y in nodes])
                    self.points.append((f"w{thing.id}", tags, line))
                if tags.get("highway", "no") not in NO_STREET:
                    self.ways.append((tags, nodes))
            elif thing.is_area() and tags:
                try:
                    shape = shapely.from_wkb(factory.create_multipolygon(thing))
                except (RuntimeError, osmium.InvalidLocationError):
                    continue
                shape = shapely.transform(
                    shape, lambda c: np.column_stack(project(c[:, 0], c[:, 1]))
                )
                kind = "w" if thing.from_way() else "r"
                self.areas.append((f"{kind}{thing.orig_id()}", tags, shape))
        self.barriers = {
            int(name[1:]): kept_out(tags)
            for name, tags, _ in self.points
            if name.startswith("n") and "barrier" in tags and kept_out(tags)[0]
        }

    def ends(self):
        """Nodes where streets meet, end or are barred, by their place in millimetres."""
        uses = Counter(ref for _, nodes in self.ways for ref, _, _ in nodes)
        return {
            (round(x * 1000), round(y * 1000)): ref
            for _, nodes in self.ways
            for k, (ref, x, y) in enumerate(nodes)
            if uses[ref] > 1 or k in {0, len(nodes) - 1} or ref in self.barriers
        }

    def squares(self):
        """Pedestrian areas that are walked across."""
        return [
            (name, part)
            for name, tags, shape in self.areas
            if tags.get("highway") in {"pedestrian", "footway", "path", "living_street"}
            and (name.startswith("r") or tags.get("area") == "yes")
            and on_foot(tags)
            for part in shape.geoms
        ]

    def having(self, wanted, public=False):
        """Features with all tags of one of the sets, each thing once."""

        def holds(tags):
            if any(tags.get(key) == "yes" for key in GONE):
                return False
            if public and tags.get("access") in {"private", "no"}:
                return False
            return any(
                all(value in tags.get(key, "").split(";") for key, value in one.items())
                for one in wanted
            )

        areas = [(name, tags, shape) for name, tags, shape in self.areas if holds(tags)]
        points = [one for one in self.points if holds(one[1])]
        keep = []
        for name, tags, shape in points:
            inside = [a for a in areas if a[2].contains(shape) and same_name(tags, a[1])]
            near = [
                a
                for a in areas
                if tags.get("name")
                and tags.get("name") == a[1].get("name")
                and a[2].distance(shape) <= 100
            ]
            if not inside and not near:
                keep.append((name, tags, shape))
        return keep + areas


def same_name(one, other):
    return not one.get("name") or not other.get("name") or one["name"] == other["name"]


def reach_of_homes(raw, homes):
    """For each reach indicator and variant, 100 or 0 for each home, NaN within 0.2 m of the cut."""
    graph = WalkingGraph(raw, on_foot)
    found = {}
    points = [shapely.point_on_surface(home) for home in homes]
    for name, (radius, wanted) in REACH.items():
        goals = [shape for _, _, shape in raw.having(wanted, public=name in NOT_PUBLIC)]
        walked = graph.distances(points, goals)
        flown = np.array([min(point.distance(goal) for goal in goals) for point in points])
        for variant, distance in (("network", walked), ("straight", flown)):
            share = np.where(distance <= radius, 100.0, 0.0)
            found[name, variant] = np.where(np.abs(distance - radius) < 0.2, np.nan, share)
    return found


def sections(raw):
    """Ways cut wherever a node is shared or barred: tags, line, and its two ends."""
    uses = Counter(ref for _, nodes in raw.ways for ref, _, _ in nodes)
    cut = []
    for tags, nodes in raw.ways:
        stops = [
            k
            for k, (ref, _, _) in enumerate(nodes)
            if uses[ref] > 1 or k in {0, len(nodes) - 1} or ref in raw.barriers
        ]
        for first, last in pairwise(stops):
            part = nodes[first : last + 1]
            cut.append((tags, shapely.LineString([(x, y) for _, x, y in part]), part[0], part[-1]))
    return cut


def buildings(raw):
    """Outlines of buildings in use; one that lies in a bigger one on its layer is part of it."""
    kept = [(t, s) for _, t, s in raw.areas if t.get("building", "no") not in NO_BUILDING]
    kept.sort(key=lambda one: -one[1].area)
    tree = shapely.STRtree([shape for _, shape in kept])
    shapes = []
    for k, (tags, shape) in enumerate(kept):
        middle = shapely.point_on_surface(shape)
        bigger = [
            j
            for j in tree.query(middle, predicate="within")
            if j < k
            and kept[j][0].get("layer", "0") == tags.get("layer", "0")
            and shape.intersection(kept[j][1]).area >= 0.95 * shape.area
        ]
        if not bigger:
            shapes.append(shape)
    return shapes


def shares_of_crossings(points, gap=10.0):
    """One over the number of crossings that a chain of gaps of at most ten metres joins."""
    discs = shapely.union_all(shapely.buffer(points, gap / 2, quad_segs=64))
    blobs = list(shapely.get_parts(discs))
    counts = [sum(blob.covers(point) for point in points) for blob in blobs]
    return [
        1 / next(count for blob, count in zip(blobs, counts, strict=True) if blob.covers(point))
        for point in points
    ]


class PlaceWithout:
    """A place without what an earlier one holds; common borders belong to the earlier, too."""

    def __init__(self, shape, taken):
        self.shape, self.taken = shape, taken
        shapely.prepare([shape, taken])

    def covers(self, point):
        return self.shape.covers(point) and not self.taken.covers(point)


def form_of_places(raw, places, data_end):
    """Ten indicators of built form and streets for each place (a polygon and its land area, m²).

    Where two places overlap, what lies in both counts in the first.
    """
    cut, built = sections(raw), buildings(raw)
    middles = [line.interpolate(0.5, normalized=True) for _, line, _, _ in cut]
    inner = [shapely.point_on_surface(shape) for shape in built]
    arms, where = Counter(), {}
    for tags, _, start, end in cut:
        if by_car(tags):
            arms.update([start[0], end[0]])
            where.update({start[0]: start[1:], end[0]: end[1:]})
    nodes = [(shapely.Point(where[ref]), count) for ref, count in arms.items()]
    crossings = [point for point, count in nodes if count >= 3]
    shares = list(zip(crossings, shares_of_crossings(crossings), strict=True))
    furniture = {
        name: [shapely.point_on_surface(s) for _, _, s in raw.having(wanted)]
        for name, wanted in FURNITURE.items()
    }
    found = defaultdict(list)
    taken = shapely.Point()
    for whole_shape, land in places:
        shape = PlaceWithout(whole_shape, taken)
        taken = taken.union(whole_shape)
        km2 = land / 1e6
        own = [k for k, point in enumerate(middles) if shape.covers(point)]

        def length(test, own=own):
            return sum(cut[k][1].length for k in own if test(cut[k][0]))

        houses = [k for k, point in enumerate(inner) if shape.covers(point)]
        here = [(point, count) for point, count in nodes if shape.covers(point)]
        ends = sum(count == 1 and point.distance(data_end) > 1 for point, count in here)
        crossings = sum(count >= 3 for _, count in here)
        whole = sum(share for point, share in shares if shape.covers(point))
        walk = length(on_foot)
        known = length(lambda tags: on_foot(tags) and "lit" in tags)
        lit = length(lambda tags: on_foot(tags) and tags.get("lit", "no") != "no")
        found["19.building_density", ""].append(len(houses) / km2 / 100)
        found["19.building_coverage", ""].append(100 * sum(built[k].area for k in houses) / land)
        found["09.footway_density", ""].append(
            length(lambda t: t["highway"] in {"footway", "pedestrian", "steps", "path"}) / 1e3 / km2
        )
        found["22.pedestrian_space", ""].append(
            length(lambda t: t["highway"] in {"pedestrian", "living_street"}) / 1e3 / km2
        )
        found["12.cycleway_density", ""].append(
            length(lambda t: t["highway"] == "cycleway") / 1e3 / km2
        )
        found["09.step_free_share", ""].append(
            100 * (1 - length(lambda t: on_foot(t) and t["highway"] == "steps") / walk)
            if walk
            else np.nan
        )
        found["22.lit_streets", ""].append(100 * lit / known if known else np.nan)
        found["09.junction_density", ""].append(whole / km2)
        found["09.dead_end_share", ""].append(
            100 * ends / (ends + crossings) if ends + crossings else np.nan
        )
        for name, points in furniture.items():
            found["22.street_furniture", name].append(sum(shape.covers(p) for p in points) / km2)
    return {key: np.array(values) for key, values in found.items()}


def main(file, base):
    raw = Raw(file)
    places = gpd.read_parquet(Path(base) / "places.parquet")
    data_end = gpd.read_parquet(Path(base) / "extent.parquet").union_all().boundary
    communities = places[places["kind"] == "community"]
    found = form_of_places(
        raw, list(zip(communities.geometry, communities["area"], strict=True)), data_end
    )
    for (name, variant), values in found.items():
        print(name, variant, dict(zip(communities["id"], values.round(3), strict=True)))


if __name__ == "__main__":
    main(*sys.argv[1:3])
