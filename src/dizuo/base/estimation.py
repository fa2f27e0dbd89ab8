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
    """Lists of ``key=value`` (or ``key=*``) under names, turned round for looking up."""

    keys: tuple[str, ...]
    by_value: Mapping[tuple[str, str], str]
    by_key: Mapping[str, str]

    @classmethod
    def read(cls, table: Mapping[str, list[str]]) -> "TagIndex":
        """Read a table of names and tag lists, as it stands in the TOML file."""
        by_value: dict[tuple[str, str], str] = {}
        by_key: dict[str, str] = {}
        for name, conditions in table.items():
            for condition in conditions:
                key, value = condition.split("=", 1)
                if value == "*":
                    by_key[key] = name
                else:
                    by_value[key, value] = name
        keys = tuple(dict.fromkeys([key for key, _ in by_value] + list(by_key)))
        return cls(keys, by_value, by_key)

    def find(self, tags: Tags) -> str | None:
        """Return the name of the first list that the tags belong to; exact values before any."""
        anything = None
        for key in self.keys:
            value = tags.get(key)
            if value is None or value == "no":
                continue
            for part in value.split(";"):
                name = self.by_value.get((key, part.strip()))
                if name is not None:
                    return name
            anything = anything or self.by_key.get(key)
        return anything


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
