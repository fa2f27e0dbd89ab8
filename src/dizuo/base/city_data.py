"""What all steps of a build share: the outline, the metric system and the OpenStreetMap extract.

Each is made when first asked for, so a build that only needs a user's table reads nothing else.
"""

from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Final

import geopandas as gpd
import numpy as np
import osmium
import shapely
from numpy.typing import NDArray
from pyproj import CRS
from shapely import MultiPoint
from shapely.geometry.base import BaseGeometry

from dizuo.base.boundary import CityOutline, land_and_sea, landward_extent, read_outline
from dizuo.base.config import CityConfig, SourceSettings
from dizuo.base.coordinates import NEARBY
from dizuo.base.crs import WGS84, metric_crs
from dizuo.base.osm import OsmExtract, read_osm
from dizuo.model.errors import InputError
from dizuo.model.text import Text

__all__ = ["CityData"]

_DEGREES_PER_METRE: Final = 1 / 111_000


class CityData:
    """The shared data of one build.

    Parameters
    ----------
    config
        The city's settings.
    report
        Told of long reading.
    """

    def __init__(self, config: CityConfig, report: Callable[[str], None]) -> None:
        self.config = config
        self._report = report
        self.extract_was_read = False

    @cached_property
    def osm_source(self) -> SourceSettings | None:
        """The OpenStreetMap source, if there is one.

        Raises
        ------
        InputError
            If there are several: their ways would be counted twice.
        """
        sources = self.config.of_kind("osm")
        if len(sources) > 1:
            raise InputError(
                Text("there are two OpenStreetMap sources", "有两个 OpenStreetMap 数据源"),
                file=sources[1].file,
                field=f"sources.{sources[1].id}",
                cure=Text(
                    "Merge the files into one first, for instance with: osmium merge.",
                    "请先合并为一个文件，例如使用 osmium merge。",
                ),
            )
        return sources[0] if sources else None

    @cached_property
    def _outline_file(self) -> BaseGeometry | None:
        file = self.config.boundary.file
        return None if file is None else read_outline(file)

    @cached_property
    def extract(self) -> OsmExtract | None:
        """The features of the OpenStreetMap file on and near the city; None without such a source.

        Raises
        ------
        InputError
            If the file cannot be read.
        """
        source = self.osm_source
        if source is None:
            return None
        self._report("osm")
        outline = self._outline_file
        near = None if outline is None else _widened(outline)
        self.extract_was_read = True
        return read_osm(source.file, boundary_wgs84=near)

    @cached_property
    def outline_wgs84(self) -> BaseGeometry:
        """The outline as given, in WGS 84: the file, else the relation, else the data's hull.

        Raises
        ------
        InputError
            If there is neither an outline nor a relation nor OpenStreetMap data.
        """
        if self._outline_file is not None:
            return self._outline_file
        extract = self.extract
        if extract is None:
            raise InputError(
                Text("the city has no boundary", "城市没有边界"),
                field="boundary.file",
                cure=Text(
                    "Give a file with the outline under [boundary].",
                    "请在 [boundary] 中给出边界文件。",
                ),
            )
        number = self.config.boundary.osm_relation
        if number is None:
            return _hull(extract)
        found = extract.areas[extract.areas["id"] == f"r{number}"]
        if len(found) == 0:
            raise InputError(
                Text(
                    f"the relation {number} is not in the file, or not whole",
                    f"文件中没有关系 {number}，或该关系不完整",
                ),
                file=extract.file,
                field="boundary.osm_relation",
                cure=Text(
                    "Give the outline as a file, or take a wider extract.",
                    "请用文件给出边界，或换用范围更大的 OpenStreetMap 数据。",
                ),
            )
        area: BaseGeometry = found.geometry.iloc[0]
        return area

    @cached_property
    def crs(self) -> CRS:
        """The city's metric system.

        Raises
        ------
        InputError
            If the one in the settings cannot measure this city.
        """
        centre = self.outline_wgs84.centroid
        return metric_crs(centre.x, centre.y, self.config.city.crs)

    @cached_property
    def whole(self) -> BaseGeometry:
        """The outline as given, metric."""
        series = gpd.GeoSeries([self.outline_wgs84], crs=WGS84).to_crs(self.crs)
        whole: BaseGeometry = series.iloc[0]
        return whole

    @cached_property
    def coastlines(self) -> NDArray[np.object_]:
        """Coastlines, metric, with land on their left; islands turn counter-clockwise."""
        if self.extract is None:
            return np.empty(0, dtype=object)
        lines, areas = (
            _tagged(frame, "natural", "coastline").to_crs(self.crs)
            for frame in (self.extract.lines, self.extract.areas)
        )
        rings = [
            shapely.get_exterior_ring(part)
            for part in shapely.orient_polygons(shapely.get_parts(areas.geometry.to_numpy()))
        ]
        return np.array([*lines.geometry, *rings], dtype=object)

    @cached_property
    def outline(self) -> CityOutline:
        """Outline, land and extent.

        Raises
        ------
        InputError
            If the data has nothing inside the outline, or the coastline leaves no land.
        """
        self._refuse_missed_data()
        coastlines = self.coastlines if self.config.boundary.land_only else self.coastlines[:0]
        land, sea = land_and_sea(self.whole, coastlines)
        if land.area == 0:
            raise InputError(
                Text(
                    "the coastline leaves no land inside the boundary",
                    "按海岸线裁剪后，边界内没有陆地",
                ),
                file=self.config.boundary.file,
                field="boundary.land_only",
                cure=Text(
                    "Set land_only = false, or correct the boundary.",
                    "请设置 land_only = false，或更正边界。",
                ),
            )
        return CityOutline(self.whole, land, self._extent(sea), self.crs)

    def _extent(self, sea: BaseGeometry) -> BaseGeometry:
        edge = self.config.boundary.edge
        if edge == "boundary":
            return landward_extent(self.whole, sea, self.coastlines, NEARBY)
        if isinstance(edge, Path):
            area = read_outline(edge)
        elif self.extract is None:
            return self.whole
        else:
            area = _stated_box(self.extract.file) or _hull(self.extract).envelope
        metric: BaseGeometry = gpd.GeoSeries([area], crs=WGS84).to_crs(self.crs).iloc[0]
        return metric

    def _refuse_missed_data(self) -> None:
        extract = self.extract
        if extract is None:
            return
        shapely.prepare(self.outline_wgs84)
        ways = extract.highways
        if shapely.contains_xy(self.outline_wgs84, ways.lon, ways.lat).any():
            return
        if _tagged(extract.areas, "building").intersects(self.outline_wgs84).any():
            return
        raise InputError(
            Text(
                "no street and no building of the OpenStreetMap file lies inside the boundary",
                "OpenStreetMap 文件中没有任何街道或建筑位于边界内",
            ),
            file=self.config.boundary.file or extract.file,
            field="boundary",
            cure=Text(
                "Boundary and extract are of different places, the boundary states the wrong "
                "coordinate reference system, or its longitude and latitude are swapped.",
                "边界与 OpenStreetMap 数据不在同一地点，边界声明的坐标参考系有误，或其经纬度颠倒。",
            ),
        )


