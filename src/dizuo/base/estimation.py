"""The numbers and tag lists by which the base estimates what no source tells."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

__all__ = ["Estimation", "TagIndex", "load_estimation"]

Tags = Mapping[str, str]


@dataclass(frozen=True, eq=False)
class TagIndex:
    """Lists of ``key=value`` (or ``key=*``) under names, turned round for looking up.

    ``ranks`` holds for each key and value the rank of its list; the smallest rank of all tags
    wins. Lists rank as they stand in the file, any value of a key behind all exact values.
    """

    names: tuple[str, ...]
    ranks: Mapping[str, Mapping[str, int]]

    @classmethod
    def read(cls, table: Mapping[str, list[str]]) -> "TagIndex":
        """Read a table of names and tag lists, as it stands in the TOML file."""
        names = tuple(table)
        ranks: dict[str, dict[str, int]] = {}
        for rank, conditions in enumerate(table.values()):
            for condition in conditions:
                key, value = condition.split("=", 1)
                ranks.setdefault(key, {}).setdefault(value, rank)
        return cls(names, ranks)

    def find(self, tags: Tags) -> str | None:
        """Return the name of the first list that the tags belong to, None if there is none."""
        behind = len(self.names)
        best = 2 * behind
        for key, by_value in self.ranks.items():
            value = tags.get(key)
            if value is None or value == "no":
                continue
            best = min(best, by_value.get("*", behind) + behind)
            for part in value.split(";"):
                best = min(best, by_value.get(part.strip(), best))
        return None if best == 2 * behind else self.names[best % behind]


@dataclass(frozen=True, eq=False)
class Estimation:
    """What ``estimation.toml`` holds.

    ``numbers`` are its tables as they stand; the tag lists are turned into indexes.
    """

    numbers: Mapping[str, Any]
    building_tag: Mapping[str, str]
    not_a_building: Mapping[str, str]
    outline: TagIndex
    whole_building: TagIndex
    ground_floor: TagIndex
    beneath: TagIndex
    green: TagIndex
    water: TagIndex
    land_use: TagIndex

    def storey_height(self, use: str) -> float:
        """Height of a storey in m, by use."""
        table = self.numbers["storey_height"]
        return float(table.get(use, table["other"]))

    def default_levels(self, use: str) -> float:
        """Levels of a building of a use in a city that tells nothing."""
        table = self.numbers["levels"]["default"]
        return float(table.get(use, table["unknown"]))


@cache
def load_estimation() -> Estimation:
    """Read the packaged ``estimation.toml``."""
    text = (files("dizuo.standards") / "estimation.toml").read_text(encoding="utf-8")
    table = tomllib.loads(text)
    return Estimation(
        numbers=table,
        building_tag={
            value: use for use, values in table["building_tag"].items() for value in values
        },
        not_a_building=table["not_a_building"],
        outline=TagIndex.read(table["outline"]),
        whole_building=TagIndex.read(table["whole_building"]),
        ground_floor=TagIndex.read(table["ground_floor"]),
        beneath=TagIndex.read(table["beneath"]),
        green=TagIndex.read(table["green"]),
        water=TagIndex.read(table["water"]),
        land_use=TagIndex.read(table["land_use"]),
    )
