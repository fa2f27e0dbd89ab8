"""Compare a grid drawn anew with the one before: what stays, what it came from, what it became."""

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from dizuo.base.unit_grid_parameters import GridParameters

__all__ = ["Lineage", "compare_grids"]

Shapes = NDArray[np.object_]
Int64 = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Lineage:
    """How the cells of two grids belong together.

    Attributes
    ----------
    kept
        For each new cell the old one that it is the same as, -1 for none.
    nearest
        For each new cell the old one that it shares most ground with, or the nearest.
    old, new
        Pairs of an old and a new cell, one of which gives the other a good part of its ground.
    """

    kept: Int64
    nearest: Int64
    old: Int64
    new: Int64

    def origin(self, cell: int) -> str:
        """Return how a new cell arose: ``new``, ``split``, ``merged`` or ``redrawn``."""
        parents = self.old[self.new == cell]
        if not len(parents):
            return "new"
        children = np.isin(self.old, parents)
        if len(parents) == 1 and children.sum() > 1:
            return "split"
        if len(parents) > 1 and (self.new[children] == cell).all():
            return "merged"
        return "redrawn"


def compare_grids(before: Shapes, after: Shapes, parameters: GridParameters) -> Lineage:
    """Find what the cells of one grid became in another.

    A cell stays if the ground that it shares with its predecessor is at least the share ``same``
    of the ground of both together; no two cells can have one predecessor so, for the share is
    more than half.

    Parameters
    ----------
    before, after
        Polygons of the two grids, each without overlaps; ``before`` is not empty.
    parameters
        The shares ``same`` and ``part``.
    """
    rules = parameters.numbers["lineage"]
    new, old = shapely.STRtree(before).query(after, predicate="intersects")
    common = shapely.area(shapely.intersection(after[new], before[old]))
    area_new, area_old = shapely.area(after), shapely.area(before)
    together = area_new[new] + area_old[old] - common
    kept = np.full(len(after), -1, np.int64)
    same = common >= float(rules["same"]) * together
    kept[new[same]] = old[same]
    nearest = shapely.STRtree(before).nearest(shapely.point_on_surface(after)).astype(np.int64)
    order = np.argsort(common, kind="stable")
    order = order[common[order] > 0]
    nearest[new[order]] = old[order]
    part = common >= float(rules["part"]) * np.minimum(area_new[new], area_old[old])
    return Lineage(kept, nearest, old[part].astype(np.int64), new[part].astype(np.int64))
