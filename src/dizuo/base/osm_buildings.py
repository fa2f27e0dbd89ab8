"""Buildings of an OpenStreetMap extract: what their tags, contents and land tell of their use.

What a tag says is ``measured``; what is inferred from a shop inside, from the land beneath, or from
the absence of any other sign is ``estimated``. Levels, heights and dwellings are only read here;
:mod:`dizuo.base.buildings` fills what is missing.
"""

from dataclasses import dataclass
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from dizuo.base.estimation import Estimation, load_estimation
from dizuo.base.osm import OsmExtract
from dizuo.base.osm_tags import metres, number, texts, year
from dizuo.model.evidence import Evidence

__all__ = ["OsmBuildings", "build_buildings"]

Rows = NDArray[np.intp]
Tags = dict[str, str]

REJECT_COLUMNS: Final = ("row", "id", "field", "reason", "cure", "geometry_wkt")
NOT_HOMES: Final = frozenset({"mixed", "residential"})


@dataclass(frozen=True, eq=False)
class OsmBuildings:
    """Buildings, and what was rejected among them and why."""

    buildings: gpd.GeoDataFrame
    rejects: pd.DataFrame


def build_buildings(
    extract: OsmExtract,
    crs: CRS | str,
    *,
    estimation: Estimation | None = None,
    source: str = "osm",
) -> OsmBuildings:
    """Turn building areas into the measured part of the layer ``buildings``.

    Parameters
    ----------
    extract
        Features of an OpenStreetMap file.
    crs
        The city's metric system.
    estimation
        Tag lists and numbers; the packaged ones by default.
    source
        Id of the source, for the column ``source``.

    Returns
    -------
    Columns ``id``, ``source``, ``name``, ``use``, ``use_evidence``, ``kind`` (the value of
    ``building``), ``levels``, ``height``, ``dwellings``, ``part_floor_area`` (m², where parts tell
    it), each NaN where no tag tells it, ``start_year``, ``heritage``, geometry in ``crs``.
    """
    estimation = estimation or load_estimation()
    areas = extract.areas.to_crs(crs)
    tags: list[Tags] = list(areas["tags"])
    rejects = _Rejects()
    kind = np.array([each.get("building", "no") for each in tags], dtype=object)
    rows = _kept(areas, kind, estimation, rejects)
    rejects.extend(_points_without_footprint(extract.points))
    rows = _drop_inside(areas, rows, tags, estimation, rejects)
    buildings = areas.iloc[rows].reset_index(drop=True)
    own = [tags[row] for row in rows]
    use, evidence = _uses(buildings, kind[rows], own, extract, areas, estimation)
    numbers = _numbers(buildings, own, estimation, rejects)
    parts = _parts(areas, tags, buildings, estimation, rejects)
    levels = np.where(np.isnan(numbers["levels"]), parts["levels"], numbers["levels"])
    height = np.where(np.isnan(numbers["height"]), parts["height"], numbers["height"])
    frame = gpd.GeoDataFrame(
        {
            "id": "building:" + buildings["id"],
            "source": source,
            "name": texts(own, "name"),
            "use": use,
            "use_evidence": evidence,
            "kind": kind[rows],
            "levels": levels,
            "height": height,
            "dwellings": numbers["dwellings"],
            "part_floor_area": parts["floor_area"],
            "start_year": np.array([year(each.get("start_date")) for each in own], dtype=float),
            "heritage": np.array([_is_heritage(each) for each in own], dtype=bool),
        },
        geometry=buildings.geometry.array,
        crs=crs,
    )
    return OsmBuildings(frame, rejects.frame())


class _Rejects:
    """Rows that were rejected so far."""

    def __init__(self) -> None:
        self._rows: list[tuple[str, str, str, str, str, str]] = []

    def add(
        self, name: str, reason: str, *, field: str = "", cure: str = "", wkt: str = ""
    ) -> None:
        self._rows.append((name, f"building:{name}", field, reason, cure, wkt))

    def extend(self, others: "_Rejects") -> None:
        self._rows.extend(others._rows)  # noqa: SLF001 - the same class

    def frame(self) -> pd.DataFrame:
        return pd.DataFrame(self._rows, columns=list(REJECT_COLUMNS), dtype="str")


def _kept(
    areas: gpd.GeoDataFrame,
    kind: NDArray[np.object_],
    estimation: Estimation,
    rejects: _Rejects,
) -> Rows:
    rows = np.flatnonzero(kind != "no")
    reason = [estimation.not_a_building.get(kind[row]) for row in rows]
    for row, why in zip(rows, reason, strict=True):
        if why is not None:
            rejects.add(
                areas["id"].iloc[row],
                f"not a building in use: {why}",
                field="building",
                wkt=areas.geometry.iloc[row].wkt,
            )
    return rows[[why is None for why in reason]]


