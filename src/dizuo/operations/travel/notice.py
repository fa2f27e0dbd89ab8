"""A travel notice: what is closed in a window, what is reached later, and what to use instead."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from dizuo.model.errors import InputError
from dizuo.model.text import Text
from dizuo.operations.travel.closures import Closure, closed_rows, in_window
from dizuo.operations.travel.departures import Departures, departures_to, reached_later
from dizuo.operations.travel.detours import STOPS, Detours, detours, left_open
from dizuo.operations.travel.lines import Calls, calls_in, shapes_along, touched_lines
from dizuo.operations.travel.public_transport_settings import PublicTransportSettings
from dizuo.operations.travel.settings import TravelSettings
from dizuo.operations.travel.timing import Closed
from dizuo.resources.facilities import Facilities
from dizuo.resources.layers import Layers
from dizuo.resources.wiring import Workshop

__all__ = ["Notice", "travel_notice"]
__systems__ = ("L3",)


@dataclass(frozen=True, eq=False)
class Notice:
    """What a notice tells, before it is put into words.

    Attributes
    ----------
    begin, end
        The window, in the city's zone.
    closures
        Those that hold at some time of it.
    streets
        Closed sections in the city's metres: ``closure``, ``id``, ``name``, ``modes``, ``metres``.
    detours
        What is shut or reached later.
    stops
        For every stop that is shut or told instead of one: ``id``, ``name``, ``shut``,
        ``departures`` and ``lines`` in the window (missing where no timetable tells), geometry.
    lines
        Lines on streets that cannot run as they do.
    timetable_known
        Whether a timetable covers the window.
    departures
        Journeys by public transport before, during and after the closures.
    """

    city: Text
    begin: datetime
    end: datetime
    closures: tuple[Closure, ...]
    streets: gpd.GeoDataFrame
    detours: Detours
    stops: gpd.GeoDataFrame
    lines: pd.DataFrame
    timetable_known: bool
    departures: Departures
    settings: TravelSettings

    def as_dict(self) -> dict[str, Any]:
        """Return the notice as plain values, times in ISO 8601 and lengths in metres."""
        return {
            "city": self.city.en,
            "city_zh": self.city.zh,
            "from": self.begin.isoformat(),
            "until": self.end.isoformat(),
            "closures": [self._closure(one) for one in self.closures],
            "later": _records(self.detours.rows),
            "stops": _records(pd.DataFrame(self.stops.drop(columns="geometry"))),
            "shut": list(self.detours.shut),
            "lines": _records(self.lines),
            "timetable_known": self.timetable_known,
            "public_transport": self.departures.as_dict(),
            "method": {
                "source": self.settings.source,
                "certainty": self.settings.certainty,
                "least_delay_seconds": self.settings.least_delay,
            },
        }

    def _closure(self, one: Closure) -> dict[str, Any]:
        own = self.streets[self.streets["closure"] == one.id]
        return {
            "closure": one.id,
            "from": one.begin.isoformat(),
            "until": one.end.isoformat(),
            "modes": sorted(one.modes),
            "reason": one.reason.en,
            "reason_zh": one.reason.zh,
            "source": one.source,
            "streets": sorted({name for name in own["name"] if name}),
            "sections": len(own),
            "metres": round(float(own["metres"].sum()), 1),
        }


def travel_notice(
    workshop: Workshop,
    closures: Sequence[Closure],
    window: tuple[datetime, datetime],
    settings: TravelSettings,
    city: Text,
    public_transport: PublicTransportSettings,
    destinations: Sequence[Facilities] = (),
) -> Notice:
    """Make the notice of a window.

    Closures that hold at some time of the window count for the whole of it: whoever sets out then
    may meet any of them. Journeys by public transport are timed to the destinations given, and to
    the facilities that most residents are late to.

    Raises
    ------
    InputError
        If no closure holds in the window, or one meets no street.
    """
    begin, end = window
    if end <= begin:
        raise InputError(
            Text("the window ends before it begins", "时段的结束早于开始"), field="--until"
        )
    met = in_window(closures, begin, end)
    if not met:
        raise InputError(
            Text(
                f"no closure holds between {begin:%Y-%m-%d %H:%M} and {end:%Y-%m-%d %H:%M}",
                f"{begin:%Y-%m-%d %H:%M} 至 {end:%Y-%m-%d %H:%M} 期间没有交通管制",
            ),
            field="--from",
            cure=Text("Ask for another window.", "请改用其他时段。"),
        )
    layers: Layers = workshop.get("layers")
    after = left_open(workshop, met, settings)
    found = detours(workshop, after, met, settings)
    calls = calls_in(layers, begin, end)
    lines = touched_lines(layers, calls, met, found.shut, settings)
    every_shape = layers["timetable_shapes"]["id"].to_numpy(dtype=object)
    closed = Closed(
        after.get("walking_time"), found.shut, shapes_along(layers, met, every_shape, settings),
        min(one.begin for one in met), max(one.end for one in met),
    )  # fmt: skip
    later = reached_later(workshop, found.rows, public_transport.most_destinations)
    departures = departures_to(
        workshop, [*destinations, *later], closed, window, settings.least_delay, public_transport
    )
    return Notice(
        city, begin, end, met, _streets(layers, met, settings), found,
        _stops(layers, found, calls), lines, calls.known, departures, settings,
    )  # fmt: skip


def _streets(
    layers: Layers, closures: Sequence[Closure], settings: TravelSettings
) -> gpd.GeoDataFrame:
    edges = layers["street_edges"]
    parts = []
    for one in closures:
        own = edges[closed_rows(edges, one, settings)]
        part = own[["id", "name", "geometry"]].assign(
            closure=one.id, modes=" ".join(sorted(one.modes)), metres=own["length_mm"] / 1000
        )
        parts.append(part.assign(name=part["name"].fillna("")))
    return gpd.GeoDataFrame(pd.concat(parts, ignore_index=True), crs=edges.crs)


def _stops(layers: Layers, found: Detours, calls: Calls) -> gpd.GeoDataFrame:
    """Return the stops that are shut, and those that are told instead of one."""
    told = found.rows[found.rows["category"] == STOPS]
    named = {*found.shut, *told["id"], *told["instead"]}
    stops = layers["stops"]
    stops = stops.loc[stops["id"].isin(named), ["id", "name", "mode", "geometry"]]
    stops = stops.sort_values("id", ignore_index=True)
    served = calls.at_stops().reindex(stops["id"])
    departures = served["departures"].fillna(0).to_numpy(dtype=np.float64)
    lines = [one if isinstance(one, list) else [] for one in served["lines"]]
    return stops.assign(
        name=stops["name"].fillna(""),
        shut=stops["id"].isin(found.shut),
        departures=departures if calls.known else np.nan,
        lines=lines,
    )


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    plain = frame.astype(object).where(frame.notna(), None)
    return [{str(key): value for key, value in row.items()} for row in plain.to_dict("records")]
