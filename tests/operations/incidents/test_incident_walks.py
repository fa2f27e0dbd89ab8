"""Whatever is done with incidents, in any order and by many at once, the tables stay true."""

import json
import random
import threading
from collections import Counter
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from told_incidents import (
    CENTRE,
    REPORT,
    SANDBAGS,
    SHELTER,
    TRUCK,
    declared,
    do,
    found_problems,
    table_of,
)

from dizuo.model.errors import InputError
from dizuo.operations.clocks.calendar_files import CalendarBook
from dizuo.operations.event_log.database import open_database, prepare
from dizuo.operations.event_log.log import Log
from dizuo.operations.event_log.vault import Vault
from dizuo.operations.incidents.desk import IncidentDesk, NewIncident
from dizuo.operations.incidents.incident_type import GRADES, IncidentTypes
from dizuo.operations.incidents.plan import Plans
from dizuo.operations.incidents.tables import (
    IncidentProjection,
    incident_assignments,
    incident_resources,
    incident_tasks,
    incidents,
)

TABLES = (incidents, incident_tasks, incident_resources, incident_assignments)
RESOURCES = (SANDBAGS, SHELTER, TRUCK)
TASKS = ("start", "start", "finish", "finish", "skip")
DEEDS = ("activate", "regrade", *TASKS, *TASKS, "assign", "assign", "release", "note", "close")


