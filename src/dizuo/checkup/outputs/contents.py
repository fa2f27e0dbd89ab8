# ruff: noqa: PD011 - the values of a checkup are a table of that name
"""What all outputs share: which values may be published, in which order, under which names."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from dizuo.checkup.result import Checkup
from dizuo.model.place import PlaceKind
from dizuo.model.text import Text

__all__ = [
    "Column",
    "building_columns",
    "columns_of",
    "place_kinds",
    "publishable_values",
    "ranked_findings",
    "records",
    "set_title",
    "variant_title",
]

VARIANTS: Mapping[str, Text] = {
    "": Text("value", "指标值"),
    "network": Text("by network", "按路网"),
    "straight": Text("by straight line", "按直线"),
}
"""Names of the variants that standards word; any other is shown as it is spelt."""


SETS: Mapping[str, Text] = {
    "mohurd": Text("Urban checkup (MOHURD)", "城市体检（住建）"),
    "mnr": Text("Spatial planning checkup (MNR)", "国土空间体检（自然资源）"),
    "living_circle": Text("Living circles", "生活圈"),
    "opinions": Text("Opinions on urban development", "城市高质量发展意见"),
}
"""Names of the indicator sets; a city's own set is shown as it is spelt."""


@dataclass(frozen=True, slots=True)
class Column:
    """One indicator in one variant: what a map shows and a wide table holds in one column."""

    indicator: str
    variant: str

    @property
    def name(self) -> str:
        """Name of the column in wide tables: the id, and the variant where there are several."""
        return f"{self.indicator}:{self.variant}" if self.variant else self.indicator


def set_title(indicator_set: str) -> Text:
    """Return the name of an indicator set as people read it."""
    plain = indicator_set.replace("_", " ")
    return SETS.get(indicator_set, Text(plain, plain))


def variant_title(variant: str) -> Text:
    """Return the name of a variant as people read it."""
    plain = variant.replace("_", " ")
    return VARIANTS.get(variant, Text(plain, plain))


def columns_of(checkup: Checkup) -> list[Column]:
    """List every indicator and variant, as the indicators are ordered."""
    return [
        Column(str(row["id"]), str(variant))
        for row in records(checkup.indicators)
        for variant in (list(row["variants"]) or [""])
    ]


def records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of a table as dictionaries."""
    return [{str(name): one for name, one in row.items()} for row in table.to_dict("records")]


def place_kinds(checkup: Checkup) -> list[str]:
    """List the kinds of places that the checkup has, from the largest to the smallest."""
    present = set(checkup.places["kind"])
    return [kind.value for kind in reversed(PlaceKind) if kind.value in present]


def publishable_values(checkup: Checkup) -> pd.DataFrame:
    """Return the values without the amounts that would tell how few people live somewhere.

    Numerators and denominators may count residents. They are left out for single buildings, where
    residents are modelled, and for places whose own number of residents is suppressed.
    """
    values = checkup.values
    places = checkup.places
    few = set(places.loc[places["residents"].isna(), "id"].astype(str))
    hidden = values["place"].isin(few) | (values["place_kind"] == PlaceKind.BUILDING.value)
    shown = values.copy()
    for column in ("numerator", "denominator"):
        shown[column] = values[column].where(~hidden)
    return shown


def ranked_findings(checkup: Checkup) -> pd.DataFrame:
    """Return the findings, those that touch the most residents first."""
    return checkup.findings.sort_values(
        ["residents", "severity", "id"], ascending=[False, False, True], na_position="last"
    ).reset_index(drop=True)


def building_columns(checkup: Checkup) -> pd.DataFrame:
    """Return the values of single buildings, indexed by the building's id.

    Columns are renamed to :attr:`Column.name`; what is no indicator of the checkup is left out.
    """
    table = checkup.building_values
    if "id" in table.columns:
        table = table.set_index("id")
    known = {name for column in columns_of(checkup) for name in _spellings(column)}
    chosen = {name: known_name for name in table.columns if (known_name := str(name)) in known}
    renamed = table[list(chosen)].astype(np.float64)
    spelt = {
        spelling: column.name for column in columns_of(checkup) for spelling in _spellings(column)
    }
    return renamed.rename(columns={name: spelt[text] for name, text in chosen.items()})


def _spellings(column: Column) -> tuple[str, ...]:
    if not column.variant:
        return (column.indicator,)
    return tuple(f"{column.indicator}{mark}{column.variant}" for mark in (":", ".", "/", "|", "_"))
