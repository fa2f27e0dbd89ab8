"""Lines between plots: ground belongs to the nearest building, open ground is cut straight.

Only large blocks, which will be divided, are looked at. Seeds stand along the walls of buildings
and, where no building is near, on a lattice laid along the block. The edges of their Voronoi
diagram between different owners are where cells may be cut.
"""

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.spatial import Delaunay, cKDTree

from dizuo.base.unit_grid_parameters import GridParameters

__all__ = ["Seeds", "plot_lines", "sow_seeds"]

Shapes = NDArray[np.object_]
Float64 = NDArray[np.float64]
Int64 = NDArray[np.int64]

_GUARDS = 64
_GRAIN = 1e-3


@dataclass(frozen=True, eq=False)
class Seeds:
    """Points, and the number of their owner: a building, or from ``buildings`` on themselves."""

    points: Float64
    owner: Int64


def sow_seeds(blocks: Shapes, buildings: Shapes, parameters: GridParameters) -> Seeds:
    """Put seeds along the walls of buildings and over the open ground of blocks.

    Parameters
    ----------
    blocks
        Polygons to be divided.
    buildings
        Buildings in them, none over another.
    parameters
        Distances between seeds.
    """
    plots = parameters.numbers["plots"]
    walls, owner = shapely.get_coordinates(
        shapely.segmentize(shapely.boundary(buildings), float(plots["wall_spacing"])),
        return_index=True,
    )
    open_ground = [_lattice(block, float(plots["lattice"])) for block in blocks]
    points = np.concatenate([np.empty((0, 2)), *open_ground])
    if len(walls) and len(points):
        far = cKDTree(walls).query(points)[0] > float(plots["reach"])
        points = points[far]
        tree = shapely.STRtree(shapely.points(points))
        covered = tree.query(buildings, predicate="intersects")[1]
        points = np.delete(points, np.unique(covered), axis=0)
    all_points = np.concatenate([walls, points])
    own = np.concatenate([owner, len(buildings) + np.arange(len(points))]).astype(np.int64)
    _, first = np.unique(np.round(all_points / _GRAIN), axis=0, return_index=True)
    first.sort()
    return Seeds(all_points[first], own[first])


def plot_lines(seeds: Seeds, blocks: Shapes, parameters: GridParameters) -> Shapes:
    """Draw the lines between the ground of different owners, inside blocks.

    Returns
    -------
    Lines, straightened; they may run a little over the edge of a block, or over a corner of a
    building, where no cut follows them.
    """
    if len(seeds.points) < 3:
        return np.empty(0, object)
    middle = seeds.points.mean(axis=0)
    angle = np.arange(_GUARDS) * (2 * np.pi / _GUARDS)
    radius = 3 * np.abs(seeds.points - middle).max() + 1000
    guards = middle + radius * np.column_stack([np.cos(angle), np.sin(angle)])
    points = np.concatenate([seeds.points, guards]) - middle
    owner = np.concatenate([seeds.owner, np.full(_GUARDS, -1)])
    mesh = Delaunay(points)
    triangles = mesh.simplices
    centre = np.round(_circumcentres(points[triangles]) / _GRAIN) * _GRAIN + middle
    # Each side of a triangle is opposite one of its corners; its neighbour there shares it.
    one = np.repeat(np.arange(len(triangles)), 3)
    other = mesh.neighbors.ravel()
    side = np.stack([triangles[:, [1, 2, 0]].ravel(), triangles[:, [2, 0, 1]].ravel()])
    keep = (one < other) & (owner[side[0]] != owner[side[1]])
    start, end = centre[one[keep]], centre[other[keep]]
    longer = np.abs(start - end).max(axis=1) > _GRAIN / 2
    ridges = np.asarray(
        shapely.linestrings(np.stack([start[longer], end[longer]], axis=1)), dtype=object
    )
    touching = np.unique(shapely.STRtree(ridges).query(blocks, predicate="intersects")[1])
    merged = shapely.get_parts(shapely.line_merge(shapely.multilinestrings(ridges[touching])))
    smoothing = float(parameters.numbers["plots"]["smoothing"])
    result: Shapes = shapely.simplify(merged, smoothing, preserve_topology=False)
    return result


def _lattice(block: shapely.Polygon, spacing: float) -> Float64:
    """Points of a square lattice along the longer side of a block, inside it."""
    frame = shapely.get_coordinates(shapely.minimum_rotated_rectangle(block))
    sides = np.diff(frame[:3], axis=0)
    lengths = np.hypot(*sides.T)
    along = sides[np.argmax(lengths)] / lengths.max()
    across = np.array([-along[1], along[0]])
    axes = np.stack([along, across])
    low, high = (frame @ axes.T).min(axis=0), (frame @ axes.T).max(axis=0)
    counts = np.maximum(np.round((high - low) / spacing), 1).astype(int)
    steps = (high - low) / counts
    u, v = np.meshgrid(*(low[i] + (np.arange(counts[i]) + 0.5) * steps[i] for i in (0, 1)))
    points: Float64 = np.column_stack([u.ravel(), v.ravel()]) @ axes
    shapely.prepare(block)
    inside: Float64 = points[shapely.contains_xy(block, points)]
    return inside


def _circumcentres(corners: Float64) -> Float64:
    """Circumcentres of triangles, t by 3 by 2; of a flat one, the middle of its longest side."""
    a = corners[:, 0]
    b, c = corners[:, 1] - a, corners[:, 2] - a
    double = 2 * (b[:, 0] * c[:, 1] - b[:, 1] * c[:, 0])
    flat = np.abs(double) < 1e-9
    double = np.where(flat, 1.0, double)
    square_b, square_c = (b**2).sum(axis=1), (c**2).sum(axis=1)
    centre = np.column_stack(
        [
            c[:, 1] * square_b - b[:, 1] * square_c,
            b[:, 0] * square_c - c[:, 0] * square_b,
        ]
    )
    middle = np.where((square_b > square_c)[:, None], b, c) / 2
    result: Float64 = a + np.where(flat[:, None], middle, centre / double[:, None])
    return result
