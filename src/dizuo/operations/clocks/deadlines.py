"""Deadlines with their records: every deadline can be recomputed from what it was made of."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any, Literal, get_args

import numpy as np

from dizuo.model.errors import InputError
from dizuo.model.text import Text
from dizuo.operations.clocks.calendar import Calendar
from dizuo.operations.clocks.calendar_files import CalendarBook
from dizuo.operations.clocks.counting import Instants, due_many, elapsed_many
from dizuo.operations.clocks.limits import Limit, Unit, parse_limit
from dizuo.operations.clocks.timeline import timeline

__all__ = [
    "Deadline",
    "Extension",
    "Pause",
    "PauseReason",
    "due",
    "elapsed",
    "extended",
    "give_deadline",
    "is_overdue",
    "paused",
    "recompute",
    "restarted",
]

PauseReason = Literal["suspension", "supplement", "special_procedure", "other"]

# Changes when the rules of counting in this package change their meaning.
METHOD = "clocks 1"

_REASONS: dict[PauseReason, Text] = {
    "suspension": Text("suspended", "挂账（中止）"),
    "supplement": Text("supplements awaited", "补正"),
    "special_procedure": Text("special procedure", "特别程序"),
    "other": Text("other reason", "其他"),
}


@dataclass(frozen=True, slots=True)
class Pause:
    """A time in which the clock stands; from its begin until before its end (None: still open)."""

    begin: datetime
    end: datetime | None
    reason: PauseReason
    note: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "begin", _in_utc(self.begin, "pause"))
        if self.end is not None:
            object.__setattr__(self, "end", _in_utc(self.end, "pause"))
            if self.end < self.begin:
                raise InputError(
                    Text("A pause ends before it begins", "暂停的结束早于开始"), field="pauses"
                )
        if self.reason not in get_args(PauseReason):
            known, it = get_args(PauseReason), self.reason
            raise InputError(
                Text(f"There is no reason '{it}' for a pause", f"没有暂停原因 '{it}'"),
                field="reason",
                cure=Text(f"Give one of {', '.join(known)}.", f"请给出：{'、'.join(known)}。"),
            )
        if self.reason == "other" and not self.note.strip():
            raise InputError(
                Text("A pause for another reason must say which", "因其他原因暂停须说明原因"),
                field="note",
            )


@dataclass(frozen=True, slots=True)
class Extension:
    """More time, approved once, in the unit of the limit."""

    added: Limit
    approved: datetime
    reason: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "approved", _in_utc(self.approved, "approved"))
        if not self.reason.strip():
            raise InputError(Text("An extension must say why", "延期须说明理由"), field="reason")


@dataclass(frozen=True, slots=True)
class Deadline:
    """By when something is due, and all that this was computed from.

    Attributes
    ----------
    start
        When the clock began, UTC.
    limit
        What the rule allows, without the extension.
    calendar, version
        The calendar that counts; a newer version never changes this deadline.
    due
        UTC; None while an open pause holds the clock.
    pauses, extension
        What changed the time since.
    days
        Fingerprint of the working hours between start and due, so that a change of a library of
        holidays or of time zones is noticed.
    method
        Version of the rules of counting.
    """

    start: datetime
    limit: Limit
    calendar: str
    version: str
    due: datetime | None
    days: str
    pauses: tuple[Pause, ...] = ()
    extension: Extension | None = None
    method: str = METHOD

    @property
    def allowed(self) -> Limit:
        """The limit with its extension."""
        return self.limit if self.extension is None else self.limit + self.extension.added

    @property
    def open_pause(self) -> Pause | None:
        """The pause that has not ended, if there is one."""
        return next((pause for pause in self.pauses if pause.end is None), None)

    def explain(self, calendars: CalendarBook) -> Text:
        """Say in both languages how the deadline comes about, in the calendar's local time."""
        zone = calendars.get(self.calendar, self.version).zone

        def local(instant: datetime) -> str:
            return f"{instant.astimezone(zone):%Y-%m-%d %H:%M:%S}"

        en = [f"{self.limit.text.en} from {local(self.start)}"]
        zh = [f"自{local(self.start)}起{self.limit.text.zh}"]
        for pause in self.pauses:
            until = ("now", "今") if pause.end is None else (local(pause.end),) * 2
            en.append(f"paused {local(pause.begin)} to {until[0]}: {_REASONS[pause.reason].en}")
            zh.append(f"{local(pause.begin)}至{until[1]}停计：{_REASONS[pause.reason].zh}")
        if self.extension is not None:
            en.append(f"extended by {self.extension.added.text.en}")
            zh.append(f"延期{self.extension.added.text.zh}")
        en.append("the clock stands" if self.due is None else f"due {local(self.due)}")
        zh.append("计时停止" if self.due is None else f"截止{local(self.due)}")
        name = f"{self.calendar} {self.version}, {zone.key}"
        return Text(f"{'; '.join(en)} ({name}).", f"{'；'.join(zh)}（{name}）。")

    def as_dict(self) -> dict[str, Any]:
        """Return the record as JSON holds it."""
        extension = self.extension
        return {
            "start": self.start.isoformat(),
            "limit": str(self.limit),
            "calendar": self.calendar,
            "version": self.version,
            "due": None if self.due is None else self.due.isoformat(),
            "days": self.days,
            "pauses": [
                {
                    "begin": pause.begin.isoformat(),
                    "end": None if pause.end is None else pause.end.isoformat(),
                    "reason": pause.reason,
                    "note": pause.note,
                }
                for pause in self.pauses
            ],
            "extension": None
            if extension is None
            else {
                "added": str(extension.added),
                "approved": extension.approved.isoformat(),
                "reason": extension.reason,
            },
            "method": self.method,
        }

    @classmethod
    def from_dict(cls, record: dict[str, Any]) -> "Deadline":
        """Return the deadline whose :meth:`as_dict` this is."""
        try:
            extension = record["extension"]
            return cls(
                start=datetime.fromisoformat(record["start"]),
                limit=parse_limit(record["limit"]),
                calendar=record["calendar"],
                version=record["version"],
                due=record["due"] and datetime.fromisoformat(record["due"]),
                days=record["days"],
                pauses=tuple(
                    Pause(
                        datetime.fromisoformat(pause["begin"]),
                        pause["end"] and datetime.fromisoformat(pause["end"]),
                        pause["reason"],
                        pause["note"],
                    )
                    for pause in record["pauses"]
                ),
                extension=extension
                and Extension(
                    parse_limit(extension["added"]),
                    datetime.fromisoformat(extension["approved"]),
                    extension["reason"],
                ),
                method=record["method"],
            )
        except (KeyError, TypeError, ValueError) as error:
            problem = Text(
                f"The record of a deadline is not complete ({error})", f"时限记录不完整（{error}）"
            )
            raise InputError(problem, field="deadline") from error


