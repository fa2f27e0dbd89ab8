"""Take in observations that come one by one: those that wait together share one transaction.

Whoever hands one in is told after the commit that holds it.
"""

import queue
import threading
import uuid
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from itertools import groupby
from types import TracebackType
from typing import Any, Final, Self

import numpy as np
from sqlalchemy import Connection, select, tuple_

from dizuo.operations.event_log.event import Event
from dizuo.operations.event_log.log import Log
from dizuo.operations.event_log.portions import portions
from dizuo.operations.event_log.tables import observations
from dizuo.operations.gathering import gathered
from dizuo.operations.sensing.tables import ROWS, observation_details
from dizuo.operations.signals.observations import Observations
from dizuo.operations.signals.office import SignalOffice, TakenIn

__all__ = ["Arrival", "Arrived", "ObservationIntake"]

_AT_ONCE: Final = 512
_EVENT: Final = "sensing.detailed"


@dataclass(frozen=True, slots=True)
class Arrived:
    """One observation as it is to be kept.

    Attributes
    ----------
    stream
        Its number in the register.
    value
        NaN where there is no number.
    details
        Columns of ``sensing_observation_details``; empty for most.
    """

    stream: int
    phenomenon: int
    result: int
    value: float
    quality: int
    details: Mapping[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> tuple[int, int]:
        """Stream and time: what an observation is known by."""
        return self.stream, self.phenomenon


@dataclass(frozen=True, slots=True)
class Arrival:
    """What one request hands in."""

    batch: Sequence[Arrived]
    actor: str
    channel: str


_Waiting = tuple[Arrival, "Future[list[bool]]"]


class ObservationIntake:
    """One thread that hands observations to the office, as many at once as have come."""

    def __init__(self, log: Log, office: SignalOffice) -> None:
        self._log = log
        self._office = office
        self._waiting: queue.SimpleQueue[_Waiting | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="dizuo-observations", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._waiting.put(None)
        self._thread.join()

    def hand_in(self, arrival: Arrival) -> "Future[list[bool]]":
        """Hand observations in.

        Returns
        -------
        Future
            Done when they are safe on disk, or refused: of each whether it says what is kept of
            its stream and time. The first one holds.
        """
        future: Future[list[bool]] = Future()
        self._waiting.put((arrival, future))
        return future

    def hand_in_described(
        self,
        describe: Callable[[Connection], Arrival],
        require: Callable[[list[bool]], None],
        *,
        actor: str,
        channel: str,
    ) -> None:
        """Take observations in with what they are about, in one transaction: all, or nothing.

        Parameters
        ----------
        describe
            Writes what is described, and returns the observations of it.
        require
            Is told of each whether it says what is kept; where it raises, nothing is kept.
        """
        found: list[Arrived] = []

        def prepare(connection: Connection) -> tuple[Observations, list[Event]]:
            arrival = describe(connection)
            found.extend(arrival.batch)
            return _as_batch(found), self._details(connection, found, arrival)

        def settle(connection: Connection, taken: TakenIn) -> None:
            same = _kept(connection, found) if taken.known else None
            require([same is None or same[one.key] == _said(one) for one in found])

        self._office.take_in_described(prepare, actor, channel=channel, require=settle)

    def _run(self) -> None:
        for together in gathered(self._waiting, _AT_ONCE):
            for _, of_one in groupby(together, key=lambda one: (one[0].actor, one[0].channel)):
                self._take_in(list(of_one))

    def _take_in(self, together: Sequence[_Waiting]) -> None:
        """Take arrivals in together; where that is refused, each by itself."""
        try:
            told = self._taken(together)
        except Exception as error:  # noqa: BLE001 - whoever waits is told, whatever went wrong
            if len(together) == 1:
                together[0][1].set_exception(error)
                return
            for one in together:
                self._take_in([one])
            return
        for (_, future), kept in zip(together, told, strict=True):
            future.set_result(kept)

    def _taken(self, together: Sequence[_Waiting]) -> list[list[bool]]:
        sender = together[0][0]
        arrived = [one for arrival, _ in together for one in arrival.batch]
        more: list[Event] = []
        if any(one.details for one in arrived):
            more = self._read(lambda connection: self._details(connection, arrived, sender))
        taken = self._office.take_in(
            _as_batch(arrived), sender.actor, channel=sender.channel, more=more
        )
        same = self._read(lambda connection: _kept(connection, arrived)) if taken.known else None
        return [
            [same is None or same[one.key] == _said(one) for one in arrival.batch]
            for arrival, _ in together
        ]

    def _read(self, work: Callable[[Connection], Any]) -> Any:
        with self._log.engine.connect().execution_options(reads_only=True) as connection:
            return work(connection)

    def _details(
        self, connection: Connection, arrived: Sequence[Arrived], sender: Arrival
    ) -> list[Event]:
        """Return the event that tells the details of observations that are not kept yet."""
        detailed = [one for one in arrived if one.details]
        known = _kept(connection, detailed) if detailed else {}
        detailed = [one for one in detailed if one.key not in known]
        if not detailed:
            return []
        rows = [
            [observation_details.name,
             {"stream": one.stream, "phenomenon": one.phenomenon, **one.details}]
            for one in detailed
        ]  # fmt: skip
        subject = "observation:{}:{}".format(*detailed[0].key)
        now = self._log.clock.now()
        return [
            Event(
                uuid.uuid4().hex, _EVENT, subject, now, sender.actor, sender.channel, {ROWS: rows}
            )
        ]


def _as_batch(arrived: Sequence[Arrived]) -> Observations:
    return Observations.of(
        [one.stream for one in arrived],
        [one.phenomenon for one in arrived],
        np.array([one.value for one in arrived], np.float64),
        result=[one.result for one in arrived],
        quality=np.array([one.quality for one in arrived], np.uint8),
    )


def _kept(
    connection: Connection, arrived: Sequence[Arrived]
) -> dict[tuple[int, int], tuple[Any, ...]]:
    """Return what is kept of streams and times, as :func:`_said` tells it."""
    found: dict[tuple[int, int], tuple[Any, ...]] = {}
    for part in portions(arrived):
        found |= _read(connection, part)
    return found


def _read(
    connection: Connection, arrived: Sequence[Arrived]
) -> dict[tuple[int, int], tuple[Any, ...]]:
    table, details = observations, observation_details
    same = (details.c.stream == table.c.stream) & (details.c.phenomenon == table.c.phenomenon)
    query = (
        select(table.c.stream, table.c.phenomenon, table.c.value, table.c.raw, details.c.result)
        .select_from(table.outerjoin(details, same))
        .where(tuple_(table.c.stream, table.c.phenomenon).in_([one.key for one in arrived]))
    )
    return {
        (row.stream, row.phenomenon): (row.value if row.raw is None else row.raw, row.result)
        for row in connection.execute(query)
    }


def _said(one: Arrived) -> tuple[Any, ...]:
    value = one.value if np.isfinite(one.value) else None
    return value, one.details.get("result")
