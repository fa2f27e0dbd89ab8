"""How each step of a build makes its layers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd

from dizuo.base.buildings import estimate_buildings
from dizuo.base.city_data import CityData
from dizuo.base.config import SourceSettings
from dizuo.base.delineation import City, draw_places
from dizuo.base.elevation import elevation_at
from dizuo.base.evaluation_table import read_evaluation
from dizuo.base.gazetteer_layers import (
    build_addresses,
    build_place_names,
    without_dwellings,
)
from dizuo.base.gtfs import read_gtfs
from dizuo.base.gtfs_layers import feed_stops, merge_stops, shape_lines, timetable_tables
from dizuo.base.mending import drop_repeated_ids
from dizuo.base.merging import merge_sources
from dizuo.base.osm_buildings import build_buildings
from dizuo.base.osm_divisions import build_divisions
from dizuo.base.osm_features import build_facilities, measure_facilities
from dizuo.base.osm_stops import build_stops
from dizuo.base.osm_surroundings import (
    build_green,
    build_heritage,
    build_land_use,
    build_trees,
    build_water,
    cutting_lines,
)
from dizuo.base.plazas import build_crossings
from dizuo.base.populating import populated
from dizuo.base.rejects import join_rejects
from dizuo.base.schemas import LAYERS, empty_layer
from dizuo.base.staff_table import current_staff, read_staff
from dizuo.base.store import Base
from dizuo.base.street_barriers import barriers_of
from dizuo.base.street_grades import with_grades
from dizuo.base.streets import build_streets
from dizuo.base.user_layers import UserRows, read_user_rows
from dizuo.base.user_values import KnownPlaces, current_values, read_user_values
from dizuo.model.evidence import Evidence
from dizuo.standards.catalogue import load_facility_catalogue

__all__ = ["MAKERS", "Made", "Materials"]

TIMETABLE: Final = tuple(name for name in LAYERS if name.startswith("timetable_"))
DERIVED: Final = "derived"
"""Source id of rows that dizuo draws itself."""


@dataclass(frozen=True, eq=False)
class Made:
    """A layer as made, and what was rejected and mended on the way."""

    frame: pd.DataFrame
    rejects: pd.DataFrame = field(default_factory=lambda: join_rejects([]))
    mended: Mapping[str, int] = field(default_factory=dict)
    area_change: float = 0.0


class Materials:
    """What a step may draw on: the shared data and the layers made before it.

    Parameters
    ----------
    data
        The shared data.
    last
        The last base, for layers that did not change.
    """

    def __init__(self, data: CityData, last: Base | None) -> None:
        self.data = data
        self._last = last
        self._made: dict[str, pd.DataFrame] = {}

    def keep(self, name: str, frame: pd.DataFrame) -> None:
        """Hold a checked layer for later steps."""
        self._made[name] = frame

    def layer(self, name: str) -> gpd.GeoDataFrame:
        """Return a layer made in this build, else the last one."""
        if name not in self._made and self._last is not None:
            self._made[name] = self._last.layer(name)
        frame: gpd.GeoDataFrame = self._made[name]
        return frame

    def given(self, layer: str) -> list[tuple[SourceSettings, UserRows]]:
        """Read the user's sources of a layer."""
        data = self.data
        return [
            (source, read_user_rows(source, data.crs, data.whole))
            for source in data.config.for_layer(layer)
        ]

    def merged(
        self, layer: str, first: gpd.GeoDataFrame, rejects: pd.DataFrame | None = None
    ) -> Made:
        """Put the user's rows of a layer to those of OpenStreetMap."""
        given = self.given(layer)
        unique, repeated = drop_repeated_ids(first)
        frame, more = merge_sources(layer, unique, given)
        own = [repeated] if rejects is None else [rejects, repeated]
        return made_from(frame, [*map(self.stamped, own), more], [rows for _, rows in given])

    def stamped(self, rejects: pd.DataFrame) -> pd.DataFrame:
        """Name the OpenStreetMap source in rejects that name none."""
        source = self.data.osm_source
        return join_rejects([rejects], source=source.id if source else "")

    @property
    def osm_id(self) -> str:
        """Id of the OpenStreetMap source."""
        return self.data.osm_source.id if self.data.osm_source else "osm"

    def empty(self, layer: str) -> gpd.GeoDataFrame:
        """Return a layer without rows."""
        frame: gpd.GeoDataFrame = empty_layer(layer, self.data.crs)
        return frame


