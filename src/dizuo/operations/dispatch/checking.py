"""Prove a table of dispatch rules: complete, and without rules that can never fire.

The proof goes through groups of cases that the same rules want (see ``covering``), so it holds for
every combination of the domain, however many there are.
"""

from collections.abc import Sequence
from math import prod

from dizuo.operations.dispatch.boxes import Axis, Box, BoxMaker, Value, first_value, values_of
from dizuo.operations.dispatch.covering import (
    NOBODY,
    first_and_second,
    is_covered,
    smallest_hole,
    space_of,
)
from dizuo.operations.dispatch.domain import Domain
from dizuo.operations.dispatch.report import (
    Hole,
    Overlap,
    OverlapKind,
    Redundant,
    Report,
    Shadowed,
)
from dizuo.operations.dispatch.rules import (
    GRID_DUTY,
    OWNER,
    Conditions,
    DispatchRule,
    Outcome,
    RuleTable,
)
from dizuo.operations.dispatch.unknown_names import find_unknown_names

__all__ = ["JURISDICTION", "check"]
__systems__ = ("S21.3",)  # gaps and overlaps of powers

JURISDICTION = (
    DispatchRule(OWNER, Conditions(), Outcome(OWNER)),
    DispatchRule(GRID_DUTY, Conditions(), Outcome(GRID_DUTY)),
)
"""The steps between the last rule and the catch-all."""


def check(table: RuleTable, domain: Domain, *, jurisdiction: bool = True) -> Report:
    """Prove what a table does with every case of a domain.

    Parameters
    ----------
    table
        The rules, in order.
    domain
        Every case that can occur.
    jurisdiction
        Whether a case that no rule takes is still taken by the owner of its component or by the
        duty for its cell. If not, the rules must take every case themselves.

    Returns
    -------
    Report
        Holes, shadowed and redundant rules, overlaps and unknown names, none of them sampled.
    """
    rules = (*table.rules, *(JURISDICTION if jurisdiction else ()))
    parts = [_Part(domain, number, rules) for number in range(len(domain.kinds))]
    shadowed = _shadowed(table, parts)
    return Report(
        combinations=sum(part.cases for part in parts),
        fires={
            rule.id: sum(part.fires.get(number, 0) for part in parts)
            for number, rule in enumerate(rules)
        },
        holes=tuple(hole for part in parts if (hole := part.hole()) is not None),
        shadowed=shadowed,
        redundant=_redundant(table, rules, parts, {item.rule for item in shadowed}),
        overlaps=_overlaps(table, parts),
        unknown=find_unknown_names(table, domain),
        file=table.file,
        names=domain.names,
    )


class _Part:
    """The proof for the cases of one type."""

    def __init__(self, domain: Domain, kind: int, rules: Sequence[DispatchRule]) -> None:
        maker = BoxMaker(domain, domain.kinds[kind])
        self._maker = maker
        self.case_type = maker.kind.case_type
        self.axes: tuple[Axis, ...] = maker.axes
        self.everything: Box = maker.everything
        self.boxes: dict[int, Box] = {
            number: box for number, rule in enumerate(rules) if (box := maker.box(rule)) is not None
        }
        self.cases = prod(len(axis.values) for axis in self.axes)
        self.fires: dict[int, int] = {}
        self.next: dict[int, set[int]] = {}
        for (first, second), count in first_and_second(
            space_of(self.boxes, self.everything)
        ).items():
            self.fires[first] = self.fires.get(first, 0) + count
            self.next.setdefault(first, set()).add(second)

    def hole(self) -> Hole | None:
        """Return what no rule takes, told as shortly as possible."""
        named = smallest_hole(self.boxes, self.everything) if NOBODY in self.fires else None
        if named is None:
            return None
        region = tuple(named.get(axis, taken) for axis, taken in enumerate(self.everything))
        fields = {self.axes[axis].field: axis for axis in named}
        return Hole(
            case_type=self.case_type,
            named={
                field: values_of(self.axes[axis], named[axis]) for field, axis in fields.items()
            },
            places=(
                self._maker.largest_places(named[fields["place"]]) if "place" in fields else ()
            ),
            example=self.example(region),
            cases=self.fires[NOBODY],
        )

    def example(self, region: Box) -> dict[str, Value]:
        """Return the first case of a region."""
        return {
            axis.field: first_value(axis, taken)
            for axis, taken in zip(self.axes, region, strict=True)
        }

    def covers(self, number: int) -> set[int]:
        """Return earlier rules that together take all that a rule would: a single one if it can."""
        region = self.boxes[number]
        earlier = {other: box for other, box in self.boxes.items() if other < number}
        for other, box in earlier.items():
            if all(not here & ~taken for here, taken in zip(region, box, strict=True)):
                return {other}
        return {first for first, _ in first_and_second(space_of(earlier, region))}

    def is_covered_by(self, number: int, others: set[int]) -> bool:
        """Whether some rules together take all that a rule would."""
        region = self.boxes.get(number)
        if region is None:
            return True
        return is_covered({other: self.boxes[other] for other in others & set(self.boxes)}, region)


