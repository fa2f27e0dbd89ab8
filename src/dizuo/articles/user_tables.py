"""Rows of the official sets that only a city's own tables can fill.

Every row that no article computes becomes an indicator that reads the table filled in from the
row's template, and says ``missing`` until there is one. A filled table also takes the place of a
computed value: what a city has measured is better than what a map suggests.
"""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import pandas as pd

from dizuo.model.evidence import Evidence, weakest
from dizuo.model.indicator import Better, Indicator
from dizuo.model.place import PlaceKind
from dizuo.model.text import Text
from dizuo.model.values import Missing, PlaceValues, Result
from dizuo.resources.layers import Layers
from dizuo.resources.wiring import resource
from dizuo.standards.checkup_rows import CheckupRow, load_checkup_rows

__all__ = ["UserTables", "row_indicators", "user_tables"]

SETS = {
    "MOHURD-2023-61": "mohurd",
    "MOHURD-2025-variant": "mohurd",
    "MOHURD-2025": "mohurd",
    "TD/T 1063-2021": "mnr",
}


@dataclass(frozen=True, eq=False)
class UserTables:
    """Values that a city filled in, one row an indicator and place."""

    frame: pd.DataFrame

    def has(self, name: str) -> bool:
        """Whether there is any value for an indicator or row."""
        return bool((self.frame["indicator"] == name).any())

    def values(self, name: str) -> Result:
        """Return the filled values of one indicator or row, on the kind of place they are for.

        If they stand on several kinds, the largest kind is taken: values are never summed here.
        """
        rows = self.frame[self.frame["indicator"] == name]
        if not len(rows):
            return Missing(
                Text(
                    f"Not in open data: fill in the template of row {name} ('dizuo templates').",
                    f"开放数据中没有：请填写 {name} 的模板（dizuo templates）。",
                )
            )
        kinds = [PlaceKind(kind) for kind in rows["place_kind"].unique()]
        kind = max(kinds, key=list(PlaceKind).index)
        rows = rows[rows["place_kind"] == kind.value].sort_values("place")
        return PlaceValues(
            kind,
            rows["place"].to_numpy(dtype=str),
            rows["value"].to_numpy(dtype=np.float64),
            rows["numerator"].to_numpy(dtype=np.float64),
            rows["denominator"].to_numpy(dtype=np.float64),
            weakest([Evidence(mark) for mark in rows["evidence"].unique()]),
        )


@resource
def user_tables(layers: Layers) -> UserTables:
    """Filled templates of the city."""
    return UserTables(layers.table("user_values"))


def row_indicators(claimed: Collection[str]) -> list[Indicator]:
    """Return an indicator for every row that no article claims."""
    rows = load_checkup_rows()
    return [_indicator(row) for name, row in rows.items() if name not in claimed and row.measures]


def _indicator(row: CheckupRow) -> Indicator:
    measure = row.measures[0]
    better: Better = {
        "higher": "higher",
        "lower": "lower",
        "range": "range",
        "not_lower": "higher",
        "none": "none",
    }[measure.direction]  # type: ignore[assignment]

    def read(user_tables: UserTables) -> Result:
        return user_tables.values(row.id)

    below = f" / {measure.denominator.label.en}" if measure.denominator else ""
    below_zh = f" ÷ {measure.denominator.label.zh}" if measure.denominator else ""
    times = f" × {measure.factor:g}" if measure.factor != 1 else ""
    return Indicator(
        id=f"{row.article:02d}.{row.id}",
        article=row.article,
        indicator_set=SETS[row.checkup_set],
        systems=row.systems,
        unit=measure.unit.en,
        better=better,
        title=row.title,
        definition=Text(
            f"{measure.numerator.label.en}{below}{times}, from the city's own table.",
            f"{measure.numerator.label.zh}{below_zh}{times}，由城市填报的表格给出。",
        ),
        formula=" / ".join(field.name for field in measure.fields[:2]) + times,
        source=f"{row.checkup_set}, row {row.id}",
        place=PlaceKind.CITY,
        function=read,
        row=row.id,
        rules={"judge": row.rules[0]} if row.rules else {},
    )
