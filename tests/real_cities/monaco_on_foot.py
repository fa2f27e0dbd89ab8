"""Walking distances in Monaco once more, on every node of the raw file.

Shares no code with dizuo: homes and gates of facilities are inserted into the segment that they are
nearest to, and scipy's Dijkstra does the rest.
"""

from collections import defaultdict
from itertools import pairwise

import numpy as np
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components, dijkstra


class WalkingGraph:
    """Every node of every walkable way, with straight segments between them.

    Nothing is entered from a tunnel; a passage through a building is none. Squares are crossed in
    straight lines; a barrier for walkers is a dead end on each side, unless it is a private gate
    that would lock somebody in.
    """

    def __init__(self, raw, on_foot):
        self.place = {}
        self.segments = []
        self.open = []
        for tags, nodes in raw.ways:
            if on_foot(tags):
                self.place.update({ref: (x, y) for ref, x, y in nodes})
                self.segments += [(a[0], b[0]) for a, b in pairwise(nodes)]
                below = tags.get("tunnel", "no") not in {"no", "building_passage"}
                self.open += [not below] * (len(nodes) - 1)
        self.shut(raw)
        self.cross_squares(raw)
        self.lines = np.array(
            [shapely.LineString([self.place[a], self.place[b]]) for a, b in self.segments],
            dtype=object,
        )
        self.open = np.flatnonzero(self.open)
        self.tree = shapely.STRtree(self.lines[self.open])

    def shut(self, raw):
        """Take the barriers for walkers apart."""
        barred = {ref for ref, (out, _) in raw.barriers.items() if "foot" in out}
        barred &= set(self.place)
        parted = [
            tuple((ref, k) if ref in barred else ref for ref in pair)
            for k, pair in enumerate(self.segments)
        ]
        number = {}
        for a, b in parted:
            number.setdefault(a, len(number))
            number.setdefault(b, len(number))
        tails = [number[a] for a, _ in parted]
        heads = [number[b] for _, b in parted]
        net = coo_array((np.ones(len(tails)), (tails, heads)), shape=(len(number),) * 2)
        _, part = connected_components(net, directed=False)
        main = np.bincount(part).argmax()
        locks_in = {
            ref
            for k, pair in enumerate(self.segments)
            for ref in barred & set(pair)
            if part[tails[k]] != main
        }
        keep_open = {ref for ref in locks_in if raw.barriers[ref][1]}
        for k, pair in enumerate(self.segments):
            own = tuple((ref, k) if ref in barred - keep_open else ref for ref in pair)
            self.place.update({a: self.place[b] for a, b in zip(own, pair, strict=True)})
            self.segments[k] = own

    def cross_squares(self, raw):
        """Draw straight lines across squares, between streets and corners."""
        ends = raw.ends()
        for name, square in raw.squares():
            stops, neighbours = [], set()
            for r, ring in enumerate([square.exterior, *square.interiors]):
                places = list(ring.coords)[:-1]
                if ring.is_ccw == bool(r):  # walk with the square on the left
                    places.reverse()
                names = []
                for k, (x, y) in enumerate(places):
                    before, after = places[k - 1], places[(k + 1) % len(places)]
                    right = (x - before[0]) * (after[1] - y) < (y - before[1]) * (after[0] - x)
                    ref = ends.get((round(x * 1000), round(y * 1000)))
                    names.append(ref if ref is not None else (name, r, k))
                    if ref is not None or right:
                        stops.append((names[-1], x, y))
                neighbours |= {
                    frozenset(two) for two in zip(names, [*names[1:], names[0]], strict=True)
                }
            if len({one for one, _, _ in stops if not isinstance(one, tuple)}) < 2:
                continue
            for k, (one, x, y) in enumerate(stops):
                for other, u, v in stops[:k]:
                    along = frozenset((one, other)) in neighbours
                    seen = along or square.covers(shapely.LineString([(x, y), (u, v)]))
                    streets = not isinstance(one, tuple) and not isinstance(other, tuple)
                    if seen and one != other and not (along and streets and name[0] == "w"):
                        self.place.setdefault(one, (x, y))
                        self.place.setdefault(other, (u, v))
                        self.segments.append((one, other))
                        self.open.append(True)

    def gates(self, shape):
        """Segments and places on them where a facility is entered, with the leg to it."""
        if shape.geom_type != "Point":
            outline = shape.boundary
            found = []
            for k in self.open[self.tree.query(outline, predicate="intersects")]:
                met = shapely.intersection(self.lines[k], outline)
                found += [(int(k), x, y, 0.0) for x, y in shapely.get_coordinates(met)]
            if found:
                return found
        k = int(self.open[self.tree.nearest(shape)])
        on_line = shapely.shortest_line(self.lines[k], shape)
        (x, y), leg = on_line.coords[0], on_line.length
        return [(k, x, y, leg)]

    def distances(self, homes, facilities):
        """Walking distance from each home to the nearest facility, metres."""
        stands = [(("home", i), *gate) for i, home in enumerate(homes) for gate in self.gates(home)]
        stands += [(("goal",), *gate) for facility in facilities for gate in self.gates(facility)]
        number = {ref: k for k, ref in enumerate(self.place)}
        inserted = defaultdict(list)
        tails, heads, costs = [], [], []

        def link(a, b, cost):
            tails.append(a)
            heads.append(b)
            costs.append(max(cost, 1e-9))

        for who, k, x, y, leg in stands:
            mark = ("stand", len(number))
            number[mark] = len(number)
            inserted[k].append(
                (
                    np.hypot(
                        x - self.place[self.segments[k][0]][0],
                        y - self.place[self.segments[k][0]][1],
                    ),
                    number[mark],
                )
            )
            number.setdefault(who, len(number))
            link(number[mark], number[who], leg)
        for k, (a, b) in enumerate(self.segments):
            total = self.lines[k].length
            row = [(0.0, number[a]), *sorted(inserted[k]), (total, number[b])]
            for (at, one), (further, other) in pairwise(row):
                link(one, other, further - at)
        size = len(number)
        graph = minimum_graph(tails, heads, costs, size)
        found = dijkstra(graph, directed=False, indices=number["goal",])
        return np.array([found[number["home", i]] for i in range(len(homes))])


def minimum_graph(tails, heads, costs, size):
    """Sparse graph that keeps the cheapest of parallel links."""
    best = {}
    for a, b, cost in zip(tails, heads, costs, strict=True):
        key = (min(a, b), max(a, b))
        best[key] = min(cost, best.get(key, np.inf))
    a, b = np.array(list(best), dtype=np.int64).T
    return coo_array((list(best.values()), (a, b)), shape=(size, size)).tocsr()
