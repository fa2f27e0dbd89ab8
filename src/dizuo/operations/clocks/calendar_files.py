"""Calendars as TOML files, and the book that keeps every version of each.

::

    [calendar]
    id = "cn_default"
    version = "2026.1"
    en = "…"
    zh = "…"
    time_zone = "Asia/Shanghai"
    valid_from = 2005-01-01

    [holidays]
    source = "chinesecalendar"      # none | listed | chinesecalendar | holidays

    [counting]
    first_day = "next"              # next | same

    [[seasons]]
    en = "All year"
    zh = "全年"
    from = "01-01"
    to = "12-31"
    mon = ["09:00-12:00", "13:00-17:00"]
    make_up = ["09:00-12:00", "13:00-17:00"]

    [[days]]                        # one date: hours, or "make_up", or [] for closed
    date = 2026-02-13
    hours = ["09:00-12:00"]

    [[yearly_days]]                 # every year, if the day is worked
    on = "12-24"
    hours = ["09:00-12:00"]
"""

import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any, get_args, get_type_hints

from dizuo.base.toml_files import parse_toml, toml_text
from dizuo.model.errors import InputError
from dizuo.model.text import Text
from dizuo.operations.clocks.calendar import (
    Calendar,
    Counting,
    Holidays,
    Hours,
    MonthDay,
    NamedDay,
    Season,
    YearlyDay,
)

__all__ = ["CalendarBook", "parse_calendar"]

_SHIPPED = Path(__file__).parent / "calendars"
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_SPAN = re.compile(r"(\d\d):(\d\d)\s*[-–]\s*(\d\d):(\d\d)")
_MONTH_DAY = re.compile(r"(\d\d)-(\d\d)")
_KEYS = {
    "": {"calendar", "holidays", "counting", "seasons", "days", "yearly_days"},
    "calendar": {
        "id", "version", "en", "zh", "time_zone", "valid_from", "valid_to", "source", "certainty",
        "note",
    },
    "holidays": {
        "source", "country", "subdivision", "categories", "first_year", "last_year",
        "listed_years", "unsettled_from", "accept_estimated",
    },
    "counting": {"first_day", "receipt", "day_end", "last_day"},
    "seasons": {"en", "zh", "from", "to", "make_up", *_WEEKDAYS},
    "days": {"date", "hours", "en", "zh"},
    "yearly_days": {"on", "hours", "en", "zh"},
}  # fmt: skip


class CalendarBook:
    """Every version of every calendar; old versions stay, for the deadlines given under them.

    Parameters
    ----------
    calendars
        The calendars of the book; the same version may be given twice only if it is the same.

    Raises
    ------
    InputError
        If one version of one calendar is given with two contents.
    """

    def __init__(self, calendars: Iterable[Calendar]) -> None:
        self._versions: dict[tuple[str, str], Calendar] = {}
        for calendar in calendars:
            kept = self._versions.setdefault((calendar.id, calendar.version), calendar)
            if kept != calendar:
                raise InputError(
                    Text(
                        f"Calendar {calendar.id} {calendar.version} differs from the one in "
                        f"{kept.file or 'the book'}",
                        f"日历 {calendar.id} {calendar.version} 与 "
                        f"{kept.file or 'the book'} 中的不同",
                    ),
                    file=calendar.file or None,
                    field="version",
                    cure=Text(
                        "Give a changed calendar a new version, and keep the old file.",
                        "日历有变更时请给出新版本，并保留旧文件。",
                    ),
                )

    @classmethod
    def load(cls, extra_folders: Iterable[Path] = ()) -> "CalendarBook":
        """Read the calendars that come with dizuo, and those of more folders."""
        files = [
            file for folder in (_SHIPPED, *extra_folders) for file in sorted(folder.glob("*.toml"))
        ]
        return cls(parse_calendar(toml_text(file), str(file)) for file in files)

    def all(self) -> list[Calendar]:
        """Return all versions, by id and first day in force."""
        return sorted(self._versions.values(), key=lambda one: (one.id, one.valid_from))

    def get(self, calendar_id: str, version: str) -> Calendar:
        """Return one version of one calendar, as the record of a deadline names it."""
        try:
            return self._versions[calendar_id, version]
        except KeyError:
            raise InputError(
                Text(
                    f"There is no calendar {calendar_id} {version}",
                    f"没有日历 {calendar_id} {version}",
                ),
                field="calendar",
                cure=Text(
                    f"Known are {', '.join(f'{one.id} {one.version}' for one in self.all())}.",
                    f"已有：{'、'.join(f'{one.id} {one.version}' for one in self.all())}。",
                ),
            ) from None

    def current(self, calendar_id: str, day: date) -> Calendar:
        """Return the version for clocks that start on a day: of those in force, the newest.

        Raises
        ------
        InputError
            If no version is in force, or two came into force on the same day.
        """
        in_force = [
            one
            for one in self.all()
            if one.id == calendar_id
            and one.valid_from <= day
            and (one.valid_to is None or day < one.valid_to)
        ]
        if not in_force:
            raise InputError(
                Text(
                    f"No version of calendar {calendar_id} is in force on {day}",
                    f"日历 {calendar_id} 在 {day} 没有生效的版本",
                ),
                field="calendar",
                cure=Text(
                    f"Known are {', '.join(f'{one.id} {one.version}' for one in self.all())}.",
                    f"已有：{'、'.join(f'{one.id} {one.version}' for one in self.all())}。",
                ),
            )
        newest = in_force[-1]
        rivals = [one for one in in_force if one.valid_from == newest.valid_from]
        if len(rivals) > 1:
            raise InputError(
                Text(
                    f"Versions {' and '.join(one.version for one in rivals)} of calendar "
                    f"{calendar_id} come into force on the same day, {newest.valid_from}",
                    f"日历 {calendar_id} 的版本 "
                    f"{' 与 '.join(one.version for one in rivals)} 在同一天（"
                    f"{newest.valid_from}）生效",
                ),
                file=newest.file or None,
                field="valid_from",
            )
        return newest


