"""Homes that one closed street would cut off."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dizuo.engines.streets.connectivity import unbroken_components
from dizuo.resources.buildings import Homes
from dizuo.resources.layers import Layers
from dizuo.resources.sections import StreetSections
from dizuo.resources.street_ends import ends_of
from dizuo.resources.streets import Streets
from dizuo.resources.wiring import resource

__all__ = ["SingleAccess", "single_access"]


@dataclass(frozen=True, eq=False)
class SingleAccess:
    """For each home, whether every way to the main network passes one section of street."""

    cut_off: NDArray[np.bool_]


@resource
def single_access(
    layers: Layers, homes: Homes, driving_time: Streets, street_sections: StreetSections
) -> SingleAccess:
    """Homes whose drivable street hangs on the main network by a single section.

    The main network is the largest part of the two-way drivable graph that stays in one piece
    whichever section is closed.
    """
    drivable = np.flatnonzero(street_sections.drivable)
    ends = ends_of(layers, "drive")
    parts = unbroken_components(ends.start[drivable], ends.end[drivable], ends.node_count)
    main = parts.label == parts.largest
    attached = driving_time.attach(homes)
    reached = np.zeros(len(homes), dtype=bool)
    safe = main[attached.start] & main[attached.end]
    reached[attached.item[safe]] = True
    return SingleAccess(~reached)