def due(
    start: datetime, limit: Limit, calendar: Calendar, pauses: Sequence[Pause] = ()
) -> datetime:
    """Return by when a limit runs out.

    Parameters
    ----------
    start
        When the clock begins; with a time zone. Fractions of a second are dropped.
    limit
        How much time there is.
    calendar
        The version in force at the start.
    pauses
        When the clock stands; they may overlap.

    Returns
    -------
    datetime
        In UTC; what is done at this instant is in time.

    Raises
    ------
    InputError
        If an open pause holds the clock, or days are not covered by the calendar.
    """
    found = _due(start, limit, calendar, pauses)
    if found is None:
        problem = Text(
            "The clock stands in an open pause, so nothing is due yet",
            "计时处于暂停之中，尚无到期时间",
        )
        cure = Text("End the pause first.", "请先结束暂停。")
        raise InputError(problem, field="pauses", cure=cure)
    return found


def elapsed(
    start: datetime,
    end: datetime,
    unit: Unit,
    calendar: Calendar,
    pauses: Sequence[Pause] = (),
) -> Fraction:
    """Return how much of a clock has run from a start to an end.

    Returns
    -------
    Fraction
        Exact hours, or whole days that have ended. ``elapsed(start, due(start, limit, …), …)`` is
        the limit's amount; for calendar days whose last day had to be a working day it may be more.

    Raises
    ------
    InputError
        If the end is before the start, or days are not covered by the calendar.
    """
    counts = elapsed_many(
        _instants([_in_utc(start, "start")]),
        _instants([_in_utc(end, "end")]),
        unit,
        calendar,
        pauses=_columns(pauses),
    )
    one = Limit.of_count(1, unit).amount
    return int(counts[0]) * one


