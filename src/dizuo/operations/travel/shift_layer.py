"""Shifts as rows of the layer ``evaluation``, and in words."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from dizuo.base.layer_words import TRAVEL_COUNTS
from dizuo.base.schemas import LAYERS
from dizuo.model.evidence import Evidence
from dizuo.model.text import Text
from dizuo.operations.travel.shifts import PEAK, Shifts

__all__ = ["describe_shifts", "shift_layer"]
__systems__ = ("L3",)

_NAMES: Final = {
    "public_transport": Text("Public transport", "公共交通"),
    "walk": Text("Walking", "步行"),
    "bike": Text("Cycling", "骑行"),
    "drive": Text("Driving", "机动车"),
    "other": Text("Other modes", "其他方式"),
    PEAK: Text("The peak", "高峰时段"),
}
_REASONS: Final = {
    "few_days": Text("too few comparable days were counted alike", "同口径计数的可比日过少"),
    "within_chance": Text(
        "the difference is within what comparable days differ by", "差异未超出可比日之间的波动"
    ),
    "nothing_counted": Text("nothing was counted alike", "没有同口径计数"),
    "slots_cross_peak": Text("slots cross the edge of the peak hours", "计数时段跨越高峰时段边界"),
    "small_group": Text("it is about too few travellers", "涉及人数过少"),
}


def shift_layer(found: Shifts, first: date, last: date, zone: ZoneInfo) -> pd.DataFrame:
    """Return two rows a share: the share itself in %, and its shift in percentage points."""
    begin, end = (
        datetime.combine(day, time(), tzinfo=zone).isoformat()
        for day in (first, last + timedelta(days=1))
    )
    rows = []
    for one in found.rows.to_dict("records"):
        for name, unit, value, low, high in (
            ("share", "%", one["value"], np.nan, np.nan),
            ("shift", "percentage points", one["shift"], one["low"], one["high"]),
        ):
            known = value == value  # noqa: PLR0124 - NaN
            mark = found.evidence if known else Evidence.MISSING
            indicator = f"{one['share']}_{name}"
            rows.append(
                {
                    "id": f"evaluation:city/city/{TRAVEL_COUNTS}/{indicator}/{begin}",
                    "source": "operations", "kind": "city", "key": "city",
                    "case_type": TRAVEL_COUNTS, "indicator": indicator, "value": value,
                    "value_evidence": mark.value, "low": low, "high": high, "unit_of_value": unit,
                    "numerator": one["count"], "denominator": one["total"], "excluded": np.nan,
                    "hidden": one["hidden"], "period_begin": begin, "period_end": end,
                }
            )  # fmt: skip
    return pd.DataFrame(rows, columns=list(LAYERS["evaluation"].columns))


def describe_shifts(found: Shifts) -> Iterator[Text]:
    """Say for each share what may be claimed, or why nothing may."""
    for row in found.rows.to_dict("records"):
        yield _claim(row)
    if found.left_out:
        names = ", ".join(found.left_out)
        yield Text(
            f"Left out, because not counted alike often enough: {names}.",
            f"因同口径计数不足而未纳入：{names}。",
        )
    if found.evidence in (Evidence.ESTIMATED, Evidence.SIMULATED):
        yield Text(
            f"The counts are {found.evidence.value}.", f"计数性质：{_MARKS[found.evidence]}。"
        )


_MARKS: Final = {Evidence.ESTIMATED: "推算", Evidence.SIMULATED: "模拟"}


def _claim(row: Mapping[Any, Any]) -> Text:
    name = _NAMES[row["share"]]
    if row["claim"] == "none":
        reason = _REASONS[row["reason"]]
        return Text(
            f"{name.en}: no claim can be made, {reason.en}{_numbers(row).en}.",
            f"{name.zh}：不能得出结论，{reason.zh}{_numbers(row).zh}。",
        )
    more = row["claim"] == "higher"
    return Text(
        f"{name.en}: {'more' if more else 'less'} than usual{_numbers(row).en}.",
        f"{name.zh}：较平时{'上升' if more else '下降'}{_numbers(row).zh}。",
    )


def _numbers(row: Mapping[Any, Any]) -> Text:
    if row["shift"] != row["shift"]:
        return Text("", "")
    told = f"{row['shift']:+.1f} ({row['low']:+.1f}…{row['high']:+.1f})"
    return Text(
        f": {row['value']:.1f} % beside {row['usual']:.1f} % on {row['usual_days']} comparable "
        f"days, {told} points",
        f"：{row['value']:.1f}%，此前 {row['usual_days']} 个可比日为 {row['usual']:.1f}%，"
        f"{told} 个百分点",
    )
