"""What the maps draw: places and context layers, packed for the browser, and a still map as SVG."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from dizuo.checkup.outputs.contents import place_kinds
from dizuo.checkup.outputs.geometry_packing import Grid, grid_for, pack_geometry, simplified
from dizuo.checkup.outputs.map_classes import FINDINGS, MISSING
from dizuo.checkup.result import Checkup
from dizuo.model.place import PlaceKind
from dizuo.pages.outlines import polygon_path
from dizuo.standards.catalogue import load_facility_catalogue

__all__ = [
    "MapLayers",
    "drawn_layer",
    "overview_kind",
    "overview_svg",
    "pack_layers",
    "places_of",
]

_BUILDINGS = PlaceKind.BUILDING.value

_CONTEXT = {
    "water": (2.0, "polygon"),
    "green": (2.0, "polygon"),
    "street_edges": (1.0, "line"),
    "stops": (0.0, "point"),
    "facilities": (0.0, "point"),
    "buildings": (0.3, "polygon"),
    "boundary": (3.0, "polygon"),
}
"""Layers drawn, with the tolerance in metres to which they are simplified and their shape."""

_STREET_RANKS = {
    "motorway": 0,
    "trunk": 0,
    "primary": 0,
    "secondary": 1,
    "tertiary": 1,
    "residential": 2,
    "unclassified": 2,
    "living_street": 2,
    "pedestrian": 2,
}
_OTHER_STREET = 3

_TYPES = {"polygon": (3, 6), "line": (1, 2, 5), "point": (0,)}


@dataclass(frozen=True, eq=False)
class MapLayers:
    """Packed layers, what the browser is told about each, and where to find a feature by its id.

    Attributes
    ----------
    packed
        Name -> bytes of :mod:`dizuo.checkup.outputs.geometry_packing`.
    description
        Grid, extent and attributes of the layers, as JSON.
    positions
        Layer -> position of each id in the packed layer.
    """

    grid: Grid
    packed: Mapping[str, bytes]
    description: Mapping[str, Any]
    positions: Mapping[str, pd.Series]


def pack_layers(checkup: Checkup) -> MapLayers:
    """Pack the places of every kind and the context layers."""
    boundary = checkup.layers.get("boundary")
    extent = boundary if boundary is not None and len(boundary) else checkup.places
    bounds = np.asarray(extent.total_bounds, dtype=np.float64)
    grid = grid_for(bounds)
    packed: dict[str, bytes] = {}
    positions: dict[str, pd.Series] = {}
    described: dict[str, Any] = {}
    for kind in place_kinds(checkup):
        if kind == _BUILDINGS:
            continue
        rows = places_of(checkup, kind)
        tolerance = 0.0 if kind == PlaceKind.CELL.value else 3.0 if grid.step < 0.5 else 5.0
        geometry = np.asarray(rows.geometry.array, dtype=object)
        shapes = simplified(geometry, tolerance) if tolerance else geometry
        packed[f"place-{kind}"] = pack_geometry(shapes, grid)
        packed[f"label-{kind}"] = pack_geometry(shapely.point_on_surface(geometry), grid)
    for name, (tolerance, shape) in _CONTEXT.items():
        chosen = drawn_layer(checkup, name)
        if chosen is None:
            continue
        geometry = np.asarray(chosen.geometry.array, dtype=object)
        if shape == "point":
            geometry = shapely.point_on_surface(geometry)
        elif tolerance:
            geometry = np.asarray(shapely.simplify(geometry, tolerance), dtype=object)
        packed[f"layer-{name}"] = pack_geometry(geometry, grid)
        described[name] = _attributes(name, chosen)
        if "id" in chosen:
            ids = chosen["id"].astype(str)
            positions[name] = pd.Series(np.arange(len(chosen)), index=ids.to_numpy())
    return MapLayers(
        grid,
        packed,
        {
            "grid": [grid.x, grid.y, grid.step],
            "extent": [round(float(number), 1) for number in bounds],
            "layers": described,
        },
        positions,
    )


def places_of(checkup: Checkup, kind: str) -> gpd.GeoDataFrame:
    """Return the places of one kind, in the order of the checkup."""
    chosen = checkup.places["kind"] == kind
    return checkup.places.loc[chosen].reset_index(drop=True)


def drawn_layer(checkup: Checkup, name: str) -> gpd.GeoDataFrame | None:
    """Return the rows of a context layer that maps draw, in order; None where there are none."""
    layer = checkup.layers.get(name)
    if layer is None or not len(layer):
        return None
    chosen = _of_shape(layer, _CONTEXT[name][1])
    return chosen.reset_index(drop=True) if len(chosen) else None


def _of_shape(layer: gpd.GeoDataFrame, shape: str) -> gpd.GeoDataFrame:
    """Keep what can be drawn so; anything becomes a point."""
    present = layer.loc[layer.geometry.notna().to_numpy() & ~layer.geometry.is_empty.to_numpy()]
    if shape == "point":
        return present
    types = shapely.get_type_id(np.asarray(present.geometry.array, dtype=object))
    return present.loc[np.isin(types, _TYPES[shape])]


def _attributes(name: str, layer: gpd.GeoDataFrame) -> dict[str, Any]:
    if name == "facilities":
        catalogue = load_facility_catalogue()
        codes, categories = pd.factorize(layer["category"].astype(str))
        titles = [
            [catalogue[one].title.en, catalogue[one].title.zh]
            if one in catalogue
            else [one.replace("_", " ")] * 2
            for one in categories
        ]
        return {"categories": titles, "category": codes.tolist(), "names": _names(layer)}
    if name == "stops":
        return {"names": _names(layer)}
    if name == "street_edges":
        ranks = layer["highway"].astype(str).map(_STREET_RANKS).fillna(_OTHER_STREET)
        return {"rank": ranks.astype(int).tolist()}
    return {}


def _names(layer: gpd.GeoDataFrame) -> list[str]:
    if "name" not in layer:
        return []
    return [str(name) for name in layer["name"].fillna("")]


def overview_kind(checkup: Checkup) -> str:
    """Choose the kind of place whose findings show the city best: most places that have some."""
    found = checkup.findings["place_kind"]
    counts = found.loc[~found.isin([_BUILDINGS, PlaceKind.CITY.value])].groupby(found).size()
    if len(counts):
        return str(counts.idxmax())
    kinds = [kind for kind in place_kinds(checkup) if kind != _BUILDINGS]
    return kinds[-1] if kinds else PlaceKind.CITY.value


def overview_svg(checkup: Checkup, width: int = 720, tallest: int = 620) -> str:
    """Draw a still map: how many findings every place has, darker for more.

    Parameters
    ----------
    width, tallest
        Size in SVG units that the map fits in.
    """
    kind = overview_kind(checkup)
    rows = places_of(checkup, kind)
    boundary = checkup.layers.get("boundary")
    frame = boundary if boundary is not None and len(boundary) else rows
    west, south, east, north = (float(number) for number in frame.total_bounds)
    scale = min(width / max(east - west, 1.0), tallest / max(north - south, 1.0))
    ground = np.asarray(shapely.simplify(frame.geometry.array, 0.5 / scale), dtype=object)
    drawn = [(ground, "#f3f2ee", "#6b7780", 1.2)]
    water = drawn_layer(checkup, "water")
    if water is not None:
        still = np.asarray(shapely.simplify(water.geometry.array, 1.0 / scale), dtype=object)
        drawn.append((still, "#d3e1ea", "none", 0.0))
    shapes = [
        f'<path d="{path}" fill="{fill}" stroke="{line}" stroke-width="{weight}" '
        'fill-rule="evenodd"/>'
        for geometry, fill, line, weight in drawn
        if (path := polygon_path(geometry, west, north, scale))
    ]
    shares = _finding_classes(checkup, rows["id"].astype(str).to_numpy())
    geometry = simplified(np.asarray(rows.geometry.array, dtype=object), 1.2 / scale)
    for number, colour in enumerate((MISSING, *FINDINGS)):
        chosen = geometry[shares == number]
        path = polygon_path(chosen, west, north, scale)
        if path:
            shapes.append(
                f'<path d="{path}" fill="{colour}" stroke="#ffffff" stroke-width="0.3" '
                'fill-rule="evenodd"/>'
            )
    size = f"{(east - west) * scale:.0f} {(north - south) * scale:.0f}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="-2 -2 {_padded(size)}" '
        f'class="overview">{"".join(shapes)}</svg>'
    )


def _padded(size: str) -> str:
    return " ".join(str(int(number) + 4) for number in size.split())


def _finding_classes(checkup: Checkup, ids: NDArray[np.str_]) -> NDArray[np.int64]:
    """0 for no finding, 1 to 5 for more and more."""
    counts = checkup.findings["place"].value_counts()
    found = counts.reindex(ids).fillna(0).to_numpy(dtype=np.float64)
    top = max(float(found.max()) if len(found) else 0.0, 1.0)
    classes = np.ceil(found / top * len(FINDINGS)).astype(np.int64)
    return np.minimum(classes, len(FINDINGS))
