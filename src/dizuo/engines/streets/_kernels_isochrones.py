"""Reached parts of streets, and a field of the distance to them.

A stretch is (edge, begin, finish) with positions as shares of the edge's line from its start.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from dizuo.engines.streets._kernels_dijkstra import NEVER, enlarged, settle

Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]
Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]


@njit(cache=True, nogil=True)
def search(
    offsets: Int32,
    targets: Int32,
    costs: Int32,
    seed_nodes: Int32,
    seed_costs: Int32,
    seed_offsets: Int64,
    rows: Int32,
    limit: int,
    shift: int,
) -> tuple[Int64, Int32, Int32]:
    """Nodes within ``limit`` of each origin in ``rows`` and their costs, as compressed rows."""
    node_count = len(offsets) - 1
    cost_at = np.full(node_count, NEVER, np.int32)
    nodes = np.empty(node_count, np.int32)
    heads = np.full((limit >> shift) + 1, -1, np.int32)
    keys, behind = np.empty(1024, np.int64), np.empty(1024, np.int32)
    bounds = np.zeros(len(rows) + 1, np.int64)
    all_nodes, all_costs = np.empty(4096, np.int32), np.empty(4096, np.int32)
    for k in range(len(rows)):
        first, last = seed_offsets[rows[k]], seed_offsets[rows[k] + 1]
        count, keys, behind = settle(
            offsets, targets, costs, seed_nodes[first:last], seed_costs[first:last], limit, shift,
            cost_at, nodes, heads, keys, behind,
        )  # fmt: skip
        total = bounds[k] + count
        if total > len(all_nodes):
            all_nodes = enlarged(all_nodes, bounds[k], 2 * total)
            all_costs = enlarged(all_costs, bounds[k], 2 * total)
        for i in range(count):
            all_nodes[bounds[k] + i] = nodes[i]
            all_costs[bounds[k] + i] = cost_at[nodes[i]]
            cost_at[nodes[i]] = NEVER
        bounds[k + 1] = total
    return bounds, all_nodes[: bounds[-1]].copy(), all_costs[: bounds[-1]].copy()


@njit(cache=True, nogil=True)
def stretches_within(
    budget: int,
    nodes: Int32,
    found: Int32,
    incident_offsets: Int32,
    incident_edges: Int32,
    start: Int32,
    end: Int32,
    forward: Int32,
    backward: Int32,
    cost_at: Int32,
    edges_out: Int32,
    begin_out: Float64,
    finish_out: Float64,
) -> int:
    """List what is reached of each edge that touches a reached node; return how many stretches.

    ``cost_at`` is NEVER for every node on entry and exit; the outputs hold twice as many stretches
    as the reached nodes have incident edges. Stretches of one edge may meet but do not overlap.
    """
    count = 0
    for k in range(len(nodes)):
        if found[k] <= budget:
            cost_at[nodes[k]] = found[k]
    for k in range(len(nodes)):
        node = nodes[k]
        if cost_at[node] == NEVER:
            continue
        for place in range(incident_offsets[node], incident_offsets[node + 1]):
            edge = incident_edges[place]
            low, high = start[edge], end[edge]
            # Each edge once: at its start if that is reached, else at its end.
            if node != low and cost_at[low] != NEVER:
                continue
            ahead, back = 0.0, 0.0
            if cost_at[low] != NEVER and forward[edge] != NEVER:
                ahead = 1.0
                if budget - cost_at[low] < forward[edge]:
                    ahead = (budget - cost_at[low]) / forward[edge]
            if cost_at[high] != NEVER and backward[edge] != NEVER:
                back = 1.0
                if budget - cost_at[high] < backward[edge]:
                    back = (budget - cost_at[high]) / backward[edge]
            if ahead + back >= 1.0:
                edges_out[count], begin_out[count], finish_out[count] = edge, 0.0, 1.0
                count += 1
                continue
            if ahead > 0.0:
                edges_out[count], begin_out[count], finish_out[count] = edge, 0.0, ahead
                count += 1
            if back > 0.0:
                edges_out[count], begin_out[count], finish_out[count] = edge, 1.0 - back, 1.0
                count += 1
    for k in range(len(nodes)):
        cost_at[nodes[k]] = NEVER
    return count


@njit(cache=True, nogil=True)
def reached_stretches(
    bounds: Int64,
    nodes: Int32,
    found: Int32,
    budgets: Int32,
    incident_offsets: Int32,
    incident_edges: Int32,
    start: Int32,
    end: Int32,
    forward: Int32,
    backward: Int32,
) -> tuple[Int64, Int32, Float64, Float64]:
    """Stretches for each searched origin and each budget, as rows of origin-major pairs."""
    cost_at = np.full(len(incident_offsets) - 1, NEVER, np.int32)
    rows = (len(bounds) - 1) * len(budgets)
    offsets = np.zeros(rows + 1, np.int64)
    edges, begin, finish = np.empty(4096, np.int32), np.empty(4096), np.empty(4096)
    total = 0
    for k in range(len(bounds) - 1):
        own, costs = nodes[bounds[k] : bounds[k + 1]], found[bounds[k] : bounds[k + 1]]
        most = 0
        for node in own:
            most += 2 * (incident_offsets[node + 1] - incident_offsets[node])
        for b in range(len(budgets)):
            if total + most > len(edges):
                edges = enlarged(edges, total, 2 * (total + most))
                begin = enlarged(begin, total, 2 * (total + most))
                finish = enlarged(finish, total, 2 * (total + most))
            total += stretches_within(
                budgets[b], own, costs, incident_offsets, incident_edges, start, end,
                forward, backward, cost_at, edges[total:], begin[total:], finish[total:],
            )  # fmt: skip
            offsets[k * len(budgets) + b + 1] = total
    return offsets, edges[:total].copy(), begin[:total].copy(), finish[:total].copy()


@njit(cache=True, nogil=True)
def cut_lines(
    edges: Int32,
    begin: Float64,
    finish: Float64,
    coordinates: Float64,
    line_offsets: Int64,
    along: Float64,
) -> tuple[Int64, Float64]:
    """Vertices of each stretch, at least two, as compressed rows."""
    room = 0
    for edge in edges:
        room += line_offsets[edge + 1] - line_offsets[edge] + 2
    places = np.empty((room, 2))
    offsets = np.zeros(len(edges) + 1, np.int64)
    count = 0
    for k in range(len(edges)):
        first, last = line_offsets[edges[k]], line_offsets[edges[k] + 1] - 1
        low, high = begin[k] * along[last], finish[k] * along[last]
        vertex = first
        while vertex < last - 1 and along[vertex + 1] <= low:
            vertex += 1
        for target in (low, high):
            while vertex < last - 1 and along[vertex + 1] < target:
                vertex += 1
                places[count, 0] = coordinates[vertex, 0]
                places[count, 1] = coordinates[vertex, 1]
                count += 1
            step = along[vertex + 1] - along[vertex]
            share = min(max((target - along[vertex]) / step, 0.0), 1.0) if step > 0.0 else 0.0
            for axis in range(2):
                a, b = coordinates[vertex, axis], coordinates[vertex + 1, axis]
                places[count, axis] = b if share == 1.0 else a + share * (b - a)
            count += 1
        offsets[k + 1] = count
    return offsets, places[:count].copy()


@njit(cache=True, nogil=True, error_model="numpy")
def burn(
    ax: float,
    ay: float,
    bx: float,
    by: float,
    radius: float,
    cell: float,
    columns: int,
    rows: int,
    field: Float32,
) -> None:
    """Lower the field to the squared distance from a-b, wherever that is below ``radius``.

    Coordinates count from the first point of the grid, points are ``cell`` apart.
    """
    dx, dy = bx - ax, by - ay
    norm = dx * dx + dy * dy
    inverse = np.float32(1.0 / norm if norm > 0.0 else 0.0)
    u, v = np.float32(dx), np.float32(dy)
    zero, one = np.float32(0.0), np.float32(1.0)
    first_row = max(int(np.ceil((min(ay, by) - radius) / cell)), 0)
    last_row = min(int(np.floor((max(ay, by) + radius) / cell)), rows - 1)
    for row in range(first_row, last_row + 1):
        low, high = min(ax, bx) - radius, max(ax, bx) + radius
        up = row * cell - ay
        if dy != 0.0:
            # The strip of the endless line cuts the row at its crossing, this far to both sides.
            centre, half = ax + up * dx / dy, radius * np.sqrt(norm) / abs(dy)
            low, high = max(low, centre - half), min(high, centre + half)
        first = max(int(np.ceil(low / cell)), 0)
        last = min(int(np.floor(high / cell)), columns - 1)
        y, step, x0 = np.float32(up), np.float32(cell), np.float32(ax)
        base = row * columns
        for column in range(first, last + 1):
            x = np.float32(column) * step - x0
            t = min(max((x * u + y * v) * inverse, zero), one)
            ex, ey = x - t * u, y - t * v
            field[base + column] = min(ex * ex + ey * ey, field[base + column])
