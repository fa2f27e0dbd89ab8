"""Facilities of several categories that serve one purpose, taken together."""

from collections.abc import Sequence

import numpy as np

from dizuo.model.evidence import Evidence, weakest
from dizuo.model.text import Text
from dizuo.model.values import Support
from dizuo.resources.facilities import Facilities

__all__ = ["joined_support", "together"]


def joined_support(kinds: Sequence[Facilities]) -> Support:
    """Put the facilities of several categories behind one another."""
    first = kinds[0].support
    return Support(
        first.name,
        np.concatenate([one.support.ids for one in kinds]),
        {
            kind: np.concatenate([one.support.places[kind] for one in kinds])
            for kind in first.places
        },
    )


def together(kinds: Sequence[Facilities], category: str, title: Text) -> Facilities:
    """Return the facilities of several categories as one category.

    Categories that no source maps are left out; only if none is mapped is the union not known.
    """
    known = [one for one in kinds if one.known] or list(kinds)
    return Facilities(
        category=category,
        title=title,
        support=joined_support(known),
        x=np.concatenate([one.x for one in known]),
        y=np.concatenate([one.y for one in known]),
        geometry=np.concatenate([one.geometry for one in known]),
        names=np.concatenate([one.names for one in known]),
        floor_area=np.concatenate([one.floor_area for one in known]),
        land_area=np.concatenate([one.land_area for one in known]),
        capacity=np.concatenate([one.capacity for one in known]),
        evidence=weakest([one.evidence for one in known])
        if any(one.known for one in kinds)
        else Evidence.MISSING,
        gated=any(one.gated for one in known),
    )
