"""Take observations in: store them, judge them, tell their alarms and open cases, all at once.

Whoever takes in holds the end of the log, so batches follow each other, whichever process they
come through. The state of the alarms follows from the register, the rules and the batches in their
order: every process keeps one, brings it up to the last batch before it judges its own, and so
judges as if it had taken in all of them. After a crash the state is that of the last snapshot,
brought up the same way. An alarm is never told twice, because its events' ids follow from what
happened; the database holds one open alarm for an asset and rule.

What SensorThings and other doors need::

    signals.register_desk.put(connection, device, streams, actor)  -> number of each stream
    signals.register(connection)                                   -> the Register as it stands
    signals.take_in(batch, actor, channel=..., delivery=...)       -> TakenIn, after the commit

Tables: ``signal_devices`` and ``signal_streams`` (:mod:`.register_table`), ``observations`` and
``observation_batches`` (:mod:`.observation_store`), ``alarms`` (:mod:`.alarm_table`).
"""

import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, select
from sqlalchemy.exc import DBAPIError

from dizuo.model.errors import DizuoError, InputError
from dizuo.model.text import Text
from dizuo.operations.event_log.event import Event, LoggedEvent
from dizuo.operations.event_log.log import Log
from dizuo.operations.event_log.tables import events
from dizuo.operations.signals.alarm_cases import AlarmCases
from dizuo.operations.signals.alarm_engine import step
from dizuo.operations.signals.alarm_events import as_events
from dizuo.operations.signals.alarm_states import named
from dizuo.operations.signals.following import Followed, follow, to_judge
from dizuo.operations.signals.observation_store import (
    RECEIVED,
    Kept,
    digest_of_rows,
    insert_new,
)
from dizuo.operations.signals.observations import Observations, Quality
from dizuo.operations.signals.reconciling import reconciled
from dizuo.operations.signals.register import Register
from dizuo.operations.signals.register_table import load_register
from dizuo.operations.signals.registering import RegisterDesk
from dizuo.operations.signals.rules import AlarmRule
from dizuo.operations.signals.snapshots import save_snapshot
from dizuo.operations.signals.taking_in import TakingIn
from dizuo.operations.time import from_microseconds, to_microseconds

__all__ = ["SignalOffice", "TakenIn"]

_BETWEEN_LOOKS: Final = 5.0
"""Seconds after which silence is looked for."""
_SNAPSHOT_AFTER: Final = 500_000
"""Observations after which the state is kept again: a restart judges no more than these."""


@dataclass(frozen=True, slots=True)
class TakenIn:
    """What became of a batch, told after its commit.

    Attributes
    ----------
    received
        The batch, as ``observations.received`` names it; None if nothing of it was new.
    fresh, late
        How many were stored and judged, and stored only.
    known
        How many were there already, or came twice.
    changes
        How many alarms were raised, changed or cleared.
    new
        Whether this delivery came for the first time.
    """

    received: int | None
    fresh: int
    late: int
    known: int
    changes: int = 0
    new: bool = True


@dataclass(frozen=True, slots=True)
class _Sender:
    """Who sends, which way, and the id of the event that a named delivery has."""

    actor: str
    channel: str
    event: str | None
    more: tuple[Event, ...] = ()


