"""One layer from several sources: whose rows stand, and whose are repeated."""

from collections.abc import Sequence
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dizuo.base.config import SourceSettings
from dizuo.base.mending import drop_duplicates
from dizuo.base.rejects import join_rejects
from dizuo.base.user_layers import UserRows
from dizuo.model.errors import InputError
from dizuo.model.text import Text

__all__ = ["merge_sources"]
__systems__ = ("S5.1",)  # one register from several, without repeats

_TELLING: Final = ("category", "kind", "street", "number")
"""Columns that tell two rows at one place apart."""


def merge_sources(
    layer: str,
    first: gpd.GeoDataFrame,
    given: Sequence[tuple[SourceSettings, UserRows]],
) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """Put the user's rows of a layer to those of the first source.

    Sources count in the order of ``city.toml``. With ``mode = "replace"`` the rows take the place
    of all earlier rows of the same category (the whole layer, where it has no categories); with
    ``add`` they join them. A row that repeats an earlier one (same id, or same place and category)
    is rejected.

    Parameters
    ----------
    layer
        Name of the layer.
    first
        Rows of OpenStreetMap, possibly none.
    given
        The user's sources and their rows.

    Raises
    ------
    InputError
        If a source has no usable row: an empty category would be a wrong answer.
    """
    merged, rejects = first, [rows.rejects for _, rows in given]
    for source, rows in given:
        if len(rows.frame) == 0:
            reason = rows.rejects["reason"].iloc[0] if len(rows.rejects) else "there are none"
            raise InputError(
                Text("no row of the source can be used", "该数据源没有任何一行可用"),
                file=source.file,
                layer=layer,
                cure=Text(f"First reason: {reason}.", f"首个原因：{reason}。"),
            )
        if source.mode == "replace":
            merged = merged[~_replaced(merged, rows.frame)]
        joined = pd.concat([merged, rows.frame], ignore_index=True)
        joined = gpd.GeoDataFrame(joined, geometry="geometry", crs=rows.frame.crs)
        same = [name for name in _TELLING if name in joined.columns]
        fresh = np.arange(len(joined)) >= len(merged)
        unique, repeated = drop_duplicates(joined, same=same)
        merged = joined[~fresh | joined.index.isin(unique.index)]
        own = repeated[repeated["source"] == source.id]
        rejects.append(own.assign(layer=layer))
    return merged.reset_index(drop=True), join_rejects(rejects)


def _replaced(earlier: gpd.GeoDataFrame, rows: gpd.GeoDataFrame) -> NDArray[np.bool_]:
    for name in ("category", "mode", "kind"):
        if name in rows.columns and name in earlier.columns:
            return np.asarray(earlier[name].isin(rows[name].unique()), dtype=bool)
    return np.ones(len(earlier), dtype=bool)
