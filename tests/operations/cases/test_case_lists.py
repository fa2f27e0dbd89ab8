"""Cases are found by what they are, where, when, and whether they are late."""

import random
from datetime import timedelta

import pytest
from sqlalchemy import event
from sqlalchemy.schema import CreateIndex, DropIndex

from dizuo.model.errors import InputError
from dizuo.operations.cases import leading
from dizuo.operations.cases.office import Actor, NewCase
from dizuo.operations.cases.register import CaseFilter, history, list_cases, one_case
from dizuo.operations.cases.squares import square_of, wide_square_of
from dizuo.operations.cases.table import COUNTERS, cases
from dizuo.operations.event_log.database import open_database, prepare
from dizuo.operations.time import from_microseconds

DESK = Actor("account:desk", frozenset({"desk", "centre"}))


@pytest.fixture
def three(office, clock):
    """Three cases an hour apart: a heap of sand, a dead lamp, a dispute."""
    made = []
    for case_type, category, x in (
        ("urban_event", "0511", 0.0), ("urban_component", "0118", 500.0), ("mediation", None, None),
    ):  # fmt: skip
        new = NewCase(case_type, category or "m", "desk", category=category, x=x, y=x)
        with office.log.engine.begin() as connection:
            made.append(office.open(connection, [new], DESK)[0].case)
        clock.move(timedelta(hours=1))
    with office.log.engine.begin() as connection:
        office.act(connection, made[0], "file", DESK, {"category": "0511"})
        given = {"unit": "unit:roads", "limit": "1 urgent_hours"}
        office.act(connection, made[0], "dispatch", DESK, given)
    return made


def found(office, **asked):
    with office.log.engine.connect() as connection:
        return [row["case"] for row in list_cases(connection, CaseFilter(**asked))]


def test_the_newest_comes_first_a_page_at_a_time(office, three):
    with office.log.engine.connect() as connection:
        newest = list_cases(connection, most=2)
        older = list_cases(connection, CaseFilter(before=newest[-1]["opened"]))
    assert [row["case"] for row in newest + older] == three[::-1]


def test_cases_are_found_by_what_they_are(office, clock, three):
    sand, lamp, dispute = three
    assert found(office, case_type="urban_component") == [lamp]
    assert found(office, state="dispatched") == [sand]
    assert found(office, unit="unit:roads", open=True) == [sand]
    assert found(office, category="0118") == [lamp]
    assert found(office, listed=False) == [dispute]
    assert found(office, open=False) == []
    assert found(office, opened_from=clock.now() - timedelta(hours=2)) == [dispute, lamp]


def test_cases_are_found_in_a_window_of_the_map(office, three):
    assert found(office, box=(-10, -10, 10, 10)) == [three[0]]
    assert found(office, box=(-10, -10, 900, 900)) == [three[1], three[0]]


def test_what_is_late_is_found(office, clock, three):
    assert found(office, overdue_at=clock.now()) == []
    assert found(office, overdue_at=clock.now() + timedelta(hours=2)) == [three[0]]


def test_a_case_is_found_by_its_id_and_by_its_tracking_number(office, three):
    with office.log.engine.connect() as connection:
        assert one_case(connection, three[1])["category"] == "0118"
        assert one_case(connection, "token-2")["case"] == three[1]
        with pytest.raises(InputError, match="no case 'case:none'"):
            one_case(connection, "case:none")


def test_a_history_tells_each_step(office, three):
    with office.log.engine.connect() as connection:
        steps = history(connection, three[0])
    assert [(one.action, one.state) for one in steps] == [
        ("opened", "reported"), ("file", "filed"), ("dispatch", "dispatched"),
    ]  # fmt: skip
    assert steps[2].facts == {"unit": "unit:roads", "limit": "1 urgent_hours"}


SIDE = 6_000.0
WORDS = {
    "unit": (None, "unit:roads", "unit:lamps", "unit:parks"),
    "category": (None, "0501", "0511", "0118"),
    "case_type": ("urban_event", "urban_component"),
    "state": ("reported", "dispatched", "closed"),
}
"""The first ones are the most frequent."""


def any_case(dice, number):
    x, y = (None, None) if number % 20 == 0 else (dice.uniform(0, SIDE), dice.uniform(0, SIDE))
    told = {name: dice.choice(words + words[:1] * 3) for name, words in WORDS.items()}
    opened = dice.randrange(200)  # so that many are opened at one time
    row = dict.fromkeys(cases.c.keys()) | dict.fromkeys(COUNTERS, 0) | told
    return row | {
        "case": f"case:{number}", "token": f"token-{number}", "type_version": "1",
        "open": told["state"] != "closed", "channel": "desk", "opened": opened, "entered": opened,
        "changed": opened, "version": 1, "listed": True, "simulated": True, "x": x, "y": y,
        "due": opened + 50, "square": square_of(x, y), "wide_square": wide_square_of(x, y),
    }  # fmt: skip


def any_filter(dice):
    asked = {
        name: dice.choice([word for word in words if word])
        for name, words in WORDS.items()
        if dice.random() < 0.4
    }
    if dice.random() < 0.6:
        x, y, side = dice.uniform(0, SIDE), dice.uniform(0, SIDE), dice.choice([300, 2_000, 20_000])
        asked["box"] = (x - side, y - side, x + side, y + side)
    if dice.random() < 0.3:
        asked["open"] = dice.random() < 0.5
    if dice.random() < 0.2:
        asked["overdue_at"] = from_microseconds(dice.randrange(250))
    if dice.random() < 0.2:
        asked["before"] = from_microseconds(dice.randrange(250))
    return CaseFilter(**asked)


