"""Which rule takes which cases, exactly, without going through the cases.

Values of an axis that the same rules take are one class. The axes are gone through one after
another, and all cases that the same rules still want are kept as one group with their number. As
soon as a rule asks nothing more of the axes to come, the rules after it have lost the group. So
groups stay few where cases are billions, and nothing is sampled. A set of rules is an integer, one
bit a rule, the first rule lowest.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from dizuo.operations.dispatch.boxes import Box

__all__ = ["NOBODY", "Space", "first_and_second", "is_covered", "smallest_hole", "space_of"]

NOBODY: Final = -1
"""Number of no rule, where none takes a case."""


class _Class(NamedTuple):
    """Values of an axis that the same rules take."""

    rules: int
    values: int
    width: int


@dataclass(frozen=True, slots=True)
class Space:
    """Boxes over a region, with values that the same rules take put together.

    Attributes
    ----------
    axes
        Numbers of the axes, in the order in which they are gone through.
    classes
        The classes of each of these axes.
    asking
        The rules that do not take every class of the axis.
    settled
        The rules that ask nothing of the axes from this one on; one entry more than axes.
    rules
        The rules that take something in the region.
    """

    axes: tuple[int, ...]
    classes: tuple[tuple[_Class, ...], ...]
    asking: tuple[int, ...]
    settled: tuple[int, ...]
    rules: int


def space_of(boxes: Mapping[int, Box], region: Box, *, in_order: bool = False) -> Space:
    """Return the classes of a region.

    Parameters
    ----------
    boxes
        What every rule takes, by its number.
    region
        The cases to look at.
    in_order
        Go through the axes in their own order, not in the one that keeps groups few.
    """
    inside = {
        number: box
        for number, box in boxes.items()
        if all(taken & here for taken, here in zip(box, region, strict=True))
    }
    rules = sum(1 << number for number in inside)
    found = [_classes(inside, axis, region[axis]) for axis in range(len(region))]
    asking = [rules & ~_all_take(classes) for classes in found]
    order = list(range(len(region)))
    if not in_order:
        order.sort(key=lambda axis: -asking[axis].bit_count())
    settled = [rules]
    for axis in reversed(order):
        settled.append(settled[-1] & ~asking[axis])
    return Space(
        axes=tuple(order),
        classes=tuple(found[axis] for axis in order),
        asking=tuple(asking[axis] for axis in order),
        settled=tuple(reversed(settled)),
        rules=rules,
    )


def _all_take(classes: Sequence[_Class]) -> int:
    common = classes[0].rules
    for part in classes:
        common &= part.rules
    return common


def _classes(boxes: Mapping[int, Box], axis: int, region: int) -> tuple[_Class, ...]:
    """Split the values of an axis by the rules that take them."""
    takers: dict[int, int] = {}
    for number, box in boxes.items():
        taken = box[axis] & region
        takers[taken] = takers.get(taken, 0) | 1 << number
    parts = {region: 0}
    for taken, rules in takers.items():
        split: dict[int, int] = {}
        for values, known in parts.items():
            if inside := values & taken:
                split[inside] = known | rules
            if outside := values & ~taken:
                split[outside] = known
        parts = split
    ordered = sorted(parts.items(), key=lambda part: part[0] & -part[0])
    return tuple(_Class(rules, values, values.bit_count()) for values, rules in ordered)


def first_and_second(space: Space) -> dict[tuple[int, int], int]:
    """Count the cases of a region by the rule that takes them and the one that would be next.

    Returns
    -------
    dict
        Numbers of both rules (:data:`NOBODY`: none) → number of cases.
    """
    groups = {_first_two_settled(space.rules, space.settled[0]): 1}
    for axis, classes in enumerate(space.classes):
        asking, settled = space.asking[axis], space.settled[axis + 1]
        known: dict[int, list[tuple[int, int]]] = {}
        following: dict[int, int] = {}
        for live, count in groups.items():
            concerned = live & asking
            parts = known.get(concerned)
            if parts is None:
                parts = known[concerned] = _parts(classes, concerned)
            untouched = live ^ concerned
            for remaining, width in parts:
                left = _first_two_settled(untouched | remaining, settled)
                following[left] = following.get(left, 0) + count * width
        groups = following
    found: dict[tuple[int, int], int] = {}
    for live, count in groups.items():
        first = live & -live
        pair = first.bit_length() - 1, (live ^ first).bit_length() - 1
        found[pair] = found.get(pair, 0) + count
    return found


def _first_two_settled(live: int, settled: int) -> int:
    """Drop the rules after the second that asks nothing more: they take none of these cases."""
    sure = live & settled
    sure &= sure - 1
    if sure:
        return live & (((sure & -sure) << 1) - 1)
    return live


def _parts(classes: Sequence[_Class], concerned: int) -> list[tuple[int, int]]:
    """Return what remains of some rules in each class, with the number of values."""
    widths: dict[int, int] = {}
    for part in classes:
        remaining = concerned & part.rules
        widths[remaining] = widths.get(remaining, 0) + part.width
    return list(widths.items())


def is_covered(boxes: Mapping[int, Box], region: Box) -> bool:
    """Whether boxes together take every case of a region."""
    return not _open_values(space_of(boxes, region))


def _open_values(space: Space) -> list[int]:
    """Return for each axis the values that a case has which no rule takes; [] if there is none."""
    if space.rules & space.settled[0]:
        return []
    layers: list[set[int]] = [{space.rules}]
    steps = [_Steps(space, axis) for axis in range(len(space.classes))]
    for step in steps:
        layers.append({left for live in layers[-1] for left, _ in step.from_(live)})
    reached = layers[-1] & {0}
    if not reached:
        return []
    found: list[int] = []
    for layer, step in zip(reversed(layers[:-1]), reversed(steps), strict=True):
        earlier: set[int] = set()
        values = 0
        for live in layer:
            leading = [taken for left, taken in step.from_(live) if left in reached]
            if leading:
                earlier.add(live)
                for taken in leading:
                    values |= taken
        found.append(values)
        reached = earlier
    return found[::-1]


class _Steps:
    """The ways along one axis on which no remaining rule is sure to take the cases."""

    def __init__(self, space: Space, axis: int) -> None:
        self._classes = space.classes[axis]
        self._asking = space.asking[axis]
        self._settled = space.settled[axis + 1]
        self._known: dict[int, list[tuple[int, int]]] = {}

    def from_(self, live: int) -> Iterator[tuple[int, int]]:
        """Yield the rules that remain, and the values with which they do."""
        concerned = live & self._asking
        untouched = live ^ concerned
        if untouched & self._settled:
            return
        ways = self._known.get(concerned)
        if ways is None:
            by_rules: dict[int, int] = {}
            for part in self._classes:
                left = concerned & part.rules
                if not left & self._settled:
                    by_rules[left] = by_rules.get(left, 0) | part.values
            ways = self._known[concerned] = list(by_rules.items())
        for left, values in ways:
            yield untouched | left, values


def smallest_hole(boxes: Mapping[int, Box], region: Box) -> dict[int, int] | None:
    """Find a part of a region that no rule takes, told by as few properties as possible.

    Returns
    -------
    dict or None
        For as few axes as there can be, the values; all other values of the region may be
        anything. None if the rules take every case.
    """
    space = space_of(boxes, region, in_order=True)
    open_values = _open_values(space)
    if not open_values:
        return None
    tries = (_hole_with(space, open_values, most) for most in range(len(region) + 1))
    return _widened(boxes, region, next(named for named in tries if named is not None))


def _hole_with(space: Space, open_values: Sequence[int], most: int) -> dict[int, int] | None:
    """Find a hole that names at most so many axes, the same one for the same rules."""
    groups: dict[int, dict[int, int]] = {space.rules: {}}
    for axis, classes in enumerate(space.classes):
        settled = space.settled[axis + 1]
        following: dict[int, dict[int, int]] = {}
        for live, named in groups.items():
            steps = [(live, named)]
            if len(named) < most and live & space.asking[axis]:
                steps += [
                    (live & part.rules, {**named, axis: part.values})
                    for part in classes
                    if part.values & open_values[axis]
                ]
            for left, names in steps:
                known = following.get(left)
                if not left & settled and (known is None or len(names) < len(known)):
                    following[left] = names
        groups = following
    return groups.get(0)


def _widened(boxes: Mapping[int, Box], region: Box, named: Mapping[int, int]) -> dict[int, int]:
    """Add to each named axis every value that keeps the part free of all rules."""
    part = [named.get(axis, taken) for axis, taken in enumerate(region)]
    for axis in named:
        blocked = 0
        for box in boxes.values():
            if all(box[other] & here for other, here in enumerate(part) if other != axis):
                blocked |= box[axis]
        part[axis] = region[axis] & ~blocked
    return {axis: part[axis] for axis in named}
