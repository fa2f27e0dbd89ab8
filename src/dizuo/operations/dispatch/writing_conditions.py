"""Conditions as people write them in a cell, and back.

Items stand one after another with ``;``, ``,``, ``、`` or ``|`` between. ``none`` (``无``) stands
for cases without the thing. Hours: ``8-18`` or ``22:00-6:00``, the end excluded. Weekdays: ``1-5``,
``Mon-Fri``, ``周一-周五``. Seasons: ``11-15..03-15`` (days) or ``6..9`` (months), ends included.
Severity: ``3``, ``2-4``, ``>=2``, ``<=3``.
"""

import re
from collections.abc import Callable, Mapping
from typing import Final, TypeVar

from dizuo.model.text import Text
from dizuo.operations.dispatch.rules import NOTHING, Conditions, MonthDay

__all__ = ["FIELDS", "conditions_from_texts", "items_of", "texts_from_conditions"]

_Value = TypeVar("_Value")

_SEPARATORS: Final = re.compile(r"[;；,，、|\n]")
_NONE: Final = {"none", "无", "-"}
_DAYS_OF_MONTH: Final = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_WEEKDAYS: Final = {
    name: number
    for number, names in enumerate(
        (
            ("mon", "monday", "周一", "星期一"),
            ("tue", "tuesday", "周二", "星期二"),
            ("wed", "wednesday", "周三", "星期三"),
            ("thu", "thursday", "周四", "星期四"),
            ("fri", "friday", "周五", "星期五"),
            ("sat", "saturday", "周六", "星期六"),
            ("sun", "sunday", "周日", "星期日", "周天", "星期天"),
        ),
        start=1,
    )
    for name in names
}
_OWNER: Final = {
    "known": True, "yes": True, "有": True, "明确": True, "已知": True,
    "unknown": False, "no": False, "无": False, "不明": False, "未知": False,
}  # fmt: skip

_CURES: Final = {
    "owner": Text(
        "Write known, unknown, or nothing.", "请写 known（明确）、unknown（不明）或留空。"
    ),
    "hours": Text(
        "Write whole hours, the end excluded: 8-18, or 22-6; keep the cell text.",
        "请写整点，不含末尾：8-18 或 22-6；单元格须为文本格式。",
    ),
    "weekdays": Text(
        "Write 1-5, Mon-Fri or 周一-周五; keep the cell text.",
        "请写 1-5、Mon-Fri 或 周一-周五；单元格须为文本格式。",
    ),
    "season": Text(
        "Write days as 11-15..03-15, or months as 6..9; keep the cell text.",
        "日期写作 11-15..03-15，月份写作 6..9；单元格须为文本格式。",
    ),
    "severity": Text(
        "Write 3, 2-4, >=2 or <=3; keep the cell text.",
        "请写 3、2-4、>=2 或 <=3；单元格须为文本格式。",
    ),
}
_NAMES: Final = Text("Write ids with ; between them, or nothing.", "请写标识，以分号分隔，或留空。")


class _CannotMeanError(Exception):
    def __init__(self, problem: Text) -> None:
        super().__init__(problem.en)
        self.problem = problem


FIELDS: Final = (
    "case_type", "category", "nature", "place", "owner", "hours", "weekdays", "season", "severity",
    "channel",
)  # fmt: skip
"""The conditions of a rule, in the order in which tables and reports name them."""


def conditions_from_texts(
    texts: Mapping[str, str], refuse: Callable[[Text, str, Text], Exception]
) -> Conditions:
    """Return the conditions that the cells of a row state.

    Parameters
    ----------
    texts
        Text by field; what is absent or blank asks nothing.
    refuse
        Makes the error for a field: called with the problem, the field and the cure.
    """

    def read(field: str, parse: Callable[[str], _Value], empty: _Value) -> _Value:
        text = texts.get(field, "").strip()
        if not text:
            return empty
        try:
            return parse(text)
        except _CannotMeanError as error:
            raise refuse(error.problem, field, _CURES.get(field, _NAMES)) from error

    nothing: frozenset[str] = frozenset()
    any_severity: tuple[int | None, int | None] = (None, None)
    return Conditions(
        case_types=read("case_type", _names, nothing),
        categories=read("category", _names, nothing),
        natures=read("nature", _names, nothing),
        places=read("place", _names, nothing),
        owner=read("owner", _owner, None),
        hours=read("hours", _hours, frozenset()),
        weekdays=read("weekdays", _weekdays, frozenset()),
        seasons=read("season", _seasons, ()),
        severity=read("severity", _severity, any_severity),
        channels=read("channel", _names, nothing),
    )


def texts_from_conditions(when: Conditions) -> dict[str, str]:
    """Return the cells that state the conditions, the same for equal conditions."""
    texts = {
        "case_type": _joined(when.case_types),
        "category": _joined(when.categories),
        "nature": _joined(when.natures),
        "place": _joined(when.places),
        "owner": "" if when.owner is None else ("known" if when.owner else "unknown"),
        "hours": _hours_text(when.hours),
        "weekdays": ";".join(str(day) for day in sorted(when.weekdays)),
        "season": ";".join(
            f"{first[0]:02d}-{first[1]:02d}..{last[0]:02d}-{last[1]:02d}"
            for first, last in when.seasons
        ),
        "severity": _severity_text(when.severity),
        "channel": _joined(when.channels),
    }
    return {field: text for field, text in texts.items() if text}


def _joined(names: frozenset[str]) -> str:
    return ";".join(sorted(name or "none" for name in names))


