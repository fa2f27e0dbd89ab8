"""Open cases and act on them: every step checked against the type, and written as one event."""

import secrets
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property, lru_cache, partial
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, bindparam, select

from dizuo.model.errors import AccessError, InputError
from dizuo.model.text import Text
from dizuo.operations.cases.case_type import CONFIDENT, Action, CaseType, CaseTypes, State
from dizuo.operations.cases.handling_clock import HandlingClock
from dizuo.operations.cases.merging import leading_case, state_as_told
from dizuo.operations.cases.requirements import (
    allowed_step,
    require_not_done,
    require_reach,
    require_told,
)
from dizuo.operations.cases.table import CHANGES, COUNTERS, OPENED, cases
from dizuo.operations.clocks.calendar_files import CalendarBook
from dizuo.operations.clocks.counting import NotCoveredError
from dizuo.operations.clocks.deadlines import (
    give_deadline,
)
from dizuo.operations.clocks.limits import parse_limit
from dizuo.operations.event_log.event import Event, LoggedEvent
from dizuo.operations.event_log.log import Log
from dizuo.operations.event_log.portions import portions
from dizuo.operations.event_log.tables import events
from dizuo.operations.event_log.vault import Vault
from dizuo.operations.event_log.verification import CONFIDENCES
from dizuo.operations.time import from_microseconds, to_microseconds

__all__ = ["CONTENT", "Actor", "CaseOffice", "Follower", "NewCase", "Opened", "Reach"]

Follower = Callable[[Log, Connection, Sequence[LoggedEvent]], None]
_Keep = Callable[[str, str, bytes], str]
"""Keeps something of a case in confidence, and returns its digest."""

Reach = Callable[[frozenset[str]], ColumnElement[bool]]
"""Cases that can be acted on in some roles, as a condition on the table of cases."""

