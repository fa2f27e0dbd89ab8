"""Squares of the map by which cases are found: each case keeps the two that its place lies in.

A window asks for the squares that it touches, each of them the newest first, and takes the newest
of all. So a window costs what it shows, whether it holds three cases or three million.
"""

from math import floor
from typing import Final

__all__ = ["SQUARES", "Window", "square_of", "squares_in", "wide_square_of"]

SQUARES: Final = ("square", "wide_square")
"""Columns of the cases that keep the numbers of their squares: for finding, not for telling."""
_SIDE: Final = 256.0
"""Metres: a few blocks."""
_WIDE_SIDE: Final = 2_048.0
"""Metres: a quarter of a town."""
_MOST: Final = 25
"""Squares that one window may ask for: of more, the next wider ones serve, or none."""
_ROWS: Final = 1 << 24
"""Squares from south to north, more than the earth has."""
_FAR: Final = 1e8
"""Metres: farther away than anything on earth, as a place that no projection could tell."""

Window = tuple[float, float, float, float]
"""West, south, east, north in metres."""


def square_of(x: float | None, y: float | None) -> int | None:
    """Return the number of the square that a place lies in; None without a place."""
    return _number(x, y, _SIDE)


def wide_square_of(x: float | None, y: float | None) -> int | None:
    """Return the number of the wide square that a place lies in; None without a place."""
    return _number(x, y, _WIDE_SIDE)


def squares_in(window: Window) -> tuple[str, list[int]] | None:
    """Return the squares that a window touches, and the column of the cases that keeps them.

    Returns
    -------
    tuple or None
        None for a window that is too large: then most of the newest cases lie in it anyway.
    """
    for column, side in zip(SQUARES, (_SIDE, _WIDE_SIDE), strict=True):
        west, south, east, north = (floor(min(max(one, -_FAR), _FAR) / side) for one in window)
        if (east - west + 1) * (north - south + 1) <= _MOST:
            columns, rows = range(west, east + 1), range(south, north + 1)
            return column, [_joined(at, up) for at in columns for up in rows]
    return None


def _number(x: float | None, y: float | None, side: float) -> int | None:
    if x is None or y is None or not (abs(x) < _FAR and abs(y) < _FAR):
        return None
    return _joined(floor(x / side), floor(y / side))


def _joined(column: int, row: int) -> int:
    return column * _ROWS + row
