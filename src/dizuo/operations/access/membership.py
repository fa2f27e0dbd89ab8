"""That a value is one of many, as one parameter: no database takes a hundred thousand of them."""

import json
from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, literal
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import NullType

__all__ = ["is_one_of"]


class _IsOneOf(FunctionElement[Any]):
    """That a column holds one of a list that is written as JSON.

    Without a type: SQLite would compare a Boolean with 1, and read no index for that.
    """

    name = "is_one_of"
    type = NullType()
    inherit_cache = True


@compiles(_IsOneOf, "sqlite")
def _in_sqlite(element: _IsOneOf, compiler: Any, **given: Any) -> str:
    column, written = (compiler.process(one, **given) for one in element.clauses)
    return f"{column} IN (SELECT value FROM json_each({written}))"  # noqa: S608 - compiled


@compiles(_IsOneOf, "postgresql")
def _in_postgresql(element: _IsOneOf, compiler: Any, **given: Any) -> str:
    """Make an array first: no index is read by a list that is still to be asked for."""
    column, written = (compiler.process(one, **given) for one in element.clauses)
    return f"{column} = ANY (ARRAY(SELECT jsonb_array_elements_text(CAST({written} AS jsonb))))"


def is_one_of(column: ColumnElement[Any], values: Iterable[str]) -> ColumnElement[bool]:
    """Return the condition that a column holds one of some values."""
    return _IsOneOf(column, literal(json.dumps(sorted(values), ensure_ascii=False)))
