"""The description of the whole application (OpenAPI 3.1), made from what its routes declare."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from dizuo import __version__
from dizuo.api.declared import HEADER, PROBLEMS, Declared, Name, declared
from dizuo.api.door import Door
from dizuo.api.guard import guarded
from dizuo.api.methods import routes_by_path
from dizuo.operations.access.visitor import Visitor

__all__ = ["describe", "document_route"]

_IN_PATH: Final = re.compile(r"{(\w+)(?::\w+)?}")
_WITHOUT_DECLARATION: Final = Declared("Not declared.", "other")
_FILE: Final = {"type": "string", "format": "binary"}
_REFERENCE: Final = "#/components/schemas/{name}"


def document_route(door: Door, routes: Sequence[BaseRoute]) -> Route:
    """Return the route that tells what the others, and itself, take and answer."""

    @declared(
        Declared(
            "Tell what every route takes and answers, as OpenAPI 3.1.",
            "description", answer={"type": "object"}, public=True,
        )
    )  # fmt: skip
    async def tell(_: Request, __: Visitor) -> Response:
        return JSONResponse(written)

    own = guarded(door, "/api/openapi.json", "services.read", tell)
    written = describe([*routes, own])
    return own


def describe(routes: Iterable[BaseRoute]) -> dict[str, Any]:
    """Return the document of routes.

    Parameters
    ----------
    routes
        Those of the application; what is no HTTP route of one path is left out.
    """
    found = routes_by_path(one for one in routes if isinstance(one, Route))
    declarations = {
        (path, method): Declared.of(route.endpoint) or _WITHOUT_DECLARATION
        for path, of_path in found.items()
        for method, route in sorted(of_path.items())
        if method != "HEAD"
    }
    schemas = _Schemas(list(declarations.values()))
    paths: dict[str, dict[str, Any]] = {}
    for (path, method), one in declarations.items():
        operations = paths.setdefault(_IN_PATH.sub(r"{\1}", path), {})
        operations[method.lower()] = _operation(path, one, schemas)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "dizuo",
            "version": __version__,
            "description": "The doors of a city. 城市服务接口。",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": paths,
        "components": {
            "schemas": schemas.components,
            "securitySchemes": {
                "key": {"type": "http", "scheme": "bearer"},
                "session": {"type": "apiKey", "in": "cookie", "name": "dizuo_session"},
            },
        },
    }


class _Schemas:
    """The schemas of declared types, those of structs shared by name."""

    def __init__(self, told: Sequence[Declared]) -> None:
        types = [
            one
            for each in told
            for one in (each.query, each.body, each.form, each.answer, each.problems,
                        *each.path.values(), Name)
            if one is not None and not isinstance(one, Mapping)
        ]  # fmt: skip
        self._types = list(dict.fromkeys(types))
        schemas, components = msgspec.json.schema_components(
            self._types, ref_template=_REFERENCE, schema_hook=lambda _: {}
        )
        self._by_type = dict(zip(self._types, schemas, strict=True))
        self.components: dict[str, Any] = dict(components)
        for one in told:
            self.components |= one.shared

    def of(self, kind: Any) -> dict[str, Any]:
        """Return the schema of a type, or the schema that stands in its place."""
        return dict(kind) if isinstance(kind, Mapping) else dict(self._by_type[kind])

    def fields(
        self, told: type[msgspec.Struct] | Mapping[str, Any]
    ) -> tuple[dict[str, Any], set[str]]:
        """Return the schemas of fields, and which must be given; of schemas by name none must."""
        if isinstance(told, Mapping):
            return dict(told), set()
        name = str(self.of(told)["$ref"]).rpartition("/")[2]
        whole = self.components[name]
        return whole["properties"], set(whole.get("required", ()))


def _operation(route_path: str, one: Declared, schemas: _Schemas) -> dict[str, Any]:
    parameters = [
        {"name": name, "in": "path", "required": True, "schema": schemas.of(
            one.path.get(name, Name))}
        for name in _IN_PATH.findall(route_path)
    ]  # fmt: skip
    if one.query is not None:
        fields, required = schemas.fields(one.query)
        parameters += [
            {"name": name, "in": "query", "required": name in required, "schema": schema}
            for name, schema in fields.items()
        ]
    parameters += [
        {"name": name, "in": "header", "required": False, "description": meaning,
         "schema": {"type": "string", "maxLength": 1000, "pattern": HEADER}}
        for name, meaning in one.headers.items()
    ]  # fmt: skip
    told: dict[str, Any] = {
        "summary": one.summary,
        "tags": [one.group],
        "parameters": parameters,
        "responses": _responses(one, schemas),
        "security": [] if one.public else [{"key": []}, {"session": []}],
    }
    content = {}
    if one.body is not None:
        content["application/json"] = {"schema": schemas.of(one.body)}
    if one.form is not None:
        content |= {media: {"schema": schemas.of(one.form)} for media in one.form_media}
    content |= {media: {"schema": _FILE} for media in one.file_media}
    if content:
        told["requestBody"] = {"content": content, "required": _is_needed(one, schemas)}
    return told


def _is_needed(one: Declared, schemas: _Schemas) -> bool:
    """Tell whether a request without a body lacks something."""
    if one.form is not None or one.file_media:
        return True
    if one.body is None:
        return False
    return isinstance(one.body, Mapping) or bool(schemas.fields(one.body)[1])


def _responses(one: Declared, schemas: _Schemas) -> dict[str, Any]:
    answer = {media: {"schema": schemas.of(one.answer)} for media in one.media}
    refusal = {media: {"schema": schemas.of(one.problems)} for media in one.problem_media}
    told = {str(code): {"description": "Done.", "content": answer} for code in one.status}
    refused = {
        str(code): {"description": meaning, "content": refusal}
        for code, meaning in PROBLEMS.items()
    }
    return told | refused
