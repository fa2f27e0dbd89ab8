"""Bookings of shared services: for everybody by the number of the booking, and for the staff."""

from collections.abc import Callable
from dataclasses import asdict
from datetime import date, datetime, timedelta
from functools import partial
from typing import Annotated, Any, Final

from msgspec import UNSET, Meta, Struct, UnsetType
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from dizuo.api.answering import AbsentError, answered
from dizuo.api.declared import Declared, Instant, Name, Words, body_of, declared, query_of
from dizuo.api.deliveries import delivery_of
from dizuo.api.door import Door
from dizuo.api.guard import guarded
from dizuo.api.shared_services import FactsOf, refuse_who_may_not
from dizuo.model.errors import InputError
from dizuo.model.text import Text
from dizuo.operations.access.visitor import Visitor
from dizuo.operations.booking.desk import BookingDesk, Told
from dizuo.operations.booking.register import (
    SlotFilter,
    bookings_of_day,
    one_booking,
    open_slots,
    slot_row,
)
from dizuo.operations.incidents.desk import By
from dizuo.operations.time import from_microseconds

__all__ = ["booking_routes"]
__systems__ = ("S22.7",)

_ONCE: Final = {"Idempotency-Key": "Names the step: sent again it is done once."}
_UNSEEN: Final = {"Cache-Control": "no-store"}
_CONTACT: Final = ("name", "phone", "email")
_Day = Annotated[str, Meta(pattern=r"^\d{4}-\d\d-\d\d$", extra_json_schema={"format": "date"})]


class SlotsAsked(Struct, frozen=True, forbid_unknown_fields=True):
    """Which slots are asked for."""

    most: Annotated[int, Meta(ge=1, le=1000)] = 100
    service: Name | UnsetType = UNSET
    place: Name | UnsetType = UNSET
    district: Name | UnsetType = UNSET
    only_free: bool = False


class DayAsked(Struct, frozen=True, forbid_unknown_fields=True):
    """Whose bookings are asked for: of a day by the city's clock."""

    day: _Day
    service: Name | UnsetType = UNSET
    place: Name | UnsetType = UNSET


class Reached(Struct, frozen=True, forbid_unknown_fields=True):
    """How whoever books is reached; kept in confidence."""

    name: Words | UnsetType = UNSET
    phone: Words | UnsetType = UNSET
    email: Words | UnsetType = UNSET


class BookingWanted(Struct, frozen=True, forbid_unknown_fields=True):
    """A seat that is wanted; facts are answered and kept nowhere."""

    slot: Name
    wait: Annotated[bool, Meta(description="Wait if every seat is held.")] = False
    contact: Reached | UnsetType = UNSET
    facts: FactsOf = {}


class SlotWanted(Struct, frozen=True, forbid_unknown_fields=True):
    """The slot that is wanted in place of the other."""

    slot: Name


class SlotTold(Struct):
    """A slot that may be booked; how many seats are free is not told, since it counts people."""

    slot: str
    service: str
    place: str
    en: str
    zh: str
    district: str
    begins: Instant
    ends: Instant
    free: bool


class BookingTold(Struct):
    """A booking, as whoever holds its number sees it."""

    number: str
    slot: str
    state: str
    service: str
    place: str
    en: str
    zh: str
    begins: Instant
    ends: Instant


class BookingListed(Struct):
    """A booking, as staff see it: neither its number nor who it is."""

    booking: str
    state: str
    slot: str
    service: str
    place: str
    begins: Instant
    ends: Instant


class BookingNoted(Struct):
    """A booking after a step of the staff."""

    booking: str
    slot: str
    state: str


def booking_routes(door: Door) -> list[Route]:
    """Return the routes below ``/api/shared_services/bookings`` and ``/api/bookings``."""
    desk = _Bookings(door)
    public = "/api/shared_services"
    routes = (
        ("GET", f"{public}/slots", "services.read", desk.slots),
        ("POST", f"{public}/bookings", "bookings.open", desk.book),
        ("GET", public + "/bookings/{booking_number}", "bookings.track", desk.tracked),
        ("POST", public + "/bookings/{booking_number}/cancel", "bookings.track", desk.cancel),
        ("POST", public + "/bookings/{booking_number}/change", "bookings.track", desk.change),
        ("GET", "/api/bookings", "bookings.read", desk.of_day),
        ("GET", "/api/bookings/{booking}/contact", "bookings.contact", desk.contact),
        ("POST", "/api/bookings/{booking}/{deed}", "bookings.act", desk.act),
    )
    return [
        guarded(door, path, permission, answered(work), method)
        for method, path, permission, work in routes
    ]


