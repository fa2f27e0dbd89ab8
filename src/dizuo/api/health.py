"""How the server is: for whoever operates it, and for the machine that watches it.

``/api/live`` answers as long as the process does: if it does not, start it again. ``/api/ready``
answers 200 while reports can be taken in, else 503: send them elsewhere, or wait. Both tell nobody
anything else. ``/api/health`` tells the figures, to those who may see them.
"""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy.exc import DBAPIError
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from dizuo.api.answering import answered
from dizuo.api.case_fields import Health, Ready
from dizuo.api.declared import Declared, declared
from dizuo.api.door import Door
from dizuo.api.guard import guarded
from dizuo.model.errors import StoreError
from dizuo.operations.access.visitor import Visitor
from dizuo.operations.event_log.database import SCHEMA_VERSION, found_version
from dizuo.operations.intake import Intake

__all__ = ["health_routes"]


def health_routes(door: Door, intake: Intake) -> list[Route]:
    """Return the routes that tell how the server is."""
    desk = _Health(door, intake)
    return [
        guarded(door, "/api/health", "operations.health", answered(desk.health), "GET"),
        guarded(door, "/api/live", "operations.watch", answered(desk.live), "GET"),
        guarded(door, "/api/ready", "operations.watch", answered(desk.ready), "GET"),
    ]


class _Health:
    def __init__(self, door: Door, intake: Intake) -> None:
        self.door = door
        self.intake = intake

    @declared(Declared("Tell how the operations are.", "operations", answer=Health))
    async def health(self, _: Request, __: Visitor) -> Any:
        """Tell how the operations are, and how many reports wait for their transaction."""
        told = asdict(await self.door.read(lambda _: self.door.operations.health()))
        told["waiting_reports"] = self.intake.waiting
        return {
            name: value.isoformat() if isinstance(value, datetime) else value
            for name, value in told.items()
        }

    @declared(
        Declared("Tell that the server runs.", "operations", answer=Ready, public=True),
    )
    async def live(self, _: Request, __: Visitor) -> Any:
        """Tell that the process answers, whatever else is wrong."""
        return {"ready": True}

    @declared(
        Declared(
            "Tell whether reports can be taken in.", "operations", answer=Ready, public=True,
            status=(200, 503),
        )
    )  # fmt: skip
    async def ready(self, _: Request, __: Visitor) -> Any:
        """Tell whether the database answers, is of this version, and reports are written."""
        try:
            version = await self.door.read(found_version)
        except (DBAPIError, StoreError):
            version = 0
        ready = version == SCHEMA_VERSION and self.intake.is_alive
        return JSONResponse({"ready": ready}, status_code=200 if ready else 503)
