"""A registered device in the words of SensorThings: a thing, a sensor, streams, a feature."""

import html
from collections.abc import Mapping, Sequence
from typing import Any, Final

__all__ = ["MEASUREMENT", "rows_of_device"]

MEASUREMENT: Final = "http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Measurement"
"""The type of an observation whose result is a number."""
_GEOJSON: Final = "application/geo+json"


def rows_of_device(
    device: Mapping[str, Any], streams: Sequence[Mapping[str, Any]]
) -> list[tuple[str, dict[str, Any]]]:
    """Return the rows that a device and its streams make, with the names of their tables.

    ``name``, ``description`` and ``definition`` among the free properties of the register serve as
    such; where they are not told, the ids of the register stand in for them.
    """
    thing, known = device["device"], device["properties"]
    model = device["model"] or thing
    rows: list[tuple[str, dict[str, Any]]] = [
        (
            "things",
            _entity(thing, known, f"device {thing} at {device['asset']}")
            | {"properties": known | {"asset": device["asset"]}, "asset": device["asset"]},
        ),
        (
            "sensors",
            _entity(thing, {}, model)
            | {
                "name": model,
                "encoding": "text/html",
                "metadata": f'"{html.escape(model)}"',
                "properties": {"installed": device["installed"]} if device["installed"] else None,
            },
        ),
        (
            "features",
            _entity(device["asset"], {}, f"what {thing} observes")
            | {"encoding": _GEOJSON, "geometry": None, "x": device["x"], "y": device["y"]},
        ),
    ]
    for stream in streams:
        rows += _rows_of_stream(thing, device["asset"], stream)
    return rows


def _rows_of_stream(
    thing: str, asset: str, stream: Mapping[str, Any]
) -> list[tuple[str, dict[str, Any]]]:
    known, kind = stream["properties"], stream["kind"]
    definition = known.get("definition") or f"urn:x-dizuo:kind:{kind}"
    unit = {"name": stream["unit"], "symbol": stream["unit"], "definition": known.get("unit")}
    return [
        ("observed_properties", _entity(kind, {}, kind) | {"definition": definition}),
        (
            "datastreams",
            _entity(stream["stream"], known, f"{kind} of {asset}")
            | {
                "properties": known or None,
                "number": stream["number"],
                "observation_type": MEASUREMENT,
                "unit": unit,
                "observed_area": None,
                "thing": thing,
                "sensor": thing,
                "observed_property": kind,
                "feature": asset,
            },
        ),
    ]


def _entity(name: str, known: Mapping[str, Any], description: str) -> dict[str, Any]:
    return {
        "id": name,
        "name": str(known.get("name") or name),
        "description": str(known.get("description") or description),
        "properties": None,
    }
