"""What each community carries: its residents, those of each facility, and its cases."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dizuo.model.place import PlaceKind
from dizuo.model.values import PlaceValues
from dizuo.resources.communities import Communities
from dizuo.resources.evaluation import Evaluation
from dizuo.resources.facilities import Facilities
from dizuo.resources.places import Places
from dizuo.resources.wiring import resource

__all__ = ["CommunityLoads", "community_loads"]

Floats = NDArray[np.float64]

_URBAN: Final = ("urban_component", "urban_event")
_REPORTS: Final = "valid_report"


@dataclass(frozen=True, eq=False)
class CommunityLoads:
    """Loads by name, each one number a community; NaN where it is not known."""

    loads: Mapping[str, Floats]

    @property
    def overload(self) -> Floats:
        """Mean over the known loads of each, over the median of the communities."""
        ratios = [load / np.nanmedian(load) for load in self.loads.values() if np.any(load > 0)]
        table = np.array(ratios)
        known = ~np.isnan(table)
        mean: Floats = np.where(known, table, 0.0).sum(axis=0) / known.sum(axis=0)
        return mean


@resource
def community_loads(
    communities: Communities,
    places: Places,
    evaluation: Evaluation,
    kindergarten: Facilities,
    elderly_day_care: Facilities,
    cultural_station: Facilities,
    fitness_station: Facilities,
    community_service_station: Facilities,
    health_station: Facilities,
) -> CommunityLoads:
    """Residents, residents for each facility of a kind that the city has, and reported cases."""
    kinds = (
        kindergarten, elderly_day_care, cultural_station, fitness_station,
        community_service_station, health_station,
    )  # fmt: skip
    loads = {"residents": communities.residents}
    for one in kinds:
        if one.known and len(one) and len(communities):
            inside = one.support.places[PlaceKind.COMMUNITY]
            number = np.bincount(inside[inside >= 0], minlength=int(communities.number.max()) + 1)
            loads[one.category] = communities.residents / np.maximum(number[communities.number], 1)
    reported = evaluation.rate(_REPORTS, *_URBAN)[PlaceKind.COMMUNITY.value]
    if isinstance(reported, PlaceValues) and len(communities):
        told = dict(zip(reported.places.tolist(), reported.denominator.tolist(), strict=True))
        ids = places.tables[PlaceKind.COMMUNITY].ids[communities.number]
        loads["cases"] = np.array([told.get(one, np.nan) for one in ids.tolist()])
    return CommunityLoads(loads)
