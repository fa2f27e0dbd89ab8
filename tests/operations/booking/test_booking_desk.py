"""Seats are held, waited for, given back and noted; the clock stands at 09:00 on 2 March 2026."""

import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from booked_places import DESK, FAR, HEADER, MORNING, NOON, do, found_problems, rows_of

from dizuo.model.errors import InputError
from dizuo.operations.booking.erasing import erase_past_bookings
from dizuo.operations.booking.tables import booking_slots, bookings

pytestmark = pytest.mark.systems("S22.7")


@pytest.fixture(autouse=True)
def _offered(publish):
    publish()


def states(desk):
    return {one["booking"]: one["state"] for one in rows_of(desk, bookings)}


def counts(desk, slot=MORNING):
    row = next(one for one in rows_of(desk, booking_slots) if one["slot"] == slot)
    return row["held"], row["waiting"]


def refused(desk, message, *step, **given):
    before = rows_of(desk, bookings), rows_of(desk, booking_slots)
    with pytest.raises(InputError, match=message) as found:
        do(desk, *step, **given)
    assert found.value.in_("zh") != str(found.value)
    assert (rows_of(desk, bookings), rows_of(desk, booking_slots)) == before


def test_who_waits_longest_has_the_seat_that_is_given_back(desk):
    first, second = (do(desk, "book", MORNING) for _ in range(2))
    assert [first.state, second.state] == ["held", "held"]
    refused(desk, "every seat is held", "book", MORNING)
    third, fourth = (do(desk, "book", MORNING, wait=True) for _ in range(2))
    assert [third.state, fourth.state, counts(desk)] == ["waiting", "waiting", (2, 2)]
    assert do(desk, "cancel", first.number).state == "cancelled"
    assert states(desk)[third.booking] == "held"
    assert states(desk)[fourth.booking] == "waiting"
    assert counts(desk) == (2, 1)
    refused(desk, "the booking is cancelled", "cancel", first.number)


def test_what_is_sent_again_is_done_once(desk):
    by = replace(DESK, delivery="d1")
    first, again = (do(desk, "book", NOON, by=by) for _ in range(2))
    assert (first.booking, first.number) == (again.booking, again.number)
    assert [first.new, again.new] == [True, False]
    gone = replace(DESK, delivery="d2")
    assert [do(desk, "cancel", first.number, by=gone).new for _ in range(2)] == [True, False]
    assert counts(desk, NOON) == (0, 0)


def test_a_change_keeps_the_old_seat_where_the_new_slot_is_full(desk):
    mine, other = do(desk, "book", MORNING), do(desk, "book", NOON)
    do(desk, "book", MORNING)
    waiting = do(desk, "book", MORNING, wait=True)
    refused(desk, "every seat is held", "change", mine.number, NOON)
    do(desk, "cancel", other.number)
    assert do(desk, "change", mine.number, NOON).slot == NOON
    assert states(desk)[waiting.booking] == "held"
    assert [counts(desk), counts(desk, NOON)] == [(2, 0), (1, 0)]
    refused(desk, "another slot of the same service", "change", mine.number, NOON)


def test_limits_of_time_hold(desk, clock):
    refused(desk, "30 days ahead", "book", FAR)
    refused(desk, "there is no slot", "book", "slot:none")
    mine, other = do(desk, "book", MORNING), do(desk, "book", MORNING)
    refused(desk, "can be noted from 2026-03-03T08:30", "note_presence", mine.number, "attended")
    clock.move(timedelta(hours=22))  # 07:00: two hours before it begins
    refused(desk, "until 2026-03-03T07:00", "cancel", mine.number)
    assert do(desk, "cancel", other.number, staff=True).state == "cancelled"
    clock.move(timedelta(hours=2, minutes=14))
    refused(desk, "not offered any more", "book", MORNING)
    refused(desk, "can be noted from 2026-03-03T09:15", "note_presence", mine.number, "missed")
    clock.move(timedelta(minutes=1))
    assert do(desk, "note_presence", mine.number, "missed").state == "missed"
    assert do(desk, "note_presence", mine.booking, "attended").state == "attended"
    refused(desk, "is attended", "note_presence", mine.number, "attended")
    refused(desk, "is attended", "cancel", mine.number)
    clock.move(timedelta(days=8))
    refused(desk, "to 2026-03-10T10:00", "note_presence", mine.number, "missed")


def test_a_list_of_those_who_wait_ends(desk):
    small = replace(desk, limits=replace(desk.limits, longest_waiting=1))
    for wait in (False, True):
        do(small, "book", NOON, wait=wait)
    refused(small, "every seat is held.*too many wait", "book", NOON, wait=True)


def test_contacts_are_kept_in_confidence_read_with_a_trace_and_erased(desk, clock, tmp_path):
    mine = do(desk, "book", NOON, contact={"phone": "13800138000"})
    assert do(desk, "contact", mine.booking) == ["phone=13800138000"]
    with desk.log.engine.begin() as connection:
        before = clock.now()
        assert erase_past_bookings(connection, desk, before, DESK.actor)["bookings"] == 0
        later = before + timedelta(days=2)
        done = erase_past_bookings(connection, desk, later, DESK.actor)
    assert done == {"bookings": 1, "contacts": 1}
    assert do(desk, "contact", mine.booking) == []
    assert counts(desk, NOON) == (1, 0)
    assert found_problems(desk, tmp_path) == []


def test_an_offer_changes_without_taking_a_seat_from_anybody(desk, publish):
    first, _ = (do(desk, "book", MORNING) for _ in range(2))
    third = do(desk, "book", MORNING, wait=True)
    row = "library,north,2026-03-03,{begin},13:00,{seats}\n"
    for table, message in (
        (HEADER + row.format(begin="09:00", seats=1), "2 seats of this slot are held"),
        (HEADER + row.format(begin="12:00", seats=1), "is not here any more"),
    ):
        with pytest.raises(InputError, match=message) as found:
            publish(table)
        assert found.value.file.endswith("slots.csv")
    told = publish(HEADER + row.format(begin="09:00", seats=3))
    assert told == {"offered": 1, "withdrawn": 2, "unchanged": 0}
    assert states(desk)[third.booking] == "held"
    assert publish(HEADER + row.format(begin="09:00", seats=3))["unchanged"] == 1
    refused(desk, "not offered any more", "book", NOON)
    do(desk, "cancel", first.number)
    assert publish()["offered"] == 3
    assert do(desk, "book", NOON).state == "held"


@pytest.mark.parametrize("wait", [False, True])
def test_of_many_who_want_the_last_seat_one_has_it(desk, wait, tmp_path):
    told, refusals = [], []
    start = threading.Barrier(12)

    def want():
        start.wait()
        try:
            told.append(do(desk, "book", NOON, wait=wait))
        except InputError:
            refusals.append(1)

    threads = [threading.Thread(target=want) for _ in range(12)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    held = [one for one in told if one.state == "held"]
    assert len(held) == 1
    assert len(told) + len(refusals) == 12
    assert len(refusals) == (0 if wait else 11)
    assert counts(desk, NOON) == (1, 11 if wait else 0)
    assert states(desk) == {one.booking: one.state for one in told}
    assert found_problems(desk, tmp_path) == []
