"""Judge observations: from what came to the alarms that begin, change and end.

An alarm follows what is known at the moment: nothing waits for late data. Every machine is kept
twice, as it stands now and as it stood at its stream's watermark. When something late comes within
the allowed lateness, the machine is run again from there, over all that is known since.

- Where the new run only adds to the old one, what it adds is told.
- Where it contradicts what was told, one correction leads from the level that was told to the
  level that is right; what was told stays told.

The same is done where silence was told by the clock and a value from before then comes after all.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from dizuo.engines.series.alarms import Changes, States, begin, joined, overtaken, run, wait
from dizuo.operations.signals.alarm_machines import AlarmMachines
from dizuo.operations.signals.observations import NEVER, Observations
from dizuo.operations.signals.receiving import Receipt, Received, nothing_received, receive
from dizuo.operations.signals.rules import AlarmRule
from dizuo.operations.time import to_microseconds

__all__ = ["AlarmState", "Alarms", "Transition", "begin_alarms", "step"]
__systems__ = ("S14.9", "S17.2")

Reason = Literal["observed", "elapsed", "corrected"]
_Told = tuple[int, int, int]
"""When, from and to which level."""


@dataclass(frozen=True, slots=True)
class Transition:
    """An alarm that begins, changes its level or ends.

    Attributes
    ----------
    stream
        Id of the stream that made it change.
    time
        When, in microseconds since 1970.
    before, after
        Levels of the rule's ladder, counted from 1; 0 for no alarm.
    value
        What was observed then; None where silence made the change.
    number
        Which change of this asset and rule it is, from 1.
    raised, first
        When the alarm that it belongs to began, and the number of that change.
    reason
        ``corrected`` where late data showed that what was told was wrong.
    """

    asset: str
    rule: AlarmRule
    stream: str
    time: int
    before: int
    after: int
    value: float | None
    number: int
    raised: int
    first: int
    reason: Reason


@dataclass(frozen=True, slots=True, eq=False)
class Alarms:
    """Where each alarm stands.

    Attributes
    ----------
    level
        Its level, 0 for none.
    number
        How many changes there were.
    changed
        When the last change was.
    raised, first
        When the open one began, and with which change.
    """

    level: NDArray[np.int64]
    number: NDArray[np.int64]
    changed: NDArray[np.int64]
    raised: NDArray[np.int64]
    first: NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class AlarmState:
    """All that must be remembered between two steps.

    Attributes
    ----------
    received
        What came.
    now, then
        The machines as they stand, and as they stood at the watermarks.
    told
        What was told of each machine since its stream's watermark.
    alarms
        Where the alarms stand.
    clock
        The latest time that was told, in microseconds.
    """

    received: Received
    now: States
    then: States
    told: Mapping[int, tuple[_Told, ...]]
    alarms: Alarms
    clock: int


def begin_alarms(alarms: AlarmMachines, since: datetime | None = None) -> AlarmState:
    """Return the beginning.

    Parameters
    ----------
    since
        From when on silence counts for streams that never sent; None: not before they do.
    """
    states = begin(alarms.machines, None if since is None else to_microseconds(since))
    nothing = np.zeros(len(alarms.alarms), np.int64)
    received = nothing_received(alarms.register.lateness())
    return AlarmState(
        received, states, states, {}, Alarms(nothing, nothing, nothing, nothing, nothing), NEVER
    )


def step(
    alarms: AlarmMachines,
    state: AlarmState,
    batch: Observations,
    now: datetime | None = None,
) -> tuple[AlarmState, list[Transition], Receipt]:
    """Take in a batch and let time pass.

    Parameters
    ----------
    batch
        Observations, calibrated, in any order.
    now
        What time it is, for streams that are silent; None: silence shows with the next observation.

    Returns
    -------
    tuple
        The state after it, the alarms that changed, by time, and what became of the batch.
    """
    received, receipt = receive(state.received, batch)
    clock = state.clock if now is None else max(state.clock, to_microseconds(now))
    fresh = _usable(receipt.fresh)
    again = receipt.disordered | overtaken(
        alarms.machines, state.now, fresh.stream, fresh.phenomenon
    )
    told = dict(state.told)
    found: list[_Change] = []

    ahead = fresh.take(~again[fresh.stream])
    states, changes = run(alarms.machines, state.now, *_series(ahead))
    found += _told_now(changes, ahead, told)
    if again.any():
        since = _known_since(state.received, receipt, again)
        states, corrections = _run_again(alarms, state.then, states, since, again, clock, told)
        found += corrections
    if clock != NEVER:
        states, changes = wait(alarms.machines, states, clock)
        found += _told_now(changes, None, told)
    then = _forget(alarms, state, received, receipt, told)
    after, transitions = _followed(alarms, state, found, received.newest)
    return AlarmState(received, states, then, told, after, clock), transitions, receipt


@dataclass(frozen=True, slots=True)
class _Change:
    """A machine that changed its level; ``time`` None: at the newest observation of its stream."""

    machine: int
    time: int | None
    after: int
    value: float | None
    reason: Reason


def _usable(observations: Observations) -> Observations:
    return observations.take(observations.usable())


def _series(
    one: Observations,
) -> tuple[NDArray[np.int32], NDArray[np.int64], NDArray[np.float64]]:
    return one.stream, one.phenomenon, one.value


def _known_since(before: Received, receipt: Receipt, chosen: NDArray[np.bool_]) -> Observations:
    """Return all that is known of some streams since their watermarks before this batch."""
    known = Observations.joined([before.kept, receipt.fresh])
    known = _usable(known.take(chosen[known.stream]))
    return known.take(known.in_order())


def _told_now(
    changes: Changes, ahead: Observations | None, told: dict[int, tuple[_Told, ...]]
) -> list[_Change]:
    """Tell changes as they are, and remember that they were told."""
    found = []
    for machine, time, before, after, n in changes.rows():
        told[machine] = (*told.get(machine, ()), (time, before, after))
        found.append(_change(machine, time, after, n, ahead))
    return found


def _change(machine: int, time: int, after: int, n: int, seen: Observations | None) -> _Change:
    """Return a change; one that lies before the observation that showed it is one of silence."""
    if seen is None or n < 0 or int(seen.phenomenon[n]) != time:
        return _Change(machine, time, after, None, "elapsed")
    return _Change(machine, time, after, float(seen.value[n]), "observed")


def _run_again(
    alarms: AlarmMachines,
    then: States,
    states: States,
    since: Observations,
    again: NDArray[np.bool_],
    clock: int,
    told: dict[int, tuple[_Told, ...]],
) -> tuple[States, list[_Change]]:
    """Run the machines of streams that got something late from their watermark on."""
    machines, mine = alarms.machines, again[alarms.stream]
    right, seen = run(machines, then, *_series(since))
    parts = [seen]
    if clock != NEVER:
        right, waited = wait(machines, right, clock, again)
        parts.append(waited)
    changes = joined(parts)
    by_machine: dict[int, list[tuple[_Told, int]]] = {int(m): [] for m in np.flatnonzero(mine)}
    for machine, time, before, after, n in changes.rows():
        by_machine[machine].append(((time, before, after), n))
    found: list[_Change] = []
    for machine, new in by_machine.items():
        old = told.get(machine, ())
        now = tuple(one for one, _ in new)
        if now[: len(old)] == old:
            found += [
                _change(machine, time, after, n, since) for (time, _, after), n in new[len(old) :]
            ]
        elif int(right.level[machine]) != old[-1][2]:
            found.append(_Change(machine, None, int(right.level[machine]), None, "corrected"))
        told[machine] = now
    return states.with_rows_of(right, mine), found


def _forget(
    alarms: AlarmMachines,
    state: AlarmState,
    received: Received,
    receipt: Receipt,
    told: dict[int, tuple[_Told, ...]],
) -> States:
    """Move the machines of the past on to the new watermarks; return them."""
    moved = received.watermark() > state.received.watermark()
    known = _known_since(state.received, receipt, moved)
    known = known.take(known.phenomenon < received.watermark()[known.stream])
    then, passed = run(alarms.machines, state.then, *_series(known))
    # What was told of a machine begins with what it shows up to the new watermark.
    for machine, count in zip(*np.unique(passed.machine, return_counts=True), strict=True):
        told[int(machine)] = told[int(machine)][int(count) :]
    for machine in [m for m, left in told.items() if not left]:
        del told[machine]
    return then


def _followed(
    alarms: AlarmMachines, state: AlarmState, found: list[_Change], newest: NDArray[np.int64]
) -> tuple[Alarms, list[Transition]]:
    """Follow alarms through the changes of their machines: each stands at its highest machine."""
    if not found:
        return state.alarms, []
    before = state.alarms
    after = Alarms(*(getattr(before, one.name).copy() for one in fields(Alarms)))
    timed = [
        (int(newest[alarms.stream[one.machine]]) if one.time is None else one.time, n, one)
        for n, one in enumerate(found)
    ]
    levels: dict[int, int] = {}
    transitions = []
    for time, _, one in sorted(timed, key=lambda change: change[:2]):
        levels[one.machine] = one.after
        alarm = int(alarms.alarm[one.machine])
        members = alarms.members[alarm].tolist()
        now = max(levels.get(m, int(state.now.level[m])) for m in members)
        if now != after.level[alarm]:
            transitions.append(_transition(alarms, after, alarm, time, now, one))
    return after, transitions


def _transition(
    alarms: AlarmMachines, after: Alarms, alarm: int, time: int, now: int, cause: _Change
) -> Transition:
    """Write down in ``after`` that an alarm changes its level, and return it."""
    was = int(after.level[alarm])
    if was:  # an open alarm does not go back in time, even if what corrects it lies earlier
        time = max(time, int(after.changed[alarm]))
    after.changed[alarm] = time
    after.level[alarm] = now
    after.number[alarm] += 1
    if was == 0:
        after.raised[alarm], after.first[alarm] = time, after.number[alarm]
    asset, rule = alarms.alarms[alarm]
    return Transition(
        asset=asset,
        rule=rule,
        stream=alarms.register.streams[int(alarms.stream[cause.machine])].id,
        time=time,
        before=was,
        after=now,
        value=cause.value,
        number=int(after.number[alarm]),
        raised=int(after.raised[alarm]),
        first=int(after.first[alarm]),
        reason=cause.reason,
    )
