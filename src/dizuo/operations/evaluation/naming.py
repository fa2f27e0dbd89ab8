"""What the indicators of an evaluation are called, and what each counts."""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final, cast

from dizuo.model.text import Text
from dizuo.operations.clocks.limits import Unit, unit_name

__all__ = ["IndicatorName", "name_of"]

_DAYS: Final = Text("days", "天")


@dataclass(frozen=True, slots=True)
class IndicatorName:
    """An indicator as people read it.

    Attributes
    ----------
    title
        Its names; with the clock where it is a time by one.
    counts
        What it counts, of what.
    """

    title: Text
    counts: Text


def name_of(indicator: str) -> IndicatorName:
    """Return the names of an indicator; of ``handling_median.working_days`` with its clock.

    Raises
    ------
    KeyError
        If there is no such indicator.
    """
    known, _, clock = indicator.partition(".")
    name = _names()[known]
    if not clock:
        return name
    unit = _DAYS if clock == "days" else unit_name(cast("Unit", clock))
    title = Text(f"{name.title.en} ({unit.en})", f"{name.title.zh}（{unit.zh}）")
    return IndicatorName(title, name.counts)


@cache
def _names() -> dict[str, IndicatorName]:
    text = files("dizuo.operations.evaluation").joinpath("names.toml").read_text(encoding="utf-8")
    return {
        key: IndicatorName(Text(one["en"], one["zh"]), Text(one["counts_en"], one["counts_zh"]))
        for key, one in tomllib.loads(text).items()
    }
