"""The server of a city: its doors, the thread that takes reports in, the one that seals."""

import contextlib
import threading
from collections.abc import AsyncIterator
from typing import Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException

from dizuo.api.answering import refuse_http
from dizuo.api.door import Door
from dizuo.api.guard import require_guards
from dizuo.api.open311 import open311_routes
from dizuo.api.openapi import document_route
from dizuo.api.staff import staff_routes
from dizuo.operations.ground import Ground
from dizuo.operations.intake import Intake
from dizuo.operations.opening import Operations

__all__ = ["application"]

_SECONDS_UNSEALED: Final = 0.5
"""How long events may wait for their batch at most: well within the second that is promised."""


def application(operations: Operations, ground: Ground) -> Starlette:
    """Return the server of a city.

    Parameters
    ----------
    ground
        Where things are: the unit grid, the blocks by which homes are told, the addresses.

    Raises
    ------
    AccessError
        If a route names no permission: nobody may pass unasked.
    """
    intake = Intake(operations.office)
    door = Door(operations, intake, ground)

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

    routes = [*open311_routes(door), *staff_routes(door)]
    routes.append(document_route(door, routes))
    require_guards(routes)
    return Starlette(
        routes=routes,
        lifespan=life,
        exception_handlers={HTTPException: refuse_http},
    )


def _seal(operations: Operations, stop: threading.Event) -> None:
    while not stop.wait(_SECONDS_UNSEALED):
        operations.sequencer.seal()
