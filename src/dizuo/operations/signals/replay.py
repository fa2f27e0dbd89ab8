"""Replay files of observations as signals: row by row, by an injected clock."""

import csv
import gzip
import heapq
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import IO, Literal

from dizuo.model.errors import InputError
from dizuo.model.text import Text
from dizuo.operations.signals.observations import Observations
from dizuo.operations.time import SetClock, from_microseconds, to_microseconds

__all__ = ["ReplayFile", "opened_text", "replay"]

_HOUR_COLUMNS = ("year", "month", "day", "hour")
_ONE = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class ReplayFile:
    """A table with a time in every row and a stream in some columns.

    Attributes
    ----------
    file
        CSV in UTF-8, or the same with gzip (``.gz``); sorted by time, as devices write it.
    columns
        Number of the stream in the register, by the name of its column.
    offset
        Of the file's times from UTC, where they do not say it themselves.
    interval
        What each row covers.
    time
        The column of the time, as ISO 8601; or None: the columns year, month, day and hour.
    marks
        Whether the time of a row is the ``start`` or the ``end`` of what it covers.
    delay
        From the end of what a row covers until the result is there.
    missing
        Words that stand for no value.
    """

    file: Path
    columns: Mapping[str, int]
    offset: timedelta
    interval: timedelta
    time: str | None = None
    marks: Literal["start", "end"] = "start"
    delay: timedelta = timedelta(0)
    missing: frozenset[str] = frozenset({"", "NA", "NaN", "null", "-", "—"})


_Row = tuple[int, int, list[tuple[int, float]]]
"""When the results are there, when the phenomenon began, and the values by stream."""


def replay(
    files: Sequence[ReplayFile], clock: SetClock, *, batch: timedelta | None = None
) -> Iterator[Observations]:
    """Read files side by side, in the order in which their results were there.

    The clock is set to that time before each batch is handed out, so whoever takes it lives in the
    past. Nothing more than a batch is kept in memory.

    Parameters
    ----------
    batch
        Results of this much time come together; None: those of one moment.

    Raises
    ------
    InputError
        If a file cannot be read, lacks a column, goes back in time, or has something that is no
        number or no time; the message names the file, the row and the column.
    """
    width = max((batch or _ONE) // _ONE, 1)
    rows = heapq.merge(*(_rows(one) for one in files), key=itemgetter(0))
    for _, together in groupby(rows, key=lambda row: row[0] // width):
        taken = list(together)
        clock.set(from_microseconds(taken[-1][0]))
        flat = [(s, begun, there, v) for there, begun, values in taken for s, v in values]
        if flat:
            stream, begun, there, value = zip(*flat, strict=True)
            yield Observations.of(stream, begun, value, result=there)


def opened_text(file: Path) -> IO[str]:
    """Open a table of observations to read: UTF-8, or the same with gzip (``.gz``).

    Raises
    ------
    InputError
        If the file cannot be read.
    """
    try:
        if file.suffix == ".gz":
            return gzip.open(file, "rt", encoding="utf-8-sig", newline="")
        return file.open(encoding="utf-8-sig", newline="")
    except OSError as error:
        raise InputError(
            Text(f"the file cannot be read: {error.strerror}", f"无法读取文件：{error.strerror}"),
            file=file,
            cure=Text("Correct its path.", "请更正路径。"),
        ) from error


def _rows(settings: ReplayFile) -> Iterator[_Row]:
    with opened_text(settings.file) as text:
        reader = csv.reader(text)
        header = next(reader, [])
        wanted = [*settings.columns, *([settings.time] if settings.time else _HOUR_COLUMNS)]
        lacking = [name for name in wanted if name not in header]
        if lacking:
            raise InputError(
                Text(
                    f"there is no column {', '.join(map(repr, lacking))}",
                    f"没有列 {'、'.join(map(repr, lacking))}",
                ),
                file=settings.file,
                row=1,
                cure=Text(
                    f"The columns are: {', '.join(header)}.", f"可用的列：{'、'.join(header)}。"
                ),
            )
        places = {header.index(name): (stream, name) for name, stream in settings.columns.items()}
        times = [header.index(name) for name in wanted[len(settings.columns) :]]
        last: int | None = None
        for number, row in enumerate(reader, start=2):
            try:
                begun = _time(settings, [row[place] for place in times])
                cells = [(stream, row[place].strip(), name)
                         for place, (stream, name) in places.items()]  # fmt: skip
            except IndexError as error:
                raise _wrong(
                    settings, number, Text("the row is shorter than the header", "该行比表头短")
                ) from error
            except ValueError as error:
                raise _wrong(
                    settings,
                    number,
                    Text(f"the time cannot be read ({error})", f"无法读取时间（{error}）"),
                ) from error
            if last is not None and begun < last:
                raise _wrong(
                    settings,
                    number,
                    Text("the row is older than the row before it", "该行早于上一行"),
                )
            last = begun
            there = begun + (settings.interval + settings.delay) // _ONE
            yield there, begun, list(_values(settings, number, cells))


def _values(
    settings: ReplayFile, number: int, cells: Sequence[tuple[int, str, str]]
) -> Iterator[tuple[int, float]]:
    for stream, cell, name in cells:
        if cell in settings.missing:
            continue
        try:
            yield stream, float(cell)
        except ValueError as error:
            raise InputError(
                Text(f"{cell!r} is no number", f"{cell!r} 不是数"),
                file=settings.file,
                row=number,
                field=name,
            ) from error


def _time(settings: ReplayFile, cells: Sequence[str]) -> int:
    """Return when what the row covers began, in microseconds since 1970."""
    if settings.time:
        time = datetime.fromisoformat(cells[0])
    else:
        year, month, day, hour = map(int, cells)
        time = datetime(year, month, day) + timedelta(hours=hour)  # noqa: DTZ001 (zone below)
    if time.tzinfo is None:
        time = time.replace(tzinfo=timezone(settings.offset))
    if settings.marks == "end":
        time -= settings.interval
    return to_microseconds(time)


def _wrong(settings: ReplayFile, row: int, problem: Text) -> InputError:
    return InputError(problem, file=settings.file, row=row)
