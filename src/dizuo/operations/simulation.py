"""A plausible day of a city, made up: for demonstrations and load, never for an evaluation.

Reports come by a Poisson process that follows the hours of the day; each is filed, sent, handled
and closed after times of a log-normal law. All of it runs on an injected clock, and the same seed
makes the same day. A simulation has a log and keys of its own, and every case in it is marked.
"""

import heapq
import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

import geopandas as gpd
import numpy as np

from dizuo.model.errors import InputError
from dizuo.operations.cases.office import Actor, NewCase
from dizuo.operations.cases.register import one_case
from dizuo.operations.opening import Operations
from dizuo.operations.time import SetClock

__all__ = ["Day", "simulate"]
__systems__ = ("S22.6",)

_HOURS: Final = np.array(
    [1, 1, 1, 1, 1, 2, 5, 9, 13, 15, 14, 12, 9, 11, 13, 12, 11, 10, 8, 7, 5, 4, 2, 1], dtype=float
)
"""How busy each hour of the day is beside the others: quiet at night, most in the morning."""
_STEPS: Final = (
    ("file", 5, 0.6), ("dispatch", 10, 0.6), ("accept", 30, 0.8), ("feed_back", 240, 1.1),
    ("close", 60, 0.9),
)  # fmt: skip
"""Steps of a case, the median of the minutes before each, and the spread of their logarithm."""
_REWORKED: Final = 0.05
_URGED: Final = 0.03
_AFTER_REWORK: Final = 3
"""The step that follows a rework: what was done is told again."""
_STAFF: Final = Actor("simulation", frozenset({"desk", "centre", "unit", "collector"}))
_TYPES: Final = ("urban_event", "urban_component")


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
    """

    begin: datetime
    reports: float
    seed: int
    length: timedelta = field(default=timedelta(days=1))


@dataclass(order=True)
class _Due:
    at: datetime
    number: int
    case: str = field(compare=False)
    step: int = field(compare=False)


def simulate(
    operations: Operations,
    streets: gpd.GeoDataFrame,
    day: Day,
    *,
    wait: Callable[[timedelta], None] = lambda _: None,
) -> Iterator[tuple[datetime, str, str]]:
    """Make a day up, step by step.

    Parameters
    ----------
    operations
        Opened with ``simulated`` and a :class:`~dizuo.operations.time.SetClock`.
    streets
        Street lines in the city's CRS: reports come from places along them.
    wait
        Called with the time between two steps: sleeps in a demonstration, does nothing in a replay.

    Yields
    ------
    tuple
        Time, case and what was done with it.

    Raises
    ------
    InputError
        If the operations are a real city's, or their clock cannot be set.
    """
    clock = operations.log.clock
    if not operations.office.simulated or not isinstance(clock, SetClock):
        raise InputError(
            "a simulation needs a log of its own and a clock that can be set",
            cure="Open the operations with simulated=FOLDER and clock=SetClock(...).",
        )
    dice = np.random.default_rng(day.seed)
    operations.office.identify = _names(dice)
    operations.office.tokens = _names(dice)
    services = _services(operations, day.begin)
    arrivals = _arrivals(day, dice)
    places = _along(streets, len(arrivals), dice)
    waiting = [_Due(at, number, "", -1) for number, at in enumerate(arrivals)]
    heapq.heapify(waiting)
    numbers = itertools.count(len(waiting))
    while waiting:
        due = heapq.heappop(waiting)
        wait(due.at - clock.now())
        clock.set(max(clock.now(), due.at))
        if due.step < 0:
            case = _report(operations, services, places[due.number], due.number, dice)
            done = "report"
        else:
            case, done = due.case, _step(operations, due, dice)
        if done:
            yield clock.now(), case, done
        following = _AFTER_REWORK if done == "rework" else due.step + 1
        if following < len(_STEPS):
            _, minutes, spread = _STEPS[following]
            spent = timedelta(minutes=float(dice.lognormal(np.log(minutes), spread)))
            heapq.heappush(waiting, _Due(due.at + spent, next(numbers), case, following))


def _names(dice: np.random.Generator) -> Callable[[], str]:
    return lambda: dice.bytes(16).hex()


def _services(operations: Operations, begin: datetime) -> list[tuple[str, str]]:
    found = []
    for kind in _TYPES:
        name = operations.office.types.get(kind).taxonomy
        codes = operations.taxonomy.code_list(name, begin.date()).leaves(begin.date())
        found += [(kind, code) for code in codes]
    return found


def _arrivals(day: Day, dice: np.random.Generator) -> list[datetime]:
    """Draw the times of a day's reports, in order."""
    hours = max(1, round(day.length / timedelta(hours=1)))
    rates = _HOURS[(day.begin.hour + np.arange(hours)) % 24] / _HOURS.sum() * day.reports
    counts = dice.poisson(rates)
    hour = np.repeat(np.arange(hours), counts)
    seconds = np.sort((hour + dice.random(len(hour))) * 3600)
    return [day.begin + timedelta(seconds=float(one)) for one in seconds]


def _along(
    streets: gpd.GeoDataFrame, count: int, dice: np.random.Generator
) -> list[tuple[float, float]]:
    """Draw places along streets, longer ones more often."""
    length = streets.geometry.length.to_numpy()
    if not length.sum() > 0:
        raise InputError("the city has no streets to make reports up on")
    chosen = streets.geometry.iloc[dice.choice(len(streets), count, p=length / length.sum())]
    points = chosen.interpolate(dice.random(count), normalized=True)
    return [(float(x), float(y)) for x, y in zip(points.x, points.y, strict=True)]


def _report(
    operations: Operations,
    services: list[tuple[str, str]],
    place: tuple[float, float],
    number: int,
    dice: np.random.Generator,
) -> str:
    kind, code = services[int(dice.integers(len(services)))]
    new = NewCase(
        kind, f"simulated-{number}", "simulation", category=code, x=place[0], y=place[1],
        severity=int(dice.choice(4, p=[0.1, 0.5, 0.3, 0.1])),
    )  # fmt: skip
    resident = Actor("simulation", frozenset({"resident"}))
    with operations.engine.begin() as connection:
        return operations.office.open(connection, [new], resident)[0].case


def _step(operations: Operations, due: _Due, dice: np.random.Generator) -> str:
    """Do a case's next step; return what was done, or "" if a rule did it already."""
    action = _STEPS[due.step][0]
    if action == "close" and dice.random() < _REWORKED:
        action = "rework"
    given = {
        "dispatch": {"unit": "unit:simulated", "limit": "8 working_hours"},
        "rework": {"reason": "simulated"},
    }.get(action, {})
    photos = [("photo", b"simulated")] if action in {"feed_back", "close"} else []
    with operations.engine.begin() as connection:
        row = one_case(connection, due.case)
        kind = operations.office.types.get(row["case_type"])
        if not kind.applies(kind.actions[action], row["state"]):
            return ""
        told = given | ({"category": row["category"]} if action == "file" else {})
        options = {"given": told, "confidences": photos}
        operations.act(connection, due.case, action, _STAFF, **options)
        if dice.random() < _URGED and row["open"] and action != "close":
            operations.act(connection, due.case, "urge", _STAFF)
    return action