def made_from(frame: pd.DataFrame, rejects: list[pd.DataFrame], given: list[UserRows]) -> Made:
    """Sum up what happened to several sources."""
    mended: dict[str, int] = {}
    for rows in given:
        for fault, count in rows.mended.items():
            mended[fault] = mended.get(fault, 0) + count
    return Made(frame, join_rejects(rejects), mended, sum(rows.area_change for rows in given))


def _outline(materials: Materials) -> dict[str, Made]:
    data = materials.data
    city = data.config.city

    def row(name: str, shape: object) -> Made:
        return Made(
            gpd.GeoDataFrame(
                {"id": [f"{name}:{city.id}"], "source": [name], "name": [city.name]},
                geometry=[shape],
                crs=data.crs,
            )
        )

    outline = data.outline
    return {"boundary": row("boundary", outline.land), "extent": row("extent", outline.extent)}


def _streets(materials: Materials) -> dict[str, Made]:
    extract = materials.data.extract
    if extract is None:
        names = ("street_nodes", "street_edges", "street_crossings")
        return {name: Made(materials.empty(name)) for name in names}
    crs, source = materials.data.crs, materials.osm_id
    barriers = barriers_of(extract.points)
    nodes, edges = build_streets(extract.highways, crs, source=source, barriers=barriers)
    crossings = build_crossings(extract.areas, nodes, crs, source=source)
    for model in materials.data.config.of_kind("elevation"):
        heights = elevation_at(model, nodes["x"].to_numpy(), nodes["y"].to_numpy(), crs)
        nodes["elevation"] = nodes["elevation"].fillna(pd.Series(heights, index=nodes.index))
    edges = with_grades(edges, nodes)
    return {
        "street_nodes": Made(nodes),
        "street_edges": Made(edges),
        "street_crossings": Made(crossings),
    }


def _buildings(materials: Materials) -> dict[str, Made]:
    data = materials.data
    if data.extract is None:
        told = materials.empty("buildings")[["id", "source", "name", "geometry"]]
        rejects = join_rejects([])
    else:
        found = build_buildings(data.extract, data.crs, source=materials.osm_id)
        told, rejects = found.buildings, found.rejects
    merged = materials.merged("buildings", told, rejects)
    buildings = gpd.GeoDataFrame(merged.frame)
    if len(buildings) == 0:
        return {"buildings": Made(materials.empty("buildings"), merged.rejects)}
    estimated = estimate_buildings(_without_marks(buildings))
    marked = _weakened(estimated, data.config.sources)
    cells = materials.given("population_points")
    frame, unplaced = populated(marked, data.whole, data.config.population, cells)
    given = [merged.rejects, *(rows.rejects for _, rows in cells), unplaced]
    return {"buildings": Made(frame, join_rejects(given), merged.mended, merged.area_change)}


