"""Cut the city along all lines at once, into pieces of ground that unit cells are made of.

A piece is the least that a cell takes: a whole building with the ground nearest to it, a square
of open ground, or a whole block that needs no cut. All lines are cut at all crossings in one step
on a grid of a millimetre, so that neighbours share their vertices exactly.
"""

from dataclasses import dataclass, replace

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree
from shapely.geometry.base import BaseGeometry

from dizuo.base.unit_grid_lines import MappedLines
from dizuo.base.unit_grid_parameters import GridParameters
from dizuo.base.unit_grid_plots import plot_lines, sow_seeds

__all__ = ["GRAIN", "PieceMap", "cut_pieces", "join_overlapping"]

Shapes = NDArray[np.object_]
Float64 = NDArray[np.float64]
Int64 = NDArray[np.int64]
Bools = NDArray[np.bool_]

GRAIN = 1e-3
"""Coordinates of the unit grid are multiples of this, m."""

_TRACE = 0.01
"""Buildings that overlap by less (m²) only touch."""


@dataclass(frozen=True, eq=False)
class PieceMap:
    """Faces between lines, and the pieces that they make.

    Attributes
    ----------
    faces
        Polygons that tile the city.
    piece
        Piece of each face, from 0.
    area, perimeter, x, y
        Area of each piece, m², length of its outline, m, and where it lies.
    community
        Number of the community of each piece.
    earlier
        Cell of an earlier grid that most of the piece lies in, -1 for none.
    block
        Number of the block that most of the piece lies in.
    first, second
        Neighbouring pieces, each pair once for each class of line between them.
    metres, line_class
        Length of that common edge, and its class.
    """

    faces: Shapes
    piece: Int64
    area: Float64
    perimeter: Float64
    x: Float64
    y: Float64
    community: Int64
    earlier: Int64
    block: Int64
    first: Int64
    second: Int64
    metres: Float64
    line_class: Int64


def join_overlapping(buildings: Shapes) -> Shapes:
    """Join buildings that overlap each other, so that none of them overlaps another."""
    one, other = shapely.STRtree(buildings).query(buildings, predicate="intersects")
    one, other = one[one < other], other[one < other]
    over = shapely.area(shapely.intersection(buildings[one], buildings[other])) > _TRACE
    groups, group = _components(len(buildings), one[over], other[over])
    result = np.empty(groups, object)
    result[group] = buildings
    for several in np.flatnonzero(np.bincount(group, minlength=groups) > 1):
        result[several] = shapely.union_all(buildings[group == several])
    return result


def cut_pieces(
    boundary: BaseGeometry,
    lines: MappedLines,
    communities: Shapes,
    buildings: Shapes,
    earlier: Shapes,
    parameters: GridParameters,
) -> PieceMap:
    """Cut the city into pieces.

    Parameters
    ----------
    boundary
        The city's land.
    lines
        Lines that cells may follow.
    communities
        Areas that no cell crosses, but for a building on their border, which is one's alone.
    buildings
        Footprints, none over another.
    earlier
        Cells of an earlier grid, whose outlines are kept as lines that may be followed; or none.
    parameters
        Sizes and distances.
    """
    blocks = _polygons_between(boundary, lines.at_least(parameters.block_class).shapes)
    large = shapely.area(blocks) > float(parameters.numbers["size"]["split_above"])
    wide = blocks[large]
    owners = buildings[_touching(buildings, wide)]
    seeds = sow_seeds(wide, owners, parameters)
    minor = lines.classes < parameters.block_class
    minor[minor] = _touching(lines.shapes[minor], wide)
    used = lines.of(minor | (lines.classes >= parameters.block_class))
    used = _with_outlines(used, earlier)
    crossed = _touching(buildings, used.shapes) | _touching(buildings, wide)
    walls = shapely.boundary(buildings[crossed])
    plots = plot_lines(seeds, wide, parameters)
    faces = _polygons_between(boundary, np.concatenate([used.shapes, walls, plots]))
    inside = shapely.point_on_surface(faces)

    block = _holder(inside, blocks)
    within = _holder(inside, buildings[crossed])
    owner = -1 - block
    ground = large[block]
    owner[ground] = seeds.owner[
        cKDTree(seeds.points).query(shapely.get_coordinates(inside[ground]))[1]
    ]
    bridging = _bridging(within, block, int(crossed.sum()))
    owner[bridging] = len(buildings) + len(seeds.owner) + within[bridging]
    first, second, metres, line_class = _edges(faces, used)
    glued = ((within[first] >= 0) & (within[first] == within[second])) | (
        (line_class == 0) & (owner[first] == owner[second]) & (block[first] == block[second])
    )
    count, piece = _components(len(faces), first[glued], second[glued])
    found = _pieces(
        faces, piece, count, block, _community(inside, communities), _holder(inside, earlier),
        first, second, metres, line_class,
    )  # fmt: skip
    return _without_scraps(_with_ties(found), float(parameters.numbers["size"]["scrap"]))


