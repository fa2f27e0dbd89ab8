"""The report of a check, and its counter-examples, in words."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from dizuo.model.text import Language, Text
from dizuo.operations.dispatch.boxes import Value
from dizuo.operations.dispatch.domain import DAYS_OF_YEAR
from dizuo.operations.dispatch.report import Hole, Overlap, Redundant, Report, Shadowed, UnknownName
from dizuo.operations.dispatch.rules import CATCH_ALL, GRID_DUTY, OWNER

__all__ = ["case_in_words", "report_in_words"]

_FIELDS: Final = {
    "case_type": Text("case type", "案件类型"),
    "category": Text("category", "类别"),
    "nature": Text("nature", "性质"),
    "place": Text("place", "地点"),
    "owner": Text("owner", "权属"),
    "hours": Text("hours", "时段"),
    "weekdays": Text("weekdays", "星期"),
    "season": Text("days", "日期"),
    "severity": Text("severity", "严重程度"),
    "channel": Text("channel", "来源"),
    "responsible": Text("responsible unit", "责任单位"),
    "supervising": Text("supervising unit", "监督单位"),
    "limit": Text("limit of time", "时限"),
}
_STEPS: Final = {
    OWNER: Text("the owner of the component", "部件权属单位"),
    GRID_DUTY: Text("the duty for the grid cell", "网格责任单位"),
    CATCH_ALL: Text("the catch-all", "兜底单位"),
}
_WEEKDAYS: Final = (
    Text("Mon", "周一"), Text("Tue", "周二"), Text("Wed", "周三"), Text("Thu", "周四"),
    Text("Fri", "周五"), Text("Sat", "周六"), Text("Sun", "周日"),
)  # fmt: skip
_OWNER: Final = {True: Text("known", "明确"), False: Text("unknown", "不明")}
_NONE: Final = Text("none", "无")
_MOST_VALUES: Final = 4
_MOST_LINES: Final = 20

Names = Mapping[str, Text]


def report_in_words(report: Report, language: Language) -> str:
    """Return a report as lines of text: what stops publishing first, then the rest."""
    names = report.names
    crossing = [item for item in report.overlaps if item.kind == "crossing"]
    holes = sorted(report.holes, key=lambda hole: len(hole.named))
    sections = (
        [_hole(item, names) for item in holes],
        [_unknown(item) for item in report.unknown[:_MOST_LINES]],
        [_shadowed(item) for item in report.shadowed[:_MOST_LINES]],
        [_redundant(item) for item in report.redundant[:_MOST_LINES]],
        [_overlap(item, names) for item in crossing[:_MOST_LINES]],
    )
    totals: tuple[Sequence[object], ...] = (
        holes, report.unknown, report.shadowed, report.redundant, crossing,
    )  # fmt: skip
    said = [_headline(report)]
    for section, total in zip(sections, totals, strict=True):
        said += section
        if (left := len(total) - len(section)) > 0:
            said.append(Text(f"… and {left} more of this kind.", f"……还有{left}条同类情况。"))
    return "\n".join(text.in_(language) for text in said)


def case_in_words(case_type: str, properties: Mapping[str, Sequence[Value]], names: Names) -> Text:
    """Return a case, or a part of all cases, in words: ``case type …, category …, hours …``."""
    parts = [("case_type", _named(case_type, names))]
    parts += [
        (field, _values(case_type, field, values, names)) for field, values in properties.items()
    ]
    return Text(
        ", ".join(f"{_FIELDS[field].en} {said.en}" for field, said in parts),
        "，".join(f"{_FIELDS[field].zh}：{said.zh}" for field, said in parts),
    )


def _headline(report: Report) -> Text:
    count = f"{report.combinations:,}"
    if report.publishable:
        return Text(
            f"Proved for all {count} combinations: every case has a rule, and every rule has a "
            "case.",
            f"已对全部 {count} 种组合证明：每种情况都有规则接住，每条规则都会用到。",
        )
    return Text(
        f"The table cannot be published; {count} combinations were gone through.",
        f"规则表不能发布；已检查全部 {count} 种组合。",
    )


def _hole(hole: Hole, names: Names) -> Text:
    named = {**hole.named, "place": hole.places} if hole.places else hole.named
    where = case_in_words(hole.case_type, named, names)
    example = case_in_words(
        hole.case_type, {field: (value,) for field, value in hole.example.items()}, names
    )
    return Text(
        f"No rule takes: {where.en}; everything else may be anything. For example: {example.en}. "
        f"In all, {hole.cases:,} combinations of this case type fall to the catch-all.",
        f"没有规则接住：{where.zh}；其余条件任意。例如：{example.zh}。"
        f"该案件类型共有 {hole.cases:,} 种组合落到兜底单位。",
    )


def _unknown(item: UnknownName) -> Text:
    field = _FIELDS[item.field]
    near_en = f" Did you mean {', '.join(item.near)}?" if item.near else ""
    near_zh = f"是否应为：{'、'.join(item.near)}？" if item.near else ""
    return Text(
        f"{_rule(item.rule, item.row).en} names the {field.en} {item.name}, which does not "
        f"exist.{near_en}",
        f"{_rule(item.rule, item.row).zh}中的{field.zh}“{item.name}”不存在。{near_zh}",
    )


def _shadowed(item: Shadowed) -> Text:
    rule = _rule(item.rule, item.row)
    if not item.covered_by:
        return Text(
            f"{rule.en} can never fire: no case meets its conditions.",
            f"{rule.zh}永远不会用到：没有案件符合其条件。",
        )
    covers = _rules(item.covered_by)
    return Text(
        f"{rule.en} can never fire: {covers.en} before it take all of its cases.",
        f"{rule.zh}永远不会用到：排在前面的{covers.zh}已接住它的全部案件。",
    )


def _redundant(item: Redundant) -> Text:
    rule, instead = _rule(item.rule, item.row), _rules(item.instead)
    return Text(
        f"{rule.en} changes nothing: without it, {instead.en} would send its cases the same way.",
        f"{rule.zh}可有可无：删去后由{instead.zh}派往同一单位。",
    )


def _overlap(item: Overlap, names: Names) -> Text:
    example = case_in_words(
        item.case_type, {field: (value,) for field, value in item.example.items()}, names
    )
    return Text(
        f"Rules {item.earlier} and {item.later} want some of the same cases and send them "
        f"differently; {item.earlier} decides, as it stands first. For example: {example.en}.",
        f"规则“{item.earlier}”与“{item.later}”部分重叠且派往不同，以排在前面的“{item.earlier}”为准。"
        f"例如：{example.zh}。",
    )


def _rule(name: str, row: int) -> Text:
    return Text(
        f"Rule {name} (row {row})" if row else f"Rule {name}",
        f"规则“{name}”（第{row}行）" if row else f"规则“{name}”",
    )


def _rules(ids: Iterable[str]) -> Text:
    texts = [_STEPS.get(name, Text(name, f"“{name}”")) for name in ids]
    return Text(" and ".join(text.en for text in texts), "、".join(text.zh for text in texts))


def _named(name: str, names: Names, case_type: str = "") -> Text:
    text = names.get(f"{case_type}/{name}", names.get(name))
    if text is None:
        return Text(name, name)
    return Text(
        name if name == text.en else f"{name} {text.en}",
        name if name == text.zh else f"{name} {text.zh}",
    )


def _values(case_type: str, field: str, values: Sequence[Value], names: Names) -> Text:
    match field:
        case "hours":
            return _same(", ".join(_runs([hour for hour in values if isinstance(hour, int)])))
        case "season":
            return _days(values)
        case _:
            texts = [_value(case_type, field, value, names) for value in values[:_MOST_VALUES]]
    left = len(values) - len(texts)
    return Text(
        ", ".join(text.en for text in texts) + (f" and {left} more" if left else ""),
        "、".join(text.zh for text in texts) + (f"等{len(values)}项" if left else ""),
    )


def _value(case_type: str, field: str, value: Value, names: Names) -> Text:
    if isinstance(value, bool):
        return _OWNER[value]
    if isinstance(value, int) and field == "weekdays":
        return _WEEKDAYS[value - 1]
    if isinstance(value, str):
        return _named(value, names, case_type) if value else _NONE
    return _same(str(value))


def _same(text: str) -> Text:
    return Text(text, text)


def _runs(hours: Sequence[int]) -> list[str]:
    """Return runs of hours as spans; one that goes on over midnight is one span."""
    here = set(hours)
    spans: list[str] = []
    for start in sorted(hour for hour in here if (hour - 1) % 24 not in here):
        last = start
        while (last + 1) % 24 in here:
            last = (last + 1) % 24
        spans.append(f"{start:02d}:00–{last + 1:02d}:00")
    return spans


def _days(values: Sequence[Value]) -> Text:
    """Return runs of days of the year as spans."""
    numbers = [DAYS_OF_YEAR.index(day) for day in values if isinstance(day, tuple)]
    spans: list[list[int]] = []
    for number in numbers:
        if spans and spans[-1][1] == number - 1:
            spans[-1][1] = number
        else:
            spans.append([number, number])
    said = [
        "..".join(
            "-".join(f"{part:02d}" for part in DAYS_OF_YEAR[number])
            for number in dict.fromkeys(span)
        )
        for span in spans
    ]
    return _same(", ".join(said))