def _shadowed(table: RuleTable, parts: Sequence[_Part]) -> tuple[Shadowed, ...]:
    found: list[Shadowed] = []
    for number, rule in enumerate(table):
        if any(number in part.fires for part in parts):
            continue
        covers: set[int] = set()
        for part in parts:
            if number in part.boxes:
                covers |= part.covers(number)
        for other in sorted(covers, reverse=True):
            if all(part.is_covered_by(number, covers - {other}) for part in parts):
                covers.discard(other)
        names = tuple(table.rules[other].id for other in sorted(covers))
        found.append(Shadowed(rule.id, rule.row, names))
    return tuple(found)


def _redundant(
    table: RuleTable, rules: Sequence[DispatchRule], parts: Sequence[_Part], shadowed: set[str]
) -> tuple[Redundant, ...]:
    found: list[Redundant] = []
    for number, rule in enumerate(table):
        following = {other for part in parts for other in part.next.get(number, ())}
        if rule.id not in shadowed and all(
            other != NOBODY and rules[other].then == rule.then for other in following
        ):
            names = tuple(rules[other].id for other in sorted(following))
            found.append(Redundant(rule.id, rule.row, names))
    return tuple(found)


def _overlaps(table: RuleTable, parts: Sequence[_Part]) -> tuple[Overlap, ...]:
    meetings: dict[tuple[int, int], list[tuple[_Part, Box]]] = {}
    for part in parts:
        for pair in _meeting_pairs(table, part):
            earlier, later = part.boxes[pair[0]], part.boxes[pair[1]]
            common = tuple(one & other for one, other in zip(earlier, later, strict=True))
            meetings.setdefault(pair, []).append((part, common))
    found: list[Overlap] = []
    for pair in sorted(meetings):
        common_parts = [common for _, common in meetings[pair]]
        whole = [part.boxes[pair[0]] for part in parts if pair[0] in part.boxes]
        kind: OverlapKind = "exception" if common_parts == whole else "crossing"
        part, common = meetings[pair][0]
        earlier_rule, later_rule = (table.rules[number].id for number in pair)
        found.append(Overlap(earlier_rule, later_rule, kind, part.case_type, part.example(common)))
    return tuple(found)


def _meeting_pairs(table: RuleTable, part: _Part) -> list[tuple[int, int]]:
    """Return the pairs of rules that want a case together and send it differently."""
    own = {number: box for number, box in part.boxes.items() if number < len(table)}
    same: dict[Outcome, int] = {}
    for number in own:
        same[table.rules[number].then] = same.get(table.rules[number].then, 0) | 1 << number
    meeting: list[dict[int, int]] = [{} for _ in part.axes]
    pairs: list[tuple[int, int]] = []
    for number, box in own.items():
        others = ~same[table.rules[number].then] & ~((1 << number) - 1)
        for axis, taken in enumerate(box):
            if taken not in meeting[axis]:
                meeting[axis][taken] = sum(
                    1 << other for other, its in own.items() if its[axis] & taken
                )
            others &= meeting[axis][taken]
        while others:
            lowest = others & -others
            pairs.append((number, lowest.bit_length() - 1))
            others ^= lowest
    return pairs
