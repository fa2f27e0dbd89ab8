"""From a report to the checkup: what the city did with its cases is measured in its articles."""

import shutil
import sys
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from dizuo.operations.cases.office import Actor, NewCase
from dizuo.operations.opening import open_operations
from dizuo.operations.time import SetClock

sys.path.insert(0, str(Path(__file__).parents[1] / "operations" / "shared_services"))
sys.path.insert(0, str(Path(__file__).parents[1] / "operations" / "booking"))

from booked_places import DESK, HEADER, do, write_offer
from shared_items import CATALOGUE

MONDAY = datetime(2024, 5, 6, 9, tzinfo=ZoneInfo("Asia/Shanghai"))
STAFF = Actor("account:desk", frozenset({"desk", "centre", "unit", "collector"}))
RESIDENT = Actor("public", frozenset({"resident"}))


def handle(opened, clock, number, hours):
    """Settle one event so many hours after it was sent; its limit is two urgent hours."""
    clock.set(MONDAY)
    photo = [("photo", b"seen")]
    with opened.engine.begin() as connection:
        new = NewCase("urban_event", f"report-{number}", "open311", category="0501")
        case = opened.office.open(connection, [new], RESIDENT)[0].case
        steps = (
            ("file", {"category": "0501"}, ()),
            ("dispatch", {"unit": "unit:roads", "limit": "2 urgent_hours"}, ()),
            ("accept", {}, ()),
        )
        for action, given, shown in steps:
            opened.act(connection, case, action, STAFF, given=given, confidences=shown)
        clock.set(MONDAY + timedelta(hours=hours))
        opened.act(connection, case, "feed_back", STAFF, given={}, confidences=photo)
        opened.act(connection, case, "close", STAFF, given={}, confidences=photo)


@pytest.fixture
def running_town(examined_town, tmp_path):
    """The town after it settled three events in time and one late."""
    town = shutil.copytree(examined_town, tmp_path / "town")
    clock = SetClock(MONDAY)
    opened = open_operations(town, clock=clock)
    for number, hours in enumerate((0.5, 1, 2, 3)):
        handle(opened, clock, number, hours)
    book_a_morning(opened, clock, town)
    opened.sequencer.seal()
    opened.engine.dispose()
    return town


def book_a_morning(opened, clock, town):
    """Of 40 seats 32 are booked; 20 come, 12 do not."""
    (town / "operations" / "shared_services.toml").write_text(CATALOGUE, encoding="utf-8")
    slots = f"{HEADER}library,north,2024-05-08,09:00,10:00,40\n"
    write_offer(town / "operations" / "booking", slots)
    opened.publish_slots(town, DESK)
    slot = "slot:library/north/2024-05-08T09:00"
    numbers = [do(opened.bookings, "book", slot).number for _ in range(32)]
    clock.set(MONDAY + timedelta(days=2, minutes=30))
    for place, number in enumerate(numbers):
        do(opened.bookings, "note_presence", number, "attended" if place < 20 else "missed")


def test_the_checkup_reads_how_the_city_settled_its_cases(dizuo, running_town):
    missing = dizuo("explain", "21.cases_settled_on_time", "--place", "city:town", running_town)
    assert "dizuo evaluate" in missing.out
    period = ("--from", "2024-05-01", "--to", "2024-05-31")
    evaluated = dizuo("evaluate", running_town, *period, "--json")
    assert evaluated.code == 0
    page = Path(evaluated.answer["page"]).read_text(encoding="utf-8")
    assert page.count("<dd>4</dd>") == 2  # opened and settled
    assert "Settled by the deadline" in page
    assert dizuo("checkup", running_town, "--json").code == 0
    told = dizuo("explain", "21.cases_settled_on_time", "--place", "city:town", running_town,
                 "--json")  # fmt: skip
    assert told.code == 0, told.err
    city = next(one for one in told.answer["values"] if one["variant"] == "city")
    assert (city["value"], city["numerator"], city["denominator"]) == (75.0, 3.0, 4.0)
    assert city["evidence"] == "measured"
    for name, above, below in (("uptake", 32, 40), ("missed", 12, 32)):
        told = dizuo("explain", f"22.shared_services_{name}", "--place", "city:town",
                     running_town, "--json")  # fmt: skip
        city = next(one for one in told.answer["values"] if one["variant"] == "city")
        assert (city["numerator"], city["denominator"]) == (above, below)