def _points_without_footprint(points: gpd.GeoDataFrame) -> _Rejects:
    rejects = _Rejects()
    for name, tags, point in zip(points["id"], points["tags"], points.geometry, strict=True):
        if tags.get("building", "no") != "no":
            rejects.add(
                name,
                "the building is a point without a footprint",
                field="building",
                cure="Draw its outline in OpenStreetMap.",
                wkt=point.wkt,
            )
    return rejects


def _drop_inside(
    areas: gpd.GeoDataFrame,
    rows: Rows,
    tags: list[Tags],
    estimation: Estimation,
    rejects: _Rejects,
) -> Rows:
    """Leave out buildings that lie in a bigger one on the same layer: their area counts there."""
    geometry = np.asarray(areas.geometry.array, dtype=object)[rows]
    area = shapely.area(geometry)
    # Neighbours share walls by the thousand: only a middle inside another building is suspect.
    middle = shapely.STRtree(shapely.point_on_surface(geometry))
    outer, inner = middle.query(geometry, predicate="contains")
    smaller = (area[inner] < area[outer]) | ((area[inner] == area[outer]) & (inner > outer))
    inner, outer = inner[smaller], outer[smaller]
    layer = np.array([tags[row].get("layer", "0") for row in rows], dtype=object)
    same = layer[inner] == layer[outer]
    inner, outer = inner[same], outer[same]
    shared = shapely.area(shapely.intersection(geometry[inner], geometry[outer]))
    inside = shared >= estimation.numbers["parts"]["inside"] * area[inner]
    drop = np.zeros(len(rows), dtype=bool)
    for small, big in zip(inner[inside], outer[inside], strict=True):
        if not drop[small]:
            drop[small] = True
            rejects.add(
                areas["id"].iloc[rows[small]],
                f"lies inside the building {areas['id'].iloc[rows[big]]}",
                field="geometry",
                cure="Map it as building:part in OpenStreetMap.",
                wkt=geometry[small].wkt,
            )
    return rows[~drop]


def _uses(
    buildings: gpd.GeoDataFrame,
    kind: NDArray[np.object_],
    own: list[Tags],
    extract: OsmExtract,
    areas: gpd.GeoDataFrame,
    estimation: Estimation,
) -> tuple[NDArray[np.object_], NDArray[np.object_]]:
    """Classify by own tags, then what is inside, then the land beneath, then size and depth."""
    count = len(buildings)
    use = np.full(count, "", dtype=object)
    evidence = np.full(count, Evidence.ESTIMATED.value, dtype=object)
    by_tag = np.array([estimation.building_tag.get(value, "") for value in kind], dtype=object)
    whole = np.array(
        [
            estimation.whole_building.find(each) or estimation.outline.find(each) or ""
            for each in own
        ],
        dtype=object,
    )
    floor = np.array([estimation.ground_floor.find(each) or "" for each in own], dtype=object)
    told = np.where(whole != "", whole, np.where(by_tag != "", by_tag, floor))
    told[(by_tag == "residential") & (whole == "") & (floor != "")] = "mixed"
    use[:] = told
    evidence[told != ""] = Evidence.MEASURED.value

    whole_inside, floor_inside = _contents(buildings, extract.points, estimation)
    take = (use == "") & (whole_inside != "")
    use[take] = whole_inside[take]
    beneath = _beneath(buildings, areas, estimation)
    take = (use == "") & ~np.isin(beneath, ["", "residential"])
    use[take] = beneath[take]
    small = (
        buildings.geometry.area.to_numpy() < estimation.numbers["residential"]["least_footprint"]
    )
    underground = np.array([number(each.get("layer")) < 0 for each in own], dtype=bool)
    use[(use == "") & (small | underground)] = "ancillary"
    single = np.array([number(each.get("building:levels")) == 1 for each in own], dtype=bool)
    take = (use == "") & (floor_inside != "") & single
    use[take] = floor_inside[take]
    deep = 2 * buildings.geometry.area / buildings.geometry.length
    unknown = (use == "") & (deep.to_numpy() > estimation.numbers["residential"]["deepest"])
    use[unknown], evidence[unknown] = "unknown", Evidence.MISSING.value
    use[use == ""] = "residential"
    shared = (use == "residential") & (floor_inside != "")
    use[shared] = "mixed"
    evidence[shared] = Evidence.ESTIMATED.value
    return use, evidence


def _contents(
    buildings: gpd.GeoDataFrame, points: gpd.GeoDataFrame, estimation: Estimation
) -> tuple[NDArray[np.object_], NDArray[np.object_]]:
    """Return the use of features that fill, and of features that share, each building."""
    whole = np.full(len(buildings), "", dtype=object)
    floor = np.full(len(buildings), "", dtype=object)
    fills = [estimation.whole_building.find(each) for each in points["tags"]]
    shares = [estimation.ground_floor.find(each) for each in points["tags"]]
    telling = np.flatnonzero([bool(a or b) for a, b in zip(fills, shares, strict=True)])
    if not len(telling):
        return whole, floor
    located = points.geometry.iloc[telling].to_crs(buildings.crs)
    outline = np.asarray(buildings.geometry.array, dtype=object)
    tree = shapely.STRtree(np.asarray(located.array, dtype=object))
    building, point = tree.query(outline, predicate="contains")
    for which, inside in zip(telling[point][::-1], building[::-1], strict=True):
        if fills[which]:
            whole[inside] = fills[which]
        else:
            floor[inside] = shares[which]
    return whole, floor


