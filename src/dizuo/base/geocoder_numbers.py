"""Find a house on its street: its own number, one that differs in a letter, or between others."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from dizuo.base.gazetteer import Street
from dizuo.base.gazetteer_numbers import HouseNumber
from dizuo.model.evidence import Evidence

__all__ = ["House", "find_houses"]
__systems__ = ("S22.2",)

SAME_HOUSE: Final = 50.0
"""Metres: rows of one number nearer than this are one house."""
WIDEST_GAP: Final = 60
"""Between numbers farther apart than this nothing is interpolated."""
LONGEST_GAP: Final = 300.0
"""Metres; and no farther than this."""
SHORT_GAP: Final = 100.0
"""Metres: between houses nearer than this the place is true to about 50 m wherever it lies."""
FAR_APART: Final = 0.85
"""What stays of the certainty between houses farther apart."""
BEYOND: Final = 6
"""How far past the last known number a house may be placed at it."""


@dataclass(frozen=True, slots=True)
class House:
    """A house found on a street.

    Attributes
    ----------
    id
        The address's id; the street's if the place is interpolated.
    number
        The number found: with another letter than asked for, or the number asked for.
    certainty
        0 to 1: 1 for the very number.
    """

    id: str
    number: HouseNumber
    x: float
    y: float
    certainty: float
    evidence: Evidence


def find_houses(street: Street, wanted: HouseNumber) -> list[House]:
    """Return where a house number may be on a street, best first; empty if that cannot be told."""
    exact = _known(street, wanted, 1.0)
    if exact:
        return exact
    if wanted.building:
        found = _known(street, HouseNumber(wanted.number, wanted.suffix), 0.95)
        if found:
            return found
    alike = sorted(
        (number for number in street.houses if number.number == wanted.number and number.number),
        key=str,
    )
    for number in alike:
        certain = 0.9 if not (wanted.building and number.building) else 0.8
        return _known(street, number, certain)
    between = _between(street, wanted) if wanted.number else None
    return [] if between is None else [between]


def _known(street: Street, number: HouseNumber, certainty: float) -> list[House]:
    """Return the places of one number: rows near each other are one, in their middle."""
    left = list(street.houses.get(number, ()))
    found = []
    while left:
        x, y = left[0][1], left[0][2]
        near = [row for row in left if np.hypot(row[1] - x, row[2] - y) <= SAME_HOUSE]
        left = [row for row in left if row not in near]
        middle = np.median([[row[1], row[2]] for row in near], axis=0)
        found.append(
            House(
                near[0][0], number, float(middle[0]), float(middle[1]), certainty, Evidence.MEASURED
            )
        )
    return found


def _between(street: Street, wanted: HouseNumber) -> House | None:
    """Interpolate along the street between the nearest numbers, of its own side if there are."""
    own_side = sorted(
        {
            house.number
            for house in street.houses
            if house.number and house.number % 2 == wanted.number % 2
        }
    )
    # A building in a courtyard is placed no better than the courtyard.
    number = HouseNumber(wanted.number, wanted.suffix)
    either = sorted({house.number for house in street.houses if house.number})
    for known, certain in ((own_side, 0.85), (either, 0.75)):
        low = max((each for each in known if each < wanted.number), default=None)
        high = min((each for each in known if each > wanted.number), default=None)
        if low is not None and high is not None and high - low <= WIDEST_GAP:
            spot = _along(street, low, high, (wanted.number - low) / (high - low))
            if spot is not None:
                x, y, gap = spot
                sure = certain if gap <= SHORT_GAP else FAR_APART * certain
                return House(street.id, number, x, y, sure, Evidence.ESTIMATED)
        ends = [each for each in (low, high) if each is not None]
        if len(ends) == 1 and abs(ends[0] - wanted.number) <= BEYOND:
            x, y = _spot(street, ends[0])
            return House(street.id, number, x, y, certain - 0.05, Evidence.ESTIMATED)
    return None


def _spot(street: Street, number: int) -> tuple[float, float]:
    spots = [
        (x, y)
        for known, rows in street.houses.items()
        if known.number == number
        for _, x, y in rows
    ]
    middle = np.median(spots, axis=0)
    return float(middle[0]), float(middle[1])


def _along(street: Street, low: int, high: int, share: float) -> tuple[float, float, float] | None:
    """Return the place a share of the way between two houses, along the street, and their gap."""
    start, end = np.array(_spot(street, low)), np.array(_spot(street, high))
    gap = float(np.hypot(*(end - start)))
    if gap > LONGEST_GAP:
        return None
    straight = start + share * (end - start)
    line = _line_by(street.shape, start, end)
    if line is None:
        return float(straight[0]), float(straight[1]), gap
    at = [float(shapely.line_locate_point(line, shapely.Point(spot))) for spot in (start, end)]
    if abs(at[1] - at[0]) > 2 * gap + SAME_HOUSE:
        return float(straight[0]), float(straight[1]), gap
    first, last, foot = (
        np.array(shapely.line_interpolate_point(line, where).coords[0])
        for where in (*at, at[0] + share * (at[1] - at[0]))
    )
    spot = foot + (1 - share) * (start - first) + share * (end - last)
    return float(spot[0]), float(spot[1]), gap


def _line_by(shape: BaseGeometry, *spots: NDArray[np.float64]) -> shapely.LineString | None:
    """Return the line of a street that is nearest to both houses."""
    merged = shapely.line_merge(shape) if isinstance(shape, shapely.MultiLineString) else shape
    lines = [part for part in shapely.get_parts(merged) if isinstance(part, shapely.LineString)]
    if not lines:
        return None
    points = [shapely.Point(spot) for spot in spots]
    return min(lines, key=lambda line: max(line.distance(point) for point in points))
