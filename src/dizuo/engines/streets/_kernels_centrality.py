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
    paths, passed = np.empty(node_count), np.empty(node_count)
    slot = np.full(node_count, -1, np.int32)
    met, met_count = np.empty(node_count, np.int32), 0
    sums = np.zeros((node_count, len(limits)))
    for row in range(len(sources)):
        count, keys, behind = settle(
            offsets, targets, costs, sources[row : row + 1], nought, most, shift,
            cost_at, nodes, heads, keys, behind,
        )  # fmt: skip
        for k in range(count):
            paths[nodes[k]] = 0.0
            if slot[nodes[k]] < 0:
                slot[nodes[k]] = met_count
                met[met_count] = nodes[k]
                met_count += 1
        paths[sources[row]] = 1.0
        for k in range(count):
            node = nodes[k]
            cost, share = cost_at[node], paths[node]
            for arc in range(offsets[node], offsets[node + 1]):
                # Nodes beyond the limit keep NEVER, which no cost here can equal.
                if cost_at[targets[arc]] == cost + costs[arc]:
                    paths[targets[arc]] += share
        for limit in range(len(limits)):
            for k in range(count - 1, 0, -1):
                node = nodes[k]
                cost = cost_at[node]
                passed[node] = 0.0
                if cost > limits[limit]:
                    continue
                total = 0.0
                for arc in range(offsets[node], offsets[node + 1]):
                    head = targets[arc]
                    further = cost + costs[arc]
                    if cost_at[head] == further and further <= limits[limit]:
                        total += (1.0 + passed[head]) / paths[head]
                passed[node] = total * paths[node]
                sums[slot[node], limit] += passed[node]
        for k in range(count):
            cost_at[nodes[k]] = NEVER
    return met[:met_count].copy(), sums[:met_count].copy()
