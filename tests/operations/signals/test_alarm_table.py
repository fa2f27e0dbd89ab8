"""Alarms in the log and in the database: told once, and never two open for one asset and rule."""

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from test_alarm_engine import MINUTE, at, ladder, register, rule, run_all

from dizuo.model.errors import InputError
from dizuo.operations.event_log.log import Log, read_events
from dizuo.operations.signals.alarm_engine import begin_alarms, step
from dizuo.operations.signals.alarm_events import acknowledge, as_events, judge
from dizuo.operations.signals.alarm_machines import alarm_machines
from dizuo.operations.signals.alarm_quality import alarm_quality
from dizuo.operations.signals.alarm_table import AlarmProjection, alarms

pytestmark = pytest.mark.systems("S14.9", "S17.2")

DAWN = datetime(1970, 1, 1, tzinfo=UTC)
VALUES = [0.5, 1.0, 2.6, 1.9, 0.7, 0.5, 6.0]


def story(values=VALUES, lateness=0, **more):
    machines = alarm_machines(register(lateness=lateness), [rule(**more)])
    _, found = run_all(machines, at(range(len(values)), values))
    return as_events(found)


def minute(n):
    return DAWN + timedelta(minutes=n)


@pytest.fixture
def log(engine, clock):
    projection = AlarmProjection()
    for table in projection.tables:
        table.metadata.create_all(engine)
    return Log(engine, clock, [projection])


def write(log, events):
    with log.engine.begin() as connection:
        return log.append(connection, events)


def rows(engine):
    with engine.connect() as connection:
        found = connection.execute(select(alarms).order_by(alarms.c.raised, alarms.c.alarm))
        return [row._asdict() for row in found]


def test_an_alarm_is_told_from_its_beginning_to_its_end():
    events = story()
    assert [one.kind for one in events] == [
        "alarm.raised", "alarm.escalated", "alarm.deescalated", "alarm.cleared", "alarm.raised",
    ]  # fmt: skip
    first, second = events[0].subject, events[-1].subject
    assert first == f"alarm:gas.methane:chamber:0:{MINUTE}.1"
    assert [one.subject for one in events] == [first] * 4 + [second]
    assert events[0].id == f"{first}#1:{MINUTE}:0>1"
    assert events[0].happened == minute(1)
    assert events[1].facts["severity"] == 2
    assert events[1].facts["label_zh"] == "2级"
    assert "severity" not in events[3].facts
    assert events[4].facts["value"] == 6.0
    assert as_events([], simulated=True) == []


def test_the_label_is_the_standard_s_and_the_severity_is_everybody_s(log, engine):
    # Of highway bridges, level 3 is the worst; of lifelines, level 1.
    turned = ladder([(80, 75, 1), (100, 95, 3)])
    one = replace(rule(), levels=turned)
    _, found = run_all(alarm_machines(register(), [one]), at([0, 1], [85, 101]))
    write(log, as_events(found, simulated=True))
    (row,) = rows(engine)
    assert (row["severity"], row["label_zh"], row["simulated"]) == (3, "3级", True)


def test_the_table_follows_the_events_and_is_rebuilt_from_them(log, engine):
    events = story()
    write(log, events[:2])
    write(log, [acknowledge(events[0].subject, "account:duty", minute(3))])
    write(log, [acknowledge(events[0].subject, "account:other", minute(4))])
    write(log, events[2:])
    write(log, [judge(events[0].subject, "true", "account:duty", minute(9))])
    kept = rows(engine)
    old, new = kept
    assert (old["level"], old["severity"], old["worst"]) == (0, 1, 2)
    assert (old["acknowledged"], old["acknowledged_by"]) == (3 * MINUTE, "account:duty")
    assert (old["raised"], old["cleared"], old["verdict"]) == (MINUTE, 4 * MINUTE, "true")
    assert (new["level"], new["severity"], new["cleared"]) == (3, 3, None)
    with engine.begin() as connection:
        log.rebuild(connection)
    assert rows(engine) == kept


def test_telling_it_all_again_after_a_crash_adds_nothing(log, engine):
    machines = alarm_machines(register(2, lateness=5), [rule()])
    batches = [at([0, 1], [0, 1.2]), at([0, 1], [1, 3], 1), at([3], [0]), at([2], [2.6])]
    write(log, as_events(run_all(machines, *batches)[1]))
    kept = rows(engine)
    state = begin_alarms(machines)
    for batch in batches:
        state, found, _ = step(machines, state, batch)
        assert write(log, as_events(found)) == []
    assert rows(engine) == kept


def test_going_on_from_a_saved_state_tells_what_was_not_told():
    machines = alarm_machines(register(), [rule()])
    batches = [at([n], [v]) for n, v in enumerate(VALUES)]
    _, whole = run_all(machines, *batches)
    state, before = run_all(machines, *batches[:3])
    _, after = run_all(machines, *batches[3:], state=state)
    assert [one.id for one in as_events(before + after)] == [one.id for one in as_events(whole)]


