"""Many names are asked of a database a portion at a time: a query takes only so many."""

from collections.abc import Iterator, Sequence
from typing import Final, TypeVar

__all__ = ["portions"]

Name = TypeVar("Name")

_NAMES_A_QUERY: Final = 500


def portions(names: Sequence[Name]) -> Iterator[list[Name]]:
    """Yield names in their order, at most as many at once as a query takes."""
    for start in range(0, len(names), _NAMES_A_QUERY):
        yield list(names[start : start + _NAMES_A_QUERY])