CONTENT: Final = "content"
"""Of a photo in an event: a keyed hash, by which the same photo shows in several cases."""
_PHOTO: Final = "photo"
_SECONDS_KEPT: Final = 1024
_DIGITS_OF_TIME: Final = 12
"""Of the 32 of a case's name; the other 20 are chance, so that nobody can guess one."""
_DONE: Final = (
    select(events.c.id, cases.c.case, cases.c.token)
    .select_from(events.join(cases, events.c.subject == cases.c.case))
    .where(events.c.id.in_(bindparam("ids", expanding=True)))
)


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: an account, a device or a rule, with its roles. Never a resident by name.

    Attributes
    ----------
    unit
        The unit (department) it belongs to, if it belongs to one.
    grids
        Cells of the unit grid and places it is on duty in; ``440305*`` for all that begin so.
    """

    id: str
    roles: frozenset[str]
    unit: str | None = None
    grids: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class NewCase:
    """Something that was reported.

    Attributes
    ----------
    delivery
        Names this report at whoever sends it: the same report delivered twice opens one case.
    confidences
        Pairs of a kind (``contact``, ``text``, ``photo``) and content.
    """

    case_type: str
    delivery: str
    channel: str
    happened: datetime | None = None
    category: str | None = None
    nature: str | None = None
    severity: int | None = None
    grid: str | None = None
    place: str | None = None
    x: float | None = None
    y: float | None = None
    asset: str | None = None
    simulated: bool = False
    confidences: Sequence[tuple[str, bytes]] = ()


@dataclass(frozen=True, slots=True)
class Opened:
    """What whoever reported is told."""

    case: str
    token: str
    new: bool


@dataclass
class CaseOffice:
    """Does what can be done with cases.

    Parameters
    ----------
    tokens
        Makes tracking numbers that cannot be guessed.
    calendar
        Id of the calendar that counts where an action names none.
    simulated
        Whether every case that is opened here is made up, whatever the report says.
    identify
        Makes ids of cases and events: 32 unique hexadecimal digits.
    followers
        What is done about cases that were opened, in the same transaction.
    """

    log: Log
    vault: Vault
    types: CaseTypes
    calendars: CalendarBook
    calendar: str = "cn_default"
    tokens: Callable[[], str] = field(default=lambda: secrets.token_urlsafe(15))
    simulated: bool = False
    identify: Callable[[], str] = field(default=lambda: uuid.uuid4().hex)
    followers: tuple[Follower, ...] = ()

    def open(self, connection: Connection, new: Sequence[NewCase], actor: Actor) -> list[Opened]:
        """Open a case for every report, within a transaction of the caller.

        Raises
        ------
        InputError
            If a report is of a type that is not known, or has no delivery name.
        AccessError
            If the actor may not open such a case.
        """
        end = self.log.take_the_end(connection)
        known = _known(connection, [f"{one.channel}:{one.delivery}" for one in new])
        deposit = self.vault.deposit()
        written: list[Event] = []
        told: list[Opened] = []
        for one in new:
            if not one.delivery:
                raise InputError(
                    Text("a report needs a delivery name", "上报须有投递名称"), field="delivery"
                )
            delivery = f"{one.channel}:{one.delivery}"
            if delivery not in known:
                event, token = self._opening(deposit.keep, one, delivery, actor)
                written.append(event)
                known[delivery] = (event.subject, token)
                told.append(Opened(event.subject, token, new=True))
            else:
                told.append(Opened(*known[delivery], new=False))
        deposit.write(connection)
        added = self.log.append_first(connection, end, written)
        for follow in self.followers:
            follow(self.log, connection, added)
        return told

    def act(
        self,
        connection: Connection,
        case: str,
        action: str,
        actor: Actor,
        given: Mapping[str, Any] | None = None,
        *,
        confidences: Sequence[tuple[str, bytes]] = (),
        delivery: str | None = None,
        happened: datetime | None = None,
        reach: Reach | None = None,
    ) -> LoggedEvent | None:
        """Do one thing with a case, within a transaction of the caller.

        Parameters
        ----------
        given
            What is told with it: ``reason``, ``unit``, ``limit``. Free text goes to the vault.
        delivery
            Names this step at whoever sends it: delivered twice it is done once.
        happened
            When, if not now; never later than now, and not before the case's last change. After
            the machine's clock was set back, now is that of the last change until it is later.
        reach
            Tells which cases the actor may act on in which of the roles; every case if it is None.

        Returns
        -------
        LoggedEvent or None
            None if this delivery was done before.

        Raises
        ------
        InputError
            If there is no such case or action, it cannot be done now, or something is missing.
        AccessError
            If the actor has none of the roles that may do it, or does not reach the case in them.
        """
        self.log.take_the_end(connection)
        if delivery is not None and _is_known(connection, delivery):
            return None
        told = dict(given or {})
        row = self._row(connection, case)
        kind = self.types.get(row["case_type"])
        step = allowed_step(kind, _state_for(connection, kind, action, row), action, actor)
        if reach is not None:
            require_reach(connection, case, action, actor, reach(step.roles))
        require_told(step, actor, told, [kind for kind, _ in confidences])
        require_not_done(connection, step, case)
        time = self._time(happened, row)
        changes = self._changes(connection, kind, step, row, told, time)
        keep = partial(self.vault.keep, connection)
        event = Event(
            id=delivery or self.identify(),
            kind=f"case.{action}",
            subject=case,
            happened=time,
            actor=actor.id,
            channel="desk",
            facts=self._facts(keep, case, told, confidences) | {CHANGES: changes},
        )
        return self.log.append(connection, [event])[0]

    def erase(self, connection: Connection, case: str, actor: Actor) -> int:
        """Destroy what was told in confidence of a case; return how many things that were."""
        self._row(connection, case)
        count = self.vault.erase(connection, case)
        facts = {"count": count, CHANGES: {}}
        now = self.log.clock.now()
        self.log.append(
            connection,
            [Event(self.identify(), "case.erased", case, now, actor.id, "retention", facts)],
        )
        return count

    def _opening(self, keep: _Keep, one: NewCase, delivery: str, actor: Actor) -> tuple[Event, str]:
        kind = self.types.get(one.case_type)
        if not kind.opened_by & actor.roles:
            raise AccessError(
                Text(
                    f"{actor.id} may not open a case of {kind.id}",
                    f"{actor.id} 无权登记 {kind.id} 类案件",
                )
            )
        now = self.log.clock.now()
        case, token = self._new_name(now), self.tokens()
        time = one.happened or now
        if time > now:
            raise InputError(Text("this lies in the future", "该时间在未来"), field="happened")
        first = kind.states[kind.first]
        instant = to_microseconds(time)
        changes = {
            "case_type": kind.id,
            "type_version": kind.version,
            "token": token,
            "state": first.id,
            "open": not first.final,
            "channel": one.channel,
            "category": one.category,
            "nature": one.nature,
            "severity": one.severity,
            "grid": one.grid,
            "place": one.place,
            "x": one.x,
            "y": one.y,
            "asset": one.asset,
            "opened": instant,
            "entered": instant,
            "stage_due": self._stage_due(first, time),
            "listed": kind.public and one.nature not in kind.sealed_natures,
            "simulated": one.simulated or self.simulated,
        }
        facts = self._facts(keep, case, {}, one.confidences) | {CHANGES: changes}
        return Event(delivery, OPENED, case, time, actor.id, one.channel, facts), token

    def _new_name(self, now: datetime) -> str:
        """Name a new case: milliseconds and chance, as RFC 9562's UUID of version 7 does.

        Names that rise with time go to one end of every index, however many there are.
        """
        milliseconds = to_microseconds(now) // 1000
        return f"case:{milliseconds:0{_DIGITS_OF_TIME}x}{self.identify()[_DIGITS_OF_TIME:]}"

    def _facts(
        self,
        keep: _Keep,
        case: str,
        told: Mapping[str, Any],
        confidences: Sequence[tuple[str, bytes]],
    ) -> dict[str, Any]:
        """Keep free text, contacts and photos apart; return what may stand in the event."""
        kept = [*confidences]
        kept += [(name, str(told[name]).encode()) for name in sorted(CONFIDENT & set(told))]
        digests = [
            {"kind": kind, "digest": keep(case, kind, content)}
            | ({CONTENT: self.vault.mark(content)} if kind == _PHOTO else {})
            for kind, content in kept
        ]
        facts: dict[str, Any] = {name: told[name] for name in told if name not in CONFIDENT}
        return facts | ({CONFIDENCES: digests} if digests else {})

    def _changes(
        self,
        connection: Connection,
        kind: CaseType,
        step: Action,
        row: Mapping[str, Any],
        told: Mapping[str, Any],
        time: datetime,
    ) -> dict[str, Any]:
        changes: dict[str, Any] = {
            name: told[name]
            for name in ("unit", "supervisor", "category", "nature", "severity")
            if name in told
        }
        if step.target:
            state = kind.states[step.target]
            closed = to_microseconds(time) if state.final else None
            changes |= {
                "state": state.id,
                "open": not state.final,
                "entered": to_microseconds(time),
                "stage_due": self._stage_due(state, time),
                "closed": closed,
            }
        if step.count in COUNTERS:
            changes[step.count] = row[step.count] + 1
        if step.id == "merge":
            changes["merged_into"] = self._merged_into(connection, row, str(told["into"]))
        elif step.target and row["merged_into"]:
            changes["merged_into"] = None
        if "nature" in changes:
            changes["listed"] = kind.public and changes["nature"] not in kind.sealed_natures
        if step.id == "dispatch":
            changes["dispatched_by"] = told.get("rule")
        return changes | self._counted.changes(kind, step, row, told, time)

    @cached_property
    def _counted(self) -> HandlingClock:
        return HandlingClock(self.calendars, self.calendar)

    def _stage_due(self, state: State, time: datetime) -> int | None:
        if not state.limit:
            return None
        return self._due_of(state.limit, time.replace(microsecond=0))

    @cached_property
    def _due_of(self) -> Callable[[str, datetime], int | None]:
        """By when a limit from a second runs out; reports that come at once ask for the same.

        None where the calendar does not know the days until then.
        """

        @lru_cache(maxsize=_SECONDS_KEPT)
        def due_of(limit: str, time: datetime) -> int | None:
            calendar = self.calendars.current(self.calendar, time.date())
            try:
                due = give_deadline(time, parse_limit(limit), calendar).due
            except NotCoveredError:  # holidays not yet published: that keeps no report out
                return None
            return to_microseconds(due) if due else None

        return due_of

    def _time(self, happened: datetime | None, row: Mapping[str, Any]) -> datetime:
        now = self.log.clock.now()
        if happened is None:  # a clock that was set back turns the order of no case around
            return max(now, from_microseconds(row["changed"]))
        if happened > now:
            raise InputError(Text("this lies in the future", "该时间在未来"), field="happened")
        if to_microseconds(happened) < row["changed"]:
            changed = from_microseconds(row["changed"]).isoformat()
            raise InputError(
                Text(f"the case changed after that, at {changed}", f"此后案件已于 {changed} 变更"),
                field="happened",
            )
        return happened

    @staticmethod
    def _row(connection: Connection, case: str) -> Mapping[str, Any]:
        row = connection.execute(select(cases).where(cases.c.case == case)).mappings().one_or_none()
        if row is None:
            raise InputError(Text(f"there is no case {case!r}", f"没有案件 {case!r}"), field="case")
        return dict(row)

    def _merged_into(self, connection: Connection, row: Mapping[str, Any], into: str) -> str:
        other = self._row(connection, into)
        if other["case"] == row["case"] or other["merged_into"]:
            raise InputError(
                Text(
                    f"{into} is the same case, or is merged itself",
                    f"{into} 是同一案件，或本身已被合并",
                ),
                field="into",
                cure=Text("Merge into the case that stays.", "请并入保留的案件。"),
            )  # fmt: skip
        if other["closed"] is not None and other["closed"] < row["opened"]:
            raise InputError(
                Text(
                    f"{into} was closed before this was reported",
                    f"{into} 在本次上报之前已结束",
                ),
                field="into",
                cure=Text(
                    "Reopen that case first, or handle this one.",
                    "请先重新办理该案件，或单独办理本案。",
                ),
            )
        return into


def _state_for(connection: Connection, kind: CaseType, action: str, row: Mapping[str, Any]) -> str:
    """Return the state in which a case counts for an action: answers follow the leading case."""
    step = kind.actions.get(action)
    if step is None or not row["merged_into"]:
        return str(row["state"])
    return state_as_told(kind, step, row, leading_case(connection, row))


def _known(connection: Connection, deliveries: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Return the case and the tracking number that deliveries opened before."""
    found: dict[str, tuple[str, str]] = {}
    for part in portions(deliveries):
        found |= {row[0]: (row[1], row[2]) for row in connection.execute(_DONE, {"ids": part})}
    return found


def _is_known(connection: Connection, delivery: str) -> bool:
    query = select(events.c.number).where(events.c.id == delivery)
    return connection.execute(query).first() is not None
