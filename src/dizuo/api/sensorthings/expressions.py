"""What a ``$filter`` or ``$orderby`` says, as a tree."""

from dataclasses import dataclass
from typing import Any
from typing import Literal as OneOf

__all__ = [
    "Call",
    "Comparison",
    "Expression",
    "Lambda",
    "Literal",
    "Logical",
    "Not",
    "Operation",
    "Path",
]

LiteralKind = OneOf[
    "text", "integer", "number", "truth", "nothing", "time", "date", "clock", "duration", "geometry"
]


@dataclass(frozen=True, slots=True)
class Literal:
    """A value as it was written.

    Attributes
    ----------
    value
        Times, times of the day and durations are whole microseconds, a date is those at which it
        begins in UTC; a geometry is its WKT.
    at
        Where it stands, counted from 1.
    """

    kind: LiteralKind
    value: Any
    at: int


@dataclass(frozen=True, slots=True)
class Path:
    """A property, by way of entities and into JSON: ``Datastream/Thing/properties/owner``."""

    steps: tuple[str, ...]
    at: int


@dataclass(frozen=True, slots=True)
class Call:
    """A function of the standard with its arguments."""

    name: str
    arguments: tuple["Expression", ...]
    at: int


@dataclass(frozen=True, slots=True)
class Operation:
    """Arithmetic: ``add``, ``sub``, ``mul``, ``div``, ``mod``."""

    operator: str
    left: "Expression"
    right: "Expression"
    at: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """``eq``, ``ne``, ``lt``, ``le``, ``gt``, ``ge`` of two, or ``in`` a list."""

    operator: str
    left: "Expression"
    right: "Expression | tuple[Literal, ...]"
    at: int


@dataclass(frozen=True, slots=True)
class Logical:
    """``and`` or ``or`` over two or more."""

    operator: OneOf["and", "or"]
    parts: tuple["Expression", ...]
    at: int


@dataclass(frozen=True, slots=True)
class Not:
    """What is not so."""

    part: "Expression"
    at: int


@dataclass(frozen=True, slots=True)
class Lambda:
    """``any`` or ``all`` of the entities that a path leads to."""

    path: Path
    quantifier: OneOf["any", "all"]
    variable: str
    condition: "Expression | None"
    at: int


Expression = Literal | Path | Call | Operation | Comparison | Logical | Not | Lambda
