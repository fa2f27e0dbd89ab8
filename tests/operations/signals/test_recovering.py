"""However a process ends, and however many there are: the alarms stand as if there were one."""

import threading
from datetime import timedelta

import pytest
from signal_town import KEEPER, START, device, office, put, rows, stream, take
from sqlalchemy import select
from test_alarm_engine import MINUTE, rule

from dizuo.operations.cases.table import cases
from dizuo.operations.event_log.tables import events
from dizuo.operations.signals.alarm_states import carried_over, from_bytes, named, to_bytes
from dizuo.operations.signals.alarm_table import alarms
from dizuo.operations.signals.snapshots import signal_snapshot

pytestmark = pytest.mark.systems("S14.9", "S17.2")

VALUES = [0.5, 1.2, 2.6, 1.9, 0.7, 0.5, 6.0, 0.1, 1.5]


def ids(town):
    with town.engine.connect() as connection:
        query = select(events.c.id).where(events.c.kind.like("alarm.%")).order_by(events.c.number)
        return list(connection.execute(query).scalars())


@pytest.fixture
def signals(town):
    made = office(town)
    put(made, (device(), [stream(lateness=timedelta(minutes=5))]), (device(1), [stream(1, 1)]))
    return made


def test_a_process_that_crashed_goes_on_where_it_was(town, signals):
    """Each batch is taken in by a process that has just begun, from a snapshot or from none."""
    for minute, value in enumerate(VALUES):
        process = office(town)
        take(process, [minute], [value])
        if minute % 3 == 1:  # it is no truth, and may be lost
            with town.engine.begin() as connection:
                connection.execute(signal_snapshot.delete())
    crashing = ids(town)
    kept = rows(town, alarms)
    assert [(row["raised"], row["worst"], row["cleared"]) for row in kept] == [
        (START + minute * MINUTE, worst, cleared and START + cleared * MINUTE)
        for minute, worst, cleared in ((1, 2, 4), (6, 3, 7), (8, 1, None))
    ]
    assert len(crashing) == 7
    assert len(rows(town, signal_snapshot)) == 1
    assert town.verify() == []


def test_processes_take_turns_and_judge_as_one(town, signals):
    """What comes late contradicts what the other process told: one correction, no second alarm."""
    other = office(town)
    for n, (minute, value) in enumerate([(1, 1.2), (3, 2.6), (2, 0.1), (4, 0.2), (6, 1.5), (5, 0)]):
        take((signals, other)[n % 2], [minute], [value])
    alone = [one for one in rows(town, alarms) if one["cleared"] is None]
    assert len(alone) == 1
    again = office(town)
    assert again.let_time_pass() == 0
    assert [one for one in rows(town, alarms) if one["cleared"] is None] == alone


def test_no_second_alarm_is_open_and_no_second_case_under_any_concurrency(town, signals):
    """Eight processes take the same and other observations in at once, over and over."""
    offices, failed = [office(town) for _ in range(8)], []
    barrier = threading.Barrier(8)

    def work(n):
        try:
            barrier.wait()
            for turn in range(5):
                take(offices[n], [turn], [6.0])
                take(offices[n], [turn + 0.1 * n], [6.0], [1])
        except Exception as error:  # noqa: BLE001 - the test must see whatever it is
            failed.append(error)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert failed == []
    found = rows(town, alarms)
    assert [(one["asset"], one["level"], one["joined"]) for one in found] == [
        ("chamber:0", 3, 0), ("chamber:1", 3, 0),
    ]  # fmt: skip
    assert len(rows(town, cases)) == 2
    assert town.verify() == []


def test_a_state_is_the_same_after_it_was_written_and_read(town, signals):
    take(signals, [0, 1, 2], [0.5, 1.2, 2.6])
    take(signals, [1.5], [0.2])
    followed = signals._followed
    one = named(followed.machines, followed.state)
    read = from_bytes(to_bytes(one))
    state = carried_over(read, followed.machines, None)
    assert to_bytes(named(followed.machines, state)) == to_bytes(one)


def test_a_new_stream_leaves_the_others_where_they_stood(town, signals):
    take(signals, [0], [1.2])
    put(signals, (device(2), [stream(2, 2)]), (device(1), [stream(1, 1), stream(3, 1)]))
    assert take(signals, [1], [1.3]).changes == 0
    assert take(signals, [1], [1.3], [3]).changes == 1
    assert len(rows(town, alarms)) == 2


def test_an_alarm_that_nothing_judges_any_more_is_withdrawn(town, signals):
    take(signals, [0, 0], [1.2, 1.2], [0, 1])
    with town.engine.begin() as connection:
        signals.register_desk.retire(connection, "device:1", KEEPER)
    assert take(signals, [1], [1.3]).changes == 1
    first, second = sorted(rows(town, alarms), key=lambda row: row["asset"])
    assert (first["cleared"], second["cleared"] is None) == (None, False)
    # A rule that is stricter begins anew: the old alarm ends, and the new rule finds its own.
    strict = office(town, rule([(1.0, 0.5, 2)]))
    assert take(strict, [2], [1.3]).changes == 2
    open_one = [row for row in rows(town, alarms) if row["cleared"] is None]
    assert [(row["asset"], row["severity"]) for row in open_one] == [("chamber:0", 2)]


def test_without_a_snapshot_all_is_judged_again_and_nothing_told_twice(town, signals):
    for minute, value in enumerate(VALUES):
        take(signals, [minute], [value])
    told = ids(town)
    with town.engine.begin() as connection:
        connection.execute(signal_snapshot.delete())
    late = office(town)
    take(late, [len(VALUES)], [1.5])
    assert ids(town) == told
