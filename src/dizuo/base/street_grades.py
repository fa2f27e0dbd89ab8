"""How steep streets are: by the sign at the street, else by an elevation model.

The grade of a section is its rise along the line of its way, as a share of its length: what is
between its ends averages out. A bridge or a tunnel does not follow the ground, so a model says
nothing of its grade.
"""

import math
import re
from typing import Final

import geopandas as gpd
import numpy as np

from dizuo.model.evidence import Evidence

__all__ = ["tagged_grade", "with_grades"]

_PER_CENT: Final = re.compile(r"([+-]?\d+(?:[.,]\d+)?)\s*(%|°)")


def tagged_grade(incline: str) -> float:
    """Return the rise over the length of "6%", "-12 %" or "5°"; NaN for "up" and other words."""
    found = _PER_CENT.fullmatch(incline.strip())
    if found is None:
        return math.nan
    value = float(found[1].replace(",", "."))
    return value / 100 if found[2] == "%" else math.tan(math.radians(value))


def with_grades(edges: gpd.GeoDataFrame, nodes: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return streets with ``grade`` and ``grade_evidence``.

    Parameters
    ----------
    edges
        Streets with ``incline``, ``length_mm``, ``bridge``, ``tunnel``, ``start`` and ``end``, or
        walks across squares without the first of them.
    nodes
        Their nodes with ``elevation``, sorted by ``node``; NaN where not known.
    """
    count = max(
        len(nodes), int(max(edges["start"].max(), edges["end"].max(), -1)) + 1 if len(edges) else 0
    )
    height = np.full(count, np.nan)
    height[: len(nodes)] = nodes["elevation"].to_numpy(dtype=np.float64)
    rise = height[edges["end"].to_numpy()] - height[edges["start"].to_numpy()]
    modelled = rise * 1000.0 / edges["length_mm"].to_numpy(dtype=np.float64)
    modelled[(edges["bridge"] | edges["tunnel"]).to_numpy(dtype=bool)] = np.nan
    words = {text: tagged_grade(text) for text in edges["incline"].unique()}
    tagged = edges["incline"].map(words).to_numpy(dtype=np.float64)
    signed = ~np.isnan(tagged)
    mark = np.where(np.isnan(modelled), str(Evidence.MISSING), str(Evidence.ESTIMATED))
    return edges.assign(
        grade=np.where(signed, tagged, modelled),
        grade_evidence=np.where(signed, str(Evidence.MEASURED), mark),
    )
