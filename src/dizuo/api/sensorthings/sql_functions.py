"""What SQLite and PostgreSQL write differently, under one name each.

Whatever came with a request is a bound parameter in all of them.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final

from sqlalchemy import Boolean, ColumnElement, DateTime, Float, Integer, String, literal
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

__all__ = [
    "as_written", "datetime_of", "floor_of", "json_anything", "json_number", "json_text",
    "json_truth", "position_in", "quotient", "round_of", "truncated",
]  # fmt: skip

_DATABASES: Final = ("sqlite", "postgresql")


class _Different(FunctionElement[Any]):
    """A function with a form for each database, filled with its compiled arguments."""

    inherit_cache = True
    forms: tuple[str, str] = ("", "")

    def __init_subclass__(cls) -> None:
        # A form belongs to its class, so a statement with it can be kept compiled.
        cls.inherit_cache = True
        super().__init_subclass__()


def _compiler(which: int) -> Callable[..., str]:
    def write(element: _Different, compiler: Any, **options: Any) -> str:
        parts = [compiler.process(one, **options) for one in element.clauses]
        return element.forms[which].format(*parts)

    return write


for _number, _database in enumerate(_DATABASES):
    compiles(_Different, _database)(_compiler(_number))


class quotient(_Different):  # noqa: N801
    """A number divided by another: of whole numbers, the whole part."""

    type = Float()
    forms = ("(({0}) / ({1}))", "(({0}) / ({1}))")


class truncated(_Different):  # noqa: N801 - it reads as a function
    """The whole part of a number, towards zero."""

    type = Float()
    forms = ("CAST({0} AS INTEGER)", "trunc(CAST({0} AS NUMERIC))")


class floor_of(_Different):  # noqa: N801
    """The largest whole number that is not above."""

    type = Float()
    forms = (
        "(CAST({0} AS INTEGER) - (({0}) < CAST({0} AS INTEGER)))",
        "floor(CAST({0} AS NUMERIC))",
    )


class round_of(_Different):  # noqa: N801
    """The nearest whole number; halves away from zero, as OData has it."""

    type = Float()
    forms = ("round({0})", "round(CAST({0} AS NUMERIC))")


class position_in(_Different):  # noqa: N801
    """Where the second text begins in the first one, from 1; 0 if nowhere."""

    type = Integer()
    forms = ("instr({0}, {1})", "strpos({0}, {1})")


class datetime_of(_Different):  # noqa: N801
    """Whole seconds since 1970 as a date and time in UTC."""

    type = DateTime()
    forms = (
        "datetime({0}, 'unixepoch')",
        "(TIMESTAMP '1970-01-01' + CAST({0} AS DOUBLE PRECISION) * INTERVAL '1 second')",
    )


class as_written(_Different):  # noqa: N801
    """A text that is compared letter by letter, whatever the database's own order is."""

    type = String()
    forms = ("{0}", '(CAST({0} AS TEXT) COLLATE "C")')


class _Json(_Different):
    """Something inside a JSON text; its arguments are the text and a path for either database."""


class _JsonNumber(_Json):
    type = Float()
    forms = (
        "CASE WHEN json_type({0}, {1}) IN ('integer', 'real') THEN json_extract({0}, {1}) END",
        (
            "CASE WHEN jsonb_typeof(CAST({0} AS JSONB) #> CAST({2} AS TEXT[])) = 'number' "
            "THEN CAST(CAST({0} AS JSONB) #>> CAST({2} AS TEXT[]) AS DOUBLE PRECISION) END"
        ),
    )


class _JsonText(_Json):
    type = String()
    forms = (
        "CASE WHEN json_type({0}, {1}) = 'text' THEN json_extract({0}, {1}) END",
        (
            "CASE WHEN jsonb_typeof(CAST({0} AS JSONB) #> CAST({2} AS TEXT[])) = 'string' "
            "THEN CAST({0} AS JSONB) #>> CAST({2} AS TEXT[]) END"
        ),
    )


class _JsonTruth(_Json):
    type = Boolean()
    forms = (
        "CASE json_type({0}, {1}) WHEN 'true' THEN 1 WHEN 'false' THEN 0 END",
        (
            "CASE WHEN jsonb_typeof(CAST({0} AS JSONB) #> CAST({2} AS TEXT[])) = 'boolean' "
            "THEN CAST(CAST({0} AS JSONB) #>> CAST({2} AS TEXT[]) AS BOOLEAN) END"
        ),
    )


class _JsonAnything(_Json):
    type = String()
    forms = (
        "CAST(json_extract({0}, {1}) AS TEXT)",
        "(CAST({0} AS JSONB) #>> CAST({2} AS TEXT[]))",
    )


def _inside(kind: type[_Json], text: ColumnElement[Any], keys: Sequence[str]) -> ColumnElement[Any]:
    quoted = [f'"{key}"' for key in keys]
    sqlite = "".join(
        f"[{key}]" if key.isdigit() else f".{name}" for key, name in zip(keys, quoted, strict=True)
    )
    return kind(text, literal(f"${sqlite}", String), literal(f"{{{','.join(quoted)}}}", String))


def json_number(text: ColumnElement[Any], keys: Sequence[str]) -> ColumnElement[Any]:
    """Return the number at a place inside JSON; null if there is none."""
    return _inside(_JsonNumber, text, keys)


def json_text(text: ColumnElement[Any], keys: Sequence[str]) -> ColumnElement[Any]:
    """Return the text at a place inside JSON; null if there is none."""
    return _inside(_JsonText, text, keys)


def json_truth(text: ColumnElement[Any], keys: Sequence[str]) -> ColumnElement[Any]:
    """Return the true or false at a place inside JSON; null if there is none."""
    return _inside(_JsonTruth, text, keys)


def json_anything(text: ColumnElement[Any], keys: Sequence[str]) -> ColumnElement[Any]:
    """Return what stands at a place inside JSON as text; null if nothing does."""
    return _inside(_JsonAnything, text, keys)
