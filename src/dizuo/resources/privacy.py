"""Small counts of people are not told, nor left to be worked out from what is told.

A count below the smallest group is suppressed. If that leaves a single suppressed place inside a
larger place whose count is told, the difference would give it away, so the next smallest count is
suppressed too (complementary suppression), place after place until none stands alone.
"""

from collections.abc import Mapping

import numpy as np
import shapely
from numpy.typing import NDArray

from dizuo.model.place import PlaceKind
from dizuo.resources.analysis import Analysis
from dizuo.resources.land import PlaceAmounts
from dizuo.resources.places import Places
from dizuo.resources.wiring import resource

__all__ = ["HiddenPlaces", "hidden_places", "suppressed"]

HiddenPlaces = dict[PlaceKind, NDArray[np.bool_]]
"""For each kind, the places whose number of residents is not told."""


@resource
def hidden_places(places: Places, place_amounts: PlaceAmounts, analysis: Analysis) -> HiddenPlaces:
    """Places with fewer residents than may be told, and those that would give them away."""
    kinds = list(PlaceKind)
    hidden: HiddenPlaces = {}
    for kind, table in places.tables.items():
        points = shapely.point_on_surface(table.geometry)
        support = places.support("places", table.ids, shapely.get_x(points), shapely.get_y(points))
        parents = {
            larger.value: inside
            for larger, inside in support.places.items()
            if kinds.index(larger) > kinds.index(kind)
        }
        hidden[kind] = suppressed(
            place_amounts[kind]["residents"], analysis.smallest_group, parents
        )
    return hidden


def suppressed(
    count: NDArray[np.float64],
    smallest_group: int,
    parents: Mapping[str, NDArray[np.int32]],
) -> NDArray[np.bool_]:
    """Mark the places of one kind whose count of people is not told.

    Parameters
    ----------
    count
        float64, n. Persons in each place.
    smallest_group
        Counts above 0 and below this are not told.
    parents
        For each larger kind of place, int32 n: the place that holds each place, -1 for none.

    Returns
    -------
    bool, n. Counts of 0 are told: they are about nobody.
    """
    hidden = (count > 0) & (count < smallest_group)
    changed = True
    while changed:
        changed = False
        for parent in parents.values():
            changed |= _complement(count, hidden, parent)
    return hidden


def _complement(
    count: NDArray[np.float64], hidden: NDArray[np.bool_], parent: NDArray[np.int32]
) -> bool:
    """Hide one more place in every parent that holds a single hidden one. True if any was."""
    held = parent >= 0
    size = int(parent.max(initial=-1)) + 1
    alone = np.bincount(parent[held & hidden], minlength=size) == 1
    candidates = np.flatnonzero(held & ~hidden & (count > 0))
    candidates = candidates[alone[parent[candidates]]]
    if not len(candidates):
        return False
    order = candidates[np.lexsort((candidates, count[candidates], parent[candidates]))]
    first = np.ones(len(order), dtype=bool)
    first[1:] = parent[order[1:]] != parent[order[:-1]]
    hidden[order[first]] = True
    return True
