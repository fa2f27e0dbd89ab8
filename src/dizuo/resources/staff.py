"""How many work for a city and its districts, beside residents, land and cases."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dizuo.model.evidence import Evidence, weakest
from dizuo.model.place import PlaceKind
from dizuo.model.text import Text
from dizuo.model.values import Missing, PlaceValues, Result
from dizuo.resources.land import PlaceAmounts
from dizuo.resources.layers import Layers
from dizuo.resources.places import Places
from dizuo.resources.wiring import resource

__all__ = ["VARIANTS", "Staff", "StaffOfPlaces", "staff"]

VARIANTS: Final = ("city", "district")
"""Staff are counted for the whole city, and for its districts apart."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class StaffOfPlaces:
    """Staff of one duty in some places of a kind, one number a place."""

    kind: PlaceKind
    number: NDArray[np.int64]
    places: NDArray[np.str_]
    count: Floats
    evidence: Evidence


@dataclass(frozen=True, eq=False)
class Staff:
    """Counts of the city's own table, the newest by the reference date."""

    frame: pd.DataFrame
    places: Places
    amounts: PlaceAmounts

    def of(self, duty: str, kind: PlaceKind) -> StaffOfPlaces | Missing:
        """Return the staff of a duty; those of the city may be the sum of all its districts."""
        rows = self.frame[self.frame["duty"] == duty]
        own = rows[rows["place_kind"] == kind.value]
        table = self.places.tables.get(kind)
        if not len(rows):
            return Missing(_NOT_TOLD)
        if not len(own) and kind is PlaceKind.CITY:
            return self._sum_of_districts(rows)
        if not len(own) or table is None:
            return Missing(_NOT_BY_DISTRICT)
        told = dict(zip(own["place"].tolist(), own["staff"].tolist(), strict=True))
        number = np.flatnonzero(np.isin(table.ids, list(told)))
        ids = table.ids[number]
        count = np.array([told[one] for one in ids.tolist()], dtype=np.float64)
        return StaffOfPlaces(kind, number, ids, count, _evidence(own))

    def per(self, duty: str, amount: str, factor: float) -> dict[str, Result]:
        """Return staff over ``residents``, or ``area`` in km², times a factor."""
        return {name: self._per(duty, amount, factor, PlaceKind(name)) for name in VARIANTS}

    def gap(self, duty: str, ratio: float) -> dict[str, Result]:
        """Return the staff that are short of a number for 10,000 residents; 0 where none are."""
        return {name: self._gap(duty, ratio, PlaceKind(name)) for name in VARIANTS}

    def workload(self, duty: str, cases: Result, years: float) -> Result:
        """Return the cases of a year for each of the staff of the city."""
        found = self.of(duty, PlaceKind.CITY)
        if isinstance(found, Missing):
            return found
        if not isinstance(cases, PlaceValues):
            return cases
        if not (found.count > 0).all():
            return Missing(_NOBODY)
        return _told(found, cases.denominator / years, found.count, 1.0, found.evidence)

    def _sum_of_districts(self, rows: pd.DataFrame) -> StaffOfPlaces | Missing:
        own = rows[rows["place_kind"] == PlaceKind.DISTRICT.value]
        districts = self.places.tables.get(PlaceKind.DISTRICT)
        if districts is None or set(own["place"]) != set(districts.ids.tolist()):
            return Missing(_SOME_DISTRICTS)
        city = self.places.tables[PlaceKind.CITY].ids[:1]
        total = np.array([own["staff"].sum()])
        return StaffOfPlaces(PlaceKind.CITY, np.zeros(1, np.int64), city, total, _evidence(own))

    def _per(self, duty: str, amount: str, factor: float, kind: PlaceKind) -> Result:
        found = self.of(duty, kind)
        if isinstance(found, Missing):
            return found
        below = self.amounts[kind][amount][found.number]
        if not (below > 0).any():
            return Missing(_NO_RESIDENTS)
        evidence = weakest([found.evidence, Evidence.ESTIMATED])
        return _told(
            found, found.count, below, factor, evidence if amount == "residents" else found.evidence
        )

    def _gap(self, duty: str, ratio: float, kind: PlaceKind) -> Result:
        found = self.of(duty, kind)
        if isinstance(found, Missing):
            return found
        residents = self.amounts[kind]["residents"][found.number]
        if not (residents > 0).any():
            return Missing(_NO_RESIDENTS)
        due = ratio * residents / 10_000
        short = np.maximum(due - found.count, 0.0)
        evidence = weakest([found.evidence, Evidence.ESTIMATED])
        return PlaceValues(kind, found.places, short, found.count, due, evidence)


def _told(
    found: StaffOfPlaces, above: Floats, below: Floats, factor: float, evidence: Evidence
) -> PlaceValues:
    value = np.divide(factor * above, below, out=np.full(len(below), np.nan), where=below > 0)
    return PlaceValues(found.kind, found.places, value, above, below, evidence)


def _evidence(rows: pd.DataFrame) -> Evidence:
    return weakest([Evidence(mark) for mark in rows["evidence"].unique()])


_NOT_TOLD: Final = Text(
    "Nobody tells how many work on this: add a table of staff (a source of kind 'staff').",
    '没有人员数量：请补充人员数量表（kind = "staff" 的数据源）。',
)
_NOT_BY_DISTRICT: Final = Text("The table of staff tells no districts.", "人员数量表没有分区数据。")
_SOME_DISTRICTS: Final = Text(
    "The table of staff tells only some districts, so the city's sum is not known.",
    "人员数量表只有部分区的数据，全市合计未知。",
)
_NO_RESIDENTS: Final = Text(
    "Residents are not known; name the number of residents.", "居民人数未知，请提供人口总数。"
)
_NOBODY: Final = Text("Nobody is told to work on this.", "人员数量为零。")


@resource
def staff(layers: Layers, places: Places, place_amounts: PlaceAmounts) -> Staff:
    """Counts of staff by duty and place; empty where the city tells none."""
    return Staff(layers.table("staff"), places, place_amounts)
