"""Small counts of people are not told, nor left to be worked out from what is told.

A count below the smallest group is suppressed. Whoever knows the count of a larger place and of all
but one of the places inside it knows the last one too; so further counts are suppressed
(complementary suppression), the smallest first, until no chain of such differences gives any of
them away.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from dizuo.model.place import PlaceKind
from dizuo.resources.analysis import Analysis
from dizuo.resources.land import PlaceAmounts
from dizuo.resources.places import Places
from dizuo.resources.wiring import resource

__all__ = ["HiddenPlaces", "hidden_places", "suppressed"]
__systems__ = ("S22.4",)  # numbers that tell of nobody

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
Int32 = NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class HiddenPlaces:
    """For each kind, the places whose number of residents is not told.

    ``smallest_group`` is the fewest people that may be told of anywhere.
    """

    marks: Mapping[PlaceKind, Bools]
    smallest_group: float

    def __getitem__(self, kind: PlaceKind) -> Bools:
        return self.marks[kind]

    def too_few(self, count: Floats) -> Bools:
        """Whether counts of people are too small to be told; 0 is about nobody."""
        return (count > 0) & (count < self.smallest_group)


@resource
def hidden_places(places: Places, place_amounts: PlaceAmounts, analysis: Analysis) -> HiddenPlaces:
    """Places with fewer residents than may be told, and those that would give them away."""
    kinds = list(PlaceKind)
    inside: dict[tuple[PlaceKind, PlaceKind], Int32] = {}
    for kind, table in places.tables.items():
        points = shapely.point_on_surface(table.geometry)
        support = places.support("places", table.ids, shapely.get_x(points), shapely.get_y(points))
        for larger, holder in support.places.items():
            if kinds.index(larger) > kinds.index(kind):
                inside[kind, larger] = holder
    counts = {kind: amounts["residents"] for kind, amounts in place_amounts.items()}
    return HiddenPlaces(
        suppressed(counts, inside, analysis.smallest_group), analysis.smallest_group
    )


def suppressed(
    counts: Mapping[PlaceKind, Floats],
    inside: Mapping[tuple[PlaceKind, PlaceKind], Int32],
    smallest_group: float,
) -> dict[PlaceKind, Bools]:
    """Mark the places whose count of people is not told.

    Parameters
    ----------
    counts
        For each kind, float64: persons in each place.
    inside
        For each kind and each larger one, int32: the larger place that holds each place, -1 for
        none.
    smallest_group
        Counts above 0 and below this are not told. Counts of 0 are told: they are about nobody.
    """
    sums = _Sums.of(counts, inside)
    hidden = (sums.count > 0) & (sums.count < smallest_group)
    while len(open_sums := sums.that_tell(hidden)):
        hidden[sums.next_to_hide(open_sums, hidden)] = True
    ends = np.cumsum([len(count) for count in counts.values()])
    return dict(zip(counts, np.split(hidden, ends[:-1]), strict=True))


@dataclass(frozen=True, eq=False)
class _Sums:
    """Every sum that a reader may do: a larger place is the places of one kind inside it.

    ``member`` numbers places of all kinds through; ``number`` is the sum that it belongs to. Only
    places with people are members. ``larger`` marks the member that is the sum itself.
    """

    count: Floats
    number: NDArray[np.int64]
    member: NDArray[np.int64]
    larger: Bools
    total: int

    @classmethod
    def of(
        cls,
        counts: Mapping[PlaceKind, Floats],
        inside: Mapping[tuple[PlaceKind, PlaceKind], Int32],
    ) -> "_Sums":
        sizes = [len(count) for count in counts.values()]
        first = dict(zip(counts, np.cumsum([0, *sizes[:-1]]), strict=True))
        numbers, members, larger = [], [], []
        total = 0
        for (kind, parent_kind), parent in inside.items():
            held = np.flatnonzero((parent >= 0) & (counts[kind] > 0))
            parents = np.unique(parent[held])
            numbers.extend([total + parent[held], total + parents])
            members.extend([first[kind] + held, first[parent_kind] + parents])
            larger.extend([np.zeros(len(held), dtype=bool), np.ones(len(parents), dtype=bool)])
            total += len(counts[parent_kind])
        none = np.empty(0, dtype=np.int64)
        return cls(
            np.concatenate([np.empty(0), *counts.values()]),
            np.concatenate([none, *numbers]),
            np.concatenate([none, *members]),
            np.concatenate([none.astype(bool), *larger]),
            total,
        )

    def that_tell(self, hidden: Bools) -> NDArray[np.int64]:
        """Sums with one hidden member, which the others give away. Every chain begins at one."""
        members = np.bincount(self.number[hidden[self.member]], minlength=self.total)
        return np.flatnonzero(members == 1)

    def next_to_hide(self, sums: NDArray[np.int64], hidden: Bools) -> NDArray[np.int64]:
        """For each sum the told member with the fewest people; the sum itself as the last."""
        able = np.flatnonzero(np.isin(self.number, sums) & ~hidden[self.member])
        order = np.lexsort(
            (self.member[able], self.count[self.member[able]], self.larger[able], self.number[able])
        )
        able = able[order]
        return self.member[able[np.unique(self.number[able], return_index=True)[1]]]