def give_deadline(start: datetime, limit: Limit, calendar: Calendar) -> Deadline:
    """Return a deadline with its record, for a clock that starts under a version of a calendar.

    Raises
    ------
    InputError
        If the version is not in force at the start, or does not cover the days that are needed.
    """
    record = Deadline(
        start=_in_utc(start, "start"),
        limit=limit,
        calendar=calendar.id,
        version=calendar.version,
        due=None,
        days="",
    )
    return _computed(record, calendar)


def recompute(record: Deadline, calendars: CalendarBook) -> Deadline:
    """Compute a deadline again from its record, as anybody can who has the calendars.

    Returns
    -------
    Deadline
        Equal to the record.

    Raises
    ------
    InputError
        If the deadline does not follow from its record: it was altered, the version of the calendar
        is not there, or it no longer has the working hours with which the deadline was given (a
        library of holidays or of time zones was corrected).
    """
    if record.method != METHOD:
        raise InputError(
            Text(
                f"The deadline was computed by '{record.method}', and this is '{METHOD}'",
                f"该时限按 '{record.method}' 计算，而当前方法为 '{METHOD}'",
            ),
            field="method",
        )
    calendar = calendars.get(record.calendar, record.version)
    again = _computed(record, calendar)
    if again != record:
        raise InputError(
            Text(
                f"The deadline {record.due} does not follow from its record: it was altered, or "
                f"calendar {calendar.id} {calendar.version} no longer has the working hours with "
                f"which it was given; computed now, it is {again.due}",
                f"时限 {record.due} 与其记录不符：可能被改动，或日历 {calendar.id} "
                f"{calendar.version} 的工作时间已非计算时的样子；现在重算为 {again.due}",
            ),
            file=calendar.file or None,
            field="deadline",
            cure=Text(
                "If the calendar changed, restore the version (list the days as they were under "
                "[[days]]), and publish the change as a new version.",
                "若日历有变，请恢复该版本（在 [[days]] 下列出原来的日期），"
                "并将变更作为新版本发布。",
            ),
        )
    return record


def is_overdue(record: Deadline, at: datetime) -> bool:
    """Whether a deadline had passed at an instant; while the clock stands it has not."""
    return record.due is not None and _in_utc(at, "at") > record.due


def paused(
    record: Deadline, at: datetime, reason: PauseReason, calendars: CalendarBook, note: str = ""
) -> Deadline:
    """Return the deadline with its clock stopped; stopped after it was due, it stays as it is.

    Raises
    ------
    InputError
        If the clock already stands, or ran at that time by the record.
    """
    begin = _in_utc(at, "at")
    earliest = max([record.start, *(pause.end for pause in record.pauses if pause.end)])
    if record.open_pause is not None:
        raise InputError(
            Text("The clock already stands", "计时已处于暂停"), field="pauses",
            cure=Text("Restart it first.", "请先恢复计时。"),
        )  # fmt: skip
    if begin < earliest:
        problem = Text(
            f"A pause cannot begin at {begin}, before {earliest}",
            f"暂停不能始于 {begin}，早于 {earliest}",
        )
        cure = Text("Pauses follow one another, after the start.", "暂停须依次发生，且在计时之后。")
        raise InputError(problem, field="at", cure=cure)
    pauses = (*record.pauses, Pause(begin, None, reason, note))
    return _computed(replace(record, pauses=pauses), _calendar_of(record, calendars))


