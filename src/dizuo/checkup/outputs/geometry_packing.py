"""Geometry as few bytes: whole steps of a grid, differences, variable-length integers.

A packed layer is one stream of unsigned variable-length integers (LEB128):
number of features; parts of each feature; points of each part; then for every point the zigzag
differences of x and y to the point before it, whatever part that point belongs to.
A part is a ring (without its closing point), a line or a point.
"""

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

__all__ = ["Grid", "grid_for", "pack_geometry", "pack_integers", "simplified"]

_POLYGONS = (3, 6)
_LINES = (1, 2, 5)


@dataclass(frozen=True, slots=True)
class Grid:
    """The grid that coordinates are rounded to: ``origin + step * whole number``, metres."""

    x: float
    y: float
    step: float


def grid_for(bounds: NDArray[np.float64]) -> Grid:
    """Choose a grid for a city: the finest step that 16 bits reach across, never under 10 cm."""
    west, south, east, north = (float(number) for number in bounds)
    needed = max(east - west, north - south) / 65_000
    step = next(step for step in (0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 1e3) if step >= needed)
    return Grid(west, south, step)


def simplified(geometry: NDArray[np.object_], tolerance: float) -> NDArray[np.object_]:
    """Simplify polygons that share borders without opening gaps, other shapes one by one.

    Parameters
    ----------
    geometry
        Shapely geometries in metres.
    tolerance
        Metres; polygons lose corners of less than its square.
    """
    if not len(geometry):
        return geometry
    kinds = np.isin(shapely.get_type_id(geometry), _POLYGONS)
    if kinds.all():
        return np.asarray(shapely.coverage_simplify(geometry, tolerance), dtype=object)
    return np.asarray(shapely.simplify(geometry, tolerance), dtype=object)


def pack_geometry(geometry: NDArray[np.object_], grid: Grid) -> bytes:
    """Pack polygons, lines or points, in the order given, into one stream of integers."""
    count = len(geometry)
    parts, owner = _parts(np.asarray(geometry, dtype=object))
    xy, part = shapely.get_coordinates(parts, return_index=True)
    steps = np.rint((xy - (grid.x, grid.y)) / grid.step).astype(np.int64)
    rings = shapely.get_type_id(parts) == 2 if len(parts) else np.zeros(0, dtype=bool)
    kept = _kept(steps, part, rings, len(parts))
    steps, part = steps[kept], part[kept]
    points = np.bincount(part, minlength=len(parts))
    enough = np.where(rings, points >= 3, points >= 1)
    on = enough[part]
    steps = steps[on]
    per_feature = np.bincount(owner[enough], minlength=count)
    differences = np.diff(steps, axis=0, prepend=np.zeros((1, 2), dtype=np.int64))
    zigzag = np.where(differences < 0, -2 * differences - 1, 2 * differences)
    return pack_integers(
        np.concatenate([[count], per_feature, points[enough], zigzag.ravel()]).astype(np.uint64)
    )


def _parts(geometry: NDArray[np.object_]) -> tuple[NDArray[np.object_], NDArray[np.int64]]:
    """Rings, lines and points, with the number of the feature that owns each."""
    single, owner = shapely.get_parts(geometry, return_index=True)
    polygon = np.isin(shapely.get_type_id(single), _POLYGONS)
    if not polygon.any():
        return single, owner
    rings, of = shapely.get_rings(single[polygon], return_index=True)
    all_parts = np.concatenate([rings, single[~polygon]])
    all_owners = np.concatenate([owner[polygon][of], owner[~polygon]])
    order = np.argsort(all_owners, kind="stable")
    return all_parts[order], all_owners[order]


def _kept(
    steps: NDArray[np.int64], part: NDArray[np.int64], rings: NDArray[np.bool_], count: int
) -> NDArray[np.bool_]:
    """Points that stay: not where the point before them is, nor where a ring closes."""
    if not len(steps):
        return np.zeros(0, dtype=bool)
    first = np.append(True, part[1:] != part[:-1])
    last = np.append(part[1:] != part[:-1], True)
    same = np.append(False, (steps[1:] == steps[:-1]).all(axis=1))
    kept: NDArray[np.bool_] = first | ~same
    start = np.zeros(count, dtype=np.int64)
    start[part[first]] = np.flatnonzero(first)
    closing = last & ~first & rings[part]
    kept &= ~closing
    ends_again = rings[part] & ~first & (steps == steps[start[part]]).all(axis=1)
    following_closes = np.append(closing[1:], False)
    kept &= ~(ends_again & following_closes)
    return kept


def pack_integers(numbers: NDArray[np.uint64]) -> bytes:
    """Write unsigned integers as LEB128: seven bits a byte, the lowest first."""
    size = np.ones(len(numbers), dtype=np.int64)
    for bits in range(7, 64, 7):
        size += numbers >= np.uint64(1 << bits)
    end = np.cumsum(size)
    packed = np.zeros(int(end[-1]) if len(end) else 0, dtype=np.uint8)
    start = end - size
    for place in range(int(size.max()) if len(size) else 0):
        has = size > place
        digit = (numbers[has] >> np.uint64(7 * place)) & np.uint64(0x7F)
        more = np.where(size[has] > place + 1, 0x80, 0).astype(np.uint64)
        packed[start[has] + place] = (digit | more).astype(np.uint8)
    return packed.tobytes()
