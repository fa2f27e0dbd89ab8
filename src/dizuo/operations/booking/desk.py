"""Offer slots, book seats, cancel, change, and note who came: each step is one event or a few.

Whoever writes holds the end of the log, so seats are counted one after the other: never more are
held than there are, and what was acknowledged is on disk. Who cancels makes room for whoever waits
longest, in the same transaction.
"""

import json
import secrets
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Final, Literal

from sqlalchemy import Connection, select

from dizuo.model.errors import InputError
from dizuo.model.text import Text
from dizuo.operations.booking.limits import BookingLimits
from dizuo.operations.booking.offer import OfferedSlot
from dizuo.operations.booking.publishing import changes_of_offer
from dizuo.operations.booking.register import one_booking, slot_row
from dizuo.operations.booking.tables import booking_slots, bookings
from dizuo.operations.cases.office import Actor
from dizuo.operations.event_log.changed_rows import CHANGES
from dizuo.operations.event_log.event import Event
from dizuo.operations.event_log.log import Log
from dizuo.operations.event_log.tables import events
from dizuo.operations.event_log.vault import Vault
from dizuo.operations.event_log.verification import CONFIDENCES
from dizuo.operations.incidents.desk import By
from dizuo.operations.time import from_microseconds, to_microseconds

__all__ = ["BookingDesk", "Presence", "Told"]
__systems__ = ("S22.7",)

Presence = Literal["attended", "missed"]
_LIST: Final = By(Actor("rule:waiting_list", frozenset()), channel="booking")
_CONTACT: Final = "contact"
_STANDS: Final = frozenset({"held", "waiting"})
Rows = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Told:
    """A booking after a step; ``new`` if the step was done now, not by an earlier delivery."""

    booking: str
    number: str
    slot: str
    state: str
    new: bool