def _beneath(
    buildings: gpd.GeoDataFrame, areas: gpd.GeoDataFrame, estimation: Estimation
) -> NDArray[np.object_]:
    """Return the use that the smallest telling area around each building suggests."""
    uses = [
        None if each.get("building", "no") != "no" else estimation.beneath.find(each)
        for each in areas["tags"]
    ]
    telling = np.flatnonzero([use is not None for use in uses])
    beneath = np.full(len(buildings), "", dtype=object)
    if not len(telling):
        return beneath
    land = np.asarray(areas.geometry.array, dtype=object)[telling]
    inside = np.asarray(buildings.geometry.representative_point().array)
    area, building = shapely.STRtree(inside).query(land, predicate="contains")
    order = np.argsort(-shapely.area(land)[area], kind="stable")
    for which, around in zip(building[order], telling[area[order]], strict=True):
        beneath[which] = uses[around]
    return beneath


def _numbers(
    buildings: gpd.GeoDataFrame, own: list[Tags], estimation: Estimation, rejects: _Rejects
) -> dict[str, NDArray[np.float64]]:
    """Read levels, height and dwellings; what cannot be read is a reject of that field alone."""
    limits = estimation.numbers["levels"]
    read: dict[str, NDArray[np.float64]] = {}
    for column, key, parse, most in (
        ("levels", "building:levels", number, float(limits["most"])),
        ("height", "height", metres, float(limits["highest"])),
        ("dwellings", "building:flats", number, np.inf),
    ):
        values = np.array([parse(each.get(key)) for each in own], dtype=float)
        said = np.array([key in each for each in own], dtype=bool)
        wrong = said & ~((values > 0) & (values <= most))
        for row in np.flatnonzero(wrong):
            rejects.add(
                buildings["id"].iloc[row],
                f"{key} is {own[row][key]!r}: not a number above 0 and at most {most:g}",
                field=column,
                cure="The building is kept and the value estimated.",
            )
        read[column] = np.where(wrong, np.nan, values)
    return read


def _parts(
    areas: gpd.GeoDataFrame,
    tags: list[Tags],
    buildings: gpd.GeoDataFrame,
    estimation: Estimation,
    rejects: _Rejects,
) -> dict[str, NDArray[np.float64]]:
    """Let parts that cover an outline speak for it: most levels, greatest height, floor area."""
    count = len(buildings)
    result = {name: np.full(count, np.nan) for name in ("levels", "height", "floor_area")}
    rows = np.flatnonzero(
        [
            each.get("building:part", "no") not in {"no", "roof"} and "building" not in each
            for each in tags
        ]
    )
    if not len(rows):
        return result
    shape = np.asarray(areas.geometry.array, dtype=object)[rows]
    tree = shapely.STRtree(buildings.geometry.array)
    part, building = tree.query(shapely.point_on_surface(shape), predicate="within")
    for orphan in np.setdiff1d(np.arange(len(rows)), part):
        rejects.add(
            areas["id"].iloc[rows[orphan]],
            "a building part without a building around it",
            field="building:part",
            cure="Draw the building's outline in OpenStreetMap.",
            wkt=shape[orphan].wkt,
        )
    own = [tags[row] for row in rows]
    table = pd.DataFrame(
        {
            "building": building,
            "area": shapely.area(shape)[part],
            "levels": np.array([number(own[each].get("building:levels")) for each in part], float),
            "height": np.array([metres(own[each].get("height")) for each in part], float),
            "below": np.nan_to_num([number(own[each].get("building:min_level")) for each in part]),
        }
    )
    table["floor_area"] = table["area"] * (table["levels"] - table["below"]).clip(lower=0)
    whole = table.groupby("building").agg(
        area=("area", "sum"),
        levels=("levels", "max"),
        height=("height", "max"),
        floor_area=("floor_area", _sum_if_all_known),
    )
    index: Any = whole.index.to_numpy()
    covered = (
        buildings.geometry.area.to_numpy()[index] * estimation.numbers["parts"]["outline_covered"]
    )
    speaks = whole["area"].to_numpy() >= covered
    result["levels"][index] = whole["levels"]
    result["height"][index] = whole["height"]
    result["floor_area"][index[speaks]] = whole["floor_area"].to_numpy()[speaks]
    return result


def _sum_if_all_known(values: "pd.Series[float]") -> float:
    return float(values.sum(skipna=False))


def _is_heritage(tags: Tags) -> bool:
    return (
        tags.get("heritage", "no") != "no"
        or "heritage:operator" in tags
        or tags.get("historic", "no") not in {"no", "yes"}
    )