class SignalOffice:
    """The one way in for observations. Threads may share it.

    Parameters
    ----------
    rules
        Gives the alarm rules that are in force on a day.
    cases
        Opens the cases of alarms; None: alarms are told only.
    simulated
        Whether a generator made all that comes.
    taking_in
        What observations are held to; what dizuo ships if it is None.
    """

    def __init__(
        self,
        log: Log,
        rules: Callable[[date], Sequence[AlarmRule]],
        cases: AlarmCases | None = None,
        *,
        simulated: bool = False,
        taking_in: TakingIn | None = None,
    ) -> None:
        self._ahead = (taking_in or TakingIn.load()).ahead
        self.log = log
        self.cases = cases
        self._rules = rules
        self._simulated = simulated
        self._lock = threading.RLock()
        self._followed: Followed | None = None
        self._unsaved = 0

    @property
    def register_desk(self) -> RegisterDesk:
        """What registers and retires devices, by the rules in force."""
        return RegisterDesk(self.log, self._rules_now())

    @staticmethod
    def register(connection: Connection) -> Register:
        """Return the register as it stands."""
        return load_register(connection)

    def take_in(
        self,
        batch: Observations,
        actor: str,
        *,
        channel: str,
        delivery: str | None = None,
        more: Sequence[Event] = (),
    ) -> TakenIn:
        """Store a batch, judge it, tell its alarms and open their cases, in one transaction.

        That a stream is silent is told by :meth:`let_time_pass` only: what it sent may wait.

        Parameters
        ----------
        batch
            As devices sent it, not calibrated, in any order.
        actor
            The account or device that sent it.
        channel
            The way it came: ``mqtt``, ``http``, ``sensorthings``, ``replay``.
        delivery
            Names the batch at whoever sends it: delivered twice, it is taken in once.
        more
            Events that tell more of the batch, written in its transaction.

        Raises
        ------
        InputError
            If an observation belongs to no stream of the register, or to one that was retired.
        """
        name = None if delivery is None else f"observations:{channel}:{delivery}"
        with self._lock:
            return self._take_in(batch, _Sender(actor, channel, name, tuple(more)))

    def take_in_described(
        self,
        describe: Callable[[Connection], tuple[Observations, Sequence[Event]]],
        actor: str,
        *,
        channel: str,
        require: Callable[[Connection, TakenIn], None],
    ) -> TakenIn:
        """Take a batch in that follows from what is described in the same transaction, or nothing.

        Parameters
        ----------
        describe
            Writes what it has to, and returns the batch with the events that tell more of it.
        require
            Looks at what became of the batch; where it raises, nothing of all this is kept.

        Raises
        ------
        InputError
            As :meth:`take_in`.
        """
        with self._lock:
            self._follow_ahead()
            with self.log.engine.begin() as connection:
                self.log.take_the_end(connection)
                batch, more = describe(connection)
                sender = _Sender(actor, channel, None, tuple(more))
                followed = self._follow(connection)
                taken = self._write(connection, followed, batch, sender, timed=False)[1]
                require(connection, taken)
        # What was written is followed as if another process had done it.
        return taken

    def _take_in(self, batch: Observations, sender: _Sender, *, timed: bool = False) -> TakenIn:
        if self._followed is None:
            self._follow_ahead()
        with self.log.engine.begin() as connection:
            self.log.take_the_end(connection)
            if sender.event and (told := _told_before(connection, sender.event)) is not None:
                return told
            followed = self._follow(connection)
            after, taken = self._write(connection, followed, batch, sender, timed=timed)
            unsaved = self._unsaved + taken.fresh + taken.late
            # Kept at once where it was compared anew: rules may be others after the next start.
            if unsaved >= _SNAPSHOT_AFTER or not followed.compared:
                save_snapshot(connection, after.position, named(after.machines, after.state))
                unsaved = 0
        self._followed, self._unsaved = after, unsaved
        return taken

    def let_time_pass(self) -> int:
        """Tell the alarms of streams that have been silent too long; return how many changed.

        One process does it, and only while nothing that was sent waits to be taken in.
        """
        with self._lock:
            self._follow_ahead()
            followed = self._followed
            if followed is not None and followed.compared:
                now = self.log.clock.now()
                if not step(followed.machines, followed.state, Observations.none(), now)[1]:
                    return 0
            clock = _Sender("rule:clock", "signal", None)
            return self._take_in(Observations.none(), clock, timed=True).changes

    def watch(self, stop: threading.Event) -> None:
        """Let time pass again and again until told to stop; what fails is tried again."""
        while not stop.wait(_BETWEEN_LOOKS):
            with suppress(DBAPIError, DizuoError):
                self.let_time_pass()

    def newest(self) -> tuple[Register, NDArray[np.int64]]:
        """Return the register, and of each stream the newest observation that was in time."""
        with self._lock:
            followed = self._follow_ahead()
            return followed.machines.register, followed.state.received.newest

    def keep_snapshot(self) -> None:
        """Keep the state, so that the next start need not judge again what was judged."""
        with self._lock, self.log.engine.begin() as connection:
            self.log.take_the_end(connection)
            followed = self._follow(connection)
            save_snapshot(connection, followed.position, named(followed.machines, followed.state))
            self._unsaved = 0

    def _rules_now(self) -> tuple[AlarmRule, ...]:
        return tuple(self._rules(self.log.clock.now().date()))

    def _follow(self, connection: Connection) -> Followed:
        return follow(connection, self._followed, self._rules_now(), self.log.clock.now())

    def _follow_ahead(self) -> Followed:
        """Follow what others wrote before the log is locked: it may be much."""
        with self.log.engine.connect().execution_options(reads_only=True) as connection:
            self._followed = self._follow(connection)
            return self._followed

    def _write(
        self,
        connection: Connection,
        before: Followed,
        batch: Observations,
        sender: _Sender,
        *,
        timed: bool,
    ) -> tuple[Followed, TakenIn]:
        now = self.log.clock.now()
        received = max(to_microseconds(now), before.position + 1)
        rows = _as_rows(before, batch, received, self._ahead)
        kept = rows.take(insert_new(connection, rows, received))
        moment = from_microseconds(received) if timed else None
        state, transitions, _ = step(before.machines, before.state, to_judge(kept), moment)
        # Others follow a batch by its rows; where time alone changed something, by its event.
        told_of = bool(len(kept) or (timed and transitions))
        position = received if told_of else before.position
        after = replace(before, state=state, position=position, compared=True)
        mending = []
        if not before.compared:
            mending = reconciled(
                connection, before, now, channel=sender.channel, simulated=self._simulated
            )
        told = as_events(transitions, channel=sender.channel, simulated=self._simulated)
        batch_told = [self._batch_event(kept, received, len(batch), sender)] if told_of else []
        added = self.log.append(connection, [*mending, *batch_told, *sender.more, *told])
        if self.cases is not None:
            self.cases.open(connection, added, before.machines.register)
        late = int(kept.late.sum())
        return after, TakenIn(
            received if len(kept) else None,
            len(kept) - late,
            late,
            len(batch) - len(kept),
            len(added) - len(batch_told) - len(sender.more),
        )

    def _batch_event(self, kept: Kept, received: int, sent: int, sender: _Sender) -> Event:
        facts: dict[str, Any] = {
            "received": received,
            "count": len(kept),
            "late": int(kept.late.sum()),
            "known": sent - len(kept),
            "digest": digest_of_rows(kept),
        }
        if self._simulated:
            facts["simulated"] = True
        subject = f"observations:{received}"
        return Event(
            sender.event or subject, RECEIVED, subject, self.log.clock.now(), sender.actor,
            sender.channel, facts,
        )  # fmt: skip


