"""What an indicator returns: amounts on a support, and how places sum them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from dizuo.model.evidence import Evidence
from dizuo.model.place import PlaceKind
from dizuo.model.text import Text

__all__ = [
    "Missing",
    "PlaceAmount",
    "PlaceValues",
    "Reduction",
    "Result",
    "Support",
    "Values",
]

PlaceAmount = Literal["residents", "area", "whole", "built_up"]
"""Amounts of the place itself; ``area`` is its land, ``whole`` counts its water too."""

Reduction = Literal["ratio", "sum", "gini", "entropy", "spread", "median", "maximum", "minimum"]
"""How the amounts of a place become its value.

``ratio``
    Sum of numerators over sum of denominators, times ``factor``.
``sum``
    Sum of numerators, times ``factor``.
``gini``
    Gini coefficient of numerator / denominator, weighted by the denominator.
``entropy``
    Shannon entropy of the columns' shares, divided by the logarithm of their number.
``spread``
    Standard deviation of the numerator, weighted by the denominator.
``median``, ``maximum``, ``minimum``
    Of the numerator; the median is weighted by the denominator.
"""


@dataclass(frozen=True, eq=False)
class Support:
    """The things that amounts stand on (homes, buildings, land samples, streets, facilities).

    Attributes
    ----------
    name
        What they are, in the plural: ``homes``.
    ids
        Id of each, str, n.
    places
        For each kind of place, int32 n: the number of the place that holds the thing, -1 outside.
    """

    name: str
    ids: NDArray[np.str_]
    places: Mapping[PlaceKind, NDArray[np.int32]]

    def __len__(self) -> int:
        return len(self.ids)

    def take(self, rows: NDArray[np.integer] | NDArray[np.bool_]) -> "Support":
        """Return some of the things, by number or by mark."""
        return Support(
            self.name,
            self.ids[rows],
            {kind: inside[rows] for kind, inside in self.places.items()},
        )


@dataclass(frozen=True, eq=False)
class Values:
    """Amounts on a support: every place's value is a reduction of those that lie in it.

    Because places only sum, tiles of a city and small edits give the values of a full run.

    Attributes
    ----------
    numerator
        float64, n; n x k for ``entropy``.
    denominator
        float64 n, or an amount of the place itself: its residents, or its land, its whole area
        or its built-up land in km². ``None`` where the reduction needs none.
    factor
        Multiplies the reduced value: 100 for per cent.
    evidence
        Mark of the weakest input.
    failing
        bool, n: things that by themselves fall short of the rule. They become evidence.
    affected
        float64, n: residents behind each thing.
    edge
        bool, n: the search for this thing reached the edge of the data.
    related
        str, n: id of the feature that decided each thing (the nearest facility), "" where none.
    cost
        float64, n: distance (m) or time (s) that decided each thing, ``inf`` where none was found.
    resolution
        Smallest kind of place that the value means something for.
    limit
        Name of the parameter whose rule the things are held against, where it is not the first.
    """

    support: Support
    numerator: NDArray[np.float64]
    denominator: NDArray[np.float64] | PlaceAmount | None = None
    reduction: Reduction = "ratio"
    factor: float = 1.0
    evidence: Evidence = Evidence.MEASURED
    failing: NDArray[np.bool_] | None = None
    affected: NDArray[np.float64] | None = None
    edge: NDArray[np.bool_] | None = None
    related: NDArray[np.str_] | None = None
    cost: NDArray[np.float64] | None = None
    resolution: PlaceKind = PlaceKind.BLOCK
    limit: str = ""

    @property
    def counts_residents(self) -> bool:
        """Whether numerators or denominators are numbers of residents."""
        return self.support.name == "homes" or (
            isinstance(self.denominator, str) and self.denominator == "residents"
        )


@dataclass(frozen=True, eq=False)
class PlaceValues:
    """Values that are given for places and not computed from things: a filled table."""

    kind: PlaceKind
    places: NDArray[np.str_]
    value: NDArray[np.float64]
    numerator: NDArray[np.float64]
    denominator: NDArray[np.float64]
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Missing:
    """No value, and why: what a city must add to get one."""

    reason: Text


Result = Values | PlaceValues | Missing
"""What an indicator gives for one variant."""
