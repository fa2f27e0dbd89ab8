"""Bodies of requests: what they tell of an entity, checked word by word."""

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

import msgspec

from dizuo.api.sensorthings.model import EntityType, Property
from dizuo.api.sensorthings.places import require_place
from dizuo.api.sensorthings.words import read_instant
from dizuo.model.errors import InputError
from dizuo.model.text import Text

__all__ = [
    "LONGEST_ID", "LONGEST_TEXT", "SHORTEST_INTERVAL", "ConflictError", "columns_of", "decoded",
    "interval_of", "link_of", "span_of", "wrong",
]  # fmt: skip

_IDS: Final = frozenset({"@iot.id", "id"})
LONGEST_ID: Final = 200
LONGEST_TEXT: Final = 20_000
SHORTEST_INTERVAL: Final = 1e-6
"""Seconds between two observations: times are kept in microseconds."""
_INTERVAL: Final = "interval"
_HOUR: Final = timedelta(hours=1)


class ConflictError(InputError):
    """What was read well, but does not go with what is there: or with what is not there."""


def wrong(where: str, en: str, zh: str) -> InputError:
    """Return the error that says what is wrong with which part of a body."""
    return InputError(Text(en, zh), field=where)


def decoded(raw: bytes) -> Any:
    """Read a body.

    Raises
    ------
    InputError
        If it is no JSON, or has a NUL, which no database keeps.
    """
    try:
        told = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise wrong("body", f"the body is no JSON: {error}", f"请求体不是 JSON：{error}") from None
    if b"\\u0000" in raw and _has_nul(told):
        raise wrong("body", "no text has a NUL", "文本不能包含 NUL")
    return told


def _has_nul(told: Any) -> bool:
    if isinstance(told, dict):
        return any(_has_nul(one) for pair in told.items() for one in pair)
    if isinstance(told, list):
        return any(_has_nul(one) for one in told)
    return isinstance(told, str) and "\0" in told


def columns_of(entity: EntityType, body: Any, where: str) -> dict[str, Any]:
    """Return the columns that the properties of a body fill.

    Raises
    ------
    InputError
        If a property is missing, unknown, or of another kind.
    """
    if not isinstance(body, Mapping):
        raise wrong(where, f"a {entity.name} is a JSON object", f"{entity.name} 应为 JSON 对象")
    columns: dict[str, Any] = {}
    for one in entity.properties:
        value = body.get(one.name)
        if value is None:
            if one.required and one.kind != "result" and one.name not in body:
                raise wrong(
                    f"{where}.{one.name}",
                    f"a {entity.name} needs {one.name}",
                    f"{entity.name} 需要 {one.name}",
                )
            columns |= _nothing(one, where)
        elif not one.computed:
            columns |= _filled(one, value, f"{where}.{one.name}")
    for name in body:
        if entity.find(name) is None and name not in _IDS and "@iot." not in name:
            raise wrong(
                f"{where}.{name}",
                f"a {entity.name} has no {name}; it has {entity.names()}",
                f"{entity.name} 没有 {name}；它有 {entity.names()}",
            )
    return columns


def _nothing(one: Property, where: str) -> dict[str, Any]:
    if one.required and one.kind != "result":
        raise wrong(f"{where}.{one.name}", "this cannot be null", "不能为空")
    return {} if one.computed else dict.fromkeys(one.columns)


def _filled(one: Property, value: Any, where: str) -> dict[str, Any]:
    match one.kind:
        case "text":
            if not isinstance(value, str) or len(value) > LONGEST_TEXT:
                raise wrong(where, "a text is expected", "应为文本")
            return {one.columns[0]: value}
        case "instant":
            return {one.columns[0]: _instant(value, where)}
        case "span":
            return dict(zip(one.columns, span_of(value, where), strict=True))
        case "geometry":
            require_place(value, where)
            return {"geometry": value, "x": None, "y": None}
        case _:
            if one.name in {"properties", "parameters", "unitOfMeasurement"}:
                _require_object(value, where)
            # A text inside JSON keeps its quotes; objects are written with the row.
            told = value if isinstance(value, dict | list) else json.dumps(value)
            return {one.columns[-1]: told}


def _require_object(value: Any, where: str) -> None:
    if not isinstance(value, dict):
        raise wrong(where, "a JSON object is expected", "应为 JSON 对象")


def _instant(value: Any, where: str) -> int:
    found = read_instant(value) if isinstance(value, str) else None
    if found is None:
        raise wrong(
            where,
            f"{value!r} is no time with a zone, such as 2026-03-01T09:00:00Z",
            f"{value!r} 不是带时区的时间，例如 2026-03-01T09:00:00Z",
        )
    return found


def span_of(value: Any, where: str) -> tuple[int, int | None]:
    """Read a moment or an interval: when it begins, and when it ends if that is told.

    Raises
    ------
    InputError
        If it is neither, or ends before it begins.
    """
    begins, slash, ends = value.partition("/") if isinstance(value, str) else (value, "", "")
    first = _instant(begins, where)
    last = _instant(ends, where) if slash else None
    if last is not None and last < first:
        raise wrong(where, "the interval ends before it begins", "区间的结束早于开始")
    return first, last


def link_of(body: Any, where: str) -> str | None:
    """Return the id that a body gives an entity, or links to; None if it gives none.

    Raises
    ------
    InputError
        If the id is none.
    """
    if not isinstance(body, Mapping):
        raise wrong(where, "a JSON object is expected", "应为 JSON 对象")
    value = body.get("@iot.id", body.get("id"))
    if value is None:
        return None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    told = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    if not 0 < len(told) <= LONGEST_ID:
        raise wrong(
            f"{where}.@iot.id",
            f"an id is a number or a text of at most {LONGEST_ID} characters",
            f"编号应为数字或不超过 {LONGEST_ID} 个字符的文本",
        )
    return told


def interval_of(properties: Any, where: str) -> timedelta:
    """Return the seconds between two observations that free properties tell; else one hour.

    Raises
    ------
    InputError
        If they are no number from a microsecond on.
    """
    told = properties.get(_INTERVAL) if isinstance(properties, Mapping) else None
    if told is None:
        return _HOUR
    if (
        not isinstance(told, int | float)
        or isinstance(told, bool)
        or not SHORTEST_INTERVAL <= told < 1e9
    ):
        raise wrong(f"{where}.properties.interval", "seconds above 0 are expected", "应为正的秒数")
    return timedelta(seconds=told)
