"""Write what Open311 answers as JSON or XML, refusals too, as the end of the path asks."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import Any, Final
from xml.etree import ElementTree as ET

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from dizuo.api.answering import language_of
from dizuo.api.declared import MalformedError, require_headers
from dizuo.api.guard import Work
from dizuo.model.errors import AccessError, DizuoError, InputError
from dizuo.operations.access.visitor import Visitor

__all__ = ["Answer", "RefusedError", "Row", "answered_as_open311"]

_STATUS: Final[dict[type[DizuoError], int]] = {
    InputError: 400, MalformedError: 400, AccessError: 403,
}  # fmt: skip
_CONTROLS: Final = [*range(9), 11, 12, *range(14, 32), 0xFFFE, 0xFFFF, *range(0xD800, 0xE000)]
_NOT_IN_XML: Final = dict.fromkeys(_CONTROLS, 0xFFFD)
_WITHIN: Final[Mapping[str, str]] = {
    "attributes": "attribute", "values": "value", "endpoints": "endpoint", "formats": "format",
}  # fmt: skip

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a route answers.

    Attributes
    ----------
    elements
        In XML: the element around, and that of each row; the first alone for one row by itself.
    """

    elements: str
    rows: Sequence[Row]
    status: int = 200


class RefusedError(Exception):
    """An answer that tells what is wrong, in the form of the standard."""

    def __init__(self, status: int, problem: str) -> None:
        super().__init__(problem)
        self.status = status
        self.problem = problem


def answered_as_open311(work: Callable[[Request, Visitor], Awaitable[Answer]]) -> Work:
    """Make what stands behind a guard of what a route does."""

    @wraps(work)
    async def answer(request: Request, visitor: Visitor) -> Response:
        form = request.path_params["form"]
        if form not in {"json", "xml"}:
            return JSONResponse(_error(404, "the form must be json or xml"), status_code=404)
        try:
            require_headers(request, work)
            return _written(form, await work(request, visitor))
        except RefusedError as refused:
            status, told = refused.status, refused.problem
        except DizuoError as error:
            status, told = _STATUS.get(type(error), 503), error.in_(language_of(request))
        return _written(form, Answer("errors.error", _error(status, told), status))

    return answer


def _error(status: int, told: str) -> list[Row]:
    return [{"code": status, "description": told}]


def _written(form: str, answer: Answer) -> Response:
    outer, _, inner = answer.elements.partition(".")
    if form == "json":
        told = list(answer.rows) if inner else answer.rows[0]
        return JSONResponse(told, status_code=answer.status)
    root = ET.Element(outer)
    for row in answer.rows:
        _fill(ET.SubElement(root, inner) if inner else root, row)
    text = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return Response(text, status_code=answer.status, media_type="application/xml; charset=utf-8")


def _fill(element: ET.Element, value: Any) -> None:
    if isinstance(value, dict):
        for name, inner in value.items():
            _fill(ET.SubElement(element, name), inner)
    elif isinstance(value, list):
        for one in value:
            _fill(ET.SubElement(element, _WITHIN[element.tag]), one)
    elif isinstance(value, bool):
        element.text = str(value).lower()
    elif value is not None:
        element.text = str(value).translate(_NOT_IN_XML)
