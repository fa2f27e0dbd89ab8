"""Put rules and streams together: the machine of each, and the alarms that they raise."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from dizuo.engines.series.alarms import LEVELS, Machines, Measure
from dizuo.model.errors import InputError
from dizuo.model.text import Text
from dizuo.operations.signals.register import Register, Stream
from dizuo.operations.signals.rules import AlarmRule

__all__ = ["AlarmMachines", "alarm_machines", "judges"]

_MEASURES = {
    "value": Measure.VALUE,
    "deviation": Measure.VALUE,
    "rate": Measure.RATE,
    "frozen": Measure.FROZEN,
    "missing": Measure.GAP,
}
_MINUTE = timedelta(minutes=1) // timedelta(microseconds=1)
_ANY_GAP = np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True, eq=False)
class AlarmMachines:
    """Every machine, and the alarm that it belongs to.

    Several streams of one asset that are judged by one rule raise one alarm: it stands at the
    highest level of its machines.

    Attributes
    ----------
    machines
        What the machines go by.
    stream
        Number of each machine's stream.
    alarm
        Place of each machine's alarm in ``alarms``.
    alarms
        Asset and rule of every alarm that there can be.
    members
        The machines of each alarm.
    """

    register: Register
    machines: Machines
    stream: NDArray[np.int64]
    alarm: NDArray[np.int64]
    alarms: tuple[tuple[str, AlarmRule], ...]
    members: tuple[NDArray[np.int64], ...]


def alarm_machines(register: Register, rules: Sequence[AlarmRule]) -> AlarmMachines:
    """Return the machines of every stream that a rule judges.

    Raises
    ------
    InputError
        If a rule names a stream that there is not, its unit is not that of a stream that it judges,
        or it judges deviations of a stream without a reference; or if two rules share an id.
    """
    ids = [rule.id for rule in rules]
    if len(set(ids)) < len(ids):
        raise InputError(Text("two alarm rules share an id", "两条报警规则的 id 相同"), field="id")
    for rule in rules:
        for stream_id in rule.streams:
            register.number(stream_id)
    pairs = [
        (number, stream, rule)
        for number, stream in enumerate(register.streams)
        for rule in rules
        if judges(rule, stream)
    ]
    places: dict[tuple[str, str], int] = {}
    alarms: list[tuple[str, AlarmRule]] = []
    belongs = []
    for _, stream, rule in pairs:
        key = register.asset_of(stream), rule.id
        if key not in places:
            places[key] = len(alarms)
            alarms.append((key[0], rule))
        belongs.append(places[key])
    alarm = np.array(belongs, np.int64)
    of_stream = np.array([number for number, _, _ in pairs], np.int64)
    order = np.argsort(alarm, kind="stable")
    ends = np.cumsum(np.bincount(alarm, minlength=len(alarms)))
    return AlarmMachines(
        register,
        _compiled(len(register.streams), of_stream, pairs),
        of_stream,
        alarm,
        tuple(alarms),
        tuple(np.split(order, ends)[:-1]),
    )


def judges(rule: AlarmRule, stream: Stream) -> bool:
    """Tell whether a rule judges a stream.

    Raises
    ------
    InputError
        If it should, but the stream has another unit than the rule, or no reference.
    """
    if not stream.active or (rule.streams and stream.id not in rule.streams):
        return False
    if rule.kind not in {"*", stream.kind}:
        return False
    wanted = {"value": stream.unit, "rate": f"{stream.unit}/h", "deviation": "%"}.get(rule.measure)
    if wanted is not None and rule.unit != wanted:
        raise InputError(
            Text(
                f"the alarm rule {rule.id} is in {rule.unit}, the stream {stream.id} needs "
                f"{wanted}",
                f"报警规则 {rule.id} 的单位为 {rule.unit}，数据流 {stream.id} 需要 {wanted}",
            ),
            field="unit",
            cure=Text(
                "Give the stream the unit of the rule, or write a rule in the stream's unit.",
                "请使数据流采用规则的单位，或按数据流的单位编写规则。",
            ),
        )
    if rule.measure == "deviation" and not stream.reference:
        raise InputError(
            Text(
                f"the alarm rule {rule.id} judges deviations, but {stream.id} has no reference",
                f"报警规则 {rule.id} 按偏差判断，但 {stream.id} 没有参考值",
            ),
            field="reference",
            cure=Text(
                "Give the stream a reference other than zero in the table of devices.",
                "请在设备表中为该数据流给出非零的参考值。",
            ),
        )
    return True


def _compiled(
    streams: int, of_stream: NDArray[np.int64], pairs: Sequence[tuple[int, Stream, AlarmRule]]
) -> Machines:
    rules = [rule for _, _, rule in pairs]
    reach = np.full((len(pairs), LEVELS), np.inf)
    leave = np.full((len(pairs), LEVELS), np.inf)
    for n, (_, stream, rule) in enumerate(pairs):
        count = len(rule.levels)
        reach[n, :count], leave[n, :count] = _ladder(rule, stream)
    counts = np.bincount(of_stream, minlength=streams) if len(of_stream) else np.zeros(streams, int)
    return Machines(
        first=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        machines=np.arange(len(pairs), dtype=np.int64),  # they stand by stream already
        measure=np.array([_MEASURES[rule.measure] for rule in rules], np.int8),
        sign=np.array([-1.0 if rule.direction == "below" else 1.0 for rule in rules]),
        either=np.array([rule.direction == "either" for rule in rules], bool),
        levels=np.array([len(rule.levels) for rule in rules], np.int64),
        reach=reach,
        leave=leave,
        tolerance=np.array([rule.tolerance for rule in rules], np.float64),
        origin=np.array([_reference(rule, stream) or 0 for _, stream, rule in pairs], np.float64),
        scale=np.array(
            [100 / abs(_reference(rule, stream) or 100) for _, stream, rule in pairs], np.float64
        ),
        hold_time=_times(rule.hold_time for rule in rules),
        hold_count=np.array([rule.hold_count for rule in rules], np.int64),
        leave_time=_times(rule.clear_time for rule in rules),
        leave_count=np.array([rule.clear_count for rule in rules], np.int64),
        bridge=np.array(
            [_ANY_GAP if rule.bridge is None else _whole(rule.bridge) for rule in rules], np.int64
        ),
    )


def _reference(rule: AlarmRule, stream: Stream) -> float | None:
    return stream.reference if rule.measure == "deviation" else None


def _ladder(rule: AlarmRule, stream: Stream) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return where levels are reached and left, as machines compare: the higher, the worse."""
    reach = np.array([level.at for level in rule.levels], np.float64)
    leave = np.array([level.clear for level in rule.levels], np.float64)
    if rule.measure in {"frozen", "missing"}:
        unit = _MINUTE if rule.unit == "min" else _whole(stream.interval)
        # In whole microseconds; what stands still or is silent ends at once.
        reach = np.rint(reach * unit)
        return reach, reach
    if rule.direction == "below":
        reach, leave = -reach, -leave
    if rule.beyond:
        reach, leave = np.nextafter(reach, np.inf), np.nextafter(leave, np.inf)
    return reach, leave


def _whole(time: timedelta) -> int:
    return time // timedelta(microseconds=1)


def _times(times: Iterable[timedelta]) -> NDArray[np.int64]:
    return np.array([_whole(time) for time in times], np.int64)
