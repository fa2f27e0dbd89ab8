"""Staff open a case themselves: what a caller tells the desk, what a collector sees on the spot."""

from collections.abc import Mapping
from typing import Annotated, Any, Final

from msgspec import UNSET, Meta, Struct, UnsetType
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from dizuo.api.answering import answered
from dizuo.api.case_fields import Photo, Time, Whole
from dizuo.api.declared import Declared, Name, Words, body_of, declared
from dizuo.api.deliveries import delivery_of
from dizuo.api.door import Door
from dizuo.api.guard import guarded
from dizuo.api.times import read_time
from dizuo.model.errors import InputError
from dizuo.model.text import Text
from dizuo.operations.access.visitor import Visitor
from dizuo.operations.cases.codes import require_codes
from dizuo.operations.cases.office import NewCase
from dizuo.operations.cases.questions import answers_to
from dizuo.operations.photos import PhotoLimits, clean_photo

__all__ = ["registering_routes"]

_CHANNEL: Final = "desk"
_CONTACT: Final = ("name", "phone", "email")
_ONCE: Final = {"Idempotency-Key": "Names the report: sent again it opens one case."}


class Caller(Struct, frozen=True, forbid_unknown_fields=True):
    """Who told it; kept in confidence."""

    name: Words | UnsetType = UNSET
    phone: Words | UnsetType = UNSET
    email: Words | UnsetType = UNSET


class CaseGiven(Struct, frozen=True, forbid_unknown_fields=True):
    """A case that staff open; words, the caller, the address and photos are kept in confidence."""

    case_type: Name
    category: Name | UnsetType = UNSET
    nature: Name | UnsetType = UNSET
    severity: Whole | UnsetType = UNSET
    longitude: Annotated[float, Meta(ge=-180, le=180)] | UnsetType = UNSET
    latitude: Annotated[float, Meta(ge=-90, le=90)] | UnsetType = UNSET
    address: (
        Annotated[Words, Meta(description="Looked up where no degrees are given.")] | UnsetType
    ) = UNSET
    place: Annotated[Name, Meta(description="Id of a place.")] | UnsetType = UNSET
    asset: Name | UnsetType = UNSET
    happened: Time | UnsetType = UNSET
    text: Words | UnsetType = UNSET
    caller: Caller | UnsetType = UNSET
    answers: Annotated[
        dict[str, str], Meta(description="To the questions of the case type, by their code.")
    ] = {}
    photos: list[Photo] = []


class CaseOpened(Struct):
    """The case, and the number by which whoever told it sees it."""

    case: str
    token: str


def registering_routes(door: Door) -> list[Route]:
    """Return the route that opens a case."""
    desk = _Registering(door)
    return [guarded(door, "/api/cases", "cases.open", answered(desk.open), "POST")]


class _Registering:
    def __init__(self, door: Door) -> None:
        self.door = door
        self.photos = PhotoLimits.load(door.operations.folder / "photos.toml")

    @declared(
        Declared(
            "Open a case for somebody who told of it.", "cases", body=CaseGiven,
            answer=CaseOpened, status=(200, 201), headers=_ONCE,
        )
    )  # fmt: skip
    async def open(self, request: Request, visitor: Visitor) -> Any:
        """Open a case; the tracking number is for whoever told of it."""
        told = await body_of(request, CaseGiven)
        kind = self.door.types.get(told.case_type)
        category, nature = told.category or None, told.nature or None
        codes = {"category": category, "nature": nature}
        require_codes(kind, self.door.operations.taxonomy, codes, self.door.now().date())
        x, y = await self._place(told) or (None, None)
        answers = answers_to(kind.questions, {code: [one] for code, one in told.answers.items()})
        photos = [await run_in_threadpool(clean_photo, one, self.photos) for one in told.photos]
        new = NewCase(
            kind.id, delivery_of(request, visitor, "open") or self.door.new_delivery(), _CHANNEL,
            happened=read_time(told.happened) if told.happened else None,
            category=category, nature=nature,
            severity=None if told.severity is UNSET else told.severity, x=x, y=y,
            grid=None if x is None or y is None else self.door.ground.cell_of(x, y),
            place=told.place or None, asset=told.asset or None,
            confidences=[*_confidences(told, answers), *(("photo", one) for one in photos)],
        )  # fmt: skip
        opened = await self.door.report(new, visitor.actor)
        answer = {"case": opened.case, "token": opened.token}
        return JSONResponse(answer, 201 if opened.new else 200)

    async def _place(self, told: CaseGiven) -> tuple[float, float] | None:
        if isinstance(told.longitude, UnsetType) != isinstance(told.latitude, UnsetType):
            raise InputError(
                Text("longitude and latitude are given together", "经度和纬度须同时给出"),
                field="longitude",
            )
        if not isinstance(told.longitude, UnsetType) and not isinstance(told.latitude, UnsetType):
            return self.door.project(told.longitude, told.latitude)
        return await self.door.locate(told.address) if told.address else None


def _confidences(told: CaseGiven, answers: Mapping[str, str]) -> list[tuple[str, bytes]]:
    kept = [(name, getattr(told, name)) for name in ("text", "address") if getattr(told, name)]
    if told.caller:
        contacts = [(name, getattr(told.caller, name)) for name in _CONTACT]
        kept += [("contact", f"{name}={value}") for name, value in contacts if value]
    kept += [("answer", f"{code}={answer}") for code, answer in answers.items()]
    return [(kind, content.encode()) for kind, content in kept]
