"""Communities and districts from the administrative boundaries of an OpenStreetMap extract."""

import geopandas as gpd
import numpy as np
import shapely
from pyproj import CRS
from shapely.geometry.base import BaseGeometry

from dizuo.base.estimation import Estimation, load_estimation
from dizuo.base.osm import OsmExtract
from dizuo.base.osm_tags import names_zh, number, texts

__all__ = ["build_divisions"]


def build_divisions(
    extract: OsmExtract,
    boundary: BaseGeometry,
    crs: CRS | str,
    *,
    estimation: Estimation | None = None,
    source: str = "osm",
) -> gpd.GeoDataFrame:
    """Return the layer ``divisions`` of a city: the admin levels that tile it.

    A level counts if at least two of its areas lie in the boundary and together cover it. The
    finest level from ``community_level`` on gives the communities, the coarsest level before it
    the districts. A city without such levels has none: they are not made up.

    Parameters
    ----------
    extract
        Features of an OpenStreetMap file.
    boundary
        The land of the city, in ``crs``.
    crs
        The city's metric system.
    estimation
        Levels and shares; the packaged ones by default.
    source
        Id of the source, for the column ``source``.
    """
    rules = (estimation or load_estimation()).numbers["divisions"]
    administrative = [tags.get("boundary") == "administrative" for tags in extract.areas["tags"]]
    areas = extract.areas[np.array(administrative, dtype=bool)].to_crs(crs).reset_index(drop=True)
    tags = list(areas["tags"])
    level = np.array([number(each.get("admin_level")) for each in tags], dtype=float)
    shape = np.asarray(areas.geometry.array, dtype=object)
    shapely.prepare(boundary)
    within = shapely.area(shapely.intersection(shape, boundary))
    own = within >= rules["inside"] * np.maximum(shapely.area(shape), 1e-9)
    kind = np.full(len(areas), "", dtype=object)
    tiling = [
        each
        for each in np.unique(level[own & ~np.isnan(level)])
        if (own & (level == each)).sum() >= 2
        and within[own & (level == each)].sum() >= rules["covers"] * boundary.area
    ]
    fine = [each for each in tiling if each >= rules["community_level"]]
    coarse = [each for each in tiling if each < rules["community_level"]]
    if fine:
        kind[own & (level == max(fine))] = "community"
    if coarse:
        kind[own & (level == min(coarse))] = "district"
    keep = kind != ""
    return gpd.GeoDataFrame(
        {
            "id": ("division:" + areas["id"])[keep].to_numpy(),
            "source": source,
            "kind": kind[keep],
            "name": texts(tags, "name")[keep],
            "name_zh": names_zh(tags)[keep],
        },
        geometry=shape[keep],
        crs=crs,
    )
