"""Machines that follow streams of numbers and say at which level each stands.

A machine belongs to one stream. It has one to four levels, the worst last, and stands at one of
them or at 0. What it holds against them is one of four measures:

- ``VALUE``: the value, counted from an origin and scaled;
- ``RATE``: change since the value before, an hour;
- ``FROZEN``: microseconds for which values stay within a tolerance of the first of them;
- ``GAP``: microseconds without a value.

A level is *held* when the measure has been at it or beyond for so many values and so long, and
*left* when it has been inside the level's way back for so many and so long. A machine rises to the
highest level that is held, and falls to the highest that is not left. Both are judged at the
values, but for gaps: a gap is over its level when its time is up, whenever that is noticed.
"""

from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from dizuo.engines.series import _kernels_alarms as kernels
from dizuo.model.errors import EngineError

__all__ = [
    "LEVELS",
    "Changes",
    "Machines",
    "Measure",
    "States",
    "begin",
    "joined",
    "overtaken",
    "run",
    "wait",
]

LEVELS = kernels.LEVELS
NEVER = kernels.NEVER


class Measure(IntEnum):
    """What a machine holds against its levels."""

    VALUE = kernels.VALUE
    RATE = kernels.RATE
    FROZEN = kernels.FROZEN
    GAP = kernels.GAP


@dataclass(frozen=True, eq=False)
class Machines:
    """What machines go by; one entry of each array a machine, times in microseconds.

    Attributes
    ----------
    first, machines
        The machines of stream ``s`` are ``machines[first[s]:first[s + 1]]``.
    sign
        -1 where lower is worse, else 1. ``reach`` and ``leave`` are turned round like the measure.
    either
        Whether only the size counts.
    levels
        How many levels there are.
    reach, leave
        Levels and their ways back, machines × 4; for gaps and frozen values in microseconds.
    tolerance
        How far values may differ that count as the same.
    origin, scale
        A ``VALUE`` is judged as ``(value - origin) * scale``.
    hold_time, hold_count, leave_time, leave_count
        For how long and how many values a level must be reached, or left.
    bridge
        The longest gap over which that is taken to hold on.
    """

    first: NDArray[np.int64]
    machines: NDArray[np.int64]
    measure: NDArray[np.int8]
    sign: NDArray[np.float64]
    either: NDArray[np.bool_]
    levels: NDArray[np.int64]
    reach: NDArray[np.float64]
    leave: NDArray[np.float64]
    tolerance: NDArray[np.float64]
    origin: NDArray[np.float64]
    scale: NDArray[np.float64]
    hold_time: NDArray[np.int64]
    hold_count: NDArray[np.int64]
    leave_time: NDArray[np.int64]
    leave_count: NDArray[np.int64]
    bridge: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.measure)

    @cached_property
    def gaps(self) -> NDArray[np.int64]:
        """The levels of gaps, in whole microseconds."""
        capped = np.where(np.isfinite(self.reach), self.reach, 0)
        return np.where((self.measure == Measure.GAP)[:, None], capped, 0).astype(np.int64)

    @cached_property
    def watching(self) -> NDArray[np.intp]:
        """Which machines judge gaps."""
        return np.flatnonzero(self.measure == Measure.GAP)

    @cached_property
    def stream(self) -> NDArray[np.int64]:
        """The stream of each machine."""
        owner = np.empty(len(self), np.int64)
        owner[self.machines] = np.repeat(np.arange(len(self.first) - 1), np.diff(self.first))
        return owner


@dataclass(frozen=True, slots=True, eq=False)
class States:
    """Where machines stand, and what they remember."""

    whole: NDArray[np.int64]
    real: NDArray[np.float64]

    @property
    def level(self) -> NDArray[np.int64]:
        """The level of each, 0 for none."""
        return self.whole[:, kernels.LEVEL]

    @property
    def last(self) -> NDArray[np.int64]:
        """When the last value of each was, ``NEVER`` where there was none."""
        return self.whole[:, kernels.LAST]

    def with_rows_of(self, other: "States", chosen: NDArray[np.bool_]) -> "States":
        """Return these states, with some machines as in the others."""
        mask = chosen[:, None]
        return States(
            np.where(mask, other.whole, self.whole), np.where(mask, other.real, self.real)
        )


