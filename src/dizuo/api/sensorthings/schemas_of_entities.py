"""Entities as JSON schemas: what is sent to describe one, and what is told of one.

They follow from :data:`~dizuo.api.sensorthings.model.ENTITIES`, as reading and writing do.
"""

import sys
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from dizuo.api.sensorthings.bodies import LONGEST_ID, LONGEST_TEXT, SHORTEST_INTERVAL
from dizuo.api.sensorthings.creating import OPTIONAL
from dizuo.api.sensorthings.model import ENTITIES, EntityType, Navigation, Property
from dizuo.api.sensorthings.places import Place

__all__ = [
    "OBJECT", "SHARED", "created", "data_arrays", "inverse_of", "new_entity", "told_collection",
    "told_one",
]  # fmt: skip

_REFERENCE: Final = "#/components/schemas/{name}"
_NO_NUL: Final = r"^[^\x00]*$"
_ANYTHING: Final = {"$ref": _REFERENCE.format(name="Anything")}
_LINK: Final = {"$ref": _REFERENCE.format(name="Link")}
_TEXT: Final = {"type": "string", "maxLength": LONGEST_TEXT, "pattern": _NO_NUL}
_ID: Final = {
    "anyOf": [
        {"type": "string", "minLength": 1, "maxLength": LONGEST_ID, "pattern": _NO_NUL},
        {"type": "integer", "minimum": -(2**63), "maximum": 2**63 - 1},
    ]
}
_INSTANT: Final = {"type": "string", "format": "date-time"}
_SPAN: Final = {
    "anyOf": [
        _INSTANT,
        {"type": "string", "format": "date-time-interval",
         "description": "Two times with a slash between them; the second is not before the first."},
    ]
}  # fmt: skip
OBJECT: Final = {
    "type": "object",
    "propertyNames": {"pattern": _NO_NUL},
    "additionalProperties": _ANYTHING,
}
"""Any object; no text in it has a NUL."""
_ANNOTATION: Final = r"^[^\x00]*@iot\.[^\x00]*$"
_FREE: Final[Mapping[tuple[str, str], Mapping[str, Any]]] = {
    ("Datastreams", "properties"): {
        "interval": {
            "type": ["number", "null"],
            "minimum": SHORTEST_INTERVAL,
            "exclusiveMaximum": 1e9,
            "description": "Seconds between two observations in normal times; an hour if untold.",
        }
    }
}
"""What free properties mean something, and so are not free."""


def inverse_of(entity: EntityType, leads: Navigation) -> str | None:
    """Return the name by which entities lead back to the one that they are many of.

    None where any number of both are paired.
    """
    if leads.through is not None or not leads.many:
        return None
    there = ENTITIES[leads.target]
    return next(
        one.name for one in there.navigations if one.target == entity.plural and not one.many
    )


def new_entity(entity: EntityType, given: str | None = None) -> dict[str, Any]:
    """Return the schema of a body that describes an entity.

    Parameters
    ----------
    given
        The navigation that follows from where the body stands.
    """
    return {"$ref": _REFERENCE.format(name=_name(entity, given))}


def _name(entity: EntityType, given: str | None) -> str:
    return f"New{entity.name}" + (f"OfThe{given}" if given else "")


def created(entity: EntityType) -> dict[str, Any]:
    """Return the schema of the answer that an entity was created."""
    return {
        "type": "object",
        "title": entity.name,
        "properties": {"@iot.id": {"type": "string"}, "@iot.selfLink": {"type": "string"}},
        "required": ["@iot.id", "@iot.selfLink"],
    }


def data_arrays() -> dict[str, Any]:
    """Return the schema of observations in rows under one head."""
    one = {
        "type": "object",
        "properties": {
            "Datastream": _LINK,
            "components": {
                "type": "array", "items": {"type": "string", "pattern": _NO_NUL},
                "examples": [["phenomenonTime", "result"]],
            },
            "dataArray@iot.count": {"type": "integer"},
            "dataArray": {
                "type": "array", "items": _ANYTHING,
                "description": "Rows: a value for each component. A row that cannot be used is "
                "answered by its error, and the others are kept.",
            },
        },
        "required": ["Datastream", "components", "dataArray"],
        "propertyNames": {"pattern": _NO_NUL},
        "additionalProperties": _ANYTHING,
    }  # fmt: skip
    return {"type": "array", "items": one}


def told_one(entity: EntityType) -> dict[str, Any]:
    """Return the schema of an entity as it is read, or of what ``$select`` leaves of it."""
    return {"$ref": _REFERENCE.format(name=entity.name)}


def told_collection(entity: EntityType) -> dict[str, Any]:
    """Return the schema of a page of entities."""
    told: list[dict[str, Any]] = [told_one(entity)]
    if entity.plural == "Observations":
        told.append({"$ref": _REFERENCE.format(name="DataArray")})
    return {
        "type": "object",
        "properties": {
            "@iot.count": {"type": "integer", "minimum": 0},
            "@iot.nextLink": {"type": "string", "description": "The next page, if there is one."},
            "value": {"type": "array", "items": told[0] if len(told) == 1 else {"anyOf": told}},
        },
        "required": ["value"],
    }


