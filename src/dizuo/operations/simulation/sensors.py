"""Made-up devices: registered, and sending what they see on their own days."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Final

import numpy as np

from dizuo.operations.signals.observations import Observations
from dizuo.operations.signals.register import Calibration, Device, Register, Stream
from dizuo.operations.simulation.parameters import DayParameters, Sensor
from dizuo.operations.simulation.series import (
    Episode,
    Kind,
    episodes_of,
    excursion_of,
    observed,
)
from dizuo.operations.simulation.stage import CHANNEL, Stage, somebody
from dizuo.operations.time import from_microseconds, to_microseconds

__all__ = ["OF_THE_DEVICE", "Installed", "install", "send"]

OF_THE_DEVICE: Final = frozenset({"missing", "frozen"})
"""Measures that tell how a device is, not what it observes."""
_MARK: Final = {"simulated": True}
_MINUTE: Final = timedelta(minutes=1) // timedelta(microseconds=1)
_INSTALLER: Final = somebody("operator")


@dataclass(frozen=True, slots=True)
class Installed:
    """A made-up device with its one stream, what it observes, and what happens to it in the day."""

    device: Device
    stream: Stream
    sensor: Sensor
    episodes: tuple[Episode, ...]

    @property
    def place(self) -> tuple[float, float]:
        """Where it is, in the CRS of the city."""
        return (self.device.x or 0.0, self.device.y or 0.0)

    def is_real(self, moment: int, measure: str) -> bool:
        """Tell whether an alarm of that moment is about something: in the city, or the device."""
        if measure in OF_THE_DEVICE:
            return True
        real = [one for one in self.episodes if one.kind is Kind.EXCURSION]
        return any(one.begin <= moment < one.end + _MINUTE for one in real)


def install(
    stage: Stage,
    places: list[tuple[float, float]],
    begin: datetime,
    length: timedelta,
    dice: np.random.Generator,
) -> tuple[Installed, ...]:
    """Register a device at each place; what will happen to it in the day is drawn with it."""
    parameters = stage.parameters
    sensors = _chosen(parameters, len(places), dice)
    episodes = [list(episodes_of(one, parameters.sensing, begin, length, dice)) for one in sensors]
    for number in _eventful(parameters, len(places), dice):
        episodes[number].append(
            excursion_of(sensors[number], parameters.sensing, begin, length, dice)
        )
    found = tuple(
        Installed(*_made(sensor, number, place, parameters, begin, dice), sensor, tuple(drawn))
        for number, (sensor, place, drawn) in enumerate(
            zip(sensors, places, episodes, strict=True), start=1
        )
    )
    desk = replace(stage.operations.signals.register_desk, identify=stage.identify)
    register = Register(tuple(one.device for one in found), tuple(one.stream for one in found))
    with stage.operations.engine.begin() as connection:
        desk.replace(connection, register, _INSTALLER, channel=CHANNEL)
    return found


def send(
    stage: Stage,
    installed: tuple[Installed, ...],
    begin: datetime,
    length: timedelta,
    dice: np.random.Generator,
    changed: Callable[[], None],
) -> None:
    """Put down all that the devices send in the day, a batch every few minutes.

    Parameters
    ----------
    changed
        Called after a batch that changed an alarm.
    """
    with stage.operations.engine.connect() as connection:
        register = stage.operations.signals.register(connection)
    sensing = stage.parameters.sensing
    streams, times, values = [], [], []
    for one in installed:
        seen = observed(one.sensor, one.episodes, begin, length, dice)
        streams.append(np.full(len(seen.time), register.number(one.stream.id), np.int32))
        times.append(seen.time)
        values.append(seen.value)
    stream, time, value = (np.concatenate(one) for one in (streams, times, values))
    late = dice.random(len(time)) < sensing.late.chance
    delay = np.where(late, dice.uniform(*sensing.late.minutes, len(time)) * _MINUTE, 0)
    width = int(sensing.delivery_minutes * _MINUTE)
    start = to_microseconds(begin)
    tick = (time + delay.astype(np.int64) - start) // width + 1
    whole = Observations.of(stream, time, value)
    # A tick without observations is one too: silence is told by the passing of time.
    for number in range(1, int(tick.max(initial=0)) + 1):
        batch = whole.take(np.flatnonzero(tick == number))
        at = from_microseconds(start + number * width)
        stage.agenda.put(at, partial(_deliver, stage, batch, number, changed))


def _deliver(
    stage: Stage, batch: Observations, number: int, changed: Callable[[], None]
) -> Iterator[tuple[str, str]]:
    signals = stage.operations.signals
    changes = 0
    if len(batch):
        name = f"simulated-{number}"
        changes = signals.take_in(batch, "simulated-device", channel=CHANNEL, delivery=name).changes
        yield f"observations:{CHANNEL}:{name}", "observe"
    if changes + signals.let_time_pass():
        changed()


def _chosen(parameters: DayParameters, count: int, dice: np.random.Generator) -> list[Sensor]:
    """Choose what devices observe: each kind once as far as there are devices, then by share."""
    kinds = parameters.sensors
    whole = sum(one.share for one in kinds)
    more = dice.choice(len(kinds), max(0, count - len(kinds)), p=[k.share / whole for k in kinds])
    return [*kinds[:count], *(kinds[int(one)] for one in more)]


def _eventful(parameters: DayParameters, count: int, dice: np.random.Generator) -> list[int]:
    """Choose the devices that see something real; the first ones, if chance gives too few."""
    sensing = parameters.sensing
    drawn = dice.random(count) < sensing.excursion.chance
    drawn[: max(0, sensing.least_excursions - int(drawn.sum()))] = True
    return [int(one) for one in np.flatnonzero(drawn)]


def _made(
    sensor: Sensor,
    number: int,
    place: tuple[float, float],
    parameters: DayParameters,
    begin: datetime,
    dice: np.random.Generator,
) -> tuple[Device, Stream]:
    name = f"simulated-{number:04}"
    sensing = parameters.sensing
    day = begin.date() - timedelta(days=int(dice.integers(*sensing.calibrated_days_ago)))
    device = Device(
        name, f"simulated:{sensor.asset}-{number:04}", "simulated", day, *place, properties=_MARK
    )
    stream = Stream(
        f"{name}:{sensor.kind}", name, sensor.kind, sensor.unit,
        timedelta(minutes=sensor.minutes), timedelta(minutes=sensing.lateness_minutes),
        sensor.reference, (Calibration(day),), _MARK,
    )  # fmt: skip
    return device, stream
