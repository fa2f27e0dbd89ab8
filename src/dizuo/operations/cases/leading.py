"""Choose the index that a list of cases is read from, so that a list costs what it shows.

A database guesses this from averages, and is wrong by far where a unit has few cases in a square
that has many. Here it is counted instead, no further than what is rare: a millisecond or two.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import ColumnElement, Connection, func, literal, select

from dizuo.operations.cases.table import cases

__all__ = ["INDEXED", "RARE", "Lead", "choose_lead"]

INDEXED: Final = ("unit", "category", "case_type", "state")
"""Columns that have an index of their own, those with the rarest values first."""
RARE: Final = 10_000
"""What fewer cases have is rare: all of them are read in a few milliseconds."""
_IN_PAIRS: Final = ("unit", "category")
"""Columns that have an index together with the squares, with each other, and of open cases."""
_A_ROW: Final = 10
"""How much longer a row takes that is read than an entry of an index of open cases, in which stand
the place and the time that it is due."""


@dataclass(frozen=True, slots=True)
class Lead:
    """An index that a list is read from.

    Attributes
    ----------
    columns
        Columns of :data:`INDEXED` that it begins with.
    square
        The column of squares that it begins with, and which of them are read; None for none.
    only_open
        Whether it is an index of the open cases, which are few among all that ever were.
    """

    columns: tuple[str, ...] = ()
    square: tuple[str, Sequence[int]] | None = None
    only_open: bool = False

    def conditions(self, told: Mapping[str, str]) -> list[ColumnElement[bool]]:
        """Return what all cases have that stand together in the index."""
        if self.square is None:
            return self.beside(told)
        return [cases.c[self.square[0]].in_(self.square[1]), *self.beside(told)]

    def beside(self, told: Mapping[str, str]) -> list[ColumnElement[bool]]:
        """Return the same without the squares."""
        asked = [cases.c[name] == told[name] for name in self.columns]
        if self.only_open:
            asked.append(cases.c.open.is_(True))
        return asked


def choose_lead(
    connection: Connection,
    told: Mapping[str, str],
    *,
    square: tuple[str, Sequence[int]] | None = None,
    only_open: bool = False,
) -> Lead:
    """Choose the index with the fewest cases; where all have many, the one that tells most.

    Parameters
    ----------
    told
        What is asked of the columns of :data:`INDEXED`.
    square
        The squares that a window touches (:func:`.squares_in`).
    """
    leads = _leads(told, square, only_open=only_open)
    if len(leads) == 1:
        return leads[0]
    costs = [
        _count(connection, one.conditions(told)) * (_A_ROW if only_open > one.only_open else 1)
        for one in leads
    ]
    return leads[costs.index(min(costs))]


def _leads(
    told: Mapping[str, str], square: tuple[str, Sequence[int]] | None, *, only_open: bool
) -> list[Lead]:
    """List what could lead, that which tells most first."""
    paired = [name for name in _IN_PAIRS if name in told]
    alone = [name for name in INDEXED if name in told and name not in _IN_PAIRS]
    leads: list[Lead] = []
    if only_open:
        leads += [Lead((name,), only_open=True) for name in paired] or [Lead(only_open=True)]
    if square is not None:
        leads += [Lead((name,), square) for name in paired] or [Lead((), square)]
    if len(paired) == len(_IN_PAIRS):
        leads.append(Lead(tuple(paired)))
    elif not only_open:
        alone = paired + alone
    return leads + [Lead((name,)) for name in alone] or [Lead()]


def _count(connection: Connection, conditions: Sequence[ColumnElement[bool]]) -> int:
    some = select(literal(1)).where(*conditions).limit(RARE).subquery()
    return connection.execute(select(func.count()).select_from(some)).scalar_one()
