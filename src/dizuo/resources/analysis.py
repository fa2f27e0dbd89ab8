"""Choices of method that every resource shares; a city may override them."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from importlib.resources import files
from typing import Any

from dizuo.model.errors import InputError
from dizuo.model.text import Text

__all__ = ["Analysis"]


@dataclass(frozen=True)
class Analysis:
    """Method settings; ``analysis.toml`` says what each means and its unit."""

    lattice_spacing: float
    largest_walk: float
    largest_drive_time: float
    built_up_gap: float
    shore_distance: float
    shore_stretch: float
    junction_gap: float
    cut_end_gap: float
    walking_speed: float
    stairs_speed_factor: float
    cycling_speed: float
    access_leg_speed: float
    smallest_group: int
    least_known_share: float
    walking_slope: Mapping[str, float]
    driving_speed: Mapping[str, float]
    driving: Mapping[str, float]
    community_split: Mapping[str, float]

    @classmethod
    def load(cls, overrides: Mapping[str, Any] | None = None) -> "Analysis":
        """Read the packaged settings and lay a city's own over them.

        Raises
        ------
        InputError
            If an override is unknown or not a positive number.
        """
        settings = tomllib.loads(files("dizuo.resources").joinpath("analysis.toml").read_text())
        for name, value in (overrides or {}).items():
            if name not in settings:
                known = ", ".join(field.name for field in fields(cls))
                raise InputError(
                    Text("unknown analysis setting", "未知的分析设置"),
                    field=f"analysis.{name}",
                    cure=Text(f"Known: {known}.", f"可用：{known}。"),
                )
            if isinstance(settings[name], dict):
                unknown = set(value) - set(settings[name]) if isinstance(value, Mapping) else {name}
                if unknown:
                    raise InputError(
                        Text(f"unknown setting {min(unknown)!r}", f"未知的设置“{min(unknown)}”"),
                        field=f"analysis.{name}",
                        cure=Text(
                            f"Known: {', '.join(settings[name])}.",
                            f"可用：{'、'.join(settings[name])}。",
                        ),
                    )
                settings[name] = {**settings[name], **value}
            else:
                settings[name] = value
        for name, value in settings.items():
            for number in value.values() if isinstance(value, dict) else [value]:
                if isinstance(number, bool) or not isinstance(number, int | float) or number <= 0:
                    raise InputError(
                        Text(
                            f"must be a positive number, not {number!r}",
                            f"应为正数，而不是 {number!r}",
                        ),
                        field=f"analysis.{name}",
                    )
        return cls(**settings)
