"""What the check of a table of dispatch rules found."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from dizuo.model.text import Language, Text
from dizuo.operations.dispatch.boxes import Value

__all__ = [
    "Hole",
    "Overlap",
    "OverlapKind",
    "Redundant",
    "Report",
    "Shadowed",
    "UnknownName",
]

OverlapKind = Literal["exception", "crossing"]
"""``exception``: the earlier rule lies wholly within the later one, which is how exceptions are
written. ``crossing``: each takes cases that the other does not, so their order is a decision."""


@dataclass(frozen=True, slots=True)
class Hole:
    """Cases of one type that no rule takes, told with as few properties as possible.

    Attributes
    ----------
    case_type
        Of which type they are.
    named
        Property → values. Every combination of them is not taken, whatever the other properties.
    example
        One whole case: property → value.
    cases
        How many combinations of this case type no rule takes, in this hole and all others.
    places
        If places are named, the largest ones that together are those cells.
    """

    case_type: str
    named: Mapping[str, tuple[Value, ...]]
    example: Mapping[str, Value]
    cases: int
    places: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Shadowed:
    """A rule that can never fire.

    Attributes
    ----------
    rule
        Its id.
    row
        Its row in the file.
    covered_by
        Earlier rules that together take all that it would; none can be left out. Empty if no case
        of the domain meets its conditions at all.
    """

    rule: str
    row: int
    covered_by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Redundant:
    """A rule that fires, but without which every case would be sent the same way.

    Attributes
    ----------
    rule, row
        Its id, and its row in the file.
    instead
        The later rules or steps that would take over.
    """

    rule: str
    row: int
    instead: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Overlap:
    """Two rules that want the same cases and send them differently; the earlier one decides.

    Attributes
    ----------
    earlier, later
        Ids of the rules.
    kind
        Whether the one is an exception to the other, or they cross.
    case_type, example
        A case that both want.
    """

    earlier: str
    later: str
    kind: OverlapKind
    case_type: str
    example: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class UnknownName:
    """A name in a rule that the domain does not have.

    Attributes
    ----------
    rule, row, field
        Where it stands.
    name
        The name.
    near
        Names that are written nearly so.
    """

    rule: str
    row: int
    field: str
    name: str
    near: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """What was proved about a table.

    Attributes
    ----------
    combinations
        Number of combinations in the domain.
    fires
        For every rule, and for the steps after them, how many combinations it takes.
    holes
        For each case type with combinations that fall to the catch-all, the one told most shortly.
    shadowed, redundant, overlaps, unknown
        What else was found, in the order of the table.
    file
        Where the table was read from.
    names
        What ids are called.
    """

    combinations: int
    fires: Mapping[str, int]
    holes: tuple[Hole, ...] = ()
    shadowed: tuple[Shadowed, ...] = ()
    redundant: tuple[Redundant, ...] = ()
    overlaps: tuple[Overlap, ...] = ()
    unknown: tuple[UnknownName, ...] = ()
    file: str = ""
    names: Mapping[str, Text] = field(default_factory=dict)

    @property
    def complete(self) -> bool:
        """Whether every combination is taken before the catch-all."""
        return not self.holes

    @property
    def publishable(self) -> bool:
        """Whether the table is complete, without shadowed rules, and names nothing unknown."""
        return self.complete and not self.shadowed and not self.unknown

    @property
    def smallest_hole(self) -> Hole | None:
        """The hole that is told with the fewest properties."""
        return min(self.holes, key=lambda hole: len(hole.named), default=None)

    def in_words(self, language: Language = "en") -> str:
        """Return the report as text, what stops publishing first."""
        from dizuo.operations.dispatch.wording import report_in_words  # noqa: PLC0415 (a circle)

        return report_in_words(self, language)