def parse_calendar(text: str, file: str = "") -> Calendar:
    """Return the calendar that a TOML file holds.

    Raises
    ------
    InputError
        If the file is not well formed; the message names the key and the cure.
    """
    tables = parse_toml(text, file)
    reader = _Reader(file)
    reader.check(tables, "")
    head = reader.check(tables.get("calendar", {}), "calendar")
    return Calendar(
        id=reader.need(head, "id", str),
        version=reader.need(head, "version", str),
        name=reader.text(head),
        time_zone=reader.need(head, "time_zone", str),
        valid_from=reader.need(head, "valid_from", date),
        valid_to=head.get("valid_to") and reader.need(head, "valid_to", date),
        source=head.get("source", ""),
        certainty=reader.choice(head, "certainty", "check", Calendar),
        note=head.get("note", ""),
        seasons=tuple(reader.season(one) for one in tables.get("seasons", ())),
        holidays=reader.holidays(tables.get("holidays", {})),
        counting=reader.counting(tables.get("counting", {})),
        days=tuple(reader.named_day(one) for one in tables.get("days", ())),
        yearly_days=tuple(reader.yearly_day(one) for one in tables.get("yearly_days", ())),
        file=file,
    )


class _Reader:
    """Reads the tables of one file, and names the file where something is wrong."""

    def __init__(self, file: str) -> None:
        self.file = file or None

    def check(self, table: dict[str, Any], kind: str) -> dict[str, Any]:
        unknown = sorted(set(table) - _KEYS[kind])
        if unknown:
            raise InputError(
                Text(
                    f"There is no key '{unknown[0]}' in {f'[{kind}]' if kind else 'a calendar'}",
                    f"{(f'[{kind}]' if kind else 'a calendar')} 中没有键 '{unknown[0]}'",
                ),
                file=self.file,
                field=unknown[0],
                cure=Text(
                    f"Known are {', '.join(sorted(_KEYS[kind]))}.",
                    f"已有：{'、'.join(sorted(_KEYS[kind]))}。",
                ),
            )
        return table

    def need(self, table: dict[str, Any], key: str, kind: type) -> Any:
        value = table.get(key)
        if not isinstance(value, kind) or isinstance(value, datetime):
            raise InputError(
                Text(
                    f"'{key}' is {value!r}, and must be a {kind.__name__}",
                    f"'{key}' 为 {value!r}，须为 {kind.__name__}",
                ),
                file=self.file,
                field=key,
            )
        return value

    def text(self, table: dict[str, Any]) -> Text:
        return Text(self.need(table, "en", str), self.need(table, "zh", str))

    def choice(self, table: dict[str, Any], key: str, default: str, of: type) -> Any:
        allowed = get_args(get_type_hints(of)[key])
        value = table.get(key, default)
        if value not in allowed:
            raise InputError(
                Text(f"'{key}' is {value!r}", f"'{key}' 为 {value!r}"),
                file=self.file,
                field=key,
                cure=Text(
                    f"Write one of {', '.join(allowed)}.", f"请写以下之一：{'、'.join(allowed)}。"
                ),
            )
        return value

    def hours(self, spans: Any) -> Hours:
        if not isinstance(spans, Sequence) or isinstance(spans, str):
            spans = [spans]
        matches = [_SPAN.fullmatch(span.strip()) for span in spans if isinstance(span, str)]
        if len(matches) != len(spans) or None in matches:
            raise InputError(
                Text(f"{spans!r} are no hours", f"{spans!r} 不是工作时间"),
                file=self.file,
                field="hours",
                cure=Text(
                    'Write them as in ["09:00-12:00", "13:00-17:00"].',
                    '请写成 ["09:00-12:00", "13:00-17:00"] 的形式。',
                ),
            )
        times = [[int(part) for part in match.groups()] for match in matches if match]
        return tuple((a * 3600 + b * 60, c * 3600 + d * 60) for a, b, c, d in times)

    def month_day(self, table: dict[str, Any], key: str) -> MonthDay:
        match = _MONTH_DAY.fullmatch(str(table.get(key, "")))
        try:
            day = date(2024, int(match[1]), int(match[2])) if match else None
        except ValueError:
            day = None
        if day is None:
            raise InputError(
                Text(f"'{key}' is {table.get(key)!r}", f"'{key}' 为 {table.get(key)!r}"),
                file=self.file,
                field=key,
                cure=Text('Write month and day, as in "05-01".', '请写月和日，例如 "05-01"。'),
            )
        return day.month, day.day

    def season(self, table: dict[str, Any]) -> Season:
        self.check(table, "seasons")
        return Season(
            name=self.text(table),
            first=self.month_day(table, "from"),
            last=self.month_day(table, "to"),
            weekdays=tuple(self.hours(table.get(day, [])) for day in _WEEKDAYS),
            make_up=self.hours(table.get("make_up", [])),
        )

    def holidays(self, table: dict[str, Any]) -> Holidays:
        self.check(table, "holidays")
        unsettled = "unsettled_from" in table
        return Holidays(
            source=self.choice(table, "source", "", Holidays),
            country=table.get("country", ""),
            subdivision=table.get("subdivision", ""),
            categories=tuple(table.get("categories", ("public",))),
            first_year=self.year("first_year", table.get("first_year")),
            last_year=self.year("last_year", table.get("last_year")),
            listed_years=self.years(table),
            unsettled_from=self.month_day(table, "unsettled_from") if unsettled else None,
            accept_estimated=bool(table.get("accept_estimated", False)),
        )

    def years(self, table: dict[str, Any]) -> tuple[int, ...]:
        told = table.get("listed_years", [])
        many = told if isinstance(told, list) else [told]
        read = [self.year("listed_years", one) for one in many]
        return tuple(one for one in read if one is not None)

    def year(self, key: str, told: Any) -> int | None:
        """Return a year that a calendar can hold, or None where none is told."""
        whole = isinstance(told, int) and not isinstance(told, bool)
        if told is None or (whole and date.min.year < told < date.max.year):
            year: int | None = told
            return year
        raise InputError(
            Text(f"'{key}' is {told!r}", f"'{key}' 为 {told!r}"),
            file=self.file,
            field=key,
            cure=Text("Write years as numbers, as in 2027.", "请用数字写年份，例如 2027。"),
        )

    def counting(self, table: dict[str, Any]) -> Counting:
        self.check(table, "counting")
        usual = Counting()
        return Counting(
            **{
                key: self.choice(table, key, getattr(usual, key), Counting)
                for key in sorted(_KEYS["counting"])
            }
        )

    def named_day(self, table: dict[str, Any]) -> NamedDay:
        self.check(table, "days")
        hours = table.get("hours")
        return NamedDay(
            day=self.need(table, "date", date),
            hours=None if hours == "make_up" else self.hours(hours),
            why=self.text(table),
        )

    def yearly_day(self, table: dict[str, Any]) -> YearlyDay:
        self.check(table, "yearly_days")
        return YearlyDay(
            day=self.month_day(table, "on"),
            hours=self.hours(table.get("hours")),
            why=self.text(table),
        )
