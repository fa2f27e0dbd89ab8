"""Receive observations: once each, in order, and late ones told apart.

What a stream sent last is remembered for the lateness that it is allowed. Within that time an
observation that comes late takes its place, and a second one of the same time is recognised. What
is older still is kept, marked late, and judged no more.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dizuo.model.errors import InputError
from dizuo.model.text import Text
from dizuo.operations.signals.observations import NEVER, Observations

__all__ = ["Receipt", "Received", "nothing_received", "receive"]


@dataclass(frozen=True, slots=True, eq=False)
class Received:
    """What must be remembered of what came.

    Attributes
    ----------
    newest
        Newest phenomenon time of each stream, :data:`NEVER` where there is none.
    lateness
        How much older than that an observation may be, in microseconds.
    kept
        Observations within their stream's lateness, by stream and time.
    """

    newest: NDArray[np.int64]
    lateness: NDArray[np.int64]
    kept: Observations

    def watermark(self) -> NDArray[np.int64]:
        """Return the time up to which each stream is taken to be complete."""
        seen = self.newest != NEVER
        return np.where(seen, self.newest - np.where(seen, self.lateness, 0), NEVER)


@dataclass(frozen=True, slots=True, eq=False)
class Receipt:
    """What became of a batch.

    Attributes
    ----------
    fresh
        New and in time, by stream and time.
    late
        New as far as is known, but too late to be judged, in the same order. Whoever stores them
        tells by stream and time whether they are there already.
    disordered
        Which streams got something older than what they had.
    duplicates
        How many were there already, or came twice; the first holds.
    conflicts
        How many of these had another value than the first.
    """

    fresh: Observations
    late: Observations
    disordered: NDArray[np.bool_]
    duplicates: int
    conflicts: int


def nothing_received(lateness: NDArray[np.int64]) -> Received:
    """Return the beginning, for streams that allow so much lateness in microseconds."""
    allowed = np.asarray(lateness, np.int64)
    return Received(np.full(len(allowed), NEVER, np.int64), allowed, Observations.none())


def receive(before: Received, batch: Observations) -> tuple[Received, Receipt]:
    """Take in a batch.

    The batch is one delivery: its own order does not make anything late.

    Raises
    ------
    InputError
        If an observation belongs to no stream of the register.
    """
    if not len(batch):
        nothing = np.zeros(len(before.newest), bool)
        return before, Receipt(Observations.none(), Observations.none(), nothing, 0, 0)
    if int(batch.stream.min()) < 0 or int(batch.stream.max()) >= len(before.newest):
        raise InputError(
            Text(
                "an observation belongs to no stream of the register",
                "有观测不属于登记的任何数据流",
            ),
            field="stream",
            cure=Text("Register the device and its streams first.", "请先登记设备及其数据流。"),
        )
    ordered = batch.take(batch.in_order())
    twice, differs = _twice(ordered)
    ordered, conflicts = ordered.take(~twice), int(differs.sum())
    late = ordered.phenomenon < before.watermark()[ordered.stream]
    fresh, too_late = ordered.take(~late), ordered.take(late)
    touched = np.zeros(len(before.newest), bool)
    touched[fresh.stream] = True
    mine = touched[before.kept.stream]
    old, new, more = _known(before.kept.take(mine), fresh)
    newest = before.newest.copy()
    np.maximum.at(newest, new.stream, new.phenomenon)
    disordered = np.zeros(len(newest), bool)
    disordered[new.stream[new.phenomenon < before.newest[new.stream]]] = True
    after = Received(newest, before.lateness, Observations.none())
    moved = Observations.joined([before.kept.take(mine), new])
    moved = moved.take(moved.phenomenon >= after.watermark()[moved.stream])
    # Only what moved is put in order; the rest is in order already.
    together = Observations.joined([before.kept.take(~mine), moved.take(moved.in_order())])
    together = together.take(np.argsort(together.stream, kind="stable"))
    after = Received(newest, before.lateness, together)
    conflicts += more
    return after, Receipt(new, too_late, disordered, int(twice.sum()) + old, conflicts)


def _twice(ordered: Observations) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return which follow another one of the same stream and time, and which differ from it."""
    twice = np.zeros(len(ordered), bool)
    twice[1:] = (ordered.stream[1:] == ordered.stream[:-1]) & (
        ordered.phenomenon[1:] == ordered.phenomenon[:-1]
    )
    first = np.maximum.accumulate(np.where(twice, 0, np.arange(len(ordered))))
    return twice, twice & _differ(ordered.value, ordered.value[first])


def _known(kept: Observations, fresh: Observations) -> tuple[int, Observations, int]:
    """Take from fresh observations those that are kept already.

    Returns
    -------
    tuple
        How many were known, the others, and how many of the known differed.
    """
    if not len(kept) or not len(fresh):
        return 0, fresh, 0
    both = Observations.joined([kept, fresh])
    order = both.in_order()  # stable: of equals, the kept one stands first
    twice, differs = _twice(both.take(order))
    again = np.zeros(len(both), bool)
    again[order[twice]] = True
    fresh_again = again[len(kept) :]
    return int(twice.sum()), fresh.take(~fresh_again), int(differs.sum())


def _differ(one: NDArray[np.float64], other: NDArray[np.float64]) -> NDArray[np.bool_]:
    differ: NDArray[np.bool_] = (one != other) & ~(np.isnan(one) & np.isnan(other))
    return differ
