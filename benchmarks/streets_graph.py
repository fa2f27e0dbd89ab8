"""The benchmark graph: 1,000,000 nodes and 1,400,000 edges of a made-up city with real faults.

Crossings stand on a grid of 80 m, each moved by up to 30 m, so lengths are real numbers, rounded
to whole millimetres as in a base. Rivers are crossed by few bridges, a part of the edges is
missing (dead ends, islands), 15 % of the edges are one-way, and some junctions are split in two
that stand less than a metre apart. Ids are shuffled, then sorted as a base sorts them.
"""

from dataclasses import dataclass
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from dizuo.engines.streets.graph import Graph
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
    return StreetCity(
        graph,
        x_shuffled[order],
        y_shuffled[order],
        np.concatenate([random.integers(0, count, size) for size in sizes]).astype(np.int32),
        np.repeat(np.arange(20, dtype=np.int32), sizes),
        np.bincount(random.integers(0, count, 2 * count), minlength=count).astype(np.int64),
    )


if __name__ == "__main__":
    begin = perf_counter()
    city = make_city()
    lengths = city.graph.costs
    print(f"made in {perf_counter() - begin:.1f} s: {city.graph.node_count:,} nodes")
    print(f"{city.graph.arc_count:,} arcs, {np.mean(lengths < 1000):.2%} under 1 m")
    print(f"lengths {lengths.min() / 1000:.3f} to {lengths.max() / 1000:.1f} m")
