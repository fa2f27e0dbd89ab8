"""Answers to GET: the entry of the service, entities, single properties, references."""

from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import quote

import msgspec

from dizuo.api.sensorthings.model import ENTITIES, Property
from dizuo.api.sensorthings.options import Options
from dizuo.api.sensorthings.paths import read_path
from dizuo.api.sensorthings.reading import Found, Reader
from dizuo.api.sensorthings.resources import Resource, absent, find_resource
from dizuo.api.sensorthings.writing import next_query
from dizuo.model.errors import InputError
from dizuo.model.text import Text

__all__ = ["CONFORMANCE", "RawValue", "entry", "read"]

_SPEC: Final = "http://www.opengis.net/spec/iot_sensing/1.1/req"
CONFORMANCE: Final = tuple(
    f"{_SPEC}/{name}"
    for name in (
        "datamodel",
        "resource-path/resource-path-to-entities",
        "request-data",
        "create-update-delete/create-entity",
        "create-update-delete/link-to-existing-entities",
        "create-update-delete/deep-insert",
        "create-update-delete/deep-insert-status-code",
        "create-update-delete/historical-location-auto-creation",
        "batch-request/batch-request",
        "data-array/data-array",
    )
)
"""The requirement classes of the standard that are held."""
_COMPONENTS: Final = ("id", "phenomenonTime", "result", "resultTime")


class RawValue(bytes):
    """A value by itself, as ``$value`` asks for it."""

    __slots__ = ()


def entry(base: str, mqtt: Sequence[str]) -> dict[str, Any]:
    """Return the entry of the service: its collections, and what of the standard it holds.

    Parameters
    ----------
    mqtt
        Addresses where observations can be sent and are told; none if there is no broker.
    """
    settings: dict[str, Any] = {"conformance": list(CONFORMANCE)}
    for name in ("create-observations-via-mqtt", "receive-updates-via-mqtt") if mqtt else ():
        settings["conformance"].append(f"{_SPEC}/{name}")
        settings[f"{_SPEC}/{name}"] = {"endpoints": list(mqtt)}
    value = [{"name": name, "url": f"{base}/{name}"} for name in ENTITIES]
    return {"value": value, "serverSettings": settings}


def read(reader: Reader, path: str, options: Options) -> Any:
    """Return what a path and its options ask for: JSON, a raw value, or None for no value.

    Raises
    ------
    AbsentError
        If what is asked for is not there.
    InputError
        If the path or an option does not fit.
    """
    found = find_resource(reader, read_path(path))
    if found.property is not None:
        _require_none(options)
        return _property(reader, found)
    if found.one:
        _require_of_one(options)
        page = reader.page(found.entity, options, found.conditions)
        if not page.told:
            raise absent(found.entity)
        if found.ending == "$ref":
            return _references(reader, found, page)[0]
        return page.told[0]
    return _collection(reader, found, path, options)


def _collection(reader: Reader, found: Resource, path: str, options: Options) -> dict[str, Any]:
    in_rows = options.form == "dataArray"
    if in_rows and (found.entity.plural != "Observations" or found.ending):
        raise InputError(
            Text("only observations can be told in rows", "只有观测可以按行返回"),
            field="$resultFormat",
        )
    page = reader.page(found.entity, options, found.conditions)
    told: dict[str, Any] = {}
    if page.count is not None:
        told["@iot.count"] = page.count
    if page.next_token is not None:
        here = quote(path, safe="/()':@.~$")
        query = next_query(options, page.next_token)
        told["@iot.nextLink"] = f"{reader.base}/{here}?{query}"
    if found.ending == "$ref":
        told["value"] = _references(reader, found, page)
    elif in_rows:
        told["value"] = _in_rows(reader, page, options)
    else:
        told["value"] = page.told
    return told


def _references(reader: Reader, found: Resource, page: Found) -> list[dict[str, str]]:
    return [{"@iot.selfLink": one} for one in reader.links(found.entity, page)]


def _in_rows(reader: Reader, page: Found, options: Options) -> list[dict[str, Any]]:
    """Return observations as rows, those of a datastream under one head.

    What is expanded is a column after those that are selected.
    """
    selected = ["@iot.id" if one == "id" else one for one in options.select or _COMPONENTS]
    names = list(dict.fromkeys([*selected, *(one.name for one in options.expand)]))
    streams: dict[int, list[list[Any]]] = {}
    for row, one in zip(page.rows, page.told, strict=True):
        streams.setdefault(row["stream"], []).append([one.get(name) for name in names])
    links = reader.links_of_streams(list(streams))
    return [
        {
            "Datastream@iot.navigationLink": links[stream],
            "components": ["id" if one == "@iot.id" else one for one in names],
            "dataArray@iot.count": len(rows),
            "dataArray": rows,
        }
        for stream, rows in streams.items()
    ]


def _property(reader: Reader, found: Resource) -> Any:
    wanted = found.property
    name = wanted.name if isinstance(wanted, Property) else "@iot.id"
    page = reader.page(found.entity, Options(select=(name,)), found.conditions)
    if not page.told:
        raise absent(found.entity)
    value = page.told[0].get(name)
    if value is None:
        return None
    if found.ending != "$value":
        return {name: value}
    plain = isinstance(value, str)
    return RawValue(value.encode() if plain else msgspec.json.encode(value))


def _require_none(options: Options) -> None:
    for name, _ in options.given:
        raise InputError(Text("a property takes no options", "单个属性不接受选项"), field=name)


def _require_of_one(options: Options) -> None:
    for name, _ in options.given:
        if name not in {"$select", "$expand"}:
            raise InputError(
                Text(
                    "one entity takes $select and $expand only", "单个实体只接受 $select 和 $expand"
                ),
                field=name,
            )
