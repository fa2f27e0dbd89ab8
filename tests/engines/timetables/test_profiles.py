"""Travel times by timetable: on paper, and against all that can be reached step by step."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plain_journeys import FAR, Call, World, least_time, rows_of

from dizuo.engines.timetables.connections import Calls, connections_of
from dizuo.engines.timetables.profiles import percentile, profiles_to, travel_times
from dizuo.model.errors import EngineError

MINUTE = 60_000
NO_LIMIT = 10**9


def minutes(*calls):
    """A run by (stop, minute), arriving and leaving at once."""
    return [Call(stop, at * MINUTE, at * MINUTE) for stop, at in calls]


def searched(world, departures, limit=NO_LIMIT, order=None):
    connections = connections_of(world.calls(order), world.stops)
    profiles = profiles_to(
        connections, world.walk_rows(), world.egress_costs(), change=world.change
    )
    access = rows_of(1, {(0, stop): cost for stop, cost in world.access.items()})
    direct = np.array([world.direct], dtype=np.int32)
    leave = np.array(departures, dtype=np.int32)
    return connections, profiles, travel_times(profiles, access, direct, leave, limit=limit)


def line_and_branch(change=MINUTE):
    """Stop 0 -- red --> 1, a walk of 3 min 1 -> 2, 2 -- blue --> 3; red at :00 and :10."""
    return World(
        stops=4,
        runs=[
            minutes((0, 0), (1, 5)), minutes((0, 10), (1, 15)),
            minutes((2, 9), (3, 14)), minutes((2, 18), (3, 23)), minutes((2, 30), (3, 35)),
        ],
        walks={(1, 2): 3 * MINUTE},
        access={0: 2 * MINUTE},
        egress={3: 4 * MINUTE},
        direct=FAR,
        change=change,
    )  # fmt: skip


def test_a_journey_walks_waits_rides_changes_and_walks():
    # out at -2: red 0:00-0:05, ready 0:09 at the blue stop, blue 0:09-0:14, there 0:18
    # out at -1: red 0:10-0:15, ready 0:19: blue 0:30-0:35, there 0:39; out at 9: nothing
    leave = [-2 * MINUTE, -1 * MINUTE, 8 * MINUTE, 9 * MINUTE]
    _, _, found = searched(line_and_branch(), leave)
    assert (found.cost[0] / MINUTE)[:3].tolist() == [20, 40, 31]
    assert found.cost[0, 3] == FAR


def test_a_change_takes_its_time_to_the_millisecond():
    assert searched(line_and_branch(MINUTE), [-2 * MINUTE])[2].cost[0, 0] == 20 * MINUTE
    assert searched(line_and_branch(MINUTE + 1), [-2 * MINUTE])[2].cost[0, 0] == 29 * MINUTE


def test_the_rides_of_a_journey_are_told():
    connections, profiles, found = searched(line_and_branch(), [-2 * MINUTE])
    rides = profiles.rides(int(found.entry[0, 0]))
    assert [
        (int(connections.origin[one.first]), int(connections.destination[one.last]))
        for one in rides
    ] == [(0, 1), (2, 3)]


def test_walking_all_the_way_is_a_journey_and_has_no_ride():
    world = line_and_branch()
    world = World(**{**vars(world), "direct": 19 * MINUTE})
    _, profiles, found = searched(world, [-2 * MINUTE])
    assert found.cost[0, 0] == 19 * MINUTE
    assert profiles.rides(int(found.entry[0, 0])) == ()


def test_nobody_gets_on_or_off_where_that_is_not_allowed():
    run = [Call(0, 0, 0), Call(1, 5, 5, alights=False), Call(2, 9, 9)]
    world = World(3, [run], {}, {0: 0}, {1: 0, 2: 0}, FAR, 1)
    assert searched(world, [0])[2].cost[0, 0] == 9
    shut = [Call(0, 0, 0, boards=False), *run[1:]]
    assert searched(World(3, [shut], {}, {0: 0}, {2: 0}, FAR, 1), [0])[2].cost[0, 0] == FAR


def test_rides_that_take_no_time_follow_the_order_of_their_run():
    run = [Call(2, 5, 5), Call(0, 5, 5), Call(1, 5, 5)]
    world = World(3, [run], {}, {2: 0}, {1: 0}, FAR, 1)
    assert searched(world, [0])[2].cost[0, 0] == 5
    back = World(3, [run], {}, {1: 0}, {2: 0}, FAR, 1)
    assert searched(back, [0])[2].cost[0, 0] == FAR


def test_there_is_one_walk_between_two_rides_and_not_two():
    runs = [minutes((0, 0), (1, 1)), minutes((3, 30), (4, 31))]
    world = World(5, runs, {(1, 2): 1, (2, 3): 1}, {0: 0}, {4: 0}, FAR, 1)
    assert searched(world, [0])[2].cost[0, 0] == FAR


@st.composite
def worlds(draw):
    """A few stops and runs; many times, stops and walks are the same."""
    stops = draw(st.integers(1, 5))
    some_stop = st.integers(0, stops - 1)
    walk = st.sampled_from([0, 1, 2, 5])
    runs = []
    for _ in range(draw(st.integers(0, 6))):
        at, calls = draw(st.integers(0, 8)), []
        for _ in range(draw(st.integers(1, 5))):
            arrival = at + draw(st.sampled_from([0, 0, 1, 3]))
            at = arrival + draw(st.sampled_from([0, 0, 1]))
            boards, alights = draw(st.booleans()) or at % 2 == 0, draw(st.integers(0, 3)) > 0
            calls.append(Call(draw(some_stop), arrival, at, boards, alights))
        runs.append(calls)
    pairs = st.dictionaries(st.tuples(some_stop, some_stop), walk, max_size=8)
    walks = {key: cost for key, cost in draw(pairs).items() if key[0] != key[1]}
    ends = st.dictionaries(some_stop, walk, max_size=3)
    direct = draw(st.sampled_from([FAR, 4, 9]))
    return World(stops, runs, walks, draw(ends), draw(ends), direct, draw(st.integers(1, 3)))


@settings(max_examples=400, deadline=None)
@given(worlds(), st.sampled_from([NO_LIMIT, 9]), st.randoms())
def test_any_small_timetable_agrees_with_what_can_be_reached_step_by_step(world, limit, random):
    leave = list(range(-2, 16))
    order = list(range(sum(len(run) for run in world.runs)))
    random.shuffle(order)
    connections, profiles, found = searched(world, leave, limit, order)
    assert found.cost[0].tolist() == [least_time(world, at, limit) for at in leave]
    for at, entry, cost in zip(leave, found.entry[0], found.cost[0], strict=True):
        ready, place = at, None
        for ride in profiles.rides(int(entry)):
            # what is told can be ridden: each step begins where and after the one before ended
            stop = int(connections.origin[ride.first])
            walk = world.access[stop] if place is None else (
                (0 if place == stop else world.walks[place, stop]) + world.change
            )  # fmt: skip
            assert ready + walk <= connections.departure[ride.first]
            assert connections.run[ride.first] == connections.run[ride.last]
            ready, place = (
                int(connections.arrival[ride.last]),
                int(connections.destination[ride.last]),
            )
        if place is not None:
            assert ready + world.egress[place] - at == cost


def test_percentiles_are_times_and_what_is_not_reached_counts_as_longest():
    cost = np.array([[4, FAR, 2, 3], [1, 1, 1, 1]], dtype=np.int32)
    assert percentile(cost, 0.5).tolist() == [3, 1]
    assert percentile(cost, 0.75).tolist() == [4, 1]
    assert percentile(cost, 1.0).tolist() == [FAR, 1]
    assert percentile(cost, 0.01).tolist() == [2, 1]


def test_what_does_not_fit_is_refused():
    world = line_and_branch()
    calls = world.calls()
    with pytest.raises(EngineError, match=r"outside 0\.\.2"):
        connections_of(calls, 3)
    back = Calls(**{**vars(calls), "arrival": calls.arrival[::-1].copy()})
    with pytest.raises(EngineError, match="back in time"):
        connections_of(back, 4)
    connections, profiles, _ = searched(world, [0])
    walks, egress = world.walk_rows(), world.egress_costs()
    with pytest.raises(EngineError, match="at least a millisecond"):
        profiles_to(connections, walks, egress, change=0)
    with pytest.raises(EngineError, match="each stop"):
        profiles_to(connections, walks, egress[:2], change=1)
    none, far = rows_of(1, {}), np.array([FAR], dtype=np.int32)
    with pytest.raises(EngineError, match="must ascend"):
        travel_times(profiles, none, far, np.array([1, 0], dtype=np.int32), limit=9)
    with pytest.raises(EngineError, match="each origin"):
        travel_times(profiles, none, np.repeat(far, 2), np.array([0], dtype=np.int32), limit=9)
