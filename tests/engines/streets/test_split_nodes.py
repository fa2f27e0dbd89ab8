"""Nodes that nobody passes: every arm ends by itself, and nothing else changes."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from dizuo.engines.streets.split_nodes import split_nodes

NODES = 6
ARMS = st.lists(st.tuples(st.integers(0, NODES - 1), st.integers(0, NODES - 1)), max_size=12)
CLOSED = st.lists(st.booleans(), min_size=NODES, max_size=NODES)


def split(arms, closed):
    start, end = (np.array([arm[k] for arm in arms], dtype=np.int32) for k in (0, 1))
    return split_nodes(start, end, np.array(closed))


def test_a_gate_in_the_middle_of_a_street_gives_two_dead_ends():
    """0 - 1 - 2 with a gate at 1: the end of the first arm is node 4, the start of the other 3."""
    found = split([(0, 1), (1, 2)], [False, True, False])
    assert found.start.tolist() == [0, 3]
    assert found.end.tolist() == [4, 2]
    assert found.node_count == 5
    assert found.start.dtype == found.end.dtype == np.int32


def test_a_loop_at_a_gate_opens_at_both_ends():
    found = split([(0, 0)], [True])
    assert (found.start.tolist(), found.end.tolist(), found.node_count) == ([1], [2], 3)


def test_without_gates_nothing_changes_and_nothing_is_written_to_what_was_given():
    start, end = np.array([0, 1], np.int32), np.array([1, 2], np.int32)
    found = split_nodes(start, end, np.zeros(3, dtype=bool))
    assert (found.start.tolist(), found.end.tolist(), found.node_count) == ([0, 1], [1, 2], 3)
    split_nodes(start, end, np.ones(3, dtype=bool))
    assert (start.tolist(), end.tolist()) == ([0, 1], [1, 2])


@given(ARMS, CLOSED)
def test_closed_nodes_lose_all_arms_and_every_new_node_has_one(arms, closed):
    found = split(arms, closed)
    ends = np.concatenate([found.start, found.end])
    old = np.array([arm[k] for k in (0, 1) for arm in arms], dtype=np.int64)
    for before, after in zip(old, ends, strict=True):
        assert after == before if not closed[before] else after >= NODES
    new = np.sort(ends[ends >= NODES])
    assert new.tolist() == list(range(NODES, found.node_count))
