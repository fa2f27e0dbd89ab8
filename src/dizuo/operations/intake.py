"""Take reports in: many that come at once share one transaction and one force to disk.

A report is acknowledged after the commit that holds it. Whoever waits for an acknowledgement
waits for a disk, not for every other report's own.
"""

import asyncio
import queue
import threading
from collections.abc import Sequence
from types import TracebackType
from typing import Final, Self

from dizuo.operations.cases.office import Actor, CaseOffice, NewCase, Opened
from dizuo.operations.gathering import gathered

__all__ = ["Intake"]

_AT_ONCE: Final = 256
_GATHERS: Final = 0.004
"""Seconds that the first report of a transaction waits for others to share it: a transaction costs
as much as a dozen reports in it."""
_Waiting = tuple[NewCase, Actor, "asyncio.Future[Opened]"]


class Intake:
    """One thread that writes reports to the log, as many at once as have come."""

    def __init__(self, office: CaseOffice) -> None:
        self._office = office
        self._waiting: queue.SimpleQueue[_Waiting | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="dizuo-intake", daemon=True)
        self._loop: asyncio.AbstractEventLoop

    def __enter__(self) -> Self:
        """Begin, within the event loop that reports come from."""
        self._loop = asyncio.get_running_loop()
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

    @property
    def is_alive(self) -> bool:
        """Whether reports are written."""
        return self._thread.is_alive()

    @property
    def waiting(self) -> int:
        """How many reports wait for their transaction."""
        return self._waiting.qsize()

    async def report(self, new: NewCase, actor: Actor) -> Opened:
        """Hand a report in; done when it is safe on disk, or refused."""
        future: asyncio.Future[Opened] = self._loop.create_future()
        self._waiting.put((new, actor, future))
        return await future

    def _run(self) -> None:
        for together in gathered(self._waiting, _AT_ONCE, seconds=_GATHERS):
            self._write(together)

    def _write(self, together: Sequence[_Waiting]) -> None:
        """Write reports together; where one is refused, write each by itself."""
        try:
            told = self._open(together)
        except Exception as error:  # noqa: BLE001 - whoever waits is told, whatever went wrong
            if len(together) == 1:
                self._loop.call_soon_threadsafe(_refuse, together[0][2], error)
                return
            for one in together:
                self._write([one])
            return
        self._loop.call_soon_threadsafe(_tell, [one[2] for one in together], told)

    def _open(self, together: Sequence[_Waiting]) -> list[Opened]:
        told: list[Opened] = []
        with self._office.log.engine.begin() as connection:
            start = 0
            for end in range(1, len(together) + 1):
                if end < len(together) and together[end][1] == together[start][1]:
                    continue
                part = [new for new, _, _ in together[start:end]]
                told += self._office.open(connection, part, together[start][1])
                start = end
        return told


def _tell(futures: Sequence["asyncio.Future[Opened]"], told: Sequence[Opened]) -> None:
    """Tell all that shared a transaction at once; whoever went away meanwhile is not told."""
    for future, opened in zip(futures, told, strict=True):
        if not future.done():
            future.set_result(opened)


def _refuse(future: "asyncio.Future[Opened]", error: Exception) -> None:
    if not future.done():
        future.set_exception(error)
