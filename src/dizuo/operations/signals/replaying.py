"""Take a file of observations in: as it was then, on a clock of its own, or as history, now.

The file is long (``stream``, ``time``, ``value``, as devices send it) or wide (a time in every row,
a column a stream, as stations write it).
"""

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

import numpy as np

from dizuo.model.errors import InputError
from dizuo.model.text import Text
from dizuo.operations.signals.observations import Observations
from dizuo.operations.signals.office import SignalOffice
from dizuo.operations.signals.payloads import read_payload
from dizuo.operations.signals.register import Register
from dizuo.operations.signals.replay import ReplayFile, opened_text, replay
from dizuo.operations.time import SetClock, from_microseconds

__all__ = ["Replayed", "observations_of", "take_in_file"]

_LONG: Final = {"stream", "time", "value"}
_TOGETHER: Final = timedelta(minutes=1)
_ROWS: Final = 50_000


@dataclass(frozen=True, slots=True)
class Replayed:
    """What became of a file."""

    observations: int
    late: int
    known: int
    changes: int


def observations_of(
    file: Path,
    register: Register,
    clock: SetClock,
    *,
    columns: Mapping[str, str] | None = None,
    offset: timedelta = timedelta(0),
) -> Iterator[Observations]:
    """Read a file in the order of its results, the clock set to each before it is handed out.

    Parameters
    ----------
    columns
        Of a wide file: the stream of each column. Columns that are called like a stream need none.
    offset
        Of the file's times from UTC, where they do not say it.

    Raises
    ------
    InputError
        If the file cannot be read, or has no column of a stream.
    """
    header = _header(file)
    if set(header) >= _LONG:
        yield from _long(file, register, clock)
        return
    known = {one.id for one in register.streams}
    named = {name: name for name in header if name in known} | dict(columns or {})
    if not named:
        raise InputError(
            Text("no column is called like a stream", "没有与数据流同名的列"),
            file=file,
            row=1,
            cure=Text(
                "Name them: --column PM2.5=STREAM.", "请指定：--column PM2.5=STREAM（数据流）。"
            ),
        )
    numbers = {name: register.number(stream) for name, stream in named.items()}
    interval = min(register.streams[n].interval for n in numbers.values())
    time = next((name for name in ("time", "phenomenon", "date_time") if name in header), None)
    wide = ReplayFile(file, numbers, offset, interval, time)
    yield from replay([wide], clock, batch=_TOGETHER)


def _header(file: Path) -> list[str]:
    with opened_text(file) as text:
        return next(csv.reader(text), [])


def _long(file: Path, register: Register, clock: SetClock) -> Iterator[Observations]:
    with opened_text(file) as text:
        whole = read_payload(text.read().encode(), register, kind="csv")
    whole = whole.take(np.lexsort((whole.phenomenon, whole.result)))
    width = _TOGETHER // timedelta(microseconds=1)
    starts = np.flatnonzero(np.diff(whole.result // width, prepend=-1))
    for start, end in zip(starts, [*starts[1:], len(whole)], strict=True):
        batch = whole.take(np.arange(start, end))
        clock.set(from_microseconds(int(batch.result.max())))
        yield batch


def take_in_file(
    office: SignalOffice, batches: Iterator[Observations], *, as_then: bool
) -> Replayed:
    """Take batches in.

    Parameters
    ----------
    as_then
        Whether each is a batch by itself and time passes with it: the office lives by the file's
        clock. Otherwise they are history, which is stored many at once.
    """
    tally = Replayed(0, 0, 0, 0)
    waiting: list[Observations] = []
    for batch in batches:
        waiting.append(batch)
        if as_then or sum(map(len, waiting)) >= _ROWS:
            tally = _taken(office, waiting, tally)
            waiting = []
            if as_then:
                changes = tally.changes + office.let_time_pass()
                tally = Replayed(tally.observations, tally.late, tally.known, changes)
    return _taken(office, waiting, tally) if waiting else tally


def _taken(office: SignalOffice, batches: list[Observations], before: Replayed) -> Replayed:
    done = office.take_in(Observations.joined(batches), "operator", channel="replay")
    return Replayed(
        before.observations + done.fresh + done.late,
        before.late + done.late,
        before.known + done.known,
        before.changes + done.changes,
    )
