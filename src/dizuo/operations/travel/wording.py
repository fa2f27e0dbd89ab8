"""A travel notice in words, in both languages."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

from dizuo.model.text import Language, Text
from dizuo.operations.travel.closures import Closure
from dizuo.operations.travel.departure_words import advise_departures, describe_departures
from dizuo.operations.travel.detours import STOPS
from dizuo.operations.travel.notice import Notice
from dizuo.standards.catalogue import load_facility_catalogue

__all__ = ["describe", "headline", "instruct", "notice_text"]

_MODES: Final = {
    "walk": Text("walking", "步行"),
    "bike": Text("cycling", "骑行"),
    "drive": Text("driving", "机动车"),
}
_ON_FOOT: Final = {"walk": Text("on foot", "步行"), "drive": Text("by car", "驾车")}
_NOT_SERVED: Final = Text(" is not served", "暂停服务")
_NOT_REACHED: Final = Text(" cannot be reached: its street is closed", "所在道路封闭，暂不可达")
_STOP: Final = Text("Stop", "站点")
_MOST_TOLD: Final = 12
"""Destinations that the text names; the JSON has them all."""


def headline(notice: Notice) -> Text:
    """Return one line: where and when streets are closed."""
    begin, end = (_when(one) for one in (notice.begin, notice.end))
    return Text(
        f"{notice.city.en}: streets closed between {begin} and {end}",
        f"{notice.city.zh}：{begin} 至 {end} 道路交通管制",
    )


def describe(notice: Notice) -> Text:
    """Return which streets are closed, and what is reached later."""
    found = _both(_closure(notice, one) for one in notice.closures)
    rows = [one for one in notice.as_dict()["later"] if not one["hidden"]]
    rows.sort(key=lambda one: (-one["longer_for"] - one["cut_off"], one["id"]))
    told = _both(_later(one) for one in rows[:_MOST_TOLD])
    lines = _both(_line(one) for one in notice.as_dict()["lines"])
    ridden = _both(describe_departures(notice.departures))
    english, chinese = (
        "\n".join([*found[one], *told[one], *lines[one], *ridden[one]]) for one in (0, 1)
    )
    return Text(english, chinese)


def instruct(notice: Notice) -> Text:
    """Return what to do: which stops to use instead, and to set out early."""
    stops = {one["id"]: one for one in notice.as_dict()["stops"]}
    rows = [
        one for one in notice.as_dict()["later"]
        if one["category"] == STOPS and one["shut"] and one["instead"]
    ]  # fmt: skip
    advice = _both(_instead(one, stops.get(one["instead"])) for one in rows[:_MOST_TOLD])
    for english, chinese in zip(*_both(advise_departures(notice.departures)), strict=True):
        advice[0].append(english)
        advice[1].append(chinese)
    longest = max((one["most_seconds"] or 0 for one in notice.as_dict()["later"]), default=0)
    if longest:
        minutes = _minutes(longest)
        advice[0].append(f"Allow up to {minutes} more minutes, or travel outside these hours.")
        advice[1].append(f"请预留最多 {minutes} 分钟，或错峰出行。")
    if not advice[0]:
        advice[0].append("Use other streets, or travel outside these hours.")
        advice[1].append("请绕行，或错峰出行。")
    return Text("\n".join(advice[0]), "\n".join(advice[1]))


def notice_text(notice: Notice) -> str:
    """Return the whole notice as text, Chinese first."""
    parts = (headline(notice), describe(notice), instruct(notice))
    languages: tuple[Language, ...] = ("zh", "en")
    return "\n\n".join("\n".join(one.in_(name) for one in parts) for name in languages) + "\n"


def _both(texts: Iterable[Text]) -> tuple[list[str], list[str]]:
    told = list(texts)
    return [one.en for one in told], [one.zh for one in told]


def _closure(notice: Notice, one: Closure) -> Text:
    own = notice.streets[notice.streets["closure"] == one.id]
    names = sorted({name for name in own["name"] if name})
    metres = round(float(own["metres"].sum()))
    modes = [_MODES[mode] for mode in sorted(one.modes)]
    begin, end = (_when(time.astimezone(notice.begin.tzinfo)) for time in (one.begin, one.end))
    return Text(
        f"{', '.join(names) or 'Unnamed streets'} ({metres} m) closed to "
        f"{', '.join(mode.en for mode in modes)}, {begin} to {end}: {one.reason.en}. "
        f"Source: {one.source}.",
        f"{'、'.join(names) or '未命名道路'}（{metres} 米）禁止"
        f"{'、'.join(mode.zh for mode in modes)}通行，{begin} 至 {end}：{one.reason.zh}。"
        f"来源：{one.source}。",
    )


def _later(row: dict[str, Any]) -> Text:
    kind = _kind(row["category"])
    name, mode = row["name"] or row["id"], _ON_FOOT[row["mode"]]
    shut = Text("", "")
    if row["shut"]:
        shut = _NOT_SERVED if row["category"] == STOPS else _NOT_REACHED
    said_en, said_zh = [], []
    if row["longer_for"]:
        minutes, most = _minutes(row["mean_seconds"]), _minutes(row["most_seconds"])
        said_en.append(
            f"{row['longer_for']:.0f} residents {mode.en} take {minutes} min longer "
            f"(at most {most})"
        )
        said_zh.append(
            f"{row['longer_for']:.0f} 名居民{mode.zh}平均多用 {minutes} 分钟（最多 {most} 分钟）"
        )
    if row["cut_off"]:
        said_en.append(f"{row['cut_off']:.0f} residents reach none {mode.en}")
        said_zh.append(f"{row['cut_off']:.0f} 名居民{mode.zh}无法到达")
    told = Text("; ".join(said_en), "；".join(said_zh))
    return Text(
        f"{kind.en} {name}{shut.en}{': ' if said_en else ''}{told.en}.",
        f"{kind.zh}“{name}”{shut.zh}{'：' if said_zh else ''}{told.zh}。",
    )


def _line(row: dict[str, Any]) -> Text:
    return Text(
        f"Line {row['line'] or row['route']} cannot run as usual: {row['departures']} trips, "
        f"{row['stops_shut']} stops not served.",
        f"{row['line'] or row['route']} 路调整：涉及 {row['departures']} 班次，"
        f"{row['stops_shut']} 个站点不停靠。",
    )


def _instead(row: dict[str, Any], stop: dict[str, Any] | None) -> Text:
    name, other = row["name"] or row["id"], row["instead_name"] or row["instead"]
    lines = stop["lines"] if stop else []
    by = Text("", "")
    if lines:
        by = Text(f" (lines {', '.join(lines)})", f"（{'、'.join(lines)} 路）")
    return Text(
        f"Instead of stop {name} use {other}{by.en}.", f"请改由“{other}”{by.zh}乘车，代替“{name}”。"
    )


def _kind(category: str) -> Text:
    return _STOP if category == STOPS else load_facility_catalogue()[category].title


def _minutes(seconds: float) -> int:
    """Whole minutes, at least one."""
    return max(1, round(seconds / 60))


def _when(time: datetime) -> str:
    return f"{time:%Y-%m-%d %H:%M}"