_DEEDS: Final[dict[str, Callable[[BookingDesk, Connection, str, By], Told]]] = {
    "attended": lambda desk, c, name, by: desk.note_presence(c, name, "attended", by),
    "missed": lambda desk, c, name, by: desk.note_presence(c, name, "missed", by),
    "cancel": lambda desk, c, name, by: desk.cancel(c, name, by, staff=True),
}


class _Bookings:
    def __init__(self, door: Door) -> None:
        self.door = door

    @property
    def desk(self) -> BookingDesk:
        return self.door.operations.bookings

    @declared(
        Declared(
            "List slots that can be booked, the next first.", "bookings", query=SlotsAsked,
            answer=list[SlotTold], public=True,
        )
    )  # fmt: skip
    async def slots(self, request: Request, _: Visitor) -> Any:
        """List slots, and whether a seat is free."""
        asked = query_of(request, SlotsAsked)
        now = self.door.now()
        until = now + timedelta(days=self.desk.limits.days_ahead)
        list_them = partial(
            open_slots, asked=_filter(asked, "service", "place", "district"), now=now, until=until,
            only_free=asked.only_free, most=asked.most,
        )  # fmt: skip
        return [_shown(row) for row in await self.door.read(list_them)]

    @declared(
        Declared(
            "Book a seat of a slot, or wait for one.", "bookings", body=BookingWanted,
            answer=BookingTold, status=(200, 201), headers=_ONCE, public=True,
        )
    )  # fmt: skip
    async def book(self, request: Request, visitor: Visitor) -> Any:
        """Book a seat; the number of the booking is for whoever booked."""
        wanted = await body_of(request, BookingWanted)
        self._require_own_key(request, visitor)
        by = await self._by(request, visitor)
        contact = {} if isinstance(wanted.contact, UnsetType) else _contact(wanted.contact)
        file = self.door.operations.folder / "shared_services.toml"

        def work(connection: Connection) -> Told:
            service = slot_row(connection, wanted.slot)["service"]
            refuse_who_may_not(file, service, wanted.facts)
            return self.desk.book(connection, wanted.slot, by, contact=contact, wait=wanted.wait)

        told = await self.door.write(work)
        answer = await self._of_number(told.number)
        return JSONResponse(answer, 201 if told.new else 200, headers=_UNSEEN)

    @declared(
        Declared(
            "Tell the booking of a number.", "bookings", answer=BookingTold, public=True,
        )
    )  # fmt: skip
    async def tracked(self, request: Request, _: Visitor) -> Any:
        """Tell a booking to whoever holds its number."""
        answer = await self._of_number(request.path_params["booking_number"])
        return JSONResponse(answer, headers=_UNSEEN)

    @declared(
        Declared(
            "Give up the booking of a number; whoever waits longest has the seat.", "bookings",
            answer=BookingTold, headers=_ONCE, public=True,
        )
    )  # fmt: skip
    async def cancel(self, request: Request, visitor: Visitor) -> Any:
        """Cancel a booking by its number."""
        number, by = request.path_params["booking_number"], await self._by(request, visitor)
        await self._of_number(number)
        await self.door.write(lambda c: self.desk.cancel(c, number, by))
        return JSONResponse(await self._of_number(number), headers=_UNSEEN)

    @declared(
        Declared(
            "Change the booking of a number to another slot of the service.", "bookings",
            body=SlotWanted, answer=BookingTold, headers=_ONCE, public=True,
        )
    )  # fmt: skip
    async def change(self, request: Request, visitor: Visitor) -> Any:
        """Change a booking by its number; the seat is kept if the other slot is full."""
        wanted = await body_of(request, SlotWanted)
        number, by = request.path_params["booking_number"], await self._by(request, visitor)
        await self._of_number(number)
        await self.door.write(lambda c: self.desk.change(c, number, wanted.slot, by))
        return JSONResponse(await self._of_number(number), headers=_UNSEEN)

    @declared(
        Declared(
            "List the bookings of a day, without numbers and contacts.", "bookings",
            query=DayAsked, answer=list[BookingListed],
        )
    )  # fmt: skip
    async def of_day(self, request: Request, _: Visitor) -> Any:
        """List a day's bookings in the order of their slots."""
        asked = query_of(request, DayAsked)
        try:
            day = date.fromisoformat(asked.day)
        except ValueError:
            raise InputError(
                Text(f"{asked.day!r} is no day", f"{asked.day!r} 不是日期"), field="day"
            ) from None
        zone = self.door.operations.zone
        wanted = _filter(asked, "service", "place")
        rows = await self.door.read(lambda c: bookings_of_day(c, day, zone, wanted))
        return [_shown(row) for row in rows]

    @declared(
        Declared(
            "Read how whoever booked is reached; the reading is logged.", "bookings",
            answer=list[str],
        )
    )  # fmt: skip
    async def contact(self, request: Request, visitor: Visitor) -> Any:
        """Tell a contact, and log that it was read."""
        booking = await self._known(request.path_params["booking"])
        by = By(visitor.actor)
        told = await self.door.write(lambda c: self.desk.contact(c, booking, by))
        return JSONResponse(told, headers=_UNSEEN)

    @declared(
        Declared(
            "Note that whoever booked came or missed it, or cancel for them.", "bookings",
            path={"deed": {"type": "string", "enum": [*_DEEDS]}}, answer=BookingNoted,
            headers=_ONCE,
        )
    )  # fmt: skip
    async def act(self, request: Request, visitor: Visitor) -> Any:
        """Do one thing with a booking; its id or, at the window, its number names it."""
        deed = request.path_params["deed"]
        if deed not in _DEEDS:
            raise AbsentError(Text(f"there is no step {deed!r}", f"没有操作 {deed!r}"))
        booking = await self._known(request.path_params["booking"])
        by = await self._by(request, visitor)
        told = await self.door.write(lambda c: _DEEDS[deed](self.desk, c, booking, by))
        return {name: asdict(told)[name] for name in ("booking", "slot", "state")}

    async def _by(self, request: Request, visitor: Visitor) -> By:
        content = [await request.body()]
        path = request.url.path
        delivery = delivery_of(request, visitor, request.method, path, content=content)
        return By(visitor.actor, delivery, channel="desk" if visitor.is_known else "booking")

    def _require_own_key(self, request: Request, visitor: Visitor) -> None:
        """Refuse a short key of the public: who chose it too would be told another's number."""
        key, least = request.headers.get("idempotency-key"), self.desk.limits.least_key_characters
        if key and not visitor.is_known and len(key) < least:
            raise InputError(
                Text(
                    f"an Idempotency-Key has {least} characters at least",
                    f"Idempotency-Key 至少 {least} 个字符",
                ),
                field="Idempotency-Key",
            )

    async def _known(self, name: str) -> str:
        """Return the id of a booking that is there."""
        return str((await self.door.read(partial(_found, name=name)))["booking"])

    async def _of_number(self, number: str) -> dict[str, Any]:
        def tell(connection: Connection) -> dict[str, Any]:
            row = _found(connection, number)
            if row["number"] != number:
                raise _no_booking()
            slot = slot_row(connection, row["slot"])
            told = {name: row[name] for name in ("number", "slot", "state")}
            told |= {name: slot[name] for name in ("service", "place", "en", "zh")}
            times = {name: from_microseconds(slot[name]) for name in ("begins", "ends")}
            return _shown(told | times)

        return await self.door.read(tell)


def _found(connection: Connection, name: str) -> dict[str, Any]:
    try:
        return one_booking(connection, name)
    except InputError:
        raise _no_booking() from None


def _no_booking() -> AbsentError:
    return AbsentError(
        Text("there is no booking of this number", "没有该编号的预约"), field="booking"
    )


def _contact(told: Reached) -> dict[str, str]:
    given = {name: getattr(told, name) for name in _CONTACT}
    return {name: value for name, value in given.items() if value}


def _filter(asked: Struct, *names: str) -> SlotFilter:
    given = {name: getattr(asked, name) for name in names}
    return SlotFilter(**{name: value for name, value in given.items() if value is not UNSET})


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    return {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in row.items()
    }
