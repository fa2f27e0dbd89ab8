"""Which streets hang together."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dizuo.engines.streets.connectivity import undirected_components
from dizuo.resources.sections import StreetSections
from dizuo.resources.wiring import resource

__all__ = ["MainNetwork", "main_network"]


@dataclass(frozen=True, eq=False)
class MainNetwork:
    """For each section, whether it belongs to the part of the walkable streets with most nodes."""

    walkable: NDArray[np.bool_]


@resource
def main_network(street_sections: StreetSections) -> MainNetwork:
    """The largest part of the walkable streets that hangs together."""
    walkable = np.flatnonzero(street_sections.walkable)
    start, end = street_sections.start, street_sections.end
    parts = undirected_components(start[walkable], end[walkable], street_sections.node_count)
    joined = np.zeros(len(street_sections), dtype=bool)
    joined[walkable] = parts.label[start[walkable]] == parts.largest
    return MainNetwork(joined)
