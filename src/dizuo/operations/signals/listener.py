"""Take in what devices publish over MQTT: many messages share a commit, then are acknowledged.

The guarantee begins with our acknowledgement: it is sent after the commit, which is forced to disk.
What was not acknowledged comes again, and what came before is recognised by its stream and time.

Three lanes lead here, and what is live goes first:

- ``PREFIX/observations``: live, with a persistent session;
- a passing lane on the same topic, while the persistent one has a backlog from before: live
  observations are then judged at once, and are known when the backlog brings them again;
- ``PREFIX/backlog``: what devices send afterwards, when nothing else waits.

A message that cannot be read, or that names a stream nobody registered, would come again for ever:
it is kept in confidence with an event that says why (:mod:`.refusals`), and acknowledged.
"""

import queue
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy.exc import DBAPIError

from dizuo.model.errors import InputError, StoreError
from dizuo.model.text import Text
from dizuo.operations.signals.mqtt_lane import Lane, Message
from dizuo.operations.signals.mqtt_settings import MqttSettings
from dizuo.operations.signals.observations import Observations
from dizuo.operations.signals.office import SignalOffice
from dizuo.operations.signals.payloads import read_payload
from dizuo.operations.signals.refusals import Refusals

__all__ = ["Listener", "Tally"]

_BETWEEN_LOOKS: Final = 5.0
"""Seconds after which silence is looked for."""
_IDLE: Final = 0.02
_QUIET_LOOKS: Final = 10
"""After so many looks that found nothing, the backlog from before is worked off."""
_BETWEEN_TRIES: Final = 1.0
_CHANNEL: Final = "mqtt"


@dataclass
class Tally:
    """What a listener has done since it began."""

    messages: int = 0
    observations: int = 0
    known: int = 0
    late: int = 0
    refused: int = 0
    changes: int = 0


@dataclass
class Listener:
    """Takes in what is published until it is told to stop. One runs for a name at the broker."""

    office: SignalOffice
    refusals: Refusals
    settings: MqttSettings
    tally: Tally = field(default_factory=Tally)

    def __post_init__(self) -> None:
        live, name = f"{self.settings.prefix}/observations/#", self.settings.name
        self._main = Lane(self.settings, live, f"{name}-observations")
        self._backlog = Lane(self.settings, f"{self.settings.prefix}/backlog/#", f"{name}-backlog")
        self._passing = Lane(self.settings, live, f"{name}-passing", passing=True)
        self._is_passing, self._quiet = False, 0
        self._stop = threading.Event()

    def run(self, stop: threading.Event) -> Tally:
        """Listen until told to stop; return what was done.

        Raises
        ------
        StoreError
            If the broker cannot be reached the first time, or refuses us.
        """
        self._stop = stop
        lanes = (self._main, self._backlog)
        for lane in lanes:
            lane.open()
        looked = time.monotonic()
        try:
            while not stop.is_set():
                self._main.require_welcome()
                self._choose_lanes()
                if self._take_all():
                    continue
                # Only now does nothing wait, so what is silent is silent.
                if time.monotonic() - looked > _BETWEEN_LOOKS:
                    self._insist(self._look)
                    looked = time.monotonic()
                stop.wait(_IDLE)
        finally:
            for lane in (*lanes, *([self._passing] if self._is_passing else [])):
                lane.close()
        self._insist(self.office.keep_snapshot)
        return self.tally

    def wait_until_ready(self, seconds: float) -> bool:
        """Wait until the broker keeps for us what is published; tell whether it does."""
        return all(one.subscribed.wait(seconds) for one in (self._main, self._backlog))

    def _look(self) -> None:
        self.tally.changes += self.office.let_time_pass()

    def _choose_lanes(self) -> None:
        """Let live observations pass while what came before them is worked off."""
        if self._main.resumed:
            self._main.resumed = False
            if not self._is_passing:
                self._passing.open()
            self._is_passing, self._quiet = True, 0
        elif self._is_passing and self._quiet >= _QUIET_LOOKS:
            self._passing.close()
            self._is_passing = False

    def _take_all(self) -> int:
        """Take in what waits, live observations first; return how many messages that were."""
        passing = self._take(self._passing) if self._is_passing else 0
        main = self._take(self._main)
        self._quiet = 0 if main else self._quiet + 1
        return passing + (main or self._take(self._backlog))

    def _take(self, lane: Lane) -> int:
        """Take in what waits on a lane, up to so many observations, and acknowledge it."""
        register = self.office.newest()[0] if not lane.waiting.empty() else None
        messages: list[Message] = []
        read: list[Message] = []
        batches: list[Observations] = []
        count = 0
        while register is not None and count < self.settings.observations_at_once:
            try:
                message = lane.waiting.get_nowait()
            except queue.Empty:
                break
            messages.append(message)
            try:
                batch = read_payload(message.content, register)
            except InputError as error:
                self._refuse(message, error)
                continue
            read.append(message)
            batches.append(batch)
            count += len(batch)
        if batches:
            self._insist(lambda: self._write(read, batches))
        lane.acknowledge(messages)
        self.tally.messages += len(messages)
        return len(messages)

    def _write(self, messages: Sequence[Message], batches: Sequence[Observations]) -> None:
        """Write batches together; where one is refused, each by itself."""
        try:
            taken = self.office.take_in(Observations.joined(batches), _CHANNEL, channel=_CHANNEL)
        except InputError as error:
            if len(messages) == 1:
                self._refuse(messages[0], error)
                return
            for message, batch in zip(messages, batches, strict=True):
                self._write([message], [batch])
            return
        self.tally.observations += taken.fresh + taken.late
        self.tally.late += taken.late
        self.tally.known += taken.known
        self.tally.changes += taken.changes

    def _refuse(self, message: Message, error: InputError) -> None:
        self._insist(
            lambda: self.refusals.keep(message.topic, message.content, error, channel=_CHANNEL)
        )
        self.tally.refused += 1

    def _insist(self, work: Callable[[], None]) -> None:
        """Do something with the database until it is done: nothing is acknowledged before.

        Raises
        ------
        StoreError
            If told to stop while the database cannot be used.
        """
        while True:
            try:
                work()
            except DBAPIError as error:
                if self._stop.wait(_BETWEEN_TRIES):
                    told = Text(f"the database cannot be used: {error.orig}",
                                f"数据库无法使用：{error.orig}")  # fmt: skip
                    raise StoreError(told) from error
            else:
                return
