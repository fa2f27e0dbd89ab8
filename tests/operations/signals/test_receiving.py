"""Observations are received once, late ones told apart, against a plain memory of everything."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dizuo.model.errors import InputError
from dizuo.operations.signals.observations import NEVER, Observations, Quality
from dizuo.operations.signals.receiving import nothing_received, receive


def rows(one):
    return list(zip(one.stream.tolist(), one.phenomenon.tolist(), one.value.tolist(), strict=True))


def batch(*told):
    stream, time, value = zip(*told, strict=True) if told else ((), (), ())
    return Observations.of(stream, time, value)


def received(lateness, *batches):
    state = nothing_received(np.array(lateness))
    for one in batches:
        state, receipt = receive(state, one)
    return state, receipt


def test_a_batch_is_put_in_order():
    _, receipt = received([5, 5], batch((1, 3, 0.1), (0, 2, 0.2), (1, 1, 0.3)))
    assert rows(receipt.fresh) == [(0, 2, 0.2), (1, 1, 0.3), (1, 3, 0.1)]
    assert receipt.disordered.tolist() == [False, False]


def test_the_first_of_two_holds_and_a_contradiction_is_counted():
    _, receipt = received([5], batch((0, 1, 1.0), (0, 1, 1.0), (0, 1, 2.0)))
    assert rows(receipt.fresh) == [(0, 1, 1.0)]
    assert (receipt.duplicates, receipt.conflicts) == (2, 1)
    _, receipt = received([5], batch((0, 1, 1.0)), batch((0, 1, 3.0), (0, 2, 4.0)))
    assert rows(receipt.fresh) == [(0, 2, 4.0)]
    assert (receipt.duplicates, receipt.conflicts) == (1, 1)
    _, receipt = received([5], batch((0, 1, np.nan)), batch((0, 1, np.nan)))
    assert (receipt.duplicates, receipt.conflicts) == (1, 0)


def test_late_within_what_the_stream_allows_and_beyond():
    state, receipt = received([5, 0], batch((0, 10, 0), (1, 10, 0)), batch((0, 5, 1), (1, 9, 1)))
    assert rows(receipt.fresh) == [(0, 5, 1)]
    assert rows(receipt.late) == [(1, 9, 1)]
    assert receipt.disordered.tolist() == [True, False]
    assert state.watermark().tolist() == [5, 10]
    _, receipt = receive(state, batch((0, 4, 1)))
    assert rows(receipt.late) == [(0, 4, 1)]


def test_nothing_changes_nothing():
    state = nothing_received(np.array([5]))
    after, receipt = receive(state, batch())
    assert after is state
    assert state.newest.tolist() == [NEVER]
    assert not len(receipt.fresh)


def test_what_belongs_to_no_stream_is_refused():
    for stream in (-1, 2):
        with pytest.raises(InputError, match="no stream of the register"):
            received([5, 5], batch((stream, 1, 1.0)))


def test_observations_that_are_none_are_refused():
    with pytest.raises(InputError, match="differ in length"):
        Observations.of([0, 0], [1], [1.0])
    with pytest.raises(InputError, match="quality"):
        Observations.of([0], [1], [1.0], quality=[3])


def test_what_is_usable():
    one = Observations.of(
        [0] * 4, range(4), [1, np.nan, 1, 1], quality=[*map(Quality, (0, 0, 2, 1))]
    )
    assert one.usable().tolist() == [True, False, False, True]
    assert len(Observations.joined([])) == 0
    assert Observations.of(0, 5, 1.0).result.tolist() == [5]


told = st.tuples(st.integers(0, 2), st.integers(0, 30), st.sampled_from([0.0, 1.0]))


@settings(max_examples=200, deadline=None)
@given(st.lists(st.lists(told, max_size=8), max_size=6), st.tuples(*[st.integers(0, 12)] * 3))
def test_it_equals_a_memory_of_everything(batches, lateness):
    state = nothing_received(np.array(lateness))
    newest, seen = {}, {}
    for one in batches:
        state, receipt = receive(state, batch(*one))
        fresh, late, twice, this = [], [], 0, {}
        for s, t, v in one:
            mark = newest[s] - lateness[s] if s in newest else None
            if mark is not None and t < mark:
                if (s, t) in this:
                    twice += 1
                else:
                    late.append((s, t, v))
            elif (s, t) in this or (s, t) in seen:
                twice += 1
            else:
                fresh.append((s, t, v))
            this.setdefault((s, t), v)
        seen |= {(s, t): v for s, t, v in fresh}
        for s, t, _ in fresh:
            newest[s] = max(t, newest.get(s, t))
        assert rows(receipt.fresh) == sorted(fresh)
        assert rows(receipt.late) == sorted(late)
        assert receipt.duplicates == twice
        kept = {(s, t) for s, t in seen if t >= newest[s] - lateness[s]}
        assert [(s, t) for s, t, _ in rows(state.kept)] == sorted(kept)
