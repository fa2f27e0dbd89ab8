"""What the analysis of reports goes by: numbers as data, each with its source."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from dizuo.base.toml_files import read_toml
from dizuo.model.errors import InputError
from dizuo.model.rule import Certainty
from dizuo.model.text import Text

__all__ = ["Origin", "TextParameters"]

_SHARES: Final = (
    "place_weight", "time_weight", "text_weight", "false_discovery_rate", "recurring_share",
    "held_out_share", "sure_share",
)  # fmt: skip
_WHOLE: Final = (
    "most_compared", "most_proposals", "permutations", "periods", "least_examples",
    "least_held_out", "resamples",
)  # fmt: skip
_NEEDED: Final = frozenset({"value", "source", "certainty"})
_KEYS: Final = _NEEDED | {"en", "zh", "valid_from"}


@dataclass(frozen=True, slots=True)
class Origin:
    """What a parameter is, and where its value is from."""

    title: Text
    source: str
    certainty: Certainty
    valid_from: date


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
        file = str(own)
        tables = read_toml(own)
        packaged = _tables()
        for name, table in tables.items():
            if name not in packaged:
                raise InputError(
                    Text("this parameter is not known", "没有这个参数"), file=file, field=name
                )
            if not isinstance(table, dict) or not _NEEDED <= set(table) <= _KEYS:
                raise InputError(
                    Text(
                        "a parameter has a value, a source and a certainty",
                        "参数须有 value、source 和 certainty",
                    ),
                    file=file, field=name,
                )  # fmt: skip
        return _made(
            {name: {**one, **tables.get(name, {})} for name, one in packaged.items()}, file
        )


def _tables() -> dict[str, Any]:
    text = files("dizuo.operations.texts").joinpath("parameters.toml").read_text("utf-8")
    return tomllib.loads(text)


@cache
def _packaged() -> TextParameters:
    return _made(_tables(), "parameters.toml")


def _made(tables: Mapping[str, Any], file: str) -> TextParameters:
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
    try:
        origins = {
            name: Origin(
                Text(one["en"], one["zh"]),
                one["source"],
                Certainty(one["certainty"]),
                one["valid_from"],
            )
            for name, one in tables.items()
        }
    except ValueError as error:
        raise InputError(
            Text("a certainty is sure or check", "certainty 须为 sure 或 check"), file=file
        ) from error
    return TextParameters(**{name: one["value"] for name, one in tables.items()}, origins=origins)
