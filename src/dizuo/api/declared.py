"""What a route takes and answers, declared once: requests are read by it, the document tells it.

A declaration is of types that msgspec knows. Whoever writes a route decorates its work with
:func:`declared` and reads with :func:`query_of` and :func:`body_of`; the description of the whole
application follows by itself (:mod:`dizuo.api.openapi`).
"""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Final, TypeVar

import msgspec
from msgspec import Meta, Struct
from sqlalchemy import Boolean, Float, Integer, Table
from starlette.requests import Request

from dizuo.model.errors import InputError
from dizuo.model.text import Text

__all__ = [
    "HEADER",
    "PROBLEMS",
    "Declared",
    "Instant",
    "MalformedError",
    "Name",
    "Problem",
    "Words",
    "body_of",
    "declared",
    "from_json",
    "parsed",
    "query_of",
    "require_headers",
    "row_schema",
]

_LONGEST_NAME: Final = 200
_LONGEST_WORDS: Final = 4000

Name = Annotated[str, Meta(pattern=r"^[^\x00]+$", min_length=1, max_length=_LONGEST_NAME)]
"""An id or a code: no database keeps a NUL."""
Words = Annotated[str, Meta(pattern=r"^[^\x00]*$", max_length=_LONGEST_WORDS)]
"""What somebody writes."""
Instant = Annotated[Any, Meta(extra_json_schema={"type": "string", "format": "date-time"})]
"""A time, as JSON writes it; only of answers."""

HEADER: Final = r"^[!-~]([ -~]{0,998}[!-~])?$"
"""What the value of a declared header may be."""
_ATTRIBUTE: Final = "dizuo_declared"
Wanted = TypeVar("Wanted")
Work = TypeVar("Work", bound=Callable[..., Any])


class MalformedError(InputError):
    """A request that is not as declared; whatever else an InputError tells was read well."""


class Problem(Struct):
    """What is wrong, after RFC 9457."""

    type: str
    status: int
    title: str
    detail: str = ""


PROBLEMS: Final[Mapping[int, str]] = {
    400: "The request is not as declared.",
    401: "The key of an account is needed.",
    403: "The account has no role for this.",
    404: "There is no such thing.",
    405: "The path takes other methods.",
    409: "It cannot be done as things stand.",
    413: "The request is too large.",
    415: "The content is of another type.",
    422: "It was read, but does not fit together.",
    429: "Asked for too often; wait.",
    503: "It cannot be done now; ask again.",
}
"""How every route may refuse, unless it declares otherwise."""


@dataclass(frozen=True, slots=True)
class Declared:
    """What a route takes and answers.

    Attributes
    ----------
    summary
        What it does, as a sentence.
    group
        Routes that are shown together.
    query, body, form
        Structs of what comes in the address, as JSON, as a form; of JSON a schema may be told, and
        of the address a schema for each name.
    path
        The types of the names in the path that are more than a :data:`Name`.
    answer
        What the route answers, as a type or as a JSON schema.
    media
        The types of content that it answers in.
    status
        Codes of success.
    problems
        How it refuses, if not as the others do: code and type or schema of the content.
    problem_media
        The types of content that it refuses in.
    headers
        Names of the headers that it reads, and what they are for.
    public
        Whether it asks for no account.
    form_media
        How a form may be sent.
    file_media
        The types of content that a file may be sent in, as the whole body.
    shared
        Schemas by name, for those of this and of other routes to refer to.
    """

    summary: str
    group: str
    query: type[Struct] | Mapping[str, Any] | None = None
    body: type[Struct] | Mapping[str, Any] | None = None
    form: type[Struct] | None = None
    path: Mapping[str, Any] = field(default_factory=dict)
    answer: Any = Any
    media: tuple[str, ...] = ("application/json",)
    status: tuple[int, ...] = (200,)
    problems: Any = Problem
    problem_media: tuple[str, ...] = ("application/problem+json",)
    headers: Mapping[str, str] = field(default_factory=dict)
    public: bool = False
    form_media: tuple[str, ...] = ("application/x-www-form-urlencoded",)
    file_media: tuple[str, ...] = ()
    shared: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, work: Any) -> "Declared | None":
        """Return what was declared of a work or of a route's endpoint, or None."""
        while work is not None:
            found = getattr(work, _ATTRIBUTE, None)
            if found is not None:
                return found if isinstance(found, cls) else None
            work = getattr(work, "__wrapped__", None)
        return None


