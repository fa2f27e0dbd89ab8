"""How much service the stops around a home offer."""

import numpy as np
from numpy.typing import NDArray

from dizuo.engines.streets.attach import attach_points
from dizuo.engines.streets.within import Places as AttachedPlaces
from dizuo.engines.streets.within import sums_within_points
from dizuo.resources.buildings import Homes
from dizuo.resources.spaces import Stops
from dizuo.resources.streets import Streets

__all__ = ["departures_within"]


def departures_within(
    walking: Streets, homes: Homes, stops: Stops, radius: float
) -> NDArray[np.float64]:
    """Departures a weekday at stops within walking distance of each home.

    Stops without a timetable add nothing. Departures are counted whole.
    """
    served = np.flatnonzero(np.isfinite(stops.departures))
    attached = attach_points(
        np.column_stack([stops.x[served], stops.y[served]]),
        np.arange(len(served), dtype=np.int32),
        walking.edges,
        access_cost_per_metre=walking.access_cost,
    )
    sums = sums_within_points(
        walking.graph,
        AttachedPlaces.at_points(walking.attach(homes), len(homes)),
        AttachedPlaces.at_points(attached, len(served)),
        np.rint(stops.departures[served]).astype(np.int64),
        [int(radius * 1000)],
    )
    return sums[:, 0].astype(np.float64)