def restarted(record: Deadline, at: datetime, calendars: CalendarBook) -> Deadline:
    """Return the deadline with its clock running again.

    Raises
    ------
    InputError
        If the clock does not stand, or would restart before it stopped.
    """
    standing = record.open_pause
    if standing is None:
        raise InputError(Text("The clock does not stand", "计时并未暂停"), field="pauses")
    ended = replace(standing, end=_in_utc(at, "at"))
    pauses = tuple(ended if pause is standing else pause for pause in record.pauses)
    return _computed(replace(record, pauses=pauses), _calendar_of(record, calendars))


def extended(
    record: Deadline, added: Limit, approved: datetime, reason: str, calendars: CalendarBook
) -> Deadline:
    """Return the deadline with more time: once, and approved before it has passed.

    Raises
    ------
    InputError
        If there was an extension, the deadline has passed, or the unit is another one.
    """
    extension = Extension(added, approved, reason)
    if record.extension is not None:
        raise InputError(
            Text("A deadline is extended only once", "时限只能延长一次"), field="extension"
        )
    if extension.approved < record.start or is_overdue(record, extension.approved):
        raise InputError(
            Text(
                f"An extension approved at {extension.approved} is not between the start and the "
                f"deadline, {record.due}",
                f"延期批准于 {extension.approved}，不在计时开始与到期（{record.due}）之间",
            ),
            field="approved",
        )
    return _computed(replace(record, extension=extension), _calendar_of(record, calendars))


def _calendar_of(record: Deadline, calendars: CalendarBook) -> Calendar:
    """Return the calendar of a record whose deadline still follows from it."""
    recompute(record, calendars)
    return calendars.get(record.calendar, record.version)


def _computed(record: Deadline, calendar: Calendar) -> Deadline:
    found = _due(record.start, record.allowed, calendar, record.pauses)
    record = replace(record, due=found)
    return replace(record, days=_fingerprint(record, calendar))


def _due(
    start: datetime, limit: Limit, calendar: Calendar, pauses: Sequence[Pause]
) -> datetime | None:
    found = due_many(
        _instants([_in_utc(start, "start")]),
        limit.count,
        limit.unit,
        calendar,
        pauses=_columns(pauses),
    )[0]
    return None if np.isnat(found) else datetime.fromtimestamp(int(found.astype(np.int64)), UTC)


def _fingerprint(record: Deadline, calendar: Calendar) -> str:
    """Return a digest of all that the deadline took from the calendar."""
    if record.limit.unit == "urgent_hours":
        return ""
    last = record.due
    if last is None:
        last = max(pause.begin for pause in record.pauses)
    begin, end = int(record.start.timestamp()), int(last.timestamp())
    line = timeline(calendar, record.start.year - 1, last.year + 1)
    digest = hashlib.sha256(repr(calendar.counting).encode())
    between = (line.opens < end) & (line.closes > begin)
    for side in (line.opens[between], line.closes[between]):
        digest.update(side.astype("<i8").tobytes())
    days = (line.midnights < end) & (line.day_ends > begin)
    for side in (line.midnights[days], line.day_ends[days]):
        digest.update(side.astype("<i8").tobytes())
    return digest.hexdigest()[:32]


def _in_utc(instant: datetime, field: str) -> datetime:
    if instant.tzinfo is None:
        raise InputError(
            Text(f"The time {instant} has no time zone", f"时间 {instant} 没有时区"),
            field=field,
            cure=Text("Give it with its zone.", "请带时区给出。"),
        )
    return instant.astimezone(UTC)


def _instants(times: Sequence[datetime | None]) -> Instants:
    naive = [None if time is None else time.replace(tzinfo=None) for time in times]
    return np.asarray(naive, dtype="datetime64[s]")


def _columns(pauses: Sequence[Pause]) -> tuple[Instants, Instants] | None:
    if not pauses:
        return None
    begins = _instants([pause.begin for pause in pauses])
    ends = _instants([pause.end for pause in pauses])
    return begins[np.newaxis], ends[np.newaxis]