def is_asked(row, asked):
    if any(getattr(asked, name) not in {None, row[name]} for name in (*WORDS, "open")):
        return False
    opened, due = from_microseconds(row["opened"]), from_microseconds(row["due"])
    if asked.overdue_at and not (row["open"] and due < asked.overdue_at):
        return False
    if asked.before and not opened < asked.before:
        return False
    if asked.box is None:
        return True
    west, south, east, north = asked.box
    return row["x"] is not None and west <= row["x"] <= east and south <= row["y"] <= north


@pytest.mark.parametrize("rare", [1, 30, 10_000])
def test_whichever_index_leads_a_list_holds_what_was_asked_for(office, monkeypatch, rare):
    monkeypatch.setattr(leading, "RARE", rare)
    dice = random.Random(rare)
    rows = [any_case(dice, number) for number in range(800)]
    with office.log.engine.begin() as connection:
        connection.execute(cases.insert(), rows)
    rows.sort(key=lambda row: (-row["opened"], row["case"]))
    leads = set()
    with office.log.engine.connect() as connection:
        for _ in range(150):
            asked = any_filter(dice)
            told = [row["case"] for row in list_cases(connection, asked, most=40)]
            assert told == [row["case"] for row in rows if is_asked(row, asked)][:40]
            lead = leading.choose_lead(
                connection,
                asked.indexed(),
                only_open=bool(asked.open) or asked.overdue_at is not None,
            )
            leads.add((lead.columns, lead.only_open))
    assert {(), ("unit", "category"), ("case_type",)} <= {columns for columns, _ in leads}
    assert ((), True) in leads


LEADS = [
    ({"unit": "unit:roads"}, "cases_by_unit"),
    ({"category": "0501"}, "cases_by_category"),
    ({"state": "closed"}, "cases_by_state"),
    ({"unit": "unit:roads", "category": "0501"}, "cases_by_unit_and_category"),
    ({"open": True}, "open_cases"),
    ({"overdue_at": from_microseconds(1)}, "open_cases"),
    ({"open": True, "unit": "unit:roads"}, "open_cases_by_unit"),
    ({"open": True, "category": "0501"}, "open_cases_by_category"),
    ({"box": (0, 0, 300, 300)}, "cases_by_square"),
    ({"box": (0, 0, 3_000, 3_000)}, "cases_by_wide_square"),
    ({"box": (0, 0, 300, 300), "category": "0501"}, "cases_by_square_and_category"),
    ({"box": (0, 0, 3_000, 3_000), "unit": "unit:roads"}, "cases_by_unit_and_wide_square"),
]


OWN = (cases.c.unit == "unit:roads") | (cases.c.supervisor == "unit:roads")
UNSENT = (cases.c.case_type == "mediation") & cases.c.unit.is_(None)
REACHES = [
    (OWN, {}, {"cases_by_unit", "cases_by_supervisor"}),
    (UNSENT, {}, {"cases_without_unit"}),
    (OWN | UNSENT, {}, {"cases_by_unit", "cases_by_supervisor", "cases_without_unit"}),
    (OWN, {"open": True}, {"open_cases_by_unit", "open_cases_by_supervisor"}),
    (cases.c.grid == "a", {"open": True}, {"open_cases_by_grid"}),
    ((cases.c.grid == "a") | (cases.c.grid == "b"), {}, {"cases_by_grid"}),
]


@pytest.mark.parametrize("backwards", [False, True])
def test_a_list_is_read_from_the_index_that_leads(tmp_path, backwards):
    """Whatever the order in which the indexes were made: SQLite guesses where two seem equal."""
    engine = open_database(f"sqlite:///{tmp_path / 'cases.sqlite'}")
    prepare(engine)
    cases.create(engine)
    read = []
    with engine.begin() as connection:
        for one in sorted(cases.indexes, key=lambda one: str(one.name), reverse=backwards):
            connection.execute(DropIndex(one))
            connection.execute(CreateIndex(one))
        event.listen(connection, "before_cursor_execute", lambda *told: read.append(told[2:4]))
        for within, asked, indexes in [(None, asked, {index}) for asked, index in LEADS] + REACHES:
            list_cases(connection, CaseFilter(**asked), within=within)
            statement, given = read[-1]
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", given).all()
            steps = [row[-1].split(" INDEX ") for row in plan]
            used = {one[1].split(" ")[0] for one in steps if len(one) > 1}
            assert used - {"sqlite_autoindex_cases_1"} == indexes


def test_a_case_that_is_reached_twice_is_listed_once(office, three):
    with office.log.engine.begin() as connection:
        both = {"unit": "unit:roads", "supervisor": "unit:roads"}
        connection.execute(cases.update().values(**both))
        told = list_cases(connection, within=OWN | (cases.c.case == three[0]), most=2)
    assert len({row["case"] for row in told}) == len(told) == 2


@pytest.mark.postgresql
def test_postgresql_compiles_no_query(postgresql):
    """Its guess of what the queue of stuck cases costs made it compile for seconds."""
    engine = open_database(postgresql.new_database())
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SHOW jit").scalar() == "off"
        connection.rollback()
        assert connection.exec_driver_sql("SHOW jit").scalar() == "off"
    engine.dispose()
