"""Where people get to later while streets are closed, by how much, and what lies nearer then.

Two plain searches of each mode: with the streets as they are, and as they are left open. Only
places are told of; a number of residents below the smallest group is not told, nor part of a total.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dizuo.model.evidence import Evidence
from dizuo.model.text import Text
from dizuo.operations.travel.closures import Closure, with_closures
from dizuo.operations.travel.settings import TravelSettings
from dizuo.resources.buildings import Homes
from dizuo.resources.facilities import Facilities
from dizuo.resources.reach import subset
from dizuo.resources.spaces import Stops
from dizuo.resources.streets import Streets
from dizuo.resources.wiring import Workshop

__all__ = ["COLUMNS", "STOPS", "Detours", "detours", "left_open"]
__systems__ = ("L3",)

Travelled = Literal["walk", "drive"]

STOPS: Final = "stop"
"""What stops of public transport are called among the categories."""
COLUMNS: Final = (
    "mode", "category", "id", "name", "shut", "residents", "longer_for", "cut_off",
    "mean_seconds", "most_seconds", "instead", "instead_name", "hidden",
)  # fmt: skip
_NETWORKS: Final[dict[Travelled, str]] = {"walk": "walking_time", "drive": "driving_time"}
_ON_STREETS: Final = ("bus", "tram")
_TITLE: Final = Text("Stops of public transport", "公共交通站点")
_TICK: Final = 0.001  # s: costs are whole milliseconds
Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Detours:
    """What becomes longer.

    Attributes
    ----------
    rows
        One row a mode and destination that is shut or reached later, with the columns ``COLUMNS``:
        ``residents`` live nearest to it as the streets are; ``longer_for`` of them get to their
        nearest one of the category later, by ``mean_seconds`` and ``most_seconds``; ``cut_off``
        no more within the largest way that is looked for; ``instead`` is the nearest then for
        most of them. Numbers are NaN where ``hidden`` says that they are about too few.
    shut
        Ids of stops and facilities that stand on closed streets.
    """

    rows: pd.DataFrame
    shut: tuple[str, ...]


def left_open(
    workshop: Workshop, closures: Sequence[Closure], settings: TravelSettings
) -> Workshop:
    """Return the city's resources with closures on the streets.

    Raises
    ------
    InputError
        If a closure meets no street.
    """
    closed = with_closures(workshop.get("layers"), closures, settings)
    return Workshop({**workshop.inputs, "layers": closed})


def detours(
    workshop: Workshop, after: Workshop, closures: Sequence[Closure], settings: TravelSettings
) -> Detours:
    """Compare ways with and without closures.

    Walking leads to stops and to the categories of the settings, driving to the categories. Buses
    and trams call at no stop on a street that is closed to driving; nobody gets to what stands on a
    street that is closed to walking. Homes there are left by the nearest street that is open.

    Parameters
    ----------
    workshop, after
        The city's resources, and those that :func:`left_open` leaves.
    """
    homes: Homes = workshop.get("homes")
    smallest = workshop.get("analysis").smallest_group
    modes = frozenset().union(*(one.modes for one in closures))
    networks: dict[str, tuple[Streets, Streets]] = {
        mode: (workshop.get(name), after.get(name))
        for mode, name in _NETWORKS.items()
        if mode in modes
    }
    stops: Stops = workshop.get("stops")
    shut_stops = _shut_stops(stops, networks)
    asked = [(_as_facilities(stops), shut_stops)] if len(stops) else []
    for category in settings.categories:
        facilities: Facilities = workshop.get(category)
        if len(facilities):
            shut = _on_closed(facilities, *networks["walk"]) if "walk" in networks else None
            asked.append((facilities, _none(facilities) if shut is None else shut))
    rows: list[dict[str, object]] = []
    for facilities, shut in asked:
        for mode, (open_streets, left_open) in _ways(facilities, networks, workshop, after).items():
            told = _Told(mode, facilities, shut, homes, settings.least_delay, smallest)
            rows.extend(told.rows(open_streets, left_open))
    marked = [facilities.support.ids[shut] for facilities, shut in asked]
    ids = sorted({str(one) for some in marked for one in some})
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    order = ["mode", "category", "longer_for", "id"]
    ascending = [True, True, False, True]
    return Detours(
        table.sort_values(order, ascending=ascending, ignore_index=True, kind="stable"), tuple(ids)
    )


def _ways(
    facilities: Facilities,
    networks: dict[str, tuple[Streets, Streets]],
    workshop: Workshop,
    after: Workshop,
) -> dict[str, tuple[Streets, Streets]]:
    """Return the networks on which ways to a category change; stops are walked to."""
    if facilities.category != STOPS:
        return networks
    # A stop may be shut by what closes the street to buses alone: it is walked to all the same.
    return {"walk": (workshop.get("walking_time"), after.get("walking_time"))}


@dataclass(frozen=True, eq=False)
class _Told:
    """What is told of one category by one mode."""

    mode: str
    facilities: Facilities
    shut: Bools
    homes: Homes
    least_delay: float
    smallest: float

    def rows(self, before: Streets, after: Streets) -> list[dict[str, object]]:
        """Return a row for each facility that is shut or reached later."""
        facilities = self.facilities
        was = before.reach(self.homes, facilities)
        left = subset(facilities, ~self.shut, f"{facilities.category}.open")
        then = after.reach(self.homes, left)
        reached, still = np.isfinite(was.cost), np.isfinite(then.cost)
        both = reached & still
        late = np.zeros(len(was.cost))
        late[both] = then.cost[both] - was.cost[both]
        longer, cut = both & (late >= max(self.least_delay, _TICK)), reached & ~still
        ids = facilities.support.ids
        named = {str(one) for one in (*was.nearest[longer | cut], *ids[self.shut])}
        names = dict(zip(ids.tolist(), facilities.names.tolist(), strict=True))
        shut = set(ids[self.shut].tolist())
        rows = []
        for one in sorted(named):
            mine = was.nearest == one
            told = self._numbers(mine, mine & longer, mine & cut, late, then.nearest)
            instead = told["instead"]
            rows.append(
                {
                    "mode": self.mode, "category": facilities.category, "id": one,
                    "name": names[one], "shut": one in shut, **told,
                    "instead_name": names.get(str(instead), ""),
                }
            )  # fmt: skip
        return rows

    def _numbers(
        self, mine: Bools, longer: Bools, cut: Bools, late: Floats, then: NDArray[np.str_]
    ) -> dict[str, object]:
        """Return how many are touched and how much; nothing where it is about too few."""
        people = self.homes.residents
        counts = {
            name: float(people[rows].sum())
            for name, rows in (("residents", mine), ("longer_for", longer), ("cut_off", cut))
        }
        delays = {"mean_seconds": np.nan, "most_seconds": np.nan}
        if any(0 < count < self.smallest for count in counts.values()):
            return {**dict.fromkeys(counts, np.nan), **delays, "instead": "", "hidden": "few"}
        if longer.any():
            mean = float(np.average(late[longer], weights=people[longer]))
            delays = {"mean_seconds": mean, "most_seconds": float(late[longer].max())}
        instead = _most(then[longer], people[longer])
        return {**counts, **delays, "instead": instead, "hidden": ""}


def _most(names: NDArray[np.str_], weights: NDArray[np.float64]) -> str:
    """Return the name with the largest weight; of two alike the first."""
    if not len(names):
        return ""
    known, which = np.unique(names, return_inverse=True)
    return str(known[np.argmax(np.bincount(which, weights=weights))])


def _shut_stops(stops: Stops, networks: dict[str, tuple[Streets, Streets]]) -> Bools:
    """Tell which stops nobody gets to, or no bus."""
    facilities = _as_facilities(stops)
    shut = _none(facilities)
    on_street = np.isin(stops.mode, _ON_STREETS)
    for mode, pair in networks.items():
        touched = _on_closed(facilities, *pair)
        shut |= touched & on_street if mode == "drive" else touched
    return shut


def _on_closed(facilities: Facilities, before: Streets, after: Streets) -> Bools:
    """Tell what hangs on closed streets alone: a park is open while one gate is."""
    hung = before.attach_facilities(facilities)
    closed = before.edges.usable & ~after.edges.usable
    open_gate = np.zeros(len(facilities), dtype=bool)
    open_gate[hung.item[~closed[hung.edge]]] = True
    any_gate = np.zeros(len(facilities), dtype=bool)
    any_gate[hung.item] = True
    return any_gate & ~open_gate


def _none(facilities: Facilities) -> Bools:
    return np.zeros(len(facilities), dtype=bool)


def _as_facilities(stops: Stops) -> Facilities:
    """Return the stops as what can be looked for on a network."""
    unknown = np.full(len(stops), np.nan)
    return Facilities(
        STOPS, _TITLE, replace(stops.support, name="facilities"), stops.x, stops.y, stops.geometry,
        stops.names, unknown, unknown, unknown, Evidence.MEASURED, gated=False,
    )  # fmt: skip
