"""Which routes SensorThings has, and what each takes and answers.

Every collection, every entity and every way from one to others is a route of its own, so that the
description tells exactly what goes there. Longer paths go on below them, as clause 9.2 of the
standard says, by routes that take whatever follows.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, Literal

from starlette.convertors import Convertor, register_url_convertor

from dizuo.api.declared import Declared
from dizuo.api.sensorthings.bodies import LONGEST_ID
from dizuo.api.sensorthings.model import ENTITIES, EntityType, Navigation
from dizuo.api.sensorthings.schemas_of_batches import batch, batch_answers
from dizuo.api.sensorthings.schemas_of_entities import (
    OBJECT,
    SHARED,
    created,
    data_arrays,
    inverse_of,
    new_entity,
    told_collection,
    told_one,
)
from dizuo.api.sensorthings.schemas_of_options import options_of_collection, options_of_one

__all__ = ["Served", "served"]

_GROUP: Final = "SensorThings"
_READ, _SEND, _MANAGE = "observations.read", "observations.send", "devices.manage"
_ANY: Final = {"type": "object"}
_ID: Final = r"(?:[^'/\x00]|'')+"
_KEY: Final = {
    "type": "string", "minLength": 1, "maxLength": LONGEST_ID, "pattern": f"^{_ID}$",
    "description": "An id; a quotation mark in it is doubled.",
}  # fmt: skip
Deed = Literal["entry", "read", "create", "create_observations", "batch"]


@dataclass(frozen=True, slots=True)
class Served:
    """One route.

    Attributes
    ----------
    path
        Below the root of the service, as Starlette writes it.
    permission
        What whoever calls it must be granted.
    deed
        What is done there.
    """

    method: str
    path: str
    permission: str
    deed: Deed
    told: Declared


class _CollectionConvertor(Convertor[str]):
    """The name of a collection as a part of a path."""

    regex = "|".join(ENTITIES)

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


register_url_convertor("collection", _CollectionConvertor())


def served() -> Iterator[Served]:
    """Return the routes; of two that match a path, the first one serves it."""
    yield Served("GET", "", _READ, "entry", Declared(
        "Tell the collections, and what of the standard is held.", _GROUP, answer=_ANY,
        shared=SHARED))  # fmt: skip
    yield Served("POST", "/CreateObservations", _SEND, "create_observations", Declared(
        "Create many observations at once, told in rows.", _GROUP, body=data_arrays(),
        answer={"type": "array", "items": {"type": "string"}}, status=(201,)))  # fmt: skip
    yield Served("POST", "/$batch", _READ, "batch", Declared(
        "Do many requests at once, as JSON or multipart/mixed; change sets all or nothing.", _GROUP,
        body=batch(), answer=batch_answers()))  # fmt: skip
    for entity in ENTITIES.values():
        yield from _of_entity(entity)
    yield from _longer()


def _of_entity(entity: EntityType) -> Iterator[Served]:
    key = re.sub(r"(?<!^)(?=[A-Z])", "_", entity.name).lower()
    one = f"/{entity.plural}('{{{key}}}')"
    path = {key: _KEY}
    yield _page(f"/{entity.plural}", f"Read {entity.plural}.", entity, {})
    yield _creation(f"/{entity.plural}", f"Create a {entity.name} with all that it holds.",
                    entity, new_entity(entity), {})  # fmt: skip
    yield _single(one, f"Read a {entity.name}.", entity, path)
    for leads in entity.navigations:
        there = ENTITIES[leads.target]
        if not leads.many:
            title = f"Read the {leads.name} of a {entity.name}."
            yield _single(f"{one}/{leads.name}", title, there, path)
            continue
        title = f"the {leads.name} of a {entity.name}."
        yield _page(f"{one}/{leads.name}", f"Read {title}", there, path)
        yield _creation(f"{one}/{leads.name}", f"Create one of {title}", there,
                        _body_there(entity, leads), path)  # fmt: skip


def _body_there(entity: EntityType, leads: Navigation) -> dict[str, Any]:
    there, inverse = ENTITIES[leads.target], inverse_of(entity, leads)
    if inverse is not None:
        return new_entity(there, inverse)
    return {"anyOf": [{"$ref": "#/components/schemas/Link"}, new_entity(there)]}


def _page(path: str, title: str, entity: EntityType, names: dict[str, Any]) -> Served:
    told = Declared(title, _GROUP, query=options_of_collection(entity), path=names,
                    answer=told_collection(entity))  # fmt: skip
    return Served("GET", path, _READ, "read", told)


def _single(path: str, title: str, entity: EntityType, names: dict[str, Any]) -> Served:
    told = Declared(title, _GROUP, query=options_of_one(entity), path=names,
                    answer=told_one(entity))  # fmt: skip
    return Served("GET", path, _READ, "read", told)


def _creation(
    path: str, title: str, entity: EntityType, body: dict[str, Any], names: dict[str, Any]
) -> Served:
    told = Declared(title, _GROUP, body=body, path=names, answer=created(entity), status=(201,))
    permission = _SEND if entity.plural == "Observations" else _MANAGE
    return Served("POST", path, permission, "create", told)


def _longer() -> Iterator[Served]:
    """Return the routes that take whatever follows."""
    collections = "|".join(ENTITIES)
    parent = {
        "type": "string", "pattern": rf"^(?:(?:{collections})\('{_ID}'\)/?)+$",
        "examples": ["Things('ID')/Datastreams('ID')"],
    }  # fmt: skip
    properties = "|".join(
        rf"{entity.plural}\('{_ID}'\)/(?:{'|'.join(one.name for one in entity.properties)})"
        for entity in ENTITIES.values()
    )
    path = {
        "type": "string", "pattern": rf"^(?:{properties})(?:/\$value)?$",
        "examples": ["Things('ID')/name/$value"],
        "description": "A property. Paths may be longer, and end in $ref.",
    }  # fmt: skip
    names = {"parent": parent, "collection": {"enum": list(ENTITIES)}, "path": path}
    title = "Create an entity below another one, with all that it holds."
    told = Declared(title, _GROUP, body=OBJECT, answer=_ANY, path=names, status=(201,))
    yield Served("POST", "/{parent:path}/Observations", _SEND, "create", told)
    yield Served("POST", "/{parent:path}/{collection:collection}", _MANAGE, "create", told)
    yield Served("GET", "/{path:path}", _READ, "read", Declared(
        "Read a property, references, or whatever a longer path leads to.", _GROUP, answer={},
        path=names, media=("application/json", "text/plain"), status=(200, 204)))  # fmt: skip
