"""Erase how those are reached whose slots ended long enough ago."""

from datetime import datetime

from sqlalchemy import Connection, select

from dizuo.operations.booking.desk import BookingDesk
from dizuo.operations.booking.tables import booking_slots, bookings
from dizuo.operations.cases.office import Actor
from dizuo.operations.event_log.tables import keys
from dizuo.operations.time import to_microseconds

__all__ = ["erase_past_bookings"]


def erase_past_bookings(
    connection: Connection, desk: BookingDesk, before: datetime, actor: Actor
) -> dict[str, int]:
    """Erase the contacts of every booking whose slot ended before a moment, in one transaction.

    Returns
    -------
    dict
        How many ``bookings`` that were, and how many ``contacts`` they had.
    """
    query = (
        select(bookings.c.booking)
        .join(keys, keys.c.subject == bookings.c.booking)
        .join(booking_slots, booking_slots.c.slot == bookings.c.slot)
        .where(booking_slots.c.ends < to_microseconds(before))
        .order_by(bookings.c.booking)
    )
    found = connection.execute(query).scalars().all()
    return {
        "bookings": len(found),
        "contacts": sum(desk.erase(connection, booking, actor) for booking in found),
    }
