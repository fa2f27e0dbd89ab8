"""Every home timed to a place by slot of departure, as usual and as closures leave the city."""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dizuo.engines.streets.graph import UNREACHABLE
from dizuo.engines.timetables.profiles import Profiles, percentile
from dizuo.operations.travel.public_transport_settings import PublicTransportSettings
from dizuo.operations.travel.riding import (
    HOMES_AT_ONCE,
    Service,
    State,
    Walks,
    as_seconds,
    moments,
    service_of,
    stop_numbers,
    with_closed_stops,
    without_runs,
)
from dizuo.resources.buildings import Homes
from dizuo.resources.facilities import Facilities
from dizuo.resources.streets import Streets
from dizuo.resources.wiring import Workshop

__all__ = ["Closed", "Timing"]
__systems__ = ("L3",)

_MOST_LINES: Final = 3
_TICK: Final = 0.001  # s: costs are whole milliseconds
Floats = NDArray[np.float64]
Int32 = NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Closed:
    """What closures leave: the streets, and what is shut along them for how long.

    Attributes
    ----------
    streets
        The walking network with the closures on it, in seconds.
    stops
        Ids of stops where nothing calls.
    shapes
        Paths of lines that cannot run.
    begin, end
        From the first closure's begin to the last one's end.
    """

    streets: Streets
    stops: Collection[str]
    shapes: Collection[str]
    begin: datetime
    end: datetime


