"""Lines of public transport that closures touch, and what calls where in a window, by timetable."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from dizuo.operations.travel.closures import Closure, closed_rows
from dizuo.operations.travel.runs import runs_around
from dizuo.operations.travel.settings import TravelSettings
from dizuo.resources.layers import Layers

__all__ = ["Calls", "calls_in", "shapes_along", "touched_lines"]
__systems__ = ("L3",)

_ON_STREETS: Final = ("bus", "tram")


@dataclass(frozen=True, eq=False)
class Calls:
    """What calls in a window.

    Attributes
    ----------
    rows
        One row a departure: ``source``, ``trip``, ``route``, ``line`` (its short name, else its
        long one), ``mode``, ``shape``, ``stop`` and ``at`` (seconds from the window's begin).
    known
        Whether the timetable says anything of the days of the window.
    """

    rows: pd.DataFrame
    known: bool

    def at_stops(self) -> pd.DataFrame:
        """Return by ``stop`` the number of ``departures`` and the ``lines`` that call."""
        grouped = self.rows.groupby("stop")
        return pd.DataFrame(
            {
                "departures": grouped.size(),
                "lines": grouped["line"].agg(lambda names: sorted(set(names))),
            }
        )


def calls_in(layers: Layers, begin: datetime, end: datetime) -> Calls:
    """Return the departures of a window, trips by headway included.

    Parameters
    ----------
    begin, end
        In the city's time zone.
    """
    runs = runs_around(layers, begin, end)
    rows = runs.calls.rename(columns={"run": "trip", "departure": "at"})
    length = (end.astimezone(UTC) - begin.astimezone(UTC)) / timedelta(seconds=1)
    inside = (rows["at"] >= 0) & (rows["at"] < length)
    kept = ["source", "trip", "route", "line", "mode", "shape", "stop", "at"]
    return Calls(rows.loc[inside, kept].reset_index(drop=True), runs.known)


def touched_lines(
    layers: Layers,
    calls: Calls,
    closures: Sequence[Closure],
    shut: Collection[str],
    settings: TravelSettings,
) -> pd.DataFrame:
    """Return the lines on streets that run in the window and cannot run as they do.

    Returns
    -------
    DataFrame
        ``line``, ``route``, ``mode``, ``drives_there`` (its drawn path runs along streets closed to
        driving), ``stops_shut`` (how many of its stops are) and ``departures`` of its trips.
    """
    own = calls.rows[calls.rows["mode"].isin(_ON_STREETS)]
    along = shapes_along(layers, closures, own["shape"].unique(), settings)
    marked = own.assign(
        drives_there=own["shape"].isin(along), shut=own["stop"].where(own["stop"].isin(list(shut)))
    )
    grouped = marked.groupby(["source", "route", "line", "mode"], sort=True)
    found = pd.DataFrame(
        {
            "drives_there": grouped["drives_there"].any(),
            "stops_shut": grouped["shut"].nunique(),
            "departures": grouped["trip"].nunique(),
        }
    ).reset_index()
    return found[found["drives_there"] | (found["stops_shut"] > 0)].reset_index(drop=True)


def shapes_along(
    layers: Layers, closures: Sequence[Closure], shapes: NDArray[np.object_],
    settings: TravelSettings,
) -> set[str]:  # fmt: skip
    """Return the drawn paths that run along streets closed to driving."""
    edges, drawn = layers["street_edges"], layers["timetable_shapes"]
    drawn = drawn[drawn["id"].isin([one for one in shapes if one])]
    closed = np.zeros(len(edges), dtype=bool)
    for one in closures:
        if "drive" in one.modes:
            closed |= closed_rows(edges, one, settings)
    if drawn.empty or not closed.any():
        return set()
    beside = shapely.union_all(
        shapely.buffer(edges.geometry.to_numpy()[closed], settings.along, cap_style="flat")
    )
    shared = shapely.length(shapely.intersection(drawn.geometry.to_numpy(), beside))
    return set(drawn.loc[shared > settings.least_shared, "id"])
