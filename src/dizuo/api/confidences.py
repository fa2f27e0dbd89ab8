"""What residents told in confidence: for those who need it, and never without a trace."""

from typing import Any, Final

from msgspec import Struct
from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from dizuo.api.answering import AbsentError, answered
from dizuo.api.declared import Declared, declared
from dizuo.api.door import Door
from dizuo.api.guard import guarded
from dizuo.model.errors import InputError
from dizuo.operations.access.visitor import Visitor
from dizuo.operations.cases.confidences import Confidence, read_all_but_photos, read_one
from dizuo.operations.cases.erasing import leave_no_trace
from dizuo.operations.cases.register import one_case

__all__ = ["confidence_routes"]

_PATH: Final = "/api/cases/{case}/confidences"
_UNSEEN: Final = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
_PICTURES: Final = ((b"\xff\xd8\xff", "image/jpeg"), (b"\x89PNG\r\n\x1a\n", "image/png"),
                    (b"RIFF", "image/webp"))  # fmt: skip


class ConfidenceTold(Struct):
    """Words or a contact."""

    kind: str
    digest: str
    content: str


class Erasure(Struct):
    """How many things were erased."""

    erased: int


def confidence_routes(door: Door) -> list[Route]:
    """Return the routes below ``/api/cases/{case}/confidences``."""
    desk = _Confidences(door)
    return [
        guarded(door, _PATH, "confidences.read", answered(desk.words)),
        guarded(door, _PATH, "confidences.erase", answered(desk.erase), "DELETE"),
        guarded(door, _PATH + "/{digest}", "confidences.read", answered(desk.one)),
    ]


class _Confidences:
    def __init__(self, door: Door) -> None:
        self.door = door

    @declared(
        Declared(
            "Read the words and contacts of a case; the reading is logged.", "cases",
            answer=list[ConfidenceTold],
        )
    )  # fmt: skip
    async def words(self, request: Request, visitor: Visitor) -> Any:
        """Tell words and contacts, and log that they were read."""
        office, name = self.door.operations.office, request.path_params["case"]
        read = await self.door.write(
            lambda c: read_all_but_photos(
                c, office, _reached(c, name, visitor), visitor.actor,
                identity=_may_know_who(c, name, visitor),
            )
        )  # fmt: skip
        told = [
            {"kind": one.kind, "digest": one.digest, "content": one.content.decode("utf-8")}
            for one in read
        ]
        return JSONResponse(told, headers=_UNSEEN)

    @declared(
        Declared(
            "Erase the words, contacts and photos of a case, for ever.", "cases", answer=Erasure
        )
    )
    async def erase(self, request: Request, visitor: Visitor) -> Any:
        """Destroy the key of a case; the log keeps that it was done, and verifies as before."""
        office, name = self.door.operations.office, request.path_params["case"]
        count = await self.door.write(
            lambda c: office.erase(c, _reached(c, name, visitor), visitor.actor)
        )
        await run_in_threadpool(leave_no_trace, self.door.operations.engine)
        return {"erased": count}

    @declared(
        Declared(
            "Read one thing that was told of a case, a photo too; the reading is logged.", "cases",
            media=("application/octet-stream", "text/plain", "image/jpeg", "image/png",
                   "image/webp"),
            answer={"type": "string", "format": "binary"},
        )
    )  # fmt: skip
    async def one(self, request: Request, visitor: Visitor) -> Any:
        """Tell one thing as it was given, and log that it was read."""
        office, name = self.door.operations.office, request.path_params["case"]
        digest = request.path_params["digest"]

        def read(connection: Connection) -> Confidence:
            case = _reached(connection, name, visitor)
            try:
                knows = _may_know_who(connection, name, visitor)
                return read_one(connection, office, case, digest, visitor.actor, identity=knows)
            except InputError as error:
                raise AbsentError(error.problem_text, field="digest") from None

        found = await self.door.write(read)
        return Response(found.content, media_type=_media_of(found), headers=_UNSEEN)


def _reached(connection: Connection, name: str, visitor: Visitor) -> str:
    """Return the id of a case whose confidences the visitor reaches."""
    try:
        return str(one_case(connection, name, within=visitor.rows())["case"])
    except InputError as error:
        raise AbsentError(error.problem_text, field="case") from None


def _may_know_who(connection: Connection, name: str, visitor: Visitor) -> bool:
    """Whether the visitor may know of a case who reports, even where that is kept secret."""
    try:
        one_case(connection, name, within=visitor.rows("identities.read"))
    except InputError:
        return False
    return True


def _media_of(one: Confidence) -> str:
    if one.kind != "photo":
        return "text/plain; charset=utf-8"
    found = (media for start, media in _PICTURES if one.content.startswith(start))
    return next(found, "application/octet-stream")
