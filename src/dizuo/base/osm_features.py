"""Facilities of an OpenStreetMap extract, by the facility catalogue.

A feature may be several facilities (a bank with a cash machine), and one facility is often mapped
twice (a school as grounds and as a point in it): the catalogue tells the first, and duplicates are
rejected with the feature that they repeat.
"""

from collections.abc import Callable, Mapping
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from dizuo.base.estimation import Estimation, load_estimation
from dizuo.base.osm import OsmExtract
from dizuo.base.osm_tags import number
from dizuo.model.evidence import Evidence
from dizuo.standards.catalogue import FacilityCategory, classify

__all__ = ["build_facilities", "measure_facilities"]

CAPACITY_KEYS: Final = ("capacity", "beds", "capacity:persons", "capacity:beds", "rooms")
Rows = NDArray[np.intp]
Tags = Mapping[str, str]


def build_facilities(
    extract: OsmExtract,
    crs: CRS | str,
    catalogue: Mapping[str, FacilityCategory],
    *,
    estimation: Estimation | None = None,
    source: str = "osm",
    classifier: Callable[[Tags], tuple[str, ...]] = classify,
) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """Classify features by the catalogue and drop what is mapped twice.

    Parameters
    ----------
    extract
        Features of an OpenStreetMap file.
    crs
        The city's metric system.
    catalogue
        Categories; only these are kept.
    estimation
        Numbers to compare by; the packaged ones by default.
    source
        Id of the source, for the column ``source``.
    classifier
        From tags to category ids.

    Returns
    -------
    facilities
        The layer ``facilities``: ``id``, ``source``, ``feature``, ``category``, ``name``,
        ``floor_area`` (NaN, see :func:`measure_facilities`), ``land_area`` (m² of areas that are
        no building), ``capacity``, ``evidence``, ``is_building``, geometry.
    rejects
        Duplicates, each with the feature that it repeats.
    """
    estimation = estimation or load_estimation()
    found = pd.concat(
        [
            _classified(frame, catalogue, classifier)
            for frame in (extract.areas, extract.lines, extract.points)
        ],
        ignore_index=True,
    )
    facilities = gpd.GeoDataFrame(found, geometry="geometry", crs=extract.areas.crs).to_crs(crs)
    area = facilities.geometry.area.to_numpy()
    building = facilities["is_building"].to_numpy(dtype=bool)
    facilities["land_area"] = np.where((area > 0) & ~building, area, np.nan)
    facilities["floor_area"] = np.nan
    facilities["source"] = source
    facilities, rejects = _without_duplicates(facilities, estimation)
    several = facilities["feature"].duplicated(keep=False)
    name = "facility:" + facilities["feature"]
    facilities["id"] = name.where(~several, name + "." + facilities["category"])
    order = [
        "id", "source", "feature", "category", "name", "floor_area", "land_area", "capacity",
        "evidence", "is_building", "geometry",
    ]  # fmt: skip
    return facilities[order].sort_values("id").reset_index(drop=True), rejects


def measure_facilities(
    facilities: gpd.GeoDataFrame,
    buildings: gpd.GeoDataFrame,
    *,
    estimation: Estimation | None = None,
) -> gpd.GeoDataFrame:
    """Give facilities that own whole buildings the floor area of these.

    A facility that is itself a building takes that building's floor area; grounds take the sum
    over the buildings that stand on them, unless the category is open air. Points stay without.
    ``floor_area_evidence`` says
    ``missing`` where nothing is known and the weakest mark of the buildings elsewhere.
    """
    estimation = estimation or load_estimation()
    result = facilities.copy()
    floor_area = result["floor_area"].to_numpy(dtype=float).copy()
    evidence = np.where(
        np.isnan(floor_area), Evidence.MISSING.value, Evidence.MEASURED.value
    ).astype(object)
    of_building = buildings.set_index("id")[["floor_area", "floor_area_evidence"]]
    own = "building:" + result["feature"].astype("str")
    known = own.isin(of_building.index).to_numpy() & np.isnan(floor_area)
    matched = of_building.loc[own[known]]
    floor_area[known] = matched["floor_area"]
    evidence[known] = matched["floor_area_evidence"]
    open_air = result["category"].isin(estimation.numbers["facilities"]["open_air"]).to_numpy()
    wide = result.geometry.area.to_numpy() > 0
    grounds = np.flatnonzero(np.isnan(floor_area) & wide & ~open_air)
    points = shapely.point_on_surface(np.asarray(buildings.geometry.array, dtype=object))
    shape = np.asarray(result.geometry.array, dtype=object)[grounds]
    which, building = shapely.STRtree(points).query(shape, predicate="contains")
    table = pd.DataFrame(
        {
            "row": grounds[which],
            "area": buildings["floor_area"].to_numpy()[building],
            "measured": (buildings["floor_area_evidence"] == Evidence.MEASURED).to_numpy()[
                building
            ],
        }
    )
    sums = table.groupby("row").agg(area=("area", "sum"), measured=("measured", "all"))
    floor_area[sums.index] = sums["area"]
    # Which of the buildings on the grounds belong to the facility is itself a guess.
    evidence[sums.index] = Evidence.ESTIMATED.value
    result["floor_area"] = floor_area
    result["floor_area_evidence"] = evidence
    return result.drop(columns=["is_building"], errors="ignore")


