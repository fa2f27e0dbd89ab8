"""A rule: one dated threshold, with its source and how sure we are of it."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Literal

from dizuo.model.text import Text

__all__ = ["Certainty", "Comparison", "Rule", "Scale"]

Comparison = Literal["at_most", "at_least", "between", "given"]
"""How a value is judged; ``given`` marks a parameter that judges nothing (a radius, a speed)."""


class Certainty(StrEnum):
    """``sure`` where the number is corroborated, ``check`` where the clause must still be read."""

    SURE = "sure"
    CHECK = "check"


@dataclass(frozen=True, slots=True)
class Scale:
    """The values of an indicator that score 0, 60 and 100, linear between.

    ``floor > excellent`` means that lower values are better.
    """

    floor: float
    passing: float
    excellent: float


@dataclass(frozen=True, slots=True)
class Rule:
    """One number of a standard, in force for a time and a place.

    Attributes
    ----------
    id
        Dotted name, the standard first: ``gb50180.kindergarten.radius``.
    value
        The number, in ``unit``. For ``between`` the lower end.
    upper
        The upper end for ``between``, else None.
    comparison
        How a measured value is judged against it.
    source, edition, clause
        Where the number stands.
    valid_from, valid_to
        First day in force, and first day no longer in force (None: still in force).
    jurisdiction
        ISO 3166 code of where it applies; ``""`` means anywhere.
    certainty
        ``check`` marks a number whose clause was not read; every use of it is marked too.
    scale
        Values that score 0, 60 and 100, where the source or the city's practice gives them.
    """

    id: str
    title: Text
    value: float
    unit: str
    comparison: Comparison
    source: str
    edition: str
    valid_from: date
    jurisdiction: str
    certainty: Certainty
    clause: str = ""
    valid_to: date | None = None
    upper: float | None = None
    scale: Scale | None = None
    note: str = ""

    def in_force(self, day: date) -> bool:
        """Whether the rule holds on a day."""
        return self.valid_from <= day and (self.valid_to is None or day < self.valid_to)

    def holds_for(self, value: float) -> bool:
        """Whether a value keeps the rule. A ``given`` rule is always kept."""
        match self.comparison:
            case "at_most":
                return value <= self.value
            case "at_least":
                return value >= self.value
            case "between":
                return self.value <= value <= (self.upper if self.upper is not None else value)
            case "given":
                return True
