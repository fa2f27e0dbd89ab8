"""Streets to test searches on, and the slow plain twins that every kernel must equal."""

from dataclasses import dataclass

import numpy as np
from hypothesis import strategies as st
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from dizuo.engines.streets.attachments import Attachments
from dizuo.engines.streets.graph import UNREACHABLE, Graph

FAR = int(UNREACHABLE)


@dataclass(frozen=True)
class Street:
    """An edge between two junctions; a direction that is closed costs None."""

    start: int
    end: int
    forward: int | None
    backward: int | None


@dataclass(frozen=True)
class Point:
    """An item's place on an edge, at a share of its length, with an access leg."""

    item: int
    edge: int
    share: float
    access: int


def graph_of(node_count, streets):
    arcs = [(s.start, s.end, s.forward) for s in streets if s.forward is not None]
    arcs += [(s.end, s.start, s.backward) for s in streets if s.backward is not None]
    tails, heads, costs = np.array(arcs, dtype=np.int64).reshape(-1, 3).T
    return Graph.from_arcs(node_count, tails, heads, costs)


def attach(points, streets):
    """Attach points by hand: an independent statement of the rule in Attachments."""
    rows = []
    for p in sorted(points, key=lambda p: p.item):
        s = streets[p.edge]
        passed = None if s.forward is None else int(s.forward * p.share)
        left = None if s.forward is None else s.forward - passed
        back_left = None if s.backward is None else int(s.backward * p.share)
        back_passed = None if s.backward is None else s.backward - back_left
        rows.append(
            (p.item, p.edge, s.start, s.end, back_left, left, passed, back_passed, p.access)
        )
    columns = [[FAR if v is None else v for v in column] for column in zip(*rows, strict=True)]
    return Attachments(*(np.array(c, dtype=np.int32) for c in columns or [[]] * 9))


def graph_with_points(node_count, streets, points):
    """Return a graph in which every point is a node of its own, and the node of each point.

    Edges are cut at the points, so that plain Dijkstra on it knows nothing of attachments.
    """
    arcs = []
    own = {}
    count = node_count
    for number, s in enumerate(streets):
        here = sorted((p for p in points if p.edge == number), key=lambda p: p.share)
        nodes = [s.start, *range(count, count + len(here)), s.end]
        own |= {id(p): count + k for k, p in enumerate(here)}
        count += len(here)
        shares = [0.0, *(p.share for p in here), 1.0]
        for k in range(len(nodes) - 1):
            inner = 0 < k < len(nodes) - 2
            for cost, a, b in ((s.forward, k, k + 1), (s.backward, k + 1, k)):
                if cost is None:
                    continue
                gap = int(cost * shares[k + 1]) - int(cost * shares[k])
                arcs.append((nodes[a], nodes[b], gap))
                if inner and gap == 0:  # two points at one place
                    arcs.append((nodes[b], nodes[a], 0))
    tails, heads, costs = np.array(arcs, dtype=np.int64).reshape(-1, 3).T
    return Graph.from_arcs(count, tails, heads, costs), [own[id(p)] for p in points]


def all_costs(graph):
    """Cost from every node to every other by scipy; zero costs become a tiny share of one."""
    scale = 2**20
    matrix = csr_array(
        (
            np.where(graph.costs == 0, 1, graph.costs.astype(np.int64) * scale).astype(float),
            graph.targets,
            graph.offsets,
        ),
        shape=(graph.node_count, graph.node_count),
    )
    found = dijkstra(matrix)
    return np.where(np.isinf(found), FAR, np.floor(np.where(np.isinf(found), 0, found) / scale))


def items_costs(origins, destinations, streets, node_count, origin_count, destination_count):
    """Cost between every pair of items, by Dijkstra on the graph cut at all points."""
    graph, nodes = graph_with_points(node_count, streets, [*origins, *destinations])
    between = all_costs(graph).astype(np.int64)
    costs = np.full((origin_count, destination_count), FAR, dtype=np.int64)
    for i, p in enumerate(origins):
        for j, q in enumerate(destinations):
            reach = between[nodes[i], nodes[len(origins) + j]]
            if reach < FAR:
                whole = reach + p.access + q.access
                costs[p.item, q.item] = min(costs[p.item, q.item], whole)
    return costs


def best_items(costs, groups, group_count):
    """Cheapest item of each group, the smallest number first, from costs of places x items."""
    nearest = np.full((len(costs), group_count), FAR, dtype=np.int64)
    items = np.full(nearest.shape, -1, dtype=np.int64)
    for item, group in enumerate(groups):
        better = costs[:, item] < nearest[:, group]
        nearest[better, group] = costs[better, item]
        items[better, group] = item
    return nearest, items


def best_several(costs, k):
    """Return the k cheapest items by cost and number, from costs of places x items."""
    ranking = np.argsort(costs, axis=1, kind="stable")
    ranking = np.pad(ranking[:, :k], ((0, 0), (0, max(0, k - costs.shape[1]))))
    nearest = np.take_along_axis(costs, ranking, axis=1) if costs.shape[1] else ranking + FAR
    nearest[:, costs.shape[1] :] = FAR
    return nearest, np.where(nearest < FAR, ranking, -1)


def seeded_costs(graph, seeds, item_count, *, towards=True):
    """Cost between every node and every item, over all seeds of the item."""
    between = all_costs(graph).astype(np.int64)
    between = between if towards else between.T
    costs = np.full((graph.node_count, item_count), FAR, dtype=np.int64)
    for item, node, cost in zip(seeds.item, seeds.node, seeds.cost, strict=True):
        whole = np.where(between[:, node] < FAR, between[:, node] + cost, FAR)
        costs[:, item] = np.minimum(costs[:, item], whole)
    return costs


def within(costs, limit):
    """Costs above a limit are as good as unreachable."""
    return costs if limit is None else np.where(costs <= limit, costs, FAR)


def grid_streets(side, random, *, one_way=0.15, missing=0.25):
    """Streets of a small town: a grid with gaps, one-ways, lengths of 0, 1 and real ones."""
    number = np.arange(side * side).reshape(side, side)
    pairs = [*zip(number[:, :-1].ravel(), number[:, 1:].ravel(), strict=True)]
    pairs += [*zip(number[:-1].ravel(), number[1:].ravel(), strict=True)]
    streets = []
    for a, b in pairs:
        if random.random() < missing:
            continue
        length = int(random.choice([0, 1, 5, *random.integers(20_000, 200_000, 12)]))
        backward = None if random.random() < one_way else length
        streets.append(Street(int(a), int(b), length, backward))
    return streets


def some_points(count, items, streets, random):
    """Points of ``items`` items; some items have several, some have none."""
    return [
        Point(
            int(random.integers(items)),
            int(random.integers(len(streets))),
            float(random.choice([0, 1, random.random()])),
            int(random.integers(0, 30_000)),
        )
        for _ in range(count)
    ]


@st.composite
def towns(draw):
    """Node count and streets of any small town, connected or not."""
    count = draw(st.integers(1, 9))
    node = st.integers(0, count - 1)
    cost = st.sampled_from([0, 1, 2, 3, 7, 50_000, 131_072])
    street = st.builds(Street, node, node, cost, st.one_of(st.none(), cost))
    return count, draw(st.lists(street, min_size=1, max_size=18))
