"""The benchmark graph: 1,000,000 nodes and 1,400,000 edges of a made-up city with real faults.

Crossings stand on a grid of 80 m, each moved by up to 30 m, so lengths are real numbers, rounded
to whole millimetres as in a base. Rivers are crossed by few bridges, a part of the edges is
missing (dead ends, islands), 15 % of the edges are one-way, and some junctions are split in two
that stand less than a metre apart. Ids are shuffled, then sorted as a base sorts them.

A real city takes its place with ``--city FOLDER``: its walking network, its homes' residents and
its facilities, each at the nearest node.
"""

from argparse import ArgumentParser
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.spatial import KDTree

import dizuo
from dizuo.engines.streets.attach import EdgeLines
from dizuo.engines.streets.graph import UNREACHABLE, Graph
from dizuo.engines.streets.order import hilbert_order

SPACING = 80.0


@dataclass(frozen=True, eq=False)
class StreetCity:
    """A graph with what the jobs need: facilities of 20 categories and residents on the nodes."""

    graph: Graph
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    facility_node: NDArray[np.int32]
    facility_category: NDArray[np.int32]
    residents: NDArray[np.int64]
    edges: EdgeLines


def straight_edges(graph: Graph, x: NDArray[np.float64], y: NDArray[np.float64]) -> EdgeLines:
    """One straight edge for each pair of nodes that an arc joins."""
    low = np.minimum(graph.tails, graph.targets).astype(np.int64)
    pair = low * graph.node_count + np.maximum(graph.tails, graph.targets)
    _, first, edge = np.unique(pair, return_index=True, return_inverse=True)
    start, end = graph.tails[first], graph.targets[first]
    backward = np.full(len(first), UNREACHABLE)
    other = graph.tails != start[edge]
    backward[edge[other]] = graph.costs[other]
    places = np.stack([x[start], y[start], x[end], y[end]], axis=1)
    offsets = np.arange(len(first) + 1, dtype=np.int64) * 2
    return EdgeLines(start, end, graph.costs[first], backward, places.reshape(-1, 2), offsets)


def open_city(folder: Path, categories: int = 20) -> StreetCity:
    """Read the walking network of a city's base and its largest categories of facilities."""
    workshop = dizuo.open(folder).examination().workshop()
    streets, homes = workshop.get("walking"), workshop.get("homes")
    edges, graph = streets.edges, streets.graph
    places = np.empty((graph.node_count, 2))
    places[edges.start] = edges.coordinates[edges.offsets[:-1]]
    places[edges.end] = edges.coordinates[edges.offsets[1:] - 1]
    tree = KDTree(places)
    door = tree.query(np.column_stack([homes.x, homes.y]))[1]
    residents = np.bincount(door, homes.residents, graph.node_count)
    layer = workshop.get("facility_layer")
    node = tree.query(np.column_stack([layer.x, layer.y]))[1].astype(np.int32)
    found, count = np.unique(layer.category, return_counts=True)
    names = found[np.argsort(count, kind="stable")][-categories:]
    category = pd.Index(names).get_indexer(layer.category)
    order = np.argsort(category, kind="stable")
    order = order[category[order] >= 0]
    return StreetCity(
        graph,
        *places.T.copy(),
        node[order],
        category[order].astype(np.int32),
        np.rint(residents).astype(np.int64),
        edges,
    )


def make_city(
    node_count: int = 1_000_000, edges_per_node: float = 1.4, seed: int = 1
) -> StreetCity:
    """Make the city. The same arguments give the same city."""
    random = np.random.default_rng(seed)
    side = round(node_count**0.5)
    count = side * side
    row, column = np.divmod(np.arange(count), side)
    x = column * SPACING + random.uniform(-30, 30, count)
    y = row * SPACING + random.uniform(-30, 30, count)
    number = np.arange(count).reshape(side, side)
    split = random.random(count) < 0.015
    split &= column > 0
    left = number.ravel() - 1
    x[split] = x[left[split]] + random.uniform(0.05, 0.7, split.sum())
    y[split] = y[left[split]] + random.uniform(0.0, 0.6, split.sum())

    across = np.stack([number[:, :-1].ravel(), number[:, 1:].ravel()], axis=1)
    along = np.stack([number[:-1].ravel(), number[1:].ravel()], axis=1)
    river_rows = (row[along[:, 0]] % 97 == 50) & (column[along[:, 0]] % 13 != 5)
    edges = np.concatenate([across, along[~river_rows]])
    tiny = split[edges[:, 1]] & (edges[:, 1] - edges[:, 0] == 1)
    spare = np.flatnonzero(~tiny)
    wanted = int(edges_per_node * count)
    drop = random.choice(spare, len(edges) - wanted, replace=False)
    keep = np.ones(len(edges), dtype=bool)
    keep[drop] = False
    edges = edges[keep]

    start, end = edges.T
    straight = np.hypot(x[start] - x[end], y[start] - y[end])
    detour = 1 + 0.25 * random.random(len(edges)) ** 3
    length = np.maximum(1, np.rint(straight * detour * 1000)).astype(np.int64)
    one_way = random.random(len(edges)) < 0.15
    shuffled = random.permutation(count)
    x_shuffled, y_shuffled = np.empty(count), np.empty(count)
    x_shuffled[shuffled], y_shuffled[shuffled] = x, y
    order = hilbert_order(x_shuffled, y_shuffled)
    place = np.empty(count, dtype=np.int64)
    place[order] = np.arange(count)
    start, end = place[shuffled[start]], place[shuffled[end]]
    both = ~one_way
    graph = Graph.from_arcs(
        count,
        np.concatenate([start, end[both]]),
        np.concatenate([end, start[both]]),
        np.concatenate([length, length[both]]),
    )
    scale = count / 1_000_000
    sizes = np.maximum(1, np.geomspace(500, 20_000, 20) * scale).astype(int)
    x, y = x_shuffled[order], y_shuffled[order]
    return StreetCity(
        graph,
        x,
        y,
        np.concatenate([random.integers(0, count, size) for size in sizes]).astype(np.int32),
        np.repeat(np.arange(20, dtype=np.int32), sizes),
        np.bincount(random.integers(0, count, 2 * count), minlength=count).astype(np.int64),
        straight_edges(graph, x, y),
    )


def city_given(parser: ArgumentParser) -> StreetCity:
    """Make or open the city that the command line names."""
    parser.add_argument("--nodes", type=int, default=1_000_000)
    parser.add_argument("--city", type=Path, help="the folder of a real city, in place of nodes")
    given, _ = parser.parse_known_args()
    city = open_city(given.city) if given.city else make_city(given.nodes)
    city.graph.reversed  # noqa: B018 -- is made once for a base, and kept
    print(f"{city.graph.node_count:,} nodes, {city.graph.arc_count:,} arcs")
    return city


if __name__ == "__main__":
    begin = perf_counter()
    city = make_city()
    lengths = city.graph.costs
    print(f"made in {perf_counter() - begin:.1f} s: {city.graph.node_count:,} nodes")
    print(f"{city.graph.arc_count:,} arcs, {np.mean(lengths < 1000):.2%} under 1 m")
    print(f"lengths {lengths.min() / 1000:.3f} to {lengths.max() / 1000:.1f} m")