def test_the_database_refuses_a_second_open_alarm(log, engine):
    write(log, story([1.0]))
    (row,) = rows(engine)
    with pytest.raises(IntegrityError), engine.begin() as connection:
        connection.execute(alarms.insert().values(row | {"alarm": "alarm:other"}))
    with engine.begin() as connection:
        connection.execute(
            alarms.insert().values(row | {"alarm": "alarm:other", "cleared": 2 * MINUTE})
        )
    assert len(rows(engine)) == 2


def test_workers_that_raise_the_same_alarm_at_once_leave_one_open(log, engine):
    """Each worker has seen other observations, so each raises an alarm of its own."""
    stories = [story([0.0] * n + [1.0 + n]) for n in range(8)]
    assert len({one[0].subject for one in stories}) == 8
    barrier, failed = threading.Barrier(8), []

    def work(events):
        try:
            barrier.wait()
            write(log, events)
        except Exception as error:  # noqa: BLE001 (whatever it is, the test must see it)
            failed.append(error)

    threads = [threading.Thread(target=work, args=(one,)) for one in stories]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    (row,) = rows(engine)
    assert (row["cleared"], row["joined"], row["level"], row["worst"]) == (None, 7, 3, 3)
    with engine.connect() as connection:
        assert sum(len(page) for page in read_events(connection)) == 8
    # One of them sees the end of it.
    write(log, story([0.0] * 7 + [8.0, 0.0])[-1:])
    (row,) = rows(engine)
    assert row["cleared"] == 8 * MINUTE


def test_what_comes_out_of_turn_changes_no_newer_alarm(log, engine):
    events = story()
    write(log, events[-1:])  # the second alarm, before the first one's story
    write(log, events[1:4])
    (row,) = rows(engine)
    assert (row["raised"], row["level"], row["cleared"]) == (6 * MINUTE, 3, None)


def test_an_alarm_that_was_told_otherwise_before_is_not_opened_again(log, engine):
    """After a crash, a worker without its state may tell the same alarm with another level."""
    first, *rest = story([0.0, 1.0, 0.0])
    (other, *_) = story([0.0, 3.0, 0.0])
    assert (first.subject, first.id) == (other.subject, other.id.replace("0>2", "0>1"))
    write(log, [first, *rest, other])
    (row,) = rows(engine)
    assert (row["level"], row["cleared"], row["joined"]) == (0, 2 * MINUTE, 1)


def test_the_colour_is_told_where_the_standard_has_one(log, engine):
    coloured = replace(rule(), levels=(replace(rule().levels[0], colour="yellow"),))
    _, found = run_all(alarm_machines(register(), [coloured]), at([0], [1.0]))
    write(log, as_events(found))
    assert rows(engine)[0]["colour"] == "yellow"


def test_quality_is_a_function_of_the_events(log, engine):
    events = story()
    first, second = events[0].subject, events[-1].subject
    silent = as_events(
        run_all(
            alarm_machines(register(), [rule([(3, 3, 0)], measure="missing", unit="min", id="s")]),
            at([0, 63], [1, 1]),
        )[1]
    )
    told = [
        *events,
        *silent,
        acknowledge(first, "account:duty", minute(3)),
        acknowledge(second, "account:duty", minute(10)),
        judge(first, "nuisance", "account:duty", minute(20)),
        judge(first, "true", "account:duty", minute(30)),
        judge(second, "false", "account:duty", minute(30)),
    ]
    devices = {"stream:0": "device:0", "stream:1": "device:1"}
    span = DAWN, DAWN + timedelta(hours=12)
    found = alarm_quality(told, devices, *span)
    assert (found.raised, found.judged, found.acknowledged, found.cleared) == (2, 2, 2, 1)
    assert found.nuisance == 1
    assert found.nuisance_rate == 1.0  # one in two devices and half a day
    assert found.precision == 0.5
    assert found.time_to_acknowledge == timedelta(minutes=3)  # two and four
    assert found.time_to_clear == timedelta(minutes=3)
    assert found.online_rate == pytest.approx(1 - 60 / (2 * 12 * 60))
    # The same from the log.
    write(log, told)
    with engine.connect() as connection:
        kept = [one for page in read_events(connection) for one in page]
    assert alarm_quality(kept, devices, *span) == found


def test_quality_where_nothing_happened():
    found = alarm_quality([], {"stream:0": "device:0"}, DAWN, minute(60))
    assert (found.raised, found.precision, found.time_to_clear) == (0, None, None)
    assert (found.nuisance_rate, found.online_rate) == (0.0, 1.0)
    with pytest.raises(InputError):
        alarm_quality([], {}, DAWN, minute(60))
    with pytest.raises(InputError):
        alarm_quality([], {"stream:0": "device:0"}, DAWN, DAWN)