def _with_outlines(lines: MappedLines, cells: Shapes) -> MappedLines:
    outlines = shapely.get_parts(shapely.boundary(cells))
    return MappedLines(
        np.concatenate([lines.shapes, outlines]),
        np.concatenate([lines.classes, np.ones(len(outlines), np.int64)]),
    )


def _bridging(within: Int64, block: Int64, buildings: int) -> Bools:
    """Tell the faces of buildings that stand in several blocks, as a bridge over a street does.

    They are pieces by themselves, for with their ground they would join the blocks.
    """
    built = within >= 0
    low, high = np.full(buildings, len(block)), np.full(buildings, -1)
    np.minimum.at(low, within[built], block[built])
    np.maximum.at(high, within[built], block[built])
    result = built.copy()
    result[built] = (low < high)[within[built]]
    return result


def _pieces(
    faces: Shapes,
    piece: Int64,
    count: int,
    block: Int64,
    community: Int64,
    earlier: Int64,
    first: Int64,
    second: Int64,
    metres: Float64,
    line_class: Int64,
) -> PieceMap:
    area = shapely.area(faces)
    centre = shapely.get_coordinates(shapely.centroid(faces))
    total = _sums(piece, area, count)
    x, y = (_sums(piece, area * centre[:, i], count) / total for i in (0, 1))
    between = piece[first] != piece[second]
    inner = _sums(piece[first[~between]], metres[~between], count)
    perimeter = _sums(piece, shapely.length(faces), count) - 2 * inner
    low, high = (
        pick(piece[first[between]], piece[second[between]]) for pick in (np.minimum, np.maximum)
    )
    keys, which = np.unique(
        np.column_stack([low, high, line_class[between]]), axis=0, return_inverse=True
    )
    return PieceMap(
        faces=faces, piece=piece, area=total, perimeter=perimeter, x=x, y=y,
        community=_most(piece, community, area, count),
        earlier=_most(piece, earlier, area, count), block=_most(piece, block, area, count),
        first=keys[:, 0], second=keys[:, 1],
        metres=_sums(which.ravel(), metres[between], len(keys)),
        line_class=keys[:, 2],
    )  # fmt: skip


def _with_ties(pieces: PieceMap) -> PieceMap:
    """Tie islets to the nearest ground of their community, as if they had an edge of a grain.

    So a rock off the coast belongs to the cell of the coast, and no cell is smaller for it.
    """
    groups, group = _components(len(pieces.area), pieces.first, pieces.second)
    area = np.bincount(group, pieces.area, minlength=groups)
    owner, start, end = pieces.community[pieces.piece], [], []
    by_piece = np.argsort(pieces.piece, kind="stable")
    for islet in np.argsort(-area)[1:]:
        own = group[pieces.piece] == islet
        rest = ~own & (area[group[pieces.piece]] > area[islet])
        one = by_piece[own[by_piece]][0]
        alike = rest & (owner == owner[one])
        others = np.flatnonzero(alike if alike.any() else rest)
        if len(others):
            near = shapely.STRtree(pieces.faces[others]).nearest(pieces.faces[one])
            start.append(pieces.piece[one])
            end.append(pieces.piece[others[near]])
    return replace(
        pieces,
        first=np.append(pieces.first, np.array(start, np.int64)),
        second=np.append(pieces.second, np.array(end, np.int64)),
        metres=np.append(pieces.metres, np.full(len(start), GRAIN)),
        line_class=np.append(pieces.line_class, np.zeros(len(start), np.int64)),
    )


def _without_scraps(pieces: PieceMap, scrap: float) -> PieceMap:
    """Give scraps that other ground cuts off from their community to the neighbour.

    They arise where the border of a community is mapped a little beside that of the city, or cuts
    off a building. The largest part of a community is never a scrap.
    """
    community, count = pieces.community.copy(), len(pieces.area)
    same = community[pieces.first] == community[pieces.second]
    groups, group = _components(count, pieces.first[same], pieces.second[same])
    area = np.bincount(group, pieces.area, minlength=groups)
    owner = np.zeros(groups, np.int64)
    owner[group] = community
    order = np.lexsort((-area, owner))
    largest = order[np.flatnonzero(np.diff(owner[order], prepend=-1))]
    loose = area < scrap
    loose[largest] = False
    for one in np.flatnonzero(loose)[np.argsort(area[loose])]:
        touching = (group[pieces.first] == one) != (group[pieces.second] == one)
        if not touching.any():
            continue
        outer = np.where(
            group[pieces.first[touching]] == one, pieces.second[touching], pieces.first[touching]
        )
        metres = np.bincount(community[outer], pieces.metres[touching])
        community[group == one] = np.argmax(metres)
    return replace(pieces, community=community)