def _as_rows(followed: Followed, batch: Observations, received: int, most: timedelta) -> Kept:
    """Return a batch by stream and time, each once: calibrated, and what is late told apart."""
    register = followed.machines.register
    ordered = batch.take(batch.in_order())
    stream, time = ordered.stream, ordered.phenomenon
    _require_streams(register, stream)
    first = np.ones(len(ordered), bool)
    first[1:] = (stream[1:] != stream[:-1]) | (time[1:] != time[:-1])
    ordered = ordered.take(first)
    made = register.calibrated(ordered)
    ahead = ordered.phenomenon > received + most // timedelta(microseconds=1)
    quality = np.where(ahead, np.uint8(Quality.BAD), made.quality)
    late = ahead | (made.phenomenon < followed.state.received.watermark()[made.stream])
    raw = np.where(made.value == ordered.value, np.nan, ordered.value)
    return Kept(replace(made, quality=quality), raw, late)


def _require_streams(register: Register, stream: NDArray[np.int32]) -> None:
    for number in np.unique(stream).tolist():
        if not 0 <= number < len(register.streams):
            problem = Text(f"there is no stream {number}", f"没有数据流 {number}")
        elif not register.streams[number].active:
            name = register.streams[number].id
            problem = Text(f"the stream {name} was retired", f"数据流 {name} 已停用")
        else:
            continue
        raise InputError(
            problem,
            field="stream",
            cure=Text("Register the device and its streams first.", "请先登记设备及其数据流。"),
        )


def _told_before(connection: Connection, name: str) -> TakenIn | None:
    row = connection.execute(select(events).where(events.c.id == name)).one_or_none()
    if row is None:
        return None
    facts = LoggedEvent(*row).known()
    fresh = facts["count"] - facts["late"]
    return TakenIn(facts["received"], fresh, facts["late"], facts["known"], new=False)
