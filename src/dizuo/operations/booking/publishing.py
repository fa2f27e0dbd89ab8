"""What changes when a city publishes its slots anew."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, select

from dizuo.model.errors import InputError
from dizuo.model.text import Text
from dizuo.operations.booking.offer import OfferedSlot
from dizuo.operations.booking.tables import booking_slots
from dizuo.operations.time import to_microseconds

__all__ = ["changes_of_offer"]

Rows = dict[str, dict[str, Any]]


def changes_of_offer(
    connection: Connection, offer: Sequence[OfferedSlot], now: datetime, file: Path
) -> tuple[Rows, Rows]:
    """Return the rows of slots that are offered or changed, and of those that are withdrawn.

    Raises
    ------
    InputError
        If somebody would lose a seat, or a place to wait, by it.
    """
    query = select(booking_slots).where(booking_slots.c.begins > to_microseconds(now))
    known = {row["slot"]: dict(row) for row in connection.execute(query).mappings()}
    offered: Rows = {}
    for one in offer:
        if one.begins <= now:
            continue
        there, columns = known.pop(one.id, None), _columns(one)
        if there is None:
            offered[one.id] = columns | {"held": 0, "waiting": 0}
            continue
        if one.capacity < there["held"]:
            raise InputError(
                Text(
                    f"{there['held']} seats of this slot are held",
                    f"该时段已有 {there['held']} 个名额被预约",
                ),
                file=file, row=one.row, field="capacity",
                cure=Text(
                    "Give at least as many, or cancel bookings first.",
                    "名额不得少于该数，或先取消部分预约。",
                ),
            )  # fmt: skip
        if any(there[name] != value for name, value in columns.items()):
            offered[one.id] = columns
    gone = {slot: row for slot, row in known.items() if not row["withdrawn"]}
    for slot, row in gone.items():
        if row["held"] or row["waiting"]:
            raise InputError(
                Text(
                    f"{slot} is not here any more, but it has bookings",
                    f"{slot} 已不在表中，但仍有预约",
                ),
                file=file,
                field="begin",
                cure=Text("Put it back, or cancel its bookings first.",
                          "请恢复该行，或先取消其预约。"),
            )  # fmt: skip
    return offered, {slot: {"withdrawn": True} for slot in gone}


def _columns(one: OfferedSlot) -> dict[str, Any]:
    return {
        "service": one.service,
        "place": one.place.id,
        "en": one.place.title.en,
        "zh": one.place.title.zh,
        "district": one.place.district,
        "begins": to_microseconds(one.begins),
        "ends": to_microseconds(one.ends),
        "capacity": one.capacity,
        "withdrawn": False,
    }
