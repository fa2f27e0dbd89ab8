"""That a value is one of many, as one parameter: no database takes a hundred thousand of them."""

import json
from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, String, literal
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

__all__ = ["is_one_of"]


class _Each(FunctionElement[str]):
    """The rows of a list that is written as JSON."""

    name = "each"
    type = String()
    inherit_cache = True


@compiles(_Each, "sqlite")
def _in_sqlite(element: _Each, compiler: Any, **given: Any) -> str:
    told = compiler.process(element.clauses, **given)
    return f"(SELECT value FROM json_each({told}))"  # noqa: S608 - a parameter, compiled


@compiles(_Each, "postgresql")
def _in_postgresql(element: _Each, compiler: Any, **given: Any) -> str:
    told = compiler.process(element.clauses, **given)
    return f"(SELECT jsonb_array_elements_text(CAST({told} AS jsonb)))"


def is_one_of(column: ColumnElement[Any], values: Iterable[str]) -> ColumnElement[bool]:
    """Return the condition that a column holds one of some values."""
    written = json.dumps(sorted(values), ensure_ascii=False)
    return column.bool_op("IN")(_Each(literal(written)))
