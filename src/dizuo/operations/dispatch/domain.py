"""Every case that can occur: the ground that a table of dispatch rules is proved on."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from dizuo.model.errors import InputError
from dizuo.model.text import Text
from dizuo.operations.dispatch.rules import NOTHING, MonthDay

__all__ = ["DAYS_OF_YEAR", "CaseKind", "Domain", "Ground"]

DAYS_OF_YEAR: Final[tuple[MonthDay, ...]] = tuple(
    (month, day)
    for month, days in enumerate((31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31), start=1)
    for day in range(1, days + 1)
)
"""Every day that a year may have."""

_DEEPEST: Final = 32
"""More levels of places than any city has; beyond it the parents run in a circle."""


@dataclass(frozen=True)
class Ground:
    """The places of cases, what they belong to, and who is on duty there.

    Attributes
    ----------
    cells
        Ids of the smallest places, which cases carry: the cells of the unit grid.
    parents
        Place → the larger place that it belongs to: cell → community → district.
    duties
        Place on any level → id of the unit on duty there. The smallest place counts.
    """

    cells: tuple[str, ...]
    parents: Mapping[str, str] = field(default_factory=dict)
    duties: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse parents that run in a circle."""
        for place in self.parents:
            if len(self.lineage(place)) >= _DEEPEST:
                raise InputError(
                    Text(
                        f"the place {place} belongs to itself, by its parents",
                        f"地点 {place} 经由上级又属于自身",
                    ),
                    field="parents",
                    cure=Text("Correct which place belongs to which.", "请更正地点的隶属关系。"),
                )

    def lineage(self, place: str) -> tuple[str, ...]:
        """Return a place and the larger ones that it lies in; nothing for no place."""
        found: list[str] = []
        while place != NOTHING and len(found) < _DEEPEST:
            found.append(place)
            place = self.parents.get(place, NOTHING)
        return tuple(found)

    @cached_property
    def places(self) -> frozenset[str]:
        """All places on all levels."""
        return frozenset(place for cell in self.cells for place in self.lineage(cell))

    def on_duty(self, place: str) -> str | None:
        """Return the unit on duty in the smallest place around that names one."""
        return next(
            (self.duties[around] for around in self.lineage(place) if around in self.duties), None
        )


@dataclass(frozen=True, slots=True)
class CaseKind:
    """What the cases of one type may be.

    Attributes
    ----------
    case_type
        Id of the case type.
    categories
        Codes that its cases carry.
    natures, channels
        Ids; ``""`` stands for cases without.
    severities
        Grades.
    owners
        Whether cases with a known owner of the component occur, and without.
    without_place
        Whether a case may come without a place.
    """

    case_type: str
    categories: tuple[str, ...]
    natures: tuple[str, ...] = (NOTHING,)
    channels: tuple[str, ...] = (NOTHING,)
    severities: tuple[int, ...] = (0,)
    owners: tuple[bool, ...] = (False,)
    without_place: bool = False

    def __post_init__(self) -> None:
        """Refuse what is empty or stated twice."""
        for name in ("categories", "natures", "channels", "severities", "owners"):
            values = getattr(self, name)
            if not values or len(set(values)) != len(values):
                what = "states a value twice" if values else "is empty"
                raise InputError(
                    Text(
                        f"{name} of the case type {self.case_type} {what}",
                        f"案件类型 {self.case_type} 的 {name} {what}",
                    ),
                    field=name,
                    cure=Text(
                        "State every value that occurs, once.", "请列出所有出现的值，各写一次。"
                    ),
                )


@dataclass(frozen=True)
class Domain:
    """Every combination that a case can be, and the names that rules may use.

    Attributes
    ----------
    kinds
        The case types, each with its own values.
    ground
        The places, the same for every case type.
    units
        Ids of the units that can be responsible or supervise; None accepts any.
    limits
        Ids of the limits of time; None accepts any.
    names
        What ids are called, for reports. Categories may be named as ``case_type/category``, for
        codes that two case types share.
    hours, weekdays, days
        When cases may be reported, by the local clock: hours 0 to 23, weekdays 1 (Monday) to 7,
        and days of the year. All of them, unless stated.
    """

    kinds: tuple[CaseKind, ...]
    ground: Ground
    units: frozenset[str] | None = None
    limits: frozenset[str] | None = None
    names: Mapping[str, Text] = field(default_factory=dict)
    hours: tuple[int, ...] = tuple(range(24))
    weekdays: tuple[int, ...] = tuple(range(1, 8))
    days: tuple[MonthDay, ...] = DAYS_OF_YEAR

    def __post_init__(self) -> None:
        """Refuse a domain without case types or with one twice."""
        types = [kind.case_type for kind in self.kinds]
        if not types or len(set(types)) != len(types):
            raise InputError(
                Text("the domain has no case type, or one twice", "值域中没有案件类型，或有重复"),
                field="kinds",
                cure=Text("State each case type once.", "每个案件类型只写一次。"),
            )

    def digest(self) -> str:
        """Return the SHA-256 of what the proof rests on: values and places, but not their names."""
        return hashlib.sha256(
            json.dumps(
                {
                    "kinds": [
                        [
                            kind.case_type, kind.categories, kind.natures, kind.channels,
                            kind.severities, kind.owners, kind.without_place,
                        ]
                        for kind in self.kinds
                    ],
                    "cells": self.ground.cells,
                    "parents": sorted(self.ground.parents.items()),
                    "duties": sorted(self.ground.duties.items()),
                    "units": None if self.units is None else sorted(self.units),
                    "limits": None if self.limits is None else sorted(self.limits),
                    "times": [self.hours, self.weekdays, self.days],
                },
                ensure_ascii=False,
            ).encode()
        ).hexdigest()  # fmt: skip
