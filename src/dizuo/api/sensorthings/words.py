"""The words of a query: literals, names and signs, each with its place.

Literals are those of OData 4.01 (ABNF of primitive literals), with the digits of ASCII. In a query
that was not encoded with care the ``+`` of a zone has become a space: it is read as what it was.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any, Final

from dizuo.model.errors import InputError
from dizuo.model.text import Text
from dizuo.operations.time import to_microseconds

__all__ = ["Word", "read_instant", "refused", "words_of"]

_KINDS: Final = {
    "duration": r"duration'(?P<span>[^']*)'",
    "geometry": r"geo(?:graphy|metry)'(?P<wkt>[^']*)'",
    "text": r"'(?:[^']|'')*'",
    "time": r"(?a:\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,12})?)?(?:Z|[+\- ]\d\d:\d\d)?)",
    "date": r"(?a:\d{4}-\d\d-\d\d)(?![\w:])",
    "clock": r"(?a:\d\d:\d\d(?::\d\d(?:\.\d{1,12})?)?)",
    "number": r"(?a:\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)(?!\w)",
    "name": r"@iot\.\w+|\$?[^\W\d]\w*(?:\.\w+)*",
    "sign": r"[(),;/:=*-]",
}
_WORD: Final = re.compile("|".join(f"(?P<{kind}>{form})" for kind, form in _KINDS.items()))
_SPAN: Final = re.compile(
    r"(?P<sign>[+-]?)P(?:(?P<days>\d+)D)?"
    r"(?:T(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+(?:\.\d+)?)S)?)?"
)


@dataclass(frozen=True, slots=True)
class Word:
    """One word: its kind, the text, what it means, and where it begins, counted from 1."""

    kind: str
    text: str
    value: Any
    at: int


def refused(option: str, en: str, zh: str, at: int) -> InputError:
    """Return the error that says what is wrong at which place of an option."""
    return InputError(
        Text(f"at character {at}: {en}", f"第 {at} 个字符处：{zh}"),
        field=option,
        cure=Text(
            "See OGC SensorThings 1.1, clause 9.3, for what can be written here.",
            "可写的内容见 OGC SensorThings 1.1 第 9.3 条。",
        ),
    )


def words_of(text: str, option: str) -> list[Word]:
    """Cut an option into its words; the last one is an ``end``.

    Raises
    ------
    InputError
        If something is no word.
    """
    return [*_cut(text, option), Word("end", "", None, len(text) + 1)]


def _cut(text: str, option: str) -> Iterator[Word]:
    place = 0
    while place < len(text):
        if text[place].isspace():
            place += 1
            continue
        found = _WORD.match(text, place)
        if found is None:
            if text[place] == "'":
                raise refused(option, "a text has no closing '", "文本缺少结尾的 '", place + 1)
            raise refused(
                option, f"{text[place]!r} is not understood", f"无法理解 {text[place]!r}", place + 1
            )
        kind = str(found.lastgroup)
        kind = {"span": "duration", "wkt": "geometry"}.get(kind, kind)
        yield Word(kind, found.group(), _meaning(kind, found, option), place + 1)
        place = found.end()


def _meaning(kind: str, found: re.Match[str], option: str) -> Any:
    text, at = found.group(), found.start() + 1
    match kind:
        case "text":
            return text[1:-1].replace("''", "'")
        case "number":
            whole = int(text) if text.isdigit() else None
            return whole if whole is not None and whole < 2**63 else float(text)
        case "time":
            return _instant(text, option, at)
        case "date":
            return _instant(f"{text}T00:00:00Z", option, at)
        case "clock":
            return _clock(text, option, at)
        case "duration":
            return _duration(found["span"], option, at)
        case "geometry":
            return found["wkt"].rpartition(";")[2].strip()
        case _:
            return text


def read_instant(text: str) -> int | None:
    """Return a time of ISO 8601 in microseconds since 1970, or None if it is none with a zone."""
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        return None
    return to_microseconds(time) if time.tzinfo is not None else None


def _instant(text: str, option: str, at: int) -> int:
    meant = read_instant(text.replace(" ", "+"))
    if meant is None:
        raise refused(
            option,
            f"{text} is no time with a zone, such as 2026-03-01T09:00:00Z",
            f"{text} 不是带时区的时间，例如 2026-03-01T09:00:00Z",
            at,
        )
    return meant


def _clock(text: str, option: str, at: int) -> int:
    try:
        told = time.fromisoformat(text)
    except ValueError:
        raise refused(
            option, f"{text} is no time of the day", f"{text} 不是一天中的时间", at
        ) from None
    midnight = datetime(1970, 1, 1, tzinfo=UTC)
    return to_microseconds(datetime.combine(midnight.date(), told, UTC))


def _duration(text: str, option: str, at: int) -> int:
    found = _SPAN.fullmatch(text)
    parts = (
        {k: float(v) for k, v in found.groupdict().items() if k != "sign" and v} if found else {}
    )
    if found is None or not parts:
        raise refused(option, f"{text!r} is no duration", f"{text!r} 不是时长", at)
    span = timedelta(**parts) // timedelta(microseconds=1)
    return -span if found["sign"] == "-" else span
