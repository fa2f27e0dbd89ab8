"""Look up slots and bookings: what is free for everybody, and a day's bookings for the staff."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, select

from dizuo.model.errors import InputError
from dizuo.model.text import Text
from dizuo.operations.booking.tables import booking_slots, bookings
from dizuo.operations.time import from_microseconds, to_microseconds

__all__ = ["SlotFilter", "bookings_of_day", "one_booking", "open_slots", "slot_row"]

_YEARS: Final = range(1970, 9998)


@dataclass(frozen=True, slots=True)
class SlotFilter:
    """Which slots are asked for; what is None is not asked."""

    service: str | None = None
    place: str | None = None
    district: str | None = None


def open_slots(
    connection: Connection,
    asked: SlotFilter,
    now: datetime,
    until: datetime,
    *,
    only_free: bool = False,
    most: int = 100,
) -> list[dict[str, Any]]:
    """Return slots that can be booked now, the next first.

    Whether a seat is free is told, never how many are: of a known capacity that would count people.

    Parameters
    ----------
    until
        The latest time at which a slot may begin.
    """
    column = booking_slots.c
    query = (
        select(booking_slots)
        .where(column.begins > to_microseconds(now), column.begins <= to_microseconds(until))
        .where(column.withdrawn.is_(False), *_matching(asked))
        .order_by(column.begins, column.slot)
        .limit(most)
    )
    if only_free:
        query = query.where(column.held < column.capacity)
    return [
        {
            "slot": row["slot"],
            "service": row["service"],
            "place": row["place"],
            "en": row["en"],
            "zh": row["zh"],
            "district": row["district"],
            "begins": from_microseconds(row["begins"]),
            "ends": from_microseconds(row["ends"]),
            "free": row["held"] < row["capacity"],
        }
        for row in connection.execute(query).mappings()
    ]


def bookings_of_day(
    connection: Connection, day: date, zone: ZoneInfo, asked: SlotFilter
) -> list[dict[str, Any]]:
    """Return the bookings of a day, by slot, without numbers or contacts; for the staff.

    Raises
    ------
    InputError
        If the day is of a year that is not kept.
    """
    if day.year not in _YEARS:
        raise InputError(
            Text(f"{day} is beyond the years that are kept", f"{day} 超出可查询的年份"),
            field="day",
        )
    begin = datetime.combine(day, time.min, zone)
    end = datetime.combine(day + timedelta(days=1), time.min, zone)
    column = booking_slots.c
    query = (
        select(bookings.c.booking, bookings.c.state, column.slot, column.service, column.place,
               column.begins, column.ends)
        .join(booking_slots, column.slot == bookings.c.slot)
        .where(column.begins >= to_microseconds(begin.astimezone(UTC)),
               column.begins < to_microseconds(end.astimezone(UTC)), *_matching(asked))
        .order_by(column.begins, column.slot, bookings.c.queued)
    )  # fmt: skip
    return [
        {**row, **{name: from_microseconds(row[name]) for name in ("begins", "ends")}}
        for row in connection.execute(query).mappings()
    ]


def one_booking(connection: Connection, name: str) -> dict[str, Any]:
    """Return a booking as it stands, by its id or its number.

    Raises
    ------
    InputError
        If there is none.
    """
    named = (bookings.c.booking == name) | (bookings.c.number == name)
    row = connection.execute(select(bookings).where(named)).mappings().one_or_none()
    if row is None:
        raise InputError(
            Text("there is no booking of this number", "没有该编号的预约"), field="booking"
        )
    return dict(row)


def slot_row(connection: Connection, slot: str) -> dict[str, Any]:
    """Return a slot as it stands.

    Raises
    ------
    InputError
        If there is none.
    """
    query = select(booking_slots).where(booking_slots.c.slot == slot)
    row = connection.execute(query).mappings().one_or_none()
    if row is None:
        raise InputError(Text(f"there is no slot {slot!r}", f"没有时段 {slot!r}"), field="slot")
    return dict(row)


def _matching(asked: SlotFilter) -> list[Any]:
    named = {name: getattr(asked, name) for name in ("service", "place", "district")}
    return [booking_slots.c[name] == value for name, value in named.items() if value is not None]
