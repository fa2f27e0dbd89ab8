"""Journeys by public transport around a closure, in words, in both languages."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd

from dizuo.model.text import Text
from dizuo.operations.travel.departures import Departures

__all__ = ["advise_departures", "describe_departures"]


def describe_departures(departures: Departures) -> Iterator[Text]:
    """Tell for each destination how long it takes when most are late, and by what to ride."""
    for own in _by_destination(departures):
        late = own["longer_for"].fillna(0) + own["cut_off"].fillna(0)
        if not late.max() > 0:
            known = own[own["hidden"] == ""]
            if known["residents"].max() > 0:
                yield _as_usual(known.iloc[0])
            continue
        more = (own["seconds"] - own["usual_seconds"]).fillna(0)
        yield _later(own.iloc[np.lexsort((more, late))[-1]])


def advise_departures(departures: Departures) -> Iterator[Text]:
    """Tell for each destination until when and from when on nobody is late."""
    for own in _by_destination(departures):
        row = own.iloc[0]
        name = row["name"] or row["destination"]
        before, after = departures.quiet_around(row["destination"])
        told_en = [
            f"{word} {_clock(at)}" for word, at in (("before", before), ("from", after)) if at
        ]
        told_zh = [f"{_clock(at)} {word}" for word, at in (("前", before), ("后", after)) if at]
        if told_en:
            yield Text(
                f"To {name} set out {' or '.join(told_en)}: then public transport takes as usual.",
                f"前往“{name}”请于 {'或 '.join(told_zh)}出发，公共交通用时与平时相同。",
            )


def _by_destination(departures: Departures) -> Iterator[pd.DataFrame]:
    for _, own in departures.rows.groupby("destination", sort=False):
        yield own


def _as_usual(row: Any) -> Text:
    name = row["name"] or row["destination"]
    return Text(
        f"To {name} public transport takes as long as usual.",
        f"前往“{name}”的公共交通用时与平时相同。",
    )


def _later(row: Any) -> Text:
    name = row["name"] or row["destination"]
    begin, end = _clock(row["from"]), _clock(row["until"])
    half_en, half_zh = _half(row)
    told_en, told_zh = [half_en], [half_zh]
    if row["longer_for"]:
        told_en.append(f"{row['longer_for']:.0f} residents take longer")
        told_zh.append(f"{row['longer_for']:.0f} 名居民用时增加")
    if row["cut_off"]:
        told_en.append(f"{row['cut_off']:.0f} do not get there")
        told_zh.append(f"{row['cut_off']:.0f} 名居民无法到达")
    if row["lines"]:
        ways = [" then ".join(lines) for lines in row["lines"]]
        told_en.append(f"most ride {', or '.join(ways)}")
        ways = ["转".join(lines) for lines in row["lines"]]
        told_zh.append(f"主要线路：{'、'.join(ways)}")
    return Text(
        f"To {name} by public transport, setting out {begin} to {end}: {'; '.join(told_en)}.",
        f"乘公共交通前往“{name}”，{begin} 至 {end} 出发：{'；'.join(told_zh)}。",
    )


def _half(row: Any) -> tuple[str, str]:
    usual, now = row["usual_seconds"], row["seconds"]
    if now == float("inf"):
        return (
            f"half of the residents get there in {_minutes(usual)} min usually, and not then",
            f"平时半数居民 {_minutes(usual)} 分钟内到达，届时半数居民无法到达",
        )
    return (
        f"half of the residents need {_minutes(now)} min, usually {_minutes(usual)}",
        f"半数居民需 {_minutes(now)} 分钟，平时 {_minutes(usual)} 分钟",
    )


def _minutes(seconds: float) -> int:
    return max(1, round(seconds / 60))


def _clock(iso: str) -> str:
    return f"{datetime.fromisoformat(iso):%H:%M}"
