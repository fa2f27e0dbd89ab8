"""Two-step floating catchments: how much supply stands open to each home.

First every facility divides its supply by the demand in its catchment: its ratio. Then every home
adds up the ratios of the facilities within its reach. What a facility gives is shared out whole:
the sum of access times demand is the sum of the supplies that have any demand in reach.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dizuo.engines.streets import _kernels_catchments as kernels
from dizuo.engines.streets.decay import Decay, even
from dizuo.engines.streets.graph import Graph
from dizuo.engines.streets.threads import on_threads
from dizuo.engines.streets.within import BoundedSearch, Places
from dizuo.model.errors import EngineError

__all__ = ["Catchments", "catchments"]

Float64 = NDArray[np.float64]
Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]

CHUNKS_AT_ONCE: Final = 64
"""Chunks of facilities whose catchments are held in memory together."""


@dataclass(frozen=True, eq=False)
class Catchments:
    """What two-step floating catchments found.

    Attributes
    ----------
    ratio
        float64. Supply of each facility for each unit of weighted demand in its catchment; NaN
        where its catchment holds no demand.
    access
        float64. Supply open to each unit of demand at each home; 0 where nothing is in reach.
    """

    ratio: Float64
    access: Float64


def catchments(
    graph: Graph,
    homes: Places,
    demand: NDArray[np.integer | np.floating],
    facilities: Places,
    supply: NDArray[np.integer | np.floating],
    limit: int,
    *,
    decay: Decay = even,
    threads: int | None = None,
) -> Catchments:
    """Compute two-step floating catchments; people travel from home to the facility.

    Parameters
    ----------
    graph
        Street graph.
    homes, demand
        Where demand arises, and how much at each: persons, at least 0.
    facilities, supply
        Where supply stands, and how much at each: seats, beds, staff, at least 0.
    limit
        Reach of a catchment, in the unit of the arcs.
    decay
        Weight of a cost: ``even`` (2SFCA), ``Zones`` (E2SFCA), ``gaussian`` (G2SFCA) or any other.
    threads
        Number of threads; None: one a processor. Results do not depend on it.

    Returns
    -------
    Catchments: ratio of each facility, and access of each home.

    Raises
    ------
    EngineError
        If demand or supply do not fit, are negative or not finite, or the limit is out of range.

    References
    ----------
    Luo and Wang (2003), Environment and Planning B 30; Luo and Qi (2009), Health & Place 15;
    Dai (2010), Health & Place 16.
    """
    wanted = _amounts(demand, homes.count, "demand")
    offered = _amounts(supply, facilities.count, "supply")
    search = BoundedSearch(graph, facilities, homes, limit, towards=False)
    ratio = np.full(facilities.count, np.nan)
    access = np.zeros(homes.count)

    def one_chunk(rows: Int32) -> tuple[Int32, Int64, Int32, Float64, Float64]:
        bounds, home, cost = search.pairs(rows)
        weight = decay(cost, limit)
        return rows, bounds, home, weight, kernels.add_demand(bounds, home, weight, wanted)

    for chunks in _batches(search.chunks()):
        for rows, bounds, home, weight, total in on_threads(one_chunk, chunks, threads):
            used = total > 0
            ratio[rows[used]] = offered[rows[used]] / total[used]
            kernels.share_out(bounds, home, weight, np.where(used, ratio[rows], 0.0), access)
    return Catchments(ratio, access)


def _batches(chunks: list[Int32]) -> list[Sequence[Int32]]:
    return [
        chunks[first : first + CHUNKS_AT_ONCE] for first in range(0, len(chunks), CHUNKS_AT_ONCE)
    ]


def _amounts(amounts: NDArray[np.integer | np.floating], count: int, name: str) -> Float64:
    values = np.asarray(amounts, dtype=np.float64)
    if len(values) != count:
        raise EngineError(f"{len(values)} values of {name} for {count} places")
    if not (np.isfinite(values).all() and (values >= 0).all()):
        raise EngineError(f"{name} must be finite and at least 0")
    return values
