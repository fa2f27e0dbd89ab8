"""The drawings of the page, as SVG: hours of the week, an interval, a map of where cases were."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from dizuo.operations.ground import UnitGrid
from dizuo.pages.outlines import polygon_path

__all__ = ["CaseMap", "draw_hours", "draw_interval", "draw_map", "where_cases_were"]

_COLOURS: Final = ("#fdf0e1", "#f8d3a8", "#eda862", "#d97a33", "#9c3f0c")
"""From few to many; readable without telling red from green."""
_SQUARE: Final = 250.0
"""Metres: squares that cases are counted by where a city has no unit grid."""
_WIDTH: Final = 720.0
_DAYS: Final = (("Mon", "周一"), ("Tue", "周二"), ("Wed", "周三"), ("Thu", "周四"), ("Fri", "周五"),
         ("Sat", "周六"), ("Sun", "周日"))  # fmt: skip

Shapes = NDArray[np.object_]


@dataclass(frozen=True, eq=False)
class CaseMap:
    """How many cases lay where.

    Attributes
    ----------
    shapes
        Cells of the unit grid, or squares, in metres.
    counts
        Cases in each, none of them 0.
    of_grid
        Whether the shapes are cells of the unit grid.
    """

    shapes: Shapes
    counts: NDArray[np.int64]
    of_grid: bool


def where_cases_were(cases: pd.DataFrame, grid: UnitGrid | None) -> CaseMap:
    """Count cases by cell of the unit grid; by squares of 250 m if there is none.

    Parameters
    ----------
    cases
        With ``grid``, ``x`` and ``y`` (metres, NaN where no place is known). What was filed under
        no cell that is in force counts where it lies.
    """
    if grid is not None:
        cell = _cells(cases, grid)
        counts = np.bincount(cell[cell >= 0], minlength=len(grid.codes)).astype(np.int64)
        some = counts > 0
        return CaseMap(np.asarray(grid.tree.geometries)[some], counts[some], of_grid=True)
    xy = cases[["x", "y"]].to_numpy(dtype=np.float64)
    corner = np.floor(xy[np.isfinite(xy).all(axis=1)] / _SQUARE)
    corners, counts = np.unique(corner, axis=0, return_counts=True)
    low, high = corners.T * _SQUARE, (corners.T + 1) * _SQUARE
    shapes = np.asarray(shapely.box(low[0], low[1], high[0], high[1]), dtype=object)
    return CaseMap(shapes, counts.astype(np.int64), of_grid=False)


def _cells(cases: pd.DataFrame, grid: UnitGrid) -> NDArray[np.int64]:
    """Return the number of each case's cell; of two at their border the first by code, -1: none."""
    cell = pd.Index(grid.codes).get_indexer(pd.Index(cases["grid"])).astype(np.int64)
    lies = np.flatnonzero((cell < 0) & cases["x"].notna().to_numpy(dtype=bool))
    points = shapely.points(cases[["x", "y"]].to_numpy(dtype=np.float64)[lies])
    of, found = grid.tree.query(points, predicate="intersects")
    order = np.argsort(grid.codes[found], kind="stable")[::-1]  # the first one is written last
    cell[lies[of[order]]] = found[order]
    return cell


def draw_map(found: CaseMap, boundary: Shapes, water: Shapes) -> tuple[str, list[tuple[str, str]]]:
    """Draw where cases were.

    Parameters
    ----------
    boundary, water
        Polygons of the city and of its water, in metres.

    Returns
    -------
    str, list
        The SVG, and its legend: colour and range of counts.
    """
    ground = boundary if len(boundary) else found.shapes
    west, south, east, north = shapely.total_bounds(ground)
    scale = _WIDTH / max(east - west, north - south)
    breaks = _breaks(found.counts)
    number = np.searchsorted(breaks, found.counts, side="right") - 1
    colours = _spread(len(breaks))
    outline = shapely.simplify(boundary, 0.5 / scale)
    drawn = [
        (outline, "#f3f2ee", "none"),
        (shapely.simplify(water, 1 / scale), "#d3e1ea", "none"),
        *((found.shapes[number == k], colour, "#ffffff") for k, colour in enumerate(colours)),
        (outline, "none", "#6b7780"),
    ]
    paths = "".join(
        f'<path d="{path}" fill="{fill}" stroke="{line}" stroke-width="0.6" fill-rule="evenodd"/>'
        for shapes, fill, line in drawn
        if (path := polygon_path(np.asarray(shapes, dtype=object), west, north, scale))
    )
    size = f"{(east - west) * scale + 4:.0f} {(north - south) * scale + 4:.0f}"
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="-2 -2 {size}" class="map">'
    return f"{head}{paths}</svg>", list(zip(colours, _ranges(breaks, found.counts), strict=True))


def _breaks(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the least count of each class: at most five, each with some of the counts."""
    if not len(counts):
        return np.zeros(0, dtype=np.int64)
    shares = np.linspace(0, 1, len(_COLOURS) + 1)[:-1]
    return np.unique(np.quantile(counts, shares, method="higher")).astype(np.int64)


def _spread(classes: int) -> list[str]:
    """Return so many colours, as far apart as they can be."""
    return [_COLOURS[round(k)] for k in np.linspace(0, len(_COLOURS) - 1, max(classes, 1))][
        :classes
    ]


def _ranges(breaks: NDArray[np.int64], counts: NDArray[np.int64]) -> list[str]:
    ends = [*(breaks[1:] - 1).tolist(), int(counts.max())] if len(breaks) else []
    return [
        f"{low:,}" if low == high else f"{low:,}–{high:,}"
        for low, high in zip(breaks.tolist(), ends, strict=True)
    ]


def draw_hours(hours: NDArray[np.int64]) -> str:
    """Draw how many cases were opened by weekday and hour, 7 × 24."""
    most = max(int(hours.max()), 1)
    cells = []
    for day, row in enumerate(hours):
        cells += [
            f'<text class="{language}" x="0" y="{day * 20 + 14}">{name}</text>'
            for language, name in zip(("en", "zh"), _DAYS[day], strict=True)
        ]
        for hour, count in enumerate(row.tolist()):
            colour = "#f5f7f8" if not count else _COLOURS[min(5 * count // (most + 1), 4)]
            cells.append(
                f'<rect x="{44 + hour * 26}" y="{day * 20}" width="24" height="18" rx="2" '
                f'fill="{colour}"><title>{hour}:00–{hour + 1}:00: {count:,}</title></rect>'
            )
    cells += [f'<text x="{44 + hour * 26}" y="154">{hour}</text>' for hour in range(0, 24, 3)]
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 670 160" class="hours">'
        f"{''.join(cells)}</svg>"
    )


def draw_interval(value: float, low: float, high: float) -> str:
    """Draw a share in % with its interval on a line from 0 to 100; ``""`` without a value."""
    if not np.isfinite(value):
        return ""
    ends = (low, high) if np.isfinite([low, high]).all() else (value, value)
    return (
        '<span class="range" aria-hidden="true">'
        f'<i class="band" style="left:{ends[0]:.1f}%;width:{max(ends[1] - ends[0], 0.6):.1f}%"></i>'
        f'<i class="dot" style="left:{value:.1f}%"></i></span>'
    )
