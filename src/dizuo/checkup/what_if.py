"""What would be otherwise if facilities stood elsewhere: only what hangs on them is made again."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import geopandas as gpd
import pandas as pd

from dizuo.checkup.compute import Computed, compute, tabulate
from dizuo.checkup.examine import Examination
from dizuo.resources.facilities import changed_categories
from dizuo.resources.wiring import Workshop, resources_of

__all__ = ["Edited", "WhatIf"]


@dataclass(frozen=True, eq=False)
class Edited:
    """What an edit changes.

    Attributes
    ----------
    indicators
        Ids of the indicators that hang on what was edited: all others keep their values.
    values
        Their values at every place, as a full checkup tells them.
    """

    indicators: tuple[str, ...]
    values: pd.DataFrame


class WhatIf:
    """A city at hand, to be asked about edits of its facilities one after another.

    Each edit is asked of the base as it stands, not of the edit before. The values are those of a
    full checkup with the edited layer, to the last bit.

    Parameters
    ----------
    examination
        Layers, rules and indicators of the city. They are computed once, here.
    """

    def __init__(self, examination: Examination) -> None:
        self._examination = examination
        self._workshop = examination.workshop()
        self._standing = examination.layers["facilities"]
        self._base = self._standing
        everything = tuple(examination.indicators)
        self.values = self._tabulated(self._computed(everything))

    @property
    def workshop(self) -> Workshop:
        """The resources, as after the last edit."""
        return self._workshop

    def facilities(self, edited: gpd.GeoDataFrame) -> Edited:
        """Return the values that hang on edited facilities.

        Parameters
        ----------
        edited
            The layer ``facilities`` with rows added, moved, altered or left out.
        """
        changed = changed_categories(self._base, edited)
        stale = changed | changed_categories(self._standing, edited)
        layers = self._examination.layers.with_layer("facilities", edited)
        self._workshop.inputs = replace(self._examination, layers=layers).workshop().inputs
        self._workshop.made.pop("facility_layer", None)
        self._workshop.forget(stale)
        self._standing = edited
        touched = tuple(
            name
            for name, one in self._examination.indicators.items()
            if changed & resources_of(one.function, one.needs)
        )
        return Edited(touched, self._tabulated(self._computed(touched)))

    def _computed(self, names: tuple[str, ...]) -> Mapping[str, Computed]:
        made = self._examination
        asked = {name: made.indicators[name] for name in names}
        return compute(asked, self._workshop, made.rules, made.day, made.jurisdictions)

    def _tabulated(self, computed: Mapping[str, Computed]) -> pd.DataFrame:
        if not computed:
            return self.values.iloc[:0]
        resources = (
            self._workshop.get(name) for name in ("places", "place_amounts", "hidden_places")
        )
        places, amounts, hidden = resources
        return tabulate(computed, places, amounts, hidden)
