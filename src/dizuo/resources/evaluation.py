"""How the city's operations were evaluated, as values of the city and its communities."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pandas as pd

from dizuo.base.layer_words import TRAVEL_COUNTS
from dizuo.model.evidence import Evidence
from dizuo.model.place import PlaceKind
from dizuo.model.text import Text
from dizuo.model.values import Missing, PlaceValues, Result
from dizuo.resources.layers import Layers
from dizuo.resources.places import Places
from dizuo.resources.wiring import resource

__all__ = ["VARIANTS", "Evaluation", "evaluation"]

VARIANTS = ("city", "community")
"""An evaluation is told for the whole city, and for its communities apart."""

_PERIOD = ("period_begin", "period_end")
_YEAR = 365.25 * 86_400
_AMOUNTS = ["numerator", "denominator"]


@dataclass(frozen=True, eq=False)
class Evaluation:
    """The newest evaluation that ended by the reference date.

    Attributes
    ----------
    frame
        One row for each place, case type and indicator: the layer ``evaluation``.
    places
        Values are told of these only.
    """

    frame: pd.DataFrame
    places: Places

    def rate(self, indicator: str, *case_types: str) -> dict[str, Result]:
        """Return a rate in % over some case types together.

        Where the count of one type is kept back, nothing is told of their sum.

        Parameters
        ----------
        indicator
            As the evaluation names it: ``on_time``, ``rework``, ``satisfaction``.
        """
        asked = self.frame[
            (self.frame["indicator"] == indicator) & self.frame["case_type"].isin(case_types)
        ]
        return {name: self._of(asked, PlaceKind(name)) for name in VARIANTS}

    @property
    def years(self) -> float:
        """Length of the evaluated period in years; NaN where nothing is evaluated."""
        if not len(self.frame):
            return float("nan")
        first = self.frame.iloc[0]
        begin, end = (datetime.fromisoformat(first[name]) for name in _PERIOD)
        return (end - begin).total_seconds() / _YEAR

    def _of(self, asked: pd.DataFrame, kind: PlaceKind) -> Result:
        rows = asked[asked["kind"] == kind.value]
        if not len(self.frame) or not len(rows):
            return Missing(_NO_EVALUATION if not len(self.frame) else _NOTHING_COUNTED)
        table = self.places.tables.get(kind)
        known = [] if table is None else table.ids.tolist()
        rows = rows.assign(place=self._places_of(rows["key"], kind))
        rows = rows[rows["place"].isin(known)]
        sums = rows.groupby("place")[_AMOUNTS].sum(min_count=1).sort_index()
        kept_back = rows.loc[rows["hidden"] != "", "place"]
        told = sums[~sums.index.isin(kept_back) & (sums["denominator"] > 0)]
        if not len(told):
            return Missing(_KEPT_BACK if len(kept_back) else _NOTHING_COUNTED)
        above, below = (told[name].to_numpy(dtype=np.float64) for name in _AMOUNTS)
        ids = told.index.to_numpy(dtype=str)
        return PlaceValues(kind, ids, 100 * above / below, above, below, Evidence.MEASURED)

    def _places_of(self, keys: pd.Series, kind: PlaceKind) -> pd.Series:
        """Return the places that keys mean: a community is named by its division."""
        if kind is PlaceKind.CITY:
            return pd.Series(self.places.tables[kind].ids[0], index=keys.index)
        return f"{kind.value}:" + keys.str.partition(":")[2]


_NO_EVALUATION = Text(
    "No period of operations is evaluated that ended by the reference date: run 'dizuo evaluate'.",
    "基准日之前没有已评价的运行时段：请运行 dizuo evaluate。",
)
_NOTHING_COUNTED = Text(
    "Nothing of what is counted happened in the evaluated period.",
    "评价时段内没有计入该指标的案件。",
)
_KEPT_BACK = Text(
    "Too few residents' cases to be told without pointing at persons.",
    "涉及居民的案件过少，公布可能指向个人，故不公布。",
)


@resource
def evaluation(layers: Layers, places: Places) -> Evaluation:
    """The city's own evaluation of how cases were settled; empty where there is none."""
    table = layers.table("evaluation")
    return Evaluation(table[table["case_type"] != TRAVEL_COUNTS].reset_index(drop=True), places)
