"""The app's own doors: staff see and handle cases, residents the case whose number they hold.

Errors are problem details (RFC 9457).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from msgspec import UNSET, UnsetType
from msgspec.structs import asdict
from sqlalchemy import ColumnElement, Connection
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.routing import Route

from dizuo.api.answering import AbsentError, answered
from dizuo.api.case_fields import (
    CASE,
    CASE_WITH_HISTORY,
    CASES,
    ESCALATIONS,
    CasesAsked,
    StepGiven,
    StuckAsked,
    Tracked,
)
from dizuo.api.declared import Declared, body_of, declared, query_of
from dizuo.api.deliveries import delivery_of
from dizuo.api.door import Door
from dizuo.api.guard import guarded
from dizuo.api.times import read_time
from dizuo.model.errors import InputError
from dizuo.model.text import Text
from dizuo.operations.access.accounts import PUBLIC
from dizuo.operations.access.visitor import Visitor
from dizuo.operations.cases.case_type import CaseTypes
from dizuo.operations.cases.merging import (
    case_to_act_on,
    leading_case,
    merged_reports,
    possible_steps,
    steps_with_own,
)
from dizuo.operations.cases.office import Actor, Reach
from dizuo.operations.cases.register import Step, history, list_cases, one_case
from dizuo.operations.cases.stuck import StuckLimits, stuck_cases
from dizuo.operations.photos import PhotoLimits, clean_photo

__all__ = ["staff_routes"]

_ONCE: Final = {"Idempotency-Key": "Names the step: sent again it is done once."}


def staff_routes(door: Door) -> list[Route]:
    """Return the routes below ``/api``."""
    desk = _Staff(door)
    routes = (
        ("GET", "/api/cases", "cases.read", desk.cases),
        ("GET", "/api/escalations", "escalations.read", desk.escalations),
        ("GET", "/api/cases/{case}", "cases.read", desk.case),
        ("POST", "/api/cases/{case}/{action}", "cases.act", desk.act),
        ("GET", "/api/tracked/{token}", "reports.track", desk.tracked),
        ("POST", "/api/tracked/{token}/{action}", "reports.track", desk.act_as_resident),
    )
    return [
        guarded(door, path, permission, answered(work), method)
        for method, path, permission, work in routes
    ]


class _Staff:
    def __init__(self, door: Door) -> None:
        self.door = door
        self.photos = PhotoLimits.load(door.operations.folder / "photos.toml")

    def _clean(self, photos: Sequence[bytes]) -> list[bytes]:
        """Draw photos of residents anew: where and when one was taken may tell of a home."""
        if len(photos) > self.photos.most_photos:
            most = self.photos.most_photos
            raise InputError(
                Text(f"at most {most} photos come along", f"最多附 {most} 张照片"), field="photos"
            )
        return [clean_photo(one, self.photos) for one in photos]

    @declared(Declared("List cases, the newest first.", "cases", query=CasesAsked, answer=CASES))
    async def cases(self, request: Request, visitor: Visitor) -> Any:
        """List cases, the newest first."""
        asked = query_of(request, CasesAsked)
        wanted, within = asked.as_filter(), visitor.rows()

        def listed(connection: Connection) -> list[dict[str, Any]]:
            after = _after(connection, asked.after, visitor)
            page = replace(wanted, after=after)
            return list_cases(connection, page, most=asked.most, within=within)

        return [_shown(row) for row in await self.door.read(listed)]

    @declared(
        Declared(
            "List cases that are stuck, those opened first before the others.",
            "cases",
            query=StuckAsked,
            answer=ESCALATIONS,
        )
    )
    async def escalations(self, request: Request, visitor: Visitor) -> Any:
        """List cases that are stuck, and why, for whoever decides."""
        most, within = query_of(request, StuckAsked).most, visitor.rows()
        operations = self.door.operations
        limits = StuckLimits.load(operations.folder / "stuck.toml")
        now = operations.log.clock.now()
        found = await self.door.read(
            lambda c: stuck_cases(c, limits, now, most=most, within=within)
        )
        return [_shown(row) for row in found]

    @declared(Declared("Tell all of one case.", "cases", answer=CASE_WITH_HISTORY))
    async def case(self, request: Request, visitor: Visitor) -> Any:
        """Tell all of one case but what is kept in confidence."""
        name = request.path_params["case"]
        types = self.door.types
        row, steps, more = await self.door.read(lambda c: _with_history(c, types, name, visitor))
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
        return _shown(row) | {"history": told} | more

    @declared(
        Declared("Do one thing with a case.", "cases", body=StepGiven, answer=CASE, headers=_ONCE)
    )
    async def act(self, request: Request, visitor: Visitor) -> Any:
        """Do one thing with a case; ``Idempotency-Key`` makes it once, however often it is sent."""
        name = request.path_params["case"]
        row = await self.door.read(lambda c: _found(c, name, visitor.rows()))
        return await self._act(request, visitor, row["case"], visitor.actor, visitor.rows_as)

    @declared(Declared("Tell how a tracked case stands.", "residents", answer=Tracked, public=True))
    async def tracked(self, request: Request, _: Visitor) -> Any:
        """Tell a resident how the case of their tracking number stands."""
        row, lead = await self.door.read(lambda c: _followed(c, request.path_params["token"]))
        told = {name: row[name] for name in ("case", "case_type", "category", "opened")}
        told |= {name: lead[name] for name in ("state", "open", "due", "closed")}
        return _shown(told) | {
            "merged": lead["case"] != row["case"],
            "possible": possible_steps(self.door.types, row, lead, PUBLIC.roles),
        }

    @declared(
        Declared(
            "Do what a resident may with their case.", "residents", body=StepGiven,
            answer=Tracked, headers=_ONCE, public=True,
        )
    )  # fmt: skip
    async def act_as_resident(self, request: Request, visitor: Visitor) -> Any:
        """Do what a resident may with the case of their tracking number: add, rate, reopen.

        Was it merged into another, that one is added to and reopened; a rating stays their own.
        """
        row, lead = await self.door.read(lambda c: _followed(c, request.path_params["token"]))
        case = case_to_act_on(self.door.types, row, lead, request.path_params["action"])
        if not isinstance((await body_of(request, StepGiven)).happened, UnsetType):
            raise InputError(
                Text("what a resident does happens now", "居民的操作以当前时间为准"),
                field="happened",
            )
        await self._act(request, visitor, case, PUBLIC, clean=self._clean)
        return await self.tracked(request, visitor)

    async def _act(
        self,
        request: Request,
        visitor: Visitor,
        case: str,
        actor: Actor,
        reach: Reach | None = None,
        *,
        clean: Callable[[Sequence[bytes]], Sequence[bytes]] = tuple,
    ) -> Any:
        told = await body_of(request, StepGiven)
        given = {name: value for name, value in asdict(told).items() if value is not UNSET}
        kept = await run_in_threadpool(clean, given.pop("photos"))
        photos = [("photo", one) for one in kept]
        happened = given.pop("happened", None)
        action = request.path_params["action"]
        await self.door.write(
            lambda c: self.door.operations.act(
                c, case, action, actor, given=given, reach=reach, confidences=photos,
                delivery=delivery_of(request, visitor, case, action),
                happened=None if happened is None else read_time(happened),
            )
        )  # fmt: skip
        return _shown(await self.door.read(lambda c: _found(c, case)))


def _with_history(
    connection: Connection, types: CaseTypes, name: str, visitor: Visitor
) -> tuple[dict[str, Any], list[Step], dict[str, Any]]:
    """Return a case, its history, what the visitor may do, and the reports merged into it."""
    row = _found(connection, name, visitor.rows())
    case = row["case"]
    roles = visitor.roles_reaching(connection, case)
    lead = leading_case(connection, row)
    return (
        row,
        history(connection, case),
        {
            "possible": steps_with_own(types.of_case(row["case_type"]), row, lead, roles),
            "merged": merged_reports(connection, case, within=visitor.rows()),
        },
    )


def _found(
    connection: Connection, case: str, within: ColumnElement[bool] | None = None
) -> dict[str, Any]:
    try:
        return one_case(connection, case, within=within)
    except InputError as error:
        raise AbsentError(error.problem_text, field="case") from None


def _after(
    connection: Connection, case: str | UnsetType, visitor: Visitor
) -> tuple[datetime, str] | None:
    """Return where the next page begins: after the last case of the one before."""
    if isinstance(case, UnsetType):
        return None
    try:
        row = one_case(connection, case, within=visitor.rows())
    except InputError as error:
        raise InputError(error.problem_text, field="after") from None
    return row["opened"], row["case"]


def _of_token(connection: Connection, token: str) -> dict[str, Any]:
    row = _found(connection, token)
    if row["token"] != token:
        raise AbsentError("there is no case of this tracking number", field="token")
    return row


def _followed(connection: Connection, token: str) -> tuple[dict[str, Any], Mapping[str, Any]]:
    """Return the case of a tracking number, and the one that leads it, or itself."""
    row = _of_token(connection, token)
    return row, leading_case(connection, row)


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    """Return a case as JSON knows it, without the residents' tracking number."""
    return {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in row.items()
        if name != "token"
    }