def wander(desk, clock, dice, steps):
    """Do what comes to mind; what cannot be done is refused and changes nothing.

    Returns how much is left and given of each resource, by a count of our own.
    """
    kinds = [one.id for one in desk.plans]
    mine = [declared(desk, dice.choice(GRADES), dice.choice(kinds)) for _ in range(3)]
    for one in RESOURCES:
        do(desk, "register", one)
    left = {one.id: one.capacity for one in RESOURCES}
    given_out = Counter()
    for _ in range(steps):
        clock.move(timedelta(minutes=dice.randrange(1, 90)))
        incident, deed = dice.choice(mine), dice.choice(DEEDS)
        resource, amount = dice.choice(RESOURCES).id, dice.randrange(1, 40)
        tasks = [one["task"] for one in table_of(desk, incident_tasks)
                 if one["incident"] == incident]  # fmt: skip
        told, said = [], {}
        if deed == "activate":
            told = [dice.choice(kinds)]
        elif deed == "regrade":
            told, said = [dice.choice(GRADES)], {"reason": "r"}
        elif deed in TASKS:
            told, said = [dice.choice(tasks or ["x"])], {"reason": "r"} if deed == "skip" else {}
        elif deed == "assign":
            told, said = [resource], {"amount": amount}
        elif deed == "release":
            told, said = [resource], {"amount": amount, "used": dice.choice([0, 0, amount // 2])}
        else:
            said = {"text": "t"} if deed == "note" else {"reason": "r"}
        try:
            do(desk, deed, incident, *told, **said)
        except InputError:
            continue
        if deed == "assign":
            given_out[incident, resource] += amount
        elif deed == "release":
            given_out[incident, resource] -= amount
            left[resource] -= said["used"]
    return left, +given_out


def everything(desk):
    return {table.name: table_of(desk, table) for table in TABLES}


def assert_tasks_hold_together(desk):
    by_incident = {}
    for one in table_of(desk, incident_tasks):
        by_incident.setdefault(one["incident"], {})[one["task"]] = one
    for tasks in by_incident.values():
        for one in tasks.values():
            ended = one["state"] in {"finished", "skipped"}
            assert (one["ended"] is not None) == ended
            if one["state"] in {"ready", "started", "finished"}:
                assert one["ready"] is not None
                assert (one["due"] is not None) == bool(one["limit"])
            if one["state"] == "waiting":
                before = [tasks[other]["state"] for other in json.loads(one["after"])]
                assert any(state not in {"finished", "skipped"} for state in before)
            if one["state"] == "finished":
                assert one["ready"] <= one["started"] <= one["ended"]


def assert_resources_are(desk, left, given_out):
    whole = {one["resource"]: one for one in table_of(desk, incident_resources)}
    assert {name: one["capacity"] for name, one in whole.items()} == left
    held = {
        (one["incident"], one["resource"]): one["amount"]
        for one in table_of(desk, incident_assignments)
        if one["amount"]
    }
    assert held == dict(given_out)
    for name, one in whole.items():
        assert one["assigned"] == sum(n for (_, what), n in held.items() if what == name)
        assert 0 <= one["assigned"] <= one["capacity"]


def assert_all_follows(desk, folder):
    before = everything(desk)
    with desk.log.engine.begin() as connection:
        desk.log.rebuild(connection)
    assert everything(desk) == before
    assert found_problems(desk, folder) == []


@pytest.mark.parametrize("seed", range(3))
def test_whatever_happened_the_tables_follow_from_the_events(desk, clock, tmp_path, seed):
    left, given_out = wander(desk, clock, random.Random(seed), 80)
    assert_tasks_hold_together(desk)
    assert_resources_are(desk, left, given_out)
    assert_all_follows(desk, tmp_path)
    for one in table_of(desk, incidents):
        assert (one["closed"] is not None) == (one["state"] == "closed")
        assert one["worst"] >= one["severity"]


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.randoms(use_true_random=False))
def test_any_walk_keeps_tasks_and_resources_true(tmp_path_factory, clock, dice):
    folder = tmp_path_factory.mktemp("walk")
    engine = open_database("sqlite://")
    prepare(engine)
    incidents.metadata.create_all(engine)
    log = Log(engine, clock, [IncidentProjection()])
    desk = IncidentDesk(
        log, Vault(bytes(32)), IncidentTypes.load(), Plans.load(), CalendarBook.load()
    )
    left, given_out = wander(desk, clock, dice, 40)
    assert_tasks_hold_together(desk)
    assert_resources_are(desk, left, given_out)
    assert_all_follows(desk, folder)
    engine.dispose()


def all_at_once(*deeds):
    threads = [threading.Thread(target=one) for one in deeds]
    for one in threads:
        one.start()
    for one in threads:
        one.join()


def test_many_who_ask_at_once_never_get_more_than_there_is(desk, tmp_path):
    mine = [declared(desk) for _ in range(4)]
    do(desk, "register", SANDBAGS)
    do(desk, "register", TRUCK)
    got, refused = Counter(), Counter()

    def ask(incident):
        for resource, amount in [(SANDBAGS.id, 15), (TRUCK.id, 1)] * 3:
            try:
                do(desk, "assign", incident, resource, amount=amount)
            except InputError:
                refused[resource] += 1
            else:
                got[resource] += amount

    all_at_once(*(lambda one=one: ask(one) for one in mine))
    assert got == {SANDBAGS.id: 90, TRUCK.id: 1}
    assert refused == {SANDBAGS.id: 12 - 6, TRUCK.id: 12 - 1}
    assigned = {one["resource"]: one["assigned"] for one in table_of(desk, incident_resources)}
    assert assigned == {SANDBAGS.id: 90, TRUCK.id: 1}
    assert_all_follows(desk, tmp_path)


def test_one_alarm_declared_by_many_at_once_is_one_incident(desk, engine, clock):
    from dizuo.operations.event_log.event import Event

    alarm = Event("a", "alarm.raised", "alarm:1", clock.now(), "rule:x", "signal", {})
    with engine.begin() as connection:
        desk.log.append(connection, [alarm])
    results = []

    def declare():
        try:
            with engine.begin() as connection:
                new = NewIncident("gas_leak", "IV", alarm="alarm:1", confidences=REPORT)
                results.append(desk.declare(connection, new, CENTRE).new)
        except InputError:
            results.append(False)

    all_at_once(*[declare] * 5)
    assert sorted(results) == [False] * 4 + [True]
    assert len(table_of(desk, incidents)) == 1
