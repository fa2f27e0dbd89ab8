"""Streets straight from an OSM file, walkable both ways, for tests on real shapes."""

from collections import Counter
from itertools import pairwise

import numpy as np
import osmium
import pyproj
import shapely

from dizuo.engines.streets.attach import EdgeLines


def read_streets(path, epsg=32632):
    """Edges between shared nodes of all highways, and the number of nodes."""
    ways = [
        [(node.ref, node.lon, node.lat) for node in way.nodes]
        for way in osmium.FileProcessor(str(path))
        .with_locations()
        .with_filter(osmium.filter.EntityFilter(osmium.osm.WAY))
        .with_filter(osmium.filter.KeyFilter("highway"))
        if all(node.location.valid() for node in way.nodes)
    ]
    uses = Counter(ref for way in ways for ref, _, _ in way)
    uses.update(way[k][0] for way in ways for k in (0, -1))
    project = pyproj.Transformer.from_crs(4326, epsg, always_xy=True).transform
    number, starts, ends, lines = {}, [], [], []
    for way in ways:
        stops = [k for k, (ref, _, _) in enumerate(way) if uses[ref] > 1]
        for first, last in pairwise(stops):
            _, lon, lat = zip(*way[first : last + 1], strict=True)
            line = shapely.LineString(np.column_stack(project(lon, lat)))
            if line.length > 0:
                starts.append(number.setdefault(way[first][0], len(number)))
                ends.append(number.setdefault(way[last][0], len(number)))
                lines.append(line)
    shapes = np.array(lines, dtype=object)
    cost = np.maximum(np.rint(shapely.length(shapes) * 1000), 1).astype(np.int32)
    edges = EdgeLines.from_lines(shapes, np.array(starts), np.array(ends), cost, cost)
    return edges, len(number)
