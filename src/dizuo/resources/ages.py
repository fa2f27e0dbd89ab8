"""How old buildings are on the day of the checkup."""

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from dizuo.resources.buildings import Buildings
from dizuo.resources.wiring import resource

__all__ = ["BuildingAges", "building_ages"]


@dataclass(frozen=True, eq=False)
class BuildingAges:
    """Full years since each building was begun, NaN where its year is not known."""

    years: NDArray[np.float64]


@resource
def building_ages(buildings: Buildings, day: date) -> BuildingAges:
    """Age of every building in calendar years."""
    return BuildingAges(day.year - buildings.start_year)
