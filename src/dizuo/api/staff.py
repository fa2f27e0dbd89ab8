"""The app's own doors: staff see and handle cases, residents the case whose number they hold.

Errors are problem details (RFC 9457).
"""

import base64
import binascii
import json
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from dizuo.api.door import Door
from dizuo.model.errors import AccessError, DizuoError, InputError
from dizuo.operations.access import PUBLIC
from dizuo.operations.cases.office import Actor
from dizuo.operations.cases.register import CaseFilter, Step, history, list_cases, one_case

__all__ = ["staff_routes"]

_MOST: Final = 1000
_STATUS: Final[dict[type[DizuoError], int]] = {InputError: 400, AccessError: 403}
_STAFF: Final = frozenset({"desk", "centre", "unit", "collector", "analyst"})


def staff_routes(door: Door) -> list[Route]:
    """Return the routes below ``/api``. Each asks who comes before it looks anything up."""
    desk = _Staff(door)
    return [
        Route("/api/cases", _answered(door, desk.cases), methods=["GET"]),
        Route("/api/cases/{case}", _answered(door, desk.case), methods=["GET"]),
        Route("/api/cases/{case}/{action}", _answered(door, desk.act), methods=["POST"]),
        Route("/api/health", _answered(door, desk.health), methods=["GET"]),
        Route("/api/tracked/{token}", _answered(door, desk.tracked, PUBLIC), methods=["GET"]),
        Route(
            "/api/tracked/{token}/{action}",
            _answered(door, desk.act_as_resident, PUBLIC),
            methods=["POST"],
        ),
    ]


class _Staff:
    def __init__(self, door: Door) -> None:
        self.door = door

    async def cases(self, request: Request, actor: Actor) -> Any:
        """List cases, the newest first."""
        asked = dict(request.query_params)
        _require_staff(actor)
        most = min(_whole(asked.pop("most", "100"), "most"), _MOST)
        wanted = _filter(asked)
        rows = await self.door.read(lambda c: list_cases(c, wanted, most=most))
        return [_shown(row) for row in rows]

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

    async def act(self, request: Request, actor: Actor) -> Any:
        """Do one thing with a case; ``Idempotency-Key`` makes it once, however often it is sent."""
        case = request.path_params["case"]
        return await self._act(request, actor, case)

    async def tracked(self, request: Request, actor: Actor) -> Any:
        """Tell a resident how the case of their tracking number stands."""
        row = await self.door.read(lambda c: _of_token(c, request.path_params["token"]))
        possible = self.door.types.get(row["case_type"]).allowed(row["state"], actor.roles)
        wanted = ("case", "case_type", "category", "state", "open", "opened", "due", "closed")
        return _shown({name: row[name] for name in wanted}) | {
            "possible": [one.id for one in possible]
        }

    async def act_as_resident(self, request: Request, actor: Actor) -> Any:
        """Do what a resident may with the case of their tracking number: add, rate, reopen."""
        row = await self.door.read(lambda c: _of_token(c, request.path_params["token"]))
        await self._act(request, actor, row["case"])
        return await self.tracked(request, actor)

    async def _act(self, request: Request, actor: Actor, case: str) -> Any:
        given = await _body(request)
        photos = [("photo", _decoded(one)) for one in given.pop("photos", [])]
        happened = given.pop("happened", None)
        action = request.path_params["action"]
        await self.door.write(
            lambda c: self.door.operations.act(
                c, one_case(c, case)["case"], action, actor, given=given,
                confidences=photos, delivery=request.headers.get("idempotency-key"),
                happened=None if happened is None else _time(happened),
            )
        )  # fmt: skip
        return _shown(await self.door.read(lambda c: one_case(c, case)))

    async def health(self, _: Request, actor: Actor) -> Any:
        """Tell how the operations are."""
        _require_staff(actor)
        health = await self.door.read(lambda _: self.door.operations.health())
        return {name: getattr(health, name) for name in health.__slots__}


def _answered(
    door: Door, work: Callable[[Request, Actor], Awaitable[Any]], always: Actor | None = None
) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        actor = always or door.actor(request)
        if actor is None:
            return _problem(401, "an account's key is needed", "Send Authorization: Bearer KEY.")
        try:
            return JSONResponse(await work(request, actor))
        except DizuoError as error:
            status = _STATUS.get(type(error), 503)
            return _problem(status, str(error), getattr(error, "cure", None))

    return answer


def _problem(status: int, title: str, cure: str | None) -> Response:
    told = {"type": "about:blank", "status": status, "title": title}
    told |= {"detail": cure} if cure else {}
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else None
    return JSONResponse(
        told, status_code=status, media_type="application/problem+json", headers=headers
    )


def _require_staff(actor: Actor) -> None:
    if not _STAFF & actor.roles:
        raise AccessError(f"{actor.id} has no role that may look at cases")


def _with_history(connection: Connection, case: str) -> tuple[dict[str, Any], list[Step]]:
    row = one_case(connection, case)
    return row, history(connection, row["case"])


def _of_token(connection: Connection, token: str) -> dict[str, Any]:
    row = one_case(connection, token)
    if row["token"] != token:
        raise InputError("there is no case of this tracking number", field="token")
    return row


def _filter(asked: dict[str, str]) -> CaseFilter:
    wanted: dict[str, Any] = {}
    for name, value in asked.items():
        match name:
            case "case_type" | "state" | "unit" | "category" | "nature":
                wanted[name] = value
            case "open":
                if value not in {"true", "false"}:
                    raise InputError("open is true or false", field="open")
                wanted[name] = value == "true"
            case "before" | "opened_from" | "overdue_at":
                wanted[name] = _time(value)
            case "box":
                wanted[name] = _box(value)
            case _:
                raise InputError(
                    f"cases cannot be asked for by {name!r}",
                    field=name,
                    cure="Ask by case_type, state, unit, category, nature, open, box, before, "
                    "opened_from, overdue_at, most.",
                )
    return CaseFilter(**wanted)


def _box(text: str) -> tuple[float, float, float, float]:
    try:
        west, south, east, north = (float(one) for one in text.split(","))
    except ValueError:
        raise InputError("a box is west,south,east,north in metres", field="box") from None
    return west, south, east, north


def _whole(text: str, name: str) -> int:
    if not text.isdigit() or int(text) == 0:
        raise InputError(f"{text!r} is no whole number from 1 on", field=name)
    return int(text)


def _time(text: Any) -> datetime:
    try:
        time = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        raise InputError(f"{text!r} is no time", cure="Write 2026-03-01T09:00:00Z.") from None
    if time.tzinfo is None:
        raise InputError(f"{text!r} has no time zone", cure="Write 2026-03-01T09:00:00Z.")
    return time


async def _body(request: Request) -> dict[str, Any]:
    raw = await request.body()
    try:
        given = json.loads(raw) if raw else {}
    except ValueError:
        raise InputError("the body is no JSON") from None
    if not isinstance(given, dict):
        raise InputError("the body must be a JSON object")
    return given


def _decoded(text: Any) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (TypeError, ValueError, binascii.Error):
        raise InputError("a photo must be base64", field="photos") from None


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    """Return a case as JSON knows it, without the residents' tracking number."""
    return {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in row.items()
        if name != "token"
    }
