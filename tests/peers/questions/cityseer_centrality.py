"""cityseer: closeness and betweenness on its own mock graph."""

import sys

import numpy as np
from cityseer.metrics import networks
from cityseer.tools import graphs, io, mock

given = np.load(sys.argv[1])
cutoffs = given["cutoffs"].tolist()
drawn = graphs.nx_simple_geoms(mock.mock_graph())
nodes, _, structure = io.network_structure_from_nx(drawn)
found = networks.node_centrality_shortest(structure, nodes, distances=cutoffs)
number = {key: place for place, key in enumerate(found.index)}
answer = {
    "x": found["x"].to_numpy(dtype=float),
    "y": found["y"].to_numpy(dtype=float),
    "start": np.array([number[start] for start, _ in drawn.edges()]),
    "end": np.array([number[end] for _, end in drawn.edges()]),
}
for measure in ("density", "farness", "harmonic", "betweenness"):
    answer[measure] = np.column_stack(
        [found[f"cc_{measure}_{cutoff}"].to_numpy(dtype=float) for cutoff in cutoffs]
    )
np.savez(sys.argv[2], **answer)
