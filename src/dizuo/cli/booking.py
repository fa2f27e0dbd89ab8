"""``dizuo services CITY slots|publish|book|...``: bookings from the command line."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from dizuo.cli.opening import open_city, seal_at_the_end
from dizuo.cli.operating import operator
from dizuo.cli.session import Session
from dizuo.cli.telling import plain, tell_rows
from dizuo.model.errors import InputError
from dizuo.model.text import Text

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from dizuo.operations.booking.desk import Told
    from dizuo.operations.opening import Operations

__all__ = ["BOOKING_STEPS", "do_booking"]

_DEEDS: Final = ("book", "change", "cancel", "attended", "missed")
BOOKING_STEPS: Final = ("publish", "slots", "day", *_DEEDS, "contact")
"""What can be done with bookings, by the word for it."""


def do_booking(session: Session, folder: Path, step: str, given: Mapping[str, Any]) -> None:
    """Do one thing with bookings.

    Parameters
    ----------
    given
        ``booking``, ``slot``, ``service``, ``place``, ``day``, ``wait``, ``phone``.
    """
    opened = open_city(folder)
    if step not in {"slots", "day"}:
        seal_at_the_end(opened)
    answer = _answer(opened, folder, step, given)
    rows = answer if isinstance(answer, list) else [answer]
    told = [plain(row) for row in rows]
    tell_rows(session, told if isinstance(answer, list) else told[0])


def _answer(opened: "Operations", folder: Path, step: str, given: Mapping[str, Any]) -> Any:
    from dizuo.operations.booking.register import (  # noqa: PLC0415
        SlotFilter,
        bookings_of_day,
        open_slots,
    )
    from dizuo.operations.incidents.desk import By  # noqa: PLC0415

    by, asked = By(operator(opened)), SlotFilter(given["service"], given["place"])
    if step == "publish":
        return opened.publish_slots(folder, by)
    if step in {"slots", "day"}:
        with opened.engine.connect().execution_options(reads_only=True) as connection:
            if step == "day":
                day = _needed(given, "day").date()
                return _in_zone(opened, bookings_of_day(connection, day, opened.zone, asked))
            now = opened.log.clock.now()
            until = now + timedelta(days=opened.bookings.limits.days_ahead)
            return _in_zone(opened, open_slots(connection, asked, now, until))
    with opened.engine.begin() as connection:
        if step == "contact":
            read = opened.bookings.contact(connection, _needed(given, "booking"), by)
            return [dict([one.split("=", 1)]) for one in read]
        told = _done(opened, connection, step, given, by)
    return {name: getattr(told, name) for name in ("booking", "number", "slot", "state")}


def _done(
    opened: "Operations", connection: "Connection", step: str, given: Mapping[str, Any], by: Any
) -> "Told":
    desk = opened.bookings
    if step == "book":
        contact = {"phone": given["phone"]} if given["phone"] else {}
        slot = _needed(given, "slot")
        return desk.book(connection, slot, by, contact=contact, wait=given["wait"])
    name = _needed(given, "booking")
    if step == "change":
        return desk.change(connection, name, _needed(given, "slot"), by)
    if step == "cancel":
        return desk.cancel(connection, name, by, staff=True)
    return desk.note_presence(connection, name, "attended" if step == "attended" else "missed", by)


def _in_zone(opened: "Operations", rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Tell times by the city's clock."""
    return [
        {
            name: value.astimezone(opened.zone) if isinstance(value, datetime) else value
            for name, value in row.items()
        }
        for row in rows
    ]


def _needed(given: Mapping[str, Any], name: str) -> Any:
    if not given[name]:
        where = name.upper() if name == "booking" else f"--{name}"
        raise InputError(Text(f"this needs {where}", f"须给出 {where}"), field=where)
    return given[name]
