"""OSMnx: distances between OpenStreetMap nodes along every segment of the ways of a file."""

import sys
import tempfile
from pathlib import Path

import networkx as nx
import numpy as np
import osmnx

given = np.load(sys.argv[1])
with tempfile.TemporaryDirectory() as folder:
    file = Path(folder) / "streets.osm"
    file.write_bytes(given["xml"].tobytes())
    graph = osmnx.graph_from_xml(file, bidirectional=True, simplify=False, retain_all=True)
sphere = nx.Graph()
plane = nx.Graph()
flat = osmnx.project_graph(graph, to_crs=str(given["crs"]))
for start, end, length in graph.edges(data="length"):
    one, other = flat.nodes[start], flat.nodes[end]
    sphere.add_edge(start, end, length=length)
    plane.add_edge(start, end, length=np.hypot(one["x"] - other["x"], one["y"] - other["y"]))
distances = {"sphere": [], "plane": []}
for source in given["sources"].tolist():
    for name, streets in (("sphere", sphere), ("plane", plane)):
        reached = nx.single_source_dijkstra_path_length(streets, source, weight="length")
        distances[name].append(
            [reached.get(target, np.inf) for target in given["targets"].tolist()]
        )
np.savez(sys.argv[2], **{name: np.array(found) for name, found in distances.items()})
