"""How long residents of each place take by public transport and on foot."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dizuo.model.errors import InputError
from dizuo.model.place import PlaceKind
from dizuo.model.text import Text
from dizuo.operations.travel.public_transport_settings import PublicTransportSettings
from dizuo.operations.travel.riding import (
    HOMES_AT_ONCE,
    State,
    Walks,
    as_seconds,
    moments,
    service_of,
    stop_numbers,
)
from dizuo.operations.travel.runs import runs_around
from dizuo.resources.buildings import Homes
from dizuo.resources.facilities import Facilities
from dizuo.resources.places import Places
from dizuo.resources.wiring import Workshop

__all__ = ["Journeys", "journeys"]
__systems__ = ("L3", "S1.5")

_KINDS: Final = (PlaceKind.CITY, PlaceKind.DISTRICT, PlaceKind.COMMUNITY)
Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Journeys:
    """Travel times from places to destinations over a window of departures.

    Attributes
    ----------
    rows
        One row a destination and place: ``destination``, ``name``, ``kind``, ``place``,
        ``residents``, ``reached`` (the share, in %, of residents and departures that get there
        within the longest journey), and ``seconds_<share>`` for each share of the settings: the
        time that so many of all residents' departures do not exceed, infinite where fewer get
        there. Numbers are NaN where ``hidden`` says that they are about too few.
    gone_back
        Runs that are left out because their times go back.
    """

    rows: pd.DataFrame
    gone_back: int


def journeys(
    workshop: Workshop,
    destinations: Sequence[Facilities],
    window: tuple[datetime, datetime],
    settings: PublicTransportSettings,
) -> Journeys:
    """Time the journeys of all residents who set out in a window.

    Raises
    ------
    InputError
        If the window is empty or too long, or no timetable covers its day.
    """
    begin, end = window
    length = (end.astimezone(UTC) - begin.astimezone(UTC)).total_seconds()
    if not 0 < length <= settings.longest_window:
        hours = settings.longest_window / 3600
        raise InputError(
            Text("the window is empty or too long", "时段为空或过长"),
            field="--until",
            cure=Text(f"Ask for at most {hours:g} hours.", f"请不超过 {hours:g} 小时。"),
        )
    longest = timedelta(seconds=settings.longest_journey)
    runs = runs_around(workshop.get("layers"), begin, end + longest)
    if not runs.known:
        raise InputError(
            Text(f"no timetable covers {begin:%Y-%m-%d}", f"没有覆盖 {begin:%Y-%m-%d} 的时刻表"),
            field="--from",
            cure=Text(
                "Add a GTFS feed of that day, or ask for a day of the feed.",
                "请添加覆盖该日的 GTFS 数据，或改用其覆盖的日期。",
            ),
        )
    homes, stops, network = (workshop.get(name) for name in ("homes", "stops", "walking_time"))
    numbers = stop_numbers(runs.calls, stops)
    service = service_of(runs.calls, numbers)
    state = State(service, Walks.on(network, homes, stops, len(numbers), settings))
    departures = moments(round(length * 1000), settings)
    told = _Told(homes, workshop.get("places"), workshop.get("analysis").smallest_group, settings)
    rows: list[dict[str, Any]] = []
    for some in destinations:
        ways, direct = state.to(some, settings)
        for number, (profiles, walked) in enumerate(zip(ways, direct, strict=True)):
            parts = []
            for first in range(0, len(homes), HOMES_AT_ONCE):
                own = first, min(first + HOMES_AT_ONCE, len(homes))
                found = state.times(profiles, walked[slice(*own)], own, departures, settings)
                parts.append(found.cost)
            cost = as_seconds(np.concatenate(parts)) if parts else np.empty((0, len(departures)))
            rows += told.rows(some, number, cost)
    return Journeys(pd.DataFrame(rows), service.gone_back)


@dataclass(frozen=True, eq=False)
class _Told:
    """What is told of the places of a city."""

    homes: Homes
    places: Places
    smallest: float
    settings: PublicTransportSettings

    def rows(
        self, destinations: Facilities, number: int, seconds: Floats
    ) -> Iterator[dict[str, Any]]:
        """Return a row for each place that has homes."""
        for kind in _KINDS:
            table = self.places.tables.get(kind)
            for place in range(0 if table is None else len(table)):
                own = self.homes.support.places[kind] == place
                if table is not None and own.any():
                    yield {
                        "destination": str(destinations.support.ids[number]),
                        "name": str(destinations.names[number]),
                        "kind": kind.value,
                        "place": str(table.ids[place]),
                        **self._numbers(seconds[own], self.homes.residents[own]),
                    }

    def _numbers(self, seconds: Floats, people: Floats) -> dict[str, Any]:
        names = [f"seconds_{share:g}" for share in self.settings.shares]
        residents = float(people.sum())
        if residents < self.smallest:
            return {**dict.fromkeys(("residents", "reached", *names), np.nan), "hidden": "few"}
        weights = np.repeat(people, seconds.shape[1])
        times = seconds.ravel()
        order = np.argsort(times, kind="stable")
        below = np.cumsum(weights[order])
        wanted = np.array(self.settings.shares) * below[-1]
        rank = np.minimum(np.searchsorted(below, wanted - 1e-9 * below[-1]), len(times) - 1)
        reached = 100 * float(weights[np.isfinite(times)].sum() / weights.sum())
        values = times[order][rank].tolist()
        return {
            "residents": residents, "reached": reached, **dict(zip(names, values, strict=True)),
            "hidden": "",
        }  # fmt: skip
