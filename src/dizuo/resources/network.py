"""Which streets hang together."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dizuo.engines.streets.connectivity import undirected_components
from dizuo.resources.layers import Layers
from dizuo.resources.sections import StreetSections
from dizuo.resources.street_ends import ends_of
from dizuo.resources.wiring import resource

__all__ = ["MainNetwork", "main_network"]


@dataclass(frozen=True, eq=False)
class MainNetwork:
    """For each section, whether it belongs to the part of the walkable streets with most nodes."""

    walkable: NDArray[np.bool_]


@resource
def main_network(layers: Layers, street_sections: StreetSections) -> MainNetwork:
    """The largest part of the walkable streets that hangs together, squares included."""
    ends = ends_of(layers, "walk")
    start, end = ends.start, ends.end
    walkable = np.flatnonzero(street_sections.walkable)
    crossed = np.arange(len(street_sections), len(start))
    used = np.concatenate([walkable, crossed])
    parts = undirected_components(start[used], end[used], ends.node_count)
    joined = np.zeros(len(street_sections), dtype=bool)
    joined[walkable] = parts.label[start[walkable]] == parts.largest
    return MainNetwork(joined)
