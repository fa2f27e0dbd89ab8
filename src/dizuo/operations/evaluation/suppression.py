"""Small counts of people are not told, nor left to be worked out from sums that are told.

A count above 0 and below the smallest group is hidden. Where a sum has one hidden member, the rest
gives it away; so the smallest further member is hidden too, until no sum has just one.
"""

from collections.abc import Mapping, Sequence
from typing import TypeVar

__all__ = ["hidden"]

Name = TypeVar("Name", bound=tuple[str, ...])
"""Of a count: of what and where."""


def hidden(
    counts: Mapping[Name, int], sums: Sequence[tuple[Name, Sequence[Name]]], smallest_group: int
) -> frozenset[Name]:
    """Return the names of the counts that are not told.

    Parameters
    ----------
    counts
        The number of people of each place or unit. 0 is told: it is about nobody.
    sums
        Each total with the members that it is the sum of.
    smallest_group
        The fewest people that may be told of.
    """
    gone = {name for name, count in counts.items() if 0 < count < smallest_group}
    terms = [
        [name for name in (total, *members) if counts.get(name, 0) > 0] for total, members in sums
    ]
    waiting = True
    while waiting:
        waiting = False
        for names in terms:
            left = [name for name in names if name not in gone]
            if len(names) - len(left) == 1 and left:
                # The total goes last; of equal members the first by name, so that nothing else
                # than the counts decides.
                total = names[0]
                gone.add(min(left, key=lambda name: (name == total, counts[name], name)))
                waiting = True
    return frozenset(gone)