@dataclass(frozen=True, slots=True, eq=False)
class Changes:
    """Levels that changed, in the order in which the observations were given.

    Attributes
    ----------
    machine, time, before, after
        Which machine, when, from and to which level.
    observation
        Position of the observation at which it was noticed; -1 where time alone showed it.
    """

    machine: NDArray[np.int64]
    time: NDArray[np.int64]
    before: NDArray[np.int64]
    after: NDArray[np.int64]
    observation: NDArray[np.int64]

    @classmethod
    def of(cls, table: NDArray[np.int64]) -> "Changes":
        """Return changes from rows of machine, time, before, after and observation."""
        machine, time, before, after, observation = np.ascontiguousarray(table.T)
        return cls(machine, time, before, after, observation)

    def __len__(self) -> int:
        return len(self.machine)

    def rows(self) -> list[list[int]]:
        """Return machine, time, before, after and observation of each."""
        columns = (self.machine, self.time, self.before, self.after, self.observation)
        rows: list[list[int]] = np.stack(columns, axis=1).tolist()
        return rows


def begin(machines: Machines, since: int | None = None) -> States:
    """Return machines that have seen nothing; gaps are counted from ``since``, if it is given."""
    whole = np.zeros((len(machines), kernels.WHOLE), np.int64)
    whole[:, kernels.LAST] = NEVER
    if since is not None:
        whole[machines.measure == Measure.GAP, kernels.LAST] = since
    return States(whole, np.zeros((len(machines), kernels.REAL)))


def run(
    machines: Machines,
    states: States,
    stream: NDArray[np.int32],
    time: NDArray[np.int64],
    value: NDArray[np.float64],
) -> tuple[States, Changes]:
    """Run the machines over observations, sorted by stream and, within it, by rising time.

    Observations that are older than the last of their stream, and values that are no numbers, must
    have been taken out.

    Raises
    ------
    EngineError
        If the arrays differ in length, or a stream has no place among the machines.
    """
    if not len(stream) == len(time) == len(value):
        raise EngineError("streams, times and values of observations differ in length")
    if len(stream) and not 0 <= stream.min() <= stream.max() < len(machines.first) - 1:
        raise EngineError("an observation belongs to no stream of the machines")
    if not len(stream):
        return states, joined([])
    after = States(states.whole.copy(), states.real.copy())
    m = machines
    table = kernels.run(
        stream, time, value, m.first, m.machines, m.measure, m.sign, m.either, m.levels,
        m.reach, m.leave, m.gaps, m.tolerance, m.origin, m.scale, m.hold_time, m.hold_count,
        m.leave_time, m.leave_count, m.bridge, after.whole, after.real,
    )  # fmt: skip
    return after, Changes.of(table)


def wait(
    machines: Machines, states: States, now: int, streams: NDArray[np.bool_] | None = None
) -> tuple[States, Changes]:
    """Let time pass: gaps whose time is up by now change their level.

    Parameters
    ----------
    streams
        Only the machines of these; None: of all.
    """
    chosen = machines.watching
    if streams is not None:
        chosen = chosen[streams[machines.stream[chosen]]]
    last, level = states.whole[chosen, kernels.LAST], states.whole[chosen, kernels.LEVEL].copy()
    gaps, levels, found = machines.gaps[chosen], machines.levels[chosen], []
    for k in range(LEVELS):
        up = np.flatnonzero((last != NEVER) & (levels > k) & (level == k))
        up = up[now > last[up] + gaps[up, k]]
        level[up] = k + 1
        before = np.full(len(up), k)
        rows = [chosen[up], last[up] + gaps[up, k], before, before + 1, 0 * up - 1]
        found.append(np.stack(rows, axis=1))
    table = np.concatenate(found).astype(np.int64)
    if not len(table):
        return states, Changes.of(table)
    whole = states.whole.copy()
    whole[chosen, kernels.LEVEL] = level
    table = table[np.lexsort((table[:, 2], table[:, 0]))]
    return States(whole, states.real), Changes.of(table)


def overtaken(
    machines: Machines, states: States, stream: NDArray[np.int32], time: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Return the streams whose gaps were told by time alone, and which had values before that.

    Machines that stand so must be run again from an earlier state.
    """
    earliest = np.full(len(machines.first) - 1, np.iinfo(np.int64).max)
    np.minimum.at(earliest, stream, time)
    over = machines.watching[states.level[machines.watching] > 0]
    since = states.last[over] + machines.gaps[over, states.level[over] - 1]
    found = np.zeros(len(earliest), bool)
    found[machines.stream[over[earliest[machines.stream[over]] <= since]]] = True
    return found


def joined(parts: list[Changes]) -> Changes:
    """Return changes as one list, in their order."""
    return Changes.of(
        np.array([row for part in parts for row in part.rows()], np.int64).reshape(-1, 5)
    )
