"""Rules as boxes: for every rule, which values of every property of a case it takes.

A set of values is an integer, one bit a value, so that sets of thousands of places meet in one
operation. A rule is a box: it takes a case if it takes its value on every axis.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from dizuo.operations.dispatch.domain import CaseKind, Domain
from dizuo.operations.dispatch.rules import (
    GRID_DUTY,
    NOTHING,
    OWNER,
    Conditions,
    DispatchRule,
    MonthDay,
    names_match,
)

__all__ = ["Axis", "Box", "BoxMaker", "Value", "first_value", "values_of"]

Value = str | int | bool | MonthDay
"""What a case may be on an axis."""

Box = tuple[int, ...]
"""Values taken, axis by axis, one bit a value."""


@dataclass(frozen=True, slots=True)
class Axis:
    """One property of a case and the values that it may have.

    Attributes
    ----------
    field
        Name of the condition, as in tables of rules.
    values
        The values in the order of the domain; bit ``n`` of a set is value ``n``.
    """

    field: str
    values: tuple[Value, ...]

    @property
    def all(self) -> int:
        """The set of all values."""
        return (1 << len(self.values)) - 1


def values_of(axis: Axis, taken: int) -> tuple[Value, ...]:
    """Return the values of a set."""
    return tuple(axis.values[number] for number in _bits(taken))


def first_value(axis: Axis, taken: int) -> Value:
    """Return the first value of a set that is not empty."""
    return axis.values[(taken & -taken).bit_length() - 1]


def _bits(taken: int) -> Iterator[int]:
    while taken:
        lowest = taken & -taken
        yield lowest.bit_length() - 1
        taken ^= lowest


class BoxMaker:
    """Turns rules into boxes over the cases of one type.

    Parameters
    ----------
    domain, kind
        The domain, and which of its case types.
    """

    def __init__(self, domain: Domain, kind: CaseKind) -> None:
        ground = domain.ground
        cells = (*ground.cells, *([NOTHING] if kind.without_place else []))
        self.kind = kind
        self.axes: tuple[Axis, ...] = (
            Axis("category", kind.categories),
            Axis("nature", kind.natures),
            Axis("place", cells),
            Axis("owner", kind.owners),
            Axis("hours", domain.hours),
            Axis("weekdays", domain.weekdays),
            Axis("season", domain.days),
            Axis("severity", kind.severities),
            Axis("channel", kind.channels),
        )
        self.everything: Box = tuple(axis.all for axis in self.axes)
        self._cells_in = _cells_by_place(domain, cells)
        self._on_duty = _mask(
            number
            for number, cell in enumerate(cells)
            if isinstance(cell, str) and ground.on_duty(cell) is not None
        )
        self._sets: dict[tuple[str, object], int] = {}

    def box(self, rule: DispatchRule) -> Box | None:
        """Return what a rule takes; None if it takes no case of this type."""
        when = rule.when
        if when.case_types and self.kind.case_type not in when.case_types:
            return None
        box = tuple(self._taken(axis, when) for axis in self.axes)
        return self._where_it_can_send(box, rule.then.responsible)

    def largest_places(self, cells: int) -> tuple[str, ...]:
        """Return the largest places that together are some cells; ``""`` for cases without."""
        found: list[str] = []
        widest = {inside: place for place, inside in self._cells_in.items()}
        for inside, place in sorted(widest.items(), key=lambda item: -item[0].bit_count()):
            if inside & ~cells == 0:
                found.append(place)
                cells &= ~inside
        return tuple(found)

    def _where_it_can_send(self, box: Box, responsible: str) -> Box | None:
        """Narrow a box to the cases that have an owner, or a unit on duty, if that must settle."""
        narrowed = list(box)
        for number, axis in enumerate(self.axes):
            if axis.field == "owner" and responsible == OWNER:
                narrowed[number] &= _mask(n for n, known in enumerate(axis.values) if known)
            elif axis.field == "place" and responsible == GRID_DUTY:
                narrowed[number] &= self._on_duty
        return tuple(narrowed) if all(narrowed) else None

    def _taken(self, axis: Axis, when: Conditions) -> int:
        match axis.field:
            case "category":
                return self._named(axis, when.categories)
            case "nature":
                return self._named(axis, when.natures)
            case "channel":
                return self._named(axis, when.channels)
            case "place":
                return self._in_places(axis, when.places)
            case "owner":
                owner = when.owner
                return self._where(axis, owner, lambda known: owner is None or known is owner)
            case "hours":
                return self._among(axis, when.hours)
            case "weekdays":
                return self._among(axis, when.weekdays)
            case "season":
                return self._where(axis, when.seasons, when.holds_on)
            case _:
                return self._where(axis, when.severity, when.holds_at_severity)

    def _named(self, axis: Axis, names: frozenset[str]) -> int:
        return self._where(axis, names, lambda value: not names or names_match(names, value))

    def _among(self, axis: Axis, allowed: frozenset[int]) -> int:
        return self._where(axis, allowed, lambda value: not allowed or value in allowed)

    def _in_places(self, axis: Axis, places: frozenset[str]) -> int:
        if not places:
            return axis.all
        taken = 0
        for place in places:
            key = "place", place
            if key not in self._sets:
                self._sets[key] = self._in_place(place)
            taken |= self._sets[key]
        return taken

    def _in_place(self, place: str) -> int:
        if not place.endswith("*"):
            return self._cells_in.get(place, 0)
        taken = 0
        for name, cells in self._cells_in.items():
            if names_match(frozenset({place}), name):
                taken |= cells
        return taken

    def _where(self, axis: Axis, condition: object, holds: Callable[..., bool]) -> int:
        """Return the values for which a condition holds, worked out once for equal conditions."""
        key = axis.field, condition
        if key not in self._sets:
            self._sets[key] = _mask(n for n, value in enumerate(axis.values) if holds(value))
        return self._sets[key]


def _mask(numbers: Iterator[int]) -> int:
    taken = 0
    for number in numbers:
        taken |= 1 << number
    return taken


def _cells_by_place(domain: Domain, cells: tuple[str, ...]) -> dict[str, int]:
    """Return the cells of every place on every level; no place is a cell of its own."""
    found: dict[str, int] = {}
    for number, cell in enumerate(cells):
        for place in domain.ground.lineage(cell) or (cell,):
            found[place] = found.get(place, 0) | 1 << number
    return found