@dataclass(frozen=True)
class BookingDesk:
    """Does what can be done with bookings, each step within a transaction of the caller.

    Every step raises InputError if there is no such slot or booking, or if it cannot be done now. A
    delivery that was done before is answered as the booking stands, and changes nothing.

    Parameters
    ----------
    simulated
        Whether every booking made here is made up.
    numbers
        Makes booking numbers that nobody can guess.
    identify
        Makes ids of bookings and events: unique hexadecimal digits.
    """

    log: Log
    vault: Vault
    limits: BookingLimits
    simulated: bool = False
    numbers: Callable[[], str] = field(default=lambda: secrets.token_urlsafe(15))
    identify: Callable[[], str] = field(default=lambda: uuid.uuid4().hex)

    def publish(
        self, connection: Connection, offer: Sequence[OfferedSlot], file: Path, by: By
    ) -> dict[str, int]:
        """Offer the slots of a file from now on, and withdraw those that are not in it any more.

        Slots that have begun are left as they are. Where seats were added, those who wait move up.

        Returns
        -------
        dict
            How many slots were ``offered`` anew or changed, ``withdrawn``, and left ``unchanged``.

        Raises
        ------
        InputError
            With file and row, if a slot would have fewer seats than are held, or a slot with
            bookings would go.
        """
        self.log.take_the_end(connection)
        offered, withdrawn = changes_of_offer(connection, offer, self.log.clock.now(), file)
        new = [("slot.offered", *one) for one in offered.items()]
        new += [("slot.withdrawn", *one) for one in withdrawn.items()]
        now = self.log.clock.now()
        self.log.append(connection, [
            Event(self.identify(), kind, slot, now, by.actor.id, by.channel,
                  {CHANGES: {booking_slots.name: {slot: columns}}})
            for kind, slot, columns in new
        ])  # fmt: skip
        for slot in offered:
            self._move_up(connection, slot)
        ahead = sum(one.begins > now for one in offer)
        return {
            "offered": len(offered),
            "withdrawn": len(withdrawn),
            "unchanged": ahead - len(offered),
        }

    def book(
        self,
        connection: Connection,
        slot: str,
        by: By,
        *,
        contact: Mapping[str, str] | None = None,
        wait: bool = False,
    ) -> Told:
        """Hold a seat, or wait for one if that is wanted and all are held.

        Parameters
        ----------
        contact
            How whoever books is reached; kept in confidence.
        """
        end = self.log.take_the_end(connection)
        known = self._done_before(connection, by)
        if known is not None:
            return self._told(connection, known, new=False)
        row = self._bookable(connection, slot)
        state, counted = ("held", "held") if row["held"] < row["capacity"] else ("waiting",) * 2
        if state == "waiting":
            self._require_room_to_wait(row, wait=wait)
        booking, now = f"booking:{self.identify()}", self.log.clock.now()
        columns = {
            "number": self.numbers(),
            "slot": slot,
            "state": state,
            "made": to_microseconds(now),
            "queued": end + 1,
            "simulated": self.simulated,
        }
        said = [
            self.vault.keep(connection, booking, _CONTACT, f"{name}={value}".encode())
            for name, value in (contact or {}).items()
        ]
        self._write(
            connection, "booking.made", booking, by, columns, {slot: {counted: row[counted] + 1}},
            [{"kind": _CONTACT, "digest": digest} for digest in said],
        )  # fmt: skip
        return self._told(connection, booking, new=True)

    def cancel(self, connection: Connection, name: str, by: By, *, staff: bool = False) -> Told:
        """Give a seat back, or stop waiting; whoever waits longest has the seat.

        Parameters
        ----------
        staff
            Staff may do it until the slot begins.
        """
        self.log.take_the_end(connection)
        known = self._done_before(connection, by)
        if known is not None:
            return self._told(connection, known, new=False)
        row, slot = self._changeable(connection, name, staff=staff)
        left = {slot["slot"]: {row["state"]: slot[row["state"]] - 1}}
        self._write(
            connection, "booking.cancelled", row["booking"], by, {"state": "cancelled"}, left
        )
        self._move_up(connection, slot["slot"])
        return self._told(connection, row["booking"], new=True)

    def change(self, connection: Connection, name: str, to: str, by: By) -> Told:
        """Take a seat of another slot of the same service; the old one is kept if that is full."""
        self.log.take_the_end(connection)
        known = self._done_before(connection, by)
        if known is not None:
            return self._told(connection, known, new=False)
        row, old = self._changeable(connection, name, staff=False)
        new = self._bookable(connection, to)
        if new["slot"] == old["slot"] or new["service"] != old["service"]:
            raise InputError(
                Text(
                    "a booking is changed to another slot of the same service",
                    "预约只能改到同一服务的其他时段",
                ),
                field="slot",
            )
        if new["held"] >= new["capacity"]:
            raise _full(Text("Choose a slot that is free.", "请选择有空余的时段。"))
        counts = {
            old["slot"]: {row["state"]: old[row["state"]] - 1},
            new["slot"]: {"held": new["held"] + 1},
        }
        columns = {"slot": new["slot"], "state": "held"}
        self._write(connection, "booking.changed", row["booking"], by, columns, counts)
        self._move_up(connection, old["slot"])
        return self._told(connection, row["booking"], new=True)

    def note_presence(self, connection: Connection, name: str, presence: Presence, by: By) -> Told:
        """Note that whoever booked came, or did not; it can be corrected for some days."""
        self.log.take_the_end(connection)
        known = self._done_before(connection, by)
        if known is not None:
            return self._told(connection, known, new=False)
        row = one_booking(connection, name)
        slot, now = slot_row(connection, row["slot"]), self.log.clock.now()
        if row["state"] not in {"held", "attended", "missed"} - {presence}:
            raise _stands(row["state"])
        begins, ends = (from_microseconds(slot[one]) for one in ("begins", "ends"))
        if presence == "attended":
            first = begins - timedelta(minutes=self.limits.attendance_from_minutes)
        else:
            first = begins + timedelta(minutes=self.limits.missed_after_minutes)
        last = ends + timedelta(days=self.limits.record_until_days)
        if not first <= now <= last:
            raise InputError(
                Text(
                    f"this can be noted from {first.isoformat()} to {last.isoformat()}",
                    f"仅可在 {first.isoformat()} 至 {last.isoformat()} 之间登记",
                ),
                field="booking",
            )
        self._write(connection, f"booking.{presence}", row["booking"], by, {"state": presence}, {})
        return self._told(connection, row["booking"], new=True)

    def contact(self, connection: Connection, name: str, by: By) -> list[str]:
        """Read how whoever booked is reached; that it was read is logged."""
        self.log.take_the_end(connection)
        booking = one_booking(connection, name)["booking"]
        query = select(events.c.facts).where(
            events.c.subject == booking, events.c.kind == "booking.made"
        )
        facts = connection.execute(query).scalar_one()
        digests = [one["digest"] for one in json.loads(facts).get(CONFIDENCES, [])]
        read = self.vault.read_many(connection, digests)
        self._write(connection, "booking.contact_read", booking, by, {}, {})
        return [read[one].decode() for one in digests if one in read]

    def erase(self, connection: Connection, booking: str, actor: Actor) -> int:
        """Destroy what was told in confidence of a booking; return how many things that were."""
        self.log.take_the_end(connection)
        count = self.vault.erase(connection, booking)
        self._write(connection, "booking.erased", booking, By(actor), {}, {}, told={"count": count})
        return count

    def _bookable(self, connection: Connection, slot: str) -> dict[str, Any]:
        row, now = slot_row(connection, slot), self.log.clock.now()
        last = now + timedelta(days=self.limits.days_ahead)
        begins = from_microseconds(row["begins"])
        if row["withdrawn"] or begins <= now:
            raise InputError(Text("the slot is not offered any more", "该时段已不可预约"),
                             field="slot")  # fmt: skip
        if begins > last:
            raise InputError(
                Text(
                    f"slots are booked {self.limits.days_ahead:g} days ahead at most",
                    f"最多提前 {self.limits.days_ahead:g} 天预约",
                ),
                field="slot",
            )
        return row

    def _require_room_to_wait(self, row: Mapping[str, Any], *, wait: bool) -> None:
        if not wait:
            raise _full(
                Text("Choose another slot, or ask to wait.", "请选择其他时段，或选择候补。")
            )
        if row["waiting"] >= self.limits.longest_waiting:
            raise _full(
                Text("Choose another slot: too many wait.", "候补人数已满，请选择其他时段。")
            )

    def _changeable(
        self, connection: Connection, name: str, *, staff: bool
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return a booking that may still be given back, and its slot."""
        row = one_booking(connection, name)
        if row["state"] not in _STANDS:
            raise _stands(row["state"])
        slot = slot_row(connection, row["slot"])
        hours = 0.0 if staff or row["state"] == "waiting" else self.limits.cancel_until_hours
        last = from_microseconds(slot["begins"]) - timedelta(hours=hours)
        if self.log.clock.now() >= last:
            raise InputError(
                Text(
                    f"this could be changed until {last.isoformat()}",
                    f"仅可在 {last.isoformat()} 之前变更",
                ),
                field="booking",
            )
        return row, slot

    def _move_up(self, connection: Connection, slot: str) -> None:
        """Give seats that are free to those who wait, in their order, until the slot begins."""
        row = slot_row(connection, slot)
        if from_microseconds(row["begins"]) <= self.log.clock.now():
            return
        free = row["capacity"] - row["held"]
        first = (
            select(bookings.c.booking)
            .where(bookings.c.slot == slot, bookings.c.state == "waiting")
            .order_by(bookings.c.queued)
            .limit(free)
        )
        waiting = connection.execute(first).scalars().all() if free > 0 else ()
        for further, booking in enumerate(waiting, start=1):
            counts = {slot: {"held": row["held"] + further, "waiting": row["waiting"] - further}}
            self._write(connection, "booking.moved_up", booking, _LIST, {"state": "held"}, counts)

    def _write(
        self,
        connection: Connection,
        kind: str,
        booking: str,
        by: By,
        columns: Mapping[str, Any],
        slots: Rows,
        said: Sequence[Mapping[str, str]] = (),
        told: Mapping[str, Any] | None = None,
    ) -> None:
        now = self.log.clock.now()
        changes: dict[str, Rows] = {bookings.name: {booking: columns}}
        if slots:
            changes[booking_slots.name] = slots
        facts: dict[str, Any] = {**(told or {}), CHANGES: changes}
        if said:
            facts[CONFIDENCES] = list(said)
        name = _event_id(by.delivery) or self.identify()
        event = Event(name, kind, booking, now, by.actor.id, by.channel, facts)
        self.log.append(connection, [event])

    @staticmethod
    def _done_before(connection: Connection, by: By) -> str | None:
        if by.delivery is None:
            return None
        query = select(events.c.subject).where(events.c.id == _event_id(by.delivery))
        return connection.execute(query).scalar_one_or_none()

    @staticmethod
    def _told(connection: Connection, booking: str, *, new: bool) -> Told:
        row = one_booking(connection, booking)
        return Told(row["booking"], row["number"], row["slot"], row["state"], new)


def _event_id(delivery: str | None) -> str | None:
    """Name the event of a delivery, apart from those of cases and incidents."""
    return None if delivery is None else f"booking-step:{delivery}"


def _full(cure: Text) -> InputError:
    return InputError(Text("every seat is held", "名额已满"), field="slot", cure=cure)


def _stands(state: str) -> InputError:
    return InputError(Text(f"the booking is {state}", f"该预约的状态为 {state}"), field="booking")
