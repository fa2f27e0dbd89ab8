"""What happens when: a clock that is set from one thing to the next."""

import heapq
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from typing import NamedTuple

from dizuo.operations.time import SetClock

__all__ = ["Agenda", "Deed", "Happened", "Pace"]

Deed = Callable[[], Iterable[tuple[str, str]]]
"""Does something, puts what follows onto the agenda, and tells of what it did what with what."""


class Happened(NamedTuple):
    """When something was done, with what, and what it was."""

    at: datetime
    subject: str
    done: str


@dataclass(order=True)
class _Due:
    at: datetime
    number: int
    deed: Deed = field(compare=False)


class Agenda:
    """Deeds in the order of their times; of one time, in the order in which they were put down.

    Parameters
    ----------
    wait
        Called with the time of the next deed before the clock is set to it.
    """

    def __init__(self, clock: SetClock, wait: Callable[[datetime], None]) -> None:
        self.clock = clock
        self._wait = wait
        self._waiting: list[_Due] = []
        self._numbers = count()

    def put(self, at: datetime, deed: Deed) -> None:
        """Put a deed down."""
        heapq.heappush(self._waiting, _Due(at, next(self._numbers), deed))

    def run(self) -> Iterator[Happened]:
        """Do all deeds, and those that they put down."""
        while self._waiting:
            due = heapq.heappop(self._waiting)
            self._wait(due.at)
            self.clock.set(max(self.clock.now(), due.at))
            for subject, done in due.deed():
                yield Happened(self.clock.now(), subject, done)


@dataclass
class Pace:
    """Holds a day to a speed: what took long to do is waited for less afterwards.

    Parameters
    ----------
    begin
        The time of the day at which it starts.
    speed
        1 as in life, 60 an hour in a minute.
    now, sleep
        Tell and pass seconds: ``time.monotonic`` and ``time.sleep``, or what a test counts.
    """

    begin: datetime
    speed: float
    now: Callable[[], float]
    sleep: Callable[[float], None]
    _started: float | None = None

    def __call__(self, at: datetime) -> None:
        """Wait until it is so late in the day."""
        if self._started is None:
            self._started = self.now()
        ahead = (at - self.begin).total_seconds() / self.speed - (self.now() - self._started)
        if ahead > 0:
            self.sleep(ahead)
