"""Areas of several kinds of venues, put together without counting ground twice."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import shapely
from numpy.typing import NDArray

from dizuo.model.values import Support
from dizuo.resources.facilities import Facilities
from dizuo.resources.unions import joined_support
from dizuo.resources.wiring import resource

__all__ = ["SportsGrounds", "joined_area", "sports_grounds"]

Floats = NDArray[np.float64]


def joined_area(
    kinds: Sequence[Facilities], size: Literal["floor_area", "land_area"]
) -> tuple[Support, Floats]:
    """Put the facilities of several categories behind one another, with one of their areas."""
    return joined_support(kinds), np.concatenate([getattr(one, size) for one in kinds])


@dataclass(frozen=True, eq=False)
class SportsGrounds:
    """Sports grounds with their own area in m²: what lies inside a larger one adds nothing."""

    support: Support
    area: Floats


@resource
def sports_grounds(
    pitch: Facilities, running_track: Facilities, swimming_pool: Facilities
) -> SportsGrounds:
    """Pitches, tracks and pools; of overlapping grounds, the earlier by id keeps the ground."""
    kinds = (pitch, running_track, swimming_pool)
    geometry = np.concatenate([one.geometry for one in kinds])
    area = np.where(shapely.get_dimensions(geometry) == 2, shapely.area(geometry), 0.0)
    flat = np.flatnonzero(area > 0)
    tree = shapely.STRtree(geometry[flat])
    later, earlier = tree.query(geometry[flat], predicate="intersects")
    keep = earlier < later
    for row in np.unique(later[keep]):
        others = shapely.union_all(geometry[flat[earlier[keep & (later == row)]]])
        area[flat[row]] = shapely.area(shapely.difference(geometry[flat[row]], others))
    return SportsGrounds(joined_support(kinds), area)
