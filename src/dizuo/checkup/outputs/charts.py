"""Small charts as SVG text, drawn without a chart library."""

import numpy as np
from numpy.typing import NDArray

from dizuo.checkup.outputs.map_classes import Classes, Limit
from dizuo.pages.numbers import format_number

__all__ = ["histogram", "spark"]

_BINS = 24


def _bars(values: NDArray[np.float64], bins: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    known = values[np.isfinite(values)]
    low, high = float(known.min()), float(known.max())
    if low == high:
        low, high = low - 0.5, high + 0.5
    counts, edges = np.histogram(known, bins=bins, range=(low, high))
    return counts, edges


def _colour(classes: Classes, value: float) -> str:
    return classes.colours[int(np.searchsorted(classes.breaks, value, side="right"))]


def spark(values: NDArray[np.float64], classes: Classes) -> str:
    """Draw the distribution as bars of a line's height, without axes; '' where nothing is known."""
    if np.isfinite(values).sum() < 2:
        return ""
    counts, edges = _bars(values, 16)
    top = counts.max()
    bars = "".join(
        f'<rect x="{4 * number}" y="{20 - height:.1f}" width="3.2" height="{height:.1f}" '
        f'fill="{_colour(classes, (edges[number] + edges[number + 1]) / 2)}"/>'
        for number, count in enumerate(counts)
        if count
        for height in [max(1.5, 20 * count / top)]
    )
    return (
        f'<svg class="spark" viewBox="0 0 64 20" width="64" height="20" aria-hidden="true">'
        f"{bars}</svg>"
    )


def histogram(values: NDArray[np.float64], classes: Classes, limit: Limit | None) -> str:
    """Draw how many places have which value, coloured as on the map, with the limit as a line."""
    if np.isfinite(values).sum() < 2:
        return ""
    counts, edges = _bars(values, _BINS)
    width, height, base = 480.0, 110.0, 92.0
    slot = width / len(counts)
    top = counts.max()
    span = edges[-1] - edges[0]
    parts = [
        f'<rect x="{number * slot + 0.5:.1f}" y="{base - tall:.1f}" width="{slot - 1:.1f}" '
        f'height="{tall:.1f}" fill="{_colour(classes, (edges[number] + edges[number + 1]) / 2)}">'
        f"<title>{format_number(edges[number])}–{format_number(edges[number + 1])}: {count}"
        "</title></rect>"
        for number, count in enumerate(counts)
        if count
        for tall in [max(1.5, 78 * count / top)]
    ]
    parts.append(f'<line x1="0" x2="{width:.0f}" y1="{base}" y2="{base}" class="axis"/>')
    for share, anchor in ((0.0, "start"), (0.5, "middle"), (1.0, "end")):
        parts.append(
            f'<text x="{share * width:.0f}" y="{height - 3:.0f}" text-anchor="{anchor}">'
            f"{format_number(edges[0] + share * span)}</text>"
        )
    parts.append(f'<text x="2" y="10" class="count">{top}</text>')
    for mark in (limit.value, limit.upper) if limit is not None else ():
        if edges[0] <= mark <= edges[-1]:
            x = (mark - edges[0]) / span * width
            parts.append(f'<line x1="{x:.1f}" x2="{x:.1f}" y1="4" y2="{base}" class="limit"/>')
    return (
        f'<svg class="histogram" viewBox="0 0 {width:.0f} {height:.0f}" role="img">'
        f"{''.join(parts)}</svg>"
    )
