"""What a closure does to journeys by public transport, and when to set out instead.

Each destination is timed from every home for departures before, during and after a closure, as it
usually is and as it is left: stops shut and lines cut for as long as streets are closed. Only
places are told of, and no number about too few residents.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import numpy as np
import pandas as pd

from dizuo.operations.travel.detours import STOPS
from dizuo.operations.travel.public_transport_settings import PublicTransportSettings
from dizuo.operations.travel.runs import runs_around
from dizuo.operations.travel.timing import Closed, Timing
from dizuo.resources.facilities import Facilities
from dizuo.resources.reach import subset
from dizuo.resources.wiring import Workshop

__all__ = ["COLUMNS", "Departures", "departures_to", "reached_later"]
__systems__ = ("L3",)

COLUMNS: Final = (
    "category", "destination", "name", "from", "until", "closed", "residents", "usual_seconds",
    "seconds", "longer_for", "cut_off", "lines", "hidden",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Departures:
    """Journeys by slot of departure.

    Attributes
    ----------
    rows
        One row a destination and slot, with the columns ``COLUMNS``: ``residents`` who usually get
        there within the longest journey; half of them within ``usual_seconds``, and within
        ``seconds`` as things are left (infinite where half do not get there); ``longer_for`` of
        them take the least delay or more longer, ``cut_off`` no more get there. ``lines`` are
        those that most take. Numbers are NaN where ``hidden`` says that they are about too few.
    known
        Whether a timetable covers the days of the window.
    gone_back
        Runs that are left out because their times go back.
    """

    rows: pd.DataFrame
    known: bool
    gone_back: int

    def as_dict(self) -> dict[str, Any]:
        """Return plain values; what is infinite or not told is None."""
        rows = self.rows.astype(object).where(self.rows.notna(), None)
        rows = rows.where(rows != np.inf, None)
        told = [{str(key): value for key, value in row.items()} for row in rows.to_dict("records")]
        return {"known": self.known, "runs_left_out": self.gone_back, "departures": told}

    def quiet_around(self, destination: str) -> tuple[str, str]:
        """Return the last slot before the closure, and the first from its begin on, without delay.

        Returns
        -------
        The end of the one and the begin of the other as ISO times; "" where there is none.
        """
        own = self.rows[self.rows["destination"] == destination]
        late = (own["longer_for"].fillna(0) + own["cut_off"].fillna(0) > 0).to_numpy(dtype=bool)
        closed = np.flatnonzero(late)
        if not len(closed):
            return "", ""
        before = own["until"].iloc[: closed[0]]
        after = own["from"].iloc[closed[-1] + 1 :]
        return (before.iloc[-1] if len(before) else ""), (after.iloc[0] if len(after) else "")


def departures_to(
    workshop: Workshop,
    destinations: Sequence[Facilities],
    closed: Closed,
    window: tuple[datetime, datetime],
    least_delay: float,
    settings: PublicTransportSettings,
) -> Departures:
    """Time the journeys to some places around a window, as usual and as closures leave them.

    Who sets out once the last closure is over walks on open streets; who gets there before the
    first begins does too; everybody else walks on what is left open.

    Parameters
    ----------
    workshop
        The city's resources.
    destinations
        Places by category.
    least_delay
        Seconds from which a journey counts as longer.
    """
    slots = _slots(window, settings)
    longest = timedelta(seconds=settings.longest_journey + settings.slot)
    runs = runs_around(workshop.get("layers"), slots[0], slots[-1] + longest)
    if not runs.known or not destinations:
        return Departures(pd.DataFrame(columns=list(COLUMNS)), runs.known, 0)
    timing = Timing.of(workshop, runs.calls, closed, slots, settings)
    rows = [row for some in destinations for row in timing.rows(some, least_delay)]
    gone_back = timing.usual.service.gone_back
    return Departures(pd.DataFrame(rows, columns=list(COLUMNS)), runs.known, gone_back)


def reached_later(workshop: Workshop, rows: pd.DataFrame, most: int) -> tuple[Facilities, ...]:
    """Return the facilities that are shut or reached later, those first that most are late to.

    Parameters
    ----------
    rows
        As :class:`~dizuo.operations.travel.detours.Detours` has them.
    most
        How many are returned at most.
    """
    asked = rows[(rows["category"] != STOPS) & (rows["hidden"] == "")]
    touched = asked.assign(people=asked["longer_for"] + asked["cut_off"])
    touched = touched.sort_values(["people", "id"], ascending=[False, True], kind="stable")
    building = touched["id"].str.replace(
        r"\.[^.]*$", "", regex=True
    )  # one place may be of two categories
    touched = touched[~building.duplicated()].head(most)
    found = []
    for category in sorted(touched["category"].unique()):
        every: Facilities = workshop.get(category)
        wanted = np.isin(every.support.ids, touched["id"].to_numpy(dtype=str))
        found.append(subset(every, wanted, f"{category}.later"))
    return tuple(found)


def _slots(
    window: tuple[datetime, datetime], settings: PublicTransportSettings
) -> tuple[datetime, ...]:
    """Return the begins of the slots around a window, on whole slots of its first day."""
    length, around = timedelta(seconds=settings.slot), timedelta(seconds=settings.around)
    end = min(window[1], window[0] + timedelta(seconds=settings.longest_window)) + around
    midnight = window[0].replace(hour=0, minute=0, second=0, microsecond=0)
    first = midnight + ((window[0] - around - midnight) // length) * length
    count = -(-(end - first) // length)
    zone, begin = window[0].tzinfo, first.astimezone(UTC)
    return tuple((begin + number * length).astimezone(zone) for number in range(count))
