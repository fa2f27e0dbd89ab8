"""Closeness and betweenness within 2 km of 20,000 nodes: dizuo beside igraph, where it is there."""

import argparse
import time

import numpy as np

from dizuo.engines.streets.centrality import betweenness, closeness
from streets_graph import make_city


def timed(work, repeat=3):
    spent = []
    for _ in range(repeat):
        begin, used = time.perf_counter(), time.process_time()
        result = work()
        spent.append((time.perf_counter() - begin, time.process_time() - used))
    return *min(spent), result


def igraph_jobs(graph, limit):
    import igraph

    arcs = np.column_stack([graph.tails, graph.targets])
    plain = igraph.Graph(n=graph.node_count, edges=arcs, directed=True)
    cost = graph.costs.astype(float).tolist()
    return (
        lambda: plain.harmonic_centrality(cutoff=limit, weights=cost, mode="out", normalized=False),
        lambda: plain.betweenness(directed=True, cutoff=limit, weights=cost),
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nodes", type=int, default=20_000)
    parser.add_argument("--limit", type=int, default=2_000_000, help="mm")
    given = parser.parse_args()
    graph = make_city(given.nodes).graph
    closeness(graph, [1000], sources=[0])
    betweenness(graph, [1000], sources=[0])
    try:
        peers = igraph_jobs(graph, given.limit)
    except ImportError:
        peers = (None, None)
    ours = (
        lambda: closeness(graph, [given.limit]).harmonic[:, 0],
        lambda: betweenness(graph, [given.limit])[:, 0],
    )
    print("| job | dizuo | of processor | igraph | equal to 1e-9 |")
    print("|---|---|---|---|---|")
    for name, own, peer in zip(("closeness", "betweenness"), ours, peers, strict=True):
        wall, used, found = timed(own)
        row = f"| {name}, {graph.node_count:,} nodes | {wall:.2f} s | {used:.2f} s |"
        if peer is not None:
            theirs, _, other = timed(peer, repeat=1)
            row += f" {theirs:.2f} s | {np.allclose(found, other, rtol=1e-9)} |"
        print(row)


if __name__ == "__main__":
    main()
