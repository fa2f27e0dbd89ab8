"""The server of a city: its doors, the thread that takes reports in, the one that seals."""

import contextlib
import threading
from collections.abc import AsyncIterator, Callable
from typing import Final

import numpy as np
import shapely
from starlette.applications import Starlette

from dizuo.api.door import Door
from dizuo.api.open311 import open311_routes
from dizuo.api.staff import staff_routes
from dizuo.base.store import Base
from dizuo.operations.intake import Intake
from dizuo.operations.opening import Operations

__all__ = ["application"]

_SECONDS_UNSEALED: Final = 0.5
"""How long events may wait for their batch at most: well within the second that is promised."""


def application(operations: Operations, base: Base) -> Starlette:
    """Return the server of a city.

    Parameters
    ----------
    base
        Tells the coordinate reference system, and the blocks by which homes are told.
    """
    intake = Intake(operations.office)
    door = Door(operations, intake, base.crs, _middle_of_block(base))

    @contextlib.asynccontextmanager
    async def life(_: Starlette) -> AsyncIterator[None]:
        stop = threading.Event()
        sealing = threading.Thread(target=_seal, args=(operations, stop), name="dizuo-sealing")
        with intake:
            sealing.start()
            try:
                yield
            finally:
                stop.set()
                sealing.join()
        operations.sequencer.seal()

    return Starlette(routes=[*open311_routes(door), *staff_routes(door)], lifespan=life)


def _seal(operations: Operations, stop: threading.Event) -> None:
    while not stop.wait(_SECONDS_UNSEALED):
        operations.sequencer.seal()


def _middle_of_block(base: Base) -> Callable[[float, float], tuple[float, float] | None]:
    places = base.layer("places")
    blocks = places.loc[places["kind"] == "block"].geometry.to_numpy()
    tree = shapely.STRtree(blocks)
    middle = shapely.get_coordinates(shapely.point_on_surface(blocks))

    def find(x: float, y: float) -> tuple[float, float] | None:
        found = tree.query(shapely.Point(x, y), predicate="intersects")
        if not len(found):
            return None
        first = middle[np.min(found)]
        return float(first[0]), float(first[1])

    return find