def _tagged(frame: gpd.GeoDataFrame, key: str, value: str | None = None) -> gpd.GeoDataFrame:
    """Return the features that have a tag, of any value or of one."""
    has = [key in tags if value is None else tags.get(key) == value for tags in frame["tags"]]
    return frame[np.array(has, dtype=bool)]


def _widened(outline: BaseGeometry) -> BaseGeometry:
    """Widen an outline in degrees by at least the distance that anything searches."""
    west, south, east, north = outline.bounds
    step = NEARBY * _DEGREES_PER_METRE
    widest = max(abs(south), abs(north))
    across = step / max(np.cos(np.radians(min(widest, 89.0))), 0.01)
    return shapely.box(west - across, south - step, east + across, north + step)


def _stated_box(file: Path) -> BaseGeometry | None:
    """Return the bounds that an OpenStreetMap file states in its head: where it was cut."""
    reader = osmium.io.Reader(str(file), osmium.osm.osm_entity_bits.NOTHING)
    try:
        box = reader.header().box()
    finally:
        reader.close()
    if not box.valid():
        return None
    low, high = box.bottom_left, box.top_right
    return shapely.box(low.lon, low.lat, high.lon, high.lat)


def _hull(extract: OsmExtract) -> BaseGeometry:
    ways = extract.highways
    known = ~np.isnan(ways.lon)
    return MultiPoint(np.column_stack([ways.lon[known], ways.lat[known]])).convex_hull
