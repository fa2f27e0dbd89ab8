"""Streets by mode: the graph, what hangs on it, and exact distances and times."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, Protocol

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray

from dizuo.engines.streets.attach import EdgeLines, attach_points, attach_shapes
from dizuo.engines.streets.attachments import Attachments, Seeds
from dizuo.engines.streets.catchments import catchments
from dizuo.engines.streets.graph import UNREACHABLE, Graph
from dizuo.engines.streets.hierarchy import Hierarchy
from dizuo.engines.streets.nearest import nearest, nearest_of
from dizuo.engines.streets.split_nodes import SplitEnds
from dizuo.engines.streets.sweeps import nearest_by_hierarchy
from dizuo.engines.streets.walking_pace import slope_factor
from dizuo.engines.streets.within import Places as CatchmentPlaces
from dizuo.model.errors import DizuoError
from dizuo.model.text import Text
from dizuo.model.values import Support
from dizuo.resources.analysis import Analysis
from dizuo.resources.facilities import Facilities
from dizuo.resources.kept_hierarchies import KeptHierarchies
from dizuo.resources.layers import Layers
from dizuo.resources.street_ends import Mode, ends_of, streets_and_crossings
from dizuo.resources.wiring import resource

__all__ = ["Distances", "Origins", "Streets", "cycling", "driving_time", "walking", "walking_time"]

Floats = NDArray[np.float64]
Int32 = NDArray[np.int32]
Bools = NDArray[np.bool_]


class Origins(Protocol):
    """Things that distances are asked for: homes, samples of land."""

    @property
    def support(self) -> Support:
        """Their ids and places."""

    @property
    def x(self) -> Floats:
        """Easting, m."""

    @property
    def y(self) -> Floats:
        """Northing, m."""


@dataclass(frozen=True, eq=False)
class Distances:
    """To the nearest facility from each origin.

    ``cost`` is in metres (or seconds, for a network of times), ``inf`` where nothing is reached
    within the network's largest cost. ``nearest`` is the facility's id, "" where none.
    """

    cost: Floats
    nearest: NDArray[np.str_]


@dataclass(frozen=True, eq=False)
class _Lane:
    """The nearest facility of one category from every node: its cost and its row."""

    facilities: Facilities
    costs: Int32
    items: Int32


@dataclass(frozen=True, eq=False)
class Streets:
    """The street network of one mode, with costs in millimetres or milliseconds.

    Attributes
    ----------
    edges
        Lines and costs of every edge; ``UNREACHABLE`` where the mode may not go.
    graph
        Directed graph of the mode.
    unit
        ``m`` or ``s``: what a thousand units of cost are.
    access_cost
        Cost of a metre between a door and the street.
    open_air
        bool, one an edge: not in a tunnel. Only there do doors and gates open on the street.
    hierarchy
        The network prepared for many questions, or None: answers are the same.
    largest
        Metres or seconds beyond which nothing is looked for.
    """

    mode: str
    edges: EdgeLines
    graph: Graph
    unit: Literal["m", "s"]
    access_cost: float
    largest: float
    open_air: Bools
    hierarchy: Hierarchy | None = None
    _origins: dict[str, tuple[Origins, Attachments]] = field(default_factory=dict, repr=False)
    _attached: dict[str, tuple[Facilities, Attachments]] = field(default_factory=dict, repr=False)
    _lanes: dict[tuple[str, bool], "_Lane"] = field(default_factory=dict, repr=False)

    def attach(self, origins: Origins) -> Attachments:
        """Hang origins on the network; kept by the name of their support while they stand."""
        name = origins.support.name
        kept = self._origins.get(name)
        if kept is None or not _same_places(kept[0], origins):
            found = attach_points(
                np.column_stack([origins.x, origins.y]),
                np.arange(len(origins.support), dtype=np.int32),
                self.edges,
                access_cost_per_metre=self.access_cost,
                attachable=self.open_air,
            )
            self._origins[name] = kept = (origins, found)
        return kept[1]

    def attach_facilities(self, facilities: Facilities) -> Attachments:
        """Hang facilities on the network: points at the nearest edge, areas at their gates."""
        kept = self._attached.get(facilities.category)
        if kept is None or not kept[0].stand_as(facilities):
            found = attach_shapes(
                facilities.geometry,
                np.arange(len(facilities), dtype=np.int32),
                self.edges,
                access_cost_per_metre=self.access_cost,
                attachable=self.open_air,
            )
            self._attached[facilities.category] = kept = (facilities, found)
        return kept[1]

    def _lane(self, facilities: Facilities, *, towards: bool) -> "_Lane | None":
        """Return what is kept of a category if its facilities still stand where they stood."""
        lane = self._lanes.get((facilities.category, towards))
        return lane if lane is not None and lane.facilities.stand_as(facilities) else None

    def prepare(self, many: Mapping[str, Facilities], *, towards: bool = True) -> None:
        """Search for the nearest facility of many categories at once, for every node.

        Parameters
        ----------
        towards
            Whether people travel to the facility (True) or help travels from it (False).
        """
        wanted = [name for name, one in many.items() if self._lane(one, towards=towards) is None]
        if not wanted:
            return
        seeds = [self.attach_facilities(many[name]) for name in wanted]
        offset = np.cumsum([0, *(len(many[name]) for name in wanted)])
        joined = _join(seeds, offset)
        groups = np.repeat(np.arange(len(wanted), dtype=np.int32), np.diff(offset))
        points = joined.arriving() if towards else joined.leaving()
        costs, items = self._nearest(points, groups, len(wanted), towards=towards)
        for number, name in enumerate(wanted):
            item = items[:, number]
            local = np.where(item >= 0, item - offset[number], -1).astype(np.int32)
            cost = np.ascontiguousarray(costs[:, number])
            self._lanes[name, towards] = _Lane(many[name], cost, local)

    def _nearest(
        self, seeds: Seeds, groups: Int32, count: int, *, towards: bool
    ) -> tuple[Int32, Int32]:
        limit = int(self.largest * 1000)
        if self.hierarchy is not None:
            return nearest_by_hierarchy(
                self.hierarchy,
                seeds,
                groups,
                group_count=count,
                limit=limit,
                towards=towards,
                return_item=True,
            )
        return nearest(
            self.graph,
            seeds,
            groups,
            group_count=count,
            limit=limit,
            towards=towards,
            return_item=True,
        )

    def reach(self, origins: Origins, facilities: Facilities, *, towards: bool = True) -> Distances:
        """Cost between each origin and the nearest facility, exact along the network.

        Both access legs count. Two points on one edge may reach each other along it.
        """
        if len(facilities) == 0:
            return Distances(
                np.full(len(origins.support), np.inf), np.full(len(origins.support), "")
            )
        self.prepare({facilities.category: facilities}, towards=towards)
        lane = self._lanes[facilities.category, towards]
        cost, item = nearest_of(
            self.attach(origins),
            self.attach_facilities(facilities),
            np.zeros(len(facilities), dtype=np.int32),
            lane.costs[:, None],
            lane.items[:, None],
            origin_count=len(origins.support),
            towards=towards,
        )
        cost, item = cost[:, 0], item[:, 0]
        found = (cost != UNREACHABLE) & (cost <= self.largest * 1000)
        return Distances(
            np.where(found, cost / 1000.0, np.inf),
            np.where(found, facilities.support.ids[np.where(found, item, 0)], ""),
        )

    def catchment_access(
        self, homes: Origins, demand: Floats, facilities: Facilities, supply: Floats, radius: float
    ) -> Floats:
        """Two-step floating catchment access of each home: supply open to each resident.

        Parameters
        ----------
        demand
            Residents of each home.
        supply
            Seats, beds or facilities at each facility.
        radius
            Reach of a catchment, in the network's unit.
        """
        if not len(facilities):
            return np.zeros(len(homes.support))
        found = catchments(
            self.graph,
            CatchmentPlaces.at_points(self.attach(homes), len(homes.support)),
            demand,
            CatchmentPlaces.at_points(self.attach_facilities(facilities), len(facilities)),
            supply,
            int(radius * 1000),
        )
        return found.access


def _same_places(one: Origins, other: Origins) -> bool:
    return one is other or (
        np.array_equal(one.support.ids, other.support.ids)
        and np.array_equal(one.x, other.x)
        and np.array_equal(one.y, other.y)
    )


def _join(parts: list[Attachments], offset: NDArray[np.integer]) -> Attachments:
    """Put attachments of several categories behind one another, numbering items through."""
    return Attachments(
        **{
            name: np.concatenate(
                [
                    getattr(part, name) + (offset[k] if name == "item" else 0)
                    for k, part in enumerate(parts)
                ]
            ).astype(np.int32)
            for name in Attachments.__dataclass_fields__
        }
    )


def _network(
    streets: "_Rows",
    mode: Mode,
    seconds_per_metre: tuple[Floats, Floats] | None,
    access_cost: float,
    largest: float,
) -> Streets:
    frame = streets.frame
    length = frame["length_mm"].to_numpy(dtype=np.int64)
    paces = (1.0, 1.0) if seconds_per_metre is None else seconds_per_metre
    costs = []
    for way, pace in zip(("forward", "backward"), paces, strict=True):
        cost = np.maximum(np.rint(length * pace), 1).astype(np.int32)
        may = frame[f"{mode}_{way}"].to_numpy(dtype=bool)
        costs.append(np.where(may, cost, UNREACHABLE).astype(np.int32))
    start, end = streets.ends.start, streets.ends.end
    edges = EdgeLines.from_lines(
        np.asarray(frame.geometry.array, dtype=object), start, end, costs[0], costs[1]
    )
    unit: Literal["m", "s"] = "m" if seconds_per_metre is None else "s"
    open_air = ~frame["tunnel"].to_numpy(dtype=bool)
    return Streets(
        mode, edges, edges.graph(streets.ends.node_count), unit, access_cost, largest, open_air
    )


@dataclass(frozen=True, eq=False)
class _Rows:
    """Edges of a mode with the nodes that they join for it."""

    frame: gpd.GeoDataFrame
    ends: SplitEnds


def _streets_by_place(layers: Layers, mode: Mode) -> _Rows:
    """Return the edges from west to east: between edges equally near, where they lie decides.

    Neither the order of the layer's rows nor the names of its streets do.
    """
    frame, ends = streets_and_crossings(layers), ends_of(layers, mode)
    west, south, east, north = frame.geometry.bounds.to_numpy().T
    order = np.lexsort((east, north, west, south))
    return _Rows(frame.iloc[order], replace(ends, start=ends.start[order], end=ends.end[order]))


@resource
def walking(layers: Layers, analysis: Analysis, hierarchies: KeptHierarchies) -> Streets:
    """Walking network, in metres."""
    rows = _streets_by_place(layers, "walk")
    if not len(rows.frame):
        raise DizuoError(
            Text(
                "the base has no streets: nothing can be reached",
                "底座中没有街道，任何地点都无法到达",
            )
        )
    streets = _network(rows, "walk", None, 1000.0, analysis.largest_walk)
    return replace(streets, hierarchy=hierarchies.of("walk", streets.graph))


@resource
def walking_time(layers: Layers, analysis: Analysis) -> Streets:
    """Walking network, in seconds, slower on stairs and up and down steep streets.

    Where no slope is known, a street counts as level. Stairs have a factor of their own, which
    holds their slope.
    """
    rows = _streets_by_place(layers, "walk")
    grade = rows.frame["grade"].to_numpy(dtype=np.float64)
    stairs = rows.frame["stairs"].to_numpy(dtype=bool)
    level = 3.6 / analysis.walking_speed
    on_stairs = level / analysis.stairs_speed_factor
    pace = tuple(
        np.where(stairs, on_stairs, level * slope_factor(slope, **analysis.walking_slope))
        for slope in (grade, -grade)
    )
    access = 3600.0 / analysis.access_leg_speed
    largest = analysis.largest_walk * 3.6 / analysis.walking_speed
    return _network(rows, "walk", (pace[0], pace[1]), access, largest)


@resource
def cycling(layers: Layers, analysis: Analysis) -> Streets:
    """Cycling network, in metres."""
    return _network(_streets_by_place(layers, "bike"), "bike", None, 1000.0, analysis.largest_walk)


@resource
def driving_time(layers: Layers, analysis: Analysis) -> Streets:
    """Driving network, in seconds: signed limits where mapped, else by class of street."""
    rows = _streets_by_place(layers, "drive")
    frame = rows.frame
    kind = frame["highway"].str.removesuffix("_link")
    speed = kind.map(dict(analysis.driving_speed)).fillna(analysis.driving_speed["other"])
    signed = frame["maxspeed_kmh"] * analysis.driving["share_of_limit"]
    pace = 3.6 / signed.fillna(speed).clip(lower=1.0).to_numpy(dtype=np.float64)
    access = 3600.0 / analysis.access_leg_speed
    return _network(rows, "drive", (pace, pace), access, analysis.largest_drive_time)
