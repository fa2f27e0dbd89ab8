"""The plainest values: how much of something there is for each resident or each km²."""

import numpy as np
from numpy.typing import NDArray

from dizuo.model.evidence import Evidence
from dizuo.model.place import PlaceKind
from dizuo.model.text import Text
from dizuo.model.values import Missing, Result, Support, Values
from dizuo.resources.facilities import Facilities

__all__ = ["facilities_per_resident", "per_area", "per_resident", "unmapped"]

Floats = NDArray[np.float64]


def per_resident(
    support: Support,
    amount: Floats,
    *,
    evidence: Evidence,
    factor: float = 1.0,
    resolution: PlaceKind = PlaceKind.COMMUNITY,
) -> Values:
    """Amount in a place, over its residents, times ``factor``.

    Residents of places are estimates wherever they are spread over buildings, so the value is one.
    """
    return Values(
        support,
        amount,
        "residents",
        factor=factor,
        evidence=max(evidence, Evidence.ESTIMATED, key=lambda mark: mark.rank),
        resolution=resolution,
    )


def per_area(
    support: Support,
    amount: Floats,
    *,
    evidence: Evidence = Evidence.MEASURED,
    factor: float = 1.0,
    built_up: bool = False,
    resolution: PlaceKind = PlaceKind.CELL,
) -> Values:
    """Amount in a place, over its land (or built-up land) in km², times ``factor``."""
    if built_up:
        evidence = max(evidence, Evidence.ESTIMATED, key=lambda mark: mark.rank)
    return Values(
        support,
        amount,
        "built_up" if built_up else "area",
        factor=factor,
        evidence=evidence,
        resolution=resolution,
    )


def facilities_per_resident(facilities: Facilities, factor: float) -> Result:
    """Number of facilities for ``factor`` residents, or why it is not known."""
    if not facilities.known:
        return unmapped(facilities)
    return per_resident(
        facilities.support,
        np.ones(len(facilities)),
        evidence=facilities.evidence,
        factor=factor,
        resolution=PlaceKind.DISTRICT,
    )


def unmapped(facilities: Facilities) -> Missing:
    """Say that no source holds a category, and how a city can supply it."""
    return Missing(
        Text(
            f"No source tells where facilities of the kind “{facilities.title.en}” are; "
            f"add a table of category '{facilities.category}'.",
            f"没有数据源给出“{facilities.title.zh}”的位置；"
            f"请补充类别为“{facilities.category}”的数据表。",
        )
    )
