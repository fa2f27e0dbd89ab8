"""The plain street searches beside scipy's Dijkstra, in one run, on a million nodes or a city.

The best of several runs counts, because the machine may be shared; the ratio to scipy, measured in
the same run, says more than the seconds. What is bounded by a distance scipy does for a sample of
the sources, and its time is scaled up. Every row tells whether the results are equal.
"""

import argparse
import time
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from dizuo.engines.streets.attachments import Seeds
from dizuo.engines.streets.catchments import catchments
from dizuo.engines.streets.decay import Zones
from dizuo.engines.streets.graph import UNREACHABLE
from dizuo.engines.streets.nearest import k_nearest, nearest
from dizuo.engines.streets.within import Places, sums_within
from streets_graph import StreetCity, city_given

CUTOFFS = [500_000, 1_000_000, 1_500_000]
ZONES = Zones((400_000, 800_000, 1_200_000), (1.0, 0.68, 0.22))
SAMPLE = 40


@dataclass(frozen=True)
class Row:
    """One job: our seconds of wall and of processor, scipy's, and whether the results agree."""

    job: str
    wall: float
    processor: float
    scipy: float
    equal: bool


def timed(work, repeat):
    work()
    spent = []
    for _ in range(repeat):
        begin, used = time.perf_counter(), time.process_time()
        result = work()
        spent.append((time.perf_counter() - begin, time.process_time() - used))
    return min(s[0] for s in spent), min(s[1] for s in spent), result


def whole(distance):
    reached = np.isfinite(distance)
    return np.where(reached, np.where(reached, distance, 0), UNREACHABLE).astype(np.int32)


def matrix_of(graph):
    shape = (graph.node_count, graph.node_count)
    return csr_array((graph.costs.astype(float), graph.targets, graph.offsets), shape=shape)


def seeds_at(nodes):
    items = np.arange(len(nodes), dtype=np.int32)
    return Seeds(items, nodes, np.zeros(len(nodes), np.int32))


def nearest_of_categories(city: StreetCity, repeat: int) -> Row:
    seeds, groups = seeds_at(city.facility_node), city.facility_category
    matrix = matrix_of(city.graph.reversed)

    def peer():
        return [
            whole(dijkstra(matrix, indices=city.facility_node[groups == number], min_only=True))
            for number in range(20)
        ]

    wall, used, found = timed(lambda: nearest(city.graph, seeds, groups, group_count=20), repeat)
    begin = time.perf_counter()
    truth = peer()
    theirs = time.perf_counter() - begin
    equal = all(np.array_equal(found[:, k], truth[k]) for k in range(20))
    return Row("nearest of 20 categories", wall, used, theirs, equal)


def five_nearest(city: StreetCity, repeat: int) -> Row:
    nodes = city.facility_node[city.facility_category == 19]
    wall, used, (costs, items) = timed(lambda: k_nearest(city.graph, seeds_at(nodes), 5), repeat)
    matrix = matrix_of(city.graph)
    sources = np.random.default_rng(7).integers(0, city.graph.node_count, SAMPLE)
    theirs, equal = 0.0, True
    for source in sources:
        far = float(costs[source].max()) if costs[source].max() < UNREACHABLE else np.inf
        begin = time.perf_counter()
        row = dijkstra(matrix, indices=int(source), limit=far)
        theirs += time.perf_counter() - begin
        reach = whole(row)[nodes]
        order = np.argsort(reach, kind="stable")[:5]
        equal &= np.array_equal(reach[order], costs[source])
        equal &= np.array_equal(np.where(reach[order] < UNREACHABLE, order, -1), items[source])
    return Row(
        f"5 nearest of {len(nodes):,}", wall, used, theirs / SAMPLE * city.graph.node_count, equal
    )


def residents_within(city: StreetCity, repeat: int) -> Row:
    wall, used, found = timed(lambda: sums_within(city.graph, city.residents, CUTOFFS), repeat)
    matrix = matrix_of(city.graph)
    sources = np.random.default_rng(7).integers(0, city.graph.node_count, SAMPLE)
    theirs, equal = 0.0, True
    for source in sources:
        begin = time.perf_counter()
        row = dijkstra(matrix, indices=int(source), limit=CUTOFFS[-1])
        theirs += time.perf_counter() - begin
        truth = [city.residents[row <= cutoff].sum() for cutoff in CUTOFFS]
        equal &= np.array_equal(found[source], truth)
    name = "residents within 500, 1000 and 1500 m"
    return Row(name, wall, used, theirs / SAMPLE * city.graph.node_count, equal)


def floating_catchments(city: StreetCity, repeat: int) -> Row:
    nodes = city.facility_node[city.facility_category == 19]
    every = Places.at_nodes(np.arange(city.graph.node_count, dtype=np.int32))
    supply = np.ones(len(nodes))

    def work():
        places = Places.at_nodes(nodes)
        limit = ZONES.bounds[-1]
        return catchments(city.graph, every, city.residents, places, supply, limit, decay=ZONES)

    wall, used, found = timed(work, repeat)
    matrix = matrix_of(city.graph.reversed)
    facilities = np.random.default_rng(7).integers(0, len(nodes), SAMPLE)
    theirs, equal = 0.0, True
    for facility in facilities:
        begin = time.perf_counter()
        row = dijkstra(matrix, indices=int(nodes[facility]), limit=ZONES.bounds[-1])
        theirs += time.perf_counter() - begin
        weight = np.select([row <= bound for bound in ZONES.bounds], ZONES.weights, 0.0)
        total = weight @ city.residents
        equal &= bool(np.isclose(np.nan_to_num(found.ratio[facility]) * total, total > 0))
    theirs *= len(nodes) / SAMPLE
    return Row(f"E2SFCA, {len(nodes):,} facilities, 1,200 m", wall, used, theirs, equal)


JOBS = {
    "nearest": nearest_of_categories,
    "k_nearest": five_nearest,
    "within": residents_within,
    "catchments": floating_catchments,
}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--jobs", nargs="+", default=list(JOBS), help=", ".join(JOBS))
    city = city_given(parser)
    given = parser.parse_args()
    print("| job | dizuo | of processor | scipy | ratio | equal |")
    print("|---|---|---|---|---|---|")
    for name in given.jobs:
        row = JOBS[name](city, given.repeat)
        print(
            f"| {row.job} | {row.wall:.3f} s | {row.processor:.2f} s | {row.scipy:,.2f} s "
            f"| {row.scipy / row.wall:,.0f}x | {row.equal} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
