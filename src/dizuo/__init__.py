"""Examine a city, from homes to city clusters, on one digital base.

>>> import dizuo
>>> city = dizuo.open("examples/monaco")  # doctest: +SKIP
>>> city.checkup().values  # doctest: +SKIP
"""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dizuo.city import City

__all__ = ["__version__", "open"]

__version__ = "0.1.0"


def open(folder: str | Path) -> "City":  # noqa: A001 - ``dizuo.open`` is the word readers expect
    """Open the folder of a city: the one that holds its ``city.toml``.

    Raises
    ------
    InputError
        If there is no ``city.toml`` in the folder, or it cannot be used.
    """
    from dizuo.city import City  # noqa: PLC0415 - ``import dizuo`` stays light

    return City.open(folder)
