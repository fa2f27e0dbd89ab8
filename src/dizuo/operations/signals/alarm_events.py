"""Alarms as events of the log, and what people do about them.

An event's id follows from what happened, so telling it again adds nothing. Several changes of one
alarm share a subject: ``alarm:<rule>:<asset>:<when it was raised, in microseconds>.<number>``.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final, Literal

from dizuo.operations.event_log.event import Event
from dizuo.operations.signals.alarm_engine import Transition
from dizuo.operations.time import from_microseconds, to_microseconds

__all__ = [
    "ACKNOWLEDGED", "CLEARED", "DEESCALATED", "ESCALATED", "JUDGED", "RAISED", "Verdict",
    "acknowledge", "alarm_id", "as_events", "judge",
]  # fmt: skip

RAISED: Final = "alarm.raised"
ESCALATED: Final = "alarm.escalated"
DEESCALATED: Final = "alarm.deescalated"
CLEARED: Final = "alarm.cleared"
ACKNOWLEDGED: Final = "alarm.acknowledged"
JUDGED: Final = "alarm.judged"

Verdict = Literal["true", "false", "nuisance"]
"""Something was there; nothing was there; something was there that needs no alarm."""


def alarm_id(transition: Transition) -> str:
    """Return the id of the alarm that a change belongs to."""
    one = transition
    return f"alarm:{one.rule.id}:{one.asset}:{one.raised}.{one.first}"


def as_events(
    transitions: Iterable[Transition], *, channel: str = "signal", simulated: bool = False
) -> list[Event]:
    """Return the events of alarms that changed.

    Parameters
    ----------
    channel
        The way the observations came.
    simulated
        Whether a generator made them.
    """
    return [_event(one, channel, simulated=simulated) for one in transitions]


def _event(one: Transition, channel: str, *, simulated: bool) -> Event:
    subject = alarm_id(one)
    facts: dict[str, Any] = {
        "asset": one.asset,
        "rule": one.rule.id,
        "edition": one.rule.edition,
        "certainty": one.rule.certainty.value,
        "measure": one.rule.measure,
        "stream": one.stream,
        "level": one.after,
        "reason": one.reason,
    }
    if one.after:
        level = one.rule.levels[one.after - 1]
        facts |= {
            "severity": level.severity,
            "label_en": level.label.en,
            "label_zh": level.label.zh,
        }
        if level.colour:
            facts["colour"] = level.colour
    if one.value is not None:
        facts["value"] = one.value
    if simulated:
        facts["simulated"] = True
    return Event(
        id=f"{subject}#{one.number}:{one.time}:{one.before}>{one.after}",
        kind=_kind(one),
        subject=subject,
        happened=from_microseconds(one.time),
        actor=f"rule:{one.rule.id}",
        channel=channel,
        facts=facts,
    )


def _kind(one: Transition) -> str:
    if one.before == 0:
        return RAISED
    if one.after == 0:
        return CLEARED
    return ESCALATED if one.after > one.before else DEESCALATED


def acknowledge(alarm: str, actor: str, happened: datetime, *, channel: str = "desk") -> Event:
    """Return the event that somebody has taken note of an alarm; only the first one counts."""
    return Event(f"{alarm}#acknowledged", ACKNOWLEDGED, alarm, happened, actor, channel)


def judge(
    alarm: str, verdict: Verdict, actor: str, happened: datetime, *, channel: str = "desk"
) -> Event:
    """Return the event that somebody has looked and says what an alarm was; the last one counts."""
    moment = to_microseconds(happened)
    facts = {"verdict": verdict}
    return Event(f"{alarm}#judged:{moment}", JUDGED, alarm, happened, actor, channel, facts)
