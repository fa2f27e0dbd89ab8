"""The prepared hierarchy beside the plain searches, scipy and pandana, in one run.

The machine may be shared: the best of several runs counts, seconds of processor stand beside those
of the wall, and the ratio to a peer measured in the same run says more than either. Every row
tells whether the results are equal. pandana stands apart, in an environment of its own:

    python benchmarks/streets_hierarchy.py --pandana /path/to/its/python
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

CUTOFFS = [500_000, 1_000_000, 1_500_000]
FARTHEST = 5_000


def timed(work, repeat):
    spent = []
    for _ in range(repeat):
        begin, used = time.perf_counter(), time.process_time()
        result = work()
        spent.append((time.perf_counter() - begin, time.process_time() - used))
    return min(s[0] for s in spent), min(s[1] for s in spent), result


def report(job, ours, plain, peers):
    wall, used, result = ours
    plain_wall, plain_used, expected = plain
    equal = np.array_equal(result, expected)
    row = f"| {job} | {wall:.3f} s | {used:.2f} s | {plain_wall:.2f} s | {plain_used:.2f} s | "
    row += ", ".join(f"{name} {theirs:.2f} s = {theirs / wall:,.0f}x" for name, theirs in peers)
    print(f"{row} | {equal} |", flush=True)


def prepare(graph, limit):
    from dizuo.engines.streets.hierarchy import Hierarchy, contract

    wall, used, hierarchy = timed(lambda: contract(graph, limit=limit), 2)
    print(
        f"| hierarchy, limit {limit} | {wall:.1f} s | {used:.1f} s | "
        f"{hierarchy.arc_count / graph.node_count:.2f} arcs a node, core {len(hierarchy.core):,} |"
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "walking.npz"
        saving, _, _ = timed(lambda: hierarchy.save(path), 1)
        loading, _, _ = timed(lambda: Hierarchy.load(path, graph), 3)
        size = path.stat().st_size / 1e6
    print(f"| saved, loaded ({size:.0f} MB) | {saving:.2f} s, {loading:.2f} s | | |", flush=True)
    return hierarchy


def seeds_at(nodes):
    from dizuo.engines.streets.attachments import Seeds

    return Seeds(np.arange(len(nodes), dtype=np.int32), nodes, np.zeros(len(nodes), np.int32))


def scipy_nearest(city):
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import dijkstra

    turned = city.graph.reversed
    shape = (turned.node_count, turned.node_count)
    matrix = csr_array((turned.costs.astype(float), turned.targets, turned.offsets), shape=shape)
    begin = time.perf_counter()
    found = [
        dijkstra(matrix, indices=city.facility_node[city.facility_category == k], min_only=True)
        for k in range(20)
    ]
    return time.perf_counter() - begin, np.stack(found, axis=1)


def run_pandana(python, city):
    """Let pandana find the 5 nearest and the residents within the cut-offs, on its own."""
    graph = city.graph
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "city.npz"
        np.savez(
            path,
            x=city.x,
            y=city.y,
            tails=graph.tails,
            heads=graph.targets,
            metres=graph.costs / 1000,
            facilities=city.facility_node[city.facility_category == 19],
            residents=city.residents,
        )
        subprocess.run(
            [python, __file__, "--as-pandana", path], check=True, stdout=subprocess.DEVNULL
        )
        return json.loads(path.with_suffix(".json").read_text())


def as_pandana(path):
    import pandana
    import pandas as pd

    city = np.load(path)
    begin = time.perf_counter()
    network = pandana.Network(
        pd.Series(city["x"]),
        pd.Series(city["y"]),
        pd.Series(city["tails"]),
        pd.Series(city["heads"]),
        pd.DataFrame({"metres": city["metres"]}),
        twoway=False,
    )
    seconds = {"preparing": time.perf_counter() - begin}
    at = city["facilities"]
    places = pd.Series(city["x"][at]), pd.Series(city["y"][at])
    network.set_pois("facility", FARTHEST, 5, *places)
    seconds["k_nearest"] = timed(lambda: network.nearest_pois(FARTHEST, "facility", 5), 2)[0]
    network.set(pd.Series(np.arange(len(city["x"]))), pd.Series(city["residents"]), "residents")
    seconds["within"] = timed(
        lambda: [network.aggregate(c / 1000, "sum", "flat", name="residents") for c in CUTOFFS], 1
    )[0]
    Path(path).with_suffix(".json").write_text(json.dumps(seconds))


def compare(city, hierarchies, repeat, pandana):
    from dizuo.engines.streets.nearest import k_nearest, nearest
    from dizuo.engines.streets.sweeps import (
        k_nearest_by_hierarchy,
        nearest_by_hierarchy,
        sums_within_by_hierarchy,
    )
    from dizuo.engines.streets.within import sums_within

    graph, full = city.graph, hierarchies[0]
    theirs = run_pandana(pandana, city) if pandana else {}
    print(f"pandana: {theirs}")
    print("| job | hierarchy | of processor | plain | of processor | peers | equal |")
    print("|---|---|---|---|---|---|---|")
    seeds, groups = seeds_at(city.facility_node), city.facility_category
    seconds, distance = scipy_nearest(city)
    ours = timed(lambda: nearest_by_hierarchy(full, seeds, groups, group_count=20), repeat)
    agrees = np.array_equal(ours[2], np.where(np.isinf(distance), 2**31 - 1, distance))
    plain = timed(lambda: nearest(graph, seeds, groups, group_count=20), 2)
    name = f"nearest of 20 categories (equal to scipy: {agrees})"
    report(name, ours, plain, [("scipy", seconds)])
    question = {"group_count": 20, "return_item": True}
    ours = timed(lambda: nearest_by_hierarchy(full, seeds, groups, **question), repeat)
    plain = timed(lambda: nearest(graph, seeds, groups, **question), 2)
    report("the same, and which", ours, plain, [])
    seeds = seeds_at(city.facility_node[city.facility_category == 19])
    ours = timed(lambda: k_nearest_by_hierarchy(full, seeds, 5), repeat)
    plain = timed(lambda: k_nearest(graph, seeds, 5), 2)
    peers = [("pandana", theirs["k_nearest"])] if theirs else []
    report(f"5 nearest of {len(seeds.node):,}", ours, plain, peers)
    plain = timed(lambda: sums_within(graph, city.residents, CUTOFFS), 2)
    peers = [("pandana", theirs["within"])] if theirs else []
    for hierarchy in hierarchies:

        def work(own=hierarchy):
            return sums_within_by_hierarchy(own, city.residents, CUTOFFS)

        name = f"residents within 500, 1000, 1500 m (limit {hierarchy.limit})"
        report(name, timed(work, repeat), plain, peers)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeat", type=int, default=7)
    parser.add_argument("--pandana", help="a Python that has pandana")
    parser.add_argument("--as-pandana", help=argparse.SUPPRESS)
    given, _ = parser.parse_known_args()
    if given.as_pandana:
        return as_pandana(given.as_pandana)
    from dizuo.engines.streets.hierarchy import contract
    from streets_graph import city_given, make_city

    contract(make_city(2_500).graph)  # compile
    city = city_given(parser)
    given = parser.parse_args()
    print("| preparing | wall | of processor | |")
    print("|---|---|---|---|")
    hierarchies = [prepare(city.graph, limit) for limit in (None, CUTOFFS[-1])]
    return compare(city, hierarchies, given.repeat, given.pandana)


if __name__ == "__main__":
    sys.exit(main())
