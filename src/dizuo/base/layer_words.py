"""The words that columns of layers may hold."""

from typing import Final

__all__ = [
    "BUILDING_USES",
    "EVALUATED",
    "PLACE_KINDS",
    "PLACE_NAME_KINDS",
    "STAFF_DUTIES",
    "STOP_MODES",
    "TRAVEL_COUNTS",
]

BUILDING_USES: Final = (
    "residential", "mixed", "commercial", "office", "industrial", "education", "health", "public",
    "religious", "hotel", "transport", "agricultural", "ancillary", "unknown",
)  # fmt: skip
STOP_MODES: Final = ("bus", "tram", "rail", "subway", "ferry", "aerialway")
PLACE_NAME_KINDS: Final = (
    "street", "division", "settlement", "building", "facility", "stop", "square", "green", "water",
    "other",
)  # fmt: skip
"""What a named thing is, as far as finding it needs to know."""
PLACE_KINDS: Final = ("building", "block", "cell", "community", "district", "city")

STAFF_DUTIES: Final = ("enforcement", "community")
"""What staff are counted for: enforcement of urban management, and work in communities."""

TRAVEL_COUNTS: Final = "travel_counts"
"""What stands in place of a case type where counts of travellers are evaluated."""
EVALUATED: Final = ("city", "unit", "community", "grid", "service", "district", "service_district")
"""What operations are evaluated for: places, units and services, never persons."""
