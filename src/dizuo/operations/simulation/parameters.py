"""What a made-up day is like: read from ``day.toml``, or from a city's own file in its place.

The file says what each of its numbers means.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec

from dizuo.model.errors import InputError
from dizuo.model.text import Text
from dizuo.operations.cases.case_type import CaseTypes
from dizuo.operations.incidents.incident_type import IncidentTypes
from dizuo.operations.settings_file import read_settings

__all__ = ["DayParameters", "Delay", "Responding", "Sensing", "Sensor", "Step", "Walk"]

_FILE: Final = "day.toml"
_WHAT: Final = Text("what a made-up day is like", "模拟日参数")
_HOURS: Final = 24


class Delay(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A log-normal time: its median in minutes, and the spread of its logarithm."""

    minutes: float
    spread: float


class Otherwise(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is done in place of a step, and where the walk goes on: nowhere, if that is empty."""

    do: str
    chance: float
    then: str = ""


class Step(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One thing that is done with a case; ``then`` is the step that follows, if not the next."""

    do: str
    by: str
    minutes: float
    spread: float
    chance: float = 1.0
    given: Mapping[str, list[str]] = {}
    only_after: str = ""
    instead: Otherwise | None = None
    then: str = ""

    @property
    def delay(self) -> Delay:
        """How long it takes until it is done."""
        return Delay(self.minutes, self.spread)


class Walk(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How cases of a type go, from their report to their end."""

    case_type: str
    steps: list[Step]
    share: float = 0.0

    def place(self, action: str) -> int:
        """Return the place of the step that does something; past the end if there is none."""
        return next((n for n, one in enumerate(self.steps) if one.do == action), len(self.steps))


class Fault(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How often a stream fails in a day, and for how many of its intervals."""

    chance: float
    intervals: tuple[int, int] = (1, 1)


class Lasting(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How often something is so, and for how many minutes."""

    chance: float
    minutes: tuple[float, float]


class Sensor(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What devices of a kind observe on an ordinary day, and what when something happens."""

    kind: str
    unit: str
    asset: str
    share: float
    minutes: float
    level: float
    swing: float
    peak_hour: float
    noise: float
    least: float
    decimals: int
    peaks: list[float]
    spike: float
    reference: float | None = None
    incident: str = ""
    category: str = ""


class Sensing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How devices send, how they fail, and how often something real happens."""

    delivery_minutes: float
    late: Lasting
    lateness_minutes: float
    calibrated_days_ago: tuple[int, int]
    stuck: Fault
    gap: Fault
    spike: Fault
    least_excursions: int
    excursion: Lasting


class Responding(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What people do about alarms."""

    acknowledge: Delay
    judge: Delay
    reports: list[int]
    report: Delay
    within_metres: float
    name_the_asset: float
    merge: Delay
    least_severity: int
    declare: Delay
    begin_task: Delay
    end_task: Delay
    close_incident: Delay
    look_again_minutes: float
    walk: Walk


class DayParameters(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All that a made-up day is made of."""

    source: str
    edition: str
    certainty: str
    hours: list[float]
    severities: list[float]
    units: list[str]
    walks: list[Walk]
    sensing: Sensing
    sensors: list[Sensor]
    responding: Responding

    @classmethod
    def load(cls, file: Path | None = None) -> "DayParameters":
        """Read what dizuo ships, or a city's own in its place.

        Raises
        ------
        InputError
            If something is missing, not known or of another kind.
        """
        found = read_settings(cls, __package__, _FILE, file, _WHAT)
        if len(found.hours) != _HOURS or not all((found.walks, found.sensors, found.units)):
            raise InputError(
                Text(
                    "a made-up day needs 24 hours, walks, sensors and units",
                    "模拟日须有 24 个小时的权重以及 walks、sensors、units",
                ),
                file=file,
            )
        return found

    def require_known(self, cases: CaseTypes, incidents: IncidentTypes) -> None:
        """Refuse walks, steps and incidents that the city does not have.

        Raises
        ------
        InputError
            With what is not known.
        """
        for walk in (*self.walks, self.responding.walk):
            kind = cases.get(walk.case_type)
            named = [one.do for one in walk.steps]
            named += [one.instead.do for one in walk.steps if one.instead]
            unknown = sorted(set(named) - set(kind.actions))
            if unknown:
                raise InputError(
                    Text(
                        f"the case type {kind.id} has no {', '.join(unknown)}",
                        f"案件类型 {kind.id} 没有操作 {'、'.join(unknown)}",
                    ),
                    field="walks",
                    cure=Text(
                        f"Known are: {', '.join(sorted(kind.actions))}.",
                        f"可用：{'、'.join(sorted(kind.actions))}。",
                    ),
                )
        for sensor in self.sensors:
            if sensor.incident:
                incidents.get(sensor.incident)