def _hours_text(hours: frozenset[int]) -> str:
    """Return the runs of hours; one that goes on over midnight is two."""
    starts = [hour for hour in sorted(hours) if hour - 1 not in hours]
    ends = [hour + 1 for hour in sorted(hours) if hour + 1 not in hours]
    return ";".join(f"{first}-{last}" for first, last in zip(starts, ends, strict=True))


def _severity_text(span: tuple[int | None, int | None]) -> str:
    match span:
        case (None, None):
            return ""
        case (None, highest):
            return f"<={highest}"
        case (lowest, None):
            return f">={lowest}"
        case (lowest, highest):
            return f"{lowest}-{highest}"


def items_of(text: str) -> list[str]:
    """Return the items that stand in a cell one after another."""
    return [item for part in _SEPARATORS.split(text) if (item := part.strip())]


def _items(text: str) -> list[str]:
    found = items_of(text)
    if not found:
        raise _CannotMeanError(Text(f"{text!r} names nothing", f"{text!r} 未写任何内容"))
    return found


def _names(text: str) -> frozenset[str]:
    found = frozenset(NOTHING if item.casefold() in _NONE else item for item in _items(text))
    for item in found:
        if "*" in item[:-1] or item == "*":
            raise _CannotMeanError(
                Text(
                    f"{item!r} has a * that is not at the end of a prefix",
                    f"{item!r} 中的 * 须在前缀末尾",
                )
            )
    return found


def _owner(text: str) -> bool:
    known = _OWNER.get(text.casefold())
    if known is None:
        raise _CannotMeanError(
            Text(
                f"{text!r} does not say whether the owner is known", f"{text!r} 未说明权属是否明确"
            )
        )
    return known


def _span(item: str) -> tuple[str, str]:
    """Return the two ends of ``a-b``, or one item twice."""
    parts = [part.strip() for part in re.split(r"[-–—~至到]", item)]
    if len(parts) > 2 or not all(parts):
        raise _CannotMeanError(Text(f"{item!r} is no span of two ends", f"{item!r} 不是起止区间"))
    return parts[0], parts[-1]


def _hours(text: str) -> frozenset[int]:
    hours: set[int] = set()
    for item in _items(text):
        ends = _span(item)
        first, last = (_hour(part, item) for part in ends)
        if item == ends[0]:
            last = first + 1
        if first in {last, 24}:
            raise _CannotMeanError(Text(f"{item!r} is no span of hours", f"{item!r} 不是时段"))
        hours.update((first + step) % 24 for step in range((last - first) % 24 or 24))
    return frozenset(hours)


def _hour(part: str, item: str) -> int:
    whole = re.fullmatch(r"(\d{1,2})(?::00|时|点)?", part)
    if whole is None or int(whole[1]) > 24:
        raise _CannotMeanError(
            Text(f"{item!r} is no span of whole hours", f"{item!r} 不是整点时段")
        )
    return int(whole[1])


def _weekdays(text: str) -> frozenset[int]:
    days: set[int] = set()
    for item in _items(text):
        first, last = (_weekday(part) for part in _span(item))
        days.update((first - 1 + step) % 7 + 1 for step in range((last - first) % 7 + 1))
    return frozenset(days)


def _weekday(part: str) -> int:
    number = int(part) if part.isdecimal() else _WEEKDAYS.get(part.casefold(), 0)
    if not 1 <= number <= 7:
        raise _CannotMeanError(Text(f"{part!r} is no day of the week", f"{part!r} 不是星期"))
    return number


def _seasons(text: str) -> tuple[tuple[MonthDay, MonthDay], ...]:
    return tuple(sorted({_season(item) for item in _items(text)}))


def _season(item: str) -> tuple[MonthDay, MonthDay]:
    parts = [part.strip() for part in re.split(r"\.\.|~|至|到", item)]
    if len(parts) != 2:
        raise _CannotMeanError(Text(f"{item!r} is no span of two days", f"{item!r} 不是起止日期"))
    first, last = (re.fullmatch(r"(\d{1,2})(?:-(\d{1,2}))?", part) for part in parts)
    if first is None or last is None or (first[2] is None) != (last[2] is None):
        raise _CannotMeanError(Text(f"{item!r} is no span of two days", f"{item!r} 不是起止日期"))
    start = int(first[1]), int(first[2] or 1)
    for month, day in (start, (int(last[1]), int(last[2] or 1))):
        if not (1 <= month <= 12 and 1 <= day <= _DAYS_OF_MONTH[month - 1]):
            raise _CannotMeanError(
                Text(f"{item!r} names a day that no year has", f"{item!r} 中有不存在的日期")
            )
    return start, (int(last[1]), int(last[2] or _DAYS_OF_MONTH[int(last[1]) - 1]))


def _severity(text: str) -> tuple[int | None, int | None]:
    bound = re.fullmatch(r"(>=|≥|<=|≤)\s*(\d+)", text)
    if bound:
        number = int(bound[2])
        return (number, None) if bound[1] in {">=", "≥"} else (None, number)
    parts = _span(text)
    if not all(part.isdecimal() for part in parts):
        raise _CannotMeanError(
            Text(f"{text!r} is no range of severities", f"{text!r} 不是严重程度范围")
        )
    lowest, highest = int(parts[0]), int(parts[1])
    if lowest > highest:
        raise _CannotMeanError(Text(f"{text!r} runs from high to low", f"{text!r} 由高到低"))
    return lowest, highest
