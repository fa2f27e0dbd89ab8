"""Styles in QGIS's own format (QML), as text, so that a GeoPackage opens coloured."""

from collections.abc import Mapping
from itertools import pairwise
from xml.sax.saxutils import quoteattr

from dizuo.checkup.outputs.map_classes import Classes

__all__ = ["graduated_style", "line_style", "marker_style", "plain_style"]

_HEAD = "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>"
_FAR = 1e18


def graduated_style(column: str, classes: Classes, aliases: Mapping[str, str] | None = None) -> str:
    """Colour polygons by the classes of a column.

    Parameters
    ----------
    aliases
        Names of columns as people read them; None leaves the layer's own as they are.
    """
    symbols = "".join(
        _symbol("fill", number, _fill(colour)) for number, colour in enumerate(classes.colours)
    )
    return _style(_graduated(column, classes, symbols), aliases)


def marker_style(column: str, classes: Classes) -> str:
    """Colour points by the classes of a column, larger for higher classes."""
    symbols = "".join(
        _symbol("marker", number, _marker(colour, 1.8 + 0.7 * number))
        for number, colour in enumerate(classes.colours)
    )
    return _style(_graduated(column, classes, symbols))


def line_style(colour: str, width: float) -> str:
    """Draw lines in one colour; ``width`` in millimetres on paper."""
    layer = _layer("SimpleLine", {"line_color": _rgba(colour), "line_width": f"{width}"})
    return _style(_single(_symbol("line", 0, layer)))


def plain_style(shape: str, colour: str) -> str:
    """Draw polygons or points (``shape``) in one colour."""
    symbol = (
        _symbol("marker", 0, _marker(colour, 1.6))
        if shape == "point"
        else _symbol("fill", 0, _fill(colour, line="#ffffff"))
    )
    return _style(_single(symbol))


def _style(renderer: str, aliases: Mapping[str, str] | None = None) -> str:
    if aliases is None:
        return f'{_HEAD}<qgis version="3.28.0" styleCategories="Symbology">{renderer}</qgis>'
    named = "".join(
        f'<alias field={quoteattr(field)} index="{number}" name={quoteattr(text)}/>'
        for number, (field, text) in enumerate(aliases.items())
    )
    return (
        f'{_HEAD}<qgis version="3.28.0" styleCategories="Symbology|Fields">{renderer}'
        f"<aliases>{named}</aliases></qgis>"
    )


def _graduated(column: str, classes: Classes, symbols: str) -> str:
    ends = [-_FAR, *classes.breaks, _FAR]
    ranges = "".join(
        f'<range lower="{low:.10g}" upper="{high:.10g}" symbol="{number}" '
        f'label={quoteattr(classes.labels[number])} render="true"/>'
        for number, (low, high) in enumerate(pairwise(ends))
    )
    attribute = quoteattr(f'"{column}"' if "." in column else column)
    return (
        f'<renderer-v2 type="graduatedSymbol" attr={attribute} graduatedMethod="GraduatedColor" '
        'symbollevels="0" enableorderby="0" forceraster="0">'
        f"<ranges>{ranges}</ranges><symbols>{symbols}</symbols></renderer-v2>"
    )


def _single(symbol: str) -> str:
    return f'<renderer-v2 type="singleSymbol"><symbols>{symbol}</symbols></renderer-v2>'


def _symbol(kind: str, number: int, layer: str) -> str:
    return f'<symbol type="{kind}" name="{number}" alpha="1" clip_to_extent="1">{layer}</symbol>'


def _fill(colour: str, line: str = "#ffffff") -> str:
    return _layer(
        "SimpleFill",
        {
            "color": _rgba(colour),
            "outline_color": _rgba(line),
            "outline_width": "0.1",
            "outline_style": "solid",
            "style": "solid",
        },
    )


def _marker(colour: str, size: float) -> str:
    return _layer(
        "SimpleMarker",
        {
            "name": "circle",
            "color": _rgba(colour),
            "size": f"{size:.1f}",
            "outline_color": _rgba("#ffffff"),
            "outline_width": "0.2",
        },
    )


def _layer(kind: str, properties: Mapping[str, str]) -> str:
    options = "".join(
        f'<Option type="QString" name="{name}" value="{value}"/>'
        for name, value in properties.items()
    )
    old = "".join(f'<prop k="{name}" v="{value}"/>' for name, value in properties.items())
    return (
        f'<layer class="{kind}" enabled="1" locked="0" pass="0">'
        f'<Option type="Map">{options}</Option>{old}</layer>'
    )


def _rgba(colour: str) -> str:
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return f"{red},{green},{blue},255"
