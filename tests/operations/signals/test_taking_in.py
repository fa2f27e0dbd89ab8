"""Observations are taken in: stored once, judged, told, and provable, on both databases."""

from datetime import timedelta

import numpy as np
import pytest
from signal_town import DAWN, KEEPER, START, at, device, office, put, rows, stream, take
from test_alarm_engine import MINUTE, rule

from dizuo.model.errors import InputError
from dizuo.operations.cases.office import NewCase
from dizuo.operations.cases.table import cases
from dizuo.operations.event_log.tables import observations
from dizuo.operations.signals.alarm_table import alarm_reports, alarms
from dizuo.operations.signals.observation_store import observation_batches
from dizuo.operations.signals.register import Calibration, Register, Stream

pytestmark = pytest.mark.systems("S14.9", "S17.2")


def test_streams_keep_their_numbers_whatever_happens_to_the_register(town):
    signals = office(town)
    assert put(signals, (device(), [stream(0), stream(1)])) == [{"stream:0": 0, "stream:1": 1}]
    assert put(signals, (device(1), [stream(2, 1)]), (device(), [stream(1)])) == [
        {"stream:2": 2}, {"stream:1": 1},
    ]  # fmt: skip
    with town.engine.begin() as connection:
        register = signals.register(connection)
        assert [one.active for one in register.streams] == [False, True, True]
        signals.register_desk.retire(connection, "device:1", KEEPER)
    # What was retired comes back under the number that it had.
    assert put(signals, (device(1), [stream(2, 1), stream(0, 1)])) == [
        {"stream:2": 2, "stream:0": 0}
    ]
    with town.engine.connect() as connection:
        kept = signals.register(connection)
    assert [(one.id, one.device) for one in kept.streams] == [
        ("stream:0", "device:1"), ("stream:1", "device:0"), ("stream:2", "device:1"),
    ]  # fmt: skip
    before = kept
    town.rebuild()
    with town.engine.connect() as connection:
        assert signals.register(connection) == before


def test_a_file_takes_the_place_of_the_register_and_tells_only_what_changed(town):
    signals = office(town)
    calibrated = stream(1, 1, calibrations=(Calibration(DAWN.date(), None, 2.0, 1.0),))
    first = Register((device(), device(1, x=1.0, installed=DAWN.date())), (stream(), calibrated))
    second = Register((device(), device(2)), (stream(), stream(2, 2, properties={"a": [1]})))
    with town.engine.begin() as connection:
        done = signals.register_desk.replace(connection, first, KEEPER)
        assert (done.changed, done.retired) == (2, 0)
        assert signals.register_desk.replace(connection, first, KEEPER).changed == 0
        done = signals.register_desk.replace(connection, second, KEEPER)
        assert (done.changed, done.retired) == (1, 1)
        kept = signals.register(connection)
    assert kept.streams[1].calibrations == calibrated.calibrations
    assert [one.active for one in kept.streams] == [True, False, True]
    assert kept.streams[2].properties == {"a": [1]}
    assert kept.device("device:1").installed == DAWN.date()


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ((device(1), [stream()]), "belongs to device:0, not to device:1"),
        (
            (device(), [Stream("stream:0", "device:0", "heat", "%VOL", timedelta(1))]),
            "has the kind",
        ),
        ((device(), [Stream("s", "device:0", "methane", "ppm", timedelta(1))]), "is in %VOL"),
    ],
)
def test_the_register_refuses_what_would_change_the_meaning_of_a_number(town, given, problem):
    signals = office(town)
    put(signals, (device(), [stream()]))
    with pytest.raises(InputError, match=problem):
        put(signals, given)


def test_observations_are_stored_once_and_judged_when_they_come(town):
    signals = office(town)
    put(signals, (device(), [stream()]))
    done = take(signals, [0, 1, 1], [0.5, 1.2, 9.0])
    assert (done.fresh, done.late, done.known, done.changes) == (2, 0, 1, 1)
    kept = rows(town, observations)
    assert [(r["phenomenon"], r["value"], r["late"]) for r in kept] == [
        (START, 0.5, False), (START + MINUTE, 1.2, False),
    ]  # fmt: skip
    again = take(signals, [0, 1], [7.0, 7.0])
    assert (again.received, again.fresh, again.known) == (None, 0, 2)
    assert rows(town, observations) == kept
    (alarm,) = rows(town, alarms)
    assert (alarm["asset"], alarm["level"], alarm["raised"]) == ("chamber:0", 1, START + MINUTE)
    # A value that is older than the newest of a stream without lateness is kept, and not judged.
    late = take(signals, [0.5], [9.0])
    assert (late.fresh, late.late, late.changes) == (0, 1, 0)
    (batch, second) = rows(town, observation_batches)
    assert (batch["count"], second["count"], second["late"]) == (2, 1, 1)
    assert town.verify() == []


def test_a_delivery_with_a_name_is_taken_in_once(town):
    signals = office(town)
    put(signals, (device(), [stream()]))
    first = take(signals, [0], [1.0], delivery="a")
    second = take(signals, [0, 1], [1.0, 1.0], delivery="a")
    assert (second.new, second.received, second.fresh) == (False, first.received, 1)
    assert len(rows(town, observations)) == 1


