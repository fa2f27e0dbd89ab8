"""The alarm engine: ladders, holding, late data, and the plain twin that it must equal."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plain_alarms import PlainMachine

from dizuo.model.errors import InputError
from dizuo.model.rule import Certainty
from dizuo.model.text import Text
from dizuo.operations.signals.alarm_engine import begin_alarms, step
from dizuo.operations.signals.alarm_machines import alarm_machines
from dizuo.operations.signals.observations import Observations, Quality
from dizuo.operations.signals.register import Device, Register, Stream
from dizuo.operations.signals.rules import AlarmRule, Level
from dizuo.operations.time import from_microseconds

pytestmark = pytest.mark.systems("S14.9", "S17.2")

MINUTE = 60_000_000
METHANE = [(1.0, 0.8, 1), (2.5, 2.0, 2), (5.0, 4.0, 3)]


def ladder(rungs):
    return tuple(Level(at, clear, s, Text(f"Level {s}", f"{s}级")) for at, clear, s in rungs)


def rule(rungs=METHANE, *, measure="value", direction="above", unit="%VOL", **more):
    return AlarmRule(
        more.pop("id", "gas.methane"), Text("Methane", "甲烷"), more.pop("kind", "methane"), unit,
        measure, direction, ladder(rungs), "source", "2023", Certainty.CHECK, date(2023, 1, 1),
        **more,
    )  # fmt: skip


def register(streams=1, lateness=0, *, assets=None, reference=None):
    names = assets or [f"chamber:{n}" for n in range(streams)]
    return Register(
        tuple(Device(f"device:{n}", name) for n, name in enumerate(names)),
        tuple(
            Stream(
                f"stream:{n}", f"device:{n}", "methane", "%VOL", timedelta(minutes=1),
                timedelta(minutes=lateness), reference,
            )
            for n in range(len(names))
        ),
    )  # fmt: skip


def at(minutes, values, streams=0, quality=None):
    times = np.array(minutes) * MINUTE
    return Observations.of(np.zeros(len(times), int) + streams, times, values, quality=quality)


def told(transitions):
    return [(t.time // MINUTE, t.before, t.after) for t in transitions]


def run_all(alarms, *batches, state=None, now=None):
    state = state or begin_alarms(alarms)
    found = []
    for batch in batches:
        state, transitions, _ = step(alarms, state, batch, now)
        found += transitions
    return state, found


def test_an_alarm_climbs_its_ladder_and_comes_down_by_hysteresis():
    alarms = alarm_machines(register(), [rule()])
    values = [0.5, 1.0, 2.6, 2.1, 1.9, 0.9, 0.7]
    _, found = run_all(alarms, at(range(7), values))
    # 2.1 is above the way back of level 2 (2.0), 0.9 above that of level 1 (0.8).
    assert told(found) == [(1, 0, 1), (2, 1, 2), (4, 2, 1), (6, 1, 0)]
    assert found[0].rule.levels[0].severity == 1
    assert [t.first for t in found] == [1, 1, 1, 1]
    assert {t.raised for t in found} == {1 * MINUTE}
    assert found[1].value == 2.6


def test_a_level_must_hold_for_so_many_minutes_and_values():
    alarms = alarm_machines(register(), [rule(hold_time=timedelta(minutes=2), hold_count=2)])
    _, found = run_all(alarms, at([0, 1, 2, 3, 4, 5], [1, 1, 0, 1, 1, 1]))
    assert told(found) == [(5, 0, 1)]


def test_holding_does_not_reach_over_a_gap():
    held = rule(hold_count=2, bridge=timedelta(minutes=5))
    _, found = run_all(alarm_machines(register(), [held]), at([0, 6, 7], [1, 1, 1]))
    assert told(found) == [(7, 0, 1)]


def test_the_way_back_may_have_to_hold_too():
    alarms = alarm_machines(register(), [rule(clear_count=2)])
    _, found = run_all(alarms, at([0, 1, 2, 3, 4], [1, 0, 1, 0, 0]))
    assert told(found) == [(0, 0, 1), (4, 1, 0)]


def test_a_pressure_that_falls_below_a_share_of_its_reference():
    falling = rule([(-15, -12, 1), (-25, -20, 2)], measure="deviation", direction="below", unit="%")
    alarms = alarm_machines(register(reference=0.4), [falling])
    _, found = run_all(alarms, at(range(4), [0.39, 0.33, 0.29, 0.4]))
    assert told(found) == [(1, 0, 1), (2, 1, 2), (3, 2, 0)]


def test_a_limit_beyond_which_is_not_reached_at_itself():
    alarms = alarm_machines(register(), [rule([(1.0, 1.0, 1)], beyond=True)])
    _, found = run_all(alarms, at(range(4), [1.0, 1.0000001, 1.0, 0.9]))
    assert told(found) == [(1, 0, 1), (2, 1, 0)]


def test_a_rate_is_a_change_in_an_hour():
    rising = rule([(60, 30, 1)], measure="rate", unit="%VOL/h")
    _, found = run_all(alarm_machines(register(), [rising]), at([0, 1, 2], [0.0, 1.0, 1.0]))
    assert told(found) == [(1, 0, 1), (2, 1, 0)]


def test_a_value_that_does_not_move():
    still = rule([(3, 3, 0)], measure="frozen", unit="min", tolerance=0.01)
    batch = at(range(6), [1.0, 1.005, 0.995, 1.0, 1.0, 1.5])
    _, found = run_all(alarm_machines(register(), [still]), batch)
    assert told(found) == [(3, 0, 1), (5, 1, 0)]


def test_silence_is_told_when_its_time_is_up_by_the_clock_or_by_the_next_value():
    silent = rule([(3, 3, 0), (10, 10, 1)], measure="missing", unit="intervals")
    alarms = alarm_machines(register(), [silent])
    state, found = run_all(alarms, at([0], [1.0]), now=from_microseconds(5 * MINUTE))
    assert told(found) == [(3, 0, 1)]
    assert found[0].reason == "elapsed"
    assert found[0].value is None
    state, found = run_all(alarms, at([20], [1.0]), state=state)
    assert told(found) == [(10, 1, 2), (20, 2, 0)]
    # Without the clock, the next value shows all of it, at the same times.
    _, found = run_all(alarms, at([0, 20], [1.0, 1.0]))
    assert told(found) == [(3, 0, 1), (10, 1, 2), (20, 2, 0)]


def test_a_stream_that_never_sent_is_silent_from_its_first_day():
    silent = rule([(3, 3, 0)], measure="missing", unit="min")
    alarms = alarm_machines(register(), [silent])
    state = begin_alarms(alarms, datetime(1970, 1, 1, tzinfo=UTC))
    _, found = run_all(alarms, at([], []), state=state, now=from_microseconds(4 * MINUTE))
    assert told(found) == [(3, 0, 1)]
    _, found = run_all(alarms, at([], []), now=from_microseconds(4 * MINUTE))
    assert found == []


def test_bad_and_absent_values_are_no_values():
    alarms = alarm_machines(register(), [rule(), rule([(3, 3, 0)], measure="missing", unit="min",
                                                       id="gas.silent")])  # fmt: skip
    bad = [Quality.GOOD, Quality.BAD, Quality.GOOD, Quality.SUSPECT]
    _, found = run_all(alarms, at([0, 1, 2, 5], [0, 9.0, np.nan, 1.0], quality=bad))
    assert [(t.rule.id, *told([t])[0]) for t in found] == [
        ("gas.silent", 3, 0, 1), ("gas.methane", 5, 0, 1), ("gas.silent", 5, 1, 0),
    ]  # fmt: skip


def test_two_sensors_of_a_chamber_share_one_alarm_at_the_higher_level():
    alarms = alarm_machines(register(assets=["chamber:1", "chamber:1"]), [rule()])
    batch = Observations.of([0, 1, 0, 1, 0], np.arange(5) * MINUTE, [1.0, 2.6, 0.1, 1.5, 0.0])
    state, found = run_all(alarms, batch)
    assert [(t.stream, *told([t])[0]) for t in found] == [
        ("stream:0", 0, 0, 1), ("stream:1", 1, 1, 2), ("stream:1", 3, 2, 1),
    ]  # fmt: skip
    assert state.alarms.level.tolist() == [1]


class TestLateData:
    def test_a_late_value_that_shows_an_alarm_nobody_saw(self):
        alarms = alarm_machines(register(lateness=10), [rule()])
        _, found = run_all(alarms, at([0, 2], [0, 0]), at([1], [1.2]))
        assert told(found) == [(1, 0, 1), (2, 1, 0)]

    def test_a_late_value_that_breaks_the_holding_of_an_alarm_ends_it(self):
        alarms = alarm_machines(register(lateness=10), [rule(hold_count=2)])
        _, found = run_all(alarms, at([0, 2], [1, 1]), at([1], [0.0]))
        assert told(found) == [(2, 0, 1), (2, 1, 0)]
        assert [t.reason for t in found] == ["observed", "corrected"]

    def test_a_late_value_that_fills_a_gap_takes_the_silence_back(self):
        silent = rule([(3, 3, 0)], measure="missing", unit="min")
        alarms = alarm_machines(register(lateness=10), [silent])
        state, found = run_all(alarms, at([0], [1]), now=from_microseconds(4 * MINUTE))
        assert told(found) == [(3, 0, 1)]
        state, found = run_all(alarms, at([2], [1]), state=state)
        # Nothing ends before it began: the correction stands at the time of the raising.
        assert told(found) == [(3, 1, 0)]
        assert found[0].reason == "corrected"

    def test_what_is_too_late_is_kept_and_changes_nothing(self):
        alarms = alarm_machines(register(lateness=5), [rule()])
        state, found = run_all(alarms, at([0, 20], [0, 0]))
        state, found, receipt = step(alarms, state, at([14], [9.0]))
        assert found == []
        assert receipt.late.value.tolist() == [9.0]
        state, found, receipt = step(alarms, state, at([15], [9.0]))
        assert told(found) == [(15, 0, 3), (20, 3, 0)]

    def test_a_value_that_comes_twice_counts_once(self):
        alarms = alarm_machines(register(lateness=5), [rule(hold_count=2)])
        state, found = run_all(alarms, at([0], [1]), at([0], [1]))
        assert found == []
        _, found, receipt = step(alarms, state, at([0, 1], [3, 1]))
        assert told(found) == [(1, 0, 1)]
        assert (receipt.duplicates, receipt.conflicts) == (1, 1)


def test_a_rule_judges_its_kind_or_the_streams_that_it_names():
    batch = Observations.of([0, 1], [0, 0], [9.0, 9.0])
    assert run_all(alarm_machines(register(2), [rule(kind="level")]), batch)[1] == []
    _, found = run_all(alarm_machines(register(2), [rule(streams=("stream:1",))]), batch)
    assert [one.asset for one in found] == ["chamber:1"]
    _, found = run_all(alarm_machines(register(2), [rule(kind="*")]), batch)
    assert [one.asset for one in found] == ["chamber:0", "chamber:1"]


def test_rules_that_do_not_fit_their_streams_are_refused():
    with pytest.raises(InputError, match=r"is in ppm, the stream stream:0 needs %VOL"):
        alarm_machines(register(), [rule(unit="ppm")])
    with pytest.raises(InputError, match=r"has no reference"):
        alarm_machines(register(), [rule(measure="deviation", unit="%")])
    with pytest.raises(InputError, match=r"no stream 'stream:9'"):
        alarm_machines(register(), [rule(streams=("stream:9",))])
    with pytest.raises(InputError, match=r"share an id"):
        alarm_machines(register(), [rule(), rule()])


# ------------------------------------------------------------------------------ the plain twin

numbers = st.sampled_from([0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, -1.0, -2.0])


@st.composite
def rules(draw):
    measure = draw(st.sampled_from(["value", "deviation", "rate", "frozen", "missing"]))
    times = measure in {"frozen", "missing"}
    direction = "above" if times else draw(st.sampled_from(["above", "below", "either"]))
    scale = {"deviation": 50, "rate": 60}.get(measure, 1)
    at_ = sorted(draw(st.sets(st.sampled_from([1.0, 2.0, 3.0]), min_size=1, max_size=3)))
    rungs = [(a * scale, (a - draw(st.sampled_from([0, 0.5]))) * scale, n)
             for n, a in enumerate(at_)]  # fmt: skip
    if direction == "below":
        rungs = [(-a, -c, s) for a, c, s in rungs]
    units = {"deviation": "%", "rate": "%VOL/h", "value": "%VOL"}
    minutes = st.integers(0, 3).map(lambda n: timedelta(minutes=n))
    holding = {
        "hold_time": draw(minutes),
        "hold_count": draw(st.integers(1, 3)),
        "clear_time": draw(minutes),
        "clear_count": draw(st.integers(1, 3)),
    }
    return rule(
        rungs, measure=measure, direction=direction,
        unit=units.get(measure) or draw(st.sampled_from(["min", "intervals"])),
        **({} if measure == "missing" else holding),
        beyond=not times and draw(st.booleans()),
        bridge=draw(st.none() | st.integers(1, 4).map(lambda n: timedelta(minutes=n))),
        tolerance=draw(st.sampled_from([0, 0.5])),
    )  # fmt: skip


series = st.dictionaries(st.integers(0, 30), numbers, max_size=20)


@settings(max_examples=200, deadline=None)
@given(rules(), st.lists(series, min_size=1, max_size=3), st.lists(st.integers(0, 60), max_size=4))
def test_the_engine_equals_the_plain_twin_however_it_is_cut_into_batches(one, streams, cuts):
    known = register(len(streams), reference=2.0)
    alarms = alarm_machines(known, [one])
    rows = sorted((t, s, v) for s, values in enumerate(streams) for t, v in values.items())
    expected = []
    for s, values in enumerate(streams):
        plain = PlainMachine(one, known.streams[s])
        for t, v in sorted(values.items()):
            plain.see(t * MINUTE, v)
        expected += [(s, *change) for change in plain.told]
    borders = sorted(min(cut, len(rows)) for cut in cuts)
    parts = [rows[a:b] for a, b in zip([0, *borders], [*borders, len(rows)], strict=True)]
    batches = [at([t for t, _, _ in p], [v for _, _, v in p], [s for _, s, _ in p]) for p in parts]
    _, found = run_all(alarms, *batches)
    got = [(int(t.stream[7:]), t.time, t.before, t.after) for t in found]
    assert sorted(got, key=lambda c: c[0]) == sorted(expected, key=lambda c: c[0])


@settings(max_examples=200, deadline=None)
@given(
    rules(), series, st.randoms(use_true_random=False), st.integers(1, 6),
    st.none() | st.integers(30, 45),
)  # fmt: skip
def test_whatever_the_order_the_alarm_ends_as_if_all_had_come_in_time(
    one, values, random, size, now
):
    known = register(1, lateness=60, reference=2.0)
    alarms = alarm_machines(known, [one])
    plain = PlainMachine(one, known.streams[0])
    for t, v in sorted(values.items()):
        plain.see(t * MINUTE, v)
    if now is not None:
        plain.silent_until(now * MINUTE)
    clock = None if now is None else from_microseconds(now * MINUTE)
    shuffled = list(values.items())
    random.shuffle(shuffled)
    parts = [shuffled[n : n + size] for n in range(0, len(shuffled), size)]
    batches = [at([t for t, _ in p], [v for _, v in p]) for p in parts]
    state, found = run_all(alarms, *batches, now=clock)
    assert state.alarms.level[0] == plain.level
    # What was told is one story: each change begins where the last one ended.
    levels = [0, *(t.after for t in found)]
    assert [t.before for t in found] == levels[:-1]
    assert [t.number for t in found] == list(range(1, len(found) + 1))
    # The memory agrees: all that is told of the machine is what the plain twin says.
    assert list(state.told.get(0, ())) == plain.told


@settings(max_examples=200, deadline=None)
@given(
    rules().filter(lambda one: one.measure == "missing"), series, st.integers(1, 3),
    st.lists(st.integers(0, 45), min_size=20, max_size=20), st.sampled_from([0, 2, 60]),
)  # fmt: skip
def test_a_clock_that_runs_ahead_of_the_data_leads_to_the_same_end(
    one, values, size, clocks, lateness
):
    known = register(1, lateness)
    alarms = alarm_machines(known, [one])
    rows = sorted(values.items())
    plain = PlainMachine(one, known.streams[0])
    for t, v in rows:
        plain.see(t * MINUTE, v)
    parts = [rows[n : n + size] for n in range(0, len(rows), size)]
    state, found, latest = begin_alarms(alarms), [], 0
    for part, now in zip(parts, clocks, strict=False):
        batch = at([t for t, _ in part], [v for _, v in part])
        state, new, _ = step(alarms, state, batch, from_microseconds(now * MINUTE))
        found, latest = found + new, max(latest, now)
    plain.silent_until(latest * MINUTE)
    assert state.alarms.level[0] == plain.level
    if lateness == 60:  # all of it is remembered
        assert list(state.told.get(0, ())) == plain.told
    levels = [0, *(t.after for t in found)]
    assert [t.before for t in found] == levels[:-1]
    for earlier, later in pairwise(found):
        assert later.time >= earlier.time or later.before == 0


@settings(max_examples=80, deadline=None)
@given(rules(), series, st.integers(1, 5), st.integers(0, 8))
def test_a_short_memory_forgets_nothing_that_is_needed(one, values, size, lateness):
    """With everything in order, how much lateness is allowed makes no difference."""
    rows = sorted(values.items())
    parts = [rows[n : n + size] for n in range(0, len(rows), size)]
    batches = [at([t for t, _ in p], [v for _, v in p]) for p in parts]
    seen = []
    for allowed in (0, lateness, 60):
        alarms = alarm_machines(register(1, allowed, reference=2.0), [one])
        _, found = run_all(alarms, *batches, now=from_microseconds(0))
        seen.append(told(found))
    assert seen[0] == seen[1] == seen[2]
