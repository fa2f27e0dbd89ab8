"""Places: the units that values are reported on."""

from enum import StrEnum

__all__ = ["PlaceKind"]


class PlaceKind(StrEnum):
    """Kinds of places, from the smallest to the largest."""

    BUILDING = "building"
    BLOCK = "block"
    CELL = "cell"
    COMMUNITY = "community"
    DISTRICT = "district"
    CITY = "city"