def _classified(
    frame: gpd.GeoDataFrame,
    catalogue: Mapping[str, FacilityCategory],
    classifier: Callable[[Tags], tuple[str, ...]],
) -> pd.DataFrame:
    tags: list[Tags] = list(frame["tags"])
    pairs = [
        (row, category)
        for row, each in enumerate(tags)
        for category in classifier(each)
        if category in catalogue
    ]
    rows = np.array([row for row, _ in pairs], dtype=np.intp)
    own = [tags[row] for row in rows]
    categories = [category for _, category in pairs]
    return pd.DataFrame(
        {
            "feature": frame["id"].to_numpy()[rows],
            "category": np.array(categories, dtype=object),
            "name": np.array([each.get("name", "") for each in own], dtype=object),
            "capacity": np.array([_capacity(each) for each in own], dtype=float),
            "evidence": np.array(
                [
                    (
                        Evidence.MEASURED
                        if catalogue[category].mapped == "direct"
                        else Evidence.ESTIMATED
                    ).value
                    for category in categories
                ],
                dtype=object,
            ),
            "is_building": np.array([each.get("building", "no") != "no" for each in own], bool),
            "geometry": np.asarray(frame.geometry.array, dtype=object)[rows],
        }
    )


def _capacity(tags: Tags) -> float:
    for key in CAPACITY_KEYS:
        value = number(tags.get(key))
        if value > 0:
            return value
    return np.nan


def _without_duplicates(
    facilities: gpd.GeoDataFrame, estimation: Estimation
) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """Drop what an area of the same category holds, or repeats under the same name nearby."""
    reach = float(estimation.numbers["facilities"]["same_name_within"])
    shape = np.asarray(facilities.geometry.array, dtype=object)
    names = facilities["name"].to_numpy(dtype=object).copy()
    capacity = facilities["capacity"].to_numpy(dtype=float).copy()
    size = shapely.area(shape)
    repeats = np.full(len(facilities), -1, dtype=np.intp)
    for rows in facilities.groupby("category").indices.values():
        _find_repeats(rows, shape, names, size, reach, repeats)
    for row in np.flatnonzero(repeats >= 0):
        kept = repeats[row]
        while repeats[kept] >= 0:
            kept = repeats[kept]
        repeats[row] = kept
        names[kept] = names[kept] or names[row]
        if np.isnan(capacity[kept]):
            capacity[kept] = capacity[row]
    facilities = facilities.assign(name=names, capacity=capacity)
    drop = repeats >= 0
    feature = facilities["feature"].to_numpy(dtype=object)
    category = facilities["category"].to_numpy(dtype=object)
    rejects = pd.DataFrame(
        {
            "row": feature[drop],
            "id": [
                f"facility:{one}.{kind}"
                for one, kind in zip(feature[drop], category[drop], strict=True)
            ],
            "field": "",
            "reason": [
                f"duplicate: {feature[kept]} is the same {kind}"
                for kept, kind in zip(repeats[drop], category[drop], strict=True)
            ],
            "cure": "Nothing is lost: the larger feature is kept.",
            "geometry_wkt": shapely.to_wkt(shape[drop]),
        },
        dtype="str",
    )
    return facilities[~drop].reset_index(drop=True), rejects


def _find_repeats(
    rows: Rows,
    shape: NDArray[np.object_],
    names: NDArray[np.object_],
    size: NDArray[np.float64],
    reach: float,
    repeats: Rows,
) -> None:
    """Note for each row of one category the larger row that it repeats, if any."""
    areas = rows[size[rows] > 0]
    if not len(areas) or len(rows) < 2:
        return
    inside = shapely.point_on_surface(shape[rows])
    big, small = shapely.STRtree(inside).query(shape[areas], predicate="contains")
    pairs = [(rows[s], areas[b]) for s, b in zip(small, big, strict=True)]
    named = rows[[bool(names[row]) for row in rows]]
    if len(named):
        tree = shapely.STRtree(shape[areas])
        near, area = tree.query(shape[named], predicate="dwithin", distance=reach)
        pairs += [
            (named[n], areas[a])
            for n, a in zip(near, area, strict=True)
            if names[named[n]] == names[areas[a]]
        ]
    for one, other in pairs:
        same_name = not names[one] or not names[other] or names[one] == names[other]
        smaller = (size[one], -one) < (size[other], -other)
        if one != other and same_name and smaller and repeats[one] < 0:
            repeats[one] = other
