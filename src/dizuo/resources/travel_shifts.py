"""How people travelled in a period beside comparable days, by the city's counts of travellers."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from dizuo.base.layer_words import TRAVEL_COUNTS
from dizuo.model.evidence import Evidence, weakest
from dizuo.model.place import PlaceKind
from dizuo.model.text import Text
from dizuo.model.values import Missing, PlaceValues, Result
from dizuo.resources.layers import Layers
from dizuo.resources.places import Places
from dizuo.resources.wiring import resource

__all__ = ["TravelShifts", "travel_shifts"]


@dataclass(frozen=True, eq=False)
class TravelShifts:
    """Shifts of the newest period that ended by the reference date.

    Attributes
    ----------
    frame
        Rows of the layer ``evaluation`` that are about counts of travellers.
    places
        The city is told of.
    """

    frame: pd.DataFrame
    places: Places

    def of(self, share: str) -> Result:
        """Return a shift in percentage points; missing where the numbers allow no claim.

        Parameters
        ----------
        share
            ``public_transport``, ``peak`` and the like.
        """
        rows = self.frame[self.frame["indicator"] == f"{share}_shift"]
        city = self.places.tables.get(PlaceKind.CITY)
        if not len(rows) or city is None:
            return Missing(_NOT_COUNTED)
        value, low, high = rows[["value", "low", "high"]].to_numpy(dtype=np.float64).T
        if not np.isfinite(value).all():
            return Missing(_TOO_FEW)
        if not ((low > 0) | (high < 0)).all():
            return Missing(_WITHIN_CHANCE)
        mark = weakest([Evidence(one) for one in rows["value_evidence"]])
        return PlaceValues(PlaceKind.CITY, city.ids, value, value, np.ones(len(value)), mark)


_NOT_COUNTED = Text(
    "No counts of travellers are compared that ended by the reference date: run 'dizuo shifts'.",
    "基准日之前没有已比较的客流计数：请运行 dizuo shifts。",
)
_TOO_FEW = Text(
    "Too little was counted alike on comparable days to claim a shift.",
    "可比日的同口径计数过少，不足以判断变化。",
)
_WITHIN_CHANCE = Text(
    "The shift is within what comparable days differ among each other.",
    "变化未超出可比日之间的差异。",
)


@resource
def travel_shifts(layers: Layers, places: Places) -> TravelShifts:
    """Shifts of modes and of the peak; empty where nothing is compared."""
    table = layers.table("evaluation")
    return TravelShifts(table[table["case_type"] == TRAVEL_COUNTS], places)
