"""From events to what happened in each case: one pass over the log, no look at derived tables.

What an event did is read from what it says it changed, never from the name of the action, so that
a city's own case types are understood as well:

- a *round* of handling begins where a deadline is given that has neither pause nor extension, or
  that no clock counts, or where it is said that there is none;
- it ends where the count of returns grows (``returned``), where another round begins
  (``replaced``), or where the case is no longer open (then its last state is the outcome);
- a case that is open again after it was not was reopened.
"""

import gc
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Final

from dizuo.model.errors import InputError
from dizuo.model.text import Text
from dizuo.operations.cases.office import CONTENT
from dizuo.operations.cases.stuck import DECIDED
from dizuo.operations.cases.table import CHANGES, COUNTERS, OPENED
from dizuo.operations.evaluation.parameters import EvaluationParameters
from dizuo.operations.event_log.event import LoggedEvent
from dizuo.operations.event_log.verification import CONFIDENCES

__all__ = [
    "GIVEN",
    "REPLACED",
    "RETURNED",
    "Told",
    "ToldAnswer",
    "ToldMove",
    "ToldRound",
    "read_cases",
]

RETURNED: Final = "returned"
REPLACED: Final = "replaced"
GIVEN: Final = "given"
"""In the place of a deadline's record: when it is due, where no clock was counted."""
_CASE: Final = "case."
_FILE: Final = "case.file"
_CALL_BACK: Final = "case.call_back"
_RATE: Final = "case.rate"
_PARSE: Final = json.JSONDecoder().raw_decode
"""Facts have no space before them, so nothing needs to be looked for."""
_WHOLE_LOG: Final = Text("Read the whole log, in its order.", "请按顺序读取完整日志。")
_REPORTED_BACK: Final = "case.report_back"
_YES: Final = {"true", "yes", "1", "是"}
_NO: Final = {"false", "no", "0", "否"}
_KEPT: Final = frozenset({"category", "nature", "unit", "state", "merged_into", *COUNTERS})
PARTICIPANTS: Final = "participants"
"""Of a step: how many took part."""


@dataclass(slots=True)
class ToldMove:
    """A change of a running deadline: ``extension`` or ``suspension``."""

    kind: str
    at: int
    due: str | None


@dataclass(slots=True)
class ToldRound:
    """One handling of a case by one unit. Times are microseconds since 1970."""

    unit: str
    begun: int
    deadline: dict[str, Any] | None
    fed_back: int | None = None
    ended: int | None = None
    recorded: int | None = None
    outcome: str = ""
    reworks: int = 0
    reopened: int | None = None
    evidence: frozenset[str] = frozenset()
    moves: tuple[ToldMove, ...] = ()
    hands: frozenset[str] = frozenset()
    """Who did the handling: compared with whoever called back, and never told."""
    number: int = 0
    """Of the event that it begins with."""


@dataclass(slots=True)
class ToldAnswer:
    """What somebody answered: to a call-back, or as a rating."""

    kind: str
    round: int
    at: int
    contacted: bool | None
    solved: bool | None
    satisfaction: str
    own: bool
    """Whether whoever handled the case entered it."""
    unit: str = ""
    """That of the round."""
    number: int = 0
    actor: str = ""
    """Of the event; the actor is compared, and never told."""


@dataclass(slots=True)
class Told:
    """All that the log says of one case."""

    case: str
    opened: int
    known: dict[str, Any]
    version: int = 1
    filed: int | None = None
    recoded: int = 0
    closed: int | None = None
    open: bool = True
    excluded: str = ""
    rounds: list[ToldRound] = field(default_factory=list)
    answers: tuple[ToldAnswer, ...] = ()
    contents: tuple[tuple[int, str], ...] = ()
    running: ToldRound | None = None
    reopened: int | None = None
    answered: int | None = None
    """When a proposal was last decided on."""
    adopted: bool = False
    escalated: int | None = None
    """When the case was last put before the leader."""
    decided: bool = False
    unstuck: int | None = None
    """When its owner told what came of the decision, or it was closed."""
    participants: int = 0
    """How many took part in deciding, as its steps tell; a count, never who."""
    merged: tuple[int, str] | None = None
    """The event by which it was merged into another case, and that case."""