@dataclass(frozen=True, eq=False)
class Timing:
    """Everything that is timed: as usual, while streets are closed, and once they are open again.

    ``span`` tells in ms from the first slot's begin when they are closed.
    """

    homes: Homes
    smallest: float
    usual: State
    during: State
    after: State
    slots: tuple[datetime, ...]
    span: tuple[int, int]
    settings: PublicTransportSettings

    @classmethod
    def of(
        cls,
        workshop: Workshop,
        calls: pd.DataFrame,
        closed: Closed,
        slots: tuple[datetime, ...],
        settings: PublicTransportSettings,
    ) -> "Timing":
        """Prepare services and walks; arguments as of ``departures_to``."""
        homes: Homes = workshop.get("homes")
        stops = workshop.get("stops")
        begin, end = (
            (one.astimezone(UTC) - slots[0].astimezone(UTC)).total_seconds()
            for one in (closed.begin, closed.end)
        )
        numbers = stop_numbers(calls, stops)
        usual = service_of(calls, numbers)
        cut = without_runs(usual.calls, closed.shapes, (begin, end))
        left = service_of(with_closed_stops(cut, closed.stops, (begin, end)), numbers)
        open_walks, left_walks = (
            Walks.on(streets, homes, stops, len(numbers), settings)
            for streets in (workshop.get("walking_time"), closed.streets)
        )
        return cls(
            homes, workshop.get("analysis").smallest_group, State(usual, open_walks),
            State(left, left_walks), State(left, open_walks), slots,
            (round(begin * 1000), round(end * 1000)), settings,
        )  # fmt: skip

    def rows(self, destinations: Facilities, least_delay: float) -> Iterator[dict[str, Any]]:
        """Return a row for each destination and slot."""
        states = self.usual, self.during, self.after
        ways, direct = zip(*(one.to(destinations, self.settings) for one in states), strict=True)
        for number in range(len(destinations)):
            own = [found[number] for found in ways]
            walked = [found[number] for found in direct]
            usual, left, lines = self._by_slot(own, walked)
            for slot in range(len(self.slots)):
                told = self._told(usual[:, slot], left[:, slot], least_delay)
                ridden = [] if told["hidden"] else _most_ridden(lines[slot])
                yield {
                    "category": destinations.category,
                    "destination": str(destinations.support.ids[number]),
                    "name": str(destinations.names[number]),
                    **self._when(slot), **told, "lines": ridden,
                }  # fmt: skip

    def _by_slot(
        self, ways: Sequence[Profiles], direct: Sequence[Int32]
    ) -> tuple[Floats, Floats, list[Counter[tuple[str, ...]]]]:
        """Return each home's median time by slot as usual and as left (s), and what is ridden."""
        count = len(self.slots)
        usual, left = np.empty((2, len(self.homes), count))
        lines: list[Counter[tuple[str, ...]]] = [Counter() for _ in range(count)]
        departures = self._departures()
        middle = departures.shape[1] // 2
        for first in range(0, len(self.homes), HOMES_AT_ONCE):
            last = min(first + HOMES_AT_ONCE, len(self.homes))
            own = slice(first, last)
            found = [
                state.times(profiles, walked[own], (first, last), departures.ravel(), self.settings)
                for state, profiles, walked in zip(
                    (self.usual, self.during, self.after), ways, direct, strict=True
                )
            ]
            open_again = self._open_again(found[2].cost, departures.ravel())
            cost = np.where(open_again, found[2].cost, found[1].cost)
            for slot in range(count):
                columns = slice(slot * departures.shape[1], (slot + 1) * departures.shape[1])
                usual[own, slot] = as_seconds(percentile(found[0].cost[:, columns], 0.5))
                left[own, slot] = as_seconds(percentile(cost[:, columns], 0.5))
                column = columns.start + middle
                for state, profiles, times, which in (
                    (self.during, ways[1], found[1], ~open_again[:, column]),
                    (self.after, ways[2], found[2], open_again[:, column]),
                ):
                    people = self.homes.residents[own] * which
                    entries = times.entry[:, column]
                    lines[slot].update(_ridden(state.service, profiles, entries, people))
        return usual, left, lines

    def _open_again(self, cost: Int32, departures: Int32) -> NDArray[np.bool_]:
        """Tell which journeys are over before streets are closed, or begin after that."""
        begin, end = self.span
        leaves = departures.astype(np.int64)[None, :]
        found: NDArray[np.bool_] = (leaves >= end) | (
            (cost != UNREACHABLE) & (leaves + cost <= begin)
        )
        return found

    def _departures(self) -> Int32:
        """Return the moments that are tried, slots x moments of a slot, in ms."""
        length = round(1000 * self.settings.slot)
        begins = (np.arange(len(self.slots)) * length).astype(np.int32)
        return begins[:, None] + moments(length, self.settings)[None, :]

    def _when(self, slot: int) -> dict[str, object]:
        length = round(1000 * self.settings.slot)
        begin = self.slots[slot]
        until = (begin.astimezone(UTC) + timedelta(seconds=self.settings.slot)).astimezone(
            begin.tzinfo
        )
        closed = slot * length < self.span[1] and self.span[0] < (slot + 1) * length
        return {"from": begin.isoformat(), "until": until.isoformat(), "closed": closed}

    def _told(self, usual: Floats, left: Floats, least_delay: float) -> dict[str, Any]:
        """Return how many are touched and how long it takes; nothing where it is about too few."""
        people = self.homes.residents
        there, still = np.isfinite(usual), np.isfinite(left)
        late = np.zeros(len(usual), dtype=bool)
        both = there & still
        late[both] = left[both] - usual[both] >= max(least_delay, _TICK)
        counts = {
            name: float(people[rows].sum())
            for name, rows in (
                ("residents", there), ("longer_for", late), ("cut_off", there & ~still),
            )
        }  # fmt: skip
        if any(0 < count < self.smallest for count in counts.values()):
            return {**dict.fromkeys((*counts, "usual_seconds", "seconds"), np.nan), "hidden": "few"}
        halves = {
            name: _half(times[there], people[there])
            for name, times in (("usual_seconds", usual), ("seconds", left))
        }
        return {**counts, **halves, "hidden": ""}


def _half(times: Floats, people: Floats) -> float:
    """Return the time that half of the residents do not exceed; NaN where there are none."""
    if not people.sum() > 0:
        return float("nan")
    order = np.argsort(times, kind="stable")
    reached = np.cumsum(people[order])
    return float(times[order][np.searchsorted(reached, reached[-1] / 2)])


def _ridden(
    service: Service, profiles: Profiles, entries: NDArray[np.int64], people: Floats
) -> Counter[tuple[str, ...]]:
    """Return how many residents ride which lines after each other."""
    known, which = np.unique(entries, return_inverse=True)
    total = np.bincount(which, weights=people, minlength=len(known))
    found: Counter[tuple[str, ...]] = Counter()
    for entry, amount in zip(known.tolist(), total.tolist(), strict=True):
        if entry >= 0 and amount > 0:
            found[service.lines(profiles.rides(entry))] += amount
    return found


def _most_ridden(lines: Counter[tuple[str, ...]]) -> list[list[str]]:
    """Return the lines that most ride after each other; of those alike the first by name."""
    ranked = sorted(lines.items(), key=lambda one: (-one[1], one[0]))
    return [list(names) for names, _ in ranked[:_MOST_LINES]]
