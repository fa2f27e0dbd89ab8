"""An incident from its declaration to its end, as the centre and the units see it."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from told_incidents import (
    CENTRE,
    REPORT,
    SANDBAGS,
    SHELTER,
    TRUCK,
    UNIT,
    active,
    declared,
    do,
    found_problems,
    table_of,
    through,
)

from dizuo.model.errors import AccessError, InputError
from dizuo.model.text import Text
from dizuo.operations.cases.case_type import CaseTypes
from dizuo.operations.cases.office import CaseOffice, NewCase
from dizuo.operations.cases.table import CaseProjection, cases
from dizuo.operations.event_log import tables
from dizuo.operations.event_log.event import Event
from dizuo.operations.event_log.log import Log, read_events
from dizuo.operations.event_log.vault import Erased
from dizuo.operations.incidents.desk import By, Lineage, NewIncident
from dizuo.operations.incidents.plan import Plans
from dizuo.operations.incidents.resources import Resource
from dizuo.operations.incidents.tables import (
    IncidentProjection,
    incident_assignments,
    incident_resources,
    incident_tasks,
    incidents,
)
from dizuo.operations.time import from_microseconds

pytestmark = pytest.mark.systems("S17.9")


def row(desk, incident):
    with desk.log.engine.connect() as connection:
        return desk.row(connection, incident)


def tasks(desk):
    return {one["task"]: one for one in table_of(desk, incident_tasks)}


def states(desk):
    return {task: one["state"] for task, one in tasks(desk).items()}


def test_an_incident_is_declared_from_a_report(desk, clock):
    incident = declared(desk, "II", x=1.0, y=2.0)
    found = row(desk, incident)
    assert (found["state"], found["grade"], found["severity"], found["worst"]) == (
        "declared", "II", 2, 2,
    )  # fmt: skip
    assert (found["x"], found["y"], found["version"]) == (1.0, 2.0, 1)
    assert from_microseconds(found["declared"]) == clock.now()


def test_alarm_case_and_incident_are_one_lineage(desk, engine, clock):
    cases.metadata.create_all(engine)
    log = Log(engine, clock, [CaseProjection(), IncidentProjection()])
    office = CaseOffice(log, desk.vault, CaseTypes.load(), desk.calendars)
    desk.log = log
    alarm = Event("a1", "alarm.raised", "alarm:gas:v1:1.1", clock.now(), "rule:gas", "signal", {})
    rule = By(type(CENTRE.actor)("rule:gas", frozenset({"rule"})))
    with engine.begin() as connection:
        log.append(connection, [alarm])
        new = NewCase("alarm", "d1", "signal")
        case = office.open(connection, [new], rule.actor)[0].case
    incident = declared(desk, by=rule, alarm=alarm.subject, case=case, confidences=())
    with engine.connect() as connection:
        assert desk.lineage(connection, incident) == Lineage(alarm.subject, case, incident)
    with pytest.raises(InputError, match=f"has the open incident {incident}"):
        declared(desk, case=case)
    with pytest.raises(InputError, match=f"has the open incident {incident}"):
        declared(desk, alarm=alarm.subject)
    do(desk, "close", incident, reason="lifted")
    assert declared(desk, case=case) != incident


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"confidences": ()}, "comes from an alarm, a case or a report"),
        ({"case": "case:none"}, "the log knows no case 'case:none'"),
        ({"alarm": "alarm:none"}, "the log knows no alarm"),
        ({"grade": "V"}, "no grade 'V'"),
        ({"incident_type": "x"}, "no incident type 'x'"),
    ],
)
def test_what_cannot_be_declared_is_refused(desk, given, problem):
    with pytest.raises(InputError, match=problem):
        declared(desk, **given)
    assert table_of(desk, incidents) == []


def test_an_active_plan_gives_tasks_and_deadlines_to_what_can_begin(desk, clock):
    incident = active(desk, "IV")
    assert row(desk, incident)["state"] == "active"
    assert states(desk) == {
        "confirm": "ready", "cordon": "waiting", "measure": "waiting", "repair": "waiting",
        "restore": "waiting", "shut_valves": "waiting",
    }  # fmt: skip
    assert from_microseconds(tasks(desk)["confirm"]["due"]) == clock.now() + timedelta(minutes=15)
    assert tasks(desk)["cordon"]["due"] is None
    clock.move(timedelta(minutes=10))
    through(desk, incident, "confirm")
    found = tasks(desk)
    assert (found["cordon"]["state"], found["shut_valves"]["state"]) == ("ready", "ready")
    assert from_microseconds(found["cordon"]["due"]) == clock.now() + timedelta(minutes=30)
    assert found["confirm"]["done_by"] == CENTRE.actor.id


def test_a_task_waits_for_what_comes_before_it(desk):
    incident = active(desk, "IV")
    with pytest.raises(InputError, match="repair cannot be started: it waits for"):
        do(desk, "start", incident, "repair")
    with pytest.raises(InputError, match="confirm cannot be finished: it is ready"):
        do(desk, "finish", incident, "confirm")
    with pytest.raises(InputError, match="has no task 'fly'"):
        do(desk, "start", incident, "fly")
    through(desk, incident, "confirm")
    with pytest.raises(InputError, match="confirm cannot be started: it is finished"):
        do(desk, "start", incident, "confirm")


def test_a_skipped_task_needs_a_reason_and_lets_others_begin(desk):
    incident = active(desk, "IV")
    with pytest.raises(InputError, match="needs a reason"):
        do(desk, "skip", incident, "confirm", reason=" ")
    do(desk, "skip", incident, "confirm", reason="消防已核实")
    assert states(desk)["confirm"] == "skipped"
    assert states(desk)["cordon"] == "ready"


def test_raising_the_grade_adds_tasks_that_others_then_wait_for(desk):
    incident = active(desk, "IV")
    through(desk, incident, "confirm", "cordon", "shut_valves")
    do(desk, "regrade", incident, "II", reason="gas in the metro")
    found = row(desk, incident)
    assert (found["grade"], found["severity"], found["worst"]) == ("II", 2, 2)
    assert states(desk)["evacuate"] == "ready"
    assert states(desk)["open_shelter"] == "waiting"
    through(desk, incident, "repair")
    assert states(desk)["measure"] == "waiting"
    through(desk, incident, "evacuate", "open_shelter")
    assert states(desk)["measure"] == "ready"
    do(desk, "regrade", incident, "III", reason="under control")
    found = row(desk, incident)
    assert (found["severity"], found["worst"]) == (1, 2)
    assert states(desk)["report"] == "waiting"
    with pytest.raises(InputError, match="has the grade III already"):
        do(desk, "regrade", incident, "III", reason="x")
    with desk.log.engine.connect() as connection:
        kinds = [one.kind for page in read_events(connection) for one in page]
    assert [kinds.count(f"incident.{one}") for one in ("raised", "lowered")] == [1, 1]


def test_only_a_plan_for_the_type_is_activated_and_once(desk):
    incident = declared(desk)
    with pytest.raises(InputError, match=r"no plan for gas_leak.*Plans for it: gas_leak"):
        do(desk, "activate", incident, "waterlogging")
    do(desk, "activate", incident, "gas_leak")
    with pytest.raises(InputError, match="is active already"):
        do(desk, "activate", incident, "gas_leak")


def test_who_may_do_what(desk):
    incident = active(desk, "IV")
    with pytest.raises(AccessError, match="takes one of centre"):
        do(desk, "start", incident, "confirm", by=UNIT)
    through(desk, incident, "confirm")
    assert do(desk, "start", incident, "cordon", by=UNIT).actor == "account:gas"
    with pytest.raises(AccessError):
        do(desk, "close", incident, by=UNIT, reason="x")
    with pytest.raises(AccessError):
        declared(desk, by=UNIT)
    with pytest.raises(AccessError):
        do(desk, "register", TRUCK, by=UNIT)


def test_resources_are_given_as_far_as_they_go_and_come_back(desk):
    incident = declared(desk)
    for one in (SANDBAGS, SHELTER, TRUCK):
        do(desk, "register", one)
    do(desk, "assign", incident, SANDBAGS.id, amount=80)
    with pytest.raises(InputError, match="30 of stock:sandbags are asked for, 20 are free") as no:
        do(desk, "assign", incident, SANDBAGS.id, amount=30)
    assert "申请 stock:sandbags 30，可用 20" in no.value.in_("zh")
    do(desk, "assign", incident, TRUCK.id)
    with pytest.raises(InputError, match="0 are free"):
        do(desk, "assign", incident, TRUCK.id)
    do(desk, "release", incident, SANDBAGS.id, amount=50, used=45)
    stock = {one["resource"]: one for one in table_of(desk, incident_resources)}[SANDBAGS.id]
    assert (stock["capacity"], stock["assigned"]) == (55, 30)
    with pytest.raises(InputError, match="it holds stock:sandbags, unit:truck-1"):
        do(desk, "close", incident, reason="over")
    do(desk, "release", incident, SANDBAGS.id)
    do(desk, "release", incident, TRUCK.id)
    do(desk, "close", incident, reason="over")
    held = {one["resource"]: one for one in table_of(desk, incident_assignments)}
    assert (held[SANDBAGS.id]["amount"], held[SANDBAGS.id]["used"]) == (0, 45)
    assert held[TRUCK.id]["released"] is not None


@pytest.mark.parametrize(
    ("deed", "resource", "given", "problem"),
    [
        ("assign", "stock:none", {}, "no resource 'stock:none'"),
        ("assign", "stock:sandbags", {"amount": 0}, "an amount of 0 is none"),
        ("assign", "stock:sandbags", {"amount": -5}, "an amount of -5 is none"),
        ("release", "stock:sandbags", {}, "holds 0 of stock:sandbags"),
        ("release", "shelter:school", {"amount": 11}, "holds 10 of shelter:school"),
        ("release", "shelter:school", {"amount": 5, "used": 6}, "of 5 not 6 can be used up"),
        ("release", "shelter:school", {"amount": 5, "used": 1}, "a shelter is not used up"),
    ],
)
def test_amounts_that_make_no_sense_are_refused(desk, deed, resource, given, problem):
    incident = declared(desk)
    do(desk, "register", SANDBAGS)
    do(desk, "register", SHELTER)
    do(desk, "assign", incident, SHELTER.id, amount=10)
    with pytest.raises(InputError, match=problem):
        do(desk, deed, incident, resource, **given)


def test_a_resource_is_told_anew_but_never_below_what_is_given_out(desk):
    incident = declared(desk)
    do(desk, "register", SANDBAGS)
    do(desk, "assign", incident, SANDBAGS.id, amount=60)
    fewer = Resource(SANDBAGS.id, "stock", Text("Sandbags", "沙袋"), 60)
    do(desk, "register", fewer)
    with pytest.raises(InputError, match="incidents hold 60"):
        do(desk, "register", Resource(SANDBAGS.id, "stock", Text("Sandbags", "沙袋"), 59))
    with pytest.raises(InputError, match="is a stock"):
        do(desk, "register", Resource(SANDBAGS.id, "shelter", Text("Sandbags", "沙袋"), 99))
    with pytest.raises(InputError, match="a unit cannot have 2"):
        Resource("unit:x", "unit", Text("x", "x"), 2)
    with pytest.raises(InputError, match="'car' is no kind"):
        Resource("unit:x", "car", Text("x", "x"))


def test_the_database_itself_gives_out_no_more_than_there_is(desk):
    do(desk, "register", SANDBAGS)
    with pytest.raises(IntegrityError), desk.log.engine.begin() as connection:
        connection.execute(incident_resources.update().values(assigned=101))


def test_what_is_told_stands_in_no_event_and_can_be_erased(desk):
    incident = declared(desk)
    do(desk, "note", incident, text="王女士已转移", confidences=[("photo", b"jpeg")])
    do(desk, "close", incident, reason="王女士平安")
    engine = desk.log.engine
    with engine.connect() as connection:
        written = " ".join(connection.execute(select(tables.events.c.facts)).scalars())
        kept = connection.execute(select(tables.confidences.c.digest)).scalars().all()
        told = {desk.vault.read(connection, one) for one in kept}
    assert "王女士" not in written
    assert told == {REPORT[0][1], "王女士已转移".encode(), b"jpeg", "王女士平安".encode()}
    with engine.begin() as connection:
        assert desk.erase(connection, incident, CENTRE) == 4
    with engine.connect() as connection, pytest.raises(Erased):
        desk.vault.read(connection, kept[0])


def test_a_closed_incident_stays_as_it_is(desk, tmp_path):
    incident = active(desk, "IV")
    with pytest.raises(InputError, match="have not ended: confirm"):
        do(desk, "close", incident, reason="over")
    for task in tasks(desk):
        do(desk, "skip", incident, task, reason="a drill")
    do(desk, "close", incident, reason="over")
    for deed, told in (("note", {"text": "x"}), ("close", {"reason": "x"})):
        with pytest.raises(InputError, match="is closed"):
            do(desk, deed, incident, **told)
    with pytest.raises(InputError, match="no incident 'incident:none'"):
        do(desk, "note", "incident:none", text="x")
    with desk.log.engine.begin() as connection:
        desk.erase(connection, incident, CENTRE)
    assert found_problems(desk, tmp_path) == []


def test_a_step_delivered_twice_is_done_once(desk):
    once = By(CENTRE.actor, delivery="hotline:1")
    with desk.log.engine.begin() as connection:
        new = NewIncident("gas_leak", "I", confidences=REPORT)
        first, second = (desk.declare(connection, new, once) for _ in range(2))
    assert (first.incident, first.new, second.new) == (second.incident, True, False)
    step = By(CENTRE.actor, delivery="hotline:2")
    assert do(desk, "note", first.incident, text="x", by=step) is not None
    assert do(desk, "note", first.incident, text="x", by=step) is None
    assert row(desk, first.incident)["version"] == 2
    steps = [
        ("register", (SANDBAGS,), {}),
        ("assign", (first.incident, SANDBAGS.id), {}),
        ("release", (first.incident, SANDBAGS.id), {}),
        ("regrade", (first.incident, "II"), {"reason": "x"}),
        ("activate", (first.incident, "gas_leak"), {}),
        ("start", (first.incident, "confirm"), {}),
        *(
            ("skip", (first.incident, one.id), {"reason": "x"})
            for one in desk.plans.get("gas_leak").tasks_for("II")
        ),
        ("close", (first.incident,), {"reason": "x"}),
    ]
    for number, (deed, told, given) in enumerate(steps):
        again = By(CENTRE.actor, delivery=f"s{number}")
        assert do(desk, deed, *told, by=again, **given) is not None
        assert do(desk, deed, *told, by=again, **given) is None


def test_a_plan_that_changed_since_adds_its_new_tasks_and_leaves_the_old_order(desk):
    incident = active(desk, "IV")
    old = desk.plans.get("gas_leak")
    newer = replace(old, version="2")
    desk.plans = Plans([newer])
    before = tasks(desk)
    do(desk, "regrade", incident, "II", reason="worse")
    found = tasks(desk)
    assert found.keys() - before.keys() == {"evacuate", "open_shelter", "report"}
    assert all(found[one]["after"] == before[one]["after"] for one in before)


def test_steps_are_not_done_in_the_future_or_before_the_last_one(desk, clock):
    incident = declared(desk)
    later = By(CENTRE.actor, happened=clock.now() + timedelta(seconds=1))
    earlier = By(CENTRE.actor, happened=clock.now() - timedelta(seconds=1))
    with pytest.raises(InputError, match="in the future"):
        do(desk, "note", incident, text="x", by=later)
    with pytest.raises(InputError, match="the incident changed after that"):
        do(desk, "note", incident, text="x", by=earlier)
    with pytest.raises(InputError, match="a note needs text"):
        do(desk, "note", incident, text=" ")


def test_an_altered_row_is_found(desk, tmp_path):
    declared(desk)
    with desk.log.engine.begin() as connection:
        connection.execute(incidents.update().values(grade="IV"))
    assert [one.where for one in found_problems(desk, tmp_path)] == ["incidents"]
