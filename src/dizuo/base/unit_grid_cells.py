"""Make unit cells of pieces: small blocks join across minor streets, large ones are divided."""

import heapq
from dataclasses import dataclass, replace

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from dizuo.base.unit_grid_parameters import GridParameters
from dizuo.base.unit_grid_pieces import PieceMap
from dizuo.engines.partition.bisection import Pieces, divide

__all__ = ["Neighbourhood", "draw_outlines", "form_cells", "join_small"]

Shapes = NDArray[np.object_]
Float64 = NDArray[np.float64]
Int64 = NDArray[np.int64]

_ROUNDS = 2


@dataclass(frozen=True, eq=False)
class Neighbourhood:
    """Areas, n of them, and their common edges, e of them.

    Attributes
    ----------
    area, perimeter
        m² and m.
    first, second
        The two areas of each edge; a pair may come several times.
    metres
        Length of each edge.
    cross
        What joining across it costs; infinite where that is never done.
    """

    area: Float64
    perimeter: Float64
    first: Int64
    second: Int64
    metres: Float64
    cross: Float64

    def grouped(self, group: Int64) -> "Neighbourhood":
        """Return the neighbourhood of groups of these areas."""
        count = int(group.max(initial=-1)) + 1
        inner = group[self.first] == group[self.second]
        within = _sums(group[self.first[inner]], self.metres[inner], count)
        return Neighbourhood(
            area=_sums(group, self.area, count),
            perimeter=_sums(group, self.perimeter, count) - 2 * within,
            first=group[self.first[~inner]],
            second=group[self.second[~inner]],
            metres=self.metres[~inner],
            cross=self.cross[~inner],
        )


def form_cells(pieces: PieceMap, parameters: GridParameters) -> Int64:
    """Return the cell of each piece, from 0.

    Slivers of ground join their neighbours first. Then come the blocks of each community: the
    small ones join neighbours and the large ones are divided, in turns: what a division left small
    joins again, and what grew too large by that is divided anew. The last turn joins, for a cell
    somewhat too large serves better than one too small.

    Cells of an earlier grid are taken as they are. Only those are drawn anew that became too small,
    or from which an important street now cuts off as much as makes a cell.
    """
    size = parameters.numbers["size"]
    ground = Neighbourhood(
        pieces.area, pieces.perimeter, pieces.first, pieces.second, pieces.metres,
        _costs(pieces, parameters),
    )  # fmt: skip
    parted = pieces.earlier[pieces.first] != pieces.earlier[pieces.second]
    own = replace(ground, cross=np.where(parted, np.inf, ground.cross))
    width = _widths(ground)
    slivers = (pieces.area < float(size["sliver"])) | (width < float(size["sliver_width"]))
    lump = join_small(own, slivers, float(size["sliver"]), parameters)
    known = (pieces.earlier >= 0) & ~_crossed(pieces, parameters)
    place = np.where(known, pieces.earlier, pieces.block + pieces.earlier.max() + 1)
    block = _connected(pieces, np.column_stack([pieces.community, place]))
    cell = _settle(block, lump, pieces)
    most = float(size["divide_again_above" if known.any() else "split_above"])
    for _ in range(_ROUNDS):
        cell = _join(ground, cell, parameters)
        divided = _divide(pieces, lump, cell, most, parameters)
        cell = np.where(_as_before(pieces, cell, known), cell, divided + cell.max() + 1)
        cell = np.unique(cell, return_inverse=True)[1].astype(np.int64)
    return _join(ground, cell, parameters)


