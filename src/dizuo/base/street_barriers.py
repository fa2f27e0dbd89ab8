"""Gates, bollards and walls on streets: which nodes a mode cannot pass.

A private gate keeps strangers from walking through, but those who live behind it hold its key: a
gate whose closing would cut streets off from the rest of the network stays open. A gate that
only spares others a short cut is shut.
"""

from collections.abc import Mapping

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray

from dizuo.base.street_modes import KEYS_OF_MODES, Passage, passage
from dizuo.engines.streets.connectivity import undirected_components
from dizuo.engines.streets.split_nodes import split_nodes

__all__ = ["barriers_of", "through"]

Bools = NDArray[np.bool_]


def barriers_of(points: gpd.GeoDataFrame) -> dict[int, Passage]:
    """Return the barriers that keep some mode out, by the number of their node.

    Parameters
    ----------
    points
        Tagged nodes of an extract: ``id`` (``n45``) and ``tags``.
    """
    found = {
        int(name[1:]): passage(tags)
        for name, tags in zip(points["id"], points["tags"], strict=True)
        if "barrier" in tags
    }
    return {node: one for node, one in found.items() if not (one.walk and one.bike and one.drive)}


def through(
    node_ids: NDArray[np.int64], edges: gpd.GeoDataFrame, barriers: Mapping[int, Passage]
) -> dict[str, Bools]:
    """Return for each mode whether it passes each street node.

    Parameters
    ----------
    node_ids
        OpenStreetMap's number of each street node, in the order of the graph.
    edges
        The layer ``street_edges``.
    barriers
        Nodes that keep some mode out.
    """
    rows = {int(number): row for row, number in enumerate(node_ids) if int(number) in barriers}
    found: dict[str, Bools] = {}
    for mode in KEYS_OF_MODES:
        may = np.ones(len(node_ids), dtype=bool)
        private = np.zeros(len(node_ids), dtype=bool)
        for number, row in rows.items():
            may[row] = getattr(barriers[number], mode)
            private[row] = not may[row] and mode in barriers[number].private
        used = edges[edges[f"{mode}_forward"] | edges[f"{mode}_backward"]]
        start, end = (used[name].to_numpy(dtype=np.int32) for name in ("start", "end"))
        found[mode] = may | (private & _locks_in(start, end, ~may, len(node_ids)))
    return found


def _locks_in(start: NDArray[np.int32], end: NDArray[np.int32], closed: Bools, count: int) -> Bools:
    """Tell the closed nodes of which an arm lies off the largest network that stays open."""
    ends = split_nodes(start, end, closed)
    parts = undirected_components(ends.start, ends.end, ends.node_count)
    off = parts.label[ends.start] != parts.largest
    locked = np.zeros(count, dtype=bool)
    locked[start[off]] = True
    locked[end[off]] = True
    return locked & closed
