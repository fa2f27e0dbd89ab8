"""An indicator: a named, sourced, pure function from resources to values."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from dizuo.model.place import PlaceKind
from dizuo.model.text import Text
from dizuo.model.values import Result

__all__ = ["Better", "Indicator"]

Better = Literal["higher", "lower", "range", "none"]
"""Which way is good; ``none`` describes and is not scored."""


@dataclass(frozen=True)
class Indicator:
    """One definition, whatever its variants.

    Attributes
    ----------
    id
        Starts with the article's two digits: ``08.kindergarten_reach``.
    article
        Number of the article of the Opinions.
    indicator_set
        Set whose score it counts in; sets are never mixed (``mohurd``, ``mnr``, ``living_circle``,
        ``opinions``).
    row
        Id of the row of the set that it realises, with that row's numerator and denominator.
    systems
        Systems of the Opinions that it serves: ``S8.11``.
    title, definition, formula, source
        As shown to people. ``definition`` says numerator, denominator and what is left out.
    place
        Kind of place on which findings are reported.
    rules
        Parameter name -> id of the rule given to it. The rule named ``judge`` judges the value.
    needs
        Parameter name -> name of the resource, where it differs from the parameter's own.
    variants
        Names of the variants that the function returns, the one that is judged and scored first.
    largest_distance
        Metres beyond which nothing changes the value; None for what looks at the whole city.
    """

    id: str
    article: int
    indicator_set: str
    systems: tuple[str, ...]
    unit: str
    better: Better
    title: Text
    definition: Text
    formula: str
    source: str
    place: PlaceKind
    function: Callable[..., Mapping[str, Result] | Result]
    row: str = ""
    rules: Mapping[str, str] = field(default_factory=dict)
    needs: Mapping[str, str] = field(default_factory=dict)
    variants: tuple[str, ...] = ("",)
    largest_distance: float | None = None
