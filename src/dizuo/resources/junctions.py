"""Junctions and dead ends of the drivable streets."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dizuo.engines.streets.connectivity import intersections
from dizuo.model.values import Support
from dizuo.resources.analysis import Analysis
from dizuo.resources.data_edge import DataEdge
from dizuo.resources.layers import Layers
from dizuo.resources.places import Places
from dizuo.resources.sections import StreetSections
from dizuo.resources.wiring import resource

__all__ = ["Junctions", "junctions"]


@dataclass(frozen=True, eq=False)
class Junctions:
    """Nodes of drivable streets.

    Attributes
    ----------
    arms
        Sections that meet there; both ends of a loop and two sections between the same nodes all
        count, as they do for who stands at the junction.
    share
        What the node adds to the number of junctions: 0 below three arms, 1 at a junction of its
        own, a quarter at each of the four nodes where two divided roads cross.
    at_data_edge
        Marks ends that the data cut.
    """

    support: Support
    node: NDArray[np.int32]
    arms: NDArray[np.int32]
    share: NDArray[np.float64]
    at_data_edge: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.support)


@resource
def junctions(
    layers: Layers,
    street_sections: StreetSections,
    places: Places,
    data_edge: DataEdge,
    analysis: Analysis,
) -> Junctions:
    """Nodes that at least one drivable section touches, with the number of sections."""
    frame = layers["street_nodes"].sort_values("node")
    drivable = street_sections.drivable
    touched = np.concatenate([street_sections.start[drivable], street_sections.end[drivable]])
    arms = np.bincount(touched, minlength=len(frame)).astype(np.int32)
    node = np.flatnonzero(arms).astype(np.int32)
    x = frame["x"].to_numpy(dtype=np.float64)[node]
    y = frame["y"].to_numpy(dtype=np.float64)[node]
    joined = intersections(x, y, arms[node], tolerance=analysis.junction_gap)
    share = np.zeros(len(node))
    crossing = joined.intersection >= 0
    share[crossing] = 1.0 / joined.node_count[joined.intersection[crossing]]
    return Junctions(
        places.support("junctions", frame["id"].to_numpy(dtype=str)[node], x, y),
        node,
        arms[node],
        share,
        data_edge.distance(x, y) <= analysis.cut_end_gap,
    )
