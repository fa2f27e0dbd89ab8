"""Alarm machines over arrays: what they refuse, and what must not matter to them."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dizuo.engines.series.alarms import (
    LEVELS,
    Changes,
    Machines,
    Measure,
    begin,
    joined,
    overtaken,
    run,
    wait,
)
from dizuo.model.errors import EngineError

HOUR = 3_600_000_000


def machines(streams, measure=Measure.VALUE, reach=(1.0, 2.0)):
    """One machine a stream, with two levels."""

    def whole(value):
        return np.full(streams, value, np.int64)

    ladder = np.full((streams, LEVELS), np.inf)
    ladder[:, : len(reach)] = reach
    return Machines(
        first=np.arange(streams + 1), machines=np.arange(streams),
        measure=np.full(streams, measure, np.int8), sign=np.ones(streams),
        either=np.zeros(streams, bool), levels=whole(len(reach)), reach=ladder, leave=ladder,
        tolerance=np.zeros(streams), origin=np.zeros(streams), scale=np.ones(streams),
        hold_time=whole(0), hold_count=whole(1), leave_time=whole(0), leave_count=whole(1),
        bridge=whole(np.iinfo(np.int64).max),
    )  # fmt: skip


def series(*told):
    stream, time, value = zip(*told, strict=True) if told else ((), (), ())
    return np.array(stream, np.int32), np.array(time, np.int64), np.array(value, np.float64)


def told(changes):
    return [(row[0], row[1], row[2], row[3]) for row in changes.rows()]


def test_states_are_not_changed_in_place():
    some = machines(1)
    states = begin(some)
    after, changes = run(some, states, *series((0, 1, 2.5)))
    assert told(changes) == [(0, 1, 0, 2)]
    assert (states.level.tolist(), after.level.tolist()) == ([0], [2])


def test_a_thousand_changes_find_room():
    some = machines(1)
    rows = [(0, n, float(n % 2) * 3) for n in range(1000)]
    _, changes = run(some, begin(some), *series(*rows))
    assert len(changes) == 999
    assert changes.observation.tolist() == list(range(1, 1000))


def test_time_alone_moves_only_gaps_and_only_of_the_streams_that_are_asked():
    some = machines(2, Measure.GAP, (1 * HOUR, 5 * HOUR))
    states = begin(some, since=0)
    _, changes = wait(some, states, 1 * HOUR)
    assert len(changes) == 0
    after, changes = wait(some, states, 6 * HOUR, np.array([False, True]))
    assert told(changes) == [(1, HOUR, 0, 1), (1, 5 * HOUR, 1, 2)]
    _, changes = wait(some, after, 7 * HOUR)
    assert told(changes) == [(0, HOUR, 0, 1), (0, 5 * HOUR, 1, 2)]
    assert told(joined([changes, changes])) == told(changes) * 2
    assert len(joined([])) == 0
    assert isinstance(joined([]), Changes)
    mixed = replace(some, measure=np.array([Measure.VALUE, Measure.GAP], np.int8))
    _, changes = wait(mixed, begin(mixed), 7 * HOUR)
    assert len(changes) == 0  # nobody said since when


def test_what_time_alone_shows_is_told_machine_by_machine_and_level_by_level():
    some = machines(2, Measure.GAP, (1 * HOUR, 5 * HOUR))
    states, _ = run(some, begin(some), *series((0, 2 * HOUR, 0.0), (1, 0, 0.0)))
    _, changes = wait(some, states, 8 * HOUR)
    assert told(changes) == [
        (0, 3 * HOUR, 0, 1), (0, 7 * HOUR, 1, 2), (1, 1 * HOUR, 0, 1), (1, 5 * HOUR, 1, 2),
    ]  # fmt: skip
    assert changes.observation.tolist() == [-1] * 4


def test_a_ladder_of_four_levels():
    some = machines(1, reach=(1.0, 2.0, 3.0, 4.0))
    values = [1.5, 4.5, 3.5, 2.5, 0.0, 9.0]
    _, changes = run(some, begin(some), *series(*((0, n, v) for n, v in enumerate(values))))
    assert [row[2:4] for row in changes.rows()] == [[0, 1], [1, 4], [4, 3], [3, 2], [2, 0], [0, 4]]


def test_a_first_value_has_no_rate_not_even_of_nothing():
    some = machines(1, Measure.RATE, (0.0,))
    _, changes = run(some, begin(some), *series((0, 0, 0.0), (0, HOUR, 0.0)))
    assert told(changes) == [(0, HOUR, 0, 1)]


def test_before_a_first_value_there_is_no_gap_not_even_before_1970():
    some = machines(1, Measure.GAP, (2 * HOUR,))
    _, changes = run(some, begin(some), *series((0, -HOUR, 0.0)))
    assert len(changes) == 0


def test_time_is_overtaken_by_values_from_before_it_told_of_a_gap():
    some = machines(2, Measure.GAP, (2 * HOUR,))
    states, _ = wait(some, begin(some, since=0), 3 * HOUR, np.array([True, False]))
    for time, over in [(1 * HOUR, True), (2 * HOUR, True), (2 * HOUR + 1, False)]:
        stream, times, _ = series((0, time, 0.0), (1, 0, 0.0))
        assert overtaken(some, states, stream, times).tolist() == [over, False]


def test_observations_that_do_not_fit_are_refused():
    some = machines(1)
    for stream in (-1, 1, 2):
        with pytest.raises(EngineError, match="no stream"):
            run(some, begin(some), *series((stream, 0, 0.0)))
    one, two = series((0, 0, 0.0)), series((0, 0, 0.0), (0, 1, 0.0))
    for odd, (rest, other) in product(range(3), [(one, two), (two, one)]):
        arrays = [other[n] if n == odd else rest[n] for n in range(3)]
        with pytest.raises(EngineError, match="differ in length"):
            run(some, begin(some), *arrays)


observed = st.dictionaries(
    st.tuples(st.integers(0, 3), st.integers(0, 20)), st.sampled_from([0.0, 1.0, 1.5, 3.0])
)


@settings(max_examples=60, deadline=None)
@given(observed, st.permutations(range(4)))
def test_the_numbers_of_the_streams_do_not_matter(rows, order):
    some = machines(4)
    one = sorted((s, t, v) for (s, t), v in rows.items())
    other = sorted((order[s], t, v) for s, t, v in one)
    _, changes = run(some, begin(some), *series(*one))
    _, permuted = run(some, begin(some), *series(*other))
    assert sorted((order[m], *rest) for m, *rest in told(changes)) == sorted(told(permuted))
