"""Alarm rules: when what a stream shows is an alarm, and how severe."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal, get_args

from dizuo.model.errors import InputError
from dizuo.model.rule import Certainty
from dizuo.model.text import Text

__all__ = ["MEASURES", "AlarmRule", "Direction", "Level", "Measured"]

Measured = Literal["value", "deviation", "rate", "frozen", "missing"]
"""What is held against the levels.

The value; its deviation from the stream's reference in per cent; its change in an hour; the time
for which it has not moved; the time without any. Times are in minutes or in intervals of the
stream.
"""
Direction = Literal["above", "below", "either"]
MEASURES = get_args(Measured)
_MOST_LEVELS = 4
_MOST_SEVERE = 3
_TIMES = ("frozen", "missing")
_TIME_UNITS = ("min", "intervals")


@dataclass(frozen=True, slots=True)
class Level:
    """A rung of the ladder.

    Attributes
    ----------
    at
        Reached at this number or beyond it.
    clear
        Left when the measure is inside this number again; the same as ``at`` without hysteresis.
    severity
        0 a notice, 3 the worst: the same for all standards, whichever way they count.
    label, colour
        What the standard itself calls it.
    """

    at: float
    clear: float
    severity: int
    label: Text
    colour: str = ""


@dataclass(frozen=True, slots=True)
class AlarmRule:
    """A ladder for one kind of stream.

    Attributes
    ----------
    kind, unit
        Streams of this kind are judged (``*``: of every kind). A value's unit must be that of the
        stream, a rate's ``unit/h``; deviations are in ``%``, times in ``min`` or ``intervals``.
    streams
        Only these, if any are named.
    levels
        From the mildest to the worst.
    hold_time, hold_count
        For how long, and for how many values, a level must have been reached before it counts.
    clear_time, clear_count
        The same for the way back.
    bridge
        The longest gap over which a level is taken to hold on; None: any.
    beyond
        Whether levels are reached only beyond their number, not at it.
    tolerance
        How far values may differ that count as not moving.

    Raises
    ------
    InputError
        If the ladder does not rise, or a number is out of its range.
    """

    id: str
    title: Text
    kind: str
    unit: str
    measure: Measured
    direction: Direction
    levels: tuple[Level, ...]
    source: str
    edition: str
    certainty: Certainty
    valid_from: date
    valid_to: date | None = None
    hold_time: timedelta = timedelta(0)
    hold_count: int = 1
    clear_time: timedelta = timedelta(0)
    clear_count: int = 1
    bridge: timedelta | None = None
    tolerance: float = 0.0
    beyond: bool = False
    streams: tuple[str, ...] = ()
    note: str = ""

    def __post_init__(self) -> None:
        if not 1 <= len(self.levels) <= _MOST_LEVELS:
            raise self._wrong(
                Text(f"{len(self.levels)} levels; there are one to four",
                     f"{len(self.levels)} 个级别，应为一至四个")
            )  # fmt: skip
        sign = -1 if self.direction == "below" else 1
        at = [sign * one.at for one in self.levels]
        clear = [sign * one.clear for one in self.levels]
        severity = [one.severity for one in self.levels]
        if sorted(set(at)) != at or sorted(clear) != clear:
            raise self._wrong(
                Text("levels that do not go from the mildest to the worst", "各级阈值须由轻到重")
            )
        if any(c > a for a, c in zip(at, clear, strict=True)):
            raise self._wrong(
                Text(
                    "a level that is cleared beyond where it is reached",
                    "有级别的解除值超出了触发值",
                )
            )
        if sorted(severity) != severity or not 0 <= severity[0] <= severity[-1] <= _MOST_SEVERE:
            raise self._wrong(
                Text(f"the severities {severity}; they rise from 0 to 3",
                     f"严重度 {severity}，须自 0 升至 3")
            )  # fmt: skip
        if self.direction == "either" and clear[0] < 0:
            raise self._wrong(Text("a size below zero", "有小于零的幅度"))
        self._check_times()

    def _check_times(self) -> None:
        if min(self.hold_count, self.clear_count) < 1 or self.tolerance < 0:
            raise self._wrong(
                Text("a count below one or a tolerance below zero", "次数小于一或容差小于零")
            )
        if min(self.hold_time, self.clear_time) < timedelta(0):
            raise self._wrong(Text("a time below zero", "有小于零的时间"))
        if self.measure in _TIMES and (self.direction != "above" or self.levels[0].at <= 0):
            raise self._wrong(
                Text("a time that is not positive and above", "时间须为正且按超过判断")
            )
        if self.measure in _TIMES and self.unit not in _TIME_UNITS:
            raise self._wrong(
                Text(f"the unit {self.unit}; times are in min or intervals",
                     f"单位 {self.unit}，时间须以 min 或 intervals 计")
            )  # fmt: skip
        if self.measure in _TIMES and self.beyond:
            raise self._wrong(
                Text(
                    "a time beyond which; a time is always reached at its number",
                    "时间不能用“超过”，到达该数值即触发",
                )
            )
        if self.measure == "missing" and self._holds():
            raise self._wrong(
                Text(
                    "silence that must hold; give a longer time instead",
                    "静默不能要求持续，请改用更长的时间",
                )
            )

    def in_force(self, day: date) -> bool:
        """Whether the rule holds on a day."""
        return self.valid_from <= day and (self.valid_to is None or day < self.valid_to)

    def _holds(self) -> bool:
        times = (self.hold_time, self.clear_time)
        return any(times) or max(self.hold_count, self.clear_count) > 1

    def _wrong(self, what: Text) -> InputError:
        return InputError(
            Text(f"the alarm rule {self.id} has {what.en}", f"报警规则 {self.id} 有误：{what.zh}"),
            field="level",
        )
