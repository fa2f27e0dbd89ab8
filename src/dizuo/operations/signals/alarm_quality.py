"""How good the alarms are: pure functions of the events.

Alarms are what was raised within a span of time; what became of them later counts too. Whoever has
the log can compute every number again.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import fmean
from typing import Any, Final

from dizuo.model.errors import InputError
from dizuo.model.text import Text
from dizuo.operations.event_log.event import Event, LoggedEvent
from dizuo.operations.signals.alarm_events import ACKNOWLEDGED, CLEARED, JUDGED, RAISED
from dizuo.operations.time import from_microseconds

__all__ = ["ALARM_EVENTS", "AlarmQuality", "alarm_quality"]
__systems__ = ("S14.9", "S17.2")

ALARM_EVENTS: Final = ("alarm.",)
"""Beginning of the kinds of events that are followed."""


@dataclass(frozen=True, slots=True)
class AlarmQuality:
    """What the alarms of a span of time were worth; None where there is nothing to divide by.

    Attributes
    ----------
    raised, judged, acknowledged, cleared
        How many alarms were raised, and of how many the rest is known. Alarms about silence do not
        count among them: they are about devices, and make the online rate.
    nuisance
        How many were judged false or a nuisance.
    nuisance_rate
        That, by devices and days.
    precision
        Share of the judged alarms that were true.
    time_to_acknowledge, time_to_clear
        Means from the raising (MTTA, MTTR), over the alarms that were.
    online_rate
        Share of the time of all devices in which no alarm told that a stream of theirs was silent.
    """

    raised: int
    judged: int
    acknowledged: int
    cleared: int
    nuisance: int
    nuisance_rate: float
    precision: float | None
    time_to_acknowledge: timedelta | None
    time_to_clear: timedelta | None
    online_rate: float


def alarm_quality(
    events: Iterable[Event | LoggedEvent],
    devices: Mapping[str, str],
    begin: datetime,
    end: datetime,
) -> AlarmQuality:
    """Return the quality of the alarms that were raised in a span of time.

    Parameters
    ----------
    events
        Events of the log, in their order; others than those of alarms are passed over.
    devices
        The device of every stream.
    begin, end
        The span; the end does not belong to it.

    Raises
    ------
    InputError
        If the span is empty or there is no device.
    """
    if begin >= end or not devices:
        raise InputError(
            Text(
                "the quality of alarms needs a span of time and at least one device",
                "评价报警质量需要一段时间和至少一台设备",
            )
        )
    stories = _stories(events)
    inside = [one for one in stories.values() if begin <= one.raised < end and not one.silence]
    told = [one.verdict for one in inside if one.verdict is not None]
    nuisance = sum(one != "true" for one in told)
    noted = [one.acknowledged - one.raised for one in inside if one.acknowledged]
    ended = [one.cleared - one.raised for one in inside if one.cleared]
    count = len(set(devices.values()))
    silent = _silent(stories.values(), devices, begin, end)
    return AlarmQuality(
        raised=len(inside),
        judged=len(told),
        acknowledged=len(noted),
        cleared=len(ended),
        nuisance=nuisance,
        nuisance_rate=nuisance / (count * ((end - begin) / timedelta(days=1))),
        precision=1 - nuisance / len(told) if told else None,
        time_to_acknowledge=_mean(noted),
        time_to_clear=_mean(ended),
        online_rate=1 - silent / (count * (end - begin)),
    )


@dataclass(slots=True)
class _Story:
    """What became of one alarm."""

    raised: datetime
    silence: bool
    stream: str
    acknowledged: datetime | None = None
    cleared: datetime | None = None
    verdict: str | None = None


def _stories(events: Iterable[Event | LoggedEvent]) -> dict[str, _Story]:
    """Follow every alarm; raised again while it is open, it stays the first one."""
    stories: dict[str, _Story] = {}
    still_open: dict[tuple[str, str], _Story] = {}
    for one in events:
        if one.kind == RAISED:
            facts = _facts(one)
            key = facts["asset"], facts["rule"]
            if key not in still_open:
                silence = facts["measure"] == "missing"
                story = _Story(_when(one), silence, facts["stream"])
                still_open[key] = stories[one.subject] = story
        elif one.kind == CLEARED:
            facts = _facts(one)
            key = facts["asset"], facts["rule"]
            if key in still_open and _when(one) >= still_open[key].raised:
                still_open.pop(key).cleared = _when(one)
        elif one.kind == ACKNOWLEDGED and one.subject in stories:
            story = stories[one.subject]
            story.acknowledged = story.acknowledged or _when(one)
        elif one.kind == JUDGED and one.subject in stories:
            stories[one.subject].verdict = _facts(one)["verdict"]
    return stories


def _silent(
    stories: Iterable[_Story], devices: Mapping[str, str], begin: datetime, end: datetime
) -> timedelta:
    """Return for how long devices were silent, all added up; a device with two streams once."""
    spans: dict[str, list[tuple[datetime, datetime]]] = {}
    for one in stories:
        if one.silence and one.stream in devices:
            span = max(one.raised, begin), min(one.cleared or end, end)
            spans.setdefault(devices[one.stream], []).append(span)
    total = timedelta(0)
    for mine in spans.values():
        upto = begin
        for start, stop in sorted(mine):
            total += max(stop - max(start, upto), timedelta(0))
            upto = max(upto, stop)
    return total


def _facts(one: Event | LoggedEvent) -> Mapping[str, Any]:
    return one.known() if isinstance(one, LoggedEvent) else one.facts


def _when(one: Event | LoggedEvent) -> datetime:
    return from_microseconds(one.happened) if isinstance(one, LoggedEvent) else one.happened


def _mean(times: list[timedelta]) -> timedelta | None:
    return timedelta(seconds=fmean(one.total_seconds() for one in times)) if times else None
