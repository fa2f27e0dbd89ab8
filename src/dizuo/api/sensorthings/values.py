"""Values of expressions as SQL: what they are, and from which expressions of the rows they come."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Literal

from sqlalchemy import ColumnElement, Float, Integer, cast, extract, func, literal
from sqlalchemy import String as SqlText

from dizuo.api.sensorthings import sql_functions as sql
from dizuo.api.sensorthings.expressions import Call, Operation
from dizuo.api.sensorthings.words import refused
from dizuo.operations.event_log.tables import WHOLE

__all__ = ["Value", "arithmetic", "called", "coerced", "literal_value"]

Kind = Literal[
    "text", "integer", "number", "truth", "nothing", "time", "date", "clock", "duration", "span",
    "json", "geometry",
]  # fmt: skip

_SECOND: Final = 1_000_000
_DAY: Final = 86_400 * _SECOND
_FIRST_TIME: Final = -62_135_596_800 * _SECOND
_LAST_TIME: Final = 253_402_300_799 * _SECOND + 999_999
_NUMBERS: Final = frozenset({"integer", "number"})


@dataclass(frozen=True, slots=True)
class Value:
    """A value of a kind, as SQL.

    Attributes
    ----------
    element
        What it is; of a span its beginning, of JSON the text that it stands in.
    end
        The end of a span; null in SQL where it is a moment.
    keys
        The place inside JSON.
    number
        Of a result: the number, which stands beside the JSON.
    """

    kind: Kind
    element: ColumnElement[Any]
    end: ColumnElement[Any] | None = None
    keys: tuple[str, ...] = ()
    number: ColumnElement[Any] | None = None

    def anything(self) -> ColumnElement[Any]:
        """Return what is null exactly if there is no value."""
        if self.kind != "json":
            return self.element
        told = sql.json_anything(self.element, self.keys)
        if self.number is None:
            return told
        return func.coalesce(cast(self.number, SqlText), told)


def literal_value(kind: str, value: Any) -> Value:
    """Return a value that was written in the request, as a bound parameter."""
    types: dict[str, tuple[Kind, Any]] = {
        "text": ("text", SqlText),
        "integer": ("integer", WHOLE),
        "number": ("number", Float(53)),
        "truth": ("truth", None),
    }
    if kind in types:
        told, form = types[kind]
        return Value(told, literal(value, form) if form is not None else literal(value))
    if kind in {"time", "date", "clock", "duration"}:
        return Value(kind, literal(value, WHOLE))  # type: ignore[arg-type]
    return Value("nothing", literal(None, SqlText))


def coerced(value: Value, kind: str) -> Value:
    """Return a value as one of a kind where that can be: out of JSON, a day as its beginning."""
    if value.kind in {kind, "nothing"}:
        return value
    if value.kind == "json":
        if kind in _NUMBERS:
            if value.number is not None:
                return Value("number", value.number)
            return Value("number", sql.json_number(value.element, value.keys))
        if kind == "text":
            return Value("text", sql.json_text(value.element, value.keys))
        if kind == "truth":
            return Value("truth", sql.json_truth(value.element, value.keys))
    if value.kind == "date" and kind in {"time", "span"}:
        return Value("time", value.element)
    if value.kind == "span" and kind == "time":
        return Value("time", value.element)
    return value


def called(call: Call, arguments: list[Value], option: str, now: int) -> Value:
    """Return the value of a function.

    Parameters
    ----------
    now
        The time, in microseconds.

    Raises
    ------
    InputError
        If an argument is of a kind that the function does not take.
    """
    wanted, work = _FUNCTIONS[call.name]
    given = [coerced(one, kind) for one, kind in zip(arguments, wanted, strict=False)]
    for number, (one, kind) in enumerate(zip(given, wanted, strict=False), start=1):
        fits = one.kind == kind or (kind == "number" and one.kind == "integer")
        fits = fits or one.kind == "nothing" or (kind == "time" and one.kind == "date")
        if not fits:
            raise refused(
                option,
                f"argument {number} of {call.name} is a {one.kind}, and must be a {kind}",
                f"{call.name} 的第 {number} 个参数是 {one.kind}，应为 {kind}",
                call.at,
            )
    if any(one.kind == "nothing" for one in given):
        return literal_value("nothing", None)
    if call.name == "now":
        return literal_value("time", now)
    return work(*[one.element for one in given])


def arithmetic(operation: Operation, left: Value, right: Value, option: str) -> Value:
    """Return a sum, difference, product, quotient or remainder.

    Raises
    ------
    InputError
        If these two kinds cannot be reckoned with.
    """
    wanted = right.kind if left.kind == "json" else left.kind
    left = coerced(left, "number" if wanted == "json" else wanted)
    right = coerced(right, "number" if left.kind in _NUMBERS else left.kind)
    kinds, operator = (_moment(left.kind), _moment(right.kind)), operation.operator
    a, b = left.element, right.element
    if set(kinds) <= _NUMBERS:
        return _reckoned(operator, left, right)
    if kinds in {("time", "duration"), ("duration", "duration")} and operator in {"add", "sub"}:
        return Value(kinds[0], a + b if operator == "add" else a - b)  # type: ignore[arg-type]
    if kinds == ("time", "time") and operator == "sub":
        return Value("duration", a - b)
    if "nothing" in kinds:
        return literal_value("nothing", None)
    raise refused(
        option,
        f"{operator} does not go with a {left.kind} and a {right.kind}",
        f"{operator} 不能用于 {left.kind} 和 {right.kind}",
        operation.at,
    )


def _moment(kind: str) -> str:
    return "time" if kind in {"date", "span"} else kind


def _reckoned(operator: str, left: Value, right: Value) -> Value:
    whole = left.kind == right.kind == "integer"
    kind: Kind = "integer" if whole else "number"
    a, b = left.element, right.element
    if not whole:
        a, b = cast(a, Float(53)), cast(b, Float(53))
    match operator:
        case "add":
            return Value(kind, a + b)
        case "sub":
            return Value(kind, a - b)
        case "mul":
            return Value(kind, a * b)
    # What is divided by nothing is null, on either database.
    divided = sql.quotient(a, func.nullif(b, 0))
    if operator == "div":
        return Value(kind, divided)
    return Value(kind, a - b * cast(sql.truncated(divided), a.type))


def _floor_mod(element: ColumnElement[Any], by: int) -> ColumnElement[Any]:
    """Return a remainder that is never negative: days before 1970 have hours too."""
    return (element % by + by) % by


def _of_date(part: str) -> Callable[[ColumnElement[Any]], Value]:
    def work(element: ColumnElement[Any]) -> Value:
        whole_seconds = sql.quotient(element - _floor_mod(element, _SECOND), _SECOND)
        return Value("integer", cast(extract(part, sql.datetime_of(whole_seconds)), Integer))

    return work


def _of_day(unit: int, wraps: int) -> Callable[[ColumnElement[Any]], Value]:
    def work(element: ColumnElement[Any]) -> Value:
        return Value("integer", sql.quotient(_floor_mod(element, wraps), unit))

    return work


def _starts(text: ColumnElement[Any], what: ColumnElement[Any]) -> Value:
    return Value("truth", func.substr(text, 1, func.length(what)) == what)


def _ends(text: ColumnElement[Any], what: ColumnElement[Any]) -> Value:
    longer = func.length(text) - func.length(what)
    return Value("truth", (longer >= 0) & (func.substr(text, longer + 1) == what))


def _substring(
    text: ColumnElement[Any], start: ColumnElement[Any], length: ColumnElement[Any] | None = None
) -> Value:
    begins = cast(start, Integer) + 1
    if length is None:
        return Value("text", func.substr(text, begins))
    return Value("text", func.substr(text, begins, cast(length, Integer)))


def _ceiling(number: ColumnElement[Any]) -> Value:
    return Value("number", -sql.floor_of(-number))


_TEXT, _TIME, _NUMBER = ("text",), ("time",), ("number",)
_FUNCTIONS: Final[dict[str, tuple[tuple[str, ...], Callable[..., Value]]]] = {
    "substringof": (_TEXT * 2, lambda what, text: Value("truth", sql.position_in(text, what) > 0)),
    "contains": (_TEXT * 2, lambda text, what: Value("truth", sql.position_in(text, what) > 0)),
    "startswith": (_TEXT * 2, _starts),
    "endswith": (_TEXT * 2, _ends),
    "indexof": (_TEXT * 2, lambda text, what: Value("integer", sql.position_in(text, what) - 1)),
    "concat": (_TEXT * 2, lambda one, other: Value("text", one.concat(other))),
    "length": (_TEXT, lambda text: Value("integer", func.length(text))),
    "substring": ((*_TEXT, "number", "number"), _substring),
    "tolower": (_TEXT, lambda text: Value("text", func.lower(text))),
    "toupper": (_TEXT, lambda text: Value("text", func.upper(text))),
    "trim": (_TEXT, lambda text: Value("text", func.trim(text))),
    "year": (_TIME, _of_date("year")),
    "month": (_TIME, _of_date("month")),
    "day": (_TIME, _of_date("day")),
    "hour": (_TIME, _of_day(3600 * _SECOND, _DAY)),
    "minute": (_TIME, _of_day(60 * _SECOND, 3600 * _SECOND)),
    "second": (_TIME, _of_day(_SECOND, 60 * _SECOND)),
    "fractionalseconds": (
        _TIME, lambda time: Value("number", _floor_mod(time, _SECOND) / float(_SECOND)),
    ),
    "date": (_TIME, lambda time: Value("date", time - _floor_mod(time, _DAY))),
    "time": (_TIME, lambda time: Value("clock", _floor_mod(time, _DAY))),
    "totaloffsetminutes": (_TIME, lambda _: literal_value("integer", 0)),
    "totalseconds": (
        ("duration",), lambda span: Value("number", cast(span, Float(53)) / float(_SECOND)),
    ),
    "now": ((), lambda: literal_value("nothing", None)),
    "mindatetime": ((), lambda: literal_value("time", _FIRST_TIME)),
    "maxdatetime": ((), lambda: literal_value("time", _LAST_TIME)),
    "round": (_NUMBER, lambda number: Value("number", sql.round_of(number))),
    "floor": (_NUMBER, lambda number: Value("number", sql.floor_of(number))),
    "ceiling": (_NUMBER, _ceiling),
}  # fmt: skip
"""What kinds each function takes, and what it makes of them. Times are told in UTC, so the offset
is always 0."""
