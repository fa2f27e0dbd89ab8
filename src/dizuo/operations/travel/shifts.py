"""Whether people travelled otherwise in a period: by other modes, or outside of the peak.

Shares of each day are compared with those of comparable days before it. Days, not travellers, are
what varies: a thousand people on one rainy day are one day. So the interval of a shift is that of
Student, from how the shares of comparable days differ, and never narrower than counting itself
allows. Where the numbers do not allow a claim, that is said, with the reason.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, time, timedelta
from typing import Final, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import t

from dizuo.model.evidence import Evidence, weakest
from dizuo.operations.evaluation.suppression import hidden
from dizuo.operations.travel.counts import PUBLIC, CountSettings
from dizuo.operations.travel.day_kinds import DayKind

__all__ = ["COLUMNS", "MODE_GROUPS", "PEAK", "Shifts", "shifts"]
__systems__ = ("L3",)

MODE_GROUPS: Final[Mapping[str, tuple[str, ...]]] = {
    "public_transport": PUBLIC,
    "walk": ("walk",),
    "bike": ("bike",),
    "drive": ("drive",),
    "other": ("other",),
}
"""What shares are told of, by the modes that are counted."""
PEAK: Final = "peak"
COLUMNS: Final = (
    "share", "value", "usual", "shift", "low", "high", "count", "total", "days", "usual_days",
    "claim", "reason", "hidden",
)  # fmt: skip
Claim = Literal["higher", "lower", "none"]
Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Shifts:
    """How shares of a period differ from the usual ones.

    Attributes
    ----------
    rows
        One row a share (``public_transport``, ``walk``, ``bike``, ``drive``, ``other``, ``peak``)
        with the columns ``COLUMNS``: ``value`` and ``usual`` in %, ``shift`` with its interval
        ``low``, ``high`` in percentage points, ``count`` of ``total`` travellers in the period,
        the numbers of days, and the ``claim``: ``higher``, ``lower`` or ``none``, with the
        ``reason`` of a ``none`` (``few_days``, ``within_chance``, ``nothing_counted``,
        ``slots_cross_peak``, ``small_group``).
    places
        What is compared.
    left_out
        Places that were not counted alike often enough.
    evidence
        The weakest mark of the counts.
    """

    rows: pd.DataFrame
    places: tuple[str, ...]
    left_out: tuple[str, ...]
    evidence: Evidence


def shifts(
    counts: pd.DataFrame,
    first: date,
    last: date,
    kind_of: Callable[[date], DayKind],
    settings: CountSettings,
) -> Shifts:
    """Compare a period with comparable days of the weeks before it.

    Parameters
    ----------
    counts
        As :func:`~dizuo.operations.travel.counts.read_counts` gives them.
    first, last
        The period, its last day included.
    kind_of
        What kind of day a day is: only days of one kind are compared.
    """
    begin = first - timedelta(weeks=settings.weeks)
    near = counts[(counts["day"] >= begin) & (counts["day"] <= last)]
    kinds = {day: kind_of(day) for day in near["day"].unique()}
    near = near.assign(kind=near["day"].map(kinds), own=near["day"] >= first)
    near = near[near["kind"].isin(near.loc[near["own"], "kind"].unique())]
    kept = _counted_alike(near, settings)
    every = set(near.loc[near["own"], "place"])
    places = tuple(sorted(set(kept.loc[kept["own"], "place"])))
    marks = [Evidence(one) for one in kept["evidence"].unique()]
    rows = pd.DataFrame(list(_rows(kept, settings)), columns=list(COLUMNS))
    return Shifts(
        rows, places, tuple(sorted(every - set(places))),
        weakest(marks) if marks else Evidence.MISSING,
    )  # fmt: skip


def _counted_alike(near: pd.DataFrame, settings: CountSettings) -> pd.DataFrame:
    """Keep what was counted on every day of the period, and the usual days that have all of it.

    A place that was counted alike on too few usual days is left out, not the days.
    """
    cell = ["place", "mode", "begin", "end"]
    parts = []
    for _, some in near.groupby("kind", sort=True):
        own, usual = some[some["own"]], some[~some["own"]]
        on_days = own.groupby(cell)["day"].nunique()
        cells = on_days[on_days == own["day"].nunique()].reset_index()[cell]
        own, usual = own.merge(cells, on=cell), usual.merge(cells, on=cell)
        wanted = cells.groupby("place").size()
        counted = usual.groupby(["place", "day"]).size()
        complete = counted[counted == wanted.reindex(counted.index, level="place")]
        days = usual["day"].nunique()
        often = complete.groupby("place").size() >= max(1, settings.least_complete * days)
        places = often.index[often] if days else wanted.index
        own, usual = own[own["place"].isin(places)], usual[usual["place"].isin(places)]
        full = usual.groupby("day").size()
        whole = full.index[full == wanted.reindex(places).sum()]
        parts += [own, usual[usual["day"].isin(whole)]]
    return pd.concat(parts, ignore_index=True) if parts else near


def _rows(kept: pd.DataFrame, settings: CountSettings) -> Iterator[dict[str, object]]:
    own = kept[kept["own"]]
    sums = {
        (name,): int(own.loc[own["mode"].isin(modes), "count"].sum())
        for name, modes in MODE_GROUPS.items()
    }
    total = int(own["count"].sum())
    few = hidden({**sums, ("",): total}, [(("",), list(sums))], settings.smallest_group)
    for name, modes in MODE_GROUPS.items():
        if kept["mode"].isin(modes).any():
            row = _row(kept.assign(part=kept["mode"].isin(modes)), settings)
            yield _told(name, row, small=(name,) in few or ("",) in few)
    in_peak, crosses = _peak(kept, settings)
    row = _row(kept.assign(part=in_peak), settings)
    if crosses:
        row |= dict.fromkeys(("value", "usual", "shift", "low", "high", "count"), np.nan)
        row |= {"claim": "none", "reason": "slots_cross_peak"}
    parts = {("in",): int(kept.loc[in_peak & kept["own"], "count"].sum())}
    parts[("out",)] = total - parts[("in",)]
    small = bool(hidden(parts, [], settings.smallest_group))
    yield _told(PEAK, row, small=small and not crosses)


def _told(name: str, row: dict[str, object], *, small: bool) -> dict[str, object]:
    told = {"share": name, "hidden": "", **row}
    if small:
        numbers = ("value", "usual", "shift", "low", "high", "count", "total")
        told |= {**dict.fromkeys(numbers, np.nan), "claim": "none", "reason": "small_group"}
        told["hidden"] = "small_group"
    return told


def _row(kept: pd.DataFrame, settings: CountSettings) -> dict[str, object]:
    """Return the shift of one share, ``part`` of what is kept."""
    daily = kept.assign(part=kept["count"].where(kept["part"], 0)).groupby(["kind", "own", "day"])
    days = daily[["part", "count"]].sum().reset_index()
    days = days[days["count"] > 0].assign(share=lambda one: 100 * one["part"] / one["count"])
    own, usual = days[days["own"]], days[~days["own"]]
    row: dict[str, object] = {
        "value": own["share"].mean(), "usual": np.nan, "shift": np.nan, "low": np.nan,
        "high": np.nan, "count": own["part"].sum(), "total": own["count"].sum(),
        "days": len(own), "usual_days": len(usual), "claim": "none", "reason": "",
    }  # fmt: skip
    if not len(own):
        return row | {"reason": "nothing_counted"}
    by_kind = usual.groupby("kind").size().reindex(own["kind"].unique(), fill_value=0)
    if by_kind.min() < settings.least_days:
        return row | {"reason": "few_days"}
    shift, usual_share, error, freedom = _difference(own, usual)
    half = float(t.ppf(0.5 + settings.level / 2, freedom)) * error
    low, high = shift - half, shift + half
    claim: Claim = "higher" if low > 0 else "lower" if high < 0 else "none"
    return row | {
        "usual": usual_share, "shift": shift, "low": low, "high": high, "claim": claim,
        "reason": "" if claim != "none" else "within_chance",
    }  # fmt: skip


def _difference(own: pd.DataFrame, usual: pd.DataFrame) -> tuple[float, float, float, int]:
    """Return the mean difference, the usual share, the standard error and degrees of freedom.

    Days of the period differ among each other as the usual days of their kind do.
    """
    shift, usual_share, variance, freedom = 0.0, 0.0, 0.0, 0
    for kind, days in own.groupby("kind"):
        base = usual[usual["kind"] == kind]
        weight = len(days) / len(own)
        mean = float(base["share"].mean())
        shift += weight * (float(days["share"].mean()) - mean)
        usual_share += weight * mean
        pooled = float(base["part"].sum() / base["count"].sum())
        for some in (days, base):
            counting = 1e4 * pooled * (1 - pooled) / float(some["count"].mean())
            spread = max(float(base["share"].var(ddof=1)), counting)
            variance += weight**2 * spread / len(some)
        freedom += len(base) - 1
    return shift, usual_share, float(np.sqrt(variance)), freedom


def _peak(kept: pd.DataFrame, settings: CountSettings) -> tuple[pd.Series, bool]:
    """Tell which slots lie in the peak, and whether any crosses its edge."""
    inside = pd.Series(data=False, index=kept.index)
    crosses = False
    for begin, end in settings.peak:
        first, last = _minutes(begin), _minutes(end)
        within = (kept["begin"] >= first) & (kept["end"] <= last)
        meets = (kept["begin"] < last) & (kept["end"] > first)
        inside |= within
        crosses |= bool((meets & ~within).any())
    return inside, crosses


def _minutes(of: time) -> int:
    return of.hour * 60 + of.minute
