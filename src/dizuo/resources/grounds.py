"""Sports grounds by size: large, medium and small ones serve circles of their own."""

from dataclasses import dataclass

from dizuo.resources.facilities import Facilities
from dizuo.resources.reach import subset
from dizuo.resources.wiring import resource

__all__ = ["GroundsBySize", "sports_grounds_by_size"]


@dataclass(frozen=True, eq=False)
class GroundsBySize:
    """Sports pitches, of which those of a size can be taken."""

    pitches: Facilities

    def between(self, least: float, most: float) -> Facilities:
        """Pitches from ``least`` to below ``most`` m²; one of unknown area belongs to no size."""
        area = self.pitches.land_area
        category = f"{self.pitches.category} from {least:g} to {most:g} m²"
        return subset(self.pitches, (area >= least) & (area < most), category)


@resource
def sports_grounds_by_size(pitch: Facilities) -> GroundsBySize:
    """Mapped pitches by their land area."""
    return GroundsBySize(pitch)
