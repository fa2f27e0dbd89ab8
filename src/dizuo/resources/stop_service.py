"""How much service the stops around a home offer."""

import numpy as np
from numpy.typing import NDArray

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
    sums = sums_within_points(
        walking.graph,
        AttachedPlaces.at_points(walking.attach(homes), len(homes)),
        AttachedPlaces.at_points(walking.attach(stops), len(stops)),
        np.rint(np.nan_to_num(stops.departures)).astype(np.int64),
        [int(radius * 1000)],
    )
    return sums[:, 0].astype(np.float64)
