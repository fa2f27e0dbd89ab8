"""Rows that could not be used: each is kept with the reason and the cure, and counted."""

from collections.abc import Sequence
from functools import cache
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

__all__ = ["REJECT_COLUMNS", "join_rejects", "rejected_counts", "rejected_rows"]
__systems__ = ("S5.1", "S22.2")  # the quality of the data, row by row

REJECT_COLUMNS: Final = (
    "source",
    "layer",
    "row",
    "id",
    "field",
    "reason",
    "cure",
    "geometry_wkt",
)


def rejected_rows(
    frame: pd.DataFrame,
    mask: NDArray[np.bool_] | Sequence[bool],
    *,
    reason: str | pd.Series,
    cure: str,
    field: str = "",
) -> pd.DataFrame:
    """Return the rejects table of the rows under a mask.

    Parameters
    ----------
    frame
        Rows with what is known of ``source``, ``layer``, ``row`` (as the user sees it) and ``id``.
    mask
        True for the rows to reject.
    reason
        One sentence, or one a row of ``frame``.
    """
    chosen = np.asarray(mask, dtype=bool)
    if not chosen.any():
        return _no_rejects().copy()
    rows = frame[chosen]
    table = pd.DataFrame("", index=rows.index, columns=list(REJECT_COLUMNS), dtype="str")
    for name in ("source", "layer", "row", "id"):
        if name in rows.columns:
            values = rows[name].astype(object)
            table[name] = values.where(values.notna(), "").astype("str")
    table["reason"] = reason.loc[rows.index] if isinstance(reason, pd.Series) else reason
    table["cure"] = cure
    table["field"] = field
    if isinstance(rows, gpd.GeoDataFrame):
        wkt = rows.geometry.to_wkt(rounding_precision=3).astype(object)
        table["geometry_wkt"] = wkt.where(wkt.notna(), "").astype("str")
    return table.reset_index(drop=True)


def join_rejects(tables: Sequence[pd.DataFrame], **constants: str) -> pd.DataFrame:
    """Return one rejects table; ``constants`` fill columns that are absent or empty."""
    columns = list(REJECT_COLUMNS)
    filled = [table.reindex(columns=columns) for table in tables if len(table)]
    if not filled:
        return _no_rejects().copy()
    joined = pd.concat(filled, ignore_index=True).astype(object)
    joined = joined.where(joined.notna(), "").astype("str")
    for name, value in constants.items():
        joined[name] = joined[name].where(joined[name] != "", value)
    return joined


@cache
def _no_rejects() -> pd.DataFrame:
    return pd.DataFrame({name: pd.Series(dtype="str") for name in REJECT_COLUMNS})


def rejected_counts(rejects: pd.DataFrame) -> dict[str, int]:
    """Return how many rows each reason rejected; ids and values inside a reason are left out."""
    reasons = rejects["reason"].str.replace(r"\b[nwr]\d+\b|'[^']*'", "…", regex=True)
    return {str(reason): int(n) for reason, n in sorted(reasons.value_counts().items())}
