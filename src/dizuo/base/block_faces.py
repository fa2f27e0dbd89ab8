"""Faces between lines: cut an area along lines, and join slivers to their neighbours."""

import heapq
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

__all__ = ["Faces", "cut_faces", "merge_slivers"]

Shapes = NDArray[np.object_]


@dataclass(frozen=True, eq=False)
class Faces:
    """Polygons that tile an area, with the length of edge that neighbours share.

    ``first`` and ``second`` are rows of ``polygons``, ``shared`` the metres between them.
    """

    polygons: Shapes
    first: NDArray[np.intp]
    second: NDArray[np.intp]
    shared: NDArray[np.float64]


def cut_faces(area: BaseGeometry, lines: Shapes) -> Faces:
    """Cut an area along lines; ends that lead nowhere cut nothing.

    Parameters
    ----------
    area
        Polygon or MultiPolygon, in metres.
    lines
        Lines that may cross each other and leave the area.
    """
    shapely.prepare(area)
    near = lines[shapely.intersects(area, lines)]
    # All lines are cut at all crossings at once, so that neighbours share their vertices exactly.
    noded = shapely.union_all([*near, area.boundary])
    polygons = shapely.get_parts(shapely.polygonize(shapely.get_parts(noded)))
    inside = shapely.contains(area, shapely.point_on_surface(polygons))
    polygons = polygons[inside]
    return Faces(polygons, *_shared_edges(polygons))


def merge_slivers(faces: Faces, least_area: float, least_width: float) -> Shapes:
    """Join faces that are too small or too narrow to the neighbour with the longest common edge.

    Parameters
    ----------
    faces
        Faces that tile an area.
    least_area
        m². Smaller faces are joined, the smallest first; what grows enough stays.
    least_width
        m. A face whose width (that of a strip with its area and perimeter) is less is joined.

    Returns
    -------
    Polygons that tile the same area.
    """
    area = shapely.area(faces.polygons).astype(float)
    perimeter = shapely.length(faces.polygons).astype(float)
    neighbours: list[dict[int, float]] = [{} for _ in area]
    for one, other, metres in zip(faces.first, faces.second, faces.shared, strict=True):
        neighbours[one][other] = neighbours[other][one] = float(metres)
    group = np.arange(len(area))

    def is_sliver(face: int) -> bool:
        return bool(area[face] < least_area or _width(area[face], perimeter[face]) < least_width)

    heap = [(area[face], face) for face in range(len(area)) if is_sliver(face)]
    heapq.heapify(heap)
    while heap:
        size, face = heapq.heappop(heap)
        if group[face] != face or size != area[face] or not neighbours[face]:
            continue
        into = max(neighbours[face], key=lambda other: (neighbours[face][other], -other))
        group[face] = into
        area[into] += area[face]
        perimeter[into] += perimeter[face] - 2 * neighbours[face][into]
        for other, metres in neighbours[face].items():
            del neighbours[other][face]
            if other != into:
                neighbours[into][other] = neighbours[into].get(other, 0.0) + metres
                neighbours[other][into] = neighbours[into][other]
        if is_sliver(into):
            heapq.heappush(heap, (area[into], into))
    return _unions(faces.polygons, _roots(group))


def _width(area: float, perimeter: float) -> float:
    """Width of the rectangle that has this area and this perimeter; of a square at most."""
    half = perimeter / 2
    return float((half - np.sqrt(max(half * half - 4 * area, 0.0))) / 2)


def _roots(group: NDArray[np.intp]) -> NDArray[np.intp]:
    while True:
        further = group[group]
        if np.array_equal(further, group):
            return group
        group = further


def _unions(polygons: Shapes, group: NDArray[np.intp]) -> Shapes:
    members, sizes = np.unique(group, return_counts=True)
    result = polygons[members].copy()
    for position in np.flatnonzero(sizes > 1):
        result[position] = shapely.coverage_union_all(polygons[group == members[position]])
    return result


def _shared_edges(
    polygons: Shapes,
) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float64]]:
    """Find pairs of faces with a common edge, by their common segments."""
    rings, face = shapely.get_rings(polygons, return_index=True)
    points, ring = shapely.get_coordinates(rings, return_index=True)
    same = ring[1:] == ring[:-1]
    start, end, owner = points[:-1][same], points[1:][same], face[ring[:-1][same]]
    turned = (start[:, 0] > end[:, 0]) | ((start[:, 0] == end[:, 0]) & (start[:, 1] > end[:, 1]))
    key = np.where(turned[:, None], np.hstack([end, start]), np.hstack([start, end]))
    order = np.lexsort(key.T)
    key, owner = key[order], owner[order]
    twin = (key[1:] == key[:-1]).all(axis=1) & (owner[1:] != owner[:-1])
    one, other = owner[:-1][twin], owner[1:][twin]
    metres = np.hypot(key[:-1][twin, 0] - key[:-1][twin, 2], key[:-1][twin, 1] - key[:-1][twin, 3])
    low, high = np.minimum(one, other), np.maximum(one, other)
    pairs, which = np.unique(np.column_stack([low, high]), axis=0, return_inverse=True)
    shared = np.zeros(len(pairs))
    np.add.at(shared, which.ravel(), metres)
    return pairs[:, 0].astype(np.intp), pairs[:, 1].astype(np.intp), shared
