"""The parts of a reach, so that a list of what somebody reaches costs what it shows.

A reach is mostly one of several things: the unit's own cases, those it supervises, those of some
cells. A database reads all of them and sorts; the newest of each part stand in an index.
"""

from collections.abc import Sequence
from operator import eq
from typing import Final

from sqlalchemy import BinaryExpression, BooleanClauseList, Column, ColumnElement
from sqlalchemy.sql.operators import and_, is_, or_

__all__ = ["REACHED_BY", "is_in_order", "parts_of"]

REACHED_BY: Final = frozenset({"unit", "supervisor", "grid", "place", "case_type"})
"""Columns by which somebody reaches cases; each has an index that goes on with the opening."""


def parts_of(reach: ColumnElement[bool]) -> Sequence[ColumnElement[bool]]:
    """Return the conditions of which one must hold; the reach itself where there are no others."""
    return reach.clauses if _is(reach, or_) else [reach]


def is_in_order(part: ColumnElement[bool]) -> bool:
    """Tell whether the cases of a part stand in an index by their opening."""
    return any(
        isinstance(one, BinaryExpression)
        and one.operator in {eq, is_}
        and isinstance(one.left, Column)
        and one.left.name in REACHED_BY
        for one in (part.clauses if _is(part, and_) else [part])
    )


def _is(condition: ColumnElement[bool], operator: object) -> bool:
    return isinstance(condition, BooleanClauseList) and condition.operator is operator