def _polygons_between(boundary: BaseGeometry, lines: Shapes) -> Shapes:
    noded = shapely.union_all([*lines, boundary.boundary], grid_size=GRAIN)
    polygons = shapely.get_parts(shapely.polygonize(shapely.get_parts(noded)))
    shapely.prepare(boundary)
    inside: Shapes = polygons[shapely.contains(boundary, shapely.point_on_surface(polygons))]
    return inside


def _touching(shapes: Shapes, others: Shapes) -> Bools:
    result = np.zeros(len(shapes), bool)
    result[shapely.STRtree(shapes).query(others, predicate="intersects")[1]] = True
    return result


def _holder(points: Shapes, polygons: Shapes) -> Int64:
    """Return the first polygon that holds each point, -1 for none."""
    result = np.full(len(points), len(polygons))
    polygon, point = shapely.STRtree(points).query(polygons, predicate="intersects")
    np.minimum.at(result, point, polygon)
    result[result == len(polygons)] = -1
    return result.astype(np.int64)


def _community(points: Shapes, communities: Shapes) -> Int64:
    """Return the community of each point; a point outside all belongs to the nearest."""
    if len(communities) == 0:
        return np.zeros(len(points), np.int64)
    result = _holder(points, communities)
    lost = np.flatnonzero(result < 0)
    if len(lost):
        result[lost] = shapely.STRtree(communities).nearest(points[lost])
    return result


def _most(piece: Int64, label: Int64, area: Float64, count: int) -> Int64:
    """Return the label that most of the area of each piece has."""
    keys, which = np.unique(np.column_stack([piece, label]), axis=0, return_inverse=True)
    order = np.argsort(np.bincount(which.ravel(), area), kind="stable")
    result = np.zeros(count, np.int64)
    result[keys[order, 0]] = keys[order, 1]
    return result


def _edges(faces: Shapes, lines: MappedLines) -> tuple[Int64, Int64, Float64, Int64]:
    """Find the common edges of faces, segment by segment, with the most important line on each."""
    rings, face = shapely.get_rings(faces, return_index=True)
    points, ring = shapely.get_coordinates(rings, return_index=True)
    grid = np.round(points / GRAIN).astype(np.int64)
    along = ring[1:] == ring[:-1]
    start, end, owner = grid[:-1][along], grid[1:][along], face[ring[:-1][along]]
    turned = (start[:, 0] > end[:, 0]) | ((start[:, 0] == end[:, 0]) & (start[:, 1] > end[:, 1]))
    low = np.where(turned[:, None], end, start)
    high = np.where(turned[:, None], start, end)
    order = np.lexsort((high[:, 1], high[:, 0], low[:, 1], low[:, 0]))
    low, high, owner = low[order], high[order], owner[order]
    twin = ((low[1:] == low[:-1]) & (high[1:] == high[:-1])).all(axis=1) & (owner[1:] != owner[:-1])
    low, high = low[:-1][twin] * GRAIN, high[:-1][twin] * GRAIN
    return (
        owner[:-1][twin].astype(np.int64),
        owner[1:][twin].astype(np.int64),
        np.hypot(*(high - low).T),
        _classes_at((low + high) / 2, lines),
    )


def _classes_at(points: Float64, lines: MappedLines) -> Int64:
    """Return the class of the most important line through each point, 0 where there is none."""
    result = np.zeros(len(points), np.int64)
    ends, line = shapely.get_coordinates(lines.shapes, return_index=True)
    along = line[1:] == line[:-1]
    segments = np.asarray(
        shapely.linestrings(np.stack([ends[:-1][along], ends[1:][along]], axis=1)), object
    )
    point, segment = shapely.STRtree(segments).query(
        shapely.points(points), predicate="dwithin", distance=2 * GRAIN
    )
    np.maximum.at(result, point, lines.classes[line[:-1][along][segment]])
    return result


def _sums(label: Int64, values: Float64, count: int) -> Float64:
    return np.bincount(label, values, minlength=count).astype(np.float64)


def _components(count: int, first: Int64, second: Int64) -> tuple[int, Int64]:
    graph = coo_array((np.ones(len(first), bool), (first, second)), shape=(count, count))
    groups, group = connected_components(graph, directed=False)
    return int(groups), group.astype(np.int64)
