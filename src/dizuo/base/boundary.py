"""Where a city ends: its outline, the land inside it, and how far its data reaches.

Administrative outlines often run through the sea and around harbours. Areas and densities count
land only, so what the coastline (land on its left, by OpenStreetMap's rule) leaves as sea is taken
off.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS
from shapely.geometry.base import BaseGeometry

from dizuo.base.crs import WGS84, to_metric
from dizuo.base.readers import read_vector
from dizuo.model.errors import InputError
from dizuo.model.text import Text

__all__ = ["CityOutline", "land_and_sea", "landward_extent", "read_outline"]

Geometries = NDArray[np.object_]

_STEP: Final = 0.1
"""How far beside the coastline (m) a face is asked whether it is land."""
_LONGEST_STEP_ALONG_OUTLINE: Final = 50.0
_COAST_WIDTH: Final = 150.0
"""An outline whose outer side meets the coastline within this distance (m) faces the sea."""
_OVERLAP: Final = 10.0
"""Outline and coastline that run together may cross by this much (m)."""
_NARROW: Final = 1.0
"""Land narrower than this everywhere (m) is none."""
_MAKES_NO_FACE: Final = 1.0
"""Faces smaller than this (m²) come from lines that nearly agree; they stay what surrounds them."""


@dataclass(frozen=True, eq=False)
class CityOutline:
    """The outline of a city in its metric system.

    Attributes
    ----------
    whole
        The outline as given.
    land
        The land inside it.
    extent
        How far the data reaches.
    """

    whole: BaseGeometry
    land: BaseGeometry
    extent: BaseGeometry
    crs: CRS


def read_outline(file: Path) -> BaseGeometry:
    """Return the union of the polygons of a file, in WGS 84.

    Raises
    ------
    InputError
        If the file cannot be read, states no system, or holds no polygon.
    """
    frame = read_vector(file)
    shapes = to_metric(frame.geometry, None, WGS84).make_valid()
    polygons = shapes[shapes.geom_type.isin(["Polygon", "MultiPolygon"])]
    if len(polygons) == 0:
        raise InputError(
            Text("the file holds no polygon", "文件中没有面要素"),
            file=file,
            cure=Text(
                "Give the outline as polygons, not as lines.",
                "请用面（多边形）表示边界，不要用线。",
            ),
        )
    west, south, east, north = polygons.total_bounds
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        raise InputError(
            Text(
                "the outline lies outside the range of longitude and latitude",
                "边界超出经纬度取值范围",
            ),
            file=file,
            cure=Text(
                "The file states the wrong coordinate reference system: correct it.",
                "文件声明的坐标参考系有误，请更正。",
            ),
        )
    union: BaseGeometry = polygons.union_all()
    return union


def land_and_sea(
    outline: BaseGeometry, coastlines: Geometries
) -> tuple[BaseGeometry, BaseGeometry]:
    """Divide an outline by the coastline.

    Lines and outline are joined into faces. A face is sea if more of the coastline that bounds it
    has it on its right. Where the coastline does not part the outline, all of it is land.

    Parameters
    ----------
    outline
        Polygon, metric.
    coastlines
        Lines with land on their left.

    Returns
    -------
    tuple
        Land and sea.
    """
    near = coastlines[shapely.dwithin(coastlines, outline, 1.0)] if len(coastlines) else coastlines
    if len(near) == 0:
        return outline, shapely.Polygon()
    lines = shapely.union_all([*near, shapely.boundary(outline)])
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts([lines])))
    inside = shapely.contains(outline, shapely.point_on_surface(faces))
    faces = faces[inside & (shapely.area(faces) > _MAKES_NO_FACE)]
    sea = shapely.union_all(faces[_right_of_coast(faces, near)])
    return _wide_parts(shapely.difference(outline, sea)), shapely.intersection(outline, sea)


def _wide_parts(area: BaseGeometry) -> BaseGeometry:
    """Drop parts that are nowhere wide: they lie between lines that were meant to agree."""
    parts = shapely.get_parts([area])
    parts = parts[shapely.get_dimensions(parts) == 2]
    wide = ~shapely.is_empty(shapely.buffer(parts, -_NARROW / 2))
    return shapely.union_all(parts[wide])


def _right_of_coast(faces: Geometries, coastlines: Geometries) -> NDArray[np.bool_]:
    """Say which faces lie more to the right of the coastline than to its left."""
    left, right, length = _beside(coastlines)
    tree = shapely.STRtree(faces)
    votes = np.zeros(len(faces))
    for points, sign in ((left, -1.0), (right, 1.0)):
        point, face = tree.query(points, predicate="within")
        np.add.at(votes, face, sign * length[point])
    return votes > 0


def _beside(lines: Geometries) -> tuple[Geometries, Geometries, NDArray[np.float64]]:
    """Return a point to the left and one to the right of the middle of every segment."""
    coordinates, line = shapely.get_coordinates(lines, return_index=True)
    step = np.diff(coordinates, axis=0)
    length = np.hypot(step[:, 0], step[:, 1])
    use = (line[1:] == line[:-1]) & (length > 0)
    start, step, length = coordinates[:-1][use], step[use], length[use]
    middle = start + step / 2
    normal = np.column_stack([-step[:, 1], step[:, 0]]) / length[:, None]
    return (
        shapely.points(middle + _STEP * normal),
        shapely.points(middle - _STEP * normal),
        length,
    )


def landward_extent(
    outline: BaseGeometry, sea: BaseGeometry, coastlines: Geometries, reach: float
) -> BaseGeometry:
    """Return how far data that was cut at an outline reaches: to the outline, and out over the sea.

    Nothing is cut off where the outline faces the sea, so the extent goes on there: to it belongs
    every point outside whose nearest part of the outline faces the sea.

    Parameters
    ----------
    outline
        Polygon, metric.
    sea
        The sea inside the outline.
    coastlines
        Lines with land on their left.
    reach
        How far out (m) the extent is drawn.
    """
    lines = shapely.segmentize(shapely.boundary(outline), _LONGEST_STEP_ALONG_OUTLINE)
    left, right, _ = _beside(shapely.get_parts([lines]))
    middle = (shapely.get_coordinates(left) + shapely.get_coordinates(right)) / 2
    left_inside = shapely.contains_xy(outline, *shapely.get_coordinates(left).T)
    inner = np.where(left_inside, left, right)
    outer = np.where(left_inside, right, left)
    outward = (shapely.get_coordinates(outer) - middle) / _STEP
    inward = middle - _OVERLAP * outward
    rays = shapely.linestrings(np.stack([inward, middle + _COAST_WIDTH * outward], axis=1))
    shapely.prepare(sea)
    faces_sea = shapely.intersects(sea, inner)
    if len(coastlines):
        coast = shapely.union_all(coastlines)
        shapely.prepare(coast)
        faces_sea |= shapely.intersects(coast, rays)
    if not faces_sea.any():
        return outline
    around = shapely.envelope(shapely.buffer(outline, reach))
    cells = shapely.get_parts(
        shapely.voronoi_polygons(shapely.multipoints(middle), extend_to=around, ordered=True)
    )
    open_sea = shapely.intersection(shapely.union_all(cells[faces_sea]), around)
    return shapely.union_all([outline, open_sea])
