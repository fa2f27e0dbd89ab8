"""How far shared services are taken up: seats booked and attended, absences, days until a free one.

Uptake is a share of seats offered, of slots that began in the period. Counts of people below the
smallest group are hidden, with as many others as keep them from being worked out.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from dizuo.model.evidence import Evidence
from dizuo.operations.evaluation.booking_histories import BookingHistories
from dizuo.operations.evaluation.intervals import quantile_interval, wilson
from dizuo.operations.evaluation.layer import COLUMNS
from dizuo.operations.evaluation.parameters import EvaluationParameters
from dizuo.operations.evaluation.suppression import hidden
from dizuo.operations.evaluation.tallies import Period
from dizuo.operations.time import to_microseconds

__all__ = ["BOOKING", "uptake_layer"]
__systems__ = ("S22.7",)

BOOKING: Final = "booking"
"""What stands for the case type of an evaluation of bookings, which are no cases."""
_CITY: Final = ("city", "city")
_DAY: Final = 86_400e6
_COUNTED: Final[Mapping[str, tuple[str, ...]]] = {
    "booked": ("attended", "missed", "unnoted"),
    "noted": ("attended", "missed"),
    "attended": ("attended",),
    "missed": ("missed",),
    "unnoted": ("unnoted",),
}
"""Counts of people that follow from those of a slot."""
_RATES: Final = {
    "uptake": ("booked", "capacity"),
    "attendance": ("attended", "capacity"),
    "no_show": ("missed", "noted"),
}
"""Numerator and denominator of each rate."""
_Key = tuple[str, str]
_Name = tuple[str, str, str]


def uptake_layer(
    told: BookingHistories,
    period: Period,
    zone: ZoneInfo,
    parameters: EvaluationParameters,
    *,
    source: str = "operations",
) -> pd.DataFrame:
    """Return rows of the evaluation's layer about bookings.

    Returns
    -------
    DataFrame
        As :func:`.layer.evaluation_layer` has it; ``kind`` is ``city``, ``service``, ``district``
        or ``service_district`` (with ``service/district`` as key), ``case_type`` is ``booking``,
        ``indicator`` ``uptake`` (booked / seats), ``attendance`` (attended / seats), ``no_show``
        (missed / noted; what was not noted is ``excluded``), ``next_free.days``.
    """
    begin, end = to_microseconds(period.begin), to_microseconds(period.end)
    slots = told.slots[(told.slots["begins"] >= begin) & (told.slots["begins"] < end)]
    sums = _sums(slots)
    small = _small(sums, parameters.smallest_group)
    rows = [
        _rate(key, indicator, one, small, parameters.interval_level)
        for key, one in sums.items()
        for indicator in _RATES
    ]
    rows += list(_waits(told, period, zone, parameters))
    table = pd.DataFrame(rows, columns=[name for name in COLUMNS if name != "id"])
    table = table.assign(
        source=source, case_type=BOOKING, period_begin=period.begin.isoformat(),
        period_end=period.end.isoformat(),
    )  # fmt: skip
    simulated = bool(told.slots["simulated"].any())
    mark = Evidence.SIMULATED.value if simulated else Evidence.MEASURED.value
    table["value_evidence"] = np.where(table["value"].isna(), Evidence.MISSING.value, mark)
    named = ["kind", "key", "case_type", "indicator", "period_begin"]
    names = [f"evaluation:{'/'.join(row)}" for row in table[named].astype(str).to_numpy()]
    return table.assign(id=names)[list(COLUMNS)].sort_values("id", ignore_index=True)


def _keys_of(service: str, district: str) -> tuple[_Key, ...]:
    both = f"{service}/{district}"
    return _CITY, ("service", service), ("district", district), ("service_district", both)


def _sums(slots: pd.DataFrame) -> dict[_Key, dict[str, int]]:
    sums: dict[_Key, dict[str, int]] = {}
    for row in slots.to_dict("records"):
        for key in _keys_of(row["service"], row["district"]):
            own = sums.setdefault(key, dict.fromkeys(("capacity", *_COUNTED), 0))
            own["capacity"] += row["capacity"]
            for counted, parts in _COUNTED.items():
                own[counted] += sum(row[part] for part in parts)
    return sums


def _small(sums: Mapping[_Key, Mapping[str, int]], smallest: int) -> frozenset[_Name]:
    """Return the counts that are not told: small ones, and what gives them away."""
    counts = {(*key, counted): one[counted] for key, one in sums.items() for counted in _COUNTED}
    return hidden(counts, list(_totals(list(sums))), smallest)


def _totals(keys: Sequence[_Key]) -> Iterator[tuple[_Name, list[_Name]]]:
    """Return which counts add up to which: places, services, and what became of those booked."""
    parts: dict[tuple[str, _Key], list[_Key]] = {}
    for kind, key in keys:
        if kind in {"service", "district"}:
            parts.setdefault((kind, _CITY), []).append((kind, key))
        elif kind == "service_district":
            service, _, district = key.rpartition("/")
            parts.setdefault((kind, ("service", service)), []).append((kind, key))
            parts.setdefault((kind, ("district", district)), []).append((kind, key))
    for counted in _COUNTED:
        for (_, total), members in parts.items():
            yield (*total, counted), [(*one, counted) for one in members]
    for kind, key in keys:
        yield (kind, key, "booked"), [(kind, key, "noted"), (kind, key, "unnoted")]
        yield (kind, key, "noted"), [(kind, key, "attended"), (kind, key, "missed")]


def _rate(
    key: _Key, indicator: str, one: Mapping[str, int], small: frozenset[_Name], level: float
) -> dict[str, Any]:
    above, below = _RATES[indicator]
    counted = {above, below, "unnoted"} if indicator == "no_show" else {above, below}
    row: dict[str, Any] = {
        "kind": key[0], "key": key[1], "indicator": indicator, "unit_of_value": "%",
    }  # fmt: skip
    if any((*key, name) in small for name in counted):
        return row | {"hidden": "small_group"}
    low, high = (float(bound) for bound in wilson(one[above], one[below], level))
    value = 100 * one[above] / one[below] if one[below] else np.nan
    return row | {
        "value": value, "low": 100 * low, "high": 100 * high, "numerator": one[above],
        "denominator": one[below], "hidden": "",
        "excluded": one["unnoted"] if indicator == "no_show" else 0,
    }  # fmt: skip


def _waits(
    told: BookingHistories, period: Period, zone: ZoneInfo, parameters: EvaluationParameters
) -> Iterator[dict[str, Any]]:
    """Tell the median days until the next free seat, asked at each beginning of a day.

    Where no seat of the group was free at all, the day is ``excluded``.
    """
    waits: dict[_Key, list[float]] = {}
    none: dict[_Key, int] = {}
    for moment, table in _days(told.changes, period, zone):
        ahead = table[~table["withdrawn"].astype(bool) & (table["begins"] > moment)]
        soonest: dict[_Key, float] = {}
        for service, district, begins, held, capacity in ahead[
            ["service", "district", "begins", "held", "capacity"]
        ].itertuples(index=False):
            for key in _keys_of(service, district):
                wait = (begins - moment) / _DAY if held < capacity else np.inf
                soonest[key] = min(soonest.get(key, np.inf), wait)
        for key, wait in soonest.items():
            if np.isfinite(wait):
                waits.setdefault(key, []).append(wait)
            else:
                none[key] = none.get(key, 0) + 1
    for key in sorted(waits.keys() | none.keys()):
        own = waits.get(key, [])
        low, high = quantile_interval(own, 0.5, parameters.interval_level)
        yield {
            "kind": key[0], "key": key[1], "indicator": "next_free.days", "unit_of_value": "days",
            "value": float(np.median(own)) if own else np.nan, "low": low, "high": high,
            "numerator": np.nan, "denominator": len(own), "excluded": none.get(key, 0),
            "hidden": "",
        }  # fmt: skip


def _days(
    changes: pd.DataFrame, period: Period, zone: ZoneInfo
) -> Iterator[tuple[int, pd.DataFrame]]:
    """Return the beginning of each day of a period, with the slots as they stood then."""
    day: datetime = period.begin.astimezone(zone)
    while day < period.end:
        moment = to_microseconds(day)
        yield moment, changes[changes["happened"] <= moment].drop_duplicates("slot", keep="last")
        day += timedelta(days=1)
