"""Which nodes the edges of a mode join, once those that it cannot pass are taken apart."""

from typing import Literal

import geopandas as gpd
import numpy as np
import pandas as pd

from dizuo.engines.streets.split_nodes import SplitEnds, split_nodes
from dizuo.resources.layers import Layers

__all__ = ["Mode", "ends_of", "streets_and_crossings"]

Mode = Literal["walk", "bike", "drive"]


def streets_and_crossings(layers: Layers) -> gpd.GeoDataFrame:
    """Street edges, then the straight walks across squares, which have no stairs or tunnels."""
    edges, crossings = layers["street_edges"], layers["street_crossings"]
    if not len(crossings):
        return edges
    level = {"highway": "pedestrian", "stairs": False, "bridge": False, "tunnel": False}
    missing = {"maxspeed_kmh": np.nan, "grade": np.nan}
    return gpd.GeoDataFrame(
        pd.concat([edges, crossings.assign(**level, **missing)], ignore_index=True), crs=edges.crs
    )


def ends_of(layers: Layers, mode: Mode) -> SplitEnds:
    """Return the ends of :func:`streets_and_crossings`, row by row.

    A gate that a mode cannot pass is a dead end on each side.
    """
    nodes, edges, crossings = (
        layers[name] for name in ("street_nodes", "street_edges", "street_crossings")
    )
    start, end = (
        np.concatenate([edges[name].to_numpy(dtype=np.int32), crossings[name].to_numpy(np.int32)])
        for name in ("start", "end")
    )
    count = max(len(nodes), int(max(start.max(initial=-1), end.max(initial=-1))) + 1)
    closed = np.zeros(count, dtype=bool)
    shut = ~nodes[f"{mode}_through"].to_numpy(dtype=bool)
    closed[nodes["node"].to_numpy(dtype=np.int64)[shut]] = True
    return split_nodes(start, end, closed)
