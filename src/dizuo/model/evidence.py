"""How well a value is known: the mark that travels with every layer and every value."""

from collections.abc import Iterable
from enum import StrEnum

__all__ = ["Evidence", "weakest"]


class Evidence(StrEnum):
    """Where a value comes from, from the strongest to the weakest."""

    MEASURED = "measured"
    ESTIMATED = "estimated"
    SIMULATED = "simulated"
    MISSING = "missing"

    @property
    def rank(self) -> int:
        """0 for measured, growing as evidence weakens."""
        return list(Evidence).index(self)


def weakest(marks: Iterable[Evidence]) -> Evidence:
    """Return the weakest mark: what is computed from several inputs is no better than its worst.

    Raises
    ------
    ValueError
        If there are no marks.
    """
    return max(marks, key=lambda mark: mark.rank)
