"""Junctions and dead ends of the drivable streets."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dizuo.model.values import Support
from dizuo.resources.data_edge import DataEdge
from dizuo.resources.layers import Layers
from dizuo.resources.places import Places
from dizuo.resources.sections import StreetSections
from dizuo.resources.wiring import resource

__all__ = ["Junctions", "junctions"]

EDGE_OF_DATA = 1.0
"""Street ends within this distance (m) of the edge of the data were cut there."""


@dataclass(frozen=True, eq=False)
class Junctions:
    """Nodes of drivable streets.

    ``arms`` counts the sections that meet there; ``at_data_edge`` marks ends that the data cut.
    """

    support: Support
    node: NDArray[np.int32]
    arms: NDArray[np.int64]
    at_data_edge: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.support)


@resource
def junctions(
    layers: Layers, street_sections: StreetSections, places: Places, data_edge: DataEdge
) -> Junctions:
    """Nodes that at least one drivable section touches, with the number of sections."""
    frame = layers["street_nodes"].sort_values("node")
    drivable = street_sections.drivable
    touched = np.concatenate([street_sections.start[drivable], street_sections.end[drivable]])
    arms = np.bincount(touched, minlength=len(frame))
    node = np.flatnonzero(arms).astype(np.int32)
    x = frame["x"].to_numpy(dtype=np.float64)[node]
    y = frame["y"].to_numpy(dtype=np.float64)[node]
    return Junctions(
        places.support("junctions", frame["id"].to_numpy(dtype=str)[node], x, y),
        node,
        arms[node],
        data_edge.distance(x, y) <= EDGE_OF_DATA,
    )