def _new(entity: EntityType, given: str | None) -> dict[str, Any]:
    """Return what a body has that describes an entity."""
    required, told = [], dict[str, Any]({"@iot.id": _ID, "id": _ID})
    for one in entity.properties:
        told[one.name] = _sent(entity, one)
        if one.required:
            required.append(one.name)
    for leads in entity.navigations:
        if leads.name == given:
            told[leads.name] = {"description": "It follows from where this stands."}
            continue
        there, inverse = ENTITIES[leads.target], inverse_of(entity, leads)
        if inverse is not None:
            told[leads.name] = _or_null({"type": "array", "items": new_entity(there, inverse)})
            continue
        either = {"anyOf": [_LINK, new_entity(there)]}
        if leads.many:
            told[leads.name] = _or_null({"type": "array", "items": either})
        elif leads.name in OPTIONAL:
            told[leads.name] = _or_null(either)
        else:
            told[leads.name] = either
            required.append(leads.name)
    return {
        "type": "object",
        "properties": told,
        "required": required,
        "patternProperties": {_ANNOTATION: _ANYTHING},
        "additionalProperties": False,
    }


def _or_null(schema: dict[str, Any]) -> dict[str, Any]:
    return {"anyOf": [schema, {"type": "null"}]}


def _sent(entity: EntityType, one: Property) -> dict[str, Any]:
    """Return what a body may tell a property to be."""
    if one.computed:
        return {"description": "It follows from the observations.", **_ANYTHING}
    match one.kind:
        case "text":
            return _TEXT
        case "instant":
            told: dict[str, Any] = _INSTANT
        case "span":
            told = _SPAN
        case "geometry":
            told = {"$ref": _REFERENCE.format(name="Place")}
        case _ if one.name in {"properties", "parameters", "unitOfMeasurement"}:
            told = {**OBJECT, "properties": dict(_FREE.get((entity.plural, one.name), {}))}
        case _ if one.required and one.kind != "result":
            told = {"$ref": _REFERENCE.format(name="Something")}
        case _:
            return _ANYTHING
    return told if one.required else _or_null(told)


def _read(entity: EntityType) -> dict[str, Any]:
    """Return what is told of an entity."""
    kinds: dict[str, dict[str, Any]] = {
        "text": {"type": "string"},
        "instant": {"type": ["string", "null"]},
        "span": {"type": ["string", "null"]},
        "geometry": {"type": "object"},
    }
    told: dict[str, Any] = {"@iot.id": {"type": "string"}, "@iot.selfLink": {"type": "string"}}
    told |= {one.name: kinds.get(one.kind, {}) for one in entity.properties}
    for leads in entity.navigations:
        there = told_one(ENTITIES[leads.target])
        told[f"{leads.name}@iot.navigationLink"] = {"type": "string"}
        if leads.many:
            told[leads.name] = {"type": "array", "items": there}
            told[f"{leads.name}@iot.count"] = {"type": "integer"}
            told[f"{leads.name}@iot.nextLink"] = {"type": "string"}
        else:
            told[leads.name] = _or_null(there)
    return {"type": "object", "properties": told}


def _shared() -> dict[str, Any]:
    """Return the schemas that others refer to."""
    (place,), places = msgspec.json.schema_components([Place], ref_template=_REFERENCE)
    for one in places.values():
        one["additionalProperties"] = _ANYTHING
        one["propertyNames"] = {"pattern": _NO_NUL}
    something = [
        {"type": "boolean"},
        {"type": "number", "minimum": -sys.float_info.max, "maximum": sys.float_info.max},
        _TEXT,
        {"type": "array", "items": _ANYTHING},
        OBJECT,
    ]
    schemas: dict[str, Any] = {
        **places,
        "Place": {"anyOf": place["anyOf"]},
        "Something": {"description": "Any JSON but null; no text has a NUL.", "anyOf": something},
        "Anything": {"description": "Any JSON; no text has a NUL.",
                     "anyOf": [*something, {"type": "null"}]},
        "Link": {
            "description": "What is there already.", "type": "object",
            "properties": {"@iot.id": _ID, "id": _ID},
            "minProperties": 1, "maxProperties": 1, "additionalProperties": False,
        },
        "DataArray": {
            "type": "object",
            "properties": {
                "Datastream@iot.navigationLink": {"type": "string"},
                "components": {"type": "array", "items": {"type": "string"}},
                "dataArray@iot.count": {"type": "integer"},
                "dataArray": {"type": "array", "items": {"type": "array"}},
            },
            "required": ["components", "dataArray"],
        },
    }  # fmt: skip
    for entity in ENTITIES.values():
        schemas[entity.name] = _read(entity)
        for given in (None, *(one.name for one in entity.navigations if not one.many)):
            schemas[_name(entity, given)] = _new(entity, given)
    return schemas


SHARED: Final[Mapping[str, Any]] = _shared()
"""Schemas of bodies and answers by name, which others refer to."""