class _Reader:
    def __init__(self, parameters: EvaluationParameters, accounts: Mapping[str, str]) -> None:
        self.steps = {f"{_CASE}{step}" for step in parameters.handling_steps}
        self.reasons = set(parameters.excluded_reasons)
        self.answers = set(parameters.satisfaction)
        self.accounts = accounts
        self.decisions = dict.fromkeys(parameters.states_declined, False)
        self.decisions |= dict.fromkeys(parameters.states_adopted, True)
        self.cases: dict[str, Told] = {}

    def read(self, event: LoggedEvent) -> None:
        kind = event.kind
        case = self.cases.get(event.subject)
        if case is None:
            self.begin(event)
            return
        if event.version != case.version + 1:
            raise InputError(
                Text(
                    f"event {event.number} is number {event.version} of {event.subject}, and the "
                    f"one before was number {case.version}",
                    f"事件{event.number}是{event.subject}的第{event.version}条，而上一条是第"
                    f"{case.version}条",
                ),
                cure=_WHOLE_LOG,
            )
        case.version = event.version
        facts = _PARSE(event.facts)[0]
        running = case.running
        if running is not None and kind in self.steps:
            running.hands |= {event.actor}
        changes = facts.get(CHANGES, {})
        if CONFIDENCES in facts:
            shows = kind in self.steps or changes.get("open") is False
            self.keep(case, facts[CONFIDENCES], shows=shows)
        if facts.get("reason_code") in self.reasons:
            case.excluded = facts["reason_code"]
        if kind in {_CALL_BACK, _RATE}:
            self.answer(case, event, facts)
        self.escalate(case, event, changes)
        if PARTICIPANTS in facts:
            case.participants += int(facts[PARTICIPANTS])
        if changes:
            self.change(case, event, changes)

    def begin(self, event: LoggedEvent) -> None:
        if not event.kind.startswith(_CASE):
            return
        if event.kind != OPENED:
            raise InputError(
                Text(
                    f"event {event.number} is of {event.subject}, which was not opened before",
                    f"事件{event.number}属于{event.subject}，但此前没有其立案事件",
                ),
                cure=_WHOLE_LOG,
            )
        facts = _PARSE(event.facts)[0]
        changes = facts[CHANGES]
        case = Told(event.subject, changes["opened"], changes, event.version)
        case.open = bool(changes["open"])
        if CONFIDENCES in facts:
            self.keep(case, facts[CONFIDENCES], shows=False)
        self.cases[event.subject] = case

    @staticmethod
    def keep(case: Told, confidences: list[dict[str, str]], *, shows: bool) -> None:
        """Note what shows that a round was handled, and the contents that can be compared."""
        if shows and case.running is not None:
            case.running.evidence |= {one["kind"] for one in confidences}
        case.contents += tuple(
            (len(case.rounds), one[CONTENT])
            for one in confidences
            if one["kind"] == "photo" and CONTENT in one
        )

    def answer(self, case: Told, event: LoggedEvent, facts: Mapping[str, Any]) -> None:
        rated = event.kind == _RATE
        told = str(facts.get("grade" if rated else "satisfaction", ""))
        last = case.rounds[-1] if case.rounds else None
        own = last is not None and (
            event.actor in last.hands or self.accounts.get(event.actor) == last.unit
        )
        answer = ToldAnswer(
            "rating" if rated else "call_back",
            len(case.rounds),
            event.happened,
            _truth(facts.get("contacted")),
            _truth(facts.get("solved")),
            told if told in self.answers else "",
            own,
            "" if last is None else last.unit,
            event.number,
            event.actor,
        )
        case.answers += (answer,)

    def follow(self, case: Told) -> None:
        """Count answers that were given after a case was merged for the round that they are about.

        Whoever made the report answers for themselves about what was done in the case that led it
        then.
        """
        if case.merged is None:
            return
        case.answers = tuple(
            one if one.number < case.merged[0] else self.as_led(case, one) for one in case.answers
        )

    def as_led(self, case: Told, answer: ToldAnswer) -> ToldAnswer:
        lead: Told | None = case
        while lead is not None and lead.merged is not None and lead.merged[0] < answer.number:
            lead = self.cases.get(lead.merged[1])
        begun = [one for one in lead.rounds if one.number < answer.number] if lead else []
        if not begun:
            return replace(answer, round=0, unit="", own=False)
        last = begun[-1]
        own = answer.actor in last.hands or self.accounts.get(answer.actor) == last.unit
        return replace(answer, round=len(begun), unit=last.unit, own=own)

    def change(self, case: Told, event: LoggedEvent, changes: Mapping[str, Any]) -> None:
        """Take over what an event changed, and let rounds begin and end by it."""
        self.describe(case, event, changes)
        if changes.get("state") in self.decisions:
            self.decide(case, event, changes["state"])
        running = case.running
        if running is not None:
            if "returns" in changes:
                self.end(case, event, RETURNED)
            elif "reworks" in changes:
                running.reworks += 1
                running.evidence = frozenset()
            if event.kind in self.steps and "state" in changes:
                running.fed_back = event.happened
        if "deadline" in changes:
            self.deadline(case, event, changes["deadline"])
        if changes.get("open", case.open) != case.open:
            case.open = changes["open"]
            if case.open:
                self.reopen(case, event.happened)
            else:
                case.closed = event.happened
                self.close(case, event)

    @staticmethod
    def describe(case: Told, event: LoggedEvent, changes: Mapping[str, Any]) -> None:
        """Take over what a case is about, and how often something was done."""
        known = case.known
        if event.kind == _FILE and case.filed is None:
            case.filed = event.happened
        elif "category" in changes and case.filed is not None:
            case.recoded += changes["category"] != known.get("category")
        for name in _KEPT.intersection(changes):
            known[name] = changes[name]
        if "merged_into" in changes:
            into = changes["merged_into"]
            case.merged = None if into is None else (event.number, into)

    @staticmethod
    def escalate(case: Told, event: LoggedEvent, changes: Mapping[str, Any]) -> None:
        """Follow what is put before the leader to what came of it, or to the case's closure."""
        waits = case.escalated is not None and case.unstuck is None
        if event.kind == DECIDED or "escalations" in changes:
            if not waits:
                case.escalated, case.unstuck, case.decided = event.happened, None, False
            case.decided |= event.kind == DECIDED
        elif waits and (
            (case.decided and event.kind == _REPORTED_BACK) or changes.get("open") is False
        ):
            case.unstuck = event.happened

    def decide(self, case: Told, event: LoggedEvent, state: str) -> None:
        """Note the decision on a proposal; sent back to be carried out, it was decided before."""
        adopted = self.decisions[state]
        if case.answered is None or case.adopted != adopted:
            case.answered, case.adopted = event.happened, adopted

    def deadline(self, case: Told, event: LoggedEvent, text: str | None) -> None:
        """Begin a round with a new deadline, or go on with a changed one."""
        record = _PARSE(text)[0] if text else None
        running = case.running
        begins = record is None or GIVEN in record or not (record["pauses"] or record["extension"])
        if begins or running is None:
            if running is not None:
                self.end(case, event, REPLACED)
            case.running = ToldRound(
                case.known.get("unit") or "", event.happened, record, number=event.number
            )
            case.rounds.append(case.running)
            case.reopened = None
            return
        before = running.deadline
        if before is not None and record is not None:
            if record["extension"] and not before["extension"]:
                running.moves += (ToldMove("extension", event.happened, before["due"]),)
            elif len(record["pauses"]) > len(before["pauses"]):
                running.moves += (ToldMove("suspension", event.happened, before["due"]),)
        running.deadline = record

    @staticmethod
    def end(case: Told, event: LoggedEvent, outcome: str) -> None:
        running = case.running
        if running is not None:
            running.ended, running.recorded = event.happened, event.recorded
            running.outcome = outcome
        case.running = None

    @staticmethod
    def reopen(case: Told, now: int) -> None:
        case.closed, case.reopened = None, now
        if case.rounds:
            case.rounds[-1].reopened = now

    def close(self, case: Told, event: LoggedEvent) -> None:
        """End the round that runs; a case reopened at its unit had one without a deadline."""
        if case.running is None and case.reopened is not None and case.known.get("unit"):
            case.running = ToldRound(case.known["unit"], case.reopened, None, number=event.number)
            case.rounds.append(case.running)
        case.reopened = None
        self.end(case, event, str(case.known["state"]))


def read_cases(
    pages: Iterable[Iterable[LoggedEvent]],
    parameters: EvaluationParameters,
    until: int | None,
    accounts: Mapping[str, str],
) -> tuple[list[Told], int]:
    """Read what the log says of every case, up to an instant; with the time of the last event.

    Raises
    ------
    InputError
        If events of a case are missing, or come out of order.
    """
    reader = _Reader(parameters, accounts)
    last = 0
    with _without_collection():
        for page in pages:
            for event in page:
                if until is None or event.happened < until:
                    last = max(last, event.happened)
                    reader.read(event)
        for case in reader.cases.values():
            reader.follow(case)
    return sorted(reader.cases.values(), key=lambda one: one.case), last


@contextmanager
def _without_collection() -> Iterator[None]:
    """Keep Python from looking for cycles among millions of objects: reading makes none."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _truth(told: Any) -> bool | None:
    word = str(told).lower()
    return True if word in _YES else False if word in _NO else None
