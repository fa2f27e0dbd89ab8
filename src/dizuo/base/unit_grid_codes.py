"""Codes of unit cells: 12 digits of the community, 3 of the cell; none is ever given twice."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from dizuo.base.unit_grid_parameters import GridParameters
from dizuo.model.errors import InputError

__all__ = ["Numbering", "Register", "cells_in_reading_order", "community_codes"]

Shapes = NDArray[np.object_]
Int64 = NDArray[np.int64]

_CURE = "A division code has 12 digits: county 6, town or sub-district 3, community 3."


@dataclass(frozen=True, eq=False)
class Numbering:
    """How a city's cells are numbered.

    Attributes
    ----------
    division_codes
        Official 12-digit code of each community, by the id of its division. Empty for a city that
        has none.
    prefix
        Where there are no official codes: the digits that are known, 6 of the county, 9 with the
        town, or all 12 of the one community that the city is. ``""`` for a city outside China.
    """

    division_codes: Mapping[str, str] = field(default_factory=dict)
    prefix: str = ""

    def __post_init__(self) -> None:
        """Check the digits."""
        for division, code in self.division_codes.items():
            if not _digits(code, (12,)):
                raise InputError(
                    f"{code!r} is not the code of a community",
                    layer="divisions", row=division, field="code", cure=_CURE,
                )  # fmt: skip
        if self.prefix and not _digits(self.prefix, (6, 9, 12)):
            raise InputError(
                f"{self.prefix!r} cannot begin the codes of unit cells", field="prefix", cure=_CURE
            )
        seen: dict[str, str] = {}
        for division, code in self.division_codes.items():
            if code in seen:
                raise InputError(
                    f"the divisions {seen[code]} and {division} have one code, {code}",
                    layer="divisions", field="code", cure="Give every community its own code.",
                )  # fmt: skip
            seen[code] = division

    @property
    def is_local(self) -> bool:
        """Whether communities are numbered here, not by the state."""
        return not self.division_codes and len(self.prefix) < 12


class Register:
    """The numbers given so far: every new one is above the highest ever used.

    Parameters
    ----------
    used
        All codes ever given, valid and retired.
    parameters
        Lengths of the parts of a code.
    """

    def __init__(self, used: "list[str]", parameters: GridParameters) -> None:
        codes = parameters.numbers["codes"]
        self._digits = int(codes["sequence"])
        self._town = int(codes["county"]) + int(codes["town"])
        self._highest: dict[str, int] = {}
        self._beside: dict[str, str] = {}  # what goes on where a local community is full
        for code in used:
            community, number = code[: -self._digits], int(code[-self._digits :])
            self._highest[community] = max(self._highest.get(community, 0), number)

    @property
    def most(self) -> int:
        """Most numbers that a community has."""
        return int(10**self._digits - 1)

    def free(self, community: str) -> int:
        """Return how many numbers a community has left."""
        return self.most - self._highest.get(community, 0)

    def give(self, community: str) -> str:
        """Give the next number of a community.

        Raises
        ------
        InputError
            If it has none left.
        """
        number = self._highest.get(community, 0) + 1
        if number > self.most:
            raise InputError(
                f"the community {community} has more than {self.most} unit cells",
                layer="divisions",
                field="code",
                cure="Give the codes of its parts as divisions of their own, or larger cells.",
            )
        self._highest[community] = number
        return f"{community}{number:0{self._digits}d}"

    def give_local(self, community: str) -> str:
        """Give the next number of a local community, or of a new one beside it if it is full."""
        town = community[: self._town]
        while self.free(community) < 1:
            if community not in self._beside:
                self._beside[community] = f"{town}{self._last_community(town) + 1:03d}"
            community = self._beside[community]
        return self.give(community)

    def _last_community(self, town: str) -> int:
        numbers = [int(known[self._town :]) for known in self._highest if known.startswith(town)]
        last = max(numbers, default=0)
        if last >= 999:
            raise InputError(
                f"all communities under {town} are full",
                field="prefix",
                cure="Configure another prefix, or larger cells.",
            )
        return last


def community_codes(
    divisions: gpd.GeoDataFrame, numbering: Numbering, parameters: GridParameters
) -> list[str]:
    """Return the 12-digit code of each community, in the order of the table.

    Official codes are those of the numbering. Local ones count the districts (as towns) and the
    communities in each by the order of their ids.

    Parameters
    ----------
    divisions
        Communities, with the column ``id`` and, where known, ``town`` (the district they lie in).
    numbering
        Codes that are known.
    parameters
        Numbers that local codes begin with.

    Raises
    ------
    InputError
        If some communities have an official code and others none, or there are too many of them.
    """
    known = numbering.division_codes
    ids = divisions["id"].tolist()
    if known:
        lacking = [division for division in ids if division not in known]
        if lacking:
            raise InputError(
                f"{len(lacking)} communities have no code: {', '.join(lacking[:5])}",
                layer="divisions",
                field="code",
                cure="Give the 12-digit code of every community, or of none.",
            )
        return [known[division] for division in ids]
    if len(numbering.prefix) == 12:
        return [numbering.prefix] * len(ids)
    codes = parameters.numbers["codes"]
    county = (numbering.prefix or str(codes["local_county"]))[:6]
    first = int(codes["local_first"]) if numbering.prefix else 1
    town_first = first if numbering.prefix else 0
    towns = divisions["town"].tolist() if "town" in divisions else [""] * len(ids)
    if len(numbering.prefix) == 9:
        towns, county, town_first = [""] * len(ids), numbering.prefix[:6], int(numbering.prefix[6:])
    first = 1 if len(numbering.prefix) == 6 else first
    town_numbers = {town: town_first + rank for rank, town in enumerate(sorted(set(towns)))}
    counts = dict.fromkeys(town_numbers, first)
    given: dict[str, str] = {}
    for division, town in sorted(zip(ids, towns, strict=True)):
        given[division] = f"{county}{town_numbers[town]:03d}{counts[town]:03d}"
        counts[town] += 1
    if any(len(code) > 12 for code in given.values()):
        raise InputError(
            "there are more than 999 communities in a town, or towns in a county",
            layer="divisions",
            cure="Give the official codes of the communities.",
        )
    return [given[division] for division in ids]


def cells_in_reading_order(cells: Shapes, row: float) -> Int64:
    """Return the rows of cells from north to south, and from west to east within a strip.

    Parameters
    ----------
    cells
        Polygons.
    row
        Height of a strip, m; strips are counted from the origin of the CRS.
    """
    points = shapely.get_coordinates(shapely.point_on_surface(cells))
    strip = np.floor(points[:, 1] / row)
    return np.lexsort((-points[:, 1], points[:, 0], -strip)).astype(np.int64)


def _digits(code: str, lengths: tuple[int, ...]) -> bool:
    return len(code) in lengths and code.isascii() and code.isdigit()
