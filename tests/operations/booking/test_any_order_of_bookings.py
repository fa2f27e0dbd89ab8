"""Whatever is done in whatever order, the tables are what a plain list of people would say."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from booked_places import do, rows_of
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule

from dizuo.model.errors import InputError
from dizuo.model.text import Text
from dizuo.operations.booking.desk import BookingDesk
from dizuo.operations.booking.limits import BookingLimits
from dizuo.operations.booking.offer import OfferedSlot, Place
from dizuo.operations.booking.tables import BookingProjection, booking_slots, bookings
from dizuo.operations.event_log.database import open_database, prepare
from dizuo.operations.event_log.log import Log
from dizuo.operations.event_log.vault import Vault
from dizuo.operations.time import SetClock

SLOTS = [f"slot:library/north/2026-03-03T{hour}:00" for hour in ("09", "12", "15")]
START = datetime(2026, 3, 2, 9, tzinfo=UTC)
BEGINS = {slot: datetime.fromisoformat(slot[-16:]).replace(tzinfo=UTC) for slot in SLOTS}
HOUR = timedelta(hours=1)
NORTH = Place("north", Text("Northern library", "北馆"), "north")


class Bookings(RuleBasedStateMachine):
    """The desk beside a model: a queue of names for each slot, of which the first have seats."""

    mine = Bundle("mine")

    def __init__(self):
        super().__init__()
        self.clock = SetClock(START)
        self.engine = open_database("sqlite://")
        prepare(self.engine)
        bookings.metadata.create_all(self.engine)
        log = Log(self.engine, self.clock, [BookingProjection()])
        self.desk = BookingDesk(log, Vault(bytes(32)), BookingLimits.load())
        self.seats = dict.fromkeys(SLOTS, 2)
        self.queue = {slot: [] for slot in SLOTS}
        self.held = {slot: [] for slot in SLOTS}
        self.noted = {}
        self.publish()

    def publish(self):
        offer = [
            OfferedSlot(slot, "library", NORTH, BEGINS[slot], BEGINS[slot] + HOUR, seats, "2")
            for slot, seats in self.seats.items()
        ]
        do(self.desk, "publish", offer, Path("slots.csv"))

    def teardown(self):
        self.engine.dispose()

    def fill(self, slot):
        while self.queue[slot] and len(self.held[slot]) < self.seats[slot]:
            self.held[slot].append(self.queue[slot].pop(0))

    def slot_of(self, name):
        return next(s for s in SLOTS if name in self.held[s] or name in self.queue[s])

    def attempt(self, allowed, *step, **given):
        """Do a step, which is done just if the model allows it."""
        try:
            told = do(self.desk, *step, **given)
        except InputError:
            assert not allowed
            return None
        assert allowed
        return told

    def ahead(self, slot, hours=0):
        return self.clock.now() < BEGINS[slot] - timedelta(hours=hours)

    @rule(target=mine, slot=st.sampled_from(SLOTS), wait=st.booleans())
    def book(self, slot, wait):
        free = len(self.held[slot]) < self.seats[slot]
        told = self.attempt(self.ahead(slot) and (free or wait), "book", slot, wait=wait)
        if told is None:
            return None
        (self.held if free else self.queue)[slot].append(told.booking)
        return told.booking

    @rule(name=consumes(mine))
    def cancel(self, name):
        if name is None or name in self.noted:
            return
        slot = self.slot_of(name)
        allowed = self.ahead(slot, 2 if name in self.held[slot] else 0)
        if self.attempt(allowed, "cancel", name) is not None:
            for names in (self.held[slot], self.queue[slot]):
                if name in names:
                    names.remove(name)
            self.fill(slot)

    @rule(name=mine, to=st.sampled_from(SLOTS))
    def change(self, name, to):
        if name is None or name in self.noted or not self.is_known(name):
            return
        slot = self.slot_of(name)
        holds = name in self.held[slot]
        free = len(self.held[to]) < self.seats[to]
        allowed = self.ahead(slot, 2 if holds else 0) and self.ahead(to) and free and to != slot
        if self.attempt(allowed, "change", name, to) is not None:
            (self.held if holds else self.queue)[slot].remove(name)
            self.held[to].append(name)
            self.fill(slot)

    def is_known(self, name):
        return any(name in self.held[s] + self.queue[s] for s in SLOTS)

    @rule(name=mine, presence=st.sampled_from(["attended", "missed"]))
    def note(self, name, presence):
        if name is None or not self.is_known(name):
            return
        slot, now = self.slot_of(name), self.clock.now()
        first = BEGINS[slot] + timedelta(minutes=15 if presence == "missed" else -30)
        standing = name in self.held[slot] and self.noted.get(name) != presence
        if self.attempt(standing and now >= first, "note_presence", name, presence) is not None:
            self.noted[name] = presence

    @rule(slot=st.sampled_from(SLOTS), seats=st.integers(1, 4))
    def offer(self, slot, seats):
        if not self.ahead(slot) or seats < len(self.held[slot]):
            return
        self.seats[slot] = seats
        self.publish()
        self.fill(slot)

    @rule(minutes=st.sampled_from([1, 30, 300, 700]))
    def wait(self, minutes):
        if self.clock.now() < START + timedelta(days=2):
            self.clock.move(timedelta(minutes=minutes))

    @invariant()
    def tables_are_as_the_model_says(self):
        for row in rows_of(self.desk, booking_slots):
            slot = row["slot"]
            told = (row["held"], row["waiting"], row["capacity"])
            assert told == (len(self.held[slot]), len(self.queue[slot]), self.seats[slot])
        rows = {one["booking"]: one for one in rows_of(self.desk, bookings)}
        for slot in SLOTS:
            for name in self.held[slot]:
                assert (rows[name]["slot"], rows[name]["state"]) == (
                    slot, self.noted.get(name, "held"),
                )  # fmt: skip
            assert all(rows[name]["state"] == "waiting" for name in self.queue[slot])
        live = {one["booking"] for one in rows.values() if one["state"] != "cancelled"}
        assert live == {n for s in SLOTS for n in self.held[s] + self.queue[s]}

    @invariant()
    def a_rebuild_gives_the_same_rows(self):
        before = rows_of(self.desk, bookings), rows_of(self.desk, booking_slots)
        with self.engine.begin() as connection:
            self.desk.log.rebuild(connection)
        assert (rows_of(self.desk, bookings), rows_of(self.desk, booking_slots)) == before


TestBookings = Bookings.TestCase
TestBookings.settings = settings(max_examples=20, stateful_step_count=25, deadline=None)
