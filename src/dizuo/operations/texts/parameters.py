"""What the analysis of reports goes by: numbers as data, each with its source."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Final

from dizuo.model.errors import InputError
from dizuo.model.text import Text
from dizuo.operations.sourced_parameters import (
    Origin,
    Tables,
    origins_of,
    own_parameters,
    packaged_parameters,
)

__all__ = ["TextParameters"]

_PACKAGE: Final = "dizuo.operations.texts"
_SHARES: Final = (
    "place_weight", "time_weight", "text_weight", "false_discovery_rate", "recurring_share",
    "held_out_share", "sure_share",
)  # fmt: skip
_WHOLE: Final = (
    "most_compared", "most_proposals", "permutations", "periods", "least_examples",
    "least_held_out", "resamples",
)  # fmt: skip


@dataclass(frozen=True)
class TextParameters:
    """The values of ``parameters.toml``, or those that a city gives in their place.

    What each means stands in the file, and in ``origins`` by the same name.
    """

    duplicate_radius: float
    duplicate_days: float
    recurrence_radius: float
    recurrence_days: float
    place_weight: float
    time_weight: float
    text_weight: float
    most_proposals: int
    most_compared: int
    false_discovery_rate: float
    permutations: int
    band: float
    recurring_share: float
    period_days: float
    periods: int
    held_out_share: float
    least_examples: int
    least_held_out: int
    sure_share: float
    resamples: int
    looseness: float
    origins: Mapping[str, Origin] = field(repr=False, compare=False)

    @classmethod
    def load(cls, own: Path | None = None) -> "TextParameters":
        """Read the packaged parameters, and lay a city's own file over them.

        Raises
        ------
        InputError
            With the file and the field, if a parameter is not known, has no source, or its value
            is no number above 0, or no share.
        """
        if own is None:
            return _packaged()
        return _made(own_parameters(own, packaged_parameters(_PACKAGE)), own)


@cache
def _packaged() -> TextParameters:
    return _made(packaged_parameters(_PACKAGE), "parameters.toml")


def _made(tables: Tables, file: Path | str) -> TextParameters:
    for name, table in tables.items():
        value = table["value"]
        known = isinstance(value, int) if name in _WHOLE else isinstance(value, int | float)
        most = 1 if name in _SHARES else float("inf")
        if not known or isinstance(value, bool) or not 0 < value <= most:
            raise InputError(
                Text(
                    "must be above 0, whole where it counts, and at most 1 where it is a share",
                    "须大于 0；计数须为整数，份额不得超过 1",
                ),
                file=file, field=name,
            )  # fmt: skip
    origins = origins_of(tables, file)
    return TextParameters(**{name: one["value"] for name, one in tables.items()}, origins=origins)
