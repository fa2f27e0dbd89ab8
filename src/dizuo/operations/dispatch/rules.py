"""Dispatch rules: conditions on a case, and who must settle it.

Rules stand in order and the first that matches decides. A condition that is empty asks nothing.
After the last rule comes the jurisdiction: owner of the component ▸ duty for the grid cell ▸
catch-all. A rule that sends to :data:`OWNER` or :data:`GRID_DUTY` only matches where there is one.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from dizuo.model.errors import InputError
from dizuo.model.text import Text

__all__ = [
    "CATCH_ALL",
    "GRID_DUTY",
    "NOTHING",
    "OWNER",
    "Conditions",
    "DispatchRule",
    "MonthDay",
    "Outcome",
    "RuleTable",
    "names_match",
]

OWNER: Final = "@owner"
"""As responsible unit: the owner of the component that the case is about."""

GRID_DUTY: Final = "@grid_duty"
"""As responsible unit: the unit on duty for the grid cell of the case."""

CATCH_ALL: Final = "@catch_all"
"""As responsible unit: the unit that takes what nobody else does."""

NOTHING: Final = ""
"""The value of a case that has none: no place, no nature, no channel."""

_MOST_KEPT: Final = 4096
"""More sets of names than a table has."""

MonthDay = tuple[int, int]
"""Month and day of any year."""


@dataclass(frozen=True, slots=True)
class Conditions:
    """What a case must be for a rule to match. Whatever is empty asks nothing.

    Attributes
    ----------
    case_types, natures, channels
        Ids of which the case must have one; :data:`NOTHING` stands for a case without.
    categories
        Codes of which the case must have one; ``01*`` stands for all that begin with ``01``.
    places
        Places in one of which the case must lie, on any level: grid cell, community, district; a
        code that ends with ``*`` stands for all places that begin with it.
    owner
        Whether the owner of the component must be known, or must not be; None asks nothing.
    hours
        Hours of the local day, 0 to 23; the hour 8 lasts until 09:00.
    weekdays
        Days of the local week, 1 (Monday) to 7.
    seasons
        Spans of local days, both ends included; a span may run over the end of the year.
    severity
        Lowest and highest severity, either None.
    """

    case_types: frozenset[str] = frozenset()
    categories: frozenset[str] = frozenset()
    natures: frozenset[str] = frozenset()
    places: frozenset[str] = frozenset()
    owner: bool | None = None
    hours: frozenset[int] = frozenset()
    weekdays: frozenset[int] = frozenset()
    seasons: tuple[tuple[MonthDay, MonthDay], ...] = ()
    severity: tuple[int | None, int | None] = (None, None)
    channels: frozenset[str] = frozenset()

    def holds_on(self, day: MonthDay) -> bool:
        """Whether a day of the year lies in one of the seasons."""
        return not self.seasons or any(
            first <= day <= last if first <= last else (day >= first or day <= last)
            for first, last in self.seasons
        )

    def holds_at_severity(self, severity: int) -> bool:
        """Whether a severity lies in the range."""
        lowest, highest = self.severity
        return (lowest is None or lowest <= severity) and (highest is None or severity <= highest)


@dataclass(frozen=True, slots=True)
class Outcome:
    """Who must settle a case, who supervises, and which limit of time holds.

    Attributes
    ----------
    responsible
        Id of a unit, or :data:`OWNER`, :data:`GRID_DUTY` or :data:`CATCH_ALL`.
    supervising
        Id of the unit that supervises; ``""`` if none is named.
    limit
        Id of the limit of time; ``""`` leaves it to the case type.
    """

    responsible: str
    supervising: str = ""
    limit: str = ""


@dataclass(frozen=True, slots=True)
class DispatchRule:
    """One row of the table.

    Attributes
    ----------
    id
        Name of the rule, unique in its table.
    when
        Its conditions.
    then
        Its outcome.
    row
        Where it stands in the user's file (header = row 1); 0 if it is from no file.
    note
        Why the rule is there.
    """

    id: str
    when: Conditions
    then: Outcome
    row: int = 0
    note: str = ""


@dataclass(frozen=True, slots=True)
class RuleTable:
    """Dispatch rules in their order.

    Attributes
    ----------
    rules
        The rules; the first that matches decides.
    file
        Where they were read from; ``""`` if nowhere.
    """

    rules: tuple[DispatchRule, ...]
    file: str = ""

    def __post_init__(self) -> None:
        """Refuse names of rules that stand twice or are those of steps."""
        rows: dict[str, int] = {}
        for rule in self.rules:
            problem = None
            if rule.id in rows:
                problem = Text(
                    f"the rule {rule.id!r} stands in row {rows[rule.id]} already",
                    f"规则 {rule.id!r} 已在第 {rows[rule.id]} 行出现",
                )
            elif rule.id.startswith("@"):
                problem = Text(
                    f"{rule.id!r} begins with @, as only steps of the resolver do",
                    f"{rule.id!r} 以 @ 开头，该写法仅用于解析步骤",
                )
            if problem is not None:
                raise InputError(
                    problem,
                    file=self.file or None,
                    row=rule.row or None,
                    field="rule",
                    cure=Text("Give every rule a name of its own.", "请为每条规则取不同的名称。"),
                )
            rows[rule.id] = rule.row

    def __iter__(self) -> Iterator[DispatchRule]:
        return iter(self.rules)

    def __len__(self) -> int:
        return len(self.rules)


def names_match(patterns: frozenset[str], name: str) -> bool:
    """Whether a name is one of several, or begins as one that ends with ``*``."""
    return name in patterns or (name != NOTHING and name.startswith(_prefixes(patterns)))


@lru_cache(maxsize=_MOST_KEPT)
def _prefixes(patterns: frozenset[str]) -> tuple[str, ...]:
    return tuple(sorted(pattern[:-1] for pattern in patterns if pattern.endswith("*")))
