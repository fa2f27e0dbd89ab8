"""Entities as JSON: properties, control information and links."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Final
from urllib.parse import quote

import msgspec

from dizuo.api.sensorthings.geometries import Project
from dizuo.api.sensorthings.model import EntityType, Property
from dizuo.api.sensorthings.options import Options

__all__ = ["address", "as_json", "interval_text", "next_query", "property_value", "time_text"]

_PLAIN: Final = re.compile(r"[\w:.@~-]*", re.ASCII)
"""Ids that stand in an address as they are."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST: Final = -62_135_596_800_000_000
_LAST: Final = 253_402_300_799_999_999
Row = Mapping[str, Any]


def as_json(told: Any) -> bytes:
    """Return an answer as it is sent."""
    return msgspec.json.encode(told)


def address(base: str, entity: EntityType, key: str) -> str:
    """Return where an entity is found."""
    if _PLAIN.fullmatch(key):
        return f"{base}/{entity.plural}('{key}')"
    written = quote(key.replace("'", "''"), safe="':@.~")
    return f"{base}/{entity.plural}('{written}')"


def next_query(options: Options, token: str) -> str:
    """Return the options of the next page as they stand in an address."""
    kept = [one for one in options.given if one[0] not in {"$skip", "$skiptoken"}]
    return "&".join(
        f"{name}={quote(text, safe='')}" for name, text in (*kept, ("$skiptoken", token))
    )


@lru_cache(maxsize=8192)
def time_text(microseconds: int) -> str:
    """Write a time: ``2026-03-01T09:00:00Z``, with a fraction where there is one."""
    bounded = min(max(microseconds, _FIRST), _LAST)
    return f"{(_EPOCH + timedelta(microseconds=bounded)).isoformat()[:-6]}Z"


def interval_text(begins: int | None, ends: int | None) -> str | None:
    """Write a moment, or an interval where an end is known; None for neither."""
    if begins is None:
        return None
    return time_text(begins) if ends is None else f"{time_text(begins)}/{time_text(ends)}"


def property_value(found: Property, row: Row, project: Project) -> Any:
    """Return the value of a property of a row, ready to be written."""
    return _WRITERS[found.kind](found, [row[name] for name in found.columns], project)


def _json(_: Property, columns: list[Any], __: Project) -> Any:
    return None if columns[0] is None else msgspec.Raw(columns[0].encode())


def _place(_: Property, columns: list[Any], project: Project) -> Any:
    geometry, x, y = columns
    if geometry is not None:
        return msgspec.Raw(geometry.encode())
    if x is None or y is None:
        return {"type": "Feature", "geometry": None, "properties": None}
    longitude, latitude = project(x, y)
    return {"type": "Point", "coordinates": [round(longitude, 7), round(latitude, 7)]}


def _result(_: Property, columns: list[Any], __: Project) -> Any:
    number, told = columns
    if told is not None:
        return msgspec.Raw(told.encode())
    return None if number is None or number != number else number  # noqa: PLR0124 - NaN


def _quality(_: Property, columns: list[Any], __: Project) -> Any:
    rank, told = columns
    return rank if told is None else msgspec.Raw(told.encode())


_WRITERS: Final[dict[str, Callable[[Property, list[Any], Project], Any]]] = {
    "text": lambda _, columns, __: columns[0],
    "json": _json,
    "geometry": _place,
    "instant": lambda _, columns, __: None if columns[0] is None else time_text(columns[0]),
    "span": lambda _, columns, __: interval_text(*columns),
    "result": _result,
    "quality": _quality,
}
