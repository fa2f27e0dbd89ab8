"""Read from the log what became of slots and bookings: as pure functions of its events."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd

from dizuo.operations.booking.tables import booking_slots, bookings
from dizuo.operations.event_log.changed_rows import CHANGES
from dizuo.operations.event_log.event import LoggedEvent

__all__ = ["BOOKING_EVENTS", "SEATS", "BookingHistories", "booking_histories"]
__systems__ = ("S22.7",)

BOOKING_EVENTS: Final = ("slot.", "booking.")
"""Beginnings of the kinds of events that are followed."""
SEATS: Final = ("slot", "service", "district", "begins", "capacity", "attended", "missed",
                "unnoted", "simulated")  # fmt: skip
_AFTER: Final = ("held", "capacity", "withdrawn", "begins", "service", "district")
_PRESENCE: Final = {"held": "unnoted", "attended": "attended", "missed": "missed"}


@dataclass(frozen=True, eq=False)
class BookingHistories:
    """Slots, and how full they were when.

    Attributes
    ----------
    slots
        One row a slot that was not withdrawn: ``SEATS``; of its ``capacity`` so many seats were
        ``attended``, ``missed``, and held without a note (``unnoted``). Times are microseconds.
    changes
        One row each time a slot changed: ``happened``, ``slot`` and how it stood then (``held``,
        ``capacity``, ``withdrawn``, ``begins``, ``service``, ``district``), in order.
    """

    slots: pd.DataFrame
    changes: pd.DataFrame


def booking_histories(pages: Iterable[Sequence[LoggedEvent]], until: int) -> BookingHistories:
    """Follow slots and bookings through the events that happened before a moment.

    Parameters
    ----------
    pages
        Events in their order.
    until
        Microseconds since 1970.
    """
    slots: dict[str, dict[str, Any]] = {}
    made: dict[str, dict[str, Any]] = {}
    changes: list[tuple[Any, ...]] = []
    for one in (event for page in pages for event in page):
        if not one.kind.startswith(BOOKING_EVENTS) or one.happened >= until:
            continue
        told = one.known().get(CHANGES, {})
        for name, values in told.get(bookings.name, {}).items():
            made.setdefault(name, {}).update(values)
        for name, values in told.get(booking_slots.name, {}).items():
            row = slots.setdefault(name, {})
            row.update(values)
            changes.append((one.happened, name, *(row[column] for column in _AFTER)))
    return BookingHistories(
        _seats(slots, made), pd.DataFrame(changes, columns=["happened", "slot", *_AFTER])
    )


def _seats(slots: dict[str, dict[str, Any]], made: dict[str, dict[str, Any]]) -> pd.DataFrame:
    rows = {
        name: {
            "slot": name,
            **{column: row[column] for column in ("service", "district", "begins", "capacity")},
            **dict.fromkeys(_PRESENCE.values(), 0),
            "simulated": False,
        }
        for name, row in slots.items()
        if not row["withdrawn"]
    }
    for one in made.values():
        presence = _PRESENCE.get(one["state"])
        if presence is not None and one["slot"] in rows:
            rows[one["slot"]][presence] += 1
            rows[one["slot"]]["simulated"] |= one["simulated"]
    return pd.DataFrame(list(rows.values()), columns=list(SEATS))
