"""Green spaces as facilities that people go to."""

import numpy as np
import shapely
from numpy.typing import NDArray

from dizuo.model.evidence import Evidence
from dizuo.model.text import Text
from dizuo.resources.facilities import Facilities
from dizuo.resources.places import representative_points
from dizuo.resources.spaces import Features

__all__ = ["as_facilities", "greenways_as_facilities", "parks_as_facilities"]


def as_facilities(
    features: Features, keep: NDArray[np.bool_], category: str, title: Text, evidence: Evidence
) -> Facilities:
    """Return some features of a layer as facilities of a category of their own."""
    rows = np.flatnonzero(keep)
    geometry = features.geometry[rows]
    x, y = representative_points(geometry)
    unknown = np.full(len(rows), np.nan)
    return Facilities(
        category=category,
        title=title,
        support=features.support.take(rows),
        x=x,
        y=y,
        geometry=geometry,
        names=features.names[rows],
        floor_area=unknown,
        land_area=features.area[rows],
        capacity=unknown,
        evidence=evidence,
        gated=True,
    )


def parks_as_facilities(green: Features, least: float, most: float = np.inf) -> Facilities:
    """Parks from ``least`` to below ``most`` m², reached at their gates."""
    keep = (green.area >= least) & (green.area < most)
    return as_facilities(
        green,
        keep,
        f"parks from {least:g} to {most:g} m²",
        Text("Parks", "公园绿地"),
        green.evidence,
    )


def greenways_as_facilities(green: Features) -> Facilities:
    """Lines of the green layer, reached wherever a street meets them."""
    lines = shapely.get_dimensions(green.geometry) == 1
    return as_facilities(
        green,
        lines,
        "greenways",
        Text("Greenways", "绿道"),
        Evidence.ESTIMATED if lines.any() else Evidence.MISSING,
    )
