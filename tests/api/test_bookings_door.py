"""Bookings through the doors: by number for everybody, by day and without names for the staff."""

import sys
from datetime import timedelta
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "operations" / "shared_services"))
sys.path.insert(0, str(Path(__file__).parents[1] / "operations" / "booking"))

from booked_places import DESK, HEADER, write_offer
from shared_items import CATALOGUE

pytestmark = pytest.mark.systems("S22.7")
PUBLIC = "/api/shared_services"
SLOTS = (
    f"{HEADER}meals,north,2026-03-03,11:00,12:00,1\n"
    "meals,south,2026-03-03,11:00,12:00,2\n"
    "library,south,2026-03-04,09:00,10:00,9\n"
)
NORTH = "slot:meals/north/2026-03-03T11:00"
SOUTH = "slot:meals/south/2026-03-03T11:00"
KEY = {"Idempotency-Key": "0f8fad5b-d9cb-469f-a165-70867728950e"}


@pytest.fixture
def booking(town):
    folder = town.operations.folder
    (folder / "shared_services.toml").write_text(CATALOGUE, encoding="utf-8")
    write_offer(folder / "booking", SLOTS)
    assert town.operations.publish_slots(folder.parent, DESK)["offered"] == 3
    return town


def book(town, slot=NORTH, headers=None, **more):
    return town.post(f"{PUBLIC}/bookings", headers=headers, slot=slot, **more)


def test_a_resident_books_looks_changes_and_cancels_by_number_alone(booking):
    listed = booking.get(f"{PUBLIC}/slots", service="meals").json()
    assert [(one["slot"], one["free"]) for one in listed] == [(NORTH, True), (SOUTH, True)]
    assert not {"capacity", "held", "waiting"} & set(listed[0])
    answer = book(booking, contact={"phone": "13800138000"})
    assert answer.status_code == 201
    mine = answer.json()
    assert (mine["state"], mine["zh"]) == ("held", "北馆")
    assert len(mine["number"]) == 20
    path = f"{PUBLIC}/bookings/{mine['number']}"
    assert booking.get(path).json() == mine
    assert [one["slot"] for one in booking.get(f"{PUBLIC}/slots", only_free="true").json()] == [
        SOUTH, "slot:library/south/2026-03-04T09:00",
    ]  # fmt: skip
    assert book(booking).status_code == 422
    waiting = book(booking, wait=True).json()
    assert waiting["state"] == "waiting"
    assert booking.post(f"{path}/change", slot=SOUTH).json()["slot"] == SOUTH
    assert booking.get(f"{PUBLIC}/bookings/{waiting['number']}").json()["state"] == "held"
    assert booking.post(f"{path}/cancel").json()["state"] == "cancelled"
    assert booking.post(f"{path}/cancel").status_code == 422
    assert booking.get(f"{PUBLIC}/bookings/none").status_code == 404


def test_what_is_sent_again_is_one_booking_and_a_short_key_is_refused(booking):
    first, again = (book(booking, SOUTH, KEY) for _ in range(2))
    assert [first.status_code, again.status_code] == [201, 200]
    assert first.json() == again.json()
    # Other content under the same key is another's.
    other = book(booking, SOUTH, KEY, contact={"name": "李"})
    assert other.json()["number"] != first.json()["number"]
    short = book(booking, SOUTH, {"Idempotency-Key": "1"})
    assert short.status_code == 422
    path = f"{PUBLIC}/bookings/{first.json()['number']}/cancel"
    assert [booking.post(path, headers=KEY).status_code for _ in range(2)] == [200, 200]


def test_who_declares_what_a_condition_rules_out_does_not_book(booking):
    answer = book(booking, facts={"age": 40})
    assert answer.status_code == 422
    assert "age >= 60" in answer.json()["title"]
    assert book(booking, facts={"shoe_size": 40}).status_code == 422
    assert book(booking, facts={"age": 61}).status_code == 201


def test_staff_see_a_day_without_numbers_and_note_who_came(booking):
    mine = book(booking, contact={"phone": "13800138000", "name": "王女士"}).json()
    book(booking, SOUTH)
    listed = booking.get("/api/bookings", "desk", day="2026-03-03")
    assert mine["number"] not in listed.text
    assert "13800138000" not in listed.text
    first, second = listed.json()
    assert (first["slot"], second["slot"]) == (NORTH, SOUTH)
    assert booking.get("/api/bookings", "desk", day="2026-03-03", place="south").json() == [second]
    assert booking.get("/api/bookings", day="2026-03-03").status_code == 401
    assert booking.get("/api/bookings", "desk", day="2026-02-30").status_code in {400, 422}
    path = f"/api/bookings/{first['booking']}"
    # The id that staff see is no key to the resident's door.
    assert booking.get(f"{PUBLIC}/bookings/{first['booking']}").status_code == 404
    told = booking.get(f"{path}/contact", "desk")
    assert told.json() == ["name=王女士", "phone=13800138000"]
    assert told.headers["cache-control"] == "no-store"
    assert booking.get(f"{path}/contact", "walker").status_code == 403
    assert booking.post(f"{path}/attended", "desk").status_code == 422
    booking.clock.move(timedelta(hours=18, minutes=20))  # 03:20 UTC: 11:20 by the city's clock
    assert booking.post(f"{path}/attended", "desk").json()["state"] == "attended"
    assert booking.post(f"/api/bookings/{second['booking']}/missed", "desk").status_code == 200
    assert booking.post(f"{path}/burnt", "desk").status_code == 404
    assert booking.operations.verify() == []


def test_numbers_and_contacts_go_to_no_other_system(booking):
    from dizuo.operations.event_log.log import read_events
    from dizuo.operations.webhooks.payload import payload

    mine = book(booking, contact={"phone": "13800138000"}).json()
    with booking.operations.engine.connect() as connection:
        (made,) = [
            one for page in read_events(connection) for one in page if one.kind == "booking.made"
        ]
    assert mine["number"] in made.facts
    assert "13800138000" not in made.facts
    assert mine["number"] not in payload(made, {})
