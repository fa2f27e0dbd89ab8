"""The app's own doors: staff see and handle cases, residents the case whose number they hold.

Errors are problem details (RFC 9457).
"""

import base64
import binascii
from datetime import datetime
from typing import Any, Final

from msgspec import UNSET
from msgspec.structs import asdict
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.routing import Route

from dizuo.api.answering import AbsentError, answered
from dizuo.api.case_fields import (
    CASE,
    CASE_WITH_HISTORY,
    CASES,
    CasesAsked,
    Health,
    StepGiven,
    Tracked,
)
from dizuo.api.declared import Declared, MalformedError, body_of, declared, query_of
from dizuo.api.door import Door
from dizuo.model.errors import AccessError, InputError
from dizuo.operations.access import PUBLIC
from dizuo.operations.cases.office import Actor
from dizuo.operations.cases.register import CaseFilter, Step, history, list_cases, one_case

__all__ = ["staff_routes"]

_ONCE: Final = {"Idempotency-Key": "Names the step: sent again it is done once."}
_STAFF: Final = frozenset({"desk", "centre", "unit", "collector", "analyst"})


def staff_routes(door: Door) -> list[Route]:
    """Return the routes below ``/api``. Each asks who comes before it looks anything up."""
    desk = _Staff(door)
    return [
        Route("/api/cases", answered(door, desk.cases), methods=["GET"]),
        Route("/api/cases/{case}", answered(door, desk.case), methods=["GET"]),
        Route("/api/cases/{case}/{action}", answered(door, desk.act), methods=["POST"]),
        Route("/api/health", answered(door, desk.health), methods=["GET"]),
        Route("/api/tracked/{token}", answered(door, desk.tracked, PUBLIC), methods=["GET"]),
        Route(
            "/api/tracked/{token}/{action}",
            answered(door, desk.act_as_resident, PUBLIC),
            methods=["POST"],
        ),
    ]


class _Staff:
    def __init__(self, door: Door) -> None:
        self.door = door

    @declared(Declared("List cases, the newest first.", "cases", query=CasesAsked, answer=CASES))
    async def cases(self, request: Request, actor: Actor) -> Any:
        """List cases, the newest first."""
        _require_staff(actor)
        asked = query_of(request, CasesAsked)
        wanted = _filter(asked)
        rows = await self.door.read(lambda c: list_cases(c, wanted, most=asked.most))
        return [_shown(row) for row in rows]

    @declared(Declared("Tell all of one case.", "cases", answer=CASE_WITH_HISTORY))
    async def case(self, request: Request, actor: Actor) -> Any:
        """Tell all of one case but what is kept in confidence."""
        _require_staff(actor)
        name = request.path_params["case"]
        row, steps = await self.door.read(lambda c: _with_history(c, name))
        possible = self.door.types.get(row["case_type"]).allowed(row["state"], actor.roles)
        told = [
            {
                "action": one.action,
                "happened": one.happened.isoformat(),
                "actor": one.actor,
                "state": one.state,
                "facts": one.facts,
            }
            for one in steps
        ]
        return _shown(row) | {"history": told, "possible": [one.id for one in possible]}

    @declared(
        Declared("Do one thing with a case.", "cases", body=StepGiven, answer=CASE, headers=_ONCE)
    )
    async def act(self, request: Request, actor: Actor) -> Any:
        """Do one thing with a case; ``Idempotency-Key`` makes it once, however often it is sent."""
        case = request.path_params["case"]
        return await self._act(request, actor, case)

    @declared(Declared("Tell how a tracked case stands.", "residents", answer=Tracked, public=True))
    async def tracked(self, request: Request, actor: Actor) -> Any:
        """Tell a resident how the case of their tracking number stands."""
        row = await self.door.read(lambda c: _of_token(c, request.path_params["token"]))
        possible = self.door.types.get(row["case_type"]).allowed(row["state"], actor.roles)
        wanted = ("case", "case_type", "category", "state", "open", "opened", "due", "closed")
        return _shown({name: row[name] for name in wanted}) | {
            "possible": [one.id for one in possible]
        }

    @declared(
        Declared(
            "Do what a resident may with their case.", "residents", body=StepGiven,
            answer=Tracked, headers=_ONCE, public=True,
        )
    )  # fmt: skip
    async def act_as_resident(self, request: Request, actor: Actor) -> Any:
        """Do what a resident may with the case of their tracking number: add, rate, reopen."""
        row = await self.door.read(lambda c: _of_token(c, request.path_params["token"]))
        await self._act(request, actor, row["case"])
        return await self.tracked(request, actor)

    async def _act(self, request: Request, actor: Actor, case: str) -> Any:
        told = await body_of(request, StepGiven)
        given = {name: value for name, value in asdict(told).items() if value is not UNSET}
        photos = [("photo", _decoded(one)) for one in given.pop("photos")]
        happened = given.pop("happened", None)
        action = request.path_params["action"]
        await self.door.write(
            lambda c: self.door.operations.act(
                c, _found(c, case)["case"], action, actor, given=given,
                confidences=photos, delivery=request.headers.get("idempotency-key"),
                happened=None if happened is None else _time(happened),
            )
        )  # fmt: skip
        return _shown(await self.door.read(lambda c: _found(c, case)))

    @declared(Declared("Tell how the operations are.", "operations", answer=Health))
    async def health(self, _: Request, actor: Actor) -> Any:
        """Tell how the operations are."""
        _require_staff(actor)
        health = await self.door.read(lambda _: self.door.operations.health())
        return {name: getattr(health, name) for name in health.__slots__}


def _require_staff(actor: Actor) -> None:
    if not _STAFF & actor.roles:
        raise AccessError(f"{actor.id} has no role that may look at cases")


def _with_history(connection: Connection, case: str) -> tuple[dict[str, Any], list[Step]]:
    row = _found(connection, case)
    return row, history(connection, row["case"])


def _found(connection: Connection, case: str) -> dict[str, Any]:
    try:
        return one_case(connection, case)
    except InputError as error:
        raise AbsentError(error.problem_text, field="case") from None


def _of_token(connection: Connection, token: str) -> dict[str, Any]:
    row = _found(connection, token)
    if row["token"] != token:
        raise AbsentError("there is no case of this tracking number", field="token")
    return row


def _filter(asked: CasesAsked) -> CaseFilter:
    wanted = {name: value for name, value in asdict(asked).items() if value is not UNSET}
    del wanted["most"]
    if "open" in wanted:
        wanted["open"] = wanted["open"] == "true"
    if "box" in wanted:
        west, south, east, north = (float(one) for one in wanted["box"].split(","))
        wanted["box"] = (west, south, east, north)
    times = {"before", "opened_from", "overdue_at"} & wanted.keys()
    return CaseFilter(**wanted | {name: _time(wanted[name]) for name in times})


def _time(text: Any) -> datetime:
    try:
        time = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        raise MalformedError(f"{text!r} is no time", cure="Write 2026-03-01T09:00:00Z.") from None
    if time.tzinfo is None:
        raise MalformedError(f"{text!r} has no time zone", cure="Write 2026-03-01T09:00:00Z.")
    return time


def _decoded(text: Any) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (TypeError, ValueError, binascii.Error):
        raise MalformedError("a photo must be base64", field="photos") from None


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    """Return a case as JSON knows it, without the residents' tracking number."""
    return {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in row.items()
        if name != "token"
    }
