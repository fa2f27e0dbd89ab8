"""Places as bodies tell them: GeoJSON (RFC 7946), in degrees.

The types say what is read, and the description of the door is made from them.
"""

import json
from typing import Annotated, Any, Final

import msgspec
import shapely
from msgspec import Meta, Struct
from shapely.errors import ShapelyError

from dizuo.model.errors import InputError
from dizuo.model.text import Text

__all__ = ["Place", "require_place"]

_DEGREES: Final = [
    {"type": "number", "minimum": -180, "maximum": 180},
    {"type": "number", "minimum": -90, "maximum": 90},
]
Position = Annotated[
    list[float], Meta(min_length=2, max_length=3, extra_json_schema={"prefixItems": _DEGREES})
]
"""Longitude and latitude, and the height where it is known."""
Line = Annotated[list[Position], Meta(min_length=2)]
Ring = Annotated[
    list[Position], Meta(min_length=4, description="Its last position is its first one.")
]
Area = Annotated[list[Ring], Meta(min_length=1)]


class Point(Struct, tag_field="type", tag="Point"):
    """A point."""

    coordinates: Position


class MultiPoint(Struct, tag_field="type", tag="MultiPoint"):
    """Points."""

    coordinates: list[Position]


class LineString(Struct, tag_field="type", tag="LineString"):
    """A line."""

    coordinates: Line


class MultiLineString(Struct, tag_field="type", tag="MultiLineString"):
    """Lines."""

    coordinates: list[Line]


class Polygon(Struct, tag_field="type", tag="Polygon"):
    """An area with its holes."""

    coordinates: Area


class MultiPolygon(Struct, tag_field="type", tag="MultiPolygon"):
    """Areas."""

    coordinates: list[Area]


Simple = Point | MultiPoint | LineString | MultiLineString | Polygon | MultiPolygon


class GeometryCollection(Struct, tag_field="type", tag="GeometryCollection"):
    """Several geometries, none of which is a collection itself."""

    geometries: list[Simple]


Geometry = Simple | GeometryCollection


class Feature(Struct, tag_field="type", tag="Feature"):
    """Something that has a place, or none."""

    geometry: Geometry | None = None


class PlacedFeature(Struct, tag_field="type", tag="Feature"):
    """Something that has a place."""

    geometry: Geometry


class FeatureCollection(Struct, tag_field="type", tag="FeatureCollection"):
    """Several things, each with its place."""

    features: list[PlacedFeature]


Place = Geometry | Feature | FeatureCollection


def require_place(value: Any, where: str) -> None:
    """Refuse what is no place in degrees; a feature may have none.

    Raises
    ------
    InputError
        With the place in the body.
    """
    try:
        told = msgspec.convert(value, Place)
        geometry = told.geometry if isinstance(told, Feature) else told
        if geometry is None:
            return
        shape = shapely.from_geojson(json.dumps(msgspec.to_builtins(geometry)))
    except (msgspec.ValidationError, ShapelyError) as error:
        raise InputError(
            Text(f"this is no GeoJSON: {error}", f"不是 GeoJSON：{error}"), field=where
        ) from None
    west, south, east, north = shape.bounds if not shape.is_empty else (0, 0, 0, 0)
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        raise InputError(Text("a place is told in degrees", "位置应以度为单位"), field=where)
