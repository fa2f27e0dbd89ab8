"""Recompute many deadlines at once from their records, and how long each clock ran."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dizuo.model.errors import InputError
from dizuo.model.text import Text
from dizuo.operations.clocks.calendar import Calendar
from dizuo.operations.clocks.calendar_files import CalendarBook
from dizuo.operations.clocks.counting import due_many, elapsed_many
from dizuo.operations.clocks.limits import Limit, Unit, is_in_days, parse_limit
from dizuo.operations.clocks.timeline import covered_instants
from dizuo.operations.evaluation.reading_events import GIVEN
from dizuo.operations.time import to_microseconds

__all__ = ["Clocks", "run_clocks"]

_MICRO: Final = 1_000_000
_HOUR: Final = 3600
_NONE: Final = np.iinfo(np.int64).min
"""How numpy writes that there is no time (NaT)."""


@dataclass(frozen=True, eq=False)
class Clocks:
    """Deadlines of many rounds, in their order.

    Attributes
    ----------
    unit
        In what each limit counts; ``""`` without a deadline, ``given`` where it was given as a time
        and no clock counts.
    limit, elapsed
        The limit with its extension, and how much of it had run at the end: hours or whole days.
        NaN without a deadline, and for ``elapsed`` while the round runs or where it ended on a day
        that the calendar does not know.
    due, due_told
        ``datetime64[us]``: computed anew, and as the record says; NaT while the clock stands.
    """

    unit: list[str]
    limit: NDArray[np.float64]
    elapsed: NDArray[np.float64]
    due: NDArray[np.datetime64]
    due_told: NDArray[np.datetime64]


def run_clocks(
    deadlines: Sequence[Mapping[str, Any] | None],
    ends: Sequence[int | None],
    calendars: CalendarBook,
) -> Clocks:
    """Compute the deadlines of rounds from their records, and what had run of each at its end.

    Parameters
    ----------
    deadlines
        The record of each round's deadline, or None.
    ends
        When each round ended, in microseconds since 1970, or None.

    Raises
    ------
    InputError
        If a record is not complete, or names a calendar that is not in the book.
    """
    n = len(deadlines)
    nothing = np.full(n, np.datetime64("NaT"), dtype="datetime64[us]")
    clocks = Clocks([""] * n, np.full(n, np.nan), np.full(n, np.nan), nothing, nothing.copy())
    alike: dict[tuple[str, str, Unit, int], list[tuple[int, _Record]]] = defaultdict(list)
    for k, (told, end) in enumerate(zip(deadlines, ends, strict=True)):
        if told is None:
            continue
        if GIVEN in told:
            clocks.unit[k] = GIVEN
            clocks.due[k] = clocks.due_told[k] = np.datetime64(_instant(told[GIVEN]), "us")
            continue
        record = _read(told, end)
        unit = clocks.unit[k] = record.limit.unit
        if record.due is not None:
            clocks.due_told[k] = np.datetime64(record.due, "us")
        alike[told["calendar"], told["version"], unit, len(record.begins)].append((k, record))
    for (calendar, version, unit, _), records in alike.items():
        at = np.array([k for k, _ in records], dtype=np.int64)
        _run(clocks, at, [one for _, one in records], unit, calendars.get(calendar, version))
    return clocks


class _Record(NamedTuple):
    """What a deadline was made of: instants in seconds since 1970, ``due`` in microseconds."""

    start: int
    limit: Limit
    due: int | None
    begins: list[int]
    ends: list[int]
    end: int | None


def _read(told: Mapping[str, Any], end: int | None) -> _Record:
    try:
        limit = _limit(told["limit"])
        if told["extension"] is not None:
            limit = _longer(limit, told["extension"]["added"])
        pauses = told["pauses"]
        return _Record(
            _seconds(told["start"]),
            limit,
            None if told["due"] is None else _instant(told["due"]),
            [_seconds(one["begin"]) for one in pauses],
            [_NONE if one["end"] is None else _seconds(one["end"]) for one in pauses],
            None if end is None else end // _MICRO,
        )
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(
            Text(
                f"the record of a deadline is not complete ({error})", f"时限记录不完整（{error}）"
            ),
            field="deadline",
        ) from error


def _run(
    clocks: Clocks,
    at: NDArray[np.int64],
    records: Sequence[_Record],
    unit: Unit,
    calendar: Calendar,
) -> None:
    """Fill in what records tell that count alike."""
    size = 1 if is_in_days(unit) else _HOUR
    starts = _instants([one.start for one in records])
    counts = np.array([one.limit.count for one in records], dtype=np.int64)
    pauses = None
    if records[0].begins:
        pauses = (
            _instants([one.begins for one in records]),
            _instants([one.ends for one in records]),
        )
    clocks.limit[at] = counts / size
    clocks.due[at] = due_many(starts, counts, unit, calendar, pauses=pauses)
    whole = _instants([_NONE if one.end is None else one.end for one in records])
    ended = ~np.isnat(whole)
    if unit != "urgent_hours" and ended.any():
        years = [
            one.astype("datetime64[Y]").item().year for one in (starts.min(), whole[ended].max())
        ]
        known = covered_instants(calendar, years[0], max(years))[1]
        ended &= whole < np.datetime64(known, "s")
    if not ended.any():
        return
    until = np.maximum(whole, starts)[ended]
    held = None if pauses is None else (pauses[0][ended], pauses[1][ended])
    clocks.elapsed[at[ended]] = (
        elapsed_many(starts[ended], until, unit, calendar, pauses=held) / size
    )


_limit = cache(parse_limit)


@cache
def _longer(limit: Limit, added: str) -> Limit:
    return limit + _limit(added)


def _instant(text: str) -> int:
    return to_microseconds(datetime.fromisoformat(text))


def _seconds(text: str) -> int:
    return _instant(text) // _MICRO


def _instants(seconds: Sequence[int] | Sequence[list[int]]) -> NDArray[np.datetime64]:
    return np.array(seconds, dtype=np.int64).view("datetime64[s]")