def join_small(
    areas: Neighbourhood,
    small: NDArray[np.bool_],
    enough: float,
    parameters: GridParameters,
) -> Int64:
    """Join small areas to neighbours, the smallest first, until they are large enough.

    A neighbour is preferred across unimportant lines, along a long common edge, and if the result
    is not too large.

    Parameters
    ----------
    areas
        The areas and their common edges.
    small
        Which areas are joined to a neighbour.
    enough
        What grew to this stays, m².
    parameters
        Weights of the preferences.

    Returns
    -------
    Group of each area, from 0. One without a neighbour stays alone.
    """
    weights = parameters.numbers["joining"]
    too_large, shared_edge = float(weights["too_large"]), float(weights["shared_edge"])
    up_to = float(parameters.numbers["size"]["join_up_to"])
    area, perimeter = areas.area.tolist(), areas.perimeter.tolist()
    neighbours = _neighbours(areas)
    group = np.arange(len(area))
    heap = [(area[one], int(one)) for one in np.flatnonzero(small)]
    heapq.heapify(heap)

    def cost(one: int, other: int) -> tuple[float, int]:
        metres, cross = neighbours[one][other]
        excess = max(0.0, (area[one] + area[other]) / up_to - 1.0)
        return cross / metres + too_large * excess - shared_edge * metres / perimeter[one], other

    while heap:
        known, one = heapq.heappop(heap)
        if group[one] != one or known != area[one] or not neighbours[one]:
            continue
        into = min(neighbours[one], key=lambda other: cost(one, other))
        group[one] = into
        area[into] += area[one]
        perimeter[into] += perimeter[one] - 2 * neighbours[one][into][0]
        for other, (metres, cross) in neighbours[one].items():
            del neighbours[other][one]
            if other != into:
                had = neighbours[into].get(other, (0.0, 0.0))
                both = (had[0] + metres, had[1] + cross)
                neighbours[into][other] = neighbours[other][into] = both
        if area[into] < enough:
            heapq.heappush(heap, (area[into], into))
    while not np.array_equal(group, group[group]):
        group = group[group]
    return np.unique(group, return_inverse=True)[1].astype(np.int64)


def draw_outlines(pieces: PieceMap, cell: Int64) -> Shapes:
    """Return the polygon of each cell; neighbours share their vertices."""
    own = cell[pieces.piece]
    order = np.argsort(own, kind="stable")
    starts = np.flatnonzero(np.diff(own[order], prepend=-1))
    parts = np.split(pieces.faces[order], starts[1:])
    return np.array([shapely.coverage_union_all(part) for part in parts], dtype=object)


def _neighbours(areas: Neighbourhood) -> list[dict[int, tuple[float, float]]]:
    """Metres of the common edge with each neighbour, and the cost of all of them."""
    result: list[dict[int, tuple[float, float]]] = [{} for _ in areas.area]
    open_edges = np.isfinite(areas.cross) & (areas.metres > 0)
    for one, other, metres, cross in zip(
        areas.first[open_edges].tolist(),
        areas.second[open_edges].tolist(),
        areas.metres[open_edges].tolist(),
        (areas.metres * areas.cross)[open_edges].tolist(),
        strict=True,
    ):
        had = result[one].get(other, (0.0, 0.0))
        result[one][other] = result[other][one] = (had[0] + metres, had[1] + cross)
    return result


def _costs(pieces: PieceMap, parameters: GridParameters) -> Float64:
    """Cost of joining across each edge; pieces of two communities are never joined."""
    apart = pieces.community[pieces.first] != pieces.community[pieces.second]
    finite = np.minimum(parameters.cross, parameters.cross[:-1].max())
    result: Float64 = np.where(apart, np.inf, finite[pieces.line_class])
    return result


def _widths(areas: Neighbourhood) -> Float64:
    """Width of the rectangles of these areas and perimeters."""
    half = areas.perimeter / 2
    result: Float64 = (half - np.sqrt(np.maximum(half**2 - 4 * areas.area, 0.0))) / 2
    return result


