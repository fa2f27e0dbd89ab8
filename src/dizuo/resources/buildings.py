"""Buildings, and the homes among them."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dizuo.model.evidence import Evidence, weakest
from dizuo.model.values import Support
from dizuo.resources.layers import Layers
from dizuo.resources.places import Places, representative_points
from dizuo.resources.wiring import resource

__all__ = ["Buildings", "Homes", "buildings", "homes"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Buildings:
    """Every building: one row a building, arrays aligned with ``support.ids``.

    ``footprint_area`` and ``floor_area`` in m², ``height`` in m, ``residents`` in persons.
    """

    support: Support
    x: Floats
    y: Floats
    geometry: NDArray[np.object_]
    use: NDArray[np.str_]
    use_evidence: Evidence
    levels: Floats
    levels_evidence: Evidence
    levels_measured: NDArray[np.bool_]
    height: Floats
    footprint_area: Floats
    floor_area: Floats
    floor_area_evidence: Evidence
    dwellings: Floats
    residents: Floats
    residents_evidence: Evidence
    start_year: Floats
    heritage: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.support)


@dataclass(frozen=True, eq=False)
class Homes:
    """Buildings that people live in.

    ``row`` gives each home's row among the buildings.
    """

    support: Support
    row: NDArray[np.int32]
    x: Floats
    y: Floats
    residents: Floats
    dwellings: Floats
    evidence: Evidence

    def __len__(self) -> int:
        return len(self.support)


def evidence_of(column: pd.Series, among: NDArray[np.bool_] | None = None) -> Evidence:
    """Return the weakest mark of a column; ``missing`` rows count only where nothing else is."""
    found = set(column[among].unique() if among is not None else column.unique())
    known = [Evidence(mark) for mark in found if mark != Evidence.MISSING]
    return weakest(known) if known else Evidence.MISSING


@resource
def buildings(layers: Layers, places: Places) -> Buildings:
    """All buildings of the base, with the places that hold them."""
    frame = layers["buildings"]
    geometry = np.asarray(frame.geometry.array, dtype=object)
    x, y = representative_points(geometry)
    ids = frame["id"].to_numpy(dtype=str)

    def numbers(column: str) -> Floats:
        values: Floats = frame[column].to_numpy(dtype=np.float64)
        return values

    residential = frame["use"].isin(["residential", "mixed"]).to_numpy()
    return Buildings(
        support=places.support("buildings", ids, x, y),
        x=x,
        y=y,
        geometry=geometry,
        use=frame["use"].to_numpy(dtype=str),
        use_evidence=evidence_of(frame["use_evidence"]),
        levels=numbers("levels"),
        levels_evidence=evidence_of(frame["levels_evidence"]),
        levels_measured=(frame["levels_evidence"] == Evidence.MEASURED).to_numpy(),
        height=numbers("height"),
        footprint_area=numbers("footprint_area"),
        floor_area=numbers("floor_area"),
        floor_area_evidence=evidence_of(frame["floor_area_evidence"]),
        dwellings=numbers("dwellings"),
        residents=np.nan_to_num(numbers("residents")),
        residents_evidence=evidence_of(frame["residents_evidence"], residential),
        start_year=numbers("start_year"),
        heritage=frame["heritage"].fillna(value=False).to_numpy(dtype=bool),
    )


@resource
def homes(buildings: Buildings) -> Homes:
    """Buildings with residents."""
    row = np.flatnonzero(buildings.residents > 0).astype(np.int32)
    support = replace(buildings.support.take(row), name="homes")
    return Homes(
        support,
        row,
        buildings.x[row],
        buildings.y[row],
        buildings.residents[row],
        np.nan_to_num(buildings.dwellings[row]),
        buildings.residents_evidence,
    )