def declared(told: Declared) -> Callable[[Work], Work]:
    """Declare what the decorated work takes and answers.

    Wrap it with :func:`functools.wraps`, or the declaration is not found.
    """

    def mark(work: Work) -> Work:
        setattr(work, _ATTRIBUTE, told)
        return work

    return mark


def require_headers(request: Request, work: Any) -> None:
    """Refuse a header that is declared and cannot be read.

    Raises
    ------
    MalformedError
        With its name.
    """
    one = Declared.of(work)
    for name in one.headers if one is not None else ():
        value = request.headers.get(name)
        if value is not None and not re.fullmatch(HEADER, value):
            raise MalformedError(
                Text(f"{name} must be plain ASCII", f"{name} 须为 ASCII 字符"), field=name
            )


def query_of(request: Request, wanted: type[Wanted]) -> Wanted:
    """Read what comes in the address.

    Raises
    ------
    MalformedError
        With the name of what is not as declared.
    """
    pairs = request.query_params.multi_items()
    given = dict(pairs)
    if len(given) < len(pairs):
        twice = next(name for name, _ in pairs if len(request.query_params.getlist(name)) > 1)
        raise MalformedError(
            Text(f"{twice} is given more than once", f"{twice} 重复给出"), field=twice
        )
    return parsed(given, wanted)


def parsed(given: Mapping[str, Any], wanted: type[Wanted]) -> Wanted:
    """Read words by a declaration: of an address, of a form.

    Raises
    ------
    MalformedError
        With the name of what is not as declared.
    """
    try:
        return msgspec.convert(dict(given), wanted, strict=False)
    except msgspec.ValidationError as error:
        raise _as_malformed(error) from None


async def body_of(request: Request, wanted: type[Wanted]) -> Wanted:
    """Read the JSON that comes with a request; nothing at all reads as an empty object.

    Raises
    ------
    MalformedError
        If it is no JSON, or not as declared.
    """
    return from_json(await request.body() or b"{}", wanted)


def _number(text: str) -> int | float:
    """Read a number that is written with a point or an exponent; 3.0 is as whole as 3."""
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return int(number) if number.is_integer() else number


_JSON: Final = msgspec.json.Decoder(float_hook=_number)


def from_json(raw: bytes, wanted: type[Wanted]) -> Wanted:
    """Read JSON by a declaration.

    Raises
    ------
    MalformedError
        If it is no JSON, or not as declared.
    """
    try:
        return msgspec.convert(_JSON.decode(raw), wanted)
    except msgspec.ValidationError as error:
        raise _as_malformed(error) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ValueError):
        raise MalformedError(Text("the body is no JSON", "请求正文不是 JSON")) from None


def _as_malformed(error: msgspec.ValidationError) -> MalformedError:
    told, _, where = str(error).partition(" - at ")
    name = where.strip("`").removeprefix("$").lstrip(".") or None
    return MalformedError(Text(told, f"与声明不符：{told}"), field=name)


def row_schema(table: Table, *, without: frozenset[str], times: frozenset[str]) -> dict[str, Any]:
    """Return the JSON schema of a table's row, as the doors tell it.

    Parameters
    ----------
    without
        Columns that are not told.
    times
        Columns of microseconds that are told as times.
    """
    told = {}
    for column in table.columns:
        if column.name in without:
            continue
        kind: dict[str, Any] = {"type": "string"}
        if column.name in times:
            kind = {"type": "string", "format": "date-time"}
        elif isinstance(column.type, Boolean):
            kind = {"type": "boolean"}
        elif isinstance(column.type, Float):
            kind = {"type": "number"}
        elif isinstance(column.type, Integer):
            kind = {"type": "integer"}
        told[column.name] = kind | ({"type": [kind["type"], "null"]} if column.nullable else {})
    return {"type": "object", "properties": told, "required": sorted(told)}
