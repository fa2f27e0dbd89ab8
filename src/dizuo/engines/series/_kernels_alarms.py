"""Kernels of the alarm machines; see :mod:`dizuo.engines.series.alarms` for what they mean."""

from typing import Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

Bools = NDArray[np.bool_]
Int8 = NDArray[np.int8]
Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]
Real = NDArray[np.float64]

LEVELS: Final = 4
# Columns of the whole numbers of a machine.
LEVEL: Final = 0
LAST: Final = 1
ANCHOR: Final = 2
REACHED_SINCE: Final = 3
REACHED_COUNT: Final = REACHED_SINCE + LEVELS
LEFT_SINCE: Final = REACHED_COUNT + LEVELS
LEFT_COUNT: Final = LEFT_SINCE + LEVELS
WHOLE: Final = LEFT_COUNT + LEVELS
# Columns of its real numbers.
LAST_VALUE: Final = 0
ANCHOR_VALUE: Final = 1
REAL: Final = 2
# Columns of a change.
CHANGE: Final = 5
"""Machine, time, level before, level after, observation."""

VALUE: Final = 0
RATE: Final = 1
FROZEN: Final = 2
GAP: Final = 3
NEVER: Final = np.iinfo(np.int64).min
HOUR: Final = 3_600_000_000.0


@njit(cache=True, nogil=True)
def run(
    stream: Int32, time: Int64, value: Real,
    first: Int64, machines: Int64,
    measure: Int8, sign: Real, either: Bools, levels: Int64, reach: Real, leave: Real, gap: Int64,
    tolerance: Real, origin: Real, scale: Real, hold_time: Int64, hold_count: Int64,
    leave_time: Int64, leave_count: Int64, bridge: Int64,
    whole: Int64, real: Real,
) -> Int64:  # fmt: skip
    """Run machines over observations, changing their states in place; return their changes."""
    changes = np.empty((64, CHANGE), np.int64)
    count = 0
    for n in range(len(stream)):
        s, t, v = stream[n], time[n], value[n]
        for place in range(first[s], first[s + 1]):
            m = machines[place]
            if count + LEVELS + 1 > len(changes):
                longer = np.empty((2 * len(changes), CHANGE), np.int64)
                longer[:count] = changes[:count]
                changes = longer
            last, level = whole[m, LAST], whole[m, LEVEL]
            if measure[m] == GAP:
                after = 0
                for k in range(level, levels[m]):
                    if last != NEVER and t - last > gap[m, k]:
                        _note(changes, count, m, last + gap[m, k], k, k + 1, n)
                        count += 1
                        level = k + 1
            else:
                x = _judged(
                    m, t, v, measure[m], sign[m], either[m], tolerance[m], origin[m], scale[m],
                    whole, real,
                )  # fmt: skip
                if last != NEVER and t - last > bridge[m]:
                    for k in range(levels[m]):
                        whole[m, REACHED_COUNT + k] = 0
                        whole[m, LEFT_COUNT + k] = 0
                after = _follow(
                    m, t, x, level, levels[m], reach, leave, hold_time[m], hold_count[m],
                    leave_time[m], leave_count[m], whole,
                )  # fmt: skip
            if after != level:
                _note(changes, count, m, t, level, after, n)
                count += 1
            whole[m, LEVEL] = after
            whole[m, LAST] = t
            real[m, LAST_VALUE] = v
    return changes[:count]


@njit(cache=True, nogil=True)
def _note(
    changes: Int64, count: int, machine: int, time: int, before: int, after: int, n: int
) -> None:
    changes[count, 0], changes[count, 1] = machine, time
    changes[count, 2], changes[count, 3], changes[count, 4] = before, after, n


@njit(cache=True, nogil=True)
def _judged(
    m: int, t: int, v: float, measure: int, sign: float, either: bool, tolerance: float,
    origin: float, scale: float, whole: Int64, real: Real,
) -> float:  # fmt: skip
    """Return the number that is held against the levels: the higher, the worse."""
    last = whole[m, LAST]
    if measure == VALUE:
        x = (v - origin) * scale
    elif measure == RATE:
        if last == NEVER:
            return -np.inf
        x = (v - real[m, LAST_VALUE]) / ((t - last) / HOUR)
    else:
        if last == NEVER or abs(v - real[m, ANCHOR_VALUE]) > tolerance:
            whole[m, ANCHOR] = t
            real[m, ANCHOR_VALUE] = v
        return float(t - whole[m, ANCHOR])
    if either:
        return abs(x)
    return sign * x


@njit(cache=True, nogil=True)
def _follow(
    m: int, t: int, x: float, level: int, levels: int, reach: Real, leave: Real, hold_time: int,
    hold_count: int, leave_time: int, leave_count: int, whole: Int64,
) -> int:  # fmt: skip
    """Return the level after an observation, given the level before."""
    held, kept = 0, 0
    for k in range(levels):
        if _lasts(m, t, x >= reach[m, k], REACHED_SINCE + k, hold_time, hold_count, whole):
            held = k + 1
        if not _lasts(m, t, x < leave[m, k], LEFT_SINCE + k, leave_time, leave_count, whole):
            kept = k + 1
    if held > level:
        return held
    return max(held, min(level, kept))


@njit(cache=True, nogil=True)
def _lasts(m: int, t: int, holds: bool, since: int, long: int, often: int, whole: Int64) -> bool:
    """Count on, or from anew; return whether it has been so for long and often enough."""
    count = since + LEVELS
    if not holds:
        whole[m, count] = 0
        return False
    if whole[m, count] == 0:
        whole[m, since] = t
    whole[m, count] += 1
    return bool(whole[m, count] >= often and t - whole[m, since] >= long)
