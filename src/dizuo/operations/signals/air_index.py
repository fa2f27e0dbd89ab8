"""The air quality index by its rule files: breakpoints, categories, and what makes a day.

Concentrations are counted in whole steps of rounding, so that every index is exact: no day is one
point higher because of the last bit of a sum.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dizuo.base.toml_files import parse_toml, toml_text
from dizuo.model.errors import RuleError
from dizuo.model.rule import Certainty
from dizuo.model.text import Text

__all__ = [
    "GRAIN",
    "NO_INDEX",
    "AirIndex",
    "Category",
    "DayRules",
    "Measure",
    "air_index_for",
    "load_air_indices",
]

GRAIN = 10_000
"""Concentrations are added up in whole ten-thousandths of their unit."""
NO_INDEX = -1
_SHIPPED = ("hj_633_2012.toml", "hj_633_2026.toml")


@dataclass(frozen=True, slots=True)
class Measure:
    """One row of breakpoints: a pollutant over a time.

    Attributes
    ----------
    step
        What concentrations are rounded to, in grains.
    at
        Breakpoints, in steps.
    iaqi
        The index at each of them.
    beyond
        The index above the last of them; None where the measure then gives none.
    """

    id: str
    pollutant: str
    unit: str
    step: int
    at: tuple[int, ...]
    iaqi: tuple[int, ...]
    beyond: int | None
    certainty: Certainty

    def index_of(self, steps: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the individual index of concentrations, rounded up to whole points.

        Parameters
        ----------
        steps
            Rounded concentrations in steps; below zero where there is none.

        Returns
        -------
        ndarray of int64
            :data:`NO_INDEX` where there is no concentration, or no index for so high a one.
        """
        at, iaqi = np.array(self.at), np.array(self.iaqi)
        piece = np.clip(np.searchsorted(at, steps, side="left") - 1, 0, len(at) - 2)
        rise = (iaqi[piece + 1] - iaqi[piece]) * (steps - at[piece])
        found = iaqi[piece] - (-rise // (at[piece + 1] - at[piece]))
        beyond = NO_INDEX if self.beyond is None else self.beyond
        found = np.where(steps > at[-1], beyond, found)
        return np.where(steps < 0, NO_INDEX, found)

    def index(self, concentration: float) -> int | None:
        """Return the individual index of one concentration in the unit of the measure."""
        grains = np.array([round(concentration * GRAIN)])
        found = int(self.index_of(rounded(grains, np.array([self.step])))[0])
        return None if found == NO_INDEX else found


@dataclass(frozen=True, slots=True)
class Category:
    """What an index up to a number is called, in the words and the colour of the standard."""

    upto: int
    title: Text
    level: str
    colour: str


@dataclass(frozen=True, slots=True)
class DayRules:
    """What makes a day of hours; see the rule files for the meaning of each number."""

    measures: tuple[str, ...]
    least_hours: int
    window_hours: int
    least_hours_a_window: int
    least_windows: int
    kept_above: int
    primary_above: int
    missing_published_above: int
    source: str
    certainty: Certainty


@dataclass(frozen=True, slots=True)
class AirIndex:
    """One edition of the index."""

    id: str
    title: Text
    source: str
    edition: str
    valid_from: date
    valid_to: date | None
    certainty: Certainty
    measures: Mapping[str, Measure]
    day: DayRules
    categories: tuple[Category, ...]

    def in_force(self, day: date) -> bool:
        """Whether days like this one are judged by it."""
        return self.valid_from <= day and (self.valid_to is None or day < self.valid_to)

    @property
    def pollutants(self) -> tuple[str, ...]:
        """The pollutants that a day is judged by, in the order of the file."""
        return tuple(dict.fromkeys(self.measures[name].pollutant for name in self.day.measures))

    def category(self, index: int) -> Category:
        """Return what an index is called."""
        return next((one for one in self.categories if index <= one.upto), self.categories[-1])


def rounded(grains: NDArray[np.int64], step: NDArray[np.int64] | int) -> NDArray[np.int64]:
    """Return a quotient as whole steps, half to even (GB/T 8170)."""
    whole, rest = np.divmod(grains, step)
    up = (2 * rest > step) | ((2 * rest == step) & (whole % 2 == 1))
    return np.asarray(whole + up, np.int64)


def air_index_for(
    day: date, editions: Iterable[AirIndex], *, edition: str | None = None
) -> AirIndex:
    """Return the edition for a day, or the one that is forced.

    Raises
    ------
    RuleError
        If there is no such edition, or none or several are in force on the day.
    """
    known = tuple(editions)
    if edition is not None:
        found = [one for one in known if one.edition == edition]
        why = f"there is no edition {edition!r} of the air quality index"
    else:
        found = [one for one in known if one.in_force(day)]
        why = f"on {day}, {len(found)} editions of the air quality index are in force, not one"
    if len(found) != 1:
        names = ", ".join(f"{one.edition} from {one.valid_from}" for one in known)
        raise RuleError(
            Text(
                f"{why}. Editions: {names}. A day can be judged by a forced edition.",
                f"{why}。已有版本：{names}。可指定版本评价某日。",
            )
        )
    return found[0]


def load_air_indices(own: Iterable[Path] = ()) -> tuple[AirIndex, ...]:
    """Return the editions that ship, and those of a city's own files.

    A file of the same edition takes the place of the one that ships.

    Raises
    ------
    RuleError
        If a file is not well formed; the message names the file and the key.
    """
    found = {one.edition: one for one in _packaged()}
    for path in own:
        one = _parse(toml_text(path), str(path))
        found[one.edition] = one
    return tuple(sorted(found.values(), key=lambda one: one.valid_from))


@cache
def _packaged() -> tuple[AirIndex, ...]:
    folder = files("dizuo.standards")
    return tuple(_parse((folder / name).read_text(encoding="utf-8"), name) for name in _SHIPPED)


def _parse(text: str, file: str) -> AirIndex:
    tables = parse_toml(text, file)
    try:
        return _air_index(tables, file)
    except KeyError as error:
        raise RuleError(
            Text(f"{file}: the key {error} is missing.", f"{file}：缺少键 {error}。")
        ) from error
    except (TypeError, ValueError) as error:
        raise RuleError(
            Text(
                f"{file}: a value is not of its kind ({error}).",
                f"{file}：值的类型不对（{error}）。",
            )
        ) from error


def _air_index(tables: Mapping[str, Any], file: str) -> AirIndex:
    head, daily = tables["air_index"], tables["daily"]
    measures = {
        entry["id"]: _measure(entry, tuple(head["iaqi"]), file) for entry in tables["measure"]
    }
    numbers = (
        "least_hours", "window_hours", "least_hours_a_window", "least_windows", "kept_above",
        "primary_above", "missing_published_above",
    )  # fmt: skip
    unknown = sorted(set(daily["measures"]) - set(measures))
    if unknown:
        raise RuleError(
            Text(
                f"{file} [daily]: there are no measures {', '.join(unknown)}.",
                f"{file} [daily]：没有指标 {'、'.join(unknown)}。",
            )
        )
    return AirIndex(
        id=head["id"],
        title=Text(head["en"], head["zh"]),
        source=head["source"],
        edition=head["edition"],
        valid_from=head["valid_from"],
        valid_to=head.get("valid_to"),
        certainty=Certainty(head["certainty"]),
        measures=measures,
        day=DayRules(
            measures=tuple(daily["measures"]),
            **{name: int(daily[name]) for name in numbers},
            source=daily["source"],
            certainty=Certainty(daily["certainty"]),
        ),
        categories=tuple(
            Category(entry["upto"], Text(entry["en"], entry["zh"]), entry["level"], entry["colour"])
            for entry in tables["category"]
        ),
    )


def _measure(entry: Mapping[str, Any], iaqi: tuple[int, ...], file: str) -> Measure:
    where = f"{file} [[measure]] {entry['id']}"
    step = Fraction(str(entry["step"]))
    at = [Fraction(str(value)) / step for value in entry["at"]]
    if any(value.denominator != 1 for value in (step * GRAIN, *at)):
        raise RuleError(
            Text(
                f"{where}: the breakpoints must be whole steps of rounding.",
                f"{where}：限值须为修约间隔的整数倍。",
            )
        )
    if len(at) > len(iaqi) or len(at) < 2 or sorted(set(at)) != at or at[0] != 0:
        raise RuleError(
            Text(
                f"{where}: 'at' must rise from 0, with no more entries than 'iaqi'.",
                f"{where}：'at' 须自 0 起递增，项数不多于 'iaqi'。",
            )
        )
    beyond = entry["beyond"]
    return Measure(
        id=entry["id"],
        pollutant=entry["pollutant"],
        unit=entry["unit"],
        step=int(step * GRAIN),
        at=tuple(int(value) for value in at),
        iaqi=iaqi[: len(at)],
        beyond=None if beyond == "none" else int(beyond),
        certainty=Certainty(entry["certainty"]),
    )
