"""Fifteen-minute isochrones (900 m) as areas 25 m along the streets: dizuo beside shapely."""

import argparse
import time

import numpy as np
import shapely

from dizuo.engines.streets.isochrones import (
    StreetMap,
    isochrones,
    reached_stretches,
    stretch_lines,
)
from dizuo.engines.streets.within import Places
from streets_graph import city_given


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--origins", type=int, default=1_000)
    parser.add_argument("--compared", type=int, default=100)
    parser.add_argument("--cell", type=float, default=5.0)
    city = city_given(parser)
    given = parser.parse_args()
    streets = StreetMap(city.graph, city.edges)
    nodes = np.random.default_rng(0).choice(city.graph.node_count, given.origins, replace=False)
    isochrones(streets, Places.at_nodes(nodes[:2]), [900_000])
    spent = []
    for _ in range(3):
        begin, used = time.perf_counter(), time.process_time()
        areas = isochrones(streets, Places.at_nodes(nodes), [900_000], cell=given.cell)[:, 0]
        spent.append((time.perf_counter() - begin, time.process_time() - used))
    wall, processor = min(spent)
    few = Places.at_nodes(nodes[: given.compared])
    found = reached_stretches(streets, few, [900_000])
    lines = stretch_lines(streets, found)
    begin = time.perf_counter()
    true = [
        shapely.union_all(shapely.buffer(lines[found.origin == k], 25)) for k in range(few.count)
    ]
    theirs = (time.perf_counter() - begin) / few.count * given.origins
    ours, true = areas[: few.count], np.array(true)
    ours, true = ours[~shapely.is_empty(true)], true[~shapely.is_empty(true)]  # not on islands
    share = shapely.area(shapely.intersection(true, ours)) / shapely.area(shapely.union(true, ours))
    print(f"| {given.origins:,} isochrones of 900 m, {city.graph.node_count:,} nodes | |")
    print("|---|---|")
    print(f"| dizuo | {wall:.2f} s ({processor:.2f} s of processor) |")
    print(f"| shapely {shapely.__version__}, extrapolated from {few.count} | {theirs:.0f} s |")
    print(f"| streets in each | {shapely.length(lines).sum() / few.count / 1000:.1f} km |")
    print(f"| overlap with shapely's | least {share.min():.4f}, median {np.median(share):.4f} |")
    print(f"| valid | {shapely.is_valid(areas).mean():.0%} |")


if __name__ == "__main__":
    main()
