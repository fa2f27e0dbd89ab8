"""The after-action report as a document: Markdown or HTML, in either language."""

import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from dizuo.model.text import Language, Text
from dizuo.operations.incidents.after_action import Happening, IncidentHistory
from dizuo.operations.incidents.incident_type import IncidentTypes
from dizuo.pages.writing import asset

__all__ = ["STATES", "as_html", "as_markdown"]

_KINDS: Final[Mapping[str, Text]] = {
    "declared": Text("Declared", "宣布"),
    "raised": Text("Grade raised", "提级"),
    "lowered": Text("Grade lowered", "降级"),
    "plan_activated": Text("Plan activated", "启动预案"),
    "task_started": Text("Task begun", "任务开始"),
    "task_finished": Text("Task finished", "任务完成"),
    "task_skipped": Text("Task skipped", "任务跳过"),
    "resource_assigned": Text("Resource assigned", "资源调派"),
    "resource_released": Text("Resource released", "资源归还"),
    "noted": Text("Note", "记录"),
    "message_sent": Text("Message sent", "发布预警信息"),
    "closed": Text("Closed", "结束"),
    "erased": Text("Confidences erased", "抹除保密内容"),
}
STATES: Final[Mapping[str, Text]] = {
    "waiting": Text("waiting", "等待"),
    "ready": Text("can begin", "待开始"),
    "started": Text("under way", "进行中"),
    "finished": Text("finished", "已完成"),
    "skipped": Text("skipped", "已跳过"),
    "declared": Text("declared", "已宣布"),
    "active": Text("active", "处置中"),
    "closed": Text("closed", "已结束"),
}
"""What the states of incidents and their tasks are called."""
_WHAT: Final = Text("What", "事项")


@dataclass(frozen=True)
class _Table:
    title: Text
    columns: tuple[Text, ...]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True)
class _Writer:
    history: IncidentHistory
    types: IncidentTypes
    language: Language
    zone: ZoneInfo

    def told(self, text: Text) -> str:
        return text.in_(self.language)

    def time(self, time: datetime | None) -> str:
        return f"{time.astimezone(self.zone):%Y-%m-%d %H:%M:%S}" if time else "—"

    def title(self) -> str:
        kind = self.types.get(self.history.row["incident_type"])
        return self.told(
            Text(f"After-action report: {kind.title.en}", f"事后评估报告：{kind.title.zh}")
        )

    def tables(self) -> list[_Table]:
        return [self.summary(), self.timeline(), self.tasks(), self.late(), self.resources()]

    def summary(self) -> _Table:
        row = self.history.row
        rows = [
            [self.told(Text("Incident", "事件")), self.history.incident],
            [self.told(Text("Grade at last", "最终级别")), self.grade(row["grade"])],
            [self.told(Text("Highest severity (0 to 3)", "最高严重度（0–3）")), str(row["worst"])],
            [self.told(Text("State", "状态")), self.told(STATES[row["state"]])],
            [self.told(Text("Alarm", "报警")), row["alarm"] or "—"],
            [self.told(Text("Case", "案件")), row["case"] or "—"],
            [self.told(Text("Plan", "预案")), f"{row.get('plan') or '—'}"],
            [self.told(Text("Report as of", "报告截至")), self.time(self.history.at)],
            [self.told(Text("Times in", "时区")), str(self.zone)],
        ]
        if row["simulated"]:
            rows.insert(0, [self.told(Text("Simulated", "模拟")), self.told(Text("yes", "是"))])
        value = Text("Value", "内容")
        return _Table(Text("Summary", "概况"), (_WHAT, value), rows)

    def grade(self, grade: str) -> str:
        one = self.types.grade(grade)
        return f"{one.number} {self.told(one.title)} ({self.told(one.colour_title)})"

    def timeline(self) -> _Table:
        rows = [
            [self.time(one.time), self.told(_KINDS[one.kind]), self.detail(one), one.actor]
            for one in self.history.timeline
        ]
        columns = (Text("Time", "时间"), _WHAT, Text("Details", "详情"), Text("By", "经办"))
        return _Table(Text("Timeline", "时间线"), columns, rows)

    def detail(self, one: Happening) -> str:
        facts = one.facts
        names = {task.id: self.told(task.title) for task in self.history.tasks}
        parts = []
        if "task" in facts:
            parts.append(names.get(facts["task"], facts["task"]))
        if "before" in facts:
            parts.append(f"{self.grade(facts['before'])} → {self.grade(facts['after'])}")
        if "resource" in facts:
            parts.append(f"{facts['resource']} × {facts['amount']}")
        parts += [str(facts[name]) for name in ("plan", "message_type", "message") if name in facts]
        return "; ".join([*parts, *one.said])

    def tasks(self) -> _Table:
        rows = []
        for one in self.history.tasks:
            minutes = one.minutes()
            rows.append([
                self.told(one.title), self.told(one.owner), self.told(STATES[one.state]),
                self.time(one.ready), self.time(one.due), self.time(one.started),
                self.time(one.ended), "—" if minutes is None else f"{minutes:.0f}",
            ])  # fmt: skip
        columns = (
            Text("Task", "任务"), Text("Owner", "责任方"), Text("State", "状态"),
            Text("Could begin", "可开始"), Text("Due", "时限"), Text("Begun", "开始"),
            Text("Ended", "结束"), Text("Minutes", "用时（分钟）"),
        )  # fmt: skip
        return _Table(Text("Tasks", "任务"), columns, rows)

    def late(self) -> _Table:
        rows = [
            [self.told(one.title), self.told(one.owner), self.time(one.due), self.time(one.ended),
             f"{late:.0f}"]
            for one, late in self.history.late()
        ]  # fmt: skip
        columns = (
            Text("Task", "任务"), Text("Owner", "责任方"), Text("Due", "时限"),
            Text("Ended", "结束"), Text("Minutes late", "超时（分钟）"),
        )  # fmt: skip
        return _Table(Text("What was late", "超时情况"), columns, rows)

    def resources(self) -> _Table:
        rows = [
            [one.resource, str(one.given), str(one.returned), str(one.used), str(one.holds)]
            for one in self.history.resources
        ]
        columns = (
            Text("Resource", "资源"), Text("Assigned", "调派"), Text("Given back", "归还"),
            Text("of it used up", "其中消耗"), Text("Still held", "仍占用"),
        )  # fmt: skip
        return _Table(Text("Resources", "资源使用"), columns, rows)


