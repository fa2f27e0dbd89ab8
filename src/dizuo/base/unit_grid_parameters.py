"""The numbers that the unit grid is drawn and numbered by."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["GridParameters", "load_grid_parameters", "read_grid_parameters"]


@dataclass(frozen=True, eq=False)
class GridParameters:
    """What ``unit_grid.toml`` holds.

    Attributes
    ----------
    numbers
        Its tables as they stand.
    classes
        Names of the classes of lines, from the least important. Their numbers are the classes in
        every array; one more stands behind them: the borders of the city and its divisions.
    cut, cross
        Cost of a metre of a cut along each class, and of joining blocks across it. Borders are
        never crossed: infinite.
    """

    numbers: Mapping[str, Any]
    classes: tuple[str, ...]
    cut: NDArray[np.float64]
    cross: NDArray[np.float64]

    @property
    def border(self) -> int:
        """Class of the borders of the city and its divisions."""
        return len(self.classes)

    @property
    def block_class(self) -> int:
        """The least class of lines that blocks are made by."""
        return self.classes.index("service")

    def class_of(self, key: str) -> dict[str, int]:
        """Return the class of each value that ``unit_grid.toml`` lists under a key.

        Parameters
        ----------
        key
            ``highway``, ``service``, ``water``, ``railway`` or ``outlines``.
        """
        tables = self.numbers["lines"]
        return {
            value: number
            for number, name in enumerate(self.classes)
            for value in tables[name].get(key, ())
        }


def read_grid_parameters(text: str) -> GridParameters:
    """Read the parameters from TOML text of the form of ``unit_grid.toml``."""
    numbers = tomllib.loads(text)
    lines = numbers["lines"]
    return GridParameters(
        numbers=numbers,
        classes=tuple(lines),
        cut=np.array([float(line["cut"]) for line in lines.values()] + [0.0]),
        cross=np.array([float(line["cross"]) for line in lines.values()] + [np.inf]),
    )


@cache
def load_grid_parameters() -> GridParameters:
    """Read the packaged ``unit_grid.toml``."""
    path = files("dizuo.standards") / "unit_grid.toml"
    return read_grid_parameters(path.read_text(encoding="utf-8"))
