"""Take reports in: many that come at once share one transaction and one force to disk.

A report is acknowledged after the commit that holds it. Whoever waits for an acknowledgement
waits for a disk, not for every other report's own.
"""

import queue
import threading
from collections.abc import Sequence
from concurrent.futures import Future
from types import TracebackType
from typing import Final, Self

from dizuo.operations.cases.office import Actor, CaseOffice, NewCase, Opened

__all__ = ["Intake"]

_AT_ONCE: Final = 256
_Waiting = tuple[NewCase, Actor, "Future[Opened]"]


class Intake:
    """One thread that writes reports to the log, as many at once as have come."""

    def __init__(self, office: CaseOffice) -> None:
        self._office = office
        self._waiting: queue.Queue[_Waiting | None] = queue.Queue()
        self._thread = threading.Thread(target=self._run, name="dizuo-intake", daemon=True)

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

    def report(self, new: NewCase, actor: Actor) -> "Future[Opened]":
        """Hand a report in; the future is done when it is safe on disk, or refused."""
        future: Future[Opened] = Future()
        self._waiting.put((new, actor, future))
        return future

    def _run(self) -> None:
        while (first := self._waiting.get()) is not None:
            together = [first]
            ends = False
            while len(together) < _AT_ONCE and not ends:
                try:
                    one = self._waiting.get_nowait()
                except queue.Empty:
                    break
                ends = one is None
                if one is not None:
                    together.append(one)
            self._write(together)
            if ends:
                return

    def _write(self, together: Sequence[_Waiting]) -> None:
        """Write reports together; where one is refused, write each by itself."""
        try:
            told = self._open(together)
        except Exception as error:  # noqa: BLE001 - whoever waits is told, whatever went wrong
            if len(together) == 1:
                together[0][2].set_exception(error)
                return
            for one in together:
                self._write([one])
            return
        for (_, _, future), opened in zip(together, told, strict=True):
            future.set_result(opened)

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
