"""Centrality of nodes within cut-offs, from one bounded search for each source."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from dizuo.engines.streets._kernels_dijkstra import NEVER, settle

Float64 = NDArray[np.float64]
Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]


@njit(cache=True, nogil=True)
def closeness(
    offsets: Int32,
    targets: Int32,
    costs: Int32,
    sources: Int32,
    first: int,
    last: int,
    limits: Int32,
    shift: int,
    count_out: Int64,
    sum_out: Int64,
    harmonic_out: Float64,
) -> None:
    """Count the nodes within each ascending limit, and add up their costs and 1 / cost.

    Terms are added by ascending cost, so that numbering nodes otherwise changes no bit.
    """
    node_count = len(offsets) - 1
    cost_at = np.full(node_count, NEVER, np.int32)
    nodes = np.empty(node_count, np.int32)
    most = limits[-1]
    heads = np.full((most >> shift) + 1, -1, np.int32)
    keys, behind = np.empty(1024, np.int64), np.empty(1024, np.int32)
    nought = np.zeros(1, np.int32)
    for row in range(first, last):
        count, keys, behind = settle(
            offsets, targets, costs, sources[row : row + 1], nought, most, shift,
            cost_at, nodes, heads, keys, behind,
        )  # fmt: skip
        limit, total, harmonic = 0, 0, 0.0
        for k in range(count):
            cost = cost_at[nodes[k]]
            cost_at[nodes[k]] = NEVER
            while cost > limits[limit]:
                count_out[row, limit] = k - 1
                sum_out[row, limit] = total
                harmonic_out[row, limit] = harmonic
                limit += 1
            total += cost
            if cost > 0:
                harmonic += 1.0 / cost
        for rest in range(limit, len(limits)):
            count_out[row, rest] = count - 1
            sum_out[row, rest] = total
            harmonic_out[row, rest] = harmonic


@njit(cache=True, nogil=True)
def betweenness(
    offsets: Int32,
    targets: Int32,
    costs: Int32,
    sources: Int32,
    limits: Int32,
    shift: int,
) -> tuple[Int32, Float64]:
    """Add up, over the sources, the shares of shortest paths that pass each node (Brandes).

    Returns the nodes that were met, and their sums for each ascending limit.
    """
    node_count = len(offsets) - 1
    cost_at = np.full(node_count, NEVER, np.int32)
    nodes = np.empty(node_count, np.int32)
    most = limits[-1]
    heads = np.full((most >> shift) + 1, -1, np.int32)
    keys, behind = np.empty(1024, np.int64), np.empty(1024, np.int32)
    nought = np.zeros(1, np.int32)
    rank = np.empty(node_count, np.int32)
    paths, passed = np.empty(node_count), np.empty(node_count)
    tails, heads_of = np.empty(len(targets), np.int32), np.empty(len(targets), np.int32)
    slot = np.full(node_count, -1, np.int32)
    met, met_count = np.empty(node_count, np.int32), 0
    sums = np.zeros((node_count, len(limits)))
    for row in range(len(sources)):
        count, keys, behind = settle(
            offsets, targets, costs, sources[row : row + 1], nought, most, shift,
            cost_at, nodes, heads, keys, behind,
        )  # fmt: skip
        for k in range(count):
            rank[nodes[k]] = k
            paths[k] = 0.0
            if slot[nodes[k]] < 0:
                slot[nodes[k]] = met_count
                met[met_count] = nodes[k]
                met_count += 1
        paths[0] = 1.0
        # The arcs of shortest paths, by the rank of their tails: heads rank behind them.
        used = 0
        for k in range(count):
            node = nodes[k]
            cost = cost_at[node]
            for arc in range(offsets[node], offsets[node + 1]):
                # Nodes beyond the limit keep NEVER, which no cost here can equal.
                if cost_at[targets[arc]] == cost + costs[arc]:
                    head = rank[targets[arc]]
                    paths[head] += paths[k]
                    tails[used], heads_of[used] = k, head
                    used += 1
        for limit in range(len(limits)):
            within = count
            while cost_at[nodes[within - 1]] > limits[limit]:
                within -= 1
            for k in range(within):
                passed[k] = 0.0
            for arc in range(used - 1, -1, -1):
                tail, head = tails[arc], heads_of[arc]
                if head < within:
                    passed[tail] += paths[tail] / paths[head] * (1.0 + passed[head])
            for k in range(1, within):
                sums[slot[nodes[k]], limit] += passed[k]
        for k in range(count):
            cost_at[nodes[k]] = NEVER
    return met[:met_count].copy(), sums[:met_count].copy()
