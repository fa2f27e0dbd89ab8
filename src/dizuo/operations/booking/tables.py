"""Slots and bookings: tables derived from the events, in which nobody has a name.

An event carries what it changes, row by row. The database itself refuses to hold more seats of a
slot than it has.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Connection,
    Index,
    Integer,
    MetaData,
    String,
    Table,
)

from dizuo.operations.event_log.changed_rows import CHANGES, put_row
from dizuo.operations.event_log.event import LoggedEvent
from dizuo.operations.event_log.tables import WHOLE

__all__ = ["BookingProjection", "booking_slots", "bookings"]

_KINDS: Final = ("slot.", "booking.")
_METADATA = MetaData()

booking_slots = Table(
    "booking_slots",
    _METADATA,
    Column("slot", String, primary_key=True),
    Column("service", String, nullable=False),
    Column("place", String, nullable=False),
    Column("en", String, nullable=False),
    Column("zh", String, nullable=False),
    Column("district", String, nullable=False),
    Column("begins", WHOLE, nullable=False),
    Column("ends", WHOLE, nullable=False),
    Column("capacity", Integer, nullable=False),
    Column("held", Integer, nullable=False),
    Column("waiting", Integer, nullable=False),
    Column("withdrawn", Boolean, nullable=False),
    CheckConstraint("held >= 0 AND held <= capacity", name="never_more_than_seats"),
    CheckConstraint("waiting >= 0", name="never_fewer_than_none_wait"),
    Index("booking_slots_by_service", "service", "begins"),
    Index("booking_slots_by_time", "begins"),
)
"""Times are whole microseconds since 1970; ``en`` and ``zh`` are what the place is called.

``held`` counts bookings that are held, attended or missed; ``waiting`` those that wait."""

bookings = Table(
    "bookings",
    _METADATA,
    Column("booking", String, primary_key=True),
    Column("number", String, nullable=False, unique=True),
    Column("slot", String, nullable=False),
    Column("state", String, nullable=False),
    Column("made", WHOLE, nullable=False),
    Column("queued", WHOLE, nullable=False),
    Column("simulated", Boolean, nullable=False),
    Column("changed", WHOLE, nullable=False),
    Column("version", Integer, nullable=False),
    Index("bookings_by_slot", "slot", "state", "queued"),
)
"""``number`` is the secret of whoever booked. ``state`` is ``held``, ``waiting``, ``cancelled``,
``attended`` or ``missed``; ``queued`` the event by which it was made, in whose order seats that
become free are given out."""

_TABLES: Final = (booking_slots, bookings)


@dataclass(frozen=True)
class BookingProjection:
    """Keeps slots and bookings up with the events."""

    tables: Sequence[Table] = _TABLES

    def apply(self, connection: Connection, added: Sequence[LoggedEvent]) -> None:
        """Make and change the rows that the events name, in their order."""
        for one in added:
            if not one.kind.startswith(_KINDS):
                continue
            told = one.known().get(CHANGES, {})
            if one.kind.startswith("booking."):
                own = told.setdefault(bookings.name, {}).setdefault(one.subject, {})
                own |= {"version": one.version, "changed": one.happened}
            for table in self.tables:
                (column,) = table.primary_key.columns
                for key, values in told.get(table.name, {}).items():
                    put_row(connection, table, {column.name: key}, values)

    def clear(self, connection: Connection) -> None:
        """Remove every row."""
        for table in self.tables:
            connection.execute(table.delete())
