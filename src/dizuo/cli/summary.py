"""What a checkup comes to, on one screen."""

from collections.abc import Mapping, Sequence
from typing import Any

from dizuo.cli.session import Session
from dizuo.model.text import Text

__all__ = ["show_summary"]

_SHORTFALLS_SHOWN = 8
_SETS = {
    "mohurd": Text("Urban checkup (MOHURD)", "城市体检（住建）"),
    "mnr": Text("Spatial planning checkup (MNR)", "国土空间体检（自然资源）"),
    "living_circle": Text("Living circles", "生活圈"),
    "opinions": Text("Opinions on urban development", "城市高质量发展意见"),
}
"""As in the report, whose module loads pandas: an unchanged city is told without it."""


def show_summary(session: Session, summary: Mapping[str, Any]) -> None:
    """Print the summary of ``checkup.json`` for a person, with ``seconds`` and ``files``."""
    city, counts = summary["city"], summary["counts"]
    name = Text(city["name"], city["name_zh"] or city["name"])
    valued = sum(counts["evidence"].values()) - counts["evidence"]["missing"]
    session.say(
        Text(
            f"{name.en}, {city['reference_date']}: {valued} of {counts['indicators']} indicators "
            f"have a value, {counts['findings']:,} findings",
            f"{name.zh}，{city['reference_date']}：{counts['indicators']} 项指标中 "
            f"{valued} 项有值，问题 {counts['findings']:,} 条",
        ),
        style="bold",
    )
    session.out.print()
    _show_scores(session, [row for row in summary["scores"] if row["article"] == 0])
    shortfalls = summary["shortfalls"][:_SHORTFALLS_SHOWN]
    if shortfalls:
        session.out.print()
        session.say(_heading(people_known=city["population"] is not None), style="bold")
    for shortfall in shortfalls:
        session.out.print("  " + shortfall[f"text_{session.language}"])
    session.out.print()
    for path in summary["files"].values():
        session.out.print(f"  {path}")
    session.say(
        Text(f"Done in {summary['seconds']:.1f} s.", f"用时 {summary['seconds']:.1f} 秒。")
        if not summary["unchanged"]
        else Text(
            "Nothing changed since these were written; --force computes them again.",
            "自上次写出以来没有变化；--force 可重新计算。",
        )
    )


def _heading(*, people_known: bool) -> Text:
    if people_known:
        return Text("What touches most residents", "涉及居民最多的问题")
    return Text(
        "What falls short in most places (whom it touches is unknown: state the number of "
        "residents under [population] in city.toml)",
        "涉及地点最多的问题（影响人数未知：请在 city.toml 的 [population] 中填写常住人口）",
    )


def _show_scores(session: Session, scores: Sequence[Mapping[str, Any]]) -> None:
    from rich.table import Table  # noqa: PLC0415 - only where a table is drawn

    table = Table(box=None, header_style="bold")
    table.add_column(session.text(Text("Indicator set", "指标体系")))
    for heading in (
        Text("Score", "得分"),
        Text("Range", "区间"),
        Text("Indicators", "指标数"),
        Text("Measured", "实测"),
        Text("Estimated", "估算"),
        Text("Missing", "缺失"),
    ):
        table.add_column(session.text(heading), justify="right")
    for row in scores:
        scored = row["score"] is not None
        title = _SETS.get(row["indicator_set"])
        table.add_row(
            session.text(title) if title else row["indicator_set"],
            f"{row['score']:.0f}" if scored else "–",
            f"{row['low']:.0f}–{row['high']:.0f}" if scored else "–",
            str(row["indicators"]),
            f"{row['measured']:.0%}",
            f"{row['estimated']:.0%}",
            f"{row['missing']:.0%}",
        )
    session.out.print(table)
