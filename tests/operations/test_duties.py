"""Cases are sent by rules that were proved: a small town with two quarters and three units."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from dizuo.model.errors import InputError
from dizuo.operations.cases.office import Actor, NewCase
from dizuo.operations.cases.register import history, one_case
from dizuo.operations.dispatch.publishing import TableRefusedError
from dizuo.operations.duties import read_duties
from dizuo.operations.opening import open_operations
from dizuo.operations.time import from_microseconds, to_microseconds
from opened_city import write_city

pytestmark = pytest.mark.systems("S21.3", "S22.6")
DESK = Actor("account:desk", frozenset({"desk", "centre", "unit", "analyst"}))
UNITS = "unit,name,catch_all\nroads,Roads,\nlamps,Lamps,\nhall,Town hall,yes\n"
PLACES = "place,parent,unit\nnorth,town,roads\nsouth,town,\ntown,,\n"
OWNERS = "asset,unit\nlamp:7,lamps\n"
RULES = """rule,case_type,category,place,responsible,supervising,limit
stalls north,urban_event,05*,north,roads,hall,4 urgent_hours
owned,,,,@owner,,
on duty,,,,@grid_duty,,
rest,,,,@catch_all,,
"""


@pytest.fixture
def folder(tmp_path):
    made = write_city(tmp_path) / "operations" / "dispatch"
    made.mkdir(parents=True)
    for name, text in (
        ("units", UNITS), ("places", PLACES), ("owners", OWNERS), ("rules", RULES),
    ):  # fmt: skip
        (made / f"{name}.csv").write_text(text, encoding="utf-8")
    return tmp_path


def published(folder, clock):
    open_operations(folder, clock=clock).publish_rules()
    return open_operations(folder, clock=clock)


def filed(operations, case_type="urban_event", category="0101", **known):
    new = NewCase(case_type, f"{category} {known}", "desk", category=category, **known)
    with operations.engine.begin() as connection:
        case = operations.office.open(connection, [new], DESK)[0].case
        operations.act(connection, case, "file", DESK, given={"category": category})
    with operations.engine.connect() as connection:
        return one_case(connection, case)


@pytest.mark.parametrize(
    ("known", "unit", "supervisor"),
    [
        ({"category": "0501", "grid": "north"}, "roads", "hall"),
        ({"category": "0501", "grid": "south"}, "hall", None),
        ({"category": "0101", "grid": "north"}, "roads", None),
        ({"category": "0101", "asset": "lamp:7"}, "lamps", None),
        ({"category": "0101", "grid": "north", "asset": "lamp:7"}, "lamps", None),
        ({"category": "0101"}, "hall", None),
    ],
)
def test_a_case_goes_to_owner_grid_duty_or_catch_all_unless_a_rule_says_otherwise(
    folder, clock, known, unit, supervisor
):
    case = filed(published(folder, clock), **known)
    assert (case["state"], case["unit"], case["supervisor"]) == ("dispatched", unit, supervisor)


def test_a_case_tells_which_rule_of_which_version_sent_it_and_by_when(folder, clock):
    operations = published(folder, clock)
    case = filed(operations, category="0501", grid="north")
    assert case["dispatched_by"].startswith("dispatch/1#")
    assert case["dispatched_by"].endswith(" stalls north")
    assert case["due"] == clock.now() + timedelta(hours=4)
    assert from_microseconds(to_microseconds(case["due"])) == case["due"]
    with operations.engine.connect() as connection:
        assert history(connection, case["case"])[-1].actor.startswith("rule:dispatch/1#")


def test_people_call_a_unit_by_its_name(folder, clock):
    operations = open_operations(folder, clock=clock)
    assert operations.unit_name("hall") == "Town hall"
    assert operations.unit_name("unit:of_before") == "unit:of_before"


def test_what_a_unit_returns_is_not_sent_back_by_rule(folder, clock):
    operations = published(folder, clock)
    case = filed(operations, category="0501", grid="north")["case"]
    with operations.engine.begin() as connection:
        given = {"reason": "not ours", "clause": "1"}
        operations.act(connection, case, "return", DESK, given=given)
        assert one_case(connection, case)["state"] == "filed"


def test_nothing_is_sent_before_rules_are_published(folder, clock):
    assert filed(open_operations(folder, clock=clock))["state"] == "filed"


def test_cases_of_before_the_rules_wait_for_the_centre(folder, clock):
    operations = published(folder, clock)
    clock.move(timedelta(days=-1))
    assert filed(operations)["state"] == "filed"


def test_rules_with_a_hole_are_refused_with_a_counter_example_and_nothing_is_kept(folder, clock):
    rules = folder / "operations" / "dispatch" / "rules.csv"
    rules.write_text(RULES.replace("stalls north", "all,,,,roads,,\nstalls north"), "utf-8")
    with pytest.raises(TableRefusedError, match="stalls north"):
        open_operations(folder, clock=clock).publish_rules()
    assert not (folder / "operations" / "dispatch" / "published").exists()


def test_a_new_version_follows_on_the_old_one(folder, clock):
    operations = published(folder, clock)
    first = filed(operations, category="0501", grid="north")
    clock.move(timedelta(days=1))
    rules = folder / "operations" / "dispatch" / "rules.csv"
    rules.write_text(RULES.replace("4 urgent_hours", "8 urgent_hours"), "utf-8")
    operations = published(folder, clock)
    assert [one.version for one in operations.duties.versions] == [1, 2]
    second = filed(operations, category="0502", grid="north")
    assert first["dispatched_by"].startswith("dispatch/1#")
    assert second["dispatched_by"].startswith("dispatch/2#")


def test_a_case_is_handed_to_no_unit_that_is_not_there(folder, clock):
    operations = open_operations(folder, clock=clock)
    case = filed(operations)["case"]
    with operations.engine.begin() as connection:
        with pytest.raises(InputError, match="there is no unit 'raods'"):
            operations.act(connection, case, "dispatch", DESK, given={"unit": "raods"})
        operations.act(connection, case, "dispatch", DESK, given={"unit": "roads"})
        assert one_case(connection, case)["unit"] == "roads"


def test_a_server_that_runs_sends_by_rules_that_are_published_meanwhile(folder, clock):
    server = open_operations(folder, clock=clock)
    assert filed(server, category="0501", grid="north")["state"] == "filed"
    published(folder, clock)
    sent = filed(server, category="0502", grid="north")
    assert sent["dispatched_by"].startswith("dispatch/1#")


def test_the_cells_of_the_unit_grid_are_places_in_their_communities(folder):
    grid = {"000000001001001": "north", "000000001002001": "south"}
    duties = read_duties(folder / "operations" / "dispatch", ZoneInfo("UTC"), grid)
    assert duties.ground.cells == tuple(grid)
    assert duties.ground.on_duty("000000001001001") == "roads"
    assert duties.ground.on_duty("000000001002001") is None


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("units", UNITS.replace("yes", ""), "0 units take what nobody else does"),
        ("units", UNITS + "roads,Again,\n", "the unit 'roads' stands here twice"),
        ("places", PLACES.replace(",roads", ",rods"), "there is no unit 'rods'"),
        ("owners", "asset,unit\n,lamps\n", "the asset is missing"),
        ("owners", "asset,unit\na,b,c\n", "cells, the header"),
    ],
)
def test_faulty_tables_are_told_with_file_and_row(folder, clock, name, text, message):
    (folder / "operations" / "dispatch" / f"{name}.csv").write_text(text, "utf-8")
    with pytest.raises(InputError, match=message) as told:
        open_operations(folder, clock=clock)
    assert f"{name}.csv" in str(told.value)


def test_a_limit_that_no_clock_knows_is_refused(folder, clock):
    rules = folder / "operations" / "dispatch" / "rules.csv"
    rules.write_text(RULES.replace("4 urgent_hours", "soon"), "utf-8")
    with pytest.raises(InputError, match="soon"):
        open_operations(folder, clock=clock).publish_rules()


def test_without_units_there_is_nothing_to_publish(tmp_path, clock):
    with pytest.raises(InputError, match="there are no units"):
        open_operations(write_city(tmp_path), clock=clock).publish_rules()
