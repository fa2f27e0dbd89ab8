"""Codes of unit cells: 12 digits of the community, 3 of the cell; none is ever given twice."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from dizuo.base.unit_grid_parameters import GridParameters
from dizuo.model.errors import InputError
from dizuo.model.text import Text

__all__ = ["Numbering", "Register", "cells_in_reading_order", "community_codes"]

Shapes = NDArray[np.object_]
Int64 = NDArray[np.int64]

_CURE = Text(
    "A division code has 12 digits: county 6, town or sub-district 3, community 3.",
    "区划代码共 12 位：县区 6 位、街道（乡镇）3 位、社区 3 位。",
)


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
                    Text(f"{code!r} is not the code of a community", f"{code!r} 不是社区代码"),
                    layer="divisions", row=division, field="code", cure=_CURE,
                )  # fmt: skip
        if self.prefix and not _digits(self.prefix, (6, 9, 12)):
            raise InputError(
                Text(
                    f"{self.prefix!r} cannot begin the codes of unit cells",
                    f"{self.prefix!r} 不能作为单元网格编码的开头",
                ),
                field="prefix",
                cure=_CURE,
            )
        seen: dict[str, str] = {}
        for division, code in self.division_codes.items():
            if code in seen:
                raise InputError(
                    Text(
                        f"the divisions {seen[code]} and {division} have one code, {code}",
                        f"区划 {seen[code]} 与 {division} 的代码相同：{code}",
                    ),
                    layer="divisions", field="code",
                    cure=Text("Give every community its own code.", "请为每个社区给出各自的代码。"),
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
                Text(
                    f"the community {community} has more than {self.most} unit cells",
                    f"社区 {community} 的单元网格超过 {self.most} 个",
                ),
                layer="divisions",
                field="code",
                cure=Text(
                    "Give the codes of its parts as divisions of their own, or larger cells.",
                    "请将其各部分作为单独区划给出代码，或采用更大的网格。",
                ),
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
                Text(f"all communities under {town} are full", f"{town} 之下的社区编码已用尽"),
                field="prefix",
                cure=Text(
                    "Configure another prefix, or larger cells.",
                    "请设置其他前缀，或采用更大的网格。",
                ),
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
                Text(
                    f"{len(lacking)} communities have no code: {', '.join(lacking[:5])}",
                    f"有 {len(lacking)} 个社区没有代码：{'、'.join(lacking[:5])}",
                ),
                layer="divisions",
                field="code",
                cure=Text(
                    "Give the 12-digit code of every community, or of none.",
                    "请为全部社区给出 12 位代码，或全部不给。",
                ),
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
            Text(
                "there are more than 999 communities in a town, or towns in a county",
                "一个街道（乡镇）的社区或一个县区的街道（乡镇）超过 999 个",
            ),
            layer="divisions",
            cure=Text("Give the official codes of the communities.", "请提供社区的官方代码。"),
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