def test_calibrated_values_are_stored_beside_what_the_device_told(town):
    signals = office(town)
    told = Calibration(DAWN.date(), None, 2.0, 1.0)
    put(signals, (device(), [stream(calibrations=(told,)), stream(1)]))
    signals.take_in(
        at([0, 1, 0, 1, 2], [0.25, np.nan, 0.25, -0.0, np.inf], [0, 0, 1, 1, 1]), "d", channel="x"
    )
    assert [(r["value"], r["raw"]) for r in rows(town, observations)] == [
        (1.5, 0.25), (None, None), (0.25, None), (0.0, None), (None, None),
    ]  # fmt: skip
    assert town.verify() == []


def test_what_comes_from_the_future_is_kept_and_poisons_nothing(town):
    signals = office(town)
    put(signals, (device(), [stream()]))
    done = take(signals, [60 * 24 * 365], [9.0])  # its clock is a year ahead
    assert (done.fresh, done.late, done.changes) == (0, 1, 0)
    assert rows(town, observations)[0]["quality"] == 2
    assert take(signals, [1], [1.2]).changes == 1


@pytest.mark.parametrize("number", [-1, 1, 2])
def test_what_belongs_to_no_stream_is_refused_whole(town, number):
    signals = office(town)
    put(signals, (device(), [stream()]), (device(1), [stream(1, 1)]))
    with town.engine.begin() as connection:
        signals.register_desk.retire(connection, "device:1", KEEPER)
    with pytest.raises(InputError):
        take(signals, [0, 0], [1.0, 1.0], [0, number])
    assert rows(town, observations) == []


@pytest.mark.parametrize("statement", [
    "UPDATE observations SET value = 0.1 WHERE value = 0.6",
    "DELETE FROM observations WHERE value = 0.6",
    "DELETE FROM observations WHERE stream = 1",
    "UPDATE observations SET late = NOT late WHERE value = 0.6",
    "INSERT INTO observations VALUES (0, 7, 7, 1.0, NULL, 0, FALSE, 5)",
])  # fmt: skip
def test_an_altered_observation_is_found(town, statement):
    signals = office(town)
    put(signals, (device(), [stream(), stream(1)]))
    take(signals, [0, 1], [0.5, 0.6])
    take(signals, [0], [0.5], [1])
    assert town.verify() == []
    with town.engine.begin() as connection:
        connection.exec_driver_sql(statement)
    (problem,) = town.verify()
    assert problem.where.startswith("observations ")


def test_silence_is_told_when_time_passes(town):
    silent = rule([(3, 3, 1)], measure="missing", unit="intervals", id="s")
    signals = office(town, silent)
    put(signals, (device(), [stream()]))
    take(signals, [60], [0.5])
    assert signals.let_time_pass() == 0
    town.log.clock.move(timedelta(minutes=4))
    assert signals.let_time_pass() == 1
    assert signals.let_time_pass() == 0
    (alarm,) = rows(town, alarms)
    assert (alarm["raised"], alarm["cleared"]) == (START + 63 * MINUTE, None)


def test_an_alarm_becomes_a_case_and_meets_the_reports_about_its_asset(town):
    signals = office(town)
    put(signals, (device(x=3.0, y=4.0), [stream()]))
    before, other, after = (
        NewCase("urban_event", name, "hotline", asset=asset)
        for name, asset in (("a", "chamber:0"), ("b", "chamber:9"), ("c", "chamber:0"))
    )

    def report(new):
        with town.engine.begin() as connection:
            return town.office.open(connection, [new], KEEPER)[0].case

    first, _ = report(before), report(other)
    take(signals, [0, 1, 2], [1.2, 2.6, 6.0])
    last = report(after)
    (alarm,) = rows(town, alarms)
    (case,) = [row for row in rows(town, cases) if row["case_type"] == "alarm"]
    assert alarm["case"] == case["case"]
    assert (case["asset"], case["x"], case["state"]) == ("chamber:0", 3.0, "raised")
    linked = {(alarm["alarm"], first), (alarm["alarm"], last)}
    assert {tuple(row.values()) for row in rows(town, alarm_reports)} == linked
    take(signals, [3, 4], [0.1, 1.2])  # cleared, and raised again: another alarm, another case
    assert len([row for row in rows(town, cases) if row["case_type"] == "alarm"]) == 2
    assert town.verify() == []
    kept = rows(town, alarms), rows(town, cases)
    town.rebuild()
    assert (rows(town, alarms), rows(town, cases)) == kept


def test_alarms_of_one_delivery_have_a_case_each(town):
    """As after an outage: two alarms that ended and one that is open come at once."""
    signals = office(town)
    put(signals, (device(), [stream()]))
    take(signals, [0, 1, 2, 3, 4], [1.2, 0.1, 1.2, 0.1, 1.2])
    found = rows(town, alarms)
    assert [row["cleared"] is None for row in found] == [False, False, True]
    opened = {row["case"] for row in rows(town, cases)}
    assert {row["case"] for row in found} == opened
    assert len(opened) == 3