def test_a_made_up_day_is_refused_as_a_source(dizuo, running_town):
    day = ("--on", "2024-05-02", "--reports", "20", "--devices", "1")
    dizuo("simulate", running_town, *day, "--seed", "3")
    made = running_town / "operations" / "simulated" / "seed-3"
    period = ("--from", "2024-05-01", "--to", "2024-05-31")
    assert dizuo("evaluate", running_town, *period, "--simulated", made).code == 0
    table = made / "evaluation" / "2024-05-01_2024-05-31.parquet"
    settings = running_town / "city.toml"
    added = (
        f'\n[[sources]]\nid = "made_up"\nkind = "evaluation"\nfile = "{table}"\ndate = 2024-05-31\n'
    )
    settings.write_text(settings.read_text(encoding="utf-8") + added, encoding="utf-8")
    refused = dizuo("checkup", running_town, "--json")
    assert refused.code != 0
    assert "simulated" in refused.error["message"]


def test_a_made_up_day_is_worked_on_as_the_city_is_and_apart_from_it(dizuo, running_town):
    day = ("--on", "2024-05-02", "--reports", "20", "--devices", "1")
    told = dizuo("simulate", running_town, *day, "--seed", "4")
    made = running_town / "operations" / "simulated" / "seed-4"
    assert f"--from 2024-05-02 --to 2024-05-02 --simulated {made}" in told.err
    own = dizuo("cases", running_town, "--json").answer
    invented = dizuo("cases", running_town, "--simulated", made, "--json").answer
    assert len(own) == 4
    assert invented
    assert {one["simulated"] for one in invented} == {True}
    assert not {one["case"] for one in own} & {one["case"] for one in invented}
    verified = dizuo("operations", running_town, "verify", "--simulated", made, "--json")
    assert verified.answer["problems"] == 0


def test_a_period_without_cases_is_told_as_such(dizuo, running_town):
    done = dizuo("evaluate", running_town, "--from", "2024-05-07", "--to", "2024-05-08")
    assert done.code == 0
    assert "none was opened, due, settled or rated in this period" in " ".join(done.err.split())
    assert "from 2024-05-06 to 2024-05-06" in " ".join(done.err.split())
    before = dizuo("evaluate", running_town, "--from", "2024-01-01", "--to", "2024-01-31")
    assert "has no case until the end of this period" in " ".join(before.err.split())
    told = dizuo("evaluate", running_town, "--from", "2024-05-06", "--to", "2024-05-06")
    assert "No cases to evaluate" not in told.err


@pytest.mark.postgresql
def test_a_made_up_day_goes_into_a_postgresql_of_its_own(
    dizuo, running_town, postgresql, monkeypatch
):
    """Never into the database of the city; the same seed makes the same there as in SQLite."""
    day = ("simulate", running_town, "--reports", "8", "--devices", "2", "--on", "2024-05-02")
    made = running_town / "operations" / "simulated" / "seed-1"
    first = dizuo(*day, "--json").answer
    here = dizuo("cases", running_town, "--simulated", made, "--json").answer
    shutil.rmtree(made)
    monkeypatch.setenv("DIZUO_SIMULATED_DATABASE_URL", postgresql.new_database())
    assert dizuo(*day, "--json").answer == first
    there = dizuo("cases", running_town, "--simulated", made, "--json").answer
    assert there == here
    assert not (made / "operations.sqlite").exists()
    verified = dizuo("operations", running_town, "verify", "--simulated", made, "--json")
    assert verified.answer["problems"] == 0
    again = dizuo(*day)
    assert (again.code, "made up before" in again.err) == (2, True)


def test_an_evaluation_needs_no_base(dizuo, running_town):
    period = ("--from", "2024-05-01", "--to", "2024-05-31")
    manifest = running_town / "base" / "manifest.json"
    manifest.write_text("damaged", encoding="utf-8")
    told = dizuo("evaluate", running_town, *period)
    assert told.code == 0
    assert "The map has no ground." in told.err
    shutil.rmtree(running_town / "base")
    assert "ground" not in dizuo("evaluate", running_town, *period).err
