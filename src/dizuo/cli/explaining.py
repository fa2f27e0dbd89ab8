"""``dizuo explain``: the formula, the inputs, the features and the rule behind one value."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from dizuo.cli.command import command, folder_argument, option
from dizuo.cli.session import Session
from dizuo.model.text import Language, Text
from dizuo.standards.units import measure_text, unit_text

__all__ = ["CERTAINTY", "explain"]

_THINGS_SHOWN = 15
_HEADINGS = {
    "id": Text("id", "编号"),
    "numerator": Text("numerator", "分子"),
    "denominator": Text("denominator", "分母"),
    "failing": Text("falls short", "不达标"),
    "cost": Text("distance (m) or time (s)", "距离（米）或时间（秒）"),
    "related": Text("decided by", "决定要素"),
    "edge": Text("edge of the data", "数据边缘"),
}
CERTAINTY = {"sure": Text("sure", "确定"), "check": Text("check", "待核")}
_MARKS = {
    "measured": Text("measured", "实测"),
    "estimated": Text("estimated", "估算"),
    "simulated": Text("simulated", "模拟"),
    "missing": Text("missing", "缺失"),
}


@command(
    "explain",
    Text(
        "Show what is behind one value: formula, inputs, features, rule.\n\n"
        "INDICATOR is an id such as 08.kindergarten_reach.",
        "说明一个指标值的由来：公式、输入、要素与规则。\n\n"
        "INDICATOR 为指标编号，如 08.kindergarten_reach。",
    ),
)
@click.argument("indicator")
@option(
    "--place",
    metavar="ID",
    text=Text(
        "Id of a place or a building; the whole city by default.",
        "空间单元或建筑的编号；默认为整个城市。",
    ),
)
@folder_argument
def explain(session: Session, indicator: str, place: str | None, folder: Path) -> None:
    """Compute one indicator and take its value at one place apart."""
    from dizuo.checkup.explain import explain as explain_value  # noqa: PLC0415
    from dizuo.city import City  # noqa: PLC0415
    from dizuo.cli.examining import build_base  # noqa: PLC0415

    city = City.open(folder)
    build_base(session, city)
    explanation = explain_value(city.examination(), indicator, place).as_dict()
    if session.json:
        session.answer(explanation)
    else:
        show_explanation(session, explanation)


def show_explanation(session: Session, found: Mapping[str, Any]) -> None:
    """Print an explanation for a person."""
    language = session.language
    session.out.print(f"{found['indicator']}  {found['title'][language]}", style="bold")
    session.out.print(found["definition"][language].rstrip())
    facts = [
        (Text("Place", "空间单元"), f"{found['place']} ({found['place_kind']})"),
        (Text("Formula", "公式"), found["formula"]),
        (Text("Source", "来源"), found["source"]),
        (Text("Made from", "所用资源"), ", ".join(found["resources"])),
    ]
    if found["largest_distance"]:
        facts.append((Text("Farthest search", "最大搜索距离"), f"{found['largest_distance']:g} m"))
    session.out.print()
    for label, text in facts:
        session.out.print(f"{session.text(label)}: {text}")
    session.out.print()
    for row in found["values"]:
        session.out.print(_value_line(session, row, found["unit"]))
    if found["rules"]:
        session.out.print()
        session.out.print(session.text(Text("Rules", "规则")), style="bold")
    for rule in found["rules"]:
        session.out.print(f"  {rule_line(rule, language)}")
    _show_things(session, found["things"], found["thing_count"])


def _value_line(session: Session, row: Mapping[str, Any], unit: str) -> str:
    name = row["variant"] or session.text(Text("value", "值"))
    mark = session.text(_MARKS[row["evidence"]])
    if row["value"] is None:
        return f"{name}: {mark}. {row[f'reason_{session.language}']}"
    text = f"{name}: {session.text(measure_text(row['value'], unit))} ({mark})"
    if row["numerator"] is not None and row["denominator"] is not None:
        text += f" = {row['numerator']:,.6g} / {row['denominator']:,.6g}"
    if row["passes"] is not None:
        kept, broken = Text("keeps the rule", "达标"), Text("breaks the rule", "未达标")
        text += f", {session.text(kept if row['passes'] else broken)}"
    if row["score"] is not None:
        text += session.text(
            Text(f", score {row['score']:.0f}", f"，得分 {row['score']:.0f}"),
        )
    if row["edge"]:
        text += session.text(
            Text(
                f", {row['edge']:.0%} of the searches reached the edge of the data",
                f"，{row['edge']:.0%} 的搜索触及数据边缘",
            )
        )
    return text


def rule_line(rule: Mapping[str, Any], language: Language) -> str:
    """Return one rule with its value, where it stands and how sure it is."""
    signs = {"at_most": "≤ ", "at_least": "≥ ", "between": "", "given": "= "}
    upper = f"–{rule['upper']:g}" if rule["upper"] is not None else ""
    return (
        f"{rule['role']}: {rule['title'][language]} {signs[rule['comparison']]}"
        f"{rule['value']:g}{upper} {unit_text(rule['unit']).in_(language)} "
        f"({rule['id']}; {rule['source']} {rule['clause']}".rstrip()
        + f", {CERTAINTY[rule['certainty']].in_(language)})"
    )


def _show_things(session: Session, things: Sequence[Mapping[str, Any]], count: int) -> None:
    if not things:
        return
    from rich.table import Table  # noqa: PLC0415 - only where a table is drawn

    shown = sorted(things, key=lambda thing: not thing.get("failing"))[:_THINGS_SHOWN]
    title = Text(
        f"{len(shown)} of {count:,} things it is summed from (all with --json)",
        f"求和对象共 {count:,} 个，此处列出 {len(shown)} 个（--json 列出全部）",
    )
    session.out.print()
    session.out.print(session.text(title), style="bold")
    table = Table(box=None, header_style="bold")
    for column in shown[0]:
        table.add_column(session.text(_HEADINGS[column]))
    for thing in shown:
        table.add_row(*(_cell(value) for value in thing.values()))
    session.out.print(table)


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return "✓" if value else ""
    if value == float("inf"):
        return "–"
    return f"{value:,.6g}" if isinstance(value, float) else str("" if value is None else value)
