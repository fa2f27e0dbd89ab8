"""Parts of about equal residents that a very large community would divide into, along streets."""

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from dizuo.engines.form.density import sum_by_place
from dizuo.engines.partition.bisection import Pieces, divide
from dizuo.model.place import PlaceKind
from dizuo.resources.analysis import Analysis
from dizuo.resources.blocks import Blocks
from dizuo.resources.communities import Communities

__all__ = ["CommunityParts", "divide_communities"]

Floats = NDArray[np.float64]
Int64 = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class CommunityParts:
    """Proposed parts, in the order of their communities.

    Attributes
    ----------
    community
        Row of each part's community among `Communities`, n.
    block
        Rows among `Blocks` of the blocks that were given to parts, m.
    part
        The part of each of those blocks, from 0, m.
    residents
        Residents of each part, n.
    geometry
        The blocks of each part as one area, in the CRS of the base, n.
    """

    community: Int64
    block: Int64
    part: Int64
    residents: Floats
    geometry: NDArray[np.object_]

    def __len__(self) -> int:
        return len(self.community)

    def told_residents(self, smallest_group: float) -> Floats:
        """Return the residents of each part, NaN where too few would be told of.

        Whoever knows the residents of the community could work out a single part that is left
        out, so the smallest of its other parts is left out with it.
        """
        told = self.residents.copy()
        few = (told > 0) & (told < smallest_group)
        told[few] = np.nan
        for owner in np.unique(self.community[few]):
            others = np.flatnonzero((self.community == owner) & (told > 0))
            if np.sum(few[self.community == owner]) == 1 and len(others):
                told[others[np.argmin(told[others])]] = np.nan
        return told


def divide_communities(
    communities: Communities, blocks: Blocks, most: float, analysis: Analysis
) -> CommunityParts:
    """Divide communities of more residents than ``most`` into parts of whole blocks.

    Blocks end at streets, so the parts do. A community is halved by cuts that are short, leave
    both sides connected and share the residents evenly, until no part has more residents than
    ``most``. A single block is never cut, however many live in it.

    Parameters
    ----------
    most
        Residents that a part may have.
    """
    owner, members, parts, residents, areas = [], [], [], [], []
    count = 0
    for row in np.flatnonzero(communities.residents > most):
        inside = blocks.support.places[PlaceKind.COMMUNITY]
        own = np.flatnonzero(inside == communities.number[row])
        if not len(own):
            continue
        part = _divided(blocks, own, most, analysis)
        size = int(part.max()) + 1
        owner.append(np.full(size, row))
        members.append(own)
        parts.append(part + count)
        residents.append(sum_by_place(blocks.residents[own], part.astype(np.int32), size))
        areas += [shapely.union_all(blocks.geometry[own[part == one]]) for one in range(size)]
        count += size
    if not count:
        none = np.empty(0, np.int64)
        return CommunityParts(none, none, none, np.empty(0), np.empty(0, object))
    geometry = np.empty(count, object)
    geometry[:] = areas
    return CommunityParts(
        np.concatenate(owner).astype(np.int64),
        np.concatenate(members).astype(np.int64),
        np.concatenate(parts).astype(np.int64),
        np.concatenate(residents),
        geometry,
    )


def _divided(blocks: Blocks, own: Int64, most: float, analysis: Analysis) -> Int64:
    """Return the part of each block of a community, from 0."""
    settings = analysis.community_split
    geometry, residents = blocks.geometry[own], blocks.residents[own]
    first, second, metres = _neighbours(geometry)
    middle = shapely.centroid(geometry)
    divided = divide(
        Pieces(residents, shapely.get_x(middle), shapely.get_y(middle), first, second, metres),
        np.zeros(len(own), np.int64),
        target=residents.sum() / np.ceil(residents.sum() / most),
        most=most,
        least_part=settings["least_part"],
        directions=int(settings["directions"]),
        crooked=settings["crooked"],
    )
    return np.unique(divided, return_inverse=True)[1].astype(np.int64)


def _neighbours(geometry: NDArray[np.object_]) -> tuple[Int64, Int64, Floats]:
    """Return pairs of blocks and the metres of street between them; all hang together.

    Groups of blocks that touch no other, as beyond a river, are neighbours of the nearest block
    over nothing that a cut would cost.
    """
    first, second = shapely.STRtree(geometry).query(geometry, predicate="intersects")
    once = first < second
    first, second = first[once], second[once]
    metres = shapely.length(shapely.intersection(geometry[first], geometry[second]))
    along = metres > 0
    first, second, metres = first[along], second[along], metres[along]
    size = len(geometry)
    while True:
        graph = coo_array((np.ones(len(first)), (first, second)), shape=(size, size))
        groups, group = connected_components(graph, directed=False)
        if groups == 1:
            return first.astype(np.int64), second.astype(np.int64), metres
        lone = np.flatnonzero(group == np.argmin(np.bincount(group)))
        others = np.flatnonzero(group != group[lone[0]])
        pairs, distance = shapely.STRtree(geometry[others]).query_nearest(
            geometry[lone], return_distance=True, all_matches=False
        )
        nearest = np.argmin(distance)
        first = np.append(first, lone[pairs[0, nearest]])
        second = np.append(second, others[pairs[1, nearest]])
        metres = np.append(metres, 0.0)