def _without_marks(buildings: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Drop the marks that the estimation sets itself, and give unclassified rows their kind."""
    frame = buildings.drop(
        columns=[
            name
            for name in buildings.columns
            if name.endswith("_evidence") and name != "use_evidence"
        ]
    )
    if "kind" in frame.columns:
        frame["kind"] = frame["kind"].fillna("yes")
    frame["heritage"] = (
        frame["heritage"].fillna(value=False).astype(bool) if "heritage" in frame else False
    )
    return frame


def _weakened(frame: gpd.GeoDataFrame, sources: tuple[SourceSettings, ...]) -> gpd.GeoDataFrame:
    """Let no value be better known than the source that tells it."""
    result = frame.copy()
    for source in sources:
        if source.evidence is Evidence.MEASURED:
            continue
        rows = result["source"] == source.id
        for name in [name for name in result.columns if name.endswith("_evidence")]:
            told = rows & (result[name] == Evidence.MEASURED)
            result[name] = result[name].mask(told, str(source.evidence))
    return result


def _facilities(materials: Materials) -> dict[str, Made]:
    data = materials.data
    if data.extract is None:
        found, rejects = materials.empty("facilities"), join_rejects([])
        found["is_building"] = np.zeros(0, dtype=bool)
    else:
        found, rejects = build_facilities(
            data.extract, data.crs, load_facility_catalogue(), source=materials.osm_id
        )
    merged = materials.merged("facilities", found, rejects)
    frame = gpd.GeoDataFrame(merged.frame)
    measured = measure_facilities(frame, materials.layer("buildings"))
    weakened = _weakened(measured, data.config.sources)
    return {"facilities": Made(weakened, merged.rejects, merged.mended, merged.area_change)}


def _places(materials: Materials) -> dict[str, Made]:
    data = materials.data
    city = data.config.city
    places = draw_places(
        data.outline.land,
        City(city.id, city.name, city.name_zh),
        street_edges=materials.layer("street_edges"),
        water=materials.layer("water"),
        lines=None if data.extract is None else cutting_lines(data.extract, data.crs),
        divisions=materials.layer("divisions"),
        source=DERIVED,
    )
    return {"places": Made(places)}


def _divisions(materials: Materials) -> dict[str, Made]:
    data = materials.data
    if data.extract is None:
        found = materials.empty("divisions")
    else:
        found = build_divisions(data.extract, data.outline.land, data.crs, source=materials.osm_id)
    return {"divisions": materials.merged("divisions", found)}


def _land(materials: Materials) -> dict[str, Made]:
    extract, crs = materials.data.extract, materials.data.crs
    builders = {
        "green": build_green,
        "water": build_water,
        "land_use": build_land_use,
        "heritage": build_heritage,
        "trees": build_trees,
    }
    made: dict[str, Made] = {}
    for layer, build_layer in builders.items():
        found = (
            materials.empty(layer)
            if extract is None
            else build_layer(extract, crs, source=materials.osm_id)
        )
        made[layer] = materials.merged(layer, found)
    return made


def _stops(materials: Materials) -> dict[str, Made]:
    data = materials.data
    if data.extract is None:
        stops, rejects = materials.empty("stops"), [join_rejects([])]
    else:
        stops, repeated = build_stops(data.extract, data.crs, source=materials.osm_id)
        rejects = [materials.stamped(repeated)]
    tables: dict[str, list[pd.DataFrame]] = {name: [] for name in TIMETABLE}
    for source in data.config.of_kind("gtfs"):
        feed = read_gtfs(source.file)
        timed, unusable = feed_stops(
            feed, source, data.config.city.reference_date, data.crs, data.whole
        )
        stops, same = merge_stops(stops, timed)
        rejects += [join_rejects([unusable], source=source.id), same]
        own = timetable_tables(feed, source.id)
        own["timetable_shapes"] = shape_lines(feed, source.id, data.crs)
        for name, table in own.items():
            tables[name].append(table)
    merged = materials.merged("stops", stops, join_rejects(rejects))
    timetable = {
        name: Made(pd.concat(parts, ignore_index=True) if parts else empty_layer(name, data.crs))
        for name, parts in tables.items()
    }
    return {"stops": merged, **timetable}


def _names(materials: Materials) -> dict[str, Made]:
    extract, crs = materials.data.extract, materials.data.crs
    if extract is None:
        addresses, rejects = materials.empty("addresses"), join_rejects([])
        names = materials.empty("place_names")
    else:
        addresses, rejects = build_addresses(extract, crs, source=materials.osm_id)
        names = build_place_names(extract, crs, source=materials.osm_id)
    merged = materials.merged("addresses", addresses, rejects)
    return {
        "addresses": replace(merged, frame=without_dwellings(merged.frame)),
        "place_names": materials.merged("place_names", names),
    }


def _values(materials: Materials) -> dict[str, Made]:
    data = materials.data
    given = [
        read_user_values(source, materials.layer("places"), materials.layer("buildings"))
        for source in data.config.of_kind("values")
    ]
    if not given:
        return {"user_values": Made(empty_layer("user_values", data.crs))}
    tables, rejects = [table for table, _ in given], [rejected for _, rejected in given]
    values, passed = current_values(tables, data.config.city.reference_date)
    return {"user_values": Made(values, join_rejects([*rejects, passed]))}


def _staff(materials: Materials) -> dict[str, Made]:
    data = materials.data
    places = KnownPlaces(materials.layer("places"), empty_layer("buildings", data.crs))
    given = [read_staff(source, places) for source in data.config.of_kind("staff")]
    if not given:
        return {"staff": Made(empty_layer("staff", data.crs))}
    tables, rejects = [table for table, _ in given], [rejected for _, rejected in given]
    counts, passed = current_staff(tables, data.config.city.reference_date)
    return {"staff": Made(counts, join_rejects([*rejects, passed]))}


def _evaluation(materials: Materials) -> dict[str, Made]:
    data = materials.data
    tables = [
        read_evaluation(source, data.config.city.reference_date)
        for source in data.config.of_kind("evaluation")
    ]
    empty = empty_layer("evaluation", data.crs)
    return {"evaluation": Made(pd.concat(tables, ignore_index=True) if tables else empty)}


MAKERS: Final[Mapping[str, Callable[[Materials], dict[str, Made]]]] = {
    "outline": _outline,
    "streets": _streets,
    "buildings": _buildings,
    "facilities": _facilities,
    "divisions": _divisions,
    "land": _land,
    "stops": _stops,
    "names": _names,
    "places": _places,
    "values": _values,
    "staff": _staff,
    "evaluation": _evaluation,
}
