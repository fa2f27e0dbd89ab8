"""What a table of dispatch rules does, by looking at every single case of a small domain."""

from itertools import combinations, pairwise

import numpy as np

TYPES = ("event", "appeal")
VALUES = {
    "category": ("0101", "0102", "0201", "0202"),
    "nature": ("", "complaint"),
    "place": ("g11", "g12", "g21", "g22", ""),
    "owner": (True, False),
    "hours": (3, 9, 22),
    "weekdays": (2, 6),
    "season": ((1, 5), (7, 1), (12, 31)),
    "severity": (0, 1, 2),
    "channel": ("", "sensor"),
}
AXES = tuple(VALUES)
CELLS_WITH_DUTY = ("g21", "g22")
DUTY_UNIT = "grid station"
JURISDICTION = (
    {"rule": "@owner", "responsible": "@owner"},
    {"rule": "@grid_duty", "responsible": "@grid_duty"},
)


def taken(spec, case_type):
    """For every case of a type, whether a rule takes it: one axis of the array for each of ours."""
    if case_type not in spec.get("case_type", TYPES):
        return np.zeros([len(values) for values in VALUES.values()], dtype=bool)
    result = np.ones((), dtype=bool)
    for axis, values in VALUES.items():
        wanted = spec.get(axis, values)
        accepted = [
            value in wanted
            and not (axis == "owner" and spec["responsible"] == "@owner" and not value)
            and not (
                axis == "place"
                and spec["responsible"] == "@grid_duty"
                and value not in CELLS_WITH_DUTY
            )
            for value in values
        ]
        result = result[..., None] & np.array(accepted)
    return result


def outcome(spec):
    return spec["responsible"], spec.get("supervising", "")


class Truth:
    """All that a check should find, from the cases themselves."""

    def __init__(self, specs, *, jurisdiction):
        self.specs = [*specs, *(JURISDICTION if jurisdiction else ())]
        self.ids = [spec["rule"] for spec in self.specs]
        self.own = len(specs)
        self.by_type = {
            name: np.array([taken(spec, name) for spec in self.specs]) for name in TYPES
        }
        self.all = np.concatenate(
            [cube.reshape(len(self.specs), -1) for cube in self.by_type.values()], axis=1
        )
        nobody = np.ones((1, self.all.shape[1]), dtype=bool)
        self.first = np.concatenate([self.all, nobody]).argmax(axis=0)

    def fires(self):
        return {name: int((self.first == number).sum()) for number, name in enumerate(self.ids)}

    def uncaught(self):
        return {
            name: int((~cube.any(axis=0)).sum())
            for name, cube in self.by_type.items()
            if not cube.any(axis=0).all()
        }

    def fewest_named(self, case_type):
        """With how few properties a hole can be told."""
        hole = ~self.by_type[case_type].any(axis=0)
        axes = range(len(AXES))
        return next(
            size
            for size in range(len(AXES) + 1)
            for named in combinations(axes, size)
            if hole.all(axis=tuple(axis for axis in axes if axis not in named)).any()
        )

    def is_hole(self, case_type, named):
        """Whether no case that has the named values is taken."""
        hole = ~self.by_type[case_type].any(axis=0)
        chosen = [
            [VALUES[axis].index(value) for value in named.get(axis, VALUES[axis])] for axis in AXES
        ]
        return bool(hole[np.ix_(*chosen)].all())

    def shadowed(self):
        fires = self.fires()
        return {name for name in self.ids[: self.own] if not fires[name]}

    def cover(self, names, shadowed):
        """Whether some rules together take all that another does."""
        covers = [self.ids.index(name) for name in names]
        wanted = self.all[self.ids.index(shadowed)]
        return bool(self.all[covers].any(axis=0)[wanted].all())

    def redundant(self):
        found = set()
        for number in range(self.own):
            won = self.first == number
            if won.any():
                rest = self.all[number + 1 :, won]
                nexts = set(rest.argmax(axis=0)) if rest.any(axis=0).all() and len(rest) else {None}
                if None not in nexts and all(
                    outcome(self.specs[number + 1 + other]) == outcome(self.specs[number])
                    for other in nexts
                ):
                    found.add(self.ids[number])
        return found

    def overlaps(self):
        found = {}
        for one, other in combinations(range(self.own), 2):
            common = self.all[one] & self.all[other]
            if common.any() and outcome(self.specs[one]) != outcome(self.specs[other]):
                within = bool((common == self.all[one]).all())
                found[self.ids[one], self.ids[other]] = "exception" if within else "crossing"
        return found


def in_order(numbers):
    return all(one < other for one, other in pairwise(numbers))
