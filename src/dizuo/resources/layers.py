"""Layers of a base, read when first asked for, with room for a what-if."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import geopandas as gpd
import pandas as pd

__all__ = ["Layers"]


@dataclass(frozen=True)
class Layers:
    """The layers that resources are built from.

    Parameters
    ----------
    read
        Reads a layer by name from the base.
    read_table
        Reads a layer that has no geometry.
    replaced
        Layers that stand in for those of the base: an edit under examination.
    """

    read: Callable[[str], gpd.GeoDataFrame]
    read_table: Callable[[str], pd.DataFrame]
    replaced: Mapping[str, gpd.GeoDataFrame] = field(default_factory=dict)
    _held: dict[str, gpd.GeoDataFrame] = field(default_factory=dict, repr=False)

    def __getitem__(self, name: str) -> gpd.GeoDataFrame:
        """Return a layer, in the city's metric CRS."""
        if name in self.replaced:
            return self.replaced[name]
        if name not in self._held:
            self._held[name] = self.read(name)
        return self._held[name]

    def table(self, name: str) -> pd.DataFrame:
        """Return a layer that has no geometry."""
        return self.read_table(name)

    def with_layer(self, name: str, layer: gpd.GeoDataFrame) -> "Layers":
        """Return the same layers with one replaced; the others are shared, not copied."""
        return Layers(self.read, self.read_table, {**self.replaced, name: layer}, self._held)
