"""Cases are found by what they are, where, when, and whether they are late."""

from datetime import timedelta

import pytest

from dizuo.model.errors import InputError
from dizuo.operations.cases.office import Actor, NewCase
from dizuo.operations.cases.register import CaseFilter, history, list_cases, one_case

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
