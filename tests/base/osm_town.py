"""A town drawn by hand: places in metres, written as OpenStreetMap XML."""

from pathlib import Path
from xml.sax.saxutils import quoteattr

from pyproj import Transformer

CRS = "EPSG:32632"
EAST, NORTH = 500_000.0, 5_000_000.0
"""The town's origin; OpenStreetMap keeps 7 decimals, so positions are true to a centimetre."""

_TO_DEGREES = Transformer.from_crs(CRS, "EPSG:4326", always_xy=True)


class Town:
    """Collects nodes, ways and relations; ``x`` and ``y`` are metres from the town's origin."""

    def __init__(self):
        self._nodes, self._ways, self._relations = {}, {}, {}
        self._next = 1_000_000

    def node(self, ref, x, y, /, **tags):
        lon, lat = _TO_DEGREES.transform(EAST + x, NORTH + y)
        self._nodes[ref] = (lon, lat, tags)
        return ref

    def way(self, ref, nodes, /, **tags):
        self._ways[ref] = (list(nodes), tags)
        return ref

    def street(self, ref, *nodes, highway="residential", **tags):
        return self.way(ref, nodes, highway=highway, **tags)

    def ring(self, ref, corners, /, **tags):
        nodes = []
        for x, y in corners:
            nodes.append(self.node(self._next, x, y))
            self._next += 1
        return self.way(ref, [*nodes, nodes[0]], **tags)

    def box(self, ref, x, y, width, height, /, **tags):
        corners = [(x, y), (x + width, y), (x + width, y + height), (x, y + height)]
        return self.ring(ref, corners, **tags)

    def relation(self, ref, members, **tags):
        self._relations[ref] = (members, tags)
        return ref

    def write(self, file):
        lines = ['<?xml version="1.0"?>', '<osm version="0.6">']
        for ref, (lon, lat, tags) in sorted(self._nodes.items()):
            lines.append(f'<node id="{ref}" version="1" lon="{lon:.7f}" lat="{lat:.7f}">')
            lines += [*_tags(tags), "</node>"]
        for ref, (nodes, tags) in sorted(self._ways.items()):
            lines.append(f'<way id="{ref}" version="1">')
            lines += [f'<nd ref="{node}"/>' for node in nodes]
            lines += [*_tags(tags), "</way>"]
        for ref, (members, tags) in sorted(self._relations.items()):
            lines.append(f'<relation id="{ref}" version="1">')
            for kind, member, role in members:
                lines.append(f'<member type="{kind}" ref="{member}" role="{role}"/>')
            lines += [*_tags(tags), "</relation>"]
        file = Path(file)
        file.write_text("\n".join([*lines, "</osm>"]), encoding="utf-8")
        return file


def _tags(tags):
    # Python names cannot hold a colon: two underscores stand for it.
    return [f"<tag k={quoteattr(k.replace('__', ':'))} v={quoteattr(v)}/>" for k, v in tags.items()]
