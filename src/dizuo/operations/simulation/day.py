"""Make a day of a city up: reports, devices, alarms and incidents, on one injected clock.

Reports come by a Poisson process that follows the hours of the day, and are walked through the
states of their types. Devices send what they see, with faults and now and then something real,
which becomes an alarm, its case, reports of residents and an incident. A simulation has a log and
keys of its own, everything in it is marked, and the same seed makes the same events, byte for byte.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

import geopandas as gpd
import numpy as np

from dizuo.model.errors import InputError
from dizuo.model.text import Text
from dizuo.operations.opening import Operations
from dizuo.operations.simulation.agenda import Agenda, Happened
from dizuo.operations.simulation.parameters import DayParameters
from dizuo.operations.simulation.places import along
from dizuo.operations.simulation.responding import Responders
from dizuo.operations.simulation.sensors import install, send
from dizuo.operations.simulation.stage import Stage
from dizuo.operations.simulation.walking import Reporting
from dizuo.operations.time import SetClock

__all__ = ["Day", "simulate"]
__systems__ = ("S22.6",)


@dataclass(frozen=True)
class Day:
    """What day to make up.

    Attributes
    ----------
    begin
        When it begins, with the city's time zone.
    reports
        How many come in a day, on average.
    seed
        The same seed makes the same day.
    devices
        How many devices send what they see.
    """

    begin: datetime
    reports: float
    seed: int
    devices: int = 0
    length: timedelta = field(default=timedelta(days=1))


def simulate(
    operations: Operations,
    streets: gpd.GeoDataFrame,
    day: Day,
    *,
    parameters: DayParameters | None = None,
    wait: Callable[[datetime], None] = lambda _: None,
) -> Iterator[Happened]:
    """Make a day up, step by step.

    Parameters
    ----------
    operations
        Opened with ``simulated`` and a :class:`~dizuo.operations.time.SetClock`.
    streets
        Street lines in the city's CRS: reports come from places along them, devices stand there.
    parameters
        What the day is like; what dizuo ships if it is None.
    wait
        Called with the time of the next step: sleeps in a demonstration, does nothing in a replay.

    Raises
    ------
    InputError
        If the operations are a real city's or hold something, their clock cannot be set, or the
        parameters name what the city does not have.
    """
    clock = operations.log.clock
    if not operations.office.simulated or not isinstance(clock, SetClock):
        raise InputError(
            Text(
                "a simulation needs a log of its own and a clock that can be set",
                "模拟须使用独立的日志与可设定的时钟",
            ),
            cure=Text(
                "Open the operations with simulated=FOLDER and clock=SetClock(...).",
                "请以 simulated=FOLDER 与 clock=SetClock(...) 打开。",
            ),
        )
    chosen = parameters or DayParameters.load()
    chosen.require_known(operations.office.types, operations.incidents.types)
    # Each part has dice of its own, so that more devices leave the reports of a seed as they are.
    seeds = np.random.SeedSequence(day.seed).spawn(4)
    reports, devices, people, names = (np.random.default_rng(one) for one in seeds)
    _draw_from(operations, names)
    stage = Stage(operations, chosen, Agenda(clock, wait), people, partial(_name, names))
    reporting = Reporting(stage, day.begin.date())
    arrivals = _arrivals(chosen, day, reports)
    places = along(streets, len(arrivals), reports)
    for at, place in zip(arrivals, places, strict=True):
        stage.agenda.put(at, partial(reporting.report, place))
    if day.devices:
        where = along(streets, day.devices, devices)
        installed = install(stage, where, day.begin, day.length, devices)
        by_asset = {one.device.asset: one for one in installed}
        responders = Responders(stage, by_asset, reporting)
        send(stage, installed, day.begin, day.length, devices, responders.look)
    yield from stage.agenda.run()


def _name(dice: np.random.Generator) -> str:
    return dice.bytes(16).hex()


def _draw_from(operations: Operations, dice: np.random.Generator) -> None:
    """Let ids, tracking numbers and keys come from the dice: events name what they encrypt."""
    office, incidents = operations.office, operations.incidents
    office.identify = office.tokens = incidents.identify = partial(_name, dice)
    office.vault = incidents.vault = office.vault.drawing(dice.bytes)


def _arrivals(parameters: DayParameters, day: Day, dice: np.random.Generator) -> list[datetime]:
    """Draw the times of a day's reports, in order."""
    hours = max(1, round(day.length / timedelta(hours=1)))
    busy = np.array(parameters.hours, dtype=float)
    rates = busy[(day.begin.hour + np.arange(hours)) % len(busy)] / busy.sum() * day.reports
    counts = dice.poisson(rates)
    hour = np.repeat(np.arange(hours), counts)
    seconds = np.sort((hour + dice.random(len(hour))) * 3600)
    return [day.begin + timedelta(seconds=float(one)) for one in seconds]