def _as_before(pieces: PieceMap, cell: Int64, known: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Tell the pieces of cells that hold nothing but ground of one earlier cell."""
    earlier = np.where(known, pieces.earlier, -1)
    low = np.full(int(cell.max()) + 1, np.iinfo(np.int64).max)
    high = np.full(len(low), -1)
    np.minimum.at(low, cell, earlier)
    np.maximum.at(high, cell, earlier)
    result: NDArray[np.bool_] = ((low == high) & (low >= 0))[cell]
    return result


def _crossed(pieces: PieceMap, parameters: GridParameters) -> NDArray[np.bool_]:
    """Tell the pieces of earlier cells that an important line now divides in two real cells."""
    important = parameters.classes.index("collector")
    inner = pieces.line_class < important
    same = inner & (pieces.earlier[pieces.first] == pieces.earlier[pieces.second])
    count = len(pieces.area)
    graph = coo_array(
        (np.ones(int(same.sum()), bool), (pieces.first[same], pieces.second[same])),
        shape=(count, count),
    )
    part = connected_components(graph, directed=False)[1]
    cell = pieces.earlier + 1
    owner = np.zeros(int(part.max()) + 1, np.int64)
    owner[part] = cell
    enough = float(parameters.numbers["size"]["join_below"])
    real = _sums(part, pieces.area, len(owner)) >= enough
    result: NDArray[np.bool_] = (np.bincount(owner[real], minlength=int(cell.max()) + 1) > 1)[cell]
    return result


def _connected(pieces: PieceMap, label: Int64) -> Int64:
    """Return the connected group of each piece, of pieces with one label."""
    same = (label[pieces.first] == label[pieces.second]).all(axis=1)
    count = len(pieces.area)
    graph = coo_array(
        (np.ones(int(same.sum()), bool), (pieces.first[same], pieces.second[same])),
        shape=(count, count),
    )
    result: Int64 = connected_components(graph, directed=False)[1].astype(np.int64)
    return result


def _settle(block: Int64, lump: Int64, pieces: PieceMap) -> Int64:
    """Give every lump of pieces to the block that most of it lies in, keeping groups connected."""
    keys, which = np.unique(np.column_stack([lump, block]), axis=0, return_inverse=True)
    order = np.argsort(np.bincount(which.ravel(), pieces.area), kind="stable")
    main = np.zeros(int(lump.max(initial=-1)) + 1, np.int64)
    main[keys[order, 0]] = keys[order, 1]
    return _connected(pieces, np.column_stack([pieces.community, main[lump]]))


def _join(ground: Neighbourhood, cell: Int64, parameters: GridParameters) -> Int64:
    below = float(parameters.numbers["size"]["join_below"])
    cells = ground.grouped(cell)
    result: Int64 = join_small(cells, cells.area < below, below, parameters)[cell]
    return result


def _divide(
    pieces: PieceMap, lump: Int64, cell: Int64, most: float, parameters: GridParameters
) -> Int64:
    """Divide cells that are too large between lumps of pieces."""
    size, dividing = parameters.numbers["size"], parameters.numbers["dividing"]
    count = int(lump.max(initial=-1)) + 1
    area = _sums(lump, pieces.area, count)
    x, y = (_sums(lump, pieces.area * at, count) / area for at in (pieces.x, pieces.y))
    first, second = lump[pieces.first], lump[pieces.second]
    between = first != second
    low, high = np.minimum(first, second)[between], np.maximum(first, second)[between]
    pairs, which = np.unique(np.column_stack([low, high]), axis=0, return_inverse=True)
    cost = (pieces.metres * parameters.cut[pieces.line_class])[between]
    weight = _sums(which.ravel(), cost, len(pairs))
    group = np.zeros(count, np.int64)
    group[lump] = cell
    divided = divide(
        Pieces(area, x, y, pairs[:, 0], pairs[:, 1], weight),
        group,
        target=float(size["target"]),
        most=most,
        least_part=float(dividing["least_part"]),
        directions=int(dividing["directions"]),
        crooked=float(dividing["crooked"]),
    )
    return np.unique(divided, return_inverse=True)[1].astype(np.int64)[lump]


def _sums(label: Int64, values: Float64, count: int) -> Float64:
    return np.bincount(label, values, minlength=count).astype(np.float64)