def as_markdown(
    history: IncidentHistory, types: IncidentTypes, language: Language, zone: ZoneInfo
) -> str:
    """Write the report as Markdown: summary, timeline, tasks, what was late, resources."""
    writer = _Writer(history, types, language, zone)
    lines = [f"# {writer.title()}", ""]
    for table in writer.tables():
        lines += [f"## {writer.told(table.title)}", ""]
        if not table.rows:
            lines += [_nothing(language), ""]
            continue
        lines.append(_markdown_row([writer.told(one) for one in table.columns]))
        lines.append("|" + " --- |" * len(table.columns))
        lines += [_markdown_row(row) for row in table.rows]
        lines.append("")
    return "\n".join(lines)


def as_html(
    history: IncidentHistory, types: IncidentTypes, language: Language, zone: ZoneInfo
) -> str:
    """Write the report as a whole page of HTML that asks nothing of the network."""
    writer = _Writer(history, types, language, zone)
    title = html.escape(writer.title())
    parts = [
        f'<!doctype html><html lang="{language}" data-language="{language}">',
        '<head><meta charset="utf-8"><meta name="viewport" content="width=device-width">',
        f"<title>{title}</title><style>{asset('page.css')}</style></head>",
        f"<body><main><section><h1>{title}</h1></section>",
    ]
    for table in writer.tables():
        parts.append(f"<section><h2>{html.escape(writer.told(table.title))}</h2>")
        if not table.rows:
            parts.append(f"<p>{html.escape(_nothing(language))}</p></section>")
            continue
        head = _cells("th", [writer.told(one) for one in table.columns])
        body = "".join(f"<tr>{_cells('td', row)}</tr>" for row in table.rows)
        parts.append(
            f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></section>"
        )
    return "\n".join([*parts, "</main></body></html>"])


def _nothing(language: Language) -> str:
    return Text("None.", "无。").in_(language)


def _markdown_row(cells: Sequence[str]) -> str:
    """Write a row in which what people wrote stays text: no table, tag or link of theirs."""
    safe = [html.escape(cell, quote=False) for cell in cells]
    for mark in "\\`*_[]|":
        safe = [cell.replace(mark, f"\\{mark}") for cell in safe]
    return "| " + " | ".join(" ".join(cell.split()) for cell in safe) + " |"


def _cells(tag: str, cells: Sequence[str]) -> str:
    return "".join(f"<{tag}>{html.escape(cell)}</{tag}>" for cell in cells)
